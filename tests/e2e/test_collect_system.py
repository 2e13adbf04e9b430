"""system_metrics: psutil's meanings, measured against psutil itself; the agent's own numbers."""

import json
import os
import re
import time

import pytest

from agent import ROOT, SANITIZER
from listener import Answer, always
from spool import SUFFIX
from test_logtail_kill import strace
from waiting import eventually

psutil = pytest.importorskip("psutil")

MIB = 1 << 20


def metrics(collect, spool):
    assert collect.run("--source", "system_metrics").status == 0
    return spool.check(spool.waiting()[-1])["data"]


def one_decimal(value):
    return value == round(value, 1) and 0 <= value <= 100


def test_the_fields_are_those_of_the_contract(collect, spool):
    data = metrics(collect, spool)
    want = {
        "cpu": {"percent", "count_physical", "count_logical", "load_avg_1m", "load_avg_5m",
                "load_avg_15m"},
        "memory": {"total", "available", "used", "percent", "buffers", "cached"},
        "swap": {"total", "used", "free", "percent"},
        "disk_io": {"read_count", "write_count", "read_bytes", "write_bytes",
                    "read_time_ms", "write_time_ms"},
        "network_io": {"bytes_sent", "bytes_recv", "packets_sent", "packets_recv", "errin",
                       "errout", "dropin", "dropout"},
    }
    assert {name: set(data[name]) for name in want} == want
    for path, usage in data["disk_usage"].items():
        assert set(usage) == {"total", "used", "free", "percent"}, path
    assert set(data["disk_usage"]) == {
        path for path in ("/var/lib/postgresql", "/var/log/postgresql", "/")
        if os.path.exists(path)}
    assert "collection" in data and "server" not in data


def whole_disks():
    """Those that no other device sits below, as /sys tells."""
    names = set()
    for name in os.listdir("/sys/block"):
        slaves = "/sys/block/%s/slaves" % name
        stacked = os.path.isdir(slaves) and os.listdir(slaves)
        if not stacked and not name.startswith(("loop", "ram", "zram", "dm-", "md")):
            names.add(name.replace("!", "/"))
    return names


DISK_FIELDS = {
    "read_count": "read_count", "write_count": "write_count", "read_bytes": "read_bytes",
    "write_bytes": "write_bytes", "read_time_ms": "read_time", "write_time_ms": "write_time"}


def look():
    """psutil's numbers, by (member, field). Its 5.9 has another formula for memory's used."""
    disks = psutil.disk_io_counters(perdisk=True, nowrap=False)
    mine = [counters for name, counters in disks.items() if name in whole_disks()]
    memory, swap = psutil.virtual_memory(), psutil.swap_memory()
    network = psutil.net_io_counters(nowrap=False)._asdict()
    seen = {
        "cpu": {"count_physical": psutil.cpu_count(logical=False),
                "count_logical": psutil.cpu_count(),
                **dict(zip(("load_avg_1m", "load_avg_5m", "load_avg_15m"), psutil.getloadavg()))},
        "memory": {"total": memory.total, "available": memory.available,
                   "used": memory.total - memory.available, "percent": memory.percent,
                   "buffers": memory.buffers, "cached": memory.cached},
        "swap": {name: getattr(swap, name) for name in ("total", "used", "free", "percent")},
        "disk_io": {ours: sum(getattr(counters, theirs) for counters in mine)
                    for ours, theirs in DISK_FIELDS.items()},
        "network_io": {name: network[name] for name in (
            "bytes_sent", "bytes_recv", "packets_sent", "packets_recv", "errin", "errout",
            "dropin", "dropout")},
    }
    for path in ("/var/lib/postgresql", "/var/log/postgresql", "/"):
        if os.path.exists(path):
            usage = psutil.disk_usage(path)
            seen["disk_usage " + path] = {
                name: getattr(usage, name) for name in ("total", "used", "free", "percent")}
    return {(member, field): value
            for member, fields in seen.items() for field, value in fields.items()}


def slack(member, field):
    """What the two looks may both have missed, or rounded."""
    if field in ("total", "count_physical", "count_logical") or member.endswith("_io"):
        return 0  # never changes, or only grows
    return 0.1 if field == "percent" else 0.02 if field.startswith("load") else 8 * MIB


def test_every_field_is_psutils_within_what_changes_meanwhile(collect, spool):
    """Between psutil's look before and its look after, as soon as the machine is quiet enough."""
    def differences():
        before = look()
        data = metrics(collect, spool)
        after = look()
        usage = data.pop("disk_usage")
        data.update({"disk_usage " + path: fields for path, fields in usage.items()})
        ours = {(member, field): data[member][field] for member, field in before}
        assert {member for member in data if member.startswith("disk_usage ")} == {
            member for member, _ in before if member.startswith("disk_usage ")}
        return {what: (before[what], value, after[what]) for what, value in ours.items()
                if not min(before[what], after[what]) - slack(*what) <= value
                <= max(before[what], after[what]) + slack(*what)}

    found = {}
    for _ in range(20):
        found = differences()
        if not found:
            return
        time.sleep(0.2)
    raise AssertionError(found)


