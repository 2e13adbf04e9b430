"""pg_stat_statements: which statements take the time, in any version and schema."""

import datetime
import json
import re
import time

import psycopg2
import pytest

from postgres import MONITOR


@pytest.fixture
def database(postgres):
    """A maker of databases; they are dropped at the end."""
    made = []

    def make(name, *statements, options=""):
        with postgres.session() as session:
            session.execute('CREATE DATABASE "%s" TEMPLATE template0 %s' % (name, options))
        made.append(name)
        with postgres.session(name) as session:
            for statement in statements:
                session.execute(statement)
        return name

    yield make
    with postgres.session() as session:
        for name in made:
            session.execute('DROP DATABASE "%s" WITH (FORCE)' % name)


@pytest.fixture
def fresh(postgres):
    """A session on a server whose statements were just forgotten."""
    with postgres.session() as session:
        session.execute("SELECT pg_stat_statements_reset()")
        yield session
        session.execute("SELECT pg_stat_statements_reset()")


def statements(collect, spool, status=0):
    result = collect.run("--source", "pg_stat_statements")
    assert result.status == status, result.stderr
    (name,) = spool.waiting()
    return spool.check(name)["data"]


def test_statements_have_the_views_own_columns_and_values(collect, spool, fresh):
    for _ in range(7):
        fresh.execute("SELECT 4711 AS e2e_marker")
    data = statements(collect, spool)
    (row,) = [s for s in data["statements"] if "e2e_marker" in s["query"]]
    names = [name for (name,) in fresh.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'pg_stat_statements'::regclass "
        "AND attnum > 0")]
    assert set(row) == {*names, "delta"}
    assert row["query"] == "SELECT $1 AS e2e_marker"
    assert (row["calls"], row["rows"], row["toplevel"]) == (7, 7, True)
    (queryid, total, wal_bytes) = fresh.execute(
        "SELECT queryid::text, total_exec_time, wal_bytes::text FROM pg_stat_statements "
        "WHERE query = %s", [row["query"]])[0]
    assert row["queryid"] == queryid and isinstance(row["queryid"], str)
    assert row["total_exec_time"] == pytest.approx(total)
    assert str(row["wal_bytes"]) == wal_bytes
    assert data["count"] == len(data["statements"])


def test_at_most_100_by_total_time(collect, spool, fresh):
    for n in range(1, 151):
        fresh.execute("SELECT " + "+".join("1" * n))
    fresh.execute("SELECT pg_sleep(0.2) AS the_slowest")
    data = statements(collect, spool)
    times = [s["total_exec_time"] for s in data["statements"]]
    assert len(times) == data["count"] == 100
    assert times == sorted(times, reverse=True)
    assert "the_slowest" in data["statements"][0]["query"]


def again(collect, spool, status=0):
    """The statements of one more run."""
    for path in spool.new.iterdir():
        path.unlink()
    return statements(collect, spool, status)


def test_what_was_added_since_the_last_run_comes_first(collect, spool, fresh):
    fresh.execute("SELECT pg_sleep(0.3) AS long_ago")
    for _ in range(3):
        fresh.execute("SELECT 1 AS e2e_delta")
    first = statements(collect, spool)
    assert "long_ago" in first["statements"][0]["query"]
    assert (first["since"], first["interval_s"], first["other"]) == (None, None, None)
    assert {s["delta"] for s in first["statements"]} == {None}

    for _ in range(5):
        fresh.execute("SELECT 1 AS e2e_delta")
    fresh.execute("SELECT pg_sleep(0.1), generate_series(1, 7) AS e2e_now")
    data = again(collect, spool)
    assert data["statements"][0]["delta"]["rows"] == 7
    by_query = {s["query"]: s for s in data["statements"]}
    old, same = (by_query["SELECT " + name] for name in (
        "pg_sleep($1) AS long_ago", "$1 AS e2e_delta"))
    assert (same["calls"], same["delta"]["calls"], same["delta"]["rows"]) == (8, 5, 5)
    assert 0 < same["delta"]["total_exec_time"] < same["total_exec_time"]
    assert old["delta"] == dict.fromkeys(old["delta"], 0)
    times = [(s["delta"]["total_exec_time"], s["total_exec_time"]) for s in data["statements"]]
    assert times == sorted(times, reverse=True)
    (now, reset) = fresh.execute(
        "SELECT now(), (SELECT stats_reset FROM pg_stat_statements_info)")[0]
    since = datetime.datetime.fromisoformat(data["since"])
    taken = since + datetime.timedelta(seconds=data["interval_s"])
    assert abs((now - taken).total_seconds()) < 60
    assert datetime.datetime.fromisoformat(data["stats_reset"]) == reset
    assert 0 < data["interval_s"] < 60
    assert data["other"] == dict.fromkeys(same["delta"], 0), "all of them were sent"


