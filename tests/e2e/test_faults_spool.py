"""A spool with foreign and hostile things in it: none is followed, none blocks, memory is bounded."""

import json
import os
import random
import re
import shutil
import socket
import stat
import time
import unicodedata

import pytest

import agent
import faults
import zstd
from listener import Answer, always
from spool import SUFFIX
from waiting import eventually

LONG = agent.count_from_environment("E2E_LONG", 0)
SANITIZED = b"__asan_init" in (agent.BUILD / "pg-forward").read_bytes()
MEMORY_MIB = 64  # one frame, its content, a window, the program

LINE = b'{"correlation_id":"","project":"p","timestamp":1.5,"source":"pg_log","data":{}}\n'
FRAME = zstd.compress(LINE)
SECRET = b"outside of the spool"


def repeated(size, tells, window_log=17):
    """A frame of one byte, so many times: four bytes for each 128 KiB (RFC 8878, 3.1.1)."""
    frame = b"\x28\xb5\x2f\xfd" + (b"\xc0" if tells else b"\x00")
    frame += bytes([(window_log - 10) << 3])
    if tells:
        frame += size.to_bytes(8, "little")
    blocks = size >> 17
    for number in range(blocks):
        last = number == blocks - 1
        frame += ((1 << 17 << 3) | 2 | last).to_bytes(3, "little") + b"x"
    return frame


def nested(opening, closing):
    return zstd.compress(b'{"x":' + opening * 10000 + b"1" + closing * 10000 + b"}\n")


# What it is → its bytes, and what must be said of it.
BAD = {
    "empty": (b"", "not a zstd frame"),
    "truncated": (FRAME[:-5], "cut short"),
    "random bytes": (random.Random(4).randbytes(70000), "not a zstd frame"),
    "a frame of random bytes": (FRAME[:4] + random.Random(5).randbytes(70000), "."),
    "4 GiB, told": (repeated(4 << 30, True), "over the limit"),
    "4 GiB, not told": (repeated(4 << 30, False), "over the limit"),
    "a claim of 2^62 bytes": (b"\x28\xb5\x2f\xfd\xe0\0\0\0\0\0\0\0\x40\x0b\0\0x", "over the limit"),
    "a window of 128 MiB": (repeated(1 << 20, False, 27), "window"),
    "a window of 128 MiB, told": (repeated(1 << 20, True, 27), "window"),
    "10,000 arrays": (nested(b"[", b"]"), "nested too deeply"),
    "10,000 objects": (nested(b'{"a":', b"}"), "nested too deeply"),
}
HOLES = {"a terabyte of holes": 1 << 40, "17 MiB of holes": 17 << 20}

ODD_NAMES = [
    b"new\nline", b"\x1b[2J\x1b]0;owned\x07", bytes(range(1, 32)), b"\x7f", b"\x9b2J", b"\xff\xfe",
    "\u009b2J".encode(), b"n" * 255, b"\xc3\xa4" * 127, b"%s%n%x", b".json.zst",
    b"20260102T000000.000000Z-pg_log-1-000000.json.zst\n",
    b"20260102T000000.000000Z-pg_log-1-000000.json.zst" + b"t" * 200,
]


def outside(directory):
    """What links must not lead to."""
    directory.mkdir()
    (directory / "file").write_bytes(zstd.compress(b'{"x":"%s"}\n' % SECRET))
    os.mkfifo(directory / "fifo")
    (directory / "directory").mkdir()
    return directory


def bind(path):
    """By way of a descriptor: a socket's path is short."""
    directory = os.open(os.path.dirname(path), os.O_DIRECTORY)
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind("/proc/self/fd/%d/%s" % (directory, os.path.basename(path)))
    os.close(directory)


def kinds(elsewhere):
    """Makers of things that are no regular files."""
    made = {
        "a link to a file": lambda path: os.symlink(elsewhere / "file", path),
        "a link to a FIFO": lambda path: os.symlink(elsewhere / "fifo", path),
        "a link to a directory": lambda path: os.symlink(elsewhere / "directory", path),
        "a dangling link": lambda path: os.symlink(elsewhere / "nothing", path),
        "a link to itself": lambda path: os.symlink(os.path.basename(path), path),
        "a link to an endless device": lambda path: os.symlink("/dev/zero", path),
        "a FIFO": os.mkfifo,
        "a socket": bind,
        "a directory": os.mkdir,
    }
    if os.geteuid() == 0:
        for what, mode, device in (("an endless device", stat.S_IFCHR, (1, 5)),
                                   ("a full device", stat.S_IFCHR, (1, 7)),
                                   ("a disk", stat.S_IFBLK, (7, 250))):
            made[what] = lambda path, mode=mode, device=device: os.mknod(
                path, mode | 0o600, os.makedev(*device))
    return made


