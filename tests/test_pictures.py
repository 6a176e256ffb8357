"""Pictures in files, through the program: tables and classes, lists, sizes, and that the
result does not depend on where the pixels are."""

import gzip
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from test_cli import merit, write_idx

MERIT = os.path.abspath(os.environ.get("MERIT", "build/merit"))
TESTS = Path(__file__).resolve().parent
PICTURES = TESTS / "bad" / "pictures"
sys.path.insert(0, str(TESTS / "bad"))
import make_pictures  # noqa: E402

NET = ["-n", "conv 4 3, relu, pool 2, dense 8, relu", "-e", "2", "-b", "16", "-l",
       "cross-entropy"]
CLASSES = ["ant", "bee", "cat"]


def refused(*arguments, expect=3, **options):
    done = merit(*arguments, expect=expect, **options)
    lines = done.err.splitlines()
    assert lines[-1].startswith("merit: ") and done.out == "", (done.out, done.err)
    return lines[-1]


def grey_png(array):
    return make_pictures.png([[(int(v),) for v in row] for row in array], 8,
                             make_pictures.GREY)


def examples(n, side=12, seed=5):
    """Pictures with a bright row that tells their class, and their labels."""
    random = np.random.default_rng(seed)
    labels = np.arange(n) % len(CLASSES)
    pictures = random.integers(0, 90, (n, side, side))
    for i, label in enumerate(labels):
        pictures[i, 3 * label:3 * label + 2] += 120
    return pictures, labels


def write_folder(folder, n=120, **options):
    pictures, labels = examples(n, **options)
    for name in CLASSES:
        (folder / name).mkdir(parents=True, exist_ok=True)
    for i, (picture, label) in enumerate(zip(pictures, labels)):
        (folder / CLASSES[label] / f"{i:04}.png").write_bytes(grey_png(picture))
    return folder


@pytest.fixture(scope="session")
def pets(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("pictures") / "pets")


@pytest.fixture(scope="session")
def trained(pets, tmp_path_factory):
    run = tmp_path_factory.mktemp("trained") / "run"
    merit("train", pets, "-o", run, *NET)
    return run


# Score tables and classes

TABLE = "cat\tant\tbee\ncat\t2\t0\t0\nant\t0\t2\t1\nbee\t0\t1\t2\n"


def test_classes_are_matched_with_the_table_by_name(pets, tmp_path):
    table = tmp_path / "table.tsv"
    table.write_text(TABLE)
    run = tmp_path / "run"
    merit("train", pets, "-s", table, "-o", run, *NET, "-e", "12", "--lr", "0.05")
    record = json.loads(merit("info", run, "--json").out)
    assert record["classes"] == ["cat", "ant", "bee"]
    answers = [line.split("\t")[:2] for line in merit("predict", run, pets).out.splitlines()]
    right = sum(file.startswith(answer + "/") for file, answer in answers[1:])
    assert right > 100, "answers go by the names of the table"
    result = json.loads(merit("eval", run, pets, "--json").out)
    assert result["accuracy"] == pytest.approx(right / 120)


def test_classes_that_do_not_fit_the_table(pets, trained, tmp_path):
    table = tmp_path / "table.tsv"
    table.write_text(TABLE.replace("bee", "dog"))
    line = refused("train", pets, "-s", table, "-o", tmp_path / "run")
    assert "1 of its classes is not in the score table: bee" in line
    table.write_text("ant\tbee\tcat\tdog\n" + "".join(
        f"{name}\t0\t0\t0\t1\n" for name in ["ant", "bee", "cat", "dog"]))
    line = refused("train", pets, "-s", table, "-o", tmp_path / "run")
    assert "has no examples of 1 classes of the score table: dog" in line
    test = tmp_path / "test"
    shutil.copytree(pets / "bee", test / "bee")
    assert json.loads(merit("eval", trained, test, "--json").out)["n"] == 40
    shutil.copytree(pets / "cat", test / "wasp")
    shutil.copytree(pets / "cat", test / "yak")
    line = refused("eval", trained, test)
    assert "2 of its classes are not in the score table: wasp, yak" in line


