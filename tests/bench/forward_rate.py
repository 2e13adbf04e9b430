"""pg-forward's requests a second against a bare libcurl loop's: same files, same listener."""

import json
import os
import pathlib
import random
import shutil
import subprocess
import tempfile

from agent import BUILD, Program
from certificates import Certificates
from fast_nginx import FastNginx
from measured import Failed, alternate, median, ratio, run, table, verdict
from postgres import free_port
from spool import Spool

AIM = 0.9
KEY = "bench"
SMALL, LARGE = ("4 KB", 4096, 20000), ("200 KB", 200 << 10, 2000)
# size, scheme, in flight, compression; what is compared with what is together
CASES = [(size, scheme, in_flight, compression)
         for size in (SMALL, LARGE) for scheme in ("http", "https") for in_flight in (1, 4, 16)
         for compression in ("none", "zstd")]
CPU_AIM = 0.5  # of the CPU time without compression, where the spool's bytes go out as they are


MEMORY = pathlib.Path("/dev/shm")
ROOM_BYTES = 1 << 30


def spool_parent():
    """Memory, where there is enough: a disk's unlinks cost more than all that is compared."""
    try:
        room = os.statvfs(MEMORY)
    except OSError:
        return None
    enough = os.access(MEMORY, os.W_OK) and room.f_bavail * room.f_frsize > ROOM_BYTES
    return MEMORY if enough and os.path.ismount(MEMORY) else None


def payload(chance, size):
    """Sessions, as many as make up so many bytes of JSON."""
    sessions, used = [], 0
    while used < size - 420:
        session = {
            "pid": chance.randrange(1, 1 << 22), "usename": "shop",
            "application_name": "bitville-%032x" % chance.getrandbits(128),
            "client_addr": "10.1.%d.%d" % (chance.randrange(256), chance.randrange(256)),
            "xact_start": "2026-01-02T03:04:05.%06d+00:00" % chance.randrange(1000000),
            "wait_event_type": "Lock", "wait_event": "transactionid", "state": "active",
            "query": "UPDATE stock SET quantity = quantity - 1 WHERE article = %d "
                     "AND branch = %d -- %016x" % (chance.randrange(100000),
                     chance.randrange(100), chance.getrandbits(64)),
        }
        sessions.append(session)
        used += len(json.dumps(session, separators=(",", ":"))) + 1
    return {"sessions": sessions, "count": len(sessions)}


def write_master(directory, size, count):
    """Files to copy spools from: writing them anew for each run takes longer than the runs."""
    spool = Spool(directory).make()
    chance = random.Random(size)
    bodies = [payload(chance, size) for _ in range(50)]
    for number in range(count):
        spool.write("pg_stat_activity", data=bodies[number % len(bodies)])
    return spool.new


class Contest:
    """Two programs that empty copies of one spool."""

    def __init__(self, directory, spools, nginx, size, scheme, in_flight, compression):
        self.directory, self.spools = directory, spools
        self.nginx = nginx
        _, self.size, self.count = size
        self.url = nginx.urls[scheme]
        self.scheme, self.in_flight, self.compression = scheme, in_flight, compression
        self.master = self.spools / ("master-%d" % self.size)

    def fresh_spool(self):
        spool = Spool(self.spools / "spool").make()
        if not self.master.exists():
            write_master(self.master, self.size, self.count)
        subprocess.run(["cp", "-r", "--", self.master / "new", spool.path], check=True)
        os.sync()  # so that the copies' writing out falls into nobody's time
        return spool

    def measure(self, command):
        before = self.nginx.requests()
        spool = self.fresh_spool()
        result = run(self.directory, *command(spool))
        left, sent = spool.waiting(), self.nginx.requests() - before - 1
        shutil.rmtree(spool.path)
        if left or sent != self.count:
            raise Failed("%d files left, %d requests instead of %d"
                         % (len(left), sent, self.count))
        return result

    def forward(self):
        def command(spool):
            program = Program("pg-forward", self.directory / "pg-forward", {
                "listener.url": self.url, "listener.api_key": KEY,
                "listener.ca_file": self.nginx.ca_file,
                "listener.compression": self.compression,
                "listener.max_in_flight": self.in_flight,
                "buffer.path": spool.path, "buffer.min_free_mb": 0,
                "buffer.max_size_mb": 10000})
            program.save()
            return program.arguments("--once")

        return self.measure(command)

    def bare(self):
        options = ["-n", str(self.in_flight)]
        if self.scheme == "https":
            options += ["-a", self.nginx.ca_file]
        if self.compression == "zstd":
            options.append("-z")
        return self.measure(lambda spool: [BUILD / "tests" / "bench" / "curl_loop", *options,
                                           spool.new, self.url])

    def row(self, rounds):
        ours, theirs = alternate(rounds, self.forward, self.bare)
        rate = ratio(ours, theirs, lambda r: 1 / r.wall_s)
        figures = ["%.0f" % (self.count / median(runs, lambda r: r.wall_s))
                   for runs in (ours, theirs)]
        figures += ["%.2f" % rate, verdict(rate, AIM, less_is_better=False)]
        cpu_ms = [median(runs, lambda r: r.cpu_s) / self.count * 1000 for runs in (ours, theirs)]
        figures += ["%.3f" % figure for figure in cpu_ms]
        figures.append("%.1f" % max(r.peak_mib for r in ours))
        return figures, cpu_ms


def cpu_columns(cpu_ms, cpu_plain_ms):
    """Its CPU against that of the row before, which decompresses; and the bare loop's against the
    same: what the requests alone cost, so that nobody aims below it."""
    share, floor = (figure / cpu_plain_ms for figure in cpu_ms)
    return ["%.2f" % share, "%.2f" % floor, verdict(share, CPU_AIM, less_is_better=True)]


def bench(directory, rounds):
    directory = pathlib.Path(directory)
    certificates = directory / "certificates"
    certificates.mkdir()
    rows = [("payload, scheme, in flight, compression", "req/s", "bare", "ratio", "aim %.1f" % AIM,
             "CPU s/1000", "bare", "peak MiB", "CPU zstd:none", "the bare loop's",
             "aim %.1f" % CPU_AIM)]
    cpu_plain_ms = 0
    with tempfile.TemporaryDirectory(prefix="bench-", dir=spool_parent()) as spools, \
            FastNginx(directory, free_port(), free_port(), Certificates(certificates)) as nginx:
        for size, scheme, in_flight, compression in CASES:
            contest = Contest(directory, pathlib.Path(spools), nginx, size, scheme, in_flight,
                              compression)
            name = "%s %s %d %s" % (size[0], scheme, in_flight, compression)
            figures, cpu_ms = contest.row(rounds)
            if compression == "none":
                cpu_plain_ms = cpu_ms[0]
                figures += ["", "", ""]
            else:
                figures += cpu_columns(cpu_ms, cpu_plain_ms)
            rows.append((name, *figures))
    print("pg-forward --once against a bare libcurl loop that reads, decompresses, posts and\n"
          "unlinks the same files to the same nginx (%d of 4 KB, %d of 200 KB; with zstd both\n"
          "post the files as they are); spools on %s; medians of %d alternating runs"
          % (SMALL[2], LARGE[2], spool_parent() or "a disk", rounds))
    table(rows)
