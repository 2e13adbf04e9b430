"""system_metrics: psutil's meanings, measured against psutil itself."""

import json
import os

import pytest

psutil = pytest.importorskip("psutil")


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


def test_counts_and_totals_are_psutils(collect, spool):
    data = metrics(collect, spool)
    assert data["cpu"]["count_logical"] == psutil.cpu_count()
    assert data["cpu"]["count_physical"] == psutil.cpu_count(logical=False)
    assert data["memory"]["total"] == psutil.virtual_memory().total
    assert data["swap"]["total"] == psutil.swap_memory().total
    for path, usage in data["disk_usage"].items():
        mine = psutil.disk_usage(path)
        assert usage["total"] == mine.total
        assert abs(usage["percent"] - mine.percent) <= 1


def test_memory_and_swap_add_up(collect, spool):
    data = metrics(collect, spool)
    memory, swap = data["memory"], data["swap"]
    assert memory["used"] == memory["total"] - memory["available"]
    assert one_decimal(memory["percent"]) and one_decimal(swap["percent"])
    assert memory["percent"] == pytest.approx(100 * memory["used"] / memory["total"], abs=0.06)
    assert swap["used"] == swap["total"] - swap["free"]
    mine = psutil.virtual_memory()
    slack = max(mine.total // 50, 64 << 20)
    for name in ("available", "buffers", "cached"):
        assert abs(memory[name] - getattr(mine, name)) < slack, name


def whole_disks():
    """Those that no other device sits below, as /sys tells."""
    names = set()
    for name in os.listdir("/sys/block"):
        slaves = "/sys/block/%s/slaves" % name
        stacked = os.path.isdir(slaves) and os.listdir(slaves)
        if not stacked and not name.startswith(("loop", "ram", "zram", "dm-", "md")):
            names.add(name.replace("!", "/"))
    return names


def disk_sums():
    disks = psutil.disk_io_counters(perdisk=True, nowrap=False)
    mine = [counters for name, counters in disks.items() if name in whole_disks()]
    return {to: sum(getattr(counters, name) for counters in mine) for to, name in (
        ("read_count", "read_count"), ("write_count", "write_count"),
        ("read_bytes", "read_bytes"), ("write_bytes", "write_bytes"),
        ("read_time_ms", "read_time"), ("write_time_ms", "write_time"))}


def network_sums():
    return psutil.net_io_counters(nowrap=False)._asdict()


def test_counters_lie_between_two_looks_of_psutil(collect, spool):
    disks_before, network_before = disk_sums(), network_sums()
    data = metrics(collect, spool)
    disks_after, network_after = disk_sums(), network_sums()
    for name, value in data["disk_io"].items():
        assert disks_before[name] <= value <= disks_after[name], name
    for name, value in data["network_io"].items():
        assert network_before[name] <= value <= network_after[name], name


def test_load_averages_are_the_kernels(collect, spool):
    data = metrics(collect, spool)
    for name, mine in zip(("load_avg_1m", "load_avg_5m", "load_avg_15m"), os.getloadavg()):
        assert abs(data["cpu"][name] - mine) <= 1.0


def test_cpu_percent_is_null_first_and_measured_between_runs(collect, spool):
    assert metrics(collect, spool)["cpu"]["percent"] is None
    busy = 0
    before = psutil.cpu_times_percent(interval=None)
    for n in range(3000000):
        busy += n
    percent = metrics(collect, spool)["cpu"]["percent"]
    assert before is not None and busy and one_decimal(percent)
    assert percent >= 100 / psutil.cpu_count() / 4, "one processor was busy all the time"


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
    import time
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
