"""What may stand in a log, and where: imports, siblings, broken bytes, wrong settings."""

import gzip
import json
import os
import time

import pytest

import logs
from agent import CONFIG, USAGE
from waiting import eventually
from zstd import compress

P = "2026-01-02 03:04:05.678 UTC [4711] "


def text_of(entries):
    return [(e["level"], e["message"]) for e in entries.look().all()]


def read(logtail, entries, data, name="postgresql.log", **settings):
    """The entries of one file with these bytes."""
    path = logtail.settings["collection.log_path"] / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    result = logtail.set(**settings).run("--once", "--from-start")
    assert result.status == 0, result.stderr
    entries.look()
    return entries.all()


def csv_line(number, message=None, **columns):
    """A record of csvlog as PostgreSQL 15 writes it: 26 columns."""
    names = ["time", "user", "database", "pid", "host", "session_id", "line_num", "ps",
             "session_start", "vxid", "txid", "level", "state_code", "message", "detail", "hint",
             "internal_query", "internal_position", "context", "statement", "cursor_position",
             "location", "application_name", "backend_type", "leader_pid", "query_id"]
    quoted = {"user", "database", "host", "ps", "message", "detail", "hint", "internal_query",
              "context", "statement", "location", "application_name", "backend_type"}
    values = {"time": logs.stamp(number) + " UTC", "pid": 4711, "session_id": "69a.1267",
              "line_num": number, "session_start": "2026-01-02 03:04:00 UTC", "txid": 0,
              "level": "LOG", "state_code": "00000", "backend_type": "client backend",
              "query_id": 0, "message": "entry %d" % number if message is None else message,
              **columns}
    return (",".join('"%s"' % str(values[name]).replace('"', '""')
                     if name in quoted and name in values else str(values.get(name, ""))
                     for name in names) + "\n").encode()


def json_line(number, message=None, **more):
    return json.dumps({"timestamp": logs.stamp(number) + " UTC", "pid": 4711,
                       "session_id": "69a.1267", "line_num": number, "error_severity": "LOG",
                       "message": "entry %d" % number if message is None else message,
                       "backend_type": "client backend", "query_id": 0, **more},
                      separators=(",", ":")).encode() + b"\n"


# Imports.

def test_a_file_given_is_read_from_start_to_end_and_keeps_no_position(
        logtail, spool, entries, log):
    log.write(20)
    before = set(spool.state.iterdir())
    assert logtail.run(str(log.path)).status == 0
    entries.expect(20)
    assert not {p.name for p in set(spool.state.iterdir()) - before} & {"pg-logtail.json"}
    assert logtail.run(str(log.path)).status == 0
    assert len(entries.look().numbers()) == 40


def test_several_files_and_globs_and_compressed_ones(logtail, entries, log, tmp_path):
    for number in range(4):
        log.open("a-%d.log" % number)
        log.write(10)
    for number, (pack, ending) in {1: (gzip.compress, ".gz"), 2: (compress, ".zst")}.items():
        path = log.directory / ("a-%d.log" % number)
        (log.directory / (path.name + ending)).write_bytes(pack(path.read_bytes()))
        path.unlink()
    result = logtail.run(str(log.directory / "a-[01].log*"), str(log.directory / "a-2.log.zst"),
                         str(log.directory / "a-3.log"))
    assert result.status == 0, result.stderr
    entries.expect(40)


def test_a_directory_given(logtail, entries, log):
    for number in range(3):
        log.open("a-%d.log" % number)
        log.write(10)
    assert logtail.run(str(log.directory)).status == 0
    entries.expect(30)


def test_an_import_works_beside_the_service(logtail, entries, log, tmp_path):
    running = logtail.start("--from-start")
    log.write(5)
    entries.wait_for(5)
    other = logs.Log(tmp_path, "other.log")
    other.last = log.last
    other.write(5)
    assert logtail.run(str(other.path)).status == 0 and running.runs
    entries.expect(10)
    assert running.stop().status == 0


