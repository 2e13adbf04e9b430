"""The wall clock set back an hour, forward ten years, and standing still, while the programs run.

A library of the test's own, loaded before libc, shifts what they take for the time of day; what is
monotonic stays as it is.
"""

import itertools
import os
import pathlib
import re
import struct
import subprocess
import time

import pytest

import agent
import logs as logs_module
from listener import Answer, always
from spool import SUFFIX
from waiting import eventually

HOUR_S = 3600
TEN_YEARS_S = 10 * 365 * 24 * HOUR_S

SOURCE = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* The file holds two numbers, in nanoseconds: what is added to the time, and the time at which
 * the clock stands still, 0 for none. */
static const volatile int64_t *shift;

__attribute__((constructor)) static void open_shift(void)
{
	const char *path = getenv("CLOCK_SHIFT");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *map = fd < 0 ? MAP_FAILED : mmap(0, 16, PROT_READ, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		_exit(99);
	shift = map;
	close(fd);
}

int clock_gettime(clockid_t id, struct timespec *ts)
{
	int rc = (int)syscall(SYS_clock_gettime, id, ts);
	int64_t at;

	if (rc != 0 || !shift || (id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE))
		return rc;
	at = shift[1] ? shift[1] : (int64_t)ts->tv_sec * 1000000000 + ts->tv_nsec;
	at += shift[0];
	ts->tv_sec = at / 1000000000;
	ts->tv_nsec = at % 1000000000;
	return 0;
}

int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
	struct timespec ts;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &ts);
	tv->tv_sec = ts.tv_sec;
	tv->tv_usec = ts.tv_nsec / 1000;
	return 0;
}

time_t time(time_t *ret)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	if (ret)
		*ret = ts.tv_sec;
	return ts.tv_sec;
}
"""


class Clock:
    """What the programs started with its environment take for the time of day."""

    def __init__(self, library, path):
        self.path = pathlib.Path(path)
        self.path.write_bytes(bytes(16))
        self.environment = {
            "LD_PRELOAD": str(library), "CLOCK_SHIFT": str(self.path),
            "ASAN_OPTIONS": "exitcode=99:detect_leaks=1:verify_asan_link_order=0"}
        self.shift_s = 0

    def set(self, shift_s, still_at_s=0):
        """In place: the programs have it mapped."""
        self.shift_s = shift_s
        fd = os.open(self.path, os.O_WRONLY)
        os.pwrite(fd, struct.pack("qq", int(shift_s * 1e9), int(still_at_s * 1e9)), 0)
        os.close(fd)

    @property
    def now_s(self):
        return time.time() + self.shift_s


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    directory = tmp_path_factory.mktemp("clock")
    source, path = directory / "clock.c", directory / "clock.so"
    source.write_text(SOURCE)
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", path, source], check=True)
    return path


@pytest.fixture
def clock(library, tmp_path):
    return Clock(library, tmp_path / "clock")


@pytest.fixture
def collect(tmp_path, spool):
    """Where no database is asked."""
    program = agent.Program("pg-collect", tmp_path / "pg-collect", {
        "buffer.path": spool.path, "buffer.min_free_mb": 0})
    yield program
    program.close()


STEPS = (-HOUR_S, TEN_YEARS_S, 0)


def test_the_breaker_waits_its_seconds_and_everything_is_sent_once(
        forward, spool, listener, clock, notify):
    """The clock changes while the breaker is open: first back, then far ahead, then back."""
    forward.set(breaker__fail_max=1, breaker__timeout_s=1, listener__max_in_flight=1)
    running = forward.start(NOTIFY_SOCKET=notify.path, WATCHDOG_USEC="400000", **clock.environment)
    names = spool.write_many(3)
    eventually(lambda: spool.waiting() == [], "the first are sent")
    for step in STEPS:
        listener.rule = always(Answer(503, {"Retry-After": "1"}))
        before, fed = len(listener.requests), notify.count("WATCHDOG=1")
        names += spool.write_many(3)
        eventually(lambda: len(listener.requests) > before, "a failure")
        clock.set(step)
        listener.rule = always(Answer())
        # Names of before and after the change, both sides of it.
        names.append(spool.write_frame(spool.frame(names[-1]), name=written_at(clock.now_s)))
        eventually(lambda: spool.waiting() == [], "all were sent", within_s=10)
        failure, trial = [r.started for r in listener.requests[before:before + 2]]
        assert 1 <= trial - failure < 2.5, step
        assert notify.count("WATCHDOG=1") > fed + 2
        eventually(lambda: abs(spool.read_state("pg-forward")["updated_at"] - clock.now_s) < 60,
                   "the state is written", within_s=10)
        status = forward.run("--status", save=False, **clock.environment)
        assert status.status == 0
        assert re.search(r"^breaker +closed for \d+ [smhd]", status.stdout, re.M), status.stdout
    assert sorted(listener.names()) == sorted(names), "each once"
    assert running.stop().status == 0 and spool.refused() == []
    assert len(running.lines("error: |warning: ")) <= 2 * len(STEPS), running.stderr


NUMBERS = itertools.count(1)


def written_at(at_s):
    """The name of a payload that is written then."""
    number = next(NUMBERS)
    return "%s.%06dZ-pg_locks-4712-%06d%s" % (
        time.strftime("%Y%m%dT%H%M%S", time.gmtime(at_s)), number, number, SUFFIX)


def test_a_wait_that_began_before_the_clock_was_set_back_is_no_longer(
        forward, spool, listener, clock):
    """A date of the listener's counts from its own Date, whatever our clock says."""
    running = forward.set(listener__max_in_flight=1).start(**clock.environment)
    listener.rule = always(Answer(429, {"Date": "Sun, 06 Nov 1994 08:49:37 GMT",
                                        "Retry-After": "Sun, 06 Nov 1994 08:49:38 GMT"}))
    spool.write()
    eventually(lambda: listener.requests, "it is told to wait")
    clock.set(-HOUR_S)
    listener.rule = always(Answer())
    eventually(lambda: spool.waiting() == [], "it was sent", within_s=10)
    told, sent = [request.started for request in listener.requests][:2]
    assert 1 <= sent - told < 2.5
    assert running.stop().status == 0


