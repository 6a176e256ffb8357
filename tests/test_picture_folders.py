"""Folders of pictures, through the program: which files are read, which are refused and
how."""

import json
import os
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import time
import zlib

import numpy as np
import pytest
from test_pictures import (MERIT, NET, PICTURES, examples, grey_png, make_pictures, merit, refused,
                           write_folder)


@pytest.fixture
def folder(tmp_path):
    """Two classes with a good picture each."""
    for name in ("a", "b"):
        (tmp_path / "data" / name).mkdir(parents=True)
        shutil.copy(PICTURES / "good-grey8.png", tmp_path / "data" / name / "good.png")
    return tmp_path / "data"


def expected():
    lines = (PICTURES / "EXPECTED.tsv").read_text().splitlines()
    return [line.split("\t") for line in lines]


@pytest.mark.parametrize("name, code, text", expected(), ids=lambda v: str(v)[:40])
def test_a_bad_picture_is_refused_by_name(name, code, text, folder, tmp_path):
    shutil.copy(PICTURES / name, folder / "b" / name)
    line = refused("train", folder, "-o", tmp_path / "run", expect=int(code))
    assert f"b/{name}: " in line and text in line, line
    assert not (tmp_path / "run").exists()


def memory_of(*arguments):
    """What a command that refuses needs at most, in bytes."""
    process = subprocess.Popen([MERIT, *map(os.fspath, arguments)], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 3
    return usage.ru_maxrss * 1024


def test_bombs_need_no_memory(folder):
    place = folder / "b" / "bomb"
    place.write_bytes(b"")
    without = memory_of("info", folder)
    for name in sorted(PICTURES.iterdir()):
        if "header-" in name.name or "bomb" in name.name or "scans" in name.name[:9]:
            shutil.copy(name, place)
            assert memory_of("info", folder) < without + (32 << 20), name


def test_content_says_what_a_file_is(folder):
    shutil.copy(PICTURES / "good-grey8.png", folder / "a" / "png.jpg")
    shutil.copy(PICTURES / "good-grey.jpg", folder / "a" / "jpeg.png")
    shutil.copy(PICTURES / "good-grey.jpg", folder / "b" / "picture")
    assert "5 of 1x64x64" in merit("info", folder).out


def test_an_animation_of_very_many_frames_is_its_first_picture(folder):
    n = 100000
    control = struct.pack(">IIIIIHHBB", 0, 1, 1, 0, 0, 1, 1, 0, 0)
    frames = (make_pictures.chunk(b"fcTL", control)
              + make_pictures.chunk(b"fdAT", b"\0\0\0\1" + make_pictures.stored(b"\0\1"))) * n
    (folder / "b" / "animation.png").write_bytes(make_pictures.png(
        [[(1,)]], 8, make_pictures.GREY, after=frames,
        before=make_pictures.chunk(b"acTL", struct.pack(">II", n, 0))))
    assert "3 of 1x64x64" in merit("info", folder).out


def test_every_good_kind_is_read(folder):
    for path in PICTURES.glob("good-*"):
        shutil.copy(path, folder / "a" / path.name)
    record = json.loads(merit("info", folder, "--json").out)
    n_good = len(list(PICTURES.glob("good-*")))
    assert record["n"] == n_good + 2
    assert record["shape"] == [3, 64, 64]
    assert record["classes"] == ["a", "b"]
    out = merit("info", folder).out
    assert "Pictures of 1x1 to 24x24 (height x width) become 64x64" in out
    assert "2 pictures have bytes after their end" in out


def test_a_chunk_for_every_byte_is_read_or_refused_soon(folder):
    many = make_pictures.chunk(b"abCd") * 1000000
    (folder / "b" / "chunks.png").write_bytes(make_pictures.png(
        [[(1,)]], 8, make_pictures.GREY, before=many))
    started = time.process_time()
    code = subprocess.run([MERIT, "info", folder], capture_output=True).returncode
    assert code in (0, 3)
    assert time.process_time() - started < 5


def test_bad_pictures_are_left_out_on_request_up_to_a_share(folder, tmp_path):
    for i in range(8):
        shutil.copy(PICTURES / "good-grey8.png", folder / "a" / f"{i}.png")
    whole = (PICTURES / "good-grey8.png").read_bytes()
    (folder / "a" / "cut.png").write_bytes(whole[:-20])
    shutil.copy(PICTURES / "nothing.png", folder / "b" / "nothing.png")
    line = refused("info", folder)
    assert "2 of 12 pictures are bad" in line and "a/cut.png" in line
    assert "2 of 12" in refused("info", folder, "--bad-samples=skip:10%")
    done = merit("info", folder, "--bad-samples=skip:20%")
    assert "10 of 1x3x5" in done.out and "2 of 12 pictures are bad and left out" in done.out
    assert "classes      2, of each 1 to 9 examples" in done.out
    for value in ("skip", "skip:", "skip:x%", "skip:5", "skip:0%", "skip:100%", "all"):
        assert "--bad-samples: expected" in refused("info", folder, "--bad-samples", value,
                                                    expect=2)


def test_the_first_twenty_bad_pictures_are_named(folder, tmp_path):
    for i in range(25):
        name = f"{'z' if i < 5 else 'bad'}{i:02}.png"
        (folder / "a" / name).write_bytes(b"GIF89a" if i % 2 else b"")
    done = merit("train", folder, "-o", tmp_path / "run", expect=3)
    *lines, more, last = done.err.splitlines()
    assert len(lines) == 20 and more == "merit: ... and 5 more"
    for i, line in enumerate(lines, 5):
        why = "looks like a GIF image" if i % 2 else "is empty"
        assert line.startswith("merit: ") and f"a/bad{i:02}.png: {why}" in line
    assert "data: 25 of 27 pictures are bad (--bad-samples=skip:93% leaves them out); " \
        "the first: " in last
    done = merit("info", folder, "--bad-samples=skip:93%")
    assert [line.replace("left out", "merit") for line in done.err.splitlines()] == \
        [*lines, more]
    # Several files that cannot be read, too: here, folders that a list names.
    (tmp_path / "list.tsv").write_text("path\tlabel\na\tx\nb\ty\nnone.png\tz\n")
    done = merit("info", tmp_path / "list.tsv", "--root", folder, expect=3)
    assert [line.split(": ")[2] for line in done.err.splitlines()[:3]] == [
        "a", "b", "none.png"]


def test_where_a_run_cannot_be_is_told_before_pictures_are_decoded(folder, tmp_path):
    (folder / "b" / "good.png").write_bytes(b"")
    assert "cannot make the directory: No such file" in refused(
        "train", folder, "-o", tmp_path / "nowhere" / "run", expect=5)


def test_a_run_does_not_lie_among_its_classes(tmp_path):
    folder = write_folder(tmp_path / "data", n=30)
    before = sorted(folder.rglob("*"))
    for run in (folder / "run", folder / "ant" / "run", f"{folder}/../data/run"):
        for command in (["train"], ["compare", "-l", "cross-entropy,brier"]):
            assert "where it would be taken for a class" in refused(
                *command, folder, "-o", run, expect=2)
    assert "holds other files" in refused("train", folder, "-o", folder, expect=2)
    assert "holds other files" in refused(
        "compare", folder, "-l", "cross-entropy,brier", "-o", folder, expect=2)
    assert sorted(folder.rglob("*")) == before  # not even a lock is left there
    merit("train", folder, "-o", tmp_path / "data-run", *NET, "-q", "-e", "1")


def test_a_few_pictures_of_many_classes_may_lack_some(folder):
    for name in "cdefghij":
        shutil.copytree(folder / "a", folder / name)
    (folder / "a" / "good.png").write_bytes(b"")
    assert "3 of 1x3x5" in merit("info", folder, "--first", "4", "--bad-samples=skip:50%").out


def test_a_class_of_bad_pictures_alone_is_refused(folder):
    shutil.copy(PICTURES / "good-grey8.png", folder / "a" / "good2.png")
    (folder / "b" / "good.png").write_bytes(b"")
    done = merit("info", folder, "--bad-samples=skip:50%", expect=3)
    assert "left out: " in done.err and "no pictures in 1 of 2 classes: b" in done.err


def test_classes_without_pictures_are_named(folder):
    for i in range(25):
        (folder / f"{'x' * 40}{i:02}").mkdir()
    done = merit("info", folder, expect=3)
    *lines, more, last = done.err.splitlines()
    assert more == "merit: ... and 5 more" and len(lines) == 20
    assert lines[19] == f"merit: class {'x' * 40}19: holds no pictures"
    assert f"no pictures in 25 of 27 classes: {'x' * 40}00, " in last
    assert last.endswith(", ...")


def test_loading_shows_its_progress_on_a_terminal(folder):
    """Nothing elsewhere, and nothing is left of it."""
    rows = zlib.compress(bytes(5001) * 5000, 1)
    big = (b"\x89PNG\r\n\x1a\n" + make_pictures.header(5000, 5000, 8, make_pictures.GREY)
           + make_pictures.chunk(b"IDAT", rows) + make_pictures.chunk(b"IEND"))
    (folder / "a" / "big.png").write_bytes(big)
    for i in range(70):  # more than can be decoded before the first report
        os.link(folder / "a" / "big.png", folder / "b" / f"{i}.png")
    assert merit("info", folder, "--size", "8").err == ""
    ours, theirs = os.openpty()
    process = subprocess.Popen([MERIT, "info", folder, "--size", "8"], stderr=theirs,
                               stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                               env={**os.environ, "COLUMNS": "80", "TERM": "xterm"})
    os.close(theirs)
    shown = ""
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        try:
            while part := terminal.read(4096):
                shown += part.decode()
        except OSError:  # how Linux tells the end of a terminal
            pass
    assert process.wait(timeout=120) == 0
    assert re.search(r"\rdecoding pictures  \[=*> *\]  +\d+ %  \d+ of 73  \d+ s left", shown)
    assert shown.endswith("\r\x1b[K") and "\n" not in shown


def test_folders_that_are_no_data(folder, tmp_path):
    (folder / "c").mkdir()
    (folder / "d").mkdir()
    assert "no pictures in 2 of 4 classes: c, d" in refused("info", folder)
    shutil.rmtree(folder / "b")
    (folder / "c").rmdir()
    (folder / "d").rmdir()
    assert "has one class, a; training needs at least 2 classes" in refused(
        "train", folder, "-o", tmp_path / "run")
    assert "holds no folders" in refused("info", folder / "a")
    (tmp_path / "empty").mkdir()
    assert "is no run of merit train" in refused("info", tmp_path / "empty", expect=4)
    assert "holds no folders" in refused("train", tmp_path / "empty", "-o",
                                         tmp_path / "run")
    assert "No such file" in refused("info", tmp_path / "nowhere", expect=5)


def test_what_systems_leave_behind_is_ignored_and_counted(folder):
    for name in (".DS_Store", "._good.png", "Thumbs.db", "desktop.ini"):
        (folder / "a" / name).write_bytes(b"x")
    (folder / ".git").mkdir()
    (folder / "README.txt").write_text("about these pictures\n")
    out = merit("info", folder).out
    assert "2 of 1x3x5" in out
    assert "5 files that systems leave behind" in out
    assert "1 file beside the folders of the classes is ignored" in out


def test_a_file_that_is_no_picture_is_refused(folder):
    (folder / "b" / "list.txt").write_text("good.png\n")
    assert "b/list.txt: looks like text, expected JPEG or PNG" in refused("info", folder)


@pytest.mark.parametrize("what", ["pipe", "socket", "link", "dangling", "loop", "zero"])
def test_what_is_neither_file_nor_folder(what, folder):
    place = folder / "b" / "x.png"
    if what == "pipe":
        os.mkfifo(place)
    elif what == "socket":
        with tempfile.TemporaryDirectory() as short, \
                socket.socket(socket.AF_UNIX) as s:
            s.bind(f"{short}/s")
            os.rename(f"{short}/s", place)
    elif what == "link":
        place.symlink_to(folder / "a" / "good.png")
    elif what == "dangling":
        place.symlink_to("nowhere")
    elif what == "loop":
        place.symlink_to("x.png")
    else:
        place.symlink_to("/dev/zero")
    line = refused("info", folder)
    assert "b/x.png: is " in line
    if what in ("pipe", "socket"):
        assert f"is a {what}, expected a file or a folder" in line
        return
    assert "symbolic link; --follow-links follows them" in line
    if what == "link":
        assert "3 of 1x3x5" in merit("info", folder, "--follow-links").out
    else:
        line = refused("info", folder, "--follow-links")
        assert "leads nowhere" in line or "is a device" in line


def test_a_list_through_a_folder_that_is_a_link(folder):
    (folder / "link").symlink_to("a")
    place = folder / "list.tsv"
    place.write_text("link/good.png\tx\nb/good.png\ty\n")
    assert "list.tsv:1: link/good.png: is a symbolic link; --follow-links" in refused(
        "info", place)
    assert "2 of 1x3x5" in merit("info", place, "--follow-links").out
    place.write_text("a/good.png/x.png\tx\nb/good.png\ty\n")
    assert "there is no such file" in refused("info", place)


def test_folders_that_lead_in_a_circle(folder):
    (folder / "b" / "again").symlink_to(folder)
    assert "symbolic link" in refused("info", folder)
    assert "more than 8 folders deep" in refused("info", folder, "--follow-links")


NOBODY = {"user": 65534, "group": 65534, "extra_groups": []}


def nobody_can_run_merit():
    """Whether another user may be refused: we are root, and the program is where that user
    may go."""
    try:
        return os.getuid() == 0 and subprocess.run(
            [MERIT, "--version"], capture_output=True, **NOBODY).returncode == 0
    except OSError:
        return False


@pytest.mark.skipif(not nobody_can_run_merit(), reason="needs another user to be refused")
@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_cannot_be_read(what):
    with tempfile.TemporaryDirectory(dir="/tmp") as place:
        os.chmod(place, 0o755)
        for name in ("a", "b"):
            os.mkdir(f"{place}/{name}")
            shutil.copy(PICTURES / "good-grey8.png", f"{place}/{name}/good.png")
        os.chmod(f"{place}/b/good.png" if what == "file" else f"{place}/b", 0)
        line = refused("info", place, expect=5, **NOBODY)
        assert "/b" in line and "Permission denied" in line
        # It is not the picture that is bad: leaving bad ones out does not help.
        refused("info", place, "--bad-samples=skip:90%", expect=5, **NOBODY)


STRANGE = [b"sp ace.png", b"new\nline.png", b"quote'\".png", b"%s%n.png", b"$(x);rm -r.png",
           b"esc\x1b[31m.png", b"invalid\xff\xfe.png", b"-o.png", b"tab\t.png", b"\\n.png",
           b"<script>.png", b"=cmd|x.png", b"x" * 251 + b".png"]


def test_strange_names(folder, tmp_path):
    good = (PICTURES / "good-grey8.png").read_bytes()
    for i, name in enumerate(STRANGE):
        with open(os.fsencode(folder / "a") + b"/" + name, "wb") as f:
            f.write(good[:0] + grey_png(np.full((3, 5), 3 * i)))
    for name in (b"<script>", b"=cmd|' -C calc'!A0", b"CON", b"b\nb", b"b\xff"):
        os.mkdir(os.fsencode(folder) + b"/" + name)
        with open(os.fsencode(folder) + b"/" + name + b"/1.png", "wb") as f:
            f.write(good)
    run = tmp_path / "run"
    n = 2 + len(STRANGE) + 5
    assert f"{n} of 1x3x5" in merit("info", folder).out
    shutil.rmtree(os.fsencode(folder) + b"/b\xff")
    shutil.rmtree(os.fsencode(folder) + b"/b\nb")
    merit("train", folder, "-o", run, *NET)
    lines = merit("predict", run, folder).out.splitlines()
    assert len(lines) == n - 1
    assert all(line.count("\t") == lines[0].count("\t") for line in lines)
    assert "\x1b" not in "".join(lines) and any("esc\\x1b[31m" in line for line in lines)
    # What is wrong with a strange file is told in one line without its escapes.
    with open(os.fsencode(folder) + b"/a/esc\x1b[31m.png", "wb") as f:
        f.write(b"GIF8")
    line = refused("info", folder)
    assert "esc\\x1b[31m.png" in line


def test_paths_may_be_longer_than_the_system_takes(folder, tmp_path):
    name = "x" * 250
    place = folder / "a"
    for _ in range(7):
        place /= name
    before = os.getcwd()
    try:
        os.chdir(tmp_path)
        for _ in range(10):
            os.mkdir(name)
            os.chdir(name)
        os.rename(folder, "data")
        os.chdir("data/a")
        for _ in range(7):
            os.mkdir(name)
            os.chdir(name)
        shutil.copy(PICTURES / "good-grey8.png", "far.png")
        os.chdir("../" * 8)
        assert "3 of 1x3x5" in merit("info", os.path.join(*[name] * 9, "data"),
                                     cwd=tmp_path / name).out
        with open("b/bad.png", "wb"):
            pass
        # A long path loses its beginning in a message.
        assert "xxx/data/b/bad.png: is empty" in refused(
            "info", os.path.join(*[name] * 9, "data"), cwd=tmp_path / name)
    finally:
        os.chdir(before)


def test_the_order_is_that_of_the_bytes(folder):
    for name in ("10.png", "9.png", "B.png", "a.png"):
        shutil.copy(PICTURES / "good-grey8.png", folder / "a" / name)
    before = json.loads(merit("info", folder, "--json").out)["fingerprint"]
    other = folder.parent / "other"
    shutil.copytree(folder, other)  # created in another order
    assert json.loads(merit("info", other, "--json").out)["fingerprint"] == before
    (other / "a" / "9.png").rename(other / "a" / "8.png")
    assert json.loads(merit("info", other, "--json").out)["fingerprint"] != before


def test_class_names_that_differ_in_case_or_accents_only(folder, tmp_path):
    def add(name):
        (folder / name).mkdir()
        shutil.copy(PICTURES / "good-grey8.png", folder / name / "good.png")
    assert "case" not in merit("info", folder).out
    add("A")
    assert '"A" and "a" differ in nothing but case' in merit("info", folder).out
    shutil.rmtree(folder / "A")
    add("Straße")
    add("STRASSE")
    assert "differ in nothing but case" in merit("info", folder).out
    shutil.rmtree(folder / "STRASSE")
    add("caf\u00e9")
    add("cafe\u0301")
    record = json.loads(merit("info", folder, "--json").out)
    assert len(record["classes"]) == 5
    assert "writing of accents" in merit("info", folder).out
    # The names of a table are no others either, but that is told.
    shutil.rmtree(folder / "caf\u00e9")
    table = tmp_path / "table.tsv"
    for name in ("caf\u00e9", "CAFE\u0301"):
        names = ["a", "b", "Straße", name]
        table.write_text("\t".join(names) + "\n" + "".join(
            "\t".join([x, *(str(int(x == y)) for y in names)]) + "\n" for x in names))
        line = refused("train", folder, "-s", table, "-o", tmp_path / "run")
        assert f'"{name}" there differs in case or the writing of accents' in line
