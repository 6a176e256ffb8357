"""Faults that meet `merit train`: killed, stopped, no space, nobody listening. What has
begun is finished by the same command, and gives the same model.

A test that must catch a run in the middle tries again when it came too late."""

import hashlib
import json
import os
import random
import resource
import shutil
import signal
import struct
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

MERIT = os.path.abspath(os.environ.get("MERIT", "build/merit"))
TRIES = 12
SECONDS = 200  # after which something hangs
ENVIRONMENT = {**os.environ, "COLUMNS": "80"}
# The search for leaks does not work under strace.
NO_LEAKS = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}

# About a second of training; slow enough to be caught, with several checkpoints.
SIZE = ["-n", "conv 8 3, relu, pool 2, dense 16, relu", "-e", "24", "-b", "32", "-j", "2",
        "--checkpoint-interval", "0.05"]
# One step of this takes long; it never ends by itself in a test.
ENDLESS = ["-n", "conv 32 5, relu, conv 32 5, relu", "-e", "100000", "-b", "600", "-j", "2"]


def write_pictures(folder, n=600, side=16, n_classes=4, seed=3):
    """IDX pictures whose classes differ in the row that is bright; their path."""
    noise = random.Random(seed)
    labels = bytes(noise.randrange(n_classes) for _ in range(n))
    pictures = bytearray(noise.randbytes(n * side * side))
    for i, label in enumerate(labels):
        at = (i * side + 3 * label) * side
        pictures[at:at + side] = bytes(min(255, 90 + p // 2) for p in pictures[at:at + side])
    path = folder / "p-images-idx3-ubyte"
    path.write_bytes(struct.pack(">HBB3I", 0, 8, 3, n, side, side) + pictures)
    (folder / "p-labels-idx1-ubyte").write_bytes(struct.pack(">HBBI", 0, 8, 1, n) + labels)
    return path


def command(data, run, *options):
    return [MERIT, "train", str(data), "-o", str(run), "-l", "cross-entropy", *SIZE, *options]


def start(arguments, env=None, **options):
    options.setdefault("stdin", subprocess.DEVNULL)
    options.setdefault("stdout", subprocess.PIPE)
    options.setdefault("stderr", subprocess.PIPE)
    return subprocess.Popen(arguments, env={**ENVIRONMENT, **(env or {})}, **options)


def end(process):
    """Waits for the end; (exit code, standard output, standard error)."""
    out, err = process.communicate(timeout=SECONDS)
    out, err = (out or b"").decode(), (err or b"").decode()
    assert "Sanitizer" not in err and "runtime error" not in err, err
    return process.returncode, out, err


def merit(arguments, expect=0, **options):
    code, out, err = end(start(arguments, **options))
    assert code == expect, (code, out, err)
    return out + err


def model_of(run):
    return hashlib.sha256((run / "best.safetensors").read_bytes()).hexdigest()


def checkpoints(run):
    return sorted(run.glob("checkpoints/*.safetensors"))


def temporary(run):
    return [p for p in run.rglob(".*.tmp")]


def has_begun(run, process, n_checkpoints=0):
    """Waits until the run trains and has so many checkpoints; False when it has ended."""
    log = run / "log.jsonl"
    deadline = time.monotonic() + SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if log.exists() and log.stat().st_size > 0 and len(checkpoints(run)) >= n_checkpoints:
            return True
        time.sleep(0.002)
    return False


def assert_recorded_once(run):
    """Every validation stands once in both tables, in the same order."""
    rows = [line.split("\t") for line in (run / "metrics.tsv").read_text().splitlines()[1:]]
    lines = [json.loads(line) for line in (run / "answers.jsonl").read_text().splitlines()]
    steps = [(row[0], int(row[1]), int(row[2])) for row in rows]
    assert steps == [(line["loss"], line["epoch"], line["step"]) for line in lines]
    assert len(set(steps)) == len(steps)


def finish(arguments, run, reference):
    """The same command until it is done; the model is the one it has to be."""
    for _ in range(TRIES):
        code, out, err = end(start(arguments))
        # Killed after the very last of its work a run is finished.
        if code == 0 or (code == 2 and "finished" in err):
            break
        assert code == 75, (code, out, err)
    assert model_of(run) == reference
    assert_recorded_once(run)
    assert temporary(run) == []
    # It may have been killed when the last one was there and an old one not yet removed.
    assert len(checkpoints(run)) <= 3 + (code == 2)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_pictures(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def whole(data, tmp_path_factory):
    """The model of a run that nothing happened to, and how long it took."""
    run = tmp_path_factory.mktemp("whole") / "run"
    began = time.monotonic()
    merit(command(data, run))
    seconds = time.monotonic() - began
    merit(command(data, run), expect=2)
    return model_of(run), seconds


@pytest.fixture(scope="module")
def reference(whole):
    return whole[0]


@pytest.fixture
def run(tmp_path):
    return tmp_path / "run"


def stop_in_the_middle(data, run, n_checkpoints=0):
    """Leaves a run that was stopped before its end."""
    for _ in range(TRIES):
        process = start(command(data, run))
        if has_begun(run, process, n_checkpoints):
            process.send_signal(signal.SIGTERM)
        if end(process)[0] == 75:
            return
        shutil.rmtree(run)
    pytest.fail("never caught in the middle")


# Killed


def test_killed_at_random_moments(data, run, whole):
    """Ten kills, as many as it takes runs to be killed in."""
    reference, seconds = whole
    chance = random.Random(20)
    n_kills = 0
    for _ in range(4 * TRIES):
        process = start(command(data, run))
        time.sleep(chance.uniform(0, 0.8 * seconds))
        process.kill()
        code = end(process)[0]
        assert code in (0, -signal.SIGKILL) or (code == 2 and n_kills > 0)
        if code == -signal.SIGKILL:
            n_kills += 1
        else:
            finish(command(data, run), run, reference)
            shutil.rmtree(run)
        if n_kills >= 10:
            break
    assert n_kills >= 10
    finish(command(data, run), run, reference)


def tamper(tmp_path, call, what):
    """A command that runs another and tampers with its system calls, by strace."""
    tracer = [shutil.which("strace") or pytest.skip("no strace"), "-f", "-qq", "-o",
              str(tmp_path / "trace"), "-e", f"trace={call}", "-e", f"inject={call}:{what}"]
    if subprocess.run([*tracer, "true"], capture_output=True).returncode == 1:
        pytest.skip("strace may not trace here")
    return tracer


SHORT = ["-e", "2", "--checkpoint-interval", "1000"]


@pytest.fixture(scope="module")
def short_reference(data, tmp_path_factory):
    run = tmp_path_factory.mktemp("short") / "run"
    merit(command(data, run, *SHORT))
    return model_of(run)


def places(ratio):
    """1, and then further and further apart."""
    at = 1
    while at < 65536:
        yield round(at)
        at = max(at + 1, at * ratio)


@pytest.mark.parametrize("call, ratio", [("openat", 1.8), ("mkdir", 1), ("fsync", 1.4),
                                         ("renameat", 1.4), ("unlinkat", 1)])
def test_killed_at_a_system_call(data, tmp_path, short_reference, call, ratio):
    """At the first, second, ... call of a kind, until the run has no more of them."""
    n_kills = 0
    for when in places(ratio):
        run = tmp_path / f"run-{when}"
        arguments = command(data, run, *SHORT)
        tracer = tamper(tmp_path, call, f"signal=KILL:when={when}")
        code = end(start([*tracer, *arguments], env=NO_LEAKS))[0]
        if code == 0:
            break
        assert code in (-signal.SIGKILL, 128 + signal.SIGKILL), code
        n_kills += 1
        finish(arguments, run, short_reference)
        shutil.rmtree(run)
    assert n_kills >= 2 or call == "unlinkat"


@pytest.mark.parametrize("call, error", [
    ("fsync", "EIO"), ("renameat", "EACCES"), ("write", "ENOSPC"), ("mkdir", "EDQUOT"),
    ("fallocate", "ENOSPC"), ("openat", "EMFILE"), ("getdents64", "EIO"),
    ("fcntl", "ENOLCK"),
])
def test_system_calls_that_fail(data, tmp_path, short_reference, call, error):
    """From the n-th on all of them fail: no crash, no damaged file; when they work again
    the same command comes to the same model."""
    n_failed = 0
    for when in places(2.2):
        run = tmp_path / f"run-{when}"
        arguments = command(data, run, *SHORT)
        tracer = tamper(tmp_path, call, f"error={error}:when={when}+")
        code, out, err = end(start([*tracer, *arguments], env=NO_LEAKS))
        # Without files not even the libraries come up (127), nor the data (3, 5).
        assert code in (0, 5) or (call == "openat" and code in (1, 3, 6, 127)), (code, err)
        if code == 5 and call != "write":
            assert err.splitlines()[-1].startswith("merit: "), err
        was_hit = "INJECTED" in (tmp_path / "trace").read_text()
        n_failed += was_hit
        if run.exists():
            finish(arguments, run, short_reference)
            shutil.rmtree(run)
        if not was_hit:
            break
    assert n_failed > 0


# Stopped


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP,
                                    signal.SIGXCPU])
def test_stopped_by_a_signal(data, run, reference, number):
    for _ in range(TRIES):
        process = start(command(data, run))
        if has_begun(run, process):
            process.send_signal(number)
        code, out, err = end(process)
        if code == 75:
            break
        assert code == 0
        shutil.rmtree(run)
    assert "stopped on request" in err and "the state is saved" in err
    assert out == "" and checkpoints(run) and not (run / "best.safetensors").exists()
    told = merit(command(data, run))
    assert "; continued after step" in told
    assert model_of(run) == reference


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopped_at_once_by_a_second_signal(data, tmp_path, number):
    for i in range(TRIES):
        run = tmp_path / f"run-{i}"
        process = start(command(data, run, *ENDLESS))
        assert has_begun(run, process)
        process.send_signal(number)
        time.sleep(0.02)
        process.send_signal(number)
        code = end(process)[0]
        if code == 128 + number:
            return
        assert code == 75  # the step was over before the second came
    pytest.fail("the second signal always came too late")


def test_nohup(data, run, reference):
    process = start(command(data, run),
                    preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    has_begun(run, process)
    process.send_signal(signal.SIGHUP)
    assert end(process)[0] == 0
    assert model_of(run) == reference


def test_asleep_for_a_while(data, run, reference):
    process = start(command(data, run))
    has_begun(run, process)
    process.send_signal(signal.SIGSTOP)
    time.sleep(0.5)
    process.send_signal(signal.SIGCONT)
    assert end(process)[0] == 0
    assert model_of(run) == reference


def test_saved_on_request(data, tmp_path):
    run = tmp_path / "run"
    process = start(command(data, run, *ENDLESS, "--checkpoint-interval", "100000"))
    assert has_begun(run, process)
    assert checkpoints(run) == []
    deadline = time.monotonic() + SECONDS
    while not checkpoints(run) and time.monotonic() < deadline:
        process.send_signal(signal.SIGUSR1)
        time.sleep(0.05)
    assert checkpoints(run) and process.poll() is None
    process.kill()
    end(process)


# Two in one directory


def test_owned_by_another(data, run, tmp_path):
    process = start(command(data, run, *ENDLESS))
    assert has_begun(run, process)
    before = {p: p.stat().st_mtime_ns for p in run.iterdir() if p.name != "log.jsonl"}
    for options in ([], ["--resume"], ["-e", "3"]):
        told = merit(command(data, run, *ENDLESS, *options), expect=8)
        assert f"process {process.pid}" in told
    assert {p: p.stat().st_mtime_ns for p in before} == before
    process.kill()
    end(process)
    # The lock died with its owner.
    process = start(command(data, run, *ENDLESS))
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    assert end(process)[0] in (75, -signal.SIGTERM)


def test_races(data, tmp_path, short_reference):
    """Of two that start at once one trains; the other one is told so, or came later."""
    for i in range(5):
        run = tmp_path / f"run-{i}"
        both = [start(command(data, run, *SHORT)) for _ in range(2)]
        codes = sorted(end(process)[0] for process in both)
        assert codes in ([0, 8], [0, 2]), codes
        assert model_of(run) == short_reference


# No space, no permission


def limit_files(n_bytes):
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, n_bytes))


