"""Trees as score tables, through the program: what is read, what is refused, and that the
scores are those of an independent reference and the trees those of Biopython."""

import ctypes
import gzip
import json
import os
import re
import resource
import shlex
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "reference"))
import trees  # noqa: E402

MERIT = os.path.abspath(os.environ.get("MERIT", "build/merit"))
BUILD = Path(os.environ.get("MERIT_BUILD", ROOT / "build"))
BAD = ROOT / "tests" / "bad" / "trees"
SANITIZED = os.environ.get("MERIT_BUILD_TYPE", "Release") != "Release"


def merit(*words, cwd=None, text=None, before=None):
    return subprocess.run([MERIT, *map(str, words)], cwd=cwd, capture_output=True, text=True,
                          timeout=120, input=text, preexec_fn=before,
                          stdin=None if text else subprocess.DEVNULL)


class Options(ctypes.Structure):
    _fields_ = [("costs", ctypes.c_int32), ("n_classes", ctypes.c_int64),
                ("classes", ctypes.c_void_p), ("answer_nodes", ctypes.c_int32),
                ("decimal_comma", ctypes.c_int32), ("dense_limit", ctypes.c_int64),
                ("read", ctypes.c_void_p)]


class Failure(ctypes.Structure):
    _fields_ = [("bytes", ctypes.c_char * 1024)]


def library():
    if SANITIZED:
        pytest.skip("a sanitized library cannot be loaded by Python")
    lib = ctypes.CDLL(os.fspath(BUILD / "libmerit.so"))
    lib.merit_scores_name.restype = ctypes.c_char_p
    lib.merit_scores_n_truths.restype = lib.merit_scores_n_answers.restype = ctypes.c_int64
    lib.merit_scores_row.restype = None
    return lib


def table_of(spec, nodes=False):
    """Names of truths, names of answers, scores [K,A]."""
    lib = library()
    scores = ctypes.c_void_p()
    options = Options(0, 0, None, int(nodes), 0, 0, None)
    failure = Failure()
    status = lib.merit_scores_load(ctypes.byref(scores), os.fsencode(spec),
                                   ctypes.byref(options), ctypes.byref(failure))
    assert status == 0, failure.raw
    k, a = lib.merit_scores_n_truths(scores), lib.merit_scores_n_answers(scores)
    names = [lib.merit_scores_name(scores, ctypes.c_int64(j)).decode() for j in range(a)]
    table = np.empty((k, a))
    for i in range(k):
        lib.merit_scores_row(scores, ctypes.c_int64(i),
                             ctypes.c_void_p(table[i].ctypes.data))
    lib.merit_scores_free(scores)
    return names[:k], names, table


def expected_rows():
    rows = [line.split("\t") for line in (BAD / "EXPECTED.tsv").read_text().splitlines()
            if not line.startswith(("#", "file\t"))]
    assert len(rows) > 60
    return rows


@pytest.mark.parametrize("name, code, text", expected_rows())
def test_bad_trees(name, code, text):
    done = merit("check", f"tree:{BAD / name}")
    assert done.returncode == int(code), done.stderr
    assert text in done.stderr and name in done.stderr
    assert len(done.stderr.splitlines()) == 1 and not done.stdout


def test_every_bad_tree_is_listed():
    assert {p.name for p in BAD.iterdir()} == {row[0] for row in expected_rows()} | {
        "EXPECTED.tsv"}


GRAMMAR = [
    ("(a,b);", ["a", "b"]),
    (" ( a , b ) ; \n", ["a", "b"]),
    ("(a,b)root:0;", ["a", "b"]),
    ("('it''s',b_c,'d_e');", ["it's", "b c", "d_e"]),
    ("[a comment](a[another [inside; it](],b)[,c];[behind]", ["a", "b"]),
    ("('a(b','c;d','e,f')'g)h';", ["a(b", "c;d", "e,f"]),
    ("((a,b)98:1,(c,d)'100':2)0.5;", None),
    ("((a,b)a,(c,d)b)c;", ["a", "b", "c", "d"]),
    ("((a,b)x,(c,d)x)x;", ["a", "b", "c", "d"]),
    ("(((((a)))),((b)));", ["a", "b"]),
    ("(a:1e-3[&rate=1],b:[x]2.5E2);", ["a", "b"]),
    ("\ufeff(a,b);", ["a", "b"]),
    ("(a,\r\n b);\r\n", ["a", "b"]),
]


