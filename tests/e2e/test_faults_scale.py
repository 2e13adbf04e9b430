"""A spool of very many files: quick to begin, little memory, oldest first, evicted in slices.

A million of them with E2E_LONG=1; a tenth for make check.
"""

import os
import threading
import time

import pytest

import agent
from listener import Answer
from spool import SUFFIX
from waiting import eventually

LONG = agent.count_from_environment("E2E_LONG", 0)
FILES = 1000000 if LONG else 70000
SANITIZED = b"__asan_init" in (agent.BUILD / "pg-forward").read_bytes()
MIB = 1 << 20
MEMORY_MIB = 32
WATCHDOG_S = 2


def read_proc(running, name):
    with open("/proc/%d/%s" % (running.pid, name), encoding="ascii") as file:
        return file.read()


def peak_mib(running):
    return int(read_proc(running, "status").split("VmHWM:")[1].split()[0]) / 1024


def cpu_s(running):
    user, system = read_proc(running, "stat").rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


class Counter:
    """The listener's rule: names as they come, with the longest time between two."""

    def __init__(self):
        self.names = []
        self.longest_s = 0
        self._last = None
        self._lock = threading.Lock()

    def __call__(self, request):
        with self._lock:
            now = time.monotonic()
            if self._last:
                self.longest_s = max(self.longest_s, now - self._last)
            self._last = now
            self.names.append(request.name)
        return Answer()

    def begin_anew(self):
        """The longest time from now on. Returns how many have come."""
        with self._lock:
            self.longest_s = 0
            return len(self.names)

    def wait_for(self, count, within_s=60):
        eventually(lambda: len(self.names) >= count, "%d requests" % count, within_s)


@pytest.fixture
def counter(listener):
    listener.rule = counter = Counter()
    return counter


def check_watchdog(notify, seconds):
    fed = notify.count("WATCHDOG=1")
    assert fed >= seconds / WATCHDOG_S, "%d times in %.1f s" % (fed, seconds)


def test_a_spool_of_very_many_files_is_sent_at_once_oldest_first_in_little_memory(
        forwards, quick_spool, listener, counter, notify):
    names = quick_spool.fill(FILES)
    forward = forwards(quick_spool, listener).set(
        buffer__max_size_mb=100000, listener__max_in_flight=1)
    began = time.monotonic()
    running = forward.start(NOTIFY_SOCKET=notify.path, WATCHDOG_USEC="%d" % (WATCHDOG_S * 1e6))
    counter.wait_for(1)
    first_s = time.monotonic() - began
    eventually(lambda: quick_spool.read_state("pg-forward")["spool"]["new_files"] > 0,
               "they are counted")
    counter.wait_for(1500)
    if not SANITIZED:
        assert peak_mib(running) < MEMORY_MIB
    check_watchdog(notify, time.monotonic() - began - 1)
    print("first request after %.2f s, peak %.1f MiB" % (first_s, peak_mib(running)))
    assert running.stop().status == 0
    assert first_s < 5
    assert counter.names == names[: len(counter.names)]
    left = quick_spool.waiting()
    assert left == names[-len(left):] and len(left) + len(counter.names) - FILES in (0, 1)


def evicted_files(spool):
    try:
        return spool.read_state("pg-forward")["evicted"]["files"]
    except (FileNotFoundError, KeyError):
        return 0


def test_while_most_of_them_are_evicted_requests_flow_and_the_watchdog_is_fed(
        forwards, quick_spool, listener, counter, notify):
    names = quick_spool.fill(FILES)
    before = quick_spool.blocks()
    cap = before // 20 // MIB
    forward = forwards(quick_spool, listener).set(buffer__max_size_mb=cap)
    began = time.monotonic()
    running = forward.start(NOTIFY_SOCKET=notify.path, WATCHDOG_USEC="%d" % (WATCHDOG_S * 1e6))
    eventually(lambda: evicted_files(quick_spool) > 0, "the first are evicted", every_s=0.001)
    begin = time.monotonic()
    sent_before = counter.begin_anew()
    eventually(lambda: running.lines("evicted"), "the rest, too", within_s=300, every_s=0.001)
    seconds, sent = time.monotonic() - begin, len(counter.names) - sent_before
    peak, longest_s = peak_mib(running), counter.longest_s
    check_watchdog(notify, time.monotonic() - began - 1)
    assert running.stop().status == 0
    print("%.1f s, %d sent meanwhile, the longest wait %.2f s, peak %.1f MiB"
          % (seconds, sent, longest_s, peak))
    evicted = quick_spool.read_state("pg-forward")["evicted"]
    left = quick_spool.waiting()
    assert left == names[-len(left):] if left else True
    assert evicted["files"] > FILES * 0.5
    assert len(set(counter.names)) == len(counter.names)
    lost = FILES - len(left) - len(counter.names) - evicted["files"]
    assert 0 >= lost >= -4, "each sent or evicted: those in flight at the end may stay"
    # Sending must not fall behind among those that are gone; a busy disk makes both slow.
    assert sent > 20 * seconds and longest_s < max(WATCHDOG_S, seconds / 4), (
        sent, seconds, longest_s)
    assert SANITIZED or peak < MEMORY_MIB


@pytest.mark.skipif(not LONG, reason="sends 200,000 payloads: E2E_LONG=1")
def test_a_payload_costs_no_more_when_a_million_wait(forwards, quick_spool, listener, counter):
    """The listener is told apart from pg-forward's CPU; each pass over new/ is part of it."""
    costs = []
    few = (11000, 10000)
    for waiting, count in (few, (1000000, 150000), few):
        quick_spool.fill(waiting)
        counter.names.clear()
        forward = forwards(quick_spool, listener).set(buffer__max_size_mb=100000)
        running = forward.start()
        counter.wait_for(500, 60)
        before, sent = cpu_s(running), len(counter.names)
        counter.wait_for(count, 600)
        costs.append((cpu_s(running) - before) / (len(counter.names) - sent) * 1e6)
        running.kill()
        for name in quick_spool.waiting():
            (quick_spool.new / (name + SUFFIX)).unlink()
    print("%.0f us a payload with 10,000 waiting, %.0f with a million, %.0f again with few"
          % tuple(costs))
    assert costs[1] < 1.6 * max(costs[0], costs[2]), costs
