"""The server's own rotations, and which file is which: each numbered entry once and in order."""

import os
import shutil
import signal
import time

import pytest

import logs
from agent import count_from_environment
from waiting import eventually

LONG = count_from_environment("E2E_LONG", 0)


def test_new_names_by_date(tail, log):
    for hour in range(3):
        log.open("postgresql-2026-01-02_%02d0000.log" % hour)
        log.write(20)
    with tail.meanwhile(log.last):
        log.write(5)
        for hour in range(3, 24):
            log.open("postgresql-2026-01-02_%02d0000.log" % hour)
            log.write(20)
    log.write(10)
    tail.end(log.last)


def test_many_rotations_a_second(tail, log):
    log.write(1)
    with tail.meanwhile(1):
        for number in range(100):
            log.open("postgresql-2026-01-02_030405.%03d.log" % number)
            log.write(10)
    tail.end(log.last)


def test_rotated_files_that_stay_empty(tail, log):
    log.write(3)
    with tail.meanwhile(3):
        for number in range(10):
            log.open("postgresql-empty-%d.log" % number)
        log.open("postgresql-z.log")
        log.write(3)
    tail.end(log.last)


def test_the_same_name_truncated_after_it_was_read(tail, log):
    for _ in range(2):
        log.write(50, "x" * 100)
        with tail.meanwhile(log.last):
            log.open("postgresql.log", truncate=True)
            log.write(7)  # fewer bytes than before: the offset is past the end
    tail.end(log.last, doubts=0 if tail.live else 2)


def test_the_same_name_truncated_and_already_longer_than_before(tail, log):
    for _ in range(2):
        log.write(20)
        with tail.meanwhile(log.last):
            log.open("postgresql.log", truncate=True)
            log.write(500)
    tail.end(log.last, doubts=0 if tail.live else 2)


def test_names_that_wrap_around(tail, log):
    days = ["Mon", "Tue", "Wed"] * 3
    log.open("postgresql-Wed.log")
    log.write(10)
    for number, day in enumerate(days):
        if number % 3 == 0:
            with tail.meanwhile(log.last):
                log.open("postgresql-%s.log" % day, truncate=True)
                log.write(10 + number)
        else:
            tail.entries.wait_for(log.last)
            log.open("postgresql-%s.log" % day, truncate=True)
            log.write(10 + number)
    tail.end(log.last)


# Identity.

def same_inode_again(log, tries=10000):
    """Deletes the log and makes it anew with the inode it had. ext4 takes the lowest that is
    free: those below it are taken first."""
    inode, others = os.stat(log.path).st_ino, []
    log.close()
    log.path.unlink()
    try:
        for number in range(tries):
            log.open(log.path.name)
            if os.stat(log.path).st_ino == inode:
                return
            log.close()
            others.append(log.path.rename(log.directory / ("other.%d" % number)))
    finally:
        for path in others:
            path.unlink()
    pytest.skip("the file system does not use inodes again")


def test_delete_and_create_with_the_inode_reused(stopped, entries, log):
    """ext4 gives a freed inode to the next file; others may not."""
    log.write(100)
    with stopped.meanwhile(log.last):
        same_inode_again(log)
        log.write(400)
    with stopped.meanwhile(log.last):
        same_inode_again(log)
        log.write(3)
    stopped.entries.wait_for(log.last)
    stopped.stop()
    stopped.entries.expect(log.last)


def test_delete_and_create_live_with_the_inode_reused(service, log):
    """An open file keeps its inode: it is free only once the reader has closed it."""
    log.write(100)
    service.entries.wait_for(log.last)
    log.close()
    log.path.unlink()
    log.open(log.path.name)
    log.write(100)
    service.end(log.last)


@pytest.mark.parametrize("more", [90, 20], ids=["longer", "shorter"])
def test_two_files_with_the_same_head_are_two(tail, log, more):
    """A head alone is not trusted."""
    log.write(50, "x" * 50)
    with tail.meanwhile(log.last):
        head = b"".join(logs.line(n, "x" * 50) for n in range(1, 13))
        assert len(head) > 1024 and log.path.read_bytes().startswith(head)
        log.open("postgresql-2.log")
        log.write_bytes(head)
        log.write(more)  # than the other one has, or less
    eventually(lambda: len(tail.entries.look().numbers()) >= log.last + 12, "both files")
    tail.stop()
    assert tail.entries.look().numbers() == [*range(1, 51), *range(1, 13),
                                             *range(51, 51 + more)]


def test_a_copy_in_the_same_directory_is_no_other_log(tail, log):
    """Somebody saves a log before looking at it."""
    log.write(50)
    with tail.meanwhile(log.last):
        shutil.copyfile(log.path, log.directory / "saved.log")
        log.write(10)
    time.sleep(2 if tail.live else 0)
    tail.end(log.last)


def test_a_file_renamed_within_the_directory_is_not_read_again(tail, log):
    log.write(50)
    with tail.meanwhile(log.last):
        moved = log.directory / "postgresql-moved.log"
        log.path.rename(moved)
        log.write(10)
    time.sleep(1.5 if tail.live else 0)
    tail.end(log.last)


def test_a_file_deleted_while_it_is_open_is_read_to_its_end(service, log):
    log.write(10)
    service.entries.wait_for(10)
    service.running.send(signal.SIGSTOP)
    log.write(2000, "x" * 200)
    log.path.unlink()
    log.write(50)
    service.running.send(signal.SIGCONT)
    service.entries.wait_for(log.last)
    log.write(50)  # the server does not know that it writes to nowhere
    service.end(log.last)


@pytest.mark.skipif(not LONG, reason="waits more than a minute: E2E_LONG=1")
def test_a_deleted_file_is_closed_a_minute_after_its_end_was_read(service, log):
    log.write(10)
    service.entries.wait_for(10)

    def open_files():
        directory = "/proc/%d/fd" % service.running.pid
        return [link for link in (os.readlink(os.path.join(directory, name))
                                  for name in os.listdir(directory)) if str(log.path) in link]

    assert open_files()
    log.path.unlink()
    time.sleep(30)
    assert open_files(), "too early: the server may still write"
    eventually(lambda: not open_files(), "it is closed", within_s=60, every_s=1)
    log.open("postgresql-next.log")
    log.write(10)
    service.end(log.last)