@pytest.mark.parametrize("text, names", [g for g in GRAMMAR if g[1]])
def test_newick_grammar(tmp_path, text, names):
    (tmp_path / "t.nwk").write_text(text)
    assert table_of(f"tree:{tmp_path / 't.nwk'}")[0] == names


def test_labels_of_inner_nodes(tmp_path):
    (tmp_path / "t.nwk").write_text("(((a,b)98,(c,d)x)x,(e,f)Clade,(g,h)a)0.5;")
    names = table_of(f"tree:{tmp_path / 't.nwk'}", nodes=True)[1]
    assert names == list("abcdefgh") + ["a..h", "x (a..d)", "a..b", "x (c..d)", "Clade",
                                        "a (g..h)"]
    (tmp_path / "clash.nwk").write_text("((a,b),'a..b');")
    done = merit("check", f"tree:{tmp_path / 'clash.nwk'}", "--answers", "nodes")
    assert done.returncode == 3 and 'would be called "a..b"' in done.stderr


def test_the_page_of_scores(tmp_path):
    (tmp_path / "t.nwk").write_text("((a:1,b:2)x:1,(c:1,d:1)y:3)r;")
    _, _, by_depth = table_of(f"tree:{tmp_path / 't.nwk'}", nodes=True)
    assert np.array_equal(by_depth, [[1, .5, 0, 0, .5, .75, .25], [.5, 1, 0, 0, .5, .75, .25],
                                     [0, 0, 1, .5, .5, .25, .75], [0, 0, .5, 1, .5, .25, .75]])
    _, _, by_length = table_of(f"tree:{tmp_path / 't.nwk'}:length")
    assert np.allclose(by_length, [[1, 4 / 7, 1 / 7, 1 / 7], [4 / 7, 1, 0, 0],
                                   [1 / 7, 0, 1, 5 / 7], [1 / 7, 0, 5 / 7, 1]], atol=1e-15)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("kind", ["depth", "length"])
def test_scores_against_the_reference(tmp_path, seed, kind):
    rng = np.random.default_rng(seed)
    tree = trees.random_tree(rng, int(rng.integers(2, 60)), lengths=kind == "length")
    (tmp_path / "t.nwk").write_text(trees.newick(tree))
    (tmp_path / "t.tsv").write_text(trees.edges(tree, rng))
    names = [tree[v][2] for v in trees.leaves_of(tree)]
    for nodes in False, True:
        expected = trees.scores(tree, kind == "length", with_nodes=nodes)
        classes, _, found = table_of(f"tree:{tmp_path / 't.nwk'}:{kind}", nodes)
        assert classes == names
        assert np.abs(found - expected).max() < 1e-12
        assert np.array_equal(found[:, :len(names)], found[:, :len(names)].T)
        classes, _, shuffled = table_of(f"tree:{tmp_path / 't.tsv'}:{kind}", nodes)
        order = [classes.index(name) for name in names]
        k = len(names)
        assert np.abs(shuffled[np.ix_(order, order)] - expected[:, :k]).max() < 1e-12


def ladder(k):
    """The scores of a caterpillar: leaf j hangs at depth j + 1."""
    return "(" * (k - 1) + "a0" + "".join(f",a{j})" for j in range(1, k)) + ";"


def test_a_long_chain_and_a_star(tmp_path):
    (tmp_path / "t.nwk").write_text(ladder(60))
    _, _, found = table_of(f"tree:{tmp_path / 't.nwk'}")
    assert found[0, 1] == 58 / 59 and found[0, 59] == 0
    (tmp_path / "star.nwk").write_text("(" + ",".join(f"s{j}" for j in range(50)) + ");")
    _, _, found = table_of(f"tree:{tmp_path / 'star.nwk'}")
    assert np.array_equal(found, np.eye(50))


def limit_stack():
    resource.setrlimit(resource.RLIMIT_STACK, (128 << 10, 128 << 10))


@pytest.mark.skipif(SANITIZED, reason="the sanitizers need stack of their own")
@pytest.mark.parametrize("n", [10 ** 6])
def test_a_million_parentheses_on_a_small_stack(tmp_path, n):
    (tmp_path / "t.nwk").write_text("(" * n + "a" + ")" * n + ";")
    start = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    done = merit("check", f"tree:{tmp_path / 't.nwk'}", before=limit_stack)
    assert done.returncode == 3 and "expected a tree of at least 2 leaves" in done.stderr
    (tmp_path / "u.nwk").write_text("(" * n + "a" + ")" * (n - 1) + ",b);")
    done = merit("check", f"tree:{tmp_path / 'u.nwk'}", before=limit_stack)
    assert done.returncode == 0, done.stderr
    (tmp_path / "w.nwk").write_text("[" * n + "]" * n + "(a,b);")
    done = merit("check", f"tree:{tmp_path / 'w.nwk'}", before=limit_stack)
    assert done.returncode == 0, done.stderr
    # Processor time: linear takes a second, quadratic would take hours.
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - start < 60


