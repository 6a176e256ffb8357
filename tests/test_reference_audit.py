"""merit check against reference/audit.py on small tables of many kinds."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent / "reference"))
import audit as reference  # noqa: E402

MERIT = os.environ.get("MERIT", "build/merit")


def names_of(K, A):
    return [f"c{i + 1}" for i in range(K)] + [f"extra{i + 1}" for i in range(A - K)]


def check(S, path, *options):
    K, A = S.shape
    names = names_of(K, A)
    lines = ["\t".join(["truth", *names])]
    lines += ["\t".join([names[i], *(repr(float(x)) for x in S[i])]) for i in range(K)]
    path.write_text("\n".join(lines) + "\n")
    done = subprocess.run([MERIT, "check", path, "--json", *options], capture_output=True,
                          timeout=120, stdin=subprocess.DEVNULL)
    assert done.returncode == 0 and done.stderr == b"", done.stderr
    return json.loads(done.stdout), names


def random_tables():
    random = np.random.default_rng(5)
    for K, A in [(2, 2), (2, 4), (3, 3), (3, 5), (4, 4), (4, 6), (5, 5)]:
        for _ in range(4):
            yield random.normal(size=(K, A))
            yield random.integers(-2, 3, size=(K, A)).astype(float)
            diagonal = random.normal(size=(K, A))
            diagonal[np.arange(K), np.arange(K)] += 1
            yield diagonal


TABLES = [S for S in random_tables() if np.ptp(S, axis=1).max() > 0]


@pytest.mark.parametrize("number", range(len(TABLES)))
def test_answers_against_enumeration(number, tmp_path):
    S = TABLES[number]
    K, A = S.shape
    found, names = check(S, tmp_path / "t.tsv")
    for k, name in enumerate(names):
        margin, _ = reference.margin(S, k)
        kind = "beliefs" if margin > 1e-9 else "never" if margin < -1e-9 else "ties"
        assert found["reach"][name] == kind
        assert found["decided_by"][name] == "linear program"
        assert found["margin"][name] == pytest.approx(margin, abs=1e-7)
        assert (name in found["never_unique"]) == (kind != "beliefs")

        belief = np.array([found["witness"][name].get(c, 0) for c in names[:K]])
        assert belief.sum() == pytest.approx(1) and belief.min() >= 0
        u = belief @ S
        assert u[k] - np.delete(u, k).max() == pytest.approx(margin, abs=1e-7)
        if kind == "beliefs":
            assert name not in found["mixture"] and found["raise"][name] is None
            continue
        mixture = np.array([found["mixture"][name].get(c, 0) for c in names])
        assert mixture.sum() == pytest.approx(1) and mixture[k] == 0
        assert np.all(S @ mixture >= S[:, k] - margin - 1e-7)
        raised = S.copy()
        if k < K:
            assert found["raise"][name] == pytest.approx(reference.needed_raise(S, k),
                                                         abs=1e-7)
            raised[k, k] += found["raise"][name] + 1e-3
        else:
            assert found["raise"][name] == pytest.approx(-margin, abs=1e-7)
            raised[:, k] += found["raise"][name] + 1e-3
        assert reference.margin(raised, k)[0] > 0
        if k < K:
            raised[k, k] -= 2e-3
            assert reference.margin(raised, k)[0] < 1e-9
    for k in range(K, A):
        if found["reach"][names[k]] == "beliefs":
            assert found["most_belief"][names[k]] == pytest.approx(
                reference.most_belief(S, k), abs=1e-7)
    for k in range(K):
        if found["reach"][names[k]] == "beliefs":
            assert found["least_belief"][names[k]] == pytest.approx(
                reference.least_belief(S, k), abs=1e-7)
            assert found["sure_belief"][names[k]] == pytest.approx(
                reference.sure_belief(S, k), abs=1e-9)


@pytest.mark.parametrize("number", range(0, len(TABLES), 5))
def test_numbers_against_numpy(number, tmp_path):
    S = TABLES[number]
    K, A = S.shape
    found, names = check(S, tmp_path / "t.tsv", "--seed", "3")
    square = S[:, :K]
    assert found["eigenvalues"] == pytest.approx(
        np.linalg.eigvalsh((square + square.T) / 2), abs=1e-12)
    assert found["zero_sum_eigenvalues"] == pytest.approx(
        reference.zero_sum_eigenvalues(square), abs=1e-12)
    centred = S - S.mean(axis=1, keepdims=True)
    assert found["singular_values"] == pytest.approx(
        np.linalg.svd(S, compute_uv=False), abs=1e-12)
    assert found["centred_singular_values"] == pytest.approx(
        np.linalg.svd(centred, compute_uv=False), abs=1e-12)
    assert found["rank"] == np.linalg.matrix_rank(S)
    assert found["centred_rank"] == np.linalg.matrix_rank(
        centred, tol=np.linalg.norm(S, 2) * A * np.finfo(float).eps)
    regret = S.max(axis=1, keepdims=True) - S
    assert np.array(found["regret"]) == pytest.approx(regret / regret.max(), abs=1e-15)
    spread = square.std(axis=1)
    assert [found["spread"][c] for c in names[:K]] == pytest.approx(spread)
    assert [found["gradient_ratio"][c] for c in names[:K]] == pytest.approx(
        spread / np.sqrt(K - 1))
    assert [found["best_answer"][c] for c in names[:K]] == [
        names[k] for k in S.argmax(axis=1)]
    assert found["affine_M"] == pytest.approx(
        K * (square.mean(axis=1) - square.min(axis=1)).max())
    assert found["traps"] == [[names[i], names[m]] for i, m in reference.traps(square)]
    assert found["best_constant_score"] == pytest.approx(S.mean(axis=0).max())

    n = 200_000
    volume, agreement = reference.regions(S, n, seed=7)
    for k, name in enumerate(names):
        error = np.sqrt(2 * max(volume[k] * (1 - volume[k]), 1 / n) / n)
        assert abs(found["region_volume"][name] - volume[k]) < 5 * error
    error = np.sqrt(2 * max(agreement * (1 - agreement), 1 / n) / n)
    assert abs(found["argmax_agreement"] - agreement) < 5 * error
    assert found["argmax_agreement_error"] == pytest.approx(
        np.sqrt(found["argmax_agreement"] * (1 - found["argmax_agreement"])
                / found["n_samples"]))


def tree_distances(random, K):
    """Paths between leaves of a random tree with random edges."""
    parents = [0] + [int(random.integers(0, i)) for i in range(1, 2 * K)]
    lengths = random.integers(1, 5, size=2 * K).astype(float)
    def path(i):
        steps = {}
        while i != 0:
            steps[i] = lengths[i]
            i = parents[i]
        return steps
    nodes = random.choice(np.arange(1, 2 * K), size=K, replace=False)
    paths = [path(int(i)) for i in nodes]
    return np.array([[sum(v for e, v in {**a, **b}.items() if (e in a) != (e in b))
                      for b in paths] for a in paths])


def geometries():
    random = np.random.default_rng(11)
    positions = random.permutation(6).astype(float) * 1.5
    yield np.abs(positions[:, None] - positions)          # a line
    yield np.abs(positions[:, None] - positions) ** 2      # no metric
    yield 1 - np.eye(6)                                    # identity
    groups = np.arange(6) // 2
    yield np.where(np.eye(6) > 0, 0.0, np.where(groups[:, None] == groups, 1.0, 3.0))
    for K in (5, 6, 7):
        yield tree_distances(random, K)
    points = random.normal(size=(6, 2))
    yield np.linalg.norm(points[:, None] - points, axis=2)  # a metric, no tree
    cycle = np.abs(np.arange(6)[:, None] - np.arange(6))
    yield np.minimum(cycle, 6 - cycle).astype(float)
    nearly = np.where(np.eye(6) > 0, 0.0, np.where(groups[:, None] == groups, 1.0, 3.0))
    nearly[0, 5] = nearly[5, 0] = 3.5
    yield nearly


@pytest.mark.parametrize("number", range(10))
def test_geometry_against_all_fours(number, tmp_path):
    D = list(geometries())[number]
    heights = np.arange(len(D), dtype=float)  # S_ii may differ
    S = (heights[:, None] + heights) / 2 - D
    found, _ = check(S, tmp_path / "t.tsv")
    assert found["symmetric"] is True
    assert found["metric"] == reference.is_metric(D)
    assert found["ultrametric"] == reference.is_ultrametric(D)
    assert found["tree"] == reference.is_tree(D)
    assert found["line"] == (number == 0)
