"""pg_locks: who waits for whom, by real lock waits."""

import contextlib
import uuid

import pytest

from postgres import PLAIN, PLAIN_PASSWORD

UUID = "0f5d3f0a-5a44-4a3e-8d0c-0a3f0c1d2e3f"
PAIR = {
    "blocked_pid", "blocked_user", "blocked_application", "blocked_client_addr",
    "blocked_query", "blocked_query_start", "blocking_pid", "blocking_user",
    "blocking_application", "blocking_client_addr", "blocking_query",
    "blocking_query_start", "locktype", "blocked_mode", "blocking_mode", "blocking_gid",
    "blocked_correlation_id", "blocking_correlation_id"}
ROOT = {
    "pid", "usename", "application_name", "client_addr", "state", "query", "xact_start",
    "query_start", "state_change", "wait_event_type", "wait_event", "gid", "correlation_id",
    "waiters", "waiters_direct", "longest_wait_s"}


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
    assert pair["blocking_gid"] is pair["blocking_correlation_id"] is None
    (root,) = data["roots"]
    assert set(root) == ROOT
    assert (root["pid"], root["application_name"]) == (blocker.pid, "e2e blocker")
    assert root["state"] == "idle in transaction"
    assert root["query"] == "UPDATE stock SET amount = 1 WHERE id = 1"
    assert root["longest_wait_s"] > 0
    assert data["deadlocked"] == 0


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
    assert pair["blocked_correlation_id"] == correlation_id


def test_without_blocking_it_is_sent_all_the_same(collect, spool):
    data = locks(collect, spool)
    assert data["has_blocking"] is False
    assert data["locks"] == [] and data["count"] == 0 and "error" not in data
    assert data["roots"] == data["prepared_transactions"] == []
    assert data["waiters"] == data["roots_count"] == data["prepared_count"] == 0


def test_a_chain_shows_each_link_and_ends_at_its_root(collect, spool, sessions):
    blocker, blocked = blocker_and_blocked(sessions)
    third = sessions.add("e2e third")
    third.run("UPDATE stock SET amount = 3 WHERE id = 1")
    sessions.wait_for_lock(2)
    data = locks(collect, spool)
    pairs = {(p["blocked_pid"], p["blocking_pid"]) for p in data["locks"]}
    assert (blocked.pid, blocker.pid) in pairs
    assert (third.pid, blocked.pid) in pairs or (third.pid, blocker.pid) in pairs
    (root,) = data["roots"]
    assert (root["pid"], root["waiters"], data["waiters"]) == (blocker.pid, 2, 2)


def test_the_root_that_holds_up_most_comes_first(collect, spool, sessions):
    def hold(name, row, waiters):
        holder = sessions.add(name)
        holder.execute("BEGIN")
        holder.execute("UPDATE stock SET amount = 1 WHERE id = %s", (row,))
        for _ in range(waiters):
            waiter = sessions.add()
            waiter.execute("BEGIN")
            waiter.execute("UPDATE stock SET amount = 1 WHERE id = %s", (row + 1,))
            waiter.run("UPDATE stock SET amount = 2 WHERE id = %d" % row)
            row += 1

    hold("e2e few", 1, 2)
    hold("bitville-" + UUID, 5, 4)
    sessions.wait_for_lock(6)
    data = locks(collect, spool)
    assert [(r["waiters"], r["waiters_direct"], r["correlation_id"]) for r in data["roots"]] \
        == [(4, 1, UUID), (2, 1, None)]
    assert (data["waiters"], data["roots_count"], data["deadlocked"]) == (6, 2, 0)


def test_a_deadlock_has_no_root_and_is_told(collect, spool, sessions):
    one, other, late = (sessions.add() for _ in range(3))
    for session, row in (one, 1), (other, 2):
        session.execute("BEGIN")
        session.execute("UPDATE stock SET amount = 1 WHERE id = %s", (row,))
    one.run("UPDATE stock SET amount = 2 WHERE id = 2")
    sessions.wait_for_lock(1)
    other.run("UPDATE stock SET amount = 2 WHERE id = 1")
    sessions.wait_for_lock(2)
    late.run("UPDATE stock SET amount = 2 WHERE id = 1")
    sessions.wait_for_lock(3)
    data = locks(collect, spool)
    assert data["has_blocking"] is True and data["waiters"] == 3
    assert data["deadlocked"] == 2 and data["roots"] == [] and data["roots_count"] == 0


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
    (root,) = data["roots"]
    assert (root["pid"], root["waiters"], data["waiters"]) == (blocker.pid, 61, 61)


