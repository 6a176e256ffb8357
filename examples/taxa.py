#!/usr/bin/env python3
"""Reads of a made-up 16S gene from the species of taxa.nwk, to try trees on.

    taxa.py FOLDER N [SEED]

writes N reads as FOLDER/reads.fasta and the species of each as FOLDER/taxa.tsv. The gene
changes on every branch of the tree; as in the real one, stretches that vary lie between
others that hardly do, so that some reads tell the species and some the order alone. It is
the same gene for every seed.
"""
import random
import re
import sys
from pathlib import Path

LETTERS = "ACGT"
STRETCHES, STRETCH = 4, 120  # every second one varies
VARIES, KEPT = 0.08, 0.004  # how many of its letters change on a branch
READ, ERRORS = 80, 0.05


def nodes_of(newick):
    """(depth, name, whether it is a leaf) of each node, in the order of the text."""
    depth, before, nodes = 0, "", []
    for part in re.findall(r"'[^']*'|[(),;]|[^'(),;\s]+", newick):
        if part in "(),;":
            depth += {"(": 1, ")": -1}.get(part, 0)
        else:
            nodes.append((depth, part.strip("'"), before != ")"))
        before = part
    return nodes


def changed(gene, rng):
    share = [KEPT, VARIES]
    return "".join(rng.choice(LETTERS) if rng.random() < share[at // STRETCH % 2] else letter
                   for at, letter in enumerate(gene))


def genes_of(newick):
    """Species and their genes. From the end of the text parents come before children."""
    rng = random.Random(16)
    above = {-1: "".join(rng.choices(LETTERS, k=STRETCHES * STRETCH))}
    genes = []
    for depth, name, is_leaf in reversed(nodes_of(newick)):
        above[depth] = changed(above[depth - 1], rng)
        if is_leaf:
            genes.append((name, above[depth]))
    return genes


def main():
    folder, n = Path(sys.argv[1]), int(sys.argv[2])
    rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    genes = genes_of(Path(__file__).with_name("taxa.nwk").read_text())
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "reads.fasta", "w") as reads, open(folder / "taxa.tsv", "w") as taxa:
        for i in range(n):
            species, gene = rng.choice(genes)
            start = rng.randrange(len(gene) - READ + 1)
            read = "".join(rng.choice(LETTERS) if rng.random() < ERRORS else letter
                           for letter in gene[start:start + READ])
            reads.write(f">read-{i}\n{read}\n")
            taxa.write(f"read-{i}\t{species}\n")


main()
