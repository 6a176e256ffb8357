"""Tables of examples through the program: CSV, TSV and libsvm, with labels and ids."""

import gzip
import json
import re

import numpy as np
import pytest
from test_cli import BAD, expected_rows, merit, refused

TRAIN = ["-e", "3", "-b", "16", "-l", "cross-entropy", "-q", "-j", "1"]
KINDS = ["ant", "bee", "wasp"]


def make(seed=5, n=120):
    """Examples [N,3] of three kinds far from each other, and which kind each is."""
    random = np.random.default_rng(seed)
    kinds = random.integers(0, 3, n)
    x = random.normal(size=(n, 3))
    x[:, 0] += 6 * kinds
    x[:, 1] = 1e4 + 500 * (x[:, 1] - 4 * (kinds == 2))
    return x.astype("f4"), kinds


def rows_of(x, kinds, separator=",", names=KINDS, ids=False):
    return "".join(
        separator.join([f"n{i}"] * ids + [repr(float(v)) for v in row] + [str(names[k])]) +
        "\n" for i, (row, k) in enumerate(zip(x, kinds)))


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("tables")
    x, kinds = make()
    header = "id,mass,length,width,kind\n"
    (place / "train.csv").write_text(header + rows_of(x, kinds, ids=True))
    x, kinds = make(6, 60)
    (place / "test.csv").write_text(header + rows_of(x, kinds, ids=True))
    (place / "groups").write_text("insects: ant bee wasp\n")
    (place / "kinds.tsv").write_text(
        "\twasp\tant\tbee\nwasp\t2\t0\t1\nant\t0\t2\t-1\nbee\t1\t-1\t2\n")
    return place


@pytest.fixture(scope="module")
def run(place):
    merit("train", place / "train.csv", "--label", "kind", "-s", place / "kinds.tsv", "-o",
          place / "run", *TRAIN)
    return place / "run"


def record(*arguments, **options):
    return json.loads(merit(*arguments, "--json", **options).out)


@pytest.mark.parametrize("name, options, code, text", expected_rows("tables", 4))
def test_bad_tables(name, options, code, text):
    options = [] if options == "-" else options.split()
    assert text in refused("train", BAD / "tables" / name, *options, "--check",
                           expect=int(code))


def test_a_table_is_learned_measured_and_answered(place, run):
    result = record("eval", run, place / "test.csv")
    assert result["n"] == 60 and result["accuracy"] > 0.95
    lines = merit("predict", run, place / "test.csv").out.splitlines()
    assert lines[0].split("\t") == ["id", "answer", "expected_score", "p_wasp", "p_ant",
                                    "p_bee"]
    truths = [line.rsplit(",", 1)[1] for line in
              (place / "test.csv").read_text().splitlines()[1:]]
    fields = [line.split("\t") for line in lines[1:]]
    assert [f[0] for f in fields] == [f"n{i}" for i in range(60)]
    hits = np.mean([f[1] == truth for f, truth in zip(fields, truths)])
    assert hits == pytest.approx(result["accuracy"], abs=1e-9)


def test_columns_go_by_their_names(place, run, tmp_path):
    rows = [line.split(",") for line in (place / "test.csv").read_text().splitlines()]
    wanted = merit("predict", run, place / "test.csv").out
    other = ["\t".join([row[3], f'"{row[4]}"', row[0], "7" if i else "year", row[1], row[2]])
             for i, row in enumerate(rows)]
    (tmp_path / "other.tsv").write_text("\ufeff" + "\r\n".join(other))
    done = merit("predict", run, tmp_path / "other.tsv")
    assert done.out == wanted
    assert merit("predict", run, "-", stdin=(tmp_path / "other.tsv").open("rb")).out == wanted
    unlabelled = ["\t".join(row[:4]) for row in rows]
    (tmp_path / "unlabelled.tsv.gz").write_bytes(
        gzip.compress("\n".join(unlabelled).encode()))
    assert merit("predict", run, tmp_path / "unlabelled.tsv.gz").out == wanted
    assert "which column holds the labels?" in refused(
        "eval", run, tmp_path / "unlabelled.tsv.gz", expect=3)
    bare = ["  ".join(row[1:4]) for row in rows[1:]]
    (tmp_path / "bare.txt").write_text("\n".join(bare))
    assert [line.split("\t")[1] for line in
            merit("predict", run, tmp_path / "bare.txt").out.splitlines()] == \
        [line.split("\t")[1] for line in wanted.splitlines()]
    line = refused("predict", run, BAD / "tables" / "word.csv", expect=3)
    assert ":1: 2 of the 3 columns that were learned from are not here: length, width" in line
    short = ["  ".join(row[1:3]) for row in rows[1:]]
    (tmp_path / "short.txt").write_text("\n".join(short))
    assert "2 columns of features, expected 3" in refused(
        "predict", run, tmp_path / "short.txt", expect=3)
    (tmp_path / "headless.csv").write_text("\n".join(",".join(row[1:]) for row in rows[1:]))
    assert "mass, length, width; if the first line names no columns, --header no" in refused(
        "eval", run, tmp_path / "headless.csv", expect=3)
    asked = merit("eval", run, tmp_path / "headless.csv", "--header", "no", "--label", "-1")
    assert asked.out == merit("eval", run, place / "test.csv").out


