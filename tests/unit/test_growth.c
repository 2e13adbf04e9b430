/* links: collector/collector.a */
#include "unit.h"

#include <math.h>

#include "child.h"
#include "collector/growth.h"
#include "json_read.h"
#include "result.h"

#define ROOM (4 << 20)
#define BEFORE_S 1769774400.0
#define NOW_S 1769774460.5

/* A row: key, stats_reset in seconds, a number, a time; NULL for a key: no row. */
struct numbers {
	const char *key, *reset, *calls, *ms;
};

static const struct growth_view plain = { .name = "pg_stat_x",
	.member = "x",
	.labels = "",
	.counters = "calls, ms, absent",
	.rows_max = 3 };
static const struct growth_view ambiguous = { .name = "pg_stat_x",
	.member = "x",
	.labels = "",
	.counters = "calls, ms",
	.rows_max = 3,
	.ambiguous = true };
static const struct growth_view one = { .name = "pg_stat_x",
	.member = "x",
	.labels = "",
	.counters = "calls, ms",
	.rows_max = 1 };

static const struct {
	const char *when;
	const struct growth_view *view;
	struct numbers before[3], now;
	const char *delta; /* of the row of now */
} cases[] = {
	{ "it grew", &plain, { { "a", "5", "10", "1.5" } }, { "a", "5", "17", "4.125" },
		"{\"calls\":7,\"ms\":2.625}" },
	{ "it rests", &plain, { { "a", "5", "10", "1.5" } }, { "a", "5", "10", "1.5" },
		"{\"calls\":0,\"ms\":0.000}" },
	{ "beyond what a double counts in tenths", &plain,
		{ { "a", "5", "4503599627370497", "0" } },
		{ "a", "5", "4503599627370500", "0" }, "{\"calls\":3,\"ms\":0.000}" },
	{ "of several the right one", &plain,
		{ { "b", "5", "1", "1" }, { "a", "5", "2", "2" },
			{ "c", "5", "4", "4" } },
		{ "a", "5", "10", "10" }, "{\"calls\":8,\"ms\":8.000}" },
	{ "one that is new grew by all", &plain, { { "b", "5", "1", "1" } },
		{ "a", "5", "10", "10" }, "{\"calls\":10,\"ms\":10.000}" },
	{ "one that may have been left out is not known", &plain,
		{ { "b", "5", "1", "1" }, { "c", "5", "1", "1" },
			{ "d", "5", "1", "1" } },
		{ "a", "5", "10", "10" }, "null" },
	{ "one that fell takes the others with it", &plain, { { "a", "5", "10", "9" } },
		{ "a", "5", "12", "3" }, "{\"calls\":12,\"ms\":3.000}" },
	{ "a reset counts from nothing", &plain, { { "a", "5", "10", "1" } },
		{ "a", "6", "12", "3" }, "{\"calls\":12,\"ms\":3.000}" },
	{ "the first reset, too", &plain, { { "a", NULL, "10", "1" } },
		{ "a", "6", "12", "3" }, "{\"calls\":12,\"ms\":3.000}" },
	{ "an ambiguous one is not known", &ambiguous, { { "a", "5", "10", "1" } },
		{ "a", "6", "12", "3" }, "null" },
	{ "but clear where a counter fell", &ambiguous, { { "a", "5", "10", "9" } },
		{ "a", "6", "12", "3" }, "{\"calls\":12,\"ms\":3.000}" },
	{ "what has no value has no growth", &plain, { { "a", "5", NULL, "1" } },
		{ "a", "5", NULL, "2" }, "{\"calls\":null,\"ms\":1.000}" },
	{ "a view of one row", &one, { { "", "5", "10", "1" } }, { "", "5", "12", "3" },
		"{\"calls\":2,\"ms\":2.000}" },
};

static PGresult *result_of(const struct numbers *rows, size_t count)
{
	static const struct result_column columns[] = { { "_key", 25 }, { "_reset", 701 },
		{ "calls", 20 }, { "ms", 701 }, { "_total", 20 } };
	PGresult *result = result_make(columns, COUNT(columns));

	for (size_t i = 0; i < count && rows[i].key; i++) {
		result_set(result, (int)i, 0, rows[i].key);
		result_set(result, (int)i, 1, rows[i].reset);
		result_set(result, (int)i, 2, rows[i].calls);
		result_set(result, (int)i, 3, rows[i].ms);
		result_set(result, (int)i, 4, "77");
	}
	return result;
}

/* What runs see one after the other; each result is a run. */
struct runs {
	const struct growth_view *views;
	unsigned parts;
	const PGresult *results[3][SOURCE_PARTS_MAX];
	unsigned count;
	unsigned unasked; /* bits: parts */
};

static void emit_once(const struct runs *runs, unsigned run,
	const struct counters_file *before, struct counters_file *now)
{
	static struct server server;
	const struct source_context context = {
		.server = &server, .before = before, .now = now
	};
	const struct spool_limits none = { 0 };
	struct answer answer = { .meta = { .source = "s", .host = "h" },
		.context = &context };
	struct rows rows[SOURCE_PARTS_MAX];
	struct sink sink;
	struct err err;

	server.now_s = run ? NOW_S : BEFORE_S;
	for (unsigned part = 0; part < SOURCE_PARTS_MAX; part++) {
		rows_init(&rows[part], runs->results[run][part], REDACT_NONE);
		if (rows[part].result)
			answer.rows[part] = &rows[part];
		if (runs->unasked & 1u << part)
			answer.ms[part] = NAN;
	}
	if (sink_open(&sink, NULL, &none, 0, &err) < 0 ||
		growth_emit(runs->views, runs->parts, &answer, &sink, &err) < 0)
		printf("%s\n", err.msg);
	sink_close(&sink);
	for (unsigned part = 0; part < SOURCE_PARTS_MAX; part++)
		rows_release(&rows[part]);
}

