/* links: collector/collector.a */
#include "unit.h"

#include "collector/ask.h"
#include "collector/source.h"

static void every_source_of_the_database_can_be_asked(void **state)
{
	(void)state;
	for (size_t i = 0; i < sources_count; i++) {
		const struct source *source = sources[i];

		if (!source->views)
			continue;
		check(source->name, source->compose && source->emit);
		check(source->name,
			source->parts >= 1 && source->parts <= SOURCE_PARTS_MAX);
	}
}

static void the_views_of_all_are_named_once_for_discovery(void **state)
{
	struct buf sql;

	(void)state;
	buf_init(&sql, 16384);
	sources_views(&sql);
	assert_memory_equal(sql.data, "'pg_stat_activity', 'pg_stat_statements', ", 42);
	assert_non_null(strstr(sql.data, ", 'pg_locks'"));
	assert_null(strstr(sql.data, "''"));
	buf_release(&sql);
}

/* Which columns the query names where the view has these, from the field notes. */
static const struct {
	const struct source *source;
	unsigned part;
	const char *view;
	const char *has, *lacks; /* NULL: any */
} columns[] = {
	{ &source_activity, 0, "pg_stat_activity pid datname \n", " datname,",
		"leader_pid" },
	{ &source_activity, 0, "pg_stat_activity pid datname leader_pid \n", "leader_pid",
		"query_id" },
	{ &source_activity, 0, "pg_stat_activity datname leader_pid query_id \n",
		"query_id::text AS query_id", NULL },
	{ &source_statements, 0, "pg_stat_statements userid total_time \n",
		" total_time, nullif(rows, 0)", "exec_time" },
	{ &source_statements, 0, "pg_stat_statements userid total_time \n",
		"queryid, NULL::timestamptz", "toplevel" },
	{ &source_statements, 0, "pg_stat_statements toplevel total_exec_time \n",
		"toplevel, queryid", "pg_stat_statements_info" },
	{ &source_statements, 0,
		"pg_stat_statements stats_since \npg_stat_statements_info stats_reset \n",
		"queryid, stats_since", NULL },
	{ &source_statements, 0,
		"pg_stat_statements stats_since \npg_stat_statements_info stats_reset \n",
		"\"ext 1\".pg_stat_statements_info UNION ALL", "(true)" },
	{ &source_statements, 1, "pg_stat_statements userid queryid blk_read_time \n",
		"SELECT userid, queryid::text AS queryid, blk_read_time FROM \"ext 1\"."
		"pg_stat_statements(false) WHERE queryid = ANY('{7}'::int8[])",
		"shared_blk" },
	{ &source_statements, 1, "pg_stat_statements userid shared_blk_read_time \n",
		"shared_blk_read_time", " blk_read_time" },
	{ &source_statements, 2, "pg_stat_statements userid queryid \n",
		"\"ext 1\".pg_stat_statements(true) WHERE queryid = ANY('{7}'", NULL },
};

static struct statements statements = { .top = { { .queryid = 7 } }, .count = 1 };

static void each_server_is_asked_for_the_columns_it_has(void **state)
{
	struct texts_pace pace = { 0 };
	struct source_context context = { .statements = &statements,
		.pace = &pace,
		.now = counters_file_new(),
		.texts = texts_new() };

	(void)state;
	for (size_t i = 0; i < COUNT(columns); i++) {
		const struct source *source = columns[i].source;
		struct server server = { .statements_schema = "\"ext 1\"" };
		struct buf sql;

		strcpy(server.columns, columns[i].view);
		statements.top[0].queryid = 7;
		statements.count = 1;
		context.server = &server;
		buf_init(&sql, 65536);
		check(columns[i].view, source->compose(&sql, &context, columns[i].part));
		assert_false(sql.failed);
		if (!strstr(sql.data, columns[i].has))
			fail_msg("%s: no %s in %s", columns[i].view, columns[i].has,
				sql.data);
		if (columns[i].lacks && strstr(sql.data, columns[i].lacks))
			fail_msg("%s: %s in %s", columns[i].view, columns[i].lacks,
				sql.data);
		buf_release(&sql);
	}
	counters_file_free(context.now);
	texts_free(context.texts);
}

static void texts_are_asked_for_where_one_is_missing_and_it_is_time(void **state)
{
	struct texts_pace pace = { .wall_next_s = 1000 };
	struct server server = { .statements_schema = "s" };
	struct source_context context = { .server = &server,
		.statements = &statements,
		.pace = &pace,
		.texts = texts_new(),
		.wall_s = 999 };
	struct buf sql;

	(void)state;
	statements.top[0] = (struct statement){ .dbid = 5, .queryid = 7 };
	statements.count = 1;
	buf_init(&sql, 65536);
	assert_false(source_statements.compose(&sql, &context, 2));
	context.wall_s = 1000;
	assert_true(source_statements.compose(&sql, &context, 2));
	texts_add(context.texts, "5 0 f 7", "SELECT 1", 1);
	assert_false(source_statements.compose(&sql, &context, 2));
	buf_release(&sql);
	texts_free(context.texts);
}

enum {
	ACTIVITY = 1,
	STATEMENTS = 2,
	LOCKS = 4,
	MACHINE = 8,
	DEFAULT = 15,
	WRAPAROUND = 1 << 13,
	ALL = (1 << 17) - 1
};

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
	{ "default", DEFAULT, NULL },
	{ "pg_wraparound, default", WRAPAROUND | DEFAULT, NULL },
	{ "all", ALL, NULL },
	{ "pg_locks, all ,default", ALL, NULL },
	{ "", 0, "here: names no source" },
	{ " , ", 0, "here: names no source" },
	{ "pg_locks, pg_lock", 0,
		"here: unknown source \"pg_lock\"; known are all, default, pg_stat_activity, "
		"pg_stat_statements, pg_locks, " },
	{ "pg_locks system_metrics", 0, "unknown source \"pg_locks system_metrics\"" },
	{ "alls", 0, "unknown source \"alls\"" },
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
		     sources_own("pg_locks2") || sources_own("all"));
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
		cmocka_unit_test(every_source_of_the_database_can_be_asked),
		cmocka_unit_test(the_views_of_all_are_named_once_for_discovery),
		cmocka_unit_test(each_server_is_asked_for_the_columns_it_has),
		cmocka_unit_test(texts_are_asked_for_where_one_is_missing_and_it_is_time),
		cmocka_unit_test(sources_are_named_with_commas),
		cmocka_unit_test(a_file_of_ours_bears_the_name_of_a_source),
		cmocka_unit_test(a_source_is_asked_where_it_can_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
