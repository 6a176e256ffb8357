#!/usr/bin/python3
"""Reference values for merit/loss.h in float64 NumPy, written from the formulas, apart
from the C code.

    losses.py [FILE]     writes FILE, or losses.tsv beside this script

Each line is a key and its fields, tab-separated. `table`: its name, K and the scores
[K,K]. `row`: a loss, the table, the progress, the truth and the logits [K]; after it
`value` and `gradient` [K]."""

import random
import sys
from pathlib import Path

import numpy as np

QUESTION = [[2, 1, 0, -1], [1, 2, -1, 0], [0, -1, 0, 1], [-1, 0, 1, 2]]

# Of six classes the first three, of which two are closer, and the others.
TREE = [[2, 1.5, 1, -1, -1, -1], [1.5, 2, 1, -1, -1, -1], [1, 1, 2, -1, -1, -1],
        [-1, -1, -1, 2, 0, 0], [-1, -1, -1, 0, 2, 0], [-1, -1, -1, 0, 0, 2]]


def logsumexp(x):
    shift = x.real.max()
    return np.log(np.exp(x - shift).sum()) + shift


def softplus(x):
    shift = np.maximum(x.real, 0)
    return shift + np.log(np.exp(-shift) + np.exp(x - shift))


def softmax(x):
    e = np.exp(x - x.real.max())
    return e / e.sum()


def costs_of(S):
    return S.max(axis=1, keepdims=True) - S


def best_of(S, i):
    return i if S[i, i] == S[i].max() else S[i].argmax()


def one_hot(K, i):
    return np.eye(K)[i]


def labels_affine(S):
    K = len(S)
    mean = S.mean(axis=1, keepdims=True)
    M = K * (mean - S.min(axis=1, keepdims=True)).max()
    return 1 / K + (S - mean) / M


# Each takes scores S [K,K], logits z [K], the truth i and a parameter, and returns the
# value and the gradient.

def affine_labels(S, z, i, _):
    p = labels_affine(S)[i]
    return logsumexp(z) - p @ z, softmax(z) - p


def brier(S, z, i, _):
    v = softmax(z) - one_hot(len(z), i)
    return v @ v / 2, softmax(z) * (v - v @ softmax(z))


def complement(S, z, i, scale):
    K = len(S)
    C = scale * (K - 1) ** 0.5 * costs_of(S) / (costs_of(S).sum() / (K * (K - 1)))
    value, gradient = 0, 0
    for j in range(K):
        rest = np.array([-np.inf if k == j else z[k] for k in range(K)])
        value -= C[i, j] * (logsumexp(rest) - logsumexp(z))
        gradient -= C[i, j] * (softmax(rest) - softmax(z))
    return value, gradient


def cross_entropy(S, z, i, _):
    return logsumexp(z) - z[i], softmax(z) - one_hot(len(z), i)


def cross_entropy_plus_cost(S, z, i, weight):
    q, c = softmax(z), costs_of(S)[i] / costs_of(S).max()
    value = logsumexp(z) - z[i] + weight * (c @ q)
    return value, q - one_hot(len(z), i) + weight * q * (c - c @ q)


def decision_score(S, z, i, temperature):
    q, s = softmax(z), S[i] - S[i].max()
    u = (S - S.max(axis=1, keepdims=True)).T @ q
    a, log_a = softmax(u / temperature), u / temperature - logsumexp(u / temperature)
    du = (np.diag(a) - np.outer(a, a)) @ (u - s) / temperature
    dq = S @ du
    return -(s @ a) + temperature * (log_a @ a), q * (dq - dq @ q)


def entropic_expected_score(S, z, i, temperature):
    q = softmax(z)
    a = S[i] - temperature * (z - logsumexp(z))
    return -(a @ q), -q * (a - a @ q)


def expected_score(S, z, i, _):
    q = softmax(z)
    return -(S[i] @ q), -q * (S[i] - S[i] @ q)


def tree_of(S):
    """The nodes of the table's tree as sets: the balls of its distances, largest first."""
    D = (np.diag(S)[:, None] + np.diag(S) - S - S.T) / 2
    nodes = {tuple(np.flatnonzero(D[i] <= r + 1e-9 * D.max()))
             for i in range(len(S)) for r in D[i]}
    nodes |= {(i,) for i in range(len(S))}
    return sorted(nodes, key=len, reverse=True), D


def hierarchical_cross_entropy(S, z, i, alpha):
    nodes, _ = tree_of(S)
    paths = [[v for v in nodes if k in v] for k in range(len(S))]
    scale = np.mean([np.exp(-alpha * d) for d in range(max(map(len, paths)) - 1)])
    value, gradient = 0, np.zeros(len(z), dtype=z.dtype)
    for d, (v, part) in enumerate(zip(paths[i], paths[i][1:])):
        v, part, weight = list(v), list(part), np.exp(-alpha * d) / scale
        value = value + weight * (logsumexp(z[v]) - logsumexp(z[part]))
        gradient[v] += weight * softmax(z[v])
        gradient[part] -= weight * softmax(z[part])
    return value, gradient


