"""The sources that are off by default, each value of them against SQL, on each server."""

import pytest

from commands import Commands
from postgres import MONITOR
from server import SETTINGS, Standby
from waiting import eventually

END = ("CASE WHEN pg_is_in_recovery() THEN greatest(pg_last_wal_receive_lsn(),"
       " pg_last_wal_replay_lsn()) ELSE pg_current_wal_lsn() END")

# Of two columns of one name the later is taken.
SENDERS = "SELECT s.*, %s FROM pg_stat_replication s ORDER BY replay_lsn NULLS FIRST" % ", ".join(
    ["extract(epoch FROM %s_lag)::float8 AS %s_lag" % (what, what)
     for what in ("write", "flush", "replay")]
    + ["pg_wal_lsn_diff(%s, %s_lsn) AS %s_lag_bytes" % (END, what, what)
       for what in ("sent", "write", "flush", "replay")])

SLOTS = """
SELECT s.*, pg_wal_lsn_diff(%s, restart_lsn) AS retained_bytes,
	pg_wal_lsn_diff(%s, confirmed_flush_lsn) AS confirmed_flush_lag_bytes
FROM pg_replication_slots s ORDER BY restart_lsn""" % (END, END)

STANDBY = """
SELECT r.*, pg_last_wal_receive_lsn() AS receive_lsn, pg_last_wal_replay_lsn() AS replay_lsn,
	pg_wal_lsn_diff(greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()),
		pg_last_wal_replay_lsn()) AS replay_lag_bytes,
	pg_last_xact_replay_timestamp() AS last_xact_replay_timestamp,
	pg_is_wal_replay_paused() AS is_paused
FROM pg_stat_wal_receiver r"""


def asked(server):
    """Whom to ask: a standby's primary, too, which has one that feeds its horizon back."""
    return [server, server.upstream] if server.is_standby else [server]


def collect(server, source, *options):
    report = server.collect(source, *options)
    assert (report.status, report.stderr) == (0, "")
    return report.data(source)


def check_list(data, name, rows, prefix=""):
    assert data[name] == rows
    assert data[prefix + "count"] == data[prefix + "total"] == len(rows)


@pytest.fixture(scope="module")
def replica(server, picture):
    """A standby of this server that receives everything and stands still: it is behind."""
    slot = "matrix_replica"
    standby = Standby(server.postgres, slot, **SETTINGS)
    try:
        with standby.start().session() as session:
            session.execute("SELECT pg_wal_replay_pause()")
        server.write("CREATE TABLE unseen AS SELECT n FROM generate_series(1, 9999) n")
        with server.session() as look:
            eventually(lambda: look.value(
                "SELECT flush_lsn = %s AND replay_lsn < flush_lsn FROM pg_stat_replication"
                % END), "the replica has received all and is behind")
        yield standby
    finally:
        standby.stop()
        with server.session() as session:
            eventually(lambda: not session.value(
                "SELECT active FROM pg_replication_slots WHERE slot_name = %s", [slot]))
            session.execute("SELECT pg_drop_replication_slot(%s)", [slot])
        server.write("DROP TABLE unseen")


def test_senders_and_slots_with_their_distances(server, picture, replica):
    for at in asked(server):
        def look():
            return at.rows(SENDERS), at.rows(SLOTS)

        def take():
            before, data = look(), collect(at, "pg_stat_replication")
            return before == look() and (data, *before)

        data, senders, of_slots = eventually(take, "the same rows before and after")
        check_list(data, "senders", senders, "senders_")
        check_list(data, "slots", of_slots, "slots_")
        assert senders[0]["replay_lsn"] is not None
        behind = senders[0]["replay_lag_bytes"]
        assert behind > 9999 if at is server else behind >= 0
        assert [slot for slot in of_slots if slot["retained_bytes"] is not None]


@pytest.mark.servers("standby")
def test_what_a_standby_has_received_and_replayed(server, picture):
    def take():
        before, data = server.rows(STANDBY), collect(server, "pg_stat_replication")
        return before == server.rows(STANDBY) and (data, *before)

    data, row = eventually(take, "the same row before and after")
    standby = data["standby"]
    assert standby.pop("replay_age_s") > 0
    assert "conninfo" not in standby and row.pop("conninfo")
    assert standby == row


AGES = """
SELECT datname, datallowconn, age(datfrozenxid) AS datfrozenxid_age,
	mxid_age(datminmxid) AS datminmxid_age
FROM pg_database ORDER BY greatest(age(datfrozenxid), mxid_age(datminmxid)) DESC, datname"""

