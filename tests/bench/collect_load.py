"""What a server has to show pg-collect: thousands of statements, sessions that wait."""

TABLES, COLUMNS = 50, 100  # a statement for each column
IDLERS = 89

# What a collector asks that nobody thought about: texts with every read, and the lock join
# that everybody knows, of each lock that waits with all that stand in its way.
NAIVE = [
    "SELECT pid, usename, application_name, client_addr, client_port, backend_start, xact_start, "
    "query_start, state_change, wait_event_type, wait_event, state, left(query, 4000), "
    "backend_type FROM pg_stat_activity WHERE state <> 'idle' AND pid <> pg_backend_pid() "
    "ORDER BY query_start DESC LIMIT 100",
    "SELECT *, left(query, 1000) FROM pg_stat_statements ORDER BY total_exec_time DESC LIMIT 100",
    "SELECT w.pid, wa.usename, left(wa.query, 500), b.pid, ba.usename, left(ba.query, 500), "
    "w.locktype, w.mode, b.mode FROM pg_locks w JOIN pg_stat_activity wa ON wa.pid = w.pid "
    "JOIN pg_locks b ON b.pid <> w.pid AND b.locktype = w.locktype AND "
    + " AND ".join("b.%s IS NOT DISTINCT FROM w.%s" % (name, name) for name in (
        "database", "relation", "page", "tuple", "virtualxid", "transactionid", "classid",
        "objid", "objsubid"))
    + " JOIN pg_stat_activity ba ON ba.pid = b.pid WHERE NOT w.granted",
]


def make_statements(session, text_bytes=0):
    """Some thousands of distinct statements; text_bytes more to each than the usual hundreds."""
    columns = ["c%d" % n for n in range(COLUMNS)]
    padding = "x" * text_bytes
    for table_number in range(TABLES):
        name = "orders_%d" % table_number
        session.execute("CREATE TABLE %s (%s)" % (
            name, ", ".join(column + " integer" for column in columns)))
        for number, column in enumerate(columns):
            session.execute(
                "SELECT count(*), sum(%s) AS total, min(%s) AS least, max(%s) AS most FROM %s "
                "WHERE %s BETWEEN 1 AND 1000 AND c0 <> 17 AND c1 IN (1, 2, 3, 5, 8, 13, 21) "
                "GROUP BY c2, c3 HAVING count(*) > 10 ORDER BY total DESC NULLS LAST, c2, c3 "
                "LIMIT 50 /* controller: orders, action: report, job: nightly, line: %d %s */"
                % (column, column, column, name, column, number, padding))


def make_sessions(sessions, waiters):
    """One session that blocks some, and many that stand about in transactions."""
    holder = sessions.add("bench holder")
    holder.execute("CREATE TABLE stock (article integer PRIMARY KEY, quantity integer)")
    holder.execute("INSERT INTO stock VALUES (1, 100)")
    holder.execute("BEGIN")
    holder.execute("UPDATE stock SET quantity = quantity - 1 WHERE article = 1")
    for number in range(waiters):
        sessions.add("bench waiter %d" % number).run(
            "UPDATE stock SET quantity = quantity - 1 WHERE article = 1")
    sessions.wait_for_lock(waiters)
    sessions.idle_in_transaction(IDLERS)
