"""Signals in every state: SIGTERM ends within 10 s with nothing lost, SIGSTOP and SIGCONT change
nothing, and the watchdog is fed as long as the loop turns and no longer."""

import contextlib
import dataclasses
import os
import signal
import subprocess
import threading
import time

import pytest

import agent
import logs as logs_module
import spool as spool_module
from faults import LONG, strace
from listener import Answer, always
from notify import NotifySocket
from waiting import eventually

END_WITHIN_S = 10
STOPPED_S = 150 if LONG else 1.8


@dataclasses.dataclass
class State:
    """One state of a pg-forward of its own, in which it is asked to end."""

    what: str
    rule: object
    files: int
    reached: object  # (state) → true
    settings: dict = dataclasses.field(default_factory=dict)
    at_once: bool = True  # nothing is in flight: nothing to wait for
    spool: object = None
    listener: object = None
    notify: object = None
    running: object = None
    names: list = None


def told(state):
    try:
        return state.spool.read_state("pg-forward")
    except FileNotFoundError:
        return {}


def is_asked(state):
    return state.listener.requests


HANGS = "a request that hangs"  # it gets 7 s
STATES = (
    State("idle", always(Answer()), 3, lambda state: state.spool.waiting() == []),
    State("a request in flight", always(Answer(delay_s=1)), 3,
          is_asked, at_once=False),
    State(HANGS, always(Answer(hang=True)), 3,
          is_asked, {"listener.timeout_s": 300}, at_once=False),
    State("breaker open", always(Answer(500)), 3,
          lambda state: state.running.lines("breaker open"),
          {"breaker.fail_max": 1, "breaker.timeout_s": 3600}),
    State("a random wait between failures", always(Answer(500)), 3,
          lambda state: len(state.listener.requests) > 1, {"breaker.fail_max": 1000}),
    State("waiting for Retry-After", always(Answer(429, {"Retry-After": "3600"})), 3, is_asked),
    State("a source is held", always(Answer(422)), 24,
          lambda state: len(state.spool.refused()) >= 20, {"breaker.timeout_s": 3600}),
)


def open_states(stack, states, directory, listeners):
    for number, state in enumerate(states):
        place = directory / ("state-%d" % number)
        place.mkdir()
        state.listener = listeners().open()
        state.listener.rule = state.rule
        state.spool = spool_module.Spool(place / "spool").make()
        state.notify = stack.enter_context(contextlib.closing(NotifySocket(place / "notify")))
        program = agent.Program("pg-forward", place, {
            "listener.url": state.listener.url,
            "listener.api_key": state.listener.api_key,
            "buffer.path": state.spool.path,
            "buffer.min_free_mb": 0,
            **state.settings})
        stack.callback(program.close)
        state.names = state.spool.write_many(state.files)
        state.running = program.start(NOTIFY_SOCKET=state.notify.path, WATCHDOG_USEC="400000")


def end(state):
    """Reaches the state, asks to end, and sees that it does: in time, with nothing lost or doubled.
    Until then the watchdog is fed."""
    eventually(lambda: state.reached(state), state.what)
    fed = state.notify.count("WATCHDOG=1")
    eventually(lambda: state.notify.count("WATCHDOG=1") >= fed + 2, "fed", within_s=5)
    if state.what == "a request in flight":
        before = len(state.listener.requests)
        state.names = state.names + state.spool.write_many(2)
        eventually(lambda: len(state.listener.requests) > before, "in flight")
    asked = time.monotonic()
    state.running.send(signal.SIGTERM)
    result = state.running.wait(END_WITHIN_S + 1)
    took_s = time.monotonic() - asked
    assert result.status == 0, result.stderr
    assert took_s < (3 if state.at_once else END_WITHIN_S), took_s
    taken = state.listener.names() if state.what != HANGS else []
    assert sorted(taken + state.spool.waiting() + state.spool.refused()) == state.names
    assert told(state)["running"] is False
    eventually(lambda: state.notify.has("STOPPING=1"), "STOPPING")


def test_sigterm_in_every_state_ends_in_time_with_nothing_lost(listeners, tmp_path):
    """All at the same time."""
    problems = []

    def check(state):
        try:
            end(state)
        except AssertionError as problem:
            problems.append("%s: %s" % (state.what, problem))

    with contextlib.ExitStack() as stack:
        states = [dataclasses.replace(state) for state in STATES if LONG or state.what != HANGS]
        open_states(stack, states, tmp_path, listeners)
        threads = [threading.Thread(target=check, args=(state,)) for state in states]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not problems, "\n\n".join(problems)