HOLDERS = {
    "backends": ("backend", """
SELECT pid, usename, datname, application_name, backend_type, state, backend_start, xact_start,
	age(backend_xmin) AS backend_xmin_age, age(backend_xid) AS backend_xid_age,
	greatest(age(backend_xmin), age(backend_xid)) AS age
FROM pg_stat_activity WHERE coalesce(backend_xmin, backend_xid) IS NOT NULL
	AND backend_type <> 'walsender' AND pid <> pg_backend_pid()
ORDER BY age DESC, pid"""),
    "slots": ("slot", """
SELECT slot_name, slot_type, database, active, active_pid, age(xmin) AS xmin_age,
	age(catalog_xmin) AS catalog_xmin_age, greatest(age(xmin), age(catalog_xmin)) AS age
FROM pg_replication_slots WHERE coalesce(xmin, catalog_xmin) IS NOT NULL
ORDER BY age DESC, slot_name"""),
    "prepared": ("prepared", """
SELECT gid, owner, database, prepared, age(transaction) AS age
FROM pg_prepared_xacts ORDER BY age DESC, gid"""),
    "standbys": ("standby", """
SELECT pid, usename, application_name, client_addr, state, backend_start, age(backend_xmin) AS age
FROM pg_stat_replication WHERE backend_xmin IS NOT NULL ORDER BY age DESC, pid"""),
}


def check_wraparound(at):
    """Returns how many holders there are of each kind."""
    def look():
        return {"databases": at.rows(AGES),
                **{name: at.rows(sql) for name, (_, sql) in HOLDERS.items()}}

    def take():
        before, data = look(), collect(at, "pg_wraparound")
        return before == look() and (data, before)

    data, said = eventually(take, "the same rows before and after")
    for row in said["databases"]:
        for name in ("datfrozenxid", "datminmxid"):
            row[name + "_percent"] = round(100 * row[name + "_age"] / 2 ** 31, 2)
    check_list(data, "databases", said["databases"], "databases_")
    for name in HOLDERS:
        assert data[name] == said[name][:10], name
        assert data[name + "_total"] == len(said[name])
    ages = {holder: said[name][0]["age"] for name, (holder, _) in HOLDERS.items() if said[name]}
    oldest = max(ages.values())
    horizon = data["horizon"]
    assert horizon["age"] == oldest and ages[horizon["holder"]] == oldest
    for setting in ("autovacuum_freeze_max_age", "autovacuum_multixact_freeze_max_age"):
        assert str(data[setting]) == at.value("SHOW " + setting)
    return {name: len(rows) for name, rows in said.items()}


def test_who_holds_the_horizon(server, picture, replica):
    for at in asked(server):
        there = check_wraparound(at)
        if at.is_standby:
            assert there["backends"] > 0  # the snapshot of the picture
            continue
        assert there["slots"] > 0
        if at is server:
            assert there["backends"] > 0 and there["prepared"] == 1
        else:
            assert there["standbys"] == 1


# What each view counts of what, the first total that is known.
PERCENT = {
    "pg_stat_progress_vacuum": [("heap_blks_scanned", "heap_blks_total")],
    "pg_stat_progress_analyze": [("sample_blks_scanned", "sample_blks_total")],
    "pg_stat_progress_create_index": [("blocks_done", "blocks_total"),
                                      ("tuples_done", "tuples_total")],
    "pg_stat_progress_cluster": [("heap_blks_scanned", "heap_blks_total")],
    "pg_stat_progress_basebackup": [("backup_streamed", "backup_total")],
    "pg_stat_progress_copy": [("bytes_processed", "bytes_total")],
}
COMMANDS = {"pg_stat_progress_vacuum": "VACUUM", "pg_stat_progress_analyze": "ANALYZE",
            "pg_stat_progress_basebackup": "BASE_BACKUP"}
NOT_COUNTERS = ("pid", "command", "datid", "datname", "relid", "phase")


def progress(view, row, names):
    """A row of a view as the source should report it."""
    of = [100 * row[done] / row[total] for done, total in PERCENT[view] if row[total]]
    schema, name = names.get(row.get("relid"), (None, None))
    return {
        "view": view, "pid": row["pid"], "command": COMMANDS.get(view) or row["command"],
        "datname": row.get("datname"), "relid": row.get("relid"), "schemaname": schema,
        "relname": name, "phase": row.get("phase"),
        "percent": pytest.approx(of[0], abs=0.051) if of else None,
        "counters": {name: value for name, value in row.items() if name not in NOT_COUNTERS}}


