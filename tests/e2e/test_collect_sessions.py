"""pg_stat_activity: who does something, and for which web request."""

import uuid

import pytest

from postgres import MONITOR
from waiting import eventually

COLUMNS = {
    "pid", "usename", "application_name", "client_addr", "client_port", "backend_start",
    "xact_start", "query_start", "state_change", "wait_event_type", "wait_event", "state",
    "query", "backend_type", "correlation_id", "datname", "leader_pid", "query_id",
    "backend_xid", "backend_xmin"}


def activity(collect, spool, status=0):
    """The common payload and the subsets of one run."""
    result = collect.run("--source", "pg_stat_activity")
    assert result.status == status, result.stderr
    payloads = [spool.check(name) for name in spool.waiting()]
    common = [p for p in payloads if not p["data"].get("subset")]
    subsets = [p for p in payloads if p["data"].get("subset")]
    assert len(common) == 1
    return common[0], subsets


def test_40_sessions_are_seen_with_what_they_do(collect, spool, sessions, postgres):
    opened = sessions.idle_in_transaction(45)
    payload, subsets = activity(collect, spool)
    data = payload["data"]
    seen = {session["pid"]: session for session in data["sessions"]}
    assert {session.pid for session in opened} <= set(seen)
    assert data["count"] == len(data["sessions"]) == data["total"] >= 45
    assert data["with_correlation"] == 0 and subsets == []
    assert payload["correlation_id"] == "" and payload["project"] == "default"
    for n, session in enumerate(opened):
        row = seen[session.pid]
        assert set(row) == COLUMNS
        assert row["state"] == "idle in transaction"
        assert row["query"] == "SELECT %d AS serial" % n
        assert row["application_name"] == "e2e idler %d" % n
        assert (row["usename"], row["datname"]) == ("postgres", "postgres")
        assert row["backend_type"] == "client backend" and row["correlation_id"] is None


def test_the_server_is_named(collect, spool, sessions, postgres):
    sessions.idle_in_transaction(1)
    payload, _ = activity(collect, spool)
    server = payload["data"]["server"]
    with postgres.session() as session:
        assert server["version"].startswith(session.value("SHOW server_version").split(" ")[0])
        assert server["system_identifier"] == str(session.value(
            "SELECT system_identifier FROM pg_control_system()"))
    assert server["port"] == postgres.port and server["address"] == "127.0.0.1"


def test_idle_sessions_and_our_own_are_not_listed(collect, spool, sessions):
    idle = sessions.add("e2e just idle")
    idle.execute("SELECT 1")
    busy = sessions.idle_in_transaction(1)[0]
    payload, _ = activity(collect, spool)
    pids = {session["pid"] for session in payload["data"]["sessions"]}
    assert busy.pid in pids and idle.pid not in pids
    assert "bitville-monitor" not in {
        session["application_name"] for session in payload["data"]["sessions"]}


def test_nothing_is_sent_when_nobody_does_anything(collect, spool):
    assert collect.run("--source", "pg_stat_activity").status == 0
    assert spool.waiting() == []


def test_newest_query_comes_first_and_times_are_iso_8601_with_offset(
        collect, spool, sessions):
    sessions.idle_in_transaction(10)
    payload, _ = activity(collect, spool)
    starts = [session["query_start"] for session in payload["data"]["sessions"]]
    import datetime
    times = [datetime.datetime.fromisoformat(text) for text in starts]
    assert times == sorted(times, reverse=True)
    assert all(time.tzinfo is not None for time in times)
    assert abs(times[0].timestamp() - payload["timestamp"]) < 60


def test_above_100_the_oldest_transactions_and_blockers_are_kept(
        collect, spool, sessions, postgres):
    with postgres.session() as setup:
        setup.execute("CREATE TABLE IF NOT EXISTS crowd AS SELECT 1 AS a")
    oldest = sessions.idle_in_transaction(5)
    blocker = sessions.add("e2e blocker")
    blocker.execute("BEGIN")
    blocker.execute("UPDATE crowd SET a = 2")
    crowd = sessions.idle_in_transaction(110)
    waiter = sessions.add("e2e waiter")
    waiter.run("UPDATE crowd SET a = 3")
    sessions.wait_for_lock()
    payload, _ = activity(collect, spool)
    data = payload["data"]
    pids = {session["pid"] for session in data["sessions"]}
    assert data["count"] == len(data["sessions"]) == 100
    assert data["total"] >= 5 + 1 + 110 + 1
    assert {blocker.pid, waiter.pid} | {session.pid for session in oldest} <= pids
    assert len(crowd) == 110


@pytest.mark.parametrize("length, shown", [(4000, 4000), (4001, 4000), (20000, 4000)])
@pytest.mark.parametrize("character", ["x", "ü", "🐌"])
def test_a_query_is_cut_at_4000_characters(
        collect, spool, sessions, length, shown, character):
    session = sessions.add("e2e long")
    session.execute("BEGIN")
    head = "SELECT '"
    sql = head + character * (length - len(head) - 1) + "'"
    session.execute(sql)
    payload, _ = activity(collect, spool)
    (row,) = [s for s in payload["data"]["sessions"] if s["pid"] == session.pid]
    want = sql if length <= shown else sql[:shown] + "...[truncated]"
    stored = 32768 - 1  # track_activity_query_size, in bytes
    if len(sql.encode()) <= stored or length > shown:
        assert row["query"] == want