# A spool of very many files.

FILES = 100000 if LONG else 15000


def evicted_files(spool):
    with contextlib.suppress(FileNotFoundError, KeyError):
        return spool.read_state("pg-forward")["evicted"]["files"]
    return 0


@pytest.mark.parametrize("when", ["the first look", "the first count", "an eviction"])
def test_sigterm_while_very_many_files_are_counted_or_evicted_loses_none(
        forwards, quick_spool, listener, when):
    names = quick_spool.fill(FILES)
    listener.rule = always(Answer(delay_s=0.01))
    cap_mb = 100000
    if when == "an eviction":
        cap_mb = max(1, quick_spool.blocks() // 10 >> 20)
    forward = forwards(quick_spool, listener).set(
        buffer__max_size_mb=cap_mb, listener__max_in_flight=1)
    running = forward.start()
    if when == "the first look":
        eventually(lambda: os.listdir(quick_spool.state), "it began")
    elif when == "the first count":
        eventually(lambda: listener.requests, "it began")
        time.sleep(1.02)
        state = quick_spool.read_state("pg-forward") if (
            quick_spool.state / "pg-forward.json").exists() else {}
        assert not LONG or not state.get("spool", {}).get("new_files"), "not counted yet"
    else:
        eventually(lambda: evicted_files(quick_spool), "the first are evicted", every_s=0.001)
    asked = time.monotonic()
    running.send(signal.SIGTERM)
    assert running.wait(END_WITHIN_S + 1).status == 0
    assert time.monotonic() - asked < 3
    evicted = evicted_files(quick_spool)
    left, taken = set(quick_spool.waiting()), listener.names()
    assert len(taken) == len(set(taken)) and not left & set(taken)
    gone = len(names) - len(left) - len(taken)
    assert 0 <= gone <= evicted, "each is there, sent or counted as evicted"
    if when == "an eviction":
        assert 0 < evicted < len(names) * 0.85, "it was not through"
        assert evicted - gone <= 2, "all but those in flight of what was counted"
    else:
        assert evicted == 0


# SIGSTOP.

def stop_for(running, seconds):
    running.send(signal.SIGSTOP)
    time.sleep(seconds)
    running.send(signal.SIGCONT)


def test_pg_forward_stopped_for_a_while_goes_on_and_sends_nothing_twice(
        forward, spool, listener, notify, warm):
    """Answers come while it is stopped, for longer than listener.timeout_s: they count."""
    forward.set(listener__timeout_s=1, breaker__fail_max=1)
    running = forward.start(NOTIFY_SOCKET=notify.path, WATCHDOG_USEC="400000")
    warm()
    for _ in range(2 if LONG else 1):
        listener.requests.clear()
        listener.rule = always(Answer(delay_s=0.3))
        names = spool.write_many(12)
        eventually(lambda: len(listener.requests) >= 4, "requests are in flight")
        fed = notify.count("WATCHDOG=1")
        stop_for(running, STOPPED_S)
        assert notify.count("WATCHDOG=1") <= fed + 1, "not fed by anybody else"
        names += spool.write_many(4)
        eventually(lambda: spool.waiting() == [], "all were sent", within_s=20)
        assert sorted(listener.names()) == names, "each once"
        eventually(lambda: notify.count("WATCHDOG=1") > fed + 3, "fed again")
    assert running.stop().status == 0
    assert running.lines("error: |warning: ") == [], running.stderr


def test_a_stop_excuses_no_listener_that_says_nothing(forward, spool, listener):
    """The time-out is for the time that was given."""
    forward.set(listener__timeout_s=1, breaker__fail_max=1)
    running = forward.start()
    listener.rule = always(Answer(hang=True))
    spool.write()
    eventually(lambda: listener.requests, "a request hangs")
    stop_for(running, 1.2)
    began = time.monotonic()
    running.says("breaker open", within_s=10)
    assert 0.7 < time.monotonic() - began < 4
    assert running.stop().status == 0


def test_pg_logtail_stopped_while_logs_are_written_and_rotated_reads_each_entry_once(
        logtail, spool, log, notify):
    drained = logs_module.Drain(spool)
    logtail.set(collection__batch_max_entries=1)
    log.write(10)
    running = logtail.start("--from-start", NOTIFY_SOCKET=notify.path, WATCHDOG_USEC="400000")
    eventually(lambda: len(drained.look().numbers()) >= log.last - 1, "the first entries")
    running.send(signal.SIGSTOP)
    for number in range(3):
        log.write(200)
        os.rename(log.path, log.path.with_suffix(".log.%d" % number))
        log.write(5)
        log.reopen()
        log.write(200)
        time.sleep(STOPPED_S / 5)
    fed = notify.count("WATCHDOG=1")
    running.send(signal.SIGCONT)
    eventually(lambda: len(drained.look().numbers()) >= log.last, "the rest", within_s=20)
    eventually(lambda: notify.count("WATCHDOG=1") > fed + 2, "fed again")
    assert running.stop().status == 0, running.stderr
    drained.look()
    logs_module.check_numbers(drained.numbers(), log.last)
    assert not drained.of_level("GAP", "UNPARSED")


# A loop that hangs.

HANG_S = 1.2
WATCHDOG_S = 0.4


@contextlib.contextmanager
def hanging(running, calls, path, out):
    """The next of these system calls on this path takes long: as on a dead network file system."""
    with open(out, "wb") as file:
        tracer = subprocess.Popen(
            [strace(), "-f", "-p", str(running.pid), "-o", str(out) + ".calls",
             "-e", "trace=" + calls, "-P", str(path),
             "-e", "inject=%s:delay_enter=%d:when=1" % (calls, HANG_S * 1e6)],
            stdin=subprocess.DEVNULL, stdout=file, stderr=file)
    try:
        eventually(lambda: b"attached" in out.read_bytes() or tracer.poll() is not None, "strace")
        assert tracer.poll() is None, out.read_text()
        yield
    finally:
        if tracer.poll() is None:
            tracer.send_signal(signal.SIGINT)
        tracer.wait()


def longest_silence_s(notify, while_true):
    """Between two feeds, for as long as it is true."""
    last, longest, count = time.monotonic(), 0, notify.count("WATCHDOG=1")
    while while_true():
        time.sleep(0.01)
        now = time.monotonic()
        if notify.count("WATCHDOG=1") > count:
            count = notify.count("WATCHDOG=1")
            longest, last = max(longest, now - last), now
    return max(longest, time.monotonic() - last)


def check_hang(running, notify, calls, path, out, begin):
    eventually(lambda: notify.count("WATCHDOG=1") >= 3, "fed")
    assert longest_silence_s(notify, lasting(0.6)) < 2 * WATCHDOG_S, "fed while the loop turns"
    with hanging(running, calls, path, out):
        begin()
        assert longest_silence_s(notify, lasting(HANG_S + 0.4)) > 2 * WATCHDOG_S, \
            "fed though the loop hangs"
    fed = notify.count("WATCHDOG=1")
    eventually(lambda: notify.count("WATCHDOG=1") >= fed + 3, "fed again", within_s=5)


def lasting(seconds):
    until = time.monotonic() + seconds
    return lambda: time.monotonic() < until


def test_the_watchdog_of_a_loop_that_hangs_is_not_fed(
        forward, spool, listener, logtails, log, tmp_path):
    """pg-forward that lists new/, and pg-logtail that reads a log; at the same time."""
    problems = []

    def check(program, calls, path, begin, *arguments):
        place = tmp_path / ("hang-" + program.name)
        place.mkdir()
        with contextlib.closing(NotifySocket(place / "notify")) as notify:
            running = program.start(*arguments, NOTIFY_SOCKET=notify.path,
                                    WATCHDOG_USEC="%d" % (WATCHDOG_S * 1e6))
            try:
                check_hang(running, notify, calls, path, place / "strace",
                           lambda: begin(running))
                assert running.stop().status == 0
            except AssertionError as problem:
                problems.append("%s: %s" % (program.name, problem))

    others = spool_module.Spool(tmp_path / "spool-of-logs").make()
    log.write(1)
    threads = [
        threading.Thread(target=check, args=(
            forward, "getdents64", spool.new, lambda running: running.hangup())),
        threading.Thread(target=check, args=(
            logtails(others, log.directory), "pread64", log.path,
            lambda running: log.write(5), "--from-start"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems, "\n\n".join(problems)
    logs_module.Entries(others).look().expect(log.last)
