"""System calls that fail with EIO, ENOSPC, EDQUOT, EROFS, EMFILE, at each place they are called.

A run is recorded first; then each of its calls on the spool, the configuration and the key fails,
once and for a while. make check takes each place once, the errors in turn; E2E_LONG=1 takes all.
"""

import contextlib
import errno
import json
import os
import re
import time

import pytest

import spool as spool_module
import zstd
from agent import CONFIG
from faults import ERRORS, LONG, Faults, matrix, sample
from listener import Answer, always
from waiting import eventually, never

WHILE = 20  # calls in a row that fail, where it is for a while


def cases(calls):
    """(call, error, times): each once, and for a while."""
    chosen = list((matrix if LONG else sample)(calls))
    for number, (call, error) in enumerate(chosen):
        if LONG or number % 3:
            yield call, error, 1
        if LONG or number % 3 == 0:
            yield call, error, WHILE


def all_of(chosen, check):
    """Runs every case, so that one failure does not hide the others."""
    problems = []
    for call, error, times in chosen:
        try:
            check(call, error, times)
        except (AssertionError, OSError) as problem:
            problems.append("%s %s %s, %d times: %s" % (
                call.name, call.place, error, times, problem))
    assert not problems, "\n\n".join(problems)


def must_cover(calls, *wanted):
    """The scenario still does what it was made for."""
    seen = {(call.name, call.place) for call in calls}
    assert set(wanted) <= seen, set(wanted) - seen


def failure(call, error):
    """The exit status: what is wrong with a configuration's file is a wrong configuration, unless the
    machine is short of something."""
    short = error in ("EMFILE", "ENFILE", "ENOMEM", "EIO")
    return CONFIG if call.place in ("config", "key") and not short else 1


def clear(*directories):
    for directory in directories:
        for path in directory.iterdir():
            path.unlink()


class Load:
    """Payloads for one case: two that are taken, one that is refused, one that is no frame."""

    def __init__(self, spool, listener):
        self.spool, self.listener = spool, listener
        self.good, self.refused, self.bad, self.frames = [], set(), set(), {}
        listener.rule = self.rule

    def rule(self, request):
        return Answer(422, body=b"no such field") if request.name in self.refused else Answer()

    def write(self):
        self.listener.requests.clear()
        clear(self.spool.new, self.spool.rejected)
        names = [self.spool.next_name() for _ in range(4)]
        frames = [zstd.compress(b'{"number":%d}\n' % n) for n in range(3)] + [b"garbage"]
        stems = [name.removesuffix(spool_module.SUFFIX) for name in names]
        self.good, self.refused, self.bad = stems[:2], {stems[2]}, {stems[3]}
        self.frames = dict(zip(stems, frames))
        for name, frame in zip(names, frames):
            self.spool.write_frame(frame, name=name)

    @property
    def all(self):
        return set(self.frames)

    def requests(self):
        """Name → how often it was sent."""
        names = [r.name for r in self.listener.requests]
        return {name: names.count(name) for name in names}

    def check_nothing_lost(self):
        """Each is in new/ or rejected/, as it was, or was taken."""
        left = {}
        for directory in (self.spool.new, self.spool.rejected):
            for name in self.spool.files(directory):
                assert self.spool.frame(name, directory) == self.frames[name], name
                left[name] = directory
        assert left.keys() | set(self.listener.names()) == self.all

    def check_done(self, reasons=True):
        assert os.listdir(self.spool.new) == []
        assert set(self.listener.names()) == set(self.good)
        assert set(self.spool.refused()) == self.refused | self.bad
        if reasons:
            (refused,), (bad,) = self.refused, self.bad
            assert "422: no such field" in self.spool.reason(refused)
            assert "not a zstd frame" in self.spool.reason(bad)

    def check_sent_once(self, but=0):
        twice = {name: n for name, n in self.requests().items() if n > 1}
        assert sum(twice.values()) - len(twice) <= but, twice
        assert not set(self.requests()) & self.bad


@pytest.fixture
def load(spool, listener):
    return Load(spool, listener)


@pytest.fixture
def key_file(tmp_path, listener):
    path = tmp_path / "key"
    path.write_text(listener.api_key)
    return path


@pytest.fixture
def faults(forward, spool, key_file, tmp_path):
    """Of pg-forward."""
    forward.set(listener__api_key=None, listener__api_key_file=key_file)
    return Faults(forward, tmp_path, {
        spool.path: "spool", key_file: "key", forward.config_path: "config"})


# pg-forward: each run to its end, with one fault or a row of them.

