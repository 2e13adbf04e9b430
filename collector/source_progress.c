/*
 * pg_stat_progress: what the long commands of all kinds that report it have done: VACUUM,
 * ANALYZE, CREATE INDEX, CLUSTER, COPY, base backups.
 *
 * One query over the views that the server has. What differs between them comes as one
 * JSON object a row, which the server writes: numbers and words of its own; an oid is a
 * number there only when it is cast to one. Percent is done by total where PostgreSQL's
 * documentation ("Progress Reporting") counts both. A name is looked up for the database
 * asked only: nothing that could wait for a lock on a relation.
 */
#include "source.h"

#define ROWS_MAX 100

struct progress_view {
	const char *view, *command;     /* NULL: the view has a column for it */
	const char *columns;            /* those of its own */
	const char *done[2], *total[2]; /* of them, the first pair whose total is known */
};

static const struct progress_view views[] = {
	{ "pg_stat_progress_vacuum", "VACUUM",
		"heap_blks_total, heap_blks_scanned, heap_blks_vacuumed, index_vacuum_count, "
		"max_dead_tuples, num_dead_tuples, max_dead_tuple_bytes, dead_tuple_bytes, "
		"num_dead_item_ids, indexes_total, indexes_processed, delay_time",
		{ "heap_blks_scanned" }, { "heap_blks_total" } },
	{ "pg_stat_progress_analyze", "ANALYZE",
		"sample_blks_total, sample_blks_scanned, ext_stats_total, ext_stats_computed, "
		"child_tables_total, child_tables_done, "
		"current_child_table_relid::int8, delay_time",
		{ "sample_blks_scanned" }, { "sample_blks_total" } },
	{ "pg_stat_progress_create_index", NULL,
		"index_relid::int8, lockers_total, lockers_done, current_locker_pid, "
		"blocks_total, blocks_done, tuples_total, tuples_done, partitions_total, "
		"partitions_done",
		{ "blocks_done", "tuples_done" }, { "blocks_total", "tuples_total" } },
	{ "pg_stat_progress_cluster", NULL,
		"cluster_index_relid::int8, heap_tuples_scanned, heap_tuples_written, "
		"heap_blks_total, heap_blks_scanned, index_rebuild_count",
		{ "heap_blks_scanned" }, { "heap_blks_total" } },
	{ "pg_stat_progress_basebackup", "BASE_BACKUP",
		"backup_total, backup_streamed, tablespaces_total, tablespaces_streamed",
		{ "backup_streamed" }, { "backup_total" } },
	{ "pg_stat_progress_copy", NULL,
		"type, bytes_processed, bytes_total, tuples_processed, tuples_excluded, "
		"tuples_skipped",
		{ "bytes_processed" }, { "bytes_total" } },
};

#define VIEWS_COUNT (sizeof(views) / sizeof(views[0]))

/* The column where the view has it, else null of that type. */
static void add_column(struct buf *sql, const struct server *server, const char *view,
	const char *column, const char *type)
{
	if (server_has_column(server, view, column))
		buf_addf(sql, ", p.%s", column);
	else
		buf_addf(sql, ", NULL::pg_catalog.%s AS %s", type, column);
}

static void add_percent(
	struct buf *sql, const struct server *server, const struct progress_view *view)
{
	buf_adds(sql, ", pg_catalog.round(coalesce(");
	for (int i = 0; i < 2 && view->done[i]; i++)
		if (server_has_column(server, view->view, view->done[i]) &&
			server_has_column(server, view->view, view->total[i]))
			buf_addf(sql, "100.0 * p.%s / nullif(p.%s, 0), ", view->done[i],
				view->total[i]);
	buf_adds(sql, "NULL::numeric), 1) AS percent");
}

static void add_view(
	struct buf *sql, const struct server *server, const struct progress_view *view)
{
	buf_addf(sql, "SELECT '%s'::text AS view, p.pid", view->view);
	if (view->command)
		buf_addf(sql, ", '%s'::text AS command", view->command);
	else
		add_column(sql, server, view->view, "command", "text");
	add_column(sql, server, view->view, "datname", "name");
	add_column(sql, server, view->view, "relid", "oid");
	add_column(sql, server, view->view, "phase", "text");
	add_percent(sql, server, view);
	buf_adds(sql, ", pg_catalog.row_to_json((SELECT c FROM (SELECT ");
	server_columns(sql, server, view->view, "p.", view->columns);
	buf_addf(sql, ") AS c)) AS counters FROM pg_catalog.%s p", view->view);
}

static bool compose(struct buf *sql, const struct source_context *context, unsigned part)
{
	const char *separator = "WITH progress AS (";

	(void)part;
	for (size_t i = 0; i < VIEWS_COUNT; i++) {
		if (!server_has_view(context->server, views[i].view))
			continue;
		buf_adds(sql, separator);
		add_view(sql, context->server, &views[i]);
		separator = " UNION ALL ";
	}
	if (sql->len == 0)
		return false;
	buf_addf(sql,
		") SELECT p.view, p.pid, p.command, p.datname, p.relid, "
		"n.nspname AS schemaname, r.relname, p.phase, p.percent, p.counters, "
		"pg_catalog.count(*) OVER () AS _total FROM progress p "
		"LEFT JOIN pg_catalog.pg_class r ON r.oid = p.relid "
		"AND p.datname = pg_catalog.current_database() "
		"LEFT JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace "
		"ORDER BY p.view, p.pid LIMIT %d",
		ROWS_MAX);
	return true;
}

static void write_progress(struct json *json, size_t text_max, void *context)
{
	const struct answer *answer = context;

	rows_list(json, "progress", answer->rows[0], text_max);
	rows_counts(json, "", answer->rows[0]);
}

static int emit(const struct answer *answer, struct sink *sink, struct err *err)
{
	struct answer copy = *answer;

	if (!answer->rows[0] || PQntuples(answer->rows[0]->result) == 0)
		return 0;
	return sink_payload(
		sink, &answer->meta, JSON_NO_LIMIT, write_progress, &copy, err);
}

const struct source source_progress = {
	.name = "pg_stat_progress",
	.views = "pg_stat_progress_vacuum, pg_stat_progress_analyze, "
		 "pg_stat_progress_create_index, pg_stat_progress_cluster, "
		 "pg_stat_progress_basebackup, pg_stat_progress_copy",
	.optional_parts = ~0u,
	.parts = 1,
	.compose = compose,
	.emit = emit,
};
