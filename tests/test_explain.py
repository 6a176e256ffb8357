"""`merit explain`: trainings that are stuck, slow and fine; what they recorded; files that
are damaged or not there yet."""

import json
import os
import random
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

MERIT = os.path.abspath(os.environ.get("MERIT", "build/merit"))
QUESTION = Path(__file__).resolve().parent.parent / "examples" / "question.txt"
KINDS = ["cat", "dog", "fox", "car", "bus", "van"]
NET = ["-n", "dense 24, relu", "-j", "2"]


def merit(*arguments, expect=0, columns="80"):
    done = subprocess.run([MERIT, *map(str, arguments)], capture_output=True, timeout=200,
                          stdin=subprocess.DEVNULL, env={**os.environ, "COLUMNS": columns})
    done.out, done.err = done.stdout.decode(), done.stderr.decode()
    assert "Sanitizer" not in done.err and "runtime error" not in done.err, done.err
    assert done.returncode == expect, (done.returncode, done.out, done.err)
    return done


def explain(run):
    return json.loads(merit("explain", run, "--json").out)


def write_table(path, n_classes=6, right=2, near=1, far=-1):
    """Groups of three: another one of the group earns nearly as much."""
    names = KINDS[:n_classes]
    path.write_text("truth\t" + "\t".join(names) + "\n" + "".join(
        name + "".join(f"\t{right if i == k else near if i // 3 == k // 3 else far}"
                       for k in range(n_classes)) + "\n"
        for i, name in enumerate(names)))
    return path