def test_what_is_not_sent_is_summed(collect, spool, fresh):
    statements(collect, spool)
    for n in range(1, 131):
        fresh.execute("SELECT " + "+".join("1" * n))
    data = again(collect, spool)
    assert data["count"] == 100 < data["total"]
    sent = sum(s["delta"]["calls"] for s in data["statements"])
    assert sent + data["other"]["calls"] >= 130 + 3, "and the agent's own"
    assert 30 <= data["other"]["calls"] <= data["total"] - 100 + 10


@pytest.mark.parametrize("reset", ["SELECT pg_stat_statements_reset()",
                                   "SELECT pg_stat_statements_reset(0, 0, queryid) FROM "
                                   "pg_stat_statements WHERE query LIKE '%%e2e_reset'"])
def test_after_a_reset_all_there_is_was_added(collect, spool, fresh, reset):
    for _ in range(9):
        fresh.execute("SELECT 1 AS e2e_reset")
    statements(collect, spool)
    fresh.execute(reset.replace("%%", "%"))
    for _ in range(2):
        fresh.execute("SELECT 1 AS e2e_reset")
    data = again(collect, spool)
    (queryid,) = fresh.execute("SELECT queryid::text FROM pg_stat_statements "
                               "WHERE query = 'SELECT $1 AS e2e_reset'")[0]
    (row,) = [s for s in data["statements"] if s["queryid"] == queryid]
    assert (row["calls"], row["delta"]["calls"]) == (2, 2)


def calls_of(session, text):
    """How often the agent's role ran a statement."""
    return session.execute(
        "SELECT coalesce(sum(calls), 0)::int FROM pg_stat_statements WHERE query LIKE %s "
        "AND userid = %s::regrole", [text, MONITOR])[0][0]


def test_texts_are_read_once_and_kept(collect, spool, fresh):
    """Its own statements are new to the second run, and to the third the question for texts."""
    fresh.execute("SELECT 1 AS e2e_kept")
    calls = []
    for _ in range(6):
        data = again(collect, spool)
        assert "SELECT $1 AS e2e_kept" in {s["query"] for s in data["statements"]}
        calls.append(calls_of(fresh, "%left(query%"))
        time.sleep(0.5)  # more than a hundred times what a fetch takes
    assert calls[-1] == calls[-2] == calls[-3] <= 4, calls


def test_texts_come_when_it_is_time_again(collect, spool, fresh):
    statements(collect, spool)
    fresh.execute("SELECT pg_sleep(0.2) AS e2e_later")
    state_path = spool.state / "pg-collect.json"
    state = json.loads(state_path.read_text())
    assert 0 < state["texts"]["next"] < time.time() + 100
    for due_s, want in ((1000, None), (-1, "SELECT pg_sleep($1) AS e2e_later")):
        state["texts"]["next"] = time.time() + due_s
        state_path.write_text(json.dumps(state))
        (row,) = [s for s in again(collect, spool)["statements"]
                  if s["total_exec_time"] > 190 and s["userid"] == 10]
        assert row["query"] == want
        state = json.loads(state_path.read_text())