def test_too_many_nodes_are_a_limit(tmp_path):
    (tmp_path / "t.nwk").write_text("(" * 2000001 + "a" + ")" * 2000001 + ";")
    done = merit("check", f"tree:{tmp_path / 't.nwk'}")
    assert done.returncode == 6 and "more than 2000000 nodes" in done.stderr


@pytest.mark.skipif(SANITIZED, reason="the sanitizers need memory of their own")
def test_too_little_memory_for_a_million_leaves(tmp_path):
    (tmp_path / "t.nwk").write_text("(" + ",".join(f"leaf{j}" for j in range(10 ** 6)) + ");")
    limits = [megabytes << 20 for megabytes in (150, 200, 256)]
    codes = []
    for limit in limits:
        done = merit("check", f"tree:{tmp_path / 't.nwk'}", before=lambda: resource.setrlimit(
            resource.RLIMIT_AS, (limit, limit)))
        codes.append(done.returncode)
        assert done.returncode in (6, 127), (limit, done)
    assert codes[-1] == 6


def test_classes_of_the_file(tmp_path):
    (tmp_path / "t.nwk").write_text("((Homo_sapiens,'Pan paniscus'),Mus_musculus);")
    (tmp_path / "c.txt").write_text("Mus_musculus\tmouse\nPan_paniscus\nHomo sapiens\n")
    names, _, found = table_of(f"tree:{tmp_path / 't.nwk'}:depth:classes={tmp_path / 'c.txt'}")
    assert names == ["Mus_musculus", "Pan_paniscus", "Homo sapiens"]
    assert np.array_equal(found, [[1, 0, 0], [0, 1, .5], [0, .5, 1]])
    (tmp_path / "c.txt").write_text("Mus_musculus\nPan_paniscus\nrat\n")
    done = merit("check", f"tree:{tmp_path / 't.nwk'}:classes={tmp_path / 'c.txt'}")
    assert done.returncode == 3
    assert 'only the table has "Homo sapiens"' in done.stderr
    assert 'only the data has "rat"' in done.stderr


def write_taxonomy(folder, with_names=True):
    folder.mkdir()
    taxa = [(1, 1, "no rank", "root"), (2, 1, "superkingdom", "Bacteria"),
            (543, 91347, "family", "Enterobacteriaceae"), (91347, 2, "order", "Enterobacterales"),
            (562, 561, "species", "Escherichia coli"), (561, 543, "genus", "Escherichia"),
            (28901, 590, "species", "Salmonella enterica"), (590, 543, "genus", "Salmonella"),
            (1423, 1386, "species", "Bacillus subtilis"), (1386, 2, "genus", "Bacillus"),
            (55087, 1, "genus", "Bacillus")]
    (folder / "nodes.dmp").write_text("".join(
        f"{i}\t|\t{p}\t|\t{rank}\t|\t\t|\t0\t|\n" for i, p, rank, _ in taxa))
    unique = {1386: "Bacillus <firmicutes>", 55087: "Bacillus <stick insect>"}
    (folder / "names.dmp").write_text("".join(
        f"{i}\t|\t{name}\t|\t{unique.get(i, '')}\t|\tscientific name\t|\n"
        f"{i}\t|\tother {name}\t|\t\t|\tsynonym\t|\n" for i, _, _, name in taxa))


