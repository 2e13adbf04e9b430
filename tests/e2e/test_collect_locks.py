"""pg_locks: who waits for whom, by real lock waits."""

import uuid

import pytest

from postgres import PLAIN, PLAIN_PASSWORD

PAIR = {
    "blocked_pid", "blocked_user", "blocked_application", "blocked_client_addr",
    "blocked_query", "blocked_query_start", "blocking_pid", "blocking_user",
    "blocking_application", "blocking_client_addr", "blocking_query",
    "blocking_query_start", "locktype", "blocked_mode", "blocking_mode"}


@pytest.fixture(autouse=True)
def table(postgres):
    with postgres.session() as session:
        session.execute("DROP TABLE IF EXISTS stock; CREATE TABLE stock AS "
                        "SELECT n AS id, 0 AS amount FROM generate_series(1, 10) n")


def locks(collect, spool, status=0):
    result = collect.run("--source", "pg_locks")
    assert result.status == status, result.stderr
    (name,) = spool.waiting()
    return spool.check(name)["data"]


def blocker_and_blocked(sessions, name="e2e blocked"):
    blocker = sessions.add("e2e blocker")
    blocker.execute("BEGIN")
    blocker.execute("UPDATE stock SET amount = 1 WHERE id = 1")
    blocked = sessions.add(name)
    blocked.run("UPDATE stock SET amount = 2 WHERE id = 1")
    sessions.wait_for_lock()
    return blocker, blocked


def test_a_blocked_and_a_blocking_session_are_that_pair(collect, spool, sessions):
    blocker, blocked = blocker_and_blocked(sessions)
    data = locks(collect, spool)
    assert data["has_blocking"] is True and data["count"] == 1 and "error" not in data
    (pair,) = data["locks"]
    assert set(pair) == PAIR
    assert (pair["blocked_pid"], pair["blocking_pid"]) == (blocked.pid, blocker.pid)
    assert pair["blocked_query"] == "UPDATE stock SET amount = 2 WHERE id = 1"
    assert pair["blocking_query"] == "UPDATE stock SET amount = 1 WHERE id = 1"
    assert (pair["blocked_application"], pair["blocking_application"]) \
        == ("e2e blocked", "e2e blocker")
    assert pair["locktype"] == "transactionid"
    assert (pair["blocked_mode"], pair["blocking_mode"]) == ("ShareLock", "ExclusiveLock")


def test_the_blocked_sessions_uuid_is_found_by_correlation_id(collect, spool, sessions):
    correlation_id = str(uuid.uuid4())
    blocker, blocked = blocker_and_blocked(sessions, "bitville-" + correlation_id)
    assert collect.run().status == 0
    found = [p for p in spool.payloads() if p["correlation_id"] == correlation_id]
    (payload,) = found
    (row,) = payload["data"]["sessions"]
    assert row["pid"] == blocked.pid and row["wait_event_type"] == "Lock"
    (pairs,) = spool.payloads("pg_locks")
    (pair,) = pairs["data"]["locks"]
    assert (pair["blocked_pid"], pair["blocking_pid"]) == (blocked.pid, blocker.pid)
    assert correlation_id in pair["blocked_application"]


def test_without_blocking_it_is_sent_all_the_same(collect, spool):
    data = locks(collect, spool)
    assert data["has_blocking"] is False
    assert data["locks"] == [] and data["count"] == 0 and "error" not in data


def test_a_chain_shows_each_link(collect, spool, sessions):
    blocker, blocked = blocker_and_blocked(sessions)
    third = sessions.add("e2e third")
    third.run("UPDATE stock SET amount = 3 WHERE id = 1")
    sessions.wait_for_lock(2)
    pairs = {(p["blocked_pid"], p["blocking_pid"]) for p in locks(collect, spool)["locks"]}
    assert (blocked.pid, blocker.pid) in pairs
    assert (third.pid, blocked.pid) in pairs or (third.pid, blocker.pid) in pairs


def test_a_relation_lock_shows_its_modes(collect, spool, sessions):
    reader = sessions.add("e2e reader")
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM stock")
    ddl = sessions.add("e2e ddl")
    ddl.run("ALTER TABLE stock ADD COLUMN b int")
    sessions.wait_for_lock()
    (pair,) = locks(collect, spool)["locks"]
    assert (pair["locktype"], pair["blocked_mode"], pair["blocking_mode"]) \
        == ("relation", "AccessExclusiveLock", "AccessShareLock")


