"""What each loss earns on the 10,000 test images of Fashion-MNIST, over five seeds.

Every model trains for 6 epochs on 54,000 images; the other 6,000 choose temperature,
rule and, for auto, the candidate. Per table: mean and standard deviation over the seeds
of the mean score by argmax and by the Bayes decision at the fitted temperature, and by
the rule that the model stores; and the time of a training against cross entropy's,
seed by seed. About an hour on two cores; what was trained before is not trained again.
Arguments: number of seeds, epochs."""
import statistics
import sys

import common

SEEDS = int(sys.argv[1]) if len(sys.argv) > 1 else 5
EPOCHS = int(sys.argv[2]) if len(sys.argv) > 2 else 6
LOSSES = {"groups": ["cross-entropy", "softmax-margin", "auto"],
          "asymmetric": ["cross-entropy", "auto"]}
RULES = ["argmax", "bayes", "auto"]  # auto: the rule that the model stores


def show(values):
    spread = statistics.stdev(values) if len(values) > 1 else 0
    return f"{statistics.mean(values):8.4f} +-{spread:.4f}"


def run_of(table, loss, seed):
    return common.BUILD / f"bench/runs/{table}-{loss}-{seed}"


def main():
    for seed in range(1, SEEDS + 1):
        for table in LOSSES:
            for loss in LOSSES[table]:
                common.train(run_of(table, loss, seed), table, loss, EPOCHS, seed)
    for table in LOSSES:
        print(f"{table} table, {EPOCHS} epochs, {SEEDS} seeds")
        print(f"{'loss':<16}{'argmax':>17}{'bayes':>17}{'its rule':>17}{'time':>6}")
        for loss in LOSSES[table]:
            runs = [run_of(table, loss, seed) for seed in range(1, SEEDS + 1)]
            base = [run_of(table, "cross-entropy", seed) for seed in range(1, SEEDS + 1)]
            columns = [show([common.evaluate(run, rule)["mean_score"] for run in runs])
                       for rule in RULES]
            ratio = common.median([common.seconds(run) / common.seconds(other)
                                   for run, other in zip(runs, base)])
            print(f"{loss:<16}" + "".join(f"{c:>17}" for c in columns) + f"{ratio:>6.2f}")


main()
