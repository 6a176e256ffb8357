"""`merit explain` on ten trainings on Fashion-MNIST, five of them stuck by construction:
its verdict beside the truth. The thresholds of src/explain/explain_judge.c were set on
runs of seed 1 on 6,000 images (the ones that --tuning trains) and are tried here on other
seeds, numbers of images and tables."""
import json
import shutil
import subprocess
import sys

import common

LOSS = {"collapsed", "stuck"}  # the loss is to blame
RATE = {"rate-low"}
FINE = {"healthy"}
# name, table, loss, seed, what the diagnosis must be, further options
PROOF = [
    ("groups", "groups", "expected-score", 11, LOSS, ["--first", "8000", "-e", "3"]),
    ("asymmetric", "asymmetric", "expected-score", 12, LOSS,
     ["--first", "8000", "-e", "3"]),
    ("log", "groups", "log-score", 13, LOSS, ["--first", "8000", "-e", "4"]),
    ("identity", "identity", "expected-score", 14, LOSS,
     ["--first", "4000", "-e", "3", "--lr", "0.2"]),
    ("slow", "groups", "softmax-margin", 21, RATE,
     ["--first", "6000", "-e", "2", "--lr", "0.00005"]),
    ("plain", "identity", "cross-entropy", 16, FINE, ["--first", "8000", "-e", "3"]),
    ("margin", "asymmetric", "softmax-margin", 17, FINE, ["--first", "8000", "-e", "3"]),
    ("auto", "groups", "auto", 18, FINE, ["--first", "8000", "-e", "3"]),
    ("last-stage", "groups", "cross-entropy:60%,expected-score", 19, FINE,
     ["--first", "8000", "-e", "4"]),
    ("soft", "ordinal", "soft-labels(temperature=0.5)", 20, FINE,
     ["--first", "8000", "-e", "3"]),
]
TUNING = [
    (f"tuning-{i}", table, loss, 1, right, ["--first", "6000", "-e", "3", *more])
    for i, (table, loss, right, more) in enumerate([
        ("groups", "expected-score", LOSS, []),
        ("asymmetric", "expected-score", LOSS, []),
        ("groups", "expected-score", LOSS, ["--lr", "0.2"]),
        ("groups", "expected-score", LOSS, ["--optimizer", "adamw"]),
        ("groups", "power-score", LOSS, []),
        ("groups", "log-score", LOSS, []),
        ("groups", "cross-entropy", RATE, ["--lr", "0.00001"]),
        ("asymmetric", "cross-entropy", RATE, ["--lr", "0.00002"]),
        ("groups", "cross-entropy", {"rate-high"}, ["--lr", "0.5"]),
        ("groups", "cross-entropy", FINE, []),
        ("asymmetric", "cross-entropy", FINE, []),
        ("groups", "softmax-margin", FINE, []),
        ("groups", "tilted-score(temperature=0.1..2)", FINE, []),
        ("groups", "affine-labels", FINE, []),
        ("groups", "auto", FINE, []),
        ("groups", "hinge", FINE, []),
        ("groups", "score-squares", FINE, []),
    ])]


def train(name, table, loss, seed, options):
    run = common.BUILD / f"bench/runs/explain-{name}"
    scores = common.TABLES.get(table)
    if scores is None:  # a generator: the order of the classes is that of the labels
        scores = table
    command = [common.MERIT, "train", common.TRAIN, "-s", scores, "-o", run, "-l", loss,
               "--seed", str(seed), "-q", *options]
    if (run / "config.json").exists():
        if not subprocess.run([*command, "--resume"], capture_output=True).returncode:
            return run
        shutil.rmtree(run)
    run.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(command, check=True, capture_output=True)
    return run


def explain(run):
    out = subprocess.run([common.MERIT, "explain", run, "--json"], check=True,
                         capture_output=True, text=True).stdout
    return json.loads(out)


def main():
    cases = TUNING if "--tuning" in sys.argv[1:] else PROOF
    n_right = 0
    print(f"{'table':<12}{'loss':<36}{'verdict':<12}{'gradient':>9}{'stuck':>7}{'answers':>9}")
    for name, table, loss, seed, right, options in cases:
        record = explain(train(name, table, loss, seed, options))
        kept = next(c for c in record["candidates"] if c["loss"] == record["loss"])
        is_right = record["verdict"] in right
        n_right += is_right
        print(f"{table:<12}{loss:<36}{record['verdict']:<12}"
              f"{kept['gradient_survival']:>9.2%}{kept['stuck_share']:>7.1%}"
              f"{kept['classes_answered']:>9.0f}"
              f"{'' if is_right else '   WRONG: ' + ' or '.join(sorted(right))}", flush=True)
    print(f"{n_right} of {len(cases)} right")


main()
