"""Reload, rotation, the watchdog, restarts: nothing is lost."""

import os
import signal

import machine
from conftest import API_KEY, SETTINGS
from machine import drop_in, is_active, log, main_pid, run, shown, systemctl
from waiting import eventually


def each_once(arrived, texts):
    for text in texts:
        arrived.until_message(text)
    messages = arrived.messages()
    assert [messages.count(text) for text in texts] == [1] * len(texts)


def test_a_reload_takes_a_new_configuration(arrived, listener):
    before = main_pid("pg-collect.service"), main_pid("pg-forward.service")
    machine.configure(listener__url=listener.url, listener__project_id="renamed", **SETTINGS)
    systemctl("reload", "pg-forward.service", "pg-logtail.service")
    eventually(lambda: log("reload 1") or arrived.payloads("pg_log", "renamed"),
               "the new project", every_s=0.5)
    assert (main_pid("pg-collect.service"), main_pid("pg-forward.service")) == before
    assert is_active("pg-logtail.service")


def test_debians_rotation_loses_nothing(arrived):
    texts = ["rotation %d" % n for n in range(20)]
    for n, text in enumerate(texts):
        log(text)
        if n % 5 == 4:
            run("logrotate", "--force", "/etc/logrotate.d/postgresql-common")
    each_once(arrived, texts)


def test_a_new_key_takes_effect_with_a_restart(arrived, listener):
    listener.api_key = "units-key-of-tomorrow"
    machine.write_secret("api_key", listener.api_key)
    log("key 1")
    systemctl("restart", "pg-forward.service")
    arrived.until_message("key 1")
    listener.api_key = API_KEY
    machine.write_secret("api_key", API_KEY)
    systemctl("restart", "pg-forward.service")


def hang(unit):
    pid = main_pid(unit)
    os.kill(pid, signal.SIGSTOP)
    eventually(lambda: main_pid(unit) not in (0, pid) and is_active(unit),
               unit + " is back", every_s=0.1)


def test_the_watchdog_ends_what_hangs_and_nothing_is_lost(arrived):
    for unit in ("pg-logtail.service", "pg-forward.service"):
        drop_in(unit, "[Service]\nWatchdogSec=2s\nRestartSec=100ms\n")
        systemctl("restart", unit)
        log("before %s hangs" % unit)
        hang(unit)
        assert int(shown(unit, "NRestarts")) == 1
        log("after %s hung" % unit)
        each_once(arrived, ["before %s hangs" % unit, "after %s hung" % unit])


def test_the_target_stops_and_starts_all_of_it(arrived):
    units = ["pg-collect.timer", "pg-logtail.service", "pg-forward.service"]
    systemctl("stop", machine.TARGET)
    assert not [unit for unit in units if is_active(unit)]
    log("in downtime")
    systemctl("start", machine.TARGET)
    assert [unit for unit in units if is_active(unit)] == units
    each_once(arrived, ["in downtime"])