def test_memory_and_swap_add_up(collect, spool):
    data = metrics(collect, spool)
    memory, swap = data["memory"], data["swap"]
    assert memory["used"] == memory["total"] - memory["available"]
    assert one_decimal(memory["percent"]) and one_decimal(swap["percent"])
    assert memory["percent"] == pytest.approx(100 * memory["used"] / memory["total"], abs=0.06)
    assert swap["used"] == swap["total"] - swap["free"]


def busy_and_total():
    """By psutil's formula for percent."""
    times = psutil.cpu_times()
    total = sum(times) - times.guest - times.guest_nice
    return total - times.idle - times.iowait, total


def test_cpu_percent_lies_within_the_bounds_of_psutils_times(collect, spool):
    """Ours is from some moment of the first run to some moment of the second."""
    looks = []
    for n in range(2):
        looks.append(busy_and_total())
        data = metrics(collect, spool)
        looks.append(busy_and_total())
        if n == 0:
            end = time.monotonic() + 0.6  # one processor half busy
            while time.monotonic() < end - 0.3:
                pass
            time.sleep(0.3)
    (busy0, total0), (busy1, total1), (busy2, total2), (busy3, total3) = looks
    low = 100 * (busy2 - busy1) / (total3 - total0)
    high = 100 * (busy3 - busy0) / (total2 - total1)
    assert low - 0.2 <= data["cpu"]["percent"] <= min(high, 100) + 0.2
    assert one_decimal(data["cpu"]["percent"])


def test_cpu_percent_is_null_first_and_measured_between_runs(collect, spool):
    assert metrics(collect, spool)["cpu"]["percent"] is None
    time.sleep(0.05)
    assert metrics(collect, spool)["cpu"]["percent"] is not None


def test_print_reads_the_last_sample_and_keeps_it(collect, spool):
    metrics(collect, spool)
    state = (spool.state / "pg-collect.json").read_bytes()
    result = collect.run("--print", "--source", "system_metrics")
    (line,) = result.stdout.splitlines()
    assert json.loads(line)["data"]["cpu"]["percent"] is not None
    assert (spool.state / "pg-collect.json").read_bytes() == state
    assert len(spool.waiting()) == 1


def test_a_sample_of_another_boot_is_not_used(collect, spool):
    metrics(collect, spool)
    path = spool.state / "pg-collect.json"
    text = path.read_text()
    boot_id = open("/proc/sys/kernel/random/boot_id").read().strip()
    assert boot_id in text
    path.write_text(text.replace(boot_id, "00000000-0000-0000-0000-000000000000"))
    assert metrics(collect, spool)["cpu"]["percent"] is None


def test_timestamps_have_microseconds(collect, spool):
    before = time.time()
    metrics(collect, spool)
    line = spool.content(spool.waiting()[-1]).decode()
    digits = line.split('"timestamp":')[1].split(",")[0]
    assert len(digits.split(".")[1]) == 6
    assert before - 1 <= float(digits) <= time.time() + 1


def test_the_last_run_is_told_by_source(collect, spool, postgres):
    assert collect.run().status == 0
    data = metrics(collect, spool)
    assert set(data["collection"]) == {
        "pg_stat_activity", "pg_stat_statements", "pg_locks", "system_metrics"}
    for outcome in data["collection"].values():
        assert set(outcome) == {"ok", "error", "ms"}
        assert outcome["ok"] is True and outcome["error"] is None


# The member "agent": what the agent is up to, and what of its data is missing.


def agent(collect, spool):
    return metrics(collect, spool)["agent"]


def set_forward(spool, evicted=0, age_s=3600, since=1769774400.5, new_files=0, size=0):
    """A state as pg-forward writes it, after so many evictions of one file each."""
    names = ["20260102T000000.%06dZ-pg_log-4711-000000.json.zst" % n for n in range(evicted)]
    document = {
        "version": 1, "updated_at": time.time() - age_s, "counting_since": since,
        "breaker": {"state": "open"}, "sent": {"files": 5}, "refused": {"files": 6},
        "spool": {"bytes": size, "new_files": new_files, "oldest": None},
        "evicted": {
            "files": evicted, "bytes": evicted * 4096,
            "first": names[0] if names else None, "last": names[-1] if names else None,
            "parts": [{"files": 1, "bytes": 4096, "first": name, "last": name,
                       "begins": True} for name in names[-64:]]}}
    fresh = spool.state / "fresh"
    fresh.write_text(json.dumps(document))
    fresh.rename(spool.state / "pg-forward.json")
    return names


