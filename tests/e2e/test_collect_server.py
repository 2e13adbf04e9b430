"""The sources of the server as a whole: its counters and their growth, its settings, itself."""

import datetime
import json

import pytest

from postgres import MONITOR
from server_counters import COUNTERS, check_counters, counters_of, members_of, rows_of
from waiting import eventually

ON_CHANGE = ["pg_settings", "pg_server"]


@pytest.fixture
def admin(postgres):
    with postgres.session() as session:
        yield session


@pytest.fixture
def altered(admin, postgres):
    """A maker of settings in postgresql.auto.conf; they are taken back at the end."""
    def loaded():
        with postgres.session() as fresh:
            return fresh.value("SELECT pg_conf_load_time()")

    def reload():
        before = loaded()
        admin.execute("SELECT pg_reload_conf()")
        eventually(lambda: loaded() > before, "a reload")

    def make(**settings):
        for name, value in settings.items():
            names.append(name)
            admin.execute("ALTER SYSTEM SET %s = %%s" % name, [value])
        reload()

    names = []
    yield make
    for name in names:
        admin.execute("ALTER SYSTEM RESET " + name)
    reload()


def clear(spool):
    for path in spool.new.iterdir():
        path.unlink()


def collected(collect, spool, *arguments):
    """Source → data of a run without complaint."""
    result = collect.run(*arguments)
    assert (result.status, result.stderr) == (0, "")
    payloads = [spool.check(name) for name in spool.waiting()]
    clear(spool)
    return {payload["source"]: payload["data"] for payload in payloads}


@pytest.fixture
def counting(collect):
    return collect.set(collection__sources=", ".join(COUNTERS))


def test_counters_are_those_that_sql_has_at_the_same_moment(counting, spool, admin):
    payloads = check_counters(admin, lambda: collected(counting, spool))
    databases = payloads["pg_stat_database"]
    assert databases["count"] == databases["total"] == len(databases["databases"])
    assert {d["datname"] for d in databases["databases"]} >= {None, "postgres", "template1"}


def test_growth_is_what_came_between_two_runs(counting, spool, admin):
    first = collected(counting, spool)
    for data in first.values():
        assert data["since"] is None and data["interval_s"] is None
    admin.execute("CREATE DATABASE e2e_growth")
    clock = admin.value("SELECT clock_timestamp()")
    admin.execute("CREATE TABLE e2e_growth (a int)")
    for n in range(30):
        admin.execute("INSERT INTO e2e_growth VALUES (%s)", [n])
    admin.execute("SELECT pg_switch_wal()")
    admin.execute("CHECKPOINT")
    if admin.connection.server_version >= 150000:
        admin.execute("SELECT pg_stat_force_next_flush()")
    (was,) = [d["tup_inserted"] for d in first["pg_stat_database"]["databases"]
              if d["datname"] == "postgres"]
    eventually(lambda: rows_of(admin, "pg_stat_database", "datname")[("postgres",)]
               ["tup_inserted"] >= was + 30, "the server's count")
    second = collected(counting, spool)
    admin.execute("DROP TABLE e2e_growth")
    admin.execute("DROP DATABASE e2e_growth")
    for source, data in second.items():
        assert datetime.datetime.fromisoformat(data["since"]) <= clock and 0 < data["interval_s"] < 600
        old = {view: rows for _, view, _, rows in members_of(first[source], source)}
        for _, view, _, rows in members_of(data, source):
            for key, row in rows.items():
                assert set(row["delta"]) == counters_of(row), view
                for name, grew in row["delta"].items():
                    if row[name] is None:
                        assert grew is None
                    else:
                        was = old[view].get(key, {name: 0})[name]
                        assert grew == pytest.approx(row[name] - was, abs=0.001), name
    delta = {d["datname"]: d["delta"] for d in second["pg_stat_database"]["databases"]}
    assert delta["postgres"]["tup_inserted"] >= 30 and delta["postgres"]["xact_commit"] >= 32
    assert delta["e2e_growth"]["tup_inserted"] == 0  # it is new
    if "pg_stat_wal" in second:  # from version 14 on
        assert second["pg_stat_wal"]["wal"]["delta"]["wal_records"] >= 30


