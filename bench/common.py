"""What the benchmark scripts share: where things are, a Python with PyTorch, medians."""
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import venv

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("MERIT_BUILD", ROOT / "build")).resolve()
MERIT = pathlib.Path(os.environ.get("MERIT", BUILD / "merit")).resolve()
DATA = pathlib.Path("/usr/share/datasets/fashion-mnist")
TRAIN = DATA / "train-images-idx3-ubyte.gz"
TEST = DATA / "t10k-images-idx3-ubyte.gz"
TABLES = {
    "groups": ROOT / "examples/fashion-groups.tsv",
    "asymmetric": ROOT / "examples/fashion-asymmetric.tsv",
}


def torch_python():
    """A Python with PyTorch 2.13.0 (CPU): MERIT_TORCH_PYTHON, or a virtual environment
    that is made beside the build the first time."""
    given = os.environ.get("MERIT_TORCH_PYTHON")
    if given:
        return given
    folder = BUILD / "torch"
    python = folder / "bin/python"
    if not python.exists():
        print("installing PyTorch 2.13.0 into", folder, file=sys.stderr)
        try:
            venv.create(folder, with_pip=True)
        except subprocess.CalledProcessError:
            raise SystemExit("install the package python3-venv, or name a Python that has "
                             "PyTorch 2.13 in MERIT_TORCH_PYTHON")
    if subprocess.run([python, "-c", "import torch, numpy"], capture_output=True).returncode:
        subprocess.run([python, "-m", "pip", "install", "-q", "torch==2.13.0", "numpy"],
                       check=True)
    return str(python)


def build(target):
    """Builds one target of the benchmark folder and returns its path."""
    subprocess.run(["cmake", "--build", str(BUILD), "--target", target], check=True,
                   stdout=subprocess.DEVNULL)
    return BUILD / "bench" / target


def train(run, table, loss, epochs, seed, *more):
    """`merit train` into `run`. A run that is there is continued, or left as it is when it
    has ended; one of other options is removed first."""
    command = [MERIT, "train", TRAIN, "-s", TABLES[table], "-o", run, "-l", loss, "-e",
               str(epochs), "--seed", str(seed), "-q", *more]
    if (run / "config.json").exists():
        if not subprocess.run([*command, "--resume"], capture_output=True).returncode:
            return
        shutil.rmtree(run)
    run.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def evaluate(run, rule):
    """The record of `merit eval --json` on the test images."""
    out = subprocess.run([MERIT, "eval", run, TEST, "--rule", rule, "--json"], check=True,
                         capture_output=True, text=True).stdout
    return json.loads(out)


def seconds(run):
    """What a run says it spent on training."""
    for line in reversed((run / "log.jsonl").read_text().splitlines()):
        event = json.loads(line)
        if event["event"] == "end":
            return event["seconds"]
    raise SystemExit(f"{run} has not ended")


def median(values):
    return statistics.median(values)
