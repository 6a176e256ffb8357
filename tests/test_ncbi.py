"""Substitution matrices as NCBI writes them, whole and damaged, through the program."""

import json

import pytest
from test_cli import merit, refused

# What is read, and the answers and notes that a user is told of.
READ = [
    ("star", "#  Matrix made by matblas\n   A  R  *\nA  4 -1 -4\nR -1  5 -4\n* -4 -4  1\n", "AR*", ""),
    ("no star", "   A  R\nA  4 -1\nR -1  5\n", "AR", ""),
    ("lower case", "   a  r\na  4 -1\nr -1  5\n", "ar", ""),
    ("plus", "   A  R\nA +4 -1\nR -1 +5\n", "AR", ""),
    ("fractions", "   A  R\nA  1e9 -.25\nR -.25 5.5\n", "AR", ""),
    ("carriage returns and trailing blanks", "   A  R  \r\nA  4 -1  \r\nR -1  5\r\n\r\n", "AR", ""),
    ("tabs", "\tA\tR\nA\t4\t-1\nR\t-1\t5\n", "AR", ""),
    ("commas", "A,R\nA,4,-1\nR,-1,5\n", "AR", ""),
    ("another order", "   A  R  N\nR -1  5  0\nA  4 -1 -2\nN -2  0  6\n", "ARN",
     "the rows are in another order than the columns; they were reordered"),
    ("not symmetric", "   A  R  N\nA  4 -1 -2\nR -1  5  0\nN -2  3  6\n", "ARN",
     "answering R for N earns 3, N for R 0"),
    # A row that is missing makes its letter an answer that is never true.
    ("row missing", "   A  R  N\nA  4 -1 -2\nR -1  5  0\n", "AR", "N is never the best answer"),
]

REFUSED = [
    ("no header", "A  4 -1 -2\nR -1  5  0\nN -2  0  6\n", 3, "Does the first line name the answers?"),
    ("a letter twice", "   A  R  A\nA  4 -1  4\nR -1  5 -1\n", 3, ':1: answers 1 and 3 are both named "A"'),
    ("another letter", "   A  R\nA  4 -1\nJ -1  5\n", 3, ':3: rows without a column: "J"; columns '
     'without a row: "R"'),
    ("a row twice", "   A  R\nA  4 -1\nA -1  5\n", 3, ':3: a second row "A", the first is in line 2'),
    ("short row", "   A  R\nA  4 -1\nR -1\n", 3, ':3: row "R" has 1 scores, expected 2'),
    ("long row", "   A  R\nA  4 -1\nR -1  5  0\n", 3, ':3: row "R" has 3 scores, expected 2'),
    ("lower case in one place", "   A  R\nA  4 -1\nr -1  5\n", 3, 'rows without a column: "r"'),
    ("not a number", "   A  R\nA  4 NaN\nR -1  5\n", 3, ':2: answer "R" (column 3): expected a number'),
    ("a comma", "   A  R\nA  4 -1,5\nR -1  5\n", 3, "decimal comma"),
    ("comments alone", "# one\n# two\n", 3, "expected a score table, found nothing"),
    ("empty", "", 3, "expected a score table, found nothing"),
    ("tabs and blanks", "   A\tR\nA  4\t-1\nR -1\t5\n", 3, ":1: expected the names of at least 2 answers"),
    ("a long comment", "# " + "x" * 10_000_000 + "\n   A  R\nA  4 -1\nR -1  5\n", 6,
     ":1: line is longer than the limit of 1048576 bytes"),
]


@pytest.mark.parametrize("text, classes, told", [case[1:] for case in READ],
                         ids=[case[0] for case in READ])
def test_what_is_read(tmp_path, text, classes, told):
    (tmp_path / "matrix").write_bytes(text.encode())
    done = merit("check", tmp_path / "matrix", "--json")
    record = json.loads(done.out)
    assert record["classes"] == list(classes)
    shown = " ".join((done.err + merit("check", tmp_path / "matrix").out).split())
    assert told in shown, shown


@pytest.mark.parametrize("text, code, message", [case[1:] for case in REFUSED],
                         ids=[case[0] for case in REFUSED])
def test_what_is_refused(tmp_path, text, code, message):
    (tmp_path / "matrix").write_bytes(text.encode())
    assert message in refused("check", tmp_path / "matrix", expect=code)


def test_letters_that_the_matrix_lacks(tmp_path):
    (tmp_path / "matrix").write_text("   A  R  N\nA  4 -1 -2\nR -1  5  0\nN -2  0  6\n")
    (tmp_path / "p.fasta").write_text(">a\nARNDAR\n")
    done = merit("train", tmp_path / "p.fasta", "--task", "masked", "-s", tmp_path / "matrix", "-o",
                 tmp_path / "run", expect=3)
    assert "the score table has no class D" in done.err
    assert not (tmp_path / "run").exists()
