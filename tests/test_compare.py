"""`merit compare` from outside: its numbers against NumPy, the grammar of losses and seeds,
tables that fit, what is refused, and comparisons that are killed or stopped."""

import itertools
import json
import os
import random
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent / "reference"))
import compare as reference  # noqa: E402

MERIT = os.path.abspath(os.environ.get("MERIT", "build/merit"))
SECONDS = 200  # after which something hangs
SIZE = ["-n", "dense 8, relu", "-e", "5", "-b", "32", "-j", "2"]
LOSSES = "cross-entropy,cross-entropy:60%,expected-score,auto,expected-score"


def write_pictures(folder, name, n, seed, side=8, n_classes=4):
    """IDX pictures whose classes differ in the row that is bright; their path."""
    noise = random.Random(seed)
    labels = bytes(noise.randrange(n_classes) for _ in range(n))
    pictures = bytearray(noise.randbytes(n * side * side))
    for i, label in enumerate(labels):
        at = (i * side + label) * side
        pictures[at:at + side] = bytes(min(255, 120 + p // 2) for p in pictures[at:at + side])
    path = folder / f"{name}-images-idx3-ubyte"
    path.write_bytes(struct.pack(">HBB3I", 0, 8, 3, n, side, side) + pictures)
    (folder / f"{name}-labels-idx1-ubyte").write_bytes(struct.pack(">HBBI", 0, 8, 1, n)
                                                       + labels)
    return path


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    write_pictures(folder, "test", 150, 9)
    return write_pictures(folder, "train", 300, 3)


def command(data, out, *options, losses=LOSSES, seeds="2"):
    return [MERIT, "compare", str(data), "-s", "ordinal", "-l", losses, "--seeds", seeds,
            "--test", str(data.parent / "test-images-idx3-ubyte"), "-o", str(out), *SIZE,
            *options]


def merit(arguments, expect=0, columns=80):
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=SECONDS,
                          stdin=subprocess.DEVNULL,
                          env={**os.environ, "COLUMNS": str(columns)})
    assert "Sanitizer" not in done.stderr and "runtime error" not in done.stderr, done.stderr
    assert done.returncode == expect, (done.returncode, done.stdout, done.stderr)
    return done


@pytest.fixture(scope="module")
def whole(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("whole") / "comparison"
    merit(command(data, out))
    return out


def show(out, *options):
    return merit([MERIT, "compare", "--show", str(out), *options])


def record(out):
    return json.loads(show(out, "--json").stdout)


def timeless(record):
    """The record without what the clock decides."""
    for thing in [record, *record["losses"],
                  *itertools.chain(*(loss["runs"] for loss in record["losses"]))]:
        for key in [key for key in thing if key.startswith("seconds")]:
            del thing[key]
    return record


def earned(out, loss):
    return np.array([json.loads((out / run["directory"] / "test.json").read_text())["earned"]
                     for run in loss["runs"]])


def near(a, b):
    return a == pytest.approx(b, rel=1e-6, abs=1e-9)


def test_intervals_and_tests_are_those_of_numpy(whole):
    whole_record = record(whole)
    losses, constant = whole_record["losses"], whole_record["best_constant_score"]
    values = [earned(whole, loss) for loss in losses]
    for loss, its in zip(losses, values):
        assert near(loss["mean_score"], its.mean())
        assert near(loss["interval"], list(reference.interval(its)))
        assert near(loss["seed_spread"], np.std(its.mean(axis=1), ddof=1))
    pairs = [reference.p_value(values[0] - other) for other in values[1:]]
    raised = reference.holm(pairs)
    for place, loss in enumerate(losses[1:]):
        assert near(loss["behind"], (values[0] - values[place + 1]).mean())
        assert near(loss["behind_interval"],
                    list(reference.interval(values[0] - values[place + 1])))
        assert near(loss["p"], pairs[place])
        assert near(loss["p_holm"], raised[place])
        can_be_chance = raised[place] >= 0.05
        best = values[0].mean()
        is_near = loss["mean_score"] >= constant + 0.95 * (best - constant)
        assert loss["level"] == (can_be_chance and is_near)
        assert loss["unsure"] == (can_be_chance and not is_near)
    assert [loss["best"] for loss in losses] == [True, False, False, False]
    assert any(0 < p < 0.99 for p in pairs) and values[0].mean() > constant


def test_the_verdict_follows_from_the_tests(whole):
    whole_record = record(whole)
    losses, verdict = whole_record["losses"], whole_record["verdict"]
    rivals = [loss for loss in losses[1:] if loss["level"]]
    unsure = [loss for loss in losses if loss["unsure"]]
    begin = ("Nobody wins: auto" if rivals else "auto may win: it" if unsure
             else "auto wins: it")
    assert losses[0]["loss"] == "auto" and verdict.startswith(begin)
    assert all(loss["loss"] in verdict for loss in rivals + unsure)
    assert ("to prove it with 2 seeds" in verdict) == bool(unsure)


def test_runs_earn_what_eval_says(whole, data):
    for loss in record(whole)["losses"]:
        for run in loss["runs"]:
            said = json.loads(merit([MERIT, "eval", str(whole / run["directory"]), str(
                data.parent / "test-images-idx3-ubyte"), "--json"]).stdout)
            assert near(run["mean_score"], said["mean_score"])
            assert near(run["accuracy"], said["accuracy"])
            assert said["log_loss"] is None or near(run["log_loss"], said["log_loss"])


def test_steps_to_95(whole):
    """From metrics.tsv and log.jsonl alone."""
    runs = [run for loss in record(whole)["losses"] for run in loss["runs"]]
    for seed in (1, 2):
        curves, constants = {}, set()
        for run in (run for run in runs if run["seed"] == seed):
            folder = whole / run["directory"]
            lines = [line.split("\t") for line in
                     (folder / "metrics.tsv").read_text().splitlines()]
            at = {name: i for i, name in enumerate(lines[0])}
            curves[run["directory"]] = [(int(row[at["step"]]), float(row[at["mean_score"]]))
                                        for row in lines[1:]]
            constants |= {event["best_constant"] for event in map(
                json.loads, (folder / "log.jsonl").read_text().splitlines())
                if "best_constant" in event}
        assert len(constants) == 1
        best = max(score for steps in curves.values() for _, score in steps)
        constant = constants.pop()
        target = constant + 0.95 * (best - constant)
        for run in (run for run in runs if run["seed"] == seed):
            steps = curves[run["directory"]]
            assert run["steps"] == steps[-1][0]
            assert run["steps_to_95"] == next(
                (n for n, score in steps if score >= target), None)


def test_the_same_command_prints_it_again_and_trains_nothing(whole, data):
    before = {p: p.stat().st_mtime_ns for p in whole.rglob("*.safetensors")}
    began = time.monotonic()
    again = merit(command(data, whole))
    assert time.monotonic() - began < 20
    assert again.stdout == show(whole).stdout
    assert "run " not in again.stderr
    assert before == {p: p.stat().st_mtime_ns for p in whole.rglob("*.safetensors")}


def test_comparison_tsv_has_the_same_numbers(whole):
    lines = [line.split("\t") for line in (whole / "comparison.tsv").read_text().splitlines()]
    losses = record(whole)["losses"]
    assert len(lines) == len(losses) + 1
    for cells, loss in zip(lines[1:], losses):
        row = dict(zip(lines[0], cells, strict=True))
        assert row["loss"] == loss["loss"]
        assert float(row["mean_score"]) == loss["mean_score"]
        assert [float(row["low"]), float(row["high"])] == loss["interval"]
        assert float(row["p_holm"]) == loss["p_holm"]
        assert "-nan" not in cells


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_tables_fit(whole, columns):
    out = merit([MERIT, "compare", "--show", str(whole)], columns=columns).stdout
    assert max(map(len, out.splitlines())) <= max(columns, 45)
    assert "cross-entropy:60%,expected-score" in out
    assert ("ECE" in out) == (columns >= 80)
    assert "accuracy" in out or columns < 60


@pytest.mark.parametrize("text, losses", [
    ("auto,cross-entropy", ["auto", "cross-entropy"]),
    ("cross-entropy:60%,expected-score,auto", ["cross-entropy:60%,expected-score", "auto"]),
    ("cross-entropy:60%,expected-score:40%,auto",
     ["cross-entropy:60%,expected-score:40%", "auto"]),
    ("cross-entropy,expected-score;auto", ["cross-entropy,expected-score", "auto"]),
    ("auto, auto ,auto", ["auto"]),
    ("softmax-margin(scale=0.5),auto:fast", ["softmax-margin(scale=0.5)", "auto:fast"]),
])
def test_lists_of_losses(data, tmp_path, text, losses):
    out = tmp_path / "c"
    merit(command(data, out, "--first", "40", "-e", "1", losses=text, seeds="1"))
    plan = json.loads((out / "comparison.json").read_text())
    assert [loss["loss"] for loss in plan["losses"]] == losses
    assert sorted(p.name for p in out.iterdir() if p.is_dir()) == sorted(
        f"{loss['name']}-seed-1" for loss in plan["losses"])


def test_seeds_are_a_number_or_a_list(data, tmp_path):
    merit(command(data, tmp_path / "c", "-e", "1", losses="cross-entropy", seeds="5,2"))
    assert record(tmp_path / "c")["seeds"] == [5, 2]
    merit(command(data, tmp_path / "c", "-e", "1", losses="cross-entropy", seeds="2"))
    assert record(tmp_path / "c")["seeds"] == [5, 2, 1]


def test_an_option_file_is_overruled(data, tmp_path):
    config = tmp_path / "options.json"
    config.write_text(json.dumps({"loss": "auto,expected-score", "epochs": 1,
                                  "seeds": "1"}))
    out = tmp_path / "c"
    arguments = command(data, out, "--config", str(config), "-e", "1",
                        losses="cross-entropy", seeds="2")
    merit(arguments)
    assert [loss["loss"] for loss in record(out)["losses"]] == ["cross-entropy"]


@pytest.mark.parametrize("change, code, said", [
    (["-l", "cross-entrpy"], 2, "did you mean cross-entropy?"),
    (["-l", "auto,,cross-entropy"], 2, "between two separators"),
    (["-l", "cross-entropy:60%"], 2, "60 %"),
    (["--seeds", "0"], 2, "--seeds"),
    (["--seeds", "1,x"], 2, "--seeds"),
    (["--test", "1.5"], 2, "--test"),
    (["--test", "0.5", "--test-labels", "x"], 2, "--test-labels"),
    (["--test", "nothing-here"], 5, "nothing-here"),
    (["--test", "DATA", "--first", "200"], 2, "is what the runs learn from"),
    (["-e", "4"], 4, "epochs is 4, was 5"),
    (["-s", "ordinal:2"], 4, "score table"),
    (["--first", "200"], 4, "training data"),
    (["--test", "0.3"], 4, "training data"),
    (["--validation", "0.2"], 4, "validation"),
])
def test_refusals_change_nothing(whole, data, change, code, said):
    before = {p: p.read_bytes() for p in whole.glob("[!.]*") if p.is_file()}
    change = [str(data) if part == "DATA" else part for part in change]
    done = merit([*command(data, whole), *change] if change[0] != "-l" else
                 command(data, whole, losses=change[1]), expect=code)
    assert said in done.stderr and done.stdout == ""
    assert done.stderr.count("\n") == 1 + done.stderr.count("note:")
    assert before == {p: p.read_bytes() for p in whole.glob("[!.]*") if p.is_file()}


def test_a_comparison_is_no_run(whole):
    assert "compare --show" in merit([MERIT, "info", str(whole)], expect=4).stderr


def test_what_is_missing_is_named(data, tmp_path):
    assert "-l LOSS" in merit([MERIT, "compare", str(data), "-o", "x"], expect=2).stderr
    assert "-o DIR" in merit([MERIT, "compare", str(data), "-l", "auto"], expect=2).stderr
    assert "DATA" in merit([MERIT, "compare", "-l", "auto"], expect=2).stderr
    assert "is no comparison" in merit([MERIT, "compare", "--show", str(tmp_path)],
                                       expect=4).stderr


def test_threads_do_not_matter(whole, data, tmp_path):
    merit(command(data, tmp_path / "c", "-j", "1"))
    assert timeless(record(tmp_path / "c")) == timeless(record(whole))


def runs_over(out):
    return len(list(out.glob("*/test.json")))


def interrupt(arguments, out, sign, n_over):
    """Starts, sends the signal when so many runs are over; the exit code."""
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    deadline = time.monotonic() + SECONDS
    while process.poll() is None and runs_over(out) < n_over:
        assert time.monotonic() < deadline
        time.sleep(0.002)
    if process.poll() is None:
        process.send_signal(sign)
    return process.wait(timeout=SECONDS)


@pytest.mark.parametrize("sign, code", [(signal.SIGKILL, -9), (signal.SIGINT, 75)])
def test_interrupted_comparisons_go_on(whole, data, tmp_path, sign, code):
    out = tmp_path / "c"
    arguments = command(data, out, "--checkpoint-interval", "0.05")
    for n_over in (1, 3, 6):
        found = interrupt(arguments, out, sign, n_over)
        assert found in (code, 0)
        if n_over == 1:
            assert found == code and runs_over(out) < 8
    merit(arguments)
    assert timeless(record(out)) == timeless(record(whole))
    assert list(out.glob(".merit.*.tmp")) == []


def test_a_second_process_is_refused(data, tmp_path):
    out = tmp_path / "c"
    endless = [*command(data, out), "-e", "100000"]
    first = subprocess.Popen(endless, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not (out / "comparison.json").exists():
            assert first.poll() is None
            time.sleep(0.01)
        assert "another merit" in merit(endless, expect=8).stderr
    finally:
        first.kill()
        first.wait()


def test_expected_scores_have_no_log_loss(data, tmp_path):
    merit(command(data, tmp_path / "c", losses="score-logistic,geometric", seeds="1"))
    losses = {loss["loss"]: loss for loss in record(tmp_path / "c")["losses"]}
    assert losses["score-logistic"]["log_loss"] is None
    assert losses["score-logistic"]["ece"] is None
    assert losses["geometric"]["ece"] is not None
    assert losses["score-logistic"]["mean_score"] < 0
