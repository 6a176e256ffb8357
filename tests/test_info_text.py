"""`merit info` knows every kind of text that merit reads or writes, whatever its name."""

import gzip
import json
import shutil

import numpy as np
import pytest
from test_cli import merit, refused

TRAIN = ["-e", "2", "-b", "16", "-l", "cross-entropy", "-q", "-j", "1", "-n", "linear"]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("info")
    kinds = ["ant", "bee", "wasp"]
    rows = [(f"n{i}", i % 7 + 5 * (i % 3), i % 5, kinds[i % 3]) for i in range(60)]
    texts = {
        "table": "name\ta\tb\tkind\n" + "".join("\t".join(map(str, r)) + "\n" for r in rows),
        "short": "a,b,label\n1,2,x\n3,4,y\n",
        "spectra": "sample;kind;" + ";".join(map(str, range(400, 1000, 2))) + "\n" + "".join(
            f"{r[0]};{r[3]};" + ";".join(f"{r[1] * j % 7}" for j in range(300)) + "\n"
            for r in rows),
        "labels": "".join(f"{r[3]}\n" for r in rows),
        "labelled": "id,label\n" + "".join(f"{r[0]},{r[3]}\n" for r in rows),
        "names": "".join(f"{r[0]}\n" for r in rows),
        "groups": "insects: ant bee\nothers: wasp\n",
        "bins": "low 0 1\nmiddle 1 2\nhigh 2 5\n",
        "scores": "\tant\tbee\nant\t2\t0\nbee\t0\t1\n",
        "tree": "((ant,bee),wasp);\n",
        "edges": "ant\tinsect\nbee\tinsect\n",
        "probabilities": "ant\tbee\n" + "0.25\t0.75\n" * 9,
        "page": "\n<!DOCTYPE html><html></html>\n",
        "spectrum": "##TITLE=quartz\n##XYDATA=(X++(Y..Y))\n400 1 2 3\n",
        "measured": '<?xml version="1.0"?><mzML></mzML>\n',
        "database": "SQLite format 3\0" + "\0" * 100,
    }
    for name, text in texts.items():
        (place / name).write_text(text)
        (place / f"{name}.gz").write_bytes(gzip.compress(text.encode()))
    merit("train", place / "table", "--label", "kind", "--id", "name", "-o", place / "run",
          *TRAIN)
    merit("predict", place / "run", place / "table", "-o", place / "answers")
    merit("compare", place / "table", "--label", "kind", "--id", "name", "-l",
          "cross-entropy,hinge", "-e", "1", "--seeds", "1", "-q", "-o", place / "compared")
    return place


@pytest.mark.parametrize("ending", ["", ".gz"])
@pytest.mark.parametrize("name, kind, more", [
    ("table", "data", {"n": 60, "classes": ["ant", "bee", "wasp"]}),
    ("spectra", "data", {"n": 60, "shape": [300, 1, 1]}),
    ("short", "data", {"n": 2, "classes": ["x", "y"]}),
    ("labels", "labels", {"n": 60, "classes": {"ant": 20, "bee": 20, "wasp": 20}}),
    ("labelled", "labels", {"n": 60, "n_classes": 3}),
    ("scores", "scores", {"classes": ["ant", "bee"], "highest": 2}),
    ("probabilities", "data", {"n": 9}),
])
def test_texts(place, name, ending, kind, more):
    info = json.loads(merit("info", place / f"{name}{ending}", "--json").out)
    assert info["kind"] == kind
    assert {key: info[key] for key in more} == more
    assert merit("info", place / f"{name}{ending}").out != ""


@pytest.mark.parametrize("ending", ["", ".gz"])
@pytest.mark.parametrize("name, kind", [
    ("groups", "scores"), ("bins", "scores"), ("tree", "tree"), ("edges", "tree")])
