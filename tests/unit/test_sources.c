/* links: collector/sources.o collector/source_activity.o collector/source_locks.o collector/source_statements.o collector/system_metrics.o collector/agent.o collector/metrics_cpu.o collector/metrics_memory.o collector/metrics_disk.o collector/metrics_network.o collector/rows.o collector/sink.o collector/ask.o collector/database.o collector/visit.o collector/server.o collector/diagnose.o collector/params.o collector/patience.o */
#include "unit.h"

#include "collector/ask.h"
#include "collector/source.h"

static const struct sql_variant variants[] = {
	{ 140000, "fourteen" },
	{ 130000, "thirteen" },
	{ 120000, "twelve" },
	{ 0 },
};

static const struct {
	int version;
	const char *want; /* NULL: too old */
} versions[] = {
	{ 0, NULL },
	{ 90624, NULL },
	{ 119999, NULL },
	{ 120000, "twelve" },
	{ 129999, "twelve" },
	{ 130000, "thirteen" },
	{ 140000, "fourteen" },
	{ 140010, "fourteen" },
	{ 990000, "fourteen" },
};

static void the_newest_variant_that_is_not_above_the_server_wins(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(versions); i++) {
		const struct sql_variant *is =
			source_variant(variants, versions[i].version);

		assert_int_equal(is != NULL, versions[i].want != NULL);
		if (is)
			assert_string_equal(is->columns, versions[i].want);
	}
}

static void every_table_begins_with_the_newest(void **state)
{
	(void)state;
	for (size_t i = 0; i < sources_count; i++) {
		const struct sql_variant *v = sources[i]->variants;

		for (; v && v->version > 0; v++)
			check(sources[i]->name, v[1].version < v->version);
		if (sources[i]->variants)
			check(sources[i]->name, sources[i]->compose && sources[i]->emit &&
							sources[i]->version);
	}
}

/* Which of these columns the query for a version names, from the field notes. */
static const struct {
	const struct source *source;
	int version;
	const char *has, *lacks; /* NULL: any */
} columns[] = {
	{ &source_activity, 120000, " datname,", "leader_pid" },
	{ &source_activity, 130000, "leader_pid", "query_id" },
	{ &source_activity, 140000, "query_id::text", NULL },
	{ &source_activity, 180001, "query_id::text", NULL },
	{ &source_locks, 130000, "a.query_start AS since", "waitstart" },
	{ &source_locks, 140000, "waitstart", NULL },
	{ &source_statements, 107, " total_time,", "exec_time" },
	{ &source_statements, 107, "BY total_time DESC", "wal_" },
	{ &source_statements, 108, "BY total_exec_time DESC", "toplevel" },
	{ &source_statements, 108, "wal_bytes", "temp_blk_" },
	{ &source_statements, 109, "toplevel", "jit_" },
	{ &source_statements, 110, "temp_blk_read_time", "shared_blk_read" },
	{ &source_statements, 110, " blk_read_time,", "jit_deform" },
	{ &source_statements, 111, "shared_blk_read_time", " blk_read_time" },
	{ &source_statements, 111, "stats_since", "wal_buffers_full" },
	{ &source_statements, 112, "parallel_workers_launched", " blk_read_time" },
	{ &source_statements, 113, "wal_buffers_full", NULL },
};

static struct server server_of(int version)
{
	struct server server = { .version = version,
		.reads_all_stats = true,
		.statements_schema = "\"ext 1\"",
		.statements_version = version };

	return server;
}

static void each_version_is_asked_for_the_columns_it_has(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(columns); i++) {
		const struct source *source = columns[i].source;
		struct server server = server_of(columns[i].version);
		struct buf sql;

		buf_init(&sql, 16384);
		source->compose(&sql, &server,
			source_variant(source->variants, source->version(&server))
				->columns,
			true);
		assert_false(sql.failed);
		if (!strstr(sql.data, columns[i].has))
			fail_msg("%s %d: no %s in %s", source->name, columns[i].version,
				columns[i].has, sql.data);
		if (columns[i].lacks && strstr(sql.data, columns[i].lacks))
			fail_msg("%s %d: %s in %s", source->name, columns[i].version,
				columns[i].lacks, sql.data);
		buf_release(&sql);
	}
}

static void statements_are_asked_with_or_without_their_texts(void **state)
{
	struct server server = server_of(110);
	struct buf sql;

	(void)state;
	buf_init(&sql, 16384);
	source_statements.compose(&sql, &server, "x", true);
	assert_non_null(strstr(sql.data, "\"ext 1\".pg_stat_statements(true)"));
	buf_clear(&sql);
	source_statements.compose(&sql, &server, "x", false);
	assert_non_null(strstr(sql.data, "\"ext 1\".pg_stat_statements(false)"));
	assert_string_equal(source_statements.retry_on, "22021");
	buf_release(&sql);
}

enum { ACTIVITY = 1, STATEMENTS = 2, LOCKS = 4, MACHINE = 8 };

