#!/usr/bin/env python3
"""Writes the bad IDX, .npy and foreign files of the folder data/ and data/EXPECTED.tsv.

Run without arguments; the same bytes come out everywhere. Each line of EXPECTED.tsv
has a file of examples, a file of labels or "-", the exit code of a command that is
given both, and text that its message must contain. Files that only serve as the good
half of a pair begin with "good".
"""

import struct
import zlib
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "data"
U8, I8, I16, I32, F32, F64 = 0x08, 0x09, 0x0B, 0x0C, 0x0D, 0x0E

rows = []


def idx(kind, dims, data):
    """An IDX file; everything in it is big-endian."""
    return struct.pack(">BBBB", 0, 0, kind, len(dims)) + struct.pack(
        f">{len(dims)}I", *dims
    ) + data


def npy(header, data=b"", version=1, length=None):
    """A .npy file with any text as its header."""
    text = header.encode("latin-1") + b"\n"
    length = len(text) if length is None else length
    size = struct.pack("<H" if version == 1 else "<I", length)
    return b"\x93NUMPY" + bytes([version, 0]) + size + text + data


def shaped(shape, descr="<f4", order="False"):
    return f"{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}"


def gzip_member(data, crc=None):
    """Stored blocks only: no version of zlib can write them in another way."""
    packer = zlib.compressobj(0, zlib.DEFLATED, -15)
    body = packer.compress(data) + packer.flush()
    crc = zlib.crc32(data) if crc is None else crc
    head = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
    return head + body + struct.pack("<II", crc, len(data))


def add(name, content, text, code=3, labels="-"):
    (FOLDER / name).write_bytes(content)
    rows.append((name, labels, str(code), text))


def add_labels(name, content, text, code=3):
    (FOLDER / name).write_bytes(content)
    rows.append(("good.idx", name, str(code), text))


def write_idx():
    add("empty.idx", b"", "needs at least 4 bytes, has 0")
    add("1-byte.idx", b"\0", "needs at least 4 bytes, has 1")
    add("3-bytes.idx", b"\0\0\x08", "needs at least 4 bytes, has 3")
    add("4-bytes.idx", b"\0\0\x08\x03", "needs at least 16 bytes, has 4")
    add("7-bytes.idx", b"\0\0\x08\x03\0\0\0", "needs at least 16 bytes, has 7")
    add("magic.idx", b"\x12\x34" + GOOD[2:], "begins with 12 34 08 03, expected IDX")
    add("type-07.idx", idx(0x07, [2, 2, 2], bytes(8)), "type code 0x07, expected 0x08")
    add("no-dimension.idx", idx(U8, [], b"\0"), "0x00 dimensions, expected 0x01 to 0x04")
    add("5-dimensions.idx", idx(U8, [1] * 5, b"\0"), "0x05 dimensions")
    add("lie.idx", idx(U8, [2**32 - 1, 28, 28], bytes(16)),
        "header says 4294967295 images of 28x28")
    add("overflow.idx", idx(U8, [2**32 - 1] * 3, bytes(16)), "sizes overflow")
    add("no-images.idx", idx(U8, [0, 28, 28], b""), "0 samples")
    add("no-height.idx", idx(U8, [3, 0, 28], b""), "0 samples")
    add("short.idx", GOOD[:-1], "(12 bytes), the file holds 2 (11 bytes)")
    add("long.idx", GOOD + b"\0", "1 byte after them")
    add("swapped.idx", b"\x03\x08\0\0" + GOOD[4:], "looks byte-swapped")
    for name, value, text in (
        ("nan", float("nan"), "the value at index 5 (row 1) is nan"),
        ("infinite", float("inf"), "the value at index 5 (row 1) is inf"),
        ("1e38", 1e38, "the value at index 5 (row 1) is 1e+38"),
    ):
        values = struct.pack(">8f", 0, 1, 2, 3, 4, value, 6, 7)
        add(f"{name}.idx", idx(F32, [2, 2, 2], values), text)
    values = struct.pack(">8d", 0, 1, 2, 3, 4, 1e300, 6, 7)
    add("1e300.idx", idx(F64, [2, 2, 2], values), "the value at index 5 (row 1) is inf")
    add("labels-as-images.idx", idx(U8, [3], bytes(3)),
        "has 1 dimension (3), examples need 2 to 4")


