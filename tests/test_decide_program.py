"""`merit decide` against NumPy, on everybody's files, and what it refuses."""

import gzip
import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

MERIT = os.environ.get("MERIT", "build/merit")
IS_RELEASE = os.environ.get("MERIT_BUILD_TYPE", "Release") == "Release"
BAD = Path(__file__).resolve().parent / "bad" / "probabilities"
CLASSES = ["rook", "knight", "pawn"]
S = np.array([[2, 1, -1.5, 0.5], [1, 2, -1, 0.5], [-1, 0, 2, 0.5]])
TABLE = "truth\trook\tknight\tpawn\tdon't know\n" + "".join(
    "\t".join([name, *map(str, row)]) + "\n" for name, row in zip(CLASSES, S.tolist()))
N, K = 1000, 3


def merit(*arguments, expect=0, env=None, **options):
    """Runs the program; whatever it says, it never crashes."""
    options.setdefault("stdin", subprocess.DEVNULL if "input" not in options else None)
    if options["stdin"] is None:
        del options["stdin"]
    done = subprocess.run(
        [MERIT, "decide", *map(os.fspath, arguments)], capture_output=True, timeout=120,
        env={**os.environ, "COLUMNS": "80", **(env or {})}, **options)
    done.out = done.stdout.decode(errors="surrogateescape")
    done.err = done.stderr.decode(errors="surrogateescape")
    assert "Sanitizer" not in done.err and "runtime error" not in done.err, done.err
    assert done.returncode == expect, (done.returncode, done.out, done.err)
    return done


def refused(*arguments, expect=2, **options):
    done = merit(*arguments, expect=expect, **options)
    lines = done.err.splitlines()
    assert len(lines) == 1 and lines[0].startswith("merit: "), done.err
    return lines[0]


def rows_of(text):
    lines = [line.split("\t") for line in text.splitlines()]
    return lines[0], lines[1:]


def answers_of(text):
    return [row[1] for row in rows_of(text)[1]]


def tempered(p, T):
    with np.errstate(divide="ignore"):
        z = np.log(p) / T
    q = np.exp(z - z.max(1, keepdims=True))
    return q / q.sum(1, keepdims=True)


@pytest.fixture(scope="module")
def data():
    """Beliefs that are too sure by a factor of 1.7, with labels drawn from the right
    ones, some probabilities 0."""
    random = np.random.default_rng(5)
    z = random.normal(size=(N, K)) * 2
    z[::10, 1] -= 1000
    right = tempered(np.exp(z - z.max(1, keepdims=True)), 1.7)
    labels = np.array([random.choice(K, p=row) for row in right])
    return tempered(np.exp(z - z.max(1, keepdims=True)), 1), labels


@pytest.fixture(scope="module")
def place(tmp_path_factory, data):
    place = tmp_path_factory.mktemp("decide")
    p, labels = data
    (place / "table.tsv").write_text(TABLE)
    np.save(place / "p.npy", p)
    np.save(place / "y.npy", labels)
    (place / "y.txt").write_text("".join(CLASSES[i] + "\n" for i in labels))
    (place / "y-numbers.txt").write_text("".join(f"{i}\n" for i in labels))
    (place / "y.csv").write_text(
        "id,truth\n" + "".join(f"{n},{CLASSES[i]}\n" for n, i in enumerate(labels)))
    (place / "y.idx").write_bytes(b"\0\0\x08\x01" + N.to_bytes(4, "big")
                                  + labels.astype("u1").tobytes())
    return place


def expected_answers(p, T=1, rule="bayes"):
    q = tempered(p, T)
    u = q @ S
    best = q.argmax(1) if rule == "argmax" else u.argmax(1)
    return best, u[np.arange(len(p)), best]


NAMES = [*CLASSES, "don't know"]


