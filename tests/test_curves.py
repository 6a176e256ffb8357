"""`merit curves` and examples/demo.sh: the table, the record, the picture."""

import json
import os
import re
import signal
import struct
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest

MERIT = os.environ.get("MERIT", "build/merit")
DEMO = Path(__file__).resolve().parent.parent / "examples" / "demo.sh"
COLUMNS = ("loss epoch step rule training_loss mean_score accuracy log_loss temperature "
           "argmax_score bayes_score classes_answered gradient_survival").split()
SCORES = "truth\ta\tb\tc\na\t2\t1\t0\nb\t1\t2\t0\nc\t0\t0\t2\n"
SVG = "{http://www.w3.org/2000/svg}"


def merit(*arguments, expect=0, env=None):
    done = subprocess.run(
        [MERIT, *map(os.fspath, arguments)], capture_output=True, timeout=120,
        stdin=subprocess.DEVNULL, env={**os.environ, "COLUMNS": "80", **(env or {})})
    done.out, done.err = done.stdout.decode(), done.stderr.decode()
    assert "Sanitizer" not in done.err and "runtime error" not in done.err, done.err
    assert done.returncode == expect, (done.returncode, done.out, done.err)
    return done


def refused(*arguments, expect=2):
    done = merit(*arguments, expect=expect)
    lines = done.err.splitlines()
    assert len(lines) == 1 and lines[0].startswith("merit: ") and done.out == "", done
    return lines[0]


def row(loss, epoch, score, **others):
    """A validation; ten steps make an epoch."""
    known = dict(loss=loss, epoch=epoch, step=10 * epoch, rule="bayes", training_loss=0.5,
                 mean_score=score, accuracy=0.75, log_loss=0.5, temperature=1.25,
                 argmax_score=score, bayes_score=score, classes_answered=3,
                 gradient_survival=1)
    return {**known, **others}


def write_run(path, loss, rows, epochs=4, seconds=12.5, constant=None, table="t"):
    path.mkdir()
    (path / "config.json").write_text(
        json.dumps({"loss": loss, "epochs": epochs, "scores": table}))
    (path / "scores.tsv").write_text(SCORES)
    (path / "metrics.tsv").write_text("".join(
        "\t".join(str(value) for value in line) + "\n"
        for line in [COLUMNS, *([r[name] for name in COLUMNS] for r in rows)]))
    start = {"event": "start"} if constant is None else {"event": "start",
                                                         "best_constant": constant}
    log = [start, {"event": "end", "seconds": seconds}]
    (path / "log.jsonl").write_text("".join(json.dumps(event) + "\n" for event in log))
    return path


def auto_rows():
    return ([row("cross-entropy", e, s) for e, s in enumerate([1, 1.5, 1.6, 1.65], 1)] +
            [row("softmax-margin(scale=0.45)", e, s, accuracy=0.875, rule="argmax")
             for e, s in enumerate([1.55, 1.6, 1.7, 1.75], 5)])


@pytest.fixture
def runs(tmp_path):
    """A run that is stuck, a good one, and one with candidates."""
    return [
        write_run(tmp_path / "stuck", "expected-score", [
            row("expected-score", e, 0.25, classes_answered=2, gradient_survival=0.0425,
                rule="argmax", accuracy=0.375) for e in (1, 2, 3, 4)], constant=-0.125),
        write_run(tmp_path / "good", "cross-entropy",
                  [row("cross-entropy", e, s) for e, s in enumerate([1, 1.5, 1.6, 1.65], 1)],
                  seconds=1234.4),
        write_run(tmp_path / "auto", "auto", auto_rows(), constant=-0.125),
    ]


def cells(line):
    """The columns of a line of the table; only the first may have single spaces in it."""
    return re.split(r" {2,}", line.strip())


# The table


