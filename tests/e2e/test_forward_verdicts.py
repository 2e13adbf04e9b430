"""Section 5 of the contract: what an answer means."""

import pytest

from agent import count_from_environment
from listener import Answer, always, by_name, in_turn
from waiting import eventually

SENT, KEPT, REJECTED = "sent", "kept", "rejected"
KEPT_4XX = (401, 403, 404, 405, 407, 408, 409, 421, 425, 429, 431)
STATUS_STEP = count_from_environment("E2E_STATUS_STEP", 1)


def verdict_on_status(status):
    """The contract's table, written down once more."""
    if 200 <= status <= 204:
        return SENT
    if status in KEPT_4XX:
        return KEPT
    if 400 <= status <= 499:
        return REJECTED
    return KEPT


def fate(spool, name):
    if name in spool.waiting():
        return KEPT
    return REJECTED if name in spool.refused() else SENT


@pytest.fixture
def once(forward, spool, listener):
    """Sends one payload once; the first failure opens the breaker. (result, fate)"""
    def send(answer):
        name = spool.write()
        listener.rule = always(answer)
        forward.set(breaker__fail_max=1, breaker__timeout_s=3600, listener__timeout_s=1)
        result = forward.run("--once")
        return result, fate(spool, name)

    return send


@pytest.mark.parametrize("hundred", [200, 300, 400, 500])
def test_every_status_is_judged_by_the_table(forwards, quick_spool, listener, hundred):
    """One run a status; it ends when a failure opens the breaker."""
    wrong, spool = [], quick_spool
    forward = forwards(spool, listener).set(breaker__fail_max=1, breaker__timeout_s=3600)
    for status in range(hundred, hundred + 100):
        if status % STATUS_STEP and status not in KEPT_4XX:
            continue
        want = verdict_on_status(status)
        name = spool.write("s%d" % status)
        headers = {"Retry-After": "3600"} if status == 429 else {}
        listener.rule = always(Answer(status, headers))
        result = forward.run("--once")
        got = fate(spool, name)
        if (got, result.status) != (want, 0 if want == SENT else 1):
            wrong.append((status, want, got, result.status))
        if got == KEPT:
            (spool.new / (name + ".json.zst")).unlink()
    assert wrong == []


@pytest.mark.parametrize("content_type", [
    "text/html", "text/html; charset=utf-8", "Text/HTML", "text/html;charset=x"])
def test_a_captive_portal_is_no_success(once, content_type):
    result, got = once(Answer(200, {"Content-Type": content_type}, b"<html>Log in!</html>"))
    assert (got, result.status) == (KEPT, 1)


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", ""])
def test_other_types_are_a_success(once, content_type):
    headers = {"Content-Type": content_type} if content_type else {}
    result, got = once(Answer(200, headers, b"{}"))
    assert (got, result.status) == (SENT, 0)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(once, listeners, listener, status):
    elsewhere = listeners(api_key="").open()
    result, got = once(Answer(status, {"Location": elsewhere.url}))
    assert (got, result.status) == (KEPT, 1)
    assert len(listener.requests) == 1
    assert elsewhere.requests == [] and elsewhere.connections == 0


def test_no_connection_keeps_the_payload(forwards, spool, listeners):
    name = spool.write()
    program = forwards(spool, listeners())  # bound, never opened
    result = program.set(breaker__fail_max=1).run("--once")
    assert (result.status, spool.waiting()) == (1, [name])