def test_taxonomy(tmp_path):
    write_taxonomy(tmp_path / "taxa")
    names, _, found = table_of(f"tree:{tmp_path / 'taxa'}")
    assert names == ["Escherichia coli", "Salmonella enterica", "Bacillus subtilis",
                     "Bacillus <stick insect>"]
    assert np.array_equal(found[0], [1, 3 / 5, 1 / 5, 0])
    (tmp_path / "c.txt").write_text("Bacillus_subtilis\n"[:0] + "Bacillus subtilis\n"
                                    "Escherichia coli\nSalmonella enterica\n")
    spec = f"tree:{tmp_path / 'taxa'}:classes={tmp_path / 'c.txt'}"
    names, answers, found = table_of(spec, nodes=True)
    assert answers[3:] == ["Bacteria", "Enterobacteriaceae"]  # pruned; those that branch
    assert np.array_equal(found[1], [0, 1, .5, .5, .75])
    (tmp_path / "c.txt").write_text("562\n28901\n1423\n")
    names, _, found = table_of(spec)
    assert names == ["562", "28901", "1423"] and found[0, 1] == .5
    (tmp_path / "c.txt").write_text("562\n561\n1423\n")
    done = merit("check", spec)
    assert done.returncode == 3
    assert 'the class "561" is above the class "562"' in done.stderr
    done = merit("check", tmp_path / "taxa")
    assert done.returncode == 3 and done.stderr.endswith(
        "/taxa: is a directory, expected a table; one with a taxonomy is given as "
        "tree:DIRECTORY\n")
    (tmp_path / "c.txt").write_text("562\n4711\n1423\n")
    done = merit("check", spec)
    assert done.returncode == 3 and 'only the data has "4711"' in done.stderr


def test_bins(tmp_path):
    (tmp_path / "b.tsv").write_text("cold\t-10\t0\nmild\t0\t15\nhot\t20\t30\n")
    names, _, found = table_of(f"bins:{tmp_path / 'b.tsv'}")
    middle = np.array([-5, 7.5, 25])
    assert names == ["cold", "mild", "hot"]
    assert np.array_equal(found, -abs(middle[:, None] - middle))
    (tmp_path / "m.csv").write_text("a,1\nb,2.5\nc,10\n")
    middle = np.array([1, 2.5, 10])
    assert np.array_equal(table_of(f"bins:{tmp_path / 'm.csv'}:2")[2],
                          -(middle[:, None] - middle) ** 2)


@pytest.mark.parametrize("text, message", [
    ("", "expected at least 2 bins, found 0"), ("a 1\n", "found 1"),
    ("a 1\nb x\n", ':2: expected "name middle"'), ("a\nb\n", ':1: expected "name middle"'),
    ("a 1 2 3\nb 1 2 3\n", ':1: expected "name middle"'),
    ("a 1\nb 2 3\n", ":2: expected as many numbers"),
    ("a 2 1\nb 3 4\n", ":1: expected a bin that ends above"),
    ("a 1 3\nb 2 4\n", ":2: expected bins in order"), ("a 1\nb 1\n", ":2: expected bins in"),
    ("a 1\na 2\n", 'bins 1 and 2 are both named "a"'),
    ("a 1\nb 1e16\n", ':2: expected "name middle"'), ("a 1\nb nan\n", ':2: expected "name')])
def test_bad_bins(tmp_path, text, message):
    (tmp_path / "b.txt").write_text(text)
    done = merit("check", f"bins:{tmp_path / 'b.txt'}")
    assert done.returncode == 3 and message in done.stderr, done.stderr


def test_bins_usage(tmp_path):
    (tmp_path / "b.txt").write_text("a 1\nb 2\n")
    spec = f"bins:{tmp_path / 'b.txt'}"
    for words in [spec + ":0"], [spec + ":-1"], [spec, "--costs"], ["bins:"]:
        assert merit("check", *words).returncode == 2, words
    assert merit("check", "bins:no/such").returncode == 5
    assert merit("check", spec).returncode == 0


def test_usage(tmp_path):
    (tmp_path / "t.nwk").write_text("(a,b);")
    spec = f"tree:{tmp_path / 't.nwk'}"
    for words, text in [
            (["check", "tree:"], "expected tree:FILE"),
            (["check", spec + ":lenght"], 'classes=FILE behind the file, found "lenght"'),
            (["check", spec, "--costs"], "makes scores, not costs"),
            (["check", spec, "--answers", "all"], "expected classes or nodes"),
            (["check", "identity", "--classes", "3", "--answers", "nodes"], "is for tree:FILE"),
            (["check", spec, "--classes", "3"], "has its own classes")]:
        done = merit(*words)
        assert done.returncode == 2 and text in done.stderr, done.stderr
    done = merit("check", spec + ":length")
    assert done.returncode == 3 and "the tree has no branch lengths" in done.stderr
    (tmp_path / "t.nwk").write_text("(a:0,b:0);")
    done = merit("check", spec + ":length")
    assert done.returncode == 3 and "all branch lengths between classes are 0" in done.stderr
    shown = merit("check", spec, "--answers", "nodes").stdout
    assert f"-s {spec} --answers nodes -o RUN" in shown
    assert f"merit labels {spec} --answers nodes\n" in shown
    done = merit("check", "tree:no/such")
    assert done.returncode == 5 and "No such file" in done.stderr


