"""The tree keeps the promises of CONTRIBUTING.md: who includes whom, what the headers
and the libraries show, what the libraries may call."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get("MERIT_BUILD", ROOT / "build"))
IS_RELEASE = os.environ.get("MERIT_BUILD_TYPE", "Release") == "Release"
CC = os.environ.get("MERIT_CC", "cc")
CXX = os.environ.get("MERIT_CXX", "c++")

# The way of the data, left to right, never back: each room and what it may include.
MAY_INCLUDE = {
    "base": set(),
    "scores": {"base"},
    "loss": {"base", "scores"},
    "decide": {"base", "scores"},
    "metrics": {"base", "scores", "decide"},
    "audit": {"base", "scores", "decide"},
    "data": {"base"},
    "net": {"base"},
    "comm": {"base"},
    "model": {"base", "data", "net"},
    "train": {"base", "scores", "loss", "decide", "metrics", "audit", "data", "net",
              "comm", "model"},
    "runs": {"base", "model"},
    "compare": {"base", "model", "train"},
    "explain": {"base", "runs", "audit"},
    "report": {"base", "runs", "metrics", "model"},
    "cli": set(),
}

# Which public header belongs to which library.
LIBRARIES = {
    "libmerit.so": ["error", "scores", "loss", "decide", "metrics"],
    "libmerit-train.so": ["audit", "data", "rows", "net", "model", "train", "runs",
                          "compare", "explain", "report"],
}
# Defined in src/base, which is part of both libraries.
IN_BOTH = {"merit_version", "merit_text_free"}

FORBIDDEN_CALLS = {
    "abort", "exit", "_exit", "quick_exit", "printf", "vprintf", "puts", "putchar",
    "perror", "stdout", "stderr", "rand", "srand", "setlocale", "signal", "sigaction",
    "system", "strtok", "sprintf", "vsprintf", "gets",
}


def tree_files():
    """Every file that is or would be tracked."""
    try:
        names = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
            cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
        files = [ROOT / name for name in names if name]
    except (OSError, subprocess.CalledProcessError):
        files = [p for p in ROOT.rglob("*")
                 if not p.relative_to(ROOT).parts[0].startswith(("build", ".git"))]
    return sorted(p for p in files if p.is_file())


FILES = tree_files()
SOURCES = [p for p in FILES if p.suffix in (".c", ".h") and ROOT / "src" in p.parents]
HEADERS = sorted((ROOT / "include" / "merit").glob("*.h"))
WRITTEN = [p for p in FILES
           if p.suffix in (".c", ".h", ".py", ".md", ".sh", ".txt", ".cmake", ".json",
                           ".yml", ".tsv")
           or p.name in ("Makefile", "run", "run-tests", "install-packages")]


def short(path):
    return str(path.relative_to(ROOT))


def room_of(path):
    return path.relative_to(ROOT / "src").parts[0]


def includes(path):
    """(number of the line, <...> or "...", name) of each include."""
    found = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if match:
            found.append((number, match.group(1), match.group(2)))
    return found


def code_of(path):
    """The text without comments, strings and characters; lines stay."""
    pattern = r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
    return re.sub(pattern, lambda m: "\n" * m.group().count("\n"),
                  path.read_text(), flags=re.S)


def misplaced_includes(room, names, own_files):
    """The names among the private includes of a room that it may not include."""
    bad = []
    for name in names:
        first = name.split("/")[0]
        if first == "merit" or name in own_files:
            continue
        if re.fullmatch(r"[a-z]+_table\.inc", name):
            continue
        if first != room and first not in MAY_INCLUDE[room]:
            bad.append(name)
        elif room == "cli":
            bad.append(name)
    return bad


@pytest.mark.parametrize("room", sorted(MAY_INCLUDE))
def test_rooms_include_only_what_is_before_them(room):
    own_files = {p.name for p in SOURCES if room_of(p) == "cli"} if room == "cli" else set()
    bad = []
    for path in SOURCES:
        if room_of(path) == room:
            names = [name for _, kind, name in includes(path) if kind == '"']
            bad += [f"{short(path)}: {n}" for n in misplaced_includes(room, names, own_files)]
    assert not bad


def test_the_include_test_sees_a_step_back():
    assert misplaced_includes("scores", ["loss/terms.h"], set()) == ["loss/terms.h"]
    assert misplaced_includes("cli", ["base/fail.h", "cli_x.h"], {"cli_x.h"}) == ["base/fail.h"]
    assert misplaced_includes("train", ["loss/terms.h", "merit/loss.h"], set()) == []


def test_every_room_is_known():
    assert {room_of(p) for p in SOURCES} <= set(MAY_INCLUDE)


# Who may see the headers that decode, encode and resample pictures, and fold names.
DECODERS = {"spng.h": {"picture_png.c", "png.c"}, "jpeglib.h": {"picture_jpeg.c"},
            "jerror.h": {"picture_jpeg.c"}, "zimg.h": {"resample.c"},
            "utf8proc.h": {"class_names.c"}}


def test_foreign_headers_stay_in_their_rooms():
    bad = []
    for path in SOURCES:
        for number, _, name in includes(path):
            place = f"{short(path)}:{number}: {name}"
            if "dnnl" in Path(name).name and "net/dnnl" not in short(path) \
                    and not name.startswith("net/dnnl/"):
                bad.append(place)
            if name.startswith(("coin/", "lapacke")) and room_of(path) != "audit":
                bad.append(place)
            if name in DECODERS and path.name not in DECODERS[name]:
                bad.append(place)
            if name == "mpi.h" and path.name != "comm_mpi.c":
                bad.append(place)
            if room_of(path) == "loss" and name == "stdio.h":
                bad.append(place)
            if name == "omp.h" and room_of(path) in ("base", "scores", "loss", "decide",
                                                     "metrics", "audit"):
                bad.append(place)
    assert not bad


def test_file_names_are_unique():
    seen = {}
    for path in SOURCES:
        seen.setdefault(path.stem, set()).add(path.parent)
    assert {stem: sorted(map(short, places)) for stem, places in seen.items()
            if len(places) > 1} == {}


def test_a_source_includes_its_own_header_first():
    bad = []
    for path in SOURCES:
        own = path.with_suffix(".h")
        if path.suffix == ".c" and own.exists():
            names = [name for _, _, name in includes(path)]
            if not names or Path(names[0]).name != own.name:
                bad.append(short(path))
    assert not bad


def test_headers_are_guarded():
    bad = [short(p) for p in SOURCES + HEADERS
           if p.suffix == ".h" and not re.search(
               r"#ifndef (MERIT_\w+_H)\n#define \1\n.*#endif\s*\Z", p.read_text(), re.S)]
    assert not bad


@pytest.mark.parametrize("header", HEADERS, ids=lambda p: p.name)
def test_public_header_includes_only_integers_and_merit(header):
    names = {name for _, _, name in includes(header)}
    assert all(n in ("stddef.h", "stdint.h") or n.startswith("merit/") for n in names), names


@pytest.mark.parametrize("language, compiler", [("c", CC), ("c++", CXX)])
@pytest.mark.parametrize("header", HEADERS, ids=lambda p: p.name)
def test_public_header_compiles_alone(header, language, compiler):
    standard = "-std=c11" if language == "c" else "-std=c++17"
    done = subprocess.run(
        [compiler, "-x", language, standard, "-Wall", "-Wextra", "-Wpedantic", "-Werror",
         "-fsyntax-only", "-I", str(ROOT / "include"), "-"],
        input=f'#include "merit/{header.name}"\n', text=True, capture_output=True)
    assert done.returncode == 0, done.stderr


def declarations(header):
    """(name, whether a comment stands above it) of each function of a header."""
    found = []
    above = ""
    text = header.read_text()
    for match in re.finditer(r"^MERIT_API\b[^;]*?\b(merit_\w+)\s*\([^;]*;", text, re.M | re.S):
        before = text[:match.start()].rstrip(" ")
        lines = before.split("\n")
        above = lines[-2].strip() if len(lines) > 1 else ""
        # Declarations without a blank line between them share the comment.
        has_comment = above.endswith("*/") or above.startswith("//") or above.endswith(";")
        found.append((match.group(1), has_comment))
    return found


def test_declarations_are_found():
    assert ("merit_version", True) in declarations(ROOT / "include/merit/error.h")
    assert sum(len(declarations(h)) for h in HEADERS) == sum(
        len(re.findall(r"^MERIT_API\b", h.read_text(), re.M)) for h in HEADERS)


@pytest.mark.parametrize("header", HEADERS, ids=lambda p: p.name)
def test_public_declarations_have_a_contract(header):
    assert [name for name, has_comment in declarations(header) if not has_comment] == []


def symbols(library, *options):
    path = BUILD / library
    if not path.exists():
        pytest.skip(f"{path} is not built")
    out = subprocess.run(["nm", "-D", *options, str(path)], capture_output=True, text=True,
                         check=True).stdout
    return {line.split()[-1].split("@")[0] for line in out.splitlines() if line.strip()}


@pytest.mark.skipif(not IS_RELEASE, reason="the sanitizers add symbols")
@pytest.mark.parametrize("library", sorted(LIBRARIES))
def test_libraries_export_what_the_headers_declare(library):
    declared = set()
    for header in LIBRARIES[library]:
        declared |= {name for name, _ in declarations(ROOT / f"include/merit/{header}.h")}
    exported = symbols(library, "--defined-only")
    assert exported - declared - IN_BOTH == set()
    assert declared - exported == set()


def test_every_public_header_belongs_to_a_library():
    listed = {name for names in LIBRARIES.values() for name in names}
    assert {h.stem for h in HEADERS} == listed | {"merit"}
    text = (ROOT / "include/merit/merit.h").read_text()
    assert all(f'"merit/{name}.h"' in text for name in listed)


def forbidden(names):
    plain = {re.sub(r"^__(\w+)_chk$", r"\1", name) for name in names}
    return plain & FORBIDDEN_CALLS


@pytest.mark.skipif(not IS_RELEASE, reason="the sanitizers add symbols")
@pytest.mark.parametrize("library", sorted(LIBRARIES))
def test_libraries_never_print_exit_or_abort(library):
    assert forbidden(symbols(library, "-u")) == set()


def test_the_symbol_test_sees_fortified_calls():
    assert forbidden({"__printf_chk", "__snprintf_chk", "malloc"}) == {"printf"}


def test_memory_comes_from_one_place():
    call = r"(?<![\w.>])(malloc|calloc|realloc|reallocarray|free|strdup|strndup|" \
           r"aligned_alloc|posix_memalign|memalign|asprintf)\s*\("
    bad = []
    for path in SOURCES:
        if short(path) == "src/base/alloc.c" or room_of(path) == "cli":
            continue
        for number, line in enumerate(code_of(path).split("\n"), 1):
            if re.search(call, line):
                bad.append(f"{short(path)}:{number}: {line.strip()}")
    assert not bad


def test_no_variable_of_the_libraries_is_global_and_changes():
    """Static or global objects are const, apart from the allocator's hook for tests."""
    bad = []
    for path in SOURCES:
        if path.suffix != ".c" or room_of(path) == "cli" or path.name == "alloc.c":
            continue
        for number, line in enumerate(code_of(path).split("\n"), 1):
            if re.match(r"\s*static\s+(?!const\b|inline\b|_Thread_local\b)[^()]*(=|;)\s*", line) \
                    and "const" not in line:
                bad.append(f"{short(path)}:{number}: {line.strip()}")
    assert not bad


