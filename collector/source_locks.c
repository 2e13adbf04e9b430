/*
 * pg_locks: who waits for whom, as pairs, longest waiter first.
 *
 * pg_blocking_pids() takes the lock manager's partitions at each call, and a queue of n
 * waiters has n²/2 pairs: both are asked of the longest waiters only. pg_locks is read
 * once. The blocker's mode is the one that conflicts with the waiter's: it holds it on the
 * waiter's object or, ahead in the queue, waits for it; of several the strongest that is
 * held. It is null where a parallel worker of the blocker holds it. A blocker with pid 0
 * is a prepared transaction.
 */
#include "source.h"

#define WAITERS_MAX 50
#define PAIRS_MAX 50
#define QUERY_MAX_CHARS 500

/* PostgreSQL documentation, "Table-Level Locks", weakest first; for each mode the sum of
 * 1 << place of those it conflicts with. */
#define MODES                                                                                 \
	"'{AccessShareLock,RowShareLock,RowExclusiveLock,ShareUpdateExclusiveLock,ShareLock," \
	"ShareRowExclusiveLock,ExclusiveLock,AccessExclusiveLock}'::text[]"
#define CONFLICTS "'{256,384,480,496,472,504,508,510}'::int4[]"

static const char pairs_sql[] =
	"WITH locks AS MATERIALIZED (SELECT * FROM pg_catalog.pg_locks), "
	"activity AS MATERIALIZED (SELECT pid, usename, application_name, client_addr, "
	"pg_catalog.substr(pg_catalog.textsend(query), 1, %d) AS query, query_start "
	"FROM pg_catalog.pg_stat_activity), "
	"waiters AS MATERIALIZED (SELECT l.*, %s AS since FROM locks l "
	"LEFT JOIN activity a ON a.pid = l.pid WHERE NOT l.granted "
	"ORDER BY since NULLS LAST, l.pid LIMIT %d), "
	"pairs AS MATERIALIZED (SELECT w.*, b.pid AS blocker FROM waiters w CROSS JOIN LATERAL "
	"(SELECT DISTINCT pg_catalog.unnest(pg_catalog.pg_blocking_pids(w.pid)) AS pid) AS b "
	"ORDER BY w.since NULLS LAST, w.pid, b.pid LIMIT %d), "
	"modes AS MATERIALIZED (SELECT DISTINCT ON (p.pid, p.blocker) p.*, h.mode AS held "
	"FROM pairs p LEFT JOIN locks h ON coalesce(h.pid, 0) = p.blocker "
	"AND h.locktype = p.locktype AND (h.database, h.relation, h.page, h.tuple, h.virtualxid, "
	"h.transactionid, h.classid, h.objid, h.objsubid) IS NOT DISTINCT FROM "
	"(p.database, p.relation, p.page, p.tuple, p.virtualxid, p.transactionid, p.classid, "
	"p.objid, p.objsubid) AND h.mode <> 'SIReadLock' ORDER BY p.pid, p.blocker, "
	"(" CONFLICTS ")[pg_catalog.array_position(" MODES ", h.mode)] "
	">> pg_catalog.array_position(" MODES ", p.mode) & 1 DESC NULLS LAST, "
	"h.granted DESC NULLS LAST, "
	"pg_catalog.array_position(" MODES ", h.mode) DESC NULLS LAST) ";

static const char select_sql[] =
	"SELECT m.pid AS blocked_pid, w.usename AS blocked_user, "
	"w.application_name AS blocked_application, w.client_addr AS blocked_client_addr, "
	"w.query AS blocked_query, w.query_start AS blocked_query_start, "
	"m.blocker AS blocking_pid, b.usename AS blocking_user, "
	"b.application_name AS blocking_application, b.client_addr AS blocking_client_addr, "
	"b.query AS blocking_query, b.query_start AS blocking_query_start, "
	"m.locktype, m.mode AS blocked_mode, m.held AS blocking_mode "
	"FROM modes m LEFT JOIN activity w ON w.pid = m.pid "
	"LEFT JOIN activity b ON b.pid = m.blocker "
	"ORDER BY m.since NULLS LAST, m.pid, m.blocker";

static bool compose(struct buf *sql, const struct source_context *context, unsigned part)
{
	(void)part;
	buf_addf(sql, pairs_sql, 4 * QUERY_MAX_CHARS + 1,
		server_has_column(context->server, "pg_locks", "waitstart")
			? "coalesce(l.waitstart, a.query_start)"
			: "a.query_start",
		WAITERS_MAX, PAIRS_MAX);
	buf_adds(sql, select_sql);
	return true;
}

static void write_locks(struct json *json, size_t text_max, void *context)
{
	const struct answer *answer = context;
	int count = answer->rows[0] ? PQntuples(answer->rows[0]->result) : 0;

	json_key(json, "locks");
	json_array(json);
	for (int row = 0; row < count; row++) {
		rows_object(json, answer->rows[0], row, text_max);
		json_end(json);
	}
	json_end(json);
	json_key(json, "count");
	json_int(json, count);
	json_key(json, "has_blocking");
	if (answer->rows[0])
		json_bool(json, count > 0);
	else
		json_null(json);
	if (answer->error) {
		json_key(json, "error");
		json_string(json, answer->error);
	}
}

/* Always sent: "could not be measured" is not "nothing". */
static int emit(const struct answer *answer, struct sink *sink, struct err *err)
{
	struct answer copy = *answer;

	return sink_payload(
		sink, &answer->meta, QUERY_MAX_CHARS, write_locks, &copy, err);
}

const struct source source_locks = {
	.name = "pg_locks",
	.views = "pg_locks",
	.parts = 1,
	.compose = compose,
	.emit = emit,
};