def test_a_damaged_tree_is_no_list_of_groups(tmp_path):
    (tmp_path / "t.nwk").write_text("'E. coli':1,'two words':2)one:1,(B:1,C:1):3);")
    done = merit("info", tmp_path / "t.nwk")
    assert done.returncode == 3 and "expected ; at the end of the tree" in done.stderr


def test_deep_trees_with_nodes_as_answers(tmp_path):
    """A caterpillar: nothing takes time that grows with depth times answers."""
    n = 300000
    (tmp_path / "t.nwk").write_text("(" * (n - 1) + "t0" +
                                    "".join(f",t{i})" for i in range(1, n)) + ";")
    beliefs = np.zeros((1, n), np.float32)
    beliefs[0, -2:] = 0.5
    np.save(tmp_path / "p.npy", beliefs)
    done = merit("decide", tmp_path / "p.npy", "-s", f"tree:{tmp_path / 't.nwk'}",
                 "--answers", "nodes")
    assert done.returncode == 0 and done.stdout.split()[4] == f"t{n - 2}", done


def test_info(tmp_path):
    (tmp_path / "t.nwk").write_text("((a:1,b:2)x:1,c:4);")
    (tmp_path / "t.tsv").write_text("a x\nb x\nx r\nc r\n")
    (tmp_path / "l.tsv").write_text("a\tx\t1\nb\tx\t1\nx\tr\t1\nc\tr\t1\n")
    (tmp_path / "table.tsv").write_text("t a b\na 1 0\nb 0 1\n")
    write_taxonomy(tmp_path / "taxa")
    for name, form, leaves, depth, lengths in [
            ("t.nwk", "newick", 3, 2, True), ("t.tsv", "edges", 3, 2, False),
            ("l.tsv", "edges", 3, 2, True), ("taxa", "taxonomy", 4, 5, False)]:
        done = merit("info", tmp_path / name, "--json")
        record = json.loads(done.stdout)
        assert (record["kind"], record["format"], record["n_leaves"], record["depth"],
                record["lengths"]) == ("tree", form, leaves, depth, lengths)
        assert len(record["classes"]) == leaves
        done = merit("info", tmp_path / name)
        assert done.returncode == 0 and form in done.stdout
    assert json.loads(merit("info", tmp_path / "table.tsv", "--json").stdout)["kind"] == "scores"
    done = merit("info", BAD / "three-trees.nwk")
    assert done.returncode == 3 and "3 trees" in done.stderr


def audit(place, spec):
    done = merit("check", spec, "--json", cwd=place)
    assert done.returncode == 0, done.stderr
    return {key: value for key, value in json.loads(done.stdout).items()
            if key not in ("table", "merit")}


def pack(path):
    (path.parent / (path.name + ".gz")).write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()


