"""What a source reports is what SQL says at the same moment, on each server."""

import dataclasses

import picture as picture_module
import pytest
from postgres import MONITOR, PLAIN, PLAIN_PASSWORD

ACTIVITY_COLUMNS = (
    "pid", "usename", "application_name", "client_addr", "client_port", "backend_start",
    "xact_start", "query_start", "state_change", "wait_event_type", "wait_event", "state",
    "query", "backend_type", "datname", "leader_pid", "query_id", "backend_xid", "backend_xmin")

ACTIVITY = """
SELECT a.*,
	lower(substring(application_name from 'bitville-([-0-9a-fA-F]{36})')) AS correlation_id
FROM pg_stat_activity a
WHERE state <> 'idle' AND usename IS DISTINCT FROM '%s' AND pid <> pg_backend_pid()
ORDER BY query_start DESC NULLS LAST, pid""" % MONITOR

STATEMENTS = "SELECT * FROM %s.pg_stat_statements ORDER BY total_exec_time DESC"

# The blocker's lock is the one on the waiter's object: the picture has no blocker with two.
LOCKS = """
SELECT w.pid AS blocked_pid, wa.usename AS blocked_user,
	wa.application_name AS blocked_application, wa.client_addr AS blocked_client_addr,
	wa.query AS blocked_query, wa.query_start AS blocked_query_start,
	b.pid AS blocking_pid, ba.usename AS blocking_user,
	ba.application_name AS blocking_application, ba.client_addr AS blocking_client_addr,
	ba.query AS blocking_query, ba.query_start AS blocking_query_start,
	w.locktype, w.mode AS blocked_mode, h.mode AS blocking_mode
FROM pg_locks w
CROSS JOIN LATERAL (SELECT DISTINCT unnest(pg_blocking_pids(w.pid)) AS pid) b
LEFT JOIN pg_stat_activity wa ON wa.pid = w.pid
LEFT JOIN pg_stat_activity ba ON ba.pid = b.pid
LEFT JOIN pg_locks h ON coalesce(h.pid, 0) = b.pid AND h.locktype = w.locktype
	AND h.database IS NOT DISTINCT FROM w.database
	AND h.relation IS NOT DISTINCT FROM w.relation
	AND h.transactionid IS NOT DISTINCT FROM w.transactionid
	AND h.classid IS NOT DISTINCT FROM w.classid
	AND h.objid IS NOT DISTINCT FROM w.objid
	AND h.objsubid IS NOT DISTINCT FROM w.objsubid
WHERE NOT w.granted
ORDER BY wa.query_start, b.pid"""


@dataclasses.dataclass
class Compared:
    """One source: where its rows are in data, and the SQL that says them."""
    source: str
    rows: str
    sql: str
    columns: tuple = None  # of those the server has; None: all
    strings: tuple = ()  # numbers in SQL, strings in JSON
    added: tuple = ()  # in JSON only

    def said(self, row):
        """A row of SQL as the source should report it."""
        kept = {name: row[name] for name in row
                if self.columns is None or name in self.columns}
        for name in self.strings:
            if kept.get(name) is not None:
                kept[name] = str(kept[name])
        return kept


COMPARED = [
    Compared("pg_stat_activity", "sessions", ACTIVITY,
             (*ACTIVITY_COLUMNS, "correlation_id"), ("query_id",)),
    Compared("pg_stat_statements", "statements", STATEMENTS % "public", strings=("queryid",),
             added=("delta",)),
    Compared("pg_locks", "locks", LOCKS, added=(
        "blocking_gid", "blocked_correlation_id", "blocking_correlation_id")),
]
ALL = ",".join(compared.source for compared in COMPARED) + ",system_metrics"


def check(server, compared, *options, dbname="postgres"):
    report, rows = server.compare(
        compared.sql, lambda: server.collect(compared.source, *options, dbname=dbname), dbname)
    assert report.status == 0 and report.stderr == ""
    data = report.data(compared.source)
    reported = [{name: value for name, value in row.items() if name not in compared.added}
                for row in data[compared.rows]]
    assert reported == [compared.said(row) for row in rows]
    assert data["count"] == len(rows) > 0
    return data


@pytest.mark.parametrize("compared", COMPARED, ids=lambda compared: compared.source)
@pytest.mark.parametrize("options", [[], ["--print"]], ids=["spool", "print"])
def test_a_source_reports_what_sql_says(server, picture, compared, options):
    check(server, compared, *options)


