"""--status, --verify, --test, the lock and the state file."""

import json
import os
import pty
import re
import subprocess

import pytest

from listener import Answer, always
from test_forward_rejects import BROKEN
from waiting import eventually


def json_status(forward):
    result = forward.run("--status", "--json")
    return result, json.loads(result.stdout)


def numbers(document):
    """All numbers anywhere in a JSON document."""
    if isinstance(document, dict):
        return [n for value in document.values() for n in numbers(value)]
    if isinstance(document, list):
        return [n for value in document for n in numbers(value)]
    if isinstance(document, (int, float)) and not isinstance(document, bool):
        return [document]
    return []


def test_a_second_forwarder_exits_1_and_names_the_first(forward, listener):
    running = forward.start()
    eventually(lambda: (forward.settings["buffer.path"] / "state/pg-forward.lock").exists(),
               "it started")
    for arguments in ((), ("--once",)):
        result = forward.run(*arguments, timeout=10)
        assert result.status == 1 and str(running.pid) in result.stderr
    assert running.runs and running.stop().status == 0
    assert forward.run("--once").status == 0


def test_the_lock_dies_with_its_holder(forward):
    running = forward.start()
    eventually(lambda: (forward.settings["buffer.path"] / "state/pg-forward.lock").exists(),
               "it started")
    running.kill()
    assert forward.run("--once").status == 0


def test_status_works_beside_the_service(forward, spool, listener):
    running = forward.start()
    spool.write_many(7)
    eventually(lambda: spool.waiting() == [], "all were sent")
    result, document = json_status(forward)
    assert result.status == 0 and running.pid in numbers(document)
    table = forward.run("--status")
    assert table.status == 0 and str(running.pid) in table.stdout
    assert running.stop().status == 0


def test_status_tells_how_many_are_sent_a_second(forward, spool, listener):
    running = forward.start()
    spool.write_many(50)
    eventually(lambda: json_status(forward)[1]["sent"]["per_s"] > 0, "a rate", within_s=10)
    assert re.search(r"^sent +50 payloads, .*\(\d+\.\d a second in the last minute\)$",
                     forward.run("--status").stdout, re.M)
    assert running.stop().status == 0
    assert "a second" not in forward.run("--status").stdout


def test_once_shows_its_progress_on_a_terminal_only(forward, spool, listener):
    spool.write_many(3)
    listener.rule = always(Answer(delay_s=0.3))
    assert forward.run("--once").stderr == ""
    spool.write_many(3)
    ours, theirs = pty.openpty()
    try:
        process = subprocess.Popen(forward.arguments("--once"), env=forward.environment,
                                   stderr=theirs)
        assert process.wait(timeout=30) == 0
        shown = os.read(ours, 65536).decode()
    finally:
        os.close(ours)
        os.close(theirs)
    lines = shown.split("\r\x1b[K")
    assert re.fullmatch(r"0 sent, \d+ waiting, 0 a second\r", lines[1]), shown
    assert any(re.match(r"[123] sent, ", line) for line in lines) and lines[-1] == "", shown


def test_status_counts_what_waits_and_what_is_rejected(forward, spool, listener):
    listener.rule = always(Answer(422))
    spool.write_many(13)
    assert forward.run("--once").status == 1
    names = spool.write_many(17)
    result, document = json_status(forward)
    assert result.status == 0
    assert 17 in numbers(document) and 13 in numbers(document), document
    table = forward.run("--status").stdout
    assert "17" in table and "13" in table and names[0] in table


def test_status_touches_nothing(forward, tmp_path, listener):
    absent = tmp_path / "absent"
    forward.set(buffer__path=absent).run("--status")
    assert not absent.exists() and listener.requests == []


def test_status_says_why_the_breaker_is_open(forward, spool, listener):
    spool.write()
    listener.rule = always(Answer(503))
    running = forward.set(breaker__fail_max=1, breaker__timeout_s=3600).start()
    eventually(lambda: listener.requests, "a try")
    text = eventually(lambda: (lambda out: out if "open" in out else "")(
        forward.run("--status").stdout), "it shows as open", within_s=20)
    assert "503" in text
    assert "open" in json.dumps(json_status(forward)[1])
    assert running.stop().status == 0


def test_verify_reads_everything_and_changes_nothing(forward, spool, listener):
    spool.write_many(5)
    assert forward.run("--verify").status == 0
    names = {what: spool.write_frame(frame, "pg_log") for what, frame in BROKEN.items()}
    before = {n: spool.frame(n) for n in spool.waiting()}
    result = forward.run("--verify")
    assert result.status == 1
    for what, name in names.items():
        assert name in result.output, what
    assert {n: spool.frame(n) for n in spool.waiting()} == before
    assert listener.requests == [] and os.listdir(spool.rejected) == []


