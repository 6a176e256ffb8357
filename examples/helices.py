#!/usr/bin/env python3
"""Made-up proteins with made-up structure, to try `--task residue` on.

    helices.py FOLDER N [SEED]

writes N of them as FOLDER/proteins.fasta and FOLDER/states.fasta: stretches of one of
DSSP's eight states, whose residues are drawn with that state's preferences (roughly those
of Chou and Fasman 1974), so that a net can learn to tell them apart, but never all.
"""
import random
import sys
from pathlib import Path

RESIDUES = "ARNDCQEGHILKMFPSTWYV"
LIKED = {"H": "AELMQKRH", "G": "DEAPKW", "I": "WFMLI", "E": "VIYFWT", "B": "TVNRK",
         "T": "GNPD", "S": "GSDN", "C": "PSTG"}
LENGTHS = {"H": (8, 20), "G": (3, 5), "I": (5, 7), "E": (4, 10), "B": (1, 2),
           "T": (2, 4), "S": (1, 4), "C": (2, 8)}
OFTEN = [32, 4, 1, 22, 2, 11, 9, 19]


def protein(rng):
    letters, states = [], []
    while len(letters) < rng.randrange(60, 200):
        state = rng.choices("HGIEBTSC", OFTEN)[0]
        for _ in range(rng.randint(*LENGTHS[state])):
            liked = rng.random() < 0.7
            letters.append(rng.choice(LIKED[state] if liked else RESIDUES))
            states.append(state)
    return "".join(letters), "".join(states)


def main():
    folder, n = Path(sys.argv[1]), int(sys.argv[2])
    rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "proteins.fasta", "w") as proteins, \
            open(folder / "states.fasta", "w") as labels:
        for i in range(n):
            letters, states = protein(rng)
            proteins.write(f">made-up-{i}\n{letters}\n")
            labels.write(f">made-up-{i}\n{states}\n")


main()