def test_a_source_held_is_tried_and_freed_whatever_the_clock_says(
        forward, spool, listener, clock):
    """Its state, with times of ten years ahead, is read by a process back in the present."""
    names = spool.write_many(23, "pg_log")
    forward.set(listener__max_in_flight=1)
    listener.rule = always(Answer(422))
    clock.set(TEN_YEARS_S)
    running = forward.start(**clock.environment)
    eventually(lambda: len(spool.refused()) >= 20, "it is held")
    clock.set(-HOUR_S)
    eventually(lambda: len(spool.refused()) >= 21, "it is tried", within_s=10)
    assert running.stop().status == 0
    listener.rule = always(Answer())
    running = forward.start(**clock.environment)
    eventually(lambda: spool.waiting() == [], "it is free", within_s=10)
    assert running.stop().status == 0
    assert sorted(spool.refused() + listener.names()) == names


def test_payloads_collected_under_any_clock_have_names_of_their_own(
        forward, listener, spool, collect, clock):
    """Without a database: system_metrics. What was written at one clock sorts by time."""
    written = {}
    for step in (0, -HOUR_S, TEN_YEARS_S, 0):
        clock.set(step)
        for _ in range(3):
            before = set(spool.waiting())
            result = collect.run("--source", "system_metrics", **clock.environment)
            assert result.status == 0 and result.stderr == "", result.stderr
            (name,) = set(spool.waiting()) - before
            stamp = spool.check(name)["timestamp"]
            assert abs(stamp - clock.now_s) < 60
            assert name.startswith(time.strftime("%Y%m", time.gmtime(clock.now_s)))
            written.setdefault(step, []).append(name)
    assert all(names == sorted(names) for names in written.values())
    clock.set(0, still_at_s=time.time())
    before = set(spool.waiting())
    for _ in range(3):
        assert collect.run("--source", "system_metrics", **clock.environment).status == 0
    still = sorted(set(spool.waiting()) - before)
    assert len(still) == 3 and len({name.split("-")[0] for name in still}) == 1, still
    waiting = spool.waiting()
    assert forward.set(listener__max_in_flight=1).run("--once").status == 0
    assert listener.names() == waiting, "oldest first by name, each once"


@pytest.mark.parametrize("step", [-HOUR_S, TEN_YEARS_S])
def test_a_silent_server_meets_its_deadline_though_the_clock_changes(
        collect, spool, silent_server, clock, step):
    collect.set(database__host="127.0.0.1", database__port=silent_server.port,
                database__connection_timeout_s=1)
    began = time.monotonic()
    running = collect.start(**clock.environment)
    eventually(silent_server.took_a_connection, "it waits")
    clock.set(step)
    assert running.wait(10).status == 1
    assert 0.8 < time.monotonic() - began < 5
    assert any("system_metrics" in name for name in spool.waiting())


def test_log_entries_come_once_each_whatever_the_clock_says(
        logtail, spool, log, clock, notify):
    """Between the steps the log is rotated; its files' times are those of the clock."""
    drained = logs_module.Drain(spool)
    logtail.set(collection__batch_max_entries=1)
    log.write(10)
    running = logtail.start("--from-start", NOTIFY_SOCKET=notify.path, WATCHDOG_USEC="400000",
                            **clock.environment)

    def seen():
        drained.look()
        return len(drained.numbers()) >= log.last - 2  # a file's last waits for its STATEMENT

    eventually(seen, "the first entries")
    for number, step in enumerate(STEPS):
        fed = notify.count("WATCHDOG=1")
        clock.set(step)
        log.write(30)
        os.utime(log.path, (clock.now_s, clock.now_s))
        os.rename(log.path, log.path.with_suffix(".log.%d" % number))
        log.write(5)  # the server writes on until it is told
        log.reopen()
        log.write(30)
        os.utime(log.path, (clock.now_s, clock.now_s))
        eventually(seen, "entries of this clock", within_s=20)
        assert notify.count("WATCHDOG=1") > fed
    assert running.stop().status == 0, running.stderr
    drained.look()
    logs_module.check_numbers(drained.numbers(), log.last)
    assert not drained.of_level("GAP", "UNPARSED")
    assert drained.repeated == 0
    assert {time.strftime("%Y", time.gmtime(time.time() + step)) for step in STEPS} \
        <= {name[:4] for name in drained.payloads}, "the clock was shifted"