def supports(K):
    """The sets of classes that may have a belief above 0, as lists."""
    return ([k for k in range(K) if code >> k & 1] for code in range(1, 1 << K))


def g_softmax(z, C):
    """(gLSE, g-softmax) by trying every support: on the right one the kernel solves
    G v = w with v > 0, and elsewhere G v >= w."""
    G = np.exp(-C / 2)
    w = np.exp((z - z.real.max()) / 2)
    best, worst = None, np.inf
    for P in supports(len(z)):
        v = np.zeros(len(z), dtype=w.dtype)
        v[P] = np.linalg.solve(G[np.ix_(P, P)], w[P])
        violation = max((w - G @ v).real.max(), -v.real.min())
        if violation < worst:
            best, worst = v, violation
    assert worst < 1e-12
    return np.log(w @ best) + z.real.max(), best * w / (best @ w)


def geometric(S, z, i, cost):
    D = (np.diag(S)[:, None] + np.diag(S) - S - S.T) / 2
    value, a = g_softmax(z, cost * D / D.max())
    return value - z[i], a - one_hot(len(z), i)


def hinge(S, z, i, margin):
    b, x = best_of(S, i), z + margin * costs_of(S)[i] / costs_of(S).max()
    m = x.real.argmax()
    return x[m] - z[b], one_hot(len(z), m) - one_hot(len(z), b)


def kernel_score(S, z, i, _):
    # of the symmetric table K = S + shift_i, in the words of the quadratic score
    K = S + (S[0] - S[:, 0])[:, None]
    R = costs_of(S).max()
    q = softmax(z)
    v = K @ q - K[i]
    value = q @ K @ q / 2 - K[i] @ q + K[i, i] / 2
    return value / R, q * (v - v @ q) / R


def shares_of(S):
    return (S - S.min()) / (S.max() - S.min())


def score_logistic(S, z, i, _):
    s = shares_of(S)[i]
    return (softplus(z) - s * z).sum(), np.exp(-softplus(-z)) - s


def score_squares(S, z, i, _):
    e = z - shares_of(S)[i]
    return e @ e / 2, e


def gains_of(S, floor):
    A = S + max(0, floor - S.min())
    return A / A.max()


def log_sum(a, z):
    """log(a.softmax(z)), also where that sum is too small for a float."""
    x = z[a > 0] + np.log(a[a > 0])
    return logsumexp(x) - logsumexp(z)


def log_score(S, z, i, floor):
    A = gains_of(S, floor)[i]
    r = np.zeros(len(z), dtype=z.dtype)
    r[A > 0] = softmax(z[A > 0] + np.log(A[A > 0]))
    return -log_sum(A, z), softmax(z) - r


def power_score(S, z, i, power):
    value, gradient = log_score(S, z, i, 0)
    return (1 - np.exp(-power * value)) / power, np.exp(-power * value) * gradient


def ranked_probability(S, z, i, _):
    q, k = softmax(z), np.arange(len(z))
    D = abs(k[:, None] - k) / (len(z) - 1)
    v = D[i] - D @ q
    return D[i] @ q - q @ D @ q / 2, q * (v - v @ q)


def soft_labels(S, z, i, temperature):
    p = softmax(S[i] / temperature)
    return logsumexp(z) - p @ z, softmax(z) - p


def softmax_margin(S, z, i, scale):
    x, b = z + scale * costs_of(S)[i], best_of(S, i)
    return logsumexp(x) - z[b], softmax(x) - one_hot(len(z), b)


def tilted_score(S, z, i, temperature):
    s = -costs_of(S)[i] / temperature
    weight = max(1, temperature / costs_of(S).max())
    value = weight * (logsumexp(z) - logsumexp(z + s))
    return value, weight * (softmax(z) - softmax(z + s))


