"""The servers of the matrix: what SQL says there, and what pg-collect reports."""

import copy
import itertools
import json
import pathlib
import shutil
import tempfile

import agent
from pgbouncer import PgBouncer
from postgres import MONITOR, USER, Postgres
from spool import Spool
from waiting import eventually

SETTINGS = {
    "log_temp_files": "0",
    "track_io_timing": "on",
    "pg_stat_statements.track_planning": "on",
    "max_standby_streaming_delay": "-1",
    "hot_standby_feedback": "on",
    "wal_level": "logical",
}

# By name: which version, what stands between.
KINDS = {
    "13": ("13", None),
    "15": ("15", None),
    "17": ("17", None),
    "18": ("18", None),
    "standby": ("15", "standby"),
    "pgbouncer": ("15", "pgbouncer"),
}

# Sessions of the tests themselves are not counted: a report has only the first 100 statements.
QUIET = "-c pg_stat_statements.track=none"

NOT_NUMBERS_IN_JSON = (26, 28)  # oid and xid, of pg_type.dat; pg-collect writes them as numbers


def root_of(version):
    """Where root.sh has put it; this Debian's own needs none."""
    path = agent.ROOT / "build-matrix" / ("root-" + version)
    return path if path.exists() else "/"


class Standby(Postgres):
    """A streaming copy of a running server."""

    def __init__(self, primary, slot=None, **settings):
        super().__init__(primary.root, **settings)
        self.primary = primary
        self.slot = ["-C", "-S", slot] if slot else []

    def start(self):
        self.make_directory()
        self.run_tool("pg_basebackup", "-h", self.primary.socket_directory,
                      "-p", str(self.primary.port), "-U", USER, "-D", str(self.data),
                      "-R", "-X", "stream", "-c", "fast", "--no-sync", *self.slot)
        self.launch()
        return self

    def catch_up(self):
        with self.primary.session() as there, self.session() as here:
            flushed = there.value("SELECT pg_current_wal_flush_lsn()")
            eventually(lambda: here.value("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn",
                                          [flushed]), "the standby's replay")


class Report:
    """What a run of pg-collect said."""

    def __init__(self, result, payloads):
        self.status, self.stderr, self.payloads = result.status, result.stderr, payloads

    def data(self, source):
        """Of the source's one payload; that of a single correlation id is not counted."""
        (data,) = [p["data"] for p in self.payloads
                   if p["source"] == source and not p["data"].get("subset")]
        return data


class Server:
    """One of KINDS. Sessions and SQL go to the server itself, pg-collect to the pooler, where
    there is one."""

    def __init__(self, name):
        self.name = name
        version, self.between = KINDS[name]
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="matrix-"))
        self.primary = Postgres(root_of(version), **SETTINGS)
        assert version == self.primary.bin.split("/")[4], "no PostgreSQL " + version
        self.postgres, self.pooler = self.primary, None
        self.runs = itertools.count(1)

    def start(self):
        self.primary.start()
        with self.primary.session() as session:
            # What is asked for is not to change what is seen.
            session.execute("ALTER ROLE %s SET pg_stat_statements.track = 'none'" % MONITOR)
        if self.between == "standby":
            self.postgres = Standby(self.primary, **SETTINGS).start()
            self.postgres.catch_up()
        elif self.between == "pgbouncer":
            self.pooler = PgBouncer(self.primary).start()
        return self

    def stop(self):
        if self.pooler:
            self.pooler.stop()
        if self.postgres is not self.primary:
            self.postgres.stop()
        self.primary.stop()
        shutil.rmtree(self.directory)

    @property
    def is_standby(self):
        return self.between == "standby"

    @property
    def upstream(self):
        """Of a standby: the same with all asked of its primary."""
        upstream = copy.copy(self)
        upstream.postgres, upstream.between = self.primary, None
        return upstream

    @property
    def version(self):
        """150014 for 15.14."""
        with self.session() as session:
            return session.connection.server_version

    def session(self, dbname="postgres", options=QUIET):
        return self.postgres.session(dbname, options=options)

    def write(self, *statements, dbname="postgres"):
        """Each in a transaction of its own; a standby has them, too, afterwards."""
        with self.primary.session(dbname, options=QUIET) as session:
            for statement in statements:
                session.execute(statement)
        if self.is_standby:
            self.postgres.catch_up()

    def value(self, sql, parameters=None):
        with self.session() as look:
            return look.value(sql, parameters)

    def rows(self, sql, dbname="postgres"):
        """As the superuser sees them, as JSON has them: the server's own words for times."""
        with self.session(dbname, options=QUIET + " -c timezone=UTC") as look:
            with look.connection.cursor() as cursor:
                cursor.execute("SELECT * FROM (%s) r LIMIT 0" % sql)
                numbers = [c.name for c in cursor.description
                           if c.type_code in NOT_NUMBERS_IN_JSON]
            rows = [json.loads(text) for (text,) in look.execute(
                "SELECT to_json(r)::text FROM (%s) r" % sql)]
        for row in rows:
            for name in numbers:
                row[name] = None if row[name] is None else int(row[name])
        return rows

    def settings(self, **account):
        """pg-collect's, with the keywords of Postgres.settings_for()."""
        settings = self.postgres.settings_for(**account)
        settings["collection.budget_ms"] = 30000  # of a machine busy with other things
        if self.pooler:
            settings["database.port"] = self.pooler.port
        return settings

    def collect(self, sources, *options, **account):
        """A run of its own spool for comma-separated sources; with --print without one."""
        run = next(self.runs)
        spool = Spool(self.directory / ("spool-%d" % run)).make()
        program = agent.Program("pg-collect", self.directory / ("run-%d" % run), {
            **self.settings(**account), "buffer.path": spool.path, "buffer.min_free_mb": 0})
        result = program.run("--source", sources, *options)
        if "--print" in options:
            assert spool.waiting() == []
            return Report(result, [json.loads(line) for line in result.stdout.splitlines()])
        return Report(result, [spool.check(name) for name in spool.waiting()])

    def test(self, sources, **account):
        """What --test says about comma-separated sources: the result, and the lines that are
        not ok."""
        program = agent.Program("pg-collect", self.directory / "test", {
            **self.settings(**account), "buffer.path": self.directory / "spool-test",
            "buffer.min_free_mb": 0})
        result = program.run("--test", "--source", sources)
        return result, [line for line in result.stdout.splitlines()
                        if line.startswith(("warn", "FAIL"))]

    def compare(self, sql, collect, dbname="postgres"):
        """A report and the rows that SQL says: the same before it as after it."""
        def take():
            before = self.rows(sql, dbname)
            report = collect()
            return before == self.rows(sql, dbname) and (report, before)

        return eventually(take, "the same rows before and after")
