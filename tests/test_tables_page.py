"""docs/tables-and-spectra.md: the worked examples run, and print what the page shows."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

MERIT = os.path.abspath(os.environ.get("MERIT", "build/merit"))
ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "tables-and-spectra.md").read_text()

# The page trains on more than a test has time for.
SHORTER = [("seen.tsv 1 1200", "seen.tsv 1 150"), ("more.tsv 2 400", "more.tsv 2 50"),
           ("seen 5000", "seen 300"), ("unseen 2000", "unseen 100"),
           ("seen.npz 1 1200", "seen.npz 1 150"), ("unseen.npz 2 400", "unseen.npz 2 50"),
           ("known.svm 1 4000", "known.svm 1 300"), ("new.svm 2 1000", "new.svm 2 100")]


def sections():
    """(title, [(command, what the page shows below it)])"""
    for section in PAGE.split("\n## ")[1:]:
        found = re.findall(r"^    \$ (.*)\n((?:(?:    (?!\$).*)?\n(?=\n?    (?!\$)))*"
                           r"(?:    (?!\$).*\n)?)", section, re.M)
        if found:
            yield section.split("\n")[0], found


def words(text):
    """The text without what the machine and the number of examples decide."""
    text = re.sub(r"sha256 .*|fingerprint .*|loss  .*|always .*|S-\d+\t.*", "", text, flags=re.M)
    text = re.sub(r"^(?:argmax|bayes|decode) .*|decision +(?:argmax|bayes|decode).*", "", text, flags=re.M)
    return re.sub(r"-?[\d.]+(?: s\b)?|paired|bootstrap|interval|by chance|\(.*\)?", "N",
                  text.split("\n\n")[0]).split()


@pytest.mark.parametrize("title, commands", list(sections()))
def test_the_worked_examples(title, commands, tmp_path):
    if title.startswith("Embeddings") and not Path(
            "/usr/share/datasets/fashion-mnist").exists():
        pytest.skip("Fashion-MNIST is not installed")
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    assert len(commands) >= 4
    for command, shown in commands:
        for long, short in SHORTER:
            command = command.replace(long, short)
        program, *rest = shlex.split(command)
        done = subprocess.run(
            [{"merit": MERIT, "python3": sys.executable}.get(program, program), *rest],
            cwd=tmp_path, capture_output=True, text=True, timeout=250,
            stdin=subprocess.DEVNULL, env={**os.environ, "COLUMNS": "80"})
        assert done.returncode == 0, (command, done.stderr)
        assert words(done.stdout) == words(re.sub("^    ", "", shown, flags=re.M)), command


def test_the_page_has_all_five():
    assert [title for title, _ in sections()] == [
        "A table of descriptors", "Embeddings from another model", "Spectra",
        "Several signals together", "Sparse rows"]
