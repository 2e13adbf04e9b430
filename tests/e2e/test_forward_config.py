"""The command line and the configuration: wrong ones end at once and say where."""

import pytest

from agent import CONFIG, USAGE


@pytest.mark.parametrize("option, word", [("--help", "--once"), ("-h", "--status"),
                                          ("--version", "pg-forward"), ("-V", "0.")])
def test_help_and_version_go_to_stdout(forward, option, word):
    result = forward.run(option)
    assert result.status == 0 and word in result.stdout and result.stderr == ""


@pytest.mark.parametrize("arguments", [
    ["--no-such-option"], ["-Z"], ["--config"], ["operand"], ["--once=1"],
    ["--json"], ["--once", "extra"]])
def test_wrong_usage_exits_64(forward, listener, spool, arguments):
    spool.write()
    forward.save()
    result = forward.start(*arguments, bare=arguments == ["--config"]).wait()
    assert result.status == USAGE and "--help" in result.stderr
    assert listener.requests == []


WRONG = [
    ("[listener]\nurk = x\n", 2, "urk"),
    ("[listener]\nur = x\n", 2, "did you mean"),
    ("[listner]\nurl = x\n", 2, "did you mean"),
    ("[buffer]\n\n# a comment\nmax_size_mb = 0\n", 4, "max_size_mb"),
    ("[buffer]\nmax_size_mb = ten\n", 2, "max_size_mb"),
    ("[buffer]\nmax_size_mb = 10 MB\n", 2, "max_size_mb"),
    ("[buffer]\nmax_size_mb = 99999999999999999999\n", 2, "max_size_mb"),
    ("[listener]\nmax_in_flight = 65\n", 2, "max_in_flight"),
    ("[listener]\ncompression = brotli\n", 2, "compression"),
    ("[listener]\ntimeout_s = 5\ntimeout_s = 6\n", 3, "timeout_s"),
    ("[listener]\ntimeout_s = 5\n[breaker]\nfail_max = 1\n[listener]\ntimeout_s = 6\n", 6,
     "timeout_s"),
    ("[listener]\nproject_id = a\n  project_id = b\n", 3, "project_id"),
    ("[listener]\nproject_id = a ; b\n", 2, "project_id"),
    ("[listener]\napi_key = " + "k" * 300 + "\n", 2, "api_key"),
    ("[listener]\nproject_id = " + "p" * 51 + "\n", 2, "project_id"),
    ("[listener]\nallow_plain_http = perhaps\n", 2, "allow_plain_http"),
    ("[listener]\njust words\n", 2, ""),
    ("timeout_s = 5\n", 1, "timeout_s"),
]


@pytest.mark.parametrize("text, line, word", WRONG)
def test_a_wrong_configuration_exits_78_and_names_file_line_and_key(
        forward, listener, spool, text, line, word):
    spool.write()
    forward.write_config(text)
    for arguments in (["--check-config"], ["--once"]):
        result = forward.run(*arguments, save=False)
        assert result.status == CONFIG
        assert "%s line %d" % (forward.config_path, line) in result.stderr
        assert word in result.stderr
    assert listener.requests == [] and len(spool.waiting()) == 1


@pytest.mark.parametrize("variable, value", [
    ("BITVILLE_PG_LISTENER_MAX_IN_FLIGHT", "0"),
    ("BITVILLE_PG_BUFFER_MAX_SIZE_MB", "many"),
    ("BITVILLE_PG_LISTENER_COMPRESSION", "lzma"),
    ("BITVILLE_PG_PROJECT_ID", "p" * 51)])
def test_a_wrong_environment_exits_78_and_names_the_variable(forward, variable, value):
    result = forward.run("--check-config", **{variable: value})
    assert result.status == CONFIG and variable in result.stderr


@pytest.mark.parametrize("url", [
    "http://listener.example:8080/ingest", "http://192.0.2.1/", "http://[2001:db8::1]/x",
    "http://127.0.0.1.example.com/", "http://localhost.example/", "HTTP://example.com/"])
def test_plain_http_to_another_host_exits_78(forward, spool, url):
    spool.write()
    for arguments in (["--check-config"], ["--once"]):
        result = forward.set(listener__url=url).run(*arguments)
        assert result.status == CONFIG, result.stderr
        assert "allow_plain_http" in result.stderr and "listener.url" in result.stderr
    assert forward.set(listener__allow_plain_http="yes").run("--check-config").status == 0


@pytest.mark.parametrize("url", [
    "https://listener.example/", "http://127.0.0.1:1/", "http://127.9.9.9/", "http://localhost/x",
    "http://[::1]:8080/", "http://LOCALHOST/"])
def test_tls_and_loopback_need_no_permission(forward, url):
    assert forward.set(listener__url=url).run("--check-config").status == 0


@pytest.mark.parametrize("permission", ["yes", "no"])
def test_a_loopback_name_in_front_of_an_at_sign_is_no_loopback(forward, permission):
    forward.set(listener__url="http://127.0.0.1@example.com/",
                listener__allow_plain_http=permission)
    result = forward.run("--check-config")
    assert result.status == CONFIG and "listener.url" in result.stderr


@pytest.mark.parametrize("url", [
    "ftp://listener.example/", "file:///etc/passwd", "listener.example", "https://", "gopher://x/",
    "https:///path", "https://host:99999/", "https://host:port/"])
def test_what_is_no_http_url_exits_78(forward, url):
    result = forward.set(listener__url=url).run("--check-config")
    assert result.status == CONFIG and "url" in result.stderr


def test_check_config_touches_nothing(forward, spool, tmp_path, listener):
    absent = tmp_path / "absent" / "spool"
    result = forward.set(buffer__path=absent).run("--check-config")
    assert result.status == 0
    assert not absent.parent.exists() and listener.requests == []


def test_a_named_file_must_exist(forward):
    result = forward.start("--check-config", "--config", "/nowhere/agent.ini",
                           bare=True).wait()
    assert result.status == CONFIG and "/nowhere/agent.ini" in result.stderr
    result = forward.start("--check-config", bare=True,
                           BITVILLE_PG_CONFIG_PATH="/nowhere/env.ini").wait()
    assert result.status == CONFIG and "/nowhere/env.ini" in result.stderr


def test_a_client_certificate_needs_its_key(forward, certificates):
    forward.set(listener__client_cert=certificates.client[0])
    result = forward.run("--check-config")
    assert result.status == CONFIG and "client_key" in result.stderr


def test_a_key_and_a_key_file_at_once_exit_78(forward, tmp_path):
    (tmp_path / "key").write_text("k\n")
    result = forward.set(listener__api_key_file=tmp_path / "key").run("--check-config")
    assert result.status == CONFIG and "api_key_file" in result.stderr
