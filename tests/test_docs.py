"""What the pages say is there: files, headings, commands, options; and docs/losses.md is
what the loss files say."""
import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MERIT = os.environ.get("MERIT", str(ROOT / "build/merit"))
PAGES = [p for p in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])]


def anchors(page):
    """The anchors of a page's headings, as Markdown viewers make them."""
    titles = re.findall(r"^#+ (.*)$", page.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", t.lower()).replace(" ", "-") for t in titles}


def broken_links(text, folder):
    bad = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        path = (folder / name) if name else None
        if path is not None and not path.exists():
            bad.append(target)
        elif anchor and path is not None and path.suffix == ".md" \
                and anchor not in anchors(path):
            bad.append(target)
    return bad


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page):
    text = page.read_text()
    bad = broken_links(text, page.parent)
    bad += ["#" + a for a in re.findall(r"\]\(#([^)\s]+)\)", text) if a not in anchors(page)]
    assert bad == []


def test_the_link_test_sees_a_broken_link():
    assert broken_links("[a](docs/nowhere.md) [b](README.md)", ROOT) == ["docs/nowhere.md"]


def command_lines(text):
    """(verb, options) of every call of merit in code: `merit verb --option`."""
    found = []
    for line in re.findall(r"`(merit [^`]+)`|^(?:    |\$ )(?:\$ )?(merit [^#\n]+)", text, re.M):
        words = re.split(r"\s+", (line[0] or line[1]).split("|")[0].strip())
        if len(words) > 1 and re.fullmatch(r"[a-z]+", words[1]):
            options = [re.split(r"[=\s]", w)[0] for w in words[2:]
                       if re.match(r"--[a-z]", w)]
            found.append((words[1], options))
    return found


def help_of(verb):
    return subprocess.run([MERIT, verb, "--help"], capture_output=True, text=True).stdout


def unknown_words(text):
    verbs = re.findall(r"^  ([a-z]+) ", subprocess.run(
        [MERIT, "--help"], capture_output=True, text=True).stdout, re.M)
    bad = []
    for verb, options in command_lines(text):
        if verb not in verbs and verb != "help":
            bad.append(verb)
            continue
        known = help_of(verb)
        bad += [f"{verb} {o}" for o in options
                if not re.search(re.escape(o) + r"(?![\w-])", known)]
    return bad


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_commands_and_options_exist(page):
    assert unknown_words(page.read_text()) == []


def test_the_command_test_sees_what_is_not_there():
    text = "`merit train DATA --costs T` `merit tarin x` `merit eval R D --jsonn`"
    assert unknown_words(text) == ["tarin", "eval --jsonn"]


def test_the_page_of_losses_is_what_the_loss_files_say():
    done = subprocess.run([ROOT / "scripts/write-loss-docs", "-"], capture_output=True,
                          text=True, env={**os.environ, "MERIT": MERIT})
    assert done.returncode == 0, done.stderr
    assert (ROOT / "docs/losses.md").read_text() == done.stdout, \
        "run scripts/write-loss-docs"