def test_columns_without_names_keep_their_places(tmp_path):
    """Numbers that name the rows are no features, though nothing in the table says so."""
    x, kinds = make()
    rows = [f"{1000 + i},{row}" for i, row in enumerate(rows_of(x, kinds).splitlines())]
    (tmp_path / "train.csv").write_text("\n".join(rows))
    merit("train", tmp_path / "train.csv", "--id", "1", "--label", "-1", "-o",
          tmp_path / "run", *TRAIN)
    assert record("eval", tmp_path / "run", tmp_path / "train.csv")["accuracy"] > 0.9
    wanted = merit("predict", tmp_path / "run", tmp_path / "train.csv").out
    assert [line.split("\t")[0] for line in wanted.splitlines()[1:4]] == \
        ["1000", "1001", "1002"]
    # Without labels it is not clear which of the columns is none of a feature.
    (tmp_path / "new.csv").write_text("\n".join(row.rsplit(",", 1)[0] for row in rows))
    assert "4 columns of features, expected 3" in refused(
        "predict", tmp_path / "run", tmp_path / "new.csv", expect=3)
    assert merit("predict", tmp_path / "run", tmp_path / "new.csv", "--id", "1").out == wanted


def test_names_of_classes_may_have_line_ends(tmp_path):
    def note(*names):
        (tmp_path / "t.csv").write_text(
            "a,label\n" + "".join(f'{i},"{name}"\n' for i, name in enumerate(names)))
        return "they are told apart" in merit("info", tmp_path / "t.csv").out

    assert not note("x\n0", "x\n1")
    assert note("x\nb", "x\nB")


def test_unknown_columns_are_told(place, run, tmp_path):
    lines = (place / "test.csv").read_text().splitlines()
    (tmp_path / "more.csv").write_text("\n".join(
        line + (",7" if i else ",year") for i, line in enumerate(lines)))
    said = "note: 1 column is left out, since nothing was learned from it: year\n"
    assert said in merit("report", run, tmp_path / "more.csv", "-o",
                         tmp_path / "page.html").err
    assert merit("eval", run, tmp_path / "more.csv").err == said
    assert merit("predict", run, tmp_path / "more.csv").err == said
    done = merit("train", place / "train.csv", "--label", "kind", "--validation",
                 tmp_path / "more.csv", "-o", tmp_path / "run", *TRAIN[:-3])
    assert said in done.err
    (tmp_path / "many.csv").write_text("\n".join(
        line + "".join(f",column {j}" if i == 0 else ",x" for j in range(30))
        for i, line in enumerate(lines)))
    assert "note: 30 columns are left out, since nothing was learned from them: column 0, " \
        "column 1," in merit("predict", run, tmp_path / "many.csv").err


def test_missing_and_renamed_columns(place, run, tmp_path):
    lines = (place / "test.csv").read_text().splitlines()
    for names, said in (
        ("id,mass,lenght,width,kind",
         '1 of the 3 columns that were learned from is not here: length; is "lenght" meant '
         "to be it?"),
        ("id,Mass,lenght,width,kind",
         '2 of the 3 columns that were learned from are not here: mass, length; is "Mass" '
         "meant to be the first?"),
        ("id,mass,height,width,kind",
         "1 of the 3 columns that were learned from is not here: length"),
    ):
        (tmp_path / "renamed.csv").write_text("\n".join([names, *lines[1:]]))
        for command in ("eval", "predict"):
            line = refused(command, run, tmp_path / "renamed.csv", expect=3)
            assert line.endswith("renamed.csv:1: " + said)


