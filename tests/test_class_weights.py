"""Examples that count by their class: --class-weights."""
import json

import numpy as np
import pytest
from test_many_classes import merit, well

K = 2400


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Two of 2,400 species that overlap; one is 15 times as frequent as the other."""
    folder = tmp_path_factory.mktemp("weights")
    rng = np.random.default_rng(4)
    (folder / "taxa.tsv").write_text("".join(f"s {j}\tg{j // 40}\n" for j in range(K)) +
                                     "".join(f"g{j}\tlife\n" for j in range(K // 40)))
    for name, n in ("x", (1500, 100)), ("new", (500, 500)):
        y = np.repeat([3, 2000], n)
        x = (y == 2000)[:, None] * .8 + rng.standard_normal((len(y), 2))
        order = rng.permutation(len(y))
        np.save(folder / f"{name}.npy", x[order].astype(np.float32))
        np.save(folder / f"{name}-y.npy", y[order].astype(np.int32))
    (folder / "same.tsv").write_text("# what balanced makes of them\ns 3\t1\ns 2000\t15\n")
    (folder / "one.tsv").write_text("s 3\t2\ns 2000\t2.0\r\n")
    return folder


TRAIN = ["train", "x.npy", "--labels", "x-y.npy", "-s", "tree:taxa.tsv", "-n", "linear", "-q",
         "-e", "4", "-b", "32"]


def share(place, run):
    """Of new examples, as many of each class, the share that is given the rare one."""
    table = well("predict", run, "new.npy", cwd=place).splitlines()[1:]
    return np.mean([line.split("\t")[1] == "s 2000" for line in table])


@pytest.mark.parametrize("more", [["-l", "cross-entropy"], ["-l", "softmax-margin"],
                                  ["-l", "tilted-score"],
                                  ["--sample", "100", "--lr", "0.05", "-e", "12"]],
                         ids=["cross-entropy", "softmax-margin", "tilted-score", "sample"])
def test_balanced(place, more):
    name = more[1]
    well(*TRAIN, *more, "-o", f"plain-{name}", cwd=place)
    well(*TRAIN, *more, "--class-weights", "balanced", "-o", f"even-{name}", cwd=place)
    assert share(place, f"plain-{name}") < .1
    assert .4 < share(place, f"even-{name}") < .6


def model(place, run):
    return (place / run / "best.safetensors").read_bytes().split(b"}", 2)[2]


def test_files(place):
    """Weights count up to a factor; all alike are none."""
    made = {}
    for name, words in {"none": [], "one": ["--class-weights", "one.tsv"],
                        "balanced": ["--class-weights", "balanced"],
                        "same": ["--class-weights", "same.tsv"]}.items():
        well(*TRAIN, "-l", "cross-entropy", "-e", "1", "--first", "640", *words, "-o", name,
             cwd=place)
        made[name] = [line.split("\t")[4] for line in
                      (place / name / "metrics.tsv").read_text().splitlines()[1:]]
    assert made["none"] == made["one"] and made["none"] != made["same"]
    config = json.loads((place / "none" / "config.json").read_text())
    assert config["class_weights"] == ""
    assert len(json.loads((place / "same" / "config.json").read_text())["class_weights"]) == 64
    done = merit(*TRAIN, "-l", "cross-entropy", "-e", "1", "--first", "640", "--class-weights",
                 "one.tsv", "-o", "none", cwd=place)
    assert done.returncode == 2 and "class weights are not those" in done.stderr


@pytest.mark.parametrize("text, line, message", [
    ("s 3\t1\ns 9999\t1\n", 2, 'expected a class of the score table, found "s 9999"'),
    ("s 3 1\n", 1, 'expected a class, a tab and its weight, found "s 3 1"'),
    ("\n# x\ns 3\t-1\n", 3, 'expected a weight of 0 or more, found "-1"'),
    ("s 3\tnan\n", 1, 'expected a weight of 0 or more, found "nan"'),
    ("s 3\t1e999\n", 1, 'expected a weight of 0 or more, found "1e999"'),
    ("s 3\t1,5\n", 1, 'expected a weight of 0 or more, found "1,5"'),
    ("s 3\t1\ns 3\t2\n", 2, 'a second weight of class "s 3"'),
    ("s\0 3\t1\n", 1, "a byte 0 in"),
])
def test_bad_files(place, text, line, message):
    (place / "w.tsv").write_text(text)
    done = merit(*TRAIN, "--class-weights", "w.tsv", "-o", "never", cwd=place)
    assert done.returncode == 3 and f"w.tsv, line {line}: {message}" in done.stderr, done.stderr
    assert done.stderr.count("\n") == 1 and not (place / "never").exists()


def test_weights_of_nothing(place):
    (place / "w.tsv").write_text("s 3\t0\ns 2000\t0\n")
    done = merit(*TRAIN, "--class-weights", "w.tsv", "-o", "never", cwd=place)
    assert done.returncode == 2 and "add up to 0" in done.stderr
    done = merit(*TRAIN, "--class-weights", "missing.tsv", "-o", "never", cwd=place)
    assert done.returncode == 5 and "missing.tsv" in done.stderr