def reset(session, view, where, sql):
    """Up to version 14 it is a message to the statistics collector."""
    look = "SELECT stats_reset FROM %s WHERE %s" % (view, where)
    before = session.value(look)
    session.execute(sql)
    eventually(lambda: session.value(look) != before, "a reset")


def test_what_was_reset_counts_from_nothing(counting, spool, admin):
    collected(counting, spool)
    reset(admin, "pg_stat_bgwriter", "true", "SELECT pg_stat_reset_shared('bgwriter')")
    reset(admin, "pg_stat_database", "datname = 'postgres'", "SELECT pg_stat_reset()")
    payloads = collected(counting, spool)
    (row,) = [d for d in payloads["pg_stat_database"]["databases"] if d["datname"] == "postgres"]
    for reborn in (payloads["pg_stat_bgwriter"]["bgwriter"], row):
        assert reborn["delta"] == {
            name: reborn[name] and pytest.approx(reborn[name], abs=0.001)
            for name in counters_of(reborn)}


def test_counters_of_one_table_that_are_reset_make_growth_unknown(counting, spool, admin):
    collected(counting, spool)
    reset(admin, "pg_stat_database", "datname = 'postgres'",
          "SELECT pg_stat_reset_single_table_counters('pg_class'::regclass)")
    data = collected(counting, spool)["pg_stat_database"]
    delta = {d["datname"]: d["delta"] for d in data["databases"]}
    assert delta["postgres"] is None and delta["template1"] is not None


def test_a_view_that_the_server_has_not_is_no_failure(counting, spool, admin):
    payloads = collected(counting, spool)
    assert set(payloads) == {
        source for source, members in COUNTERS.items()
        if any(rows_of(admin, view, key) for view, key in members.values())}


def test_settings_and_the_server_are_sent_when_they_change(collect, spool, altered, admin):
    collect.set(collection__sources=", ".join(ON_CHANGE))
    assert set(collected(collect, spool)) == set(ON_CHANGE)
    assert set(collected(collect, spool)) == set()
    assert set(collected(collect, spool, "--source", "pg_server")) == {"pg_server"}
    state_path = spool.state / "pg-collect.json"
    state = json.loads(state_path.read_text())
    state["sources"]["pg_settings"]["at"] -= 86400
    state_path.write_text(json.dumps(state))
    assert set(collected(collect, spool)) == {"pg_settings"}, "a day later"
    assert set(collected(collect, spool)) == set()
    admin.execute("CREATE EXTENSION pg_buffercache")
    try:
        assert set(collected(collect, spool)) == {"pg_server"}
    finally:
        admin.execute("DROP EXTENSION pg_buffercache")
    collected(collect, spool)
    altered(work_mem="12345kB", shared_buffers="17MB", statement_timeout="77s")
    payloads = collected(collect, spool)
    assert set(payloads) == {"pg_settings"}
    data = payloads["pg_settings"]
    assert data["count"] == data["total"] == len(data["settings"])
    settings = {s.pop("name"): s for s in data["settings"]}
    # Only who may read all settings sees files and what waits for a restart.
    assert settings["work_mem"] == {
        "unit": "kB", "source": "configuration file", "sourcefile": None,
        "pending_restart": False, "setting": "12345"}
    assert settings["shared_buffers"]["pending_restart"] is True
    # The visit has set it for itself.
    assert settings["statement_timeout"]["setting"] == "77000"
    assert settings["statement_timeout"]["source"] is None
    assert not {"application_name", "client_encoding", "search_path", "transaction_read_only",
                "DateStyle", "enable_seqscan"} & set(settings)


