/* links: collector/collector.a */
#include "unit.h"

#include <stdio.h>

#include "collector/lock_payload.h"
#include "result.h"

#define ROWS 8
#define MANY 40

/* A row of the second answer: a pair, a root or a waiter; what is NULL is null. */
struct wait_row {
	const char *pair[3]; /* blocked_pid, blocked_application, blocking_pid */
	const char *root[4]; /* pid, application_name, _transaction, _roots */
	const char *
		waiter[6]; /* _pid, _leader, _head, _blockers, _transactions, _waited_s */
};

static const struct result_column wait_columns[] = { { "blocked_pid", 23 },
	{ "blocked_application", 25 }, { "blocking_pid", 23 }, { "pid", 23 },
	{ "application_name", 25 }, { "_transaction", 20 }, { "_roots", 20 },
	{ "_pid", 23 }, { "_leader", 23 }, { "_head", 23 }, { "_blockers", 1007 },
	{ "_transactions", 1016 }, { "_waited_s", 1700 } };

static const struct result_column counted_columns[] = { { "gid", 25 }, { "age_s", 1700 },
	{ "_prepared", 20 }, { "_waiters", 20 } };

#define UUID "0f5d3f0a-5a44-4a3e-8d0c-0a3f0c1d2e3f"
#define NO_PREPARED "\"prepared_transactions\":[],\"prepared_count\":0"

static const struct {
	const char *when;
	const char *counted[2][4];   /* first column 0 NULL and last NULL: no row */
	struct wait_row waits[ROWS]; /* ends with a row without anything */
	const char *error;
	const char *want;
} cases[] = {
	{ "nobody waits", { { NULL, NULL, "0", "0" } }, { { { 0 } } }, NULL,
		"{\"locks\":[],\"count\":0,\"has_blocking\":false,\"waiters\":0,"
		"\"deadlocked\":0,\"roots\":[],\"roots_count\":0," NO_PREPARED "}" },
	{ "prepared transactions, of more than are listed",
		{ { "a", "7.5", "3", "0" }, { "b", "0.5", "3", "0" } }, { { { 0 } } },
		NULL,
		"{\"locks\":[],\"count\":0,\"has_blocking\":false,\"waiters\":0,"
		"\"deadlocked\":0,\"roots\":[],\"roots_count\":0,"
		"\"prepared_transactions\":[{\"gid\":\"a\",\"age_s\":7.5},"
		"{\"gid\":\"b\",\"age_s\":0.5}],\"prepared_count\":3}" },
	{ "not measured is not nothing", { { NULL } }, { { { 0 } } }, "not permitted",
		"{\"locks\":[],\"count\":0,\"has_blocking\":null,\"waiters\":null,"
		"\"deadlocked\":null,\"roots\":[],\"roots_count\":null,"
		"\"prepared_transactions\":[],\"prepared_count\":null,"
		"\"error\":\"not permitted\"}" },
	{ "waiters without more", { { NULL, NULL, "0", "4" } }, { { { 0 } } }, "timeout",
		"{\"locks\":[],\"count\":0,\"has_blocking\":null,\"waiters\":4,"
		"\"deadlocked\":null,\"roots\":[],\"roots_count\":null," NO_PREPARED
		",\"error\":\"timeout\"}" },
	{ "a pair, its root, and one more in the queue", { { NULL, NULL, "0", "1" } },
		{ { .pair = { "7", "bitville-" UUID, "8" } },
			{ .root = { "8", "batch", NULL, "1" } },
			{ .waiter = { "7", NULL, "7", "{8,8}", NULL, "2.5" } },
			{ .waiter = { "9", NULL, "7", NULL, NULL, "1.5" } } },
		NULL,
		"{\"locks\":[{\"blocked_pid\":7,\"blocked_application\":\"bitville-" UUID
		"\",\"blocking_pid\":8,\"blocked_correlation_id\":\"" UUID
		"\",\"blocking_correlation_id\":null}],\"count\":1,\"has_blocking\":true,"
		"\"waiters\":2,\"deadlocked\":0,\"roots\":[{\"pid\":8,"
		"\"application_name\":\"batch\",\"correlation_id\":null,\"waiters\":2,"
		"\"waiters_direct\":2,\"longest_wait_s\":2.500}],\"roots_count\":1," NO_PREPARED
		"}" },
	{ "prepared transactions at the root, known by their transactions",
		{ { NULL, NULL, "0", "2" } },
		{ { .root = { "0", NULL, "733", "2" } },
			{ .root = { "0", NULL, "734", "2" } },
			{ .waiter = { "7", NULL, "7", "{0}", "{734}", "1" } },
			{ .waiter = { "9", NULL, "9", "{0,7}", "{734,733}", "2" } } },
		NULL,
		"{\"locks\":[],\"count\":0,\"has_blocking\":false,\"waiters\":2,"
		"\"deadlocked\":0,\"roots\":[{\"pid\":0,\"application_name\":null,"
		"\"correlation_id\":null,\"waiters\":2,\"waiters_direct\":2,"
		"\"longest_wait_s\":2.000},{\"pid\":0,\"application_name\":null,"
		"\"correlation_id\":null,\"waiters\":1,\"waiters_direct\":1,"
		"\"longest_wait_s\":2.000}],\"roots_count\":2," NO_PREPARED "}" },
	{ "of as many the longer wait is the worse", { { NULL, NULL, "0", "2" } },
		{ { .root = { "7", NULL, NULL, "2" } },
			{ .root = { "8", NULL, NULL, "2" } },
			{ .waiter = { "17", NULL, "17", "{7}", NULL, "1" } },
			{ .waiter = { "18", NULL, "18", "{8}", NULL, "2" } } },
		NULL,
		"{\"locks\":[],\"count\":0,\"has_blocking\":false,\"waiters\":2,"
		"\"deadlocked\":0,\"roots\":[{\"pid\":8,\"application_name\":null,"
		"\"correlation_id\":null,\"waiters\":1,\"waiters_direct\":1,"
		"\"longest_wait_s\":2.000},{\"pid\":7,\"application_name\":null,"
		"\"correlation_id\":null,\"waiters\":1,\"waiters_direct\":1,"
		"\"longest_wait_s\":1.000}],\"roots_count\":2," NO_PREPARED "}" },
	{ "one that is not known", { { NULL, NULL, "0", "1" } },
		{ { .root = { "0", NULL, NULL, "1" } },
			{ .waiter = { "7", NULL, "7", "{0}", NULL, NULL } } },
		NULL,
		"{\"locks\":[],\"count\":0,\"has_blocking\":false,\"waiters\":1,"
		"\"deadlocked\":0,\"roots\":[{\"pid\":0,\"application_name\":null,"
		"\"correlation_id\":null,\"waiters\":1,\"waiters_direct\":1,"
		"\"longest_wait_s\":null}],\"roots_count\":1," NO_PREPARED "}" },
	{ "a circle", { { NULL, NULL, "0", "2" } },
		{ { .waiter = { "7", NULL, "7", "{9}", NULL, "1" } },
			{ .waiter = { "9", "8", "9", "{7}", NULL, "1" } } },
		NULL,
		"{\"locks\":[],\"count\":0,\"has_blocking\":false,\"waiters\":2,"
		"\"deadlocked\":2,\"roots\":[],\"roots_count\":0," NO_PREPARED "}" },
};

