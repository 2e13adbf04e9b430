"""Commands that report their progress and stand still, or nearly so, while it is looked at."""

import contextlib
import subprocess
import threading

from postgres import USER, Sessions
from server import QUIET
from waiting import eventually

GATE = 4711

# Each value of an index made with it waits at the gate: whatever builds or samples that index.
SLOW = """
CREATE FUNCTION slow(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN
	PERFORM pg_advisory_lock_shared(%(gate)d);
	PERFORM pg_advisory_unlock_shared(%(gate)d);
	RETURN n; END $$""" % {"gate": GATE}

TABLES = ("built", "sampled", "clustered", "cleaned", "copied")


class Typist:
    """What COPY reads from: a few rows, then nothing until it is closed."""

    def __init__(self):
        self.rows, self.closed = "1\n2\n3\n" * 5000, threading.Event()

    def read(self, size):
        if not self.rows:
            self.closed.wait()
        piece, self.rows = self.rows[:size], self.rows[size:]
        return piece


class Commands(contextlib.ExitStack):
    """One for each view of progress that the server has: view → how it is begun."""

    def __init__(self, server):
        super().__init__()
        self.server = server
        self.views = [row["relname"] for row in server.rows(
            "SELECT relname FROM pg_class WHERE relname LIKE 'pg\\_stat\\_progress\\_%'"
            " ORDER BY 1")]

    def __enter__(self):
        try:
            self.begin()
        except BaseException:
            self.close()
            raise
        return self

    def begin(self):
        if not self.server.is_standby:
            self.prepare()
        self.sessions = self.enter_context(Sessions(self.server.postgres))
        self.add("matrix gate").execute("SELECT pg_advisory_lock(%d)" % GATE)
        if self.server.is_standby:
            commands = {"basebackup": self.back_up, "copy": self.copy_out}
        else:
            commands = {
                "analyze": lambda: self.run("ANALYZE sampled"),
                "basebackup": self.back_up,
                "cluster": lambda: self.run("CLUSTER clustered USING clustered_order"),
                "copy": self.copy_in,
                "create_index": lambda: self.run("CREATE INDEX ON built (slow(n))"),
                "vacuum": lambda: self.run(
                    "VACUUM cleaned", "SET vacuum_cost_delay = '100ms'",
                    "SET vacuum_cost_limit = 1"),
            }
        self.shown = [view for view in self.views if view.split("_", 3)[3] in commands]
        for view in self.shown:
            commands[view.split("_", 3)[3]]()
            eventually(lambda: self.server.value("SELECT count(*) FROM %s WHERE %s" % (
                view, self.condition(view))), "progress in " + view)

    @staticmethod
    def condition(view):
        """It has come to where there is something to see."""
        return {"pg_stat_progress_vacuum": "heap_blks_scanned > 0",
                "pg_stat_progress_basebackup": "backup_streamed > 0",
                "pg_stat_progress_cluster": "phase = 'rebuilding index'",
                "pg_stat_progress_analyze": "phase = 'computing statistics'"}.get(view, "true")

    def prepare(self):
        self.server.write(SLOW)
        self.callback(self.server.write, "DROP FUNCTION slow")
        for table in TABLES:
            self.server.write("CREATE TABLE %s AS SELECT n, repeat('x', 300) AS text"
                              " FROM generate_series(1, 5000) n" % table)
            self.callback(self.server.write, "DROP TABLE " + table)
        self.server.write("CREATE INDEX ON sampled (slow(n))", "CREATE INDEX ON clustered (slow(n))",
                          "CREATE INDEX clustered_order ON clustered (n)",
                          "DELETE FROM cleaned WHERE n % 2 = 0")

    def add(self, name):
        return self.sessions.add(name, options=QUIET)

    def run(self, sql, *settings):
        session = self.add("matrix command")
        for setting in settings:
            session.execute(setting)
        session.run(sql)

    def copy_in(self):
        session, typist = self.add("matrix copy"), Typist()
        thread = threading.Thread(target=session.connection.cursor().copy_expert, daemon=True,
                                  args=("COPY copied (n) FROM STDIN", typist))
        self.callback(thread.join, 20)
        self.callback(typist.closed.set)
        thread.start()

    def copy_out(self):
        self.run("COPY (SELECT pg_sleep(3600)) TO STDOUT")

    def back_up(self):
        postgres = self.server.postgres
        backup = subprocess.Popen(postgres.command(
            "pg_basebackup", "-h", postgres.socket_directory, "-p", str(postgres.port),
            "-U", USER, "-D", str(postgres.directory / "backup"), "--max-rate=32", "-X", "none",
            "-c", "fast", "--no-sync"),
            cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        self.callback(backup.wait)
        self.callback(backup.kill)
