"""Every loss of the catalogue, auto and cross-entropy:60%,expected-score on Fashion-MNIST
under three score tables, by `merit compare`: the tables of docs/, as Markdown.

Models train on the first 10,000 training images for 4 epochs (a tenth of them chooses
epoch, temperature and rule) with three seeds, and are measured on the 10,000 test images.
Half an hour to 40 minutes on a core that trains 4,500 images/s; what is trained is
not trained again, and an interrupted call goes on. --help lists what can be changed."""
import argparse
import json
import subprocess
import sys

import common

TABLES = {
    "groups": "the right garment 2, one of its kind 1, another -1",
    "asymmetric": "a price for every mistake",
    "unsure": "as groups, and an answer `unsure` that is worth 0.8 whatever it is",
}
STAGES = "cross-entropy:60%,expected-score"


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--images", type=int, default=10000, help="to train on")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--seeds", default="3", help="how many, or a list")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--losses", default=f"all,{STAGES}", help="as merit compare -l")
    parser.add_argument("--tables", default=",".join(TABLES))
    parser.add_argument("--show", action="store_true", help="print what is there only")
    parser.add_argument("--output", default=str(common.BUILD / "bench/compare"))
    return parser.parse_args()


def compare(table, a):
    """The record of a comparison, which is trained where it is not yet."""
    folder = f"{a.output}/{a.images}x{a.epochs}"
    if a.show:
        return json.loads(subprocess.run(
            [common.MERIT, "compare", "--show", f"{folder}/{table}", "--json"], check=True,
            stdout=subprocess.PIPE, text=True).stdout)
    subprocess.run(["mkdir", "-p", folder], check=True)
    done = subprocess.run(
        [common.MERIT, "compare", common.TRAIN, "--first", str(a.images), "-e",
         str(a.epochs), "-s", common.ROOT / f"examples/fashion-{table}.tsv", "-l", a.losses,
         "--seeds", a.seeds, "--test", common.TEST, "-j", str(a.threads), "-o",
         f"{folder}/{table}", "--json"], stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(done.returncode)
    return json.loads(done.stdout)


def number(value, decimals):
    return "" if value is None else f"{value:.{decimals}f}"


def row_of(loss):
    low, high = loss["interval"]
    mark = "**" if loss["best"] else ""
    cells = [f"{mark}{loss['loss']}{mark}" + (" \\*" if loss["level"] else " ?" if loss["unsure"] else ""),
             f"{loss['mean_score']:.4f} ± {(high - low) / 2:.4f}",
             number(loss["accuracy"], 4), number(loss["log_loss"], 3),
             number(loss["ece"], 3),
             f"{loss['steps_to_95']:.0f}" if loss["n_reached"] else "never"]
    return "| " + " | ".join(cells) + " |"


def print_table(table, record):
    done = [loss for loss in record["losses"] if loss["state"] == "done"]
    print(f"### {table}: {TABLES[table]}\n")
    print(f"Always the same answer earns {record['best_constant_score']:.4f}, the right ones "
          f"{record['oracle_score']:.4f}.\n")
    print("| loss | mean score | accuracy | log loss | ECE | steps to 95 % |")
    print("|---|---|---|---|---|---|")
    for loss in done:
        print(row_of(loss))
    print(f"\n{record['verdict']}")
    for loss in record["losses"]:
        if loss["message"]:
            print(f"\n{loss['loss']}: {loss['message']}.")
    for loss in done:
        if loss["loss"] == "auto" and not loss["best"]:
            is_level = "can be chance" if loss["level"] else "is more than chance"
            print(f"\nauto earns {loss['behind']:.4f} less than the best, which {is_level}.")
    print()


def main():
    a = read_arguments()
    for table in a.tables.split(","):
        print_table(table, compare(table, a))


main()
