"""What a score table teaches, from the definitions and by enumeration, in float64 NumPy:
slow, for small tables. The linear programs are solved by trying every vertex."""

from itertools import combinations

import numpy as np


def vertices(A, b, E, f, tolerance=1e-9):
    """Every vertex of {x: A x <= b, E x = f}."""
    n = A.shape[1]
    found = []
    for rows in combinations(range(len(A)), n - len(E)):
        M = np.vstack([A[list(rows)], E])
        if abs(np.linalg.det(M)) < 1e-12:
            continue
        x = np.linalg.solve(M, np.concatenate([b[list(rows)], f]))
        if np.all(A @ x <= b + tolerance):
            found.append(x)
    return found


def others(S, k):
    return [j for j in range(S.shape[1]) if j != k]


def margin(S, k):
    """max over beliefs of u_k - max_j u_j, and the belief."""
    K = len(S)
    rows = np.array([np.append(S[:, j] - S[:, k], 1.0) for j in others(S, k)])
    A = np.vstack([rows, np.hstack([-np.eye(K), np.zeros((K, 1))])])
    E = np.append(np.ones(K), 0.0)[None]
    best = max(vertices(A, np.zeros(len(A)), E, np.ones(1)), key=lambda x: x[-1])
    return best[-1], best[:-1]


def least_belief(S, k):
    """min eta_k with u_k >= u_j for all j."""
    K = len(S)
    A = np.vstack([[S[:, j] - S[:, k] for j in others(S, k)], -np.eye(K)])
    return min(x[k] for x in vertices(A, np.zeros(len(A)), np.ones((1, K)), np.ones(1)))


def most_belief(S, k):
    """max over the classes of max eta_i with u_k >= u_j for all j."""
    K = len(S)
    A = np.vstack([[S[:, j] - S[:, k] for j in others(S, k)], -np.eye(K)])
    return max(x.max() for x in vertices(A, np.zeros(len(A)), np.ones((1, K)), np.ones(1)))


def sure_belief(S, k):
    """max eta_k with u_j >= u_k for some j; 0 when none is ever better."""
    K = len(S)
    most = 0.0
    for j in others(S, k):
        A = np.vstack([[S[:, k] - S[:, j]], -np.eye(K)])
        most = max([most] + [x[k] for x in vertices(A, np.zeros(len(A)), np.ones((1, K)),
                                                    np.ones(1))])
    return most


def needed_raise(S, k):
    """min over weights w >= 0, w_k = 1, of max_j w.(S_j - S_k)."""
    K = len(S)
    free = [i for i in range(K) if i != k]
    rows = np.array([np.append((S[:, j] - S[:, k])[free], -1.0) for j in others(S, k)])
    b = np.array([-(S[k, j] - S[k, k]) for j in others(S, k)])
    A = np.vstack([rows, np.hstack([-np.eye(K - 1), np.zeros((K - 1, 1))])])
    points = vertices(A, np.concatenate([b, np.zeros(K - 1)]), np.empty((0, K)),
                      np.empty(0))
    return min(x[-1] for x in points)


def regions(S, n, seed):
    """Share of flat Dirichlet beliefs for which each answer is the first best one, and in
    which the most probable class is a best one."""
    eta = np.random.default_rng(seed).dirichlet(np.ones(len(S)), size=n)
    u = eta @ S
    volume = np.bincount(u.argmax(axis=1), minlength=S.shape[1]) / n
    agrees = u[np.arange(n), eta.argmax(axis=1)] >= u.max(axis=1) - 1e-12
    return volume, agrees.mean()


def zero_sum_eigenvalues(S):
    """Of (S + S^T) / 2 on the vectors that sum to 0, by an orthonormal basis of them."""
    K = len(S)
    basis = np.linalg.svd(np.ones((1, K)))[2][1:]
    return np.linalg.eigvalsh(basis @ ((S + S.T) / 2) @ basis.T)


def distances(S):
    d = np.diag(S)
    return (d[:, None] + d[None, :]) / 2 - S


def is_metric(D):
    K = len(D)
    off = D[~np.eye(K, dtype=bool)]
    return bool(np.all(off > 1e-9) and all(
        D[i, j] <= D[i, m] + D[m, j] + 1e-9
        for i in range(K) for j in range(K) for m in range(K)))


def is_ultrametric(D):
    K = len(D)
    return is_metric(D) and all(D[i, j] <= max(D[i, m], D[m, j]) + 1e-9
                                for i in range(K) for j in range(K) for m in range(K))


def is_tree(D):
    """The four-point condition for every four classes."""
    def holds(a, b, c, d):
        sums = sorted([D[a, b] + D[c, d], D[a, c] + D[b, d], D[a, d] + D[b, c]])
        return sums[2] - sums[1] < 1e-9
    K = range(len(D))
    return is_metric(D) and all(holds(a, b, c, d) for a in K for b in K for c in K for d in K)


def traps(S):
    """(truth, answer) with K (S_im - mean_i) > S_ib - S_im, m no best class."""
    K = len(S)
    return [[i, m] for i in range(K) for m in range(K)
            if S[i, m] < S[i, :K].max() - 1e-12
            and K * (S[i, m] - S[i, :K].mean()) > S[i, :K].max() - S[i, m] + 1e-9]
