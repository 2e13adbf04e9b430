"""System calls of pg-logtail that fail, at each place they are called: no entry is lost or comes
twice, nothing is left behind, and the service recovers by itself.

make check takes each place once, the errors in turn; E2E_LONG=1 takes all.
"""

import concurrent.futures
import contextlib
import json
import os

import agent
import logs as logs_module
import spool as spool_module
from faults import ERRORS, LONG, Faults, matrix, sample
from waiting import eventually

WHILE = 20  # calls in a row that fail, where it is for a while
AT_ONCE = 4  # a run waits more than it works
STATE_FILES = ("spool/state/pg-logtail.json", "spool/state/pg-logtail.json.prev")


def json_line(number, _):
    """An entry that is whole with its line: nothing is waited for."""
    return (json.dumps({"timestamp": logs_module.stamp(number) + " UTC", "pid": 1,
                        "error_severity": "LOG", "message": "entry %d" % number},
                       separators=(",", ":")) + "\n").encode()


class Scene:
    """A spool, a log and a pg-logtail of their own, for runs with faults."""

    def __init__(self, place):
        place.mkdir()
        self.spool = spool_module.Spool(place / "spool").make()
        (place / "log").mkdir()
        self.log = logs_module.Log(place / "log", "postgresql.json", json_line)
        self.program = agent.Program("pg-logtail", place / "pg-logtail", {
            "collection.log_path": self.log.directory, "collection.batch_interval_s": 1,
            "buffer.path": self.spool.path, "buffer.min_free_mb": 0})
        self.faults = Faults(self.program, place, {
            self.spool.path: "spool", self.program.config_path: "config",
            self.log.directory: "log"})
        self.drain = logs_module.Drain(self.spool)
        self.doubts = self.missed = 0
        self.log.write(3)
        assert self.program.run("--once", "--from-start").status == 0

    def close(self):
        self.log.close()
        self.program.close()

    def record(self):
        self.log.write(3)
        result, calls = self.faults.record("--once")
        assert result.status == 0, result
        return calls

    def check(self, call, error, times):
        self.log.write(3)
        result, hits = self.faults.run(call, error, "--once", times=times)
        self.missed += hits == 0  # how often it commits, and so its calls, differs from run to run
        assert result.status in (0, 1, agent.CONFIG), result
        assert len(result.stderr.splitlines()) <= 6, result.stderr
        assert not self.faults.published_unsynced()
        self.check_doubts()
        if LONG or times > 1:
            self.recover()

    def recover(self):
        """Everything once, whatever went wrong before."""
        self.check_doubts()
        result = self.program.run("--once")
        assert result.status == 0, result
        assert os.listdir(self.spool.tmp) == []
        self.check_doubts()
        self.check_all()

    def check_doubts(self):
        """No entry says that something may be missing; each is said once."""
        doubts = self.drain.of_level("GAP", "UNPARSED")[self.doubts:]
        self.doubts += len(doubts)
        assert not doubts, doubts

    def check_all(self):
        logs_module.check_numbers(self.drain.numbers(), self.log.last)


def is_told_as_lost(call, error):
    """A state that an I/O error hides is lost: there is a test of its own for what is told then."""
    return call.place in STATE_FILES and call.name in ("openat", "read", "newfstatat") \
        and error in ("EIO", "EROFS")


def cases(calls):
    """(call, error, times): each once, and for a while."""
    for number, (call, error) in enumerate((matrix if LONG else sample)(calls)):
        both = LONG or call.name == "renameat"  # what a later state mends shows in the second only
        for times in (1, WHILE) if both else (1,) if number % 3 else (WHILE,):
            if not is_told_as_lost(call, error) and not (
                    times > 1 and call.name in ("openat", "newfstatat") and error == "EIO"):
                yield call, error, times


