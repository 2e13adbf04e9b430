"""Who takes part: a small disk, services, a load, collections."""

import itertools
import os
import signal
import subprocess
import threading
import time

import psycopg2

import log_load
from agent import SANITIZER, Program

DISK = "24M"
ENDS_WITHIN_S = 10


class Disk:
    """A small file system for the spool, which another file can fill; without root none."""

    def __init__(self, directory):
        self.path = directory / "disk"
        self.path.mkdir()
        self.ballast = self.path / "ballast"
        image = directory / "disk.image"
        self.mounted = os.geteuid() == 0 and all(
            subprocess.run(command, capture_output=True).returncode == 0 for command in (
                ["truncate", "-s", DISK, image], ["/usr/sbin/mkfs.ext4", "-q", "-m", "0", image],
                ["mount", "-o", "loop", image, self.path]))

    def fill(self, spare):
        """To the last block, or all but so many bytes."""
        with open(self.ballast, "wb", buffering=0) as file:
            chunk = bytes(1 << 16)
            while chunk:
                try:
                    file.write(chunk)
                except OSError:
                    chunk = chunk[: len(chunk) // 2] if len(chunk) > 512 else b""
            file.truncate(max(file.tell() - spare, 0))

    def clear(self):
        self.ballast.unlink(missing_ok=True)

    def close(self):
        if self.mounted:
            subprocess.run(["umount", self.path], check=False)


class Service:
    """A program that systemd would keep alive."""

    def __init__(self, soak, name, settings, *arguments):
        self.soak, self.arguments = soak, arguments
        self.program = Program(name, soak.directory / name, settings)
        self.name = name
        self.disturbed = []
        self.running = None

    def start(self):
        self.running = self.program.start(*self.arguments)

    def look(self):
        """Did it end by itself?"""
        if self.running and not self.running.runs:
            self.soak.note("%s ended by itself, status %d: %s" % (
                self.name, self.running.process.returncode, self.running.stderr[-300:]))
            self.soak.ended_alone(self)
            if self.name == "pg-forward":
                self.soak.witness.mark("ended-alone")
            self.start()

    def _over(self, word, since):
        self.disturbed.append([since, time.monotonic() + 0.5])
        if self.name == "pg-forward":
            self.soak.witness.mark(word)
        if SANITIZER.search(self.running.stderr):
            self.soak.problems.append("%s: a sanitizer complains" % self.running.err_path)

    def kill(self):
        since = time.monotonic()
        self.running.kill()
        self._over("killed", since)

    def end(self):
        """SIGTERM: within 10 s, and well."""
        since = time.monotonic()
        self.running.send(signal.SIGCONT)
        self.running.send(signal.SIGTERM)
        try:
            status = self.running.process.wait(3 * ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.soak.problems.append("%s does not end after SIGTERM" % self.name)
            return self.kill()
        took = time.monotonic() - since
        if took > ENDS_WITHIN_S + 1 or (status != 0 and not self.soak.disk_was_full(since)):
            self.soak.problems.append("%s took %.1f s to end, status %d: %s" % (
                self.name, took, status, self.running.stderr[-300:]))
        self._over("ended-full" if self.soak.disk_was_full(since) else "ended", since)

    def pause(self, seconds):
        running, since = self.running, time.monotonic()
        running.send(signal.SIGSTOP)

        def resume():
            if running.runs:
                running.send(signal.SIGCONT)
            self.disturbed.append([since, time.monotonic() + 0.5])

        self.soak.later(seconds, resume)


class Load(threading.Thread):
    """pgbench with errors, trouble, and entries with serial numbers."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server = server
        self.done = threading.Event()
        self.logged = []
        self.error = None
        self.numbering = threading.Thread(target=self._number, daemon=True)

    def run(self):
        self.numbering.start()
        for turn in itertools.count():
            if self.done.is_set():
                break
            try:
                log_load.pgbench(self.server, 3, ("extended", "prepared", "simple")[turn % 3])
                (log_load.statements, log_load.strangers, log_load.upkeep)[turn % 3](self.server)
            except (psycopg2.Error, subprocess.CalledProcessError, AssertionError):
                self.done.wait(0.5)  # the server restarts

    def _number(self):
        serial, connection = 0, None
        while not self.done.wait(0.02):
            serial += 1
            try:
                connection = connection or self.server.connect(
                    application_name="bitville-" + log_load.REQUEST_ID if serial % 2 else "soak")
                with connection.cursor() as cursor:
                    cursor.execute("DO $$ BEGIN RAISE LOG 'soak serial %', " + str(serial)
                                   + "; END $$")
                self.logged.append(serial)
            except psycopg2.Error:
                connection = None  # whether this one was logged nobody knows

    def finish(self):
        self.done.set()
        self.join(60)
        self.numbering.join(60)


class Collecting(threading.Thread):
    """The timer, faster than in life; some runs are killed."""

    def __init__(self, soak, settings, chance):
        super().__init__(daemon=True)
        self.soak, self.chance = soak, chance
        self.program = Program("pg-collect", soak.directory / "pg-collect", settings)
        self.storm_until = 0
        self.done = threading.Event()
        self.ends = {}

    def run(self):
        try:
            while not self.done.wait(0 if time.monotonic() < self.storm_until
                                     else self.chance.uniform(0.3, 2)):
                self.once(self.chance.choice(("", "", "", "", "kill", "term", "pause")))
        except (AssertionError, OSError) as error:
            self.soak.problems.append("pg-collect: %s" % error)

    def once(self, fault=""):
        running = self.program.start()
        if fault:
            time.sleep(self.chance.uniform(0, 0.12))
        if fault and running.runs:
            running.send({"kill": signal.SIGKILL, "term": signal.SIGTERM,
                          "pause": signal.SIGSTOP}[fault])
            if fault == "pause":
                time.sleep(self.chance.uniform(0, 2))
                running.send(signal.SIGCONT)
        result = running.wait(90)
        self.ends[result.status] = self.ends.get(result.status, 0) + 1
        if result.status not in (0, 1, -signal.SIGKILL, -signal.SIGTERM):
            self.soak.problems.append("pg-collect ended with %d: %s" % (
                result.status, result.stderr))
        if result.status == 0 and not fault:
            running.out_path.unlink()
            running.err_path.unlink()
