"""Retry-After and backoff: how long pg-forward waits because it was told to, or was not."""

import email.utils

import pytest

from listener import Answer, always, in_turn


def gaps(listener):
    starts = [request.started for request in listener.requests]
    return [later - earlier for earlier, later in zip(starts, starts[1:])]


def http_date(seconds):
    return email.utils.formatdate(seconds, usegmt=True)


LONG_AGO = 784111777  # Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110


@pytest.mark.parametrize("headers, at_least_s", [
    ({"Retry-After": "2"}, 2),
    ({"Retry-After": "0"}, 1),
    ({"Retry-After": " 2 "}, 2),
    ({"retry-after": "2"}, 2),
    ({"Date": http_date(LONG_AGO), "Retry-After": http_date(LONG_AGO + 2)}, 2),
    ({"Date": http_date(LONG_AGO), "Retry-After": http_date(LONG_AGO - 5)}, 1),
    ({"Date": "Sunday, 06-Nov-94 08:49:37 GMT",
      "Retry-After": "Sunday, 06-Nov-94 08:49:39 GMT"}, 2),
    ({"Date": "Sun Nov  6 08:49:37 1994", "Retry-After": "Sun Nov  6 08:49:39 1994"}, 2),
    ({}, 0),
    ({"Retry-After": "soon"}, 0),
    ({"Retry-After": ""}, 0),
    ({"Retry-After": "-1"}, 0),
    ({"Retry-After": "1e9"}, 0),
    ({"Retry-After": "7 apples"}, 0),
    ({"Retry-After": "\xff\xfe"}, 0),
], ids=lambda value: value.get("Retry-After", value.get("retry-after", "absent"))
    if isinstance(value, dict) else None)
def test_429_waits_as_told_and_is_no_failure(forward, spool, listener, headers, at_least_s):
    """fail_max 1: a failure would open the breaker and end --once with 1."""
    spool.write()
    listener.rule = in_turn(Answer(429, headers), Answer(200))
    result = forward.set(breaker__fail_max=1, breaker__timeout_s=3600).run("--once")
    assert result.status == 0, result.stderr
    assert [request.status for request in listener.requests] == [429, 200]
    assert gaps(listener)[0] >= at_least_s


@pytest.mark.parametrize("retry_after", [
    "11", "3600", "999999", "99999999999999999999999999", http_date(4102444800)])
def test_once_does_not_wait_longer_than_10_s(forward, spool, listener, retry_after):
    name = spool.write()
    listener.rule = always(Answer(429, {"Retry-After": retry_after}))
    result = forward.run("--once", timeout=9)
    assert (result.status, spool.waiting(), len(listener.requests)) == (1, [name], 1)


def test_429_stops_the_requests_for_everything(forward, spool, listener):
    """One gate for the endpoint: nothing else is sent while it asks to wait."""
    spool.write_many(10, "pg_log")
    listener.rule = in_turn(Answer(429, {"Retry-After": "2"}), Answer(200))
    assert forward.set(listener__max_in_flight=1).run("--once").status == 0
    assert len(listener.requests) == 11
    assert gaps(listener)[0] >= 2


def test_503_with_retry_after_waits_as_told(forward, spool, listener):
    spool.write()
    listener.rule = in_turn(Answer(503, {"Retry-After": "3"}), Answer(200))
    assert forward.run("--once").status == 0
    assert gaps(listener)[0] >= 3


@pytest.mark.parametrize("timeout_s, retry_after, at_least_s", [(1, "3", 3), (3, "1", 3)])
def test_503_is_a_failure_and_the_breaker_waits_for_the_later(
        forward, spool, listener, timeout_s, retry_after, at_least_s):
    from waiting import eventually
    spool.write()
    listener.rule = in_turn(Answer(503, {"Retry-After": retry_after}), Answer(200))
    running = forward.set(breaker__fail_max=1, breaker__timeout_s=timeout_s).start()
    eventually(lambda: spool.waiting() == [], "the trial succeeds")
    assert running.stop().status == 0
    assert gaps(listener)[0] >= at_least_s


def test_a_failure_is_tried_again_within_one_run(forward, spool, listener):
    spool.write()
    listener.rule = in_turn(Answer(500), Answer(raw=b"", then="reset"), Answer(200))
    assert forward.run("--once").status == 0
    assert len(listener.requests) == 3
