"""What a server shows while it is asked: sessions of every kind, who waits for whom, and
statements that were counted. Nothing in it moves."""

import contextlib

import psycopg2

from postgres import PLAIN, PLAIN_PASSWORD, Session, Sessions
from waiting import eventually

CORRELATION_ID = "3e6f0a52-91c7-4d0e-8f57-0b7c2f5d8a19"
FOREVER = "SELECT pg_sleep(3600)"
MOVES = "UPDATE stock SET amount = amount + 1 WHERE id = %d"
PREPARED = "matrix prepared"


class Picture(contextlib.ExitStack):
    def __init__(self, server):
        super().__init__()
        self.server = server
        self.sessions = self.enter_context(Sessions(server.postgres))
        self.pairs = set()  # (blocked, blocking) by pid

    def __enter__(self):
        self.server.write(
            "CREATE TABLE stock AS SELECT n AS id, 0 AS amount FROM generate_series(1, 10) n",
            "CREATE TABLE held (id int)")
        with self.server.session() as session:
            session.execute("SELECT pg_stat_statements_reset()")
        self.keep_slots()
        self.count_statements()
        self.open_transactions()
        self.run_in_parallel()
        if self.server.is_standby:
            self.wait_for_the_primary()
        else:
            self.wait_for_rows()
        self.wait_for_advisory_locks()
        self.eventually(len({blocked for blocked, _ in self.pairs}), "wait_event_type = 'Lock'")
        return self

    def eventually(self, count, condition):
        eventually(lambda: self.server.value(
            "SELECT count(*) FROM pg_stat_activity WHERE " + condition) == count,
            "%d sessions with %s" % (count, condition))

    def begin(self, name, *statements, **options):
        session = self.sessions.add(name, **options)
        for statement in ("BEGIN", *statements):
            session.execute(statement)
        return session

    def blocked(self, name, sql, by, *statements):
        """A transaction of the statements that then waits with the last."""
        session = self.begin(name, *statements)
        session.run(sql)
        self.pairs.add((session.pid, by))
        self.eventually(1, "pid = %d AND wait_event_type = 'Lock'" % session.pid)
        return session

    @property
    def in_parallel(self):
        """The setting that gives any statement a worker, under its name of this version."""
        newer = self.server.version >= 160000
        return ("debug_parallel_query" if newer else "force_parallel_mode") + " = on"

    def keep_slots(self):
        """Which nobody reads. One of them waits for all transactions that there are."""
        with self.server.primary.session() as session:
            for sql in ("SELECT pg_create_physical_replication_slot('matrix_kept', true)",
                        "SELECT pg_create_logical_replication_slot('matrix_read',"
                        " 'test_decoding')"):
                session.execute(sql)

    def count_statements(self):
        session = self.sessions.add("matrix counted")
        for n in range(1, 30):
            session.execute("SELECT %s AS counted" % " + ".join("1" * (n % 7 + 1)))
        session.execute("SELECT count(*) FROM generate_series(1, 300000)")  # temporary blocks
        session.execute("SELECT 'Grüße, 日本, 🐌' AS counted")
        if not self.server.is_standby:
            session.execute("CREATE TEMPORARY TABLE counted AS SELECT generate_series(1, 9999)")
            session.execute("SELECT count(*) FROM counted")
            session.execute("UPDATE stock SET amount = amount + 1 WHERE id > 5")
        for setting in ("jit = on", "jit_above_cost = 0", "jit_inline_above_cost = 0",
                        "jit_optimize_above_cost = 0"):
            session.execute("SET " + setting)
        session.execute("SELECT sum(amount + 1) AS compiled FROM stock WHERE id < 9")
        session.execute("SET " + self.in_parallel)
        session.execute("SELECT sum(amount + 2) FROM stock WHERE id < 9")

    def open_transactions(self):
        for n in range(3):
            self.begin("matrix idler %d" % n, "SELECT %d AS serial" % n)
        self.begin("bitville-" + CORRELATION_ID.upper(), "SELECT 1 AS of_a_web_request")
        self.begin("matrix snapshot", "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
                   "SELECT count(*) FROM stock")
        aborted = self.begin("matrix aborted")
        with contextlib.suppress(psycopg2.Error):
            aborted.execute("SELECT 1 / 0")
        self.sessions.add("matrix active").run(FOREVER)
        self.eventually(1, "query = '%s' AND wait_event = 'PgSleep'" % FOREVER)
        connection = psycopg2.connect(
            host="127.0.0.1", port=self.server.postgres.port, dbname="postgres", user=PLAIN,
            password=PLAIN_PASSWORD, application_name="matrix über TCP")
        self.sessions.enter_context(Session(connection)).execute("SELECT 1")  # within BEGIN

    def run_in_parallel(self):
        leader = self.sessions.add("matrix leader")
        leader.execute("SET " + self.in_parallel)
        leader.run(FOREVER)
        self.eventually(1, "leader_pid = %d AND wait_event = 'PgSleep'" % leader.pid)
        self.eventually(1, "pid = %d AND wait_event = 'ExecuteGather'" % leader.pid)

    def wait_for_rows(self):
        """A chain, one behind a prepared transaction, and one that waits for who only waits."""
        first = self.begin("matrix first", MOVES % 1)
        second = self.blocked("matrix second", MOVES % 1, first.pid, MOVES % 2)
        self.blocked("matrix third", MOVES % 2, second.pid)
        with self.server.session() as session:
            for statement in ("BEGIN", MOVES % 3, "PREPARE TRANSACTION '%s'" % PREPARED):
                session.execute(statement)
        self.callback(self.server.write, "ROLLBACK PREPARED '%s'" % PREPARED)
        self.blocked("matrix orphan", MOVES % 3, 0)
        reader = self.begin("matrix reader", "SELECT count(*) FROM held")
        ddl = self.blocked("matrix ddl", "ALTER TABLE held ADD b int", reader.pid)
        self.blocked("matrix queued", "SELECT count(*) FROM held", ddl.pid)

    def wait_for_the_primary(self):
        """Its exclusive lock is held by the process that replays it."""
        there = self.enter_context(self.server.primary.session())
        there.execute("BEGIN")
        there.execute("LOCK TABLE held IN ACCESS EXCLUSIVE MODE")
        self.server.write("UPDATE stock SET amount = 0")  # only a commit is sent at once
        startup = self.server.value(
            "SELECT pid FROM pg_locks WHERE relation = 'held'::regclass")
        self.blocked("matrix standby", "SELECT count(*) FROM held", startup)

    def wait_for_advisory_locks(self):
        first = self.begin("matrix adviser", "SELECT pg_advisory_lock(1)")
        second = self.blocked("matrix advised", "SELECT pg_advisory_lock(1)", first.pid,
                              "SELECT pg_advisory_lock_shared(2)")
        self.blocked("matrix last", "SELECT pg_advisory_lock(2)", second.pid)
