"""What is sent has the members and types that postgres-agent-spool(5) has, no others."""

import contextlib
import subprocess

import psycopg2
import pytest

import agent
import postgres as postgres_module
import spool as spool_module
import spool_page
from waiting import eventually

PAGE = spool_page.read_page()
SOURCES = [name for name in PAGE if name not in ("Envelope", "pg_log")]
REQUEST_ID = "6f1c9a52-3c1e-4c0b-9d57-0d7c2f5b8a11"
PAGES_VERSION = "15"  # of the server in the examples
AFTER_15 = {"pg_stat_io"}  # tests/matrix has it
LOGGING = {"log_lock_waits": "on", "deadlock_timeout": "200ms",
           "log_line_prefix": "%m [%p] %q%u@%d/%a "}

WORKLOAD = (
    "CREATE TABLE account (id int PRIMARY KEY, owner text, balance int)",
    "INSERT INTO account SELECT n, repeat('x', 500), 100 FROM generate_series(1, 6000) n",
    "CREATE INDEX account_owner ON account (owner)",
    "ANALYZE account",
    "DELETE FROM account WHERE id % 2 = 0",
    "SELECT pg_create_logical_replication_slot('shop', 'test_decoding')",
    "CREATE TABLE orders (n int)",
    "BEGIN",
    "INSERT INTO orders VALUES (1)",
    "PREPARE TRANSACTION 'order 1'",
)


@contextlib.contextmanager
def busy(server):
    """Something for each source to tell."""
    with postgres_module.Sessions(server) as sessions:
        setup = sessions.add("setup")
        for sql in WORKLOAD:
            setup.execute(sql)
        with contextlib.suppress(psycopg2.IntegrityError):
            setup.execute("INSERT INTO account VALUES (7, 'me', 0)")
        holder = sessions.add("nightly-batch")
        holder.execute("BEGIN")
        holder.execute("UPDATE account SET balance = balance - 1 WHERE id = 7")
        sessions.add("bitville-" + REQUEST_ID).run(
            "UPDATE account SET balance = balance + 1 WHERE id = 7")
        sessions.wait_for_lock()
        worker = sessions.add("worker")
        worker.execute("SET vacuum_cost_delay = '100ms'")
        worker.execute("SET vacuum_cost_limit = 1")
        worker.run("VACUUM (INDEX_CLEANUP OFF) account")
        receiver = subprocess.Popen(
            server.command("pg_receivewal", "-h", server.socket_directory, "-p",
                           str(server.port), "-U", "postgres", "-D", str(server.directory)),
            env={"LC_ALL": "C"}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            with server.session() as look:
                eventually(lambda: look.value(
                    "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'")
                    and look.value("SELECT count(*) FROM pg_stat_progress_vacuum"),
                    "a receiver and a vacuum")
            eventually(lambda: "still waiting" in server.log.read_text(), "the wait in the log")
            yield
        finally:
            receiver.kill()
            receiver.wait()


@pytest.fixture(scope="module")
def payloads(tmp_path_factory):
    """Of two visits, so that there is something to compare with, and of the log."""
    directory = tmp_path_factory.mktemp("payloads")
    spool = spool_module.Spool(directory / "spool").make()
    server = postgres_module.Postgres(wal_level="logical", **LOGGING)
    try:
        server.start()
        settings = {**server.settings_for(), "buffer.path": spool.path, "buffer.min_free_mb": 0,
                    "collection.budget_ms": 60000, "collection.log_path": server.log}
        collect = agent.Program("pg-collect", directory / "pg-collect", settings)
        logtail = agent.Program("pg-logtail", directory / "pg-logtail", settings)
        with busy(server):
            for program, arguments in (
                    (collect, ["--source", ",".join(SOURCES)]),
                    (collect, ["--source", ",".join(SOURCES)]),
                    (logtail, ["--once", "--from-start"])):
                result = program.run(*arguments)
                assert (result.status, result.stderr) == (0, "")
    finally:
        server.stop()
    return [spool.check(name) for name in spool.waiting()]


def data_of(payloads, source):
    return [payload["data"] for payload in payloads if payload["source"] == source]


@pytest.mark.parametrize("source", [name for name in SOURCES if name not in AFTER_15])
def test_a_source_sends_what_the_page_says(payloads, source):
    data = data_of(payloads, source)
    assert data
    same = all(one["server"]["version"].split(".")[0] == PAGES_VERSION
               for one in data if "server" in one)
    # The horizon is a row of one of four lists.
    assert spool_page.compare(PAGE[source], data, same, ["horizon."]) == []


def test_the_log_sends_what_the_page_says(payloads):
    data = data_of(payloads, "pg_log")
    entries = [entry for one in data for entry in one["entries"]]
    assert "lock_wait" in {entry.get("event") for entry in entries}
    assert spool_page.compare(PAGE["pg_log"], data, elsewhere=["entries[]."]) == []


def test_the_envelope_is_what_the_page_says(payloads):
    (example,) = PAGE["Envelope"].examples
    members = PAGE["Envelope"].members
    for payload in payloads:
        assert set(payload) == set(example)
        for name, value in payload.items():
            assert spool_page.fits({spool_page.type_of(value)}, members[name]), name
        server = payload["data"].get("server", {})
        assert set(server) in (set(), set(example["data"]["server"]))
        for name, value in server.items():
            assert spool_page.fits({spool_page.type_of(value)}, members["data.server." + name])
    with_id = [payload for payload in payloads if payload["correlation_id"]]
    assert {payload["source"] for payload in with_id} == {"pg_stat_activity", "pg_log"}