@pytest.mark.parametrize("rule", ["auto", "bayes", "argmax"])
@pytest.mark.parametrize("T", [0.3, 1, 2.5])
def test_answers_are_those_of_numpy(place, data, T, rule):
    done = merit(place / "p.npy", "-s", place / "table.tsv", "--temperature", str(T),
                 "--rule", rule, "--posterior")
    names, rows = rows_of(done.out)
    assert names == ["id", "answer", "expected_score", *(f"p_{c}" for c in CLASSES)]
    best, expected = expected_answers(data[0], T, rule)
    assert [row[0] for row in rows] == [str(i) for i in range(N)]
    assert [row[1] for row in rows] == [NAMES[k] for k in best]
    assert np.abs(np.array([float(row[2]) for row in rows]) - expected).max() < 1e-6
    q = np.array([[float(x) for x in row[3:]] for row in rows])
    assert np.allclose(q, tempered(data[0], T), rtol=1e-6, atol=1e-300)
    zero = data[0] == 0
    assert zero.any() and (q[zero] == 0).all()


def write_text(path, p, separator="\t", names=None, ids=None, form="%.17g", prefix=""):
    with open(path, "w") as file:
        if names is not None:
            file.write(prefix + separator.join(([ids] if ids is not None else []) + names)
                       + "\n")
        for i, row in enumerate(p):
            fields = [form % x for x in row]
            if ids is not None:
                fields.insert(0, f"row {i}" if separator != " " else f"row-{i}")
            file.write(separator.join(fields) + "\n")


def test_files_of_every_form_give_the_same_answers(place, data, tmp_path):
    p = data[0]
    want = answers_of(merit(place / "p.npy", "-s", place / "table.tsv").out)
    order = [2, 0, 1]
    shuffled = [CLASSES[k] for k in order]
    np.save(tmp_path / "float32.npy", p.astype("f4"))
    np.save(tmp_path / "big-endian.npy", p.astype(">f8"))
    np.save(tmp_path / "big-float.npy", p.astype(">f4"))
    np.save(tmp_path / "columns.npy", np.asfortranarray(p))
    write_text(tmp_path / "plain.tsv", p)
    write_text(tmp_path / "plain.csv", p, ",")
    write_text(tmp_path / "semicolons.csv", p, ";")
    write_text(tmp_path / "blanks.txt", p, "  ")
    write_text(tmp_path / "named.tsv", p[:, order], names=shuffled)
    write_text(tmp_path / "prefixed.csv", p[:, order], ",", ["p_" + c for c in shuffled])
    write_text(tmp_path / "quoted.csv", p[:, order], ",", [f'"{c}"' for c in shuffled])
    write_text(tmp_path / "id.csv", p[:, order], ",", shuffled, "id")
    write_text(tmp_path / "pandas.csv", p[:, order], ",", shuffled, "")
    write_text(tmp_path / "positions.csv", p, ",", ["0", "1", "2"])
    write_text(tmp_path / "pandas-positions.csv", p, ",", ["0", "1", "2"], "")
    places = [str(k) for k in order]
    write_text(tmp_path / "other-positions.csv", p[:, order], ",", places)
    write_text(tmp_path / "pandas-other-positions.csv", p[:, order], ",", places, "")
    write_text(tmp_path / "ids-only.tsv", p, ids="", names=None)
    np.savetxt(tmp_path / "savetxt.csv", p[:, order], delimiter=",",
               header=",".join(shuffled))
    np.savetxt(tmp_path / "savetxt-comment.txt", p, header="made by hand")
    text = (tmp_path / "named.tsv").read_text()
    (tmp_path / "windows.tsv").write_bytes(
        b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    (tmp_path / "no-last-newline.tsv").write_text(text.rstrip("\n") + "\n\n")
    (tmp_path / "no-newline.tsv").write_text(text.rstrip("\n"))
    for path in list(tmp_path.iterdir()):
        path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes()))
    files = sorted(tmp_path.iterdir())
    assert len(files) == 46
    for path in files:
        assert answers_of(merit(path, "-s", place / "table.tsv").out) == want, path
        done = merit("-", "-s", place / "table.tsv", input=path.read_bytes())
        assert answers_of(done.out) == want, path


