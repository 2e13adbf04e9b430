"""pg-logtail --test: which logs are read and which not, why, and what their lines leave out."""

import os
import pathlib
import pwd
import re
import shutil
import tempfile

import pytest

from checklist import checks, the

SQL = ("ALTER SYSTEM SET log_line_prefix = '%m [%p] %q%u@%d/%a '; SELECT pg_reload_conf();")
FULL = "2026-01-02 03:04:%02d.678 UTC [4711] shop@db/web LOG:  entry %d\n"
JSON = ('{"timestamp":"2026-01-02 03:04:%02d.678 UTC","pid":4711,"error_severity":"LOG",'
        '"message":"entry %d"}\n')


def write(path, line):
    path.write_text("".join(line % (n, n) for n in range(50)))
    return path


@pytest.fixture
def guessing(logtail):
    del logtail.environment["BITVILLE_PG_LOG_LINE_PREFIX"]
    return logtail


def test_a_good_log_is_told_with_its_position(guessing, log_directory):
    path = write(log_directory / "postgresql.log", FULL)
    write(log_directory / "postgresql.log.1", FULL.replace("entry", "older"))
    result = guessing.run("--test")
    assert the(result, "configuration: ")[0] == the(result, "state ")[0] == "ok"
    assert re.fullmatch(r"log %s: is read, stderr, written \d+ s ago" % path,
                        the(result, "log /")[1])
    assert the(result, "log_line_prefix")[:2] == [
        "ok", "log_line_prefix of %s: '%%m [%%p] %%q%%u@%%d/%%a '" % path]
    assert the(result, "logs: ")[1].startswith("logs: 2 files, 1 of them rotated, by ")
    assert the(result, "position: none yet, the first start begins at the end")[0] == "ok"
    assert list(guessing.settings["buffer.path"].rglob("*.json")) == []
    assert guessing.run("--once").status == 0
    with open(path, "a") as file:
        file.write(FULL % (59, 99))
    assert re.search(r"known, \d+ KiB", the(guessing.run("--test"), "position: ")[1])
    os.utime(path, (1e9, 1e9))
    assert re.search(r"written \d{5,} hours ago$", the(guessing.run("--test"), "log /")[1])


def lacking(result):
    mark, text, mend = the(result, "log_line_prefix of ")
    assert (mark, mend) == ("warn", SQL)
    return re.findall(r"%\w(?= \()", text.partition(" lacks ")[2])


def test_what_a_prefix_leaves_out_is_told_with_its_sql(guessing, log_directory):
    path = write(log_directory / "postgresql.log", FULL.replace("/web", ""))
    assert lacking(guessing.run("--test")) == ["%a"]
    for prefix, line, lacks in [("%m [%p] ", "", ["%u", "%d", "%a"]),
                                ("%t %u@%d/%a ", "2026-01-02 03:04:05 UTC s@d/w LOG:  %d %d\n", ["%p"]),
                                ("%p %u@%d ", "4711 s@d LOG:  %d %d\n", ["%m", "%a"])]:
        write(path, line or FULL.replace("shop@db/web ", ""))
        assert lacking(guessing.run("--test", "--log-line-prefix", prefix)) == lacks


def test_lines_of_no_session_say_nothing_of_what_is_lacking(guessing, log_directory):
    write(log_directory / "postgresql.log", FULL.replace("shop@db/web ", ""))
    mark, text, _ = the(guessing.run("--test"), "log_line_prefix of ")
    assert mark == "ok" and text.endswith("no line is of a session yet")
    mark, text, _ = the(guessing.run("--test", "--log-line-prefix", "%m [%p] %q%u@%d/%a "),
                        "log_line_prefix of ")
    assert mark == "ok" and text.endswith("'%m [%p] %q%u@%d/%a '")


def test_a_prefix_that_does_not_fit_is_told(guessing, log_directory):
    path = write(log_directory / "postgresql.log", FULL)
    mark, text, mend = the(guessing.run("--test", BITVILLE_PG_LOG_LINE_PREFIX="%t %p "),
                           "log_line_prefix of ")
    assert mark == "warn" and "'%t %p ' is configured" in text and "SHOW" in mend
    write(path, "<><> %d %d\n")
    mark, text, mend = the(guessing.run("--test"), "log_line_prefix of ")
    assert mark == "warn" and "not recognised" in text and "SHOW log_line_prefix" in mend


