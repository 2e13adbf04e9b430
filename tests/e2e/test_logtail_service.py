"""The service: latency, correlation ids, back-pressure, signals, sd_notify, what it costs."""

import datetime
import json
import os
import signal
import time
import uuid

import pytest

import logs
from agent import BUILD
from spool import Spool
from waiting import eventually, never

SLACK_S = 2  # for a machine that is busy with other tests
SANITIZED = b"__asan_init" in (BUILD / "pg-logtail").read_bytes() \
    if (BUILD / "pg-logtail").exists() else False
MIB = 1 << 20


def test_an_entry_is_there_within_the_batch_interval_and_a_second(logtail, entries, log):
    logtail.set(collection__batch_interval_s=1)
    running = logtail.start("--from-start")
    log.write(1)
    entries.wait_for(1)
    took = []
    for _ in range(5):
        before = time.monotonic()
        log.write(1)
        entries.wait_for(log.last)
        took.append(time.monotonic() - before)
    assert sorted(took)[2] < 1 + 1 + 0.1 and max(took) < 1 + 1 + SLACK_S, took
    assert running.stop().status == 0


def test_a_batch_is_full_before_its_interval(logtail, entries, log):
    logtail.set(collection__batch_interval_s=60, collection__batch_max_entries=50)
    running = logtail.start("--from-start")
    before = time.monotonic()
    log.write(51)
    eventually(lambda: len(entries.look().numbers()) >= 50, "a full batch", within_s=20)
    assert time.monotonic() - before < 10
    assert running.stop().status == 0
    entries.expect(51)


def test_a_backlog_comes_in_large_payloads(logtail, spool, entries, log):
    """Small frames would lose half of the compression."""
    log.write(100000, "x" * 60)
    assert logtail.run("--once", "--from-start").status == 0
    entries.expect(100000)
    sizes = [len(spool.content(name)) for name in spool.waiting()]
    assert sum(sizes) / len(sizes) > 256 << 10


# Correlation ids.

def with_id(number, text, pid=5000):
    return ("%s UTC [%d] LOG:  entry %d /* bitville-%s */ by hand\n"
            % (logs.stamp(number), pid, number, text)).encode()


def test_an_entry_with_an_id_goes_at_once_in_a_payload_of_its_own(logtail, entries, log):
    logtail.set(collection__batch_interval_s=30)
    running = logtail.start("--from-start")
    log.write(3)
    ids = [str(uuid.uuid4()) for _ in range(2)]
    for number in range(4, 8):
        log.write_bytes(with_id(number, ids[number % 2]))
    log.write_bytes(logs.line(8))
    before = time.monotonic()
    eventually(lambda: len(entries.look().numbers()) >= 7, "the batch closes", within_s=20)
    assert time.monotonic() - before < 2 + SLACK_S
    found = {}
    for name in sorted(entries.payloads):
        payload = entries.payloads[name]
        found.setdefault(payload["correlation_id"], []).extend(
            int(e["message"].split()[1]) for e in payload["data"]["entries"])
    assert found[ids[0]] == [4, 6] and found[ids[1]] == [5, 7]
    assert found[""][:3] == [1, 2, 3]
    assert running.stop().status == 0
    assert sorted(entries.look().numbers()) == list(range(1, 9))


def test_an_id_in_upper_case_is_found_in_lower_case(logtail, entries, log):
    wanted = str(uuid.uuid4())
    log.write_bytes(with_id(1, wanted.upper()))
    assert logtail.run("--once", "--from-start").status == 0
    assert [p["correlation_id"] for p in entries.look().payloads.values()] == [wanted]


def test_beyond_50_ids_the_rest_stays_in_the_common_payload(logtail, entries, log):
    ids = [str(uuid.uuid4()) for _ in range(70)]
    log.write_bytes(b"".join(with_id(n + 1, ids[n]) for n in range(70)))
    assert logtail.run("--once", "--from-start").status == 0
    payloads = list(entries.look().payloads.values())
    assert sorted(entries.numbers()) == list(range(1, 71))
    split = [p for p in payloads if p["correlation_id"]]
    common = [p for p in payloads if not p["correlation_id"]]
    left = sum(p["data"].get("ids_not_split", 0) for p in common)
    assert len(split) + left == 70 and len(split) >= 50
    kept = {e["correlation_id"] for p in common for e in p["data"]["entries"]}
    assert kept == set(ids) - {p["correlation_id"] for p in split}


