/*
 * pg_stat_bgwriter: the background writer and the checkpointer. From version 17 on the
 * latter has a view of its own; before, its columns stand with the background writer's.
 */
#include "growth.h"

enum { BGWRITER, CHECKPOINTER, PARTS };

static const struct growth_view views[PARTS] = {
	{ .name = "pg_stat_bgwriter",
		.member = "bgwriter",
		.labels = "stats_reset",
		.counters = "checkpoints_timed, checkpoints_req, checkpoint_write_time, "
			    "checkpoint_sync_time, buffers_checkpoint, buffers_clean, "
			    "maxwritten_clean, buffers_backend, buffers_backend_fsync, "
			    "buffers_alloc",
		.rows_max = 1 },
	{ .name = "pg_stat_checkpointer",
		.member = "checkpointer",
		.labels = "stats_reset",
		.counters = "num_timed, num_requested, num_done, restartpoints_timed, "
			    "restartpoints_req, restartpoints_done, write_time, "
			    "sync_time, buffers_written, slru_written",
		.rows_max = 1 },
};

static bool compose(struct buf *sql, const struct source_context *context, unsigned part)
{
	return growth_compose(sql, context->server, &views[part]);
}

static int emit(const struct answer *answer, struct sink *sink, struct err *err)
{
	return growth_emit(views, PARTS, answer, sink, err);
}

const struct source source_bgwriter = {
	.name = "pg_stat_bgwriter",
	.views = "pg_stat_bgwriter, pg_stat_checkpointer",
	.parts = PARTS,
	.optional_parts = ~0u,
	.compose = compose,
	.emit = emit,
};
