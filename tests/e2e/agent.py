"""The real programs, each run with a configuration file and an environment of its own."""

import contextlib
import dataclasses
import os
import pathlib
import re
import signal
import subprocess

from waiting import DEADLINE_S, eventually

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("BUILD", "build")
SANITIZER = re.compile(r"(ERROR|WARNING): \w+Sanitizer|runtime error:")

USAGE, CONFIG = 64, 78


def count_from_environment(name, preset):
    """How often long loops run: the sanitized builds are slower."""
    return int(os.environ.get(name, preset))


@dataclasses.dataclass
class Result:
    status: int
    stdout: str
    stderr: str

    def __post_init__(self):
        assert not SANITIZER.search(self.stderr), self.stderr

    @property
    def output(self):
        return self.stdout + self.stderr


class Running:
    """A started program. Its output goes to files, so that it never blocks on us."""

    def __init__(self, arguments, environment, directory, number):
        self.out_path = directory / ("stdout.%d" % number)
        self.err_path = directory / ("stderr.%d" % number)
        with open(self.out_path, "wb") as out, open(self.err_path, "wb") as err:
            self.process = subprocess.Popen(
                arguments, env=environment, cwd=directory, stdin=subprocess.DEVNULL,
                stdout=out, stderr=err)
        self.pid = self.process.pid

    @property
    def stdout(self):
        return self.out_path.read_text(errors="replace")

    @property
    def stderr(self):
        return self.err_path.read_text(errors="replace")

    def lines(self, pattern):
        """Lines on stderr in which the pattern is found."""
        return [line for line in self.stderr.splitlines() if re.search(pattern, line, re.I)]

    def says(self, pattern, within_s=DEADLINE_S):
        return eventually(lambda: self.lines(pattern), "%r on stderr" % pattern, within_s)

    @property
    def runs(self):
        return self.process.poll() is None

    def send(self, number):
        self.process.send_signal(number)

    def hangup(self):
        self.send(signal.SIGHUP)

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()

    def wait(self, timeout=DEADLINE_S):
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("still running after %g s: %s" % (timeout, self.stderr))
        return Result(status, self.stdout, self.stderr)

    def stop(self):
        """SIGTERM and the result."""
        self.send(signal.SIGTERM)
        return self.wait()


class Program:
    """settings: "section.key" → value, written to the file before each start."""

    def __init__(self, name, directory, settings):
        self.path = BUILD / name
        assert self.path.exists(), "%s is not built" % self.path
        self.name = name
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(exist_ok=True)
        self.config_path = self.directory / (name + ".ini")
        self.settings = dict(settings)
        self.environment = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(self.directory),
            "LC_ALL": "C.UTF-8",
            "ASAN_OPTIONS": "exitcode=99:detect_leaks=1",
            "UBSAN_OPTIONS": "print_stacktrace=1",
        }
        self.started = []

    def set(self, **settings):
        """Keys with "__" for the dot: set(breaker__fail_max=1). None removes one."""
        for name, value in settings.items():
            self.settings[name.replace("__", ".")] = value
        return self

    def save(self):
        sections = {}
        for name, value in self.settings.items():
            if value is not None:
                section, key = name.split(".")
                sections.setdefault(section, []).append("%s = %s\n" % (key, value))
        text = "".join("[%s]\n%s\n" % (section, "".join(lines))
                       for section, lines in sections.items())
        self.write_config(text)

    def write_config(self, text):
        """Replaced at once, so that nobody reads half of it."""
        fresh = self.config_path.with_suffix(".fresh")
        fresh.write_text(text)
        fresh.chmod(0o640)
        fresh.rename(self.config_path)

    def arguments(self, *arguments):
        return [str(self.path), "--config", str(self.config_path), *arguments]

    def run(self, *arguments, save=True, timeout=DEADLINE_S, **environment):
        """To its end."""
        return self.start(*arguments, save=save, **environment).wait(timeout)

    def start(self, *arguments, save=True, wrapper=(), bare=False, **environment):
        """bare: without --config. wrapper: a command that execs ours."""
        if save:
            self.save()
        command = [str(self.path), *arguments] if bare else self.arguments(*arguments)
        running = Running([*wrapper, *command], {**self.environment, **environment},
                          self.directory, len(self.started))
        self.started.append(running)
        return running

    def close(self):
        """Ends what still runs; a sanitizer's complaint fails the test here."""
        for running in self.started:
            if running.runs:
                running.kill()
        for running in self.started:
            assert not SANITIZER.search(running.stderr), running.stderr
