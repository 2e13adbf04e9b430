/*
 * pg_stat_io: reads, writes and more by who, on what and in which context. The server has
 * it from version 16 on; some 80 combinations, of which most never happen.
 */
#include "growth.h"

static const struct growth_view view = {
	.name = "pg_stat_io",
	.member = "io",
	.labels = "backend_type, object, context, op_bytes, stats_reset",
	.counters = "reads, read_bytes, read_time, writes, write_bytes, write_time, "
		    "writebacks, writeback_time, extends, extend_bytes, extend_time, "
		    "hits, evictions, reuses, fsyncs, fsync_time",
	.key = "pg_catalog.concat_ws(' ', backend_type, object, context)",
	.order = "backend_type, object, context",
	.rows_max = 200,
	.used_only = true,
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

const struct source source_io = {
	.name = "pg_stat_io",
	.views = "pg_stat_io",
	.parts = 1,
	.optional_parts = ~0u,
	.compose = compose,
	.emit = emit,
};
