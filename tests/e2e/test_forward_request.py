"""Section 5 of the contract: what a request looks like."""

import subprocess

import pytest

from listener import Answer, in_turn
from waiting import eventually


def test_a_payload_is_posted_as_the_contract_says(forward, spool, listener):
    name = spool.write()
    content = spool.content(name)
    assert forward.run("--once").status == 0
    (request,) = listener.requests
    assert (request.method, request.path) == ("POST", "/ingest/postgres")
    assert request.headers["authorization"] == "Bearer " + listener.api_key
    assert request.headers["content-type"] == "application/json"
    assert request.headers["content-length"] == str(len(content))
    assert "content-encoding" not in request.headers
    assert "transfer-encoding" not in request.headers
    assert request.headers["user-agent"]
    assert request.body == content
    assert spool.waiting() == [] and spool.refused() == []


def test_the_body_is_what_zstdcat_prints(forward, spool, listener):
    name = spool.write(data={"text": "ü\n\t\u2028\U0001f40c" * 1000})
    printed = subprocess.run(["zstdcat", spool.new / (name + ".json.zst")],
                             check=True, capture_output=True).stdout
    assert forward.run("--once").status == 0
    assert listener.requests[0].body == printed


def test_the_idempotency_key_is_a_machine_prefix_and_the_name(forward, spool, listener):
    names = spool.write_many(2)
    assert forward.run("--once").status == 0
    names += spool.write_many(2)
    assert forward.run("--once").status == 0
    keys = [request.idempotency_key for request in listener.requests]
    prefixes = {key[: -len(name)] for key, name in zip(keys, names) if key.endswith(name)}
    assert len(keys) == 4 and len(prefixes) == 1, keys
    assert prefixes.pop().rstrip("-.:_"), "the prefix is empty"


@pytest.mark.parametrize("compression, encoding", [
    ("none", None), ("gzip", "gzip"), ("zstd", "zstd")])
def test_the_body_is_compressed_as_configured(
        forward, spool, listener, compression, encoding):
    name = spool.write(data={"text": "statistics " * 500})
    content, frame = spool.content(name), spool.frame(name)
    assert forward.set(listener__compression=compression).run("--once").status == 0
    (request,) = listener.requests
    assert request.headers.get("content-encoding") == encoding
    assert request.headers["content-length"] == str(len(request.body))
    assert request.content == content
    if compression == "zstd":
        assert request.body == frame, "the spool's file passes through untouched"
    if compression == "gzip":
        assert len(request.body) < len(content)


@pytest.mark.parametrize("size", [768 << 10, (1 << 20) + 1, 15 << 20])
def test_a_large_payload_arrives_whole(forward, spool, listener, size):
    name = spool.write(data={"text": "x" * size})
    content = spool.content(name)
    assert forward.run("--once").status == 0
    assert listener.requests[0].body == content


def test_connections_are_kept_alive(forward, spool, listener):
    spool.write_many(200)
    assert forward.set(listener__max_in_flight=4).run("--once").status == 0
    assert len(listener.names()) == 200
    assert listener.connections <= 8


def test_payloads_start_oldest_first(forward, spool, listener):
    sources = ["pg_stat_activity", "pg_locks", "system_metrics", "pg_log"]
    names = [spool.write(sources[n % 4]) for n in range(60)]
    assert forward.set(listener__max_in_flight=1).run("--once").status == 0
    assert [request.name for request in listener.requests] == sorted(names)


@pytest.mark.parametrize("limit", [1, 3, 16])
def test_no_more_requests_are_in_flight_than_configured(forward, spool, listener, limit):
    spool.write_many(4 * limit)
    listener.rule = lambda request: Answer(delay_s=0.05)
    assert forward.set(listener__max_in_flight=limit).run("--once").status == 0
    assert len(listener.names()) == 4 * limit
    assert listener.in_flight_max <= limit
    if limit > 1:
        assert listener.in_flight_max > 1, "requests never overlapped"


def test_large_bodies_in_memory_hold_back_further_requests(forward, spool, listener):
    spool.write_many(8, data={"text": "x" * (9 << 20)})
    listener.rule = lambda request: Answer(delay_s=0.3)
    forward.set(listener__max_in_flight=8, listener__timeout_s=30)
    assert forward.run("--once").status == 0
    assert len(listener.names()) == 8
    assert listener.in_flight_max <= 3, "more than 32 MiB of bodies at once"


def test_a_payload_that_fits_16_mib_goes_and_a_larger_one_is_rejected(
        forward, spool, listener):
    larger = spool.write(data={"text": "x" * (16 << 20)})
    fits = spool.write(data={"text": "x" * ((16 << 20) - 1000)})
    assert forward.run("--once").status == 1
    assert listener.names() == [fits]
    assert spool.refused() == [larger]


def test_a_retry_is_byte_identical(forward, spool, listener):
    name = spool.write(data={"text": "again " * 100})
    listener.rule = in_turn(Answer(429), Answer(429), Answer(200))
    assert forward.set(listener__compression="gzip").run("--once").status == 0
    assert [request.name for request in listener.requests] == [name] * 3
    assert len({request.body for request in listener.requests}) == 1
    assert len({request.idempotency_key for request in listener.requests}) == 1


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_after_415_compression_stays_off_until_sighup(
        forward, spool, listener, compression):
    listener.rule = lambda request: Answer(
        415 if "content-encoding" in request.headers else 200)
    forward.set(listener__compression=compression, listener__max_in_flight=1)
    first = spool.write()
    content = spool.content(first)
    running = forward.start()
    eventually(lambda: first in listener.names(), "sent uncompressed")
    assert [request.status for request in listener.requests] == [415, 200]
    assert listener.requests[1].body == content
    assert len({request.idempotency_key for request in listener.requests}) == 1
    second = spool.write()
    eventually(lambda: second in listener.names(), "the next one")
    assert [request.status for request in listener.requests] == [415, 200, 200]
    listener.rule = in_turn(Answer(200))
    running.hangup()
    # The reload is not waited for by name: payloads show when compression is on again.
    eventually(lambda: spool.write() and listener.requests[-1].headers.get(
        "content-encoding") == compression, "compressed again after SIGHUP", every_s=0.1)
    assert running.stop().status == 0
    assert spool.refused() == []


def test_a_payload_may_arrive_while_the_service_runs(forward, spool, listener):
    running = forward.start()
    eventually(lambda: (spool.state / "pg-forward.lock").exists(), "it started")
    for _ in range(3):
        name = spool.write()
        eventually(lambda: name in listener.names(), "the new payload", within_s=10)
    assert running.stop().status == 0


def test_the_service_makes_the_spool_on_first_use(forwards, listener, tmp_path):
    import spool as spool_module
    spool = spool_module.Spool(tmp_path / "deep" / "spool")
    assert forwards(spool, listener).run("--once").status == 0
    for directory in (spool.path, spool.tmp, spool.new, spool.rejected, spool.state):
        assert directory.is_dir() and directory.stat().st_mode & 0o777 == 0o750
