"""Speed of whole training steps, merit against PyTorch 2.13 at its best.

Net: conv 32 3, relu, pool 2, conv 64 3, relu, pool 2, dense 128, relu on 28x28x1; batch
128, Nesterov SGD, one thread, fp32, the 60,000 images in memory. The programs take turns,
round by round, so that a change of the machine's speed meets all of them; the ratio is
taken within a round, and medians are printed. merit runs twice: with Winograd
convolutions (its default) and with direct ones (--exact). The peak is what fused
multiply-adds reach in registers, measured right before and after merit's steps."""
import json
import os
import subprocess
import sys

import common

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 7
MODES = ["eager", "channels_last", "compile"]
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}


class Torch:
    def __init__(self, mode):
        self.process = subprocess.Popen(
            [common.torch_python(), common.ROOT / "bench/torch_steps.py", mode, common.DATA],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT)
        if self.process.stdout.readline().strip() != "ready":
            raise SystemExit(f"PyTorch ({mode}) did not start")

    def round(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def merit(program, exact):
    out = subprocess.run([program, common.TRAIN, "1", "60", str(exact)], check=True,
                         capture_output=True, text=True).stdout
    return json.loads(out)


def main():
    program = common.build("bench_steps")
    rivals = {mode: Torch(mode) for mode in MODES}
    rows = []
    for _ in range(ROUNDS):
        row = {"merit": merit(program, 0), "merit --exact": merit(program, 1)}
        row.update({mode: rival.round() for mode, rival in rivals.items()})
        rows.append(row)
    for rival in rivals.values():
        rival.end()

    best = max(MODES, key=lambda m: common.median([r[m]["images_per_s"] for r in rows]))
    print(f"{'':<24}{'images/s':>10}{'of peak':>9}{'x best PyTorch':>16}")
    for name in rows[0]:
        speed = common.median([r[name]["images_per_s"] for r in rows])
        ratio = common.median([r[name]["images_per_s"] / r[best]["images_per_s"]
                               for r in rows])
        operations = rows[0]["merit"]["gflops"] / rows[0]["merit"]["images_per_s"]
        share = common.median([r[name]["images_per_s"] * operations /
                               r["merit"]["peak_gflops"] for r in rows])
        shown = name if name.startswith("merit") else f"PyTorch {name}"
        print(f"{shown:<24}{speed:>10,.0f}{share:>9.0%}{ratio:>16.2f}")
    print(f"peak {common.median([r['merit']['peak_gflops'] for r in rows]):.0f} GFLOP/s; "
          f"merit: {max(r['merit']['allocations'] for r in rows)} allocations in 60 steps, "
          f"{max(r['merit']['peak_mb'] for r in rows):.0f} MB at most; {ROUNDS} rounds")


main()
