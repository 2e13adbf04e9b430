/*
 * pg_stat_activity: the sessions that do something, newest query first.
 *
 * Where more match than are sent, the database chooses: the oldest transactions, then who
 * blocks without waiting itself, then the longest waiting and who blocks them, then by
 * age of the transaction. pg_blocking_pids() takes the lock manager's partitions at each
 * call: it is asked only then, and only of the longest waiters. The query's bytes may be
 * invalid in this database's encoding: they come as bytea, bounded.
 */
#include <string.h>

#include "correlation.h"
#include "source.h"

#define SESSIONS_MAX 100
#define OLDEST_KEPT 10
#define WAITERS_MAX 50
#define QUERY_MAX_CHARS 4000
#define SUBSETS_MAX 20

/* Those that not every version has. */
static const char columns[] = "datname, leader_pid, query_id::text AS query_id";

static const char sessions_sql[] =
	"WITH sessions AS MATERIALIZED (SELECT pid, usename, application_name, client_addr, "
	"client_port, backend_start, xact_start, query_start, state_change, wait_event_type, "
	"wait_event, state, pg_catalog.substr(pg_catalog.textsend(query), 1, %d) AS query, "
	"backend_type, %s, backend_xid, backend_xmin FROM pg_catalog.pg_stat_activity "
	"WHERE state <> 'idle' AND pid <> pg_catalog.pg_backend_pid()), "
	"total AS MATERIALIZED (SELECT pg_catalog.count(*) AS n FROM sessions), "
	"waiters AS MATERIALIZED (SELECT pid, pg_catalog.pg_blocking_pids(pid) AS blockers "
	"FROM (SELECT pid FROM sessions WHERE wait_event_type = 'Lock' "
	"AND (SELECT n FROM total) > %d ORDER BY query_start LIMIT %d) AS longest), "
	"blockers AS MATERIALIZED "
	"(SELECT DISTINCT pg_catalog.unnest(blockers) AS pid FROM waiters), ";

static const char rank_sql[] =
	"ranked AS (SELECT s.*, CASE "
	"WHEN pg_catalog.row_number() OVER (ORDER BY s.xact_start NULLS LAST) <= %d "
	"AND s.xact_start IS NOT NULL THEN 0 "
	"WHEN b.pid IS NOT NULL AND s.wait_event_type IS DISTINCT FROM 'Lock' THEN 1 "
	"WHEN s.wait_event_type = 'Lock' OR b.pid IS NOT NULL THEN 2 ELSE 3 END AS class "
	"FROM sessions s LEFT JOIN blockers b ON b.pid = s.pid), "
	"kept AS (SELECT * FROM ranked ORDER BY class, "
	"CASE class WHEN 2 THEN query_start ELSE xact_start END NULLS LAST, pid LIMIT %d) "
	"SELECT pid, usename, application_name, client_addr, client_port, backend_start, "
	"xact_start, query_start, state_change, wait_event_type, wait_event, state, query, "
	"backend_type, %s, backend_xid, backend_xmin, (SELECT n FROM total) AS _total "
	"FROM kept ORDER BY query_start DESC NULLS LAST, pid";

static bool compose(struct buf *sql, const struct source_context *context, unsigned part)
{
	struct buf some;
	bool good;

	(void)part;
	buf_init(&some, 1024);
	server_columns(&some, context->server, source_activity.name, "", columns);
	good = some.len > 0;
	if (good) {
		buf_addf(sql, sessions_sql, 4 * QUERY_MAX_CHARS + 1, some.data,
			SESSIONS_MAX, WAITERS_MAX);
		buf_addf(sql, rank_sql, OLDEST_KEPT, SESSIONS_MAX, some.data);
	}
	buf_release(&some);
	return good;
}

/* The sessions of one payload: all, or those of one correlation id. */
struct sessions {
	struct rows *rows;
	int count;
	char ids[SESSIONS_MAX][CORRELATION_ID_LEN + 1]; /* "" for none */
	bool blocked[SESSIONS_MAX];
	const char *only; /* NULL: all */
};

static void find_ids(struct sessions *sessions)
{
	int name = rows_column(sessions->rows, "application_name");
	int wait = rows_column(sessions->rows, "wait_event_type");

	for (int row = 0; row < sessions->count; row++) {
		const char *text = rows_text(sessions->rows, row, name);

		sessions->ids[row][0] = '\0';
		correlation_id_find(text, strlen(text), sessions->ids[row]);
		sessions->blocked[row] =
			strcmp(rows_text(sessions->rows, row, wait), "Lock") == 0;
	}
}

static void write_row(
	struct json *json, struct sessions *sessions, int row, size_t text_max)
{
	const char *id = sessions->ids[row];

	rows_object(json, sessions->rows, row, text_max);
	json_key(json, "correlation_id");
	json_string(json, *id ? id : NULL);
	json_end(json);
}

static void write_sessions(struct json *json, size_t text_max, void *context)
{
	struct sessions *sessions = context;
	int64_t count = 0, correlated = 0;

	json_key(json, "sessions");
	json_array(json);
	for (int row = 0; row < sessions->count; row++) {
		const char *id = sessions->ids[row];

		if (sessions->only && strcmp(id, sessions->only) != 0)
			continue;
		write_row(json, sessions, row, text_max);
		count++;
		correlated += *id != '\0';
	}
	json_end(json);
	json_key(json, "count");
	json_int(json, count);
	json_key(json, "total");
	if (sessions->only)
		json_int(json, count);
	else
		json_number_text(json, rows_text(sessions->rows, 0,
					       rows_column(sessions->rows, "_total")));
	json_key(json, "with_correlation");
	json_int(json, correlated);
	if (sessions->only) {
		json_key(json, "subset");
		json_bool(json, true);
	}
}

static bool is_listed(const char *const *ids, size_t count, const char *id)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(ids[i], id) == 0)
			return true;
	return false;
}

/* The ids that get a payload of their own: those that wait for a lock first. */
static size_t choose_ids(const struct sessions *sessions, const char *ret[SUBSETS_MAX])
{
	size_t count = 0;

	for (int pass = 0; pass < 2; pass++) {
		for (int row = 0; row < sessions->count && count < SUBSETS_MAX; row++) {
			const char *id = sessions->ids[row];

			if (*id && (pass == 1 || sessions->blocked[row]) &&
				!is_listed(ret, count, id))
				ret[count++] = id;
		}
	}
	return count;
}

static int emit(const struct answer *answer, struct sink *sink, struct err *err)
{
	struct sessions sessions = { .rows = answer->rows[0] };
	struct payload_meta meta = answer->meta;
	const char *ids[SUBSETS_MAX];
	size_t ids_count;

	if (!answer->rows[0] || PQntuples(answer->rows[0]->result) == 0)
		return 0;
	sessions.count = PQntuples(answer->rows[0]->result);
	if (sessions.count > SESSIONS_MAX)
		sessions.count = SESSIONS_MAX;
	find_ids(&sessions);
	if (sink_payload(sink, &meta, QUERY_MAX_CHARS, write_sessions, &sessions, err) <
		0)
		return -1;
	ids_count = choose_ids(&sessions, ids);
	for (size_t i = 0; i < ids_count; i++) {
		sessions.only = meta.correlation_id = ids[i];
		if (sink_payload(sink, &meta, QUERY_MAX_CHARS, write_sessions, &sessions,
			    err) < 0)
			return -1;
	}
	return 0;
}

const struct source source_activity = {
	.name = "pg_stat_activity",
	.views = "pg_stat_activity",
	.parts = 1,
	.compose = compose,
	.emit = emit,
};