def test_commands_at_work(server, picture):
    with Commands(server) as commands:
        names = {row["oid"]: (row["nspname"], row["relname"]) for row in server.rows(
            "SELECT c.oid, nspname, relname FROM pg_class c JOIN pg_namespace n"
            " ON n.oid = relnamespace")}

        def look():
            return [(view, row) for view in commands.views
                    for row in server.rows("SELECT * FROM %s ORDER BY pid" % view)]

        def take():
            before, data = look(), collect(server, "pg_stat_progress")
            return before == look() and (data, before)

        data, said = eventually(take, "the same rows before and after")
        assert {view for view, _ in said} == set(commands.shown)
        if not server.is_standby:
            assert set(commands.views) == set(PERCENT) & set(commands.views)
            assert commands.shown == commands.views
        check_list(data, "progress", [progress(view, row, names) for view, row in said])


TABLES = """
SELECT s.*, c.relpages, c.reltuples, age(nullif(c.relfrozenxid, '0')) AS relfrozenxid_age,
	mxid_age(nullif(c.relminmxid, '0')) AS relminmxid_age
FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
WHERE c.relpages > 0 OR n_dead_tup > 0 OR seq_tup_read > 0 OR idx_tup_fetch > 0
ORDER BY n_dead_tup DESC, c.relpages DESC, relid"""

INDEXES = """
SELECT s.*, c.relpages, c.reltuples, i.indisunique, i.indisprimary, i.indisvalid
FROM pg_stat_user_indexes s JOIN pg_class c ON c.oid = s.indexrelid
	JOIN pg_index i ON i.indexrelid = s.indexrelid
WHERE s.idx_scan > 0 OR c.relpages > 0
ORDER BY s.idx_scan <> 0, CASE WHEN s.idx_scan = 0 THEN c.relpages ELSE s.idx_scan END DESC,
	s.indexrelid"""


@pytest.fixture(scope="module")
def relations(server, picture):
    """Some that were used and some that were not, one of each behind a lock."""
    names = ["matrix_%s" % kind for kind in ("used", "unused", "locked")]
    for name in names:
        server.write("CREATE TABLE %s (id int PRIMARY KEY, a text)" % name,
                     "INSERT INTO %s SELECT n, 'x' FROM generate_series(1, 2000) n" % name,
                     "CREATE INDEX ON %s (a)" % name, "VACUUM ANALYZE " + name)
    server.write("UPDATE matrix_used SET a = 'y' WHERE id < 500",
                 "DELETE FROM matrix_locked WHERE id < 200")
    with server.session() as user:
        user.execute("SET enable_seqscan = off")
        user.execute("SELECT a FROM matrix_used WHERE id = 7")
        user.execute("SELECT count(*) FROM matrix_locked")
    with server.upstream.session() as holder:
        holder.execute("BEGIN")
        holder.execute("LOCK TABLE matrix_locked IN ACCESS EXCLUSIVE MODE")
        yield
        holder.execute("ROLLBACK")
    server.write(*("DROP TABLE " + name for name in names))


@pytest.mark.parametrize("source, name, sql", [
    ("pg_stat_user_tables", "tables", TABLES),
    ("pg_stat_user_indexes", "indexes", INDEXES)], ids=["tables", "indexes"])
def test_tables_and_indexes_behind_locks_too(server, relations, source, name, sql):
    report, rows = server.compare(sql, lambda: server.collect(source))
    assert (report.status, report.stderr) == (0, "")
    data = report.data(source)
    assert data[name] == rows
    assert data["count"] == len(rows) > 2
    assert data["total"] == server.value("SELECT count(*) FROM " + source)
    assert str(data["block_size"]) == server.value("SHOW block_size")


COUNTS = """
SELECT datname, usename, state, count(*) AS count, min(state_change) AS oldest_state_change
FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
	AND usename <> '%s'
GROUP BY datname, usename, state ORDER BY count DESC, datname, usename, state""" % MONITOR


def test_connections_by_database_user_and_state(server, picture):
    report, rows = server.compare(COUNTS, lambda: server.collect("pg_stat_activity_counts"))
    assert (report.status, report.stderr) == (0, "")
    data = report.data("pg_stat_activity_counts")
    ours = [row for row in data["counts"] if row["usename"] == MONITOR]
    assert [row for row in data["counts"] if row["usename"] != MONITOR] == rows != []
    assert [(row["count"], row["state"]) for row in ours if row["datname"] == "postgres"] \
        == [(1, "active")]
    assert data["connections"] == sum(row["count"] for row in data["counts"])
    assert data["count"] == data["total"] == len(data["counts"]) and data["other"] == 0
    for setting in ("max_connections", "superuser_reserved_connections"):
        assert str(data[setting]) == server.value("SHOW " + setting)
    assert data["reserved_connections"] == (0 if server.version >= 160000 else None)
