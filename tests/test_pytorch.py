"""What PyTorch has too, against PyTorch: values and gradients of `merit loss`, and the
reference that pictures are resampled like. Skipped unless MERIT_TORCH_PYTHON, the
environment that `make bench` makes, or this Python has PyTorch."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

MERIT = os.path.abspath(os.environ.get("MERIT", "build/merit"))
BUILD = Path(os.environ.get("MERIT_BUILD", "build"))
REFERENCE = Path(__file__).resolve().parent / "reference"
QUESTION = np.array([[2, 1, 0, -1], [1, 2, -1, 0], [0, -1, 0, 1], [-1, 0, 1, 2]])
N, K = 40, 4


def torch_python():
    given = os.environ.get("MERIT_TORCH_PYTHON")
    for python in [given] if given else [BUILD / "torch/bin/python", sys.executable]:
        try:
            done = subprocess.run([python, "-c", "import torch, numpy"], capture_output=True)
        except OSError:
            continue
        if done.returncode == 0:
            return python
    return None


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with inputs, a few of them extreme, and what PyTorch makes of them."""
    python = torch_python()
    if python is None:
        pytest.skip("no PyTorch; name a Python that has it in MERIT_TORCH_PYTHON")
    place = tmp_path_factory.mktemp("pytorch")
    random = np.random.default_rng(5)
    logits = 3 * random.normal(size=(N, K))
    logits[:4] *= 10
    targets = random.dirichlet(np.ones(K), size=N).astype("f4")
    np.save(place / "logits.npy", logits.astype("f4"))
    np.save(place / "labels.npy", random.integers(K, size=N).astype("i4"))
    np.save(place / "targets.npy", targets / targets.sum(axis=1, keepdims=True))
    np.save(place / "scores.npy", QUESTION.astype("f4"))
    table = [" ".join(map(str, row)) for row in QUESTION]
    (place / "table.txt").write_text(
        "c1 c2 c3 c4\n" + "".join(f"c{i + 1} {row}\n" for i, row in enumerate(table)))
    subprocess.run([python, REFERENCE / "pytorch_losses.py", place], check=True)
    return place


def merit(place, spec, scores, truths):
    """Value and gradient [N,K]."""
    name, _, parameter = spec.partition(" ")
    param = ["--param", parameter] if parameter else []
    done = subprocess.run(
        [MERIT, "loss", name, *param, "-s", scores, *truths, "--logits",
         place / "logits.npy", "--gradient", place / "g.npy", "--json"],
        capture_output=True, cwd=place, check=True)
    return json.loads(done.stdout)["value"], np.load(place / "g.npy").astype("f8")


LABELS, TARGETS = ["--labels", "labels.npy"], ["--targets", "targets.npy"]


@pytest.mark.parametrize("theirs, spec, scores, truths", [
    ("labels", "cross-entropy", "table.txt", LABELS),
    ("nll", "cross-entropy", "identity", LABELS),
    ("targets", "cross-entropy", "table.txt", TARGETS),
    ("soft-labels", "soft-labels temperature=0.5", "table.txt", LABELS),
    ("affine-labels", "affine-labels", "table.txt", LABELS),
    ("brier", "brier", "table.txt", LABELS),
    ("log-score", "log-score", "table.txt", LABELS),
    ("expected-score", "expected-score", "table.txt", LABELS),
])
def test_agrees(place, theirs, spec, scores, truths):
    value, gradient = merit(place, spec, scores, truths)
    found = np.load(place / "pytorch.npz")
    assert value == pytest.approx(float(found[theirs]), rel=1e-6, abs=1e-9)
    assert gradient == pytest.approx(found[f"{theirs}.gradient"], rel=1e-6, abs=1e-9)
    assert abs(gradient).max() > 1e-3


def test_the_default_of_kl_div_divides_by_the_classes_too(place):
    """A trap: the divergence has the gradient of the cross entropy, but by default
    torch.nn.functional.kl_div is its mean over the classes as well."""
    found = np.load(place / "pytorch.npz")
    _, gradient = merit(place, "soft-labels temperature=0.5", "table.txt", LABELS)
    assert gradient == pytest.approx(found["divergence.gradient"], rel=1e-6, abs=1e-9)
    assert gradient == pytest.approx(K * found["divergence-by-default.gradient"],
                                     rel=1e-6, abs=1e-9)


def test_triangles():
    python = torch_python()
    if python is None:
        pytest.skip("no PyTorch; name a Python that has it in MERIT_TORCH_PYTHON")
    done = subprocess.run([python, REFERENCE / "pytorch_resample.py"], check=True,
                          capture_output=True, text=True)
    differences = [float(line) for line in done.stdout.split()]
    assert len(differences) == 5 and max(differences) < 1e-9
