"""The committed reference values of the losses are what their script writes, up to
rounding, and its gradients are the derivatives of its values."""

import importlib.util
import math
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

REFERENCE = Path(__file__).parent / "reference"


@pytest.fixture(scope="module")
def losses():
    spec = importlib.util.spec_from_file_location("losses", REFERENCE / "losses.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read(path):
    return [line.split("\t") for line in path.read_text("ascii").splitlines()]


def test_losses_are_reproduced(tmp_path):
    path = tmp_path / "losses.tsv"
    subprocess.run([sys.executable, REFERENCE / "losses.py", path], check=True)
    committed, written = read(REFERENCE / "losses.tsv"), read(path)
    assert len(committed) == len(written)
    for number, (old, new) in enumerate(zip(committed, written), start=1):
        assert len(old) == len(new) and old[0] == new[0], f"line {number}"
        if old[0] in ("table", "row"):
            assert old == new, f"line {number}"
            continue
        size = max(1, *(abs(float(text)) for text in old[1:]))
        for pair in zip(map(float, old[1:]), map(float, new[1:])):
            assert math.isclose(*pair, rel_tol=1e-12, abs_tol=1e-13 * size), f"line {number}"


def test_gradients_are_derivatives(losses):
    rng = random.Random(7)
    tables = losses.make_tables(rng)
    n_checked = 0
    for name, truth, z, progress in losses.make_rows(rng, tables):
        for spec in losses.LOSSES:
            if losses.is_forbidden(spec, tables[name]):
                continue
            _, gradient = losses.evaluate(spec, tables[name], z, truth, progress)
            for k in range(len(z)):
                # A step along the imaginary axis: no difference, so no rounding.
                step = z + 1e-100j * (np.arange(len(z)) == k)
                value, _ = losses.evaluate(spec, tables[name], step, truth, progress)
                size = max(1, abs(value))
                assert math.isclose(value.imag * 1e100, gradient[k], rel_tol=1e-9,
                                    abs_tol=1e-13 * size), (spec, name, k)
                n_checked += 1
    assert n_checked > 1000