def test_table(runs):
    lines = merit("curves", *runs).out.splitlines()
    # Not all epochs fit, those at which a run ends do.
    assert cells(lines[0]) == ["mean score", "epoch 1", "3", "4", "6", "8", "accuracy",
                               "decision", "seconds"]
    assert cells(lines[1]) == ["expected-score", "0.250", "0.250", "0.250", "-", "-",
                               "0.375", "argmax", "12"]
    assert cells(lines[2]) == ["cross-entropy", "1.000", "1.600", "1.650", "-", "-",
                               "0.750", "bayes", "1234"]
    assert cells(lines[3]) == ["merit (auto)", "1.000", "1.600", "1.650", "1.600", "1.750",
                               "0.875", "argmax", "12"]
    ends = {line.index(cells(line)[-1]) + len(cells(line)[-1]) for line in lines[:4]}
    assert len(ends) == 1


def test_what_is_said_below_the_table(runs):
    lines = merit("curves", *runs, env={"COLUMNS": "200"}).out.splitlines()
    assert lines[4:] == [
        "merit (auto) kept softmax-margin(scale=0.45), epoch 8: 1.750; cross-entropy "
        "reached 1.650.",
        "Why: after the first epoch expected-score sends 4.2 % of cross entropy's gradient "
        "and answers 2 of 3 classes.",
    ]
    assert len(merit("curves", runs[1]).out.splitlines()) == 2


@pytest.mark.parametrize("numbers, said", [
    (dict(gradient_survival=0.4999), "x sends 50 % of cross entropy's gradient."),
    (dict(gradient_survival=0.5), None),
    (dict(gradient_survival=0.00123), "x sends 0.12 % of cross entropy's gradient."),
    (dict(gradient_survival=0), "x sends 0 % of cross entropy's gradient."),
    (dict(gradient_survival="nan"), None),
    (dict(classes_answered=1), "x answers 1 of 3 classes."),
    (dict(classes_answered=1, gradient_survival=0.25),
     "x sends 25 % of cross entropy's gradient and answers 1 of 3 classes."),
])
def test_reasons(tmp_path, numbers, said):
    # Only the first epoch counts.
    path = write_run(tmp_path / "run", "x", [row("x", 1, 1, **numbers), row(
        "x", 2, 1, gradient_survival=0.125, classes_answered=1)])
    below = merit("curves", path, env={"COLUMNS": "200"}).out.splitlines()[2:]
    assert below == ([] if said is None else [f"Why: after the first epoch {said}"])


def test_answers_that_are_no_classes(tmp_path):
    path = write_run(tmp_path / "run", "x", [row("x", 1, 1, classes_answered=2)])
    (path / "scores.tsv").write_text("truth\ta\tb\tnone\na\t1\t0\t0.5\nb\t0\t1\t0.5\n")
    assert "answers 2 of 3 answers." in merit("curves", path).out
    (path / "scores.tsv").unlink()
    assert "Why" not in merit("curves", path).out


@pytest.mark.parametrize("columns", [60, 70, 80, 120])
@pytest.mark.parametrize("n_epochs", [1, 2, 4, 5, 13, 100, 2000])
def test_table_fits_the_window(tmp_path, columns, n_epochs):
    loss = "kernel-score(power=2)" if columns < 80 else "cross-entropy"
    path = write_run(tmp_path / "run", loss, [
        row(loss, e, e / n_epochs) for e in range(1, n_epochs + 1)], epochs=n_epochs)
    lines = merit("curves", path, env={"COLUMNS": str(columns)}).out.splitlines()
    assert max(map(len, lines)) <= columns
    head = cells(lines[0])
    epochs = [int(word.split()[-1]) for word in head[1:-3]]
    assert epochs[0] == 1 and epochs[-1] == n_epochs and epochs == sorted(set(epochs))
    numbers = [float(word) for word in cells(lines[1])[1:-3]]
    assert numbers == pytest.approx([e / n_epochs for e in epochs], abs=6e-4)
    if n_epochs <= 4 and columns >= 80:
        assert len(epochs) == n_epochs
    gaps = [b - a for a, b in zip(epochs, epochs[1:])]
    assert not gaps or max(gaps) - min(gaps) <= 1