static const struct {
	const char *list;
	unsigned want; /* 0: an error */
	const char *message;
} lists[] = {
	{ "pg_stat_activity", ACTIVITY, NULL },
	{ "pg_stat_activity, pg_stat_statements, pg_locks, system_metrics",
		ACTIVITY | STATEMENTS | LOCKS | MACHINE, NULL },
	{ "pg_locks,system_metrics", LOCKS | MACHINE, NULL },
	{ " \tpg_locks\t , , pg_locks,", LOCKS, NULL },
	{ "", 0, "here: names no source" },
	{ " , ", 0, "here: names no source" },
	{ "pg_locks, pg_lock", 0,
		"here: unknown source \"pg_lock\"; known are pg_stat_activity, "
		"pg_stat_statements, pg_locks, system_metrics" },
	{ "pg_locks system_metrics", 0, "unknown source \"pg_locks system_metrics\"" },
	{ "PG_LOCKS", 0, "unknown source \"PG_LOCKS\"" },
	{ "pg_locksx", 0, "unknown source \"pg_locksx\"" },
};

static void sources_are_named_with_commas(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lists); i++) {
		unsigned bits = 77;
		struct err err;
		int rc = sources_parse(lists[i].list, ERR_USAGE, "here", &bits, &err);

		check(lists[i].list, rc == (lists[i].want ? 0 : -1));
		check(lists[i].list, bits == (lists[i].want ? lists[i].want : 77));
		if (lists[i].want)
			continue;
		check(lists[i].list, err.kind == ERR_USAGE);
		if (!strstr(err.msg, lists[i].message))
			fail_msg("%s: %s", lists[i].list, err.msg);
	}
}

static void a_file_of_ours_bears_the_name_of_a_source(void **state)
{
	(void)state;
	assert_true(sources_own("pg_locks") && sources_own("system_metrics"));
	assert_false(sources_own("pg_log") || sources_own("pg_lock") || sources_own("") ||
		     sources_own("pg_locks2"));
}

static const struct trouble no_extension = { .kind = TROUBLE_EXTENSION };

static const struct {
	const char *when;
	const struct source *source;
	int version;
	bool reads_all_stats;
	const struct trouble *statements_trouble;
	int statements_version;
	enum trouble_kind want; /* TROUBLE_NONE: it can */
} asked[] = {
	{ "all is well", &source_activity, 150004, true, NULL, 110, TROUBLE_NONE },
	{ "statements, too", &source_statements, 150004, true, NULL, 110, TROUBLE_NONE },
	{ "the oldest server", &source_locks, 120000, true, NULL, 107, TROUBLE_NONE },
	{ "one older", &source_locks, 110022, true, NULL, 106, TROUBLE_VERSION },
	{ "whatever its extension has", &source_statements, 110022, true, NULL, 106,
		TROUBLE_VERSION },
	{ "one newer than the tables", &source_locks, 990000, true, NULL, 110,
		TROUBLE_NONE },
	{ "not permitted is not nothing", &source_locks, 150004, false, NULL, 110,
		TROUBLE_PRIVILEGE },
	{ "sessions, too", &source_activity, 150004, false, NULL, 110,
		TROUBLE_PRIVILEGE },
	{ "no extension costs the statements", &source_statements, 150004, true,
		&no_extension, 0, TROUBLE_EXTENSION },
	{ "and nothing else", &source_activity, 150004, true, &no_extension, 0,
		TROUBLE_NONE },
	{ "an extension newer than the tables", &source_statements, 150004, true, NULL,
		999, TROUBLE_NONE },
	{ "an older one than the server's", &source_statements, 150004, true, NULL, 104,
		TROUBLE_NONE },
	{ "one that is too old", &source_statements, 150004, true, NULL, 103,
		TROUBLE_VERSION },
	{ "one of a version unheard of", &source_statements, 150004, true, NULL, 0,
		TROUBLE_VERSION },
};

static void a_source_is_asked_where_it_can_be(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(asked); i++) {
		struct server server = { .version = asked[i].version,
			.version_text = "9.9",
			.reads_all_stats = asked[i].reads_all_stats,
			.statements_version = asked[i].statements_version };
		struct trouble why = { .kind = TROUBLE_STOPPED };

		if (asked[i].statements_trouble)
			server.statements_trouble = *asked[i].statements_trouble;
		check(asked[i].when, ask_can(asked[i].source, &server, &why) ==
					     (asked[i].want == TROUBLE_NONE));
		check(asked[i].when,
			why.kind == (asked[i].want == TROUBLE_NONE ? TROUBLE_STOPPED
								   : asked[i].want));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_newest_variant_that_is_not_above_the_server_wins),
		cmocka_unit_test(every_table_begins_with_the_newest),
		cmocka_unit_test(each_version_is_asked_for_the_columns_it_has),
		cmocka_unit_test(statements_are_asked_with_or_without_their_texts),
		cmocka_unit_test(sources_are_named_with_commas),
		cmocka_unit_test(a_file_of_ours_bears_the_name_of_a_source),
		cmocka_unit_test(a_source_is_asked_where_it_can_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
