"""Writes the bad files of the folder probabilities that are not plain text; run in probabilities.
The table that belongs to them is three.tsv, the labels are given where they matter."""
import gzip

import numpy as np

GOOD = np.array([[0.2, 0.3, 0.5], [1, 0, 0], [0.1, 0.1, 0.8]])


def changed(row, column, value, dtype="f8"):
    array = GOOD.astype(dtype)
    array[row, column] = value
    return array


np.save("good.npy", GOOD)
np.save("negative.npy", changed(1, 2, -0.25))
np.save("nan.npy", changed(2, 0, np.nan))
np.save("infinite.npy", changed(0, 1, np.inf))
np.save("sum.npy", changed(1, 1, 0.01))
np.save("sum-float.npy", changed(1, 1, 0.002, "f4"))
np.save("sum-close.npy", changed(1, 1, 0.0002))
np.save("columns.npy", np.asfortranarray(changed(2, 1, -1)))
np.save("4-classes.npy", np.full((3, 4), 0.25))
np.save("1-dimension.npy", GOOD[0])
np.save("3-dimensions.npy", GOOD[None])
np.save("no-rows.npy", GOOD[:0])
np.save("zero-row.npy", np.zeros((2, 3)))
np.save("labels-2.npy", np.array([0, 1]))
np.save("labels-out.npy", np.array([0, 3, 1]))
np.save("labels-half.npy", np.array([0, 0.5, 1]))
good = open("good.npy", "rb").read()
open("short.npy", "wb").write(good[:-1])
open("long.npy", "wb").write(good + b"\0")
open("cut.npy.gz", "wb").write(gzip.compress(good, mtime=0)[:-12])
open("short.npy.gz", "wb").write(gzip.compress(good[:-8], mtime=0))
open("long.npy.gz", "wb").write(gzip.compress(good + b"\0", mtime=0))
columns = open("columns.npy", "rb").read()
open("columns-short.npy.gz", "wb").write(gzip.compress(columns[:-8], mtime=0))
open("nul.tsv", "wb").write(b"0.2\t0.3\t0.5\n0.2\t0\0.3\t0.5\n")
open("line-too-long.tsv.gz", "wb").write(
    gzip.compress(b"0.2\t0.3\t0.5\n" + b"0" * 1200000 + b"\n", mtime=0))
