#!/usr/bin/env python3
"""Prints how far resample.py is from PyTorch's antialiased bilinear interpolation, away
from the edges: a line for each of its cases that PyTorch has (it knows no crop)."""

import numpy as np
import torch

import resample


def main():
    for height, width, to_height, to_width, fit in resample.CASES:
        if fit != "stretch":
            continue
        pixels = resample.make(height, width)
        values, inside = resample.resample(pixels, to_height, to_width)
        theirs = torch.nn.functional.interpolate(
            torch.tensor(pixels)[None, None], (to_height, to_width), mode="bilinear",
            antialias=True)[0, 0].numpy()
        print(np.abs(values - theirs)[inside].max())


main()
