#!/usr/bin/env python3
"""Writes pictures as a camera on a microscope takes them: 16 bits of grey, of many sizes,
darker towards the corners, with noise. What they show is real: images of Fashion-MNIST
(Debian package dataset-fashion-mnist), a folder for each class; and FOLDER.tsv, which lists
them.

    slides.py FOLDER FIRST N    the N images from number FIRST on"""

import gzip
import struct
import sys
import zlib
from pathlib import Path

import numpy as np

DATA = Path("/usr/share/datasets/fashion-mnist")
CLASSES = ["T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker",
           "Bag", "Boot"]


def read(name, start):
    return np.frombuffer(gzip.decompress((DATA / name).read_bytes())[start:], np.uint8)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(
        ">I", zlib.crc32(kind + data))


def png(pixels):
    height, width = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels.astype(">u2"))
    return (b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 0, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def slide(image, random):
    """The image enlarged, lit from the middle, with the noise of a camera."""
    height, width = random.integers(40, 97, 2)
    rows = np.arange(height) * 28 // height
    columns = np.arange(width) * 28 // width
    field = 4000 + 200.0 * image[np.ix_(rows, columns)]
    y = np.linspace(-1, 1, height)[:, None]
    x = np.linspace(-1, 1, width)[None, :]
    field *= 1 - 0.3 * (y * y + x * x) / 2
    return np.clip(random.normal(field, 600), 0, 65535)


def main():
    folder, first, n = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    images = read("train-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)
    labels = read("train-labels-idx1-ubyte.gz", 8)
    for name in CLASSES:
        (folder / name).mkdir(parents=True, exist_ok=True)
    lines = ["path\tlabel\n"]
    for i in range(first, first + n):
        name = f"{CLASSES[labels[i]]}/{i:05}.png"
        (folder / name).write_bytes(png(slide(images[i], np.random.default_rng(i))))
        lines.append(f"{name}\t{CLASSES[labels[i]]}\n")
    Path(f"{folder}.tsv").write_text("".join(lines))


main()
