"""From a real PostgreSQL to a TLS listener: pg-collect, the spool, pg-forward."""

import uuid

import pytest

from listener import Answer, always
from waiting import eventually


@pytest.fixture
def both(collect, forwards, spool, tls_listener, certificates):
    forward = forwards(spool, tls_listener).set(listener__ca_file=certificates.ca)
    return collect, forward


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
def test_what_was_collected_arrives_unchanged(
        both, spool, sessions, tls_listener, compression):
    collect, forward = both
    correlation_id = str(uuid.uuid4())
    sessions.idle_in_transaction(40)
    sessions.add("bitville-" + correlation_id).execute("BEGIN")
    assert collect.run().status == 0
    collected = {name: spool.content(name) for name in spool.waiting()}
    assert len(collected) == 5
    assert forward.set(listener__compression=compression).run("--once").status == 0
    assert {r.name: r.content for r in tls_listener.requests} == collected
    assert {r.source for r in tls_listener.requests} == {
        "system_metrics", "pg_stat_activity", "pg_stat_statements", "pg_locks"}
    found = [r.payload for r in tls_listener.requests
             if r.payload["correlation_id"] == correlation_id]
    assert len(found) == 1 and found[0]["source"] == "pg_stat_activity"


def test_services_side_by_side_deliver_each_payload_once(
        both, spool, sessions, tls_listener):
    collect, forward = both
    sessions.idle_in_transaction(5)
    running = forward.start()
    for _ in range(10):
        assert collect.run().status == 0
    eventually(lambda: spool.waiting() == [], "everything was sent")
    assert running.stop().status == 0
    names = tls_listener.names()
    assert len(names) == len(set(names)) == 40


def test_a_listener_down_for_200_collected_payloads_gets_each_once_oldest_first(
        both, spool, sessions, listeners, certificates):
    collect, forward = both
    cert, key = certificates.server
    listener = listeners(cert=cert, key=key)  # bound, not open
    forward.set(listener__url=listener.url, breaker__fail_max=5, breaker__timeout_s=1,
                listener__max_in_flight=1)
    sessions.idle_in_transaction(5)
    running = forward.start()
    for _ in range(50):
        assert collect.run().status == 0
    collected = {name: spool.content(name) for name in spool.waiting()}
    assert len(collected) == 200
    listener.open()
    eventually(lambda: spool.waiting() == [], "everything was sent", within_s=120)
    assert running.stop().status == 0
    assert [r.name for r in listener.requests] == sorted(collected)
    assert {r.name: r.content for r in listener.requests} == collected


def test_a_full_cycle_of_trouble_loses_nothing(both, spool, sessions, tls_listener):
    """The database, the key and the listener fail in turn; what was collected arrives."""
    collect, forward = both
    forward.set(breaker__fail_max=1, breaker__timeout_s=1)
    running = forward.start()
    sessions.idle_in_transaction(3)
    port = collect.settings["database.port"]
    seen = 0
    for trouble in (Answer(500), Answer(401), Answer(raw=b"", then="reset"), None):
        tls_listener.rule = always(trouble or Answer())
        assert collect.set(database__port=1).run().status == 1
        seen += 2  # system_metrics, and pg_locks that says why
        assert collect.set(database__port=port).run().status == 0
        seen += 4
    eventually(lambda: spool.waiting() == [], "everything was sent", within_s=90)
    assert running.stop().status == 0
    assert len(set(tls_listener.names())) == seen
    assert spool.refused() == []
