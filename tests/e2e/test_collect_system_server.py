"""system_metrics beyond psutil: the disks, where the server's directories lie, pressure, the server's
processes and its control group, each against what /proc, /sys and SQL say at the same moment."""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import pytest

import postgres as postgres_module
from agent import ROOT
from waiting import eventually

psutil = pytest.importorskip("psutil")

def metrics(collect, spool, **settings):
    assert collect.run("--source", "system_metrics", **settings).status == 0
    return spool.check(spool.waiting()[-1])["data"]


def timestamp(spool):
    """Of the last payload."""
    return json.loads(spool.content(spool.waiting()[-1]))["timestamp"]


def names_in(value):
    """All members' names, but those that are a device's or a path."""
    if isinstance(value, list):
        return {name for one in value for name in names_in(one)}
    if not isinstance(value, dict):
        return set()
    return set(value) | {name for one in value.values() for name in names_in(one)}


# Disks.

def perdisk():
    return psutil.disk_io_counters(perdisk=True, nowrap=False)


PSUTIL = {"read_count": "read_count", "write_count": "write_count", "read_bytes": "read_bytes",
          "write_bytes": "write_bytes", "read_time_ms": "read_time", "write_time_ms": "write_time",
          "busy_time_ms": "busy_time"}


def test_each_disk_has_psutils_counters_and_they_add_up(collect, spool):
    before = perdisk()
    data = metrics(collect, spool)
    after = perdisk()
    assert data["disk_devices"]
    for name, disk in data["disk_devices"].items():
        for ours, theirs in PSUTIL.items():
            low, high = getattr(before[name], theirs), getattr(after[name], theirs)
            assert low <= disk[ours] <= high, (name, ours)
        assert disk["interval_s"] is None and disk["busy_percent"] is None
    for name, value in data["disk_io"].items():
        assert value == sum(disk[name] for disk in data["disk_devices"].values()), name


def test_rates_are_measured_since_the_last_run(collect, spool, tmp_path):
    first = metrics(collect, spool)["disk_devices"]
    start = timestamp(spool)
    with open(tmp_path / "written", "wb") as file:
        file.write(b"x" * (8 << 20))
        os.fsync(file.fileno())
    time.sleep(0.2)
    second = metrics(collect, spool)["disk_devices"]
    wall_s = timestamp(spool) - start
    for name, disk in second.items():
        if name not in first:
            continue
        elapsed_s = disk["interval_s"]
        assert elapsed_s == pytest.approx(wall_s, abs=2)
        for rate, counter in (("reads_per_s", "read_count"), ("writes_per_s", "write_count"),
                              ("read_bytes_per_s", "read_bytes"),
                              ("write_bytes_per_s", "write_bytes")):
            delta = disk[counter] - first[name][counter]
            assert disk[rate] == pytest.approx(delta / elapsed_s, rel=0.01, abs=0.6), rate
        requests = disk["write_count"] - first[name]["write_count"]
        spent = disk["write_time_ms"] - first[name]["write_time_ms"]
        if requests:
            assert disk["write_await_ms"] == pytest.approx(spent / requests, abs=0.001)
        assert 0 <= disk["busy_percent"] <= 100


# Pressure.

def pressure(path="/proc/pressure/%s"):
    """{resource: {kind: total in ms}}"""
    totals = {}
    for resource in ("cpu", "memory", "io"):
        with contextlib.suppress(OSError):
            text = pathlib.Path(path % resource).read_text()
            totals[resource] = {
                line.split()[0]: int(line.rsplit("=", 1)[1]) // 1000
                for line in text.splitlines()}
    return totals


def test_pressure_is_what_the_kernel_tells(collect, spool):
    before = pressure()
    data = metrics(collect, spool)
    after = pressure()
    assert set(data.get("pressure", {})) == set(before)
    for resource, kinds in before.items():
        ours = data["pressure"][resource]
        assert set(ours) == set(kinds)
        for kind, total in kinds.items():
            assert total <= ours[kind]["total_ms"] <= after[resource][kind], (resource, kind)
            assert all(0 <= ours[kind][name] <= 100 for name in ("avg10", "avg60", "avg300"))


# The server's processes.

def tree(postgres):
    parent = psutil.Process(postgres.process.pid)
    return [parent, *parent.children()]


def time_ms(processes):
    """With that of their children that ended."""
    return sum(sum(process.cpu_times()[:4]) for process in processes) * 1000


def status_bytes(process, name):
    for line in pathlib.Path("/proc/%d/status" % process.pid).read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    return None


