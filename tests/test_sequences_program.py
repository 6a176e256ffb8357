"""Sequences through the program: bad files, the three tasks from training to prediction,
NCBI's tables, and results that depend on nothing but the sequence."""
import gzip
import json
import os
import random
import re
import subprocess
from pathlib import Path

import pytest

MERIT = os.environ.get("MERIT", "build/merit")
BAD = Path(__file__).resolve().parent / "bad" / "sequences"
BLOSUM62 = Path("/usr/share/ncbi/data/BLOSUM62")
RESIDUES = "ARNDCQEGHILKMFPSTWYV"
NET = "embedding 16, residual(conv1d 16 3, relu), residual(conv1d 16 3 dilation 2, relu), "


def merit(*arguments, expect=0, stdin=subprocess.DEVNULL):
    done = subprocess.run([MERIT, *map(os.fspath, arguments)], capture_output=True,
                          timeout=120, stdin=stdin, env={**os.environ, "COLUMNS": "80"})
    done.out, done.err = done.stdout.decode(), done.stderr.decode(errors="replace")
    assert done.returncode == expect, (done.returncode, done.out, done.err)
    assert "Sanitizer" not in done.err and "runtime error" not in done.err, done.err
    return done


CASES = [line.split("\t") for line in (BAD / "EXPECTED.tsv").read_text().splitlines()]


@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(case[:3]))
def test_bad(case, tmp_path):
    name, labels, task, options, code, text = case
    arguments = [] if task == "-" else ["--task", task]
    arguments += [] if labels == "-" else ["--labels", BAD / labels]
    done = merit("train", BAD / name, *arguments, *options.split(), "--check",
                 expect=int(code))
    assert text in done.err, done.err
    assert int(code) == 0 or len(done.err.splitlines()) <= 3


def protein(rng, n):
    """Letters that follow from the one two places before, most of the time."""
    letters = [rng.randrange(20), rng.randrange(20)]
    while len(letters) < n:
        letters.append((letters[-2] + 7) % 20 if rng.random() < 0.9 else rng.randrange(20))
    return "".join(RESIDUES[i] for i in letters)


def states(sequence):
    """A state that follows from the letter and the one before it."""
    at = [RESIDUES.index(c) for c in sequence]
    return "".join("HGEBC"[(at[i] + at[i - 1]) % 5] if i else "C" for i in range(len(at)))


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sequences")
    rng = random.Random(4)
    proteins = [protein(rng, rng.randrange(10, 150)) for _ in range(300)]
    with open(folder / "p.fasta", "w") as data, open(folder / "s.fasta", "w") as labels:
        for i, sequence in enumerate(proteins):
            data.write(f">p{i} of nobody\n{sequence}\n")
            labels.write(f">p{i}\n{states(sequence)}\n")
    with open(folder / "c.fasta", "w") as data:
        for i in range(400):
            kind = i % 3
            letters = "".join(rng.choice(["ACGT", "AACG", "GGTT"][kind]) for _ in range(
                rng.randrange(20, 60)))
            data.write(f">d{i}|{['mixed', 'left', 'right'][kind]}\n{letters}\n")
    return folder


def train(place, run, *arguments, expect=0):
    return merit("train", *arguments, "-o", place / run, "-q", "-b", "16", expect=expect)


def rows(text):
    lines = [line.split("\t") for line in text.splitlines()]
    return lines[0], lines[1:]


