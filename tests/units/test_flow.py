"""Configured and enabled: everything arrives, nothing is said."""

import re
import shutil

from conftest import SETTINGS, SECOND_KEY, make_listener
import machine
from machine import SERVICES, Arrived, is_active, journal, log, systemctl, write_secret


def test_enabling_the_target_runs_all_of_it(arrived):
    for unit in ("pg-collect.timer", "pg-logtail.service", "pg-forward.service"):
        assert is_active(unit), unit
        assert systemctl("is-enabled", unit).stdout.strip() == "enabled"


def test_the_servers_log_arrives(arrived):
    log("flow 1")
    arrived.until_message("flow 1")


def test_the_timer_fires_and_each_source_arrives(arrived):
    for source in ("system_metrics", "pg_locks", "pg_stat_statements"):
        arrived.until(source, within_s=90)
    metrics = arrived.until("system_metrics")["data"]
    for part in ("memory", "disk_io", "network_io"):
        assert metrics[part] is not None, part
    assert metrics["cpu"]["load_avg_1m"] is not None
    assert set(metrics["disk_usage"]) == {"/", "/var/lib/postgresql", "/var/log/postgresql"}
    assert metrics["agent"]["forwarder_running"] is True
    assert metrics["postmaster"]["processes"] > 1
    assert arrived.until("pg_locks")["data"]["has_blocking"] is False


def test_the_journal_has_nothing_of_a_success(arrived):
    assert journal("pg-collect.service") == []
    assert not [text for who, text in journal("pg-logtail.service") if who == "pg-logtail"]
    # The one of test_fresh.py.
    assert len([text for who, text in journal("pg-forward.service") if who == "pg-forward"]) == 1
    for unit in SERVICES:
        assert machine.shown(unit, "Result") == "success"


def timer_said():
    """What --test says of the timer: the line, and the lines of its mend."""
    said = machine.run("pg-collect", "--test=unit", check=False).stdout
    found = re.findall(r"^(\w+ +timer: .*)\n((?:      .*\n)*)", said, re.M)
    assert len(found) == 1, said
    return found[0][0], [line[12:] for line in found[0][1].splitlines()]


def carry_out(mend):
    """As root, where no sudo is needed; each line for itself."""
    for line in mend:
        machine.run("sh", "-c", line.replace("sudo ", ""))


def test_a_timer_that_does_not_fit_is_told_and_its_mend_carried_out(arrived, listener):
    assert re.match("ok    timer: pg-collect.timer is running; the last run, .* succeeded$",
                    timer_said()[0])
    for interval_s in (120, 45):
        machine.configure(listener__url=listener.url, collection__interval_s=interval_s, **SETTINGS)
        line, mend = timer_said()
        assert line.endswith("collection.interval_s is %d" % interval_s)
        carry_out(mend)
        assert timer_said()[0].startswith("ok    timer: ")
    systemctl("stop", "pg-collect.timer")
    line, mend = timer_said()
    assert line == "warn  timer: pg-collect.timer is not running"
    carry_out(mend)
    assert timer_said()[0].startswith("ok    timer: ")
    machine.configure(listener__url=listener.url, **SETTINGS)
    shutil.rmtree("/etc/systemd/system/pg-collect.timer.d")
    systemctl("daemon-reload")
    systemctl("restart", "pg-collect.timer")
    assert timer_said()[0].startswith("ok    timer: ")


def test_a_failed_run_says_one_line_and_its_mend(arrived):
    systemctl("stop", "postgresql@15-main.service")
    try:
        assert systemctl("start", "pg-collect.service", check=False).returncode != 0
    finally:
        systemctl("start", "postgresql@15-main.service")
    ours = [text for who, text in journal("pg-collect.service") if who == "pg-collect"]
    assert len(ours) == 1 and "; mend: " in ours[0], ours
    systemctl("start", "pg-collect.service")


def test_another_cluster_has_units_a_key_and_a_spool_of_its_own(arrived, made_certificates):
    second = make_listener(made_certificates, SECOND_KEY)
    machine.configure(path=machine.CONFIG.with_name("second.ini"), listener__url=second.url,
                      listener__project_id="second", **SETTINGS)
    write_secret("second.api_key", SECOND_KEY)
    write_secret("second.db_password", "units-password")
    systemctl("enable", "--now", "bitville-postgres-agent@second.target")
    systemctl("start", "pg-collect@second.service")
    there = Arrived(second)
    there.until("system_metrics", "second")
    there.until("pg_locks", "second")
    log("flow 2")
    there.until_message("flow 2")
    arrived.until_message("flow 2")
    assert arrived.payloads(project="second") == []
    assert not [p for p in there.payloads() if p["project"] != "second"]
    assert machine.SPOOL.with_name("second").is_dir()
    systemctl("stop", "bitville-postgres-agent@second.target")
    assert not is_active("pg-forward@second.service")
    assert is_active("pg-forward.service")
