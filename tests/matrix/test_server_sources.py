"""The sources of the server as a whole, on each server."""

from server_counters import COUNTERS, check_counters


def test_counters_are_those_that_sql_has_at_the_same_moment(server):
    def run():
        report = server.collect(",".join(COUNTERS))
        assert (report.status, report.stderr) == (0, "")
        return {payload["source"]: payload["data"] for payload in report.payloads}

    with server.session() as session:
        check_counters(session, run)


def test_the_server_and_its_settings_are_known(server):
    report = server.collect("pg_server,pg_settings")
    assert (report.status, report.stderr) == (0, "")
    data = report.data("pg_server")
    assert data["instance"]["version"] == server.value("SELECT version()")
    assert data["instance"]["pg_is_in_recovery"] is server.is_standby
    assert data["instance"]["timeline_id"] == server.value(
        "SELECT timeline_id FROM pg_control_checkpoint()")
    assert [e["extname"] for e in data["extensions"]] == ["pg_stat_statements", "plpgsql"]
    settings = {s["name"]: s["setting"] for s in report.data("pg_settings")["settings"]}
    assert settings["track_io_timing"] == "on" and settings["jit"] == server.value("SHOW jit")