def test_a_server_that_is_known_is_not_discovered_again(collect, spool, fresh):
    for _ in range(3):
        again(collect, spool)
    assert calls_of(fresh, "%pg_extension%") == 1


@pytest.mark.parametrize("change", [
    "ALTER EXTENSION pg_stat_statements UPDATE TO '1.10'",
    "DROP EXTENSION pg_stat_statements; CREATE EXTENSION pg_stat_statements SCHEMA elsewhere",
    "DROP EXTENSION pg_stat_statements; CREATE EXTENSION pg_stat_statements VERSION '1.7'"])
def test_an_extension_that_was_altered_is_found(collect, spool, database, postgres, change):
    name = database("e2e_altered", "CREATE EXTENSION pg_stat_statements VERSION '1.8'",
                    "CREATE SCHEMA elsewhere", "GRANT USAGE ON SCHEMA elsewhere TO PUBLIC")
    collect.set(database__name=name)
    assert statements(collect, spool)["count"] > 0
    with postgres.session(name) as session:
        for statement in change.split("; "):
            session.execute(statement)
    assert again(collect, spool)["count"] > 0


def test_columns_that_are_gone_cost_one_run_their_values(collect, spool, database, postgres):
    """The counters are there in both versions, the columns asked for after them are not."""
    name = database("e2e_gone", "CREATE EXTENSION pg_stat_statements VERSION '1.10'")
    collect.set(database__name=name)
    assert "jit_functions" in statements(collect, spool)["statements"][0]
    with postgres.session(name) as session:
        session.execute("DROP EXTENSION pg_stat_statements")
        session.execute("CREATE EXTENSION pg_stat_statements VERSION '1.9'")
    assert again(collect, spool, status=1)["count"] > 0
    row = again(collect, spool)["statements"][0]
    assert "blk_read_time" in row and "jit_functions" not in row


def test_a_privilege_that_was_taken_away_is_noticed(collect, spool, postgres, database):
    collect.set(database__name=database("e2e_grants", "CREATE EXTENSION pg_stat_statements"))
    statements(collect, spool)
    with postgres.session() as session:
        session.execute("REVOKE pg_read_all_stats FROM " + MONITOR)
        try:
            result = collect.run("--source", "pg_locks, pg_stat_statements")
        finally:
            session.execute("GRANT pg_read_all_stats TO " + MONITOR)
    assert result.status == 1
    assert "GRANT pg_read_all_stats TO" in result.stderr
    (locks,) = spool.payloads("pg_locks")
    assert locks["data"]["has_blocking"] is None


def test_over_the_budget_texts_are_left_out(collect, spool, fresh):
    collect.set(collection__budget_ms=1)
    data = statements(collect, spool)
    assert data["count"] > 0
    assert {s["query"] for s in data["statements"]} == {None}
    collect.set(collection__budget_ms=30000)
    assert None not in {s["query"] for s in again(collect, spool)["statements"]}


def test_texts_are_cut_at_1000_characters(collect, spool, fresh):
    comments = " ".join("/* %s */" % ("ü" * 40) for _ in range(60))
    fresh.execute("SELECT pg_sleep(0.05) %s AS slow" % comments)
    data = statements(collect, spool)
    (row,) = [s for s in data["statements"] if "üüü" in (s["query"] or "")]
    assert row["query"].endswith("...[truncated]")
    assert len(row["query"]) == 1000 + len("...[truncated]")


def test_texts_are_cut_by_characters_in_a_database_without_an_encoding(
        collect, spool, database, fresh):
    name = database("e2e_ascii", "CREATE EXTENSION pg_stat_statements",
                    options="ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'")
    short, long = ("SELECT pg_sleep(%s) /* %s */" % (seconds, "ü" * count)
                   for seconds, count in (("$1", 700), ("$1) AS a, pg_sleep($2", 1500)))
    for text in (short, long):
        fresh.execute(text.replace("$1", "0.05").replace("$2", "0.05"))
    texts = {s["query"] for s in statements(
        collect.set(database__name=name), spool)["statements"]}
    assert short in texts
    assert long[:1000] + "...[truncated]" in texts


