#!/usr/bin/env python3
"""Writes the pictures of the folder pictures/: bad ones with pictures/EXPECTED.tsv, good
ones of every kind with pictures/GOOD.tsv.

Run without arguments; the same bytes come out everywhere. A line of EXPECTED.tsv has a
file, the exit code of a command that reads it among others, and text that its message
must contain. A line of GOOD.tsv has a file, channels, height and width of the upright
picture, bits of a value, the largest error allowed, and the values, channel by channel.
"""

import struct
import zlib
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "pictures"
GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
N_SAMPLES = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGBA: 4}

bad = []
good = []


# PNG

def chunk(kind, data=b"", crc=None):
    crc = zlib.crc32(kind + data) if crc is None else crc
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)


def stored(data):
    """A zlib stream of stored blocks: no version of zlib can write it in another way."""
    out = b"\x78\x01"
    parts = [data[i:i + 65535] for i in range(0, len(data), 65535)] or [b""]
    for i, part in enumerate(parts):
        out += struct.pack("<BHH", i == len(parts) - 1, len(part), len(part) ^ 0xFFFF)
        out += part
    return out + struct.pack(">I", zlib.adler32(data))


def header(width, height, depth, colour, interlace=0):
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0,
                                      interlace))


def pack_row(samples, depth):
    """Samples of a row, most significant bit first, with the filter byte 0."""
    bits = "".join(f"{s:0{depth}b}" for s in samples)
    bits += "0" * (-len(bits) % 8)
    return b"\0" + bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))


PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4),
          (1, 0, 2, 2), (0, 1, 1, 2)]  # x, y, steps: Adam7


def png(pixels, depth, colour, before=b"", after=b"", interlace=0, end=None):
    """pixels: rows of tuples of samples."""
    height, width = len(pixels), len(pixels[0])
    passes = PASSES if interlace else [(0, 0, 1, 1)]
    data = b""
    for x, y, dx, dy in passes:
        for row in pixels[y::dy]:
            samples = [s for pixel in row[x::dx] for s in pixel]
            if samples:
                data += pack_row(samples, depth)
    return (b"\x89PNG\r\n\x1a\n" + header(width, height, depth, colour, interlace)
            + before + chunk(b"IDAT", stored(data)) + after
            + (chunk(b"IEND") if end is None else end))


def exif(orientation, big_endian=False):
    order = ">" if big_endian else "<"
    return ((b"MM" if big_endian else b"II") + struct.pack(order + "HIH", 42, 8, 1)
            + struct.pack(order + "HHIHH", 0x0112, 3, 1, orientation, 0)
            + struct.pack(order + "I", 0))


