/*
 * pg_stat_statements: the statements that took the most time, by the view's own column
 * names.
 *
 * The extension's version says which columns there are, not the server's; it may live in
 * any schema. The function behind the view is asked, because only that can leave out the
 * texts: one entry with bytes that are invalid here makes every read of them fail
 * (22021).
 */
#include "source.h"

#define ROWS_MAX 100
#define QUERY_MAX_CHARS 1000

#define IDENTITY "userid, dbid, queryid::text AS queryid"
#define IDENTITY_9 "userid, dbid, toplevel, queryid::text AS queryid"
#define PLANS \
	"plans, total_plan_time, min_plan_time, max_plan_time, mean_plan_time, stddev_plan_time"
#define EXEC \
	"calls, total_exec_time, min_exec_time, max_exec_time, mean_exec_time, stddev_exec_time"
#define BLOCKS                                                                                \
	"rows, shared_blks_hit, shared_blks_read, shared_blks_dirtied, shared_blks_written, " \
	"local_blks_hit, local_blks_read, local_blks_dirtied, local_blks_written, "           \
	"temp_blks_read, temp_blks_written"
#define BLOCK_TIMES "blk_read_time, blk_write_time"
#define BLOCK_TIMES_11 \
	"shared_blk_read_time, shared_blk_write_time, local_blk_read_time, local_blk_write_time"
#define TEMP_TIMES "temp_blk_read_time, temp_blk_write_time"
#define WAL "wal_records, wal_fpi, wal_bytes"
#define JIT                                                                           \
	"jit_functions, jit_generation_time, jit_inlining_count, jit_inlining_time, " \
	"jit_optimization_count, jit_optimization_time, jit_emission_count, jit_emission_time"
#define JIT_11 JIT ", jit_deform_count, jit_deform_time"
#define SINCE "stats_since, minmax_stats_since"

/* By the extension's version: 110 is 1.10. */
static const struct sql_variant variants[] = {
	{ 112, IDENTITY_9
		", " PLANS ", " EXEC ", " BLOCKS ", " BLOCK_TIMES_11 ", " TEMP_TIMES
		", " WAL ", wal_buffers_full, " JIT_11
		", parallel_workers_to_launch, parallel_workers_launched, " SINCE },
	{ 111, IDENTITY_9 ", " PLANS ", " EXEC ", " BLOCKS ", " BLOCK_TIMES_11
			  ", " TEMP_TIMES ", " WAL ", " JIT_11 ", " SINCE },
	{ 110, IDENTITY_9 ", " PLANS ", " EXEC ", " BLOCKS ", " BLOCK_TIMES
			  ", " TEMP_TIMES ", " WAL ", " JIT },
	{ 109, IDENTITY_9 ", " PLANS ", " EXEC ", " BLOCKS ", " BLOCK_TIMES ", " WAL },
	{ 108, IDENTITY ", " PLANS ", " EXEC ", " BLOCKS ", " BLOCK_TIMES ", " WAL },
	{ 104, IDENTITY
		", calls, total_time, min_time, max_time, mean_time, stddev_time, " BLOCKS
		", " BLOCK_TIMES },
	{ 0 },
};

static int extension_version(const struct server *server)
{
	return server->statements_version;
}

/*
 * left() stands outside, on the rows that are sent: inside it would run for every row.
 * In a database without an encoding it counts bytes, of which a character has up to four.
 */
static void compose(
	struct buf *sql, const struct server *server, const char *columns, bool texts)
{
	buf_addf(sql,
		"SELECT %s, pg_catalog.left(query, CASE pg_catalog.getdatabaseencoding()"
		" WHEN 'SQL_ASCII' THEN %d ELSE %d END) AS query"
		" FROM (SELECT * FROM %s.pg_stat_statements(%s)"
		" ORDER BY %s DESC LIMIT %d) AS top ORDER BY %s DESC",
		columns, 4 * QUERY_MAX_CHARS + 1, QUERY_MAX_CHARS + 1,
		server->statements_schema, texts ? "true" : "false",
		server->statements_version >= 108 ? "total_exec_time" : "total_time",
		ROWS_MAX,
		server->statements_version >= 108 ? "total_exec_time" : "total_time");
}

static void write_statements(struct json *json, size_t text_max, void *context)
{
	struct rows *rows = context;
	int count = PQntuples(rows->result);

	json_key(json, "statements");
	json_array(json);
	for (int row = 0; row < count; row++) {
		rows_object(json, rows, row, text_max);
		json_end(json);
	}
	json_end(json);
	json_key(json, "count");
	json_int(json, count);
}

static int emit(const struct answer *answer, struct sink *sink, struct err *err)
{
	if (!answer->rows || PQntuples(answer->rows->result) == 0)
		return 0;
	return sink_payload(sink, &answer->meta, QUERY_MAX_CHARS, write_statements,
		answer->rows, err);
}

const struct source source_statements = {
	.name = "pg_stat_statements",
	.variants = variants,
	.version = extension_version,
	.needs_statements = true,
	.retry_on = "22021",
	.compose = compose,
	.emit = emit,
};
