"""A run leaves no trace on any server: no transaction id, no write, no file, no line in its
log, no setting for the next client of a pooler."""

import pytest
from postgres import MONITOR, PLAIN
from test_sources import ALL
from waiting import eventually

XID = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text"

# Where a client wants another value than the one before it, PgBouncer itself sets these.
SETTINGS = """
SELECT name, setting || CASE WHEN name IN ('client_encoding', 'application_name', 'DateStyle',
	'TimeZone', 'standard_conforming_strings') THEN '' ELSE ' by ' || source END
FROM pg_settings"""

LEFT = ("SELECT (SELECT count(*) FROM pg_prepared_statements),"
        " (SELECT count(*) FROM pg_cursors WHERE name <> ''),"
        " (SELECT count(*) FROM pg_listening_channels()),"
        " (SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory')")


def run(server, **account):
    report = server.collect(ALL, **account)
    assert report.status == 0 and report.stderr == ""


def lines_of(server, user):
    """The server's log has each temporary file and whatever is a warning or worse."""
    return [line for line in server.postgres.log.read_text(errors="replace").splitlines()
            if " %s@" % user in line]


def test_no_transaction_id_is_consumed(server, picture):
    before = server.value(XID)
    run(server)
    assert server.value(XID) == before


@pytest.mark.servers("13", "15", "17", "18", "pgbouncer")
def test_nothing_is_written(server, picture):
    """The write-ahead log stands still; once in a while the server itself adds to it."""
    def stands_still():
        before = server.value("SELECT pg_current_wal_insert_lsn()")
        run(server)
        return server.value("SELECT pg_current_wal_insert_lsn()") == before

    server.write("CHECKPOINT")
    run(server)  # whoever reads first may note for the others that a row is old
    eventually(stands_still, "a run without a byte of write-ahead log")


def test_the_servers_log_says_nothing_of_it_and_no_temporary_file_is_made(server, picture):
    run(server)
    server.collect(ALL, "--print")
    with server.postgres.session(user=PLAIN) as loud:
        loud.execute("SELECT count(*) FROM generate_series(1, 300000)")
    assert "temporary file" in lines_of(server, PLAIN)[0], "this test sees nothing"
    assert lines_of(server, MONITOR) == []


@pytest.mark.servers("pgbouncer")
def test_the_next_client_of_the_server_connection_finds_its_settings(server, picture):
    dbname = "matrix pool"  # its server connection has had no client yet
    server.write('CREATE DATABASE "%s"' % dbname)
    server.write("CREATE EXTENSION pg_stat_statements", dbname=dbname)

    def look():
        with server.pooler.session(dbname, application_name="matrix client") as client:
            return {"its pid": client.value("SELECT pg_backend_pid()"),
                    "left": client.execute(LEFT)[0], **dict(client.execute(SETTINGS))}

    before = look()
    run(server, dbname=dbname)
    assert look().items() - before.items() == set()
    with server.pooler.session(dbname) as careless:
        careless.execute("SET lock_timeout = '7s'")
    assert look() != before, "this test sees nothing"