def ramp(height, width, n_samples, most):
    """Different numbers in every sample, up to `most`."""
    n = height * width * n_samples
    values = [(i * 7 + 3) * most // (n * 7) for i in range(n)]
    return [[tuple(values[(y * width + x) * n_samples:(y * width + x + 1) * n_samples])
             for x in range(width)] for y in range(height)]


def over_white(value, opacity, most):
    return (value * opacity + most * (most - opacity) + most // 2) // most


def planes(pixels):
    """[channel][row][column]"""
    return [[[pixel[c] for pixel in row] for row in pixels]
            for c in range(len(pixels[0][0]))]


def save_good(name, data, pixels, bits=8, tolerance=0):
    (FOLDER / name).write_bytes(data)
    channels = planes(pixels)
    values = " ".join(str(v) for plane in channels for row in plane for v in row)
    good.append((name, len(channels), len(pixels), len(pixels[0]), bits, tolerance, values))


def save_bad(name, data, code, text):
    (FOLDER / name).write_bytes(data)
    bad.append((name, code, text))


def turned(pixels, orientation):
    """How EXIF says that the stored rows are to be looked at."""
    rows = [list(row) for row in pixels]
    if orientation in (2, 3):
        rows = [row[::-1] for row in rows]
    if orientation in (3, 4):
        rows = rows[::-1]
    if orientation in (5, 6, 7, 8):
        rows = [list(column) for column in zip(*rows)]  # transposed: 5
        if orientation == 6:
            rows = [row[::-1] for row in rows]
        elif orientation == 7:
            rows = [row[::-1] for row in rows[::-1]]
        elif orientation == 8:
            rows = rows[::-1]
    return rows


def make_good_png():
    for depth in (1, 2, 4, 8, 16):
        most = 2 ** depth - 1
        pixels = ramp(3, 5, 1, most)
        wanted = pixels if depth == 16 else [[(v * 255 // most,) for (v,) in row]
                                             for row in pixels]
        save_good(f"good-grey{depth}.png", png(pixels, depth, GREY), wanted,
                  16 if depth == 16 else 8)
    for depth in (8, 16):
        most = 2 ** depth - 1
        bits = depth
        pixels = ramp(3, 4, 3, most)
        save_good(f"good-rgb{depth}.png", png(pixels, depth, RGB), pixels, bits)
        save_good(f"good-rgb{depth}-interlaced.png", png(ramp(9, 11, 3, most), depth, RGB,
                                                         interlace=1),
                  ramp(9, 11, 3, most), bits)
        pixels = ramp(3, 4, 2, most)
        save_good(f"good-grey-alpha{depth}.png", png(pixels, depth, GREY_ALPHA),
                  [[(over_white(v, a, most),) for v, a in row] for row in pixels], bits)
        pixels = ramp(3, 4, 4, most)
        save_good(f"good-rgba{depth}.png", png(pixels, depth, RGBA),
                  [[tuple(over_white(v, p[3], most) for v in p[:3]) for p in row]
                   for row in pixels], bits)
    make_good_palettes()
    pixels = ramp(2, 3, 1, 255)
    save_good("good-grey-trns.png",
              png(pixels, 8, GREY, chunk(b"tRNS", struct.pack(">H", pixels[1][1][0]))),
              [[(255,) if v == pixels[1][1] else v for v in row] for row in pixels])
    pixels = ramp(2, 3, 3, 255)
    save_good("good-rgb-trns.png",
              png(pixels, 8, RGB, chunk(b"tRNS", struct.pack(">3H", *pixels[0][2]))),
              [[(255, 255, 255) if v == pixels[0][2] else v for v in row]
               for row in pixels])
    for orientation in range(1, 9):
        pixels = ramp(2, 3, 1, 255)
        save_good(f"good-turned-{orientation}.png",
                  png(pixels, 8, GREY, chunk(b"eXIf", exif(orientation, orientation > 4))),
                  turned(pixels, orientation))
    pixels = ramp(2, 3, 1, 255)
    save_good("good-turned-late-6.png",
              png(pixels, 8, GREY, after=chunk(b"eXIf", exif(6))), turned(pixels, 6))
    save_good("good-turned-99.png", png(pixels, 8, GREY, chunk(b"eXIf", exif(99))), pixels)
    save_good("good-trailing.png", png(pixels, 8, GREY) + b"<script>PK\3\4", pixels)
    animation = chunk(b"acTL", struct.pack(">II", 100000, 0))
    frame = chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 3, 2, 0, 0, 1, 1, 0, 0))
    save_good("good-animated.png", png(pixels, 8, GREY, animation + frame), pixels)
    save_good("good-interlaced-1x1.png", png([[(77,)]], 8, GREY, interlace=1), [[(77,)]])


def make_good_palettes():
    colours = [(10, 200, 30), (255, 0, 128), (1, 2, 3), (90, 90, 91)]
    palette = chunk(b"PLTE", b"".join(bytes(c) for c in colours))
    for depth in (2, 4, 8):
        pixels = [[(0,), (1,), (2,)], [(3,), (2,), (0,)]]
        save_good(f"good-palette{depth}.png", png(pixels, depth, PALETTE, palette),
                  [[colours[i] for (i,) in row] for row in pixels])
    pixels = [[(0,), (1,), (1,)], [(1,), (0,), (0,)]]
    save_good("good-palette1.png",
              png(pixels, 1, PALETTE, chunk(b"PLTE", bytes(colours[0] + colours[1]))),
              [[colours[i] for (i,) in row] for row in pixels])
    opacities = [255, 0, 100]  # the fourth is opaque
    wanted = [[tuple(over_white(v, (opacities + [255])[i], 255) for v in colours[i])
               for (i,) in row] for row in [[(0,), (1,), (2,)], [(3,), (2,), (0,)]]]
    save_good("good-palette-trns.png",
              png([[(0,), (1,), (2,)], [(3,), (2,), (0,)]], 8, PALETTE,
                  palette + chunk(b"tRNS", bytes(opacities))), wanted)
    greys = chunk(b"PLTE", b"".join(bytes((v, v, v)) for v in (5, 100, 250)))
    save_good("good-palette-grey.png", png([[(0,), (1,), (2,)]], 8, PALETTE, greys),
              [[(5,), (100,), (250,)]])


    # An index without a colour is black, as browsers have it.
    save_good("good-palette-out-of-range.png",
              png([[(0,), (7,)]], 8, PALETTE, chunk(b"PLTE", bytes((9, 8, 7, 6, 5, 4)))),
              [[(9, 8, 7), (0, 0, 0)]])


def make_bad_png():
    pixels = ramp(4, 4, 1, 255)
    whole = png(pixels, 8, GREY)
    at = whole.index(b"IDAT")
    save_bad("crc-of-idat.png", whole[:-16] + bytes([whole[-16] ^ 1]) + whole[-15:], 3,
             "damaged PNG")
    save_bad("crc-of-ihdr.png", whole[:29] + bytes([whole[29] ^ 1]) + whole[30:], 3,
             "damaged PNG")
    save_bad("crc-of-text.png", png(pixels, 8, GREY, chunk(b"tEXt", b"a\0b", crc=1)), 3,
             "damaged PNG")
    save_bad("truncated-idat.png", whole[:at + 12], 3, "ends within the chunk at byte 33")
    save_bad("short-idat.png", png(pixels[:2], 8, GREY).replace(
        header(4, 2, 8, GREY), header(4, 4, 8, GREY)), 3, "damaged PNG")
    save_bad("no-iend.png", png(pixels, 8, GREY, end=b""), 3, "its end (IEND) is missing")
    save_bad("no-idat.png", b"\x89PNG\r\n\x1a\n" + header(4, 4, 8, GREY) + chunk(b"IEND"),
             3, "damaged PNG")
    save_bad("signature-only.png", b"\x89PNG\r\n\x1a\n", 3, "damaged PNG")
    save_bad("no-palette.png", png([[(0,), (1,)]], 8, PALETTE), 3, "damaged PNG")
    start = b"\x89PNG\r\n\x1a\n"
    rest = chunk(b"IDAT", stored(b"\0\0")) + chunk(b"IEND")
    for width, height, text in [(50000, 50000, "is 50000x50000"),
                                (2 ** 31 - 1, 2 ** 31 - 1, "is 2147483647x2147483647"),
                                (16385, 1, "is 1x16385"),
                                (9000, 9000, "the limits are 16384 a side, 64 million"),
                                (0, 7, "damaged PNG")]:
        save_bad(f"header-{height}x{width}.png",
                 start + header(width, height, 8, GREY) + rest, 3, text)
    save_bad("header-8000x8000-rgba16.png",
             start + header(8000, 8000, 16, RGBA) + rest, 3, "256 MB decoded")
    bomb = zlib.compress(bytes(8 << 20), 9)
    save_bad("text-bomb.png",
             png(pixels, 8, GREY, chunk(b"zTXt", b"Comment\0\0" + bomb)), 3, "damaged PNG")
    save_bad("profile-bomb.png",
             png(pixels, 8, GREY, chunk(b"iCCP", b"icc\0\0" + bomb)), 3, "damaged PNG")


# JPEG: blocks of one colour are enough, and simple to write.

def segment(marker, data):
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def tables():
    """Quantisers of 1; 12 codes of 4 bits for DC, 1 bit (the end) for AC."""
    dc = bytes([0, 0, 0, 12] + [0] * 12) + bytes(range(12))
    ac = bytes([1] + [0] * 15) + b"\0"
    return (segment(0xDB, b"\0" + bytes([1] * 64)) + segment(0xC4, b"\0" + dc)
            + segment(0xC4, b"\x10" + ac))


def frame(width, height, n, marker=0xC0, precision=8):
    data = struct.pack(">BHHB", precision, height, width, n)
    data += b"".join(bytes([i + 1, 0x11, 0]) for i in range(n))
    return segment(marker, data)


def scan(components, start, end, approximation=0):
    return segment(0xDA, bytes([len(components)])
                   + b"".join(bytes([c + 1, 0]) for c in components)
                   + bytes([start, end, approximation]))


def code(value):
    """A DC difference: 4 bits for its length, then its bits."""
    n = abs(value).bit_length()
    bits = value if value >= 0 else value + 2 ** n - 1
    return f"{n:04b}" + (f"{bits:0{n}b}" if n else "")


def to_bytes(bits):
    bits += "1" * (-len(bits) % 8)
    data = bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))
    return data.replace(b"\xff", b"\xff\0")


