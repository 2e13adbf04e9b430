"""pg-collect's cost: its wall time against psql's, and the server's CPU for it against naive queries."""

import json
import os
import pathlib
import re
import statistics

from agent import Program
from collect_load import IDLERS, NAIVE, make_sessions, make_statements
from measured import Failed, alternate, median, ratio, run, table, verdict
from postgres import MONITOR, MONITOR_PASSWORD, Postgres, Sessions
from waiting import eventually

SAME_AIM, NAIVE_AIM, MEMORY_AIM_MIB = 1.1, 0.6, 12  # MB as buffer.max_size_mb counts them
APPLICATION = "bitville-monitor"
LOG_END = "bench: the end of the log so far"
TICKS_A_S = os.sysconf("SC_CLK_TCK")
SETTINGS = {
    "autovacuum": "off",
    "logging_collector": "on",
    "log_destination": "jsonlog",
    "log_directory": "log",
    "log_filename": "server",
    "max_connections": "700",
    "pg_stat_statements.max": "10000",
    "track_activity_query_size": "4096",
}

# name, bytes added to each statement's text, waiting sessions, aim for the server's CPU
CASES = [
    ("5,000 statements, 2 MB of texts, 15 waiters", 0, 15, 1.0),
    ("the same with 100 MB of texts", 20000, 15, 0.2),
    ("100 waiters", 0, 100, 1.0),
    ("550 waiters", 0, 550, 0.2),
]


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
            "buffer.min_free_mb": 0, "collection.budget_ms": 30000})
        self.program.save()
        for _ in range(4):
            self.spooled()  # the first ones find out what later ones know
        statements = statements_of(postgres, self.printed)
        self.count = len(statements)
        self.same = self.script("same.sql", statements)
        self.naive = self.script("naive.sql", NAIVE)

    def script(self, name, statements):
        path = self.directory / name
        path.write_text("".join(sql.rstrip().rstrip(";") + ";\n" for sql in statements))
        return path

    def printed(self):
        return run(self.directory, *self.program.arguments("--print"),
                   environment=self.program.environment)

    def spooled(self):
        return run(self.directory, *self.program.arguments(),
                   environment=self.program.environment)

    def psql(self, script):
        environment = {**self.program.environment, "PGPASSWORD": MONITOR_PASSWORD}
        return run(self.directory, os.path.join(self.postgres.bin, "psql"),
                   "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-f", script,
                   "-h", "127.0.0.1", "-p", str(self.postgres.port), "-U", MONITOR,
                   "-d", "postgres", environment=environment)

    def psql_same(self):
        return self.psql(self.same)

    def psql_naive(self):
        return self.psql(self.naive)

    def server_cpu_ms(self, look, times, act):
        """Of the server processes that served act, each time; look is a session that stays."""
        before = self.ended_ticks(look)
        for _ in range(times):
            act()
        return 1000 * (self.ended_ticks(look) - before) / TICKS_A_S / times

    def ended_ticks(self, look):
        """The CPU of those that have ended is the postmaster's."""
        eventually(lambda: look.value(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = '%s'" % MONITOR) == 0)
        stat = pathlib.Path("/proc/%d/stat" % self.postgres.process.pid).read_text()
        return sum(int(field) for field in stat.rpartition(")")[2].split()[13:15])


def row(name, runs, against, cpu_ms):
    wall = ratio(runs, against, lambda r: r.wall_s) if runs is not against else 1
    return [name, "%.1f" % (1000 * median(runs, lambda r: r.wall_s)), "%.2f" % wall,
            "%.1f" % (1000 * median(runs, lambda r: r.cpu_s)),
            "%.1f" % max(r.peak_mib for r in runs), "%.1f" % cpu_ms]


def measure(directory, postgres, rounds, case):
    name, text_bytes, waiters, cpu_aim = case
    with postgres.session() as session, Sessions(postgres) as sessions:
        make_statements(session, text_bytes)
        make_sessions(sessions, waiters)
        contest = Contest(directory, postgres)
        acts = contest.printed, contest.spooled, contest.psql_same, contest.psql_naive
        all_runs = printed, spooled, same, naive = alternate(rounds, *acts)
        cpu_ms = [statistics.median([contest.server_cpu_ms(session, rounds, act) for _ in range(3)])
                  for act in acts]
    walls = [ratio(printed, other, lambda r: r.wall_s) for other in (same, naive)]
    peak_mib = max(r.peak_mib for r in printed + spooled)
    cpu = cpu_ms[1] / cpu_ms[3]
    print("%s (%d sessions); medians of %d alternating runs"
          % (name, waiters + IDLERS + 1, rounds))
    names = ("pg-collect --print", "pg-collect, into a spool",
             "psql, the same %d statements" % contest.count, "psql, naive queries")
    table([["", "wall ms", "ratio", "CPU ms", "peak MiB", "server's CPU ms"],
           *(row(*columns) for columns in zip(names, all_runs, [same] * 4, cpu_ms))])
    table([["wall of --print against psql", "%.2f" % walls[0], "aim %.1f" % SAME_AIM,
            verdict(walls[0], SAME_AIM, less_is_better=True)],
           ["wall of --print against naive queries", "%.2f" % walls[1], "aim %.1f" % NAIVE_AIM,
            verdict(walls[1], NAIVE_AIM, less_is_better=True)],
           ["server's CPU against naive queries", "%.2f" % cpu, "aim %.1f" % cpu_aim,
            verdict(cpu, cpu_aim, less_is_better=True)],
           ["peak memory, MiB", "%.1f" % peak_mib, "aim %d" % MEMORY_AIM_MIB,
            verdict(peak_mib, MEMORY_AIM_MIB, less_is_better=True)]])


def bench(directory, rounds):
    print("pg-collect against the server's own psql on one connection\n")
    for number, case in enumerate(CASES):
        postgres = Postgres(**SETTINGS)
        place = pathlib.Path(directory, str(number))
        place.mkdir()
        try:
            measure(place, postgres.start(), rounds, case)
        finally:
            postgres.stop()