def test_same_numbers_as_an_array(place, tmp_path):
    """Text, .npy and libsvm of the same examples give the same model."""
    x, kinds = make()
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", kinds)
    (tmp_path / "x.csv").write_text(rows_of(x, kinds, names=[0, 1, 2]))
    (tmp_path / "y.txt").write_text("".join(f"{k}\n" for k in kinds))
    (tmp_path / "x.svm").write_text("".join(
        f"{k} " + " ".join(f"{i + 1}:{float(v)!r}" for i, v in enumerate(row)) + " # n\n"
        for row, k in zip(x, kinds)))
    prints = [record("info", *arguments)["fingerprint"] for arguments in (
        [tmp_path / "x.npy", "--labels", tmp_path / "y.npy"],
        [tmp_path / "x.npy", "--labels", tmp_path / "y.txt"],
        [tmp_path / "x.csv", "--label", "4"], [tmp_path / "x.csv", "--label", "-1"],
        [tmp_path / "x.svm"])]
    assert len(set(prints)) == 1, prints


def test_labels_by_name_beside_embeddings(place, tmp_path):
    x, kinds = make()
    np.save(tmp_path / "x.npy", x)
    (tmp_path / "y.tsv").write_text("id\tkind\n" + "".join(
        f"n{i}\t{KINDS[k]}\n" for i, k in enumerate(kinds)))
    merit("train", tmp_path / "x.npy", "--labels", tmp_path / "y.tsv", "--label", "kind",
          "-s", place / "kinds.tsv", "-o", tmp_path / "run", "--net", "linear", *TRAIN,
          "-e", "12")
    result = record("eval", tmp_path / "run", tmp_path / "x.npy", "--labels",
                    tmp_path / "y.tsv")
    assert result["accuracy"] > 0.9
    info = record("info", tmp_path / "run")
    assert info["net"] == "" and info["parameters"] == 12


def test_classes_and_table_must_agree(place, tmp_path):
    (tmp_path / "less.tsv").write_text("\twasp\tant\nwasp\t2\t0\nant\t0\t2\n")
    assert "1 of its classes is not in the score table: bee" in refused(
        "train", place / "train.csv", "--label", "kind", "-s", tmp_path / "less.tsv", "-o",
        tmp_path / "run", expect=3)
    (tmp_path / "more.tsv").write_text(
        "\twasp\tant\tbee\tfly\nwasp\t2\t0\t1\t0\nant\t0\t2\t0\t0\nbee\t1\t0\t2\t0\n"
        "fly\t0\t0\t0\t2\n")
    assert "no examples of 1 classes of the score table: fly" in refused(
        "train", place / "train.csv", "--label", "kind", "-s", tmp_path / "more.tsv", "-o",
        tmp_path / "run", expect=3)
    x, kinds = make()
    (tmp_path / "numbers.csv").write_text(rows_of(x, kinds, names=[0, 1, 2]))
    done = merit("train", tmp_path / "numbers.csv", "--label", "4", "-s",
                 place / "kinds.tsv", "--check")
    assert "0 is its first class, wasp" in done.err


def test_numbers_are_ordered_as_numbers(tmp_path):
    (tmp_path / "bins.csv").write_text(
        "x,label\n" + "".join(f"{i},{b}\n" for i, b in enumerate([10, 9, 2, 1, 10, -1])))
    assert record("info", tmp_path / "bins.csv", "--label", "label")["classes"] == \
        ["-1", "1", "2", "9", "10"]