def test_a_gzip_file_of_several_members_and_one_cut_off(logtail, entries, log):
    log.write(10)
    first = log.path.read_bytes()
    log.open("b.log")
    log.write(10)
    second = log.path.read_bytes()
    packed = log.directory / "c.log.gz"
    packed.write_bytes(gzip.compress(first) + gzip.compress(second))
    assert logtail.run(str(packed)).status == 0
    entries.expect(20)
    packed.write_bytes(gzip.compress(os.urandom(100000).hex().encode())[:5000])
    result = logtail.run(str(packed))
    assert result.status == 1 and "c.log.gz" in result.stderr


@pytest.mark.parametrize("arguments, status, word", [
    (["--nonsense"], USAGE, "nonsense"),
    (["--format", "syslog"], USAGE, "format"),
    (["--format"], USAGE, "format"),
    (["--log-line-prefix"], USAGE, "prefix"),
    (["/nowhere/at/all.log"], 1, "/nowhere/at/all.log"),
])
def test_wrong_usage(logtail, arguments, status, word):
    result = logtail.run(*arguments)
    assert result.status == status and word in result.stderr


@pytest.mark.parametrize("change, word", [
    ({"collection.log_format": "syslog"}, "log_format"),
    ({"collection.batch_max_entries": 0}, "batch_max_entries"),
    ({"collection.log_timezone": "Mars/Olympus"}, "Mars"),
    ({"collection.redact": "some"}, "redact"),
    ({"buffer.max_size_mb": 0}, "max_size_mb"),
])
def test_wrong_configuration(logtail, change, word):
    logtail.settings.update(change)
    for arguments in (["--once"], ["--check-config"]):
        result = logtail.run(*arguments)
        assert result.status == CONFIG and word in result.stderr


def test_a_prefix_too_long_is_wrong_configuration(logtail):
    logtail.environment["BITVILLE_PG_LOG_LINE_PREFIX"] = "%m " * 300
    result = logtail.run("--once")
    assert result.status == CONFIG and "log_line_prefix" in result.stderr


def test_help_version_and_check_config_touch_nothing(logtail, spool, log):
    log.write(3)
    for arguments in (["--help"], ["--version"], ["--check-config"]):
        assert logtail.run(*arguments).status == 0
    assert spool.waiting() == [] and list(spool.state.iterdir()) == []


def test_test_says_how_to_mend_a_log_that_can_t_be_read(logtail, log, tmp_path):
    assert logtail.run("--test").status == 0
    result = logtail.set(collection__log_path=tmp_path / "nowhere").run("--test")
    assert "nowhere" in result.output and result.status == 1


def test_logs_that_are_not_there_yet_are_waited_for(logtail, entries, log_directory):
    log_directory.rmdir()
    running = logtail.start()
    running.says(str(log_directory), within_s=20)
    assert running.runs
    log_directory.mkdir()
    log = logs.Log(log_directory)
    log.write(10)
    entries.wait_for(10)
    assert running.stop().status == 0


# Lines.

def test_a_last_line_without_its_newline_is_sent_after_a_silence(logtail, entries, log):
    running = logtail.start("--from-start")
    log.write(1)
    log.write_bytes(logs.line(2)[:-1])
    entries.wait_for(2)
    log.write_bytes(b"\n" + logs.line(3))
    eventually(lambda: 3 in entries.look().numbers(), "it goes on")
    assert running.stop().status == 0
    entries.expect(3)


def test_the_rest_of_a_line_sent_too_early_comes_marked(logtail, entries, log):
    running = logtail.start("--from-start")
    log.write_bytes(logs.line(1)[:-1] + b" first half")
    eventually(lambda: entries.look().all(), "after a silence")
    log.write_bytes(b" second half\n" + logs.line(2))
    eventually(lambda: 2 in entries.look().numbers(), "it goes on")
    assert running.stop().status == 0
    found = entries.all()
    assert found[0]["message"] == "entry 1 first half"
    rest = [e for e in found if "second half" in e["message"]]
    assert len(rest) == 1 and rest[0]["continued"] is True


def test_once_sends_an_unterminated_line_and_an_open_entry(logtail, entries):
    found = read(logtail, entries, P + "ERROR:  a\n" + P + "STATEMENT:  b\n" + P + "LOG:  c")
    assert [(e["message"], e.get("statement")) for e in found] == [("a", "b"), ("c", None)]