def side_by_side(tmp_path, run):
    """run(scene, number) with scenes of their own, at the same time; what it finds wrong."""
    with contextlib.ExitStack() as stack:
        scenes = [stack.enter_context(contextlib.closing(Scene(tmp_path / ("scene-%d" % number))))
                  for number in range(AT_ONCE)]
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            found = pool.map(lambda number: list(run(scenes[number], number)), range(AT_ONCE))
            return [problem for problems in found for problem in problems]


def must_cover(calls):
    """A run still does what the cases are made of."""
    seen = {(call.name, call.place) for call in calls}
    wanted = {("openat", "spool/tmp/PAYLOAD"), ("write", "spool/tmp/PAYLOAD"),
              ("fsync", "spool/tmp/PAYLOAD"), ("fsync", "spool/tmp"),
              ("write", "spool/state/pg-logtail.json.tmp"),
              ("fsync", "spool/state/pg-logtail.json.tmp"), ("fsync", "spool/state"),
              ("linkat", STATE_FILES[1]), ("renameat", STATE_FILES[0]),
              ("renameat2", "spool/new/PAYLOAD"), ("fsync", "spool/new"),
              ("openat", "log/postgresql.json"), ("pread64", "log/postgresql.json"),
              ("getdents64", "log")}
    assert wanted <= seen, wanted - seen


def test_a_call_that_fails_in_pg_logtail_loses_no_entry_and_repeats_none(tmp_path):
    def run(scene, number):
        for _ in range(2):  # the second finds a state with a previous one
            calls = scene.record()
        must_cover(calls)
        chosen = list(cases(calls))[number::AT_ONCE]
        for call, error, times in chosen:
            try:
                scene.check(call, error, times)
            except (AssertionError, OSError) as problem:
                yield "%s %s %s, %d times: %s" % (call.name, call.place, error, times, problem)
        scene.recover()
        if scene.missed > len(chosen) / 4:
            yield "%d of %d calls were not hit" % (scene.missed, len(chosen))

    problems = side_by_side(tmp_path, run)
    assert not problems, "\n\n".join(problems)


# The service: calls fail for a while, then it goes on by itself.

EVERYWHERE = ""
PLACES = (
    ("openat", "tmp"), ("write", EVERYWHERE), ("fsync", EVERYWHERE), ("renameat2", "tmp"),
    ("openat", "state"), ("renameat", "state"), ("linkat", "state"), ("unlinkat", "state"),
    ("openat", "../log"), ("getdents64", "../log"), ("pread64", "../log/postgresql.json"),
)


def test_a_pg_logtail_whose_calls_fail_for_a_while_recovers_by_itself(tmp_path):
    def run(scene, number):
        scene.program.set(collection__batch_max_entries=1)
        running = scene.program.start()
        scene.log.write(3)
        eventually(lambda: len(scene.drain.look().numbers()) >= scene.log.last, "it reads")
        for turn, (name, place) in list(enumerate(PLACES))[number::AT_ONCE]:
            errors = ERRORS[name]
            for error in errors if LONG else [errors[turn % len(errors)]]:
                try:
                    fail_for_a_while(scene, running, name, error, place)
                except AssertionError as problem:
                    yield "%s %s %s: %s" % (name, place, error, problem)
        result = running.stop()
        assert result.status == 0, result.stderr
        scene.recover()

    problems = side_by_side(tmp_path, run)
    assert not problems, "\n\n".join(problems)


def fail_for_a_while(scene, running, name, error, place):
    since = len(running.lines("error: |warning: "))
    paths = [os.path.normpath(scene.spool.path / place)] if place else []
    with scene.faults.attached(running, name, error, *paths) as hits:
        scene.log.write(3)
        if place.startswith("../log"):
            os.rename(scene.log.path, scene.log.path.with_suffix(".%d.json" % scene.log.last))
            scene.log.reopen()
            scene.log.write(3)
        eventually(hits, "it fails")
    eventually(lambda: len(scene.drain.look().numbers()) >= scene.log.last, "the rest")
    scene.check_all()
    told = running.lines("error: |warning: ")[since:]
    assert running.runs and len(told) <= 3, told
