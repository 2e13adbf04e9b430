"""postgres-agent-spool(5) also where the server has what PostgreSQL 15 has not, or is a standby."""

import pytest
import spool_page

PAGE = spool_page.read_page()
EXAMPLE_OF = {"pg_stat_io": "18"}  # whose columns its example has


@pytest.mark.servers("17", "18", "standby")
def test_a_source_sends_what_the_page_says(server, picture):
    report = server.collect("pg_stat_bgwriter,pg_stat_io,pg_stat_replication")
    assert (report.status, report.stderr) == (0, "")
    data = {payload["source"]: payload["data"] for payload in report.payloads}
    assert set(data) == {"pg_stat_bgwriter", "pg_stat_replication"} | (
        set() if server.is_standby else {"pg_stat_io"})
    if server.is_standby:
        assert data["pg_stat_replication"]["standby"]["replay_lsn"]
    for source, one in data.items():
        assert spool_page.compare(
            PAGE[source], [one], server.name == EXAMPLE_OF.get(source)) == []
