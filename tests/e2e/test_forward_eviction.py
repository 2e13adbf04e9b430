"""The spool's cap, a tenth of it for rejected/, and full disks."""

import os

import pytest

import spool as spool_module
import zstd
from agent import count_from_environment
from listener import Answer, always
from waiting import eventually

FILES = count_from_environment("E2E_FILES", 100000)
MIB = 1 << 20


def test_100000_small_files_shrink_under_the_cap_oldest_first(
        forwards, listener, quick_spool):
    spool = quick_spool
    frame = zstd.compress(b'{"x":1}\n')
    names = [spool.write_frame(frame, "pg_locks") for _ in range(FILES)]
    before = spool.blocks()
    cap = 64 * MIB if before > 2 * 64 * MIB else before // MIB // 2 * MIB
    assert before > cap
    listener.rule = always(Answer(503))
    forward = forwards(spool, listener).set(
        buffer__max_size_mb=cap // MIB, breaker__fail_max=1, breaker__timeout_s=3600,
        listener__max_in_flight=1)
    running = forward.start()
    eventually(lambda: spool.blocks() <= cap * 0.81, "it is under the cap", within_s=200,
               every_s=0.5)
    assert running.stop().status == 0
    assert cap * 0.78 <= spool.blocks() <= cap * 0.81
    left = spool.waiting()
    assert set(left) - set(names[-len(left):]) <= {names[0]}, "all but one in flight"
    evicted = spool.read_state("pg-forward")["evicted"]
    assert evicted["files"] == FILES - len(left)
    assert evicted["bytes"] == before - spool.blocks()
    assert evicted["first"].startswith(names[0]) or evicted["first"].startswith(names[1])
    assert evicted["last"] < left[-1] + ".json.zst"
    check_parts(evicted)
    assert running.lines("evict"), running.stderr
    assert len(running.stderr.splitlines()) < 1000


def check_parts(evicted):
    """They are few, and nothing is missing between them."""
    parts = evicted["parts"]
    assert 0 < len(parts) <= 64 and parts[0]["begins"] is True
    for what in ("files", "bytes"):
        assert sum(part[what] for part in parts) == evicted[what]
    assert (parts[0]["first"], parts[-1]["last"]) == (evicted["first"], evicted["last"])
    for earlier, later in zip(parts, parts[1:]):
        assert earlier["first"] <= earlier["last"] < later["first"]


def test_eviction_goes_on_while_new_files_come(forward, spool, listener):
    listener.rule = always(Answer(503))
    forward.set(buffer__max_size_mb=1, breaker__fail_max=1, breaker__timeout_s=3600)
    running = forward.start()
    text = os.urandom(20000).hex()
    for _ in range(2):
        spool.write_many(50, data={"text": text})
        eventually(lambda: spool.blocks() <= MIB, "under the cap again", within_s=90)
    assert running.stop().status == 0
    assert spool.waiting()[-1].endswith("000100")
    counted = spool.read_state("pg-forward")["evicted"]["files"]
    assert counted == 100 - len(spool.waiting())


def test_counters_of_evictions_survive_a_restart(forward, spool, listener):
    listener.rule = always(Answer(503))
    forward.set(buffer__max_size_mb=1, breaker__fail_max=1, breaker__timeout_s=3600)
    total, since = 0, set()
    for _ in range(2):
        total += len(spool.write_many(70, data={"text": os.urandom(20000).hex()}))
        assert spool.blocks() > MIB
        running = forward.start()
        eventually(lambda: spool.blocks() <= MIB, "under the cap", within_s=90)
        assert running.stop().status == 0
        state = spool.read_state("pg-forward")
        assert state["evicted"]["files"] == total - len(spool.waiting())
        check_parts(state["evicted"])
        since.add(state["counting_since"])
    assert len([part for part in state["evicted"]["parts"] if part["begins"]]) == 2
    assert len(since) == 1, "the count did not begin anew"


