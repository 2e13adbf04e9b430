/* links: collector/collector.a */
#include "unit.h"

#include <endian.h>

#include "collector/statements.h"
#include "result.h"

#define OWN_ROLE 77
#define COLUMNS 12

static void put_bytes(PGresult *row, int column, const void *bytes, int len)
{
	if (!PQsetvalue(row, 0, column, (char *)(uintptr_t)bytes, len))
		abort();
}

static void put_int8(PGresult *row, int column, int64_t value)
{
	uint64_t bits = htobe64((uint64_t)value);

	put_bytes(row, column, &bits, sizeof(bits));
}

static void put_oid(PGresult *row, int column, uint32_t value)
{
	uint32_t bits = htobe32(value);

	put_bytes(row, column, &bits, sizeof(bits));
}

/* An entry as the server sends it, with calls and time; the other counters are ten times
 * calls, and null where that is 0. */
static void feed(struct statements *statements, uint32_t userid, int64_t queryid,
	double since_s, int64_t calls, double ms)
{
	static const struct result_column columns[COLUMNS];
	PGresult *row = result_make(columns, COLUMNS);
	uint64_t bits;

	put_oid(row, 0, userid);
	put_oid(row, 1, 5);
	put_bytes(row, 2, "\1", 1);
	put_int8(row, 3, queryid);
	if (since_s > 0)
		put_int8(row, 4, (int64_t)((since_s - 946684800) * 1e6));
	else
		put_bytes(row, 4, NULL, -1);
	put_int8(row, 5, calls);
	memcpy(&bits, &ms, sizeof(bits));
	put_int8(row, 6, (int64_t)bits);
	for (int i = 7; i < COLUMNS; i++)
		if (calls > 0)
			put_int8(row, i, 10 * calls);
		else
			put_bytes(row, i, NULL, -1);
	statements_row(statements, row);
	PQclear(row);
}

/* What the last run saw at 2000000000. */
static struct counters_file *last_run(void)
{
	struct counters_file *file = counters_file_new();
	struct counters_set *set =
		counters_add_set(file, "s", 2000000000, STATEMENT_COUNTERS);
	double *is;

	for (int id = 1; id <= 4; id++) {
		char key[STATEMENT_KEY_SIZE];
		struct statement statement = {
			.userid = 10, .dbid = 5, .toplevel = true, .queryid = id
		};

		statement_key(&statement, key);
		is = counters_add(set, key);
		is[STATEMENT_CALLS] = 100;
		is[STATEMENT_TIME] = 1000;
		for (int i = STATEMENT_ROWS; i < STATEMENT_COUNTERS; i++)
			is[i] = 1000;
	}
	return file;
}

static const struct {
	const char *when;
	int64_t queryid;
	double since_s;
	int64_t calls;
	double ms;
	double want_calls, want_ms;
} entries[] = {
	{ "what was there has grown", 1, 0, 103, 1030.5, 3, 30.5 },
	{ "nothing was added", 1, 0, 100, 1000, 0, 0 },
	{ "one that is new", 9, 0, 7, 70, 7, 70 },
	{ "one that was planned only", 9, 0, 0, 0, 0, 0 },
	{ "calls that fell", 2, 0, 2, 1500, 2, 1500 },
	{ "a time that fell", 2, 0, 200, 999.5, 200, 999.5 },
	{ "one that is younger than the last run", 3, 2000000001, 150, 1500, 150, 1500 },
	{ "one that is older", 3, 1999999999, 150, 1500, 50, 500 },
};

static void what_was_added_since_the_last_run(void **state)
{
	struct counters_file *before = last_run();
	struct statements statements;

	(void)state;
	for (size_t i = 0; i < COUNT(entries); i++) {
		statements_begin(
			&statements, counters_find_set(before, "s"), NULL, OWN_ROLE);
		feed(&statements, 10, entries[i].queryid, entries[i].since_s,
			entries[i].calls, entries[i].ms);
		assert_int_equal(statements.count, 1);
		check(entries[i].when, statements.top[0].added[STATEMENT_CALLS] ==
					       entries[i].want_calls);
		check(entries[i].when,
			statements.top[0].added[STATEMENT_TIME] == entries[i].want_ms);
		check(entries[i].when,
			statements.added[STATEMENT_CALLS] == entries[i].want_calls);
	}
	counters_file_free(before);
}

