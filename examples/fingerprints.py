#!/usr/bin/env python3
"""Writes fingerprints of molecules, of 1,024 parts the ones that each has, in libsvm's
format, and how toxic it is.

    fingerprints.py FILE SEED N

A line is `toxicity part:1 part:1 ...`. Some parts harm, some protect. All of it is
invented.
"""

import sys

import numpy as np

N_PARTS = 1024
NAMES = ["harmless", "harmful", "toxic", "fatal"]


def main():
    file, seed, n = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    harm = np.random.default_rng(0).normal(size=N_PARTS) ** 3
    random = np.random.default_rng(seed)
    common = 1 / np.arange(2, N_PARTS + 2) ** 0.5
    with open(file, "w", encoding="ascii") as out:
        for _ in range(n):
            parts = np.flatnonzero(random.random(N_PARTS) < common)
            level = harm[parts].sum() / 8 + random.normal(0, 0.2)
            grade = np.searchsorted([-0.8, 0.6, 1.8], level)
            fields = [NAMES[grade], *(f"{part + 1}:1" for part in parts)]
            out.write(" ".join(fields) + "\n")


if __name__ == "__main__":
    main()