def test_a_call_that_fails_in_pg_forward_loses_nothing_and_repeats_one_request_at_most(
        forward, faults, load, spool):
    for _ in range(2):  # the second finds a state
        load.write()
        result, calls = faults.record("--once")
        assert result.status == 1 and len(result.stderr.splitlines()) == 3, result.stderr
        load.check_done()
    must_cover(calls, ("openat", "key"), ("openat", "config"), ("read", "spool/new/PAYLOAD"),
               ("unlinkat", "spool/new/PAYLOAD"), ("renameat", "spool/rejected/PAYLOAD"),
               ("write", "spool/rejected/PAYLOAD.reason"), ("getdents64", "spool/new"),
               ("fsync", "spool/state/pg-forward.json.tmp"),
               ("renameat", "spool/state/pg-forward.json"), ("fsync", "spool/state"))

    def check(call, error, times):
        load.write()
        result, hits = faults.run(call, error, "--once", times=times)
        assert hits >= 1, "nothing was hit"
        assert result.status == failure(call, error), result
        assert len(result.stderr.splitlines()) <= 6, result.stderr
        reasons = not faults.hit("/rejected")
        load.check_nothing_lost()
        load.check_sent_once()
        for _ in range(2):
            if not spool.waiting():
                break
            result = forward.run("--once", save=False)
        load.check_sent_once(but=hits)
        load.check_done(reasons)
        assert forward.run("--status", "--json", save=False).status == 0
        spool.read_state("pg-forward")

    all_of(cases(calls), check)


def test_a_call_that_fails_in_verify_or_retry_rejected_is_told(forward, faults, load, spool):
    load.write()
    forward.run("--once")
    load.check_done()

    def verified(call, error, times):
        before = sorted(os.listdir(spool.new)), sorted(os.listdir(spool.rejected))
        result, hits = faults.run(call, error, "--verify", times=times)
        assert hits >= 1, "nothing was hit"
        assert result.status == failure(call, error) \
            or os.strerror(getattr(errno, error)) in result.stdout, result
        assert before == (sorted(os.listdir(spool.new)), sorted(os.listdir(spool.rejected)))

    def put_back(call, error, times):
        load.write()
        assert forward.run("--once", save=False).status == 1
        result, hits = faults.run(call, error, "--retry-rejected", times=times)
        assert hits >= 1, "nothing was hit"
        done = set(spool.waiting()) == load.refused | load.bad and spool.refused() == []
        assert result.status == 0 and done or result.status == failure(call, error), result
        load.check_nothing_lost()
        assert forward.run("--retry-rejected", save=False).status == 0
        assert set(spool.waiting()) == load.refused | load.bad and spool.refused() == []

    _, calls = faults.record("--retry-rejected")
    assert set(spool.waiting()) == load.refused | load.bad
    must_cover(calls, ("getdents64", "spool/rejected"), ("newfstatat", "spool/rejected/PAYLOAD"),
               ("renameat2", "spool/new/PAYLOAD"), ("fsync", "spool/new"))
    all_of(cases(calls), put_back)
    load.write()
    forward.run("--once")
    spool.write_many(2)
    result, calls = faults.record("--verify")
    assert result.status == 0, result
    must_cover(calls, ("getdents64", "spool/new"), ("getdents64", "spool/rejected"),
               ("read", "spool/new/PAYLOAD"))
    all_of(cases(calls), verified)


# Eviction.

def test_a_call_that_fails_in_an_eviction_leaves_none_uncounted(
        forward, faults, listener, spool):
    listener.rule = always(Answer(503))
    forward.set(buffer__max_size_mb=1, breaker__fail_max=1, listener__max_in_flight=1)
    frame = zstd.compress(b'{"x":"%s"}\n' % os.urandom(60000).hex().encode())

    def evict(run):
        clear(spool.new)
        names = [spool.write_frame(frame) for _ in range(20)]
        result, rest = run()
        gone = [name for name in names if name not in spool.waiting()]
        return result, rest, names, gone

    def counted():
        return json.loads(forward.run("--status", "--json").stdout)["evicted"]["files"]

    for _ in range(2):
        result, calls, names, gone = evict(lambda: faults.record("--once"))
    assert gone and gone == names[:len(gone)] and result.status == 1
    must_cover(calls, ("unlinkat", "spool/new/PAYLOAD"), ("fsync", "spool/state"))

    def check(call, error, times):
        before = counted()
        result, hits, names, gone = evict(
            lambda: faults.run(call, error, "--once", times=times))
        assert hits >= 1, "nothing was hit"
        assert result.status == failure(call, error), result
        assert len(result.stderr.splitlines()) <= 8, result.stderr
        left = spool.waiting()
        assert left == [name for name in names if name in left]
        for name in left:
            assert spool.frame(name) == frame
        logged = sum(int(n) for n in re.findall(r"evict(?:ed|ing) (\d+) ", result.stderr))
        if call.name != "write":  # which the log's lines need, too
            assert logged >= len(gone), result.stderr
        if not call.place.startswith("spool/state"):
            assert counted() - before >= len(gone)
        forward.run("--once", save=False)
        assert spool.blocks() <= 1 << 20

    # One victim stands for the others; how a run begins has a test of its own.
    all_of(cases([call for call in calls if call.number < 8 and call.name in (
        "getdents64", "unlinkat", "fsync", "write", "linkat", "renameat")]), check)