def write_labels():
    (FOLDER / "good.idx").write_bytes(GOOD)
    add_labels("labels-2.idx", idx(U8, [2], bytes(2)), "has 2 labels, but")
    add_labels("labels-4.idx", idx(U8, [4], bytes(4)), "has 4 labels, but")
    add_labels("labels-negative.idx", idx(I8, [3], b"\x01\xff\xfe"),
               "the label at index 1 is -1, expected a whole number")
    add_labels("labels-half.npy", npy(shaped("(3,)"), struct.pack("<3f", 0, 1.5, 1)),
               "the label at index 1 is 1.5")
    add_labels("labels-nan.npy",
               npy(shaped("(3,)"), struct.pack("<3f", 0, float("nan"), 1)),
               "the label at index 1 is nan")
    add_labels("labels-huge.npy",
               npy(shaped("(3,)", "<i8"), struct.pack("<3q", 0, 1, 2**31)),
               "the label at index 2 is 2147483648")
    add_labels("labels-short.idx", idx(U8, [3], bytes(2)), "header says 3 labels")
    add_labels("labels-2d.npy", npy(shaped("(3, 1)"), bytes(12)),
               "has 2 dimensions (3x1), labels need 1")
    add_labels("labels-text.csv", b"name,class\na,1\nb,2\n",
               "has 2 labels, but")
    rows.append(("good.idx", "good.idx", "3", "has 3 dimensions (3x2x2), labels need 1"))
    rows.append(("good.idx", "there-is-no-such-file.idx", "5", "cannot open"))


def write_gzip():
    packed = gzip_member(GOOD)
    add("cut.idx.gz", packed[:-9], "the gzip data ends too early")
    add("cut-header.idx.gz", packed[:5], "the gzip data ends too early")
    add("crc.idx.gz", gzip_member(GOOD, crc=1), "damaged gzip data (incorrect data check")
    add("garbage.idx.gz", packed + b"garbage", "that is not gzip follows the gzip data")
    add("method.idx.gz", packed[:2] + b"\x07" + packed[3:], "damaged gzip data")
    add("twice.idx.gz", gzip_member(packed), "looks like gzip within gzip")
    add("empty.idx.gz", gzip_member(b""), "needs at least 4 bytes, has 0")
    add("short.idx.gz", gzip_member(GOOD[:-1]), "the file holds 2 (11 bytes)")
    add("long.idx.gz", gzip_member(GOOD + b"\0"), "more bytes after them")
    add("lie.idx.gz", gzip_member(idx(U8, [2**32 - 1, 28, 28], bytes(16))),
        "the file can hold at most")


