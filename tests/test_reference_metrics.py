"""The committed reference values are what their script writes, up to rounding."""

import math
import subprocess
import sys
from pathlib import Path

import pytest

REFERENCE = Path(__file__).parent / "reference"


def same(committed, written):
    if committed == written:
        return True
    try:
        return math.isclose(float(committed), float(written), rel_tol=1e-12,
                            abs_tol=1e-15)
    except ValueError:
        return False


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    path = tmp_path_factory.mktemp("reference") / "metrics.tsv"
    subprocess.run([sys.executable, REFERENCE / "metrics.py", path], check=True)
    return [[line.split("\t") for line in file.read_text("ascii").splitlines()]
            for file in (REFERENCE / "metrics.tsv", path)]


def test_metrics_are_reproduced(tables):
    committed, written = tables
    assert len(committed) == len(written)
    for number, (old, new) in enumerate(zip(committed, written), start=1):
        assert len(old) == len(new), f"line {number}"
        for column, pair in enumerate(zip(old, new)):
            assert same(*pair), f"line {number}, column {column}: {pair}"


def test_comparison_can_fail():
    assert same("0.25", "0.25000000000000006")
    assert not same("0.25", "0.2501")
    assert not same("nan", "0.5")
    assert not same("scores", "labels")
