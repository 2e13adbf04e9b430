"""A server in trouble: what can be had is sent, and the cause of the rest is named."""

import contextlib
import json
import os
import re
import signal

import psycopg2
import pytest

import postgres as postgres_module
from postgres import MONITOR
from waiting import eventually


@pytest.fixture(scope="module")
def own_server():
    """A server that may be broken."""
    server = postgres_module.Postgres(
        max_connections="6", superuser_reserved_connections="2", fsync="off",
        track_io_timing="on")
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture
def collect(collect, own_server):
    collect.settings.update(own_server.settings_for())
    return collect.set(database__lock_timeout_ms=20000, database__statement_timeout_ms=20000)


@contextlib.contextmanager
def hold(collect, own_server, name):
    """A run that stands in the middle of its visit, behind a lock; its backend, and the holder."""
    with own_server.session() as boss:
        with own_server.session() as holder:
            holder.execute("BEGIN")
            holder.execute("LOCK TABLE %s IN ACCESS EXCLUSIVE MODE" % name)
            running = collect.start()
            pid = eventually(lambda: boss.execute(
                "SELECT min(pid) FROM pg_stat_activity WHERE usename = '%s' "
                "AND wait_event_type = 'Lock'" % MONITOR)[0][0], "it waits")
            yield running, pid, boss, holder
            running.kill()
            with contextlib.suppress(psycopg2.Error):
                holder.execute("ROLLBACK")


@pytest.fixture
def held(collect, own_server):
    with hold(collect, own_server, "pg_catalog.pg_extension") as (running, pid, boss, _):
        yield running, pid, boss


def check(collect, result, spool, word, sources):
    """The cause is named, once; and these are the payloads."""
    assert result.status == 1
    assert word in result.stderr, result.stderr
    assert len(result.stderr.splitlines()) == 1, result.stderr
    assert {spool.check(name)["source"] for name in spool.waiting()} == sources
    for path in spool.new.iterdir():
        path.unlink()


NOTHING = {"system_metrics", "pg_locks"}
ALL = {*NOTHING, "pg_stat_statements"}


def test_cancelled_it_names_the_statement_that_was_and_sends_the_rest(collect, spool, held):
    running, pid, boss = held
    boss.execute("SELECT pg_cancel_backend(%d)" % pid)
    check(collect, running.wait(), spool, "canceling statement due to user request",
          {*NOTHING, "pg_stat_activity"})


def test_terminated_it_says_that_the_server_ended_it(collect, spool, held):
    running, pid, boss = held
    boss.execute("SELECT pg_terminate_backend(%d)" % pid)
    check(collect, running.wait(), spool, "terminating connection", NOTHING)


def test_when_the_server_crashes_the_next_run_finds_it_again(collect, spool, held, own_server):
    running, pid, _ = held
    os.kill(pid, signal.SIGKILL)
    check(collect, running.wait(), spool, "mend: ", NOTHING)
    eventually(own_server.is_ready, "PostgreSQL has recovered")
    assert collect.run().status == 0
    assert {p["source"] for p in spool.payloads()} >= ALL


def known(collect, spool):
    """After a run that has met the server; its state."""
    assert collect.run().status == 0
    for path in spool.new.iterdir():
        path.unlink()
    return spool.state / "pg-collect.json"


def test_one_that_can_not_say_who_it_is_is_asked_once_more(collect, spool, own_server):
    known(collect, spool)
    with hold(collect, own_server, "pg_catalog.pg_auth_members") as (running, pid, boss, holder):
        boss.execute("SELECT pg_cancel_backend(%d)" % pid)
        holder.execute("ROLLBACK")
        result = running.wait()
    assert (result.status, result.stderr) == (0, "")
    assert {p["source"] for p in spool.payloads()} >= ALL


def test_what_one_brought_that_never_says_who_it_is_is_not_sent(collect, spool, own_server):
    known(collect, spool)
    start_time = "EXECUTE ON FUNCTION pg_postmaster_start_time() %s PUBLIC"
    with own_server.session() as boss:
        boss.execute("REVOKE " + start_time % "FROM")
        try:
            result = collect.run()
        finally:
            boss.execute("GRANT " + start_time % "TO")
    check(collect, result, spool, "permission denied for function pg_postmaster_start_time",
          NOTHING)


def test_what_another_server_brought_before_it_was_lost_is_not_sent(collect, spool, own_server):
    state_path = known(collect, spool)
    state = json.loads(state_path.read_text())
    state["server"].update(system_identifier="4711", version="15.0 (of another)")
    state_path.write_text(json.dumps(state))
    view = "public.pg_stat_statements_info"  # asked after the sessions
    with hold(collect, own_server, view) as (running, pid, boss, _):
        boss.execute("SELECT pg_terminate_backend(%d)" % pid)
        result = running.wait()
        version = boss.value("SHOW server_version")
    (locks,) = spool.payloads("pg_locks")
    assert locks["data"]["has_blocking"] is None
    assert locks["data"]["server"]["version"] == version
    check(collect, result, spool, "terminating connection", NOTHING)


def test_a_server_that_shuts_down_says_so(collect, spool, own_server):
    with own_server.session():
        own_server.process.send_signal(signal.SIGTERM)  # it waits for this session
        eventually(lambda: "received smart shutdown request" in own_server.log.read_text())
        check(collect, collect.run(), spool, "the database system is shutting down", NOTHING)
    own_server.process.wait(20)
    check(collect, collect.run(), spool, "Connection refused", NOTHING)
    own_server.launch()
    assert collect.run().status == 0, "a start later what is known of the last is not used"
    assert {p["source"] for p in spool.payloads()} >= ALL


def test_without_a_free_connection_it_says_so(collect, spool, own_server):
    with postgres_module.Sessions(own_server) as sessions:
        for _ in range(4):
            sessions.add()
        check(collect, collect.run(), spool, "remaining connection slots are reserved", NOTHING)
        for _ in range(2):
            sessions.add()
        check(collect, collect.run(), spool, "too many clients already", NOTHING)


def test_a_read_only_server_is_asked_like_any(collect, spool, own_server):
    with own_server.session() as session:
        session.execute("ALTER ROLE %s SET default_transaction_read_only = on" % MONITOR)
        try:
            result = collect.run()
        finally:
            session.execute("ALTER ROLE %s RESET default_transaction_read_only" % MONITOR)
    assert (result.status, result.stderr) == (0, "")
    assert {p["source"] for p in spool.payloads()} >= ALL


def test_over_the_budget_optional_sources_are_shed_loudly(collect, spool):
    collect.set(collection__budget_ms=1,
                collection__sources="pg_locks, pg_stat_statements, pg_stat_database, pg_stat_wal")
    result = collect.run()
    assert result.status == 1
    (line,) = [line for line in result.stderr.splitlines() if "pg_stat_wal" in line]
    assert "pg_stat_database" in line and "shed" in line and "collection.budget_ms" in line
    assert int(re.search(r"had taken (\d+) ms", line).group(1)) >= 1
    assert {p["source"] for p in spool.payloads()} == {"pg_locks", "pg_stat_statements"}
    collect.set(collection__sources="system_metrics, pg_stat_wal", collection__budget_ms=30000)
    assert collect.run().status == 0
    (metrics,) = spool.payloads("system_metrics")
    last = metrics["data"]["collection"]
    assert last["pg_locks"]["ok"] and last["pg_stat_statements"]["ok"]
    assert not last["pg_stat_wal"]["ok"] and "shed" in last["pg_stat_wal"]["error"]
    assert spool.payloads("pg_stat_wal")