def test_a_correlated_session_is_found_by_the_envelopes_correlation_id(
        collect, spool, sessions):
    ids = [str(uuid.uuid4()) for _ in range(3)]
    for n, correlation_id in enumerate(ids):
        session = sessions.add("bitville-" + correlation_id.upper())
        session.execute("BEGIN")
        session.execute("SELECT %s AS n" % n)
    twin = sessions.add("x bitville-" + ids[0])
    twin.execute("BEGIN")
    sessions.idle_in_transaction(2)
    payload, subsets = activity(collect, spool)
    common = [s["correlation_id"] for s in payload["data"]["sessions"]]
    assert sorted(c for c in common if c) == sorted(ids + ids[:1])
    assert payload["data"]["with_correlation"] == 4
    assert sorted(p["correlation_id"] for p in subsets) == sorted(ids)
    for subset in subsets:
        data = subset["data"]
        assert data["subset"] is True
        assert {s["correlation_id"] for s in data["sessions"]} == {subset["correlation_id"]}
        assert data["count"] == len(data["sessions"])
        assert data["count"] == (2 if subset["correlation_id"] == ids[0] else 1)


@pytest.mark.parametrize("name", [
    "bitville-", "bitville-1234", "bitville-zzzzzzzz-0000-4000-8000-000000000000",
    "Bitville-%s" % uuid.UUID(int=7), "bitville_%s" % uuid.UUID(int=7),
    "bitville-%s0" % uuid.UUID(int=7), "bitville-%s-1" % uuid.UUID(int=7)])
def test_what_is_no_uuid_is_no_correlation(collect, spool, sessions, name):
    sessions.add(name).execute("BEGIN")
    payload, subsets = activity(collect, spool)
    assert payload["data"]["with_correlation"] == 0 and subsets == []


def test_at_most_20_ids_get_payloads_of_their_own_the_blocked_first(
        collect, spool, sessions, postgres):
    with postgres.session() as setup:
        setup.execute("CREATE TABLE IF NOT EXISTS crowd AS SELECT 1 AS a")
    blocker = sessions.add("e2e blocker")
    blocker.execute("BEGIN")
    blocker.execute("LOCK TABLE crowd")
    blocked = str(uuid.uuid4())
    sessions.add("bitville-" + blocked).run("SELECT * FROM crowd")
    sessions.wait_for_lock()
    for _ in range(25):
        sessions.add("bitville-%s" % uuid.uuid4()).execute("BEGIN")
    payload, subsets = activity(collect, spool)
    assert payload["data"]["with_correlation"] == 26
    assert len(subsets) == 20
    assert blocked in {p["correlation_id"] for p in subsets}


def test_a_role_without_pg_read_all_stats_is_told_so(collect, spool, sessions):
    from postgres import PLAIN, PLAIN_PASSWORD
    sessions.idle_in_transaction(3)
    collect.set(database__user=PLAIN, database__password=PLAIN_PASSWORD)
    result = collect.run("--source", "pg_stat_activity")
    assert result.status == 1
    assert "pg_read_all_stats" in result.stderr and PLAIN in result.stderr


def test_nothing_of_ours_is_left_in_the_server(collect, spool, postgres, sessions):
    sessions.idle_in_transaction(3)
    with postgres.session() as look:
        xid = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text"
        settings = "SELECT count(*) FROM pg_db_role_setting"
        before = (look.value(xid), look.value(settings))
        assert collect.run().status == 0
        eventually(lambda: look.value(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = %s", [MONITOR]) == 0,
            "its session is gone")
        assert (look.value(xid), look.value(settings)) == before, "it consumed a transaction id"


def test_settings_are_local_to_each_transaction(collect, spool, postgres, sessions):
    """A SET or a BEGIN would reach the next client of a transaction pooler."""
    sessions.idle_in_transaction(1)
    with postgres.session() as session:
        session.execute("ALTER ROLE %s SET log_statement = 'all'" % MONITOR)
        try:
            assert collect.run().status == 0
        finally:
            session.execute("ALTER ROLE %s RESET log_statement" % MONITOR)
    log = postgres.log.read_text(errors="replace")
    statements = [line.split(": ", 2)[2] for line in log.splitlines()
                  if MONITOR + "@" in line and ("execute " in line or "statement: " in line)]
    assert len(statements) >= 6
    for statement in statements:
        word = statement.split()[0].upper().rstrip(";")
        assert word in ("SELECT", "WITH", "VALUES", "TABLE"), statement
        for call in statement.split("set_config(")[1:]:
            assert call.split(")")[0].rstrip().endswith("true"), statement


def test_a_query_with_a_password_is_masked(collect, spool, sessions):
    session = sessions.add("e2e secretive")
    session.execute("BEGIN")
    session.execute("DO $$BEGIN NULL; END$$; -- \n"
                    "SELECT 'ALTER ROLE x PASSWORD ''n0t-f0r-you-A''', "
                    "'host=x password=n0t-f0r-you-B', 'postgres://u:n0t-f0r-you-C@h/d'")
    payload, _ = activity(collect, spool)
    (row,) = [s for s in payload["data"]["sessions"] if s["pid"] == session.pid]
    assert "n0t-f0r-you-B" not in row["query"] and "n0t-f0r-you-C" not in row["query"]


@pytest.mark.parametrize("mode, want", [
    ("none", "SELECT 'visible', 4711"), ("literals", "SELECT '***', 0"),
    ("statements", "SELECT ...")])
def test_redaction_as_configured(collect, spool, sessions, mode, want):
    session = sessions.add("e2e literal")
    session.execute("BEGIN")
    session.execute("SELECT 'visible', 4711")
    collect.set(collection__redact=mode)
    payload, _ = activity(collect, spool)
    (row,) = [s for s in payload["data"]["sessions"] if s["pid"] == session.pid]
    assert row["query"] == want
