#!/usr/bin/env python3
"""Writes the zip archives of the folder archives/ and archives/EXPECTED.tsv.

Run without arguments; the same bytes come out everywhere. Each line of EXPECTED.tsv has
a file, what follows it on the command line (such as ":y") or "-", the exit code of
`merit train FILE --check`, and text that its message must contain.
"""

import struct
import zlib
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "archives"
STORED, DEFLATED = 0, 8
ALL = 0xFFFFFFFF

rows = []


def npy(shape, data, descr="<f4", order="False"):
    text = f"{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text + data


def deflate(data):
    """Stored blocks only: no version of zlib can write them in another way."""
    packer = zlib.compressobj(0, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def zeros(n_matches):
    """One deflate block of fixed codes: a zero, then matches of 258 zeros."""
    bits = "1" + "10" + "00110000"  # last block, fixed codes, literal 0
    bits += ("11000101" + "00000") * n_matches  # length 258, distance 1
    bits += "0000000"  # end of block
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[i:i + 8][::-1], 2) for i in range(0, len(bits), 8))


class Member:
    """A member, each of whose fields can be told to lie."""

    def __init__(self, name, content, method=STORED, packed=None, flags=0, **lies):
        self.name = name if isinstance(name, bytes) else name.encode()
        self.packed = packed if packed is not None else (
            deflate(content) if method == DEFLATED else content)
        self.fields = {"flags": flags, "method": method, "crc": zlib.crc32(content),
                       "n_packed": len(self.packed), "n_bytes": len(content)}
        self.lies = lies

    def get(self, field, where):
        return self.lies.get(f"{where}_{field}", self.lies.get(field, self.fields[field]))

    def header(self, where):
        """The fields that local header and directory share, and the extra ones."""
        values = {f: self.get(f, where) for f in self.fields}
        extra = self.lies.get(f"{where}_extra", self.lies.get("extra", b""))
        name = self.lies.get(f"{where}_name", self.name)
        if self.lies.get("zip64"):
            sizes = [values["n_bytes"], values["n_packed"]]
            extra += struct.pack("<HHQQ", 1, 16, *sizes)
            values["n_bytes"] = values["n_packed"] = ALL
        return struct.pack(
            "<HHHHIIIHH", values["flags"], values["method"], 0, 0x21, values["crc"],
            values["n_packed"], values["n_bytes"], len(name), len(extra)), name, extra

    def local(self):
        head, name, extra = self.header("local")
        descriptor = self.lies.get("descriptor", b"")
        return b"PK\3\4" + struct.pack("<H", 20) + head + name + extra + self.packed + \
            descriptor

    def entry(self, at):
        head, name, extra = self.header("entry")
        return b"PK\1\2" + struct.pack("<HH", 20, 20) + head + \
            struct.pack("<HHHII", 0, self.lies.get("disk", 0), 0, 0,
                        self.lies.get("at", at)) + name + extra


def end(n, size, at, comment=b"", disk=0, n_here=None):
    return b"PK\5\6" + struct.pack("<HHHHIIH", disk, 0, n if n_here is None else n_here, n,
                                   size, at, len(comment)) + comment


def end64(n, size, at, locator_at=None, record_at=None):
    record_at = at + size if record_at is None else record_at
    record = b"PK\6\6" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, n, n, size, at)
    return record + b"PK\6\7" + struct.pack("<IQI", 0, record_at, 1)


def parts(members, gap=b""):
    """The members, the directory, and where that begins."""
    body, directory = b"", b""
    for member in members:
        directory += member.entry(len(body))
        body += member.local() + gap
    return body, directory


def archive(*members, **options):
    body, directory = parts(members, options.pop("gap", b""))
    return body + directory + end(len(members), len(directory), len(body), **options)


def add(name, content, text, code=3, member="-"):
    if content is not None:
        (FOLDER / name).write_bytes(content)
    rows.append((name, member, str(code), text))


