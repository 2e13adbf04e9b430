"""The key, where it comes from, and how it is changed while the service runs."""

import pytest

from listener import Answer, always, in_turn
from waiting import eventually

NEW_KEY = "rotated-key-9876543210"


def key_file(path, key):
    path.write_text(key + "\n")
    path.chmod(0o600)
    return path


def test_a_wrong_key_loses_nothing_and_is_said_loudly_once(forward, spool, listener):
    names = spool.write_many(3)
    forward.set(listener__api_key="wrong-key", breaker__fail_max=1, breaker__timeout_s=1)
    running = forward.start()
    eventually(lambda: len(listener.requests) >= 4, "trials")
    assert running.stop().status == 0
    assert spool.waiting() == names and spool.refused() == []
    assert len(running.lines(r"error:.*401")) == 1, running.stderr


@pytest.mark.parametrize("status", [301, 302, 308, 403, 404, 405])
def test_a_wrong_endpoint_is_an_error_in_one_line(forward, spool, listener, status):
    names = spool.write_many(3)
    listener.rule = always(Answer(status, {"Location": "https://elsewhere.example/"}))
    forward.set(breaker__fail_max=2, breaker__timeout_s=1, listener__max_in_flight=1)
    running = forward.start()
    eventually(lambda: len(listener.requests) >= 4, "failures and trials")
    assert running.stop().status == 0
    assert spool.waiting() == names
    assert len(running.lines("error:.*%d" % status)) == 1, running.stderr


def test_it_is_said_again_after_it_worked_in_between(forward, spool, listener):
    listener.rule = in_turn(Answer(403), Answer(200), Answer(403), Answer(200))
    forward.set(breaker__fail_max=1, breaker__timeout_s=1, listener__max_in_flight=1)
    spool.write_many(2)
    running = forward.start()
    eventually(lambda: spool.waiting() == [], "both were sent")
    assert running.stop().status == 0
    assert len(running.lines(r"error:.*403")) == 2


@pytest.mark.parametrize("status", [302, 401, 403, 404, 405])
def test_the_key_file_is_read_again_when_the_endpoint_or_key_is_wrong(
        forward, spool, listener, tmp_path, status):
    path = key_file(tmp_path / "key", "old-key-00000000")
    right, listener.api_key = listener.api_key, ""
    listener.rule = lambda request: Answer(
        200 if request.headers["authorization"] == "Bearer " + right else status)
    forward.set(listener__api_key=None, listener__api_key_file=path,
                breaker__fail_max=1, breaker__timeout_s=1)
    spool.write()
    running = forward.start()
    eventually(lambda: any(r.status == status for r in listener.requests), "the refusal")
    key_file(path, right)
    eventually(lambda: spool.waiting() == [], "the new key was read", within_s=10)
    assert running.stop().status == 0


def test_the_key_can_be_rotated_without_a_restart(forward, spool, listener, tmp_path):
    path = key_file(tmp_path / "key", listener.api_key)
    forward.set(listener__api_key=None, listener__api_key_file=path,
                breaker__fail_max=1, breaker__timeout_s=1)
    running = forward.start()
    first = spool.write()
    eventually(lambda: listener.names() == [first], "the first key works")
    listener.api_key = NEW_KEY
    second = spool.write()
    eventually(lambda: any(r.status == 401 for r in listener.requests), "401")
    assert spool.waiting() == [second]
    key_file(path, NEW_KEY)
    eventually(lambda: second in listener.names(), "the second key works")
    assert running.stop().status == 0
    assert spool.refused() == []


def test_sighup_reads_the_key_file_again(forward, spool, listener, tmp_path):
    path = key_file(tmp_path / "key", "old-key-00000000")
    forward.set(listener__api_key=None, listener__api_key_file=path,
                breaker__fail_max=1, breaker__timeout_s=3600)
    running = forward.start()
    spool.write()
    eventually(lambda: listener.requests, "a first try")
    key_file(path, listener.api_key)
    running.hangup()
    # The breaker stays open: what counts is the key of the next request of a new run.
    eventually(lambda: running.lines("reload|re-read|read again") or spool.waiting() == [],
               "the reload")
    assert running.stop().status == 0
    assert forward.run("--once").status == 0


