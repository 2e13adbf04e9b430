"""kill -9 and power cuts at random moments: every entry exactly once."""

import os
import pathlib
import random
import re
import shutil
import subprocess
import tempfile
import threading
import time

import pytest

import faults
import logs
from agent import SANITIZER, count_from_environment
from spool import Spool
from waiting import eventually

LONG = count_from_environment("E2E_LONG", 0)
KILLS = 1000 if LONG else min(count_from_environment("E2E_KILLS", 25), 25)
CUTS = 100 if LONG else 8
SEED = count_from_environment("E2E_SEED", random.SystemRandom().randrange(1 << 30))


def group(number, text):
    """An error of one process with all its sections, another process's line in between."""
    pid = 100 + number % 7
    prefix = "%s UTC [%d] " % (logs.stamp(number), pid)
    return ("%sERROR:  entry %d%s\n"
            "%sDETAIL:  detail %d\n\tgoes on\n" % (prefix, number, text, prefix, number)
            + logs.line(number + 1, "", pid + 1000).decode()
            + "%sSTATEMENT:  SELECT %d\n\t\tFROM here\n" % (prefix, number)).encode()


def pair(number, text):
    """Entries with odd numbers bring the even ones along, between their own lines."""
    return group(number, text) if number % 2 else b""


def drained(spool):
    """Entries of at most so many processes are open at a time."""
    drain = logs.Drain(spool)
    drain.open_at_the_end = 16
    return drain


def check_sections(entries):
    """Each section is where it belongs, however often the reader died in between."""
    for entry in entries:
        number = int(logs.NUMBER.match(entry["message"]).group(1))
        if number % 2:
            assert entry["level"] == "ERROR" and entry["pid"] == 100 + number % 7
            assert entry["detail"] == "detail %d\ngoes on" % number
            assert entry["statement"] == "SELECT %d\n\tFROM here" % number
        else:
            assert entry["level"] == "LOG" and "detail" not in entry, entry
        assert not entry.get("continued"), entry