def test_the_time_of_a_payload_is_its_newest_entry_s(logtail, entries, log):
    log.write(5)
    assert logtail.run("--once", "--from-start").status == 0
    payload, = entries.look().payloads.values()
    newest = logs.START.replace(tzinfo=datetime.timezone.utc).timestamp() + 0.005
    assert abs(payload["timestamp"] - newest) < 1e-5


# Back-pressure.

def test_above_half_of_the_cap_it_stops_reading_below_40_percent_it_goes_on(
        logtail, spool, entries, log):
    logtail.set(buffer__max_size_mb=10)
    names = logs.fill(spool, 5 * MIB + 256 * 1024)
    running = logtail.start("--from-start")
    log.write(1000)
    running.says("spool", within_s=20)
    never(lambda: entries.look().numbers(), 3, "it reads although the spool is half full")
    kept = names[: 45 * MIB // 10 // (64 << 10)]
    logs.empty(spool, names[len(kept):])
    never(lambda: entries.look().numbers(), 3, "it reads again only below 40 %")
    logs.say_size(spool)
    logs.empty(spool, kept[3 * MIB // (64 << 10):])
    entries.wait_for(log.last)
    log.write(10)
    entries.wait_for(log.last)
    assert running.stop().status == 0


def test_back_pressure_stands_in_the_state(logtail, spool, entries, log, notify):
    logtail.set(buffer__max_size_mb=10)
    logs.fill(spool, 6 * MIB)
    log.write(10)
    running = logtail.start("--from-start", NOTIFY_SOCKET=notify.path)
    eventually(lambda: any("STATUS=" in line and "spool" in line for line in notify.lines()),
               "the status says why", within_s=20)
    assert running.stop().status == 0
    assert "spool" in (spool.state / "pg-logtail.json").read_text()


def test_a_reader_far_behind_loses_nothing_for_a_small_spool(logtail, spool, log):
    """20 MB of log through a spool of 1 MB, emptied meanwhile."""
    logtail.set(buffer__max_size_mb=1)
    log.write(40000, os.urandom(200).hex())
    running = logtail.start("--from-start")
    highest = 0
    with logs.Drain(spool, every_s=0.2) as drain:
        def all_there():
            nonlocal highest
            highest = max(highest, spool.blocks())
            logs.say_size(spool)
            return drain.error or len(drain.numbers()) >= log.last
        eventually(all_there, "all of it", every_s=0.1)
    drain.expect(log.last)
    assert highest < 2 * MIB
    assert running.stop().status == 0


def test_once_ends_with_1_where_the_spool_has_no_room(logtail, spool, entries, log):
    logtail.set(buffer__max_size_mb=10)
    names = logs.fill(spool, 6 * MIB)
    log.write(10)
    result = logtail.run("--once", "--from-start")
    assert result.status == 1 and "spool" in result.stderr
    logs.empty(spool, names)
    assert logtail.run("--once", "--from-start").status == 0
    entries.expect(10)


def test_a_full_disk_stops_it_and_it_goes_on_by_itself(logtails, small_disk, log):
    disk = small_disk("24m")
    spool = Spool(disk / "spool").make()
    ballast = disk / "ballast"
    ballast.write_bytes(os.urandom(18 * MIB))
    logtail = logtails(spool, log.directory).set(buffer__min_free_mb=8)
    entries = logs.Entries(spool)
    log.write(5000, "x" * 100)
    running = logtail.start("--from-start")
    running.says("min_free_mb|free", within_s=20)
    never(lambda: entries.look().numbers(), 2)
    ballast.unlink()
    entries.wait_for(log.last)
    assert running.stop().status == 0


def test_a_disk_without_a_single_byte_loses_nothing(logtails, small_disk, log):
    """min_free_mb = 0 and somebody else fills it."""
    disk = small_disk("8m")
    spool = Spool(disk / "spool").make()
    logtail = logtails(spool, log.directory)
    entries = logs.Entries(spool)
    running = logtail.start("--from-start")
    log.write(100)
    entries.wait_for(100)
    with open(disk / "ballast", "wb", buffering=0) as ballast:
        try:
            while True:
                ballast.write(b"x" * 4096)
        except OSError:
            pass
    log.write(3000, "x" * 100)
    running.says("No space left|free", within_s=20)
    assert running.runs
    (disk / "ballast").unlink()
    entries.wait_for(log.last)
    assert running.stop().status == 0
    assert os.listdir(spool.tmp) == []


# One at a time; what looks only.

def test_a_second_instance_ends_at_once_and_says_who_holds_it(logtail, notify):
    running = logtail.start(NOTIFY_SOCKET=notify.path)
    eventually(lambda: notify.has("READY=1"), "READY")
    for arguments in ((), ("--once",)):
        second = logtail.run(*arguments)
        assert second.status == 1 and str(running.pid) in second.stderr
    assert running.runs and running.stop().status == 0


def tree(path):
    return {str(p.relative_to(path)): (p.stat().st_mtime_ns, p.is_file() and p.read_bytes())
            for p in sorted(path.rglob("*"))}


def test_print_writes_neither_spool_nor_state(logtail, spool, entries, log):
    log.write(5)
    assert logtail.run("--once", "--from-start").status == 0
    log.write(5)
    before = tree(spool.path)
    result = logtail.run("--print", "--once")
    assert result.status == 0 and tree(spool.path) == before
    payloads = [json.loads(line) for line in result.stdout.splitlines()]
    messages = [e["message"] for p in payloads for e in p["data"]["entries"]]
    assert [m.split()[1] for m in messages] == ["6", "7", "8", "9", "10"], "reads the state"
    assert logtail.run("--once").status == 0
    entries.expect(10)


def test_print_works_beside_the_service(logtail, entries, log):
    running = logtail.start("--from-start")
    log.write(5)
    entries.wait_for(5)
    result = logtail.run("--print", str(log.path))
    assert result.status == 0 and running.runs
    messages = [e["message"] for line in result.stdout.splitlines()
                for e in json.loads(line)["data"]["entries"]]
    assert len(messages) == 5
    assert running.stop().status == 0


# Signals and sd_notify.

@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_request_to_stop_sends_what_was_read(logtail, spool, entries, log, number):
    logtail.set(collection__batch_interval_s=3600)
    running = logtail.start("--from-start")
    log.write(5)
    time.sleep(1.5)
    running.send(number)
    assert running.wait(10).status == 0
    assert logtail.run("--once").status == 0
    entries.expect(5)
    assert os.listdir(spool.tmp) == []


def test_notify_says_ready_status_watchdog_and_stopping(logtail, entries, log, notify):
    running = logtail.start("--from-start", NOTIFY_SOCKET=notify.path, WATCHDOG_USEC="400000")
    eventually(lambda: notify.has("READY=1"), "READY")
    log.write(5)
    entries.wait_for(5)
    eventually(lambda: notify.has("STATUS="), "STATUS", within_s=30)
    before = notify.count("WATCHDOG=1")
    eventually(lambda: notify.count("WATCHDOG=1") >= before + 5, "it is fed", within_s=30)
    assert running.stop().status == 0
    eventually(lambda: notify.has("STOPPING=1"), "STOPPING")
    lines = notify.lines()
    assert lines.index("READY=1") < lines.index("STOPPING=1")


def test_the_watchdog_is_fed_during_a_long_backlog(logtail, spool, entries, log, notify):
    """How often, not after how many seconds: that would tell of the machine."""
    log.write(60000, "x" * 500)
    running = logtail.start("--from-start", NOTIFY_SOCKET=notify.path, WATCHDOG_USEC="2000")
    eventually(lambda: notify.has("STATUS=reading, %d entries" % log.last), "all of it")
    assert running.stop().status == 0
    entries.expect(log.last)
    times = [(spool.new / (name + ".json.zst")).stat().st_mtime for name in spool.waiting()]
    fed = notify.count_within("WATCHDOG=1", min(times), max(times))
    assert fed >= 15, "%d times in %.2f s" % (fed, max(times) - min(times))


def test_a_wrong_start_never_says_ready(logtail, notify):
    running = logtail.set(buffer__max_size_mb=0).start(NOTIFY_SOCKET=notify.path)
    assert running.wait().status == 78 and not notify.has("READY=1")


def test_a_broken_configuration_on_sighup_keeps_the_old(logtail, entries, log, notify):
    running = logtail.start("--from-start", NOTIFY_SOCKET=notify.path)
    eventually(lambda: notify.count("READY=1") == 1, "READY")
    logtail.write_config("[collection]\nlog_path = /nowhere\nlog_pth = 1\n")
    running.hangup()
    eventually(lambda: notify.count("READY=1") == 2, "READY after the reload")
    assert running.lines("line 3") and running.lines("log_pth")
    log.write(5)
    entries.wait_for(5)
    assert running.stop().status == 0


@pytest.mark.parametrize("change, word", [
    ({"buffer.path": "/nowhere/else"}, "buffer.path"),
    ({"collection.log_timezone": "Mars/Olympus"}, "log_timezone|Mars"),
    ({"collection.log_format": "syslog"}, "log_format"),
])
def test_what_a_start_would_refuse_a_reload_refuses(
        logtail, entries, log, notify, change, word):
    running = logtail.start("--from-start", NOTIFY_SOCKET=notify.path)
    eventually(lambda: notify.count("READY=1") == 1, "READY")
    logtail.settings.update(change)
    logtail.save()
    running.hangup()
    eventually(lambda: notify.count("READY=1") == 2, "READY after the reload")
    assert running.lines(word), running.stderr
    log.write(5)
    entries.wait_for(5)
    assert running.stop().status == 0


def test_a_good_reload_reads_another_directory(logtail, entries, log, tmp_path, notify):
    running = logtail.start("--from-start", NOTIFY_SOCKET=notify.path)
    eventually(lambda: notify.count("READY=1") == 1, "READY")
    log.write(5)
    entries.wait_for(5)
    other = tmp_path / "other"
    other.mkdir()
    logtail.set(collection__log_path=other, collection__redact="literals").save()
    running.hangup()
    eventually(lambda: notify.count("READY=1") == 2, "READY after the reload")
    log.close()
    log.directory = other
    log.open("postgresql.log")
    log.write(5)
    entries.wait_for(10)
    assert running.stop().status == 0


# What it costs.

def ticks(pid):
    fields = open("/proc/%d/stat" % pid).read().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def test_an_idle_service_uses_next_to_no_processor(logtail, entries, log):
    running = logtail.start("--from-start")
    log.write(10)
    entries.wait_for(10)
    time.sleep(2)
    before = ticks(running.pid)
    time.sleep(10)
    used_s = (ticks(running.pid) - before) / os.sysconf("SC_CLK_TCK")
    assert used_s <= (0.5 if SANITIZED else 0.05), "%.3f s of 10" % used_s
    assert running.stop().status == 0


def test_many_old_files_cost_nothing_while_idle(logtail, entries, log):
    for number in range(300):
        log.open("postgresql-%03d.log" % number)
        log.write(2)
    running = logtail.start("--from-start")
    entries.wait_for(log.last)
    time.sleep(2)
    before = ticks(running.pid)
    time.sleep(5)
    used_s = (ticks(running.pid) - before) / os.sysconf("SC_CLK_TCK")
    assert used_s <= (0.5 if SANITIZED else 0.1), "%.3f s of 5" % used_s
    assert len(os.listdir("/proc/%d/fd" % running.pid)) < 100
    assert running.stop().status == 0


def test_more_files_than_descriptors(logtail, entries, log):
    """systemd's soft limit is 1024; here fewer, for time's sake."""
    for number in range(150):
        log.open("postgresql-%03d.log" % number)
        log.write(2)
    running = logtail.start("--from-start", wrapper=["prlimit", "--nofile=100:4096"])
    entries.wait_for(log.last)
    log.open("postgresql-new.log")
    log.write(2)
    entries.wait_for(log.last)
    assert not running.lines("too many open files"), running.stderr
    assert running.stop().status == 0


@pytest.mark.skipif(SANITIZED, reason="sanitizers take memory of their own")
def test_peak_memory_stays_under_16_mb_whatever_the_file_s_size(logtail, spool, log):
    log.write(200000, "x" * 210)
    assert log.path.stat().st_size > 50 * 10**6
    running = logtail.start("--from-start")
    drain = logs.Drain(spool)
    eventually(lambda: sum(p["data"]["count"] for p in drain.look().payloads.values())
               >= log.last, "all of it")
    status = open("/proc/%d/status" % running.pid).read()
    peak_kib = int(status.split("VmHWM:")[1].split()[0])
    assert peak_kib < 16 << 10, peak_kib
    assert running.stop().status == 0


# Secrets.

SECRET = "m4rk3r-0f-a-p4ssw0rd"
LEAKS = [
    "LOG:  statement: ALTER ROLE app PASSWORD '%s'",
    "LOG:  duration: 0.1 ms  statement: CREATE ROLE x LOGIN ENCRYPTED PASSWORD '%s' VALID UNTIL 'infinity'",
    "ERROR:  syntax error at or near \"x\"\n{p}STATEMENT:  CREATE USER a\n\tWITH PASSWORD $$%s$$ x",
    "ERROR:  could not connect\n{p}DETAIL:  connection string: host=db password=%s dbname=x",
    "LOG:  execute <unnamed>: SELECT dblink('postgres://app:%s@db/x')",
    "ERROR:  x\n{p}CONTEXT:  SQL statement \"ALTER USER app PASSWORD '%s'\"\n"
    "\tPL/pgSQL function f() line 3 at EXECUTE",
    "ERROR:  x\n{p}QUERY:  ALTER USER app PASSWORD '%s'",
    "LOG:  statement: CREATE SUBSCRIPTION s CONNECTION 'host=a password=%s' PUBLICATION p",
    "LOG:  statement: CREATE USER MAPPING FOR u SERVER s OPTIONS (user 'a', password '%s')",
    "ERROR:  x\n{p}HINT:  try PASSWORD '%s'",
]


@pytest.mark.parametrize("mode", ["none", "literals", "statements"])
def test_a_password_never_comes_out(logtail, spool, entries, log, mode):
    prefix = "2026-01-02 03:04:05.678 UTC [4711] "
    for text in LEAKS:
        log.write_bytes((prefix + text.replace("{p}", prefix) % SECRET + "\n").encode())
        log.write(1)
    log.write_bytes(("password=%s without a prefix\n" % SECRET).encode())
    log.write_bytes(("%s UTC [4712] LOG:  statement: ALTER ROLE b PASSWORD '%s"
                     % (logs.stamp(1), SECRET)).encode())  # no end
    result = logtail.set(collection__redact=mode).run("--once", "--from-start", "--verbose")
    assert result.status == 0
    assert SECRET not in result.output
    for name in spool.waiting():
        assert SECRET.encode() not in spool.content(name), spool.content(name).decode()
    assert SECRET not in (spool.state / "pg-logtail.json").read_text()
    entries.look()
    assert len(entries.all()) == 2 * len(LEAKS) + 2
    assert set(entries.numbers()) == set(range(1, log.last + 1))


def test_an_open_entry_in_the_state_shows_no_password(logtail, spool, log):
    """What waits for its STATEMENT is saved with the position."""
    running = logtail.start("--from-start")
    log.write(1)
    log.write_bytes(("%s UTC [4712] LOG:  statement: ALTER ROLE b PASSWORD '%s'\n"
                     % (logs.stamp(1), SECRET)).encode())
    time.sleep(0.3)
    assert running.stop().status == 0
    for path in spool.state.iterdir():
        assert SECRET.encode() not in path.read_bytes(), path


@pytest.mark.parametrize("mode, kept", [("none", True), ("literals", False),
                                        ("statements", False)])
def test_redaction_of_values(logtail, entries, log, mode, kept):
    prefix = "2026-01-02 03:04:05.678 UTC [4711] "
    value = "v4lu3"
    log.write_bytes((
        prefix + "LOG:  duration: 1.5 ms  execute <unnamed>: SELECT 1 FROM t WHERE a = '%s'\n"
        + prefix + "DETAIL:  parameters: $1 = '%s'\n"
        + prefix + "ERROR:  duplicate key value violates unique constraint \"k\"\n"
        + prefix + "DETAIL:  Key (a)=(%s) already exists.\n"
        + prefix + "STATEMENT:  INSERT INTO t VALUES ('%s')\n").replace("%s", value).encode())
    assert logtail.set(collection__redact=mode).run("--once", "--from-start").status == 0
    texts = str(entries.look().all())
    assert len(entries.all()) == 2 and (value in texts) == kept
