"""How long `auto` and `auto:fast` take against plain cross entropy: trainings of 20,000
images, 2 epochs, in turn, round by round; medians of the ratios within a round."""
import shutil
import sys

import common

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 5
LOSSES = ["cross-entropy", "auto:fast", "auto"]


def main():
    spent = {loss: [] for loss in LOSSES}
    for _ in range(ROUNDS):
        for loss in LOSSES:
            run = common.BUILD / f"bench/runs/time-{loss}"
            shutil.rmtree(run, ignore_errors=True)
            common.train(run, "groups", loss, 2, 1, "--first", "20000")
            spent[loss].append(common.seconds(run))
    for loss in LOSSES:
        ratio = common.median([a / b for a, b in zip(spent[loss], spent[LOSSES[0]])])
        print(f"{loss:<16}{common.median(spent[loss]):8.2f} s{ratio:7.2f} x cross-entropy")


main()