def test_rejected_payloads_have_at_most_a_tenth_of_the_cap(forward, spool, listener):
    listener.rule = always(Answer(422))
    names = [spool.write("s%d" % (n // 15), data={"text": os.urandom(3000).hex()})
             for n in range(120)]
    forward.set(buffer__max_size_mb=2)
    running = forward.start()
    eventually(lambda: spool.waiting() == [], "all were refused")
    eventually(lambda: spool.blocks(spool.rejected) <= 2 * MIB / 10, "a tenth", within_s=90)
    assert running.stop().status == 0
    left = spool.refused()
    assert left and left == names[-len(left):], "the oldest went first"
    reasons = [p.name for p in spool.rejected.iterdir() if p.name.endswith(".reason")]
    assert sorted(reasons) == [name + ".json.zst.reason" for name in left]


def test_tmp_and_foreign_files_are_never_evicted(forward, spool, listener):
    listener.rule = always(Answer(503))
    foreign = spool.new / "a-large-foreign-file"
    foreign.write_bytes(b"x" * 3 * MIB)
    in_tmp = spool.tmp / spool.next_name()
    in_tmp.write_bytes(b"x" * (MIB // 2))
    spool.write_many(40, data={"text": os.urandom(20000).hex()})
    forward.set(buffer__max_size_mb=1, breaker__fail_max=1, breaker__timeout_s=3600)
    running = forward.start()
    eventually(lambda: spool.blocks() - 3 * MIB <= MIB, "under the cap", within_s=90)
    assert running.stop().status == 0
    assert foreign.stat().st_size == 3 * MIB and in_tmp.exists()
    assert spool.waiting(), "the foreign file's size was not counted"


def test_a_file_in_flight_is_not_evicted(forward, spool, listener):
    name = spool.write(data={"text": os.urandom(20000).hex()})
    listener.rule = always(Answer(hang=True))
    forward.set(buffer__max_size_mb=1, listener__timeout_s=300, listener__max_in_flight=1)
    running = forward.start()
    eventually(lambda: listener.requests, "it is in flight")
    spool.write_many(60, data={"text": os.urandom(20000).hex()})
    eventually(lambda: spool.blocks() <= MIB, "under the cap", within_s=90)
    assert name in spool.waiting()
    running.kill()


def test_a_full_disk_does_not_stop_sending(forwards, listener, small_disk):
    disk = small_disk("256k")
    spool = spool_module.Spool(disk / "spool").make()
    names = spool.write_many(5)
    filler = disk / "filler"
    with open(filler, "wb", buffering=0) as file:
        with pytest.raises(OSError):
            while True:
                file.write(b"x" * 4096)
    forward = forwards(spool, listener)
    result = forward.run("--once")
    assert sorted(listener.names()) == names, result.stderr
    assert spool.waiting() == []


def test_a_full_disk_does_not_stop_eviction(forwards, listener, small_disk):
    disk = small_disk("1280k")
    spool = spool_module.Spool(disk / "spool").make()
    frame = zstd.compress(b'{"x":"%s"}\n' % os.urandom(6000).hex().encode())
    with pytest.raises(OSError):
        while True:
            spool.write_frame(frame)
    for debris in spool.tmp.iterdir():
        debris.unlink()
    with open(disk / "filler", "wb", buffering=0) as file, pytest.raises(OSError):
        while True:
            file.write(b"x" * 4096)
    listener.rule = always(Answer(503))
    forward = forwards(spool, listener).set(
        buffer__max_size_mb=1, breaker__fail_max=1, breaker__timeout_s=3600)
    running = forward.start()
    eventually(lambda: spool.blocks() <= MIB, "under the cap", within_s=90)
    assert running.stop().status == 0
    assert spool.waiting() and running.lines("evict")


def test_a_refused_payload_on_a_full_disk_is_neither_lost_nor_sent_again_and_again(
        forwards, listener, small_disk):
    disk = small_disk("256k")
    spool = spool_module.Spool(disk / "spool").make()
    name = spool.write()
    with open(disk / "filler", "wb", buffering=0) as file, pytest.raises(OSError):
        while True:
            file.write(b"x" * 4096)
    listener.rule = always(Answer(422))
    assert forwards(spool, listener).run("--once").status == 1
    assert spool.waiting() + spool.refused() == [name]
    assert len(listener.requests) == 1