def test_a_systemd_credential_is_used_when_nothing_else_names_a_key(
        forward, spool, listener, tmp_path):
    key_file(tmp_path / "api_key", listener.api_key)
    spool.write()
    forward.set(listener__api_key=None)
    assert forward.run("--once", CREDENTIALS_DIRECTORY=str(tmp_path)).status == 0


def test_401_with_a_credential_says_that_a_restart_is_needed(
        forward, spool, listener, tmp_path):
    key_file(tmp_path / "api_key", "an-old-credential")
    spool.write()
    forward.set(listener__api_key=None, breaker__fail_max=1)
    result = forward.run("--once", CREDENTIALS_DIRECTORY=str(tmp_path))
    assert result.status == 1 and "restart" in result.stderr


@pytest.mark.parametrize("in_file, in_environment", [
    ("value", None), ("path", None), (None, "value"), (None, "path"),
    ("value", "path"), ("path", "value"), ("value", "value"), ("path", "path")])
def test_the_environment_wins_over_the_file(
        forward, spool, listener, tmp_path, in_file, in_environment):
    spool.write()
    right, wrong = listener.api_key, "a-wrong-key"
    forward.set(listener__api_key=None)
    from_file = wrong if in_environment else right
    environment = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    key_file(tmp_path / "api_key", "the-credential-comes-last")
    if in_file == "value":
        forward.set(listener__api_key=from_file)
    if in_file == "path":
        forward.set(listener__api_key_file=key_file(tmp_path / "a", from_file))
    if in_environment == "value":
        environment["BITVILLE_PG_LISTENER_API_KEY"] = right
    if in_environment == "path":
        environment["BITVILLE_PG_LISTENER_API_KEY_FILE"] = str(key_file(tmp_path / "b", right))
    assert forward.run("--once", **environment).status == 0
    assert len(listener.names()) == 1


def test_an_empty_environment_variable_counts_as_unset(forward, spool, listener):
    spool.write()
    result = forward.run("--once", BITVILLE_PG_LISTENER_API_KEY="",
                         BITVILLE_PG_LISTENER_URL="", BITVILLE_PG_BUFFER_MAX_SIZE_MB="")
    assert result.status == 0 and len(listener.names()) == 1


def test_the_config_file_is_found_by_its_environment_variable(forward, spool, listener):
    spool.write()
    forward.save()
    running = forward.start("--once", bare=True,
                            BITVILLE_PG_CONFIG_PATH=str(forward.config_path))
    assert running.wait().status == 0 and len(listener.names()) == 1


def test_the_environment_alone_is_enough(forward, spool, listener):
    spool.write()
    running = forward.start(
        "--once", bare=True, BITVILLE_PG_LISTENER_URL=listener.url,
        BITVILLE_PG_LISTENER_API_KEY=listener.api_key,
        BITVILLE_PG_BUFFER_PATH=str(spool.path), BITVILLE_PG_BUFFER_MIN_FREE_MB="0")
    assert running.wait().status == 0 and len(listener.names()) == 1


def test_without_any_key_it_exits_78(forward, spool, listener):
    spool.write()
    result = forward.set(listener__api_key=None).run("--once")
    assert result.status == 78 and "api_key" in result.stderr
    assert listener.requests == []


@pytest.mark.parametrize("content", ["", "\n", "two\nlines\n", "tab\tinside\n", "x" * 10000])
def test_a_key_file_without_a_usable_key_exits_78(forward, spool, listener, tmp_path, content):
    spool.write()
    (tmp_path / "key").write_text(content)
    forward.set(listener__api_key=None, listener__api_key_file=tmp_path / "key")
    result = forward.run("--once")
    assert result.status == 78 and str(tmp_path / "key") in result.stderr
    assert listener.requests == []


def test_a_config_file_with_a_key_that_others_can_read_draws_a_warning(forward):
    forward.save()
    assert "warning" not in forward.run("--check-config", save=False).stderr
    forward.config_path.chmod(0o644)
    result = forward.run("--check-config", save=False)
    assert result.status == 0
    assert "warning" in result.stderr and str(forward.config_path) in result.stderr