def test_files_may_not_grow(data, tmp_path, reference):
    """Checkpoints cannot be saved, then the model cannot either; the old ones stay."""
    run = tmp_path / "run"
    stop_in_the_middle(data, run)
    before = {p: p.read_bytes() for p in checkpoints(run)}
    size = max(map(len, before.values()))
    code, out, err = end(start(command(data, run), preexec_fn=limit_files(size // 8)))
    assert code == 5 and "best.safetensors" in err.splitlines()[-1]
    assert "warning: the checkpoint could not be saved" in err
    assert {p: p.read_bytes() for p in checkpoints(run)} == before
    assert temporary(run) == [] and not (run / "best.safetensors").exists()
    assert "epoch 24/24" in err
    # With room for the model, not for a checkpoint, all goes well.
    code, out, err = end(start(command(data, run), preexec_fn=limit_files(size // 2)))
    assert code == 0 and "warning: the checkpoint could not be saved" in err
    assert model_of(run) == reference
    finish(command(data, run), run, reference)


def test_disk_full(data, tmp_path, reference):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(disk)],
                             capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("no tmpfs may be mounted here")
    try:
        run = disk / "run"
        fill = disk / "fill"
        for _ in range(TRIES):
            process = start(command(data, run))
            if has_begun(run, process, n_checkpoints=1):
                with pytest.raises(OSError):
                    with open(fill, "ab", buffering=0) as file:
                        while True:
                            file.write(bytes(4096))
            code, out, err = end(process)
            if code == 5:
                break
            assert code == 0
            shutil.rmtree(run)
            fill.unlink(missing_ok=True)
        # It went on, and could not save what came out of it.
        assert "warning: the checkpoint could not be saved" in err
        assert "No space left" in err.splitlines()[-1] and "epoch 24/24" in err
        assert temporary(run) == [] and checkpoints(run)
        # Nothing can begin on a full disk either, and nothing is lost.
        before = {p: p.read_bytes() for p in checkpoints(run)}
        merit(command(data, run), expect=5)
        assert {p: p.read_bytes() for p in checkpoints(run)} == before
        fill.unlink()
        finish(command(data, run), run, reference)
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.fixture
def as_nobody():
    """A place that anybody may enter, and what makes a child process nobody special."""
    if os.geteuid() != 0:
        drop = None
    else:
        def drop():
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
        try:
            probe = subprocess.run([MERIT, "--version"], preexec_fn=drop, capture_output=True)
        except (PermissionError, subprocess.SubprocessError):
            pytest.skip("others than root cannot run the program")
        if probe.returncode != 0:
            pytest.skip("others than root cannot run the program")
    place = Path(tempfile.mkdtemp(prefix="merit-nobody-"))
    place.chmod(0o755)
    yield place, drop
    for path in [place, *place.rglob("*")]:
        if path.is_dir():
            path.chmod(0o755)
    shutil.rmtree(place)


def test_read_only(as_nobody, reference):
    place, drop = as_nobody
    data = write_pictures(place)
    run = place / "run"
    place.chmod(0o555)
    told = merit(command(data, run), expect=5, preexec_fn=drop)
    assert "cannot make the directory" in told and not run.exists()
    place.chmod(0o777)
    run.mkdir()
    run.chmod(0o555)
    merit(command(data, run), expect=5, preexec_fn=drop)
    assert list(run.iterdir()) == []
    run.rmdir()
    # From the middle on.
    for _ in range(TRIES):
        process = start(command(data, run, "-e", "40"), preexec_fn=drop)
        if has_begun(run, process):
            for path in (run, run / "checkpoints"):
                if path.exists():
                    path.chmod(0o555)
        code, out, err = end(process)
        if code == 5:
            break
        assert code == 0
        shutil.rmtree(run)
    assert "Permission denied" in err.splitlines()[-1] and temporary(run) == []
    for path in (run, run / "checkpoints"):
        if path.exists():
            path.chmod(0o755)
    merit(command(data, run, "-e", "40"), preexec_fn=drop)


# Nobody listens


@pytest.mark.parametrize("closed", [[0, 2], [1], [0, 1, 2]])
def test_closed_streams(data, run, reference, closed):
    def close():
        for number in closed:
            os.close(number)
    process = start(command(data, run), preexec_fn=close)
    code = end(process)[0]
    assert code == (5 if 1 in closed else 0)  # the result could not be told
    assert model_of(run) == reference


def test_full_output(data, run, reference):
    with open("/dev/full", "wb") as full:
        code = end(start(command(data, run), stdout=full, stderr=full))[0]
    assert code == 5 and model_of(run) == reference


def test_head(data, run, reference):
    line = subprocess.run(
        ["sh", "-c", '"$@" 2>&1 | head -n 1', "sh", *command(data, run)],
        env=ENVIRONMENT, capture_output=True, timeout=SECONDS).stdout
    assert line.count(b"\n") == 1
    # Only the reader went away.
    assert model_of(run) == reference


# Things that change under a run


def test_directory_is_removed(data, tmp_path, reference):
    for i in range(TRIES):
        run = tmp_path / f"run-{i}"
        process = start(command(data, run))
        if has_begun(run, process):
            for _ in range(100):
                shutil.rmtree(run, ignore_errors=True)
                if not run.exists():
                    break
        code, out, err = end(process)
        if code == 5:
            assert err.splitlines()[-1].startswith("merit: ")
            break
        assert code == 0
    assert code == 5
    if run.exists():
        shutil.rmtree(run)
    merit(command(data, run))
    assert model_of(run) == reference


def test_leftovers(data, tmp_path, reference):
    """Temporary files of processes that were killed go; what others left stays."""
    run = tmp_path / "run"
    stop_in_the_middle(data, run)
    ours = [run / ".merit.99999.0123456789abcdef.tmp",
            run / "checkpoints" / ".merit.1.00.tmp"]
    others = [run / "notes.tmp", run / ".merit.txt", run / "checkpoints" / "keep"]
    for path in ours + others:
        path.write_text("x")
    finish(command(data, run), run, reference)
    assert not any(map(Path.exists, ours)) and all(map(Path.exists, others))


def test_newest_checkpoint_is_damaged(data, tmp_path, reference):
    run = tmp_path / "run"
    stop_in_the_middle(data, run, n_checkpoints=2)
    newest = checkpoints(run)[-1]
    content = bytearray(newest.read_bytes())
    content[len(content) // 2] ^= 1
    newest.write_bytes(content)
    told = merit(command(data, run))
    assert "warning: went back to an older checkpoint" in told and newest.name in told
    assert model_of(run) == reference


def test_all_checkpoints_are_damaged(data, tmp_path):
    run = tmp_path / "run"
    stop_in_the_middle(data, run)
    for path in checkpoints(run):
        path.write_bytes(path.read_bytes()[:1000])
    before = {p: p.read_bytes() for p in run.rglob("*") if p.is_file() and p.suffix != ".lock"}
    told = merit(command(data, run), expect=4)
    assert "no checkpoint can be continued" in told and "truncated" in told
    before = {p: b for p, b in before.items() if p.name != ".merit.lock"}
    assert {p: p.read_bytes() for p in before} == before


@pytest.mark.parametrize("name, at", [("p-images-idx3-ubyte", 5000),
                                      ("p-labels-idx1-ubyte", 100)])
def test_data_change(tmp_path, name, at):
    data = write_pictures(tmp_path)
    run = tmp_path / "run"
    stop_in_the_middle(data, run)
    file = tmp_path / name
    content = file.read_bytes()
    os.utime(file, (1, 1))  # another time is no change
    code = end(start(command(data, run, "--max-time", "0.01")))[0]
    assert code == 0
    shutil.rmtree(run)
    stop_in_the_middle(data, run)
    changed = bytearray(content)
    changed[at] ^= 1
    file.write_bytes(changed)
    for options in ([], ["--resume"]):
        told = merit(command(data, run, *options), expect=4)
        assert "the training data are not those it was started with" in told
    file.write_bytes(content)
    merit(command(data, run, "--resume"))


# Other environments


@pytest.mark.parametrize("env", [
    {"OMP_NUM_THREADS": "4"},
    {"OMP_NUM_THREADS": "1", "OMP_DYNAMIC": "true", "TZ": "Asia/Kathmandu"},
    {"LANG": "de_DE.UTF-8", "LC_ALL": "de_DE.UTF-8", "HOME": "/none", "TMPDIR": "/none"},
])
def test_environment_does_not_matter(data, run, reference, env):
    merit(command(data, run), env=env)
    assert model_of(run) == reference


@pytest.mark.parametrize("threads", ["1", "4"])
def test_threads_do_not_matter(data, run, reference, threads):
    merit(command(data, run, "-j", threads))
    assert model_of(run) == reference


@pytest.mark.parametrize("isa", ["SSE41", "AVX2"])
def test_another_instruction_set(data, tmp_path, reference, isa):
    """A run belongs to the instructions it was begun with."""
    env = {"DNNL_MAX_CPU_ISA": isa}
    other = tmp_path / "other"
    merit(command(data, other), env=env)
    if model_of(other) == reference:
        pytest.skip("this processor has no more than that")
    run = tmp_path / "run"
    stop_in_the_middle(data, run)
    told = merit(command(data, run), expect=4, env=env)
    assert "instruction set" in told
    finish(command(data, run), run, reference)
