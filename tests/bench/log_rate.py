"""pg-logtail's CPU against zstd -1 of the same log; and a live log at 20 MB/s."""

import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import tempfile
import threading
import time

from agent import BUILD, Program
from logs import Log, stamp
from measured import Failed, alternate, median, ratio, run, table, verdict
from spool import Spool

AIM, MUST = 1.25, 1.5
MEMORY_AIM_MIB = 16
SIZE_BYTES = 500 * 10**6
FORMATS = {"stderr": ".log", "csvlog": ".csv", "jsonlog": ".json"}
PREFIX = "%m [%p] %q%u@%d "
CACHE = BUILD / "bench"
MAKE_LOG = BUILD / "tests" / "bench" / "make_log"
LIVE_S, LIVE_BYTES_PER_S, BATCH_INTERVAL_S = 20, 20 * 10**6, 1
PIECE_MAX_BYTES = 4 << 20


def made_log(log_format):
    """The log and how many entries it has; made once."""
    path = CACHE / ("log-%d%s" % (SIZE_BYTES, FORMATS[log_format]))
    count = path.with_suffix(path.suffix + ".count")
    if not count.exists() or count.stat().st_mtime < MAKE_LOG.stat().st_mtime:
        CACHE.mkdir(exist_ok=True)
        with open(path, "wb") as out:
            made = subprocess.run([MAKE_LOG, log_format, str(SIZE_BYTES)], check=True,
                                  stdout=out, stderr=subprocess.PIPE, text=True)
        count.write_text(made.stderr)
    return path, int(count.read_text())


def logtail(directory, spool, log_path, **settings):
    program = Program("pg-logtail", directory / "pg-logtail", {
        "collection.log_path": log_path, "collection.batch_interval_s": BATCH_INTERVAL_S,
        "buffer.path": spool.path, "buffer.min_free_mb": 0, "buffer.max_size_mb": 100000,
        **settings})
    program.environment["BITVILLE_PG_LOG_LINE_PREFIX"] = PREFIX
    return program


class Contest:
    """One log of each format, read whole. Everything lies on the disk where the cache is."""

    def __init__(self, directory, log_format, spools):
        self.directory, self.spools = directory, spools
        self.format = log_format
        self.path, self.entries = made_log(log_format)
        self.written_bytes = self.rounds = 0

    def ours(self):
        # A new one each time, removed in the end: ext4 makes new files at a loss for some seconds
        # after many were removed.
        self.rounds += 1
        spool = Spool(self.spools / ("%s-%d" % (self.format, self.rounds))).make()
        program = logtail(self.directory, spool, self.path, **{
            "collection.log_format": self.format})
        program.save()
        os.sync()
        result = run(self.directory, *program.arguments("--once", "--from-start"),
                     environment=program.environment)
        self.check(spool)
        return result

    def check(self, spool):
        """A program that leaves out half of the entries is fast."""
        names = spool.waiting()
        found = sum(json.loads(spool.content(name))["data"]["count"] for name in names)
        self.written_bytes = sum(len(spool.frame(name)) for name in names)
        if found != self.entries:
            raise Failed("%d entries of %d" % (found, self.entries))

    def zstd(self, *output):
        os.sync()
        return run(self.directory, "zstd", "-q", "-1", "-T1", "--single-thread", "-f", *output,
                   self.path)

    def zstd_to_disk(self):
        out = self.spools / "out.zst"
        result = self.zstd("-o", out)
        out.unlink()
        return result

    def zstd_to_nowhere(self):
        return self.zstd("-c")

    def row(self, rounds):
        ours, disk, nowhere = alternate(rounds, self.ours, self.zstd_to_disk,
                                        self.zstd_to_nowhere)
        size_mb = self.path.stat().st_size / 1e6
        cpu = ratio(ours, disk, lambda r: r.cpu_s)
        peak = max(r.peak_mib for r in ours)
        wall_s = median(ours, lambda r: r.wall_s)
        return ["%.2f" % median(ours, lambda r: r.cpu_s), "%.2f" % median(disk, lambda r: r.cpu_s),
                "%.2f" % cpu, "ok" if cpu <= AIM else "misses aim" if cpu <= MUST else "MISSED",
                "%.2f" % ratio(ours, nowhere, lambda r: r.cpu_s),
                "%.2f" % wall_s, "%.2f" % median(disk, lambda r: r.wall_s),
                "%.0f" % (size_mb / median(ours, lambda r: r.cpu_s)),
                "%.0f" % (size_mb / wall_s), "%.0f" % (self.entries / wall_s),
                "%.1f" % peak, verdict(peak, MEMORY_AIM_MIB, less_is_better=True),
                "%.1f" % (self.written_bytes / 1e6)]


# The live log.

ENTRY = re.compile(rb"^\d{4}-[^\n]{15,25} UTC \[\d+\] (?:\S+@\S+ )?(?:LOG|ERROR):  ", re.M)
MARK = re.compile(rb'"message":"mark (\d+)"')
COUNT = re.compile(rb'"count":(\d+)')


