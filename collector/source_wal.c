/*
 * pg_stat_wal: what was written ahead. The server has it from version 14 on.
 */
#include "growth.h"

static const struct growth_view view = {
	.name = "pg_stat_wal",
	.member = "wal",
	.labels = "stats_reset",
	.counters = "wal_records, wal_fpi, wal_bytes, wal_buffers_full, wal_write, "
		    "wal_sync, wal_write_time, wal_sync_time",
	.rows_max = 1,
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

const struct source source_wal = {
	.name = "pg_stat_wal",
	.views = "pg_stat_wal",
	.parts = 1,
	.optional_parts = ~0u,
	.compose = compose,
	.emit = emit,
};
