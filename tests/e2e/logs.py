"""PostgreSQL's logs as a server writes them, and the entries that come out of the spool."""

import collections
import datetime
import json
import os
import pathlib
import re
import threading
import time

from waiting import DEADLINE_S, eventually

PREFIX = "%m [%p] "
NUMBER = re.compile(r"entry (\d+)\b")
START = datetime.datetime(2026, 1, 2, 3, 4, 5)
LEVELS = {"DEBUG", "LOG", "INFO", "NOTICE", "WARNING", "ERROR", "FATAL", "PANIC", "UNPARSED",
          "GAP"}


def stamp(number):
    """Every entry is a millisecond later than the one before."""
    return (START + datetime.timedelta(milliseconds=number)).isoformat(" ", "milliseconds")


def line(number, text="", pid=4711, level="LOG"):
    """One line of log_destination = stderr."""
    filling = " " + text if text else ""
    return ("%s UTC [%d] %s:  entry %d%s\n" % (stamp(number), pid, level, number, filling)).encode()


class Log:
    """The server's side: entries 1, 2, 3, … into whatever file is open now.

    The numbers go on through every rotation, so that 1 … last is what has to come out.
    """

    def __init__(self, directory, name="postgresql.log", make=line):
        self.directory = pathlib.Path(directory)
        self.make = make
        self.last = 0
        self.fd = None
        self.open(name)

    def open(self, name, truncate=False):
        """The server's own rotation: another file, or the same name from its start.

        The older file is older by its time stamp, too, which the kernel takes from its clock tick.
        """
        if self.fd is not None:
            time.sleep(0.011)
        self.close()
        self.path = self.directory / name
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | (os.O_TRUNC if truncate else 0)
        self.fd = os.open(self.path, flags, 0o640)

    def close(self):
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None

    def reopen(self):
        """What logrotate's postrotate asks for."""
        self.open(self.path.name)

    def write(self, count=1, text=""):
        """Whole entries by one write(2); returns their bytes."""
        data = b"".join(self.make(self.last + 1 + n, text) for n in range(count))
        self.last += count
        return self.write_bytes(data)

    def write_bytes(self, data):
        """Anything."""
        left = memoryview(data)
        while left:
            left = left[os.write(self.fd, left):]
        return len(data)


class Entries:
    """What lies in a spool's new/, each payload read once and checked."""

    open_at_the_end = 1  # so many entries of a file may wait for their STATEMENT at its end

    def __init__(self, spool):
        self.spool = spool
        self.payloads = {}

    def waiting(self):
        return [name for name in self.spool.waiting() if "-pg_log-" in name]

    def look(self):
        for name in self.waiting():
            if name not in self.payloads:
                self.payloads[name] = check_payload(self.spool, name)
        return self

    def all(self):
        """Entries in the order of the files that hold them."""
        return [entry for name in sorted(self.payloads)
                for entry in self.payloads[name]["data"]["entries"]]

    def of_level(self, *levels):
        return [entry for entry in self.look().all() if entry["level"] in levels]

    def numbers(self):
        """The numbers of numbered entries, as they came."""
        found = (NUMBER.match(entry["message"]) for entry in self.all())
        return [int(match.group(1)) for match in found if match]

    def wait_for(self, last, within_s=DEADLINE_S):
        """Until so many numbered entries are there; then nothing may be missing or twice."""
        eventually(lambda: len(self.look().numbers()) >= last, "%d numbered entries" % last,
                   within_s, every_s=0.03)
        self.expect(last)

    def late(self):
        """The last numbers of each file: they wait while the next file's pass."""
        return {number for numbers in self.files().values()
                for number in numbers[-self.open_at_the_end:]}

    def file_of(self, number):
        return [name for name, numbers in self.files().items() if number in numbers]

    def files(self):
        """Log file → its numbers."""
        files = {}
        for name in sorted(self.payloads):
            data = self.payloads[name]["data"]
            files.setdefault(data["file"], []).extend(
                int(match.group(1)) for match in (NUMBER.match(entry["message"])
                                                  for entry in data["entries"]) if match)
        return {name: numbers for name, numbers in files.items() if numbers}

    def expect(self, last):
        """Exactly the entries 1 … last, in this order but for those late()."""
        numbers = self.look().numbers()
        check_numbers(numbers, last)
        late = self.late()
        others = [number for number in numbers if number not in late]
        assert others == sorted(others), "out of order: %s" % [
            (number, self.file_of(number)) for turn in turns(others) for number in turn]


