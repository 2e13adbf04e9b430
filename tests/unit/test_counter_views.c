/* links: collector/collector.a */
#include "unit.h"

#include "collector/source.h"

#define SQL_MAX_BYTES 8192

/* The views as real servers have them: their names and columns. */
#define DATABASE_13                                                                       \
	"pg_stat_database datid datname numbackends xact_commit xact_rollback blks_read " \
	"blks_hit tup_returned tup_fetched tup_inserted tup_updated tup_deleted "         \
	"conflicts temp_files temp_bytes deadlocks checksum_failures "                    \
	"checksum_last_failure blk_read_time blk_write_time "
#define DATABASE_15                                                               \
	DATABASE_13 "session_time active_time idle_in_transaction_time sessions " \
		    "sessions_abandoned sessions_fatal sessions_killed "
#define WAL_18 "pg_stat_wal wal_records wal_fpi wal_bytes wal_buffers_full "

static const struct {
	const char *when;
	const struct source *source;
	unsigned part;
	const char *columns; /* NULL: the server has no such view */
} views[] = {
	{ "databases of 12 and 13", &source_stat_database, 0,
		DATABASE_13 "stats_reset " },
	{ "databases of 15 to 17", &source_stat_database, 0, DATABASE_15 "stats_reset " },
	{ "databases of 18", &source_stat_database, 0,
		DATABASE_15 "parallel_workers_to_launch parallel_workers_launched "
			    "stats_reset " },
	{ "the background writer up to 16", &source_bgwriter, 0,
		"pg_stat_bgwriter checkpoints_timed checkpoints_req "
		"checkpoint_write_time checkpoint_sync_time buffers_checkpoint "
		"buffers_clean maxwritten_clean buffers_backend buffers_backend_fsync "
		"buffers_alloc stats_reset " },
	{ "the background writer from 17 on", &source_bgwriter, 0,
		"pg_stat_bgwriter buffers_clean maxwritten_clean buffers_alloc "
		"stats_reset " },
	{ "no checkpointer up to 16", &source_bgwriter, 1, NULL },
	{ "the checkpointer of 17", &source_bgwriter, 1,
		"pg_stat_checkpointer num_timed num_requested restartpoints_timed "
		"restartpoints_req restartpoints_done write_time sync_time "
		"buffers_written stats_reset " },
	{ "the checkpointer of 18", &source_bgwriter, 1,
		"pg_stat_checkpointer num_timed num_requested num_done "
		"restartpoints_timed restartpoints_req restartpoints_done write_time "
		"sync_time buffers_written slru_written stats_reset " },
	{ "no WAL up to 13", &source_wal, 0, NULL },
	{ "WAL of 14 to 17", &source_wal, 0,
		WAL_18 "wal_write wal_sync wal_write_time wal_sync_time stats_reset " },
	{ "WAL of 18", &source_wal, 0, WAL_18 "stats_reset " },
	{ "no I/O up to 15", &source_io, 0, NULL },
	{ "I/O of 16 and 17", &source_io, 0,
		"pg_stat_io backend_type object context reads read_time writes "
		"write_time writebacks writeback_time extends extend_time op_bytes hits "
		"evictions reuses fsyncs fsync_time stats_reset " },
	{ "I/O of 18", &source_io, 0,
		"pg_stat_io backend_type object context reads read_bytes read_time "
		"writes write_bytes write_time writebacks writeback_time extends "
		"extend_bytes extend_time hits evictions reuses fsyncs fsync_time "
		"stats_reset " },
	{ "the archiver", &source_archiver, 0,
		"pg_stat_archiver archived_count last_archived_wal last_archived_time "
		"failed_count last_failed_wal last_failed_time stats_reset " },
};

static size_t count_of(const char *text, char c)
{
	size_t count = 0;

	for (; *text; text++)
		count += *text == c;
	return count;
}

/* Each of them and nothing else stands between SELECT and what is ours. */
static void check_columns(const char *when, const char *columns, const char *sql)
{
	const char *names = strchr(columns, ' ') + 1;
	const char *ours = strstr(sql, ", pg_catalog.date_part('epoch', stats_reset)");
	char asked[SQL_MAX_BYTES], name[80];

	check(when, ours && strncmp(sql, "SELECT ", 7) == 0);
	snprintf(asked, sizeof(asked), " %.*s,", (int)(ours - sql - 7), sql + 7);
	check(when, count_of(asked, ',') == count_of(names, ' '));
	while (*names) {
		size_t len = strcspn(names, " ");

		snprintf(name, sizeof(name), " %.*s,", (int)len, names);
		if (!strstr(asked, name))
			fail_msg("%s: not asked for:%s", when, name);
		names += len + 1;
	}
}

static void all_columns_of_each_version_are_asked_for(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(views); i++) {
		static struct server server;
		const struct source_context context = { .server = &server };
		const char *columns = views[i].columns ? views[i].columns : "pg_other a ";
		struct buf sql;
		bool asked;

		snprintf(server.columns, sizeof(server.columns), "%s\n", columns);
		buf_init(&sql, SQL_MAX_BYTES);
		asked = views[i].source->compose(&sql, &context, views[i].part);
		check(views[i].when, asked == (views[i].columns != NULL));
		if (asked)
			check_columns(views[i].when, columns, sql.data);
		buf_release(&sql);
	}
}

static void only_what_happened_is_asked_of_io(void **state)
{
	static struct server server = {
		.columns = "pg_stat_io context reads op_bytes writes "
			   "stats_reset \n"
	};
	const struct source_context context = { .server = &server };
	struct buf sql;

	(void)state;
	buf_init(&sql, SQL_MAX_BYTES);
	assert_true(source_io.compose(&sql, &context, 0));
	assert_non_null(strstr(sql.data, " WHERE GREATEST(reads, writes) > 0 ORDER BY "));
	buf_release(&sql);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_columns_of_each_version_are_asked_for),
		cmocka_unit_test(only_what_happened_is_asked_of_io),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
