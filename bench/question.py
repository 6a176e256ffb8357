"""The question, reproduced: 20,000 images, 4 epochs, the groups table (best 2). Mean score
on the 2,000 held-out images after each epoch, for several learning rates of the
question's loss: it is not the learning rate."""
import csv

import common

RUNS = [("cross-entropy", "0.05"), ("expected-score", "0.01"), ("expected-score", "0.05"),
        ("expected-score", "0.2")]


def main():
    print(f"{'loss':<18}{'rate':>6}   mean score after each epoch   answers   gradient")
    for loss, rate in RUNS:
        run = common.BUILD / f"bench/runs/question-{loss}-{rate}"
        common.train(run, "groups", loss, 4, 1, "--first", "20000", "--lr", rate)
        with open(run / "metrics.tsv") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
        scores = "".join(f"{float(row['mean_score']):8.3f}" for row in rows)
        print(f"{loss:<18}{rate:>6}{scores}{float(rows[-1]['classes_answered']):>8.0f}"
              f"{float(rows[0]['gradient_survival']):>12.1%}", flush=True)


main()
