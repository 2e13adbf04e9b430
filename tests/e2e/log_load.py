"""A PostgreSQL that writes its log in all three formats at once, and what makes it write."""

import contextlib
import signal
import subprocess
import threading
import time

import psycopg2

from postgres import MONITOR, Postgres
from waiting import eventually

REQUEST_ID = "6f1c9a52-3c1e-4c0b-9d57-0d7c2f5b8a11"

SETTINGS = {
    "logging_collector": "on",
    "log_destination": "stderr,csvlog,jsonlog",
    "log_filename": "pg-%Y-%m-%d_%H%M%S.log",
    "log_rotation_size": "400kB",
    "log_connections": "on",
    "log_disconnections": "on",
    "log_checkpoints": "on",
    "log_lock_waits": "on",
    "log_temp_files": "0",
    "log_autovacuum_min_duration": "0",
    "log_min_duration_statement": "0",
    "log_parameter_max_length_on_error": "100",
    "compute_query_id": "on",
    "deadlock_timeout": "100ms",
    "autovacuum": "on",
    "autovacuum_naptime": "1s",
    "work_mem": "64kB",
}

SETUP = """
CREATE TABLE item (id int PRIMARY KEY, name text CHECK (name <> 'forbidden'));
INSERT INTO item SELECT n, 'item ' || n FROM generate_series(1, 2000) AS n;
CREATE FUNCTION fails(n int) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
	RETURN n / 0;
END $$;
CREATE FUNCTION fails_deeper(n int) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
	RETURN fails(n) + 1;
END $$;
CREATE FUNCTION fails_dynamically() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE E'SELECT a,\\n\\tb FROM\\n\\tnowhere';
END $$;
"""

# Each in a transaction of its own; most of them fail.
STATEMENTS = [
    "SELECT 1/0",
    "SELECT *\nFROM\tnowhere\n\n\tWHERE a = 'it''s'\n",
    "INSERT INTO item VALUES (1, 'twice')",
    "INSERT INTO item VALUES (0, 'forbidden')",
    "INSERT INTO item VALUES (NULL, E'a\\nb')",
    "SELECT nofunction(1, 'x')",
    "SELEC 1",
    "   SELECT fails_deeper(3)",
    "SELECT fails_dynamically()",
    "SELECT 'ünïcödé 😀 日本', E'back\\\\slash \"quoted\" , comma \t tab \r return'",
    "SELECT length('" + "long, \"long\"\n\tline " * 800 + "')",
    "SELECT 1/0 AS \"" + "x" * 3000 + "\"",
    "DO $$ BEGIN RAISE LOG E'line one\\nline two\\n\\n\\tline, \"four\"\\n' "
    "USING DETAIL = E'd1\\n\\td2', HINT = E'h1\\n', ERRCODE = '22012'; END $$",
    "DO $$ BEGIN RAISE LOG 'DETAIL:  not one'; RAISE LOG E'x\\nERROR:  nor this'; END $$",
    "DO $$ BEGIN RAISE WARNING '%', repeat('wide ', 3000); END $$",
    "DO $$ BEGIN RAISE INFO 'to the client'; RAISE NOTICE 'a notice'; END $$",
    "DO $$ BEGIN RAISE LOG ' blanks around '; RAISE LOG ''; END $$",
    "COPY item FROM PROGRAM 'echo not,a,row; echo a stray line >&2' (FORMAT csv)",
    "SELECT count(*) FROM (SELECT * FROM generate_series(1, 30000) AS n ORDER BY -n) AS sorted",
    "SELECT /* bitville-%s */ 1/0" % REQUEST_ID.upper(),
    "SELECT no_such FROM item",
    "SELECT 'a'::int",
    "SELECT pg_sleep(1)",  # statement_timeout
]

# rows 1 and 2 are for the deadlock of two sessions alone
PGBENCH = r"""
\set id random(3, 2000)
\set n random(1, 100000)
SELECT name,
	length(name) FROM item WHERE id = :id;
UPDATE item SET name = 'changed ' || :n WHERE id = :id;
SELECT 'quoted, "text"' AS t, :n;
"""
PGBENCH_FAILS = """\\set n random(1, 100000)
SELECT 'with
parameters', :n::int / (:n::int - :n::int);
"""  # an error ends a client


