"""Scores of trees in float64, written from their definition: for each pair of leaves, the
smallest node with both and the ways to it. O(leaves^2 depth), for small trees.

A tree is a list of nodes (parent, length or None, name), the root first with parent -1."""

import numpy as np


def children_of(tree):
    children = [[] for _ in tree]
    for v, (parent, _, _) in enumerate(tree):
        if parent >= 0:
            children[parent].append(v)
    return children


def leaves_of(tree):
    """Leaves in the order in which they are met going down."""
    children = children_of(tree)
    found, stack = [], [0]
    while stack:
        v = stack.pop()
        if not children[v]:
            found.append(v)
        stack += reversed(children[v])
    return found


def path_to_root(tree, v):
    path = [v]
    while tree[v][0] >= 0:
        v = tree[v][0]
        path.append(v)
    return path


def smallest_common(tree, a, b):
    above = set(path_to_root(tree, a))
    return next(v for v in path_to_root(tree, b) if v in above)


def branching(tree):
    """Nodes that branch, in the order in which they are met going down."""
    children = children_of(tree)
    found, stack = [], [0]
    while stack:
        v = stack.pop()
        if len(children[v]) > 1:
            found.append(v)
        stack += reversed(children[v])
    return found


def scores(tree, by_length=False, with_nodes=False):
    """[K, A]"""
    leaves = leaves_of(tree)
    inner = branching(tree)
    base = inner[0]
    answers = leaves + (inner if with_nodes else [])
    below = [0.0] * len(tree)  # the way down from the base
    for v in range(len(tree)):
        path = path_to_root(tree, v)
        if base in path:
            steps = path[:path.index(base)]
            below[v] = float(sum(tree[u][1] if by_length else 1 for u in steps))
    if by_length:
        def way(a, b):
            return below[a] + below[b] - 2 * below[smallest_common(tree, a, b)]
        longest = max(way(a, b) for a in leaves for b in leaves)
        return np.array([[1 - way(i, a) / longest for a in answers] for i in leaves])
    deepest = max(below[v] for v in leaves)

    def level(v):
        return 1.0 if v in set(leaves) else below[v] / deepest
    # Two leaves score the level of the smallest node with both; a node that is no leaf
    # is half the rest better, since nothing below it can be wrong.
    return np.array([[level(smallest_common(tree, i, a)) + (1 - level(a)) / 2
                      for a in answers] for i in leaves])


def random_tree(rng, n_leaves, lengths=True, unary=0.1):
    """Random splits, some of more than two parts, some nodes with a single child."""
    tree = [(-1, None, "root")]
    open_nodes = [(0, n_leaves)]
    count = 0
    while open_nodes:
        v, n = open_nodes.pop(int(rng.integers(len(open_nodes))))
        if n == 1 and not (tree[v][0] < 0):
            continue
        if rng.random() < unary:
            parts = [n]
        else:
            n_parts = int(min(n, rng.choice([2, 2, 2, 3, 5])))
            cuts = np.sort(rng.choice(np.arange(1, n), n_parts - 1, replace=False)) \
                if n > 1 else []
            parts = np.diff([0, *cuts, n]).tolist()
        for part in parts:
            length = float(np.round(rng.exponential(), 6)) if lengths else None
            count += 1
            tree.append((v, length, f"n{count}"))
            open_nodes.append((len(tree) - 1, part))
    return tree


def newick(tree):
    children = children_of(tree)
    text = [""] * len(tree)
    for v in range(len(tree) - 1, -1, -1):
        inside = ",".join(text[c] for c in children[v])
        length = "" if tree[v][1] is None else f":{tree[v][1]!r}"
        text[v] = (f"({inside})" if inside else "") + tree[v][2] + length
    return text[0] + ";"


def edges(tree, rng=None):
    lines = [[name, tree[parent][2]] + ([] if length is None else [repr(length)])
             for parent, length, name in tree if parent >= 0]
    if rng is not None:
        rng.shuffle(lines)
    return "".join("\t".join(line) + "\n" for line in lines)