def test_sections_join_their_process_s_entry(logtail, entries):
    q = P.replace("4711", "4712")
    found = read(logtail, entries, (
        P + "ERROR:  a\n\tgoes on\n" + q + "ERROR:  b\n" + P + "DETAIL:  da\n" + q
        + "DETAIL:  db\n" + P + "HINT:  ha\n" + q + "STATEMENT:  sb\n\tsb2\n" + P
        + "STATEMENT:  sa\n"))
    assert [(e["pid"], e["message"], e["detail"], e.get("hint"), e["statement"])
            for e in found] == [(4711, "a\ngoes on", "da", "ha", "sa"),
                                (4712, "b", "db", None, "sb\nsb2")]


def test_a_late_continuation_is_marked_not_glued_to_a_stranger(logtail, entries, log):
    running = logtail.start("--from-start")
    log.write_bytes((P + "ERROR:  entry 1\n").encode())
    entries.wait_for(1)
    log.write_bytes((P + "STATEMENT:  too late\n").encode() + logs.line(2, "", 4712))
    eventually(lambda: 2 in entries.look().numbers(), "it goes on")
    assert running.stop().status == 0
    late = [e for e in entries.look().all() if e.get("statement") == "too late"]
    assert len(late) == 1 and late[0]["continued"] is True and late[0]["pid"] == 4711


def test_stray_lines_are_entries_each(logtail, entries):
    found = read(logtail, entries, P + "LOG:  a\nfrom archive_command\nand more\n" + P + "LOG:  b\n")
    assert sorted((e["level"], e["message"]) for e in found) == [
        ("LOG", "a"), ("LOG", "b"), ("UNPARSED", "and more"), ("UNPARSED", "from archive_command")]


def test_crlf_stays_with_the_text(logtail, entries):
    found = read(logtail, entries, P + "LOG:  a\r\n\tb\r\n" + P + "LOG:  c\r\n")
    assert [e["message"].replace("\r", "") for e in found] == ["a\nb", "c"]


def test_bytes_that_are_no_text(logtail, entries):
    bad = b"nul \0 latin \xe9 over \xc0\xaf surrogate \xed\xa0\x80 end"
    found = read(logtail, entries, P.encode() + b"LOG:  " + bad + b"\n" + bad + b"\n")
    assert sorted(entry["level"] for entry in found) == ["LOG", "UNPARSED"]
    for entry in found:
        words = entry["message"].split()
        assert words[0] == "nul" and words[-1] == "end" and words[1] == words[3] == "\ufffd"


def test_a_line_of_64_mb_costs_no_memory_and_says_what_was_cut(logtail, entries, log):
    size = 64 << 20
    log.write(1)
    log.write_bytes(P.encode() + b"LOG:  long ")
    for _ in range(size >> 20):
        log.write_bytes(b"y" * (1 << 20))
    log.write_bytes(b"\n")
    log.write_bytes(logs.line(2))
    running = logtail.start("--once", "--from-start")
    result = running.wait()
    assert result.status == 0
    first, long, second = entries.look().all()
    assert first["message"] == "entry 1" and second["message"] == "entry 2"
    assert long["message"].startswith("long yyyy")
    assert long["message"].endswith("...[truncated]")
    assert 1000 < len(long["message"]) <= 256 << 10
    kept = len(long["message"]) - len("...[truncated]")
    assert long["cut_bytes"] + kept == size + len("long ")


@pytest.mark.parametrize("make", [csv_line, json_line], ids=["csvlog", "jsonlog"])
def test_a_long_record_of_csvlog_and_jsonlog_is_cut_and_counted(logtail, entries, make):
    name = "postgresql.csv" if make is csv_line else "postgresql.json"
    found = read(logtail, entries, make(1) + make(2, "z" * (8 << 20), statement="SELECT 1")
                 + make(3), name)
    assert [e["message"][:7] for e in found] == ["entry 1", "zzzzzzz", "entry 3"]
    assert found[1]["cut_bytes"] > 7 << 20 and found[1]["statement"] == "SELECT 1"


def test_an_empty_file_and_one_of_newlines(logtail, entries, log_directory):
    (log_directory / "empty.log").write_bytes(b"")
    found = read(logtail, entries, "\n\n" + P + "LOG:  a\n")
    assert ("LOG", "a") in text_of(entries)
    assert {e["message"] for e in found} <= {"", "a"}


# One format within another.

