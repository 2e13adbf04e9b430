/*
 * pg_locks: who waits for whom, who is at the root of it, and prepared transactions.
 *
 * Mostly nobody waits: the first query only counts, in one scan of the lock table, and the
 * second is asked when there is something to tell. It calls pg_lock_status() in the list of
 * what is selected, where its rows are not kept: a hundred thousand locks need no file.
 *
 * pg_blocking_pids() takes the lock manager's partitions at each call, and a queue of n
 * waiters has n²/2 pairs: it is asked of the longest waiters only, and of the head of each
 * queue (who wants the same lock in the same mode) that has none of them, so that every
 * chain is followed to its end. Pairs and roots come from the same calls of it.
 *
 * The blocker's mode is the one that conflicts with the waiter's: it holds it on the
 * waiter's object or, ahead in the queue, waits for it; of several the strongest that is
 * held. It is null where a parallel worker of the blocker holds it. A blocker with pid 0 is
 * a prepared transaction: its locks have no pid, and are found by what they conflict with;
 * they share a virtual transaction with its lock on its own transaction id.
 */
#include "lock_payload.h"
#include "source.h"

#define WAITERS_MAX 50
#define ASKED_MAX 70 /* with the heads of queues */
#define PAIRS_MAX 50
#define FREE_MAX 100 /* blockers that do not wait, those of most pairs first */
#define PREPARED_MAX 20
#define QUERY_BYTES (4 * LOCK_QUERY_MAX_CHARS + 1)

enum part { COUNTED, WAITS, PARTS };

#define LOCKS \
	"(SELECT (s.l).* FROM (SELECT pg_catalog.pg_lock_status() AS l OFFSET 0) AS s)"

/* PostgreSQL documentation, "Table-Level Locks", weakest first; for each mode the sum of
 * 1 << place of those it conflicts with. */
#define STRENGTH(mode)                                                               \
	"pg_catalog.array_position('{AccessShareLock,RowShareLock,RowExclusiveLock," \
	"ShareUpdateExclusiveLock,ShareLock,ShareRowExclusiveLock,ExclusiveLock,"    \
	"AccessExclusiveLock}'::text[], " mode ")"
#define CONFLICT(held, wanted)                                      \
	"(('{256,384,480,496,472,504,508,510}'::int4[])[" STRENGTH( \
		held) "] >> " STRENGTH(wanted) " & 1)"

/* The columns that together name what is locked. */
#define OBJECT(of)                                                                \
	of ".database, " of ".relation, " of ".page, " of ".tuple, " of           \
	   ".virtualxid, " of ".transactionid, " of ".classid, " of ".objid, " of \
	   ".objsubid"
#define SAME_OBJECT(one, other)  \
	one ".locktype = " other \
	    ".locktype AND (" OBJECT(one) ") IS NOT DISTINCT FROM (" OBJECT(other) ")"

#define QUERY(of) "pg_catalog.substr(pg_catalog.textsend(" of ".query), 1, %d)"
#define GID(of)                                                  \
	"(SELECT x.gid FROM pg_catalog.pg_prepared_xact() AS x " \
	"WHERE x.transaction::text::int8 = " of ".transaction)"

static const char counted_sql[] =
	"SELECT p.gid, p.prepared, pg_catalog.pg_get_userbyid(p.ownerid) AS owner, "
	"(SELECT d.datname FROM pg_catalog.pg_database d WHERE d.oid = p.dbid) AS database, "
	"p.transaction, pg_catalog.round(extract(epoch FROM pg_catalog.clock_timestamp() "
	"- p.prepared)::numeric, 3) AS age_s, pg_catalog.count(p.gid) OVER () AS _prepared, "
	"(SELECT pg_catalog.count(*) FROM " LOCKS
	" AS l WHERE NOT l.granted) AS _waiters "
	"FROM (SELECT 1) AS one LEFT JOIN pg_catalog.pg_prepared_xact() AS p ON true "
	"ORDER BY p.prepared, p.gid LIMIT %d";