def test_the_agents_members_stand_in_the_manual(collect, spool):
    set_forward(spool, evicted=2)
    data = agent(collect, spool)
    members = [*data, *data["evicted"], *data["evicted_since"]]
    assert members == [
        "version", "spool_files", "spool_bytes", "oldest_age_s", "forwarder_running",
        "breaker", "sent", "refused", "evicted", "evicted_since", "files", "bytes",
        "files", "bytes", "first", "last"]
    manual = (ROOT / "man" / "pg-collect.8").read_text()
    for member in members:
        assert re.search(r"^\.(It Cm|Li) .*\b%s\b" % member, manual, re.M), member
    assert data["version"] == collect.run("--version").stdout.split()[-1]


def test_without_pg_forward_the_spool_is_counted_here(collect, spool):
    first = agent(collect, spool)
    assert first == {
        "version": first["version"], "spool_files": 0, "spool_bytes": 0,
        "oldest_age_s": None, "forwarder_running": False, "breaker": None, "sent": 0,
        "refused": 0, "evicted": {"files": 0, "bytes": 0}, "evicted_since": None}
    second = agent(collect, spool)
    assert second["spool_files"] == 1 and second["spool_bytes"] > 0
    assert second["oldest_age_s"] < 60
    spool.write_many(7)
    assert agent(collect, spool)["spool_files"] == 2, "not counted again within a minute"
    state = spool.read_state("pg-collect")
    state["spool"]["at"] -= 61
    (spool.state / "pg-collect.json").write_text(json.dumps(state))
    bytes_before = spool.blocks()
    counted = agent(collect, spool)
    assert counted["spool_files"] == 3 + 7 and counted["spool_bytes"] == bytes_before
    assert counted["oldest_age_s"] > 86400, "that of a payload of January"


def test_a_fresh_count_of_pg_forward_is_taken_and_an_old_one_is_not(collect, spool):
    set_forward(spool, age_s=1, new_files=1000000, size=4 << 20)
    data = agent(collect, spool)
    assert (data["spool_files"], data["spool_bytes"]) == (1000000, 4 << 20)
    assert (data["breaker"], data["sent"], data["refused"]) == ("open", 5, 6)
    assert data["forwarder_running"] is False
    for path in spool.state.glob("pg-collect.json*"):
        path.unlink()
    set_forward(spool, age_s=60, new_files=1000000, size=4 << 20)
    data = agent(collect, spool)
    assert data["spool_files"] == 1 and data["sent"] == 5


def overfill(spool):
    """Names that are in the spool now, which is over a cap of 1 MB then."""
    before = spool.waiting()
    names = before + spool.write_many(70, data={"text": os.urandom(20000).hex()})
    assert spool.blocks() > MIB
    return names


def check_told(since, gone):
    assert since["files"] == len(gone) > 10
    assert (since["first"], since["last"]) == (gone[0] + SUFFIX, gone[-1] + SUFFIX)


def test_evictions_are_told_once_with_first_and_last_name(forward, collect, spool, listener):
    listener.rule = always(Answer(503))
    forward.set(buffer__max_size_mb=1, breaker__fail_max=1, breaker__timeout_s=3600)
    names = overfill(spool)
    bytes_before = spool.blocks()
    running = forward.start()
    eventually(lambda: spool.blocks() <= MIB, "under the cap", within_s=90)
    gone = sorted(set(names) - set(spool.waiting()))
    evicted = {"files": len(gone), "bytes": bytes_before - spool.blocks()}
    data = agent(collect, spool)
    check_told(data["evicted_since"], gone)
    assert data["evicted"] == evicted
    assert {what: data["evicted_since"][what] for what in evicted} == evicted
    assert data["forwarder_running"] is True and data["breaker"] == "open"
    assert agent(collect, spool)["evicted_since"] is None
    running.kill()
    dead = agent(collect, spool)
    assert dead["forwarder_running"] is False and dead["breaker"] == "open"
    assert dead["evicted"] == evicted and dead["evicted_since"] is None
    names = overfill(spool)
    forward.run("--once")
    gone = sorted(set(names) - set(spool.waiting()))
    data = agent(collect, spool)
    check_told(data["evicted_since"], gone)
    assert data["evicted"]["files"] == evicted["files"] + len(gone)
    assert data["evicted"]["bytes"] == evicted["bytes"] + data["evicted_since"]["bytes"]
    assert agent(collect, spool)["evicted_since"] is None


def test_a_count_that_is_lost_begins_anew(collect, spool):
    set_forward(spool, evicted=9)
    assert agent(collect, spool)["evicted_since"]["files"] == 9
    (spool.state / "pg-forward.json").unlink()
    assert agent(collect, spool)["evicted_since"] is None
    names = set_forward(spool, evicted=12, since=1769774500.5)
    assert agent(collect, spool)["evicted_since"] == {
        "files": 12, "bytes": 12 * 4096, "first": names[0], "last": names[-1]}
    assert agent(collect, spool)["evicted_since"] is None


