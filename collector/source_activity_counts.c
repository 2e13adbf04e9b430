/*
 * pg_stat_activity_counts: the client connections, idle ones too, as counts by database,
 * user and state, beside how many there may be: so that "out of connections" is seen
 * coming. Our own connection is one of them.
 */
#include "source.h"

#define GROUPS_MAX 200

/* state is null where track_activities is off. */
static const char counts_sql[] =
	"SELECT datname, usename, state, pg_catalog.count(*) AS count, "
	"pg_catalog.min(state_change) AS oldest_state_change, "
	"pg_catalog.count(*) OVER () AS _total, "
	"pg_catalog.sum(pg_catalog.count(*)) OVER () AS _connections, "
	"pg_catalog.current_setting('max_connections')::int4 AS _max_connections, "
	"pg_catalog.current_setting('superuser_reserved_connections')::int4 "
	"AS _superuser_reserved_connections, "
	"pg_catalog.current_setting('reserved_connections', true)::int4 "
	"AS _reserved_connections "
	"FROM pg_catalog.pg_stat_activity WHERE backend_type = 'client backend' "
	"GROUP BY datname, usename, state "
	"ORDER BY count DESC, datname, usename, state LIMIT %d";

static bool compose(struct buf *sql, const struct source_context *context, unsigned part)
{
	(void)context;
	(void)part;
	buf_addf(sql, counts_sql, GROUPS_MAX);
	return true;
}

/* The connections of those groups that are not listed. */
static void write_other(struct json *json, const struct rows *rows)
{
	double other = rows_number(rows, 0, rows_column(rows, "_connections"));
	int count = rows_column(rows, "count");

	for (int row = 0; row < PQntuples(rows->result); row++)
		other -= rows_number(rows, row, count);
	json_key(json, "other");
	json_decimal(json, other, 0);
}

static void write_counts(struct json *json, size_t text_max, void *context)
{
	static const char *const members[] = { "_connections", "_max_connections",
		"_superuser_reserved_connections", "_reserved_connections" };
	struct rows *rows = ((const struct answer *)context)->rows[0];

	rows_list(json, "counts", rows, text_max);
	rows_counts(json, "", rows);
	write_other(json, rows);
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		rows_member(json, rows, 0, members[i], text_max);
}

static int emit(const struct answer *answer, struct sink *sink, struct err *err)
{
	struct answer copy = *answer;

	if (!answer->rows[0] || PQntuples(answer->rows[0]->result) == 0)
		return 0;
	return sink_payload(sink, &answer->meta, JSON_NO_LIMIT, write_counts, &copy, err);
}

const struct source source_activity_counts = {
	.name = "pg_stat_activity_counts",
	.views = "pg_stat_activity",
	.optional_parts = ~0u,
	.parts = 1,
	.compose = compose,
	.emit = emit,
};