static void set_all(
	PGresult *result, int row, int from, const char *const *texts, int count)
{
	for (int i = 0; i < count; i++)
		result_set(result, row, from + i, texts[i]);
}

static PGresult *waits_of(const struct wait_row *rows)
{
	PGresult *result = result_make(wait_columns, COUNT(wait_columns));

	for (int i = 0; rows[i].pair[0] || rows[i].root[0] || rows[i].waiter[0]; i++) {
		set_all(result, i, 0, rows[i].pair, 3);
		set_all(result, i, 3, rows[i].root, 4);
		set_all(result, i, 7, rows[i].waiter, 6);
	}
	return result;
}

static PGresult *counted_of(const char *const rows[2][4])
{
	PGresult *result = result_make(counted_columns, COUNT(counted_columns));

	for (int i = 0; i < 2 && rows[i][3]; i++)
		set_all(result, i, 0, rows[i], 4);
	return result;
}

/* What becomes of both answers, in buf; those without rows could not be measured. */
static void write(struct buf *buf, const PGresult *counted, const PGresult *waits,
	const char *error)
{
	struct lock_payload payload;
	struct rows first, second;
	struct json json;

	rows_init(&first, counted, REDACT_NONE);
	rows_init(&second, waits, REDACT_NONE);
	lock_payload_init(&payload, PQntuples(counted) > 0 ? &first : NULL,
		PQntuples(waits) > 0 ? &second : NULL, error);
	buf_init(buf, 1 << 20);
	json_begin(&json, buf);
	json_object(&json);
	lock_payload_write(&json, LOCK_QUERY_MAX_CHARS, &payload);
	json_end(&json);
	assert_false(buf->failed);
	rows_release(&first);
	rows_release(&second);
}

static void both_answers_become_one_payload(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		PGresult *counted = counted_of(cases[i].counted);
		PGresult *waits = waits_of(cases[i].waits);
		struct buf buf;

		write(&buf, counted, waits, cases[i].error);
		check_string(cases[i].when, buf.data, cases[i].want);
		buf_release(&buf);
		PQclear(counted);
		PQclear(waits);
	}
}

/* Each root holds up as many as its number says; the first rows are the least of them. */
static void the_worst_roots_are_kept_in_order(void **state)
{
	static const char *const one[2][4] = { { NULL, NULL, "0", "1" } };
	PGresult *counted = counted_of(one), *waits;
	struct wait_row none = { { 0 } };
	struct buf buf;
	const char *at;
	int row = 0;

	(void)state;
	waits = waits_of(&none);
	for (int root = 1; root <= MANY; root++) {
		char id[16], blockers[16];
		const char *const found[] = { id, NULL, NULL, "77" };

		snprintf(id, sizeof(id), "%d", root);
		set_all(waits, row++, 3, found, 4);
		snprintf(blockers, sizeof(blockers), "{%d}", root);
		for (int n = 0; n < root; n++) {
			char pid[16];
			const char *const waiter[] = { pid, NULL, pid, blockers, NULL,
				"1" };

			snprintf(pid, sizeof(pid), "%d", 1000 * root + n);
			set_all(waits, row++, 7, waiter, 6);
		}
	}
	write(&buf, counted, waits, NULL);
	at = strstr(buf.data, "\"roots\":");
	for (int root = MANY; root > MANY - LOCK_ROOTS_MAX; root--) {
		char want[32];

		snprintf(want, sizeof(want), "{\"pid\":%d,", root);
		at = strstr(at, want);
		assert_non_null(at);
	}
	assert_null(strstr(at + 1, "{\"pid\":"));
	assert_non_null(strstr(at, "\"roots_count\":77"));
	buf_release(&buf);
	PQclear(counted);
	PQclear(waits);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_answers_become_one_payload),
		cmocka_unit_test(the_worst_roots_are_kept_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