def write_pictures(folder, n=1500, side=12, n_classes=6, seed=5):
    """IDX pictures; those of a group share a bright half, each has a row of its own."""
    noise = random.Random(seed)
    labels = bytes(noise.randrange(n_classes) for _ in range(n))
    pictures = bytearray(noise.randbytes(n * side * side))
    for i, label in enumerate(labels):
        for y in range(side):
            at = (i * side + y) * side
            light = 80 if (y < side // 2) == (label < 3) else 0
            light += 60 if y == 2 * label else 0
            pictures[at:at + side] = bytes(min(255, light + p // 2)
                                           for p in pictures[at:at + side])
    path = folder / "p-images-idx3-ubyte"
    path.write_bytes(struct.pack(">HBB3I", 0, 8, 3, n, side, side) + pictures)
    (folder / "p-labels-idx1-ubyte").write_bytes(struct.pack(">HBBI", 0, 8, 1, n) + labels)
    return path


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("explain")
    write_pictures(folder)
    write_table(folder / "table.tsv")
    return folder


def train(place, name, loss, *options, expect=0):
    run = place / name
    if run.exists():
        return run
    done = merit("train", place / "p-images-idx3-ubyte", "-s", place / "table.tsv", "-o", run,
                 "-l", loss, *NET, *options, expect=expect)
    run.with_suffix(".said").write_text(done.err)
    return run


@pytest.fixture(scope="module")
def stuck(place):
    return train(place, "stuck run", "expected-score", "-e", "6", "--lr", "0.3")


@pytest.fixture(scope="module")
def healthy(place):
    return train(place, "healthy", "cross-entropy", "-e", "6", "--lr", "0.1")


def kept(record):
    return next(c for c in record["candidates"] if c["loss"] == record["loss"])


def texts(record):
    return {f["id"]: f["text"] for f in record["findings"]}


def test_a_loss_that_is_stuck(stuck):
    record = explain(stuck)
    said, c = texts(record), kept(record)
    assert record["verdict"] == "collapsed" and record["finished"]
    assert c["gradient_survival"] < 0.1 and c["stuck_share"] > 0.3
    assert c["missing"] and all(name in said["collapse"] for name in c["missing"])
    pair = c["stuck"][0]
    assert f"{pair['truth']} -> {pair['answer']} " in said["pairs"]
    assert c["trap_share"] > 0 and "traps of this score table" in said["pairs"]
    assert c["forecast_steps"] > c["steps"] and "more steps" in said["forecast"]
    assert "-l auto" in said["remedy"] and "tilted-score" in said["last-stage"]
    assert 0 < c["temperature"] < 1


def test_a_trap_is_one(stuck):
    """Others of the group are traps in this table, other groups are not."""
    for pair in kept(explain(stuck))["stuck"]:
        is_near = KINDS.index(pair["truth"]) // 3 == KINDS.index(pair["answer"]) // 3
        assert pair["trap"] == is_near


def test_a_healthy_run(healthy):
    record = explain(healthy)
    assert record["verdict"] == "healthy"
    assert kept(record)["missing"] == [] and kept(record)["forecast_steps"] is None
    assert {f["severity"] for f in record["findings"]} == {"NOTE"}


def test_one_line_warns_while_it_trains(stuck, healthy):
    said = stuck.with_suffix(".said").read_text()
    lines = [line for line in said.splitlines() if "merit explain" in line]
    assert len(lines) == 1 and "send almost no gradient" in lines[0]
    assert f"`merit explain '{stuck}'` says why." in lines[0]
    assert "merit explain" not in healthy.with_suffix(".said").read_text()


def test_a_learning_rate_that_is_too_low(place):
    run = train(place, "low", "cross-entropy", "-e", "6", "--lr", "0.0001")
    record = explain(run)
    assert record["verdict"] == "rate-low"
    assert "It is not the loss" in texts(record)["learning-rate"]


def test_candidates(place):
    record = explain(train(place, "auto", "auto", "-e", "4", "--lr", "0.1"))
    assert record["verdict"] == "healthy" and len(record["candidates"]) == 2
    assert "softmax-margin(scale=0.9) went on from there" in texts(record)["candidate"]
    assert [c["epochs"] for c in record["candidates"]] == [4, 4]
    assert record["candidates"][0]["steps"] == record["candidates"][1]["steps"]


def test_a_stuck_run_recovers_with_another_loss(place):
    run = train(place, "recovers", "expected-score:50%,cross-entropy", "-e", "12", "--lr",
                "0.05", "--schedule", "constant")
    record = explain(run)
    assert record["verdict"] in ("healthy", "overfitting"), record
    assert "It was stuck for" in texts(record)["was-stuck"]


def test_a_table_that_pays_for_another_answer(place, tmp_path):
    table = (place / "table.tsv").read_text().replace("fox\t1\t1\t2", "fox\t1\t1\t0")
    (tmp_path / "other.tsv").write_text(table)
    merit("train", place / "p-images-idx3-ubyte", "-s", tmp_path / "other.tsv", "-o",
          tmp_path / "run", "-l", "cross-entropy", *NET, "-e", "6", "--lr", "0.1")
    record = explain(tmp_path / "run")
    assert record["verdict"] == "healthy"
    assert "fox is answered cat, which earns 1 instead of 0" in texts(record)["table"]


@pytest.fixture(scope="module")
def question(tmp_path_factory):
    """The table that was asked about: its c3 earns most when it is answered c4."""
    folder = tmp_path_factory.mktemp("question")
    write_pictures(folder, n_classes=4)
    return folder


def train_question(folder, loss):
    run = folder / loss
    merit("train", folder / "p-images-idx3-ubyte", "-s", QUESTION, "-o", run, "-l", loss, *NET,
          "-e", "6", "--lr", "0.1")
    return explain(run)


def test_the_question(question):
    record = train_question(question, "expected-score")
    said, c = texts(record), kept(record)
    assert record["verdict"] == "collapsed" and c["missing"]
    assert all(name in said["collapse"] for name in c["missing"])
    traps = {("c1", "c2"), ("c2", "c1"), ("c4", "c3")}
    assert c["stuck"] and all(p["trap"] == ((p["truth"], p["answer"]) in traps)
                              for p in c["stuck"])
    assert "c3 is answered c4, which earns 1 instead of 0" in said["table"]


def test_the_question_answered(question):
    """Cross entropy is sure of c3, the decision answers c4: nothing is stuck."""
    record = train_question(question, "auto")
    assert record["verdict"] == "healthy"
    assert kept(record)["stuck_share"] < 0.05 and kept(record)["missing"] == []
    assert "c3 is answered c4" in texts(record)["table"]


@pytest.mark.parametrize("columns", [60, 80, 132])
def test_what_is_printed_fits(stuck, healthy, columns):
    for run in (stuck, healthy):
        out = merit("explain", run, columns=str(columns)).out
        # A path is longer than any terminal.
        assert all(len(line) <= columns or str(run) in line for line in out.splitlines())
    assert " ".join(out.split()).startswith(f"{healthy}: healthy (cross-entropy, epoch 6 of 6)")


def test_every_epoch_is_recorded_once(stuck):
    rows = [line.split("\t") for line in (stuck / "metrics.tsv").read_text().splitlines()[1:]]
    lines = [json.loads(line) for line in (stuck / "answers.jsonl").read_text().splitlines()]
    assert [(r[0], int(r[1]), int(r[2])) for r in rows] == \
        [(r["loss"], r["epoch"], r["step"]) for r in lines]
    assert all(sum(r["given"]) == 150 for r in lines)
    start = json.loads((stuck / "log.jsonl").read_text().splitlines()[0])
    assert sum(start["truths"]) == 150


def test_threads_and_checkpoints_change_nothing(place, stuck, tmp_path):
    again = tmp_path / "again"
    merit("train", place / "p-images-idx3-ubyte", "-s", place / "table.tsv", "-o", again, "-l",
          "expected-score", "-n", "dense 24, relu", "-j", "1", "-e", "6", "--lr", "0.3",
          "--checkpoint-interval", "0.01")
    for name in ("metrics.tsv", "answers.jsonl"):
        assert (again / name).read_bytes() == (stuck / name).read_bytes()


def test_an_older_run_is_read(stuck, tmp_path):
    run = tmp_path / "older"
    shutil.copytree(stuck, run)
    (run / "answers.jsonl").unlink()
    lines = (run / "metrics.tsv").read_text().splitlines()
    (run / "metrics.tsv").write_text(
        "".join("\t".join(line.split("\t")[:13]) + "\n" for line in lines))
    record = explain(run)
    assert record["verdict"] == "collapsed"
    assert kept(record)["stuck_share"] is None and kept(record)["stuck"] == []
    assert "older" in texts(record)


def test_a_run_that_has_just_begun(stuck, tmp_path):
    run = tmp_path / "begun"
    shutil.copytree(stuck, run)
    for name in ("metrics.tsv", "answers.jsonl", "log.jsonl"):
        (run / name).unlink()
    record = explain(run)
    assert record["verdict"] == "too-early" and record["candidates"] == []
    assert "unfinished" in texts(record)


@pytest.mark.parametrize("name, text, expect, message", [
    ("answers.jsonl", '{"loss": "expected-score"', 3, "answers.jsonl:1: byte"),
    ("answers.jsonl", '{"loss": "expected-score", "step": 11, "given": [1], "stuck": []}\n',
     3, "answers.jsonl:1: given: 1 numbers, expected 6"),
    ("metrics.tsv", "loss\tepoch\n", 3, "metrics.tsv:1: step: no such column"),
    ("config.json", "{", 3, "config.json"),
    ("scores.tsv", "nonsense", 3, "scores.tsv"),
    ("config.json", None, 5, "is it a run of merit train?"),
])
def test_damaged_files(stuck, tmp_path, name, text, expect, message):
    run = tmp_path / "run"
    shutil.copytree(stuck, run)
    (run / name).unlink()
    if text is not None:
        (run / name).write_text(text)
    done = merit("explain", run, expect=expect)
    assert done.out == "" and len(done.err.splitlines()) == 1 and message in done.err


def test_a_log_that_is_torn_or_gone(healthy, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(healthy, run)
    log = (run / "log.jsonl").read_text()
    (run / "log.jsonl").write_text(log[:-40])
    assert explain(run)["verdict"] == "healthy"
    (run / "log.jsonl").unlink()
    record = explain(run)
    assert record["best_constant"] is None and record["oracle_score"] is None
    assert not record["finished"]


def test_usage(tmp_path):
    assert "RUN is missing" in merit("explain", expect=2).err
    assert "says why a training" in " ".join(merit("explain", "--help").out.lower().split())
    assert "is it a run" in merit("explain", tmp_path, expect=5).err
