"""A table of molecular descriptors, such as cheminformatics programs write, and how toxic each
substance is. The numbers are invented; what they depend on is not: greasy, halogenated, reactive
substances are the toxic ones. Usage: descriptors.py FILE FIRST N"""

import csv
import sys

import numpy as np

CLASSES = ["harmless", "harmful", "toxic", "fatal"]


def substances(first, n):
    random = np.random.default_rng(7)
    for _ in range(first + n):
        mass, rings, halogens = random.gamma(9, 30), random.poisson(1.2), random.poisson(0.7)
        donors, acceptors = random.poisson(1.1), random.poisson(3.0)
        log_p = 0.012 * mass + 0.5 * halogens - 0.7 * donors - 0.4 * acceptors + random.normal()
        epoxide = random.random() < 0.08
        danger = 0.45 * log_p + 0.6 * halogens + 1.6 * epoxide - 0.25 * rings
        kind = int(np.searchsorted([0.3, 1.3, 2.4], danger + random.normal(0, 0.35)))
        yield [f"{mass:.2f}", f"{log_p:.2f}", f"{12 * donors + 9.2 * acceptors:.1f}", donors,
               acceptors, rings, halogens, int(epoxide), CLASSES[kind]]


if __name__ == "__main__":
    path, first, n = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with open(path, "w", newline="") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(["substance", "mass", "logP", "polar surface", "donors", "acceptors", "rings",
                        "halogens", "epoxides", "toxicity"])
        for i, row in enumerate(substances(first, n)):
            if i >= first:
                table.writerow([f"S-{i:05d}", *row])