class LiveLog(threading.Thread):
    """Appends a made log's text at a steady rate, with marks in it, and rotates each second."""

    def __init__(self, directory, text):
        super().__init__(daemon=True)
        self.log = Log(directory, "postgresql-0000.log")
        self.text, self.at = text, 0
        self.entries = self.bytes = self.rotations = self.marks = 0
        self.marked = {}

    def piece(self, size):
        """Whole entries, about so many bytes of them."""
        size = min(size, PIECE_MAX_BYTES)
        if self.at + 2 * size > len(self.text):
            self.at = 0
        end = next(ENTRY.finditer(self.text, self.at + size)).start()
        piece, self.at = self.text[self.at:end], end
        return piece

    def mark(self):
        line = "%s UTC [9] LOG:  mark %d\n" % (stamp(self.marks), self.marks)
        self.log.write_bytes(line.encode())
        self.marked[self.marks] = time.monotonic()
        self.marks += 1
        self.entries += 1

    def run(self):
        began = time.monotonic()
        while (passed := time.monotonic() - began) < LIVE_S:
            behind = int(passed * LIVE_BYTES_PER_S) - self.bytes
            if behind > 0:
                piece = self.piece(behind)
                self.bytes += self.log.write_bytes(piece)
                self.entries += len(ENTRY.findall(piece))
                self.mark()
            if int(passed) > self.rotations:
                self.rotations += 1
                self.log.open("postgresql-%04d.log" % self.rotations)
                self.mark()  # the text repeats, but no two logs begin alike
            time.sleep(0.02)
        self.log.close()


class Arrivals:
    """What comes out, without a look at every entry: that would cost more than making them."""

    def __init__(self, spool):
        self.spool = spool
        self.entries, self.seen = 0, {}
        self.twice = 0

    def look(self):
        now = time.monotonic()
        for name in self.spool.waiting():
            content = self.spool.content(name)
            self.entries += int(COUNT.findall(content)[-1])
            for number in map(int, MARK.findall(content)):
                self.twice += number in self.seen
                self.seen.setdefault(number, now)
            os.unlink(self.spool.new / (name + ".json.zst"))


def live(directory, spools):
    """Nothing may be lost; how late is an entry in new/?"""
    spool = Spool(spools / "live").make()
    logs = spools / "log"
    logs.mkdir()
    with open(made_log("stderr")[0], "rb") as file:
        text = file.read(40 * 10**6)
    program = logtail(directory, spool, logs)
    writer, arrivals = LiveLog(logs, text), Arrivals(spool)
    running = program.start("--from-start")
    try:
        writer.start()
        deadline = time.monotonic() + LIVE_S + 30
        while time.monotonic() < deadline and running.runs:
            arrivals.look()
            if not writer.is_alive() and arrivals.entries >= writer.entries:
                break
            time.sleep(0.01)
        with open("/proc/%d/status" % running.pid) as status:
            peak_kib = int(status.read().split("VmHWM:")[1].split()[0])
        result = running.stop()
        arrivals.look()
    finally:
        program.close()
    if result.status != 0:
        raise Failed("exit status %d: %s" % (result.status, result.stderr[-2000:]))
    report_live(writer, arrivals, peak_kib / 1024)


def report_live(writer, arrivals, peak_mib):
    late = sorted(arrivals.seen[n] - writer.marked[n] for n in arrivals.seen)
    lost = writer.entries - arrivals.entries
    print("a live log: %.0f MB in %d s, %d rotations, batch_interval_s = %d"
          % (writer.bytes / 1e6, LIVE_S, writer.rotations, BATCH_INTERVAL_S))
    table([("entries", "lost", "twice", "median s", "99 % s", "max s", "aim", "", "peak MiB"),
           (str(writer.entries), str(lost), str(arrivals.twice),
            "%.2f" % statistics.median(late), "%.2f" % late[len(late) * 99 // 100],
            "%.2f" % late[-1], "%d s" % (BATCH_INTERVAL_S + 1),
            "LOST" if lost or arrivals.twice or len(late) != writer.marks
            else verdict(late[-1], BATCH_INTERVAL_S + 1, less_is_better=True),
            "%.1f" % peak_mib)])


def bench(directory, rounds):
    directory = pathlib.Path(directory)
    CACHE.mkdir(exist_ok=True)
    rows = [("format", "CPU s", "zstd", "ratio", "aim %.2f" % AIM, "/dev/null", "wall s", "zstd",
             "MB/CPU s", "MB/s", "entries/s", "peak MiB", "aim %d" % MEMORY_AIM_MIB, "MB out")]
    with tempfile.TemporaryDirectory(prefix="run-", dir=CACHE) as spools:
        spools = pathlib.Path(spools)
        for log_format in FORMATS:
            rows.append((log_format, *Contest(directory, log_format, spools).row(rounds)))
        print("pg-logtail --once of %d MB into a spool against zstd -1 on one thread of the same\n"
              "file, to the same disk; ratio: all CPU; /dev/null: the ratio where zstd writes\n"
              "nothing; medians of %d alternating runs" % (SIZE_BYTES / 10**6, rounds))
        table(rows)
        live(directory, spools)
