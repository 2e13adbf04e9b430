"""pg-collect's wall time against psql's running the same statements on one connection."""

import json
import os
import pathlib
import re

from agent import Program
from measured import Failed, alternate, median, ratio, run, table, verdict
from postgres import MONITOR, MONITOR_PASSWORD, Postgres, Sessions
from waiting import eventually

RATIO_AIM, MEMORY_AIM_MIB = 1.1, 12  # MB as buffer.max_size_mb counts them
TABLES, COLUMNS = 50, 100  # a statement for each column
WAITERS, IDLERS = 15, 89
APPLICATION = "bitville-monitor"
LOG_END = "bench: the end of the log so far"
SETTINGS = {
    "logging_collector": "on",
    "log_destination": "jsonlog",
    "log_directory": "log",
    "log_filename": "server",
    "pg_stat_statements.max": "10000",
    "track_activity_query_size": "4096",
}


def make_statements(session):
    """Some thousands of distinct statements, their texts of the usual few hundred bytes."""
    columns = ["c%d" % n for n in range(COLUMNS)]
    for table_number in range(TABLES):
        name = "orders_%d" % table_number
        session.execute("CREATE TABLE %s (%s)" % (
            name, ", ".join(column + " integer" for column in columns)))
        session.execute("; ".join(
            "SELECT count(*), sum(%s) AS total, min(%s) AS least, max(%s) AS most FROM %s "
            "WHERE %s BETWEEN 1 AND 1000 AND c0 <> 17 AND c1 IN (1, 2, 3, 5, 8, 13, 21) "
            "GROUP BY c2, c3 HAVING count(*) > 10 ORDER BY total DESC NULLS LAST, c2, c3 LIMIT 50 "
            "/* controller: orders, action: report, job: nightly, line: %d */"
            % (column, column, column, name, column, number)
            for number, column in enumerate(columns)))


def make_sessions(sessions):
    """One session that blocks some, and many that stand about in transactions."""
    holder = sessions.add("bench holder")
    holder.execute("CREATE TABLE stock (article integer PRIMARY KEY, quantity integer)")
    holder.execute("INSERT INTO stock VALUES (1, 100)")
    holder.execute("BEGIN")
    holder.execute("UPDATE stock SET quantity = quantity - 1 WHERE article = 1")
    for number in range(WAITERS):
        sessions.add("bench waiter %d" % number).run(
            "UPDATE stock SET quantity = quantity - 1 WHERE article = 1")
    sessions.wait_for_lock(WAITERS)
    sessions.idle_in_transaction(IDLERS)


def literal_statement(entry):
    """One entry of the server's log as SQL that psql can run: parameters become literals."""
    message = entry["message"]
    match = re.match(r"(?:statement|execute [^:]*): (.*)", message, re.S)
    if not match:
        return None
    parameters = dict(re.findall(r"\$(\d+) = ('(?:[^']|'')*'|NULL)", entry.get("detail", "")))
    return re.sub(r"\$(\d+)", lambda found: parameters[found.group(1)], match.group(1))


def statements_of(postgres, act):
    """What the agent's sessions sent while act() ran, as the server's log has it."""
    log_path = postgres.data / "log" / "server.json"
    before = log_path.stat().st_size
    with postgres.session() as session:
        session.execute("ALTER ROLE %s SET log_statement = 'all'" % MONITOR)
        act()
        session.execute("ALTER ROLE %s RESET log_statement" % MONITOR)
        session.execute("DO $$ BEGIN RAISE LOG '%s'; END $$" % LOG_END)
    entries = []

    def is_whole():
        with open(log_path, "rb") as log:
            log.seek(before)
            lines = log.read().split(b"\n")[:-1]
        entries[:] = [json.loads(line) for line in lines]
        return any(entry["message"] == LOG_END for entry in entries)

    eventually(is_whole, "the server's log")
    found = [literal_statement(entry) for entry in entries
             if entry.get("application_name") == APPLICATION]
    found = [statement for statement in found if statement]
    if not found:
        raise Failed("no statement of %s in the server's log" % APPLICATION)
    return found


class Contest:
    def __init__(self, directory, postgres):
        self.directory, self.postgres = pathlib.Path(directory), postgres
        self.program = Program("pg-collect", self.directory / "pg-collect", {
            **postgres.settings_for(), "buffer.path": self.directory / "spool",
            "buffer.min_free_mb": 0})
        self.program.save()
        self.script = self.directory / "same.sql"
        self.spooled()  # a first run finds out what later ones know
        statements = statements_of(postgres, self.printed)
        self.count = len(statements)
        self.script.write_text("".join(sql.rstrip().rstrip(";") + ";\n" for sql in statements))

    def printed(self):
        return run(self.directory, *self.program.arguments("--print"),
                   environment=self.program.environment)

    def spooled(self):
        return run(self.directory, *self.program.arguments(),
                   environment=self.program.environment)

    def psql(self):
        environment = {**self.program.environment, "PGPASSWORD": MONITOR_PASSWORD}
        return run(self.directory, os.path.join(self.postgres.bin, "psql"),
                   "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-f", self.script,
                   "-h", "127.0.0.1", "-p", str(self.postgres.port), "-U", MONITOR,
                   "-d", "postgres", environment=environment)


def row(name, runs, against):
    wall = ratio(runs, against, lambda r: r.wall_s) if runs is not against else 1
    return [name, "%.1f" % (1000 * median(runs, lambda r: r.wall_s)), "%.2f" % wall,
            "%.1f" % (1000 * median(runs, lambda r: r.cpu_s)),
            "%.1f" % max(r.peak_mib for r in runs)]


def measure(directory, postgres, rounds):
    with postgres.session() as session, Sessions(postgres) as sessions:
        make_statements(session)
        make_sessions(sessions)
        contest = Contest(directory, postgres)
        printed, spooled, psql = alternate(
            rounds, contest.printed, contest.spooled, contest.psql)
        entries = session.value("SELECT count(*) FROM pg_stat_statements(false)")
    wall = ratio(printed, psql, lambda r: r.wall_s)
    peak_mib = max(r.peak_mib for r in printed + spooled)
    print("pg-collect against the server's own psql running the same %d statements on one\n"
          "connection (%d sessions, %d of them blocked, %d statements known to\n"
          "pg_stat_statements); medians of %d alternating runs"
          % (contest.count, WAITERS + IDLERS + 1, WAITERS, entries, rounds))
    table([["", "wall ms", "ratio", "CPU ms", "peak MiB"],
           row("pg-collect --print", printed, psql),
           row("pg-collect, into a spool", spooled, psql),
           row("psql", psql, psql)])
    table([["wall of --print against psql", "%.2f" % wall, "aim %.1f" % RATIO_AIM,
            verdict(wall, RATIO_AIM, less_is_better=True)],
           ["peak memory, MiB", "%.1f" % peak_mib, "aim %d" % MEMORY_AIM_MIB,
            verdict(peak_mib, MEMORY_AIM_MIB, less_is_better=True)]])


def bench(directory, rounds):
    postgres = Postgres(**SETTINGS)
    try:
        measure(directory, postgres.start(), rounds)
    finally:
        postgres.stop()
