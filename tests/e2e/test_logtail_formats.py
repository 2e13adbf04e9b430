"""A real PostgreSQL writes stderr, csvlog and jsonlog at once: the entries agree, field by field."""

import csv
import json
import os
import re

import pytest

import agent
import log_load
import logs
from spool import Spool
from waiting import eventually

LONG = agent.count_from_environment("E2E_LONG", 0)
ROTATIONS = 60 if LONG else 7
FORMATS = {"stderr": ".log", "csvlog": ".csv", "jsonlog": ".json"}

EVERYTHING = ("m=%m p=[%p] c=%c l=%l s=%s v=%v x=%x e=%e i=<%i> b=<%b> P=<%P> Q=%Q "
              "u=<%u> d=<%d> r=<%r> a=<%a> ")
DEBIAN = "%m [%p] %c %l %q%u@%d "
VARIANTS = {
    "every escape": {"log_line_prefix": EVERYTHING, "log_min_messages": "info"},
    "verbose": {"log_line_prefix": EVERYTHING, "log_error_verbosity": "verbose",
                "log_min_messages": "debug1"},
    "debian": {"log_line_prefix": DEBIAN, "log_timezone": "Europe/Berlin"},
}
# What this prefix has no escape for.
NOT_IN = {"debian": {"application_name", "correlation_id", "remote_host", "remote_port", "ps", "session_start",
                     "vxid", "txid", "state_code", "backend_type", "leader_pid", "query_id"}}


class Run:
    """One server's logs, and three services that followed them while they were written."""

    def __init__(self, name, directory):
        self.name, self.directory = name, directory
        self.settings = VARIANTS[name]
        self.server = log_load.LoggingServer(**self.settings)
        self.programs = []

    def program(self, label, log_path, log_format="auto"):
        directory = self.directory / label
        directory.mkdir()
        spool = Spool(directory / "spool").make()
        program = agent.Program("pg-logtail", directory / "program", {
            "collection.log_path": log_path, "collection.log_format": log_format,
            "collection.batch_interval_s": 1, "buffer.path": spool.path,
            "collection.log_timezone": self.settings.get("log_timezone", "UTC"),
            "buffer.min_free_mb": 0, "buffer.max_size_mb": 1000})
        program.environment["BITVILLE_PG_LOG_LINE_PREFIX"] = self.settings["log_line_prefix"]
        self.programs.append(program)
        return program, logs.Entries(spool)

    def one_format(self, label, log_format):
        return self.program(label + log_format, self.server.glob(FORMATS[log_format]), log_format)

    def once(self, label, *what):
        program, entries = self.program(label, *what)
        result = program.run("--once", "--from-start", timeout=120)
        assert result.status == 0, result.stderr
        assert "log_line_prefix" not in result.stderr, result.stderr
        return entries.look()

    def load(self):
        self.server.start()
        live = {name: self.one_format("live-", name) for name in FORMATS}
        running = {name: program.start("--from-start") for name, (program, _) in live.items()}
        log_load.run(self.server, ROTATIONS)
        wanted = len(self.records())
        for name, (_, entries) in live.items():
            eventually(lambda: len(parsed(entries.look())) >= wanted, name, every_s=0.5)
            assert running[name].stop().status == 0, running[name].stderr
        self.live = {name: entries.look() for name, (_, entries) in live.items()}
        self.later = {name: self.once("once-" + name, self.server.glob(ending), name)
                      for name, ending in FORMATS.items()}
        return self

    def records(self):
        """What Python's json reads."""
        return [json.loads(line) for path in self.server.logs(".json")
                for line in path.read_bytes().decode().splitlines()]

    def rows(self):
        """What Python's csv reads."""
        rows = []
        for path in self.server.logs(".csv"):
            with open(path, newline="", encoding="utf-8") as file:
                rows += list(csv.reader(file))
        return rows

    def close(self):
        for program in self.programs:
            program.close()
        self.server.stop()


@pytest.fixture(scope="module", params=list(VARIANTS))
def run(request, tmp_path_factory):
    made = Run(request.param, tmp_path_factory.mktemp("formats"))
    try:
        yield made.load()
    finally:
        made.close()


def parsed(entries):
    return [entry for entry in entries.all() if entry["level"] not in ("UNPARSED", "GAP")]