def test_masked(place):
    train(place, "masked", place / "p.fasta", "--task", "masked", "-s", BLOSUM62, "-e", "8",
          "--lr", "0.01", "--letters", "64", "-n", NET + "per-position", "-l",
          "cross-entropy")
    record = json.loads(merit("eval", place / "masked", place / "p.fasta", "--json").out)
    assert record["accuracy"] > 0.6
    assert json.loads((place / "masked/config.json").read_text())["hide"] == 0.3
    assert "masked task" in train(place, "none", place / "p.fasta", "--task", "residue",
                                  "--labels", place / "s.fasta", "--hide-training", "0.3",
                                  expect=2).err
    header, predicted = rows(merit("predict", place / "masked", place / "p.fasta").out)
    assert header[3:] == [f"p_{c}" for c in RESIDUES]
    assert len(predicted) == record["n"]
    name, place_of = predicted[0][0].split(":")
    assert name == "p0" and int(place_of) >= 1
    merit("explain", place / "masked")
    merit("report", place / "masked", place / "p.fasta", "-o", place / "masked.html")
    page = (place / "masked.html").read_text()
    assert "<script" not in page and ", letter " in page
    shown = re.findall(r'<div class="letters">(\u2026?)([A-Z?]*)<mark>([A-Z])</mark>', page)
    truths = re.findall(r"<figcaption><strong><bdi>(\w)</bdi>", page)
    assert len(shown) > 8 and [letter for _, _, letter in shown] == truths
    # As they stand in the file, but for what is hidden too.
    text = "".join((place / "p.fasta").read_text().split("\n")[1::2])
    for _, before, letter in shown:
        assert re.search((before + letter).replace("?", "."), text)
    info = merit("info", place / "masked").out
    assert "masked" in info
    # Another share of letters may be hidden than in training.
    more = json.loads(merit("eval", place / "masked", place / "p.fasta", "--json", "--hide",
                            "0.6").out)
    assert more["n"] > 3 * record["n"] and more["accuracy"] < record["accuracy"]
    fewer = merit("predict", place / "masked", place / "p.fasta", "--hide", "0.05").out
    assert 10 < len(fewer.splitlines()) < record["n"] / 2
    done = merit("eval", place / "masked", place / "p.fasta", "--hide", "1.5", expect=2)
    assert "--hide: expected a share" in done.err


def test_table_of_other_letters(place):
    done = merit("train", place / "p.fasta", "--task", "masked", "-s", BLOSUM62, "--check")
    assert "B, J, Z, X, * of the table: left out, no classes" in done.err
    done = merit("train", place / "p.fasta", "--task", "masked", "-s",
                 "/usr/share/ncbi/data/NUC.4.4", "--check", expect=None) \
        if Path("/usr/share/ncbi/data/NUC.4.4").exists() else None
    few = place / "few.txt"
    few.write_text("  A R\nA 1 0\nR 0 1\n")
    done = merit("train", place / "p.fasta", "--task", "masked", "-s", few, "--check",
                 expect=3)
    assert "the score table has no class N" in done.err


def test_table_order_does_not_matter(place):
    """Rows are found by their letters, wherever the table has them."""
    lines = [line.split() for line in BLOSUM62.read_text().splitlines() if line[0] != "#"]
    letters = lines[0]
    table = {line[0]: dict(zip(letters, line[1:])) for line in lines[1:]}
    order = sorted(letters)
    turned = place / "turned.txt"
    turned.write_text("\t".join(["", *order]) + "\n" + "".join(
        "\t".join([i, *(table[i][k] for k in order)]) + "\n" for i in order))
    results = []
    for name, scores in (("ncbi", BLOSUM62), ("turned", turned)):
        train(place, name, place / "p.fasta", "--task", "masked", "-s", scores, "-e", "1",
              "--first", "40", "--letters", "32", "-n", NET + "per-position", "-l",
              "cross-entropy")
        results.append((place / name / "metrics.tsv").read_text())
    assert results[0] == results[1]


def test_residue(place):
    train(place, "residue", place / "p.fasta", "--labels", place / "s.fasta", "--task",
          "residue", "-e", "10", "--lr", "0.01", "--letters", "64", "-n",
          NET + "per-position")
    record = json.loads(merit("eval", place / "residue", place / "p.fasta", "--labels",
                              place / "s.fasta", "--json").out)
    sequences = (place / "p.fasta").read_text().split("\n")[1::2]
    assert record["n"] == sum(map(len, sequences))
    assert record["accuracy"] > 0.9
    header, predicted = rows(merit("predict", place / "residue", place / "p.fasta").out)
    assert header[3:] == ["p_B", "p_C", "p_E", "p_G", "p_H"]
    assert len(predicted) == record["n"] and predicted[1][0] == "p0:2"
    # The same labels as two columns, in another order, among others.
    records = [r.split() for r in (place / "s.fasta").read_text().split(">")[1:]]
    # A state that only they have is no class.
    (place / "s.tsv").write_text("# name, states\nelse\tHHQ\n" + "".join(
        f"{name}\t{states}\n" for name, states in records[::-1]))
    again = json.loads(merit("eval", place / "residue", place / "p.fasta", "--labels",
                             place / "s.tsv", "--json").out)
    assert again == record
    done = merit("eval", place / "residue", place / "p.fasta", "--hide", "0.5", "--labels",
                 place / "s.tsv", expect=2)
    assert "hides no letters" in done.err
    # The answers as FASTA, letter by letter those of the table; labels like any others.
    fasta = place / "predicted.fasta"
    merit("predict", place / "residue", place / "p.fasta", "--fasta", "-o", fasta)
    written = fasta.read_text().split("\n")
    assert written[-1] == "" and [len(line) for line in written[1::2]] == \
        [len(line) for line in sequences]
    assert "".join(written[1::2]) == "".join(row[1] for row in predicted)
    assert written[0] == ">p0" and written[4] == ">p2"
    agreed = json.loads(merit("eval", place / "residue", place / "p.fasta", "--labels",
                              fasta, "--json").out)
    assert agreed["accuracy"] == 1
    # A state that the model does not know.
    (place / "z.tsv").write_text((place / "s.tsv").read_text().replace("H", "Z"))
    done = merit("eval", place / "residue", place / "p.fasta", "--labels", place / "z.tsv",
                 expect=3)
    assert "Z" in done.err
    merit("report", place / "residue", place / "p.fasta", "--labels", place / "s.tsv", "-o",
          place / "residue.html")
    assert "<mark>" in (place / "residue.html").read_text()


