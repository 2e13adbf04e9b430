"""Marker secrets in every place: they appear nowhere."""

import base64
import contextlib
import pathlib

import pytest

from listener import Answer
from notify import NotifySocket
from proxy import Proxy
from waiting import eventually

API_KEY = "mArKeRkEy-Q7zX9vB2nM4-kEyEnD"
DB_PASSWORD = "mArKeRdB-W8yU3oP6aS1-dBeNd"
PROXY_PASSWORD = "mArKeRpRoXy-T5rE0iK9jH-pXeNd"
MARKERS = (API_KEY, DB_PASSWORD, PROXY_PASSWORD)
PIECE = 8  # characters of a marker that must not appear either


def forbidden():
    texts = set()
    for marker in MARKERS:
        for at in range(len(marker) - PIECE + 1):
            texts.add(marker[at:at + PIECE])
    texts.add(base64.b64encode(("someone:" + PROXY_PASSWORD).encode()).decode())
    return texts


FORBIDDEN = forbidden()


def assert_clean(text, where):
    found = [piece for piece in FORBIDDEN if piece in text]
    assert not found, "%s shows %s" % (where, found[:3])


def check_spool(spool):
    for path in spool.path.rglob("*"):
        if path.is_file() and not path.name.endswith(".zst"):
            assert_clean(path.read_text(errors="replace"), path)


def check_running(running):
    assert_clean(pathlib.Path("/proc/%d/cmdline" % running.pid).read_text(), "cmdline")


PLACES = ["file", "environment", "key file", "environment key file", "credential"]


def put_secrets(forward, place, tmp_path):
    """Puts the key and the database's password there; returns the environment."""
    forward.set(listener__api_key=None)
    for name, secret in (("api_key", API_KEY), ("db_password", DB_PASSWORD)):
        (tmp_path / name).write_text(secret + "\n")
        (tmp_path / name).chmod(0o600)
    conninfo = "host=localhost password=%s sslmode=disable" % DB_PASSWORD
    if place == "file":
        forward.set(listener__api_key=API_KEY, database__password=DB_PASSWORD,
                    database__conninfo=conninfo)
        return {}
    if place == "environment":
        return {"BITVILLE_PG_LISTENER_API_KEY": API_KEY,
                "BITVILLE_PG_DB_PASSWORD": DB_PASSWORD,
                "BITVILLE_PG_DB_CONNINFO": "postgresql://u:%s@localhost/db" % DB_PASSWORD,
                "PGPASSWORD": DB_PASSWORD}
    if place == "key file":
        forward.set(listener__api_key_file=tmp_path / "api_key",
                    database__password_file=tmp_path / "db_password")
        return {}
    if place == "environment key file":
        return {"BITVILLE_PG_LISTENER_API_KEY_FILE": str(tmp_path / "api_key"),
                "BITVILLE_PG_DB_PASSWORD_FILE": str(tmp_path / "db_password")}
    return {"CREDENTIALS_DIRECTORY": str(tmp_path)}


def echo(request):
    """An answer that says everything it was told, in the body and in headers."""
    told = "\n".join(request.lines)
    status = [200, 401, 422, 500, 302, 403, 415, 429][request.number % 8]
    return Answer(status, {
        "Location": "http://x:%s@elsewhere.example/" % API_KEY,
        "WWW-Authenticate": 'Bearer realm="%s"' % API_KEY,
        "Retry-After": "1" if status == 429 else API_KEY,
        "X-Key": API_KEY,
        "Content-Type": "text/html" if request.number % 16 > 8 else API_KEY,
    }, (told + "\n" + API_KEY).encode())


@pytest.mark.parametrize("verbose", [(), ("--verbose",)], ids=["quiet", "verbose"])
@pytest.mark.parametrize("place", PLACES)
def test_secrets_appear_nowhere(forward, spool, listener, tmp_path, place, verbose):
    secret_environment = put_secrets(forward, place, tmp_path)
    listener.api_key = API_KEY
    listener.rule = echo
    textfile = tmp_path / "metrics.prom"
    forward.set(breaker__fail_max=100, breaker__timeout_s=1, metrics__textfile=textfile)
    with contextlib.closing(NotifySocket(tmp_path / "notify")) as notify:
        running = forward.start(*verbose, NOTIFY_SOCKET=notify.path, **secret_environment)
        spool.write_many(12, "pg_log")
        eventually(lambda: len(listener.requests) >= 8, "every answer once")
        check_running(running)
        for arguments in (["--status"], ["--status", "--json"], ["--test"], ["--verify"],
                          ["--check-config"], ["--retry-rejected"]):
            result = forward.run(*arguments, *verbose, **secret_environment)
            assert_clean(result.output, arguments)
        running.hangup()
        eventually(lambda: notify.count("READY=1") == 2, "the reload")
        assert_clean(running.stop().output, "the service")
        assert_clean("\n".join(notify.messages), "sd_notify")
    check_spool(spool)
    if textfile.exists():
        assert_clean(textfile.read_text(), textfile)
    assert any(r.headers.get("authorization") == "Bearer " + API_KEY
               for r in listener.requests), "the key was used at all"