def test_runs_of_different_lengths(tmp_path):
    short = write_run(tmp_path / "a", "x", [row("x", 1, 1), row("x", 2, "nan")])
    long = write_run(tmp_path / "b", "y", [row("y", e, 2) for e in (1, 2, 3)])
    none = write_run(tmp_path / "c", "z", [])
    (none / "log.jsonl").unlink()
    lines = merit("curves", short, long, none).out.splitlines()
    assert cells(lines[1])[1:4] == ["1.000", "-", "-"]
    assert cells(lines[2])[1:4] == ["2.000", "2.000", "2.000"]
    assert cells(lines[3])[1:] == ["-"] * 6
    longer = write_run(tmp_path / "d", "w", [row("w", e, 2) for e in range(1, 31)], epochs=30)
    head = cells(merit("curves", short, long, longer).out.splitlines()[0])
    assert head[1:-3] == ["epoch 1", "2", "3", "17", "30"]


def test_names(runs):
    lines = merit("curves", *runs, "--names", "A <b>,,\x1b[31mred").out.splitlines()
    assert lines[1].startswith("A <b>  ") and lines[2].startswith("   ")
    assert lines[3].startswith(r"\x1b[31mred ") and "\x1b" not in "".join(lines)
    assert "expected 3, one for each run, found 2" in refused("curves", *runs, "--names=a,b")
    same = merit("curves", runs[0], runs[0]).out.splitlines()
    name = cells(same[1])[0]
    assert os.fspath(runs[0]).startswith(name) and len(name) > 10


def test_tables_that_differ_are_told(tmp_path, runs):
    assert merit("curves", *runs).err == ""
    other = write_run(tmp_path / "other", "y", [row("y", 1, 1)], table="u")
    assert merit("curves", *runs, other).err.startswith(
        "note: the runs have different score tables")


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_help(columns):
    done = merit("curves", "--help", env={"COLUMNS": str(columns)})
    assert done.out.startswith("Usage: merit curves [OPTION...] RUN [RUN ...]\n")
    assert done.err == "" and max(map(len, done.out.splitlines())) <= columns
    assert "  curves " in merit("--help").out


# The record


def test_record(runs):
    record = json.loads(merit("curves", *runs, "--json", "--names", "p,q,r").out)
    assert list(record) == ["merit", "runs"]
    stuck, good, auto = record["runs"]
    assert [run["name"] for run in record["runs"]] == ["p", "q", "r"]
    assert stuck["path"] == os.fspath(runs[0]) and stuck["loss"] == "expected-score"
    assert (stuck["classes"], stuck["answers"], stuck["seconds"]) == (3, 3, 12.5)
    assert stuck["best_constant"] == -0.125 and good["best_constant"] is None
    assert stuck["line"] == stuck["rows"]
    for found, written in zip(auto["rows"], auto_rows(), strict=True):
        assert found == {**written, "epochs": written["epoch"]}
    assert auto["kept"] == auto["rows"][7]
    assert auto["line"] == auto["rows"]


def test_numbers_that_are_not_finite_are_null(tmp_path):
    path = write_run(tmp_path / "run", "x",
                     [row("x", 1, "nan", log_loss="inf", training_loss="-inf")])
    record = json.loads(merit("curves", path, "--json").out,
                        parse_constant=lambda name: pytest.fail(name))
    found = record["runs"][0]["rows"][0]
    assert [found[k] for k in ("mean_score", "log_loss", "training_loss")] == [None] * 3


# The picture


def picture(*runs_and_options):
    """The root of a picture; ElementTree refuses what is not well-formed."""
    return ElementTree.fromstring(merit("curves", *runs_and_options, "-o", "-").out)


def texts(root):
    return ["".join(element.itertext()) for element in root.iter(SVG + "text")]


def with_class(root, name):
    return [e for e in root.iter() if name in e.get("class", "").split()]


def points(path):
    return [(float(x), float(y))
            for x, y in re.findall(r"[ML]([-\d.]+) ([-\d.]+)", path.get("d"))]


def lines_of(root, name):
    """The lines of the picture, without the pieces beside the labels."""
    return [path for path in with_class(root, name) if "h" not in path.get("d")]


def check_labels(root):
    """No two labels overlap; all are within the picture."""
    labels = [(float(e.get("y")), float(e.get("x"))) for e in root.iter(SVG + "text")
              if float(e.get("x")) > 480]
    ys = sorted(y for y, _ in labels)
    assert all(b - a >= 14 for a, b in zip(ys, ys[1:])), ys
    assert all(60 < y < 380 for y in ys), ys
    return labels


