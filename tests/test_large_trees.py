"""Trees of many classes, whose tables are implicit, through the program: training, what it
makes and what it needs."""

import json
import os
import re
import subprocess

import numpy as np
import pytest
from test_trees import MERIT, SANITIZED, merit, trees


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A taxonomy of 3,000 species, whose table is implicit, and examples of 40 of them."""
    place = tmp_path_factory.mktemp("large")
    rng = np.random.default_rng(3)
    lines, centres, above = [], np.zeros((1, 16)), ["root"]
    for rank, fan in enumerate((5, 6, 10, 10)):
        names = [f"r{rank}_{j}" for j in range(len(above) * fan)]
        lines += [f"{name}\t{above[j // fan]}" for j, name in enumerate(names)]
        centres = np.repeat(centres, fan, 0) + rng.standard_normal((len(names), 16)) * 4 / 2 ** rank
        above = names
    (place / "taxa.tsv").write_text("\n".join(lines) + "\n")
    y = rng.integers(0, 40, 1200) * 75
    x = centres[y] + rng.standard_normal((1200, 16)) / 4
    np.save(place / "x.npy", x.astype(np.float32))
    np.save(place / "y.npy", y.astype(np.int32))
    done = merit("train", "x.npy", "--labels", "y.npy", "-s", "tree:taxa.tsv", "--answers",
                 "nodes", "-n", "dense 32, relu", "-e", "6", "-b", "32", "--lr", "0.02",
                 "-l", "softmax-margin", "-o", "run", cwd=place)
    assert done.returncode == 0, done.stderr
    return place


def test_many_classes_from_end_to_end(large):
    record = json.loads(merit("eval", "run", "x.npy", "--labels", "y.npy", "--json",
                              cwd=large).stdout)
    assert record["n"] == 1200 and record["rule"] == "bayes"
    assert record["mean_score"] > 0.8 and record["normalized_score"] > 0.5
    done = merit("predict", "run", "x.npy", cwd=large)
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert lines[0] == ["id", "answer", "expected_score"] and len(lines) == 1201
    info = json.loads(merit("info", "run", "--json", cwd=large).stdout)
    assert len(info["classes"]) == 3000 and len(info["answers"]) == 3000 + 1 + 5 + 30 + 300
    assert not (large / "run" / "scores.tsv").exists()
    assert (large / "run" / "tree.tsv").read_text().startswith("child\tparent\tlength\n")
    for words in ["explain", "run"], ["report", "run"]:
        assert merit(*words, cwd=large).returncode == 0


@pytest.mark.parametrize("loss", ["kernel-score", "decision-score", "soft-labels",
                                  "affine-labels", "complement", "log-score", "power-score"])
def test_losses_of_the_whole_table(large, loss):
    done = merit("train", "x.npy", "--labels", "y.npy", "-s", "tree:taxa.tsv", "-n", "dense 8",
                 "-e", "1", "--first", "200", "-l", loss, "-o", f"run-{loss}", cwd=large)
    assert done.returncode == 0, done.stderr
    record = json.loads(merit("eval", f"run-{loss}", "x.npy", "--labels", "y.npy", "--json",
                              cwd=large).stdout)
    assert record["rule"] in ("argmax", "bayes") and 0 <= record["mean_score"] <= 1


def test_the_same_bits_on_any_number_of_threads(large):
    for threads in 1, 2:
        done = merit("train", "x.npy", "--labels", "y.npy", "-s", "tree:taxa.tsv", "-n",
                     "dense 8", "-e", "1", "--first", "300", "-j", threads, "-o",
                     f"threads{threads}", cwd=large)
        assert done.returncode == 0, done.stderr
    one, two = ((large / f"threads{j}" / "best.safetensors").read_bytes() for j in (1, 2))
    assert one == two


def test_held_out_examples_are_measured_in_blocks(tmp_path):
    k, n = 40000, 500  # more logits than are held at once
    rng = np.random.default_rng(7)
    (tmp_path / "taxa.tsv").write_text("".join(
        [f"s{j}\tg{j // 20}\n" for j in range(k)] + [f"g{j}\tall\n" for j in range(k // 20)]))
    for name in "t", "v":
        np.save(tmp_path / f"{name}.npy", rng.standard_normal((n, 4)).astype(np.float32))
        np.save(tmp_path / f"{name}y.npy", rng.integers(0, 60, n).astype(np.int32))
    done = merit("train", "t.npy", "--labels", "ty.npy", "--validation", "v.npy",
                 "--validation-labels", "vy.npy", "-s", "tree:taxa.tsv", "-n", "dense 4",
                 "-e", "2", "-b", "64", "-l", "cross-entropy", "-o", "run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "every step computes the logits of all 40000 classes" in done.stderr
    head, *rows = [line.split("\t") for line in
                   (tmp_path / "run" / "metrics.tsv").read_text().splitlines()]
    best = max((dict(zip(head, row)) for row in rows), key=lambda row: float(row["mean_score"]))
    for rule in "bayes", "argmax":
        record = json.loads(merit("eval", "run", "v.npy", "--labels", "vy.npy", "--json",
                                  "--rule", rule, cwd=tmp_path).stdout)
        assert record["n"] == n
        assert abs(record["mean_score"] - float(best[f"{rule}_score"])) < 1e-9
        assert abs(record["temperature"] - float(best["temperature"])) < 1e-9
    lines = merit("predict", "run", "v.npy", cwd=tmp_path).stdout.splitlines()
    assert [line.split("\t")[0] for line in lines[1:]] == [str(j) for j in range(n)]


def test_memory_does_not_grow_with_the_examples(tmp_path):
    """4,000 rows of 40,000 logits would take 640 MB, their beliefs twice that."""
    k = 40000
    (tmp_path / "taxa.tsv").write_text("".join(
        [f"s{j}\tg{j // 20}\n" for j in range(k)] + [f"g{j}\tall\n" for j in range(k // 20)]))
    rng = np.random.default_rng(8)
    np.save(tmp_path / "x.npy", rng.standard_normal((4000, 2)).astype(np.float32))
    np.save(tmp_path / "y.npy", rng.integers(0, 60, 4000).astype(np.int32))
    done = merit("train", "x.npy", "--labels", "y.npy", "-s", "tree:taxa.tsv", "-n", "dense 2",
                 "--first", "200", "-e", "1", "--sample", "300", "-o", "run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    with open(tmp_path / "answers.tsv", "w") as out:
        process = subprocess.Popen([MERIT, "predict", "run", "x.npy"], stdout=out, cwd=tmp_path)
        _, status, used = os.wait4(process.pid, 0)
    assert status == 0 and (SANITIZED or used.ru_maxrss < 300 * 1024)
    assert len((tmp_path / "answers.tsv").read_text().splitlines()) == 4001


def test_probabilities_of_many_classes(large):
    rng = np.random.default_rng(5)
    q = rng.dirichlet(np.full(3000, .01), 20)
    np.save(large / "q.npy", q)
    lines = merit("decide", "q.npy", "-s", "tree:taxa.tsv", cwd=large).stdout.splitlines()
    tree = [(-1, None, "root")]
    number = {"root": 0}
    for line in (large / "taxa.tsv").read_text().splitlines():
        child, parent = line.split("\t")
        number[child] = len(tree)
        tree.append((number[parent], None, child))
    paths = [trees.path_to_root(tree, number[f"r3_{j}"]) for j in range(3000)]
    belief = np.zeros((20, len(tree)))
    for j, path in enumerate(paths):
        belief[:, path] += q[:, [j]]
    expected = np.array([sum(belief[:, v] for v in path[:-1]) / 4 for path in paths]).T
    for line, u in zip(lines[1:], expected):
        _, answer, score = line.split("\t")
        assert abs(u.max() - float(score)) < 1e-6
        assert abs(u[int(answer[3:])] - u.max()) < 1e-9


def test_a_stuck_run_of_many_classes_is_explained(large):
    done = merit("train", "x.npy", "--labels", "y.npy", "-s", "tree:taxa.tsv", "-n",
                 "dense 16, relu", "-e", "3", "-b", "8", "--lr", "0.3", "-l", "expected-score",
                 "-o", "stuck", cwd=large)
    assert done.returncode == 0, done.stderr
    record = json.loads(merit("explain", "stuck", "--json", cwd=large).stdout)
    assert record["oracle_score"] == 1 and record["verdict"] not in ("healthy", "too-early")
    kept = record["candidates"][0]
    assert kept["stuck_share"] > 0.05 and len(kept["missing"]) > 5
    assert all(re.fullmatch(r"r3_\d+", name) for name in kept["missing"])
    assert {pair["truth"] for pair in kept["stuck"]} <= {f"r3_{75 * j}" for j in range(40)}
    text = merit("explain", "stuck", cwd=large).stdout
    assert "r3_" in text and "scores.tsv" not in text
    (large / "stuck" / "best.safetensors").unlink()  # as before the first model is there
    text = " ".join(merit("explain", "stuck", cwd=large).stdout.split())
    assert "which the model has, and there is none here yet" in text and "was not looked at" in text


def test_page_of_many_classes(large):
    done = merit("report", "run", "x.npy", "--labels", "y.npy", "-o", "page.html", cwd=large)
    assert done.returncode == 0, done.stderr
    page = (large / "page.html").read_text()
    for text in "Costliest confusions", "Beliefs against facts", "of 3,336":
        assert text in page, text


def test_the_temperature_suits_all_held_out_examples(tmp_path):
    k, n = 20000, 1000  # two blocks
    rng = np.random.default_rng(11)
    (tmp_path / "taxa.tsv").write_text("".join(
        [f"s{j}\tg{j // 20}\n" for j in range(k)] + [f"g{j}\tall\n" for j in range(k // 20)]))
    centres = rng.standard_normal((60, 4))

    def write(name, labels):
        noise = np.where(labels < 20, .2, 1.5)[:, None]  # the first ones are easy
        np.save(tmp_path / f"{name}.npy", (centres[labels] + noise *
                rng.standard_normal((len(labels), 4))).astype(np.float32))
        np.save(tmp_path / f"{name}y.npy", labels.astype(np.int32))
    write("t", rng.integers(0, 60, 300))
    write("sorted", np.sort(rng.integers(0, 60, n)))
    order = rng.permutation(n)
    for part in "", "y":
        np.save(tmp_path / f"mixed{part}.npy", np.load(tmp_path / f"sorted{part}.npy")[order])
    found = {}
    for name in "sorted", "mixed":
        done = merit("train", "t.npy", "--labels", "ty.npy", "--validation", f"{name}.npy",
                     "--validation-labels", f"{name}y.npy", "-s", "tree:taxa.tsv", "-n",
                     "dense 8, relu", "-e", "1", "-b", "32", "--lr", "0.05", "-l", "cross-entropy",
                     "-o", name, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        head, row = [line.split("\t") for line in
                     (tmp_path / name / "metrics.tsv").read_text().splitlines()]
        found[name] = float(dict(zip(head, row))["temperature"])
    assert 0.06 < found["mixed"] < 19 and abs(found["mixed"] - 1) > 0.02
    assert abs(found["sorted"] / found["mixed"] - 1) < 5e-5, found


def test_what_needs_a_whole_table_says_so(large):
    done = merit("eval", "run", "x.npy", "--labels", "y.npy", "--confusion", cwd=large)
    assert done.returncode == 6 and "GB" in done.stderr, done.stderr
    done = merit("train", "x.npy", "--labels", "y.npy", "-s", "tree:taxa.tsv", "-l", "geometric",
                 "-o", "never", cwd=large)
    assert done.returncode == 3 and "implicit" in done.stderr and "Use " in done.stderr
    assert "matrix of all distances" in done.stderr
    (large / "star.nwk").write_text("(" + ",".join(f"s{j}" for j in range(20001)) + ");")
    for command in "check", "labels":
        done = merit(command, "tree:star.nwk", cwd=large)
        assert done.returncode == 6 and "3.2 GB" in done.stderr, done.stderr
    assert merit("info", "star.nwk", cwd=large).returncode == 0
