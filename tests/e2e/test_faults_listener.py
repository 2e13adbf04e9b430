"""A listener that misbehaves in every way: nothing is lost, memory is bounded, and what can be sent
is sent as soon as it is well again, without a restart."""

import collections
import contextlib
import dataclasses
import socket
import threading
import time

import pytest

import agent
import spool as spool_module
from faults import LONG
from listener import Answer, Listener, always, in_turn
from waiting import eventually, never

MEMORY_MIB = 32
SANITIZED = b"__asan_init" in (agent.BUILD / "pg-forward").read_bytes()
MANY = 64 << 10  # of what is sent without an end: a gigabyte in a second or two
OK = b"HTTP/1.1 200 OK\r\n"
SLOW_S = 1  # between two bytes


def peak_mib(running):
    with open("/proc/%d/status" % running.pid, encoding="ascii") as file:
        return int(file.read().split("VmHWM:")[1].split()[0]) / 1024


class HalfWay:
    """Stands before a listener and lets so many bytes of its answers through, then ends the
    connection; with hang it says nothing more. mend(): everything goes through."""

    def __init__(self, target, size, hang=False):
        self.target, self.size, self.hang = target, size, hang
        self.ends = threading.Event()
        self.cut = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = target.url.replace(":%d/" % target.port,
                                      ":%d/" % self._socket.getsockname()[1])
        self.api_key = target.api_key
        threading.Thread(target=self._accept, daemon=True).start()

    def mend(self):
        self.size = 1 << 40

    def close(self):
        self.ends.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._socket.accept()
                threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        with sock, contextlib.suppress(OSError), \
                socket.create_connection(("127.0.0.1", self.target.port)) as other:
            threading.Thread(target=self._forth, args=(sock, other), daemon=True).start()
            passed = 0
            while passed < self.size:
                data = other.recv(min(65536, self.size - passed))
                if not data:
                    return
                sock.sendall(data)
                passed += len(data)
            self.cut += 1
            if self.hang:
                self.ends.wait()

    def _forth(self, sock, other):
        with contextlib.suppress(OSError):
            while data := sock.recv(65536):
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)


@pytest.fixture
def programs(tmp_path):
    """A maker of pg-forward programs, each with a spool and a directory of its own."""
    with contextlib.ExitStack() as stack:
        def make(target, **settings):
            directory = tmp_path / ("forward-%d" % len(made))
            directory.mkdir()
            spool = spool_module.Spool(directory / "spool").make()
            program = agent.Program("pg-forward", directory, {
                "listener.url": target.url,
                "listener.api_key": target.api_key,
                "listener.timeout_s": 1,
                "buffer.path": spool.path,
                "buffer.min_free_mb": 0,
                "breaker.fail_max": 1,
                "breaker.timeout_s": 1,
            }).set(**settings)
            stack.callback(program.close)
            made.append(program)
            return program, spool

        made = []
        yield make


@dataclasses.dataclass
class Trouble:
    """One pg-forward and what goes wrong with its listener."""

    what: str
    listener: Listener
    met: object  # has the listener done it? Or what the program says of it
    mend: object
    program: agent.Program
    spool: spool_module.Spool
    payloads: list = dataclasses.field(default_factory=list)
    running: agent.Running = None


