#!/usr/bin/python3
"""The main job on real servers, with nothing of the user's own; leaves nothing behind.

A throw-away PostgreSQL with pg_stat_statements and a log, a small workload with one session that
blocks another, a listener over TLS with a CA made here, and the real programs in between.
"""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

import psycopg2  # noqa: E402

import certificates  # noqa: E402
import postgres  # noqa: E402
from waiting import eventually  # noqa: E402

BUILD = ROOT / os.environ.get("BUILD", "build")
REQUEST_ID = "6f1c9a52-3c1e-4c0b-9d57-0d7c2f5b8a11"

ENTRIES = 'select(.source == "pg_log").data.entries[]'

CONFIG = """\
[database]
host = {socket}
port = {port}
user = {user}
password_file = {directory}/db_password

[collection]
log_path = {log}
log_line_prefix = '{prefix}'
batch_interval_s = 1

[listener]
url = https://localhost:{listener_port}/ingest/postgres
api_key_file = {directory}/api_key
ca_file = {ca}
project_id = demo

[buffer]
path = {directory}/spool
min_free_mb = 0
"""

# What is worth having in a log, and sooner than usual, so that nobody waits for it.
LOGGING = {
    "log_line_prefix": "%m [%p] %q%u@%d/%a ",
    "log_statement": "ddl",
    "log_lock_waits": "on",
    "deadlock_timeout": "200ms",
    "log_min_duration_statement": "500ms",
}

WORKLOAD = (
    "CREATE TABLE account (id int PRIMARY KEY, owner text, balance int)",
    "INSERT INTO account SELECT n, 'owner ' || n, 100 FROM generate_series(1, 1000) AS n",
    "CREATE ROLE shop LOGIN PASSWORD 'open sesame'",
)


def say(text):
    print("\n\033[1m# %s\033[0m" % text if sys.stdout.isatty() else "\n# %s" % text, flush=True)


class Demo:
    def __init__(self, stack):
        self.stack = stack
        self.forward_state = None
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="bitville-demo-"))
        stack.callback(shutil.rmtree, self.directory, ignore_errors=True)
        self.environment = {"PATH": "%s:/usr/bin:/bin" % BUILD, "LC_ALL": "C.UTF-8",
                            "BITVILLE_PG_CONFIG_PATH": str(self.directory / "demo.ini")}

    def run(self, command):
        """Shows a command as a person would type it, and what it prints."""
        print("$ %s" % command, flush=True)
        done = subprocess.run(["sh", "-c", command], cwd=self.directory, text=True,
                              env=self.environment, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)
        print(done.stdout, end="", flush=True)
        if done.returncode != 0:
            sys.exit("demo: %r exited with %d" % (command, done.returncode))

    def start_postgres(self):
        server = postgres.Postgres(**LOGGING)
        self.stack.callback(server.stop)
        server.start()
        return server

    def make_secrets(self):
        for name, text in (("db_password", postgres.MONITOR_PASSWORD),
                           ("api_key", os.urandom(16).hex())):
            path = self.directory / name
            path.touch(0o600)
            path.write_text(text + "\n")

    def start_listener(self, port):
        """The reference listener, over TLS, that prints a row for each payload."""
        (self.directory / "tls").mkdir()
        made = certificates.Certificates(self.directory / "tls")
        cert, key = made.server
        table = self.stack.enter_context(open(self.directory / "listener.table", "wb"))
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "tests" / "e2e" / "listener.py"), "--port", str(port),
             "--cert", str(cert), "--key", str(key),
             "--api-key-file", str(self.directory / "api_key"),
             "--save", str(self.directory / "received.json")],
            stdout=table, stderr=subprocess.DEVNULL)
        self.stack.callback(process.wait)
        self.stack.callback(process.terminate)
        eventually(lambda: (self.directory / "listener.table").stat().st_size, "a listener")
        return made.ca

    def configure(self, server, port, ca):
        (self.directory / "demo.ini").write_text(CONFIG.format(
            socket=server.socket_directory, port=server.port, user=postgres.MONITOR,
            log=server.log, prefix=LOGGING["log_line_prefix"], directory=self.directory,
            listener_port=port, ca=ca))

    def start(self, program):
        """Returns where its state lies."""
        print("$ %s &" % program, flush=True)
        process = subprocess.Popen([str(BUILD / program)], env=self.environment)
        self.stack.callback(process.wait)
        self.stack.callback(process.terminate)
        return self.directory / "spool" / "state" / (program + ".json")

    def start_logtail(self):
        eventually(self.start("pg-logtail").exists, "a first position in the log")

    def start_forward(self):
        self.forward_state = self.start("pg-forward")
        eventually(lambda: self.forward_state.exists()
                   and json.loads(self.forward_state.read_text())["last_success_at"]
                   and not os.listdir(self.directory / "spool" / "new"), "an empty spool")

    def make_trouble(self, server):
        """One session that holds a row, and a web request's session that waits for it.

        Returns the one that holds.
        """
        sessions = self.stack.enter_context(postgres.Sessions(server))
        setup = sessions.add("setup")
        for sql in WORKLOAD:
            setup.execute(sql)
        for n in range(5):
            sessions.add("shop worker %d" % n).execute(
                "SELECT sum(balance) FROM account WHERE id %% 5 = %s", [n])
        with contextlib.suppress(psycopg2.IntegrityError):
            sessions.add("shop worker 5").execute("INSERT INTO account VALUES (7, 'me', 0)")
        holder = sessions.add("nightly-batch")
        holder.execute("BEGIN")
        holder.execute("UPDATE account SET balance = balance - 1 WHERE id = 7")
        sessions.add("bitville-" + REQUEST_ID).run(
            "UPDATE account SET balance = balance + 1 WHERE id = 7")
        sessions.wait_for_lock()
        return holder

    def wait_for_entry(self, event, where):
        """Of the web request, in a payload of its own."""
        def is_there():
            found = subprocess.run(
                ["sh", "-c", where + " 2>/dev/null | grep '^{\"correlation_id\":\"%s\"'"
                 % REQUEST_ID], cwd=self.directory, stdout=subprocess.PIPE, check=False)
            return ('"event":"%s"' % event).encode() in found.stdout

        eventually(is_there, "the log's entry %s" % event)

    def wait_for_status(self):
        """Until pg-forward's state knows of everything that came to the listener."""
        def knows_all():
            arrived = (self.directory / "received.json").read_bytes().count(b"\n")
            return json.loads(self.forward_state.read_text())["sent"]["files"] >= arrived

        eventually(knows_all, "pg-forward's state")


