"""logrotate's ways: rename and create, copytruncate, compressed generations."""

import gzip
import os
import shutil
import subprocess
import time

import pytest

from zstd import compress


def compress_file(path, packed, pack):
    """As gzip and zstd do it: the time stays."""
    packed.write_bytes(pack(path.read_bytes()))
    shutil.copystat(path, packed)
    path.unlink()


def shift(path, generations, pack=None):
    """.1 becomes .2 and so on, with delaycompress: only .1 stays plain."""
    ending = {gzip.compress: ".gz", compress: ".zst", None: ""}[pack]
    for number in range(generations, 1, -1):
        older = path.with_name("%s.%d%s" % (path.name, number, ending))
        if older.exists():
            older.rename(path.with_name("%s.%d%s" % (path.name, number + 1, ending)))
    first = path.with_name(path.name + ".1")
    if first.exists():
        packed = path.with_name("%s.2%s" % (path.name, ending))
        if pack:
            compress_file(first, packed, pack)
        else:
            first.rename(packed)
    return first


@pytest.mark.parametrize("pack", [None, gzip.compress, compress], ids=["plain", "gz", "zst"])
def test_rename_and_create(tail, log, pack):
    log.write(30)
    for _ in range(2):
        with tail.meanwhile(log.last):
            for _ in range(3):
                log.write(25)
                log.path.rename(shift(log.path, 20, pack))
                log.write(3)  # until it is told to, the server writes to the old one
                log.reopen()
                log.write(11)
    tail.end(log.last)


@pytest.mark.parametrize("pack", [gzip.compress, compress], ids=["gz", "zst"])
def test_copytruncate_of_several_generations(tail, log, pack):
    log.write(30)
    for _ in range(2):
        with tail.meanwhile(log.last):
            for _ in range(3):
                log.write(40)
                shutil.copyfile(log.path, shift(log.path, 20, pack))
                os.truncate(log.path, 0)
                log.write(9)
    tail.end(log.last)


def test_copytruncate_of_a_large_file_takes_its_time(service, log):
    """The copy grows for seconds, and is shorter than what was read."""
    log.write(200, "x" * 200)
    service.entries.wait_for(log.last)
    with open(log.path, "rb") as old, open(log.path.with_name(log.path.name + ".1"), "wb") as new:
        while piece := old.read(2000):
            new.write(piece)
            new.flush()
            time.sleep(0.1)
        log.write(20)
        new.write(old.read())
    os.truncate(log.path, 0)
    log.write(20)
    service.end(log.last)


def test_copytruncate_with_names_by_date(tail, log):
    log.write(30)
    for day in range(1, 3):
        with tail.meanwhile(log.last):
            log.write(40)
            shutil.copyfile(log.path, "%s-2026010%d" % (log.path, day))
            os.truncate(log.path, 0)
            log.write(9)
    tail.end(log.last)


@pytest.mark.skipif(not shutil.which("logrotate", path="/usr/sbin:/usr/bin"),
                    reason="logrotate is not installed")
def test_debian_s_logrotate(tail, log, tmp_path):
    """/etc/logrotate.d/postgresql-common of Debian 12, with a directory of ours."""
    if os.geteuid() == 0:
        os.chmod(log.directory, 0o755)  # logrotate refuses what others could write to
    config = tmp_path / "logrotate.conf"
    config.write_text("%s/*.log {\n" % log.directory + "".join("\t%s\n" % word for word in (
        "weekly", "rotate 10", "copytruncate", "delaycompress", "compress", "notifempty",
        "missingok")) + "}\n")
    config.chmod(0o644)

    def rotate():
        subprocess.run(["/usr/sbin/logrotate", "-f", "-s", tmp_path / "logrotate.state", config],
                       check=True, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})

    log.write(30)
    for generations in (1, 3, 2):
        with tail.meanwhile(log.last):
            for _ in range(generations):
                log.write(200)
                rotate()
                log.write(5)
    names = sorted(path.name for path in log.directory.iterdir())
    assert "postgresql.log.1" in names and "postgresql.log.6.gz" in names
    tail.end(log.last)


def test_compressing_what_is_half_read_repeats_nothing(tail, log):
    """The plain file's saved position holds for its compressed form."""
    log.write(300)
    with tail.meanwhile(log.last):
        log.write(100)
        log.close()
        compress_file(log.path, log.path.with_name(log.path.name + ".1.gz"), gzip.compress)
        log.open("postgresql.log")
        log.write(10)
    if tail.live:
        tail.entries.look()
    tail.end(log.last)