class LoggingServer(Postgres):
    def __init__(self, **settings):
        super().__init__(**{**SETTINGS, **settings})
        self.log_directory = self.data / "log"

    def logs(self, ending):
        return sorted(self.log_directory.glob("*" + ending))

    def glob(self, ending):
        return str(self.log_directory / "*") + ending

    def rotate(self, session):
        """Each second may have a file of its own; in the same second the same name goes on."""
        session.execute("SELECT pg_rotate_logfile()")

    def settle(self):
        """Until the collector has written what the server said before its end."""
        self.halt()


def quietly(session, sql):
    with contextlib.suppress(psycopg2.Error):
        session.execute(sql)


def statements(server):
    with server.session(application_name="bitville-" + REQUEST_ID) as session:
        session.execute("SET statement_timeout = '50ms'")
        session.execute("SET backtrace_functions = 'int4div'")
        for sql in STATEMENTS:
            quietly(session, sql)
        session.execute("PREPARE p (int, text) AS SELECT $1, $2")
        session.execute("EXECUTE p (1, E'with\\nnewline')")


def strangers(server):
    """Connections that fail, over TCP and over the socket."""
    for options in ({"host": "127.0.0.1", "user": MONITOR, "password": "wrong"},
                    {"dbname": "no, \"such\" database"}, {"user": "nobody, \"else\" LOG:  x"}):
        with contextlib.suppress(psycopg2.OperationalError):
            psycopg2.connect(**{"host": server.socket_directory, "port": server.port,
                                "dbname": "postgres", "user": "postgres", **options}).close()


def trouble(server):
    """A lock wait, a deadlock, a cancellation and a termination."""
    with server.session() as one, server.session() as two, server.session() as boss:
        for session, first in ((one, 1), (two, 2)):
            session.execute("BEGIN")
            session.execute("UPDATE item SET name = name WHERE id = %d" % first)
        one.run("UPDATE item\n\tSET name = name\n\tWHERE id = 2")
        eventually(lambda: boss.value(
            "SELECT count(*) FROM pg_locks WHERE NOT granted") > 0, "a lock wait")
        time.sleep(0.15)
        quietly(two, "UPDATE item SET name = name WHERE id = 1")
        one.thread.join(20)
        quietly(one, "ROLLBACK")
        quietly(two, "ROLLBACK")
        for call in ("pg_cancel_backend", "pg_terminate_backend"):
            one.run("SELECT pg_sleep(20)")
            eventually(lambda: boss.value(
                "SELECT state FROM pg_stat_activity WHERE pid = %d" % one.pid) == "active")
            boss.execute("SELECT %s(%d)" % (call, one.pid))
            one.thread.join(20)


def upkeep(server):
    """What autovacuum and the checkpointer have something to say about."""
    with server.session() as session:
        session.execute("UPDATE item SET name = name")
        session.execute("DELETE FROM item WHERE id > 1990")
        session.execute("INSERT INTO item SELECT n, 'again' FROM generate_series(1991, 2000) n")
        session.execute("CHECKPOINT")
        session.execute("VACUUM ANALYZE item")


def pgbench(server, seconds, mode):
    """Parse, bind and execute with parameters; then an error in each of the clients."""
    for name, text, options in (("good", PGBENCH, ("-R", "100", "-T", str(seconds))),
                                ("bad", PGBENCH_FAILS, ("-t", "1"))):
        script = server.directory / name
        script.write_text(text)
        subprocess.run(
            [server.bin + "/pgbench", "-n", "-f", str(script), "-M", mode, "-c", "4", *options,
             "-h", server.socket_directory, "-p", str(server.port), "-U", "postgres",
             "postgres"], check=name == "good", capture_output=True)


def run(server, rotations):
    """The whole mix, so many rotations by hand, a restart after each tenth of them."""
    with server.session() as session:
        session.execute(SETUP)
    for number in range(1, rotations + 1):
        background = threading.Thread(
            target=pgbench, args=(server, 1, ("extended", "prepared", "simple")[number % 3]))
        background.start()
        part = (statements, strangers, trouble, upkeep)[number % 4]
        part(server)
        background.join()
        with server.session() as session:
            server.rotate(session)
        if number % 10 == 5:
            server.halt((signal.SIGINT, signal.SIGQUIT)[number // 10 % 2])
            server.launch()
    server.settle()