def test_gzip(tmp_path):
    (tmp_path / "t.nwk").write_text("((a:1,b:2):1,(c:4)y:1);")
    (tmp_path / "t.tsv").write_text("a\tx\t1\nb\tx\t2\nx\tr\t1\nc\ty\t4\ny\tr\t1\n")
    (tmp_path / "classes.txt").write_text("c\nb\na\n")
    (tmp_path / "g.groups").write_text("x: a b\ny: c\n")
    write_taxonomy(tmp_path / "taxa")
    specs = ["tree:t.nwk%s:length", "tree:t.tsv%s:length", "tree:t.tsv%s:depth:classes=classes.txt%s",
             "groups:g.groups%s"]
    plain = [audit(tmp_path, spec.replace("%s", "")) for spec in [*specs, "tree:taxa"]]
    facts = {name: json.loads(merit("info", name, "--json", cwd=tmp_path).stdout)
             for name in ("t.nwk", "t.tsv", "taxa")}
    assert facts["t.nwk"]["n_inner"] == 3 and facts["t.nwk"]["n_unnamed"] == 2
    assert facts["t.nwk"]["n_branching"] == 2 and facts["t.tsv"]["n_unnamed"] == 0
    for name in "t.nwk", "t.tsv", "classes.txt", "g.groups", "taxa/nodes.dmp", "taxa/names.dmp":
        pack(tmp_path / name)
    for spec, before in zip([*specs, "tree:taxa"], plain):
        assert audit(tmp_path, spec.replace("%s", ".gz")) == before
    for name, before in facts.items():
        name = name if name == "taxa" else name + ".gz"
        found = json.loads(merit("info", name, "--json", cwd=tmp_path).stdout)
        assert found == {**before, **{key: found[key] for key in ("file", "path") if key in found}}
        assert "without a name" in merit("info", name, cwd=tmp_path).stdout
    (tmp_path / "cut.nwk.gz").write_bytes((tmp_path / "t.nwk.gz").read_bytes()[:-9])
    done = merit("check", "tree:cut.nwk.gz", cwd=tmp_path)
    assert done.returncode == 3 and "cut.nwk.gz" in done.stderr and "gzip" in done.stderr
    with tarfile.open(tmp_path / "taxdump.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "taxa", "taxa")
    for words in ["info", "taxdump.tar.gz"], ["check", "tree:taxdump.tar.gz"]:
        done = merit(*words, cwd=tmp_path)
        assert done.returncode == 3 and "unpack it and name the folder" in done.stderr, done.stderr


PAGE = (ROOT / "docs" / "trees.md").read_text()


def commands_of_the_page():
    """(command, what the page shows below it)"""
    for block in re.findall(r"(?:^    .*\n|^\n(?=    ))+", PAGE, re.M):
        for part in re.split(r"^    \$ ", block, flags=re.M)[1:]:
            command, _, shown = part.partition("\n")
            yield command, shown


def test_the_page(tmp_path):
    found = list(commands_of_the_page())
    assert len(found) >= 10
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    for command, shown in found:
        program, *words = shlex.split(command)
        assert program in ("merit", "python3")
        done = merit(*words, cwd=tmp_path) if program == "merit" else subprocess.run(
            [sys.executable, *words], cwd=tmp_path, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        if words[0] == "eval":  # whose numbers differ a little between processors
            assert rows(done.stdout) == rows(shown)
        else:
            assert not shown.strip() or done.stdout.split() == shown.split(), command
    record = json.loads(merit("eval", "run", "new/reads.fasta", "--labels", "new/taxa.tsv",
                              "--json", cwd=tmp_path).stdout)
    assert record["mean_score"] > 0.75 and record["rule"] == "bayes"
    answers = [line.split("\t") for line in (tmp_path / "answers.tsv").read_text().splitlines()]
    names = {line[1] for line in answers[1:]}
    assert len(answers) == 1001 and len(names) > 8 and names & {"Escherichia", "Vibrio"}
    assert answers[1][0] == "read-0" and "Costliest" in (tmp_path / "page.html").read_text()


def rows(text):
    """The names in the first column, of tables alone."""
    return [re.split(r"  +", line.strip())[0] for line in text.splitlines()
            if re.search(r"\S  +(\d|never|accuracy|given)", line)]


def biopython_scores(phylo, path, by_length):
    tree = phylo.read(path, "newick")
    leaves = tree.get_terminals()
    paths = [[tree.root] + tree.get_path(leaf) for leaf in leaves]
    base = tree.root
    while len(base.clades) == 1:
        base = base.clades[0]
    steps = paths[0].index(base)

    def shared(a, b):
        return sum(x is y for x, y in zip(paths[a], paths[b])) - 1 - steps
    n = len(leaves)
    if not by_length:
        deepest = max(len(path) - 1 - steps for path in paths)
        found = [[1 if a == b else shared(a, b) / deepest for b in range(n)] for a in range(n)]
    else:
        way = np.array([[tree.distance(x, y) for y in leaves] for x in leaves])
        found = 1 - way / way.max()
    return [leaf.name.replace("_", " ") for leaf in leaves], np.array(found)


@pytest.mark.parametrize("seed", range(8))
def test_against_biopython(tmp_path, seed):
    phylo = pytest.importorskip("Bio.Phylo")
    rng = np.random.default_rng(100 + seed)
    path = tmp_path / "t.nwk"
    by_length = seed % 2 == 1
    if seed < 4:
        tree = phylo.BaseTree.Tree.randomized(int(rng.integers(5, 40)))
        phylo.write(tree, path, "newick")
    else:
        path.write_text(trees.newick(trees.random_tree(rng, 30)))
    names, expected = biopython_scores(phylo, path, by_length)
    classes, _, found = table_of(f"tree:{path}:{'length' if by_length else 'depth'}")
    assert classes == names
    assert np.abs(found - expected).max() < 1e-9