def test_the_example_of_contributing_compiles():
    text = (ROOT / "CONTRIBUTING.md").read_text()
    examples = re.findall(r"```c\n(.*?)```", text, re.S)
    assert examples
    for example in examples:
        done = subprocess.run(
            [CC, "-x", "c", "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion",
             "-Werror", "-fsyntax-only", "-I", str(ROOT / "include"), "-I", str(ROOT / "src"),
             "-"], input=example, text=True, capture_output=True)
        assert done.returncode == 0, done.stderr


def test_nothing_is_left_to_do():
    words = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X"]) + r")\b")
    bad = [f"{short(p)}:{n}: {line.strip()[:80]}" for p in WRITTEN
           for n, line in enumerate(p.read_text(errors="replace").split("\n"), 1)
           if words.search(line)]
    assert not bad


def test_no_file_of_notes():
    bad = [short(p) for p in FILES
           if re.fullmatch(r"(notes?|todo|scratch|plan|log|journal)(\..*)?", p.name, re.I)
           or p.suffix in (".orig", ".rej", ".bak", ".swp", ".log")]
    assert not bad


def test_no_path_of_one_machine():
    places = ["/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/", "../sha" + "red"]
    bad = [f"{short(p)}:{n}: {line.strip()[:80]}" for p in WRITTEN
           for n, line in enumerate(p.read_text(errors="replace").split("\n"), 1)
           if any(place in line for place in places)]
    assert not bad