def test_an_echo_cut_anywhere_shows_no_piece_of_the_key(forward, spool, listener):
    """Where a text is bounded, a secret may straddle the bound."""
    forward.set(listener__api_key=API_KEY, listener__max_in_flight=1)
    listener.api_key = API_KEY
    names = [spool.write("s%d" % n) for n in range(600)]
    listener.rule = lambda request: Answer(
        422, body=b"x" * (int(request.source[1:])) + API_KEY.encode())
    result = forward.run("--once")
    assert result.status == 1 and len(spool.refused()) == len(names)
    assert_clean(result.output, "--once")
    check_spool(spool)


@pytest.mark.parametrize("encode", [
    lambda key: key.replace("-", "\\u002d"), lambda key: "\x1b[1m" + key + "\x1b[0m",
    lambda key: key + key, lambda key: key[:-1] + key], ids=["escaped", "colour", "twice",
                                                            "overlap"])
def test_an_echo_in_disguise_shows_no_whole_key(forward, spool, listener, encode):
    forward.set(listener__api_key=API_KEY, breaker__fail_max=1)
    listener.api_key = API_KEY
    name = spool.write()
    listener.rule = lambda request: Answer(400, body=encode(API_KEY).encode())
    result = forward.run("--once", "--verbose")
    for text in (result.output, spool.reason(name)):
        assert API_KEY not in text and "\x1b" not in text


def test_a_proxy_password_appears_nowhere(forwards, spool, tls_listener, certificates):
    with contextlib.closing(Proxy()) as proxy:
        forward = forwards(spool, tls_listener)
        for target, working in ((proxy.port, True), (1, False)):
            forward.set(listener__ca_file=certificates.ca, breaker__fail_max=1,
                        listener__proxy="http://someone:%s@127.0.0.1:%d"
                        % (PROXY_PASSWORD, target))
            spool.write()
            for arguments in (["--check-config"], ["--test"], ["--once"], ["--status"]):
                result = forward.run(*arguments, "--verbose")
                assert_clean(result.output, arguments)
            assert working == (spool.waiting() == [])
    check_spool(spool)


@pytest.mark.parametrize("text", [
    "[listener]\napi_key = {key}\napi_key = {key}\n",
    "[listener]\napi_key = {key} ; comment\n",
    "[listener]\napi_key = {key}" + "x" * 300 + "\n",
    "[listener]\n  api_key = {key}\n",
    "[listener]\nurl = x\n {key}\n",
    "[listener]\napi_key = {key}\x01\n",
    "[listener]\napi_kye = {key}\n",
    "[listener]\napi_key: {key}\nproxy = http://someone:{proxy}@[bad\n",
    "[listener]\nproxy = socks9://someone:{proxy}@x:99999/\napi_key = {key}\n",
    "[database]\nconninfo = host=x password={db} nonsense='\n[listener]\napi_key = {key}\n",
    "[database]\nconninfo = postgresql://u:{db}@[::1/db\n[listener]\napi_key = {key}\n",
    "[database]\npassword = {db}\npassword_file = /nowhere\n",
    "[listener]\nurl = https://someone:{proxy}@127.0.0.1:1/\napi_key = {key}\n",
    "{key}\n",
    "[{key}]\n",
])
def test_a_mistake_beside_a_secret_does_not_show_it(forward, spool, text):
    forward.write_config(text.format(key=API_KEY, db=DB_PASSWORD, proxy=PROXY_PASSWORD)
                         + "[buffer]\npath = %s\n" % spool.path)
    for arguments in (["--check-config"], ["--test"], ["--once"], ["--status"]):
        result = forward.run(*arguments, "--verbose", save=False,
                             BITVILLE_PG_LISTENER_TIMEOUT_S="1",
                             BITVILLE_PG_CIRCUIT_BREAKER_FAIL_MAX="1")
        assert_clean(result.output, arguments)