def entropy(blocks, n, with_ac=True):
    """blocks: for each block its n values, one after the other."""
    last = [0] * n
    bits = ""
    for block in blocks:
        for c in range(n):
            dc = 8 * (block[c] - 128)
            bits += code(dc - last[c]) + ("0" if with_ac else "")
            last[c] = dc
    return to_bytes(bits)


def jpeg(rows, before=b"", marker=0xC0, precision=8):
    """rows of blocks; a block is a tuple of as many values as there are components."""
    n = len(rows[0][0])
    blocks = [block for row in rows for block in row]
    return (b"\xff\xd8" + before + tables()
            + frame(8 * len(rows[0]), 8 * len(rows), n, marker, precision)
            + scan(range(n), 0, 63) + entropy(blocks, n) + b"\xff\xd9")


def spread(rows):
    """Blocks to pixels."""
    return [[pixel for pixel in row for _ in range(8)] for row in rows for _ in range(8)]


def to_rgb(y, cb, cr):
    values = (y + 1.402 * (cr - 128), y - 0.344136 * (cb - 128) - 0.714136 * (cr - 128),
              y + 1.772 * (cb - 128))
    return tuple(min(255, max(0, round(v))) for v in values)


def progressive(rows, n_refinements):
    """A grey picture in which every coefficient has scans of its own."""
    blocks = [block for row in rows for block in row]
    data = (b"\xff\xd8" + tables() + frame(8 * len(rows[0]), 8 * len(rows), 1, 0xC2)
            + scan([0], 0, 0) + entropy(blocks, 1, with_ac=False))
    # One code of 1 bit ends a block; blocks that end at once have no coefficients.
    for k in range(1, 64):
        for i in range(n_refinements, -1, -1):
            high = 0 if i == n_refinements else i + 1
            data += scan([0], k, k, high << 4 | i) + to_bytes("0" * len(blocks))
    return data + b"\xff\xd9"


