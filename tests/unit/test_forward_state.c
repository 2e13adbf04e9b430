/* links: forwarder/forward_state.o forwarder/breaker.o forwarder/holds.o forwarder/evicted.o */
#include "unit.h"

#include "forwarder/forward_state.h"

#define NAME(n) "2026013" #n "T000000.000000Z-pg_locks-1-000000.json.zst"
#define NOON_US ((int64_t)1769774400123456)

static const struct forward_state full = {
	.wall_started_us = NOON_US - 1000000,
	.wall_counting_us = NOON_US - 2000000,
	.running = true,
	.pid = 4711,
	.breaker = BREAKER_OPEN,
	.wall_breaker_since_us = NOON_US - 500000,
	.wall_breaker_retry_us = NOON_US + 60000000,
	.failures = 5,
	.size = { .new_files = 3,
		.new_bytes = 12288,
		.held_bytes = 4096,
		.rejected_files = 2,
		.rejected_bytes = 8192,
		.foreign_files = 1,
		.oldest = NAME(0) },
	.cap_bytes = 104857600,
	.sent_files = 9007199254740991,
	.sent_bytes = 123456789012,
	.sent_per_s = 12.5,
	.refused_files = 7,
	.evicted = { .files = 4, .bytes = 16384, .first = NAME(1), .last = NAME(2) },
	.evicted_parts = { .list = { { { 3, 12288, NAME(1), NAME(1) }, true },
				   { { 1, 4096, NAME(2), NAME(2) }, false } },
		.count = 2 },
	.wall_success_us = NOON_US - 250000,
	.wall_error_us = NOON_US - 125000,
	.error = "listener https://x answered 503: \"busy\"",
	.degraded = "delete delivered x: Read-only file system",
	.holds = { .list = { { "pg_log", 25, 10 }, { "pg_locks", 0, 10 },
			   { "pg_stat_activity", 3, 10 } },
		.count = 3 },
};

static const char document[] =
	"{\"version\":1,\"updated_at\":1769774400.123456,\"started_at\":1769774399.123456,"
	"\"counting_since\":1769774398.123456,\"running\":true,\"pid\":4711,"
	"\"breaker\":{\"state\":\"open\",\"since\":1769774399.623456,"
	"\"retry_at\":1769774460.123456,\"failures\":5},"
	"\"spool\":{\"bytes\":20480,\"cap_bytes\":104857600,\"new_files\":3,"
	"\"new_bytes\":12288,\"held_bytes\":4096,\"rejected_files\":2,"
	"\"rejected_bytes\":8192,\"foreign_files\":1,\"oldest\":\"" NAME(
		0) "\"},"
		   "\"sent\":{\"files\":9007199254740991,\"bytes\":123456789012,\"per_s\":12.5},"
		   "\"refused\":{\"files\":7},"
		   "\"evicted\":{\"files\":4,\"bytes\":16384,\"first\":\"" NAME(1) "\",\"last\":\"" NAME(
			   2) "\",\"parts\":["
			      "{\"files\":3,\"bytes\":12288,\"first\":\"" NAME(1) "\",\"last\":\"" NAME(
				      1) "\",\"begins\":true},"
					 "{\"files\":1,\"bytes\":4096,\"first\":\"" NAME(2) "\",\"last\":\"" NAME(
						 2) "\",\"begins\":false}]},"
						    "\"last_success_at\":1769774399.873456,\"last_error_at\":1769774399.998456,"
						    "\"last_error\":\"listener https://x answered 503: \\\"busy\\\"\","
						    "\"degraded\":\"delete delivered x: Read-only file system\","
						    "\"refusals\":[{\"source\":\"pg_log\",\"in_a_row\":25,\"held\":true},"
						    "{\"source\":\"pg_stat_activity\",\"in_a_row\":3,\"held\":false}]}\n";

static void check_written(const struct forward_state *state, const char *want)
{
	struct buf json;

	buf_init(&json, 65536);
	forward_state_write(state, NOON_US, &json);
	assert_false(json.failed);
	assert_string_equal(json.data, want);
	buf_release(&json);
}

static void read_text(const char *text, struct forward_state *ret)
{
	struct json_node *root = json_read(text, strlen(text));

	assert_non_null(root);
	forward_state_read(root, 99, ret);
	json_read_release(root);
}

static void the_file_tells_all_of_it(void **state)
{
	(void)state;
	check_written(&full, document);
}