def canonical(entry, kind, name):
    """An entry without what the formats can't have in common."""
    entry = {key: value for key, value in entry.items() if value not in (None, "")}
    # Each format counts lines by itself, stderr DETAIL and the like as well.
    entry.pop("line_num", None)
    # stderr and csvlog write 00000, jsonlog nothing.
    if entry.get("state_code") == "00000":
        del entry["state_code"]
    # %u, %d and %a say so where csvlog and jsonlog say nothing.
    for key in ("user", "database", "application_name"):
        if entry.get(key) == "[unknown]":
            del entry[key]
    # In stderr the position is the message's end, whichever query it is a position in; the others
    # have it beside the query only, which DEBUG messages come without.
    positions = [entry.pop(key, None) for key in ("cursor_position", "internal_position")]
    tail = re.search(r" at character (\d+)$", entry.get("message", ""))
    if tail:
        entry["message"] = entry["message"][:tail.start()]
        positions.append(int(tail.group(1)))
    if any(positions) and entry["level"] != "DEBUG":
        entry["position"] = max(filter(None, positions))
    # csvlog has no column for it.
    entry.pop("backtrace", None)
    for key in NOT_IN.get(name, ()):
        entry.pop(key, None)
    return entry


def by_session(entries, kind, name):
    """Session → its entries, in its own order."""
    sessions = {}
    for entry in parsed(entries):
        sessions.setdefault(entry["session_id"], []).append(entry)
    return {session: [canonical(entry, kind, name)
                      for entry in sorted(found, key=lambda e: e["line_num"])]
            for session, found in sessions.items()}


def compare(ours, theirs, what):
    assert set(ours) == set(theirs), what
    differences = []
    for session in ours:
        for a, b in zip(ours[session], theirs[session]):
            if a != b:
                keys = [key for key in sorted({*a, *b}) if a.get(key) != b.get(key)]
                differences.append("%s: %s" % (a.get("message", "")[:60], ", ".join(
                    "%s: %.200r / %.200r" % (key, a.get(key), b.get(key)) for key in keys)))
        if len(ours[session]) != len(theirs[session]):
            differences.append("%s: %d entries / %d" % (session, len(ours[session]),
                                                        len(theirs[session])))
    assert not differences, "%s: %d differ\n%s" % (what, len(differences),
                                                   "\n".join(differences[:15]))


@pytest.mark.parametrize("kind", ["csvlog", "stderr"])
@pytest.mark.parametrize("when", ["live", "later"])
def test_the_entries_of_all_formats_agree(run, kind, when):
    sources = getattr(run, when)
    compare(by_session(sources[kind], kind, run.name),
            by_session(sources["jsonlog"], "jsonlog", run.name),
            "%s %s / jsonlog" % (when, kind))


def test_live_and_later_give_the_same(run):
    for kind in FORMATS:
        compare(by_session(run.live[kind], kind, run.name),
                by_session(run.later[kind], kind, run.name), "live / later " + kind)


@pytest.mark.parametrize("when", ["live", "later"])
def test_none_is_missing_and_none_is_there_twice(run, when):
    sources = getattr(run, when)
    records = run.records()
    assert len(records) == len(run.rows()) > 1000
    for kind in FORMATS:
        entries = parsed(sources[kind])
        assert len(entries) == len(records), kind
        keys = [(e["session_id"], e["line_num"]) for e in entries]
        assert len(set(keys)) == len(keys), kind
        assert not any(e.get("continued") or e.get("suspect") for e in entries), kind


def test_jsonlog_says_what_python_reads(run):
    ours = {(e["session_id"], e["line_num"]): e for e in parsed(run.later["jsonlog"])}
    for record in run.records():
        entry = ours[record["session_id"], record["line_num"]]
        if "PASSWORD" in record.get("message", "") + record.get("statement", ""):
            continue  # masked
        assert entry["level"] == re.sub(r"\d$", "", record["error_severity"])
        assert entry["pid"] == record["pid"]
        assert entry["message"] == record.get("message", "")
        assert entry.get("database") == record.get("dbname")
        for key in ("user", "application_name", "remote_host", "remote_port", "ps", "vxid",
                    "state_code", "detail", "hint", "context", "internal_query",
                    "internal_position", "cursor_position", "func_name", "file_name",
                    "file_line_num", "backtrace", "backend_type", "leader_pid"):
            assert (entry.get(key) or None) == (record.get(key) or None), key
        assert entry.get("txid") == (record["txid"] or None)
        assert entry.get("query_id") == (str(record["query_id"]) if record["query_id"] else None)
        if "statement" in record:
            assert entry["statement"][:1900] == record["statement"][:1900]


