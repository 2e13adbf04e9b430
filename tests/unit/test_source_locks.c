/* links: collector/collector.a */
#include "unit.h"

#include "collector/source.h"
#include "result.h"

/* The columns that differ, by the versions that have them. */
#define COLUMNS_12 "pg_locks locktype pid granted \npg_stat_activity pid query \n"
#define COLUMNS_13 \
	"pg_locks locktype pid granted \npg_stat_activity pid leader_pid query \n"
#define COLUMNS_14 \
	"pg_locks locktype pid granted waitstart \npg_stat_activity pid leader_pid query \n"

static const struct {
	const char *when, *columns, *has, *has_not;
} versions[] = {
	{ "12: by the query's start", COLUMNS_12, "a.query_start AS since", "waitstart" },
	{ "12: without leaders", COLUMNS_12, "NULL::int4 AS leader", "leader_pid" },
	{ "13: by the query's start", COLUMNS_13, "ON a.pid = l.pid", "waitstart" },
	{ "13: with leaders", COLUMNS_13, "leader_pid AS leader", "NULL::int4" },
	{ "14: since the wait began", COLUMNS_14, "l.waitstart AS since",
		"ON a.pid = l.pid" },
};

static const char *composed(
	struct buf *sql, const char *columns, const char *waiters, unsigned part)
{
	static const struct result_column column = { "_waiters", 20 };
	static struct server server;
	PGresult *first = result_make(&column, 1);
	struct source_context context = { .server = &server, .first = first };

	strcpy(server.columns, columns);
	result_set(first, 0, 0, waiters);
	buf_init(sql, 64 << 10);
	if (!source_locks.compose(sql, &context, part))
		buf_clear(sql);
	PQclear(first);
	assert_false(sql->failed);
	return sql->data ? sql->data : "";
}

static void what_is_asked_fits_the_version(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(versions); i++) {
		struct buf sql;
		const char *text = composed(&sql, versions[i].columns, "1", 1);

		check(versions[i].when, strstr(text, versions[i].has));
		check(versions[i].when, !strstr(text, versions[i].has_not));
		buf_release(&sql);
	}
}

/* The plain case of each minute: no session is looked at, nobody's blockers are asked for. */
static void as_long_as_nobody_waits_waiters_are_only_counted(void **state)
{
	struct buf sql;
	const char *text;

	(void)state;
	assert_string_equal(composed(&sql, COLUMNS_14, "0", 1), "");
	buf_release(&sql);
	text = composed(&sql, COLUMNS_14, "0", 0);
	assert_null(strstr(text, "activity"));
	assert_null(strstr(text, "blocking"));
	assert_non_null(strstr(text, "_waiters"));
	buf_release(&sql);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_asked_fits_the_version),
		cmocka_unit_test(as_long_as_nobody_waits_waiters_are_only_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