def test_ids_are_kept(place, data, tmp_path):
    write_text(tmp_path / "id.csv", data[0][:5], ",", CLASSES, "id")
    out = merit(tmp_path / "id.csv", "-s", place / "table.tsv").out
    assert [row[0] for row in rows_of(out)[1]] == [f"row {i}" for i in range(5)]
    (tmp_path / "quotes.csv").write_text('id,rook,knight,pawn\n"a, b",0.2,0.3,0.5\n'
                                         '"say ""c, d""",0.2,0.3,0.5\n')
    out = merit(tmp_path / "quotes.csv", "-s", place / "table.tsv").out
    assert [row[0] for row in rows_of(out)[1]] == ["a, b", 'say ""c, d""']
    rows = [b"%d\t0.2\t0.3\t0.5\n" % i for i in range(100)]
    (tmp_path / "escape.tsv").write_bytes(b"".join(rows) + b"a\x1b[31m\t0.2\t0.3\t0.5\n")
    out = merit(tmp_path / "escape.tsv", "-s", place / "table.tsv").out
    assert [row[0] for row in rows_of(out)[1]] == [*map(str, range(100)), "a\\x1b[31m"]


def test_the_table_of_predict_and_its_own_are_read_again(place, tmp_path):
    first = merit(place / "p.npy", "-s", place / "table.tsv", "--posterior",
                  "-o", tmp_path / "a.tsv").out
    assert "1000 rows answered by bayes" in first
    again = merit(tmp_path / "a.tsv", "-s", place / "table.tsv", "--posterior").out
    # Rounded to 7 digits, the beliefs are the same up to the last of them.
    old, new = rows_of((tmp_path / "a.tsv").read_text()), rows_of(again)
    assert new[0] == old[0] and [r[:2] for r in new[1]] == [r[:2] for r in old[1]]
    numbers = [np.array([[float(x) for x in row[2:]] for row in table[1]])
               for table in (old, new)]
    assert np.allclose(*numbers, rtol=1e-5, atol=1e-300)


def test_logits(place, data, tmp_path):
    random = np.random.default_rng(2)
    z = random.normal(size=(200, 3)).astype("f4") * 4
    np.save(tmp_path / "z.npy", z)
    best, _ = expected_answers(tempered(np.exp(z.astype("f8")), 1), 2)
    out = merit(tmp_path / "z.npy", "-s", place / "table.tsv", "--logits",
                "--temperature", "2").out
    assert answers_of(out) == [NAMES[k] for k in best]
    assert "Are these logits?" in refused(tmp_path / "z.npy", "-s", place / "table.tsv",
                                          "-o", tmp_path / "a.tsv", expect=3)
    z[3, 1] = np.inf
    np.save(tmp_path / "z.npy", z)
    assert "z.npy: value [3, 1] is inf, expected a finite number" in refused(
        tmp_path / "z.npy", "-s", place / "table.tsv", "--logits", expect=3)


def test_generators_take_the_names_of_the_columns(data, tmp_path):
    write_text(tmp_path / "p.tsv", data[0], names=["a", "b", "c"])
    out = merit(tmp_path / "p.tsv", "-s", "identity", "--posterior").out
    names, rows = rows_of(out)
    assert names[3:] == ["p_a", "p_b", "p_c"]
    assert [row[1] for row in rows] == ["abc"[k] for k in data[0].argmax(1)]
    np.save(tmp_path / "p.npy", data[0])
    out = merit(tmp_path / "p.npy", "-s", "ordinal", "--rule", "argmax").out
    assert answers_of(out) == [str(k) for k in data[0].argmax(1)]


def test_two_columns_named_0_and_1(data, tmp_path):
    """As pandas names the columns of a binary classifier."""
    p = data[0][:, :2] / data[0][:, :2].sum(1, keepdims=True)
    write_text(tmp_path / "p.csv", p, ",", ["0", "1"])
    for table in ["identity", tmp_path / "t.tsv"]:
        (tmp_path / "t.tsv").write_text("a\tb\na\t1\t0\nb\t0\t1\n")
        done = merit(tmp_path / "p.csv", "-s", table, "-o", tmp_path / "a.tsv")
        assert "is taken as the names of the columns" in done.err
        names = "01" if table == "identity" else "ab"
        assert answers_of((tmp_path / "a.tsv").read_text()) == [
            names[k] for k in p.argmax(1)]
    write_text(tmp_path / "p.csv", p, ",")
    done = merit(tmp_path / "p.csv", "-s", "identity", "-o", tmp_path / "a.tsv")
    assert done.err == ""


