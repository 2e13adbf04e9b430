"""TLS is verified, always; proxies and netrc of the environment are ignored."""

import contextlib
import ssl
import warnings

import pytest

import nginx as nginx_module
from listener import Answer, always
from postgres import free_port
from proxy import Proxy
from waiting import eventually


@pytest.fixture
def tls_forward(forwards, spool, tls_listener, certificates):
    return forwards(spool, tls_listener).set(listener__ca_file=certificates.ca)


def test_a_listener_with_a_known_ca_gets_the_payload(tls_forward, spool, tls_listener):
    name = spool.write()
    content = spool.content(name)
    assert tls_forward.run("--once").status == 0
    assert tls_listener.requests[0].body == content


@pytest.mark.parametrize("which", ["wrong_name", "unknown", "expired"])
def test_a_certificate_that_does_not_verify_gets_nothing(
        forwards, listeners, spool, certificates, which):
    cert, key = getattr(certificates, which)
    listener = listeners(cert=cert, key=key).open()
    name = spool.write()
    forward = forwards(spool, listener)
    forward.set(listener__ca_file=certificates.ca, breaker__fail_max=1, breaker__timeout_s=1)
    running = forward.start()
    eventually(lambda: listener.connections >= 3, "trials")
    assert running.stop().status == 0
    assert spool.waiting() == [name] and listener.requests == []
    assert len(running.lines("certificate")) == 1, running.stderr
    assert forward.run("--once").status == 1


def test_without_ca_file_the_systems_store_decides(forwards, spool, tls_listener):
    name = spool.write()
    result = forwards(spool, tls_listener).set(breaker__fail_max=1).run("--once")
    assert (result.status, spool.waiting(), tls_listener.requests) == (1, [name], [])


def test_old_protocols_are_refused(forwards, listeners, spool, certificates):
    cert, key = certificates.server
    listener = listeners(cert=cert, key=key)
    with warnings.catch_warnings():  # Python finds them too old as well
        warnings.simplefilter("ignore", DeprecationWarning)
        listener.tls.minimum_version = ssl.TLSVersion.TLSv1
        listener.tls.maximum_version = ssl.TLSVersion.TLSv1_1
    listener.tls.set_ciphers("ALL:@SECLEVEL=0")
    listener.open()
    spool.write()
    forward = forwards(spool, listener)
    forward.set(listener__ca_file=certificates.ca, breaker__fail_max=1)
    assert forward.run("--once").status == 1
    assert listener.requests == []


def test_tls_to_a_plain_port_keeps_the_payload(forward, spool, listener):
    name = spool.write()
    forward.set(listener__url=listener.url.replace("http:", "https:"), breaker__fail_max=1,
                listener__timeout_s=1)
    assert forward.run("--once").status == 1
    assert spool.waiting() == [name] and listener.requests == []


def test_a_client_certificate_is_shown_when_configured(
        forwards, listeners, spool, certificates):
    cert, key = certificates.server
    listener = listeners(cert=cert, key=key, client_ca=certificates.ca).open()
    name = spool.write()
    forward = forwards(spool, listener).set(
        listener__ca_file=certificates.ca, breaker__fail_max=1)
    assert forward.run("--once").status == 1
    assert listener.requests == [] and spool.waiting() == [name]
    forward.set(listener__client_cert=certificates.client[0],
                listener__client_key=certificates.client[1])
    assert forward.run("--once").status == 0
    assert listener.names() == [name]


@pytest.mark.parametrize("variables", [
    ["http_proxy", "https_proxy", "all_proxy"],
    ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"]])
def test_proxies_of_the_environment_are_ignored(
        forward, tls_forward, forwards, spool, listener, tls_listener, certificates, variables):
    with contextlib.closing(Proxy()) as proxy:
        environment = {name: "http://127.0.0.1:%d" % proxy.port for name in variables}
        for target, program in ((listener, forward), (tls_listener, tls_forward)):
            name = spool.write()
            assert program.run("--once", **environment).status == 0
            assert target.names() == [name]
        assert proxy.heads == []


def test_a_configured_proxy_is_used_and_never_sees_the_key(tls_forward, spool, tls_listener):
    with contextlib.closing(Proxy()) as proxy:
        name = spool.write()
        tls_forward.set(listener__proxy="http://someone:secret@127.0.0.1:%d" % proxy.port)
        assert tls_forward.run("--once").status == 0
        assert tls_listener.names() == [name]
        (head,) = proxy.heads
        assert head[0].startswith("CONNECT 127.0.0.1:%d " % tls_listener.port)
        text = "\n".join(head)
        assert tls_listener.api_key not in text and "bearer" not in text.lower()
        assert "proxy-authorization: basic c29tZW9uZTpzZWNyZXQ=" in text.lower() or \
            "Proxy-Authorization: Basic c29tZW9uZTpzZWNyZXQ=" in text


def test_a_proxy_that_refuses_keeps_the_payload(tls_forward, spool, tls_listener, listeners):
    """407 and the like from a proxy are no answers of the listener."""
    for status in (200, 403, 407, 422):
        proxy = listeners(api_key="").open()
        proxy.rule = always(Answer(status, then="close"))
        name = spool.write()
        tls_forward.set(listener__proxy="http://127.0.0.1:%d" % proxy.port,
                        breaker__fail_max=1)
        assert tls_forward.run("--once").status == 1
        assert spool.waiting() == [name] and spool.refused() == [], status
        assert all("authorization" not in request.headers for request in proxy.requests)
        (spool.new / (name + ".json.zst")).unlink()
    assert tls_listener.requests == []


def test_netrc_is_not_read(forward, spool, listener):
    netrc = forward.directory / ".netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    netrc.chmod(0o600)
    spool.write()
    assert forward.run("--once", NETRC=str(netrc)).status == 0
    assert listener.requests[0].headers["authorization"] == "Bearer " + listener.api_key


@pytest.mark.skipif(not nginx_module.is_installed(), reason="nginx is not installed")
def test_nginx_with_tls_takes_everything(forwards, spool, certificates, tmp_path):
    directory = tmp_path / "nginx"
    directory.mkdir()
    server = nginx_module.Nginx(directory, free_port(), *certificates.server).start()
    try:
        server.api_key = "nginx-does-not-check-it"
        names = [spool.write(data={"text": "x" * (n * 1000)}) for n in range(100)]
        names.append(spool.write(data={"text": "y" * (2 << 20)}))
        contents = {name: spool.content(name) for name in names}
        forward = forwards(spool, server).set(listener__ca_file=certificates.ca)
        assert forward.run("--once").status == 0
        assert spool.waiting() == [] and spool.refused() == []
        rows = eventually(lambda: len(server.requests()) == 101 and server.requests(),
                          "the log is complete")
        assert {(row[0], row[1], row[5]) for row in rows} \
            == {(204, "POST", "Bearer " + server.api_key)}
        assert {key[-len(names[0]):]: body for _, _, key, body, _, _ in rows} == contents
        assert len({row[4] for row in rows}) <= 8, "connections are kept alive"
    finally:
        server.stop()
