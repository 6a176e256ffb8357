#!/usr/bin/env python3
"""Writes chromatograms seen by two detectors, and how pure the sample was: 0 pure, 1
traces of a second substance, 2 spoilt.

    chromatograms.py FILE.npz SEED N

FILE has X [N,2,160], ultraviolet absorption and mass signal over time, and y [N]. The
second substance leaves the column just behind the first, so that only the mass detector,
which hardly sees the first, tells them apart. All of it is invented.
"""

import sys

import numpy as np

TIMES = np.arange(160)


def peak(at, width, height):
    return height * np.exp(-0.5 * ((TIMES - at) / width) ** 2)


def main():
    file, seed, n = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    random = np.random.default_rng(seed)
    y = random.integers(0, 3, n)
    x = np.zeros((n, 2, len(TIMES)), "f4")
    for i, grade in enumerate(y):
        at, width = random.uniform(40, 110), random.uniform(5, 7)
        amount = random.uniform(0.5, 2)
        part = amount * (0, random.uniform(0.05, 0.2), random.uniform(0.25, 0.7))[grade]
        x[i, 0] = peak(at, width, amount) + peak(at + 9, width, part)
        x[i, 1] = peak(at, width, 0.2 * amount) + peak(at + 9, width, part)
    x += random.normal(0, 0.02, x.shape).astype("f4")
    np.savez_compressed(file, X=x, y=y)


if __name__ == "__main__":
    main()