@pytest.mark.parametrize("version", ["1.7", "1.8", "1.9", "1.10"])
def test_each_version_of_the_extension_is_read(collect, spool, database, postgres, version):
    name = database("e2e_version", "CREATE EXTENSION pg_stat_statements VERSION '%s'" % version)
    with postgres.session(name) as session:
        session.execute("SELECT 1 AS of_this_version")
        columns = [c for (c,) in session.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = "
            "'pg_stat_statements'::regclass AND attnum > 0")]
    collect.set(database__name=name)
    data = statements(collect, spool)
    assert data["count"] > 0
    assert set(data["statements"][0]) == {*columns, "delta"}


def test_the_extension_may_live_in_any_schema(collect, spool, database, postgres):
    name = database("e2e_schema", 'CREATE SCHEMA "We""ird schema"',
                    'CREATE EXTENSION pg_stat_statements SCHEMA "We""ird schema"',
                    'GRANT USAGE ON SCHEMA "We""ird schema" TO ' + MONITOR)
    collect.set(database__name=name)
    assert statements(collect, spool)["count"] > 0


def test_a_function_of_the_same_name_in_front_is_not_called(
        collect, spool, database, postgres):
    """Whoever may create in public must not get run by the agent's role."""
    name = database(
        "e2e_trap", "CREATE SCHEMA ext", "CREATE EXTENSION pg_stat_statements SCHEMA ext",
        "GRANT USAGE ON SCHEMA ext TO " + MONITOR, "CREATE TABLE public.trapped (a int)",
        "GRANT INSERT ON public.trapped TO PUBLIC",
        "CREATE FUNCTION public.pg_stat_statements(boolean) RETURNS int LANGUAGE sql AS "
        "'INSERT INTO public.trapped VALUES (1) RETURNING a'",
        "CREATE FUNCTION public.left(text, int) RETURNS text LANGUAGE sql AS "
        "'INSERT INTO public.trapped VALUES (2) RETURNING a::text'")
    collect.set(database__name=name)
    assert statements(collect, spool)["count"] > 0
    with postgres.session(name) as session:
        assert session.execute("SELECT * FROM public.trapped") == []


OPERATORS = [("=", "integer", "integer"), ("<>", "text", "text"), ("=", "text", "text"),
             (">", "bigint", "integer"), ("<=", "bigint", "integer"), ("=", "oid", "oid")]


def test_operators_in_front_of_the_catalogs_are_not_called(
        collect, spool, database, sessions):
    """The owner of a database may set search_path for everybody who connects to it."""
    statements = ["CREATE EXTENSION pg_stat_statements"]
    for n, (operator, left, right) in enumerate(OPERATORS):
        statements.append(
            "CREATE FUNCTION public.trap_%d(%s, %s) RETURNS boolean LANGUAGE plpgsql AS "
            "'BEGIN RAISE EXCEPTION ''trapped''; END'" % (n, left, right))
        statements.append(
            "CREATE OPERATOR public.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = public.trap_%d)"
            % (operator, left, right, n))
    name = database("e2e_operators", *statements,
                    "ALTER DATABASE e2e_operators SET search_path = public, pg_catalog")
    sessions.idle_in_transaction(3)
    result = collect.set(database__name=name).run()
    assert result.status == 0, result.stderr
    assert len(spool.payloads()) == 4


def test_without_the_extension_the_others_are_sent_and_the_mend_is_said(
        collect, spool, database, sessions):
    name = database("e2e_bare")
    sessions.idle_in_transaction(2)
    result = collect.set(database__name=name).run()
    assert result.status == 1
    assert "CREATE EXTENSION pg_stat_statements" in result.stderr
    assert {p["source"] for p in spool.payloads()} \
        == {"pg_stat_activity", "pg_locks", "system_metrics"}


