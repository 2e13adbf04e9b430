"""PgBouncer in transaction mode, with one server connection for each user and database."""

import contextlib
import os
import shutil
import subprocess

import psycopg2

from postgres import (MONITOR, MONITOR_PASSWORD, PLAIN, PLAIN_PASSWORD, USER, Session,
                      as_server, free_port)
from waiting import eventually

CONFIG = """
[databases]
* = host=%(server)s port=%(server_port)d
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %(port)d
unix_socket_dir =
auth_type = scram-sha-256
auth_file = %(users)s
pool_mode = transaction
default_pool_size = 1
"""


class PgBouncer:
    """In front of a Postgres, whose directory it uses."""

    def __init__(self, postgres):
        self.port = free_port()
        self.config = postgres.directory / "pgbouncer.ini"
        self.users = postgres.directory / "pgbouncer.users"
        self.log = postgres.directory / "pgbouncer.log"
        self.config.write_text(CONFIG % {
            "server": postgres.socket_directory, "server_port": postgres.port,
            "port": self.port, "users": self.users})
        self.users.write_text("".join('"%s" "%s"\n' % (user, password) for user, password in (
            (MONITOR, MONITOR_PASSWORD), (PLAIN, PLAIN_PASSWORD))))
        if os.geteuid() == 0:
            shutil.chown(self.users, USER, USER)

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                as_server("/usr/sbin/pgbouncer", str(self.config)),
                cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        eventually(self.is_ready, "PgBouncer passes clients on", every_s=0.05)
        return self

    def is_ready(self):
        assert self.process.poll() is None, self.log.read_text()
        with contextlib.suppress(psycopg2.OperationalError):
            self.session().close()
            return True
        return False

    def session(self, dbname="postgres", **options):
        """Of the agent's role: it gets the server connection that the agent gets."""
        connection = psycopg2.connect(
            host="127.0.0.1", port=self.port, dbname=dbname, user=MONITOR,
            password=MONITOR_PASSWORD, **options)
        connection.autocommit = True
        return Session(connection)

    def stop(self):
        self.process.terminate()
        self.process.wait(20)