def good():
    return [Member("X.npy", npy("(4, 2)", struct.pack("<8f", *range(8)))),
            Member("y.npy", npy("(4,)", bytes([0, 1, 0, 1]), "|u1"))]


def write_good():
    add("good.npz", archive(*good()), "", 0)
    add("good.npz", None, "", 0, ":X")
    add("good.npz", None, "has 1 dimension (4), examples need 2 to 4", 3, ":y")
    add("good.npz", None, 'has no array "Z". There are: X, y', 3, ":Z")
    add("good.npz", None, 'has no array "". There are: X, y', 3, ":")
    x, y = good()
    content = npy("(4, 2)", struct.pack("<8f", *range(8)))
    deflated = Member("X.npy", content, DEFLATED)
    add("deflated.npz", archive(deflated, y), "", 0)
    sizes = struct.pack("<IQQ", zlib.crc32(content), len(deflated.packed), len(content))
    add("descriptor.npz", archive(
        Member("X.npy", content, DEFLATED, flags=8, local_crc=0, local_n_packed=0,
               local_n_bytes=0, descriptor=b"PK\7\x08" + sizes), y), "", 0)
    for member in (x, y):
        member.lies["zip64"] = True
    add("zip64-sizes.npz", archive(x, y), "", 0)
    body, directory = parts(good())
    add("zip64-end.npz", body + directory + end64(2, len(directory), len(body)) +
        end(0xFFFF, ALL, ALL), "", 0)
    add("positional.npz", archive(
        Member("arr_0.npy", good()[0].packed), Member("arr_1.npy", good()[1].packed)),
        "", 0)
    add("extra.npz", archive(Member("X.npy", x.packed, extra=b"UT\5\0\3abcd"), y), "", 0)


def write_names():
    x, y = good()
    for name, member in (("up", "../../x.npy"), ("up-inside", "a/../x.npy"),
                         ("absolute", "/tmp/x.npy"), ("zero", b"X\0.npy"),
                         ("backslash", "a\\x.npy"), ("escape", b"\x1b[31mX.npy"),
                         ("latin1", b"\xe4.npy"), ("nothing", b"")):
        add(f"name-{name}.npz", archive(Member(member, x.packed), y),
            "has a name that no array has")
    add("name-long.npz", archive(Member("n" * 300, x.packed), y),
        "a name of more than 255 bytes")
    add("name-twice.npz", archive(x, Member("X.npy", x.packed), y),
        'member "X.npy" of the zip archive is there twice')
    add("name-twice-so.npz", archive(x, Member("X", x.packed), y), "is there twice")
    x.lies["local_name"] = b"Z.npy"
    add("name-differs.npz", archive(x, y), "header that differs from the directory")
    add("unclear.npz", archive(Member("a.npy", x.packed), Member("b.npy", x.packed)),
        "has 2 arrays (a, b); name the one of the examples, such as")
    add("unclear.npz", None, "no labels were found", 3, ":a")
    add("only-labels-wanted.npz", archive(Member("X.npy", x.packed)),
        "no labels were found")