@pytest.mark.parametrize("answer", [
    Answer(raw=b"", then="reset"),
    Answer(raw=b"", then="close"),
    Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Le", then="close"),
    Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", then="reset"),
    Answer(raw=b"HTTP/1.1 100 Continue\r\n\r\n", then="close"),
    Answer(raw=b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", then="close"),
    Answer(raw=b"<html>not HTTP</html>\r\n\r\n", then="close"),
    Answer(raw=b"\x00\xff\x16\x03\x01" * 20, then="close"),
    Answer(raw=b"HTTP/1.1 200 OK\r\nX: " + b"x" * 300000, then="close"),
    Answer(raw=b"HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n", then="close"),
], ids=lambda answer: (answer.raw[:24].decode("latin-1") or "nothing") + " " + answer.then)
def test_no_whole_answer_keeps_the_payload(once, answer):
    result, got = once(answer)
    assert (got, result.status) == (KEPT, 1)


@pytest.mark.parametrize("answer, want", [
    (Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", then="reset"), SENT),
    (Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", then="close"), SENT),
    (Answer(200, endless=b"all work and no play " * 4096), SENT),
    (Answer(200, endless=b"x"), SENT),
    (Answer(201, body=b"slow" * 2500, slow_s=0.1), SENT),
    (Answer(200, {"Transfer-Encoding": "chunked", "Content-Length": None}, b"zz\r\n"), SENT),
    (Answer(200, {"Content-Encoding": "gzip"}, b"this is no gzip"), SENT),
    (Answer(200, {"X-Long": "y" * 30000}), SENT),
    (Answer(raw=b"HTTP/1.0 200 OK\r\n\r\nuntil the end", then="close"), SENT),
    (Answer(raw=b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n"
                b"HTTP/1.1 204 No Content\r\n\r\n"), SENT),
    (Answer(422, body=b"slow" * 2500, slow_s=0.1), REJECTED),
    (Answer(422, endless=b"no no no " * 4096), REJECTED),
    (Answer(raw=b"HTTP/1.1 422 No\r\nContent-Length: 100\r\n\r\nhalf", then="reset"), REJECTED),
    (Answer(503, endless=b"busy " * 4096), KEPT),
    (Answer(raw=b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 503 Busy\r\n\r\n", then="close"),
     KEPT),
], ids=lambda value: value if isinstance(value, str) else None)
def test_the_status_decides_whatever_becomes_of_the_body(once, answer, want):
    if answer.headers.get("Content-Length", "") is None:
        answer = Answer(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                        then="close")
    result, got = once(answer)
    assert (got, result.status) == (want, 0 if want == SENT else 1)


def test_an_answer_before_the_body_was_read_decides_too(forward, spool, listener):
    name = spool.write(data={"text": "x" * (8 << 20)})
    listener.rule = always(Answer(413, ignore_body=True, then="close"))
    result = forward.set(breaker__fail_max=1).run("--once")
    # The reset that follows may overtake the answer: then the payload is kept, never lost.
    assert (fate(spool, name), result.status) in ((REJECTED, 1), (KEPT, 1))


def test_a_timeout_keeps_the_payload(forward, spool, listener):
    name = spool.write()
    listener.rule = always(Answer(hang=True))
    result = forward.set(listener__timeout_s=1, breaker__fail_max=1).run("--once")
    assert (result.status, spool.waiting()) == (1, [name])


def test_the_timeout_is_for_the_whole_request(forward, spool, listener):
    """A listener that sends a byte of its headers now and then holds nothing for ever."""
    name = spool.write()
    listener.rule = always(Answer(raw=b"HTTP/1.1 200 OK\r\nX: " + b"x" * 4000, slow_s=0.1))
    result = forward.set(listener__timeout_s=1, breaker__fail_max=1).run("--once")
    assert (result.status, spool.waiting()) == (1, [name])


def test_a_refusal_says_why(forward, spool, listener):
    name = spool.write()
    listener.rule = always(Answer(422, {"Content-Type": "application/json"},
                                  b'{"error":"timestamp is in the\r\nfuture"}'))
    assert forward.run("--once").status == 1
    reason = spool.reason(name)
    assert "422" in reason
    assert reason.endswith("\n") and reason.count("\n") == 1 and "\r" not in reason


def test_a_refusal_does_not_stop_the_others(forward, spool, listener):
    names = [spool.write("pg_locks" if n % 2 else "pg_log") for n in range(10)]
    refused = {names[3]: Answer(400), names[4]: Answer(413), names[9]: Answer(418)}
    listener.rule = by_name(refused)
    assert forward.run("--once").status == 1
    assert spool.refused() == sorted(refused)
    assert sorted(listener.names()) == sorted(set(names) - set(refused))
    assert spool.waiting() == []


def test_a_refusal_ends_the_run_of_failures(forward, spool, listener):
    """fail_max 2: failure, refusal, failure, refusal … never opens the breaker."""
    names = [spool.write("s%d" % n) for n in range(3)]
    listener.rule = in_turn(Answer(500), Answer(422), Answer(500), Answer(422), Answer(200))
    forward.set(breaker__fail_max=2, breaker__timeout_s=3600, listener__max_in_flight=1)
    running = forward.start()
    eventually(lambda: listener.names(), "a success after failures and refusals")
    assert running.stop().status == 0
    assert len(spool.refused()) == 2 and len(names) == 3