# pg-forward as a service: calls on a place fail for a while, then it recovers by itself.

@contextlib.contextmanager
def served(forward, load, spool):
    running = forward.start("--verbose")
    running.says("at work")
    yield running
    assert running.runs, running.stderr
    assert running.stop().status == 0


def told(running, since):
    """What a person would read, without what is said of each refused payload."""
    return [line for line in running.lines("error: |warning: ")[since:]
            if "rejected 2" not in line]


PLACES = (
    ("unlinkat", "new"), ("renameat", "new"), ("openat", "new"), ("newfstatat", "new"),
    ("getdents64", "new"), ("openat", "rejected"),
    ("openat", "state"), ("unlinkat", "state"), ("linkat", "state"), ("renameat", "state"),
    ("write", "state/pg-forward.json.tmp"), ("openat", "../key"), ("read", "../key"),
    ("openat", "../pg-forward/pg-forward.ini"), ("read", "../pg-forward/pg-forward.ini"),
)


def test_a_service_whose_calls_fail_for_a_while_recovers_and_sends_nothing_twice(
        forward, faults, load, spool):
    turns = {}
    with served(forward, load, spool) as running:
        for name, place in PLACES:
            turn = turns[name] = turns.get(name, -1) + 1
            errors = ERRORS[name]
            for error in errors if LONG else [errors[turn % len(errors)]]:
                case = "%s %s %s" % (name, place, error)
                since = len(running.lines("error: |warning: "))
                with faults.attached(running, name, error, os.path.normpath(spool.path / place)) \
                        as hits:
                    running.hangup()  # reads files, lists new/
                    load.write()
                    eventually(hits, case)
                    with contextlib.suppress(AssertionError):
                        eventually(lambda: set(load.requests()) >= set(load.good), within_s=0.3)
                    if LONG and not place.startswith("..") and name != "linkat":
                        eventually(lambda: hits() > 1, case)
                running.hangup()
                eventually(lambda: spool.waiting() == [], case, within_s=20)
                load.check_done(reasons=False)
                load.check_sent_once()
                assert len(told(running, since)) <= 3, (case, told(running, since))
        eventually(lambda: not spool.read_state("pg-forward")["degraded"], "all is well again")


@pytest.mark.parametrize("error", ["EIO", "EROFS"] if LONG else ["EROFS"])
def test_delivered_files_that_cannot_be_removed_are_not_sent_again(
        forward, faults, load, spool, listener, error):
    names = []
    with served(forward, load, spool) as running:
        with faults.attached(running, "unlinkat", error, spool.new) as hits:
            for _ in range(4):
                names += spool.write_many(5)
                running.hangup()
                eventually(lambda: len(listener.requests) >= len(names), "all were sent")
            eventually(lambda: spool.read_state("pg-forward")["degraded"], "it is told")
            never(lambda: len(listener.requests) > len(names), 0.5, "sent again")
            assert spool.waiting() == names and hits() >= len(names)
            status = forward.run("--status", save=False)
            assert "DEGRADED" in status.stdout and "delete delivered" in status.stdout
            degraded = json.loads(forward.run("--status", "--json", save=False).stdout)["degraded"]
            assert "delete delivered" in degraded
            assert len(running.lines("error: .*will not be sent again")) == 1, running.stderr
            assert len(running.lines("error: |warning: ")) == 1, running.stderr
        if not LONG:
            running.hangup()
        eventually(lambda: spool.waiting() == [], "they are removed")
        eventually(lambda: not spool.read_state("pg-forward")["degraded"], "and that is told")
        assert "DEGRADED" not in forward.run("--status", save=False).stdout
        assert sorted(listener.names()) == names
        assert len(running.lines("can be written again")) == 1, running.stderr


def test_files_that_could_not_be_removed_are_removed_before_the_end(
        forward, faults, load, spool, listener):
    with served(forward, load, spool) as running:
        with faults.attached(running, "unlinkat", "EIO", spool.new):
            names = spool.write_many(5)
            eventually(lambda: len(listener.requests) == len(names), "all were sent")
            eventually(lambda: spool.read_state("pg-forward")["degraded"], "it is told")
    assert spool.waiting() == [] and sorted(listener.names()) == names
    assert not spool.read_state("pg-forward")["degraded"]