ANSWERS = {
    "no answer": Answer(hang=True),
    "a reset after the body": Answer(raw=b"", then="reset"),
    "a close after the body": Answer(raw=b"", then="close"),
    "a byte of the header now and then": Answer(raw=OK + b"X: " + b"x" * 40, slow_s=SLOW_S / 4),
    "a byte a second": Answer(raw=OK, slow_s=SLOW_S),
    "a status line without an end": Answer(raw=b"HTTP/1.1 200 ", endless=b"O" * MANY),
    "a header line without an end": Answer(raw=OK + b"X: ", endless=b"x" * MANY),
    "header lines without an end": Answer(raw=OK, endless=b"X-Y: no end in sight\r\n" * 3000),
    "one folded header without an end": Answer(raw=OK + b"X: y\r\n",
                                               endless=b" and then\r\n" * 6000),
    "interim answers without an end": Answer(
        raw=b"", endless=b"HTTP/1.1 100 Continue\r\n\r\n" * 2500),
    "no HTTP, without an end": Answer(raw=b"", endless=b"\x16\x03\x01\x00" * (MANY // 4)),
    "a failure whose body has no end": Answer(503, endless=b"busy" * (MANY // 4)),
    "chunks without an end": Answer(
        raw=b"HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n",
        endless=b"1\r\nx\r\n" * 10000),
    "two answers at once that disagree": Answer(raw=b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"
                                                + OK + b"\r\n", then="close"),
    "a login page": Answer(200, {"Content-Type": "text/html"}, b"<html>"),
}


def answer_troubles(listeners, programs):
    for what, answer in ANSWERS.items():
        listener = listeners().open()
        listener.rule = always(answer)
        yield Trouble(what, listener, lambda one=listener: one.requests,
                      lambda one=listener: setattr(one, "rule", always(Answer())),
                      *programs(listener))


def connection_troubles(listeners, programs):
    hole = listeners().drop()
    yield Trouble("a black hole", hole, "timed? ?out", hole.open, *programs(hole))
    nobody = listeners()
    yield Trouble("nobody there", nobody, "refused|connect", nobody.open, *programs(nobody))


def tls_troubles(stack, listeners, programs, certificates):
    cert, key = certificates.server
    for size, hang in ((0, True), (0, False), (60, True), (60, False), (700, False)):
        listener = listeners(cert=cert, key=key).open()
        half = stack.enter_context(contextlib.closing(HalfWay(listener, size, hang)))
        yield Trouble("TLS of %d bytes, then %s" % (size, "silence" if hang else "the end"),
                      listener, lambda one=half: one.cut, half.mend,
                      *programs(half, listener__ca_file=certificates.ca))


def test_whatever_goes_wrong_nothing_is_lost_memory_is_bounded_and_it_recovers(
        listeners, programs, certificates):
    """Each trouble has a pg-forward of its own, all at the same time."""
    with contextlib.ExitStack() as stack:
        troubles = [*answer_troubles(listeners, programs),
                    *connection_troubles(listeners, programs),
                    *tls_troubles(stack, listeners, programs, certificates)]
        for one in troubles:
            one.payloads = one.spool.write_many(5)
            one.running = one.program.start()
        problems = []
        for one in troubles:
            try:
                check_trouble(one)
            except AssertionError as problem:
                problems.append("%s: %s" % (one.what, problem))
        for one in troubles:
            one.listener.release()
        for one in troubles:
            try:
                check_recovery(one)
            except AssertionError as problem:
                problems.append("%s: %s" % (one.what, problem))
        assert not problems, "\n\n".join(problems)


def check_trouble(one):
    """It is noticed in time, told once, and nothing is lost."""
    one.running.says("breaker open", within_s=15)
    if isinstance(one.met, str):
        assert one.running.lines(one.met), one.running.stderr
    else:
        eventually(one.met, "it was met")
    assert one.spool.waiting() == one.payloads and one.spool.refused() == []
    assert SANITIZED or peak_mib(one.running) < MEMORY_MIB, peak_mib(one.running)
    one.mend()


def check_recovery(one):
    eventually(lambda: one.spool.waiting() == [], "everything was sent", within_s=20)
    assert sorted(one.listener.names([200])[-5:]) == one.payloads, "each once"
    assert one.running.runs
    result = one.running.stop()
    assert result.status == 0 and len(one.running.lines("error: |warning: ")) <= 2, result.stderr
    assert one.running.lines("breaker closed")


def test_no_status_from_100_to_199_is_an_answer(forwards, quick_spool, listener):
    """200 to 599 have their own test."""
    spool, wrong = quick_spool, []
    forward = forwards(spool, listener).set(
        breaker__fail_max=1, breaker__timeout_s=3600, listener__timeout_s=1)
    for status in range(100, 200) if LONG else (100, 101, 102, 103, 150, 199):
        name = spool.write()
        listener.requests.clear()
        listener.rule = always(Answer(
            raw=b"HTTP/1.1 %d Wait\r\nContent-Length: 0\r\n\r\n" % status, then="close"))
        result = forward.run("--once")
        # Once more where the machine stood still meanwhile: that is not the listener's fault.
        if (result.status, spool.waiting()) != (1, [name]) or len(listener.requests) > 2:
            wrong.append((status, result, len(listener.requests)))
        (spool.new / (name + ".json.zst")).unlink(missing_ok=True)
    assert wrong == []


def test_a_source_refused_for_a_while_keeps_no_other_waiting_and_comes_back_whole(
        forward, spool, listener):
    refuse = threading.Event()
    refuse.set()
    listener.rule = lambda request: Answer(
        422 if request.source == "pg_log" and refuse.is_set() else 200)
    running = forward.start()
    logs, others, waits = [], [], []
    until = time.monotonic() + 20
    while len(spool.refused()) < 22:  # two tries after it was held
        assert time.monotonic() < until, "it is not tried again"
        logs += spool.write_many(3, "pg_log")
        others.append(spool.write("pg_locks"))
        began = time.monotonic()
        eventually(lambda: others[-1] in listener.names(), "the other source")
        waits.append(time.monotonic() - began)
        time.sleep(0.03)
    assert max(waits) < 1, "it waited for the refused ones"
    refuse.clear()
    eventually(lambda: spool.waiting() == [], "all that was held")
    running.says("pg_log is accepted again")
    refused = spool.refused()
    assert len(refused) < 26, "one try a second"
    taken = listener.names()
    assert [name for name in taken if name in set(others)] == others
    assert sorted(refused + taken) == sorted(logs + others), "each once"
    assert forward.run("--retry-rejected", save=False).status == 0
    eventually(lambda: spool.waiting() == [], "those refused")
    assert running.stop().status == 0
    assert sorted(listener.names()) == sorted(logs + others)


TOLD = (  # in one answer; at least so long is waited, at most so long
    (["2", "1"], 2, 3),
    (["soon", "1"], 1, 2),
    (["-1", "1"], 1, 2),
    (["0", "0"], 1, 2),
    (["99999999999999999999"], 2, None),  # longer than anybody waits here
)


def test_retry_after_told_twice_or_without_sense_stops_nothing_for_ever(listeners, programs):
    waiting = []
    for values, least_s, most_s in TOLD:
        listener = listeners().open()
        lines = "".join("Retry-After: %s\r\n" % value for value in values)
        listener.rule = in_turn(
            Answer(raw=("HTTP/1.1 429 Wait\r\n%sContent-Length: 0\r\n\r\n" % lines).encode()),
            Answer())
        program, spool = programs(listener)
        spool.write_many(2)
        waiting.append((values, least_s, most_s, listener, spool, program.start()))
    for values, least_s, most_s, listener, spool, running in waiting:
        eventually(lambda: listener.requests, "the first")
        if most_s:
            eventually(lambda: spool.waiting() == [], "sent: %s" % values)
            first, second = [request.started for request in listener.requests][:2]
            assert least_s <= second - first < most_s + 1, values
        else:
            left_s = least_s - (time.monotonic() - listener.requests[0].started)
            never(lambda: len(listener.requests) > 1, for_s=max(left_s, 0.1))
        assert running.stop().status == 0


@pytest.mark.parametrize("how", ["a swap of links", "a rename"])
def test_a_key_rotated_is_found_without_a_restart(forward, spool, listener, tmp_path, how):
    """As Kubernetes mounts a secret (key → ..data/key, ..data → ..TIME), and as a person does it."""
    def version(number, key):
        directory = tmp_path / ("..2026_%d" % number)
        directory.mkdir()
        (directory / "key").write_text(key)
        return directory.name

    def swap(name):
        fresh = tmp_path / "..data_tmp"
        fresh.symlink_to(name)
        fresh.rename(tmp_path / "..data")

    path = tmp_path / "key"
    if how == "a rename":
        path.write_text(listener.api_key)
    else:
        swap(version(0, listener.api_key))
        path.symlink_to("..data/key")
    running = forward.set(listener__api_key=None, listener__api_key_file=path,
                          breaker__fail_max=1).start()
    for number in range(1, 4 if LONG else 2):
        name = spool.write()
        eventually(lambda: name in listener.names(), "the key in force works")
        listener.api_key = "rotated-%d" % number
        late = spool.write()
        eventually(lambda: 401 in [request.status for request in listener.requests], "401")
        if how == "a rename":
            fresh = tmp_path / "key.fresh"
            fresh.write_text(listener.api_key)
            fresh.rename(path)
        else:
            swap(version(number, listener.api_key))
        eventually(lambda: late in listener.names(), "the new key works", within_s=10)
        listener.requests.clear()
    result = running.stop()
    assert result.status == 0 and len(running.lines("key has changed")) == number, result.stderr


# Many forwarders, one listener.

class Crowd:
    """The listener's rule for many forwarders, told apart by their payloads' source: all fail from
    one moment on, until each had so many trials; then each request takes a while. What came when
    is kept; of requests that failed together the first."""

    ANSWER_S = 0.05

    def __init__(self, trials, apart_s):
        self.trials, self.apart_s = trials, apart_s
        self.ill = threading.Event()
        self.failed = collections.defaultdict(list)  # source → times
        self.begun = collections.defaultdict(list)
        self._lock = threading.Lock()

    def __call__(self, request):
        with self._lock:
            mine = self.failed[request.source]
            apart = not mine or request.started - mine[-1] > self.apart_s
            if self.ill.is_set() and (len(mine) < self.trials or not apart):
                if apart:
                    mine.append(request.started)
                return Answer(503)
            if self.ill.is_set():
                self.begun[request.source].append(request.started)
        return Answer(delay_s=self.ANSWER_S if self.ill.is_set() else 0)

    def waits(self):
        """From each failure to the request after it."""
        for source, times in self.failed.items():
            all_of_them = [*times, self.begun[source][0]]
            yield from (b - a for a, b in zip(all_of_them, all_of_them[1:]))


def check_ramp(starts, answer_s):
    """One at first; then never more than one for each answer that had come by then. An answer has
    come answer_s after its request began, or later. Returns the most at once."""
    most = 0
    for at in starts:
        answered = sum(start + answer_s <= at for start in starts)
        under_way = sum(start <= at < start + answer_s for start in starts)
        assert under_way <= 1 + answered, (under_way, answered)
        most = max(most, under_way)
    return most


def test_forwarders_that_find_the_listener_back_at_one_moment_come_spread_and_slowly(
        listeners, programs):
    count, timeout_s, trials = (50, 5, 2) if LONG else (5, 1, 3)
    listener = listeners().open()
    listener.rule = crowd = Crowd(trials, timeout_s / 2)
    all_of_them = []
    for number in range(count):
        program, spool = programs(listener, breaker__timeout_s=timeout_s,
                                  listener__max_in_flight=4, listener__timeout_s=20)
        spool.write_many(10, "f%d" % number)
        all_of_them.append((spool, program.start()))
    for number, (spool, running) in enumerate(all_of_them):
        eventually(lambda: spool.waiting() == [], "the listener is well at first")
    crowd.ill.set()
    for number, (spool, running) in enumerate(all_of_them):
        spool.write_many(30, "f%d" % number)
    for spool, running in all_of_them:
        eventually(lambda: spool.waiting() == [], "everything was sent")
        assert running.stop().status == 0
    assert len(listener.names()) == count * 40 == len(set(
        (request.source, request.name) for request in listener.requests
        if request.status == 200))
    waits = list(crowd.waits())
    print("waited %.3f to %.3f s" % (min(waits), max(waits)))
    assert len(waits) == count * trials
    assert timeout_s <= min(waits) and max(waits) < 1.1 * timeout_s + 1
    # A tenth of it is left to chance: half of that on average, all of it between them at most.
    assert max(waits) - min(waits) > 0.04 * timeout_s
    assert sum(waits) / len(waits) > 1.02 * timeout_s, waits
    assert all(check_ramp(starts, crowd.ANSWER_S) == 4 for starts in crowd.begun.values())