def test_a_table_of_costs_is_noticed(place, tmp_path):
    (tmp_path / "costs.tsv").write_text(
        "rook\tknight\tpawn\nrook\t0\t1\t2\nknight\t1\t0\t2\npawn\t1\t2\t0\n")
    done = merit(place / "p.npy", "-s", tmp_path / "costs.tsv", "-o", tmp_path / "a.tsv")
    assert "these look like costs" in done.err
    done = merit(place / "p.npy", "--costs", tmp_path / "costs.tsv", "-o",
                 tmp_path / "a.tsv")
    assert done.err == ""


def measured(p, labels, T, rule="bayes"):
    """The record, by NumPy."""
    q = tempered(p, T)
    best, expected = expected_answers(p, T, rule)
    score = S[labels, best]
    prior = np.bincount(labels, minlength=K) / len(labels)
    constant = (prior @ S).max()
    oracle = prior @ S.max(1)
    confidence, hit = q.max(1), q.argmax(1) == labels
    bins = np.clip(np.ceil(confidence * 15) - 1, 0, 14).astype(int)
    ece = sum(abs((hit - confidence)[bins == b].sum()) for b in range(15)) / len(labels)
    with np.errstate(divide="ignore"):
        log_loss = -np.log(q[np.arange(len(q)), labels]).mean()
    return {"n": len(labels), "rule": rule, "accuracy": (best == labels).mean(),
            "mean_score": score.mean(), "claimed_score": expected.mean(),
            "normalized_score": (score.mean() - constant) / (oracle - constant),
            "log_loss": log_loss, "ece": ece, "regret": oracle - score.mean()}


@pytest.mark.parametrize("rule", ["bayes", "argmax"])
@pytest.mark.parametrize("T", [1, 1.7])
def test_measures_are_those_of_numpy(place, data, T, rule):
    record = json.loads(merit(place / "p.npy", "-s", place / "table.tsv", "--labels",
                              place / "y.npy", "--temperature", str(T), "--rule", rule,
                              "--json").out)
    for key, value in measured(*data, T, rule).items():
        assert record[key] == (pytest.approx(value, rel=1e-9, abs=1e-12)
                               if not isinstance(value, str) else value), key
    assert record["temperature"] == T and record["temperature_rows"] == 0
    best, expected = expected_answers(data[0], T, rule)
    earned = S[data[1], best]
    for k, name in enumerate(NAMES):
        answer = record["answers"][name]
        assert answer["given"] == (best == k).sum()
        if answer["given"] > 0:
            assert answer["claimed"] == pytest.approx(expected[best == k].mean())
            assert answer["earned"] == pytest.approx(earned[best == k].mean())
        else:
            assert answer["claimed"] is None and answer["earned"] is None


def test_the_bootstrap_is_that_of_numpy(place, data):
    p, labels = data
    record = json.loads(merit(place / "p.npy", "-s", place / "table.tsv", "--labels",
                              place / "y.npy", "--temperature", "1", "--json").out)
    more = S[labels, expected_answers(p)[0]] - S[labels, p.argmax(1)]
    random = np.random.default_rng(3)
    means = [more[random.integers(0, N, N)].mean() for _ in range(4000)]
    interval = record["more_than_argmax"]
    error = more.std() / np.sqrt(N)
    assert interval["mean"] == pytest.approx(more.mean(), abs=1e-12)
    assert abs(interval["low"] - np.quantile(means, 0.025)) < 0.25 * error
    assert abs(interval["high"] - np.quantile(means, 0.975)) < 0.25 * error