def test_the_servers_processes_are_counted_and_added_up(collect, spool, postgres, sessions):
    sessions.idle_in_transaction(5)
    expected = {"pid": postgres.process.pid, "port": postgres.port}

    def agree():
        before = tree(postgres)
        low = time_ms(before)
        ours = metrics(collect, spool)["postmaster"]
        after = tree(postgres)
        if [process.pid for process in before] != [process.pid for process in after]:
            return None  # one came or went
        high = time_ms(after)
        assert {name: ours[name] for name in expected} == expected
        assert ours["processes"] == len(before)
        assert low - 1 <= ours["cpu_time_ms"] <= high + 1
        anon = sum(status_bytes(process, "RssAnon") for process in after)
        assert ours["rss_anon_bytes"] == pytest.approx(anon, rel=0.1, abs=4 << 20)
        for name, of in (("rss_shmem_bytes", "RssShmem"), ("rss_file_bytes", "RssFile")):
            most = max(status_bytes(process, of) for process in after)
            assert 0 < ours[name] <= most * 1.1 + (4 << 20)
        assert ours["hugetlb_bytes"] is not None
        return ours

    ours = eventually(agree, "no process comes or goes meanwhile")
    assert ours["processes"] >= 5 + 1


def test_the_servers_percent_is_of_all_processors(collect, spool, postgres, sessions):
    first = metrics(collect, spool)
    assert first["postmaster"]["cpu_percent"] is None
    sessions.add().execute("SELECT count(*) FROM generate_series(1, 3000000)")
    second = metrics(collect, spool)
    elapsed_s = next(iter(second["disk_devices"].values()))["interval_s"]
    used_ms = second["postmaster"]["cpu_time_ms"] - first["postmaster"]["cpu_time_ms"]
    want = used_ms / 10 / elapsed_s / psutil.cpu_count()
    assert used_ms > 100
    assert second["postmaster"]["cpu_percent"] == pytest.approx(min(want, 100), abs=0.2)


def test_a_server_on_another_machine_has_no_processes_here(collect, spool):
    collect.set(database__host="192.0.2.7")
    data = metrics(collect, spool)
    assert "postmaster" not in data and "cgroup" not in data
    assert {place["use"] for place in data["storage"]} <= {"log", "spool"}


def test_a_port_nobody_serves_has_no_processes(collect, spool):
    """A server that just starts, as another test's may, does not yet say which port it serves: it
    is taken for this one, and that is remembered."""
    collect.set(database__port=postgres_module.free_port())

    def none_is_found():
        (spool.state / "pg-collect.json").unlink(missing_ok=True)
        return "postmaster" not in metrics(collect, spool)

    eventually(none_is_found, "a time in which no server starts")


# Where things lie.

@contextlib.contextmanager
def loop_disk(directory, name, size):
    """A file system in a file; (mount point, loop device's name)."""
    image, point = directory / (name + ".img"), directory / name
    point.mkdir()
    with open(image, "wb") as file:
        file.truncate(size)
    steps = (["mkfs.ext4", "-q", "-F", image], ["mount", "-o", "loop", image, point])
    for command in steps:
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            pytest.skip("%s: %s" % (command[0], done.stderr.strip()))
    try:
        number = os.stat(point).st_dev
        yield point, block_name(number)
    finally:
        subprocess.run(["umount", "-l", point], check=False)


def block_name(number):
    path = "/sys/dev/block/%d:%d" % (os.major(number), os.minor(number))
    return os.path.basename(os.readlink(path)) if os.path.exists(path) else None


def disks_below(name):
    """As lsblk has it: what a device's tree ends in."""
    out = subprocess.run(["lsblk", "-J", "-s", "-o", "NAME,TYPE", "/dev/" + name],
                         capture_output=True, text=True, check=True).stdout

    def leaves(node):
        if not node.get("children"):
            return {node["name"]}
        return set().union(*(leaves(child) for child in node["children"]))

    return set().union(*(leaves(node) for node in json.loads(out)["blockdevices"]))


@pytest.fixture(scope="module")
def spread():
    """A server whose directories lie on file systems of their own."""
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    with contextlib.ExitStack() as stack:
        directory = pathlib.Path(tempfile.mkdtemp(prefix="e2e-spread-"))
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        directory.chmod(0o755)
        server = postgres_module.Postgres(cluster_name="not-to-be-told")
        stack.callback(server.stop)
        data, data_device = stack.enter_context(loop_disk(directory, "data disk", 256 << 20))
        wal, wal_device = stack.enter_context(loop_disk(directory, "wal", 96 << 20))
        for path in (data, wal):
            (path / "pg").mkdir()
            shutil.chown(path / "pg", "postgres", "postgres")
        (data / "pg").chmod(0o700)
        server.data = data / "pg"
        server.start()
        server.halt()
        subprocess.run(["cp", "-a", server.data / "pg_wal", wal / "pg" / "log"], check=True)
        shutil.rmtree(server.data / "pg_wal")
        (server.data / "pg_wal").symlink_to(wal / "pg" / "log")
        with open(server.data / "postgresql.conf", "a") as file:
            file.write("port = %s\n" % server.settings.pop("port"))  # not in the command line
        server.launch()
        space = directory / "space"
        space.mkdir()
        shutil.chown(space, "postgres", "postgres")
        with server.session() as session:
            session.execute("CREATE TABLESPACE elsewhere LOCATION '%s'" % space)
            oid = session.value("SELECT oid FROM pg_tablespace WHERE spcname = 'elsewhere'")
        stack.callback(server.halt)  # before its disks go
        yield server, {"data_directory": (data, "pg", data_device),
                       "pg_wal": (wal, "pg/log", wal_device),
                       "tablespace %d" % oid: (space, "", block_name(os.stat(space).st_dev))}