def write_npy_headers():
    def bad(name, header, text, data=bytes(24)):
        add(f"{name}.npy", npy(header, data), text)

    pickled = "object arrays are not supported (pickle can run code)"
    bad("object", shaped("(2, 3)", "|O"), pickled, b"\x80\x04]\x94.")
    bad("object-old", shaped("(2, 3)", "O"), pickled)
    for descr in ("<U16", "<M8[s]", "<c8", "<f2", "<f16", "|V8", "|S4", "=f4", "f4", "<b4",
                  "|i4", "<f44", "", "<"):
        name = "".join(c if c.isalnum() else "_" for c in descr) or "empty"
        bad(f"type-{name}", shaped("(2, 3)", descr), f'type "{descr}" are not supported')
    bad("structured", shaped("(2, 3)").replace("'<f4'", "[('x', '<f4')]"),
        "structured arrays are not supported")
    for name, shape, text in (
        ("negative", "(-2, 3)", 'a dimension in plain digits, found "-"'),
        ("power", "(9**100, 3)", 'expected ",", found "*"'),
        ("huge-digits", f"({'9' * 100}, 3)", "the dimension overflows"),
        ("true", "(True, 3)", 'a dimension in plain digits, found "T"'),
        ("float", "(2.0, 3)", 'expected ",", found "."'),
        ("leading-zero", "(02, 3)", "a dimension in plain digits"),
        ("not-a-tuple", "(2)", 'expected ",", found ")"'),
        ("list", "[2, 3]", 'expected "("'),
        ("nested", "(" * 1000, 'a dimension in plain digits, found "("'),
        ("call", "tuple(range(3))", 'expected "(", found "t"'),
        ("9-dimensions", "(1, 1, 1, 1, 1, 1, 1, 1, 1)", "more than 8 dimensions"),
        ("overflow", "(4294967296, 4294967296, 4294967296)", "sizes overflow"),
        ("no-dimension", "()", "has 0 dimensions (), examples need 2 to 4"),
        ("1-dimension", "(6,)", "has 1 dimension (6), examples need 2 to 4"),
        ("5-dimensions", "(1, 1, 1, 2, 3)", "has 5 dimensions"),
        ("no-rows", "(0, 3)", "0 samples"),
        ("lie", "(300000000, 3)", "header says 300000000 rows of 3"),
        ("short", "(3, 3)", "(36 bytes), the file holds 2 (24 bytes)"),
        ("long", "(1, 3)", "12 bytes after them"),
    ):
        bad(f"shape-{name}", shaped(shape), text)
    bad("order", shaped("(2, 3)", order="1"), "expected True or False")
    bad("no-shape", "{'descr': '<f4', 'fortran_order': False}", '"shape" is missing')
    bad("two-shapes", shaped("(2, 3), 'shape': (2, 3)"), 'second key "shape"')
    bad("other-key", shaped("(2, 3), 'x': 1"), 'unknown key "x"')
    bad("escape", shaped("(2, 3)", "<f\\x34"), "expected a short string in quotes")
    bad("long-string", shaped("(2, 3)", "<" + "f" * 200), "expected a short string")
    bad("call", "dict(descr='<f4', fortran_order=False, shape=(2, 3))", 'expected "{"')
    bad("comprehension", "{k: v for k, v in ()}", "expected a key in quotes")
    bad("brackets", "[" * 1000, 'expected "{", found "["')
    bad("unclosed", "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)",
        'expected "," or "}", found its end')
    bad("after", shaped("(2, 3)") + " + x", 'nothing after "}", found "+"')


def write_npy_files():
    good = shaped("(2, 3)")
    data = struct.pack("<6f", 0, 1, 2, 3, 4, 5)
    add("magic-only.npy", b"\x93NUMPY", "needs at least 10 bytes, has 6")
    add("magic-part.npy", b"\x93NUM", "needs at least 10 bytes, has 4")
    add("no-length.npy", b"\x93NUMPY\1\0\1", "needs at least 10 bytes, has 9")
    add("version-9.npy", npy(good, data, version=9), ".npy version 9, expected 1, 2 or 3")
    add("header-0.npy", npy(good, data, length=0), "expected 1 to 65536")
    add("header-long.npy", npy(good, data, length=5000), "says it has 5000 bytes more")
    add("header-4g.npy", npy(good, data, version=2, length=2**32 - 1),
        "says it has 4294967295 bytes more")
    for name, value in (("nan", float("nan")), ("inf", float("-inf"))):
        values = struct.pack("<6f", 0, 1, 2, 3, value, 5)
        add(f"{name}.npy", npy(good, values),
            f"the value at index 4 (row 1) is {value}")
    add("nan-columns.npy",
        npy(shaped("(2, 3)", order="True"),
            struct.pack("<6f", 0, 1, 2, float("nan"), 4, 5)),
        "the value at index 4 (row 1) is nan")


def write_foreign():
    add("page.html", b"<!DOCTYPE html><html><body>404 Not Found</body></html>",
        "looks like an HTML page")
    add("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(24), "damaged PNG")
    add("photo.jpg", b"\xff\xd8\xff\xe0" + bytes(24), "damaged or unusual JPEG")
    add("arrays.npz", b"PK\x03\x04" + bytes(26), "its directory, at the end, is missing")
    add("pickle.npy", b"\x80\x04]\x94.", "looks like a Python pickle")
    add("table.csv", b"a,b,c\n1,2,three\n", 'column 3 (c) is "three"')
    add("pointer.idx", b"version https://git-lfs.github.com/spec/v1\n",
        "looks like a Git LFS pointer")
    add("hdf5.npy", b"\x89HDF\r\n\x1a\n", "looks like an HDF5 file")


GOOD = idx(U8, [3, 2, 2], bytes(range(12)))

if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.iterdir():
        old.unlink()
    write_idx()
    write_labels()
    write_gzip()
    write_npy_headers()
    write_npy_files()
    write_foreign()
    lines = ["# file\tlabels\texit code\ttext of the message"]
    lines += ["\t".join(row) for row in rows]
    (FOLDER / "EXPECTED.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
