"""--test=unit: the answer is the service's, not the shell's."""

import contextlib
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import machine  # noqa: E402
from checklist import checks, the  # noqa: E402
from machine import CONFIG, drop_in, run  # noqa: E402

LOG = pathlib.Path("/var/log/postgresql/postgresql-15-main.log")


def as_unit(program, *arguments):
    done = run(program, "--test=unit", *arguments, check=False)
    done.status = done.returncode
    return done


@contextlib.contextmanager
def changed(path, content=True):
    """Content, owner and mode come back."""
    text, at = path.read_bytes(), path.stat()
    try:
        yield path
    finally:
        if content:
            path.write_bytes(text)
        path.chmod(at.st_mode)
        run("chown", "%d:%d" % (at.st_uid, at.st_gid), path)


@pytest.mark.parametrize("program", ["pg-collect", "pg-logtail", "pg-forward"])
def test_what_runs_well_has_nothing_to_mend(arrived, program):
    machine.log("as a unit")
    result = as_unit(program)
    assert "FAIL" not in [check[0] for check in checks(result)], result.stdout
    assert "(bitville-agent:bitville-agent 0750)" in the(result, "spool /var/lib/")[1]


def test_each_program_has_what_its_unit_gives(arrived):
    """Run by root in a shell it has not: neither secret nor group."""
    assert the(as_unit("pg-collect"), "connect: ")[0] == "ok"
    assert the(as_unit("pg-forward"), "API key: the unit's credential (/etc/bitville/api_key)")[0] \
        == the(as_unit("pg-forward"), "API key: the listener accepts it")[0] == "ok"
    assert the(as_unit("pg-logtail"), "log %s: is read, stderr" % LOG)[0] == "ok"
    shell = run("pg-forward", "--test", check=False)
    assert "pg-forward --test=unit" in shell.stdout and shell.returncode == 1
    shell = run("pg-logtail", "--test", check=False)
    assert "--test=unit (the unit is in group adm)" in shell.stdout and shell.returncode == 1


def test_another_cluster_is_its_instance(arrived):
    result = as_unit("pg-forward", "--config", "/etc/bitville/second.ini")
    assert the(result, "API key: the unit's credential (/etc/bitville/second.api_key)")[0] == "ok"
    assert the(result, "spool /var/lib/bitville-postgres-agent/second ")[0] == "ok"
    refused = as_unit("pg-forward", "--config", "/etc/bitville/third.ini")
    assert refused.status == 78 and "/etc/bitville/third.ini" in refused.stderr


def test_what_is_broken_is_told(arrived):
    key = pathlib.Path("/etc/bitville/api_key")
    with changed(key):
        key.unlink()
        mark, text, mend = the(as_unit("pg-forward"), "API key: ")
        assert (mark, text, mend) == ("FAIL", "API key: there is none",
                                      "install -m 600 /dev/stdin /etc/bitville/api_key")
        machine.write_secret("api_key", "a-wrong-key")
        mark, text, mend = the(as_unit("pg-forward"), "API key: the listener refuses it (401)")
        assert mark == "FAIL" and mend.endswith("&& systemctl restart pg-forward")
    with changed(LOG, content=False):
        LOG.chmod(0o600)
        mark, text, mend = the(as_unit("pg-logtail"), "open %s" % LOG)
        assert mark == "FAIL" and "log_file_mode = '0640'" in mend
        LOG.chmod(0o640)
        run("chown", "postgres:postgres", LOG)
        mark, text, mend = the(as_unit("pg-logtail"), "open %s" % LOG)
        assert mark == "FAIL" and "(mode 0640, the sandbox hides its owner)" in text
        # Word by word what it says.
        run("sh", "-c", mend.replace("sudo ", ""))
        assert the(as_unit("pg-logtail"), "log %s: is read" % LOG)[0] == "ok"
        run("rm", "/etc/systemd/system/pg-logtail.service.d/logs.conf")
        machine.systemctl("daemon-reload")
        machine.systemctl("restart", "pg-logtail")


def test_the_sandbox_is_the_units(arrived):
    spool = pathlib.Path("/srv/spool")
    run("install", "-d", "-o", machine.AGENT, "-g", machine.AGENT, spool)
    with changed(CONFIG):
        CONFIG.write_text(CONFIG.read_text() + "[buffer]\npath = /srv/spool\n"
                          if "[buffer]" not in CONFIG.read_text() else
                          CONFIG.read_text().replace("[buffer]\n", "[buffer]\npath = /srv/spool\n"))
        mark, text, mend = the(as_unit("pg-collect"), "spool /srv/spool")
        assert mark == "FAIL" and "Read-only file system" in text
        assert mend == "systemctl edit pg-collect, there: [Service] ReadWritePaths=/srv/spool"
        drop_in("pg-collect.service", "[Service]\nReadWritePaths=/srv/spool\n")
        assert the(as_unit("pg-collect"), "spool /srv/spool")[0] != "FAIL"


def test_what_stands_in_its_own_way_is_told(arrived):
    refused = run("runuser", "-u", machine.AGENT, "--", "pg-collect", "--test=unit", check=False)
    assert refused.returncode == 1 and "mend: sudo pg-collect --test=unit" in refused.stderr
    refused = as_unit("pg-collect", "--config", "/root/x.ini")
    assert refused.status == 1 and "no unit reads /root/x.ini" in refused.stderr
    drop_in("pg-collect@third.service", "[Service]\nReadWritePaths=/nowhere\n")
    pathlib.Path("/etc/bitville/third.ini").touch()
    refused = as_unit("pg-collect", "--config", "/etc/bitville/third.ini")
    pathlib.Path("/etc/bitville/third.ini").unlink()
    assert refused.status == 1 and "exit status 226" in refused.stderr
    assert "mend: journalctl" in refused.stderr


def test_a_terminal_has_colours(arrived):
    for variables, want in (({"TERM": "xterm"}, True), ({"TERM": "xterm", "NO_COLOR": "1"}, False)):
        said = run("script", "-qec", "pg-forward --test=unit", "/dev/null",
                   env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **variables})
        assert ("\033[32mok" in said.stdout) == want, said.stdout