def test_validation_data_of_their_own(pets, tmp_path):
    held = tmp_path / "held"
    write_folder(held, n=30, seed=6)
    shutil.rmtree(held / "ant")  # a class may be missing there
    run = tmp_path / "run"
    done = merit("train", pets, "--validation", held, "-o", run, *NET)
    assert "120 examples 1x12x12, 20 held out, 3 classes" in done.err
    assert "also among those to learn from" not in done.err
    shutil.copy(pets / "bee" / "0001.png", held / "bee" / "copy.png")
    done = merit("train", pets, "--validation", held, "-o", tmp_path / "run2", *NET)
    assert "1 of the 21 pictures held out are also among those to learn from" in done.err


def test_grades_are_in_the_order_of_their_names(tmp_path):
    for name in ("1", "10", "9"):
        (tmp_path / "data" / name).mkdir(parents=True)
        for i in range(4):
            (tmp_path / "data" / name / f"{i}.png").write_bytes(
                grey_png(np.full((4, 4), 20 * i)))
    done = merit("train", tmp_path / "data", "-s", "ordinal", "-o", tmp_path / "run", *NET)
    assert "grades in this order: 1, 10, 9" in done.err
    record = json.loads(merit("info", tmp_path / "run", "--json").out)
    assert record["classes"] == ["1", "10", "9"]


def test_eval_on_what_was_learned_from_is_told(trained, pets, tmp_path):
    assert "120 of 120 pictures are among those that the run learned from" in merit(
        "eval", trained, pets).err
    other = write_folder(tmp_path / "other", n=12, seed=9)
    assert merit("eval", trained, other).err == ""
    shutil.copy(pets / "cat" / "0002.png", other / "cat" / "copy.png")
    shutil.copy(PICTURES / "nothing.png", other / "cat")
    done = merit("eval", trained, other, "--bad-samples=skip:10%")
    assert "1 of 13 pictures are among those that the run learned from" in done.err
    assert "1 of 14 pictures is bad and left out" in done.err


def test_a_comparison_and_a_report_of_pictures(trained, pets, tmp_path):
    merit("compare", pets, "-l", "cross-entropy,brier", "-o", tmp_path / "comparison",
          "--size", "10", "--memory", "1", *NET[:-2])
    logs = list((tmp_path / "comparison").rglob("log.jsonl"))
    shares = [json.loads(log.read_text().splitlines()[-1])["waited_for_pictures"]
              for log in logs]
    assert len(shares) == 6 and all(0 < share <= 1 for share in shares), shares
    merit("explain", trained)
    page = tmp_path / "page.html"
    wrong = tmp_path / "wrong"  # labels, so that there are mistakes to show
    shutil.copytree(pets / "ant", wrong / "bee")
    shutil.copytree(pets / "cat", wrong / "ant")
    told = merit("report", trained, wrong, "-o", page).err
    assert "80 of 80 pictures are among those that the run learned from" in told
    text = page.read_text()
    assert text.count("<img ") > 0
    assert "<dt>momentum</dt>" in text
    assert "<dt>hide</dt>" not in text and "<dt>sample</dt>" not in text
    # What does not fit into memory is shown all the same.
    other = tmp_path / "other.html"
    merit("report", trained, wrong, "-o", other, "--memory", "1")
    assert other.read_text() == page.read_text()