def test_generators_and_trees(place, name, kind, ending):
    path = place / f"{name}{ending}"
    assert json.loads(merit("info", path, "--json").out)["kind"] == kind
    if kind == "scores":
        assert f"score table  {name}:{path}" in merit("info", path).out


def test_answers_of_predict(place):
    info = json.loads(merit("info", place / "answers", "--json").out)
    answers = [line.split("\t") for line in
               (place / "answers").read_text().splitlines()[1:]]
    assert info["kind"] == "predictions" and info["n"] == 60
    assert info["classes"] == ["ant", "bee", "wasp"]
    for name, n in info["answers"].items():
        assert n == sum(row[1] == name for row in answers)
    assert info["expected_score"] == pytest.approx(np.mean([float(r[2]) for r in answers]))
    assert "answers      3: " in merit("info", place / "answers").out
    (place / "damaged").write_text((place / "answers").read_text() + "n60\tant\tmuch\n")
    assert "row 61 has no expected_score in its third column" in refused(
        "info", place / "damaged", expect=3)


def test_probabilities_are_named(place, tmp_path):
    assert "Each row sums to 1" in merit("info", place / "probabilities").out
    assert "Each row sums to 1" not in merit("info", place / "table").out
    np.save(tmp_path / "p.npy", np.full((5, 4), 0.25, "f4"))
    assert "Each row sums to 1" in merit("info", tmp_path / "p.npy").out


def test_what_lacks_values_is_no_other_table(tmp_path):
    """The first column is not taken for names because a number is missing in it."""
    (tmp_path / "t.csv").write_text("a,b,label\nNA,2,x\n" + "3,4,y\n" * 9)
    assert ':2: column 1 (a) is "NA", expected a number; --missing mean' in refused(
        "info", tmp_path / "t.csv", expect=3)
    assert "features     2: a, b" in merit("info", tmp_path / "t.csv", "--missing",
                                           "mean").out


def test_labels_that_are_large_numbers(tmp_path):
    np.save(tmp_path / "y.npy", np.array([7, 7, 2147483647, 3]))
    assert "classes      2147483648, of each 0 to 2 examples" in merit(
        "info", tmp_path / "y.npy").out
    np.save(tmp_path / "y.npy", np.array([1, 0, 0, 0, 1]))
    assert "classes      2, of each 2 to 3 examples" in merit("info", tmp_path / "y.npy").out


@pytest.mark.parametrize("name, text", [
    ("page", "looks like an HTML page"),
    ("page.gz", "looks like an HTML page"),
    ("spectrum", "looks like a JCAMP-DX spectrum; save spectra as CSV"),
    ("measured", "looks like XML (mzML?); save spectra as CSV"),
    ("database", "looks like an SQLite database; save a table as CSV"),
    ("run/config.json", "is JSON, as config.json and log.jsonl of a run are"),
    ("run/log.jsonl", "is JSON, as config.json and log.jsonl of a run are"),
    ("run/metrics.tsv", "is the history of a run; `merit curves RUN` shows it"),
    ("compared/comparison.tsv", "is the table of a comparison; `merit compare --show`"),
    ("names", "expected a number"),
])
def test_what_is_no_data(place, name, text):
    assert text in refused("info", place / name, expect=3)


def test_spectra_of_other_programs_are_not_learned_from(place):
    for name in ("spectrum", "measured"):
        assert "save spectra as CSV" in refused("train", place / name, "--check", "-q",
                                                expect=3)


def test_names_of_files_do_not_matter(place, tmp_path):
    for name, ending in (("table", "npy"), ("labels", "idx"), ("scores", "png"),
                         ("answers", "safetensors"), ("tree", "csv")):
        shutil.copy(place / name, tmp_path / f"wrong.{ending}")
        a, b = (json.loads(merit("info", path, "--json").out)
                for path in (place / name, tmp_path / f"wrong.{ending}"))
        for record in (a, b):
            record.pop("path")
            record.pop("labels", None)
        assert a == b