def fill(spool, elsewhere):
    """Every kind in every directory, by a payload's name, by a reason's, and by another."""
    foreign = []
    for directory in (spool.new, spool.rejected, spool.tmp):
        for number, make in enumerate(kinds(elsewhere).values()):
            for name in (spool.next_name("pg_log"), "thing-%d" % number,
                         spool.next_name("pg_log") + ".reason"):
                make(str(directory / name))
                foreign.append(directory / name)
        for name in ODD_NAMES:
            path = os.fsencode(directory) + b"/" + name
            with open(path, "wb") as file:
                file.write(FRAME)
            foreign.append(os.fsdecode(path))
    return foreign


def fill_bad(spool):
    """Name → what must be said. Good payloads are written between them: their names come second."""
    bad, good = {}, []
    for frame, why in BAD.values():
        bad[spool.write_frame(frame, "pg_log")] = why
        good.append(spool.write())
    for size in HOLES.values():
        name = spool.next_name("pg_log")
        with open(spool.tmp / name, "wb") as file:
            file.truncate(size)
        os.rename(spool.tmp / name, spool.new / name)
        bad[name[: -len(SUFFIX)]] = "limit|not a zstd frame"
        good.append(spool.write())
    return bad, good


def check_text(data):
    """Of what a program says: text, and nothing that a terminal takes for a command."""
    for line in data.decode("utf-8").split("\n"):
        assert not [c for c in line if unicodedata.category(c) == "Cc"], line


def peak_mib(running):
    with open("/proc/%d/status" % running.pid, encoding="ascii") as file:
        return int(file.read().split("VmHWM:")[1].split()[0]) / 1024


def identity(path):
    info = os.lstat(path)
    return info.st_ino, info.st_mode, info.st_size


def check_tools(forward, bad):
    """--verify and --status over the same spool, in little memory, without a change to it."""
    wrapper = () if SANITIZED else ("prlimit", "--data=%d" % (MEMORY_MIB << 20))
    verify = forward.start("--verify", wrapper=wrapper)
    result = verify.wait()
    for name, why in bad.items():
        told = [line for line in result.stdout.splitlines() if name in line]
        assert len(told) == 1 and re.search(why, told[0]), (name, told)
    status = forward.start("--status", wrapper=wrapper)
    assert status.wait().status == 0
    as_json = forward.run("--status", "--json")
    assert json.loads(as_json.stdout)["spool"]["foreign_files"] > 0
    for running in (verify, status):
        check_text(running.err_path.read_bytes())
        check_text(running.out_path.read_bytes())
    return result


def test_of_foreign_things_none_is_followed_none_blocks_and_each_is_told_once(
        forward, spool, listener, tmp_path):
    foreign = fill(spool, outside(tmp_path / "outside"))
    bad, good = fill_bad(spool)
    before = [identity(path) for path in foreign]
    assert check_tools(forward, bad).status == 1

    # Without inotify there is a pass over new/ each second.
    calls = tmp_path / "calls"
    forward.environment["ASAN_OPTIONS"] = "exitcode=99:detect_leaks=0"
    running = forward.start(wrapper=(
        faults.strace(), "-D", "-f", "--seccomp-bpf", "-qq", "-y", "-o", str(calls),
        "-e", "trace=openat,inotify_init1", "-e", "inject=inotify_init1:error=EMFILE"))
    eventually(lambda: sorted(listener.names()) == good and set(bad) <= set(spool.refused()),
               "the good are sent, the bad are put aside")
    passes, counts = (6, 3) if LONG else (3, 1)
    eventually(lambda: listings(calls, "new") >= passes + counts
               and listings(calls, "rejected") >= counts, "more passes")
    eventually(lambda: running.lines("no payloads, such as"), "they are counted")
    if not SANITIZED:
        assert peak_mib(running) < MEMORY_MIB
    assert running.stop().status == 0

    for name, why in bad.items():
        assert re.search(why, spool.reason(name)), (name, spool.reason(name))
        assert len(running.lines(name)) == 1, running.lines(name)
    assert not [r for r in listener.requests if SECRET in r.body]
    assert [identity(path) for path in foreign] == before, "left alone"
    opened = calls.read_text(errors="replace")
    assert not [path for path in foreign
                if '"%s"' % os.path.basename(path) in opened], "opened"
    said = running.stderr.splitlines()
    assert len(said) == len(set(said)) == len(bad) + 1, running.stderr
    check_text(running.err_path.read_bytes())
    assert check_tools(forward, bad).status == 0, "the bad ones are in rejected/ now"