/* With what is kept in between as text, as between real runs. */
static void emit_all(void *argument)
{
	const struct runs *runs = argument;
	struct counters_file *before = NULL;

	for (unsigned run = 0; run < runs->count; run++) {
		struct counters_file *now = counters_file_new();
		struct buf text;

		emit_once(runs, run, before, now);
		if (before)
			counters_carry(now, before);
		counters_file_free(before);
		buf_init(&text, ROOM);
		counters_format(now, &text);
		before = counters_parse(text.data);
		if (!before)
			printf("what was kept can't be read\n");
		counters_file_free(now);
		buf_release(&text);
	}
	counters_file_free(before);
}

static void check_runs(const char *when, struct runs *runs, const char *want)
{
	char *said = malloc(ROOM);

	assert_int_equal(child_run(emit_all, runs, STDOUT_FILENO, said, ROOM), 0);
	if (!strstr(said, want))
		fail_msg("%s: %s is not in %s", when, want, said);
	free(said);
}

static void what_grew_since_the_last_run_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		PGresult *before = result_of(cases[i].before, 3);
		PGresult *now = result_of(&cases[i].now, 1);
		struct runs runs = { cases[i].view, 1, { { before }, { now } }, 2 };
		struct buf want;

		buf_init(&want, 1000);
		buf_addf(&want,
			"\"delta\":%s}%s,\"since\":\"2026-01-30T12:00:00.000000+00:00\","
			"\"interval_s\":60.500}}\n",
			cases[i].delta,
			cases[i].view == &one ? "" : "],\"count\":1,\"total\":77");
		check_runs(cases[i].when, &runs, want.data);
		buf_release(&want);
		PQclear(before);
		PQclear(now);
	}
}

static void of_the_first_run_no_growth_is_known(void **state)
{
	static const struct numbers row = { "a", "5", "10", "1" };
	PGresult *result = result_of(&row, 1);
	struct runs runs = { &plain, 1, { { result } }, 1 };

	(void)state;
	check_runs("the first run", &runs,
		"\"x\":[{\"calls\":10,\"ms\":1,\"delta\":null}],\"count\":1,\"total\":77,"
		"\"since\":null,\"interval_s\":null}}\n");
	PQclear(result);
}

static void other_columns_than_before_are_another_view(void **state)
{
	static const struct result_column fewer[] = { { "_key", 25 }, { "calls", 20 } };
	static const struct numbers row = { "a", NULL, "10", "1" };
	PGresult *before = result_of(&row, 1), *now = result_make(fewer, COUNT(fewer));
	struct runs runs = { &plain, 1, { { before }, { now } }, 2 };

	(void)state;
	result_set(now, 0, 0, "a");
	result_set(now, 0, 1, "12");
	check_runs("after an upgrade", &runs, "{\"calls\":12,\"delta\":null}");
	PQclear(before);
	PQclear(now);
}

static void without_rows_there_is_no_payload(void **state)
{
	PGresult *empty = result_of(NULL, 0);
	const PGresult *const results[] = { NULL, empty };

	(void)state;
	for (size_t i = 0; i < COUNT(results); i++) {
		struct runs runs = { &plain, 1, { { results[i] } }, 1 };
		char said[100];

		assert_int_equal(
			child_run(emit_all, &runs, STDOUT_FILENO, said, sizeof(said)), 0);
		assert_string_equal(said, "");
	}
	PQclear(empty);
}

static const struct growth_view both[] = {
	{ .name = "a", .member = "a", .counters = "calls", .rows_max = 1 },
	{ .name = "b", .member = "b", .counters = "calls", .rows_max = 1 }
};

static void a_part_that_failed_is_null_and_one_not_asked_is_not_there(void **state)
{
	static const struct numbers row = { "", "5", "10", "1" };
	PGresult *result = result_of(&row, 1);
	struct runs runs = { both, 2, { { result, NULL } }, 1 };

	(void)state;
	check_runs("the second failed", &runs, "\"delta\":null},\"b\":null,\"since\"");
	runs.results[0][0] = NULL;
	runs.results[0][1] = result;
	check_runs("the first failed", &runs, "\"a\":null,\"b\":{\"calls\":10");
	runs.unasked = 1;
	check_runs("the first was not asked", &runs,
		"\"data\":{\"host\":\"h\",\"b\":{\"calls\":10");
	PQclear(result);
}

static void growth_over_another_time_is_not_told(void **state)
{
	static const struct numbers row = { "", "5", "10", "1" };
	PGresult *result = result_of(&row, 1);
	struct runs runs = { both, 2,
		{ { result, result }, { result, NULL }, { result, result } }, 3 };

	(void)state;
	check_runs("the second part failed in between", &runs,
		"\"a\":{\"calls\":10,\"ms\":1,\"delta\":{\"calls\":0}},"
		"\"b\":{\"calls\":10,\"ms\":1,\"delta\":null},"
		"\"since\":\"2026-01-30T12:01:00.500000+00:00\",\"interval_s\":0.000}}\n");
	PQclear(result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_grew_since_the_last_run_is_told),
		cmocka_unit_test(of_the_first_run_no_growth_is_known),
		cmocka_unit_test(other_columns_than_before_are_another_view),
		cmocka_unit_test(without_rows_there_is_no_payload),
		cmocka_unit_test(
			a_part_that_failed_is_null_and_one_not_asked_is_not_there),
		cmocka_unit_test(growth_over_another_time_is_not_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
