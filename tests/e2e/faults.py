"""Faults in the system calls of the real programs, by strace(1): at one call, or for a while."""

import contextlib
import dataclasses
import pathlib
import re
import shutil
import signal
import subprocess

import pytest

import agent
from spool import NAME
from waiting import eventually

# What a failing, full, read-only or crowded system answers. The first is the one of a fair sample
# that has room for one only; the sample takes the others in turn.
ERRORS = {
    "openat": ("EMFILE", "EIO", "ENOSPC", "EDQUOT", "EROFS"),
    "newfstatat": ("EIO",),
    "getdents64": ("EIO",),
    "read": ("EIO",),
    "pread64": ("EIO",),
    "write": ("ENOSPC", "EIO", "EDQUOT"),
    "fsync": ("EIO", "ENOSPC", "EDQUOT", "EROFS"),
    "renameat": ("EIO", "ENOSPC", "EDQUOT", "EROFS"),
    "renameat2": ("EIO", "ENOSPC", "EDQUOT", "EROFS"),
    "linkat": ("ENOSPC", "EIO", "EDQUOT", "EROFS"),
    "unlinkat": ("EROFS", "EIO", "ENOSPC", "EDQUOT"),
    "mkdirat": ("EROFS", "ENOSPC", "EDQUOT", "EIO"),
    "pwrite64": ("ENOSPC", "EIO", "EDQUOT"),
    "ftruncate": ("EIO",),
}
LINE = re.compile(r"^(\d+) +(\w+)\((.*)$", re.M)
PATH = re.compile(r'(?<=\d)<(/[^>]*)>|"([^"]*)"')


def strace():
    path = shutil.which("strace")
    if not path:
        pytest.skip("strace is not installed")
    probe = subprocess.run([path, "-o", "/dev/null", "true"], capture_output=True)
    if probe.returncode != 0:
        pytest.skip("no ptrace here")
    return path


@dataclasses.dataclass(frozen=True)
class Call:
    """One system call of a run: the number-th of its name, and what it touched."""

    name: str
    number: int
    place: str  # "new/PAYLOAD", "state/pg-forward.json.tmp", "config", ...


def place_of(name, arguments, known):
    """The last thing among the arguments that lies in one of the known places, "" for none.
    known: path → word."""
    place, directory = "", ""
    for descriptor, text in PATH.findall(arguments):
        path = descriptor or (text if text.startswith("/") else directory + "/" + text)
        path = path.rstrip("/")
        directory = descriptor
        for root, word in known.items():
            if path == root or path.startswith(root + "/"):
                head, _, last = path[len(root) + 1:].rpartition("/")
                base = last.removesuffix(".reason")
                if NAME.match(base):
                    last = "PAYLOAD" + last[len(base):]
                place = "/".join(part for part in (word, head, last) if part)
        if name in ("read", "pread64", "write", "pwrite64"):
            break  # what follows is data
    return place


class Faults:
    """For one program. places: path → word, the places whose calls are of interest."""

    def __init__(self, program, directory, places):
        self.program = program
        self.out = pathlib.Path(directory) / "strace.out"
        self.places = {str(path): word for path, word in places.items()}
        self.strace = strace()
        program.environment["ASAN_OPTIONS"] = "exitcode=99:detect_leaks=0"  # not under ptrace

    def wrapper(self, *expressions):
        command = [self.strace, "-f", "--seccomp-bpf", "-qq", "-y", "-o", str(self.out)]
        for expression in expressions:
            command += ["-e", expression]
        return command

    def record(self, *arguments):
        """A whole run: its result, and its calls in the known places, in their order."""
        running = self.program.start(*arguments, wrapper=self.wrapper(
            "trace=" + ",".join(ERRORS)))
        result = running.wait()
        counts, calls, first = {}, [], None
        for pid, name, rest in LINE.findall(self.out.read_text(errors="replace")):
            first = first or pid
            if pid != first:
                continue  # a library's own thread
            counts[name] = counts.get(name, 0) + 1
            place = place_of(name, rest, self.places)
            if place:
                calls.append(Call(name, counts[name], place))
        return result, calls

    def run(self, call, error, *arguments, times=1, **options):
        """A whole run with this error at this call and the times - 1 that follow. Returns the
        result and how many were hit."""
        when = "%d..%d" % (call.number, call.number + times - 1)
        running = self.program.start(*arguments, wrapper=self.wrapper(
            "trace=renameat2," + call.name,
            "inject=%s:error=%s:when=%s" % (call.name, error, when)), **options)
        result = running.wait()
        return result, self.hits()

    def hit(self, word):
        """Was a call hit that has this word in its paths? A run may differ from the recorded."""
        return any("(INJECTED)" in line and word in line
                   for line in self.out.read_text(errors="replace").splitlines())

    def hits(self):
        return self.out.read_text(errors="replace").count("(INJECTED)")

    def published_unsynced(self):
        """Payloads that became visible though their fsync had failed."""
        text = self.out.read_text(errors="replace")
        failed = re.findall(r"fsync\(\d+<[^>]*/([^>/]*)>\) .*INJECTED", text)
        return [name for name in failed
                if re.search(r'renameat2\(.*"%s".* = 0$' % re.escape(name), text, re.M)]

    @contextlib.contextmanager
    def attached(self, running, name, error, *paths, when="1+"):
        """While the body runs, calls on these paths (a directory stands for the calls beneath
        it) fail. Yields a function that says how often that happened."""
        self.out.write_text("")
        command = [self.strace, "-f", "-p", str(running.pid), "-o", str(self.out),
                   "-e", "trace=" + name, "-e", "inject=%s:error=%s:when=%s" % (name, error, when)]
        for path in paths:
            command += ["-P", str(path)]
        told = self.out.with_suffix(".told")
        with open(told, "wb") as file:
            tracer = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
        try:
            eventually(lambda: b"attached" in told.read_bytes() or tracer.poll() is not None,
                       "strace is attached")
            assert tracer.poll() is None, told.read_text()
            yield self.hits
        finally:
            if tracer.poll() is None:
                tracer.send_signal(signal.SIGINT)
            tracer.wait()


CALLS_A_PLACE = 3  # more of the same would only cost time

# Places that are much the same, for a sample.
ALIKE = ((re.compile("^proc/.*"), "proc"), (re.compile("^spool(/[a-z]+)?$"), "a directory"))


def sample(calls):
    """(call, error): each place of each system call once, the errors in turn."""
    seen, turns = set(), {}
    for call in calls:
        site = call.place
        for pattern, word in ALIKE:
            site = pattern.sub(word, site)
        if (call.name, site) not in seen:
            seen.add((call.name, site))
            errors = ERRORS[call.name]
            turn = turns[call.name] = turns.get(call.name, -1) + 1
            yield call, errors[turn % len(errors)]


def matrix(calls):
    """(call, error): each of a system call's first calls at each place, with every error."""
    seen = {}
    for call in calls:
        site = (call.name, call.place)
        seen[site] = seen.get(site, 0) + 1
        if seen[site] <= (1 if call.place.startswith("proc/") else CALLS_A_PLACE):
            for error in ERRORS[call.name]:
                yield call, error


LONG = agent.count_from_environment("E2E_LONG", 0)
