"""What the unit of pg-collect sees of the server, whose processes and files are another user's."""

import pathlib
import shutil

import pytest

import machine
from machine import systemctl
from waiting import eventually


def visit(arrived):
    """What a run from now on says of the machine; a timer's when one was under way."""
    def newest():
        return max(arrived.payloads("system_metrics"), key=lambda p: p["timestamp"])

    arrived.until("system_metrics", within_s=90)
    before = newest()["timestamp"]
    # Many runs in a short time are refused.
    systemctl("reset-failed", "pg-collect.service", check=False)
    systemctl("start", "pg-collect.service")
    eventually(lambda: newest()["timestamp"] > before, "a run", within_s=90, every_s=0.1)
    return newest()["data"]


def test_its_processes_and_disk(arrived):
    visit(arrived)  # one before may be on its way yet
    metrics = visit(arrived)
    server = metrics["postmaster"]
    assert server["pid"] == machine.main_pid("postgresql@15-main.service")
    # The postmaster and at least checkpointer, background writer, walwriter, launchers.
    assert server["processes"] >= 6
    for member in ("rss_anon_bytes", "rss_file_bytes", "rss_shmem_bytes", "cpu_time_ms"):
        assert server[member] > 0, member
    place, = [place for place in metrics["storage"] if place["use"] == "data_directory"]
    assert place["path"] == machine.psql("SHOW data_directory")
    assert place["filesystem"] and place["mount_point"]
    assert 0 < place["used"] < place["total"]


def test_the_next_run_tells_where_a_tablespace_lies(arrived):
    """The server says it, in a directory that the agent may not look into."""
    space = pathlib.Path("/srv/space")
    space.mkdir()
    shutil.chown(space, "postgres", "postgres")
    machine.psql("CREATE TABLESPACE space LOCATION '%s'" % space)
    use = "tablespace " + machine.psql("SELECT oid FROM pg_tablespace WHERE spcname = 'space'")
    visit(arrived)
    visit(arrived)
    assert (use, str(space)) in [(place["use"], place["path"])
                                 for place in visit(arrived)["storage"]]


def test_its_control_group(arrived):
    """Where the machine has those of version 2."""
    path = machine.shown("postgresql@15-main.service", "ControlGroup")
    if not pathlib.Path("/sys/fs/cgroup" + path, "memory.current").exists():
        pytest.skip("this machine has control groups of version 1")
    metrics = visit(arrived)
    group = metrics["cgroup"]
    assert group["path"] == path
    assert group["memory"]["current"] > metrics["postmaster"]["rss_anon_bytes"] / 2
    assert group["cpu"]["usage_ms"] > 0
