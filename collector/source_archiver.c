/*
 * pg_stat_archiver: how the archiving of WAL goes.
 */
#include "growth.h"

static const struct growth_view view = {
	.name = "pg_stat_archiver",
	.member = "archiver",
	.labels = "last_archived_wal, last_archived_time, last_failed_wal, "
		  "last_failed_time, stats_reset",
	.counters = "archived_count, failed_count",
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

const struct source source_archiver = {
	.name = "pg_stat_archiver",
	.views = "pg_stat_archiver",
	.parts = 1,
	.optional_parts = ~0u,
	.compose = compose,
	.emit = emit,
};