class Writer(threading.Thread):
    """Appends and rotates all the time, at a rate that leaves the tests some processor."""

    def __init__(self, log, chance, rate=4000):
        super().__init__(daemon=True)
        self.log, self.chance, self.rate = log, chance, rate
        self.done = threading.Event()
        self.rotations = 0

    def run(self):
        while not self.done.wait(0.01):
            self.log.write(2 * max(1, self.rate // 200), " " + "x" * self.chance.randrange(200))
            if self.chance.random() < 0.05:
                self.rotate()

    def rotate(self):
        self.rotations += 1
        if self.chance.random() < 0.5:
            self.log.open("postgresql-%05d.log" % self.rotations)
        else:
            path = self.log.path
            path.rename(path.with_name("%s-old-%05d.log" % (path.name[:-4], self.rotations)))
            self.log.reopen()

    def finish(self):
        self.done.set()
        self.join()


@pytest.fixture
def pairs(log_directory):
    log = logs.Log(log_directory, make=pair)
    yield log
    log.close()


def finish(logtail, drain, last):
    """The rest, undisturbed; then nothing is missing, twice or torn."""
    running = logtail.start()
    eventually(lambda: (drain.error or len(drain.numbers()) >= last), "the rest", every_s=0.5)
    assert running.stop().status == 0
    drain.stop()
    drain.expect(last)
    check_sections(drain.all())


def test_kill_9_at_random_moments_gives_every_entry_once(logtail, spool, pairs):
    print("E2E_SEED=%d" % SEED)
    chance = random.Random(SEED)
    drain = drained(spool).start()
    writer = Writer(pairs, chance)
    logtail.run("--once", "--from-start")
    writer.start()
    for number in range(KILLS):
        running = logtail.start()
        time.sleep(chance.choice([0.005, 0.05, 0.5, 1.5 if number % 5 == 0 else 0.3])
                   * chance.random())
        assert running.runs, running.stderr
        running.kill()
        assert not SANITIZER.search(running.stderr), running.stderr
        for path in (running.out_path, running.err_path):
            path.write_bytes(b"")
        if drain.error:
            drain.stop()
    writer.finish()
    finish(logtail, drain, pairs.last)
    assert os.listdir(spool.tmp) == []
    print("%d entries, %d rotations, %d payloads" % (pairs.last, writer.rotations,
                                                     len(drain.payloads)))


# At every step of a commit.

STEPS = "fsync,fdatasync,rename,renameat,renameat2,link,linkat"


def strace():
    """A way to run the program with faults in its system calls."""
    return [faults.strace(), "-f", "-qq", "-o", "/dev/null"]


def killed_at(logtail, step, number):
    """Runs --once and dies before the number-th call of this kind; False when there are fewer."""
    logtail.environment["ASAN_OPTIONS"] = "exitcode=99:detect_leaks=0"  # not under ptrace
    running = logtail.start("--once", wrapper=[
        *strace(), "-e", "trace=" + step, "-e",
        "inject=%s:signal=KILL:when=%d" % (step, number)])
    status = running.process.wait(60)
    assert not SANITIZER.search(running.stderr), running.stderr
    return status != 0


def calls_of_a_commit(logtail, directory):
    """(call, how many) of one run with something to commit."""
    out = directory / "strace.out"
    logtail.environment["ASAN_OPTIONS"] = "exitcode=99:detect_leaks=0"
    running = logtail.start("--once", wrapper=[
        *strace()[:-1], str(out), "-e", "trace=" + STEPS])
    assert running.process.wait(60) == 0, running.stderr
    names = re.findall(r"^\d+ +(\w+)\(", out.read_text(), re.M)
    return sorted({name: names.count(name) for name in names}.items())


def test_a_death_before_each_step_of_a_commit(logtail, spool, pairs, tmp_path):
    drain = drained(spool)
    assert logtail.run("--once", "--from-start").status == 0
    pairs.write(20)
    calls = calls_of_a_commit(logtail, tmp_path)
    assert dict(calls).get("fsync", 0) >= 4, calls
    drain.look().expect(pairs.last)
    for call, count in calls:
        for number in range(1, count + 1):
            pairs.write(20)
            killed_at(logtail, call, number)
            drain.look()
            pairs.write(20)
    result = logtail.run("--once")
    assert result.status == 0, result.stderr
    drain.look().expect(pairs.last)
    check_sections(drain.all())
    assert os.listdir(spool.tmp) == []


@pytest.mark.skipif(not LONG, reason="test_faults_logtail.py has a sample: E2E_LONG=1")
@pytest.mark.parametrize("call, error", [
    ("fsync", "EIO"), ("fsync", "ENOSPC"), ("renameat2", "EIO"), ("write", "ENOSPC"),
    ("openat", "EMFILE"), ("openat", "ENOSPC")])
def test_a_system_call_that_fails_loses_and_repeats_nothing(
        logtail, spool, pairs, call, error):
    """One failure at each moment in turn, in a row of runs; then all is well again."""
    drain = drained(spool)
    logtail.environment["ASAN_OPTIONS"] = "exitcode=99:detect_leaks=0"
    assert logtail.run("--once", "--from-start").status == 0
    first = 8 if call == "openat" else 1  # not while libraries are loaded
    for number in range(first, first + (12 if LONG else 3)):
        pairs.write(20)
        running = logtail.start("--once", wrapper=[
            *strace(), "-e", "trace=" + call, "-e",
            "inject=%s:error=%s:when=%d" % (call, error, number)])
        status = running.process.wait(60)
        assert not SANITIZER.search(running.stderr), running.stderr
        assert status in (0, 1, 78, 127), running.stderr
        drain.look()
    result = logtail.run("--once")
    assert result.status == 0, result.stderr
    drain.look().expect(pairs.last)
    check_sections(drain.all())


# The power cut.

class Disk:
    """ext4 on a loop device over a file: the file holds what reached the disk, no more."""

    def __init__(self, directory, size="48M"):
        self.directory = pathlib.Path(directory)
        self.image = self.directory / "disk"
        self.path = self.directory / "mounted"
        self.path.mkdir()
        subprocess.run(["truncate", "-s", size, self.image], check=True)
        self._run("mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", self.image)
        self.mount()

    @staticmethod
    def _run(*command):
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        assert done.returncode == 0, done.stderr

    def mount(self):
        """Nothing is written by the kernel's own clock while a test lasts."""
        self._run("mount", "-o", "loop,noatime,commit=900", self.image, self.path)

    def sync(self):
        """This one alone: sync(2) would write other tests' disks, too."""
        self._run("sync", "-f", self.path)

    def cut(self):
        """The power goes and comes back: what was not synced is gone."""
        saved = self.image.with_suffix(".cut")
        self._run("cp", "--sparse=always", self.image, saved)
        self._run("umount", self.path)
        saved.rename(self.image)
        self.mount()

    def close(self):
        subprocess.run(["umount", "-l", self.path], capture_output=True)


@pytest.fixture
def disk():
    if os.geteuid() != 0 or not shutil.which("mkfs.ext4", path="/usr/sbin:/sbin"):
        pytest.skip("a file system of one's own needs root and mkfs.ext4")
    directory = tempfile.mkdtemp(prefix="e2e-power-")
    try:
        made = Disk(directory)
    except AssertionError as error:
        shutil.rmtree(directory)
        pytest.skip("no loop device: %s" % error)
    yield made
    made.close()
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def cut_spool(disk):
    spool = Spool(disk.path / "spool").make()
    disk.sync()
    return spool


def test_the_disk_does_forget_what_was_not_synced(disk):
    """The test's own test."""
    kept, lost = disk.path / "kept", disk.path / "lost"
    with open(kept, "wb") as file:
        file.write(b"kept")
        file.flush()
        os.fsync(file.fileno())
    lost.write_bytes(b"lost")
    disk.cut()
    assert kept.read_bytes() == b"kept" and not lost.exists()


def test_power_cuts_at_random_moments_give_every_entry_once(
        logtails, disk, cut_spool, pairs):
    print("E2E_SEED=%d" % SEED)
    chance = random.Random(SEED)
    logtail = logtails(cut_spool, pairs.directory)
    drain = drained(cut_spool)
    assert logtail.run("--once", "--from-start").status == 0
    writer = Writer(pairs, chance)
    writer.start()
    for _ in range(CUTS):
        running = logtail.start()
        drain.start()
        time.sleep(chance.choice([0.05, 0.5, 2]) * chance.random())
        assert running.runs, running.stderr
        running.kill()
        drain.stop()
        disk.cut()
    writer.finish()
    drain.start()
    finish(logtail, drain, pairs.last)
    print("%d entries, %d payloads seen again" % (pairs.last, drain.repeated))


def test_a_power_cut_before_each_step_of_a_commit(logtails, disk, cut_spool, pairs, tmp_path):
    logtail = logtails(cut_spool, pairs.directory)
    drain = drained(cut_spool)
    assert logtail.run("--once", "--from-start").status == 0
    pairs.write(20)
    calls = calls_of_a_commit(logtail, tmp_path)
    drain.look().expect(pairs.last)
    for call, count in calls:
        for number in range(1, count + 1):
            pairs.write(20)
            killed_at(logtail, call, number)
            drain.look()
            disk.cut()
            pairs.write(20)
    result = logtail.run("--once")
    assert result.status == 0, result.stderr
    drain.look().expect(pairs.last)
    check_sections(drain.all())


def test_without_fsync_a_power_cut_would_be_seen(logtails, disk, cut_spool, pairs):
    """The test's own test: fsync that does nothing."""
    logtail = logtails(cut_spool, pairs.directory)
    logtail.environment["ASAN_OPTIONS"] = "exitcode=99:detect_leaks=0"
    drain = drained(cut_spool)
    assert logtail.run("--once", "--from-start").status == 0
    disk.sync()
    for _ in range(3):  # the kernel may have written of its own accord
        pairs.write(20)
        running = logtail.start("--once", wrapper=[
            *strace(), "-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:retval=0"])
        assert running.process.wait(60) == 0, running.stderr
        drain.look().expect(pairs.last)
        disk.cut()
        assert logtail.run("--once").status == 0
        try:
            drain.look().expect(pairs.last)
        except AssertionError as error:
            assert "again" in str(error)
            return
    raise AssertionError("a power cut took nothing that was not synced")
