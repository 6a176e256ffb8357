#!/usr/bin/env python3
"""Writes reads of three made-up genomes, which differ in their letters and in short words.

    reads.py FOLDER N [SEED]

FOLDER/reads.fastq has N reads, 80 to 400 letters long, with the class in their names;
FOLDER/plain.fastq the same without, and FOLDER/origins.tsv the classes.
"""
import random
import sys
from pathlib import Path

GENOMES = {  # how often letters are drawn, and a word that is put in between
    "bacillus": ("AAATTTCG", "GGAGG"),
    "streptomyces": ("ACCGGGCT", "CCTCC"),
    "virus": ("ACGT", "TATAAT"),
}


def read(rng, letters, word):
    n = rng.randrange(80, 401)
    text = ""
    while len(text) < n:
        text += word if rng.random() < 0.05 else rng.choice(letters)
    return text[:n]


def main():
    folder, n = Path(sys.argv[1]), int(sys.argv[2])
    rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    folder.mkdir(exist_ok=True)
    with open(folder / "reads.fastq", "w") as named, \
            open(folder / "plain.fastq", "w") as plain, \
            open(folder / "origins.tsv", "w") as classes:
        for i in range(n):
            genome = rng.choice(list(GENOMES))
            letters = read(rng, *GENOMES[genome])
            quality = "".join(rng.choice("?@ABCDEFGHI") for _ in letters)
            named.write(f"@read{i}|{genome} length={len(letters)}\n{letters}\n+\n{quality}\n")
            plain.write(f"@read{i} length={len(letters)}\n{letters}\n+\n{quality}\n")
            classes.write(f"read{i}\t{genome}\n")


if __name__ == "__main__":
    main()