def test_picture(runs):
    root = picture(*runs)
    assert (root.get("width"), root.get("height")) == ("720", "420")
    assert root.get("role") == "img"
    assert root.get("aria-labelledby").split() == [
        root.find(SVG + n).get("id") for n in ("title", "desc")]
    description = root.find(SVG + "desc").text
    assert "expected-score: 0.250 after epoch 1, 0.250 after epoch 4." in description
    assert "merit (auto): 1.000 after epoch 1, 1.750 after epoch 8." in description
    style = root.find(SVG + "style").text
    assert "@media screen and (prefers-color-scheme:dark)" in style and "#0072b2" in style
    assert "url(" not in style and "@import" not in style
    assert {e.tag for e in root.iter()} == {
        SVG + n for n in "svg title desc style rect text tspan path circle".split()}
    said = texts(root)
    for text in ("merit (auto) 1.750", "kept softmax-margin(scale=0.45)",
                 "cross-entropy 1.650", "expected-score 0.250", "answers 2 of 3 classes",
                 "best constant answer -0.125", "epoch", "1", "2", "4", "8", "0.0", "0.5"):
        assert text in said, (text, said)
    assert said.count("cross-entropy 1.650") == 1  # a run; what auto goes on from is its line
    assert len(check_labels(root)) == 6


def test_lines(runs):
    root = picture(*runs)
    strong, thin = lines_of(root, "line"), lines_of(root, "thin")
    assert len(strong) == 3 and thin == []
    assert len(with_class(root, "dot")) == 16
    assert len({path.get("stroke-dasharray") for path in strong}) == 3
    assert len({path.get("class") for path in strong}) == 3
    by_colour = {path.get("class").split()[1]: points(path) for path in strong}
    stuck, good, auto = by_colour["c0"], by_colour["c1"], by_colour["c2"]
    assert [len(p) for p in (stuck, good, auto)] == [4, 4, 8]
    assert len({y for _, y in stuck}) == 1 and stuck[0][1] > good[0][1] > good[-1][1]
    # auto begins as cross-entropy and goes on from there.
    assert auto[:4] == good and auto[4][0] > good[3][0] and auto[4][1] > good[3][1]
    assert auto[7][1] < good[3][1]
    constant = [path for path in with_class(root, "constant") if "H" in path.get("d")]
    assert len(constant) == 1 and points(constant[0])[0][1] > stuck[0][1]


def test_the_constant_answer_when_runs_disagree(tmp_path):
    rows = [row("x", 1, 1), row("x", 2, 2)]
    a = write_run(tmp_path / "a", "x", rows, constant=0.5)
    b = write_run(tmp_path / "b", "y", rows, constant=0.75)
    assert with_class(picture(a), "constant") and not with_class(picture(a, b), "constant")


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "a&b", "\"'>", "]]>",
                                  "\x1b[31m", "na\u00efve \u2192 \u202e", "x" * 300])
def test_names_are_only_text(tmp_path, name):
    rows = [row("loss", 1, 1), row("loss", 2, 1.5)]
    path = write_run(tmp_path / "run", name, rows)
    named = picture(path)
    plain = picture(path, "--names", "plain")
    assert [e.tag for e in named.iter()] == [e.tag for e in plain.iter()]
    shown = name.replace("\x1b", r"\x1b").replace("\u202e", r"\xe2\x80\xae")
    label = with_class(named, "name")[0].text.removesuffix(" ")
    assert label == shown or (label.endswith("\u2026") and shown.startswith(label[:-1]))
    assert shown[:200] in named.find(SVG + "desc").text or len(shown) > 200


def test_names_of_candidates_are_only_text(tmp_path):
    rows = [row("a", 1, 1), row("a", 2, 1), row("<b>&", 3, 2), row("<c>", 4, 1.5)]
    root = picture(write_run(tmp_path / "run", "auto", rows))
    said = texts(root)
    assert any("<b>&" in text for text in said) and any("<c>" in text for text in said)
    # What earned no more goes on from what is kept.
    (strong,), (thin,) = lines_of(root, "line"), lines_of(root, "thin")
    assert len(points(strong)) == 3 and points(thin)[0] == points(strong)[-1]
    assert len(points(thin)) == 2