def test_csv_and_json_within_a_stderr_file(logtail, entries):
    data = (logs.line(1) + csv_line(2) + json_line(3) + logs.line(4)
            + csv_line(5, "entry 5\nwith a line") + logs.line(6))
    read(logtail, entries, data)
    assert sorted(entries.numbers()) == [1, 2, 3, 4, 5, 6]
    assert {e["level"] for e in entries.all()} == {"LOG"}


def test_stderr_lines_within_csv_and_json_files(logtail, entries):
    for name, make, first in (("a.csv", csv_line, 1), ("b.json", json_line, 5)):
        data = make(first) + logs.line(first + 1) + make(first + 2) + logs.line(first + 3)
        read(logtail, entries, data, name)
    assert sorted(entries.numbers()) == list(range(1, 9))


def test_broken_records_do_not_derail(logtail, entries):
    cut = csv_line(2, "a broken \"record\nwith lines")[:-40]  # within quotes: it swallows one
    read(logtail, entries, csv_line(1) + b"not,a,record\n" + csv_line(2) + cut + b"\n"
         + csv_line(9) + csv_line(3), "a.csv")
    assert {1, 2, 3} <= set(entries.numbers())
    assert "entry 9" in str(entries.all()), "not an entry, perhaps, but not lost"
    read(logtail, entries, json_line(4) + b'{"timestamp":"2026-01-02 03:04:05.1 UTC","pid":\n'
         + json_line(5) + b'{"a":\n' + json_line(6), "b.json")
    assert {4, 5, 6} <= set(entries.numbers())


@pytest.mark.parametrize("columns", [23, 24, 26])
def test_csvlog_of_every_version(logtail, entries, columns):
    row = csv_line(1).decode().rstrip("\n").split(",")[:columns]
    found = read(logtail, entries, ",".join(row) + "\n", "a.csv")
    assert found[0]["message"] == "entry 1"
    assert ("backend_type" in found[0]) == (columns > 23)


# Siblings.

def three_formats(directory, name="postgresql"):
    (directory / (name + ".log")).write_bytes(
        b"".join(logs.line(n) for n in (1, 2)) + b"stray\n" + logs.line(3)
        + P.encode() + b"ERROR:  entry 4\n\tgoes on\n" + P.encode() + b"STATEMENT:  SELECT\n")
    numbers = {n: "entry %d" % n for n in (1, 2, 3)} | {4: "entry 4\ngoes on"}
    (directory / (name + ".csv")).write_bytes(
        b"".join(csv_line(n, t) for n, t in numbers.items()))
    (directory / (name + ".json")).write_bytes(
        b"".join(json_line(n, t) for n, t in numbers.items()))


@pytest.mark.parametrize("without, best", [((), ".json"), ((".json",), ".csv"),
                                           ((".json", ".csv"), ".log")])
def test_of_siblings_the_best_is_read_and_only_stray_lines_of_the_log(
        logtail, spool, entries, log_directory, without, best):
    three_formats(log_directory)
    for ending in without:
        (log_directory / ("postgresql" + ending)).unlink()
    assert logtail.run("--once", "--from-start").status == 0
    entries.look()
    assert sorted(entries.numbers()) == [1, 2, 3, 4]
    strays = [e for e in entries.all() if e["level"] == "UNPARSED"]
    assert [e["message"] for e in strays] == ["stray"]
    files = {p["data"]["file"][-5:].lstrip("l") for p in entries.payloads.values()
             if any(e["level"] != "UNPARSED" for e in p["data"]["entries"])}
    assert all(name.endswith(best) for name in files)


def test_siblings_live(logtail, entries, log_directory):
    running = logtail.start("--from-start")
    for number in range(1, 6):
        name = "postgresql-%d" % number
        for ending, make in ((".log", logs.line), (".csv", csv_line), (".json", json_line)):
            with open(log_directory / (name + ending), "ab") as file:
                file.write(make(number))
        time.sleep(0.3)
    entries.wait_for(5)
    time.sleep(2)
    entries.expect(5)
    assert running.stop().status == 0


