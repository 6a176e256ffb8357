"""What a tree of 100,000 leaves costs as a score table: memory, one Bayes decision, value
and gradient of losses on one core. A binary tree and a taxonomy of six ranks."""
import json
import random
import subprocess
import sys

import common

LEAVES = 100000
ROUNDS = sys.argv[1] if len(sys.argv) > 1 else "15"


def binary(path):
    """Random joins of two: as many inner nodes as leaves, as phylogenies have."""
    rng = random.Random(1)
    parts = [f"leaf{j}:{rng.expovariate(1):.6f}" for j in range(LEAVES)]
    rng.shuffle(parts)
    while len(parts) > 1:
        parts = [f"({a},{b}):{rng.expovariate(1):.6f}" for a, b in
                 zip(parts[::2], parts[1::2])] + parts[len(parts) // 2 * 2:]
    path.write_text(parts[0].rsplit(":", 1)[0] + ";")


def ranks(path):
    lines, above = [], ["root"]
    for rank, n in enumerate((10, 100, 1000, 10000, LEAVES)):
        names = [f"r{rank}_{j}" for j in range(n)]
        lines += [f"{name}\t{above[j * len(above) // n]}" for j, name in enumerate(names)]
        above = names
    path.write_text("\n".join(lines) + "\n")


def main():
    program = common.build("bench_trees")
    for name, write, kind in ("binary tree", binary, "length"), ("taxonomy", ranks, "depth"):
        path = common.BUILD / f"bench-{kind}.tree"
        write(path)
        out = subprocess.run([program, f"tree:{path}:{kind}", ROUNDS], check=True,
                             capture_output=True, text=True).stdout
        path.unlink()
        r = json.loads(out)
        print(f"{name}: {r['n_classes']} leaves, {r['n_nodes']} nodes, read in "
              f"{r['load_s']:.2f} s, {r['bytes'] / 1e6:.1f} MB")
        print(f"  Bayes decision {1e3 * r['decision_s']:.2f} ms of probabilities, "
              f"{1e3 * r['decision_of_logits_s']:.2f} ms of logits, "
              f"{1e3 * r['decision_of_margins_s']:.2f} ms where margins are taken back; expected "
              f"scores alone {1e3 * r['expect_s']:.2f} ms")
        for loss, rate in sorted(r["losses"].items(), key=lambda item: -item[1]):
            print(f"  {loss}: {rate:.0f} million logits/s")


main()