static void after_a_reset_of_all_each_counts_from_nothing(void **state)
{
	struct counters_file *before = last_run();
	struct statements statements;

	(void)state;
	statements_begin(&statements, counters_find_set(before, "s"), NULL, OWN_ROLE);
	feed(&statements, 0, 0, 2000000030, 0, 0); /* the row that tells of it */
	feed(&statements, 10, 1, 0, 150, 1500);
	assert_int_equal(statements.entries, 1);
	assert_true(statements.reset_s == 2000000030);
	assert_true(statements.top[0].added[STATEMENT_CALLS] == 150);
	counters_file_free(before);
}

static void without_a_last_run_nothing_is_known_of_what_was_added(void **state)
{
	struct statements statements;

	(void)state;
	statements_begin(&statements, NULL, NULL, OWN_ROLE);
	feed(&statements, OWN_ROLE, 1, 0, 150, 1500);
	assert_true(statements.top[0].added[STATEMENT_TIME] == 0);
	assert_true(statements.own_ms == 0);
}

static void our_own_are_counted_apart(void **state)
{
	struct counters_file *before = last_run();
	struct statements statements;

	(void)state;
	statements_begin(&statements, counters_find_set(before, "s"), NULL, OWN_ROLE);
	feed(&statements, OWN_ROLE, 50, 0, 2, 3.5);
	feed(&statements, OWN_ROLE, 51, 0, 1, 0.25);
	feed(&statements, 10, 52, 0, 1, 100);
	assert_true(statements.own_calls == 3 && statements.own_ms == 3.75);
	counters_file_free(before);
}

static void the_most_time_that_was_added_comes_first_then_the_most_in_all(void **state)
{
	struct counters_file *before = last_run(), *now = counters_file_new();
	struct statements *statements = malloc(sizeof(*statements));
	struct counters_set *set = counters_add_set(now, "s", 0, STATEMENT_COUNTERS);
	char key[STATEMENT_KEY_SIZE];

	(void)state;
	statements_begin(statements, counters_find_set(before, "s"), set, OWN_ROLE);
	feed(statements, 10, 1, 0, 100, 1000); /* nothing was added to these two */
	feed(statements, 10, 2, 0, 100, 1000);
	for (int i = 0; i < 1000; i++) /* in an order that is none */
		feed(statements, 10, 1000 + i * 7 % 1000, 0, 1, i * 7 % 1000 + 1);
	feed(statements, 10, 3, 0, 101, 1500.5);
	statements_rank(statements, STATEMENTS_TOP);
	assert_int_equal(statements->count, STATEMENTS_TOP);
	assert_int_equal(statements->entries, 1003);
	for (int i = 0; i < 499; i++)
		if (i < STATEMENTS_TOP)
			assert_int_equal(statements->top[i].queryid, 1999 - i);
	statement_key(&statements->top[0], key);
	assert_string_equal(key, "5 10 t 1999");
	assert_true(counters_find(set, key)[STATEMENT_TIME] == 1000);
	assert_int_equal(set->keys.count, 1003);
	statements_begin(statements, counters_find_set(before, "s"), NULL, OWN_ROLE);
	feed(statements, 10, 2, 0, 100, 1000);
	feed(statements, 10, 1, 0, 100, 1001);
	feed(statements, 10, 4, 0, 100, 1000);
	statements_rank(statements, STATEMENTS_TOP);
	assert_int_equal(statements->top[0].queryid, 1);
	assert_int_equal(statements->top[1].queryid, 2);
	free(statements);
	counters_file_free(before);
	counters_file_free(now);
}

static void ids_are_an_array(void **state)
{
	struct statements statements;
	struct buf sql;

	(void)state;
	statements_begin(&statements, NULL, NULL, OWN_ROLE);
	feed(&statements, 10, INT64_MIN, 0, 1, 3);
	feed(&statements, 10, INT64_MAX, 0, 1, 2);
	feed(&statements, 10, 5, 0, 1, 1);
	statements_rank(&statements, STATEMENTS_TOP);
	buf_init(&sql, 1024);
	statements_ids(&statements, 2, &sql);
	assert_string_equal(sql.data, "'{-9223372036854775808,9223372036854775807}'");
	buf_release(&sql);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_added_since_the_last_run),
		cmocka_unit_test(after_a_reset_of_all_each_counts_from_nothing),
		cmocka_unit_test(without_a_last_run_nothing_is_known_of_what_was_added),
		cmocka_unit_test(our_own_are_counted_apart),
		cmocka_unit_test(
			the_most_time_that_was_added_comes_first_then_the_most_in_all),
		cmocka_unit_test(ids_are_an_array),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
