"""Training on a sample of many classes, through the program."""
import json
import os
import pathlib
import signal
import subprocess
import time

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
MERIT = pathlib.Path(os.environ.get("MERIT", ROOT / "build/merit")).resolve()
K = 2500


def merit(*words, cwd, **more):
    return subprocess.run([MERIT, *map(str, words)], capture_output=True, text=True, cwd=cwd,
                          **more)


def well(*words, cwd):
    done = merit(*words, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """2,500 species in 250 genera of 50 families, and 4 examples of each to learn from."""
    folder = tmp_path_factory.mktemp("many")
    rng = np.random.default_rng(5)
    lines = [f"s{j}\tg{j // 10}\n" for j in range(K)]
    lines += [f"g{j}\tf{j // 5}\n" for j in range(K // 10)]
    lines += [f"f{j}\tlife\n" for j in range(K // 50)]
    (folder / "taxa.tsv").write_text("".join(lines))
    families = rng.standard_normal((K // 50, 24))
    genera = np.repeat(families, 5, 0) + rng.standard_normal((K // 10, 24))
    species = np.repeat(genera, 10, 0) + rng.standard_normal((K, 24))
    for name, each in ("x", 4), ("new", 1):
        y = np.tile(np.arange(K), each)
        x = species[y] + .4 * rng.standard_normal((len(y), 24))
        np.save(folder / f"{name}.npy", x.astype(np.float32))
        np.save(folder / f"{name}-y.npy", y.astype(np.int32))
    return folder


TRAIN = ["train", "x.npy", "--labels", "x-y.npy", "-s", "tree:taxa.tsv", "-n", "dense 64, relu",
         "-b", "64", "--sample", "300", "-q"]


def test_learns(place):
    """Most of what can be learned, from a step's 300 of 2,500 classes."""
    well(*TRAIN, "-e", "8", "-o", "run", cwd=place)
    earned = {}
    for rule in "argmax", "bayes":
        earned[rule] = json.loads(well("eval", "run", "new.npy", "--labels", "new-y.npy",
                                       "--rule", rule, "--json", cwd=place))
    assert earned["bayes"]["mean_score"] > 0.75 and earned["argmax"]["accuracy"] > 0.5
    assert earned["bayes"]["normalized_score"] > 0.7
    assert earned["bayes"]["mean_score"] > earned["argmax"]["mean_score"] - 0.01
    config = json.loads((place / "run" / "config.json").read_text())
    assert (config["sample"], config["optimizer"]) == (300, "adamw")
    table = well("predict", "run", "new.npy", cwd=place).splitlines()
    assert len(table) == 1 + K and table[1].split("\t")[0] == "0"
    info = json.loads(well("info", "run", "--json", cwd=place))
    assert info["loss"] == "cross-entropy" and len(info["classes"]) == K
    for words in ["explain", "run"], ["report", "run"], ["curves", "run", "-o", "c.svg"]:
        well(*words, cwd=place)


def test_nearly_all_classes(place):
    """A sample of all classes but one is nearly what all of them are."""
    earned = []
    for more in ["--sample", "2499"], ["--optimizer", "adamw", "--lr", "0.002"]:
        name = f"whole{len(more)}"
        line = TRAIN if more[0] == "--sample" else [w for w in TRAIN if w not in ("--sample", "300")]
        well(*line, "-l", "cross-entropy", "-e", "2", *more, "-o", name, cwd=place)
        rows = (place / name / "metrics.tsv").read_text().splitlines()
        earned.append([float(rows[-1].split("\t")[j]) for j in (4, 5)])  # loss, score
    assert abs(earned[0][0] - earned[1][0]) < 0.01 and abs(earned[0][1] - earned[1][1]) < 0.02


def test_threads_and_interruptions_do_not_matter(place):
    for name, threads in ("one", 1), ("two", 2):
        well(*TRAIN, "-e", "2", "-j", threads, "-o", name, cwd=place)
    whole = (place / "one" / "best.safetensors").read_bytes()
    assert (place / "two" / "best.safetensors").read_bytes() == whole
    # Stopped again and again.
    for _ in range(40):
        run = subprocess.Popen([MERIT, *TRAIN, "-e", "2", "-o", "stopped"], cwd=place,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(.3)
        run.send_signal(signal.SIGTERM)
        if run.wait() != 75:
            break
    if run.returncode not in (0, 2):  # between two signals' handling
        well(*TRAIN, "-e", "2", "-o", "stopped", "--resume", cwd=place)
    assert (place / "stopped" / "best.safetensors").read_bytes() == whole
    done = merit(*TRAIN, "-e", "2", "--sample", "301", "-o", "stopped", cwd=place)
    assert done.returncode == 2 and "sample is 301, was 300" in done.stderr


def test_a_table_without_a_tree(place, tmp_path):
    rng = np.random.default_rng(6)
    y = np.tile(np.arange(400), 8)
    x = rng.standard_normal((400, 16))[y] + .1 * rng.standard_normal((3200, 16))
    np.save(tmp_path / "x.npy", x.astype(np.float32))
    np.save(tmp_path / "y.npy", y.astype(np.int32))
    for engine in "dnnl", "reference":
        out = well("train", "x.npy", "--labels", "y.npy", "-s", "identity", "-b", "32", "-n",
                   "linear", "--lr", "0.02", "--sample", "64", "-e", "6", "-q", "--engine",
                   engine, "-o", engine, cwd=tmp_path)
        assert float(out.split("accuracy")[1].split()[0]) > 0.9, out


def test_sequences(tmp_path):
    """One class each, windows of several widths."""
    rng = np.random.default_rng(7)
    motifs = rng.integers(0, 4, (2100, 24))
    y = rng.permutation(np.tile(np.arange(2100), 2))
    letters = np.array(list("ACGT"))
    (tmp_path / "s.fasta").write_text("".join(
        f">r{j}\n{''.join(letters[motifs[t]]) * (1 + j % 3 * 4)}\n" for j, t in enumerate(y)))
    (tmp_path / "y.tsv").write_text("".join(f"r{j}\ts{t}\n" for j, t in enumerate(y)))
    (tmp_path / "t.tsv").write_text("".join(
        f"s{j}\tg{j // 7}\n" for j in range(2100)) + "".join(f"g{j}\tall\n" for j in range(300)))
    for threads in 1, 2:
        out = well("train", "s.fasta", "--task", "sequence", "--labels", "y.tsv", "-s",
                   "tree:t.tsv", "-n", "embedding 16, conv1d 32 5, relu, globalpool", "-e", "2",
                   "-b", "32", "--sample", "200", "-j", threads, "-o", f"run{threads}", "-q",
                   cwd=tmp_path)
        assert "loss        cross-entropy" in out
    one, two = ((tmp_path / f"run{j}" / "best.safetensors").read_bytes() for j in (1, 2))
    assert one == two
    well("eval", "run1", "s.fasta", "--labels", "y.tsv", cwd=tmp_path)


@pytest.mark.parametrize("more, text", [
    (["--sample", "127"], "a sample of 127 classes, expected at least 128, twice the batch, and "
                          "fewer than there are, 2500"),
    (["--sample", "2500"], "fewer than there are, 2500"),
    (["-l", "expected-score"], "trains with cross-entropy, not with expected-score"),
    (["-l", "cross-entropy,expected-score"], "not with cross-entropy,expected-score"),
    (["--sample", "0"], "--sample: expected a whole number from 1"),
    (["--sample", "many"], '--sample: expected a whole number from 1 to 2147483647, found "many"'),
])
def test_refusals(place, more, text):
    done = merit(*TRAIN, *more, "-o", "never", cwd=place)
    assert done.returncode == 2 and text in done.stderr, done.stderr
    assert done.stderr.count("\n") == 1 and not (place / "never").exists()