def beneath(path, device):
    """Of a loop device the kernel tells its file, and that lies on a disk."""
    if device.startswith("loop"):
        file = pathlib.Path("/sys/block/%s/loop/backing_file" % device).read_text().strip()
        return beneath(file, block_name(os.stat(file).st_dev))
    return disks_below(device)


def test_the_servers_directories_are_found_on_their_devices(collect, spool, spread):
    server, want = spread
    for name, value in server.settings_for().items():
        collect.settings[name] = value
    data = metrics(collect, spool)
    places = {place["use"]: place for place in data["storage"]}
    assert want.keys() <= places.keys() and "spool" in places
    for use, (point, below, device) in want.items():
        place = places[use]
        assert place["path"] == os.path.join(point, below).rstrip("/"), use
        if device is None:
            continue  # this machine's own file system has none
        assert place["device"] == device, use
        assert set(place["disks"]) == beneath(point, device), use
        if os.path.ismount(point):
            assert place["mount_point"] == str(point) and place["filesystem"] == "ext4"
        usage = psutil.disk_usage(str(point))
        assert place["total"] == usage.total
        assert place["free"] == pytest.approx(usage.free, abs=max(16 << 20, usage.total // 100))
        assert place["percent"] == pytest.approx(usage.percent, abs=15)
        for disk in place["disks"]:
            assert use in data["disk_devices"][disk]["used_by"]
    assert not [name for name in data["disk_devices"] if name.startswith("loop")]
    text = json.dumps(data)
    assert "not-to-be-told" not in text, "command lines are nobody's business"


def test_without_rights_a_visit_tells_which_server_is_ours(collect, spool, spread):
    """Of several whose ports nobody may read, the one whose child our session was."""
    server, want = spread
    collect.settings.update(server.settings_for())
    spool.give_to("nobody")
    other = subprocess.Popen(  # called as a server with a child, and not telling its port either
        ["/usr/bin/python3", "-c", "import os; open('/proc/self/comm', 'w').write('postgres');"
         "child = os.fork(); child and print(flush=True); os.read(0, 1)"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        other.stdout.readline()
        assert "postmaster" not in metrics(collect, spool), "a guess"
        assert collect.run().status == 0
        data = metrics(collect, spool)
        assert data["postmaster"]["pid"] == server.process.pid
        places = {place["use"]: place for place in data["storage"]}
        assert places["data_directory"]["path"] == str(server.data)
        assert places["data_directory"]["total"] is not None
        assert "pg_wal" not in places, "it may not look into the data directory"
        (tablespace,) = [use for use in want if use.startswith("tablespace")]
        assert places[tablespace]["path"] == str(want[tablespace][0]), "the server told"
        again = {place["use"]: place for place in metrics(collect, spool)["storage"]}
        assert again[tablespace]["path"] == places[tablespace]["path"]
    finally:
        other.stdin.close()  # ends both
        other.wait()


# The control group.

def group_of(pid):
    """Its directory and path, where v2 has the controllers that matter."""
    mounts = [line.split() for line in open("/proc/self/mounts")]
    points = [fields[1] for fields in mounts if fields[2] == "cgroup2"]
    if not points:
        return None, None
    controllers = pathlib.Path(points[0], "cgroup.controllers").read_text().split()
    for line in open("/proc/%d/cgroup" % pid):
        if line.startswith("0::") and {"cpu", "memory"} & set(controllers):
            path = line[3:].strip()
            return pathlib.Path(points[0] + path), path
    return None, None


def test_the_control_group_is_what_its_files_say(collect, spool, postgres):
    directory, path = group_of(postgres.process.pid)
    data = metrics(collect, spool)
    if not directory:
        assert "cgroup" not in data
        pytest.skip("this machine's controllers are those of v1")
    group = data["cgroup"]
    assert group["path"] == path

    def number(name, at=directory):
        text = (at / name).read_text().strip() if (at / name).exists() else ""
        return int(text) if text.isdigit() else None

    def least(name):
        """Of all groups above, too."""
        above = [directory, *directory.parents[:path.count("/")]]
        return min((value for at in above if (value := number(name, at)) is not None),
                   default=None)

    assert group["memory"]["max"] == least("memory.max")
    assert group["memory"]["high"] == least("memory.high")
    assert group["pids"]["max"] == least("pids.max")
    assert (group["memory"]["current"] is None) == (number("memory.current") is None)
    assert (group["pids"]["current"] is None) == (number("pids.current") is None)


# The manual.

def test_every_member_stands_in_the_manual(collect, spool):
    metrics(collect, spool)
    data = metrics(collect, spool)
    text = (ROOT / "man" / "pg-collect.8").read_text()
    for member in ("disk_devices", "storage", "pressure", "postmaster", "cgroup"):
        names = names_in(data.get(member, {})) - set(data["disk_devices"])
        missing = {name for name in names | {member} if name not in text}
        assert not missing