def test_a_sibling_that_appears_later_is_no_second_source_of_what_was_sent(
        logtail, entries, log_directory):
    """log_destination gets jsonlog by a reload: the file of stderr goes on beside it."""
    log = logs.Log(log_directory)
    running = logtail.start("--from-start")
    log.write(5)
    entries.wait_for(5)
    for number in range(6, 11):
        log.write(1)
        with open(log_directory / "postgresql.json", "ab") as file:
            file.write(json_line(number))
        time.sleep(0.1)
    time.sleep(3)
    assert running.stop().status == 0
    numbers = entries.look().numbers()
    assert set(numbers) == set(range(1, 11))
    assert len(numbers) <= 11, "at most the one written before the other file was seen"


@pytest.mark.parametrize("live", [False, True])
def test_siblings_whose_names_differ_because_each_rotates_at_its_own_size(
        logtail, entries, log_directory, live):
    """log_rotation_size counts for each destination by itself (syslogger.c)."""
    endings = {".log": (logs.line, 20), ".csv": (csv_line, 30), ".json": (json_line, 15)}
    running = logtail.start("--from-start") if live else None
    for number in range(1, 61):
        for ending, (make, each) in endings.items():
            begins = (number - 1) // each * each + 1
            name = "postgresql-2026-01-02_0304%02d%s" % (begins % 60, ending)
            with open(log_directory / name, "ab") as file:
                file.write(make(number))
                if ending == ".log" and number % 25 == 0:
                    file.write(b"stray\n")
        if live:
            time.sleep(0.05)
    if live:
        entries.wait_for(60)
        time.sleep(2)
        assert running.stop().status == 0
    else:
        assert logtail.run("--once", "--from-start").status == 0
    assert sorted(entries.look().numbers()) == list(range(1, 61))
    assert [e["message"] for e in entries.of_level("UNPARSED")] == ["stray", "stray"]


def test_a_file_named_alone_is_read_without_siblings(logtail, entries, log_directory):
    three_formats(log_directory)
    logtail.set(collection__log_path=log_directory / "postgresql.log")
    assert logtail.run("--once", "--from-start").status == 0
    assert entries.look().numbers() == [1, 2, 3, 4]
    assert {p["data"]["file"] for p in entries.payloads.values()} \
        == {str(log_directory / "postgresql.log")}


# Files that are none of ours.

def test_links_fifos_and_directories_are_passed_over(logtail, entries, log, tmp_path):
    outside = logs.Log(tmp_path, "outside.log")
    outside.last = 100
    outside.write(5)
    (log.directory / "link.log").symlink_to(outside.path)
    os.mkfifo(log.directory / "fifo.log")
    (log.directory / "directory.log").mkdir()
    log.write(10)
    assert logtail.run("--once", "--from-start", timeout=20).status == 0
    entries.expect(10)
    fifo = logtail.run(str(log.directory / "fifo.log"), timeout=20)
    assert fifo.status == 1 and "fifo.log" in fifo.stderr
    link = logtail.run(str(log.directory / "link.log"))
    assert link.status == 1 and "link.log" in link.stderr
    entries.expect(10)


def test_a_log_replaced_by_a_link_is_not_followed(logtail, entries, log, tmp_path):
    running = logtail.start("--from-start")
    log.write(5)
    entries.wait_for(5)
    secret = tmp_path / "secret"
    secret.write_bytes(logs.line(666))
    log.path.unlink()
    log.path.symlink_to(secret)
    time.sleep(2.5)
    assert running.stop().status == 0
    entries.expect(5)


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone can become somebody else")
def test_a_file_that_may_not_be_read_says_how_to_mend_it(logtail, spool, entries, log):
    spool.give_to("postgres")
    log.write(5)
    closed = logs.Log(log.directory, "closed.log")
    closed.last = 5
    closed.write(5)
    closed.path.chmod(0o600)
    log.path.chmod(0o644)
    result = logtail.run("--once", "--from-start")
    assert "closed.log" in result.stderr and "ermission" in result.stderr
    entries.expect(5)
    closed.path.chmod(0o644)
    assert logtail.run("--once", "--from-start").status == 0
    entries.expect(10)


# Prefixes.

