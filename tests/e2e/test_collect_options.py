"""pg-collect's command line, its checks, and whose word counts about the connection."""

import json
import os
import socket

import pytest

from agent import CONFIG, USAGE
from postgres import MONITOR, MONITOR_PASSWORD, PLAIN, PLAIN_PASSWORD


def sources_of(lines):
    return [json.loads(line)["source"] for line in lines.splitlines()]


def test_print_is_one_json_line_each_and_touches_nothing(collect, tmp_path, sessions):
    sessions.idle_in_transaction(1)
    absent = tmp_path / "absent"
    result = collect.set(buffer__path=absent).run("--print")
    assert result.status == 0 and not absent.exists()
    assert set(sources_of(result.stdout)) == {
        "system_metrics", "pg_stat_activity", "pg_stat_statements", "pg_locks"}
    assert sources_of(result.stdout)[0] == "system_metrics"


def test_print_writes_neither_spool_nor_state(collect, spool):
    assert collect.run("--print").status == 0
    assert spool.waiting() == [] and os.listdir(spool.tmp) == []
    assert os.listdir(spool.state) == []


def test_print_to_a_full_device_is_a_failure(collect):
    collect.save()
    running = collect.start("--print", wrapper=("sh", "-c", 'exec "$@" >/dev/full', "sh"))
    result = running.wait()
    assert result.status == 1 and "No space left" in result.stderr


@pytest.mark.parametrize("given, want", [
    ("pg_locks", ["pg_locks"]), ("system_metrics", ["system_metrics"]),
    ("pg_locks,system_metrics", ["system_metrics", "pg_locks"]),
    (" pg_locks , system_metrics ", ["system_metrics", "pg_locks"])])
def test_source_chooses(collect, given, want):
    for option in (["--source", given], ["-s", given], ["--source=" + given]):
        result = collect.run("--print", *option)
        assert result.status == 0 and sources_of(result.stdout) == want


def test_system_metrics_alone_need_no_database(collect):
    collect.set(database__port=1)
    assert collect.run("--source", "system_metrics").status == 0


def test_words_of_the_configuration_stand_for_many_sources(collect):
    """The names of all do not fit a line of the file."""
    collect.set(collection__sources="default, pg_wraparound")
    sent = sources_of(collect.run("--print").stdout)
    assert {"system_metrics", "pg_locks", "pg_wraparound"} <= set(sent)
    collect.set(collection__sources="all", collection__budget_ms=60000)
    sent = sources_of(collect.run("--print").stdout)
    assert {"system_metrics", "pg_stat_activity_counts", "pg_settings"} <= set(sent)


def test_source_may_name_what_the_configuration_leaves_out(collect):
    collect.set(collection__sources="system_metrics")
    assert sources_of(collect.run("--print").stdout) == ["system_metrics"]
    assert sources_of(collect.run("--print", "-s", "pg_locks").stdout) == ["pg_locks"]


@pytest.mark.parametrize("arguments", [
    ["--source", "pg_lock"], ["--source", ""], ["--source"], ["--nonsense"], ["operand"],
    ["--print", "--test"], ["--print", "--check-config"], ["--test", "--check-config"]])
def test_wrong_usage_exits_64(collect, spool, arguments):
    result = collect.run(*arguments)
    assert result.status == USAGE and result.stderr
    assert spool.waiting() == []


@pytest.mark.parametrize("key, value", [
    ("collection.sources", "pg_lock"), ("collection.sources", "pg_locks pg_stat_activity"),
    ("collection.redact", "some"), ("collection.interval_s", "0"),
    ("database.port", "65536"), ("database.conninfo", "host=x nonsense"),
    ("database.conninfo", "nosuchkeyword=1"), ("database.password_file", "/nowhere/file")])
def test_a_wrong_configuration_exits_78(collect, spool, key, value):
    collect.settings[key] = value
    if key == "database.password_file":
        collect.set(database__password=None)
    for arguments in (["--check-config"], []):
        result = collect.run(*arguments)
        assert result.status == CONFIG, result.stderr
        assert key.split(".")[1] in result.stderr or "/nowhere/file" in result.stderr
    assert spool.waiting() == []