def test_the_temperature_is_fitted_with_labels(place, data):
    p, labels = data
    record = json.loads(merit(place / "p.npy", "-s", place / "table.tsv", "--labels",
                              place / "y.npy", "--json").out)
    T = record["temperature"]
    counted = p[np.arange(N), labels] > 0
    assert record["temperature_rows"] == counted.sum()

    def loss(T):
        return -np.log(tempered(p, T)[np.arange(N), labels][counted]).mean()

    assert loss(T) < min(loss(T * 1.001), loss(T / 1.001))
    assert T == pytest.approx(1.7, abs=0.2)
    asked = merit(place / "p.npy", "-s", place / "table.tsv", "--labels",
                  place / "y.npy", "--temperature", "fit", "--json").out
    assert json.loads(asked) == record
    # A file and a pipe, where so few rows are held in memory, are fitted to the same.
    piped = merit("-", "-s", place / "table.tsv", "--labels", place / "y.npy", "--json",
                  input=(place / "p.npy").read_bytes()).out
    assert json.loads(piped) == record


@pytest.mark.parametrize("labels", ["y.txt", "y-numbers.txt", "y.csv", "y.idx"])
def test_labels_of_every_form(place, labels):
    want = merit(place / "p.npy", "-s", place / "table.tsv", "--labels",
                 place / "y.npy", "--json").out
    assert merit(place / "p.npy", "-s", place / "table.tsv", "--labels", place / labels,
                 "--json").out == want
    assert merit(place / "p.npy", "-s", place / "table.tsv", "--labels", "-", "--json",
                 input=(place / labels).read_bytes()).out == want


def test_a_number_that_names_the_labels(place, data, tmp_path):
    """As pandas writes a Series without a name."""
    (tmp_path / "y.csv").write_text("0\n" + "".join(f"{k}\n" for k in data[1]))
    line = refused(place / "p.npy", "-s", place / "table.tsv", "--labels",
                   tmp_path / "y.csv", expect=3)
    assert line.endswith("p.npy. If the first one is a name, call it label")


def test_the_summary(place, tmp_path):
    done = merit(place / "p.npy", "-s", place / "table.tsv", "--labels", place / "y.npy",
                 "-o", tmp_path / "a.tsv")
    lines = done.out.splitlines()
    assert lines[0].split() == ["decision", "accuracy", "mean", "score", "normalised",
                                "claimed"]
    assert [line.split()[0] for line in lines[1:4]] == ["bayes", "argmax", "always"]
    assert lines[1].endswith("<- the answers given") and done.err == ""
    text = " ".join(done.out.split())
    assert "paired bootstrap" in text and "optimistic by a hair" in text
    assert "\"don't know\" is the answer to" in text
    assert len((tmp_path / "a.tsv").read_text().splitlines()) == N + 1
    # Without -o the answers are the result, and the summary goes beside it.
    both = merit(place / "p.npy", "-s", place / "table.tsv", "--labels", place / "y.npy")
    assert both.out == (tmp_path / "a.tsv").read_text() and both.err == done.out
    narrow = merit(place / "p.npy", "-s", place / "table.tsv", "--labels",
                   place / "y.npy", env={"COLUMNS": "60"})
    assert max(map(len, narrow.err.splitlines())) <= 60


def test_few_rows(place, tmp_path):
    """Then the temperature is worth little, and this is said."""
    np.save(tmp_path / "p.npy", [[0.6, 0.3, 0.1]])
    done = merit(tmp_path / "p.npy", "-s", place / "table.tsv")
    assert done.err.startswith("1 row answered by bayes;")
    (tmp_path / "y.txt").write_text("rook\n")
    text = " ".join(merit(tmp_path / "p.npy", "-s", place / "table.tsv", "--labels",
                          tmp_path / "y.txt").err.split())
    assert "look better than they are. It is the last one that is tried" in text
    assert "by a hair" not in text


def test_labels_that_were_impossible(place, tmp_path):
    np.save(tmp_path / "p.npy", [[0.5, 0.5, 0], [0, 0, 1]])
    (tmp_path / "y.txt").write_text("pawn\npawn\n")
    done = merit(tmp_path / "p.npy", "-s", place / "table.tsv", "--labels",
                 tmp_path / "y.txt")
    assert "In 1 row the label has a probability of 0" in done.err
    assert "log loss inf" in done.err
    record = json.loads(merit(tmp_path / "p.npy", "-s", place / "table.tsv", "--labels",
                              tmp_path / "y.txt", "--json").out)
    assert record["log_loss"] is None and record["temperature_rows"] == 1


