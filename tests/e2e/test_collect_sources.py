"""The sources that are off by default, against what SQL says: replication, progress,
wraparound, tables and indexes, connections."""

import datetime
import json
import subprocess

import pytest

import postgres as postgres_module
from waiting import eventually

SOURCES = ["pg_stat_replication", "pg_stat_progress", "pg_wraparound",
           "pg_stat_user_tables", "pg_stat_user_indexes", "pg_stat_activity_counts"]


@pytest.fixture(scope="module")
def server():
    """With a slot, a prepared transaction, and tables and indexes that stand out."""
    server = postgres_module.Postgres(wal_level="logical", lock_timeout="20s")
    try:
        with server.start().session() as session:
            for statement in (
                    "SELECT pg_create_physical_replication_slot('e2e_kept', true)",
                    "SELECT pg_create_logical_replication_slot('e2e_logical', 'test_decoding')",
                    "CREATE TABLE dead (id int PRIMARY KEY, a text)",
                    "INSERT INTO dead SELECT n, repeat('x', 500) FROM generate_series(1, 2000) n",
                    "CREATE INDEX unused ON dead (a)",
                    "ANALYZE dead",
                    "DELETE FROM dead WHERE id % 2 = 0",
                    "CREATE TABLE scanned AS SELECT n FROM generate_series(1, 300) n",
                    "SELECT count(*) FROM scanned",
                    # Else what it did is seen only some time after it has ended.
                    "SELECT pg_stat_force_next_flush()",
                    "CREATE TABLE prepared (n int)", "CREATE TABLE written (n int)",
                    "BEGIN", "INSERT INTO prepared VALUES (0)",
                    "PREPARE TRANSACTION 'e2e prepared'"):
                session.execute(statement)
        yield server
    finally:
        server.stop()


@pytest.fixture
def asked(collect, server):
    """Asks some sources: name → data, of those that were sent."""
    collect.settings.update(server.settings_for())

    def ask(*names, dbname="postgres"):
        collect.set(database__name=dbname)
        result = collect.run("--print", "--source", ",".join(names))
        assert result.status == 0, result.stderr
        assert "error" not in result.stderr, result.stderr
        payloads = [json.loads(line) for line in result.stdout.splitlines()]
        return {payload["source"]: payload["data"] for payload in payloads}

    return ask


def rows(session, sql):
    with session.connection.cursor() as cursor:
        cursor.execute(sql)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row)) for row in cursor.fetchall()]


def test_all_of_them_are_asked_in_one_visit(asked):
    assert set(asked(*SOURCES)) == {*SOURCES} - {"pg_stat_progress"}


def test_a_slot_tells_what_wal_it_retains(asked, server):
    data = asked("pg_stat_replication")["pg_stat_replication"]
    assert data["senders"] == [] and data["senders_total"] == 0 and data["standby"] is None
    assert data["slots_count"] == data["slots_total"] == 2
    slots = {slot["slot_name"]: slot for slot in data["slots"]}
    with server.session() as session:
        for row in rows(session, "SELECT *, pg_current_wal_lsn() - restart_lsn AS retained "
                                 "FROM pg_replication_slots"):
            slot = slots[row["slot_name"]]
            assert 0 < slot["retained_bytes"] <= row["retained"]
            for name in ("slot_type", "active", "wal_status", "restart_lsn", "database"):
                assert slot[name] == row[name], name
            assert slot["catalog_xmin"] == (row["catalog_xmin"] and int(row["catalog_xmin"]))


