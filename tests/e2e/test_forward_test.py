"""pg-forward --test: each step on the way to the listener has its line, and each failure its mend."""

import contextlib
import email.utils
import json
import re
import time

import pytest

from agent import CONFIG
from checklist import checks, the
from listener import Answer, always
from proxy import Proxy
from test_forward_rejects import BROKEN
from waiting import eventually


@pytest.fixture
def tls_forward(forwards, spool, tls_listener, certificates):
    return forwards(spool, tls_listener).set(listener__ca_file=certificates.ca)


def test_every_step_has_its_line(tls_forward, spool, tls_listener, certificates):
    tls_listener.rule = always(Answer(422, {"Date": email.utils.formatdate(usegmt=True)}))
    tls_forward.set(listener__url=tls_listener.url.replace("127.0.0.1", "localhost"))
    result = tls_forward.run("--test")
    texts = ["%s %s" % (mark, text) for mark, text, _ in checks(result)]
    wanted = [
        r"ok configuration: %s" % tls_forward.config_path,
        r"ok spool %s \(\S+:\S+ 0750\): writable" % spool.path,
        r"ok spool: \d+ MiB of 100 MiB, 0 payloads wait",
        r"ok file system of the spool: \d+ MiB free, .*",
        r"ok state \S+/state/pg-forward.json: none yet, .*",
        r"warn pg-forward is not running",
        r"ok backlog: 0 payloads",
        r"ok API key: from %s line \d+: listener.api_key" % tls_forward.config_path,
        r"ok listener https://localhost:%d/ingest/postgres: verified by %s" % (
            tls_listener.port, certificates.ca),
        r"ok name localhost: .*127\.0\.0\.1.*",
        r"ok connection: to 127\.0\.0\.1 port %d, in [\d.]+ ms" % tls_listener.port,
        r"ok certificate: CN = e2e server of CN = e2e ca, until 20\d\d-\d\d-\d\dT.*Z",
        r"ok API key: the listener accepts it \(422\)",
        r"ok clock: agrees with the listener's",
    ]
    assert len(texts) == len(wanted), result.stdout
    for text, pattern in zip(texts, wanted):
        assert re.fullmatch(pattern, text), text
    assert [request.name for request in tls_listener.requests] == [""]


@pytest.mark.parametrize("which, says, mend", [
    ("wrong_name", "no alternative certificate subject name",
     "set listener.url to a name that the certificate has; look: .* -ext subjectAltName"),
    ("unknown", "unable to get local issuer certificate",
     "set listener.ca_file to its issuer's certificate; look: .* -issuer"),
    ("expired", "certificate has expired", "renew the listener's certificate; look: .* -dates"),
])
def test_what_is_wrong_with_a_certificate_is_told(
        forwards, listeners, spool, certificates, which, says, mend):
    cert, key = getattr(certificates, which)
    listener = listeners(cert=cert, key=key).open()
    result = forwards(spool, listener).set(listener__ca_file=certificates.ca).run("--test")
    mark, text, how = the(result, "certificate: ")
    assert mark == "FAIL" and says in text and re.fullmatch(mend, how), result.stdout
    assert "-connect 127.0.0.1:%d -servername 127.0.0.1 " % listener.port in how
    assert the(result, "connection: ")[0] == "ok" and listener.requests == []


def test_a_certificate_that_will_expire_is_told(forwards, listeners, spool, certificates):
    cert, key = certificates.ending
    listener = listeners(cert=cert, key=key).open()
    result = forwards(spool, listener).set(listener__ca_file=certificates.ca).run("--test")
    mark, text, mend = the(result, "certificate: ")
    assert (mark, mend) == ("warn", "renew the listener's certificate")
    assert re.search(r"expires 20.*Z, in 1[0-2] days$", text)


def test_where_the_way_ends_is_told(tls_forward, listener, tls_listener, listeners):
    """(settings, subject, words of text and mend)"""
    silent = listeners().drop()
    proxy = "http://someone:secretpassword@127.0.0.1:%d"
    cases = [
        ({"url": "http://nowhere.invalid:81/x", "allow_plain_http": "yes"},
         "name nowhere.invalid: ", "", "getent hosts nowhere.invalid"),
        ({"url": "http://127.0.0.1:1/x"}, "connection: ", "127.0.0.1",
         "timeout 5 bash -c '</dev/tcp/127.0.0.1/1'"),
        ({"url": silent.url}, "connection: ", "timed out", "timeout 5 bash"),
        ({"url": listener.url.replace("http:", "https:")}, "certificate: ", "", "https?"),
        ({"proxy": proxy % listener.port}, "proxy: ", "", "correct listener.proxy"),
        ({"url": "ftp://127.0.0.1/"}, "", "listener.url", "sudoedit %s" % tls_forward.config_path),
        ({"ca_file": "/nowhere/ca.pem"}, "", "/nowhere/ca.pem", "sudoedit "),
    ]
    usual = dict(tls_forward.settings)
    listener.rule = always(Answer(403))
    for settings, subject, says, mend in cases:
        tls_forward.settings = {**usual, "listener.timeout_s": 1, **{
            "listener." + name: value for name, value in settings.items()}}
        result = tls_forward.run("--test")
        failed = [check for check in checks(result) if check[0] == "FAIL"]
        assert len(failed) == 1, result.stdout
        assert failed[0][1].startswith(subject) and says in failed[0][1], result.stdout
        assert mend in failed[0][2] and "secretpassword" not in result.output, result.stdout
    tls_forward.settings = {**usual, "listener.url": "http://127.0.0.2:1/",
                            "listener.allow_plain_http": "yes"}
    assert the(tls_forward.run("--test"), "listener ")[0] == "ok"
    tls_forward.set(listener__proxy="http://127.0.0.1:1")
    mark, text, _ = the(tls_forward.run("--test"), "listener ")
    assert mark == "warn" and "in clear" in text
    assert tls_listener.requests == []