def write_members():
    x, y = good()
    content = x.packed
    header = "header that differs from the directory"
    bent = bytearray(content)
    bent[-1] ^= 1
    add("crc.npz", archive(Member("X.npy", content, packed=bytes(bent)), y),
        "damaged zip data (its CRC-32 is")
    bent = bytearray(deflate(content))
    bent[-1] ^= 1
    add("crc-deflated.npz", archive(
        Member("X.npy", content, DEFLATED, packed=bytes(bent)), y),
        "damaged zip data (its CRC-32 is")
    bent[1] ^= 1
    add("deflate-damaged.npz", archive(
        Member("X.npy", content, DEFLATED, packed=bytes(bent)), y),
        "damaged zip data (invalid stored block lengths)")
    add("deflate-short.npz", archive(
        Member("X.npy", content, DEFLATED, packed=deflate(content)[:-3]), y),
        "damaged zip data (no end within")
    add("deflate-more.npz", archive(
        Member("X.npy", content, DEFLATED, packed=deflate(content) + b"more"), y),
        "the directory of the zip archive says")
    for field in ("crc", "n_packed", "n_bytes", "method"):
        add(f"local-{field}.npz",
            archive(Member("X.npy", content, **{f"local_{field}": 8}), y), header)
    add("local-mark.npz", archive(x, y).replace(y.local(), b"PK\3\5" + y.local()[4:]),
        header)
    add("stored-sizes.npz", archive(Member("X.npy", content, n_bytes=len(content) + 1), y),
        "has sizes that cannot be")
    add("ratio.npz", archive(Member("X.npy", content, DEFLATED, n_bytes=10**9), y),
        "has sizes that cannot be")
    add("packed-too-long.npz", archive(
        Member("X.npy", content, DEFLATED, n_packed=2**31), y), "has sizes that cannot be")
    add("unpacks-to-less.npz", archive(
        Member("X.npy", content, DEFLATED, n_bytes=len(content) + 100), y),
        "the directory of the zip archive says")
    add("unpacks-to-more.npz", archive(
        Member("X.npy", content, DEFLATED, n_bytes=len(content) - 1), y),
        "unpacks to more than the")
    add("encrypted.npz", archive(Member("X.npy", content, flags=1), y),
        "is encrypted, expected plain data")
    add("method-14.npz", archive(Member("X.npy", content, 14), y),
        "is packed by method 14, expected 0 (stored) or 8 (deflated)")
    add("disk.npz", archive(Member("X.npy", content, disk=1), y),
        "has sizes that cannot be")
    add("array-short.npz", archive(Member("X.npy", content[:-4]), y),
        "header says 4 rows of 2")
    add("array-long.npz", archive(Member("X.npy", content + bytes(4)), y),
        "more bytes after them")
    add("no-array.npz", archive(Member("X.npy", b"\1\2\3\4\5\6\7\x08"), y),
        "byte 0: begins with 01 02 03 04")
    add("object.npz", archive(Member("X.npy", npy("(2,)", b"\x80\4]\x94.", "|O")), y),
        "object arrays are not supported (pickle can run code)")
    add("count.npz", archive(x, Member("y.npy", npy("(3,)", bytes(3), "|u1"))),
        "has 3 labels, but")
    add("labels-2d.npz", archive(x, Member("y.npy", npy("(4, 1)", bytes(4), "|u1"))),
        "has 2 dimensions (4x1), labels need 1")
    add("labels-text.npz", archive(x, Member("y.npy", npy("(4,)", bytes(48), "<U3"))),
        "a text with a label to a line")
    add("nan.npz", archive(
        Member("X.npy", npy("(4, 2)", struct.pack("<8f", *[float("nan")] * 8))), y),
        "the value at index 0 (row 0) is nan")


def write_bombs():
    x, y = good()
    n_matches = 4000  # 1 MB in 7 kB
    n_bytes = 1 + 258 * n_matches
    packed = zeros(n_matches)
    header = npy("(4, 2)", b"")
    bomb = deflate(header)
    bomb = bytes([bomb[0] & 0xFE]) + bomb[1:] + packed  # the first block is not the last
    content = header + bytes(n_bytes)
    add("bomb.npz", archive(Member("X.npy", content, DEFLATED, packed=bomb), y),
        "more bytes after them")
    add("zip-within.npz", archive(Member("X.npy", archive(x, y)), y),
        "looks like a zip archive within something")
    # Fifield's: many names, one kernel.
    body, _ = parts([x, y])
    directory = x.entry(0) + Member("y.npy", x.packed, entry_name=b"X.npy").entry(0)
    add("overlap-same.npz", body + directory + end(2, len(directory), len(body)),
        "is there twice")
    inner = Member("b.npy", x.packed)
    outer = Member("a.npy", inner.local())
    shift = len(outer.local()) - len(inner.local())
    directory = outer.entry(0) + inner.entry(shift)
    add("overlap-quoted.npz",
        outer.local() + directory + end(2, len(directory), len(outer.local())),
        "its members overlap")