def test_renormalize(place, data, tmp_path):
    np.save(tmp_path / "counts.npy", data[0] * np.linspace(0.5, 300, N)[:, None])
    assert "sums to" in refused(tmp_path / "counts.npy", "-s", place / "table.tsv",
                                "-o", tmp_path / "a.tsv", expect=3)
    assert not (tmp_path / "a.tsv").exists()
    done = merit(tmp_path / "counts.npy", "-s", place / "table.tsv", "--renormalize",
                 "-o", tmp_path / "a.tsv")
    assert "rows the probabilities did not sum to 1; they were divided" in done.out
    want = answers_of(merit(place / "p.npy", "-s", place / "table.tsv").out)
    assert answers_of((tmp_path / "a.tsv").read_text()) == want
    for name in ["zero-row.npy", "negative.npy", "nan.npy", "infinite.npy"]:
        refused(BAD / name, "-s", place / "table.tsv", "--renormalize", "-o",
                tmp_path / "b.tsv", expect=3)
    for name in ["sum.npy", "percent.tsv"]:
        merit(BAD / name, "-s", place / "table.tsv", "--renormalize")


def bad_files():
    for line in (BAD / "EXPECTED.tsv").read_text().splitlines():
        if not line.startswith("#"):
            name, code, text = line.split("\t")
            yield pytest.param(name, int(code), text, id=name)


@pytest.mark.parametrize("name, code, text", bad_files())
def test_bad_files(place, tmp_path, name, code, text):
    (tmp_path / "three.tsv").write_text("0.2\t0.3\t0.5\n1\t0\t0\n0\t0\t1\n")
    (tmp_path / "a.tsv").write_text("before")
    given = [tmp_path / "three.tsv", "--labels", BAD / name] if name.startswith("labels") \
        else [BAD / name]
    line = refused(*given, "-s", place / "table.tsv", "-o", tmp_path / "a.tsv",
                   "--temperature", "1", expect=code)
    assert text in line
    assert (tmp_path / "a.tsv").read_text() == "before"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.tsv", "three.tsv"]


def test_every_bad_file_is_expected():
    names = {p.values[0] for p in bad_files()}
    assert {p.name for p in BAD.iterdir()} == names | {"EXPECTED.tsv"}


USAGE = [
    ("", "PROBS is missing: merit decide PROBS -s SCORES"),
    ("p", "also needs -s SCORES"),
    ("p q -s t", 'one argument too many: "q"'),
    ("p -s t --temperature fit", "--temperature fit also needs --labels"),
    ("p -s t --temperature 0", "--temperature: expected fit, or a number"),
    ("p -s t --temperature nan", "--temperature: expected fit, or a number"),
    ("p -s t --rule decode", "decode needs the targets"),
    ("p -s t --rule best", "unknown decision rule"),
    ("p -s t --json -o -", "--json and -o - would both write"),
    ("p -s t --logits --renormalize", "exclude each other"),
    ("- -s -", "only one of PROBS, --labels and --scores can be standard input"),
    ("- -s identity --labels -", "only one of"),
]


@pytest.mark.parametrize("line, text", USAGE, ids=[line for line, _ in USAGE])
def test_usage_errors(line, text):
    assert text in refused(*line.split())