#define QUEUE "pg_catalog.concat_ws(' ', l.mode, l.locktype, " OBJECT("l") ")"

static const char waiting_sql[] =
	"WITH waiting AS MATERIALIZED (SELECT w.*, pg_catalog.first_value(w.pid) "
	"OVER (PARTITION BY w.queue ORDER BY w.since, w.pid) AS head, "
	"pg_catalog.row_number() OVER (ORDER BY w.since, w.pid) AS place "
	"FROM (SELECT l.*, %s AS since, " QUEUE " COLLATE \"C\" AS queue "
	"FROM " LOCKS " AS l%s WHERE NOT l.granted) AS w), "
	"asked AS MATERIALIZED (SELECT w.*, pg_catalog.pg_blocking_pids(w.pid) AS pids "
	"FROM (SELECT * FROM waiting WHERE place <= %d OR pid = head "
	"ORDER BY place LIMIT %d) AS w), ";

#define SAME SAME_OBJECT("h", "w")
#define CONFLICTS CONFLICT("h.mode", "w.mode")
#define BY_STRENGTH STRENGTH("h.mode") " DESC"

static const char edges_sql[] =
	"unowned AS MATERIALIZED (SELECT l.* FROM " LOCKS " AS l WHERE l.pid IS NULL "
	"AND EXISTS (SELECT FROM asked WHERE 0 = ANY (pids))), "
	"prepared AS MATERIALIZED (SELECT DISTINCT ON (w.pid, x.transactionid::text) w.pid, "
	"x.transactionid::text::int8 AS transaction, h.mode FROM asked w "
	"JOIN unowned h ON " SAME " AND " CONFLICTS " = 1 "
	"JOIN unowned x ON x.virtualtransaction = h.virtualtransaction "
	"AND x.locktype = 'transactionid' WHERE 0 = ANY (w.pids) "
	"ORDER BY w.pid, x.transactionid::text, " BY_STRENGTH "), "
	"edges AS MATERIALIZED (SELECT DISTINCT a.place, a.pid, b.pid AS blocker, "
	"p.transaction, p.mode FROM asked a "
	"CROSS JOIN LATERAL pg_catalog.unnest(a.pids) AS b(pid) "
	"LEFT JOIN prepared p ON b.pid = 0 AND p.pid = a.pid), "
	"activity AS MATERIALIZED (SELECT pid, %s AS leader, usename, application_name, "
	"client_addr, state, query, xact_start, query_start, state_change, wait_event_type, "
	"wait_event FROM pg_catalog.pg_stat_activity WHERE pid IN "
	"(SELECT pid FROM waiting UNION ALL SELECT blocker FROM edges)), ";

#define BLOCKED_QUERY QUERY("a") " AS blocked_query, "
#define BLOCKING_QUERY QUERY("b") " AS blocking_query, "
#define BLOCKING_GID GID("m") " AS blocking_gid, "

static const char pairs_sql[] =
	"modes AS (SELECT DISTINCT ON (e.place, e.blocker, e.transaction) e.place, e.pid, "
	"e.blocker, e.transaction, w.locktype, w.mode, coalesce(e.mode, h.mode) AS held "
	"FROM (SELECT * FROM edges ORDER BY place, blocker, transaction LIMIT %d) AS e "
	"JOIN asked w ON w.pid = e.pid LEFT JOIN " LOCKS " AS h ON h.pid = e.blocker "
	"AND " SAME " AND h.mode <> 'SIReadLock' ORDER BY e.place, e.blocker, "
	"e.transaction, " CONFLICTS
	" DESC NULLS LAST, h.granted DESC NULLS LAST, " BY_STRENGTH " NULLS LAST), "
	"pairs AS (SELECT m.pid AS blocked_pid, a.usename AS blocked_user, "
	"a.application_name AS blocked_application, a.client_addr AS blocked_client_addr, " BLOCKED_QUERY
	"a.query_start AS blocked_query_start, "
	"m.blocker AS blocking_pid, b.usename AS blocking_user, "
	"b.application_name AS blocking_application, b.client_addr AS blocking_client_addr, " BLOCKING_QUERY
	"b.query_start AS blocking_query_start, m.locktype, "
	"m.mode AS blocked_mode, m.held AS blocking_mode, " BLOCKING_GID
	"m.place AS _place "
	"FROM modes m LEFT JOIN activity a ON a.pid = m.pid "
	"LEFT JOIN activity b ON b.pid = m.blocker), ";