def test_sequence(place):
    train(place, "sequence", place / "c.fasta", "--task", "sequence", "-e", "8", "--lr",
          "0.01", "-n", NET + "globalpool")
    record = json.loads(merit("eval", place / "sequence", place / "c.fasta", "--json").out)
    assert record["n"] == 400 and record["accuracy"] > 0.8
    header, predicted = rows(merit("predict", place / "sequence", place / "c.fasta").out)
    assert header[3:] == ["p_left", "p_mixed", "p_right"]
    assert predicted[0][0] == "d0|mixed"
    done = merit("predict", place / "sequence", place / "c.fasta", "--fasta", expect=2)
    assert "--task residue" in done.err
    merit("report", place / "sequence", place / "c.fasta", "-o", place / "sequence.html")
    assert re.search(r'<div class="letters">[ACGT]{20,51}(\u2026|<)',
                     (place / "sequence.html").read_text())


def test_company_and_threads(place):
    """A row is the same to the last digit alone, in another order, with other threads."""
    if not (place / "residue").exists():
        test_residue(place)
    records = (place / "p.fasta").read_text().split(">")[1:]
    turned = place / "turned.fasta"
    turned.write_text("".join(">" + record for record in records[::-1]))
    alone = place / "alone.fasta"
    alone.write_text(">" + records[7])
    outputs = [merit("predict", place / "residue", path, "-j", threads).out
               for path, threads in ((place / "p.fasta", "1"), (turned, "2"), (alone, "2"))]
    table = [dict((row[0], row) for row in rows(text)[1]) for text in outputs]
    assert table[0] == table[1]
    assert all(table[0][key] == row for key, row in table[2].items()) and table[2]


def test_same_model_for_any_threads(place):
    runs = []
    for threads in ("1", "2"):
        name = "threads" + threads
        train(place, name, place / "p.fasta", "--task", "masked", "-s", BLOSUM62, "-e", "1",
              "--first", "50", "--letters", "32", "-n", NET + "per-position", "-j", threads)
        runs.append((place / name / "best.safetensors").read_bytes())
    assert runs[0] == runs[1]


def test_engines_agree(place):
    scores = []
    for engine in ("dnnl", "reference"):
        train(place, engine, place / "p.fasta", "--task", "masked", "-s", BLOSUM62, "-e",
              "1", "--first", "30", "--letters", "32", "-n", NET + "per-position", "-l",
              "cross-entropy", "--engine", engine)
        line = (place / engine / "metrics.tsv").read_text().splitlines()[1].split("\t")
        head = (place / engine / "metrics.tsv").read_text().splitlines()[0].split("\t")
        scores.append([float(line[head.index(key)]) for key in (
            "training_loss", "bayes_score")])
    assert scores[0] == pytest.approx(scores[1], rel=1e-3, abs=1e-3)


def test_standard_input_and_gzip(place):
    text = (place / "p.fasta").read_bytes()
    packed = place / "p.fasta.gz"
    # As bgzip does: members one after the other.
    packed.write_bytes(gzip.compress(text[:5000]) + gzip.compress(text[5000:]))
    expected = merit("info", place / "p.fasta", "--json").out
    fingerprint = json.loads(expected)["fingerprint"]
    assert json.loads(merit("info", packed, "--json").out)["fingerprint"] == fingerprint
    with open(packed, "rb") as stream:
        done = merit("train", "-", "--task", "masked", "--check", stdin=stream)
    assert "classes     20" in done.out