def test_a_proxy_is_told_without_its_password(tls_forward, tls_listener):
    with contextlib.closing(Proxy()) as proxy:
        tls_forward.set(listener__proxy="http://someone:secretpassword@localhost:%d" % proxy.port)
        result = tls_forward.run("--test")
        assert the(result, "proxy ")[:2] == ["ok", "proxy http://localhost:%d: is used" % proxy.port]
        assert the(result, "name localhost: ")[0] == "ok"
        assert the(result, "API key: the listener")[0] == "ok"
        assert len(proxy.heads) == 1 and "secretpassword" not in result.output


def dated(ago_s, status=200):
    return Answer(status, {"Date": email.utils.formatdate(time.time() - ago_s, usegmt=True)})


def test_an_answer_is_judged(forward, listener):
    """(answer, subject, mark, words of the text, words of the mend)"""
    cases = [
        (Answer(204), "API key: the listener accepts it (204)", "ok", "", ""),
        (Answer(403), "API key: the listener refuses it (403)", "FAIL", "", "correct %s line "
         % forward.config_path),
        (Answer(404), "answer: wrong address (404)", "FAIL", "", "listener.url"),
        (Answer(503, body=b"busy"), "answer: 503: ", "FAIL", "busy", "listener's log"),
        (Answer(200, {"Content-Type": "text/html"}), "answer: 200", "FAIL", "", "web page"),
        (Answer(hang=True), "answer: none", "FAIL", "", "listener.timeout_s (1)"),
        (dated(3600), "clock: ", "FAIL", "s ahead of the listener's", "timedatectl set-ntp true"),
        (dated(-3600), "clock: ", "FAIL", "s behind the listener's", "timedatectl set-ntp true"),
        (dated(60, 403), "clock: ", "warn", "s ahead of", "timedatectl set-ntp true"),
        (dated(0), "clock: ", "ok", "agrees", ""),
    ]
    forward.set(listener__timeout_s=1)
    for answer, subject, mark, says, mend in cases:
        listener.rule = always(answer)
        found = the(forward.run("--test"), subject)
        assert found[0] == mark and says in found[1] and mend in found[2], found


def test_where_the_key_comes_from_is_told(forward, listener, tmp_path):
    key = tmp_path / "key"
    key.write_text(listener.api_key + "\n")
    key.chmod(0o600)
    forward.set(listener__api_key=None)
    mark, text, mend = the(forward.run("--test"), "API key")
    assert (mark, text) == ("FAIL", "API key: there is none")
    assert mend in ("install -m 600 /dev/stdin /etc/bitville/api_key",
                    "pg-forward --test=unit --config %s (/etc/bitville/api_key is handed to the "
                    "unit)" % forward.config_path)
    refused = forward.run("--once")
    assert refused.status == CONFIG and "no API key" in refused.stderr
    assert "/etc/bitville/api_key" in refused.stderr
    (tmp_path / "api_key").write_text(listener.api_key)
    assert the(forward.run("--test", CREDENTIALS_DIRECTORY=str(tmp_path)), "API key: the unit")[:2] \
        == ["ok", "API key: the unit's credential (/etc/bitville/api_key)"]
    forward.set(listener__api_key_file=key)
    result = forward.run("--test")
    mark, text, _ = the(result, "API key: from ")
    assert mark == "ok" and re.fullmatch(r"API key: from %s \(\S+ 0600\)" % key, text)
    assert the(result, "API key: the listener accepts")[0] == "ok"
    key.chmod(0o644)
    assert the(forward.run("--test"), "API key: from ")[::2] == ["warn", "chmod o-rwx %s" % key]
    key.unlink()
    mark, text, mend = the(forward.run("--test"), "API key: ")
    assert mark == "FAIL" and "No such file" in text
    assert re.fullmatch(r"install -o \S+ -m 600 /dev/stdin %s" % key, mend)


def test_how_the_service_stands_is_told(forward, spool, listener):
    (spool.state / "pg-forward.json").write_text(json.dumps({"version": 1, "degraded": "no disk"}))
    spool.write_frame(next(iter(BROKEN.values())), "pg_log")
    assert forward.run("--once").status == 1
    listener.rule = always(Answer(503, body=b"busy"))
    spool.write()
    running = forward.set(breaker__fail_max=1, breaker__timeout_s=3600).start()
    eventually(lambda: "open" in forward.run("--status").stdout, "the breaker opens", within_s=20)
    result = forward.run("--test")
    status = "pg-forward --status --config %s" % forward.config_path
    assert the(result, "pg-forward is running, pid %d" % running.pid)[0] == "ok"
    mark, text, mend = the(result, "breaker: open, 1 failures in a row: ")
    assert (mark, mend) == ("warn", status) and "503" in text
    mark, _, mend = the(result, "rejected: 1 payloads")
    assert mark == "warn" and mend.startswith(status) and "--retry-rejected" in mend
    assert running.stop().status == 0
    spool.write_many(2)
    for path in spool.new.iterdir():
        path.rename(path.with_name("20200131T235959" + path.name[15:]))
    mark, text, mend = the(forward.run("--test"), "backlog: ")
    assert (mark, mend) == ("warn", status) and "3 payloads, the oldest of " in text
