"""What is gone is said; the saved position; where reading begins."""

import time

import pytest

import logs
from tail import Tail
from waiting import eventually


# What is gone is said.

def gap_of(tail, path):
    found = tail.entries.of_level("GAP")
    assert len(found) == 1, found
    assert found[0]["gap_file"] == str(path)
    return found[0]


def test_truncated_before_it_was_read(stopped, entries, log):
    """Bytes that nobody has read and nobody can read any more."""
    log.write(100)
    with stopped.meanwhile(log.last):
        lost = log.write(300)
        log.open(log.path.name, truncate=True)
        log.write(10)
    eventually(lambda: len(entries.look().numbers()) >= 110, "what came after")
    eventually(lambda: entries.of_level("GAP"), "a GAP")
    stopped.stop()
    gap = gap_of(stopped, log.path)
    assert gap["gap_bytes"] in (None, lost)
    assert entries.numbers() == [*range(1, 101), *range(401, 411)]


@pytest.mark.parametrize("read_before", [0, 100])
def test_truncated_while_the_reading_was_stopped_counts_the_bytes(
        logtail, spool, entries, notify, log, read_before):
    """Above half of its cap the spool takes no more; what the file had then is known."""
    logtail.set(buffer__max_size_mb=1)
    service = Tail(logtail, entries, notify, live=True)
    log.write(read_before)
    service.entries.wait_for(read_before)
    service.stop()
    ballast = logs.fill(spool, 700 << 10)
    service.start()
    lost = log.write(300)
    time.sleep(3)  # it looks each second
    log.open(log.path.name, truncate=True)
    log.write(10)
    time.sleep(2.5)
    assert len(entries.look().numbers()) == read_before
    logs.empty(spool, ballast)
    eventually(lambda: len(entries.look().numbers()) >= read_before + 10, "what came after")
    service.stop()
    gap = gap_of(service, log.path)
    assert gap["gap_bytes"] == lost
    assert entries.numbers() == [*range(1, read_before + 1),
                                 *range(read_before + 301, read_before + 311)]


def test_deleted_with_unread_bytes_in_downtime(stopped, entries, log):
    log.write(100)
    with stopped.meanwhile(log.last):
        log.write(300)
        path = log.path
        log.close()
        path.unlink()
        log.open("postgresql-next.log")
        log.write(10)
    eventually(lambda: len(entries.look().numbers()) >= 110, "what came after")
    eventually(lambda: entries.of_level("GAP"), "a GAP")
    stopped.stop()
    gap_of(stopped, path)
    assert entries.numbers() == [*range(1, 101), *range(401, 411)]


def test_an_old_file_that_was_read_may_be_deleted(stopped, entries, log):
    """Keeping a week's logs is no loss."""
    log.open("postgresql-01.log")
    log.write(100)
    old = log.path
    log.open("postgresql-02.log")
    log.write(100)
    with stopped.meanwhile(log.last):
        old.unlink()
        log.write(10)
    stopped.end(log.last)


# The state.

def test_a_state_that_was_lost_is_a_gap(stopped, spool, entries, log):
    log.write(100)
    with stopped.meanwhile(log.last):
        for path in spool.state.glob("pg-logtail.json*"):
            path.write_bytes(b"\0" * 100)
        log.write(20)
    eventually(lambda: entries.of_level("GAP"), "a GAP")
    log.write(20)
    eventually(lambda: log.last in entries.look().numbers(), "it goes on")
    stopped.stop()
    assert len(entries.of_level("GAP")) == 1
    assert stopped.running.lines("state"), stopped.running.stderr


def test_a_state_that_was_removed_is_a_gap(stopped, spool, entries, log):
    """The spool is not new: somebody removed it."""
    log.write(100)
    with stopped.meanwhile(log.last):
        for path in spool.state.glob("pg-logtail.json*"):
            path.unlink()
        log.write(20)
    eventually(lambda: entries.of_level("GAP"), "a GAP")
    log.write(20)
    eventually(lambda: log.last in entries.look().numbers(), "it goes on")
    stopped.stop()
    assert len(entries.of_level("GAP")) == 1


def test_an_unreadable_state_falls_back_to_the_one_before(stopped, spool, entries, log):
    """It may repeat the last commit, and says so once."""
    for _ in range(4):
        log.write(50)
        stopped.entries.wait_for(log.last)
    stopped.stop()
    before = {name: [int(logs.NUMBER.match(e["message"]).group(1))
                     for e in payload["data"]["entries"]]
              for name, payload in entries.payloads.items()}
    (spool.state / "pg-logtail.json").write_bytes(b'{"version": 1, ')
    log.write(50)
    stopped.start()
    eventually(lambda: log.last in entries.look().numbers(), "it goes on")
    stopped.stop()
    numbers = entries.numbers()
    assert set(numbers) == set(range(1, log.last + 1)), "nothing is lost"
    again = sorted({n for n in numbers if numbers.count(n) > 1})
    assert again in ([], before[max(before)]), "no more than the last commit is repeated"
    assert stopped.running.lines("state")


def test_a_state_of_a_newer_version_is_not_touched(logtail, spool, log):
    log.write(10)
    path = spool.state / "pg-logtail.json"
    path.write_text('{"version": 999}')
    result = logtail.run("--once", "--from-start")
    assert result.status == 1 and "version" in result.stderr
    assert path.read_text() == '{"version": 999}'


# Where it begins.

def test_the_first_start_begins_at_the_ends_of_files_that_are_there(
        logtail, entries, log, notify):
    log.write(100)
    running = logtail.start(NOTIFY_SOCKET=notify.path)
    eventually(lambda: notify.has("READY=1"), "READY")
    mark = log.last
    log.write(10)
    eventually(lambda: log.last in entries.look().numbers(), "new lines")
    log.open("postgresql-new.log")
    log.write(10)
    eventually(lambda: log.last in entries.look().numbers(), "a new file")
    assert running.stop().status == 0
    assert entries.numbers() == list(range(mark + 1, log.last + 1))
    assert entries.of_level("GAP") == []


def test_files_that_appear_after_the_first_start_are_read_from_their_start(
        logtail, entries, log):
    log.write(10)
    assert logtail.run("--once").status == 0
    log.open("postgresql-new.log")
    log.write(10)
    assert logtail.run("--once").status == 0
    assert entries.look().numbers() == list(range(11, 21))


def test_from_start_is_for_the_very_first_start_only(logtail, entries, log):
    log.write(10)
    for _ in range(3):
        assert logtail.run("--once", "--from-start").status == 0
    entries.expect(10)


def test_many_stops_and_starts_repeat_and_lose_nothing(service, log):
    for _ in range(12):
        log.write(37)
        service.stop()
        log.write(5)
        service.start()
    service.end(log.last)