def test_validation_data(place):
    half = (place / "p.fasta").read_text().split(">")[1:]
    (place / "a.fasta").write_text("".join(">" + r for r in half[:200]))
    (place / "b.fasta").write_text("".join(">" + r for r in half[200:]))
    train(place, "apart", place / "a.fasta", "--task", "masked", "-s", BLOSUM62,
          "--validation", place / "b.fasta", "-e", "1", "--letters", "32", "-n",
          NET + "per-position", "-l", "cross-entropy")
    assert (place / "apart" / "best.safetensors").exists()


def test_info(place):
    text = merit("info", place / "p.fasta").out
    assert "300 sequences" in text and "protein" in text
    lengths = [len(line) for line in (place / "p.fasta").read_text().split("\n")[1::2]]
    assert f"{min(lengths)} to {max(lengths)} letters, {round(sum(lengths) / 300)} on" in text
    record = json.loads(merit("info", place / "c.fasta", "--json").out)
    assert record["sequences"] == 400 and record["alphabet"] == "dna"


def test_compare(place):
    done = merit("compare", place / "p.fasta", "--task", "masked", "-s", BLOSUM62, "-l",
                 "cross-entropy,softmax-margin", "--seeds", "1,2", "-o",
                 place / "comparison", "-e", "1", "--first", "60", "--letters", "32", "-n",
                 NET + "per-position", "-q")
    assert "softmax-margin" in done.out


def test_model_refuses_other_data(place):
    if not (place / "sequence").exists():
        test_sequence(place)
    done = merit("predict", place / "sequence", place / "p.fasta", expect=3)
    assert "is not of the alphabet dna" in done.err


def test_docs(tmp_path):
    """The commands of docs/sequences.md, one after the other."""
    root = Path(__file__).resolve().parent.parent
    if not Path("/usr/share/doc/mmseqs2/example-data/DB.fasta.gz").exists():
        pytest.skip("needs the package mmseqs2-examples")
    (tmp_path / "examples").symlink_to(root / "examples")
    program = str(Path(MERIT).resolve())
    outputs = {}
    for line in (root / "docs" / "sequences.md").read_text().splitlines():
        if line.startswith("    $ "):
            command = line[6:].split()
            command[0] = program if command[0] == "merit" else "/usr/bin/python3"
            if "--first" in command:  # as documented, but for a machine that is busy
                command[command.index("--first") + 1] = "60"
            done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=250)
            assert done.returncode == 0, (line, done.stderr)
            outputs.setdefault(" ".join(line[6:].split()[:3]), done.stdout.decode())
    assert "20000 sequences" in outputs["merit info /usr/share/doc/mmseqs2/example-data/DB.fasta.gz"]
    accuracy = float(outputs["merit eval states"].splitlines()[1].split()[1])
    origin = [float(line.split()[1]) for line in outputs["merit eval origin"].splitlines()[1:2]]
    assert origin[0] > 0.9
    assert accuracy == pytest.approx(0.857, abs=0.02)
    assert (tmp_path / "states.tsv").read_text().count("\n") > 10000


def test_demo(tmp_path, place):
    """The demo on a few sequences, with a small net."""
    demo = Path(__file__).resolve().parent.parent / "examples" / "demo-protein.sh"
    packed = tmp_path / "few.fasta.gz"
    packed.write_bytes(gzip.compress((place / "p.fasta").read_bytes()))
    env = {**os.environ, "MERIT": str(Path(MERIT).resolve()), "PROTEINS": str(packed),
           "TRAIN": "200", "OPTIONS": "--letters 32"}
    for _ in range(2):  # what an earlier demo left is replaced
        done = subprocess.run(["sh", demo], cwd=tmp_path, env=env, capture_output=True,
                              timeout=250)
        assert done.returncode == 0, done.stderr
        assert done.stdout.decode().count("argmax  ") == 2
    assert (tmp_path / "demo-protein" / "report.html").exists()
    (tmp_path / "demo-protein" / ".made-by-demo-protein.sh").unlink()
    done = subprocess.run(["sh", demo], cwd=tmp_path, env=env, capture_output=True)
    assert done.returncode == 1 and b"no earlier demo made it" in done.stderr