def main():
    with contextlib.ExitStack() as stack:
        demo = Demo(stack)
        port = postgres.free_port()
        say("a throw-away PostgreSQL, a listener over TLS, a session that blocks a web request")
        demo.make_secrets()
        server = demo.start_postgres()
        demo.configure(server, port, demo.start_listener(port))
        say("pg-logtail: a service that follows the server's log")
        demo.start_logtail()
        holder = demo.make_trouble(server)
        demo.wait_for_entry("lock_wait", "zstdcat spool/new/*-pg_log-*")

        say("pg-collect: one short visit, each finding a file in the spool")
        demo.run("pg-collect")
        demo.run("ls -l spool/new")
        say("a payload is one line of JSON: here the session that blocks the web request")
        demo.run("zstdcat spool/new/*-pg_locks-* | jq '.data.locks[0]'")

        say("pg-forward: a service that sends the spool to the listener, oldest first")
        demo.start_forward()
        holder.execute("COMMIT")
        demo.wait_for_entry("statement", "cat received.json")
        demo.run("cat listener.table")
        demo.run("ls spool/new | wc -l")
        say("the web request is findable at the listener by its UUID")
        demo.run("grep '^{\"correlation_id\":\"%s\"' received.json | "
                 "jq '.data.sessions[0] // empty'" % REQUEST_ID)
        say("the log came, too: what it says, and who said it")
        demo.run("jq -c -s '[.[] | %s] | sort_by(.timestamp)[] | "
                 "[.level, .event, .application_name, .message]' received.json" % ENTRIES)
        say("of it, under the same UUID: how the web request waited, and for whom")
        demo.run("grep '^{\"correlation_id\":\"%s\"' received.json | "
                 "jq '%s | select(.event == \"lock_wait\")'" % (REQUEST_ID, ENTRIES))
        say("how things stand")
        demo.wait_for_status()
        demo.run("pg-forward --status")
    say("stopped and removed: the servers, the spool, the keys")


if __name__ == "__main__":
    main()
