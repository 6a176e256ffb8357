"""The program as a user meets it: exit codes, messages, records, streams."""

import gzip
import json
import os
import pty
import re
import resource
import signal
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest

MERIT = os.path.abspath(os.environ.get("MERIT", "build/merit"))
IS_RELEASE = os.environ.get("MERIT_BUILD_TYPE", "Release") == "Release"
BAD = Path(__file__).resolve().parent / "bad"
COMMANDS = sorted(path.stem.removeprefix("cmd_")
                  for path in (BAD.parent.parent / "src" / "cli").glob("cmd_*.c"))
CLASSES = ["rook", "knight", "pawn"]

TABLE = "truth\trook\tknight\tpawn\nrook\t2\t1\t-1\nknight\t1\t2\t-1\npawn\t-1\t0\t2\n"


def merit(*arguments, expect=0, env=None, **options):
    """Runs the program; whatever it says, it never crashes."""
    options.setdefault("stdin", subprocess.DEVNULL)
    done = subprocess.run(
        [MERIT, *map(os.fspath, arguments)], capture_output=True, timeout=120,
        env={**os.environ, "COLUMNS": "80", **(env or {})}, **options)
    done.out = done.stdout.decode(errors="surrogateescape")
    done.err = done.stderr.decode(errors="surrogateescape")
    assert "Sanitizer" not in done.err and "runtime error" not in done.err, done.err
    assert done.returncode == expect, (done.returncode, done.out, done.err)
    if expect not in (0, 75):
        assert done.err.endswith("\n"), done.err
        assert done.err.splitlines()[-1].startswith("merit: "), done.err
    return done


def refused(*arguments, expect=2, **options):
    """Runs the program, which refuses in one line that is returned."""
    done = merit(*arguments, expect=expect, **options)
    lines = done.err.splitlines()
    assert len(lines) == 1 and done.out == "", (done.out, done.err)
    return lines[0]


def write_idx(path, array):
    array = np.asarray(array, dtype=np.uint8)
    header = struct.pack(">BBBB", 0, 0, 8, array.ndim) + struct.pack(
        f">{array.ndim}I", *array.shape)
    path.write_bytes(header + array.tobytes())


@pytest.fixture(scope="session")
def place(tmp_path_factory):
    """A directory with small files of every kind."""
    place = tmp_path_factory.mktemp("merit")
    random = np.random.default_rng(7)
    labels = np.arange(240) % 3
    images = random.integers(0, 60, (240, 6, 6))
    for i, label in enumerate(labels):
        images[i, 2 * label:2 * label + 2] += 120
    write_idx(place / "toy-images-idx3-ubyte", images)
    write_idx(place / "toy-labels-idx1-ubyte", labels)
    write_idx(place / "all-zero-labels", np.zeros(240))
    (place / "toy-images.gz").write_bytes(
        gzip.compress((place / "toy-images-idx3-ubyte").read_bytes()))
    np.save(place / "logits.npy", random.normal(size=(12, 3)).astype("f4"))
    np.save(place / "y.npy", (np.arange(12) % 3).astype("i4"))
    np.save(place / "y-out-of-range.npy", np.array([0, 1, 3, 2, 9, 0, 1, 2, 0, 1, 2, 3]))
    np.save(place / "nan-logits.npy", np.full((12, 3), np.nan, "f4"))
    np.save(place / "wide-logits.npy", np.zeros((12, 5), "f4"))
    (place / "table.tsv").write_text(TABLE)
    (place / "table.tsv.gz").write_bytes(gzip.compress(TABLE.encode()))
    return place


@pytest.fixture(scope="session")
def run(place):
    """A trained run, with what the program printed."""
    done = merit("train", place / "toy-images-idx3-ubyte", "-s", place / "table.tsv",
                 "-o", place / "run", "--net", "dense 8, relu", "--loss", "cross-entropy",
                 "--epochs", "3", "--batch", "32", "--threads", "1")
    (place / "train.out").write_text(done.out)
    (place / "train.err").write_text(done.err)
    return place / "run"