# Specification: the function, and its parameter at progress 0 and 1; "R" behind a number
# is the table's largest cost.
LOSSES = {
    "affine-labels": (affine_labels, 0, 0),
    "brier": (brier, 0, 0),
    "complement": (complement, 1, 1),
    "complement(scale=3)": (complement, 3, 3),
    "cross-entropy": (cross_entropy, 0, 0),
    "cross-entropy-plus-cost": (cross_entropy_plus_cost, 10, 10),
    "cross-entropy-plus-cost(lambda=0.5)": (cross_entropy_plus_cost, 0.5, 0.5),
    "decision-score": (decision_score, "0.25R", "0.05R"),
    "decision-score(temperature=0.7)": (decision_score, 0.7, 0.7),
    "entropic-expected-score": (entropic_expected_score, "0.05R", "0.005R"),
    "entropic-expected-score(temperature=0.3)": (entropic_expected_score, 0.3, 0.3),
    "expected-score": (expected_score, 0, 0),
    "geometric": (geometric, 4, 4),
    "geometric(cost=0.5)": (geometric, 0.5, 0.5),
    "geometric(cost=30)": (geometric, 30, 30),
    "hierarchical-cross-entropy": (hierarchical_cross_entropy, 0.2, 0.2),
    "hierarchical-cross-entropy(alpha=1)": (hierarchical_cross_entropy, 1, 1),
    "hinge": (hinge, 1, 1),
    "hinge(margin=20)": (hinge, 20, 20),
    "kernel-score": (kernel_score, 0, 0),
    "log-score": (log_score, 0, 0),
    "log-score(floor=0.2)": (log_score, 0.2, 0.2),
    "power-score": (power_score, 0.7, 0.7),
    "power-score(power=0.1..1)": (power_score, 0.1, 1),
    "ranked-probability": (ranked_probability, 0, 0),
    "score-logistic": (score_logistic, 0, 0),
    "score-squares": (score_squares, 0, 0),
    "soft-labels": (soft_labels, "0.05R", "0.05R"),
    "soft-labels(temperature=0.4)": (soft_labels, 0.4, 0.4),
    "softmax-margin": (softmax_margin, 1, 1),
    "softmax-margin(scale=0.25)": (softmax_margin, 0.25, 0.25),
    "tilted-score": (tilted_score, "0.05R", "2R"),
    "tilted-score(temperature=0.5)": (tilted_score, 0.5, 0.5),
    "tilted-score(temperature=8..0.5)": (tilted_score, 8, 0.5),
}


def is_definite(S):
    K = S + (S[0] - S[:, 0])[:, None]
    if not np.allclose(K, K.T, rtol=0, atol=1e-9 * abs(S).max()):
        return False
    J = np.eye(len(K)) - 1 / len(K)
    return np.linalg.eigvalsh(J @ K @ J).min() > -1e-9 * abs(S).max()


def is_tree(S):
    D = tree_of(S)[1]
    through = np.maximum(D[:, None, :], D[None, :, :]).min(axis=2)
    return is_definite(S) and (D <= through + 1e-9 * D.max()).all() and (D >= 0).all()


FORBIDDEN = {"geometric": lambda S: not is_definite(S),
             "hierarchical-cross-entropy": lambda S: not is_tree(S),
             "kernel-score": lambda S: not is_definite(S)}


def is_forbidden(spec, S):
    return FORBIDDEN.get(spec.split("(")[0], lambda S: False)(S)


def number_of(parameter, S):
    if isinstance(parameter, str):
        return float(parameter.removesuffix("R")) * costs_of(S).max()
    return parameter


def evaluate(spec, S, z, i, progress):
    function, *ends = LOSSES[spec]
    first, last = (number_of(end, S) for end in ends)
    parameter = first if first == last else first ** (1 - progress) * last ** progress
    return function(S, z, i, parameter)


def make_tables(rng):
    def asymmetric(K):
        costs = np.array([[round(8 * rng.random() ** 3, 4) for _ in range(K)]
                          for _ in range(K)])
        return 0 - costs * (1 - np.eye(K))

    def anywhere(K):
        return np.array([[round(-1 - 4 * rng.random(), 3) for _ in range(K)]
                         for _ in range(K)])

    return {
        "question": np.array(QUESTION, dtype=float),
        "identity": np.eye(3),
        "two": np.array([[0.0, -1.5], [-6.0, 0.25]]),
        "asymmetric": asymmetric(6),
        "negative": anywhere(5),
        "large": 1e6 * anywhere(4),
        "tree": np.array(TREE) + [[0], [0.5], [-3], [0.25], [8], [0]],
    }


def make_rows(rng, tables):
    """Logits of size 1, 30 and 1000, another truth each time."""
    for name, S in tables.items():
        K = len(S)
        for number, size in enumerate([1, 1, 30, 1000]):
            z = np.array([round(rng.gauss(0, size), 3) for _ in range(K)])
            yield name, (number + K // 2) % K, z, [0, 0.5, 1, 0.3][number]


def fields(key, *values):
    return "\t".join([key] + [v if isinstance(v, str) else repr(v) for v in values])


def numbers(key, values):
    return "\t".join([key] + [f"{v:.17g}" for v in values])


def lines():
    rng = random.Random(20250101)
    tables = make_tables(rng)
    for name, S in tables.items():
        yield fields("table", name, len(S), *S.ravel().tolist())
    for name, truth, z, progress in make_rows(rng, tables):
        for spec in LOSSES:
            if is_forbidden(spec, tables[name]):
                continue
            value, gradient = evaluate(spec, tables[name], z, truth, progress)
            yield fields("row", spec, name, progress, truth, *z.tolist())
            yield numbers("value", [value])
            yield numbers("gradient", gradient)


def main():
    default = Path(__file__).with_suffix(".tsv")
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else default
    path.write_text("\n".join(lines()) + "\n", "ascii")


if __name__ == "__main__":
    main()