def test_the_picture_is_all_there(server, picture):
    """What the comparison above can't see: that there was something to compare."""
    report = server.collect("pg_stat_activity,pg_locks")
    activity, locks = report.data("pg_stat_activity"), report.data("pg_locks")
    assert {(p["blocked_pid"], p["blocking_pid"]) for p in locks["locks"]} == picture.pairs
    assert locks["has_blocking"] is True
    assert None not in [p["blocking_mode"] for p in locks["locks"]]
    rows = activity["sessions"]
    assert {row["state"] for row in rows} \
        == {"active", "idle in transaction", "idle in transaction (aborted)"}
    for column in ACTIVITY_COLUMNS:
        if column == "query_id" and server.version < 140000:
            assert not [row for row in rows if column in row]
        elif column == "backend_xid" and server.is_standby:
            assert not [row for row in rows if row[column] is not None]
        else:
            assert [row for row in rows if row[column] is not None], column
    subset = [p for p in report.payloads if p["correlation_id"]]
    assert [p["correlation_id"] for p in subset] == [picture_module.CORRELATION_ID]
    assert activity["with_correlation"] == 1 and activity["total"] == activity["count"]


def test_each_version_of_the_extension_in_a_schema_of_its_own(server, picture):
    versions = [row["version"] for row in server.rows(
        "SELECT version FROM pg_available_extension_versions WHERE name = 'pg_stat_statements'"
        " AND string_to_array(version, '.')::int[] >= '{1,8}' ORDER BY 1")]
    assert versions
    for version in versions:
        dbname, schema = "matrix " + version, '"We""ird %s"' % version
        server.write('CREATE DATABASE "%s" TEMPLATE template0' % dbname)
        server.write(
            "CREATE SCHEMA " + schema, "GRANT USAGE ON SCHEMA %s TO %s" % (schema, MONITOR),
            "CREATE EXTENSION pg_stat_statements SCHEMA %s VERSION '%s'" % (schema, version),
            dbname=dbname)
        check(server, Compared("pg_stat_statements", "statements", STATEMENTS % schema,
                               strings=("queryid",), added=("delta",)), dbname=dbname)


def test_the_server_is_named(server, picture):
    said = {"address": "127.0.0.1", "port": server.settings()["database.port"],
            "version": server.value("SHOW server_version"),
            "system_identifier": str(server.value(
                "SELECT system_identifier FROM pg_control_system()"))}
    report = server.collect(ALL)
    named = [p["data"]["server"] for p in report.payloads if p["source"] != "system_metrics"]
    assert len(named) == len(COMPARED) + 1  # sessions of a correlation id come once more
    assert named == [said] * len(named)


def test_a_role_of_no_rights_gets_what_it_may_have_and_the_cause(server, picture):
    report = server.collect(ALL, user=PLAIN, password=PLAIN_PASSWORD)
    assert report.status == 1
    assert "GRANT pg_read_all_stats TO %s" % PLAIN in report.stderr
    assert {p["source"] for p in report.payloads} == {"pg_locks", "system_metrics"}
    locks = report.data("pg_locks")
    assert locks["has_blocking"] is None and "pg_read_all_stats" in locks["error"]


WAITERS = "SELECT DISTINCT pid FROM pg_locks WHERE NOT granted"
PREPARED = """
SELECT gid, prepared, owner, database, transaction::text::bigint AS transaction
FROM pg_prepared_xacts ORDER BY prepared, gid"""
# Of those that stand in somebody's way who waits for nobody.
ROOTS = """
SELECT DISTINCT b.pid FROM pg_locks w
CROSS JOIN LATERAL unnest(pg_blocking_pids(w.pid)) AS b (pid)
WHERE NOT w.granted AND b.pid NOT IN (SELECT pid FROM pg_locks WHERE NOT granted)
ORDER BY b.pid"""


def test_the_roots_of_waiting_and_the_prepared_transactions(server, picture):
    report, _ = server.compare(WAITERS, lambda: server.collect("pg_locks"))
    data = report.data("pg_locks")
    assert data["waiters"] == len(server.rows(WAITERS)) > 0
    assert sorted(root["pid"] for root in data["roots"]) \
        == [row["pid"] for row in server.rows(ROOTS)] != []
    prepared = server.rows(PREPARED)
    assert data["prepared_count"] == len(prepared)
    assert [{name: transaction[name] for name in prepared[0]}
            for transaction in data["prepared_transactions"]] == prepared
