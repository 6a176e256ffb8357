"""docs/pictures.md: the worked example runs, and prints what the page shows."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

MERIT = os.path.abspath(os.environ.get("MERIT", "build/merit"))
ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "pictures.md").read_text()

# The page trains on more than a test has time for.
SHORTER = [("slides 0 2000", "slides 0 200"), ("more-slides 2000 500", "more-slides 2000 40"),
           ("-e 8", "-e 1")]


def blocks():
    """(command, what the page shows below it)"""
    for command, shown in re.findall(r"^    \$ (.*)\n((?:    (?!\$).*\n)*)", PAGE, re.M):
        yield command, re.sub("^    ", "", shown, flags=re.M)


def words(text):
    """The text without what the number of pictures decides."""
    text = re.sub(r"sha256 .*|fingerprint .*|loss  .*|always .*", "", text)
    text = re.sub(r"(?:argmax|bayes) .*|decision  .*", "", text)
    return re.sub(r"-?[\d.]+(?: s\b)?", "N", text).split()


def test_the_worked_example(tmp_path):
    if not Path("/usr/share/datasets/fashion-mnist").exists():
        pytest.skip("Fashion-MNIST is not installed")
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    commands = list(blocks())
    assert [c.split()[1] for c, _ in commands] == [
        "examples/slides.py", "examples/slides.py", "info", "train", "eval", "predict", "info"]
    for command, shown in commands:
        for long, short in SHORTER:
            command = command.replace(long, short)
        program, *rest = command.split()
        done = subprocess.run(
            [{"merit": MERIT, "python3": sys.executable}[program], *rest], cwd=tmp_path,
            capture_output=True, text=True, timeout=250, stdin=subprocess.DEVNULL,
            env={**os.environ, "COLUMNS": "80"})
        assert done.returncode == 0, done.stderr
        found = done.stdout
        if command.startswith("merit eval"):
            found = found.split("\n\n")[0]
        assert words(found) == words(shown), command
    folder, listed = (json.loads(subprocess.run(
        [MERIT, "info", *data, "--json"], cwd=tmp_path, capture_output=True).stdout)
        for data in (["more-slides"], ["more-slides.tsv", "--root", "more-slides"]))
    assert folder["n"] == listed["n"] == 40 and folder["classes"] == listed["classes"]
    lines = (tmp_path / "answers.tsv").read_text().splitlines()
    assert len(lines) == 41 and re.match(r"[A-Z][\w-]*/\d{5}\.png\t", lines[1])