def test_print_tells_and_leaves_it_to_the_next_run_to_tell(collect, spool):
    set_forward(spool, evicted=3)
    for _ in range(2):
        result = collect.run("--print", "--source", "system_metrics")
        printed = json.loads(result.stdout)["data"]["agent"]
        assert result.status == 0 and printed["evicted_since"]["files"] == 3
    assert agent(collect, spool)["evicted_since"] == printed["evicted_since"]
    result = collect.run("--print", "--source", "system_metrics")
    assert json.loads(result.stdout)["data"]["agent"]["evicted_since"] is None


def test_print_without_a_spool_says_that_nothing_is_known(collect, spool, tmp_path):
    collect.set(buffer__path=tmp_path / "absent")
    result = collect.run("--print", "--source", "system_metrics")
    data = json.loads(result.stdout)["data"]["agent"]
    assert result.status == 0 and not (tmp_path / "absent").exists()
    assert data["spool_files"] is None and data["sent"] is None


def test_what_could_not_be_written_is_told_by_the_next_run(collect, spool):
    set_forward(spool, evicted=3, age_s=1, size=5 << 20)
    for _ in range(2):
        result = collect.set(buffer__min_free_mb=1 << 24).run("--source", "system_metrics")
        assert result.status == 1 and spool.waiting() == []
    collect.set(buffer__min_free_mb=0)
    assert agent(collect, spool)["evicted_since"]["files"] == 3
    assert agent(collect, spool)["evicted_since"] is None


def test_a_run_without_system_metrics_leaves_it_to_the_next_to_tell(collect, spool):
    set_forward(spool, evicted=3)
    assert collect.run("--source", "pg_locks").status == 0
    assert agent(collect, spool)["evicted_since"]["files"] == 3
    assert collect.run("--source", "pg_locks").status == 0
    assert agent(collect, spool)["evicted_since"] is None


STEPS = "fsync,renameat,renameat2,linkat,unlinkat"


def under_strace(collect, out, *expressions):
    collect.environment["ASAN_OPTIONS"] = "exitcode=99:detect_leaks=0"  # not under ptrace
    command = [*strace()[:-1], str(out)]
    for expression in expressions:
        command += ["-e", expression]
    running = collect.start("--source", "system_metrics", wrapper=command)
    running.process.wait(60)
    assert not SANITIZER.search(running.stderr), running.stderr


def test_what_could_not_be_published_is_told_by_the_next_run(collect, spool):
    publish, save = ("inject=%s:error=ENOSPC:when=%s" % at
                     for at in (("renameat2", "1"), ("renameat", "2+")))
    for evicted, faults, left in ((1, [publish], 0), (2, [publish, save], 1)):
        set_forward(spool, evicted=evicted)
        under_strace(collect, "/dev/null", "trace=renameat,renameat2", *faults)
        assert len(spool.waiting()) == evicted - 1
        assert len(spool.files(spool.tmp)) == left, "left where the state names it"
        assert agent(collect, spool)["evicted_since"]["files"] == 1
        assert spool.files(spool.tmp) == []


def die_at(collect, call, number):
    under_strace(collect, "/dev/null", "trace=" + call,
                 "inject=%s:signal=KILL:when=%d" % (call, number))


def test_a_death_before_each_step_tells_each_eviction_once(collect, spool, tmp_path):
    """Each of two runs dies: one that had named what it was to publish, and the next anywhere."""
    names = set_forward(spool, evicted=1)
    die_at(collect, "renameat2", 1)
    assert spool.waiting() == [] and len(spool.files(spool.tmp)) == 1
    under_strace(collect, tmp_path / "out", "trace=" + STEPS)
    calls = re.findall(r"^\d+ +(\w+)\(", (tmp_path / "out").read_text(), re.M)
    assert calls.count("renameat") >= 4 and calls.count("renameat2") == 1, calls
    for place, call in enumerate(calls):
        names = set_forward(spool, evicted=len(names) + 1)
        die_at(collect, "renameat2", 1)
        names = set_forward(spool, evicted=len(names) + 1)
        die_at(collect, call, calls[:place + 1].count(call))
    metrics(collect, spool)
    assert os.listdir(spool.tmp) == []
    told = [since for payload in spool.payloads("system_metrics")
            for since in [payload["data"]["agent"]["evicted_since"]] if since]
    at = 0
    for since in told:
        assert since["first"] == names[at], "what comes next, nothing twice, nothing missing"
        at += since["files"]
        assert since["last"] == names[at - 1]
    assert at == len(names) and 1 < len(told) < len(names)