def test_a_receiver_is_a_sender_with_its_lag(asked, server, tmp_path):
    target = tmp_path / "wal"
    target.mkdir()
    with server.session() as session:
        # Over the unix socket, which trusts everybody.
        receiver = subprocess.Popen(
            [server.bin + "/pg_receivewal", "-h", server.socket_directory, "-p",
             str(server.port), "-U", "postgres", "-D", str(target), "--no-sync"],
            env={"PGAPPNAME": "e2e receiver", "LC_ALL": "C"},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            eventually(lambda: rows(session, "SELECT FROM pg_stat_replication "
                                             "WHERE state = 'streaming'"),
                       "somebody receives")
            data = asked("pg_stat_replication")["pg_stat_replication"]
            (row,) = rows(session, "SELECT pid, state, pg_current_wal_lsn() - sent_lsn AS behind "
                                   "FROM pg_stat_replication")
        finally:
            receiver.kill()
            receiver.wait()
    (sender,) = data["senders"]
    assert (sender["pid"], sender["application_name"], sender["state"]) \
        == (row["pid"], "e2e receiver", "streaming")
    assert 0 <= sender["sent_lag_bytes"] <= row["behind"] + (16 << 20)
    assert sender["replay_lag_bytes"] is None
    assert {"write_lag", "flush_lag", "replay_lag", "flush_lag_bytes"} <= set(sender)


def test_a_vacuum_shows_how_far_it_is(asked, server):
    assert asked("pg_stat_progress") == {}
    with postgres_module.Sessions(server) as sessions, server.session() as look:
        worker = sessions.add()
        worker.execute("SET vacuum_cost_delay = '100ms'")
        worker.execute("SET vacuum_cost_limit = 1")
        worker.run("VACUUM (INDEX_CLEANUP OFF) dead")
        eventually(lambda: rows(look, "SELECT FROM pg_stat_progress_vacuum "
                                      "WHERE heap_blks_scanned > 0"), "the vacuum is at work")
        (row,) = asked("pg_stat_progress")["pg_stat_progress"]["progress"]
        held = asked("pg_wraparound")["pg_wraparound"]["backends"]
        (now,) = rows(look, "SELECT * FROM pg_stat_progress_vacuum")
    assert (row["view"], row["command"], row["pid"]) \
        == ("pg_stat_progress_vacuum", "VACUUM", worker.pid)
    assert (row["datname"], row["schemaname"], row["relname"], row["relid"]) \
        == ("postgres", "public", "dead", now["relid"])
    counters = row["counters"]
    assert set(counters) == set(now) - {"pid", "datid", "datname", "relid", "phase"}
    assert counters["heap_blks_total"] == now["heap_blks_total"]
    assert 0 < counters["heap_blks_scanned"] <= now["heap_blks_scanned"]
    assert row["percent"] == pytest.approx(
        100 * counters["heap_blks_scanned"] / counters["heap_blks_total"], abs=0.06)
    assert worker.pid not in [backend["pid"] for backend in held]


def test_wraparound_tells_ages_and_who_holds_the_horizon(asked, server):
    with postgres_module.Sessions(server) as sessions, server.session() as look:
        holder = sessions.add("e2e holder")
        holder.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        holder.execute("SELECT 1")
        for _ in range(3):
            look.execute("INSERT INTO written VALUES (1)")
        data = asked("pg_wraparound")["pg_wraparound"]
        ages = rows(look, "SELECT datname, age(datfrozenxid) AS xid, mxid_age(datminmxid) AS mxid, "
                          "datallowconn FROM pg_database")
        slots = rows(look, "SELECT slot_name, age(catalog_xmin) AS age FROM pg_replication_slots "
                           "WHERE catalog_xmin IS NOT NULL")
        prepared = rows(look, "SELECT gid, owner, database, age(transaction) AS age "
                              "FROM pg_prepared_xacts")
        (backend,) = rows(look, "SELECT age(backend_xmin) AS age FROM pg_stat_activity "
                                "WHERE pid = %d" % holder.pid)
        limit = look.value("SHOW autovacuum_freeze_max_age")
    assert {row["datname"]: (row["datfrozenxid_age"], row["datminmxid_age"], row["datallowconn"])
            for row in data["databases"]} \
        == {row["datname"]: (row["xid"], row["mxid"], row["datallowconn"]) for row in ages}
    assert data["databases"][0]["datfrozenxid_percent"] == pytest.approx(
        100 * data["databases"][0]["datfrozenxid_age"] / 2 ** 31, abs=0.01)
    assert str(data["autovacuum_freeze_max_age"]) == limit
    assert [(row["slot_name"], row["age"]) for row in data["slots"]] \
        == [(row["slot_name"], row["age"]) for row in slots]
    assert [{name: row[name] for name in ("gid", "owner", "database", "age")}
            for row in data["prepared"]] == prepared
    (mine,) = [row for row in data["backends"] if row["pid"] == holder.pid]
    assert (mine["application_name"], mine["age"]) == ("e2e holder", backend["age"])
    assert mine["age"] >= 3
    oldest = max(slots + prepared + [backend], key=lambda row: row["age"])
    assert data["horizon"]["age"] == oldest["age"]
    assert data["horizon"]["holder"] == "slot"
    assert data["horizon"]["slot_name"] == "e2e_logical"


TABLE_VALUES = ["seq_scan", "seq_tup_read", "idx_scan", "idx_tup_fetch", "n_tup_ins",
                "n_live_tup", "n_dead_tup", "n_mod_since_analyze", "vacuum_count",
                "analyze_count", "relid", "schemaname"]


def test_tables_and_indexes_are_told_behind_a_lock_too(asked, server):
    with server.session() as holder, server.session() as look:
        holder.execute("BEGIN")
        holder.execute("LOCK TABLE dead, scanned IN ACCESS EXCLUSIVE MODE")
        data = asked("pg_stat_user_tables", "pg_stat_user_indexes")
        holder.execute("ROLLBACK")
        views = {row["relname"]: row for row in rows(look, "SELECT * FROM pg_stat_user_tables")}
        sizes = {row["relname"]: row for row in rows(
            look, "SELECT relname, relpages, reltuples, age(relfrozenxid) FROM pg_class")}
    tables = {table["relname"]: table for table in data["pg_stat_user_tables"]["tables"]}
    assert {"dead", "scanned"} <= set(tables)
    assert data["pg_stat_user_tables"]["total"] == len(views)
    assert data["pg_stat_user_tables"]["block_size"] == 8192
    assert data["pg_stat_user_tables"]["tables"][0]["relname"] == "dead"
    for name in ("dead", "scanned"):
        table = tables[name]
        assert set(views[name]) | {"relpages", "reltuples", "relfrozenxid_age",
                                   "relminmxid_age"} == set(table)
        assert {key: table[key] for key in TABLE_VALUES} \
            == {key: views[name][key] for key in TABLE_VALUES}
        assert (table["relpages"], table["reltuples"], table["relfrozenxid_age"]) \
            == (sizes[name]["relpages"], sizes[name]["reltuples"], sizes[name]["age"])
    assert tables["dead"]["n_dead_tup"] > 0 and tables["scanned"]["seq_tup_read"] >= 300
    indexes = {row["indexrelname"]: row for row in data["pg_stat_user_indexes"]["indexes"]}
    assert (indexes["unused"]["idx_scan"], indexes["unused"]["indisunique"]) == (0, False)
    assert indexes["dead_pkey"]["indisprimary"] is True
    assert indexes["unused"]["relpages"] == sizes["unused"]["relpages"] > 0


def test_of_many_tables_those_that_stand_out_are_told(asked, server):
    def names():
        data = asked("pg_stat_user_tables", dbname="many")["pg_stat_user_tables"]
        assert data["total"] == 161 and data["count"] == len(data["tables"])
        return [table["relname"] for table in data["tables"]]

    with server.session() as session:
        session.execute("CREATE DATABASE many")
    with server.session("many") as session:
        session.execute(
            "DO $$ BEGIN FOR i IN 1..160 LOOP EXECUTE format('CREATE TABLE t_%s AS "
            "SELECT FROM generate_series(1, %s)', i, i); END LOOP; END $$")
        session.execute("CREATE TABLE empty ()")
        session.execute("DELETE FROM t_100")
        session.execute("SELECT count(*) FROM t_7")
        session.execute("SELECT pg_stat_force_next_flush()")
        assert names() == ["t_100", "t_7"]
        session.execute("ANALYZE")
        session.execute("SELECT pg_stat_force_next_flush()")
        assert names()[0] == "t_100" and "t_7" in names() and "empty" not in names()
        assert 50 <= len(names()) <= 52


SLOW_VIEW = """
SET allow_system_table_mods = on;
ALTER VIEW pg_stat_user_indexes RENAME TO pg_stat_quick;
CREATE VIEW pg_catalog.pg_stat_user_indexes AS
	SELECT q.* FROM pg_stat_quick q, (SELECT pg_sleep(3600) OFFSET 0) s;
GRANT SELECT ON pg_stat_user_indexes TO public"""


def test_one_that_is_too_slow_costs_a_hundredth_of_the_time(collect, spool, server):
    with server.session() as session:
        session.execute("CREATE DATABASE slow")
    with server.session("slow") as session:
        session.execute(SLOW_VIEW)
        session.execute("CREATE TABLE of_it (id int PRIMARY KEY)")
    collect.settings.update(server.settings_for(dbname="slow"))
    collect.set(collection__sources="pg_stat_user_indexes", collection__budget_ms=500)
    state_path = spool.state / "pg-collect.json"

    def come_back(later_s):
        """A run, so much later."""
        if state_path.exists():
            state = json.loads(state_path.read_text())
            state["sources"]["pg_stat_user_indexes"]["at"] -= later_s
            state_path.write_text(json.dumps(state))
        return collect.run()

    slow, early, late = come_back(0), come_back(10), come_back(60)
    assert slow.status == 1 and "budget_ms" in slow.stderr
    assert (early.status, early.stderr) == (0, ""), "it is not asked"
    assert late.status == 1 and "budget_ms" in late.stderr


def test_connections_are_counted_by_database_user_and_state(asked, server):
    with postgres_module.Sessions(server) as sessions, server.session() as look:
        sessions.idle_in_transaction(2)
        for _ in range(3):
            sessions.add(dbname="template1").execute("SELECT 1")
        data = asked("pg_stat_activity_counts")["pg_stat_activity_counts"]
        want = {(row["datname"], row["usename"], row["state"]): (row["n"], row["oldest"])
                for row in rows(look, "SELECT datname, usename, state, count(*) AS n, "
                                      "min(state_change) AS oldest FROM pg_stat_activity "
                                      "WHERE backend_type = 'client backend' AND "
                                      "pid <> pg_backend_pid() GROUP BY 1, 2, 3")}
        settings = [look.value("SHOW " + name)
                    for name in ("max_connections", "superuser_reserved_connections")]
    counts = {(row["datname"], row["usename"], row["state"]): row for row in data["counts"]}
    for key in [("template1", "postgres", "idle"), ("postgres", "postgres", "idle in transaction")]:
        assert counts[key]["count"] == want[key][0]
        assert datetime.datetime.fromisoformat(counts[key]["oldest_state_change"]) == want[key][1]
    assert counts[("postgres", postgres_module.MONITOR, "active")]["count"] == 1
    assert data["connections"] == sum(row["count"] for row in data["counts"])
    assert data["other"] == 0 and data["total"] == data["count"] == len(counts)
    assert [str(data[name]) for name in ("max_connections", "superuser_reserved_connections")] \
        == settings
    assert data["reserved_connections"] is None
