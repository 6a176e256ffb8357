"""What each loss earns on the 10,000 test images of Fashion-MNIST, over five seeds.

Every model trains for 6 epochs on 54,000 images; the other 6,000 choose temperature,
rule and, for auto, the candidate. Per table: mean and standard deviation over the seeds
of the mean score by argmax and by the Bayes decision at the fitted temperature, and by
the rule that the model stores; and the time of a training against cross entropy's,
seed by seed. Arguments: number of seeds, epochs."""
import statistics
import sys

import common

SEEDS = int(sys.argv[1]) if len(sys.argv) > 1 else 5
EPOCHS = int(sys.argv[2]) if len(sys.argv) > 2 else 6
LOSSES = ["cross-entropy", "softmax-margin", "softmax-margin(scale=0.5)", "auto:fast", "auto"]


def show(values):
    spread = statistics.stdev(values) if len(values) > 1 else 0
    return f"{statistics.mean(values):8.4f} +-{spread:.4f}"


def main():
    for table in common.TABLES:
        print(f"{table} table, {EPOCHS} epochs, {SEEDS} seeds", flush=True)
        print(f"{'loss':<28}{'argmax':>17}{'bayes':>17}{'its rule':>17}{'time':>6}",
              flush=True)
        times = {}
        for loss in LOSSES:
            scores = {"argmax": [], "bayes": [], "auto": []}
            times[loss] = []
            for seed in range(1, SEEDS + 1):
                run = common.BUILD / f"bench/runs/{table}-{LOSSES.index(loss)}-{seed}"
                common.train(run, table, loss, EPOCHS, seed)
                times[loss].append(common.seconds(run))
                for rule, values in scores.items():
                    values.append(common.evaluate(run, rule)["mean_score"])
            ratio = common.median([a / b for a, b in zip(times[loss], times[LOSSES[0]])])
            print(f"{loss:<28}{show(scores['argmax']):>17}{show(scores['bayes']):>17}"
                  f"{show(scores['auto']):>17}{ratio:>6.2f}", flush=True)


main()
