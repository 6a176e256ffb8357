"""Model files opened by an independent reader: struct, json and NumPy."""

import hashlib
import json
import os
import pathlib
import struct
import subprocess

import numpy as np
import pytest

BUILD = pathlib.Path(os.environ["MERIT_BUILD"])
DTYPES = {"F32": "<f4", "F64": "<f8", "I64": "<i8", "U8": "u1"}


@pytest.fixture
def sample(tmp_path):
    """The bytes of the file that tests/test_safetensors.c writes."""
    path = tmp_path / "sample.safetensors"
    subprocess.run([BUILD / "tests" / "test_safetensors", path], check=True)
    return path.read_bytes()


def read(data):
    """Header in order, and the tensors by name."""
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length].decode("utf-8"))
    buffer = data[8 + length :]
    tensors = {}
    for name, tensor in header.items():
        if name != "__metadata__":
            begin, end = tensor["data_offsets"]
            values = np.frombuffer(buffer[begin:end], DTYPES[tensor["dtype"]])
            tensors[name] = values.reshape(tensor["shape"])
    return header, tensors, buffer


def number(value):
    return struct.pack("<Q", value)


def counted(data):
    return number(len(data)) + data


def checksum(header, buffer):
    """SHA-256 as src/model/safetensors_file.h defines it."""
    metadata = {k: v for k, v in header["__metadata__"].items() if k != "sha256"}
    names = [name for name in header if name != "__metadata__"]
    content = number(len(metadata))
    for key in sorted(metadata, key=lambda text: text.encode()):
        content += counted(key.encode()) + counted(metadata[key].encode())
    content += number(len(names))
    for name in names:
        tensor = header[name]
        begin, end = tensor["data_offsets"]
        content += counted(name.encode()) + counted(tensor["dtype"].encode())
        content += number(len(tensor["shape"]))
        content += b"".join(number(dim) for dim in tensor["shape"])
        content += counted(buffer[begin:end])
    return hashlib.sha256(content).hexdigest()


def test_format_rules(sample):
    (length,) = struct.unpack("<Q", sample[:8])
    text = sample[8 : 8 + length]
    assert text[:1] == b"{"
    assert text.rstrip(b" ").endswith(b"}")
    assert (8 + length) % 64 == 0
    header, _, buffer = read(sample)
    position = 0
    for name, tensor in header.items():
        if name == "__metadata__":
            assert all(isinstance(value, str) for value in tensor.values())
            continue
        assert set(tensor) == {"dtype", "shape", "data_offsets"}
        begin, end = tensor["data_offsets"]
        n_values = int(np.prod(tensor["shape"], dtype=np.int64))
        assert begin == position
        assert end - begin == n_values * np.dtype(DTYPES[tensor["dtype"]]).itemsize
        position = end
    assert position == len(buffer)


def test_content(sample):
    header, tensors, _ = read(sample)
    expected = {
        "1.weight": np.array([[0, -1.5, 3], [1e-30, 7, -0.0]], np.float32),
        "bytes": np.array([1, 2, 3, 254, 255], np.uint8),
        "decode": np.array([[1 / 3, -2e300]]),
        "a step": np.array(2**40),
    }
    assert list(tensors) == list(expected)
    for name, values in expected.items():
        assert tensors[name].shape == values.shape
        assert tensors[name].tobytes() == values.tobytes()
    metadata = dict(header["__metadata__"])
    del metadata["sha256"]
    assert metadata == {
        "net": "conv 32 3, relu",
        "format": "merit-test",
        "scores": '\tcat\t"dog"\ncat\t1\t0.25\n',
        "na\u00efve": "\u2713 \\ / done",
    }


def test_checksum(sample):
    header, _, buffer = read(sample)
    assert header["__metadata__"]["sha256"] == checksum(header, buffer)
    changed = bytes([buffer[0] ^ 1]) + buffer[1:]
    assert header["__metadata__"]["sha256"] != checksum(header, changed)


def test_score_table_of_a_model():
    path = pathlib.Path(__file__).parent / "reference" / "model-1.0.safetensors"
    data = path.read_bytes()
    header, tensors, buffer = read(data)
    metadata = header["__metadata__"]
    assert metadata["sha256"] == checksum(header, buffer)
    answers = ["cat", "dog", 'na\u00efve "tree"', "don't know"]
    assert json.loads(metadata["answers"]) == answers
    expected = [[2, 1, -1, 0.1], [1, 1 / 3, 0, 0.1], [-1, 0, 2, 0.1]]
    assert tensors["scores"].dtype == np.float64
    assert tensors["scores"].tolist() == expected
    assert (len(data) - len(buffer)) % 64 == 0
    for name, tensor in tensors.items():
        assert header[name]["data_offsets"][0] % tensor.dtype.itemsize == 0
