#!/usr/bin/python3
"""A soak: the three programs, a PostgreSQL under load, a moody listener, a small disk; faults at
random. At the end every payload and every log entry must be accounted for.

    make soak SOAK_MINUTES=30 SOAK_SEED=4711

Exit status 1, the directory and the seed tell where to look, when anything is amiss.
"""

import argparse
import heapq
import itertools
import json
import os
import pathlib
import random
import re
import shutil
import signal
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

import account
import log_load
from ingest import Ingest
from players import Collecting, Disk, Load, Service
from spool import Spool
from waiting import eventually
from witness import Contents, Witness

API_KEY = "soak-key-0123456789"
CAP_MB = 1


class Soak:
    def __init__(self, seed, seconds, directory):
        self.chance = random.Random(seed)
        self.seconds, self.directory = seconds, directory
        self.began = time.monotonic()
        self.problems, self.undo, self.counts = [], [], {}
        self.order = itertools.count()
        self.down_until = 0
        self.full = []  # [begin, end]
        self.journal = open(directory / "journal", "w", encoding="utf-8")
        self.disk = Disk(directory)
        self.spool = Spool(self.disk.path / "spool").make()
        self.contents = Contents(directory / "payloads")
        self.witness = Witness(self.spool, directory, self.contents)
        self.witness.start()
        self.ingest = Ingest(seed, API_KEY, self.contents)
        self.server = log_load.LoggingServer(
            log_destination="stderr,jsonlog", log_rotation_size="2MB")
        self.settings = {"buffer.path": self.spool.path, "buffer.min_free_mb": 0,
                         "buffer.max_size_mb": CAP_MB}

    def begin(self, seed):
        self.server.start()
        with self.server.session() as session:
            session.execute(log_load.SETUP)
        self.load = Load(self.server)
        self.forward = Service(self, "pg-forward", {
            **self.settings, "listener.url": self.ingest.url, "listener.api_key": API_KEY,
            "listener.timeout_s": 2, "breaker.timeout_s": 2})
        self.tail = Service(self, "pg-logtail", {
            **self.settings, "collection.log_path": self.server.log_directory,
            "collection.batch_interval_s": 1}, "--from-start")
        self.services = [self.forward, self.tail]
        self.collecting = Collecting(self, {**self.settings, **self.server.settings_for()},
                                     random.Random(seed + 1))
        for service in self.services:
            service.start()
        self.load.start()
        self.collecting.start()

    def note(self, text):
        self.journal.write("%8.2f  %s\n" % (time.monotonic() - self.began, text))
        self.journal.flush()

    def later(self, seconds, what):
        heapq.heappush(self.undo, (time.monotonic() + seconds, next(self.order), what))

    def catch_up(self, now):
        while self.undo and self.undo[0][0] <= now:
            heapq.heappop(self.undo)[2]()

    def disk_was_full(self, since):
        return any(end >= since - 5 for _, end in self.full)

    def ended_alone(self, service):
        if not self.disk_was_full(time.monotonic()):
            self.problems.append("%s ended by itself; see %s" % (
                service.name, service.running.err_path))

    # Faults. Each says what it did.

    def kill(self):
        service = self.chance.choice(self.services)
        service.kill()
        service.start()
        return service.name

    def kills_in_a_row(self):
        service = self.chance.choice(self.services)
        for _ in range(self.chance.randrange(2, 8)):
            service.kill()
            service.start()
            time.sleep(self.chance.random() * 0.15)
        return service.name

    def end(self):
        service = self.chance.choice(self.services)
        service.end()
        service.start()
        return service.name

    def pause(self):
        service, seconds = self.chance.choice(self.services), self.chance.choice((0.2, 1, 4, 9))
        service.pause(seconds)
        return "%s for %g s" % (service.name, seconds)

    def reload(self):
        service = self.chance.choice(self.services)
        broken = self.chance.random() < 0.3
        service.program.set(
            listener__compression=self.chance.choice(("none", "gzip", "zstd")),
            listener__max_in_flight=self.chance.choice((1, 4, 16)),
            collection__batch_max_entries=self.chance.choice((5, 50, 500)))
        if broken:
            service.program.write_config("[buffer]\nmax_size_mb = many\n")
        else:
            service.program.save()
        service.running.hangup()
        return service.name + (", broken" if broken else "")

    def rotate(self):
        with self.server.session() as session:
            self.server.rotate(session)

    def restart_server(self):
        self.server.halt()
        self.server.launch()

    def mood(self):
        mood, seconds = self.chance.choice((
            "errors", "throttle", "busy", "late", "slow", "reset", "deaf", "close", "portal",
            "locked", "garbage", "odd", "refuse", "refuse")), self.chance.choice((1, 3, 8, 15))
        self.ingest.mood = mood
        self.ingest.source = self.chance.choice(
            ("pg_log", "pg_stat_activity", "system_metrics"))
        self.later(seconds, lambda: setattr(self.ingest, "mood", "well"))
        return "%s for %d s" % (mood, seconds)

    def listener_down(self):
        seconds = self.chance.choice((0.1, 2, 10, 25))
        self.close_listener(seconds)
        return "for %g s" % seconds

    def close_listener(self, seconds):
        until = self.down_until = max(self.down_until, time.monotonic() + seconds)
        self.ingest.close()

        def reopen():
            if self.down_until <= until:
                self.ingest.open()

        self.later(until - time.monotonic(), reopen)

    def storm(self):
        """More than the spool may hold: evictions."""
        seconds = self.chance.choice((15, 40))
        self.close_listener(seconds + 2)
        self.collecting.storm_until = time.monotonic() + seconds
        return "of collections for %d s, the listener is down" % seconds

    def full_disk(self):
        if not self.disk.mounted or self.disk.ballast.exists():
            return "not possible now"
        seconds, spare = self.chance.choice((1, 4, 10)), self.chance.choice((0, 4096, 20000))
        span = [time.monotonic(), float("inf")]
        self.full.append(span)
        self.disk.fill(spare)

        def clear():
            self.disk.clear()
            span[1] = time.monotonic()

        self.later(seconds, clear)
        return "but %d bytes for %d s" % (spare, seconds)

    def retry_rejected(self):
        result = self.forward.program.run("--retry-rejected", save=False)
        return "status %d" % result.status

    def look_at_status(self):
        result = self.forward.program.run("--status", "--json", save=False)
        if result.status not in (0, 78):
            self.problems.append("--status: %d %s" % (result.status, result.output))
        elif result.status == 0:
            json.loads(result.stdout)

    def second_one(self):
        service = self.chance.choice(self.services)
        if not service.running.runs:
            return "not possible now"
        result = service.program.run(save=False)
        if result.status not in (1, 78):
            self.problems.append("a second %s ended with %d" % (service.name, result.status))

    FAULTS = {kill: 6, kills_in_a_row: 3, end: 4, pause: 5, reload: 3, rotate: 4,
              restart_server: 1, mood: 14, listener_down: 4, storm: 5, full_disk: 4,
              retry_rejected: 2, look_at_status: 2, second_one: 1}

    def disturb(self):
        fault = self.chance.choices(list(self.FAULTS), list(self.FAULTS.values()))[0]
        name = fault.__name__.replace("_", " ")
        self.note(name)
        said = fault(self)
        if said:
            self.note("    " + said)
        self.counts[name] = self.counts.get(name, 0) + 1

    def run(self):
        until = time.monotonic() + self.seconds
        next_fault = time.monotonic() + 3
        while (now := time.monotonic()) < until:
            self.catch_up(now)
            for service in self.services:
                service.look()
            if now >= next_fault:
                self.disturb()
                next_fault = time.monotonic() + self.chance.uniform(0.2, 4)
            time.sleep(0.05)

    def calm(self):
        """No more faults; what is on its way arrives."""
        self.note("calm")
        self.catch_up(float("inf"))
        self.collecting.done.set()
        self.collecting.join(100)
        self.load.finish()
        self.server.settle()
        for service in self.services:
            service.look()
            service.program.save()
            service.running.hangup()
        try:
            eventually(lambda: set(self.load.logged) <= self.serials(), "all serial numbers",
                       120, 0.5)
        except AssertionError as error:
            self.problems.append(str(error))  # what else is amiss tells more
        time.sleep(4)
        self.tail.end()
        eventually(lambda: not self.spool.waiting(), "the spool is empty", 180, 0.2)
        for _ in range(3):  # one of them the listener takes
            self.collecting.once()
        eventually(lambda: not self.spool.waiting(), "the spool is empty", 60, 0.2)
        time.sleep(8)  # a state is written each 5 s
        alive = self.status()
        self.forward.end()
        dead = self.status()
        for key in ("sent", "refused", "evicted"):
            if alive[key]["files"] != dead[key]["files"]:
                self.problems.append("--status says of %s %s alive and %s dead" % (
                    key, alive[key], dead[key]))
        return dead

    def serials(self):
        return {serial for found in list(self.contents.serials.values()) for serial in found}

    def status(self):
        return json.loads(self.forward.program.run("--status", "--json").stdout)

    def unsaved_evictions(self):
        """Files that pg-forward told its log of, because its state could not be written."""
        return sum(int(count) for running in self.forward.program.started
                   for count in re.findall(r"evicting (\d+) files", running.stderr))

    def judge(self, status):
        disturbed = list(self.forward.disturbed)
        disturbed += [[at - 0.5, at + 0.5] for at in self.ingest.closed]
        books = account.Books(self.witness, self.ingest, disturbed)
        self.problems += books.differences(status, self.unsaved_evictions())
        logged = account.count_json_lines(self.server.log_directory)
        self.problems += account.log_differences(self.contents, self.load.logged, logged)
        self.problems += self.told(status)
        if self.contents.changed:
            self.problems.append("says different things under one name: "
                                 + account.some(self.contents.changed))
        if unread := [name for name in books.written if name not in self.contents.digests]:
            self.problems.append("nobody could read: " + account.some(unread))
        if debris := os.listdir(self.spool.tmp):
            self.problems.append("debris in tmp/: " + account.some(debris))
        self.problems += self.witness.errors + self.ingest.errors
        if self.witness.overflow:
            self.problems.append("the kernel's queue of events ran over: nothing is proved")
        yield ", ".join("%s %d" % item for item in sorted(self.counts.items()))
        yield "%d requests, by status %s" % (
            self.ingest.requests, dict(sorted(self.ingest.statuses.items())))
        yield "pg-collect ended with %s; %d log entries, %d of them numbered" % (
            self.collecting.ends, logged, len(self.load.logged))
        yield from books.summary(status)

    def told(self, status):
        """How much is missing the listener was told of in all, whatever became of single news."""
        arrived = {taken.name for taken in self.ingest.taken}
        told = max((agent["evicted"]["files"] or 0 for name, agent in self.contents.told.items()
                    if name in arrived), default=0)
        if told != status["evicted"]["files"]:
            yield "the listener was told of %d evicted payloads instead of %d" % (
                told, status["evicted"]["files"])

    def close(self):
        for service in getattr(self, "services", ()):
            if service.running and service.running.runs:
                service.running.kill()
        if getattr(self, "collecting", None):
            self.collecting.done.set()
            self.collecting.join(100)
        if getattr(self, "load", None):
            self.load.done.set()
        self.ingest.close()
        self.server.halt(signal.SIGQUIT)
        shutil.copytree(self.spool.path, self.directory / "spool")
        self.disk.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 30))
    options = parser.parse_args()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="soak-"))
    print("SOAK_SEED=%d, %g minutes, in %s" % (options.seed, options.minutes, directory),
          flush=True)
    soak = Soak(options.seed, options.minutes * 60, directory)
    try:
        soak.begin(options.seed)
        soak.run()
        for line in soak.judge(soak.calm()):
            print(line)
    except AssertionError as error:
        soak.problems.append(str(error))
    except KeyboardInterrupt:
        soak.problems.append("interrupted")
    finally:
        soak.close()
    for problem in soak.problems:
        print("DIFFERENCE: %s" % problem)
    if soak.problems:
        print("the seed is %d; kept: %s, and the server's files in %s" % (
            options.seed, directory, soak.server.directory))
        return 1
    soak.server.stop()
    shutil.rmtree(directory)
    print("every payload and every log entry is accounted for")
    return 0


if __name__ == "__main__":
    sys.exit(main())
