#!/usr/bin/python3
"""Reference values for merit/metrics.h in float64 NumPy, written apart from the C code.

    metrics.py [FILE]     writes FILE, or metrics.tsv beside this script

Each line is a key and its numbers, tab-separated. `case` opens a case: its name, N, K
and A. Then what goes in (`scores` [K,A], `labels`, `answers` [N], and where given
`weights`, `expected` [N], `posterior` [N,K]) and what comes out (one line per
measure)."""

import random
import sys
from pathlib import Path

import numpy as np

QUESTION = [[2, 1, 0, -1], [1, 2, -1, 0], [0, -1, 0, 1], [-1, 0, 1, 2]]
N_BINS = 15


def metrics(case):
    scores, labels, answers = case["scores"], case["labels"], case["answers"]
    weights = case.get("weights", np.ones(len(labels)))
    total = weights.sum()
    prior = np.array([weights[labels == i].sum() for i in range(len(scores))])
    constant = prior @ scores
    out = {
        "accuracy": weights[labels == answers].sum() / total,
        "mean_score": weights @ scores[labels, answers] / total,
        "best_constant": constant.argmax(),
        "best_constant_score": constant.max() / total,
        "oracle_score": prior @ scores.max(axis=1) / total,
    }
    out["regret"] = out["oracle_score"] - out["mean_score"]
    room = out["oracle_score"] - out["best_constant_score"]
    out["normalized_score"] = 1 - out["regret"] / room if room > 0 else np.nan
    expected = case.get("expected")
    out["claimed_score"] = np.nan if expected is None else weights @ expected / total
    return out | posterior_metrics(case, weights / total)


def posterior_metrics(case, share):
    q = case.get("posterior")
    if q is None:
        return dict.fromkeys(["log_loss", "ece", "decode_loss"], np.nan)
    labels, answers = case["labels"], case["answers"]
    rows = np.arange(len(labels))
    counts = share > 0
    with np.errstate(divide="ignore"):
        surprise = -np.log(q[rows, labels])
    confidence, hit = q.max(axis=1), q.argmax(axis=1) == labels
    edges = np.arange(N_BINS + 1) / N_BINS
    ece = 0.0
    for low, high in zip(edges, edges[1:]):
        inside = (confidence > low) & (confidence <= high)
        weight = share[inside].sum()
        if weight > 0:
            right = (share * hit)[inside].sum() / weight
            claimed = (share * confidence)[inside].sum() / weight
            ece += weight * abs(right - claimed)
    worth = q @ case["scores"]
    lost = worth.max(axis=1) - worth[rows, answers]
    return {
        "log_loss": (share[counts] * surprise[counts]).sum(),
        "ece": ece,
        "decode_loss": share @ lost,
    }


def confusion(case):
    table = np.zeros_like(case["scores"])
    weights = case.get("weights", np.ones(len(case["labels"])))
    np.add.at(table, (case["labels"], case["answers"]), weights)
    return table


def claims(case):
    n_answers = case["scores"].shape[1]
    weights = case.get("weights", np.ones(len(case["labels"])))
    earned = case["scores"][case["labels"], case["answers"]]
    out = {"claims_weight": [], "claims_claimed": [], "claims_realised": []}
    for k in range(n_answers):
        chosen = (case["answers"] == k) & (weights > 0)
        total = weights[chosen].sum()
        out["claims_weight"].append(total)
        for name, values in ("claimed", case["expected"]), ("realised", earned):
            sum_of = (weights * values)[chosen].sum()
            out["claims_" + name].append(sum_of / total if total else np.nan)
    return out


def make(name, scores, n, seed, given=("weights", "expected", "posterior"), **fixed):
    """A case from whole random numbers, so that it is the same on every machine."""
    rng = random.Random(seed)
    scores = np.array(scores, dtype=float)
    n_classes, n_answers = scores.shape
    counts = [[rng.randrange(1000) ** 3 + 1 for _ in scores] for _ in range(n)]
    q = np.array(counts) / np.sum(counts, axis=1, keepdims=True)
    case = {
        "name": name,
        "scores": scores,
        "labels": np.array([rng.choices(range(n_classes), row)[0] for row in counts]),
        "answers": np.array([rng.randrange(n_answers) for _ in range(n)]),
        "weights": np.array([rng.choice([0, 0.5, 1, 3]) for _ in range(n)]),
        "expected": np.array([rng.randrange(-64, 65) / 32 for _ in range(n)]),
        "posterior": q,
    }
    for key in ("weights", "expected", "posterior"):
        if key not in given:
            del case[key]
    return case | fixed


def cases():
    everything = make("question", QUESTION, 40, 1)
    yield everything
    yield make("question, unweighted", QUESTION, 40, 2, ("expected", "posterior"))
    bayes = make("question, Bayes answers", QUESTION, 40, 3, ("posterior",))
    worth = bayes["posterior"] @ bayes["scores"]
    yield bayes | {"answers": worth.argmax(axis=1), "expected": worth.max(axis=1)}
    extra = [row + [0.75, -2] for row in QUESTION]
    yield make("extra answers", extra, 40, 4)
    rng = random.Random(5)
    asymmetric = [[-rng.randrange(100) / 8 for _ in range(6)] for _ in range(6)]
    yield make("asymmetric costs", asymmetric, 60, 6)
    yield make("answers only", QUESTION, 20, 7, ())
    yield make("one truth", QUESTION, 10, 8, labels=np.full(10, 2))
    yield make("two classes, edges of the bins", np.eye(2), 8, 9, ("posterior",),
               posterior=np.array([[0.6, 0.4], [0.45, 0.55], [0.2, 0.8], [0.21, 0.79],
                                   [0.19, 0.81], [1, 0], [0, 1], [0.5, 0.5]]),
               labels=np.array([0, 0, 1, 0, 0, 0, 1, 1]))
    yield make("a truth thought impossible", np.eye(3), 2, 10,
               posterior=np.array([[0, 0.75, 0.25], [0.5, 0.25, 0.25]]),
               labels=np.array([0, 1]), weights=np.array([1.0, 2.0]))
    yield make("impossible, without weight", np.eye(3), 2, 11,
               posterior=np.array([[0, 0.75, 0.25], [0.5, 0.25, 0.25]]),
               labels=np.array([0, 1]), weights=np.array([0.0, 2.0]))
    yield make("one example", QUESTION, 1, 12, ("expected", "posterior"))


def text(value):
    return repr(value.item() if isinstance(value, np.generic) else value)


def main(path):
    lines = ["# Written by metrics.py."]
    for case in cases():
        n_classes, n_answers = case["scores"].shape
        n = len(case["labels"])
        lines.append(f"case\t{case['name']}\t{n}\t{n_classes}\t{n_answers}")
        for key in ("scores", "labels", "answers", "weights", "expected", "posterior"):
            if key in case:
                lines.append("\t".join([key, *map(text, case[key].ravel())]))
        lines += [f"{key}\t{text(value)}" for key, value in metrics(case).items()]
        lines.append("\t".join(["confusion", *map(text, confusion(case).ravel())]))
        if "expected" in case:
            lines += ["\t".join([key, *map(text, values)])
                      for key, values in claims(case).items()]
    Path(path).write_text("\n".join(lines) + "\n", encoding="ascii")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).with_name("metrics.tsv"))
