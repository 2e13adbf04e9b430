"""What fails costs only itself: no database, no answer, no room, no time, no turn."""

import contextlib
import fcntl
import os
import signal

import pytest

import spool as spool_module
import zstd
from postgres import PLAIN, PLAIN_PASSWORD
from waiting import eventually


def fill(path):
    with open(path, "wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x" * 4096)


@pytest.mark.parametrize("change, word", [
    ({"database.port": 1}, "Connection refused"),
    ({"database.password": "wrong"}, "password"),
    ({"database.user": "nobody_here"}, "nobody_here"),
    ({"database.name": "no_such_database"}, "no_such_database"),
    ({"database.host": "/nowhere"}, "/nowhere"),
    ({"database.host": "no-such-host.invalid"}, "no-such-host.invalid"),
])
def test_without_the_database_the_machines_metrics_still_go_out(
        collect, spool, change, word):
    collect.settings.update(change)
    result = collect.run()
    assert result.status == 1
    assert word in result.stderr and "mend" in result.stderr
    payloads = [spool.check(name) for name in spool.waiting()]
    assert {p["source"] for p in payloads} == {"system_metrics", "pg_locks"}
    (locks,) = [p for p in payloads if p["source"] == "pg_locks"]
    assert locks["data"]["has_blocking"] is None and locks["data"]["error"]
    assert len(result.stderr.splitlines()) == 1, result.stderr


def test_a_server_that_says_nothing_meets_the_hard_deadline(collect, spool, silent_server):
    collect.set(database__port=silent_server.port, collection__interval_s=2,
                database__connection_timeout_s=300)
    running = collect.start()
    eventually(silent_server.took_a_connection, "it connects")
    assert len(spool.waiting()) == 1, "committed before the database was asked"
    result = running.wait(30)
    assert result.status == 1 and result.stderr
    assert spool.payloads("system_metrics")
    assert os.listdir(spool.tmp) == []


def test_the_connection_has_a_timeout_of_its_own(collect, spool, silent_server):
    collect.set(database__port=silent_server.port, collection__interval_s=300,
                database__connection_timeout_s=1)
    assert collect.run(timeout=30).status == 1
    assert spool.payloads("system_metrics")


def test_a_stopped_server_meets_the_deadline_too(collect, spool, postgres):
    collect.set(collection__interval_s=2, database__connection_timeout_s=300)
    os.kill(postgres.process.pid, signal.SIGSTOP)
    try:
        result = collect.run(timeout=30)
    finally:
        os.kill(postgres.process.pid, signal.SIGCONT)
    assert result.status == 1
    assert spool.payloads("system_metrics")
    for path in spool.new.iterdir():
        path.unlink()
    assert collect.set(collection__interval_s=60).run().status == 0


def test_a_backend_that_stops_in_the_middle_meets_the_deadline(
        collect, spool, postgres, sessions):
    """Everything that waits there is ended by the client: server timeouts can't fire."""
    sessions.idle_in_transaction(2)
    collect.set(collection__interval_s=3, database__connection_timeout_s=300)
    stopped = None
    with postgres.session() as look:
        for _ in range(50):
            running = collect.start()
            pids = []
            while running.runs and not pids:
                pids = look.execute("SELECT pid FROM pg_stat_activity WHERE "
                                    "application_name = 'bitville-monitor'")
            if pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pids[0][0], signal.SIGSTOP)
                    stopped = pids[0][0]
            try:
                result = running.wait(30)
            finally:
                if stopped:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(stopped, signal.SIGCONT)
            if result.status == 1:
                break
        assert result.status == 1, "never caught it at work"
        assert spool.payloads("system_metrics") and result.stderr
        eventually(lambda: look.value(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = "
            "'bitville-monitor'") == 0, "its session ends")


def test_a_second_run_exits_at_once_and_says_who_is_at_work(collect, spool, silent_server):
    collect.set(database__port=silent_server.port, collection__interval_s=300,
                database__connection_timeout_s=300)
    first = collect.start()
    eventually(silent_server.took_a_connection, "the first is at work")
    second = collect.run(timeout=20)
    assert second.status == 1 and str(first.pid) in second.stderr
    assert len(spool.waiting()) == 1, "the second wrote something"
    assert first.runs
    first.kill()
    collect.set(database__port=1)
    assert "at work" not in collect.run().stderr


def test_print_takes_no_lock(collect, spool, silent_server, postgres):
    port = collect.settings["database.port"]
    collect.set(database__port=silent_server.port, collection__interval_s=300,
                database__connection_timeout_s=300)
    first = collect.start()
    eventually(silent_server.took_a_connection, "the first is at work")
    collect.set(database__port=port)
    assert collect.run("--print").status == 0
    assert collect.run("--test").status == 0
    assert first.runs
    first.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_soon_and_keeps_what_it_has(collect, spool, silent_server, number):
    collect.set(database__port=silent_server.port, collection__interval_s=300,
                database__connection_timeout_s=300)
    running = collect.start()
    eventually(silent_server.took_a_connection, "it is at work")
    running.send(number)
    assert running.wait(12).status == 1
    assert spool.payloads("system_metrics") and os.listdir(spool.tmp) == []