def make_jpeg():
    grey = [[(30,), (200,)], [(128,), (255,)], [(0,), (77,)]]
    colour = [[(30, 128, 128), (200, 90, 170)]]
    save_good("good-grey.jpg", jpeg(grey), spread(grey))
    save_good("good-colour.jpg", jpeg(colour), [[to_rgb(*p) for p in row]
                                               for row in spread(colour)], 8, 1)
    save_good("good-20-scans.jpg", progressive(grey, 0)[:], spread(grey))
    for orientation in range(1, 9):
        mark = (segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x/>")  # XMP is no EXIF
                + segment(0xE1, b"Exif\0\0" + exif(orientation, orientation % 2 == 0)))
        save_good(f"good-turned-{orientation}.jpg", jpeg(grey, mark),
                  turned(spread(grey), orientation))
    save_good("good-trailing.jpg", jpeg(grey) + b"more", spread(grey))
    whole = jpeg(grey)
    save_bad("190-scans.jpg", progressive(grey, 2), 3, "more than 100 scans")
    save_bad("header-65500x65500.jpg",
             whole.replace(frame(16, 24, 1), frame(65500, 65500, 1)), 3,
             "is 65500x65500")
    save_bad("height-0.jpg", whole.replace(frame(16, 24, 1), frame(16, 0, 1)), 3, "JPEG")
    save_bad("truncated-data.jpg", whole[:-4], 3, "JPEG")
    save_bad("truncated-header.jpg", whole[:100], 3, "JPEG")
    save_bad("start-only.jpg", b"\xff\xd8\xff", 3, "JPEG")
    save_bad("no-tables.jpg", b"\xff\xd8" + frame(16, 24, 1) + scan([0], 0, 63)
             + entropy([(0,)] * 6, 1) + b"\xff\xd9", 3, "JPEG")
    save_bad("12-bit.jpg", jpeg(grey, marker=0xC1, precision=12), 3, "precision 12")
    save_bad("lossless.jpg", jpeg(grey, marker=0xC3), 3, "Unsupported JPEG process")
    save_bad("cmyk.jpg", jpeg([[(1, 2, 3, 4)]]), 3, "is a CMYK JPEG")
    adobe = segment(0xEE, b"Adobe" + struct.pack(">HHHB", 100, 0, 0, 2))
    save_bad("ycck.jpg", jpeg([[(1, 2, 3, 4)]], adobe), 3, "is a CMYK JPEG")


def make_others():
    save_bad("gif.jpg", b"GIF89a\1\0\1\0\0\0\0;", 3, "looks like a GIF image")
    save_bad("webp.jpg", b"RIFF\x1a\0\0\0WEBPVP8L" + bytes(14), 3,
             "looks like a WebP image")
    save_bad("heic.jpg", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", 3, "looks like a HEIC image")
    save_bad("avif.png", b"\0\0\0\x18ftypavif\0\0\0\0mif1avif", 3,
             "looks like an AVIF image")
    save_bad("bmp.png", b"BM\x1a\0\0\0\0\0\0\0\x1a\0\0\0", 3, "looks like a BMP image")
    save_bad("tiff.png", b"II*\0\x08\0\0\0\0\0", 3, "looks like a TIFF image")
    save_bad("page.jpg", b"<!DOCTYPE html><title>404 Not Found</title>", 3,
             "looks like an HTML page")
    save_bad("text.png", b"not found\n", 3, "looks like text, expected JPEG or PNG")
    save_bad("nothing.png", b"", 3, "is empty, expected JPEG or PNG")
    save_bad("noise.png", bytes(range(1, 33)), 3, "is no picture, expected JPEG or PNG")


def main():
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.iterdir():
        old.unlink()
    make_good_png()
    make_bad_png()
    make_jpeg()
    make_others()
    for name, rows in (("EXPECTED.tsv", bad), ("GOOD.tsv", good)):
        text = "".join("\t".join(map(str, row)) + "\n" for row in sorted(rows))
        (FOLDER / name).write_text(text)


if __name__ == "__main__":
    main()