@pytest.mark.skipif(not LONG, reason="waits a minute: E2E_LONG=1")
def test_files_that_could_not_be_opened_are_sent_within_a_minute(
        forward, faults, load, spool, listener):
    with served(forward, load, spool) as running:
        with faults.attached(running, "openat", "EMFILE", spool.new) as hits:
            running.hangup()
            time.sleep(5)  # in which new/ can't be listed again and again
            names = spool.write_many(20)
            running.says("tried again each minute")
            assert hits() > 5
        later = spool.write()
        eventually(lambda: spool.waiting() == [], "all were sent", within_s=90)
        assert sorted(listener.names()) == sorted([*names, later])
        assert len(running.lines("error: |warning: ")) <= 3, running.stderr


@pytest.mark.skipif(not LONG, reason="waits for minutes: E2E_LONG=1")
@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user's files")
def test_files_that_may_not_be_read_are_told_once_and_counted(forward, spool, listener):
    """Started as root it becomes the owner of the spool, and these files are still root's."""
    spool.give_to("postgres")
    names = spool.write_many(3)
    paths = [spool.new / (name + spool_module.SUFFIX) for name in names]
    paths[2].chmod(0o644)
    running = forward.start()
    running.says("tried again each minute")
    running.says("2 payloads in .* can't be read", within_s=150)
    assert spool.waiting() == names[:2] and listener.names() == names[2:]
    never(lambda: len(running.lines("error: |warning: ")) > 2, 70, "told again")
    for path in paths[:2]:
        path.chmod(0o644)
    eventually(lambda: spool.waiting() == [], "they are sent", within_s=90)
    running.says("all payloads in .* can be read again", within_s=90)
    assert sorted(listener.names()) == names and running.stop().status == 0


def test_a_key_that_cannot_be_read_for_a_while_is_found_then(
        forward, faults, load, spool, listener, key_file):
    with served(forward, load, spool) as running:
        eventually(lambda: spool.write_many(1) and listener.requests, "it sends")
        with faults.attached(running, "openat", "EIO", key_file) as hits:
            listener.api_key = "rotated"
            key_file.write_text("rotated")
            name = spool.write()
            eventually(lambda: hits() >= 1, "it was tried to be read")
        eventually(lambda: name in listener.names(), "the new key was found")
        assert len(running.lines("error: |warning: ")) <= 2, running.stderr


# pg-collect.

SOURCES = {"pg_stat_activity", "pg_stat_statements", "pg_locks", "system_metrics"}


def test_a_call_that_fails_in_pg_collect_costs_that_payload_only(
        collect, spool, postgres, tmp_path):
    faults = Faults(collect, tmp_path, {
        spool.path: "spool", collect.config_path: "config", "/proc": "proc"})
    collect.save()

    def places(calls):
        return [(call.name, call.place) for call in calls if "proc" not in call.place]

    calls, before = [], None
    for _ in range(10):  # until it has learned the server, and the texts of its own statements
        clear(spool.new, spool.tmp)
        result, calls = faults.record()
        assert result.status == 0, result.stderr
        if places(calls) == before:
            break
        before = places(calls)
    missed = []
    usual = {spool.check(name)["source"] for name in spool.waiting()}
    assert usual >= {"pg_locks", "system_metrics"}
    must_cover(calls, ("openat", "spool/tmp/PAYLOAD"), ("write", "spool/tmp/PAYLOAD"),
               ("fsync", "spool/tmp/PAYLOAD"), ("renameat2", "spool/new/PAYLOAD"),
               ("fsync", "spool/new"), ("renameat", "spool/state/pg-collect.json"))

    def check(call, error, times):
        clear(spool.new, spool.tmp)
        began = time.time()
        result, hits = faults.run(call, error, times=times, save=False)
        if hits == 0:  # processes come and go in /proc, and the numbers of the calls with them
            missed.append(call)
        seen = [spool.check(name)["source"] for name in spool.waiting()]
        assert not faults.published_unsynced()
        if result.status == 0:
            assert set(seen) == usual
        else:
            assert result.status == failure(call, error), result
            assert len(result.stderr.splitlines()) <= 4, result.stderr
            assert result.stderr or call.name == "write"  # which the log's lines need, too
        if times == 1 and call.place.startswith("spool/tmp/"):
            assert len(usual - set(seen)) <= 1, seen
        with contextlib.suppress(FileNotFoundError):
            state = spool.read_state("pg-collect")
            if state["updated_at"] >= began:
                good = {n for n, outcome in state["collection"].items() if outcome["ok"]}
                assert good & usual <= set(seen), "said to be written"
        if LONG or times > 1:
            recover()

    def recover():
        assert collect.run(save=False).status == 0
        assert os.listdir(spool.tmp) == []
        for name in spool.waiting():
            spool.check(name)
        spool.read_state("pg-collect")

    all_of(cases(calls), check)
    assert len(missed) <= 3 + len(list(cases(calls))) // 20, missed
    recover()