# Help


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["help"]])
def test_help_is_a_result(arguments):
    done = merit(*arguments)
    assert done.err == ""
    assert done.out.startswith("Usage: merit COMMAND")
    assert all(f"  {name} " in done.out for name in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_command(command):
    done = merit(command, "--help")
    assert done.err == "" and done.out.startswith(f"Usage: merit {command} ")
    assert merit("help", command).out == done.out
    assert merit(command, "-h").out == done.out


@pytest.mark.parametrize("columns", [60, 80, 120])
@pytest.mark.parametrize("command", [[], *([c] for c in COMMANDS)])
def test_help_fits_the_window(command, columns):
    done = merit(*command, "--help", env={"COLUMNS": str(columns)})
    assert max(map(len, done.out.splitlines())) <= columns
    assert all(line == line.rstrip() for line in done.out.splitlines())


def test_version():
    done = merit("--version")
    assert done.out.split()[0] == "merit" and done.out.count(".") == 2 and done.err == ""


# Usage: exit code 2


def test_no_command():
    done = subprocess.run([MERIT], capture_output=True, text=True)
    assert done.returncode == 2 and done.stdout == "" and "Usage: " in done.stderr


USAGE = [
    ("trian", "did you mean train?"),
    ("evla x y", "did you mean eval?"),
    ("help trian", "did you mean train?"),
    ("zzzzzz", "unknown command zzzzzz; `merit --help` lists all"),
    ("--verbos", "unknown option --verbos"),
    ("train x --epoch 1x", "--epochs: expected a whole number"),
    ("train x --epochz 3", "did you mean --epochs?"),
    ("train x --lrr=3", "did you mean --lr?"),
    ("train x --zzzzzzzzz", "unknown option --zzzzzzzzz; `merit train --help` lists all"),
    ("train x --sc y", "--sc could be --scores or --schedule"),
    ("train x -Z", "unknown option -Z"),
    ("train x -qZ", "unknown option -Z"),
    ("train x -qZq y", "unknown option -Z"),
    ("train x -s", "-s needs a value: -s SCORES"),
    ("train x --scores", "--scores needs a value: --scores SCORES"),
    ("train x --flip=3", '--flip takes no value, found "3"'),
    ("train -o r", "DATA is missing"),
    ("train x", "-o RUN"),
    ("train x y -o r", 'one argument too many: "y"'),
    ("train x -s a --costs b", "--scores and --costs exclude each other"),
    ("train x --costs a -s b", "--scores and --costs exclude each other"),
    ("train x -o r --validation-labels y", "also needs --validation DATA"),
    ("train x -o r --validation 0.2 --validation-labels y", "also needs --validation DATA"),
    ("eval", "RUN is missing"),
    ("eval r", "DATA is missing"),
    ("eval r d --rule mode", "mode"),
    ("predict r", "DATA is missing"),
    ("info", "FILE is missing"),
    ("info a b", 'one argument too many: "b"'),
    ("info a --nonfinite maybe", '--nonfinite: expected refuse or zero, found "maybe"'),
    ("loss cross-entropy", "also needs --logits"),
    ("loss cross-entropy --logits z", "also needs --labels"),
    ("loss cross-entropy --logits z --labels y", "also needs --scores"),
    ("loss x --logits z --labels y -s t --param scale", "expected name=value"),
    ("loss x(scale=1) --logits z --labels y -s t --param scale=2", "not both"),
]


@pytest.mark.parametrize("line, text", USAGE, ids=[line for line, _ in USAGE])
def test_usage_errors(line, text):
    assert text in refused(*line.split())


NUMBERS = [
    ("lr", ["nan", "inf", "1e400", "-1", "0", "12abc", "", "0x1", "1 ", "1,5"]),
    ("momentum", ["1", "0", "nan", "-0.5"]),
    ("weight-decay", ["-1", "nan", "1e400"]),
    ("epochs", ["-1", "0", "1.5", "9223372036854775808", "nan", "3x", ""]),
    ("batch", ["0", "-3", "1e3"]),
    ("seed", ["-1", "0", "18446744073709551616"]),
    ("threads", ["0", "-1", "two"]),
    ("slice", ["0"]),
    ("groups", ["0"]),
    ("patience", ["0"]),
    ("first", ["0", "-1"]),
    ("shift", ["-1"]),
    ("max-time", ["0", "-1s", "5x", "m", "nan", "1e400h"]),
    ("checkpoint-interval", ["0", "s"]),
    ("validation", ["0", "1", "-0.1", "1.5"]),
]


@pytest.mark.parametrize("option, value", [(o, v) for o, values in NUMBERS for v in values])
def test_numbers_are_read_strictly(option, value):
    line = refused("train", "x", "-o", "r", f"--{option}={value}")
    assert line.startswith(f"merit: --{option}: expected ")
    assert line.endswith(f'found "{value}"')


def test_values_that_are_numbers(place):
    merit("train", place / "toy-images-idx3-ubyte", "--check", "--lr", "+1e-3", "--max-time",
          "2h", "--checkpoint-interval", "1.5m", "--weight-decay", "0", "--shift", "0",
          "--validation", "0.25", "--momentum=.5", "--seed", "9223372036854775807")


RANGES = [("epochs", 1, 1000000), ("batch", 1, 1 << 20), ("slice", 1, 4096),
          ("groups", 1, 1024), ("shift", 0, 1024), ("patience", 1, 1000000)]


@pytest.mark.parametrize("option, low, high", RANGES, ids=[row[0] for row in RANGES])
def test_ranges_are_those_of_the_library(place, option, low, high):
    """What is allowed passes the library's check too; what is beyond is told once."""
    options = ["train", place / "toy-images-idx3-ubyte", "--check"]
    for value in (low, high):
        merit(*options, f"--{option}={value}")
    for value in (low - 1, high + 1):
        line = refused(*options, f"--{option}={value}")
        assert f'--{option}: expected a whole number from {low} to {high}, ' in line


def test_strange_arguments(place):
    refused("x" * 100000)
    refused("info", "x" * 100000, expect=5)
    assert r"\xff\x1b" in refused(b"\xff\x1b[31m")
    assert refused("info", "--", "-file", expect=5).startswith("merit: -file: cannot open")


# --config


@pytest.mark.parametrize("text, message", [
    ('{"epoch": 2}', "did you mean epochs?"),
    ('{"lr": 0.1, "lr": 0.2}', "duplicate"),
    ('{"lr": true}', '"lr": expected text or a number'),
    ('{"lr": [1]}', '"lr": expected text or a number'),
    ('{"flip": 1}', '"flip": expected true or false'),
    ('{"lr": -1}', '--lr: expected a number above 0, found "-1"'),
    ('{"lr": "fast"}', 'found "fast"'),
    ('{"epochs": 1.5}', 'found "1.5"'),
    ('{"help": true}', '"help" has no place'),
    ('{"config": "x"}', '"config" has no place'),
    ('[1]', "expected a JSON object"),
    ('{"lr": ', "line 1"),
    ('', "line 1"),
    ('{"lr": 1e999}', "line 1"),
    ('{"net": {"a": 1}}', '"net": expected text or a number'),
    ('[' * 100000, "line 1"),
])
def test_config_is_refused(place, tmp_path, text, message):
    (tmp_path / "c.json").write_text(text)
    assert message in refused("train", place / "toy-images-idx3-ubyte", "--check",
                              "--config", tmp_path / "c.json")


def test_config_and_the_command_line(place, tmp_path):
    config = {"loss": "expected-score", "scores": os.fspath(place / "table.tsv"),
              "exact": True, "flip": False, "lr": 0.5, "validation": 0.2, "first": 100}
    (tmp_path / "c.json").write_text(json.dumps(config))
    data = place / "toy-images-idx3-ubyte"
    shown = merit("train", data, "--check", "--config", tmp_path / "c.json").out
    assert "expected-score" in shown and "100 of 1x6x6" in shown
    shown = merit("train", data, "--check", "--config", tmp_path / "c.json", "--loss",
                  "cross-entropy", "--costs", place / "table.tsv", "--first=50").out
    assert "cross-entropy" in shown and "50 of 1x6x6" in shown
    assert "exclude each other" in refused(
        "train", data, "--check", "--config", tmp_path / "c.json", "-s", "identity",
        "--costs", place / "table.tsv")


def test_config_that_is_too_large_is_a_limit(place, tmp_path):
    (tmp_path / "c.json").write_text(" " * (1 << 21))
    refused("train", place / "toy-images-idx3-ubyte", "--check", "--config",
            tmp_path / "c.json", expect=6)


# Bad files: exit codes 3, 4 and 5


def expected_rows(folder, n_columns):
    rows = []
    for line in (BAD / folder / "EXPECTED.tsv").read_text().splitlines():
        if line and not line.startswith("#") and not line.startswith("file\t"):
            rows.append(line.split("\t", n_columns - 1))
    assert len(rows) > 50
    return rows


@pytest.mark.parametrize("name, code, text", expected_rows("scores", 3))
def test_bad_score_tables(place, name, code, text):
    path = BAD / "scores" / name
    spec = f"groups:{path}" if name.endswith(".groups") else os.fspath(path)
    options = ["loss", "cross-entropy", "--logits", place / "logits.npy", "--labels",
               place / "y.npy", "-s", spec]
    if name == "gzip.tsv":
        merit(*options)  # the program, unlike the library, reads compressed tables
    else:
        assert text in refused(*options, expect=int(code))


@pytest.mark.parametrize("name, labels, code, text", expected_rows("data", 4))
def test_bad_data(name, labels, code, text):
    folder = BAD / "data"
    options = [] if labels == "-" else ["--labels", folder / labels]
    line = refused("train", folder / name, *options, "--check", expect=int(code))
    assert text in line


@pytest.mark.parametrize("folder", ["scores", "data"])
def test_info_on_bad_files(folder):
    for name in sorted({row[0] for row in expected_rows(folder, 4 if folder == "data" else 3)}):
        done = subprocess.run([MERIT, "info", BAD / folder / name], capture_output=True,
                              stdin=subprocess.DEVNULL, timeout=60)
        assert b"Sanitizer" not in done.stderr and b"runtime error" not in done.stderr
        assert done.returncode in (0, 3), (name, done)


def test_missing_files(place, run):
    data = place / "toy-images-idx3-ubyte"
    for line in (["info", "no/such"], ["eval", run, "no/such"], ["eval", "no/such", data],
                 ["predict", run, data, "-o", place / "no" / "such"],
                 ["train", "no/such", "-o", place / "never"],
                 ["train", data, "-s", "no/such", "-o", place / "never"],
                 ["train", data, "--validation", "no/such", "-o", place / "never"],
                 ["train", data, "--labels", "no/such", "-o", place / "never"],
                 ["train", data, "--config", "no/such", "-o", place / "never"]):
        assert "No such file or directory" in refused(*line, expect=5)
    assert not (place / "never").exists()


def test_a_misspelt_generator(place):
    options = ["train", place / "toy-images-idx3-ubyte", "--check", "-s"]
    line = refused(*options, "identitty", expect=5)
    assert "No such file" in line and "did you mean identity?" in line
    assert "did you mean" not in refused(*options, "no/such", expect=5)


@pytest.mark.parametrize("line", [["info"], ["eval"], ["predict"]], ids=str)
def test_directories_without_a_model(place, tmp_path, line):
    data = [] if line == ["info"] else [place / "toy-images-idx3-ubyte"]
    assert refused(*line, tmp_path, *data, expect=4) == (
        f"merit: {tmp_path}: is no run of merit train")
    (tmp_path / "config.json").write_text("{}")
    assert refused(*line, tmp_path, *data, expect=4) == (
        f"merit: {tmp_path}: its training has not produced a model yet; the same merit "
        "train command continues it")


def test_labels_beyond_the_table(place):
    line = refused("loss", "cross-entropy", "--logits", place / "logits.npy", "--labels",
                   place / "y-out-of-range.npy", "-s", place / "table.tsv", expect=3)
    assert "example 2 has label 3, expected 0 to 2" in line and "; 3 labels" in line


def test_data_that_does_not_fit(place, run, tmp_path):
    assert "5 logits" in refused(
        "loss", "brier", "--logits", place / "wide-logits.npy", "--labels", place / "y.npy",
        "-s", place / "table.tsv", expect=3)
    assert "nan" in refused(
        "loss", "cross-entropy", "--logits", place / "nan-logits.npy", "--labels",
        place / "y.npy", "-s", place / "table.tsv", expect=3)
    write_idx(tmp_path / "small", np.ones((9, 4, 4)))
    merit("predict", run, tmp_path / "small", expect=3)
    line = refused("eval", run, tmp_path / "small", expect=3)
    assert "--labels" in line
    (tmp_path / "two.tsv").write_text("a\tb\na\t1\t0\nb\t0\t1\n")
    line = refused("train", place / "toy-images-idx3-ubyte", "-s", tmp_path / "two.tsv",
                   "-o", tmp_path / "never", expect=3)
    assert "label 2, expected 0 to 1" in line and not (tmp_path / "never").exists()


def test_models_that_are_refused(place, run, tmp_path):
    good = (run / "best.safetensors").read_bytes()
    flipped = bytearray(good)
    flipped[-5] ^= 1
    for name, content in (("cut", good[:-1]), ("flipped", bytes(flipped)),
                          ("half", good[:len(good) // 2]), ("none", b""),
                          ("array", (place / "logits.npy").read_bytes())):
        (tmp_path / name).write_bytes(content)
        for command in ("eval", "predict"):
            line = refused(command, tmp_path / name, place / "toy-images-idx3-ubyte", expect=4)
            assert os.fspath(tmp_path / name) in line


# Losses


def test_loss_value_and_gradient(place, tmp_path):
    options = ["--logits", place / "logits.npy", "--labels", place / "y.npy"]
    done = merit("loss", "cross-entropy", *options, "-s", place / "table.tsv", "--json",
                 "--gradient", tmp_path / "g.npy")
    record = json.loads(done.out)
    assert list(record) == ["merit", "n", "value"] and record["n"] == 12
    z = np.load(place / "logits.npy").astype(float)
    y = np.load(place / "y.npy")
    q = np.exp(z - z.max(1, keepdims=True))
    q /= q.sum(1, keepdims=True)
    assert record["value"] == pytest.approx(-np.log(q[np.arange(12), y]).mean(), rel=1e-6)
    gradient = np.load(tmp_path / "g.npy")
    assert gradient.dtype == np.float32
    assert gradient == pytest.approx((q - np.eye(3)[y]) / 12, abs=1e-6)
    text = merit("loss", "cross-entropy", *options, "-s", place / "table.tsv").out
    assert f"{record['value']:.9g}" in text and "12 examples" in text


def test_loss_of_distributions_and_weights(place, tmp_path):
    """The loss is linear in the distribution and in the weights of the examples."""
    y = np.load(place / "y.npy")
    mixed = np.random.default_rng(5).dirichlet(np.ones(3), len(y))
    weights = np.arange(len(y)) % 4

    def value(targets, *more):
        np.save(tmp_path / "p.npy", targets.astype("f4"))
        out = merit("loss", "softmax-margin", "--logits", place / "logits.npy", "--targets",
                    tmp_path / "p.npy", "-s", place / "table.tsv", "--json", *more).out
        return json.loads(out)["value"]

    sure = merit("loss", "softmax-margin", "--logits", place / "logits.npy", "--labels",
                 place / "y.npy", "-s", place / "table.tsv", "--json").out
    assert value(np.eye(3)[y]) == json.loads(sure)["value"]
    one_row = [value(np.eye(3)[np.full(len(y), k)] * 1.0) for k in range(3)]
    even = value(np.full((len(y), 3), 1 / 3))
    assert even == pytest.approx(np.mean(one_row), rel=1e-6)

    def weighed(w):
        np.save(tmp_path / "w.npy", w.astype("f4"))
        return value(mixed, "--weights", tmp_path / "w.npy")

    rows = [weighed(np.eye(len(y))[n]) for n in range(len(y))]
    assert weighed(weights) == pytest.approx(weights @ rows / weights.sum(), rel=1e-6)
    common = ["loss", "softmax-margin", "--logits", place / "logits.npy", "-s",
              place / "table.tsv"]
    assert "not both" in refused(*common, "--labels", place / "y.npy", "--targets",
                                 tmp_path / "p.npy")
    refused(*common, "--targets", place / "y.npy", expect=3)
    refused(*common, "--targets", tmp_path / "p.npy", "--weights", tmp_path / "p.npy",
            expect=3)


def test_loss_names_the_file_that_it_refuses(place, tmp_path):
    np.save(tmp_path / "p.npy", np.full((12, 3), 0.5, "f4"))
    np.save(tmp_path / "negative.npy", np.full((12, 3), -1, "f4"))
    np.save(tmp_path / "w.npy", np.full(12, -1, "f4"))
    options = ["loss", "cross-entropy", "-s", place / "table.tsv", "--logits"]
    good = [*options, place / "logits.npy"]
    for name in ("p", "negative"):
        path = tmp_path / f"{name}.npy"
        assert f"{path}: targets[0]" in refused(*good, "--targets", path, expect=3)
    assert f"{tmp_path / 'w.npy'}: weights[0]" in refused(
        *good, "--labels", place / "y.npy", "--weights", tmp_path / "w.npy", expect=3)
    bad = place / "nan-logits.npy"
    assert f"{bad}: " in refused(*options, bad, "--labels", place / "y.npy", expect=3)


def test_loss_reads_the_table_from_anywhere(place):
    options = ["loss", "softmax-margin", "--logits", place / "logits.npy", "--labels",
               place / "y.npy", "--json"]
    plain = merit(*options, "-s", place / "table.tsv").out
    assert merit(*options, "-s", place / "table.tsv.gz").out == plain
    with open(place / "table.tsv") as table:
        assert merit(*options, "-s", "-", stdin=table).out == plain
    assert merit(*options, "-s", "identity").out != plain
    assert merit(*options, "-s", "ordinal:2").out != plain
    assert merit(*options, "--costs", place / "table.tsv").out != plain


def test_loss_parameters(place):
    options = ["--logits", place / "logits.npy", "--labels", place / "y.npy", "-s",
               place / "table.tsv", "--json"]
    halved = merit("loss", "softmax-margin", "--param", "scale=0.5", *options).out
    assert merit("loss", "softmax-margin(scale=0.5)", *options).out == halved
    assert merit("loss", "softmax-margin", *options).out != halved
    assert "did you mean" in refused("loss", "softmax-margin", "--param", "scal=1", *options)
    assert "cross-entropy" in refused("loss", "cross-entropi", *options)


def test_loss_catalogue():
    record = json.loads(merit("loss", "--json").out)
    names = [entry["name"] for entry in record["losses"]]
    assert names == sorted(names) and "cross-entropy" in names
    soft = record["losses"][names.index("soft-labels")]["parameters"]
    assert [p["name"] for p in soft] == ["temperature"]
    assert soft[0]["initial"] == 0.05 and soft[0]["initial_in_range"] is True
    text = merit("loss", env={"COLUMNS": "60"}).out
    assert [line for line in text.splitlines() if not line.startswith(" ")] == names
    assert max(map(len, text.splitlines())) <= 60
    words = " ".join(text.split())
    assert "default R/20, R the largest score difference" in words
    assert "default 10; 0 to 1000" in words


# Training, evaluation, prediction


def test_train_tells_its_result(place, run):
    out = (place / "train.out").read_text()
    assert out.startswith(f"model       {run}/best.safetensors\n")
    err = (place / "train.err").read_text()
    assert "\r" not in err
    assert len([line for line in err.splitlines() if line.startswith("epoch ")]) == 3
    assert err.startswith("note: ") or err.startswith("merit train: ")


def test_train_in_silence(place, tmp_path):
    done = merit("train", place / "toy-images-idx3-ubyte", "-o", tmp_path / "run", "--net",
                 "dense 4", "--loss", "cross-entropy", "--epochs", "1", "-q", "-j1")
    assert done.err == "" and "sha256" in done.out


def test_train_into_what_exists(place, run):
    def state():
        return sorted((p.name, p.stat().st_mtime_ns) for p in run.rglob("*")
                      if p.name != ".merit.lock")

    before = state()
    line = refused("train", place / "toy-images-idx3-ubyte", "-o", run, "-q")
    assert f"{run} already exists" in line
    assert state() == before


def test_train_checks_only(place, tmp_path):
    options = ["train", place / "toy-images-idx3-ubyte", "--check", "-o", tmp_path / "run"]
    done = merit(*options, "-n", "conv 4 3, relu", "-l", "cross-entropy:60%,expected-score")
    assert "240 of 1x6x6" in done.out and "conv 4 3" in done.out
    assert not (tmp_path / "run").exists()
    refused(*options, "-q", "-n", "conv 4 9 pad 0")
    refused(*options, "-q", "-l", "no-such-loss")


def test_validation_data_with_labels_of_another_name(place, tmp_path):
    random = np.random.default_rng(3)
    for name in ("x", "v"):
        np.save(tmp_path / f"{name}.npy", random.normal(size=(60, 4)).astype("f4"))
        np.save(tmp_path / f"of-{name}.npy", (np.arange(60) % 3).astype("i4"))
    np.save(tmp_path / "short.npy", np.zeros(59, "i4"))
    options = ["train", tmp_path / "x.npy", "--labels", tmp_path / "of-x.npy",
               "--validation", tmp_path / "v.npy"]
    line = refused(*options, "--check", expect=3)
    assert str(tmp_path / "v.npy") in line and "with --validation-labels" in line
    merit(*options, "--check", "--validation-labels", tmp_path / "of-v.npy")
    line = refused(*options, "--check", "--validation-labels", tmp_path / "short.npy", expect=3)
    assert "short.npy" in line
    (tmp_path / "c.json").write_text(json.dumps(
        {"validation-labels": os.fspath(tmp_path / "of-v.npy")}))
    merit(*options, "--check", "--config", tmp_path / "c.json")


EVAL_KEYS = ["merit", "n", "rule", "temperature", "accuracy", "mean_score",
             "normalized_score", "log_loss", "ece", "regret"]


def test_eval_record(place, run):
    data = place / "toy-images-idx3-ubyte"
    record = json.loads(merit("eval", run, data, "--json").out)
    assert list(record) == EVAL_KEYS
    assert record["n"] == 240 and 0 <= record["accuracy"] <= 1
    argmax = json.loads(merit("eval", run, data, "--json", "--rule", "argmax").out)
    assert argmax["rule"] == "argmax"
    counted = json.loads(merit("eval", run, data, "--json", "--confusion").out)
    assert list(counted) == EVAL_KEYS + ["confusion"]
    confusion = np.array(counted["confusion"])
    assert confusion.sum(1).tolist() == [80, 80, 80]
    assert np.trace(confusion) / 240 == pytest.approx(record["accuracy"])


def test_eval_agrees_with_predict(place, run):
    data = place / "toy-images-idx3-ubyte"
    record = json.loads(merit("eval", run, data, "--json").out)
    scores = {"rook": [2, 1, -1], "knight": [1, 2, -1], "pawn": [-1, 0, 2]}
    rows = [line.split("\t") for line in merit("predict", run, data).out.splitlines()]
    earned = [scores[CLASSES[i % 3]][CLASSES.index(row[1])] for i, row in enumerate(rows[1:])]
    assert np.mean(earned) == pytest.approx(record["mean_score"])


def test_numbers_that_are_not_finite_are_null(place, run):
    done = merit("eval", run, place / "toy-images-idx3-ubyte", "--labels",
                 place / "all-zero-labels", "--json")
    record = json.loads(done.out, parse_constant=lambda name: pytest.fail(name))
    assert record["normalized_score"] is None


@pytest.mark.parametrize("columns", [60, 80, 100])
def test_eval_table(place, run, columns):
    done = merit("eval", run, place / "toy-images-idx3-ubyte", "--confusion",
                 env={"COLUMNS": str(columns)})
    lines = done.out.splitlines()
    assert lines[0].split() == ["decision", "accuracy", "mean", "score", "normalised", "claimed"]
    firsts = [line.split()[0] for line in lines[1:4]]
    assert "argmax" in firsts and "bayes" in firsts and "always" in firsts
    assert max(map(len, lines)) <= columns
    assert done.err == ""


def test_eval_of_answers_that_agree(place, tmp_path):
    """Under identity scores Bayes answers are the most likely ones."""
    data = place / "toy-images-idx3-ubyte"
    merit("train", data, "-o", tmp_path / "run", "--net", "dense 4", "--loss",
          "cross-entropy", "--epochs", "1", "-q", "-j1")
    out = merit("eval", tmp_path / "run", data, "--rule", "bayes").out
    assert "\nbayes and argmax give the same answers.\n" in out and "bootstrap" not in out


def test_eval_compares_answers_that_differ(tmp_path):
    """Noise says little, so that Bayes answers what is never far off."""
    random = np.random.default_rng(5)
    np.save(tmp_path / "x.npy", random.normal(size=(300, 4)).astype("f4"))
    np.save(tmp_path / "y.npy", random.integers(0, 3, 300).astype("i4"))
    (tmp_path / "t.tsv").write_text("a\tb\tc\na\t1\t.9\t0\nb\t0\t1\t0\nc\t0\t.9\t1\n")
    data = [tmp_path / "x.npy", "--labels", tmp_path / "y.npy"]
    merit("train", *data, "-s", tmp_path / "t.tsv", "-o", tmp_path / "run", "--net", "dense 4",
          "--loss", "cross-entropy", "--epochs", "1", "-q", "-j1")
    text = " ".join(merit("eval", tmp_path / "run", *data, "--rule", "bayes").out.split())
    found = re.search(r"bayes earns (\S+) more per example than argmax "
                      r"\(95 % interval (\S+) to (\S+), paired bootstrap\)", text)
    low, high = float(found[2]), float(found[3])
    assert 0 < low < float(found[1]) < high and "chance" not in text
    few = " ".join(merit("eval", tmp_path / "run", *data, "--rule", "bayes", "--first",
                         "3").out.split())
    assert "so few" not in few
    assert "paired bootstrap); it may be chance." in few or "same answers" in few


def test_what_is_no_belief_is_not_measured(place, tmp_path):
    data = place / "toy-images-idx3-ubyte"
    merit("train", data, "-s", place / "table.tsv", "-o", tmp_path / "run", "--net", "dense 4",
          "--loss", "soft-labels", "--epochs", "20", "-q", "-j1")
    decode = json.loads(
        merit("eval", tmp_path / "run", data, "--json", "--rule", "decode").out)
    assert list(decode) == EVAL_KEYS and decode["rule"] == "decode"
    assert decode["log_loss"] is None and decode["ece"] is None
    assert decode["regret"] is not None
    bayes = json.loads(merit("eval", tmp_path / "run", data, "--json", "--rule", "bayes").out)
    assert bayes["log_loss"] > 0 and bayes["ece"] >= 0
    text = merit("eval", tmp_path / "run", data, "--rule", "decode").out
    assert "log loss" not in text and "ECE" not in text and "240 examples; regret" in text
    assert "log loss" in merit("eval", tmp_path / "run", data, "--rule", "bayes").out


def test_no_negative_zero(place, tmp_path):
    """Tables whose scores are zeros of both signs, or next to zero."""
    data = place / "toy-images-idx3-ubyte"
    for zero in ("-0", "-1e-9"):
        table = tmp_path / f"{zero}.tsv"
        table.write_text("a\tb\tc\n" + "".join(
            f"{name}\t{zero}\t{zero}\t{zero}\n".replace(zero, "0", int(name == "a"))
            for name in "abc"))
        run = tmp_path / f"run{zero}"
        out = merit("train", data, "-s", table, "-o", run, "--net", "dense 4", "--loss",
                    "cross-entropy", "--epochs", "1", "-j1", "-q").out
        out += merit("eval", run, data).out + merit("curves", run).out
        assert not re.search(r"-0\.0*(?![0-9])", out), out
        if zero == "-0":
            out = merit("eval", run, data, "--json").out + merit("predict", run, data).out
            assert not re.search(r"-0(\.0*)?(?![.0-9])", out), out


def test_predict(place, run, tmp_path):
    data = place / "toy-images-idx3-ubyte"
    done = merit("predict", run, data)
    rows = [line.split("\t") for line in done.out.splitlines()]
    assert rows[0] == ["id", "answer", "expected_score", "p_rook", "p_knight", "p_pawn"]
    assert [row[0] for row in rows[1:]] == [str(i) for i in range(240)]
    posterior = np.array([[float(x) for x in row[3:]] for row in rows[1:]])
    assert posterior.sum(1) == pytest.approx(np.ones(240), abs=1e-5)
    assert {row[1] for row in rows[1:]} <= set(CLASSES)
    assert merit("predict", run, place / "toy-images.gz", "-j2").out == done.out
    assert merit("predict", run / "best.safetensors", data, "-o", "-").out == done.out
    assert merit("predict", run, data, "-o", tmp_path / "p.tsv").out == ""
    assert (tmp_path / "p.tsv").read_text() == done.out
    assert sorted(p.name for p in tmp_path.iterdir()) == ["p.tsv"]
    assert merit("predict", run, data, "--first", "3").out.count("\n") == 4


def test_output_keeps_what_it_should(place, run, tmp_path):
    data = tmp_path / "data"
    data.write_bytes((place / "toy-images-idx3-ubyte").read_bytes())
    assert "read as input" in refused("predict", run, data, "-o", data)
    assert data.read_bytes() == (place / "toy-images-idx3-ubyte").read_bytes()
    kept = (run / "best.safetensors").read_bytes()
    model = tmp_path / "model"
    model.write_bytes(kept)
    for source, output in ((run, run / "best.safetensors"), (model, model),
                           (run / "best.safetensors", run / "best.safetensors"),
                           (run, run / "scores.tsv")):
        assert "written over" in refused("predict", source, data, "-o", output)
    assert (run / "best.safetensors").read_bytes() == model.read_bytes() == kept
    assert "Is a directory" in refused("predict", run, data, "-o", tmp_path, expect=5)
    assert "read as input" in refused(
        "loss", "brier", "--logits", place / "logits.npy", "--labels", place / "y.npy", "-s",
        place / "table.tsv", "--gradient", place / "logits.npy")


def test_mode_of_output_follows_umask(place, run, tmp_path):
    for mask, mode in ((0o000, 0o666), (0o077, 0o600)):
        path = tmp_path / f"{mask}"
        merit("predict", run, place / "toy-images-idx3-ubyte", "-o", path,
              preexec_fn=lambda mask=mask: os.umask(mask) and None)
        assert path.stat().st_mode & 0o777 == mode


def test_info(place, run):
    kinds = [(run, "run"), (run / "best.safetensors", "model"),
             (place / "toy-images-idx3-ubyte", "data"), (place / "toy-images.gz", "data"),
             (place / "toy-labels-idx1-ubyte", "labels"), (place / "y.npy", "labels"),
             (place / "logits.npy", "data"), (place / "table.tsv", "scores"),
             (place / "table.tsv.gz", "scores")]
    for path, kind in kinds:
        record = json.loads(merit("info", path, "--json").out)
        assert (record["kind"], record["path"]) == (kind, os.fspath(path))
        assert merit("info", path).out.split()[0] in (kind, "score")
    model = json.loads(merit("info", run, "--json").out)
    assert model["classes"] == CLASSES and model["shape"] == [1, 6, 6]
    assert model["parameters"] == 36 * 8 + 8 + 8 * 3 + 3


def test_info_shows_no_control_characters(tmp_path):
    (tmp_path / "t.tsv").write_text("\x1b[31mred\tb\n\x1b[31mred\t1\t0\nb\t0\t1\n")
    done = merit("info", tmp_path / "t.tsv")
    assert "\x1b" not in done.out and r"\x1b" in done.out


# Streams


def commands_with_results(place, run):
    return [["--help"], ["train", "--help"], ["--version"], ["loss"], ["loss", "--json"],
            ["info", run], ["predict", run, place / "toy-images-idx3-ubyte"],
            ["eval", run, place / "toy-images-idx3-ubyte"],
            ["eval", run, place / "toy-images-idx3-ubyte", "--json"]]


def test_a_full_disk_behind_stdout(place, run):
    for line in commands_with_results(place, run):
        with open("/dev/full", "w") as full:
            done = subprocess.run([MERIT, *line], stdout=full, stderr=subprocess.PIPE)
        assert done.returncode == 5, line
        assert b"No space left on device" in done.stderr
    assert "No space left" in refused("predict", run, place / "toy-images-idx3-ubyte", "-o",
                                      "/dev/full", expect=5)


def test_streams_that_are_closed(place, run, tmp_path):
    data = place / "toy-images-idx3-ubyte"
    whole = merit("predict", run, data).out

    def close(*descriptors):
        return lambda: [os.close(fd) for fd in descriptors] and None

    for line in commands_with_results(place, run):
        done = subprocess.run([MERIT, *line], stderr=subprocess.PIPE, preexec_fn=close(1))
        assert done.returncode == 5, line
    done = subprocess.run([MERIT, "predict", run, data, "-o", tmp_path / "p.tsv"],
                          preexec_fn=close(0, 1, 2))
    assert done.returncode == 0 and (tmp_path / "p.tsv").read_text() == whole
    done = subprocess.run([MERIT, "loss", "brier", "--logits", place / "logits.npy",
                           "--labels", place / "y.npy", "-s", "-"],
                          preexec_fn=close(0), capture_output=True)
    assert done.returncode == 5


@pytest.mark.parametrize("closed", [(0, 1, 2), (1, 2), (0, 2), (0, 1), (2,)], ids=str)
def test_training_without_streams_keeps_the_model(place, tmp_path, closed):
    def close():
        for descriptor in closed:
            os.close(descriptor)

    done = subprocess.run([MERIT, "train", place / "toy-images-idx3-ubyte", "-o",
                           tmp_path / "run", "--net", "dense 4", "--loss", "cross-entropy",
                           "--epochs", "1", "-j1"], preexec_fn=close, timeout=120,
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL)
    # 5: the result could not be told.
    assert done.returncode == (5 if 1 in closed else 0)
    for path in (tmp_path / "run").rglob("*"):
        # What was meant for the streams is in no file that took their numbers.
        assert path.is_dir() or b"epoch 1/1" not in path.read_bytes(), path
    merit("predict", tmp_path / "run", place / "toy-images-idx3-ubyte")


def test_a_pipe_that_is_closed_ends_quietly(place, run):
    done = subprocess.run(
        ["bash", "-c", '"$0" predict "$1" "$2" | head -n 1; echo "${PIPESTATUS[0]}"', MERIT,
         run, place / "toy-images-idx3-ubyte"], capture_output=True, text=True)
    lines = done.stdout.splitlines()
    assert lines[0].startswith("id\t") and done.stderr == ""
    assert lines[1] in ("0", "141")


def test_training_outlives_its_reader(place, tmp_path):
    done = subprocess.run(
        ["bash", "-c", '"$0" train "$1" -o "$2" --net "dense 4" --loss cross-entropy -e 3 '
         '-j1 2> >(head -n 1 >/dev/null)', MERIT, place / "toy-images-idx3-ubyte",
         tmp_path / "run"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and "sha256" in done.stdout


def read_all(descriptor):
    parts = []
    while True:
        try:
            part = os.read(descriptor, 65536)
        except OSError:
            part = b""
        if not part:
            return b"".join(parts).decode()
        parts.append(part)


def on_terminal(*arguments):
    """What the program shows on standard error when that is a terminal of 60 columns."""
    try:
        ours, theirs = pty.openpty()
    except OSError:
        pytest.skip("no pseudo-terminals here")
    process = subprocess.Popen([MERIT, *arguments], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=theirs,
                               env={**os.environ, "TERM": "xterm", "COLUMNS": "60"})
    os.close(theirs)
    shown = read_all(ours)
    os.close(ours)
    assert process.wait(timeout=120) == 0
    return shown


def test_progress_on_a_terminal(place, tmp_path):
    shown = on_terminal("train", place / "toy-images-idx3-ubyte", "-s", place / "table.tsv",
                        "-o", tmp_path / "run", "--net", "dense 4", "--loss",
                        "cross-entropy", "-e", "2", "-j1")
    redrawn = [part.replace("\x1b[K", "") for part in shown.replace("\r\n", "\n").split("\r")[1:]]
    assert redrawn and all(part.startswith("epoch ") for part in redrawn)
    assert all(len(part.split("\n")[0]) < 60 for part in redrawn)
    assert shown.endswith("\n")
    # Predictions tell how far they are, too, and leave nothing of it.
    for command in ("eval", "predict"):
        shown = on_terminal(command, tmp_path / "run", place / "toy-images-idx3-ubyte")
        assert re.match(r"\rpredicting  \[> *\]    0 %  0 of [\d,]+\x1b\[K", shown), shown
        assert shown.endswith("\r\x1b[K") and "\n" not in shown


# Signals and runs that are held: exit codes 7, 8, 75, 130 and 143


@pytest.fixture
def long_run(place, tmp_path):
    """A run that would take for ever; it owns its directory, tmp_path / "run"."""
    process = subprocess.Popen([MERIT, *long_run_arguments(place, tmp_path)],
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
    try:
        assert any(line.startswith("epoch ") for line in process.stderr)
        yield process
    finally:
        process.kill()
        process.communicate()


def long_run_arguments(place, tmp_path):
    return ["train", place / "toy-images-idx3-ubyte", "-s", place / "table.tsv", "-o",
            tmp_path / "run", "--net", "dense 4", "--loss", "cross-entropy", "-e", "1000000",
            "-j1"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP,
                                    signal.SIGXCPU])
def test_a_signal_stops_and_saves(long_run, number):
    long_run.send_signal(number)
    _, err = long_run.communicate(timeout=60)
    assert long_run.returncode == 75, err
    assert err.splitlines()[-1].startswith("merit: ")


def test_a_second_signal_ends_at_once(long_run):
    long_run.send_signal(signal.SIGSTOP)
    os.waitpid(long_run.pid, os.WUNTRACED)  # both signals wait, so both come together
    long_run.send_signal(signal.SIGTERM)
    long_run.send_signal(signal.SIGINT)
    long_run.send_signal(signal.SIGCONT)
    long_run.communicate(timeout=60)
    assert long_run.returncode in (130, 143)


def test_usr1_saves_and_goes_on(long_run):
    long_run.send_signal(signal.SIGUSR1)
    for _ in range(3):
        assert long_run.stderr.readline() != ""
    assert long_run.poll() is None
    long_run.send_signal(signal.SIGTERM)
    long_run.communicate(timeout=60)
    assert long_run.returncode == 75


def test_a_run_that_is_held(long_run, place, tmp_path):
    line = refused(*long_run_arguments(place, tmp_path), "--resume", "-q", expect=8)
    assert str(long_run.pid) in line


def test_a_run_that_was_stopped_continues(long_run, place, tmp_path):
    long_run.send_signal(signal.SIGTERM)
    long_run.communicate(timeout=60)
    again = subprocess.Popen([MERIT, *long_run_arguments(place, tmp_path)],
                             stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE, text=True)
    try:
        assert any("continued after step" in line for line in again.stderr)
        again.send_signal(signal.SIGTERM)
        again.communicate(timeout=60)
        assert again.returncode == 75
    finally:
        again.kill()
        again.communicate()


def test_training_that_diverges(place, tmp_path):
    done = merit("train", place / "toy-images-idx3-ubyte", "-o", tmp_path / "run", "--net",
                 ", ".join(["dense 8"] * 8), "--loss", "cross-entropy", "--lr", "1000",
                 "--schedule", "constant", "-e", "2", "-j1", "-q", expect=7)
    assert done.out == ""


# Surroundings


def test_locale_changes_nothing(place, run):
    available = subprocess.run(["locale", "-a"], capture_output=True, text=True).stdout
    if "de_DE.utf8" not in available:
        pytest.skip("the locale de_DE.utf8 is not installed")
    for line in commands_with_results(place, run):
        assert merit(*line, env={"LC_ALL": "de_DE.UTF-8"}).out == merit(*line).out


def limit(kind, value):
    return lambda: resource.setrlimit(kind, (value, value))


def test_few_descriptors_and_a_small_stack(place, run):
    for line in commands_with_results(place, run)[:6]:
        merit(*line, preexec_fn=limit(resource.RLIMIT_NOFILE, 16))
    if IS_RELEASE:
        merit("info", place / "table.tsv", preexec_fn=limit(resource.RLIMIT_STACK, 128 << 10))


def test_a_limit_on_file_sizes(place, run, tmp_path):
    line = refused("predict", run, place / "toy-images-idx3-ubyte", "-o", tmp_path / "p.tsv",
                   preexec_fn=limit(resource.RLIMIT_FSIZE, 0), expect=5)
    assert "File too large" in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not IS_RELEASE, reason="the sanitizers need more address space")
def test_a_limit_on_memory(place, tmp_path):
    n = 60_000_000
    with open(tmp_path / "big.npy", "wb") as file:
        np.lib.format.write_array_header_1_0(
            file, {"descr": "<f4", "fortran_order": False, "shape": (n // 100, 100)})
        file.truncate(file.tell() + 4 * n)
    line = refused("info", tmp_path / "big.npy", expect=6,
                   preexec_fn=limit(resource.RLIMIT_AS, 200 << 20))
    assert "bytes" in line