def listings(calls, directory):
    """How often it was listed."""
    return len(re.findall(r'/%s>, "\.", ' % directory, calls.read_text(errors="replace")))


STATE = "pg-forward.json"
STATE_NAMES = (STATE, STATE + ".prev", STATE + ".tmp")


def test_foreign_things_in_state_are_not_followed_and_stop_nothing(
        forward, spool, listener, tmp_path):
    """Only the lock must be a file: who has no lock must not begin."""
    elsewhere = outside(tmp_path / "outside")
    before = (elsewhere / "file").read_bytes()
    for what, make in kinds(elsewhere).items():
        shutil.rmtree(spool.state)
        spool.state.mkdir()
        for name in STATE_NAMES:
            make(str(spool.state / name))
        name = spool.write()
        began = time.monotonic()
        result = forward.run("--once")
        assert time.monotonic() - began < 20, what
        assert name in listener.names() and spool.waiting() == [], (what, result)
        if what == "a directory":  # nothing of it can be replaced: that is told
            assert result.status == 1 and "state" in result.stderr, result
        else:
            assert spool.read_state("pg-forward")["sent"]["files"] == 1, what
        assert (elsewhere / "file").read_bytes() == before, what
        shutil.rmtree(spool.state)
        spool.state.mkdir()
        make(str(spool.state / "pg-forward.lock"))
        result = forward.run("--once")
        assert result.status in (0, 1) and len(result.stderr) < 1000, what
        if "link" in what:
            assert result.status == 1 and "pg-forward.lock" in result.stderr, (what, result)
            assert not (elsewhere / "nothing").exists()
        assert (elsewhere / "file").read_bytes() == before, what


def test_things_that_come_while_it_runs_are_told_once_each(forward, spool, listener, tmp_path):
    elsewhere = outside(tmp_path / "outside")
    running = forward.start()
    first = spool.write()
    eventually(lambda: first in listener.names(), "it is at work")
    names = []
    for make in kinds(elsewhere).values():
        name = spool.next_name("pg_log")
        make(str(spool.tmp / name))
        os.rename(spool.tmp / name, spool.new / name)
        names.append(name)
    good = spool.write_many(3)
    eventually(lambda: set(good) <= set(listener.names()), "the payloads behind them")
    for name in names:
        assert len(running.lines(re.escape(name))) == 1, running.stderr
        assert os.path.lexists(spool.new / name)
    assert len(listener.requests) == 1 + len(good)
    running.hangup()
    running.says("reload|configuration")
    good = spool.write_many(3)
    eventually(lambda: set(good) <= set(listener.names()), "more payloads")
    assert [len(running.lines(re.escape(name))) for name in names] == [1] * len(names)
    assert running.stop().status == 0


@pytest.mark.skipif(SANITIZED, reason="sanitizers take memory of their own")
@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
def test_frames_that_expand_keep_no_memory_while_requests_wait(
        forward, spool, listener, warm, compression):
    forward.set(listener__max_in_flight=32, listener__timeout_s=300,
                listener__compression=compression)
    running = forward.start()
    for _ in range(4):
        warm()
    listener.rule = always(Answer(hang=True))
    frame = repeated(32 << 20, False)
    bad, good = [], []
    for _ in range(24):
        good.append(spool.write())
        bad.append(spool.write_frame(frame, "pg_log"))
    eventually(lambda: spool.refused() == bad, "the bad ones are refused")
    eventually(lambda: len(listener.requests) >= 24, "the good ones wait for their answers")
    assert peak_mib(running) < MEMORY_MIB
    running.kill()
