"""Zip archives (.npz) through the program: their arrays as data, labels, probabilities."""

import io
import json
import resource
import struct
import zipfile
import zlib

import numpy as np
import pytest
from test_cli import BAD, expected_rows, merit, refused

TRAIN = ["-e", "2", "-b", "16", "-l", "cross-entropy", "-q", "-j", "1", "-n", "linear"]


def record(*arguments, **options):
    return json.loads(merit(*arguments, "--json", **options).out)


@pytest.mark.parametrize("name, member, code, text", expected_rows("archives", 4))
def test_bad_archives(name, member, code, text):
    path = f"{BAD / 'archives' / name}{'' if member == '-' else member}"
    arguments = ["train", path, "--check", "-q"]
    if code == "0":
        merit(*arguments)
    else:
        line = refused(*arguments, expect=int(code))
        assert text in line and name in line


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("archives")
    random = np.random.default_rng(4)
    x = random.normal(size=(150, 6)).astype("f4")
    y = (x[:, 0] > 0).astype("i8") + (x[:, 1] > 0)
    np.save(place / "x.npy", x)
    np.save(place / "y.npy", y)
    return place


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("names, path, options", [
    (["X", "y"], "", []),
    (["arr_0", "arr_1"], "", []),
    (["features", "labels"], "", []),
    (["images", "targets"], "", []),
    (["embeddings", "kind"], "", ["--label", "kind"]),
    (["a", "b"], ":a", ["--label", "b"]),
    (["a", "b"], ":a.npy", ["--label", "b.npy"]),
    (["x_train", "y_train"], "", []),
    (["train_images", "train_labels"], "", []),
    (["X_train", "y_train", "X_test", "y_test"], ":X_train", []),
])
def test_arrays_are_found(place, tmp_path, save, names, path, options):
    x, y = np.load(place / "x.npy"), np.load(place / "y.npy")
    more = {name: x[:50] if name.startswith("X") else y[:50] for name in names[2:]}
    save(tmp_path / "d.npz", **{names[0]: x, names[1]: y}, **more)
    wanted = record("info", place / "x.npy", "--labels", place / "y.npy")["fingerprint"]
    info = record("info", f"{tmp_path}/d.npz{path}", *options)
    assert info["fingerprint"] == wanted
    assert info["labels"] == f"{tmp_path}/d.npz:{options[1] if options else names[1]}"
    # Labels of another file, and of this one for another.
    assert record("info", f"{tmp_path}/d.npz{path}", "--labels", place / "y.npy")[
        "fingerprint"] == wanted
    assert record("info", place / "x.npy", "--labels", f"{tmp_path}/d.npz:{names[1]}")[
        "fingerprint"] == wanted


def test_types_orders_and_shapes(place, tmp_path):
    x = np.load(place / "x.npy")
    fingerprint = record("info", place / "x.npy")["fingerprint"]
    np.savez_compressed(tmp_path / "f.npz", X=np.asfortranarray(x), big=x.astype(">f8"))
    assert record("info", f"{tmp_path}/f.npz:X")["fingerprint"] == fingerprint
    assert record("info", f"{tmp_path}/f.npz:big")["fingerprint"] == fingerprint
    np.savez(tmp_path / "s.npz", spectra=np.zeros((4, 2, 7), "f4"), labels=[0, 1, 0, 1])
    assert record("info", tmp_path / "s.npz", "--signals")["shape"] == [2, 1, 7]


def test_train_eval_and_predict(place, tmp_path):
    x, y = np.load(place / "x.npy"), np.load(place / "y.npy")
    np.savez_compressed(tmp_path / "d.npz", X_train=x[:100], y_train=y[:100],
                        X_test=x[100:], y_test=y[100:])
    data = f"{tmp_path}/d.npz"
    merit("train", f"{data}:X_train", "--validation", f"{data}:X_test", "-o",
          tmp_path / "run", *TRAIN)
    result = record("eval", tmp_path / "run", f"{data}:X_test")
    np.save(tmp_path / "x.npy", x[100:])
    np.save(tmp_path / "y.npy", y[100:])
    same = record("eval", tmp_path / "run", tmp_path / "x.npy", "--labels",
                  tmp_path / "y.npy")
    assert result["n"] == 50 and result["mean_score"] == same["mean_score"]
    assert merit("predict", tmp_path / "run", f"{data}:X_test").out == \
        merit("predict", tmp_path / "run", tmp_path / "x.npy").out
    np.savez(tmp_path / "unlabelled.npz", X=x)
    assert "no labels were found beside it; name their array with --label" in refused(
        "eval", tmp_path / "run", tmp_path / "unlabelled.npz", expect=3)


def test_probabilities_and_losses(place, tmp_path):
    random = np.random.default_rng(1)
    z = random.normal(size=(40, 3)).astype("f4")
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    y = random.integers(0, 3, 40)
    np.savez(tmp_path / "all.npz", z=z, p=p, y=y)
    for name, array in (("z", z), ("p", p), ("y", y)):
        np.save(tmp_path / f"{name}.npy", array)
    (tmp_path / "s.tsv").write_text("\ta\tb\tc\na\t1\t0\t0\nb\t0\t1\t0\nc\t0\t0\t1\n")

    def outputs(path):
        return [merit("decide", path("p"), "--labels", path("y"), "-s", tmp_path / "s.tsv").out,
                merit("loss", "brier", "--logits", path("z"), "--labels", path("y"), "-s",
                      tmp_path / "s.tsv").out]
    assert outputs(lambda n: f"{tmp_path}/all.npz:{n}") == \
        outputs(lambda n: tmp_path / f"{n}.npy")
    assert "has 3 arrays (z, p, y); name one, such as" in refused(
        "decide", tmp_path / "all.npz", "-s", tmp_path / "s.tsv", expect=3)
    line = refused("decide", f"{tmp_path}/all.npz:p", "-s", tmp_path / "s.tsv", "-o",
                   tmp_path / "all.npz")
    assert "would be written over" in line and zipfile.is_zipfile(tmp_path / "all.npz")


