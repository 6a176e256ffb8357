"""Does a classifier of 100,000 taxa learn? Taxa evolve down a tree of six ranks: each node
adds a step to the features of the one above, and an example is a taxon with noise, so that
those nearby in the tree are hard to tell apart. Trains with the last layer's rows of a
sample of the classes in each step, and prints what held-out examples earn by argmax, by the
Bayes decision and by the best constant answer, with time and memory.

    taxa.py [FOLDER [EXAMPLES [EPOCHS [OPTION...]]]]     OPTION is one of merit train"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np

import common

RANKS = 10, 100, 1000, 10000, 100000
N_FEATURES, STEP, NOISE = 64, 0.6, 1.0


def make(folder, n_examples, n_test=2000):
    """tree.tsv, and features and labels of examples to learn from and to be tested on."""
    rng = np.random.default_rng(1)
    lines, above, place = [], np.zeros((1, N_FEATURES)), ["root"]
    for rank, n in enumerate(RANKS):
        parents = np.arange(n) * len(place) // n
        names = [f"r{rank}_{j}" for j in range(n)]
        lines += [f"{name}\t{place[p]}" for name, p in zip(names, parents)]
        above = above[parents] + STEP * rng.standard_normal((n, N_FEATURES))
        place = names
    (folder / "tree.tsv").write_text("\n".join(lines) + "\n")
    for name, n in ("train", n_examples), ("test", n_test):
        labels = rng.integers(0, RANKS[-1], n).astype(np.int32)
        noise = NOISE * rng.standard_normal((n, N_FEATURES))
        np.save(folder / f"{name}.npy", (above[labels] + noise).astype(np.float32))
        np.save(folder / f"{name}-labels.npy", labels)


def timed(command):
    """Its output; seconds, those of processors, and peak memory in words."""
    begin = time.monotonic()
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(list(map(str, command)), stdout=out)
        _, status, used = os.wait4(process.pid, 0)
        if status:
            raise SystemExit("stopped")
        out.seek(0)
        return out.read(), (f"{time.monotonic() - begin:.0f} s, "
                            f"{used.ru_utime + used.ru_stime:.0f} s of processors, "
                            f"{used.ru_maxrss / 1024:.0f} MB")


def main(folder, n_examples, epochs, options):
    if not (folder / "tree.tsv").exists():
        make(folder, n_examples)
    run = folder / "run"
    train = [common.MERIT, "train", folder / "train.npy", "--labels",
             folder / "train-labels.npy", "-s", f"tree:{folder}/tree.tsv", "-o", run, "-q",
             "-e", epochs, "--validation", "0.0025", *(options or ["--sample", "2048"])]
    _, spent = timed(train)
    print(f"train, {n_examples} examples, {epochs} epochs: {spent}")
    for rule in "argmax", "bayes":
        out, spent = timed([common.MERIT, "eval", run, folder / "test.npy", "--labels",
                            folder / "test-labels.npy", "--rule", rule, "--json"])
        r = json.loads(out)
        score, normalised = r["mean_score"], r["normalized_score"]
        constant = (score - normalised) / (1 - normalised)  # the best there is earns 1
        print(f"{rule}: mean score {score:.4f}, accuracy {r['accuracy']:.4f}; eval of {r['n']} "
              f"examples: {spent}")
    print(f"best constant answer: {constant:.4f}")


if __name__ == "__main__":
    given = sys.argv[1:]
    with tempfile.TemporaryDirectory() as place:
        main(pathlib.Path(given[0] if given else place), int(given[1]) if given[1:] else 400000,
             given[2] if given[2:] else "3", given[3:])