static void what_is_not_there_is_null(void **state)
{
	struct forward_state *none = calloc(1, sizeof(*none));

	(void)state;
	check_written(none,
		"{\"version\":1,\"updated_at\":1769774400.123456,\"started_at\":null,"
		"\"counting_since\":null,\"running\":false,\"pid\":0,\"breaker\":{\"state\":\"closed\","
		"\"since\":null,\"retry_at\":null,\"failures\":0},\"spool\":{\"bytes\":0,"
		"\"cap_bytes\":0,\"new_files\":0,\"new_bytes\":0,\"held_bytes\":0,"
		"\"rejected_files\":0,\"rejected_bytes\":0,\"foreign_files\":0,"
		"\"oldest\":null},\"sent\":{\"files\":0,\"bytes\":0,\"per_s\":0.0},"
		"\"refused\":{\"files\":0},\"evicted\":{\"files\":0,\"bytes\":0,"
		"\"first\":null,\"last\":null,\"parts\":[]},\"last_success_at\":null,"
		"\"last_error_at\":null,\"last_error\":null,\"degraded\":null,"
		"\"refusals\":[]}\n");
	free(none);
}

static void what_was_written_is_read_again(void **state)
{
	struct forward_state back;

	(void)state;
	read_text(document, &back);
	check_written(&back, document);
	assert_true(back.breaker == BREAKER_OPEN);
	assert_int_equal(back.sent_files, 9007199254740991);
	assert_true(back.sent_per_s == 12.5);
	assert_string_equal(back.evicted.last, NAME(2));
	/* A restart does not end a hold; the held source is tried when its time comes. */
	assert_true(holds_has(&back.holds, "pg_log"));
	assert_true(holds_wait_s(&back.holds, 0) == 99);
	assert_false(holds_has(&back.holds, "pg_stat_activity"));
}

static void more_parts_than_there_is_room_for_grow_together(void **state)
{
	struct forward_state back;
	struct buf text;

	(void)state;
	buf_init(&text, 1 << 20);
	buf_addf(&text, "{\"evicted\":{\"parts\":[{\"files\":0},7,\"x\"");
	for (unsigned n = 0; n < 1000; n++)
		buf_addf(
			&text, ",{\"files\":2,\"bytes\":8192,\"first\":\"" NAME(1) "\"}");
	buf_addf(&text, "]}}");
	read_text(text.data, &back);
	buf_release(&text);
	assert_int_equal(back.evicted_parts.count, EVICTED_PARTS_MAX);
	assert_int_equal(back.evicted_parts.list[0].what.files,
		2 * (1000 - EVICTED_PARTS_MAX + 1));
	assert_string_equal(back.evicted_parts.list[5].what.first, NAME(1));
	assert_string_equal(back.evicted_parts.list[5].what.last, "");
}

static const struct {
	const char *when;
	const char *text;
} odd[] = {
	{ "nothing", "{}" },
	{ "another root", "[1,2]" },
	{ "other types", "{\"pid\":\"x\",\"running\":7,\"breaker\":[],\"spool\":3,"
			 "\"sent\":null,\"evicted\":\"x\",\"last_error\":{},"
			 "\"refusals\":{\"a\":1}}" },
	{ "unknown values",
		"{\"breaker\":{\"state\":\"ajar\",\"failures\":-3},"
		"\"spool\":{\"oldest\":\"../../etc/passwd\"},"
		"\"evicted\":{\"first\":\"x\",\"last\":\"y\",\"parts\":{\"a\":[]}},"
		"\"refusals\":[{},{\"source\":7},"
		"{\"source\":\"of_more_than_thirty_two_characters\"}]}" },
};

static void odd_files_are_read_as_nothing(void **state)
{
	struct forward_state back;
	struct buf json;

	(void)state;
	for (size_t i = 0; i < COUNT(odd); i++) {
		read_text(odd[i].text, &back);
		check(odd[i].when, back.breaker == BREAKER_CLOSED);
		check(odd[i].when, back.failures == 0 && back.pid == 0);
		check(odd[i].when, !back.size.oldest[0] && !back.evicted.first[0]);
		check(odd[i].when, back.evicted_parts.count == 0);
		check(odd[i].when, !back.running && back.sent_files == 0);
		for (size_t k = 0; k < back.holds.count; k++)
			check(odd[i].when, back.holds.list[k].refusals == 0);
		buf_init(&json, 65536);
		forward_state_write(&back, NOON_US, &json);
		check(odd[i].when, !json.failed);
		buf_release(&json);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_file_tells_all_of_it),
		cmocka_unit_test(what_is_not_there_is_null),
		cmocka_unit_test(what_was_written_is_read_again),
		cmocka_unit_test(more_parts_than_there_is_room_for_grow_together),
		cmocka_unit_test(odd_files_are_read_as_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
