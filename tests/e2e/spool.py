"""The spool as another program sees it: the contract's own rules, written independently."""

import json
import os
import pathlib
import pwd
import re
import stat

import zstd

NAME = re.compile(r"\d{8}T\d{6}\.\d{6}Z-[a-z0-9_]{1,32}-\d{1,10}-\d{6}\.json\.zst$")
PAYLOAD_MAX_BYTES = 768 << 10
SUFFIX = ".json.zst"
LINKS_MAX = 30000  # ext4 takes 65,000


class Spool:
    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.tmp = self.path / "tmp"
        self.new = self.path / "new"
        self.rejected = self.path / "rejected"
        self.state = self.path / "state"
        self.written = 0

    def make(self):
        for directory in (self.path, self.tmp, self.new, self.rejected, self.state):
            directory.mkdir(mode=0o750, exist_ok=True)
        return self

    def give_to(self, name):
        """The directories become this user's, who can also get to them. Returns the user."""
        user = pwd.getpwnam(name)
        for directory in (self.path, self.tmp, self.new, self.rejected, self.state):
            os.chown(directory, user.pw_uid, user.pw_gid)
        for parent in list(self.path.parents)[:4]:
            if parent.stat().st_uid == 0 and str(parent).startswith("/tmp/"):
                parent.chmod(0o755)
        return user

    def next_name(self, source="pg_locks"):
        """Names in the order they are asked for, all in the past."""
        self.written += 1
        n = self.written
        return "20260102T%02d%02d%02d.%06dZ-%s-4711-%06d%s" % (
            n // 3600, n // 60 % 60, n % 60, n % 1000000, source, n % 1000000, SUFFIX)

    def write_frame(self, frame, source="pg_locks", name=None, mode=0o640):
        """Any bytes as a file in new/, by way of tmp/. Returns the name without its ending."""
        name = name or self.next_name(source)
        path = self.tmp / name
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(fd, "wb") as file:
            file.write(frame)
        os.rename(path, self.new / name)
        return name[: -len(SUFFIX)]

    def write(self, source="pg_locks", data=None, correlation_id="", **frame_options):
        """A payload as the contract wants it."""
        payload = {
            "correlation_id": correlation_id,
            "project": "e2e",
            "timestamp": 1767312000.000001,
            "source": source,
            "data": {"host": "e2e", "serial": self.written, **(data or {})},
        }
        line = json.dumps(payload, separators=(",", ":")).encode() + b"\n"
        return self.write_frame(zstd.compress(line, **frame_options), source)

    def write_many(self, count, source="pg_locks", **options):
        return [self.write(source, **options) for _ in range(count)]

    def fill(self, count):
        """Links of a few files: making as many files takes ten times as long."""
        frame = zstd.compress(b'{"correlation_id":"","data":{"text":"%s"}}\n'
                              % os.urandom(1500).hex().encode())
        directory = os.open(self.new, os.O_DIRECTORY)
        names = []
        for number in range(count):
            name = "20260102T%06d.%06dZ-pg_locks-4711-%06d%s" % (
                number // 100, number % 100 * 10000, number % 1000000, SUFFIX)
            names.append(name[: -len(SUFFIX)])
            if number % LINKS_MAX == 0:
                first = name
                self.write_frame(frame, name=name)
            else:
                os.link(first, name, src_dir_fd=directory, dst_dir_fd=directory)
        os.close(directory)
        return names

    def files(self, directory):
        """Payload names in one of the directories, oldest first, without their ending."""
        try:
            names = os.listdir(directory)
        except FileNotFoundError:
            return []
        return sorted(n[: -len(SUFFIX)] for n in names if NAME.match(n))

    def waiting(self):
        return self.files(self.new)

    def refused(self):
        return self.files(self.rejected)

    def reason(self, name):
        return (self.rejected / (name + SUFFIX + ".reason")).read_text()

    def frame(self, name, directory=None):
        return ((directory or self.new) / (name + SUFFIX)).read_bytes()

    def content(self, name, directory=None):
        return zstd.decompress(self.frame(name, directory))

    def payload(self, name, directory=None):
        return json.loads(self.content(name, directory))

    def payloads(self, source=None):
        """What waits in new/, oldest first."""
        all_of_them = [self.payload(name) for name in self.waiting()]
        return [p for p in all_of_them if source in (None, p["source"])]

    def read_state(self, program):
        return json.loads((self.state / (program + ".json")).read_text())

    def blocks(self, *directories):
        """Bytes of disk blocks under these directories, payloads and reasons."""
        total = 0
        for directory in directories or (self.tmp, self.new, self.rejected):
            with os.scandir(directory) as entries:
                for entry in entries:
                    try:
                        total += entry.stat(follow_symlinks=False).st_blocks * 512
                    except FileNotFoundError:
                        pass
        return total

    def check(self, name):
        """Is this file in new/ all that section 3 and 4 of the contract ask of a writer?"""
        path = self.new / (name + SUFFIX)
        mode = os.lstat(path)
        assert stat.S_ISREG(mode.st_mode) and stat.S_IMODE(mode.st_mode) == 0o640, name
        frame = path.read_bytes()
        assert zstd.content_size(frame) is not None and zstd.has_checksum(frame), name
        line = zstd.decompress(frame)
        assert len(line) <= PAYLOAD_MAX_BYTES, name
        assert line.endswith(b"\n") and line.count(b"\n") == 1, name
        payload = json.loads(line.decode("utf-8"), parse_constant=_no_constant)
        assert list(payload) == ["correlation_id", "project", "timestamp", "source", "data"]
        assert isinstance(payload["correlation_id"], str)
        assert isinstance(payload["timestamp"], float)
        assert payload["source"] == name.split("-")[1]
        assert payload["data"]["host"] == os.uname().nodename
        return payload


def _no_constant(text):
    raise AssertionError("%s is no JSON" % text)
