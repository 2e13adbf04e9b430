#!/usr/bin/python3
"""The main job on real servers, with nothing of the user's own; leaves nothing behind.

A throw-away PostgreSQL with pg_stat_statements, a small workload with one session that blocks
another, a listener over TLS with a CA made here, and the real programs in between.
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

import certificates  # noqa: E402
import postgres  # noqa: E402
from waiting import eventually  # noqa: E402

BUILD = ROOT / os.environ.get("BUILD", "build")
REQUEST_ID = "6f1c9a52-3c1e-4c0b-9d57-0d7c2f5b8a11"

CONFIG = """\
[database]
host = {socket}
port = {port}
user = {user}
password_file = {directory}/db_password

[listener]
url = https://localhost:{listener_port}/ingest/postgres
api_key_file = {directory}/api_key
ca_file = {ca}
project_id = demo

[buffer]
path = {directory}/spool
min_free_mb = 0
"""

WORKLOAD = """
CREATE TABLE account (id int PRIMARY KEY, owner text, balance int);
INSERT INTO account SELECT n, 'owner ' || n, 100 FROM generate_series(1, 1000) AS n;
"""


def say(text):
    print("\n\033[1m# %s\033[0m" % text if sys.stdout.isatty() else "\n# %s" % text, flush=True)


class Demo:
    def __init__(self, stack):
        self.stack = stack
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
        server = postgres.Postgres()
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
            directory=self.directory, listener_port=port, ca=ca))

    def start_forward(self):
        print("$ pg-forward &", flush=True)
        process = subprocess.Popen([str(BUILD / "pg-forward")], env=self.environment)
        self.stack.callback(process.wait)
        self.stack.callback(process.terminate)
        state = self.directory / "spool" / "state" / "pg-forward.json"
        eventually(lambda: state.exists() and json.loads(state.read_text())["last_success_at"]
                   and not os.listdir(self.directory / "spool" / "new"), "an empty spool")

    def make_trouble(self, server):
        """One session that holds a row, and a web request's session that waits for it."""
        sessions = self.stack.enter_context(postgres.Sessions(server))
        sessions.add("setup").execute(WORKLOAD)
        for n in range(5):
            sessions.add("shop worker %d" % n).execute(
                "SELECT sum(balance) FROM account WHERE id %% 5 = %s", [n])
        holder = sessions.add("nightly-batch")
        holder.execute("BEGIN")
        holder.execute("UPDATE account SET balance = balance - 1 WHERE id = 7")
        sessions.add("bitville-" + REQUEST_ID).run(
            "UPDATE account SET balance = balance + 1 WHERE id = 7")
        sessions.wait_for_lock()


def main():
    with contextlib.ExitStack() as stack:
        demo = Demo(stack)
        port = postgres.free_port()
        say("a throw-away PostgreSQL, a listener over TLS, a session that blocks a web request")
        demo.make_secrets()
        server = demo.start_postgres()
        demo.configure(server, port, demo.start_listener(port))
        demo.make_trouble(server)

        say("pg-collect: one short visit, each finding a file in the spool")
        demo.run("pg-collect")
        demo.run("ls -l spool/new")
        say("a payload is one line of JSON: here the session that blocks the web request")
        demo.run("zstdcat spool/new/*-pg_locks-* | jq '.data.locks[0]'")

        say("pg-forward: a service that sends the spool to the listener, oldest first")
        demo.start_forward()
        demo.run("cat listener.table")
        demo.run("ls spool/new | wc -l")
        say("the web request is findable at the listener by its UUID")
        demo.run("grep '^{\"correlation_id\":\"%s\"' received.json | jq '.data.sessions[0]'"
                 % REQUEST_ID)
        say("how things stand")
        demo.run("pg-forward --status")
    say("stopped and removed: the servers, the spool, the keys")


if __name__ == "__main__":
    main()