def test_a_64_kb_file_system_is_reported_leaves_no_debris_and_works_again(
        collect, small_disk, sessions):
    disk = small_disk("64k")
    spool = spool_module.Spool(disk / "spool").make()
    for session in sessions.idle_in_transaction(8):
        session.execute("SELECT '%s'" % os.urandom(900).hex())
    collect.set(collection__sources="system_metrics, pg_stat_activity, pg_locks")
    collect.set(buffer__path=spool.path)
    results = []
    for _ in range(20):
        results.append(collect.run())
        for name in spool.waiting():
            spool.check(name)
        assert os.listdir(spool.tmp) == []
        if results[-1].status != 0:
            break
    assert results[-1].status == 1
    assert "No space left" in results[-1].stderr
    again = collect.run()
    assert again.status == 1 and os.listdir(spool.tmp) == []
    for path in spool.new.iterdir():
        path.unlink()
    healed = collect.run()
    assert healed.status == 0, healed.stderr
    assert {p["source"] for p in spool.payloads()} >= {"system_metrics", "pg_stat_activity"}


def test_a_disk_without_any_room_is_reported_and_leaves_no_debris(collect, small_disk):
    disk = small_disk("64k")
    spool = spool_module.Spool(disk / "spool").make()
    fill(disk / "filler")
    collect.set(buffer__path=spool.path)
    for _ in range(3):
        result = collect.run()
        assert result.status == 1 and "No space left" in result.stderr
        assert os.listdir(spool.tmp) == [] and spool.waiting() == []
    (disk / "filler").unlink()
    assert collect.run().status == 0
    assert spool.payloads("system_metrics")


def test_a_read_only_spool_is_reported(collect, small_disk):
    import subprocess
    disk = small_disk("1m")
    spool = spool_module.Spool(disk / "spool").make()
    collect.set(buffer__path=spool.path)
    assert collect.run().status == 0
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    result = collect.run()
    assert result.status == 1 and "Read-only file system" in result.stderr


def test_writers_stop_at_twice_the_cap(collect, spool):
    frame = zstd.compress(b'{"x":"%s"}\n' % os.urandom(200000).hex().encode())
    for _ in range(11):
        spool.write_frame(frame)
    before = spool.waiting()
    result = collect.set(buffer__max_size_mb=1).run()
    assert result.status == 1 and "pg-forward" in result.stderr
    assert spool.waiting() == before and os.listdir(spool.tmp) == []
    assert collect.set(buffer__max_size_mb=2).run().status == 0


def test_min_free_mb_is_left_to_others_but_for_the_first_4_mib(collect, spool):
    collect.set(buffer__min_free_mb=16777216)
    assert collect.run().status == 0, "a filling disk must be seen"
    frame = zstd.compress(b'{"x":"%s"}\n' % os.urandom(200000).hex().encode())
    for _ in range(21):
        spool.write_frame(frame)
    before = spool.waiting()
    # The spool's size is counted anew at most once a minute: a new state knows nothing yet.
    for path in spool.state.iterdir():
        path.unlink()
    result = collect.run()
    assert result.status == 1 and "min_free_mb" in result.stderr
    assert spool.waiting() == before


def test_debris_of_a_dead_writer_is_removed_and_only_that(collect, spool):
    own = spool.tmp / spool.next_name("pg_locks")
    locked = spool.tmp / spool.next_name("system_metrics")
    others = spool.tmp / spool.next_name("pg_log")
    foreign = spool.tmp / "notes.txt"
    for path in (own, locked, others, foreign):
        path.write_bytes(b"half of")
    with open(locked, "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert collect.run().status == 0
        assert not own.exists()
        assert locked.exists() and others.exists() and foreign.exists()


def test_a_role_without_rights_is_told_the_grant_once(collect, spool):
    collect.set(database__user=PLAIN, database__password=PLAIN_PASSWORD)
    result = collect.run()
    assert result.status == 1
    assert "GRANT pg_read_all_stats TO %s" % PLAIN in result.stderr
    (locks,) = spool.payloads("pg_locks")
    assert locks["data"]["has_blocking"] is None and "pg_read_all_stats" in locks["data"]["error"]


def test_a_locked_catalog_costs_what_needs_it_and_ends_in_time(collect, spool, sessions):
    holder = sessions.add("e2e holder")
    holder.execute("BEGIN")
    holder.execute("LOCK TABLE pg_catalog.pg_authid IN ACCESS EXCLUSIVE MODE")
    collect.set(collection__interval_s=4, database__connection_timeout_s=2)
    result = collect.run(timeout=30)
    holder.execute("ROLLBACK")
    assert result.status == 1 and spool.payloads("system_metrics")