def test_numbers_that_are_not_drawn(tmp_path):
    scores = [1, 1.5, "nan", 1.25, 1.5, "inf"]
    path = write_run(tmp_path / "run", "x", [row("x", e, s) for e, s in enumerate(scores, 1)],
                     epochs=6)
    root = picture(path)
    (line,) = lines_of(root, "line")
    assert line.get("d").count("M") == 2 and len(points(line)) == 4
    assert len(with_class(root, "dot")) == 4
    assert not re.search(r"nan|inf", " ".join(
        value for e in root.iter() for value in e.attrib.values()))


@pytest.mark.parametrize("rows", [[], [row("x", 1, 1)], [row("x", 1, "nan")],
                                  [row("x", 1, 1e300), row("x", 2, -1e300)],
                                  [row("x", 1, 1e-300), row("x", 2, -1e-300)],
                                  [row("x", 1, 1e15), row("x", 2, 1e15 + 1)],
                                  [row("x", 1, 0), row("x", 2, 0)],
                                  [row("x", 5, 1, step=7)]])
def test_pictures_of_odd_runs(tmp_path, rows):
    root = picture(write_run(tmp_path / "run", "x", rows))
    numbers = [float(number) for e in root.iter() for key, value in e.attrib.items()
               if key in ("d", "x", "y", "cx", "cy") for number in
               re.findall(r"-?\d+(?:\.\d+)?", value)]
    assert all(0 <= number <= 720 for number in numbers)
    assert all(len(text) <= 9 for text in texts(root) if re.fullmatch(r"[-+.e\d]+", text))
    assert ("nothing is measured yet" in texts(root)) == (rows == [])
    check_labels(root)


def test_many_runs(tmp_path):
    paths = [write_run(tmp_path / f"run{i}", f"loss-{i}", [
        row("a", e, 1 + i / 1e4) for e in (1, 2)] + [row(f"b{i}", 3, 2)])
        for i in range(17)]
    root = picture(*paths[:16])
    labels = check_labels(root)
    assert len(labels) == 16 and len(lines_of(root, "line")) == 16
    kinds = {(p.get("class"), p.get("stroke-dasharray")) for p in lines_of(root, "line")}
    assert len(kinds) == 16
    assert "17 runs, expected at most 16" in refused("curves", *paths, "-o",
                                                     tmp_path / "x.svg")
    assert len(merit("curves", *paths).out.splitlines()) >= 18


def test_long_runs_stay_small(tmp_path):
    path = write_run(tmp_path / "run", "x", [row("x", e, e % 7) for e in range(1, 20001)],
                     epochs=20000)
    merit("curves", path, "-o", tmp_path / "x.svg")
    assert (tmp_path / "x.svg").stat().st_size < 40000


# Files


def test_output(runs, tmp_path):
    done = merit("curves", *runs, "-o", tmp_path / "x.svg")
    assert done.out == merit("curves", *runs).out
    assert (tmp_path / "x.svg").read_text() == merit("curves", *runs, "-o", "-").out
    assert "No such file" in refused("curves", *runs, "-o", tmp_path / "no" / "x.svg", expect=5)
    assert "Is a directory" in refused("curves", *runs, "-o", tmp_path, expect=5)
    assert "exclude" in refused("curves", *runs, "--json", "-o", "-")
    before = (runs[1] / "metrics.tsv").read_text()
    assert "read as input" in refused("curves", *runs, "-o", runs[1] / "metrics.tsv")
    assert (runs[1] / "metrics.tsv").read_text() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["auto", "good", "stuck", "x.svg"]


def test_broken_runs(runs, tmp_path):
    with open(runs[2] / "metrics.tsv", "a") as file:
        file.write("cross-entropy\t5\n")
    line = refused("curves", *runs, "-o", tmp_path / "x.svg", expect=3)
    assert f"{runs[2]}/metrics.tsv:10: 2 fields, expected 13" in line
    assert not (tmp_path / "x.svg").exists()
    assert "no config.json" in refused("curves", runs[0], tmp_path / "none", expect=5)
    assert "RUN is missing" in refused("curves")


# The demo