#define ROOT_QUERY QUERY("a") " AS query, "
#define ROOT_GID GID("f") " AS gid, "

static const char roots_sql[] =
	"free AS (SELECT e.blocker AS pid, e.transaction, pg_catalog.count(*) AS pairs, "
	"pg_catalog.count(*) OVER () AS total FROM edges e WHERE e.blocker NOT IN "
	"(SELECT w.pid FROM waiting w UNION ALL SELECT a.leader FROM waiting w "
	"JOIN activity a ON a.pid = w.pid WHERE a.leader IS NOT NULL) "
	"GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT %d), "
	"roots AS (SELECT f.pid, a.usename, a.application_name, a.client_addr, a.state, " ROOT_QUERY
	"a.xact_start, a.query_start, a.state_change, a.wait_event_type, "
	"a.wait_event, " ROOT_GID "f.transaction AS _transaction, f.total AS _roots "
	"FROM free f LEFT JOIN activity a ON a.pid = f.pid) ";

/* One result of three parts, each with its own columns, null in the rows of the others. */
static const char select_sql[] =
	"SELECT p.*, r.*, w.* FROM pairs p FULL JOIN roots r ON false FULL JOIN "
	"(SELECT w.pid AS _pid, a.leader AS _leader, w.head AS _head, q.pids AS _blockers, "
	"(SELECT pg_catalog.array_agg(p.transaction) FROM prepared p WHERE p.pid = w.pid) "
	"AS _transactions, extract(epoch FROM pg_catalog.clock_timestamp() - w.since) "
	"AS _waited_s FROM waiting w LEFT JOIN asked q ON q.pid = w.pid "
	"LEFT JOIN activity a ON a.pid = w.pid) AS w ON false "
	"ORDER BY p._place, p.blocking_pid, p.blocking_gid";

/* Before 14 a wait is as old as its query at most. */
#define SINCE_QUERY "a.query_start"
#define JOIN_QUERY " LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid"

static bool compose(struct buf *sql, const struct source_context *context, unsigned part)
{
	const struct server *server = context->server;
	bool has_start = server_has_column(server, "pg_locks", "waitstart");

	if (part == COUNTED) {
		buf_addf(sql, counted_sql, PREPARED_MAX);
		return true;
	}
	if (lock_payload_waiters(context->first) == 0)
		return false;
	buf_addf(sql, waiting_sql, has_start ? "l.waitstart" : SINCE_QUERY,
		has_start ? "" : JOIN_QUERY, WAITERS_MAX, ASKED_MAX);
	buf_addf(sql, edges_sql,
		server_has_column(server, "pg_stat_activity", "leader_pid")
			? "leader_pid"
			: "NULL::int4");
	buf_addf(sql, pairs_sql, PAIRS_MAX, QUERY_BYTES, QUERY_BYTES);
	buf_addf(sql, roots_sql, FREE_MAX, QUERY_BYTES);
	buf_adds(sql, select_sql);
	return true;
}

/* Always sent: "could not be measured" is not "nothing". */
static int emit(const struct answer *answer, struct sink *sink, struct err *err)
{
	struct lock_payload payload;

	lock_payload_init(
		&payload, answer->rows[COUNTED], answer->rows[WAITS], answer->error);
	return sink_payload(sink, &answer->meta, LOCK_QUERY_MAX_CHARS, lock_payload_write,
		&payload, err);
}

const struct source source_locks = {
	.name = "pg_locks",
	.views = "pg_locks",
	.parts = PARTS,
	.compose = compose,
	.emit = emit,
};
