"""What happens in a spool, from the kernel (inotify) and not from the programs.

One queue for all its directories, so that the order of things is known; nothing is locked.
"""

import collections
import contextlib
import ctypes
import hashlib
import json
import os
import queue
import re
import struct
import threading
import time

import zstd
from spool import NAME, SUFFIX

MOVED_FROM, MOVED_TO, DELETE, CREATE, OVERFLOW = 0x40, 0x80, 0x200, 0x100, 0x4000
EVENT = struct.Struct("iIII")
STRAY = "a stray line"  # log_load.py has a program write it; only the stderr log has it
SERIAL = re.compile(r"soak serial (\d+)$")

_libc = ctypes.CDLL(None, use_errno=True)


class Contents:
    """name → what the payload says; the same name must always say the same."""

    def __init__(self, directory):
        self.directory = directory  # a copy of each, for who looks into a difference
        self.directory.mkdir()
        self.digests, self.serials, self.levels, self.told = {}, {}, {}, {}
        self.changed = []
        self._lock = threading.Lock()

    def add(self, name, line):
        digest = hashlib.sha256(line).digest()
        with self._lock:
            if self.digests.setdefault(name, digest) != digest:
                self.changed.append(name)
                return
            if name in self.told or name in self.levels:
                return
            (self.directory / (name + ".json")).write_bytes(line)
            data = json.loads(line)["data"]
            if "-system_metrics-" in name:
                self.told[name] = data["agent"]
            if "-pg_log-" in name:
                self.levels[name] = collections.Counter(
                    entry["level"] for entry in data["entries"] if entry["message"] != STRAY)
                found = (SERIAL.match(entry["message"]) for entry in data["entries"])
                self.serials[name] = [int(match.group(1)) for match in found if match]


class Witness(threading.Thread):
    """events: (monotonic time, "new" …, kind, name), names of payloads without their ending."""

    def __init__(self, spool, directory, contents):
        super().__init__(daemon=True)
        self.spool, self.contents = spool, contents
        self.marks = directory / "marks"
        self.marks.mkdir()
        self.events = []
        self.overflow = False
        self.errors = []
        self._open = {}  # name → file, from tmp/ on: in new/ it may be evicted at once
        self._unread = queue.SimpleQueue()
        threading.Thread(target=self._read_all, daemon=True).start()
        self._fd = _libc.inotify_init1(os.O_CLOEXEC)
        self._places = {}
        for path in (spool.tmp, spool.new, spool.rejected, spool.state, self.marks):
            number = _libc.inotify_add_watch(
                self._fd, os.fsencode(path), MOVED_FROM | MOVED_TO | DELETE | CREATE)
            assert number > 0, os.strerror(ctypes.get_errno())
            self._places[number] = path.name

    def mark(self, word):
        """An event of ours; waits until everything before it has been seen."""
        name = "%s.%d" % (word, time.monotonic_ns())
        (self.marks / name).touch()
        while not any(event[3] == name for event in reversed(self.events[-5000:])):
            assert self.is_alive(), "nobody watches the spool any more"
            time.sleep(0.005)

    def run(self):
        while True:
            data = os.read(self._fd, 1 << 16)
            at, now = 0, time.monotonic()
            while at < len(data):
                watch, mask, _, size = EVENT.unpack_from(data, at)
                at += EVENT.size
                name = os.fsdecode(data[at:at + size].rstrip(b"\0"))
                at += size
                if mask & OVERFLOW:
                    self.overflow = True
                else:
                    self._take(now, self._places[watch], mask & 0xfff, name)

    def _take(self, now, place, kind, name):
        if place in ("new", "rejected"):
            if not NAME.match(name):
                return
            name = name[: -len(SUFFIX)]
        if place == "tmp":
            self._hold(name, kind)
            return
        if (place, kind) == ("new", MOVED_TO):
            self._publish(name)
        self.events.append((now, place, kind, name))

    def _hold(self, name, kind):
        """What is being written, until it is published or removed."""
        with contextlib.suppress(FileNotFoundError):
            if kind == CREATE:
                self._open[name] = open(self.spool.tmp / name, "rb")
            elif kind == DELETE and name in self._open:
                self._open.pop(name).close()

    def _publish(self, name):
        """Put back from rejected/, it may be gone already: then the listener has it, or nobody."""
        with contextlib.suppress(FileNotFoundError):
            self._unread.put((name, self._open.pop(name + SUFFIX, None)
                              or open(self.spool.new / (name + SUFFIX), "rb")))

    def _read_all(self):
        """Apart from who looks at events: a storm of them must be met in time."""
        while True:
            name, file = self._unread.get()
            try:
                with file:
                    self.contents.add(name, zstd.decompress(file.read()))
            except (OSError, ValueError, KeyError, zstd.FrameError) as error:
                self.errors.append("%s: %r" % (name, error))