def test_missing_values_become_the_mean(tmp_path):
    x, kinds = make()
    lines = rows_of(x, kinds).splitlines()
    for i in range(0, 120, 7):
        fields = lines[i].split(",")
        fields[2] = ["", "NA", "nan", "?"][i % 4]
        lines[i] = ",".join(fields)
    (tmp_path / "gaps.csv").write_text("\n".join(lines))
    assert ":1: column 3 is \"\"" in refused(
        "train", tmp_path / "gaps.csv", "--label", "4", "--check", expect=3)
    merit("train", tmp_path / "gaps.csv", "--label", "4", "--missing", "mean", "-o",
          tmp_path / "run", *TRAIN)
    gaps = merit("predict", tmp_path / "run", tmp_path / "gaps.csv").out
    # The mean by hand gives the same answers: of the 108 rows learned from, so nearly.
    known = [float(line.split(",")[2]) for i, line in enumerate(lines) if i % 7]
    filled = [line if i % 7 else ",".join(
        [*line.split(",")[:2], repr(float(np.mean(known))), line.split(",")[3]])
        for i, line in enumerate(lines)]
    (tmp_path / "filled.csv").write_text("\n".join(filled))
    done = merit("predict", tmp_path / "run", tmp_path / "filled.csv").out
    a = np.array([line.split("\t")[3:] for line in gaps.splitlines()[1:]], dtype=float)
    b = np.array([line.split("\t")[3:] for line in done.splitlines()[1:]], dtype=float)
    assert np.array_equal(a[1:7], b[1:7])
    assert np.abs(a - b).max() < 0.2 and np.isfinite(a).all()