def write_idx(path, array):
    array = np.asarray(array, dtype=np.uint8)
    header = struct.pack(">BBBB", 0, 0, 8, array.ndim) + struct.pack(
        f">{array.ndim}I", *array.shape)
    path.write_bytes(header + array.tobytes())


@pytest.fixture
def data(tmp_path):
    """A data set with the names of Fashion-MNIST; merit tells gzip by content."""
    folder = tmp_path / "data"
    folder.mkdir()
    random = np.random.default_rng(3)
    for name, n in (("train", 600), ("t10k", 200)):
        labels = np.arange(n) % 10
        images = random.integers(0, 90, (n, 5, 5))
        images.reshape(n, 25)[np.arange(n), 2 * labels] += 120
        write_idx(folder / f"{name}-images-idx3-ubyte.gz", images)
        write_idx(folder / f"{name}-labels-idx1-ubyte.gz", labels)
    return folder


def demo(place, data, **env):
    return subprocess.run(
        ["sh", DEMO], cwd=place, capture_output=True, text=True, timeout=240,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "MERIT": os.path.abspath(MERIT), "FASHION_MNIST": str(data),
             "COLUMNS": "80", **env})


def test_demo(tmp_path, data):
    done = demo(tmp_path, data)
    assert done.returncode == 0 and "Sanitizer" not in done.stderr, done.stderr
    place = tmp_path / "demo"
    ElementTree.parse(place / "curves.svg")
    page = (place / "report.html").read_text(encoding="utf-8")
    assert "The costliest mistakes" in page and page.endswith("</html>\n")
    earned = []
    for name in ("expected-score", "cross-entropy", "auto"):
        lines = [line.split("\t") for line in (place / name / "metrics.tsv").read_text()
                 .splitlines()]
        scores = [float(line[lines[0].index("mean_score")]) for line in lines[1:]]
        earned.append(scores[-1] if name != "auto" else None)
        assert f"{name}" in done.stdout
    sentence = re.search(r"In the end it earns (\S+) a picture, cross entropy (\S+), "
                         r"merit (\S+)\.\n", done.stdout)
    told = [float(number) for number in sentence.groups()]
    assert told[0] == pytest.approx(earned[0], abs=6e-4)
    assert told[1] == pytest.approx(earned[1], abs=6e-4)
    assert "test images" in done.stdout and "demo/curves.svg" in done.stdout.splitlines()[-1]
    # Once more: what an earlier demo made is replaced, anything else is left alone.
    (place / "mine").write_text("mine")
    again = demo(tmp_path, data)
    assert again.returncode == 0 and (place / "mine").read_text() == "mine"


def test_demo_leaves_alone_what_it_did_not_make(tmp_path, data):
    (tmp_path / "demo" / "auto").mkdir(parents=True)
    done = demo(tmp_path, data)
    assert done.returncode == 1 and "no earlier demo made it" in done.stderr
    assert [p.name for p in (tmp_path / "demo").iterdir()] == ["auto"]


def test_demo_without_the_data_set(tmp_path):
    done = demo(tmp_path, tmp_path / "none")
    assert done.returncode == 1 and done.stdout == ""
    assert "install the package dataset-fashion-mnist" in done.stderr
    assert not (tmp_path / "demo").exists()


def test_demo_without_the_program(tmp_path, data):
    done = demo(tmp_path, data, MERIT=str(tmp_path / "none"))
    assert done.returncode == 1 and "make builds it" in done.stderr


def test_demo_that_is_stopped(tmp_path, data):
    """^C reaches everything on the terminal; the demo ends after merit has."""
    fake = tmp_path / "fake"
    fake.write_text("#!/bin/sh\n"
                    "trap 'echo saved >saved; exit 75' INT\n"
                    "echo begun >&2\nwhile :; do sleep 0.05; done\n")
    fake.chmod(0o755)
    process = subprocess.Popen(
        ["sh", DEMO], cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, start_new_session=True,
        env={**os.environ, "MERIT": str(fake), "FASHION_MNIST": str(data)})
    assert process.stderr.readline() == "begun\n"
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130 and "The demo was stopped" in err
    assert (tmp_path / "saved").read_text() == "saved\n" and "2 of 3" not in out
    assert process.wait() == 130