def test_names_in_a_report_are_text(tmp_path):
    data, wrong = tmp_path / "data", tmp_path / "wrong"
    names = ["<script>", "=cmd|' -C calc'!A0", "&amp;\"'"]
    for i, name in enumerate(names):
        deep = data / name / ("y" * 60)
        deep.mkdir(parents=True)
        for j in range(8):
            (deep / f"<u>{j}.png").write_bytes(grey_png(np.full((4, 4), 40 * i + j)))
        shutil.copytree(data / name, wrong / names[i - 1])  # so that there are mistakes
    merit("train", data, "-o", tmp_path / "run", *NET)
    merit("report", tmp_path / "run", wrong, "-o", tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert "&lt;script&gt;" in page and "&amp;amp;" in page and "&lt;u&gt;" in page
    assert "<script" not in page and "<u>" not in page
    assert "\u2026<bdi>/&lt;u&gt;0.png</bdi>" in page  # the end of a path matters


def test_a_residual_net_learns(pets, tmp_path):
    run = tmp_path / "run"
    merit("train", pets, "-o", run, "-n", "resnet-8", "-e", "6", "-b", "16", "-l",
          "cross-entropy")
    assert json.loads(merit("eval", run, pets, "--json").out)["accuracy"] > 0.9


def test_predict_needs_no_labels(trained, pets, tmp_path):
    flat = tmp_path / "flat"
    shutil.copytree(pets / "bee", flat)
    lines = merit("predict", trained, flat).out.splitlines()
    assert len(lines) == 41 and lines[1].startswith("0001.png\t")
    whole = merit("predict", trained, pets).out
    line = next(line for line in whole.splitlines() if line.startswith("bee/0001.png"))
    assert lines[1].split("\t")[1:] == line.split("\t")[1:]
    one = merit("predict", trained, flat / "0001.png").out.splitlines()
    assert one[1] == lines[1]
    link = tmp_path / "link.png"
    link.symlink_to(flat / "0001.png")
    assert merit("predict", trained, link).out.splitlines()[1].startswith("link.png\t")
    assert "holds no folders" in refused("eval", trained, flat)
    assert "a picture alone has no label" in refused("eval", trained, flat / "0001.png")
    (tmp_path / "none").mkdir()
    assert "holds no pictures" in refused("predict", trained, tmp_path / "none")


# Lists

def test_a_list_is_as_good_as_a_folder(pets, tmp_path):
    files = sorted(str(p.relative_to(pets)) for p in pets.glob("*/*.png"))
    rows = [(name, name.split("/")[0]) for name in files]
    texts = {
        "plain.tsv": "".join(f"{a}\t{b}\n" for a, b in rows),
        "named.tsv": "# my pets\nlabel\tsize\tpath\n" + "".join(
            f"{b}\t12\t./{a}\n" for a, b in rows),
        "quoted.csv": "\ufefffilename,class\r\n" + "".join(
            f'"{a}","{b}"\r\n' for a, b in rows),
        "semicolon.csv": "".join(f"{a};{b}\n" for a, b in rows).rstrip("\n"),
    }
    wanted = json.loads(merit("info", pets, "--json").out)["fingerprint"]
    for name, text in texts.items():
        path = tmp_path / name
        path.write_text(text)
        record = json.loads(merit("info", path, "--root", pets, "--json").out)
        assert record["fingerprint"] == wanted, name
    beside = pets / "list.tsv"
    beside.write_text(texts["plain.tsv"])
    try:
        assert json.loads(merit("info", beside, "--json").out)["fingerprint"] == wanted
    finally:
        beside.unlink()


def test_a_list_in_gzip_with_strange_names(pets, tmp_path):
    for name in ("a\tb.png", 'say "bee".png', " blank.png", "semi;colon.png"):
        shutil.copy(pets / "bee" / "0001.png", tmp_path / name)
    (tmp_path / "list.csv.gz").write_bytes(gzip.compress(
        b'#strange\n\npath,label\n"a\tb.png",ant\n"say ""bee"".png",bee\n'
        b'" blank.png",bee\nsemi;colon.png,"c ""x"""\n'))
    record = json.loads(merit("info", tmp_path / "list.csv.gz", "--json").out)
    assert record["n"] == 4 and record["classes"] == ["ant", "bee", 'c "x"']


def test_the_column_of_labels_may_be_named(pets, tmp_path):
    rows = [(f"{name}/{i:04}.png", name) for i in range(0, 9)
            for name in [CLASSES[i % 3]]]
    path = tmp_path / "list.csv"
    path.write_text("patient,image,diagnosis\n" + "".join(
        f"{i},{file},{name}\n" for i, (file, name) in enumerate(rows)))
    record = json.loads(merit("info", path, "--root", pets, "--label", "diagnosis",
                              "--json").out)
    assert record["n"] == 9 and record["classes"] == CLASSES
    assert "has no column of labels" in refused("info", path, "--root", pets)
    run = tmp_path / "run"
    merit("train", path, "--root", pets, "--label", "3", "-o", run, *NET)
    assert json.loads(merit("eval", run, path, "--root", pets, "--label", "-1",
                            "--json").out)["n"] == 9
    assert "there is no column of labels \"age\"" in refused(
        "train", path, "--root", pets, "--label", "age", "-o", tmp_path / "run2")
    bare = tmp_path / "bare.csv"
    bare.write_text("".join(f"{file},{i},{name}\n" for i, (file, name) in enumerate(rows)))
    record = json.loads(merit("info", bare, "--root", pets, "--label", "3", "--json").out)
    assert record["classes"] == CLASSES


def test_a_table_may_have_a_column_of_files(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("file,area,kind\n" + "".join(
        f"{i}.png,{i % 7},{'ab'[i % 2]}\n" for i in range(20)))
    record = json.loads(merit("info", path, "--label", "kind", "--id", "file",
                              "--json").out)
    assert record["shape"] == [1, 1, 1] and record["n"] == 20
    path.write_text("image,area,kind\n" + "".join(
        f"{i},{i % 7},{'ab'[i % 2]}\n" for i in range(20)))
    record = json.loads(merit("info", path, "--label", "kind", "--json").out)
    assert record["shape"] == [2, 1, 1] and record["n"] == 20


@pytest.mark.parametrize("text, wanted", [
    ("ant/0000.png\tant\nant/none.png\tant\n", ":2: ant/none.png: there is no such file"),
    ("ant/0000.png\tant\n\n../x.png\tant\n", ':3: "../x.png" leads out of the folder'),
    ("ant/0000.png\tant\nant/../../x.png\tant\n", ":2: "),
    ("ant/0000.png\tant\n/etc/passwd\tant\n", ':2: "/etc/passwd" leads out'),
    ("ant/0000.png\tant\nant/0003.png\n", ":2: 1 fields, expected 2"),
    ("ant/0000.png\tant\nant/0003.png\tant\tx\n", ":2: 3 fields, expected 2"),
    ("ant/0000.png\tant\nant/0003.png\t\n", ":2: the label is empty"),
    ("ant/0000.png\tant\n\tant\n", ":2: the path is empty"),
    (f"ant/0000.png\tant\nant/0003.png\t{'x' * 256}\n", ":2: the label is longer than"),
    ("one\ttwo\nant/0000.png\tant\n", "in a list of pictures their column is named path"),
    ("path,label\nant/0000.png,\"ant\n", ":2: a quote opens here and is never closed"),
    ("path,label\nant/0000.png,\"ant\"x\n", ":2: a closing quote is followed"),
    ("path\tlabel\n", "there is no picture in the list"),
    ("path\tsize\nant/0000.png\t12\n", "has no column of labels"),
    ("ant/0000.png\n", "has no column of labels"),
    ("ant/0000.png\tant\n\0\tant\n", ":2: byte 1 of the line is 0"),
    ("ant/0000.png\tant\nant\tant\n", ":2: ant: is not a regular file"),
])
def test_a_bad_list_is_refused_with_its_line(text, wanted, pets, tmp_path):
    path = tmp_path / "list.tsv"
    path.write_text(text)
    line = refused("train", path, "--root", pets, "-o", tmp_path / "run")
    assert "list.tsv" in line and wanted in line, line
    assert not (tmp_path / "run").exists()


def test_options_that_do_not_fit_the_data(pets, tmp_path):
    labels = tmp_path / "labels"
    labels.write_text("x")
    assert "take no file of labels" in refused("info", pets, "--labels", labels, expect=2)
    assert "a column of labels is for lists" in refused("info", pets, "--label", "x",
                                                        expect=2)
    assert "a root folder is for those" in refused("info", pets, "--root", pets, expect=2)
    for option, value in (("--size", "0"), ("--size", "12x"), ("--size", "x12"),
                          ("--size", "5000"), ("--fit", "pad"), ("--channels", "2"),
                          ("--memory", "-1"), ("--memory", "2T"), ("--memory", "")):
        assert option in refused("info", pets, option, value, expect=2)


# How pictures become examples

def test_size_fit_and_channels(pets, tmp_path):
    def shape(*options):
        return json.loads(merit("info", pets, "--json", *options).out)["shape"]
    assert shape() == [1, 12, 12]
    assert shape("--size", "20") == [1, 20, 20]
    assert shape("--size", "8x10", "--channels", "3") == [3, 8, 10]
    prints = {json.loads(merit("info", pets, "--json", *options).out)["fingerprint"]
              for options in ([], ["--size", "20"], ["--size", "8x10"],
                              ["--size", "8x10", "--fit", "stretch"])}
    assert len(prints) == 4


def test_a_model_knows_how_its_pictures_are_fitted(pets, tmp_path):
    run = tmp_path / "run"
    merit("train", pets, "-o", run, *NET, "--size", "10x14", "--fit", "stretch")
    header = (run / "best.safetensors").read_bytes()
    n = struct.unpack("<Q", header[:8])[0]
    assert json.loads(header[8:8 + n])["__metadata__"]["fit"] == "stretch"
    other = tmp_path / "other"  # other sizes fit the model without being told
    write_folder(other, n=12, side=31)
    merit("eval", run, other)
    crop = tmp_path / "crop"
    merit("train", pets, "-o", crop, *NET, "--size", "10x14")
    assert merit("predict", run, other).out != merit("predict", crop, other).out


def test_sixteen_bits_and_eight_are_the_same_picture(pets, tmp_path):
    wide = tmp_path / "wide"
    pictures, labels = examples(120)
    for i, (picture, label) in enumerate(zip(pictures, labels)):
        place = wide / CLASSES[label]
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{i:04}.png").write_bytes(make_pictures.png(
            [[(257 * int(v),) for v in row] for row in picture], 16, make_pictures.GREY))
    runs = []
    for data in (pets, wide):
        run = tmp_path / f"run{len(runs)}"
        merit("train", data, "-o", run, *NET)
        runs.append((run / "metrics.tsv").read_text())
    assert runs[0] == runs[1]


