#!/usr/bin/env python3
"""Antialiased bilinear resampling in float64, from its definition, and resample.tsv.

An output pixel is the mean of the input pixels weighted by a triangle around its centre.
The triangle reaches one input pixel to each side where the picture grows, and as many as
it shrinks by otherwise. Weights beyond the edge of the stretch that is resampled are
dropped and the others scaled up, as PyTorch does.

A line of resample.tsv has height and width before, how the picture is fitted, height
and width after, and for each output pixel row by row its value, or "-" at
an edge, where implementations differ. Input pixel (y, x) is pixel(y, x) below.
"""

from pathlib import Path

import numpy as np

CASES = [  # height, width; height, width; fit
    (28, 28, 14, 14, "stretch"),
    (37, 53, 16, 16, "stretch"),
    (37, 53, 16, 16, "crop"),
    (53, 37, 12, 20, "crop"),
    (9, 7, 21, 30, "stretch"),
    (200, 31, 11, 17, "stretch"),
    (640, 480, 9, 9, "crop"),
    (30, 40, 30, 21, "stretch"),
]


def pixel(y, x):
    """A byte that differs from its neighbours; the same sum in the C test."""
    return (y * 37 + x * 101 + y * x * 13 + (y * y) // 7 + (x * x) // 5) % 256


def weights(n_from, first, length, n_to):
    """[n_to, n_from], and which outputs touch no edge."""
    scale = length / n_to
    reach = max(scale, 1.0)
    matrix = np.zeros((n_to, n_from))
    inner = np.zeros(n_to, bool)
    for i in range(n_to):
        centre = first + (i + 0.5) * scale
        places = np.arange(n_from) + 0.5
        w = np.maximum(0, 1 - np.abs(places - centre) / reach)
        matrix[i] = w / w.sum()
        inner[i] = centre - reach >= first and centre + reach <= first + length
        inner[i] &= centre - reach >= 0 and centre + reach <= n_from
    return matrix, inner


def stretch_of(height, width, to_height, to_width, fit):
    """top, left, height, width of what is used."""
    if fit == "stretch":
        return 0.0, 0.0, float(height), float(width)
    if width * to_height > height * to_width:
        used = height * to_width / to_height
        return 0.0, (width - used) / 2, float(height), used
    used = width * to_height / to_width
    return (height - used) / 2, 0.0, used, float(width)


def resample(pixels, to_height, to_width, fit="stretch"):
    """The resampled picture, and a mask of what lies inside."""
    height, width = pixels.shape
    top, left, used_height, used_width = stretch_of(height, width, to_height, to_width, fit)
    rows, rows_inside = weights(height, top, used_height, to_height)
    columns, columns_inside = weights(width, left, used_width, to_width)
    return rows @ pixels @ columns.T, np.outer(rows_inside, columns_inside)


def make(height, width):
    return np.array([[pixel(y, x) for x in range(width)] for y in range(height)], float)


def main():
    lines = []
    for height, width, to_height, to_width, fit in CASES:
        values, inside = resample(make(height, width), to_height, to_width, fit)
        text = " ".join(f"{v:.4f}" if i else "-"
                        for v, i in zip(values.ravel(), inside.ravel()))
        lines.append(f"{height}\t{width}\t{fit}\t{to_height}\t{to_width}\t{text}\n")
    (Path(__file__).parent / "resample.tsv").write_text("".join(lines))


if __name__ == "__main__":
    main()