def test_of_several_modes_the_one_that_conflicts_is_told(collect, spool, sessions):
    writer = sessions.add("e2e writer")
    writer.execute("BEGIN")
    writer.execute("SELECT count(*) FROM stock")
    writer.execute("UPDATE stock SET amount = 1 WHERE id = 1")
    index = sessions.add("e2e index")
    index.run("CREATE INDEX ON stock (amount)")
    sessions.wait_for_lock()
    (pair,) = locks(collect, spool)["locks"]
    assert (pair["blocked_mode"], pair["blocking_mode"]) == ("ShareLock", "RowExclusiveLock")


def test_a_session_ahead_in_the_queue_blocks_by_what_it_waits_for(collect, spool, sessions):
    reader, ddl = sessions.add("e2e reader"), sessions.add("e2e ddl")
    for session in (reader, ddl):
        session.execute("BEGIN")
        session.execute("SELECT count(*) FROM stock")
    ddl.run("ALTER TABLE stock ADD COLUMN c int")
    sessions.wait_for_lock()
    late = sessions.add("e2e late")
    late.run("SELECT count(*) FROM stock")
    sessions.wait_for_lock(2)
    (pair,) = [p for p in locks(collect, spool)["locks"] if p["blocked_pid"] == late.pid]
    assert pair["blocking_pid"] == ddl.pid
    assert (pair["blocked_mode"], pair["blocking_mode"]) \
        == ("AccessShareLock", "AccessExclusiveLock")


def test_an_advisory_lock_is_one_too(collect, spool, sessions):
    holder, waiter = sessions.add(), sessions.add()
    holder.execute("SELECT pg_advisory_lock(42)")
    waiter.run("SELECT pg_advisory_lock(42)")
    sessions.wait_for_lock()
    (pair,) = locks(collect, spool)["locks"]
    assert (pair["blocked_pid"], pair["blocking_pid"]) == (waiter.pid, holder.pid)
    assert pair["locktype"] == "advisory"


def test_more_than_50_pairs_are_cut_the_longest_waiters_first(collect, spool, sessions):
    blocker, first = blocker_and_blocked(sessions, "e2e first")
    crowd = [sessions.add("e2e crowd") for _ in range(60)]
    for session in crowd:
        session.run("UPDATE stock SET amount = 4 WHERE id = 1")
    sessions.wait_for_lock(61)
    data = locks(collect, spool)
    assert data["count"] == len(data["locks"]) == 50
    assert data["locks"][0]["blocked_pid"] == first.pid
    assert data["locks"][0]["blocking_pid"] == blocker.pid


def test_queries_are_cut_at_500_characters(collect, spool, sessions):
    blocker, _ = sessions.add("e2e blocker"), None
    blocker.execute("BEGIN")
    long = "UPDATE stock SET amount = 1 WHERE id = 1 /* %s */" % ("ü" * 1000)
    blocker.execute(long)
    sessions.add().run("UPDATE stock SET amount = 2 WHERE id = 1")
    sessions.wait_for_lock()
    (pair,) = locks(collect, spool)["locks"]
    assert pair["blocking_query"] == long[:500] + "...[truncated]"


def test_a_prepared_transaction_that_blocks_is_no_reason_to_fail(
        collect, spool, sessions, postgres):
    with postgres.session() as session:
        if session.value("SHOW max_prepared_transactions") == "0":
            pytest.skip("max_prepared_transactions is 0")
        session.execute("BEGIN")
        session.execute("UPDATE stock SET amount = 1 WHERE id = 1")
        session.execute("PREPARE TRANSACTION 'e2e'")
        try:
            waiter = sessions.add()
            waiter.run("UPDATE stock SET amount = 2 WHERE id = 1")
            sessions.wait_for_lock()
            (pair,) = locks(collect, spool)["locks"]
            assert pair["blocked_pid"] == waiter.pid
        finally:
            session.execute("ROLLBACK PREPARED 'e2e'")


def test_not_permitted_is_not_zero(collect, spool, sessions):
    blocker_and_blocked(sessions)
    collect.set(database__user=PLAIN, database__password=PLAIN_PASSWORD)
    data = locks(collect, spool, status=1)
    assert data["has_blocking"] is None
    assert "pg_read_all_stats" in data["error"]
    assert data["locks"] == [] or data["locks"][0]["blocked_query"] is None


def test_database_down_is_not_zero_either(collect, spool, postgres):
    collect.set(database__port=1)
    data = locks(collect, spool, status=1)
    assert data["has_blocking"] is None and data["error"]
    assert data["count"] == 0
