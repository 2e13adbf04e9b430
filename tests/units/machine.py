"""The machine that the tests run in: its systemd, its journal, its PostgreSQL."""

import json
import pathlib
import re
import subprocess
import uuid

from waiting import eventually

AGENT = "bitville-agent"
TARGET = "bitville-postgres-agent.target"
SPOOL = pathlib.Path("/var/lib/bitville-postgres-agent/buffer")
CONFIG = pathlib.Path("/etc/bitville/postgres-agent.ini")
SERVICES = ["pg-collect.service", "pg-logtail.service", "pg-forward.service"]
UNITS = SERVICES + ["pg-collect.timer", TARGET]


def run(*words, check=True, **options):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True,
                          **options)
    assert not check or done.returncode == 0, (words, done.stdout, done.stderr)
    return done


def systemctl(*words, **options):
    return run("systemctl", *words, **options)


def shown(unit, name):
    return systemctl("show", "--value", "-p", name, unit).stdout.strip()


def is_active(unit):
    return shown(unit, "ActiveState") == "active"


def main_pid(unit):
    return int(shown(unit, "MainPID"))


def journal(unit):
    """Messages of and about a unit: (who said it, what)."""
    run("journalctl", "--sync")
    lines = run("journalctl", "-b", "-q", "-o", "json", "-u", unit).stdout.splitlines()
    entries = map(json.loads, lines)
    return [(entry.get("SYSLOG_IDENTIFIER"), entry["MESSAGE"]) for entry in entries]


def drop_in(unit, text):
    """Settings added to a unit until the machine ends."""
    directory = pathlib.Path("/run/systemd/system") / (unit + ".d")
    directory.mkdir(parents=True, exist_ok=True)
    (directory / (uuid.uuid4().hex + ".conf")).write_text(text)
    systemctl("daemon-reload")


def inside(unit, code):
    """What Python code says when it runs as the unit would: its text, but for what is started."""
    text = systemctl("cat", unit).stdout
    text = re.sub(r"^ExecStart=.*", "ExecStart=/usr/bin/python3 -I -B /run/inside.py", text,
                  flags=re.M)
    text = re.sub(r"^Type=.*", "Type=oneshot", text, flags=re.M)
    text = re.sub(r"^(Restart|WatchdogSec|ExecReload|LogLevelMax).*\n", "", text, flags=re.M)
    text = text.replace("[Service]\n", "[Service]\nStandardOutput=truncate:/run/inside.out\n"
                        "StandardError=inherit\n", 1)
    pathlib.Path("/run/inside.py").write_text(code)
    pathlib.Path("/run/systemd/system/inside.service").write_text(text)
    systemctl("daemon-reload")
    done = systemctl("start", "inside.service", check=False)
    said = pathlib.Path("/run/inside.out").read_text()
    assert done.returncode == 0, (said, journal("inside.service"))
    return said


def psql(sql, dbname="postgres"):
    return run("runuser", "-u", "postgres", "--", "psql", "-X", "-q", "-t", "-A", "-v",
               "ON_ERROR_STOP=1", "-d", dbname, "-c", sql, cwd="/").stdout.strip()


def log(text):
    """A line in the server's log."""
    psql("DO $$ BEGIN RAISE LOG '%s'; END $$" % text)


def write_secret(name, text):
    path = pathlib.Path("/etc/bitville") / name
    path.touch(0o600)
    path.write_text(text + "\n")


def configure(path=CONFIG, **settings):
    """A configuration of these: section__key=value."""
    sections = {}
    for name, value in settings.items():
        section, key = name.split("__")
        sections.setdefault(section, []).append("%s = %s\n" % (key, value))
    path.write_text("".join("[%s]\n%s\n" % (name, "".join(lines))
                            for name, lines in sections.items()))


class Arrived:
    """Payloads that a listener took."""

    def __init__(self, listener):
        self.listener = listener

    def payloads(self, source=None, project=None):
        with self.listener._lock:
            requests = [r for r in self.listener.requests if r.status == 200]
        # pg-forward --test sends an empty one.
        payloads = filter(None, (request.payload for request in requests))
        return [payload for payload in payloads
                if source in (None, payload["source"]) and project in (None, payload["project"])]

    def messages(self):
        return [entry["message"] for payload in self.payloads("pg_log")
                for entry in payload["data"]["entries"]]

    def until(self, source, project=None, within_s=60):
        return eventually(lambda: self.payloads(source, project), "a payload of " + source,
                          within_s, every_s=0.1)[-1]

    def until_message(self, text):
        eventually(lambda: any(text in message for message in self.messages()),
                   "a log entry: " + text, every_s=0.1)