def test_what_cannot_be_read_or_written(place, tmp_path):
    table = place / "table.tsv"
    refused(place / "none.npy", "-s", table, expect=5)
    refused(place, "-s", table, expect=3)
    refused(place / "p.npy", "-s", table, "-o", tmp_path / "no" / "a.tsv", expect=5)
    refused(place / "p.npy", "-s", table, "-o", tmp_path, expect=5)
    refused(place / "p.npy", "-s", table, "-o", place / "p.npy")
    with open("/dev/full", "w") as full:
        done = subprocess.run([MERIT, "decide", place / "p.npy", "-s", table],
                              stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 5
    assert done.stderr.startswith("merit: cannot write to standard output")
    refused(place / "p.npy", "-s", table, "-o", "/dev/full", expect=5)


def test_head_ends_it_quietly(place, tmp_path):
    np.save(tmp_path / "many.npy", np.full((200000, 3), 1 / 3))
    done = subprocess.run(f"'{MERIT}' decide '{tmp_path}/many.npy' -s "
                          f"'{place}/table.tsv' | head -2", shell=True,
                          capture_output=True, text=True)
    assert len(done.stdout.splitlines()) == 2 and done.stderr == ""


def test_any_locale(place):
    want = merit(place / "p.npy", "-s", place / "table.tsv").out
    for name in ["de_DE.UTF-8", "C"]:
        assert merit(place / "p.npy", "-s", place / "table.tsv",
                     env={"LC_ALL": name, "LANG": name}).out == want


def test_numbers_are_printed_as_printf_does(place, tmp_path):
    """Of every size, with ties and carries: expected_score is the probability itself."""
    random = np.random.default_rng(9)
    p = np.concatenate([10.0 ** random.uniform(-9, 0, 3000), random.uniform(0, 1, 3000),
                        np.arange(1, 400) / 400, np.arange(256) / 256,
                        [1, 0, 1e-4, 0.99999995, 0.99999994, 1e-5, 0.00012345675, 1 / 3]])
    np.save(tmp_path / "p.npy", np.stack([p, 1 - p], 1))
    (tmp_path / "t.tsv").write_text("a\tb\na\t1\t0\nb\t0\t1\n")
    _, rows = rows_of(merit(tmp_path / "p.npy", "-s", tmp_path / "t.tsv",
                            "--posterior").out)
    sums = p + (1 - p)
    assert [row[3] for row in rows] == ["%.7g" % x for x in p / sums]


@pytest.mark.skipif(not IS_RELEASE, reason="the sanitizers need memory of their own")
@pytest.mark.parametrize("form", ["file", "pipe"])
def test_memory_does_not_grow_with_the_rows(place, data, tmp_path, form):
    """Four times the rows, the same memory, where both are more than are held for the
    temperature; less than 50 MB."""
    most = {}
    counted = data[0][np.arange(N), data[1]] > 0
    data = data[0][counted][:900], data[1][counted][:900]
    np.save(tmp_path / "p.npy", data[0].astype("f4"))
    np.save(tmp_path / "y.npy", data[1])
    whole = json.loads(merit(tmp_path / "p.npy", "-s", place / "table.tsv", "--labels",
                             tmp_path / "y.npy", "--json").out)
    for n in [900_000, 3_600_000]:
        np.save(tmp_path / "p.npy", np.tile(data[0].astype("f4"), (n // 900, 1)))
        np.save(tmp_path / "y.npy", np.tile(data[1].astype("u1"), n // 900))
        script = ("import os, resource, sys\n"
                  "pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)\n"
                  "code, usage = os.wait4(pid, 0)[1:]\n"
                  "print(code, usage.ru_maxrss, file=sys.stderr)\n")
        path = tmp_path / "p.npy" if form == "file" else "-"
        with open(tmp_path / "p.npy" if form == "pipe" else os.devnull) as stdin:
            done = subprocess.run(
                ["/usr/bin/python3", "-c", script, os.path.abspath(MERIT), "decide", path,
                 "-s", place / "table.tsv", "--labels", tmp_path / "y.npy", "--json"],
                stdin=stdin, capture_output=True, text=True)
        code, most[n] = map(int, done.stderr.split()[-2:])
        assert code == 0, done.stderr
        record = json.loads(done.stdout)
        assert record["n"] == n
        # The sample is from everywhere, so its temperature is that of the whole.
        assert 300_000 < record["temperature_rows"] <= 2 ** 21 // K
        assert record["temperature"] == pytest.approx(whole["temperature"], rel=0.01)
        for key in ["mean_score", "log_loss", "accuracy"]:
            assert record[key] == pytest.approx(whole[key], rel=0.001), key
    assert max(most.values()) < 50_000, most
    assert most[3_600_000] < most[900_000] + 8_000, most