def test_a_folder_trains_like_the_same_pictures_in_one_file(pets, trained, tmp_path):
    pictures, labels = examples(120)
    order = np.lexsort((np.arange(120), labels))
    write_idx(tmp_path / "p-images-idx3-ubyte", pictures[order])
    write_idx(tmp_path / "p-labels-idx1-ubyte", labels[order])
    merit("train", tmp_path / "p-images-idx3-ubyte", "-o", tmp_path / "run", *NET)
    assert (tmp_path / "run" / "metrics.tsv").read_text() == \
        (trained / "metrics.tsv").read_text()


def content(run):
    return (run / "best.safetensors").read_bytes()


@pytest.mark.parametrize("options", [["-j", "1"], ["--memory", "1"],
                                     ["--memory", "3K", "-j", "3"],
                                     ["--memory", "10K", "-j", "1"]])
def test_the_model_does_not_depend_on_memory_and_threads(options, pets, trained, tmp_path):
    merit("train", pets, "-o", tmp_path / "run", *NET, *options)
    assert content(tmp_path / "run") == content(trained)
    log = (tmp_path / "run" / "log.jsonl").read_text().splitlines()
    waited = json.loads(log[-1])["waited_for_pictures"]
    assert (waited is not None) == ("--memory" in options)


def test_the_first_pictures_are_evenly_spaced(pets):
    done = merit("info", pets, "--first", "30").out
    assert "30 of 1x12x12" in done and "3, of each 10 examples" in done


