"""Models whose outputs are no softmax: what eval, predict and info make of them."""

import json

import numpy as np
import pytest

from test_cli import merit, place, refused  # noqa: F401 (a fixture)

TREE = "truth\trook\tknight\tpawn\nrook\t2\t1\t-1\nknight\t1\t2\t-1\npawn\t-1\t-1\t2\n"
LINKS = {"geometric(cost=3)": "g-softmax(cost=3)", "score-logistic": "logistic-scores",
         "score-squares": "scores", "kernel-score": "softmax",
         "hierarchical-cross-entropy": "softmax",
         # The margins of 3 as far as the net has learned them.
         "softmax-margin": "margin(cost=3) margin(cost=2.25) margin(cost=1.5) "
                           "margin(cost=0.75) softmax"}


@pytest.fixture(scope="module", params=sorted(LINKS))
def trained(request, place):  # noqa: F811
    table = place / "tree.tsv"
    table.write_text(TREE)
    run = place / f"run-{request.param}"
    merit("train", place / "toy-images-idx3-ubyte", "-s", table, "-o", run, "-q",
          "--validation", place / "toy-images-idx3-ubyte",
          "--net", "dense 8, relu", "-l", request.param, "-e", "6", "-b", "32", "-j", "1")
    return request.param, run, place / "toy-images-idx3-ubyte"


def columns(text):
    head, *lines = text.splitlines()
    return head.split("\t"), [line.split("\t") for line in lines]


def test_the_link_is_stored_and_used(trained):
    loss, run, data = trained
    info = json.loads(merit("info", run, "--json").out)
    assert info["link"] in LINKS[loss].split()
    assert f"link         {info['link']}\n" in merit("info", run).out
    record = json.loads(merit("eval", run, data, "--json").out)
    believes = not loss.startswith("score-")
    assert record["accuracy"] > 0.9 and record["mean_score"] > 1.7
    assert (record["ece"] is not None) == believes
    assert record["rule"] == info["rule"]
    check_that_training_measured_the_same(run, record)
    head, lines = columns(merit("predict", run, data).out)
    assert head == ["id", "answer", "expected_score"] + [
        "p_rook", "p_knight", "p_pawn"] * believes
    if believes:
        q = np.array([line[3:] for line in lines], dtype=float)
        assert abs(q.sum(axis=1) - 1).max() < 1e-6
        S = np.array([line.split("\t")[1:] for line in TREE.splitlines()[1:]], dtype=float)
        best = (q @ S).max(axis=1)
        claimed = np.array([line[2] for line in lines], dtype=float)
        assert info["rule"] != "bayes" or abs(best - claimed).max() < 1e-5
    else:
        check_that_both_rules_are_one(run, data)


def check_that_training_measured_the_same(run, record):
    head, lines = columns((run / "metrics.tsv").read_text())
    rows = [dict(zip(head, line)) for line in lines]
    best = max(rows, key=lambda row: float(row["mean_score"]))
    log_loss = 1e30 if record["log_loss"] is None else record["log_loss"]
    assert float(best["mean_score"]) == pytest.approx(record["mean_score"], abs=1e-9)
    assert float(best["log_loss"]) == pytest.approx(log_loss, rel=1e-6)


def check_that_both_rules_are_one(run, data):
    argmax = merit("predict", run, data, "--rule", "argmax").out
    assert merit("predict", run, data, "--rule", "bayes").out == argmax
    message = refused("predict", run, data, "--rule", "decode")
    assert message == "merit: the rule decode is for softmax outputs alone"
    out = merit("eval", run, data).out
    assert "log loss" not in out and "temperature 1." in out