def test_csvlog_says_what_python_reads(run):
    ours = {(e["session_id"], e["line_num"]): e for e in parsed(run.later["csvlog"])}
    for row in run.rows():
        entry = ours[row[5], int(row[6])]
        if "PASSWORD" in row[13] + row[19]:
            continue  # masked
        for key, column in (("user", 1), ("database", 2), ("ps", 7), ("message", 13),
                            ("detail", 14), ("hint", 15), ("context", 18),
                            ("application_name", 22), ("backend_type", 23)):
            assert (entry.get(key) or "") == row[column], key
        host, _, port = row[4].rpartition(":")
        if port.isdigit():
            assert (entry["remote_host"], entry["remote_port"]) == (host, int(port))
        else:
            assert entry.get("remote_host", "") == row[4]


def test_stray_lines_are_in_stderr_only(run):
    for kind in FORMATS:
        found = [e["message"] for e in run.later[kind].of_level("UNPARSED")]
        if kind == "stderr":
            assert "a stray line" in found
            assert not [line for line in found if re.search(r"\b(LOG|ERROR|DETAIL):  ", line)]
        else:
            assert found == []
        assert run.later[kind].of_level("GAP") == []


def test_a_directory_gives_the_best_format_and_the_stray_lines(run):
    entries = run.once("directory", run.server.log_directory)
    compare(by_session(entries, "jsonlog", run.name),
            by_session(run.later["jsonlog"], "jsonlog", run.name), "directory / jsonlog")
    assert len(parsed(entries)) == len(run.records())
    assert [e["message"] for e in entries.of_level("UNPARSED")] \
        == [e["message"] for e in run.later["stderr"].of_level("UNPARSED")]


def test_events_are_found(run):
    """What the load brings about; each in at least one entry."""
    for kind in FORMATS:
        names = {e["event"] for e in parsed(run.later[kind]) if "event" in e}
        assert names >= {
            "authentication_failure", "autoanalyze", "autovacuum", "bind", "checkpoint_complete",
            "connection_authorized", "connection_received", "connection_terminated", "deadlock",
            "disconnection", "execute", "lock_acquired", "lock_wait", "parse", "statement",
            "statement_canceled", "temporary_file", "unique_violation"}, kind


def test_values_are_found(run):
    found = {}
    for entry in parsed(run.later["jsonlog"]):
        found.setdefault(entry.get("event"), entry)
    assert found["statement"]["duration_ms"] > 0
    assert found["temporary_file"]["temporary_bytes"] > 10**4
    lock, deadlock = found["lock_wait"], found["deadlock"]
    assert lock["lock_pid"] == lock["pid"] and lock["lock_mode"] == "ShareLock"
    assert lock["waited_ms"] >= 100 and lock["pid"] in lock["lock_queue"]
    assert len(lock["lock_holders"]) == 1 and lock["lock_holders"] != [lock["pid"]]
    assert deadlock["state_code"] == "40P01"
    assert sorted(deadlock["deadlock_pids"]) == sorted([lock["pid"], *lock["lock_holders"]])


def test_the_times_are_iso_8601(run):
    for kind in FORMATS:
        for entry in parsed(run.later[kind]):
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d",
                                entry["timestamp"]), entry["timestamp"]


@pytest.mark.parametrize("kind", ["csvlog", "jsonlog"])
def test_entries_of_one_session_are_in_their_order(run, kind):
    """In stderr a file's last entries wait for their STATEMENT while the next file is read."""
    last = {}
    for entry in parsed(run.later[kind]):
        if "correlation_id" not in entry:
            assert entry["line_num"] > last.get(entry["session_id"], 0)
            last[entry["session_id"]] = entry["line_num"]


def test_a_prefix_not_configured_is_recognised(run):
    """As strange as these are: most of the lines at least, and the others come as they are."""
    program, entries = run.program("guess", run.server.glob(".log"), "stderr")
    program.environment["BITVILLE_PG_LOG_LINE_PREFIX"] = "auto"
    assert program.run("--once", "--from-start").status == 0
    mine = [(e["level"], e["message"]) for e in parsed(entries.look())]
    theirs = {(e["level"], e["message"]) for e in parsed(run.later["stderr"])}
    assert set(mine) <= theirs
    if run.name == "debian":
        assert len(mine) > 0.95 * len(run.records())


def test_an_import_of_all_files_gives_the_same(run):
    program, entries = run.program("import", "/nowhere", "csvlog")
    assert program.run(run.server.glob(".csv")).status == 0
    compare(by_session(entries.look(), "csvlog", run.name),
            by_session(run.later["csvlog"], "csvlog", run.name), "import / csvlog")
    assert os.listdir(entries.spool.state) == []