def test_a_root_behind_more_waiters_than_are_asked_about_is_found(collect, spool, sessions):
    """The crowd waits longer than the one it waits for: that one's wait is the newest."""
    holder, middle = sessions.add("e2e holder"), sessions.add("e2e middle")
    for session, key in (holder, 1), (middle, 2):
        session.execute("SELECT pg_advisory_lock(%s)", (key,))
    for _ in range(55):
        sessions.add("e2e crowd").run("SELECT pg_advisory_lock_shared(2)")
    sessions.wait_for_lock(55)
    middle.run("SELECT pg_advisory_lock(1)")
    sessions.wait_for_lock(56)
    data = locks(collect, spool)
    assert {p["blocking_pid"] for p in data["locks"]} == {middle.pid}
    (root,) = data["roots"]
    assert (root["pid"], root["waiters"], root["waiters_direct"]) == (holder.pid, 56, 1)


def test_queries_are_cut_at_500_characters(collect, spool, sessions):
    blocker, _ = sessions.add("e2e blocker"), None
    blocker.execute("BEGIN")
    long = "UPDATE stock SET amount = 1 WHERE id = 1 /* %s */" % ("ü" * 1000)
    blocker.execute(long)
    sessions.add().run("UPDATE stock SET amount = 2 WHERE id = 1")
    sessions.wait_for_lock()
    (pair,) = locks(collect, spool)["locks"]
    assert pair["blocking_query"] == long[:500] + "...[truncated]"


@contextlib.contextmanager
def prepared(postgres, statements):
    """Transactions by gid; they are rolled back in the end."""
    with postgres.session() as session, contextlib.ExitStack() as stack:
        for gid, sql in statements.items():
            session.execute("BEGIN")
            session.execute(sql)
            session.execute("PREPARE TRANSACTION '%s'" % gid)
            stack.callback(session.execute, "ROLLBACK PREPARED '%s'" % gid)
        yield session


def test_prepared_transactions_are_listed_and_told_where_they_block(
        collect, spool, sessions, postgres):
    statements = {
        "e2e row": "UPDATE stock SET amount = 1 WHERE id = 1",
        "e2e read": "SELECT FROM stock",  # conflicts with neither
        "e2e other row": "SAVEPOINT a; UPDATE stock SET amount = 1 WHERE id = 2",
    }
    with prepared(postgres, statements) as session:
        rows = session.execute(
            "SELECT gid, owner, database, transaction::text::int FROM pg_prepared_xacts "
            "ORDER BY prepared")
        first, second, index = (sessions.add() for _ in range(3))
        first.run("UPDATE stock SET amount = 2 WHERE id = 1")
        sessions.wait_for_lock(1)
        second.run("UPDATE stock SET amount = 2 WHERE id = 2")
        sessions.wait_for_lock(2)
        index.run("CREATE INDEX ON stock (amount)")
        sessions.wait_for_lock(3)
        data = locks(collect, spool)
    listed = data["prepared_transactions"]
    assert [(p["gid"], p["owner"], p["database"], p["transaction"]) for p in listed] == rows
    assert set(listed[0]) == {"gid", "prepared", "owner", "database", "transaction", "age_s"}
    assert 0 < listed[0]["age_s"] < 600 and data["prepared_count"] == 3
    pairs = [(p["blocked_pid"], p["blocking_pid"], p["blocking_gid"], p["blocking_mode"])
             for p in data["locks"]]
    assert pairs[:2] == [(first.pid, 0, "e2e row", "ExclusiveLock"),
                         (second.pid, 0, "e2e other row", "ExclusiveLock")]
    assert sorted(pairs[2:], key=str) == sorted([
        (index.pid, 0, "e2e other row", "RowExclusiveLock"),
        (index.pid, 0, "e2e row", "RowExclusiveLock"),
        (index.pid, first.pid, None, "RowExclusiveLock"),
        (index.pid, second.pid, None, "RowExclusiveLock")], key=str)
    assert [(r["pid"], r["gid"], r["waiters"], r["usename"]) for r in data["roots"]] \
        == [(0, "e2e row", 2, None), (0, "e2e other row", 2, None)]


def test_not_permitted_is_not_zero(collect, spool, sessions):
    blocker_and_blocked(sessions)
    collect.set(database__user=PLAIN, database__password=PLAIN_PASSWORD)
    data = locks(collect, spool, status=1)
    assert data["has_blocking"] is None
    assert "pg_read_all_stats" in data["error"]
    assert data["locks"] == data["roots"] == [] and data["waiters"] is None


def test_database_down_is_not_zero_either(collect, spool, postgres):
    collect.set(database__port=1)
    data = locks(collect, spool, status=1)
    assert data["has_blocking"] is None and data["error"]
    assert data["count"] == 0
