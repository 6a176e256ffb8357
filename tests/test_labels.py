"""merit labels: the labels of the question's table, their rules, their errors."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

MERIT = os.environ.get("MERIT", "build/merit")
ROOT = Path(__file__).resolve().parent.parent
QUESTION = ROOT / "examples" / "question.txt"
S = np.array([[2, 1, 0, -1], [1, 2, -1, 0], [0, -1, 0, 1], [-1, 0, 1, 2.0]])


def labels(*arguments, expect=0):
    done = subprocess.run([MERIT, "labels", *map(os.fspath, arguments)],
                          capture_output=True, timeout=60, stdin=subprocess.DEVNULL,
                          env={**os.environ, "COLUMNS": "80"})
    done.out, done.err = done.stdout.decode(), done.stderr.decode()
    assert done.returncode == expect, (done.returncode, done.out, done.err)
    return done


def record(*arguments):
    done = labels(*arguments, "--json")
    assert done.err == ""
    return json.loads(done.out)


def read(text):
    header, *rows = [line.split("\t") for line in text.splitlines()]
    assert [row[0] for row in rows] == header[1:len(rows) + 1]
    return np.array([[float(x) for x in row[1:]] for row in rows])


def test_affine_labels_of_the_question():
    done = labels(QUESTION)
    assert read(done.out) == pytest.approx(np.array(
        [[.500, .333, .167, 0], [.333, .500, 0, .167],
         [.250, .083, .250, .417], [0, .167, .333, .500]]), abs=4e-4)
    words = " ".join(done.err.split())
    assert "affine labels, M = 6:" in words
    assert "Decide for the largest output: it is the best answer" in words
    found = record(QUESTION)
    assert found["kind"] == "affine" and found["rule"] == "argmax"
    assert found["affine_M"] == 6 and found["temperature"] is None
    assert found["consistency_error"] == 0
    assert found["labels"] == read(done.out).tolist()


def test_affine_labels_are_rounded_once(tmp_path):
    """What is 0.6, 1/3 or 0 is the number next to it, so that labels can be read."""
    table = tmp_path / "t.tsv"
    table.write_text("a b c d\na 2 1 -1 -1\nb 1 2 -1 -1\nc -1 -1 2 1\nd -1 -1 1 2\n")
    assert read(labels(table).out).tolist() == [[.6, .4, 0, 0], [.4, .6, 0, 0],
                                                [0, 0, .6, .4], [0, 0, .4, .6]]
    assert read(labels(QUESTION).out).tolist() == [
        [.5, 1 / 3, 1 / 6, 0], [1 / 3, .5, 0, 1 / 6],
        [.25, 1 / 12, .25, 5 / 12], [0, 1 / 6, 1 / 3, .5]]


def test_beliefs_are_counted_one_by_one():
    """Any number of them, the same ones first."""
    wrong = [round(n * record(QUESTION, "--kind", "exponential", "--samples", str(n))
                   ["consistency_error"]) for n in range(28, 70)]
    steps = np.diff(wrong)
    assert set(steps.tolist()) == {0, 1} and wrong[0] > 0


@pytest.mark.parametrize("temperature, wrong, condition",
                         [(.25, .194, 3e5), (.5, .161, 852), (1, .111, 65), (2, .070, 32),
                          (8, .022, 56)])
def test_exponential_labels_of_the_question(temperature, wrong, condition, tmp_path):
    decode = tmp_path / "D.tsv"
    options = ["--kind", "exponential", "--temperature", str(temperature)]
    done = labels(QUESTION, *options, "--decode", decode)
    P, D = read(done.out), read(decode.read_text())
    expected = np.exp(S / temperature)
    assert P == pytest.approx(expected / expected.sum(axis=1, keepdims=True), rel=1e-12)
    difference = P @ D - S
    assert np.ptp(difference, axis=1).max() < 1e-9
    found = record(QUESTION, *options)
    assert found["consistency_error"] == pytest.approx(wrong, abs=.004)
    assert found["condition"] == pytest.approx(condition, rel=.1 if condition > 1e3 else .02)
    assert found["condition"] == pytest.approx(np.linalg.cond(P), rel=1e-6)
    assert found["decode_residual"] < 1e-9
    assert found["temperature"] == temperature and found["rule"] == "decode"
    assert found["closest_distance"] == pytest.approx(
        min(np.abs(P[i] - P[j]).sum() for i in range(4) for j in range(i)), rel=1e-9)
    assert found["entropy"] == pytest.approx(-(P * np.log(P)).sum() / 4, rel=1e-9)
    assert np.array(found["labels"]) == pytest.approx(P, rel=1e-15)
    assert np.array(found["decode"]) == pytest.approx(D, rel=1e-15)
    assert "do not decide without D" in " ".join(done.err.split())


def test_decisions_with_the_decode_matrix_are_exact():
    found = record(QUESTION, "--kind", "exponential", "--temperature", "0.5")
    P, D = np.array(found["labels"]), np.array(found["decode"])
    eta = np.random.default_rng(1).dirichlet(np.ones(4), size=20000)
    u = eta @ S
    chosen = (eta @ P @ D).argmax(axis=1)
    assert np.all(u[np.arange(len(u)), chosen] > u.max(axis=1) - 1e-9)


@pytest.mark.parametrize("kind", ["affine", "exponential"])
def test_random_tables(kind, tmp_path):
    random = np.random.default_rng(8)
    for K in (2, 3, 7):
        table = random.normal(size=(K, K))
        path = tmp_path / "t.tsv"
        names = [f"c{i}" for i in range(K)]
        path.write_text("\t".join(["", *names]) + "\n" + "\n".join(
            "\t".join([names[i], *map(repr, table[i].tolist())]) for i in range(K)) + "\n")
        found = record(path, "--kind", kind)
        P = np.array(found["labels"])
        assert P.sum(axis=1) == pytest.approx(1) and P.min() >= 0
        eta = random.dirichlet(np.ones(K), size=50000)
        u = eta @ table
        wrong = np.mean(u[np.arange(len(u)), (eta @ P).argmax(axis=1)]
                        < u.max(axis=1) - 1e-9)
        assert found["consistency_error"] == pytest.approx(wrong, abs=.012)
        assert kind == "exponential" or found["consistency_error"] == 0
        if kind == "exponential":
            assert found["temperature"] == pytest.approx(np.ptp(table, axis=1).max() / 20)


def test_output_reads_back(tmp_path):
    path, decode = tmp_path / "labels.tsv", tmp_path / "D.tsv"
    assert labels(QUESTION, "-o", path, "--decode", decode).out == ""
    assert path.read_text() == labels(QUESTION).out
    found = json.loads(subprocess.run([MERIT, "check", path, "--json"], check=True,
                                      capture_output=True).stdout)
    assert found["classes"] == ["c1", "c2", "c3", "c4"]
    # Affine labels decide as the scores do: they have the same regrets.
    scores = json.loads(subprocess.run([MERIT, "check", QUESTION, "--json"], check=True,
                                       capture_output=True).stdout)
    assert np.array(found["regret"]) == pytest.approx(np.array(scores["regret"]), abs=1e-12)


def test_trees_and_generators():
    assert record("identity", "--classes", "5")["affine_M"] == pytest.approx(1)
    assert record("ordinal", "--classes", "5")["consistency_error"] == 0


def test_extra_answers(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_text("truth\ta\tb\tno idea\na\t1\t0\t.6\nb\t0\t1\t.6\n")
    done = labels(path)
    assert read(done.out).shape == (2, 2)
    assert "the extra answers need the decode matrix" in " ".join(done.err.split())
    found = record(path)
    assert found["rule"] == "decode" and found["answers"] == ["a", "b", "no idea"]
    D = np.array(found["decode"])
    difference = np.array(found["labels"]) @ D - [[1, 0, .6], [0, 1, .6]]
    assert np.ptp(difference, axis=1).max() < 1e-12


def test_costs(tmp_path):
    path = tmp_path / "costs.tsv"
    path.write_text("truth\ta\tb\na\t0\t1\nb\t5\t0\n")
    assert read(labels(path, "--costs").out).argmax(axis=1).tolist() == [0, 1]


def test_refusals(tmp_path):
    assert "SCORES is missing" in labels(expect=2).err
    assert "affine or exponential" in labels(QUESTION, "--kind", "linear", expect=2).err
    assert "--kind exponential has" in labels(QUESTION, "--temperature", "1", expect=2).err
    for temperature in ("0", "-1", "x", "nan"):
        labels(QUESTION, "--kind", "exponential", "--temperature", temperature, expect=2)
    assert "--classes" in labels("identity", expect=2).err
    copy = tmp_path / "q.txt"
    copy.write_text(QUESTION.read_text())
    labels(copy, "-o", copy, expect=2)
    labels(copy, "--decode", copy, expect=2)
    assert copy.read_text() == QUESTION.read_text()
    labels(QUESTION, "-o", tmp_path / "x", "--decode", tmp_path / "x", expect=2)
    labels(QUESTION, "-o", tmp_path / "x", "--json", expect=2)
    labels(ROOT / "tests" / "bad" / "scores" / "nan.tsv", expect=3)
    constant = tmp_path / "constant.tsv"
    constant.write_text("truth\ta\tb\na\t1\t1\nb\t1\t1\n")
    for kind in ("affine", "exponential"):
        done = labels(constant, "--kind", kind, expect=3)
        assert done.out == "" and len(done.err.splitlines()) == 1, done.err
        assert "nothing to learn" in done.err
