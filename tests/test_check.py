"""merit check: the question's table to the last number, findings, refusals, sizes."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

MERIT = os.environ.get("MERIT", "build/merit")
ROOT = Path(__file__).resolve().parent.parent
QUESTION = ROOT / "examples" / "question.txt"
BLOSUM62 = Path("/usr/share/ncbi/data/BLOSUM62")
needs_blosum = pytest.mark.skipif(not BLOSUM62.exists(), reason="Debian's ncbi-data")


def merit(*arguments, expect=0, columns=80, **options):
    options.setdefault("stdin", subprocess.DEVNULL)
    done = subprocess.run([MERIT, *map(os.fspath, arguments)], capture_output=True,
                          timeout=200, env={**os.environ, "COLUMNS": str(columns)},
                          **options)
    done.out, done.err = done.stdout.decode(), done.stderr.decode()
    assert "Sanitizer" not in done.err and "runtime error" not in done.err, done.err
    assert done.returncode == expect, (done.returncode, done.out, done.err)
    return done


def in_one_line(*arguments):
    return " ".join(merit(*arguments).out.split())


def check(*arguments, **options):
    done = merit("check", *arguments, "--json", **options)
    assert done.err == ""
    return json.loads(done.out)


def write(path, S, names=None):
    S = np.asarray(S, dtype=float)
    names = names or [f"c{i + 1}" for i in range(S.shape[1])]
    lines = ["\t".join(["truth", *names])]
    lines += ["\t".join([names[i], *(repr(float(x)) for x in S[i])])
              for i in range(len(S))]
    path.write_text("\n".join(lines) + "\n")
    return path


def ids(found, *severities):
    return [f["id"] for f in found["findings"]
            if not severities or f["severity"] in severities]


SUSPICIONS = {"looks-reversed", "looks-transposed", "odd-diagonal", "odd-pair", "odd-size",
              "odd-sign"}


def test_the_question():
    found = check(QUESTION)
    assert found["classes"] == found["answers"] == ["c1", "c2", "c3", "c4"]
    assert found["best_answer"] == {"c1": "c1", "c2": "c2", "c3": "c4", "c4": "c4"}
    assert found["symmetric"] is True
    assert found["eigenvalues"] == pytest.approx([-.903, 1.194, 2, 3.709], abs=6e-4)
    assert found["zero_sum_eigenvalues"] == pytest.approx([-.705, 1.553, 3.653], abs=6e-4)
    assert (found["rank"], found["centred_rank"]) == (4, 3)
    assert found["semidefinite"] is found["zero_sum_semidefinite"] is False
    assert found["metric"] is False
    assert found["never_unique"] == ["c3"]
    assert found["reach"]["c3"] == "ties"
    assert found["margin"] == pytest.approx({"c1": 1, "c2": 1, "c3": 0, "c4": 1}, abs=1e-9)
    assert found["mixture"] == {"c3": pytest.approx({"c2": .5, "c4": .5})}
    assert found["witness"]["c3"] == pytest.approx({"c1": .5, "c4": .5})
    assert found["raise"]["c3"] == pytest.approx(2 / 3)
    assert found["region_volume"] == pytest.approx(
        {"c1": .311, "c2": .251, "c3": 0, "c4": .439}, abs=5e-3)
    assert found["argmax_agreement"] == pytest.approx(.66, abs=6e-3)
    assert found["traps"] == [["c1", "c2"], ["c2", "c1"], ["c4", "c3"]]
    assert found["trap_components"] == [["c1", "c2"], ["c3", "c4"]]
    assert found["affine_M"] == 6
    assert [round(r, 3) for r in found["gradient_ratio"].values()] == [.645, .645, .408, .645]
    assert found["plateau"] == pytest.approx(3.65, abs=.005)
    assert found["plateau_cross_entropy"] == pytest.approx(1.32, abs=.005)
    assert found["loss"] == "auto" and found["temperature"] == pytest.approx(.1)
    assert ids(found, "PROBLEM") == ["best-answer", "never-best"]
    assert ids(found, "WARNING") == ["stalls"]
    assert found["regret"][0] == pytest.approx([0, 1 / 3, 2 / 3, 1])


def test_the_question_in_words():
    words = in_one_line("check", QUESTION)
    for sentence in [
            "c3: the best answer is c4 (scores 1), not c3 (scores 0).",
            "Cross entropy teaches c3. Every other diagonal is 2; is the 0 in row c3 a slip?",
            "With any score above 1 there, c3 would be its own best answer.",
            "answering c2 or c4 by the toss of a coin always earns at least as much.",
            "With more than 0.6667 for c3 when it is right, there are beliefs",
            "c1 and c2 trap each other, c3 traps c4.",
            "learns 1.55 to 2.45 times slower than with cross entropy",
            "a margin of 10 needs about 2,203 times the steps. Begin with cross entropy, or "
            "with tilted-score from temperature 0.1 on.",
            "c3 nothing 0 % only ties",
            "is the best answer for 66 % of beliefs",
            "Always answering c1 earns 0.5"]:
        assert sentence in words, sentence


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_text_fits_and_says_what_the_record_says(columns):
    for table in [QUESTION, "groups:" + str(ROOT / "examples" / "fashion.groups")]:
        done = merit("check", table, columns=columns)
        commands = [line for line in done.out.splitlines() if line.startswith("  merit ")]
        assert len(commands) == 2
        assert all(len(line) <= columns for line in done.out.splitlines()
                   if line not in commands)
        assert done.err == ""
        assert not any(line.strip().startswith("% ") for line in done.out.splitlines())
        words = " ".join(done.out.split())
        assert all(" ".join(f["text"].split()) in words for f in check(table)["findings"])


def tree(K, n_group):
    group = np.arange(K) // n_group
    return np.where(np.eye(K) > 0, 1.0, np.where(group[:, None] == group, 0.5, 0.0))


@pytest.mark.parametrize("K, n_group, ratio, M", [(20, 5, .064, 3), (100, 10, .017, 5.5)])
def test_trees(K, n_group, ratio, M, tmp_path):
    found = check(write(tmp_path / "tree.tsv", tree(K, n_group)))
    assert len(found["traps"]) == K * (n_group - 1)
    assert [len(c) for c in found["trap_components"]] == [n_group] * (K // n_group)
    assert all(round(r, 3) == ratio for r in found["gradient_ratio"].values())
    assert found["affine_M"] == pytest.approx(M)
    assert found["ultrametric"] is found["tree"] is found["zero_sum_semidefinite"] is True
    assert not SUSPICIONS & set(ids(found))


@pytest.mark.parametrize("K, times", [(4, (3.65, 1.32)), (10, (11.96, 2.78)),
                                      (100, (107.1, 5.53))])
def test_plateau_of_one_hot_scores(K, times):
    found = check("identity", "--classes", str(K))
    assert found["plateau"] == pytest.approx(times[0], abs=.05 if K == 100 else .005)
    assert found["plateau_cross_entropy"] == pytest.approx(times[1], abs=.005)
    assert found["argmax_agreement"] == 1 and found["loss"] == "cross-entropy"
    assert ids(found, "PROBLEM", "WARNING") == []


def tables_without_suspicion():
    random = np.random.default_rng(3)
    yield "identity", np.eye(6)
    yield "ordinal", -np.abs(np.arange(6.)[:, None] - np.arange(6))
    yield "squares", -np.abs(np.arange(6.)[:, None] - np.arange(6)) ** 2
    yield "tree", tree(12, 3)
    for n in range(12):
        K = 2 + n
        yield f"normal{K}", random.normal(size=(K, K))
        yield f"integers{K}", random.integers(-3, 4, size=(K, K)).astype(float)
        half = random.normal(size=(K, K))
        yield f"symmetric{K}", half + half.T
        costs = -np.exp(random.normal(size=(K, K)))
        yield f"costs{K}", costs * (1 - np.eye(K))
        diagonal = random.normal(size=(K, K))
        yield f"diagonal{K}", diagonal + 3 * np.eye(K)


@pytest.mark.parametrize("name, S", list(tables_without_suspicion()),
                         ids=lambda x: x if isinstance(x, str) else "")
def test_no_false_alarm(name, S, tmp_path):
    assert not SUSPICIONS & set(ids(check(write(tmp_path / "t.tsv", S))))


@needs_blosum
def test_blosum62():
    found = check(BLOSUM62)
    assert len(found["classes"]) == 25
    assert found["never_unique"] == [] and not SUSPICIONS & set(ids(found))
    assert set(found["decided_by"].values()) == {"linear program"}
    text = merit("check", BLOSUM62, columns=60).out
    assert len(text.splitlines()) <= 45
    assert "and 13 more answers" in text


def base(K=6):
    group = np.arange(K) // 2
    return np.where(np.eye(K) > 0, 2.0, np.where(group[:, None] == group, 1.0, -1.0))


def changed(i, k, value):
    S = base()
    S[i, k] = value
    return S


@pytest.mark.parametrize("S, id, words", [
    (changed(0, 3, 1), "odd-pair", "Answering c4 for c1 earns 1, c1 for c4 -1"),
    (changed(0, 3, 1), "odd-pair", "a slip of the sign?"),
    (changed(0, 3, -10), "odd-pair", "a slip of the decimal point?"),
    (changed(2, 2, 3), "odd-diagonal", "every truth but c3, where it earns 3"),
    (-base(), "looks-reversed", "read with --costs"),
    (changed(2, 2, 0), "best-answer", "is the 0 in row c3 a slip?"),
])
def test_slips(S, id, words, tmp_path):
    found = check(write(tmp_path / "t.tsv", S))
    texts = [f["text"] for f in found["findings"] if f["id"] == id]
    assert len(texts) == 1 and words in texts[0], found["findings"]


def test_slips_without_symmetry(tmp_path):
    random = np.random.default_rng(1)
    S = -random.choice([1.0, 2.0, 3.0, 0.5], size=(6, 6)) * (1 - np.eye(6))
    assert not SUSPICIONS & set(ids(check(write(tmp_path / "t.tsv", S))))
    sign = S.copy()
    sign[1, 4] = 2
    found = check(write(tmp_path / "t.tsv", sign))
    assert "odd-sign" in ids(found) and "Is the sign right?" in str(found["findings"])
    size = S.copy()
    size[1, 4] = -30
    found = check(write(tmp_path / "t.tsv", size))
    assert ids(found, "NOTE")[0] == "odd-size"
    # A dear mistake that is no other one with its point moved.
    size[1, 4] = -37
    assert "odd-size" not in ids(check(write(tmp_path / "t.tsv", size)))
    # Truths that are worth different amounts, their rows and columns exchanged.
    weights = np.array([1.0, 30, 2, 20, 3, 4])
    S = np.eye(6) * 3 + random.uniform(0, 2, size=(6, 6))
    found = check(write(tmp_path / "t.tsv", (S * weights[:, None]).T))
    assert "looks-transposed" in ids(found)
    assert "looks-transposed" not in ids(check(write(tmp_path / "t.tsv",
                                                     S * weights[:, None])))


def test_equal_answers_and_truths(tmp_path):
    S = base(6)
    S[:, 1] = S[:, 0]
    found = check(write(tmp_path / "t.tsv", S))
    assert found["reach"]["c1"] == found["reach"]["c2"] == "ties"
    assert "equal-answers" in ids(found) and "never-best" not in ids(found)
    S = base(6)
    S[1] = S[0] + 7
    assert "equal-truths" in ids(check(write(tmp_path / "t.tsv", S)))
    S = base(6)
    S[3] = 4
    found = check(write(tmp_path / "t.tsv", S))
    assert "no-information" in ids(found, "WARNING") and "equal-truths" not in ids(found)
    found = check(write(tmp_path / "t.tsv", np.ones((3, 3))))
    assert ids(found, "PROBLEM") == ["no-information"]
    assert "nothing to learn" in in_one_line("check", tmp_path / "t.tsv")


def test_extra_answers(tmp_path):
    names = ["c1", "c2", "c3", "don't know", "shrug"]
    S = np.hstack([np.eye(3), np.full((3, 1), .6), np.full((3, 1), -.25)])
    found = check(write(tmp_path / "t.tsv", S, names))
    assert found["reach"]["don't know"] == "beliefs"
    assert found["reach"]["shrug"] == "never"
    assert found["margin"]["don't know"] == pytest.approx(.6 - 1 / 3)
    assert found["raise"]["shrug"] == pytest.approx(.85)
    assert found["least_belief"]["c1"] == pytest.approx(.6)
    assert "don't know" not in found["least_belief"]
    assert found["most_belief"] == {"don't know": pytest.approx(.6), "shrug": None}
    assert found["region_volume"]["c1"] == pytest.approx(.16, abs=.005)  # (1 - .6)^2
    words = in_one_line("check", tmp_path / "t.tsv")
    assert "3 classes and 2 more answers" in words
    assert 'answering "don\'t know" always earns more' in words
    assert "all its scores must rise by more than 0.85." in words
    assert "<= 60 %" in words


@pytest.mark.parametrize("S", [[[1, 0], [0, 1]], [[1, 1, 2], [1, 1, 0]],
                               [[0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 1]],
                               [[1e15, -1e15], [-1e15, 1e15]],
                               [[1e-300, 0], [0, 1e-300]]])
def test_small_and_strange_tables(S, tmp_path):
    path = write(tmp_path / "t.tsv", S)
    out = merit("check", path).out
    assert "nan" not in out and "inf" not in out
    found = check(path)
    assert found["never_unique"] != found["answers"]
    assert np.isfinite(found["argmax_agreement"])


def test_priors(tmp_path):
    assert check(QUESTION)["best_constant"] == "c1"
    found = check(QUESTION, "--priors", "1,1,3,5")
    assert found["best_constant"] == "c4"
    assert found["best_constant_score"] == pytest.approx((-1 + 0 + 3 + 10) / 10)
    for priors in ["1,2,3", "1,2,3,4,5", "1,2,x,4", "1,2,-1,4", "0,0,0,0", "", "nan,1,1,1"]:
        done = merit("check", QUESTION, "--priors", priors, expect=2)
        assert done.err.startswith("merit: --priors") and done.out == ""


def test_seed_and_samples():
    assert merit("check", QUESTION, "--json").out == merit("check", QUESTION, "--json").out
    a, b = (check(QUESTION, "--seed", s)["region_volume"] for s in "12")
    assert a != b
    assert check(QUESTION, "--samples", "1000")["n_samples"] == 1000


def test_costs(tmp_path):
    costs = write(tmp_path / "costs.tsv", -(base() - 2))
    assert "looks-reversed" in ids(check(costs))
    found = check(costs, "--costs")
    assert not SUSPICIONS & set(ids(found))
    assert f"merit train DATA --costs {costs}" in merit("check", costs, "--costs").out


def test_large_tables_say_how_they_were_decided(tmp_path):
    S = np.random.default_rng(2).normal(size=(230, 230))
    found = check(write(tmp_path / "t.tsv", S), "--samples", "2000")
    kinds = list(found["decided_by"].values())
    assert {"belief", "linear program"} == set(kinds)
    text = next(f["text"] for f in found["findings"] if f["id"] == "sampled")
    assert f"Of 230 answers, {kinds.count('belief')} are" in text
    # What a program decides agrees with what the belief says.
    names = found["classes"]
    for name in names:
        belief = np.array([found["witness"][name].get(c, 0) for c in names])
        u = belief @ S
        k = names.index(name)
        assert u[k] - np.delete(u, k).max() == pytest.approx(found["margin"][name], abs=1e-6)


def test_large_tables_find_dominated_answers(tmp_path):
    random = np.random.default_rng(4)
    S = random.normal(size=(220, 220)) + 4 * np.eye(220)
    S[:, 7] = S[:, [3, 11]] @ [.25, .75] - .01
    S[:, 9] = S[:, [5, 6]] @ [.5, .5]
    found = check(write(tmp_path / "t.tsv", S), "--samples", "2000")
    assert found["never_unique"] == ["c8", "c10"]
    assert found["reach"]["c8"] == "never" and found["reach"]["c10"] == "ties"
    assert found["mixture"]["c8"] == pytest.approx({"c4": .25, "c12": .75}, abs=1e-6)
    raised = S.copy()
    raised[7, 7] += found["raise"]["c8"] + .01
    found = check(write(tmp_path / "t.tsv", raised), "--samples", "2000")
    assert found["reach"]["c8"] == "beliefs"


def test_long_plateaus_are_counted(tmp_path):
    """Steps are printed as a reader counts, never as 3.65e+03."""
    S = np.eye(4)
    S[0, 1] = .999
    path = write(tmp_path / "t.tsv", S)
    assert check(path)["plateau"] == pytest.approx(3648, abs=1)
    assert "believes the right class 3,648 steps" in in_one_line("check", path)
    legend = "needs: the least belief"
    assert legend in in_one_line("check", path)
    S = -np.abs(np.subtract.outer(np.arange(210), np.arange(210)))
    out = in_one_line("check", write(tmp_path / "t.tsv", S), "--samples", "100")
    assert legend not in out and "sure above: the belief" in out


def test_notes_are_said_once(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_text("truth\ta\tb\tc\nb\t1\t2\t0\na\t2\t1\t0\nc\t0\t5\t2\n")
    found = check(path)
    assert "reordered" in ids(found)
    text = merit("check", path)
    assert text.err == "" and text.out.count("best answer is") == 1
    assert text.out.lower().count("not symmetric:") == 1


def test_numbers_for_names(tmp_path):
    """A table without names is not read as another one in silence."""
    path = tmp_path / "t.txt"
    path.write_text("2 1 0 -1\n1 2 -1 0\n0 -1 2 1\n-1 0 1 2\n")
    found = check(path)["findings"]
    assert found[0]["id"] == "names-like-scores" and found[0]["severity"] == "WARNING"
    assert "WARNING  the first line is taken as names" in merit("check", path).out
    for text in ["2 1 -1 -1\n1 2 -1 -1\n-1 -1 2 1\n-1 -1 1 2\n",
                 "2 1 0\n3 2 -1\n0 -1 2\n1 1 3\n"]:
        path.write_text(text)
        assert "Does the first line name the answers?" in merit("check", path, expect=3).err


def test_what_to_do_with_costs(tmp_path):
    costs = write(tmp_path / "t.tsv", 1 - np.eye(4))
    out = merit("check", costs).out
    assert out.endswith(f"If that is so:\n  merit check {costs} --costs\n")
    assert "merit train" not in out
    out = merit("check", write(tmp_path / "t.tsv", np.eye(4)), "--costs").out
    assert out.endswith(f"If that is so:\n  merit check {costs}\n")
    assert "merit train" in merit("check", costs).out


def test_strict(tmp_path):
    done = merit("check", QUESTION, "--strict", expect=3)
    assert done.err == f"merit: {QUESTION}: 2 problems\n"
    assert "c3 is never the best answer" in done.out
    merit("check", "identity", "--classes", "4", "--strict")


def test_svg(tmp_path):
    picture = tmp_path / "table.svg"
    done = merit("check", QUESTION, "--svg", picture)
    assert picture.read_text().startswith("<svg") or "<svg" in picture.read_text()
    assert "c3 is never" in done.out
    assert "<svg" in merit("check", QUESTION, "--svg", "-").out
    merit("check", QUESTION, "--svg", "-", "--json", expect=2)
    copy = tmp_path / "q.txt"
    copy.write_text(QUESTION.read_text())
    merit("check", copy, "--svg", copy, expect=2)
    assert copy.read_text() == QUESTION.read_text()


def test_refusals(tmp_path):
    assert "SCORES is missing" in merit("check", expect=2).err
    for spec in ("identity", "ordinal", "ordinal:2"):
        assert "--classes" in merit("check", spec, expect=2).err
    assert "identity and ordinal" in merit("check", QUESTION, "--classes", "4", expect=2).err
    assert "one argument too many" in merit("check", QUESTION, QUESTION, expect=2).err
    done = merit("check", ROOT / "tests" / "bad" / "scores" / "nan.tsv", expect=3)
    assert "nan.tsv" in done.err and done.out == ""
    merit("check", tmp_path / "none.tsv", expect=5)
    for option in (["--classes", "1"], ["--samples", "0"], ["--seed", "-1"],
                   ["--samples", "x"]):
        merit("check", QUESTION, *option, expect=2)


def test_standard_input():
    done = subprocess.run([MERIT, "check", "-", "--json"], input=QUESTION.read_bytes(),
                          capture_output=True, timeout=60)
    assert json.loads(done.stdout)["never_unique"] == ["c3"]
    done = subprocess.run([MERIT, "check", "-"], input=QUESTION.read_bytes(),
                          capture_output=True, timeout=60)
    assert b"merit labels SCORES\n" in done.stdout


def test_commands_can_be_copied(tmp_path):
    assert "merit labels ordinal --classes 5\n" in merit("check", "ordinal", "--classes",
                                                         "5").out
    odd = tmp_path / "a $(b) c.tsv"
    odd.write_text(QUESTION.read_text())
    out = merit("check", odd).out
    assert f"  merit labels '{odd}'\n" in out
    command = out.splitlines()[-1].replace("merit", MERIT, 1)
    done = subprocess.run(command, shell=True, capture_output=True, timeout=60)
    assert done.returncode == 0 and done.stdout.startswith(b"truth\tc1")
    odd = tmp_path / "it's.tsv"
    odd.write_text(QUESTION.read_text())
    assert "merit labels SCORES\n" in merit("check", odd).out


def test_long_names(tmp_path):
    names = [letter * 255 for letter in "abcd"]
    S = base(4) + np.triu(np.ones((4, 4)), 1) * .123456789
    out = merit("check", write(tmp_path / "t.tsv", S, names)).out
    assert "Not symmetric: 6 of 6" in out
    S = base(4)
    S[0, 3] = 7.123456789
    found = check(write(tmp_path / "t.tsv", S, names))
    assert {"odd-pair", "best-answer"} <= set(ids(found))


def test_long_names_fit(tmp_path):
    """The table of answers stays within the terminal; what does not fit is cut."""
    names = ["T-shirt or top with sleeves", "Trouser long", "Pullover thick", "Ankle boot"]
    S = [[2, 1, 0, -1], [1, 2, -1, 0], [0, -1, 0, 1], [-1, 0, 1, 2]]
    path = write(tmp_path / "t.tsv", S, names)
    for columns in [60, 80]:
        out = merit("check", path, columns=columns).out
        table = out[out.index("  answer "):out.index("To train")].splitlines()
        assert max(map(len, table)) <= columns, out
        rows = [line[2:].split("  ") for line in table[1:5]]
        assert rows[0][0].startswith("T-shirt or") and "truths" in " ".join(rows[3])
        assert "1 truths" not in out
    assert table[1].startswith("  T-shirt or top w  T-shirt or top wit  ")


def test_names_are_shown_safely(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_text("truth\ta b\té\t日本\na b\t0\t1\t0\né\t0\t2\t0\n日本\t0\t0\t2\n",
                    encoding="utf-8")
    path.write_text(path.read_text().replace("a b\t0\t1", "a b\t0\t3"))
    assert '"a b": the best answer is é' in in_one_line("check", path)