def turns(numbers):
    return [(a, b) for a, b in zip(numbers, numbers[1:]) if b < a][:20]


def check_numbers(numbers, last):
    counts = collections.Counter(numbers)
    wanted = set(range(1, last + 1))
    if set(counts) == wanted and len(numbers) == last:
        return
    raise AssertionError("%d numbers instead of %d; missing %s; again %s; unexpected %s; turns %s"
                         % (len(numbers), last, sorted(wanted - set(counts))[:20],
                            sorted(n for n, count in counts.items() if count > 1)[:20],
                            sorted(set(counts) - wanted)[:5], turns(numbers)))


def check_payload(spool, name):
    """A pg_log payload as section 4 of the contract has it."""
    payload = spool.check(name)
    data = payload["data"]
    assert payload["source"] == "pg_log" and isinstance(data["file"], str)
    entries = data["entries"]
    assert entries and data["count"] == len(entries), name
    levels = {}
    for entry in entries:
        assert entry["level"] in LEVELS and isinstance(entry["message"], str), entry
        levels[entry["level"]] = levels.get(entry["level"], 0) + 1
        if payload["correlation_id"]:
            assert entry["correlation_id"] == payload["correlation_id"]
    assert data["levels"] == levels, name
    return payload


class Drain(Entries):
    """A forwarder that only keeps: takes payloads out of new/ while others work.

    A payload that shows up again under its name is the same delivery (Idempotency-Key): it has to
    be the same, and counts once.
    """

    def __init__(self, spool, every_s=0.02):
        super().__init__(spool)
        self.every_s = every_s
        self.repeated = 0
        self.error = None
        self._stop = threading.Event()
        self._thread = None

    def start(self):
        self._stop.clear()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def stop(self):
        if self._thread:
            self._stop.set()
            self._thread.join()
            self._thread = None
        if self.error:
            raise self.error

    def __enter__(self):
        return self.start()

    def __exit__(self, *exception):
        self.stop()

    def _run(self):
        try:
            while not self._stop.wait(self.every_s):
                self.look()
        except (AssertionError, OSError, ValueError, KeyError) as error:
            self.error = error

    def look(self):
        for name in self.waiting():
            payload = check_payload(self.spool, name)
            if name in self.payloads:
                self.repeated += 1
                assert self.payloads[name] == payload, "%s has changed" % name
            self.payloads[name] = payload
            os.unlink(self.spool.new / (name + ".json.zst"))
        return self

    def wait_for(self, last, within_s=DEADLINE_S):
        """As above; the thread is stopped first."""
        self.stop()
        super().wait_for(last, within_s)


# Room in the spool.

def fill(spool, size):
    """Files of another program that take so much room."""
    names = [spool.write_frame(os.urandom(64 << 10)) for _ in range(size // (64 << 10))]
    say_size(spool)
    return names


def empty(spool, names):
    for name in names:
        (spool.new / (name + ".json.zst")).unlink()
    say_size(spool)


def say_size(spool):
    """pg-forward's state; without it a writer counts by itself, once a minute."""
    state = {"version": 1, "updated_at": time.time(), "spool": {
        "files": len(spool.waiting()), "bytes": spool.blocks(), "held_bytes": 0,
        "rejected_bytes": 0}}
    fresh = spool.state / "fresh"
    fresh.write_text(json.dumps(state))
    fresh.rename(spool.state / "pg-forward.json")
