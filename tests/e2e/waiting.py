"""Polling with a deadline: tests wait for facts, never for time alone."""

import time

DEADLINE_S = 60  # generous: it costs only where something is broken


def eventually(condition, what="", within_s=DEADLINE_S, every_s=0.01):
    """Returns condition()'s first true value; fails when there is none in time."""
    deadline = time.monotonic() + within_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError("not within %g s: %s" % (within_s, what or condition))
        time.sleep(every_s)


def never(condition, for_s, what=""):
    """Fails when condition() becomes true within for_s."""
    deadline = time.monotonic() + for_s
    while time.monotonic() < deadline:
        assert not condition(), what or "it happened"
        time.sleep(0.01)
