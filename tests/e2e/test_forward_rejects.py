"""What is refused, what is broken, what is foreign; and how rejected payloads come back."""

import os
import signal

import pytest

import zstd
from listener import Answer, always, by_source
from waiting import eventually, never

LINE = b'{"correlation_id":"","project":"p","timestamp":1.5,"source":"pg_log","data":{}}\n'
FRAME = zstd.compress(LINE)
LARGE = zstd.compress(os.urandom(3000).hex().encode())

BROKEN = {
    "empty": b"",
    "one byte": b"\x28",
    "magic alone": b"\x28\xb5\x2f\xfd",
    "garbage": bytes(range(256)) * 8,
    "plain json": LINE,
    "cut": FRAME[:-1],
    "cut in the middle": LARGE[: len(LARGE) // 2],
    "two frames": FRAME + FRAME,
    "garbage behind": FRAME + b"x",
    "wrong checksum": FRAME[:-1] + bytes([FRAME[-1] ^ 1]),
    "a damaged block": LARGE[:200] + bytes([LARGE[200] ^ 0x55]) + LARGE[201:],
    "a skippable frame": b"\x50\x2a\x4d\x18\x04\x00\x00\x00abcd",
    "over 16 MiB": zstd.compress(b'{"x":"' + b"x" * (16 << 20) + b'"}'),
    "nothing inside": zstd.compress(b""),
}
NOT_JSON = {
    "text": zstd.compress(b"hello\n"),
    "an array": zstd.compress(b"[1,2]\n"),
    "a string": zstd.compress(b'"x"\n'),
    "half an object": zstd.compress(LINE[:-4]),
    "two objects": zstd.compress(LINE + LINE),
    "invalid UTF-8": zstd.compress(b'{"x":"\xff\xfe"}\n'),
    "NaN": zstd.compress(b'{"x":NaN}\n'),
    "deep nesting": zstd.compress(b'{"x":' + b"[" * 100000 + b"]" * 100000 + b"}"),
}


def check_rejected(spool, broken):
    for what, name in broken.items():
        assert name in spool.refused(), what
        reason = spool.reason(name)
        assert reason.count("\n") == 1 and reason.endswith("\n") and len(reason) > 10, what


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
def test_broken_frames_are_rejected_never_sent_and_block_nothing(
        forward, spool, listener, compression):
    broken, good = {}, []
    bad = dict(BROKEN) if compression == "zstd" else {**BROKEN, **NOT_JSON}
    if compression == "zstd":
        # The frame alone is checked: what is inside is the listener's to judge.
        for what in ("wrong checksum", "a damaged block", "nothing inside"):
            del bad[what]
    for what, frame in bad.items():
        broken[what] = spool.write_frame(frame, "pg_log")
        good.append(spool.write("pg_locks"))
    assert forward.set(listener__compression=compression).run("--once").status == 1
    assert sorted(listener.names()) == good
    check_rejected(spool, broken)
    assert spool.waiting() == []


def test_frames_without_size_or_checksum_are_sent(forward, spool, listener):
    names = [spool.write_frame(zstd.compress(LINE, checksum=False)),
             spool.write_frame(zstd.compress(LINE, content_size=False)),
             spool.write_frame(zstd.compress(LINE, level=19))]
    assert forward.run("--once").status == 0
    assert sorted(listener.names()) == names
    assert {request.body for request in listener.requests} == {LINE}


def test_a_window_over_8_mib_is_not_passed_through(forward, spool, listener):
    """RFC 9659: a receiver need not take more."""
    content = b'{"x":"' + b"ab" * (5 << 20) + b'"}\n'
    spool.write_frame(zstd.compress(content, content_size=False, window_log=25))
    result = forward.set(listener__compression="zstd").run("--once")
    assert all(len(r.body) != 0 and r.content == content for r in listener.requests)
    assert result.status == 1 and len(spool.refused()) == 1 and not listener.requests


def test_20_refusals_of_one_source_hold_it_while_the_others_flow(forward, spool, listener):
    held = spool.write_many(30, "pg_locks")
    others = spool.write_many(10, "system_metrics")
    listener.rule = by_source({"pg_locks": Answer(422)})
    forward.set(breaker__timeout_s=3600, listener__max_in_flight=1)
    result = forward.run("--once")
    assert result.status == 1
    assert spool.refused() == held[:20]
    assert spool.waiting() == held[20:]
    assert listener.names() == others
    assert "pg_locks" in result.stderr


def test_a_restart_keeps_the_hold(forward, spool, listener):
    held = spool.write_many(40, "pg_locks")
    listener.rule = by_source({"pg_locks": Answer(422)})
    forward.set(breaker__timeout_s=3600, listener__max_in_flight=1)
    assert forward.run("--once").status == 1
    assert len(spool.waiting()) == 20
    for _ in range(3):
        spool.write("system_metrics")
        assert forward.run("--once").status == 1
    assert len(spool.waiting()) >= 17, "at most one try a run"
    assert set(spool.waiting()) <= set(held)
    running = forward.start()
    fresh = spool.write("system_metrics")
    eventually(lambda: fresh in listener.names(), "another source flows")
    running.send(signal.SIGKILL)
    running.wait()
    assert len(spool.waiting()) >= 16


def test_a_held_source_is_tried_each_timeout_and_a_success_ends_the_hold(
        forward, spool, listener):
    names = spool.write_many(30, "pg_locks")
    listener.rule = by_source({"pg_locks": Answer(422)})
    forward.set(breaker__timeout_s=1, listener__max_in_flight=1)
    running = forward.start()
    eventually(lambda: len(spool.refused()) >= 22, "the trials after the hold")
    times = [request.started for request in listener.requests][19:]
    assert all(later - earlier >= 0.9 for earlier, later in zip(times[1:], times[2:]))
    listener.rule = always(Answer(200))
    eventually(lambda: spool.waiting() == [], "the hold ends")
    assert running.stop().status == 0
    assert sorted(spool.refused() + listener.names()) == names


def test_a_success_of_the_source_ends_its_run_of_refusals(forward, spool, listener):
    names = spool.write_many(60, "pg_locks")
    good = set(names[15::16])
    listener.rule = lambda request: Answer(200 if request.name in good else 422)
    assert forward.set(listener__max_in_flight=1).run("--once").status == 1
    assert spool.waiting() == [], "never 20 in a row: nothing is held"
    assert len(spool.refused()) == 60 - len(good)


def test_retry_rejected_puts_them_back(forward, spool, listener):
    names = spool.write_many(5)
    before = [spool.frame(name) for name in names]
    listener.rule = always(Answer(422))
    assert forward.run("--once").status == 1
    assert spool.refused() == names
    assert forward.run("--retry-rejected").status == 0
    assert spool.waiting() == names and os.listdir(spool.rejected) == []
    assert [spool.frame(name) for name in names] == before
    listener.rule = always(Answer(200))
    assert forward.run("--once").status == 0
    assert sorted(listener.names()) == names


def test_retry_rejected_works_beside_the_service(forward, spool, listener):
    listener.rule = always(Answer(400))
    running = forward.start()
    names = spool.write_many(3)
    eventually(lambda: spool.refused() == names, "all were refused")
    listener.rule = always(Answer(200))
    assert forward.run("--retry-rejected").status == 0
    eventually(lambda: sorted(listener.names()) == names, "sent after all")
    assert running.stop().status == 0


def test_retry_rejected_replaces_nothing(forward, spool, listener):
    """A name that is in both places: neither copy may be lost."""
    name = spool.write()
    frame = spool.frame(name)
    other = zstd.compress(LINE)
    (spool.rejected / (name + ".json.zst")).write_bytes(other)
    forward.run("--retry-rejected")
    assert spool.frame(name) == frame
    assert spool.frame(name, spool.rejected) == other


FOREIGN = "foreign|not a payload|not named|left alone|ignor|not a regular"


def make_foreign(spool, outside):
    """Everything but payload files, some of it under a payload's name."""
    outside.write_bytes(FRAME)
    name = spool.next_name
    made = []

    def add(path, make):
        make(path)
        made.append(path)

    for directory in (spool.new, spool.rejected):
        add(directory / name("pg_log"), lambda path: os.symlink(outside, path))
        add(directory / name("pg_log"), lambda path: os.symlink("/nowhere", path))
        add(directory / name("pg_log"), os.mkfifo)
        add(directory / name("pg_log"), os.mkdir)
        for odd in ("README", ".hidden", "x.json.zst", "with\nnewline", "20260101T000000Z-x",
                    name("pg_log") + ".bak", "-rf", "\udcff\udcfe", name("PG_LOG"),
                    name("../x").replace("/", "_")):
            add(directory / odd, lambda path: path.write_bytes(FRAME))
    return made


def test_foreign_things_are_reported_once_and_left_alone(forward, spool, listener, tmp_path):
    made = make_foreign(spool, tmp_path / "outside")
    names = spool.write_many(5)
    running = forward.start()
    eventually(lambda: len(listener.names()) == 5, "the payloads")
    names += spool.write_many(5)
    eventually(lambda: len(listener.names()) == 10, "more payloads")
    first = running.says(FOREIGN)
    never(lambda: len(listener.requests) > 10, for_s=0.5, what="something else was sent")
    assert running.stop().status == 0
    assert sorted(listener.names()) == names
    assert all(os.path.lexists(path) for path in made)
    assert (tmp_path / "outside").read_bytes() == FRAME
    every = running.lines(FOREIGN)
    assert len(every) == len(set(every)) <= len(made) and first[0] in every, "said twice"


def test_a_directory_in_the_way_of_a_refused_payload_is_told_and_nothing_is_degraded(
        forward, spool, listener):
    names = spool.write_many(3)
    listener.rule = lambda request: Answer(422 if request.name == names[0] else 200)
    in_the_way = spool.rejected / (names[0] + ".json.zst")
    in_the_way.mkdir()
    running = forward.start()
    running.says("a directory there has its name")
    eventually(lambda: spool.waiting() == names[:1], "the others are sent")
    for _ in range(3):
        running.hangup()  # lists new/, tries what could not be moved
        names.append(spool.write())
        eventually(lambda: spool.waiting() == names[:1], "more of them")
    assert len(running.lines("error: |warning: .*directory")) == 1, running.stderr
    eventually(lambda: spool.read_state("pg-forward")["refused"]["files"], "it is counted")
    assert spool.read_state("pg-forward")["degraded"] is None
    in_the_way.rmdir()
    running.hangup()
    eventually(lambda: spool.refused() == names[:1], "it is moved as soon as it can be")
    assert "422" in spool.reason(names[0]) and sorted(listener.names()) == names[1:]
    assert running.stop().status == 0


def test_retry_rejected_leaves_foreign_things_alone(forward, spool, tmp_path):
    made = make_foreign(spool, tmp_path / "outside")
    forward.run("--retry-rejected")
    assert all(os.path.lexists(path) for path in made)


def test_what_is_in_tmp_is_never_sent(forward, spool, listener):
    name = spool.next_name()
    (spool.tmp / name).write_bytes(FRAME)
    assert forward.run("--once").status == 0
    assert listener.requests == [] and (spool.tmp / name).exists()
