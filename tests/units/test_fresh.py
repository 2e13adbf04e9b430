"""Installed, and not configured yet."""

import grp
import os
import pathlib
import pwd
import time

from machine import AGENT, CONFIG, SERVICES, UNITS, is_active, journal, shown, systemctl


def access(path):
    at = os.stat(path)
    return (pwd.getpwuid(at.st_uid).pw_name, grp.getgrgid(at.st_gid).gr_name,
            oct(at.st_mode & 0o7777))


def test_a_fresh_installation_runs_nothing_and_says_nothing(package):
    for unit in UNITS:
        assert not is_active(unit), unit
        assert systemctl("is-enabled", unit, check=False).stdout.strip() in (
            "disabled", "static"), unit
        assert journal(unit) == [], unit
    assert systemctl("--failed", "--plain", "--no-legend").stdout == ""


def test_user_and_directories_are_made(package):
    assert os.getgrouplist(AGENT, pwd.getpwnam(AGENT).pw_gid) == [pwd.getpwnam(AGENT).pw_gid]
    assert access("/etc/bitville") == ("root", AGENT, "0o750")
    assert access(CONFIG) == ("root", AGENT, "0o640")
    assert access("/var/lib/bitville-postgres-agent") == (AGENT, AGENT, "0o750")


def test_what_is_not_configured_fails_once_and_says_why(package):
    systemctl("start", "pg-forward.service", check=False)
    time.sleep(1)
    assert shown("pg-forward.service", "ActiveState") == "failed"
    assert shown("pg-forward.service", "ExecMainStatus") == "78"
    assert shown("pg-forward.service", "NRestarts") == "0"
    ours = [text for who, text in journal("pg-forward.service") if who == "pg-forward"]
    assert len(ours) == 1 and ours[0].startswith(
        "no API key; mend: install -m 600 /dev/stdin /etc/bitville/api_key"), ours
    systemctl("reset-failed", "pg-forward.service")


def test_units_are_where_debian_has_them(package):
    for unit in SERVICES:
        assert (pathlib.Path("/lib/systemd/system") / unit).exists()
