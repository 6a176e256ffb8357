"""The engine on processors that have less: right in all of them, and never by oneDNN's
reference loops, which are a hundred times slower."""

import os
import struct
import subprocess
from pathlib import Path

import pytest

MERIT = os.environ.get("MERIT", "build/merit")
BUILD = Path(os.environ.get("MERIT_BUILD", "build"))
IS_RELEASE = os.environ.get("MERIT_BUILD_TYPE", "Release") == "Release"
# One is enough for the sanitizers, which take their time.
SETS = ["SSE41", "AVX", "AVX2", "AVX512_CORE", "ALL"] if IS_RELEASE else ["AVX2"]


def environment(isa):
    # oneDNN 2 and 3 read the one or the other.
    return {**os.environ, "DNNL_MAX_CPU_ISA": isa, "ONEDNN_MAX_CPU_ISA": isa,
            "DNNL_VERBOSE": "1", "ONEDNN_VERBOSE": "1"}


@pytest.mark.parametrize("isa", SETS)
@pytest.mark.parametrize("name", [
    "test_engines",
    "test_formats",  # the same bits for a sequence in windows of any width
])
def test_c_program(isa, name):
    program = BUILD / "tests" / name
    if not program.exists():
        pytest.skip(f"{program} is not built")
    env = {k: v for k, v in environment(isa).items() if "VERBOSE" not in k}
    done = subprocess.run([program], env=env, capture_output=True, timeout=280)
    assert done.returncode == 0, done.stderr.decode()[-2000:]


@pytest.mark.parametrize("isa", SETS)
@pytest.mark.parametrize("net", [
    "conv 32 3, relu, pool 2, conv 64 3, relu, pool 2, dense 128, relu",  # the default
    "conv 16 5 stride 2, batchnorm, relu, residual(conv 16 3, relu, conv 16 3), globalpool",
])
def test_no_reference_loops(tmp_path, isa, net):
    side, n = 28, 48
    (tmp_path / "t-images-idx3-ubyte").write_bytes(
        struct.pack(">HBB3I", 0, 8, 3, n, side, side) + bytes(range(256)) * (n * side * side // 256)
        + bytes(n * side * side % 256))
    (tmp_path / "t-labels-idx1-ubyte").write_bytes(
        struct.pack(">HBBI", 0, 8, 1, n) + bytes(i % 10 for i in range(n)))
    done = subprocess.run(
        [MERIT, "train", tmp_path / "t-images-idx3-ubyte", "-o", tmp_path / "run", "-n", net,
         "-l", "cross-entropy", "-e", "1", "-b", "16", "-j", "1", "-q"],
        env=environment(isa), capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
    calls = [line for line in done.stdout.splitlines() if ",exec,cpu," in line]
    if not calls:
        pytest.skip("this oneDNN does not tell what it does")
    assert [line for line in calls if ",convolution,ref" in line
            or ",inner_product,ref" in line] == []