def test_a_source_that_fails_between_two_costs_itself_only(
        collect, spool, database, sessions):
    name = database("e2e_revoked", "CREATE EXTENSION pg_stat_statements",
                    "REVOKE ALL ON pg_stat_statements FROM PUBLIC",
                    "REVOKE ALL ON FUNCTION pg_stat_statements(boolean) FROM PUBLIC")
    sessions.idle_in_transaction(2)
    result = collect.set(database__name=name).run()
    assert result.status == 1
    assert "pg_stat_statements" in result.stderr and "GRANT" in result.stderr
    assert len([line for line in result.stderr.splitlines() if line]) == 1, result.stderr
    (locks,) = spool.payloads("pg_locks")
    assert locks["data"]["has_blocking"] is False
    assert spool.payloads("pg_stat_activity") and not spool.payloads("pg_stat_statements")
    for path in spool.new.iterdir():
        path.unlink()
    collect.run()
    (metrics,) = spool.payloads("system_metrics")
    last = metrics["data"]["collection"]
    assert last["pg_stat_statements"]["ok"] is False
    assert "permission denied" in last["pg_stat_statements"]["error"]
    for source in ("pg_stat_activity", "pg_locks", "system_metrics"):
        assert last[source]["ok"] is True and last[source]["error"] is None
        assert last[source]["ms"] >= 0


@pytest.fixture
def sql_ascii(database, postgres):
    """A session whose texts are any bytes."""
    name = database("e2e_bytes", options="ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'")
    connection = postgres.connect(name, client_encoding="SQL_ASCII")
    yield connection
    connection.close()


def test_one_entry_of_invalid_bytes_does_not_hide_the_rest(
        collect, spool, fresh, sql_ascii):
    with sql_ascii.cursor() as cursor:
        cursor.execute(b"SELECT 1 AS \"\xff\xfe\xc3\"")
    with pytest.raises(psycopg2.Error):  # this is the trap
        fresh.execute("SELECT query FROM pg_stat_statements")
    result = collect.run("--source", "pg_stat_statements")
    (name,) = spool.waiting()
    data = spool.check(name)["data"]
    assert data["count"] > 0 and all("calls" in s for s in data["statements"])
    assert result.status in (0, 1) and (result.status == 0 or "encoding" in result.stderr)


def test_a_session_with_invalid_bytes_becomes_valid_utf_8(collect, spool, sql_ascii):
    with sql_ascii.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(b"SELECT 'a\xffb\xc3(\xed\xa0\x80\xf5' AS x")
    assert collect.run().status in (0, 1)
    (payload,) = spool.payloads("pg_stat_activity")
    for name in spool.waiting():
        spool.check(name)
    (row,) = [s for s in payload["data"]["sessions"] if s["datname"] == "e2e_bytes"]
    assert re.fullmatch("SELECT 'a\ufffdb\ufffd\\(\ufffd+' AS x", row["query"])


@pytest.mark.parametrize("encoding, locale, text", [
    ("LATIN1", "C", "SELECT 'Grüße' AS x"), ("EUC_JP", "C", "SELECT '日本' AS x")])
def test_other_encodings_never_break_a_payload(
        collect, spool, database, postgres, encoding, locale, text):
    name = database("e2e_encoding", "CREATE EXTENSION pg_stat_statements",
                    options="ENCODING '%s' LC_COLLATE '%s' LC_CTYPE '%s'"
                    % (encoding, locale, locale))
    with postgres.session(name, client_encoding="UTF8") as session:
        session.execute("BEGIN")
        session.execute(text)
        for database_name in (name, "postgres"):
            collect.set(database__name=database_name).run("--source", "pg_stat_activity")
    assert len(spool.waiting()) == 2
    for waiting in spool.waiting():
        assert spool.check(waiting)["data"]["count"] >= 1


