"""An upgrade keeps everything, a purge nothing of it."""

import pathlib
import pwd

import pytest

import machine
from machine import AGENT, CONFIG, UNITS, is_active, main_pid, run, systemctl


def test_an_upgrade_keeps_the_configuration_and_restarts_the_services(arrived):
    systemctl("start", "bitville-postgres-agent@second.target")
    services = ["pg-forward.service", "pg-forward@second.service"]
    before = [main_pid(unit) for unit in services]
    text = CONFIG.read_text()
    run("dpkg", "-i", "/package.deb")
    assert CONFIG.read_text() == text
    after = [main_pid(unit) for unit in services]
    assert 0 not in after and not set(before) & set(after)
    machine.log("upgraded")
    arrived.until_message("upgraded")


def test_a_purge_removes_spools_secrets_and_user(arrived):
    run("dpkg", "--purge", "bitville-postgres-agent")
    assert run("pgrep", "-x", "pg-(collect|logtail|forward)", check=False).stdout == ""
    with pytest.raises(KeyError):
        pwd.getpwnam(AGENT)
    assert not pathlib.Path("/var/lib/bitville-postgres-agent").exists()
    for unit in UNITS:
        assert not is_active(unit)
        assert systemctl("is-enabled", unit, check=False).stdout.strip() in ("", "not-found")
    left = sorted(path.name for path in pathlib.Path("/etc/bitville").iterdir())
    assert left == ["ca.pem", "second.api_key", "second.db_password", "second.ini"]