def write_ends():
    x, y = good()
    whole = archive(x, y)
    body, directory = parts([x, y])
    missing = "its directory, at the end, is missing. Is the download complete?"
    follows = "something follows its end"
    for n in (4, 21, 22, 60, len(body), len(whole) - 1):
        add(f"cut-{n:03}.npz", whole[:n], "Is the download complete?")
    add("no-end.npz", body + directory, missing)
    add("empty.npz", end(0, 0, 0), "it has no members")
    add("comment.npz", archive(x, y, comment=b"by hand"), follows)
    add("comment-with-end.npz",
        archive(x, y, comment=directory + end(
            2, len(directory), len(body) + len(directory) + 22)),
        "bytes that belong to no member")
    add("two-ends.npz", whole + end(2, len(directory), len(body)), "do not agree")
    add("behind.npz", whole + b"more", follows)
    add("twice.npz", whole + whole, "do not agree")
    add("before.npz", b"PK\3\4" + bytes(40) + whole, "do not agree")
    add("gap.npz", archive(x, y, gap=bytes(5)), "bytes that belong to no member")
    add("one-more.npz", body + directory + end(3, len(directory), len(body)),
        "its directory ends too early")
    add("one-less.npz", body + directory + end(1, len(directory), len(body)),
        "its directory has more entries than its end says")
    add("disks.npz", archive(x, y, disk=1), "a part of several")
    add("disks-n.npz", archive(x, y, n_here=1), "do not agree")
    add("directory-size.npz", body + directory + end(2, len(directory) - 1, len(body)),
        "do not agree")
    add("directory-place.npz", body + directory + end(2, len(directory), len(body) + 1),
        "do not agree")
    add("directory-mark.npz", body + directory.replace(b"PK\1\2", b"PK\1\3", 1) +
        end(2, len(directory), len(body)), "its directory is damaged")
    x.lies["at"] = 7
    add("member-place.npz", archive(x, y), "header that differs from the directory")
    x.lies["at"] = len(body) - 8
    add("member-behind.npz", archive(x, y), "lies behind its directory")
    for name, record in (
        ("n", end64(3, len(directory), len(body))),
        ("huge-n", end64(2**63, len(directory), len(body))),
        ("size", end64(2, len(directory) + 1, len(body))),
        ("place", end64(2, len(directory), 2**63)),
        ("locator", end64(2, len(directory), len(body), record_at=3)),
    ):
        text = {"n": "its directory ends too early", "huge-n": "the limit of 4096"}.get(
            name, "its zip64 records are damaged")
        add(f"zip64-{name}.npz", body + directory + record + end(0xFFFF, ALL, ALL), text,
            6 if name == "huge-n" else 3)
    add("zip64-and-end.npz", body + directory + end64(2, len(directory), len(body)) +
        end(1, len(directory), len(body)), "its zip64 records are damaged")
    x, y = good()
    x.lies.update(n_packed=ALL, n_bytes=ALL)
    add("zip64-lacking.npz", archive(x, y), "lacks its zip64 sizes")
    many = [Member(f"a{i}.npy", b"") for i in range(4097)]
    body, directory = parts(many[:2])
    add("many.npz", body + directory + end(4097, len(directory), len(body)),
        "more members than the limit of 4096", 6)


def write_documents():
    for name, member, text in (
        ("workbook.xlsx", "[Content_Types].xml", "is an Office document (Excel?)"),
        ("sheet.ods", "mimetype", "is an OpenDocument file"),
        ("net.pt", "archive/data.pkl", "is a PyTorch file (it can run code)"),
        ("program.jar", "META-INF/MANIFEST.MF", "is a Java archive"),
    ):
        add(name, archive(Member(member, b"<?xml"), Member("other.xml", b"<x/>")), text)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.iterdir():
        old.unlink()
    write_good()
    write_names()
    write_members()
    write_bombs()
    write_ends()
    write_documents()
    lines = ["# file\tmember\texit code\ttext of the message"]
    lines += ["\t".join(row) for row in rows]
    (FOLDER / "EXPECTED.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
