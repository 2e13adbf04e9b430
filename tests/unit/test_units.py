"""The units as they are installed: systemd understands every line of them, and their sandbox, their
limits and who gets which secret are as promised."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("BUILD", "build")

SERVICES = ["pg-collect", "pg-logtail", "pg-forward"]
BOTH = ["%s", "%s@"]
MB = 1 << 20

# systemd's own measure of what a unit could do, 0 to 10. A plain unit has 9.2.
EXPOSURE = {"pg-collect": 1.2, "pg-logtail": 0.5, "pg-forward": 1.2}

SECRETS = {"db_password": "pg-collect", "api_key": "pg-forward"}


@pytest.fixture(scope="module")
def units(tmp_path_factory):
    """Name → path, for the programs that were built."""
    tree = tmp_path_factory.mktemp("units")
    subprocess.run(["make", "-s", "install-system", "DESTDIR=%s" % tree, "sbindir=%s" % BUILD,
                    "unitdir=/units"], cwd=ROOT, check=True, capture_output=True)
    return {path.name: path for path in (tree / "units").iterdir()}


def settings(path):
    """Key → its values in order."""
    found = {}
    for line in path.read_text().splitlines():
        if re.match(r"\w+=", line):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


def analyze(*arguments):
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd-analyze here")
    return subprocess.run(["systemd-analyze", "--no-pager", *arguments],
                          capture_output=True, text=True)


def test_each_unit_has_its_template(units):
    names = [kind % name for name in SERVICES for kind in BOTH]
    assert sorted(units) == sorted(
        [name + ".service" for name in names] + ["pg-collect.timer", "pg-collect@.timer"]
        + [kind % "bitville-postgres-agent" + ".target" for kind in BOTH])


def test_systemd_has_nothing_to_say_about_the_units(units):
    """Its exit status is 0 where it does not know a key."""
    said = analyze("verify", "--man=no", *units.values())
    assert (said.stdout, said.stderr, said.returncode) == ("", "", 0)


def test_nothing_is_left_to_be_replaced(units):
    for path in units.values():
        assert not re.search(r"@[a-zA-Z]*@|@include|@template", path.read_text()), path.name


def test_only_templates_know_instances(units):
    for name, path in units.items():
        assert ("%i" in path.read_text()) == ("@" in name), name


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("name", SERVICES)
def test_a_unit_is_hardly_exposed(units, name, kind):
    path = units[kind % name + ".service"]
    said = analyze("security", "--offline=yes", "--threshold=%d" % (10 * EXPOSURE[name]), path)
    level = re.search(r"Overall exposure level for \S+: ([\d.]+)", said.stdout)
    assert level, said.stdout + said.stderr
    assert float(level.group(1)) <= EXPOSURE[name]
    assert said.returncode == 0


@pytest.mark.parametrize("name", SERVICES)
def test_a_database_server_can_live_with_the_limits(units, name):
    has = settings(units[name + ".service"])
    size, = has["MemoryMax"]
    assert re.fullmatch(r"\d+M", size) and int(size[:-1]) * MB <= 256 * MB
    assert int(has["CPUQuota"][0].rstrip("%")) <= 25
    assert int(has["OOMScoreAdjust"][0]) >= 500
    assert {"TasksMax", "IOSchedulingClass", "IOSchedulingPriority"} <= set(has)


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("name", SERVICES)
def test_a_secret_goes_to_the_one_program_that_needs_it(units, name, kind):
    has = settings(units[kind % name + ".service"])
    prefix = "/etc/bitville/" + ("%i." if "@" in kind else "")
    hidden = " ".join(has["InaccessiblePaths"]).split()
    for secret, owner in SECRETS.items():
        given = "%s:%s%s" % (secret, prefix, secret) in has.get("LoadCredential", [])
        assert given == (owner == name)
        assert ("-" + prefix + secret in hidden) == (owner != name)
        # Without the file an empty one: systemd would fail the unit.
        assert (secret + r":\n" in has.get("SetCredential", [])) == (owner == name)


TABLE = (ROOT / "shared" / "config_table.c").read_text()
# Whose secrets these sections' are; a proxy's address can hold a password.
OWNER = {"database": "pg-collect", "listener": "pg-forward"}


@pytest.mark.parametrize("section, variable", re.findall(
    r'\{ "(\w+)", "\w+", "(\w+)", CONFIG_SECRET', TABLE))
def test_a_secret_of_the_environment_stays_with_its_program(units, section, variable):
    for name in SERVICES:
        unset = " ".join(settings(units[name + ".service"])["UnsetEnvironment"]).split()
        assert ("BITVILLE_PG_" + variable in unset) == (name != OWNER[section]), name


def test_no_secret_was_passed_over():
    assert len(re.findall("CONFIG_SECRET", TABLE)) == 4


@pytest.mark.parametrize("name", ["pg-logtail", "pg-forward"])
def test_a_service_is_watched_and_comes_back_unless_a_person_is_needed(units, name):
    has = settings(units[name + ".service"])
    assert has["Type"] == ["notify"]
    assert has["Restart"] == ["on-failure"]
    assert has["RestartPreventExitStatus"] == ["78 64"]
    assert has["StartLimitIntervalSec"] == ["0"]
    assert "WatchdogSec" in has and "ExecReload" in has


def test_the_timer_keeps_the_default_interval(units):
    assert settings(units["pg-collect.timer"])["OnCalendar"] == ["minutely"]
    assert re.search(r'"interval_s".*?"60"', TABLE, re.S)


def test_the_target_brings_and_takes_all_of_its_units(units):
    for kind in ("", "@%i"):
        target = units["bitville-postgres-agent%s.target" % kind.replace("%i", "")]
        also, = settings(target)["Also"]
        assert also.split() == ["pg-collect%s.timer" % kind, "pg-logtail%s.service" % kind,
                                "pg-forward%s.service" % kind]
        for name in also.split():
            has = settings(units[name.replace("%i", "")])
            assert has["PartOf"] == ["bitville-postgres-agent%s.target" % kind]
            assert "bitville-postgres-agent%s.target" % kind in has["WantedBy"][0].split()