def test_a_wrong_prefix_is_said_loudly_and_everything_is_sent(logtail, entries, log):
    logtail.environment["BITVILLE_PG_LOG_LINE_PREFIX"] = "%t:%r:%u@%d:[%p]: "
    log.write(50)
    result = logtail.run("--once", "--from-start")
    assert result.status == 0
    said = [line for line in result.stderr.splitlines() if "log_line_prefix" in line]
    assert said and any("entry" in line and "50" in line for line in said), result.stderr
    found = entries.look().all()
    assert len(found) == 50 and {e["level"] for e in found} == {"UNPARSED"}
    assert found[0]["message"] == logs.line(1).decode().rstrip("\n")


@pytest.mark.parametrize("value", ["%m [%p] ", "'%m [%p] '", "auto", None, "%m [%p]"])
def test_a_prefix_as_people_write_it(logtail, entries, log, value):
    """The file's reader takes blanks off the end; quotes are postgresql.conf's."""
    del logtail.environment["BITVILLE_PG_LOG_LINE_PREFIX"]
    logtail.set(collection__log_line_prefix=value)
    log.write(50)
    result = logtail.run("--once", "--from-start")
    assert result.status == 0
    entries.expect(50)
    assert {(e["level"], e["pid"]) for e in entries.all()} == {("LOG", 4711)}


def test_a_prefix_on_the_command_line_wins(logtail, entries, log):
    logtail.environment["BITVILLE_PG_LOG_LINE_PREFIX"] = "%t:%r:%u@%d:[%p]: "
    log.write(5)
    assert logtail.run("--once", "--from-start", "--log-line-prefix", logs.PREFIX).status == 0
    entries.expect(5)


def test_a_format_on_the_command_line(logtail, entries, log_directory):
    (log_directory / "a.txt").write_bytes(b"".join(csv_line(n) for n in range(1, 6)))
    assert logtail.run("--format", "csvlog", str(log_directory / "a.txt")).status == 0
    entries.expect(5)


def test_a_prefix_changed_by_a_reload_of_the_server_is_recognised(logtail, entries, log):
    del logtail.environment["BITVILLE_PG_LOG_LINE_PREFIX"]
    log.write(200)
    for number in range(201, 401):
        log.write_bytes(("%s UTC [4711] app@shop LOG:  entry %d\n"
                         % (logs.stamp(number), number)).encode())
    log.last = 400
    assert logtail.run("--once", "--from-start").status == 0
    found = entries.look().all()
    assert len(found) == 400


# Forgery.

def test_a_forged_entry_is_suspect(logtail, entries, log_directory):
    """A user name with a newline in it, as FATAL quotes it and as %u prints it."""
    logtail.environment["BITVILLE_PG_LOG_LINE_PREFIX"] = "%m [%p] %q%u@%d "
    forged = "2026-01-02 03:04:05.678 UTC [4711] root@shop LOG:  all is well"
    data = ("2026-01-02 03:04:05.600 UTC [4711] app@shop LOG:  honest\n"
            "2026-01-02 03:04:05.678 UTC [4712] x\n" + forged + "\n"
            "@shop FATAL:  password authentication failed for user \"x\"\n"
            "2026-01-02 03:04:05.700 UTC [4711] app@shop LOG:  perhaps honest\n"
            "2026-01-02 03:04:05.700 UTC [4711] app@shop LOG:  honest again\n")
    found = read(logtail, entries, data)
    by_message = {e["message"]: e for e in found}
    assert by_message["all is well"]["suspect"] is True
    assert not by_message["honest"].get("suspect")
    assert not by_message["honest again"].get("suspect")


# Times.

@pytest.mark.parametrize("text, zone, want", [
    ("2026-01-02 03:04:05.678 UTC", None, "2026-01-02T03:04:05.678+00:00"),
    ("2026-07-02 03:04:05.678 CEST", "Europe/Berlin", "2026-07-02T03:04:05.678+02:00"),
    ("2026-01-02 03:04:05.678 +0530", None, "2026-01-02T03:04:05.678+05:30"),
    ("2026-01-02 03:04:05.678 -03", None, "2026-01-02T03:04:05.678-03:00"),
    ("2026-01-02 03:04:05.678 IST", None, "2026-01-02 03:04:05.678 IST"),
])
def test_a_time_is_iso_8601_or_what_the_log_says(logtail, entries, text, zone, want):
    found = read(logtail, entries, text + " [4711] LOG:  entry 1\n",
                 collection__log_timezone=zone)
    assert found[0]["timestamp"] == want