def test_verify_works_beside_the_service(forward, spool, listener):
    listener.rule = always(Answer(503))
    running = forward.start()
    spool.write_many(3)
    eventually(lambda: listener.requests, "a try")
    assert forward.run("--verify").status == 0
    assert running.stop().status == 0


def marks(result):
    return [line.split()[0] for line in result.stdout.splitlines()
            if line.split() and line.split()[0] in ("ok", "warn", "FAIL")]


def test_test_is_content_with_a_good_setup(forward, spool, listener):
    result = forward.run("--test")
    assert result.status == 0 and "FAIL" not in marks(result) and "ok" in marks(result)
    assert spool.waiting() == []


@pytest.mark.parametrize("change, word", [
    ({"listener.api_key": "wrong-key"}, "401"),
    ({"listener.url": "http://127.0.0.1:1/"}, "127.0.0.1"),
    ({"buffer.path": "/proc/version"}, "/proc/version"),
    ({"listener.ca_file": "/nowhere/ca.pem"}, "/nowhere/ca.pem"),
])
def test_test_fails_and_says_what_to_mend(forward, change, word):
    forward.settings.update(change)
    result = forward.run("--test")
    assert result.status == 1 and "FAIL" in marks(result)
    assert word in result.stdout


def test_test_sends_no_payload_and_works_beside_the_service(forward, spool, listener):
    listener.rule = always(Answer(503))
    running = forward.set(breaker__fail_max=1, breaker__timeout_s=3600).start()
    names = spool.write_many(2)
    eventually(lambda: listener.requests, "a try")
    forward.run("--test")
    assert spool.waiting() == names
    assert len([r for r in listener.requests if r.name]) == 1
    assert running.stop().status == 0


def test_a_state_of_the_version_before_is_read(forward, spool, listener):
    (spool.state / "pg-forward.json").write_text(
        '{"version":1,"updated_at":1769774400.5,"sent":{"files":7,"bytes":9},'
        '"evicted":{"files":3,"bytes":12288,"first":null,"last":null}}')
    assert forward.run("--once").status == 0
    document = json_status(forward)[1]
    assert document["sent"]["files"] == 7 and document["counting_since"] > 1769774400
    assert document["evicted"] == {
        "files": 3, "bytes": 12288, "first": None, "last": None, "parts": []}


def test_a_state_of_a_newer_version_exits_1(forward, spool, listener):
    spool.write()
    (spool.state / "pg-forward.json").write_text('{"version":99}')
    result = forward.run("--once")
    assert result.status == 1 and "newer" in result.stderr
    assert listener.requests == []


@pytest.mark.parametrize("garbage", [b"", b"{", b"\xff\xfe\x00", b'{"version":"x"}', b"[]"])
def test_an_unreadable_state_is_kept_aside(forward, spool, listener, garbage):
    assert forward.run("--once").status == 0
    path = spool.state / "pg-forward.json"
    assert path.exists()
    path.write_bytes(garbage)
    spool.write()
    assert forward.run("--once").status == 0
    assert json.loads(path.read_text())["version"] == 1
    kept = [p.name for p in spool.state.iterdir() if p.read_bytes() == garbage]
    assert kept, "the unreadable one is gone"


def test_the_state_is_never_absent_while_it_is_replaced(forward, spool, listener):
    """The previous copy is a hard link made before the rename."""
    assert forward.run("--once").status == 0
    running = forward.start()
    path = spool.state / "pg-forward.json"
    for _ in range(300):
        spool.write()
        assert json.loads(path.read_text())["version"] == 1
    assert running.stop().status == 0
    assert os.path.exists(str(path) + ".prev")


def test_metrics_are_written_for_node_exporter(forward, spool, listener, tmp_path):
    path = tmp_path / "metrics" / "agent.prom"
    path.parent.mkdir()
    spool.write_many(3)
    assert forward.set(metrics__textfile=path).run("--once").status == 0
    lines = path.read_text().splitlines()
    samples = [line for line in lines if line and not line.startswith("#")]
    assert samples
    for line in samples:
        name, value = line.rsplit(" ", 1)
        assert name.startswith("bitville_") and float(value) == float(value)
    assert [p.name for p in path.parent.iterdir()] == ["agent.prom"], "no debris beside it"