PASSWORDS = [
    "CREATE ROLE e2e_p LOGIN PASSWORD '{}'",
    "ALTER ROLE e2e_p PASSWORD '{}'",
    "alter user e2e_p with encrypted password '{}'",
    "ALTER ROLE e2e_p PASSWORD E'\\'{}'",
    "ALTER ROLE e2e_p PASSWORD $x${}$x$",
    "ALTER ROLE e2e_p /* PASSWORD */ PASSWORD\n-- c\n'{}'",
    "ALTER ROLE e2e_p PASSWORD U&'\\0061{}'",
    "DO $do$ BEGIN EXECUTE 'ALTER ROLE e2e_p PASSWORD ''{}'''; END $do$",
    "DROP ROLE e2e_p /* postgresql://u:{}@host/db */",
    "SELECT 1 /* host=x password={} */ AS e2e_last",
]


def test_passwords_in_statements_are_masked(collect, spool, fresh):
    markers = []
    for n, sql in enumerate(PASSWORDS):
        markers.append("mArKeR%02dpAsSwOrD" % n)
        fresh.execute(sql.format(markers[-1]))
    stored = " ".join(query for (query,) in fresh.execute(
        "SELECT query FROM pg_stat_statements"))
    assert sum(marker in stored for marker in markers) >= len(markers) - 2, "the server hides them"
    for mode in ("none", "literals", "statements"):
        result = collect.set(collection__redact=mode).run()
        printed = collect.run("--print")
        text = result.output + printed.output + "".join(
            spool.content(name).decode() for name in spool.waiting())
        shown = [marker for marker in markers if marker in text]
        assert shown == [], mode
    assert "e2e_p" in text or mode == "statements"


def test_a_run_that_could_not_ask_loses_nothing_of_what_was_added(collect, spool, fresh):
    """The next run that can tells of both intervals."""
    fresh.execute("SELECT 1 AS e2e_between")
    statements(collect, spool)
    for _ in range(3):
        fresh.execute("SELECT 1 AS e2e_between")
    fresh.execute("REVOKE ALL ON FUNCTION pg_stat_statements(boolean) FROM PUBLIC")
    try:
        result = collect.run("--source", "pg_stat_statements")
    finally:
        fresh.execute("GRANT EXECUTE ON FUNCTION pg_stat_statements(boolean) TO PUBLIC")
    assert result.status == 1
    for _ in range(2):
        fresh.execute("SELECT 1 AS e2e_between")
    data = again(collect, spool)
    (row,) = [s for s in data["statements"] if s["query"] == "SELECT $1 AS e2e_between"]
    assert (row["calls"], row["delta"]["calls"]) == (6, 5)


def test_the_next_run_tells_what_the_visit_cost(collect, spool, fresh):
    visits = []
    for _ in range(4):
        assert collect.run().status == 0
        (metrics,) = spool.payloads("system_metrics")
        visits.append(metrics["data"]["visit"])
        for path in spool.new.iterdir():
            path.unlink()
    assert visits[0] is None
    assert [visit["round_trips"] for visit in visits[1:]] == [3, 2, 2], "discovery comes first"
    for visit in visits[1:]:
        assert 0 < visit["connect_ms"] < visit["ms"] < 60000
        assert 1000 < visit["sent_bytes"] < 100000
        assert 1000 < visit["received_bytes"] < 10**6
    assert visits[1]["calls"] is None and visits[1]["total_exec_time"] is None
    assert visits[3]["calls"] > 5, "its own statements, twice each"
    assert 0 < visits[3]["total_exec_time"] < 1000 * 60
    fresh.execute("SELECT 1")
    assert collect.run("--source", "system_metrics").status == 0
    assert collect.run("--source", "system_metrics").status == 0
    assert spool.payloads("system_metrics")[-1]["data"]["visit"] is None
