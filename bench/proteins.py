"""Hidden residues of real proteins: merit's auto against the same net in PyTorch.

The net: embedding, six residual convolutions, 64 wide, 5 taps, dilation 1 to 32; 15 % of
the residues hidden; crops of 128 letters, 32 in a step. A crop of each of the last tenth
of the proteins of mmseqs2-examples is for the test, what each answer is worth is in
BLOSUM62. merit trains `--loss auto` (all candidates, temperature and rule included) with
each of some seeds, which also decide what is held out, a twentieth as in PyTorch; PyTorch
trains cross entropy and softmax-margin, and decides with argmax and with the Bayes
decision at a temperature fitted on held-out proteins. In training merit hides twice as many
residues, as it does by default; PyTorch 15 %, or another share. Arguments: epochs of merit
(default 3), steps of PyTorch (default 6000; 0: leave it out), the share that PyTorch hides
in training (default 0.15), seeds of merit (default 3).

merit takes all processors, PyTorch one thread. Seconds are those of the clock and those
that the processors spent: two threads of one core count twice as long as they take, and
other work on the machine makes the clock longer."""
import gzip
import json
import os
import pathlib
import random
import resource
import shutil
import subprocess
import sys

import common

PROTEINS = pathlib.Path("/usr/share/doc/mmseqs2/example-data/DB.fasta.gz")
BLOSUM62 = pathlib.Path("/usr/share/ncbi/data/BLOSUM62")
HERE = pathlib.Path(__file__).resolve().parent
WORK = common.BUILD / "bench/proteins"
EPOCHS = int(sys.argv[1]) if len(sys.argv) > 1 else 3
STEPS = int(sys.argv[2]) if len(sys.argv) > 2 else 6000
HIDE = sys.argv[3] if len(sys.argv) > 3 else "0.15"
SEEDS = int(sys.argv[4]) if len(sys.argv) > 4 else 3


def split():
    """train.fasta, and test.fasta with a crop of each protein."""
    WORK.mkdir(parents=True, exist_ok=True)
    records = gzip.open(PROTEINS, "rt").read()[1:].split("\n>")
    n = len(records) * 9 // 10
    (WORK / "train.fasta").write_text("".join(f">{record}\n" for record in records[:n]))
    rng = random.Random(7)
    with open(WORK / "test.fasta", "w") as test:
        for record in records[n:]:
            name, *lines = record.split("\n")
            letters = "".join(lines)
            start = rng.randrange(max(1, len(letters) - 127))
            test.write(f">{name}\n{letters[start:start + 128]}\n")


def user_seconds(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def merit(seed):
    run = WORK / f"auto-{seed}"
    shutil.rmtree(run, ignore_errors=True)
    spent = user_seconds([common.MERIT, "train", WORK / "train.fasta", "--task", "masked", "-s",
                          BLOSUM62, "-o", run, "-e", str(EPOCHS), "--seed", str(seed),
                          "--validation", "0.05", "-q"])
    for rule in ("argmax", "bayes", "auto"):
        out = subprocess.run([common.MERIT, "eval", run, WORK / "test.fasta", "--rule", rule,
                              "--json"], check=True, capture_output=True, text=True).stdout
        record = json.loads(out)
        print(f"merit auto, seed {seed}, {rule:<8} {record['mean_score']:8.4f}  accuracy "
              f"{record['accuracy']:.4f}")
    print(f"merit auto, seed {seed}: {common.seconds(run):.0f} s on the clock, {spent:.0f} s of the "
          "processors", flush=True)


def main():
    split()
    for seed in range(1, SEEDS + 1):
        merit(seed)
    if STEPS > 0:
        subprocess.run([common.torch_python(), HERE / "torch_proteins.py", WORK, BLOSUM62,
                        str(STEPS), HIDE], check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})


main()
