/*
 * pg_stat_database: what happened in each database, and what was added since the last run.
 *
 * The row without a name is of the objects that all databases share. Its stats_reset also
 * moves when the counters of a single table or function are reset
 * (pgstat_reset_database_timestamp() in src/backend/utils/activity).
 */
#include "growth.h"

static const struct growth_view view = {
	.name = "pg_stat_database",
	.member = "databases",
	.labels = "datid, datname, numbackends, checksum_last_failure, stats_reset",
	.counters =
		"xact_commit, xact_rollback, blks_read, blks_hit, tup_returned, "
		"tup_fetched, tup_inserted, tup_updated, tup_deleted, conflicts, "
		"temp_files, temp_bytes, deadlocks, checksum_failures, blk_read_time, "
		"blk_write_time, session_time, active_time, "
		"idle_in_transaction_time, sessions, sessions_abandoned, "
		"sessions_fatal, sessions_killed, parallel_workers_to_launch, "
		"parallel_workers_launched",
	.key = "datid",
	.order = "datid <> 0, xact_commit + xact_rollback DESC, datid",
	.rows_max = 200,
	.ambiguous = true,
};

static bool compose(struct buf *sql, const struct source_context *context, unsigned part)
{
	(void)part;
	return growth_compose(sql, context->server, &view);
}

static int emit(const struct answer *answer, struct sink *sink, struct err *err)
{
	return growth_emit(&view, 1, answer, sink, err);
}

const struct source source_stat_database = {
	.name = "pg_stat_database",
	.views = "pg_stat_database",
	.parts = 1,
	.optional_parts = ~0u,
	.compose = compose,
	.emit = emit,
};