def test_a_page_of_rows_with_ids_and_gaps(place, run, tmp_path):
    fields = [line.split(",") for line in
              (place / "test.csv").read_text().splitlines()]
    for i, row in enumerate(fields[1:]):
        row[4] = KINDS[i % 3]  # mistakes enough
        row[1 + i % 3] = "NA"
    fields[1][1:4] = ["", "", ""]
    (tmp_path / "gaps.csv").write_text("\n".join(",".join(row) for row in fields))
    merit("report", run, tmp_path / "gaps.csv", "--missing", "mean", "-o",
          tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    figures = page[page.index('class="mistakes"'):].split("</ul>")[0]
    assert len(re.findall(r"<br><bdi>n\d+</bdi></figcaption>", figures)) > 3
    paths = re.findall(r' d="([^"]*)"', figures)
    assert paths and all(re.fullmatch(r"(?:[ML][\d.]+ [\d.]+)*", path) for path in paths)
    assert "nan" not in figures and "inf" not in figures


def test_constant_features_are_told(tmp_path):
    (tmp_path / "c.csv").write_text("a,b,year,label\n" + "".join(
        f"{i % 7},{0.1 * i},1998,{'xy'[i % 2]}\n" for i in range(60)))
    done = merit("train", tmp_path / "c.csv", "-o", tmp_path / "run", "-e", "1", "-l",
                 "cross-entropy")
    assert "1 of 3 features never change in the data that are learned from, first year" \
        in done.err
    assert merit("eval", tmp_path / "run", tmp_path / "c.csv").err == ""
    # What was constant has no influence later, and that is told.
    wanted = merit("predict", tmp_path / "run", tmp_path / "c.csv").out
    for year in ("2024", "-1e30"):
        (tmp_path / "d.csv").write_text(
            (tmp_path / "c.csv").read_text().replace("1998", year))
        done = merit("predict", tmp_path / "run", tmp_path / "d.csv")
        assert done.out == wanted
        assert "1 of 3 features never changed in the data that were learned from, and do " \
            "here, first year (always 1998): nothing was learned about it" in done.err


def test_a_column_may_be_called_file(tmp_path):
    (tmp_path / "f.csv").write_text("file,a,label\n" + "".join(
        f"s{i}.raw,{i % 3},{'xy'[i % 2]}\n" for i in range(40)))
    info = record("info", tmp_path / "f.csv", "--id", "file")
    assert info["table"]["id"] == "file" and info["shape"] == [1, 1, 1]
    merit("train", tmp_path / "f.csv", "--id", "file", "-o", tmp_path / "run", *TRAIN)
    assert merit("predict", tmp_path / "run", tmp_path / "f.csv").out.splitlines()[1] \
        .startswith("s0.raw\t")


def test_other_units_are_doubted(place, run, tmp_path):
    random = np.random.default_rng(3)
    images = random.integers(0, 256, (64, 8, 8)).astype("u1")
    np.save(tmp_path / "bytes.npy", images)
    np.save(tmp_path / "floats.npy", (images / 255).astype("f4"))
    np.save(tmp_path / "y.npy", np.arange(64) % 2)
    merit("train", tmp_path / "bytes.npy", "--labels", tmp_path / "y.npy", "-o",
          tmp_path / "run", "-n", "linear", "-e", "1", "-l", "cross-entropy", "-q")
    done = merit("eval", tmp_path / "run", tmp_path / "floats.npy", "--labels",
                 tmp_path / "y.npy")
    assert "warning: The values spread 0.0039" in done.err and "0 to 1 instead" in done.err
    done = merit("eval", tmp_path / "run", tmp_path / "bytes.npy", "--labels",
                 tmp_path / "y.npy")
    assert done.err == ""
    lines = (place / "test.csv").read_text().splitlines()
    fields = [line.split(",") for line in lines]
    for row in fields[1:]:
        row[2] = repr(float(row[2]) * 10)
    (tmp_path / "unit.csv").write_text("\n".join(",".join(row) for row in fields))
    assert "warning: 1 of 3 features lie more than 30 standard deviations from where the " \
        "model learned them, first length" in merit("eval", run, tmp_path / "unit.csv").err
    assert merit("eval", run, place / "test.csv").err == ""


def test_quotes_commas_and_names(tmp_path):
    (tmp_path / "q.csv").write_bytes(
        b'# by hand\n\n"the ""name""","a, b","c\nd",what\n"one ""x""",1,2,"p,q"\n'
        b'"two\nlines",3,4, r \n\nthree,5,6,"p,q"\nfour,7,8,r\n')
    info = record("info", tmp_path / "q.csv", "--label", "what", "--id", 'the "name"')
    assert info["table"]["columns"] == ["a, b", "c\nd"] and info["n"] == 4
    assert info["classes"] == ["p,q", "r"] and info["table"]["id"] == 'the "name"'
    (tmp_path / "s.csv").write_text("a;b;label\n1,5;-2,25e1;x\n0;,5;y\n1;2;x\n0;1;y\n")
    (tmp_path / "p.csv").write_text("a,b,label\n1.5,-22.5,x\n0,.5,y\n1,2,x\n0,1,y\n")
    assert record("info", tmp_path / "s.csv", "--label", "label", "--decimal", ",")[
        "fingerprint"] == record("info", tmp_path / "p.csv", "--label", "label")["fingerprint"]
    assert record("info", tmp_path / "p.csv", "--label", "label", "--ignore", "b")["shape"] \
        == [1, 1, 1]
    assert record("info", tmp_path / "p.csv", "--label", "label", "--first", "2")["n"] == 2


def test_long_lines_and_many_classes(tmp_path):
    (tmp_path / "long.csv").write_text("".join(
        ",".join([f"{i * j % 97}.25" for j in range(100000)] + ["xy"[i % 2]]) + "\n"
        for i in range(4)))
    info = record("info", tmp_path / "long.csv", "--label", "-1")
    assert info["shape"] == [100000, 1, 1] and info["n"] == 4
    # Names that fit into a model, and names that do not.
    rows = (tmp_path / "long.csv").read_text()
    for length in (3, 30):
        names = ",".join(f"{'w' * length}{j}" for j in range(100000))
        (tmp_path / "named.csv").write_text(f"{names},label\n{rows}")
        merit("train", tmp_path / "named.csv", "-n", "linear", "-o", tmp_path / f"r{length}",
              "-e", "1", "-l", "cross-entropy", "-q")
        assert "accuracy" in record("eval", tmp_path / f"r{length}", tmp_path / "named.csv")
    (tmp_path / "many.csv").write_text("x,label\n" + "".join(
        f"1,{i}\n" for i in range(65537)))
    assert ":65538: more than 65536 classes" in refused(
        "train", tmp_path / "many.csv", "--check", expect=6)


def test_info_knows_examples_from_scores(place, tmp_path):
    assert record("info", place / "train.csv")["kind"] == "data"
    out = merit("info", place / "train.csv").out
    assert "3: mass, length, width" in out and "wasp" in out and "ids" in out
    assert record("info", place / "kinds.tsv")["kind"] == "scores"
    (tmp_path / "a.svm").write_text("+1 1:0.5 3:2\n-1 2:1\n1 3:2\n")
    info = record("info", tmp_path / "a.svm")
    assert info["shape"] == [3, 1, 1] and info["classes"] == ["-1", "1"]


def test_sparse_models_know_their_width(tmp_path):
    random = np.random.default_rng(2)
    lines = [f"{'+1' if i % 2 else '-1'} {1 + i % 2}:{1 + random.random():.3f} 5:1\n"
             for i in range(60)]
    (tmp_path / "train.svm").write_text("".join(lines))
    (tmp_path / "test.svm").write_text("-1 1:1.5\n+1 2:1.4 3:0\n")
    (tmp_path / "wide.svm").write_text("-1 1:1.5 6:1\n")
    merit("train", tmp_path / "train.svm", "-o", tmp_path / "run", *TRAIN)
    out = merit("predict", tmp_path / "run", tmp_path / "test.svm").out.splitlines()
    assert [line.split("\t")[1] for line in out[1:]] == ["-1", "1"]
    assert record("eval", tmp_path / "run", tmp_path / "test.svm")["n"] == 2
    assert '"6:1": there are 5 features' in refused(
        "predict", tmp_path / "run", tmp_path / "wide.svm", expect=3)


def bumps(seed, n, channels=1):
    """Signals [N,C,64] of three kinds, told by how far apart two bumps are."""
    random = np.random.default_rng(seed)
    kinds = random.integers(0, 3, n)
    t = np.arange(64)
    x = np.zeros((n, channels, 64))
    for i, kind in enumerate(kinds):
        place = random.integers(10, 30)
        for at in (place, place + 8 + 8 * kind):
            x[i, 0] += np.exp(-((t - at) / 2) ** 2)
    return (x + 0.1 * random.normal(size=x.shape)).astype("f4"), kinds


@pytest.mark.parametrize("channels", [1, 2])
def test_signals_as_arrays(tmp_path, channels):
    for name, seed, n in (("train", 1, 600), ("test", 2, 120)):
        x, kinds = bumps(seed, n, channels)
        np.save(tmp_path / f"{name}.npy", x[:, 0] if channels == 1 else x)
        np.save(tmp_path / f"{name}-y.npy", kinds)
    merit("train", tmp_path / "train.npy", "--labels", tmp_path / "train-y.npy", "-n",
          "cnn1d", "-o", tmp_path / "run", *TRAIN, "-e", "8")
    assert record("info", tmp_path / "run")["shape"] == [channels, 1, 64]
    result = record("eval", tmp_path / "run", tmp_path / "test.npy", "--labels",
                    tmp_path / "test-y.npy")
    assert result["accuracy"] > 0.9
    # --signals without a net chooses that net.
    merit("train", tmp_path / "train.npy", "--labels", tmp_path / "train-y.npy",
          "--signals", "-o", tmp_path / "same", *TRAIN, "-e", "8")
    assert (tmp_path / "run" / "best.safetensors").read_bytes() == \
        (tmp_path / "same" / "best.safetensors").read_bytes()


def test_signals_as_rows(tmp_path):
    x, kinds = bumps(1, 600)
    head = "\t".join([*map(str, range(400, 528, 2)), "kind"])
    (tmp_path / "train.tsv").write_text(head + "\n" + rows_of(x[:, 0], kinds, "\t"))
    x, kinds = bumps(2, 120)
    (tmp_path / "test.tsv").write_text(head + "\n" + rows_of(x[:, 0], kinds, "\t"))
    merit("train", tmp_path / "train.tsv", "--label", "kind", "-n", "cnn1d", "-o",
          tmp_path / "run", *TRAIN, "-e", "8")
    assert record("info", tmp_path / "run")["shape"] == [1, 1, 64]
    assert record("eval", tmp_path / "run", tmp_path / "test.tsv")["accuracy"] > 0.9
    # An axis names the columns, wherever the label stands.
    for place in ("kind", "-1"):
        assert record("info", tmp_path / "test.tsv", "--label", place)["n"] == 120
    # All names of its columns are numbers, and known.
    lines = (tmp_path / "test.tsv").read_text().splitlines()
    (tmp_path / "x.tsv").write_text("\n".join(line.rsplit("\t", 1)[0] for line in lines))
    assert merit("predict", tmp_path / "run", tmp_path / "x.tsv").out == \
        merit("predict", tmp_path / "run", tmp_path / "test.tsv").out


def test_cnn1d_needs_signals(tmp_path):
    np.save(tmp_path / "images.npy", np.zeros((8, 2, 3, 4), "f4"))
    np.save(tmp_path / "y.npy", np.arange(8) % 2)
    assert 'net "cnn1d": it reads signals, C x 1 x T numbers; the examples are 2x3x4' in \
        refused("train", tmp_path / "images.npy", "--labels", tmp_path / "y.npy", "-n",
                "cnn1d", "--check", "-q")


def test_compare_validation_and_test_data(place, tmp_path):
    result = record("compare", place / "train.csv", "--label", "kind", "--validation",
                    place / "test.csv", "--test", place / "test.csv", "-l",
                    "cross-entropy,softmax-margin", "-e", "2", "--seeds", "1", "-q", "-o",
                    tmp_path / "comparison")
    assert len(result["losses"]) == 2


def test_locales_change_nothing(place, run):
    wanted = merit("predict", run, place / "test.csv").out
    for locale in ("de_DE.UTF-8", "tr_TR.UTF-8", "C"):
        assert merit("predict", run, place / "test.csv", env={"LC_ALL": locale}).out == wanted


def test_decimal_commas_everywhere(place, tmp_path):
    """--decimal=, is the same in examples, score tables, generators and probabilities."""
    (tmp_path / "p.tsv").write_text("\ta\tb\na\t1.5\t-0.25\nb\t0\t2e-1\n")
    (tmp_path / "c.csv").write_text(";a;b\na;1,5;-0,25\nb;0;2e-1\n")
    (tmp_path / "blanks.txt").write_text("    a   b\na 1,5 -0,25\nb 0   2e-1\n")
    plain = merit("labels", tmp_path / "p.tsv").out
    for name in ("c.csv", "blanks.txt", "p.tsv"):
        assert merit("labels", tmp_path / name, "--decimal=,").out == plain, name
        assert record("info", tmp_path / name, "--decimal", ",")["highest"] == 1.5, name
    hint = "a decimal comma? use --decimal=,"
    assert hint in refused("check", tmp_path / "c.csv", expect=3)
    (tmp_path / "both.csv").write_text(";a;b\na;1,5;-0.25\nb;0;1\n")
    assert 'found "-0.25"; other numbers before it are written the other way' in refused(
        "check", tmp_path / "both.csv", "--decimal=,", expect=3)
    assert "expected one of .|,, found" in refused("check", tmp_path / "c.csv", "--decimal=;")

    (tmp_path / "c.groups").write_text("x: a b\ny: c\nscores: 1,5 0,5 -1\n")
    (tmp_path / "p.groups").write_text("x: a b\ny: c\nscores: 1.5 0.5 -1\n")
    (tmp_path / "c.bins").write_text("low\t0,5\nmiddle\t1,5\nhigh\t4\n")
    (tmp_path / "p.bins").write_text("low 0.5\nmiddle 1.5\nhigh 4\n")
    for kind in ("groups", "bins"):
        assert hint in refused("check", f"{kind}:{tmp_path}/c.{kind}", expect=3)
        assert merit("labels", f"{kind}:{tmp_path}/c.{kind}", "--decimal=,").out == \
            merit("labels", f"{kind}:{tmp_path}/p.{kind}").out

    (tmp_path / "pp.csv").write_text("a,b\n0.25,0.75\n0.5,0.5\n")
    (tmp_path / "pc.csv").write_text("a;b\n0,25;0,75\n0,5;0,5\n")
    (tmp_path / "bare.txt").write_text("0,25 0,75\n0,5 0,5\n")
    assert hint in refused("decide", tmp_path / "pc.csv", "-s", tmp_path / "p.tsv", expect=3)
    answers = merit("decide", tmp_path / "pp.csv", "-s", tmp_path / "p.tsv").out
    for name in ("pc.csv", "bare.txt"):
        assert merit("decide", tmp_path / name, "-s", tmp_path / "c.csv", "--decimal=,").out \
            == answers

    x, kinds = make()
    rows = rows_of(x, kinds, ";").replace(".", ",")
    (tmp_path / "d.csv").write_text("mass;length;width;kind\n" + rows)
    (tmp_path / "kinds.csv").write_text(
        ";wasp;ant;bee\nwasp;2,0;0;1\nant;0;2;-1\nbee;1;-1;2\n")
    for table in (tmp_path / "kinds.csv", place / "kinds.tsv"):
        done = merit("train", tmp_path / "d.csv", "--label", "kind", "--decimal", ",", "-s",
                     table, "--check")
        assert done.err.count("note") == 0, done.err