def test_names_in_messages(place, tmp_path):
    long = "n" * 100
    with zipfile.ZipFile(tmp_path / "f.zip", "w") as archive:
        archive.writestr("folder/", b"")
        for name in (long, "b"):
            archive.writestr(f"{name}.npy", (place / "x.npy").read_bytes())
    line = refused("train", tmp_path / "f.zip", "--check", "-q", expect=3)
    assert "has 2 arrays (nnn" in line and "..., b); name" in line
    assert line.rstrip().endswith("f.zip:" + "n" * 30)


def test_a_table_in_an_archive(place, tmp_path):
    with zipfile.ZipFile(tmp_path / "t.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data/t.csv", "a,b,label\n" + "1,2,x\n3,4,y\n" * 5000)
    assert record("info", tmp_path / "t.zip")["n"] == 10000


def test_names_that_look_like_members(place, tmp_path):
    x = np.load(place / "x.npy")
    np.save(tmp_path / "a.npz:X.npy", x)
    (tmp_path / "a.npz:X.npy").rename(tmp_path / "a.npz:X")
    np.savez(tmp_path / "a.npz", X=x[:3])
    assert record("info", f"{tmp_path}/a.npz:X")["n"] == 150  # what has the whole name
    assert "is no zip archive (.npz), so it has no array \"y\"" in refused(
        "info", f"{place}/x.npy:y", expect=3)
    assert "cannot open" in refused("info", f"{tmp_path}/b.npz:X", expect=5)
    assert "cannot open" in refused("info", tmp_path / "b:c" / "b.npz:X", expect=5)


def test_info_lists_arrays(place, tmp_path):
    np.savez(tmp_path / "l.npz", one=np.float32(1), flags=np.zeros((2, 3), bool),
             words=np.array(["a", "b"]), h=np.zeros((5, 2, 2), ">u2"))
    with zipfile.ZipFile(tmp_path / "l.npz", "a") as archive:
        archive.writestr("notes.txt", "by hand\n")
        archive.writestr("nothing.bin", "")
        archive.mkdir("folder") if hasattr(archive, "mkdir") else None
    info = record("info", tmp_path / "l.npz")
    assert info["kind"] == "archive"
    assert {a["name"]: a["content"] for a in info["arrays"]} == {
        "one": "one float32", "flags": "2x3 bool", "words": "an array that cannot be read",
        "h": "5x2x2 uint16", "notes.txt": "text", "nothing.bin": "nothing"}
    out = merit("info", tmp_path / "l.npz").out
    assert "h: 5x2x2 uint16" in out and "name the one of the examples" in out


def test_names_that_end_twice(place, tmp_path):
    np.savez(tmp_path / "n.npz", **{"a.npy": np.load(place / "x.npy"), "a": np.zeros((2, 3))})
    info = record("info", tmp_path / "n.npz")
    assert {a["name"]: a["content"] for a in info["arrays"]} == {
        "a.npy": "150x6 float32", "a": "2x3 float64"}
    for name, n in (("a.npy", 150), ("a", 2), ("a.npy.npy", 150)):
        assert record("info", f"{tmp_path}/n.npz:{name}")["n"] == n


def test_no_pipes(place, tmp_path):
    np.savez(tmp_path / "p.npz", X=np.load(place / "x.npy"))
    line = refused("train", "-", "--labels", place / "y.npy", "--check", "-q",
                   stdin=(tmp_path / "p.npz").open("rb"), expect=3)
    assert "a zip archive within something; give it as a file of its own" in line


def test_a_large_bomb_needs_no_memory(tmp_path):
    """1 GB of zeros in 1 MB, more than the header of the array says."""
    n_blocks, block = 64, bytes(1 << 24)
    head = io.BytesIO()
    np.save(head, np.zeros((4, 2), "f4"))
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(head.getvalue())
    crc = zlib.crc32(head.getvalue())
    for _ in range(n_blocks):
        packed += packer.compress(block)
        crc = zlib.crc32(block, crc)
    packed += packer.flush()
    n = len(head.getvalue()) + n_blocks * len(block)
    shared = struct.pack("<HHHHIIIHH", 0, 8, 0, 0x21, crc, len(packed), n, 5, 0)
    local = b"PK\3\4\x14\0" + shared + b"X.npy" + packed
    entry = b"PK\1\2\x14\0\x14\0" + shared + bytes(14) + b"X.npy"
    (tmp_path / "bomb.npz").write_bytes(local + entry + b"PK\5\6" + struct.pack(
        "<HHHHIIH", 0, 0, 1, 1, len(entry), len(local), 0))
    assert len(local) < 2 << 20
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    line = refused("train", tmp_path / "bomb.npz", "--check", "-q", expect=3)
    assert "more bytes after them" in line
    after = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert after <= max(before, 400 << 10)  # kB