def test_what_the_server_writes_now_counts(guessing, log_directory):
    """The settings were mended since the log began."""
    path = log_directory / "postgresql.log"
    path.write_text("".join(FULL.replace("/web", "") % (n % 60, n) for n in range(5000)))
    assert the(guessing.run("--test"), "log_line_prefix of ")[0] == "warn"
    with open(path, "a") as file:
        file.writelines(FULL % (n % 60, n) for n in range(1000))
    assert the(guessing.run("--test"), "log_line_prefix of ")[0] == "ok"


def test_of_several_formats_the_best_is_read(guessing, log_directory):
    for name, line in (("a.log", FULL), ("a.json", JSON)):
        write(log_directory / name, line)
    (log_directory / "b.log").write_text("")
    result = guessing.run("--test")
    assert "is read, jsonlog" in the(result, "log %s/a.json" % log_directory)[1]
    assert "only lines without a prefix" in the(result, "log %s/a.log" % log_directory)[1]
    assert the(result, "log %s/b.log" % log_directory)[1].endswith("empty so far")
    result = guessing.run("--test", "--format", "stderr")
    assert "is read, stderr" in the(result, "log %s/a.log" % log_directory)[1]
    assert "not read" in the(result, "log %s/a.json" % log_directory)[1]


def test_no_logs_are_told_with_where_to_look(logtail, log_directory):
    for path, says in ((log_directory, "no log there"), ("/nowhere/x.log", "/nowhere")):
        mark, text, mend = the(logtail.set(collection__log_path=path).run("--test"),
                               "log_path " if path == log_directory else "read ")
        assert mark == "FAIL" and says in text
        assert "SHOW log_directory" in mend and "logging_collector = on" in mend


@pytest.fixture
def foreign():
    """A directory that every user may enter."""
    if os.geteuid() != 0:
        pytest.skip("becoming another user needs root")
    path = pathlib.Path(tempfile.mkdtemp(prefix="e2e-foreign-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def test_who_forbids_what_is_told_with_the_mend(logtails, spool, foreign):
    """(modes of directory and log, log's group, in the way, words of the text and mend)"""
    nobody = pwd.getpwnam("nobody").pw_uid
    directory = foreign / "it's"
    directory.mkdir()
    path = write(directory / "x.log", FULL)
    spool.path = foreign / "spool"
    spool.path.mkdir()
    os.chown(spool.path, nobody, -1)
    logtail = logtails(spool, path)
    assert logtail.run("--once").status == 0  # what it knows, it does not open again
    cases = [
        (0o700, 0o644, 0, directory, "no group may read it", "chmod g+rx '%s/it'\\''s'" % foreign),
        (0o755, 0o600, 0, path, "no group may read it", "SET log_file_mode = '0640'"),
        (0o755, 0o640, 54321, path, "(root:54321 0640)", "SupplementaryGroups=%s\\n' 54321 | sudo"),
        (0o755, 0o640, 4, path, "(root:adm 0640)", "pg-logtail --test=unit"),
    ]
    for directory_mode, mode, group, at, says, mend in cases:
        directory.chmod(directory_mode)
        path.chmod(mode)
        os.chown(path, 0, group)
        for named in (path, directory):
            logtail.set(collection__log_path=named)
            failed = [check for check in checks(logtail.run("--test")) if check[0] == "FAIL"]
            assert len(failed) == 1, failed
            assert str(at) in failed[0][1] and says in failed[0][1], failed
            assert mend in failed[0][2], failed


def test_many_logs_that_may_not_be_read_are_few_lines(logtails, spool, foreign):
    spool.path = foreign / "spool"
    spool.path.mkdir()
    os.chown(spool.path, pwd.getpwnam("nobody").pw_uid, -1)
    for n in range(20):
        write(foreign / ("x%d.log" % n), FULL.replace("entry", "%d:" % n)).chmod(0o600)
    failed = [check for check in checks(logtails(spool, foreign).run("--test"))
              if check[0] == "FAIL"]
    assert len(failed) == 4 and failed[3][1].startswith("17 more logs can't be opened either")