def test_check_config_touches_nothing(collect, tmp_path):
    absent = tmp_path / "absent"
    result = collect.set(buffer__path=absent, database__port=1).run("--check-config")
    assert result.status == 0 and not absent.exists()


def test_a_small_statement_timeout_is_raised_with_a_warning(collect):
    result = collect.set(database__statement_timeout_ms=10).run("--check-config")
    assert result.status == 0 and "statement_timeout_ms" in result.stderr
    assert "1000" in result.stderr


def marks(result):
    return [line.split()[0] for line in result.stdout.splitlines()
            if line.split() and line.split()[0] in ("ok", "warn", "FAIL")]


def test_test_is_content_with_a_good_setup(collect, spool):
    result = collect.run("--test")
    assert result.status == 0, result.stdout
    warned = [line for line in result.stdout.splitlines() if line.startswith("warn")]
    assert [line.split()[1] for line in warned] == ["track_io_timing", "log:"], result.stdout
    assert "FAIL" not in marks(result)
    assert spool.waiting() == []


@pytest.mark.parametrize("change, word", [
    ({"database.port": 1}, "mend"),
    ({"database.password": "wrong"}, "password"),
    ({"database.user": PLAIN, "database.password": PLAIN_PASSWORD},
     "GRANT pg_read_all_stats TO " + PLAIN),
    ({"database.name": "template1"}, "name = postgres"),
    ({"buffer.path": "/proc/version"}, "/proc/version"),
])
def test_test_says_what_is_missing_and_how_to_mend_it(collect, change, word):
    collect.settings.update(change)
    result = collect.run("--test")
    assert {"FAIL", "warn"} & set(marks(result)), result.stdout
    assert result.status == (1 if "FAIL" in marks(result) else 0)
    assert word in result.stdout and "mend" in result.stdout


def test_a_refusal_speaks_of_the_role_that_was_refused(collect):
    """Not of the one that was let in by the run before."""
    assert collect.run().status == 0
    result = collect.set(database__user="bitville_absent").run()
    assert result.status == 1 and '\\password "bitville_absent"' in result.stderr
    assert MONITOR not in result.stderr


def test_test_sees_that_a_newer_program_wrote_the_state(collect, spool):
    assert collect.run("--source", "system_metrics").status == 0
    state = spool.path / "state" / "pg-collect.json"
    state.write_text(state.read_text().replace('"version":1,', '"version":99,', 1))
    result = collect.run("--test")
    assert result.status == 1 and "newer version" in result.stdout


def test_test_tells_of_a_silent_server_before_its_own_deadline(collect):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        result = collect.set(database__port=silent.getsockname()[1],
                             collection__interval_s=2).run("--test")
    assert result.status == 1
    assert "FAIL" in marks(result) and "no answer" in result.stdout and "mend" in result.stdout


# Who has the last word about the connection. right is a way to say where the server is, wrong
# one that leads nowhere; the winner is right, so that the run succeeds.
DATABASE = ("host", "port", "name", "user", "password")


