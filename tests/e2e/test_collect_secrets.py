"""Marker secrets in every place: pg-collect shows none of them."""

import pathlib

import pytest

from agent import CONFIG
from postgres import MONITOR
from test_forward_secrets import API_KEY, DB_PASSWORD, assert_clean, check_spool
from waiting import eventually

PLACES = ["file", "environment", "password file", "credential", "conninfo", "uri",
          "PGPASSWORD", "service", "pgpass"]


@pytest.fixture
def role(postgres):
    """A role whose password is the marker."""
    with postgres.session() as session:
        session.execute("CREATE ROLE e2e_marked LOGIN PASSWORD '%s'" % DB_PASSWORD)
        session.execute("GRANT pg_read_all_stats TO e2e_marked")
        yield "e2e_marked"
        session.execute("DROP ROLE e2e_marked")


def put_password(collect, place, password, tmp_path, user):
    """Puts the password there; returns the environment."""
    collect.set(database__password=None, database__user=user, listener__api_key=API_KEY)
    path = tmp_path / "db_password"
    path.write_text(password + "\n")
    path.chmod(0o600)
    host, port = collect.settings["database.host"], collect.settings["database.port"]
    if place == "file":
        collect.set(database__password=password)
    elif place == "password file":
        collect.set(database__password_file=path)
    elif place == "conninfo":
        collect.set(database__conninfo="password=%s sslmode=disable" % password)
    elif place == "uri":
        collect.set(database__conninfo="postgresql://x:%s@x/x" % password)
    elif place == "environment":
        return {"BITVILLE_PG_DB_PASSWORD": password}
    elif place == "credential":
        return {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    elif place == "PGPASSWORD":
        return {"PGPASSWORD": password}
    elif place == "service":
        service = tmp_path / "service.conf"
        service.write_text("[e2e]\npassword=%s\n" % password)
        return {"PGSERVICEFILE": str(service), "PGSERVICE": "e2e"}
    elif place == "pgpass":
        passfile = tmp_path / "pgpass"
        passfile.write_text("%s:%s:*:%s:%s\n" % (host, port, user, password))
        passfile.chmod(0o600)
        return {"PGPASSFILE": str(passfile)}
    return {}


@pytest.mark.parametrize("verbose", [(), ("--verbose",)], ids=["quiet", "verbose"])
@pytest.mark.parametrize("place", PLACES)
def test_a_password_that_works_appears_nowhere(
        collect, spool, sessions, role, tmp_path, place, verbose):
    environment = put_password(collect, place, DB_PASSWORD, tmp_path, role)
    sessions.idle_in_transaction(2)
    for arguments in ([], ["--print"], ["--test"], ["--check-config"]):
        result = collect.run(*arguments, *verbose, **environment)
        assert result.status == 0, (arguments, result.output)
        assert_clean(result.output, arguments)
    check_spool(spool)
    for name in spool.waiting():
        assert_clean(spool.content(name).decode(), name)


@pytest.mark.parametrize("place", PLACES)
def test_a_password_that_is_wrong_appears_nowhere(collect, spool, postgres, tmp_path, place):
    environment = put_password(collect, place, DB_PASSWORD, tmp_path, MONITOR)
    for arguments in ([], ["--print"], ["--test"]):
        result = collect.run(*arguments, "--verbose", **environment)
        assert result.status == 1, arguments
        assert_clean(result.output, arguments)
    check_spool(spool)
    for name in spool.waiting():
        assert_clean(spool.content(name).decode(), name)


@pytest.mark.parametrize("conninfo", [
    "host=x password={} nonsense", "host=x password='{}", "password={} =x",
    "postgresql://u:{}@[::1/db", "postgresql://u:{}@h:p:q/db", "postgresql://u:{}%zz@h/db",
    "postgresql://u@h/db?password={}&bad", "{}", "host {}", "nosuchkeyword={}",
    "password={} sslmode=bad{}", "host=127.0.0.1 password={} connect_timeout=x{}",
    # A forgotten blank makes the password part of the value before it.
    "port=5432password={}", "sslmode=disablepassword={}", "host=127.0.0.1password={}",
    "connect_timeout=5password={}", "dbname=postgrespassword={}", "user=xpassword={}"])
def test_a_mistake_in_conninfo_does_not_show_it(collect, spool, conninfo):
    text = conninfo.format(DB_PASSWORD, DB_PASSWORD)
    for key in ("host", "port", "name", "user", "password"):
        value = collect.settings.pop("database." + key)
        if key + "=" not in text.replace("dbname", "name") and "postgresql:" not in text:
            collect.settings["database." + key] = value
    for environment in ({"BITVILLE_PG_DB_CONNINFO": text}, {}):
        collect.set(database__conninfo=None if environment else text)
        for arguments in (["--check-config"], [], ["--test"], ["--print"]):
            result = collect.run(*arguments, "--verbose", **environment)
            assert result.status in (1, CONFIG) or arguments == ["--check-config"]
            assert_clean(result.output, (conninfo, arguments))
    for name in spool.waiting():
        assert_clean(spool.content(name).decode(), name)
    check_spool(spool)


@pytest.mark.parametrize("text", [
    "[database]\npassword = {}\npassword = {}\n", "[database]\n  password = {}\n",
    "[database]\npassword = {} ; x\n", "[database]\npasword = {}\n",
    "[database]\npassword = {}" + "x" * 300 + "\n", "[database]\npassword = x\n {}\n",
    "[database]\npassword_file = /nowhere\npassword = {}\n", "[database]\n{}\n",
    "password = {}\n", "[database]\npassword\n{}\n"])
def test_a_mistake_beside_a_password_does_not_show_it(collect, text):
    collect.write_config(text.replace("{}", DB_PASSWORD))
    result = collect.run("--check-config", "--verbose", save=False)
    assert result.status == CONFIG
    assert_clean(result.output, text)


def test_the_command_line_shows_no_secret(collect, silent_server, tmp_path):
    environment = put_password(collect, "environment", DB_PASSWORD, tmp_path, MONITOR)
    collect.set(database__port=silent_server.port, collection__interval_s=60)
    running = collect.start("--verbose", **environment)
    eventually(silent_server.took_a_connection, "it is at work")
    assert_clean(pathlib.Path("/proc/%d/cmdline" % running.pid).read_text(), "cmdline")
    running.kill()