def test_the_settings_are_those_of_the_server(collect, spool, admin):
    data = collected(collect, spool, "--source", "pg_settings")["pg_settings"]
    admin.execute("SET ROLE " + MONITOR)
    rows = {name: [setting, unit] for name, setting, unit in admin.execute(
        "SELECT name, setting, unit FROM pg_settings")}
    shown = {s["name"]: [s["setting"], s["unit"]] for s in data["settings"]}
    assert shown == {name: row for name, row in rows.items() if name in shown}
    named = {name for (name,) in admin.execute(
        "SELECT name FROM pg_settings WHERE source NOT IN "
        "('default', 'override', 'client', 'session')")}
    # The visit sets DateStyle for itself, to what it is anyway.
    assert named - set(shown) <= {"DateStyle"}
    assert not {"enable_seqscan", "geqo", "transaction_isolation"} & set(shown)


SECRETS = {
    "primary_conninfo": "host=10.0.0.7 user=rep password=mArKeR1 sslpassword='mArKeR2 x'",
    "archive_command": "AWS_SECRET_ACCESS_KEY=mArKeR3 aws s3 cp %p s3://b/%f",
    "archive_cleanup_command": "curl -u me:mArKeR4 https://host/%r",
    "ssl_passphrase_command": "echo mArKeR5",
}


def test_secrets_in_settings_are_masked_in_every_mode(collect, spool, altered, admin):
    admin.execute("GRANT pg_read_all_settings TO " + MONITOR)
    admin.execute('ALTER ROLE %s SET "e2e.token" = \'mArKeR6\'' % MONITOR)
    collect.set(collection__sources="pg_settings, pg_server")
    try:
        altered(**SECRETS)
        for mode in ("none", "literals", "statements"):
            result = collect.set(collection__redact=mode).run("--verbose")
            printed = collect.run("--print")
            text = result.output + printed.output + "".join(
                spool.content(name).decode() for name in spool.waiting())
            state = "".join(path.read_text(errors="replace") for path
                            in (spool.path / "state").iterdir() if path.suffix == ".json")
            assert "mArKeR" not in text + state, mode
        clear(spool)
        payloads = collected(collect, spool, "--source", "pg_settings, pg_server")
        settings = {s["name"]: s for s in payloads["pg_settings"]["settings"]}
        assert settings["primary_conninfo"]["setting"] \
            == "user=rep password=*** host=10.0.0.7 sslpassword=***"
        assert settings["archive_cleanup_command"]["setting"] == "curl ..."
        assert settings["ssl_passphrase_command"]["setting"] == "echo ..."
        assert settings["archive_cleanup_command"]["sourcefile"].endswith("postgresql.auto.conf")
        assert payloads["pg_server"]["instance"]["data_directory"] \
            == admin.value("SHOW data_directory")
    finally:
        admin.execute('ALTER ROLE %s RESET "e2e.token"' % MONITOR)
        admin.execute("REVOKE pg_read_all_settings FROM " + MONITOR)


def test_the_server_is_described_as_sql_describes_it(collect, spool, admin):
    data = collected(collect, spool, "--source", "pg_server")["pg_server"]
    instance = data["instance"]
    (want,) = [row for (row,) in admin.execute(
        "SELECT to_json(v) FROM (SELECT version(), current_database(), "
        "pg_is_in_recovery(), (SELECT timeline_id FROM pg_control_checkpoint())) v")]
    for name in ("cluster_name", "data_checksums", "wal_level", "server_encoding"):
        want[name] = admin.value("SHOW " + name)
    for name in ("server_version_num", "wal_segment_size", "block_size", "max_connections"):
        want[name] = int(admin.value(
            "SELECT setting FROM pg_settings WHERE name = %s", [name]))
    started = admin.value("SELECT to_json(pg_postmaster_start_time() AT TIME ZONE 'UTC')")
    assert instance.pop("pg_postmaster_start_time") == started + "+00:00"
    for name in ("data_directory", "shared_preload_libraries"):
        assert instance.pop(name) is None  # the role may not read it
    assert instance == want
    extensions = admin.execute(
        "SELECT extname, extversion, nspname FROM pg_extension "
        "JOIN pg_namespace n ON n.oid = extnamespace ORDER BY 1")
    assert [tuple(e.values()) for e in data["extensions"]] == extensions
    assert data["count"] == data["total"] == len(extensions)