@pytest.fixture
def places(collect, postgres, tmp_path):
    """Functions that put connection data (right or wrong) at one level; an environment."""
    environment = {}
    for key in DATABASE:
        collect.settings.pop("database." + key, None)

    def values(right):
        if right:
            return {"host": "127.0.0.1", "port": str(postgres.port), "name": "postgres",
                    "user": MONITOR, "password": MONITOR_PASSWORD}
        return {"host": "127.0.0.2", "port": "1", "name": "nowhere", "user": "nobody_here",
                "password": "wrong"}

    def quoted(value):
        return "'%s'" % value.replace("\\", "\\\\").replace("'", "\\'")

    def conninfo(right):
        keys = dict(zip(DATABASE, ("host", "port", "dbname", "user", "password")))
        return " ".join("%s=%s" % (keys[k], quoted(v)) for k, v in values(right).items())

    class Places:
        def file(self, right):
            for key, value in values(right).items():
                collect.settings["database." + key] = value

        def env(self, right):
            for key, value in values(right).items():
                environment["BITVILLE_PG_DB_" + key.upper()] = value

        def conninfo(self, right):
            environment["BITVILLE_PG_DB_CONNINFO"] = conninfo(right)

        def service(self, right):
            path = tmp_path / "pg_service.conf"
            data = values(right)
            path.write_text("[e2e]\nhost=%(host)s\nport=%(port)s\ndbname=%(name)s\n"
                            "user=%(user)s\npassword=%(password)s\n" % data)
            environment.update(PGSERVICEFILE=str(path), PGSERVICE="e2e")

        def pg(self, right):
            data = values(right)
            environment.update(PGHOST=data["host"], PGPORT=data["port"],
                               PGDATABASE=data["name"], PGUSER=data["user"],
                               PGPASSWORD=data["password"])

    Places.environment = environment
    return Places()


@pytest.mark.parametrize("winner, losers", [
    ("file", []), ("env", []), ("conninfo", []), ("service", []), ("pg", []),
    ("env", ["file"]), ("file", ["conninfo"]), ("file", ["service"]), ("file", ["pg"]),
    ("env", ["file", "conninfo", "service", "pg"]),
    ("conninfo", ["service"]), ("conninfo", ["pg"]), ("service", ["pg"])])
def test_who_has_the_last_word_about_the_connection(collect, places, winner, losers):
    for loser in losers:
        getattr(places, loser)(False)
    getattr(places, winner)(True)
    result = collect.run("--source", "pg_locks", **places.environment)
    assert result.status == 0, result.stderr


def test_an_explicit_host_wins_over_hostaddr_of_conninfo(collect):
    collect.set(database__conninfo="hostaddr=127.0.0.2")
    assert collect.run("--source", "pg_locks").status == 0


def test_conninfo_may_be_a_uri(collect, postgres):
    for key in DATABASE:
        collect.settings.pop("database." + key)
    collect.set(database__password=MONITOR_PASSWORD,
                database__conninfo="postgresql://%s@127.0.0.1:%d/postgres?sslmode=disable"
                % (MONITOR, postgres.port))
    assert collect.run("--source", "pg_locks").status == 0


def test_pgpass_is_used_when_no_password_is_given(collect, postgres):
    passfile = collect.directory / ".pgpass"
    escaped = MONITOR_PASSWORD.replace("\\", "\\\\").replace(":", "\\:")
    passfile.write_text("127.0.0.1:*:*:%s:%s\n" % (MONITOR, escaped))
    passfile.chmod(0o600)
    collect.set(database__password=None)
    result = collect.run("--source", "pg_locks", PGPASSFILE=str(passfile))
    assert result.status == 0, result.stderr


def test_a_unix_socket_needs_no_password_where_the_server_trusts_it(collect, postgres):
    collect.set(database__host=postgres.socket_directory, database__password=None)
    result = collect.run("--print", "--source", "pg_locks")
    assert result.status == 0, result.stderr
    server = json.loads(result.stdout)["data"]["server"]
    assert server["port"] == postgres.port


@pytest.mark.parametrize("place", ["file", "credential", "environment file"])
def test_the_password_may_be_in_a_file(collect, tmp_path, place):
    collect.set(database__password=None)
    path = tmp_path / "db_password"
    path.write_text(MONITOR_PASSWORD + "\n")
    path.chmod(0o600)
    environment = {}
    if place == "file":
        collect.set(database__password_file=path)
    elif place == "credential":
        environment["CREDENTIALS_DIRECTORY"] = str(tmp_path)
    else:
        environment["BITVILLE_PG_DB_PASSWORD_FILE"] = str(path)
    result = collect.run("--source", "pg_locks", **environment)
    assert result.status == 0, result.stderr
