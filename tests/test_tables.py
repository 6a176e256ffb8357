"""docs/tables.md: the commands print what the page shows, the tables on it are read."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

MERIT = os.path.abspath(os.environ.get("MERIT", "build/merit"))
ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "tables.md").read_text()


@pytest.fixture
def place(tmp_path):
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    return tmp_path


def run(place, *words):
    return subprocess.run([MERIT, *words], cwd=place, capture_output=True, text=True,
                          timeout=120, env={**os.environ, "COLUMNS": "80"},
                          stdin=subprocess.DEVNULL)


def blocks():
    """(command, what the page shows below it)"""
    for block in re.findall(r"(?:^    .*\n|^\n(?=    ))+", PAGE, re.M):
        command, _, shown = block.strip().partition("\n")
        if command.startswith("$ merit "):
            yield command.removeprefix("$ merit "), shown


def test_the_page_has_commands():
    assert len(list(blocks())) == 3


@pytest.mark.parametrize("command, shown", list(blocks()), ids=lambda x: x[:20])
def test_outputs(command, shown, place):
    done = run(place, *command.split())
    assert done.returncode == 0
    assert (done.stdout + done.stderr).split() == shown.split()
    widths = [len(line) for line in shown.splitlines()]
    assert max(widths) <= 84


def test_tables(place):
    table = re.search(r"(?:^    .*\n)+", PAGE, re.M).group()
    (place / "t.txt").write_text(table)
    groups = re.search(r"(?:^      \w+: .*\n)+", PAGE, re.M).group()
    (place / "t.groups").write_text(groups)
    found = [json.loads(run(place, "check", spec, "--json").stdout)
             for spec in ("t.txt", "groups:t.groups")]
    assert found[0]["classes"] == found[1]["classes"] == ["cat", "dog", "horse"]
    assert found[0]["regret"] == found[1]["regret"]


def test_findings_are_explained(place):
    """Every id that the sources know is in the page's table."""
    ids = set()
    for path in (ROOT / "src" / "audit").glob("*.c"):
        text = re.sub(r"\s+", " ", path.read_text())
        calls = re.findall(r"merit__audit_find\((?!merit_audit \*)(.*?)MERIT_SEVERITY", text)
        ids |= {id for call in calls for id in re.findall(r'"([a-z-]+)"', call)}
    assert {"best-answer", "stalls", "indefinite", "odd-pair"} <= ids
    assert {id for id in ids if f"`{id}`" not in PAGE} == set()
