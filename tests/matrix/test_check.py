"""--test knows what each server has and lacks."""

import re

from postgres import PLAIN, PLAIN_PASSWORD
from test_sources import ALL

NEW_SOURCES = {"pg_stat_wal": 140000, "pg_stat_io": 160000}


def test_nothing_fails_and_what_is_missing_is_known(server, picture):
    result, said = server.test(",".join([ALL, "pg_stat_bgwriter", *NEW_SOURCES]))
    assert (result.status, result.stderr) == (0, ""), result.stdout
    missing = [name for name, since in NEW_SOURCES.items() if server.version < since]
    expected = ["log: says less than it could"]
    if server.version >= 160000:
        expected.insert(0, "role bitville_monitor: may not use the connections")
    if missing:
        expected.append("sources: this server has no %s: not sent" % ", ".join(missing))
    assert [line[6:6 + len(want)] for line, want in zip(said, expected)] == expected
    assert len(said) == len(expected), result.stdout
    entries = re.search(r"ok    pg_stat_statements: (\d+) entries, version (\S+)", result.stdout)
    assert int(entries[1]) > 0 and entries[2] == server.value(
        "SELECT extversion FROM pg_extension WHERE extname = 'pg_stat_statements'")
    assert (", a standby" in result.stdout) is server.is_standby


def test_what_a_role_of_no_rights_lacks_is_granted_where_that_can_be(server, picture):
    result, said = server.test(ALL, user=PLAIN, password=PLAIN_PASSWORD)
    assert result.status == 1
    assert [line for line in said if line.startswith("FAIL")] == [
        "FAIL  privileges: role %s is not a member of pg_read_all_stats, so that other sessions' "
        "data is hidden" % PLAIN]
    grant = "GRANT pg_read_all_stats TO %s;" % PLAIN
    before = "-- on the primary:\n            " if server.is_standby else ""
    assert "mend: %s%s\n" % (before, grant) in result.stdout


def test_an_extension_that_is_elsewhere_is_found(server, picture):
    server.write('CREATE DATABASE "matrix bare" TEMPLATE template0')
    result, said = server.test(ALL, dbname="matrix bare")
    assert result.status == 1
    assert said[-1].startswith('FAIL  pg_stat_statements: is not installed in database '
                               '"matrix bare", but in database ')
    assert "[database]\n            name = " in result.stdout