# Files that change

LONG = ["-n", "conv 8 3, relu, pool 2, dense 16, relu", "-e", "60", "-b", "16", "-l",
        "cross-entropy", "--checkpoint-interval", "0.05"]


def start_and_stop(data, run, *options):
    """A run that has been stopped in the middle."""
    for _ in range(12):
        shutil.rmtree(run, ignore_errors=True)
        process = subprocess.Popen([MERIT, "train", data, "-o", run, *LONG, *options],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        until = time.monotonic() + 60
        while time.monotonic() < until and process.poll() is None and \
                not list(Path(run).glob("checkpoints/*")):
            time.sleep(0.005)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        if process.returncode == 75:
            return
    pytest.fail("the run could not be caught")


def test_a_run_continues_only_with_the_same_pictures(pets, tmp_path):
    data = tmp_path / "data"
    shutil.copytree(pets, data)
    run = tmp_path / "run"
    start_and_stop(data, run, "--memory", "4K")
    arguments = ["train", data, "-o", run, *LONG, "--memory", "4K"]
    victim = data / "bee" / "0004.png"
    old = victim.read_bytes()
    victim.write_bytes(grey_png(np.zeros((12, 12))))
    assert "the training data are not those it was started with: bee/0004.png has changed" \
        in refused(*arguments, expect=4)
    victim.rename(data / "bee" / "0005.png")
    line = refused(*arguments, expect=4)
    assert "bee/0005.png is new" in line or "bee/0004.png is gone" in line
    (data / "bee" / "0005.png").unlink()
    assert "bee/0004.png is gone" in refused(*arguments, expect=4)
    victim.write_bytes(old)
    extra = data / "cat" / "more.png"
    extra.write_bytes(old)
    assert "cat/more.png is new" in refused(*arguments, expect=4)
    extra.unlink()
    assert "the pictures are the same; are --size, --fit" in refused(
        *arguments, "--size", "10", expect=4)
    os.utime(victim, (1, 1))  # a touched file is the same file
    done = merit(*arguments)
    assert "continued after step" in done.err
    whole = tmp_path / "whole"
    merit("train", pets, "-o", whole, *LONG)
    assert content(run) == content(whole)


@pytest.mark.parametrize("what", ["changed", "gone"])
def test_a_picture_that_changes_under_way_stops_the_run(what, pets, tmp_path):
    data = tmp_path / "data"
    shutil.copytree(pets, data)
    run = tmp_path / "run"
    endless = [MERIT, "train", str(data), "-o", str(run), "-n", "conv 8 3, relu", "-e",
               "100000", "-b", "1", "-l", "cross-entropy", "--memory", "1"]
    process = subprocess.Popen(endless, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    until = time.monotonic() + 60
    while time.monotonic() < until and not (run / "metrics.tsv").exists():
        time.sleep(0.01)
    victim = data / "ant" / "0003.png"  # one to learn from, under this seed
    kept = tmp_path / "kept.png"
    victim.rename(kept)
    if what == "changed":
        victim.write_bytes(grey_png(np.zeros((12, 12)) + 7))
    _, err = process.communicate(timeout=20)
    assert process.returncode == 3, err
    line = err.decode().splitlines()[-1]
    assert "ant/0003.png: " in line
    assert ("has changed since it was first read" if what == "changed" else
            "is gone since the folder was read") in line
    # What was learned until then is kept: not just the last whole epoch.
    kept.rename(victim)
    process = subprocess.Popen(endless, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    told = b""
    while b"continued after step" not in told and process.poll() is None:
        told += process.stderr.readline()
    process.terminate()
    process.communicate(timeout=20)
    step = int(re.search(rb"continued after step (\d+)", told).group(1))
    assert step % 108 != 0
