"""`merit report`: the page as HTML, and as a browser shows it."""

import base64
import json
import os
import re
import shutil
import struct
import subprocess
import zlib
from html.parser import HTMLParser

import numpy as np
import pytest

import chromium

MERIT = os.environ.get("MERIT", "build/merit")
VOID = {"meta", "br", "img", "input", "hr", "link"}
SHAPES = {"path", "rect", "circle"}  # of SVG, closed at once
MARKUP = "<script>alert('x')</script>"
RTL = "\u05e9\u05dc\u05d5\u05dd"  # Hebrew, which is text as any other
TURNED = "\u202egnp.tac\u2066"  # controls that turn the text after them around
LONG = "Langer Name " + "\u00e4" * 119


def merit(*arguments, expect=0):
    done = subprocess.run([MERIT, *map(str, arguments)], capture_output=True,
                          timeout=120, stdin=subprocess.DEVNULL,
                          env={**os.environ, "COLUMNS": "80"})
    done.out, done.err = done.stdout.decode(), done.stderr.decode()
    assert "Sanitizer" not in done.err and "runtime error" not in done.err, done.err
    assert done.returncode == expect, (done.returncode, done.out, done.err)
    return done


def write_data(place, n, shape, n_classes, seed=1):
    """Pictures that are told apart by where they are bright, not too well."""
    random = np.random.default_rng(seed)
    labels = random.integers(n_classes, size=n)
    values = random.random((n, *shape)).astype(np.float32)
    flat = values.reshape(n, -1)
    flat[np.arange(n), labels * flat.shape[1] // n_classes] += 1.5
    np.save(place / "x.npy", values)
    np.save(place / "y.npy", labels.astype(np.int64))


def write_table(place, names, values):
    width = len(values[0])
    lines = ["\t".join(["truth", *names[:width]])]
    lines += ["\t".join([names[i], *map(str, row)]) for i, row in enumerate(values)]
    (place / "table.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def train(place, *more):
    merit("train", place / "x.npy", "--labels", place / "y.npy", "-s", place / "table.tsv",
          "-o", place / "run", "-n", "dense 16, relu", "-q", "--epochs", 2, *more)


def report(place, *more, data=True):
    page = place / "page.html"
    examples = [place / "x.npy", "--labels", place / "y.npy"] if data else []
    done = merit("report", place / "run", *examples, "-o", page, *more)
    assert done.out == f"{page}\n"
    return page


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """Names that are markup, turn the text around, are long; costs; an extra answer."""
    place = tmp_path_factory.mktemp("hostile")
    names = [MARKUP, RTL, TURNED, LONG, "ask \"me\" & 'you'"]
    write_data(place, 600, (9, 7), 4)
    write_table(place, names, [[0, -3, -7.25, -1, -2], [-1, 0, -4, -9, -2],
                               [-2.5, -1, 0, -1, -2], [-12, -1, -1, 0, -2]])
    train(place, "-l", "cross-entropy")
    return place


@pytest.fixture(scope="module")
def colours(tmp_path_factory):
    """Larger pictures in colour; the question's table, whose c3 is never best."""
    place = tmp_path_factory.mktemp("colours")
    write_data(place, 300, (3, 150, 160), 4)
    write_table(place, ["c1", "c2", "c3", "c4"],
                [[2, 1, 0, -1], [1, 2, -1, 0], [0, -1, 0, 1], [-1, 0, 1, 2]])
    train(place, "-l", "auto", "--net", "pool 8, dense 8, relu")
    return place


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """100 classes of examples that are no pictures, scores of 1e12."""
    place = tmp_path_factory.mktemp("many")
    write_data(place, 900, (60,), 100)
    write_table(place, [f"class-{i}" for i in range(100)],
                [[-1e12 * abs(i - k) ** 0.5 for k in range(100)] for i in range(100)])
    train(place, "-l", "expected-score")
    return place


@pytest.fixture(scope="module")
def comparison(tmp_path_factory):
    """Four losses, one with a long name, two seeds, one loss that the table forbids; a
    directory whose name is markup."""
    place = tmp_path_factory.mktemp("comparison")
    write_data(place, 500, (6, 6), 4)
    write_table(place, ["c1", "c2", "c3", "c4"],
                [[2, 1, 0, -1], [1, 2, -1, 0], [0, -1, 0, 1], [-1, 0, 1, 2]])
    done = merit("compare", place / "x.npy", "--labels", place / "y.npy", "-s",
                 place / "table.tsv", "-l",
                 "cross-entropy,cross-entropy:60%,expected-score,softmax-margin,geometric", "-n",
                 "dense 8, relu", "-e", 2, "--seeds", 2, "-o", place / "<b>of losses")
    assert "geometric" in done.out
    return place / "<b>of losses"


# The page as HTML


class Page(HTMLParser):
    """Takes a page apart; what is wrong with it is in `faults`."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.faults, self.open, self.ids, self.labels = [], [], [], []
        self.images, self.attributes, self.text = [], [], []
        self.pictures = []  # [attributes, names of the elements in it]
        self.feed(text)
        self.close()
        self.faults += [f"<{tag}> is not closed" for tag in self.open]
        self.faults += [f"id {i} twice" for i in set(self.ids) if self.ids.count(i) > 1]
        self.faults += [f"no id {i}" for i in self.labels if i not in self.ids]

    def handle_starttag(self, tag, attributes):
        known = dict(attributes)
        if len(known) != len(attributes):
            self.faults.append(f"an attribute twice: {attributes}")
        self.attributes += [(tag, name, value) for name, value in attributes]
        self.ids += [known["id"]] if "id" in known else []
        for name in ("aria-labelledby", "aria-describedby"):
            self.labels += known.get(name, "").split()
        if tag == "img":
            self.images.append(known)
        if tag == "svg":
            self.pictures.append((known, []))
        elif "svg" in self.open:
            self.pictures[-1][1].append(tag)
        if tag == "li" and self.open[-1] not in ("ul", "ol"):
            self.faults.append(f"<li> in <{self.open[-1]}>")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()
        if tag not in SHAPES:
            self.faults.append(f"<{tag}/>")

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            self.faults.append(f"</{tag}> in {self.open[-3:]}")
        else:
            self.open.pop()

    def handle_data(self, data):
        self.text.append(data)


def check(path):
    text = path.read_text(encoding="utf-8")
    page = Page(text)
    assert page.faults == []
    assert text.startswith("<!DOCTYPE html>\n<html lang=\"en\">")
    assert "<script" not in text.lower() and "javascript:" not in text.lower()
    for tag, name, value in page.attributes:
        assert not name.startswith("on"), (tag, name)
        assert name not in ("style", "href", "action", "srcset"), (tag, name)
        assert name in ("xmlns", "src", "content") or "//" not in (value or ""), value
        assert name != "src" or value.startswith("data:image/png;base64,")
    assert "url(http" not in text and "@import" not in text and "<!--" not in text
    policy = [v for t, n, v in page.attributes if n == "content" and "default-src" in v]
    assert len(policy) == 1 and policy[0].startswith("default-src 'none'; style-src "
                                                     "'unsafe-inline'; img-src data:")
    for known, inside in page.pictures:
        assert "title" in inside
        assert known.get("role") == "img" or known.get("aria-hidden") == "true"
    assert all(image.get("alt") for image in page.images)
    styles = re.findall(r"<style>(.*?)</style>", text, re.S)
    assert len(styles) == 1 and styles[0].count("{") == styles[0].count("}")
    page.shown = re.sub(r"\s+", " ", "".join(page.text))
    page.whole = text
    return page


def test_the_check_of_html_sees_faults():
    assert Page("<p id=\"a\"><b></p>").faults
    assert Page("<p id=\"a\"></p><p id=\"a\"></p>").faults == ["id a twice"]
    assert Page("<svg aria-labelledby=\"b\"></svg>").faults == ["no id b"]
    assert Page("<div><li></li></div>").faults
    assert Page("<p id=\"a\">x<br>y</p>").faults == []


def pixels(image):
    """The pixels of an image of the page, [height, width, channels]."""
    data = base64.b64decode(image["src"].split(",", 1)[1], validate=True)
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, parts, header = 8, b"", None
    while at < len(data):
        n, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + n]
        assert struct.unpack(">I", data[at + 8 + n:at + 12 + n])[0] == zlib.crc32(kind + body)
        header = struct.unpack(">IIBBBBB", body) if kind == b"IHDR" else header
        parts += body if kind == b"IDAT" else b""
        at += 12 + n
    width, height, depth, colour = header[:4]
    channels = {0: 1, 2: 3}[colour]
    assert depth == 8 and (str(width), str(height)) == (image["width"], image["height"])
    rows = np.frombuffer(zlib.decompress(parts), np.uint8).reshape(height, -1)
    out = np.zeros((height, width * channels), int)
    for y in range(height):
        for x in range(width * channels):
            left = out[y, x - channels] if x >= channels else 0
            up = out[y - 1, x] if y else 0
            corner = out[y - 1, x - channels] if y and x >= channels else 0
            nearest = min((left, up, corner), key=lambda v: abs(left + up - corner - v))
            guess = [0, left, up, (left + up) // 2, nearest][rows[y, 0]]
            out[y, x] = (rows[y, 1 + x] + guess) % 256
    return out.reshape(height, width, channels)


def numbers_of(page, heading):
    """The rows of the first table after a text."""
    part = page.whole[page.whole.index(heading):]
    body = part[part.index("<tbody>"):part.index("</tbody>")]
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)
             for row in body.split("<tr")[1:]]
    plain = [[re.sub(r"<[^>]*>", "", cell).replace("\u2212", "-").replace("\xa0%", "")
              for cell in row] for row in cells]
    return [[re.sub(r"(?<=\d),(?=\d{3})", "", cell) for cell in row] for row in plain]


def test_names_are_text_wherever_they_stand(hostile):
    page = check(report(hostile))
    assert "alert('x')" in page.shown.replace("\u2019", "'")
    assert RTL in page.shown
    assert "\u202e" not in page.whole and "\u2066" not in page.whole
    assert "\\xe2\\x80\\xaegnp.tac" in page.shown
    assert LONG not in page.shown and LONG[:30] in page.shown
    assert "<title>page" not in page.whole


def test_the_numbers_are_those_of_eval(hostile):
    page = check(report(hostile))
    arguments = [hostile / "run", hostile / "x.npy", "--labels", hostile / "y.npy"]
    record = json.loads(merit("eval", *arguments, "--json", "--confusion").out)
    rows = numbers_of(page, "different ways of answering")
    assert rows[0][0] == record["rule"] + " (stored)"
    assert float(rows[0][1]) == pytest.approx(100 * record["accuracy"], abs=0.006)
    assert float(rows[0][2]) == pytest.approx(record["mean_score"], abs=1e-3)
    assert float(rows[0][3]) == pytest.approx(record["normalized_score"], abs=6e-4)
    assert f"calibration error {record['ece']:.4f}" in page.shown
    assert [list(map(int, row[1:])) for row in numbers_of(page, "The confusion in numbers")
            ] == record["confusion"]
    # The costliest pairs, from the confusion and the table.
    table = np.loadtxt(hostile / "table.tsv", delimiter="\t", skiprows=1,
                       usecols=range(1, 6), encoding="utf-8", comments=None)
    counts = np.array(record["confusion"])
    lost = counts * (table.max(1, keepdims=True) - table)
    wanted = sorted(lost[lost > 0], reverse=True)
    pairs = numbers_of(page, "The costliest confusions</caption>")
    assert len(pairs) == min(12, len(wanted))
    for pair, cost in zip(pairs, wanted):
        assert float(pair[2]) * float(pair[3]) == pytest.approx(cost, rel=0.01)
        assert float(pair[4]) == pytest.approx(100 * cost / lost.sum(), abs=0.06)


def number(text):
    raised = str.maketrans("\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079\u207b",
                           "0123456789-")
    return float(text.replace("\u2212", "-").replace("\u00d710", "e").translate(raised))


def mistakes_of(place):
    """[lost, claimed, example], in the order of the page."""
    page = check(report(place))
    found = re.findall(r"lost (\S+), claimed (\S+)<br>example ([\d,]+)", page.whole)
    return page, [(number(a), number(b), int(c.replace(",", ""))) for a, b, c in found]


def test_the_costliest_mistakes(hostile):
    page, found = mistakes_of(hostile)
    answers = hostile / "answers.tsv"
    merit("predict", hostile / "run", hostile / "x.npy", "-o", answers)
    lines = [line.split("\t") for line in answers.read_text(encoding="utf-8").splitlines()]
    names = lines[0][3:]
    table = (hostile / "table.tsv").read_text(encoding="utf-8").splitlines()
    answer_names = table[0].split("\t")[1:]
    table = np.array([list(map(float, line.split("\t")[1:])) for line in table[1:]])
    labels = np.load(hostile / "y.npy")
    assert len(names) == 4
    costs = []
    for i, line in enumerate(lines[1:]):
        # Names are printed as codes where they would move the terminal's text.
        shown = [k for k, name in enumerate(answer_names) if name == line[1]] or [2]
        row = table[labels[i]]
        costs.append((row.max() - row[shown[0]], float(line[2]), i, labels[i], shown[0]))
    costs.sort(key=lambda c: (-c[0], -c[1], c[2]))
    wanted, kinds = [], {}
    for lost, claimed, i, *kind in costs:
        kinds[tuple(kind)] = kinds.get(tuple(kind), 0) + 1
        if lost > 0 and kinds[tuple(kind)] <= 4:
            wanted.append((lost, claimed, i))
    wanted = wanted[:24]
    assert len(found) == len(wanted) > 8
    assert [i for _, _, i in found] == [i for _, _, i in wanted]
    for a, b in zip(found, wanted):
        assert a[:2] == pytest.approx(b[:2], abs=0.006)
    data = np.load(hostile / "x.npy")[[i for _, _, i in found]].astype(float)
    bright = 255 * (data - data.min()) / (data.max() - data.min())
    for image, value, (_, _, i) in list(zip(page.images, bright, found))[:3]:
        assert np.abs(pixels(image)[:, :, 0] - value).max() <= 0.51
        assert image["alt"].startswith(f"Example {i}: ")


def test_pictures_in_colour_are_made_smaller(colours):
    page, found = mistakes_of(colours)
    assert len(page.images) == len(found) > 0
    shown = pixels(page.images[0])
    assert shown.shape == (120, 128, 3)
    # A pixel is the mean of those under it.
    data = np.load(colours / "x.npy")[[i for _, _, i in found]].astype(float)
    value = 255 * (data[0] - data.min()) / (data.max() - data.min())
    rows, columns = [np.arange(n + 1) * m // n for n, m in ((120, 150), (128, 160))]
    for y, x in ((0, 0), (60, 64), (119, 127)):
        mean = value[:, rows[y]:rows[y + 1], columns[x]:columns[x + 1]].mean((1, 2))
        assert np.abs(shown[y, x] - mean).max() <= 0.51
    assert "truth c3 is c4" in page.whole or "best answer to c3 is c4" in page.whole


def test_examples_that_are_no_pictures_are_lines(many):
    page, found = mistakes_of(many)
    assert page.images == [] and len(found) == 24
    assert page.whole.count("60 numbers from") == 24


def test_many_classes_are_cut_down(many):
    page = check(report(many))
    part = re.search(r"The (\d+) classes and answers of the costliest mistakes, of 100; "
                     r"in this part is (\d+)\s% of the score", page.shown)
    assert int(part[1]) == 24 and 24 ** 2 / 100 ** 2 * 100 < int(part[2]) < 100
    assert "more pairs lose the other" in page.shown
    assert len(page.whole) < 1_000_000


def test_without_data(hostile):
    page = check(report(hostile, data=False))
    assert "merit report RUN DATA" in page.shown
    assert "costliest" not in page.shown.replace("the costliest mistakes are told", "")
    assert page.images == []
    assert "How it learned" in page.shown and "The score table" in page.shown


@pytest.mark.parametrize("which", ["hostile", "many"])
def test_a_page_does_not_tell_where_it_was_made(request, which):
    place = request.getfixturevalue(which)
    page = check(report(place))
    assert str(place) not in page.whole and "What merit explain says of it" in page.shown


def test_no_pictures(hostile):
    page = check(report(hostile, "--no-pictures"))
    assert page.images == [] and "Where the score is lost" in page.shown
    assert "example 1" not in page.shown


def test_the_page_does_not_depend_on_threads(hostile):
    one = report(hostile, "-j", 1).read_bytes()
    assert report(hostile, "-j", 3).read_bytes() == one


def test_beside_the_run_and_on_standard_output(hostile):
    done = merit("report", hostile / "run")
    page = hostile / "run" / "report.html"
    assert done.out == f"{page}\n"
    assert merit("report", hostile / "run", "-o", "-").out == page.read_text(encoding="utf-8")
    merit("report", hostile / "run")  # again, in its place
    page.unlink()


@pytest.mark.parametrize("name", ["config.json", "metrics.tsv", "scores.tsv", "log.jsonl",
                                  "answers.jsonl", "best.safetensors", "last.safetensors"])
def test_no_file_of_the_run_is_written_over(hostile, name):
    path = hostile / "run" / name
    before = path.read_bytes()
    done = merit("report", hostile / "run", "-o", path, expect=2)
    assert done.err.startswith("merit: ") and len(done.err.splitlines()) == 1
    assert path.read_bytes() == before


def test_no_input_is_written_over(hostile):
    for name in ("x.npy", "y.npy"):
        before = (hostile / name).read_bytes()
        merit("report", hostile / "run", hostile / "x.npy", "--labels", hostile / "y.npy",
              "-o", hostile / name, expect=2)
        assert (hostile / name).read_bytes() == before


def test_refusals(hostile, colours, tmp_path):
    run = hostile / "run"
    for arguments, code, text in [
            ([], 2, "RUN is missing"),
            ([tmp_path], 5, "no config.json"),
            ([run, tmp_path / "none.npy", "-o", tmp_path / "p"], 5, "none.npy"),
            ([run, hostile / "x.npy", "-o", tmp_path / "p"], 3, "no labels"),
            ([run, colours / "x.npy", "--labels", colours / "y.npy", "-o", tmp_path / "p"],
             3, "3x150x160"),
            ([run, "-o", tmp_path / "no" / "p"], 5, "cannot write"),
            ([run, hostile / "x.npy", hostile / "y.npy"], 2, "y.npy"),
            ([run, "--rule", "best"], 2, "best")]:
        done = merit("report", *arguments, expect=code)
        assert text in done.err and len(done.err.splitlines()) == 1, done.err
        assert not (tmp_path / "p").exists()


def test_labels_beyond_the_table(hostile, tmp_path):
    labels = np.load(hostile / "y.npy")
    labels[17] = 4
    np.save(tmp_path / "y.npy", labels)
    done = merit("report", hostile / "run", hostile / "x.npy", "--labels",
                 tmp_path / "y.npy", "-o", tmp_path / "p", expect=3)
    assert "17" in done.err and not (tmp_path / "p").exists()


def test_a_run_that_has_only_begun(hostile, tmp_path):
    place = tmp_path / "begun"
    place.mkdir()
    for name in ("config.json", "scores.tsv"):
        shutil.copy(hostile / "run" / name, place / name)
    merit("report", place, "-o", tmp_path / "page.html")
    assert "has not measured anything yet" in check(tmp_path / "page.html").shown
    done = merit("report", place, hostile / "x.npy", "--labels", hostile / "y.npy", "-o",
                 tmp_path / "p", expect=4)
    assert "has not produced a model yet" in done.err


def test_comparison(comparison):
    done = merit("report", comparison)
    path = comparison / "report.html"
    assert done.out == f"{path}\n"
    page = check(path)
    path.unlink()
    record = json.loads(merit("compare", "--show", comparison, "--json").out)
    assert record["verdict"] in page.shown
    assert "<b>of losses" in page.shown
    rows = numbers_of(page, "What each loss earned")
    by_name = {loss["loss"]: loss for loss in record["losses"]}
    done = [loss for loss in record["losses"] if loss["state"] == "done"]
    assert [row[0] for row in rows] == [loss["loss"] for loss in done]
    for row in rows:
        loss = by_name[row[0]]
        assert float(row[1]) == pytest.approx(loss["mean_score"], abs=6e-4)
        assert float(row[2]) == pytest.approx(np.ptp(loss["interval"]) / 2, abs=6e-4)
        assert float(row[4]) == pytest.approx(100 * loss["accuracy"], abs=0.06)
        assert row[8] == (f"{loss['steps_to_95']:.0f}" if loss["n_reached"] else "never")
        if loss["n_reached"]:
            assert float(row[9]) == pytest.approx(loss["seconds_to_95"], abs=0.06)
    assert page.whole.count("<dt>merit</dt>") == 1
    refused = [loss for loss in record["losses"] if loss["state"] == "refused"]
    assert [loss["loss"] for loss in refused] == ["geometric"]
    assert "geometricrefused: " in page.shown.replace("geometric refused", "geometricrefused")
    assert "What merit check finds in it" in page.shown and "Learning curves" in page.whole
    assert len(numbers_of(page, "Each run</summary>")) >= 4


def test_what_a_page_of_a_comparison_does_not_touch(comparison):
    run = next(p for p in comparison.iterdir() if p.is_dir())
    for path in (comparison / "comparison.json", comparison / "comparison.tsv",
                 run / "config.json", run / "best.safetensors"):
        before = path.read_bytes()
        merit("report", comparison, "-o", path, expect=2)
        assert path.read_bytes() == before
    done = merit("report", comparison, comparison.parent / "x.npy", "-o", "-", expect=2)
    assert "leave out DATA" in done.err


def test_a_comparison_that_has_only_begun(comparison, tmp_path):
    place = tmp_path / "begun"
    place.mkdir()
    shutil.copy(comparison / "comparison.json", place)
    merit("report", place, "-o", tmp_path / "page.html")
    assert "not trained to the end yet" in check(tmp_path / "page.html").shown
    (place / "comparison.json").write_text("{")
    done = merit("report", place, "-o", tmp_path / "p", expect=3)
    assert "comparison.json" in done.err and not (tmp_path / "p").exists()


@pytest.mark.parametrize("loss", ["score-squares", "soft-labels"])
def test_outputs_that_are_no_beliefs(hostile, tmp_path, loss):
    merit("train", hostile / "x.npy", "--labels", hostile / "y.npy", "-s",
          hostile / "table.tsv", "-o", tmp_path / "run", "-n", "dense 8", "-q", "-l", loss,
          "-e", 1)
    merit("report", tmp_path / "run", hostile / "x.npy", "--labels", hostile / "y.npy",
          "-o", tmp_path / "page.html", *(["--rule", "decode"] if loss == "soft-labels" else []))
    page = check(tmp_path / "page.html")
    assert "its outputs are no beliefs" in page.shown and "Log loss" not in page.shown
    assert "reliability-title" not in page.whole


# The page in a browser


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    if chromium.PROGRAM is None:
        pytest.skip("chromium is not installed; scripts/install-packages test installs it")
    browser = chromium.Browser(tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.close()


def share_drawn(png):
    """How much of a picture differs from what is beside or above it, and its corner."""
    at, parts = 8, b""
    while at < len(png):
        n, kind = struct.unpack(">I4s", png[at:at + 8])
        if kind == b"IHDR":
            width, _, _, colour = struct.unpack(">IIBB", png[at + 8:at + 18])
        parts += png[at + 8:at + 8 + n] if kind == b"IDAT" else b""
        at += 12 + n
    channels = {2: 3, 6: 4}[colour]
    rows = np.frombuffer(zlib.decompress(parts), np.uint8).reshape(-1, 1 + width * channels)
    return np.count_nonzero(rows[:, 1:]) / rows.size, rows[0, 1:4]


@pytest.mark.parametrize("which", ["hostile", "colours", "many", "comparison"])
def test_in_a_browser(browser, request, tmp_path, which):
    place = request.getfixturevalue(which)
    page = tmp_path / "page.html"
    if which == "comparison":
        merit("report", place, "-o", page)
    else:
        page = report(place)
    for width, dark in ((360, False), (800, False), (1400, False), (800, True)):
        asked, complaints = browser.open(page, width, dark)
        assert asked == [] and complaints == []
        # What is wider than the page scrolls in its own place.
        assert browser.evaluate("document.documentElement.scrollWidth") == width
        drawn, corner = share_drawn(browser.picture())
        assert drawn > 0.01
        assert (corner < 40).all() if dark else (corner == 255).all()
        table = "document.querySelector('[aria-label=Losses]')"
        if which == "comparison" and width == 800:
            assert browser.evaluate(f"{table}.scrollWidth <= {table}.clientWidth")
    paper = browser.paper()
    assert paper.startswith(b"%PDF") and len(paper) > 20_000


@pytest.mark.parametrize("which", ["hostile", "many", "comparison"])
def test_text_does_not_leave_its_picture(browser, request, tmp_path, which):
    page = tmp_path / "page.html"
    merit("report", request.getfixturevalue("comparison"), "-o", page)
    browser.open(page if which == "comparison" else report(request.getfixturevalue(which)),
                 1000)
    left_out = browser.evaluate("""
        Array.from(document.querySelectorAll("main svg[role=img] text")).filter(text => {
            const t = text.getBoundingClientRect();
            const s = text.ownerSVGElement.getBoundingClientRect();
            return t.width > 0 && (t.left < s.left - 1 || t.right > s.right + 1 ||
                                   t.top < s.top - 1 || t.bottom > s.bottom + 1);
        }).map(text => text.textContent)""")
    assert left_out == []


def test_the_browser_sees_what_is_forbidden(browser, hostile, tmp_path):
    text = report(hostile).read_text(encoding="utf-8")
    for added, part in [("<script>document.title = 'x'</script>", "inline script"),
                        ("<img src=\"http://127.0.0.1:9/x.png\" alt=\"\">", "image")]:
        page = tmp_path / "page.html"
        page.write_text(text.replace("<main>", "<main>" + added), encoding="utf-8")
        _, complaints = browser.open(page)
        assert any(part in c for c in complaints), (added, complaints)
        assert browser.evaluate("document.title") == "run"


def test_the_browser_tells_what_is_asked_for(browser, tmp_path):
    page = tmp_path / "page.html"
    page.write_text("<!DOCTYPE html><title>x</title><img src=\"other.png\" alt=\"\">")
    asked, complaints = browser.open(page)
    assert asked == [f"file://{tmp_path}/other.png"] and complaints
