"""The views of cumulative counters: what SQL says of them, and what pg-collect should report."""

# Source → its members of data, each with the view it shows and what tells rows apart.
COUNTERS = {
    "pg_stat_database": {"databases": ("pg_stat_database", "datname")},
    "pg_stat_bgwriter": {"bgwriter": ("pg_stat_bgwriter", None),
                         "checkpointer": ("pg_stat_checkpointer", None)},
    "pg_stat_wal": {"wal": ("pg_stat_wal", None)},
    "pg_stat_io": {"io": ("pg_stat_io", ("backend_type", "object", "context"))},
    "pg_stat_archiver": {"archiver": ("pg_stat_archiver", None)},
}
LABELS = {"datid", "datname", "numbackends", "checksum_last_failure", "stats_reset",
          "backend_type", "object", "context", "op_bytes", "last_archived_wal",
          "last_archived_time", "last_failed_wal", "last_failed_time"}


def by_key(rows, key):
    names = (key,) if isinstance(key, str) else key or ()
    return {tuple(row[name] for name in names): row for row in rows}


def rows_of(session, view, key):
    """As SQL says it now; {} where there is no such view."""
    if session.value("SELECT to_regclass(%s)", ["pg_catalog." + view]) is None:
        return {}
    return by_key([row for (row,) in session.execute(
        "SELECT to_json(v) FROM pg_catalog.%s v" % view)], key)


def members_of(data, source):
    """(member, view, key, rows) of what a payload has."""
    for member, (view, key) in COUNTERS[source].items():
        if member in data:
            rows = data[member] if key else [data[member]]
            yield member, view, key, by_key(rows, key)


def counters_of(row):
    return {name for name in row if name not in LABELS | {"delta"}}


def check_counters(session, collect):
    """collect() is a run, as source → data. Returns that."""
    def look():
        return {view: rows_of(session, view, key)
                for members in COUNTERS.values() for view, key in members.values()}

    before = look()
    payloads = collect()
    after = look()
    shown = {view: rows for source in COUNTERS if source in payloads
             for _, view, _, rows in members_of(payloads[source], source)}
    assert set(shown) == {view for view, rows in before.items() if rows}
    for view, rows in shown.items():
        for key, row in rows.items():
            was = before[view].get(key, row)  # what had not happened yet is not sent
            will = after[view][key]
            assert set(row) - {"delta"} == set(will), view
            for name in counters_of(row):
                assert row[name] == will[name] or was[name] <= row[name] <= will[name], name
    return payloads
