/* links: logtail/logtail.a */
#include "entry_case.h"

#include "json_read.h"
#include "json_write.h"

#define UUID "0123abcd-0123-4123-8123-0123456789ab"

static void check_json(const char *when, const struct entry *entry, const char *want)
{
	char *json = entry_json(REDACT_NONE, entry, NULL);

	check_string(when, json, want);
	free(json);
}

static void a_full_entry_has_every_member_in_order(void **state)
{
	struct entry entry = {
		.level = LEVEL_ERROR,
		.level_text = text_of("FEHLER"),
		.time = text_of("2026-01-31 23:59:59.123 UTC"),
		.pid = 12345,
		.continued = true,
		.suspect = true,
	};
	static const char *const texts[ENTRY_TEXTS] = { "697e98ff.3039", "u", "d", "a",
		"client backend", "127.0.0.1", "5432", "2026-01-31 23:00:00 UTC",
		"SELECT", "42P01", "m\n\"x\"", "d1", "h1", "SELECT 1", "8", "c1",
		"SELECT 2", "15", "f1", "x.c", "99", "b1", "12344",
		"-1234567890123456789", "3/17", "4711", "7" };

	(void)state;
	for (size_t i = 0; i < ENTRY_TEXTS; i++)
		entry.text[i] = text_of(texts[i]);
	check_json("all", &entry,
		"{\"timestamp\":\"2026-01-31T23:59:59.123+00:00\",\"pid\":12345,"
		"\"level\":\"ERROR\",\"level_text\":\"FEHLER\","
		"\"session_id\":\"697e98ff.3039\",\"user\":\"u\","
		"\"database\":\"d\",\"application_name\":\"a\","
		"\"backend_type\":\"client backend\","
		"\"remote_host\":\"127.0.0.1\",\"remote_port\":5432,"
		"\"session_start\":\"2026-01-31T23:00:00+00:00\",\"ps\":\"SELECT\","
		"\"state_code\":\"42P01\",\"message\":\"m\\n\\\"x\\\"\","
		"\"detail\":\"d1\",\"hint\":\"h1\",\"internal_query\":\"SELECT 1\","
		"\"internal_position\":8,\"context\":\"c1\",\"statement\":\"SELECT 2\","
		"\"cursor_position\":15,\"func_name\":\"f1\",\"file_name\":\"x.c\","
		"\"file_line_num\":99,\"backtrace\":\"b1\",\"leader_pid\":12344,"
		"\"query_id\":\"-1234567890123456789\",\"vxid\":\"3/17\","
		"\"txid\":4711,\"line_num\":7,\"continued\":true,"
		"\"suspect\":true}");
}

static void what_is_not_known_is_left_out(void **state)
{
	struct entry entry = { .level = LEVEL_UNPARSED };

	(void)state;
	check_json("nothing", &entry,
		"{\"timestamp\":null,\"pid\":null,\"level\":\"UNPARSED\",\"message\":\"\"}");
	entry.time = text_of("2026-01-31 23:59:59.123 XYZ");
	entry.text[ENTRY_USER] = text_of("");
	entry.text[ENTRY_SESSION_START] = text_of("noon");
	entry.text[ENTRY_MESSAGE] = text_of("x");
	check_json("an unknown zone", &entry,
		"{\"timestamp\":\"2026-01-31 23:59:59.123 XYZ\",\"pid\":null,"
		"\"level\":\"UNPARSED\",\"session_start\":\"noon\",\"message\":\"x\"}");
}

static void a_number_that_is_none_is_a_string(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "0", "0" },
		{ "18446744073709551615", "18446744073709551615" },
		{ "-1", "-1" },
		{ "007", "\"007\"" },
		{ "[local]", "\"[local]\"" },
		{ "1\"", "\"1\\\"\"" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct entry entry = { .level = LEVEL_LOG };
		char want[200];

		entry.text[ENTRY_REMOTE_PORT] = text_of(cases[i].text);
		snprintf(want, sizeof(want),
			"{\"timestamp\":null,\"pid\":null,\"level\":\"LOG\","
			"\"remote_port\":%s,\"message\":\"\"}",
			cases[i].want);
		check_json(cases[i].text, &entry, want);
	}
}

static const struct {
	const char *when, *message, *detail, *want; /* behind "message" */
} events[] = {
	{ "a duration with its statement", "duration: 1.500 ms  statement: SELECT 'x'",
		NULL,
		"\"event\":\"statement\","
		"\"statement\":\"SELECT 'x'\","
		"\"duration_ms\":1.500}" },
	{ "a statement in another alphabet",
		"duration: 1.500 ms  statement: SELECT '\xc3\xa9'", NULL,
		"\"event\":\"statement\","
		"\"statement\":\"SELECT '\xc3\xa9'\","
		"\"duration_ms\":1.500}" },
	{ "a statement with broken bytes",
		"duration: 1.500 ms  statement: S\xf0\x9f\x98 \xff", NULL,
		"\"event\":\"statement\","
		"\"statement\":\"S\xef\xbf\xbd \xef\xbf\xbd\","
		"\"duration_ms\":1.500}" },
	{ "a statement that is escaped",
		"duration: 1.500 ms  statement: SELECT \"x\"\n\tFROM t", NULL,
		"\"event\":\"statement\","
		"\"statement\":\"SELECT \\\"x\\\"\\n\\tFROM t\","
		"\"duration_ms\":1.500}" },
	{ "a statement behind what is escaped", "execute \"a\"\t: SELECT \"x\"", NULL,
		"\"event\":\"execute\",\"prepared\":\"\\\"a\\\"\\t\","
		"\"statement\":\"SELECT \\\"x\\\"\"}" },
	{ "a duration", "duration: 0.020 ms", NULL,
		"\"event\":\"duration\",\"duration_ms\":0.020}" },
	{ "lists of numbers",
		"process 1 still waiting for ShareLock on transaction 735 after 1000.123 ms",
		"Process holding the lock: 2. Wait queue: 1, 3.",
		"\"event\":\"lock_wait\",\"lock_pid\":1,\"lock_mode\":\"ShareLock\","
		"\"lock_object\":\"transaction 735\",\"waited_ms\":1000.123,"
		"\"lock_holders\":[2],\"lock_queue\":[1, 3]}" },
	{ "parameters", "execute <unnamed>: SELECT $1", "parameters: $1 = 'x'",
		"\"event\":\"execute\",\"statement\":\"SELECT $1\","
		"\"parameters\":\"$1 = 'x'\"}" },
};

static void the_values_of_an_event_follow_its_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(events); i++) {
		struct entry entry = { .level = LEVEL_LOG };
		char *json, *at;

		entry.text[ENTRY_MESSAGE] = text_of(events[i].message);
		entry.text[ENTRY_DETAIL] = text_of(events[i].detail);
		json = entry_json(REDACT_NONE, &entry, NULL);
		at = strstr(json, "\"event\":");
		check_string(events[i].when, at, events[i].want);
		free(json);
	}
}

static void the_statement_beside_a_message_wins(void **state)
{
	struct entry entry = { .level = LEVEL_LOG };

	(void)state;
	entry.text[ENTRY_MESSAGE] = text_of("statement: SELECT 1");
	entry.text[ENTRY_STATEMENT] = text_of("SELECT 2");
	check_json("both", &entry,
		"{\"timestamp\":null,\"pid\":null,\"level\":\"LOG\","
		"\"message\":\"statement: SELECT 1\",\"statement\":\"SELECT 2\","
		"\"event\":\"statement\"}");
}

static const struct {
	const char *when, *application, *message, *statement;
	const char *want; /* NULL: none */
} ids[] = {
	{ "none", "psql", "x", "SELECT 1", NULL },
	{ "application_name", "bitville-0123ABCD-0123-4123-8123-0123456789AB", "x", NULL,
		UUID },
	{ "message", "psql", "done for bitville-" UUID, NULL, UUID },
	{ "application_name goes before message", "bitville-" UUID,
		"bitville-ffffffff-0123-4123-8123-0123456789ab", NULL, UUID },
	{ "a word that begins so in application_name", "bitville-web", "bitville-" UUID,
		NULL, UUID },
	{ "a leading comment", NULL, "x", " \n/* a */ /* bitville-" UUID " */ SELECT 1",
		UUID },
	{ "a leading line comment", NULL, "x", "-- bitville-" UUID "\nSELECT 1", UUID },
	{ "a later comment does not count", NULL, "x", "SELECT 1 /* bitville-" UUID " */",
		NULL },
	{ "a literal does not count", NULL, "x", "SELECT 'bitville-" UUID "'", NULL },
	{ "half an id", NULL, "bitville-0123abcd-0123", NULL, NULL },
};

static void the_correlation_id_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(ids); i++) {
		struct entry entry = { .level = LEVEL_LOG };
		struct entry_facts facts;
		char *json;

		entry.text[ENTRY_APPLICATION_NAME] = text_of(ids[i].application);
		entry.text[ENTRY_MESSAGE] = text_of(ids[i].message);
		entry.text[ENTRY_STATEMENT] = text_of(ids[i].statement);
		json = entry_json(REDACT_NONE, &entry, &facts);
		check(ids[i].when, facts.has_id == (ids[i].want != NULL));
		check(ids[i].when, (strstr(json, "\"correlation_id\":\"" UUID "\"") !=
					   NULL) == (ids[i].want != NULL));
		if (ids[i].want)
			check_string(ids[i].when, facts.correlation_id, ids[i].want);
		else
			check(ids[i].when, !strstr(json, "correlation_id"));
		free(json);
	}
}

static void the_time_is_told(void **state)
{
	struct entry entry = { .level = LEVEL_LOG,
		.time = text_of("2026-01-31 23:59:59.123 UTC") };
	struct entry_facts facts = { .wall_us = 7 };

	(void)state;
	free(entry_json(REDACT_NONE, &entry, &facts));
	assert_int_equal(facts.wall_us, 1769903999123000);
	entry.time = text_of("2026-01-31 23:59:59.123 XYZ");
	free(entry_json(REDACT_NONE, &entry, &facts));
	assert_int_equal(facts.wall_us, 0);
}

/* As log_time_read() tells each of them alone, in an order in which most follow one of their second. */
static void each_time_is_its_own(void **state)
{
	static const struct {
		const char *before, *after; /* of the decimals */
	} forms[] = {
		{ "2026-01-31 23:59:59.", " UTC" },
		{ "2026-01-31 23:59:59.", " UTC" },
		{ "2026-01-31 23:59:58.", " UTC" },
		{ "2026-01-31 22:59:59.", " UTC" },
		{ "2026-01-31 23:59:59.", " +02" },
		{ "2026-01-31 23:59:59.", " +0230" },
		{ "2026-01-31 23:59:59.", "456 UTC" },
		{ "2026-01-31 23:59:59.x", " UTC" },
		{ "2026-01-31 23:59:59 ", " UTC" },
		{ "2026-01-31 23:59:59.", " XYZ" },
		{ "2026-01-31 23:59:59.", "" },
		{ "1769903999.", "" },
	};
	struct entry_writer writer;
	struct log_clock clock;
	struct event_table *table = event_table_new();
	struct err err;
	struct buf out;

	(void)state;
	assert_int_equal(log_clock_init(&clock, "UTC", &err), 0);
	entry_writer_init(&writer, REDACT_NONE, &clock, table);
	buf_init(&out, 1 << 20);
	for (unsigned i = 0; i < 5000; i++) {
		struct entry entry = { .level = LEVEL_LOG };
		char time[40], iso[LOG_TIME_TEXT_SIZE], want[100];
		struct log_clock alone = clock;
		struct entry_facts facts;
		int64_t wall_us = 0;
		size_t len, n;

		n = i * 7919 / 3 % COUNT(forms);
		snprintf(time, sizeof(time), "%s%03u%s", forms[n].before, i * 37 % 1000,
			forms[n].after);
		if (i % 11 == 0 && strlen(time) > 22)
			time[20 + i / 11 % 3] = 'x';
		len = strlen(time);
		entry.time = text_of(time);
		memset(&alone.minute, 0, sizeof(alone.minute));
		if (log_time_read(&alone, time, len, iso, &len, &wall_us))
			snprintf(want, sizeof(want), "\"%.*s\"", (int)len, iso);
		else
			snprintf(want, sizeof(want), "\"%s\"", time);
		buf_clear(&out);
		entry_write(&writer, &entry, &out, &facts);
		check(time, strstr(out.data, want));
		check(time, facts.wall_us == wall_us);
	}
	buf_release(&out);
	entry_writer_release(&writer);
	event_table_free(table);
}

/* More starts than have a place, in an order that throws some out and meets them again. */
static void each_session_start_is_its_own(void **state)
{
	struct entry_writer writer;
	struct entry_facts facts;
	struct log_clock clock;
	struct event_table *table = event_table_new();
	struct err err;
	struct buf out;

	(void)state;
	assert_int_equal(log_clock_init(&clock, "UTC", &err), 0);
	entry_writer_init(&writer, REDACT_NONE, &clock, table);
	buf_init(&out, 1 << 20);
	for (unsigned i = 0; i < 3000; i++) {
		struct entry entry = { .level = LEVEL_LOG };
		unsigned n = i * 7919 % (i < 1500 ? 500 : 7);
		bool half = i / 7 % 2;
		char start[40], want[60];

		snprintf(start, sizeof(start), "2026-%02u-31 %02u:00:%02u +02%s",
			n % 2 * 2 + 1, n % 23, n % 60, half ? "30" : "");
		snprintf(want, sizeof(want), "2026-%02u-31T%02u:00:%02u+02:%s",
			n % 2 * 2 + 1, n % 23, n % 60, half ? "30" : "00");
		entry.text[ENTRY_SESSION_START] = text_of(start);
		buf_clear(&out);
		entry_write(&writer, &entry, &out, &facts);
		check(start, strstr(out.data, want));
	}
	buf_release(&out);
	entry_writer_release(&writer);
	event_table_free(table);
}

/* The member's text, and what is behind it. */
static struct json_node *read_back(const char *json)
{
	struct json_node *root = json_read(json, strlen(json));

	assert_non_null(root);
	return root;
}

static char *long_text(char c, size_t len)
{
	char *text = malloc(len + 1);

	memset(text, c, len);
	text[len] = '\0';
	return text;
}

static bool ends_in_mark(const char *text)
{
	size_t len = strlen(text), n = strlen(JSON_TRUNCATED);

	return len >= n && strcmp(text + len - n, JSON_TRUNCATED) == 0;
}

static const struct {
	const char *when;
	char fill;
	enum entry_text which;
	size_t len;
	size_t want_len; /* without the mark */
	bool cut;
} limits[] = {
	{ "a statement as long as allowed", 'x', ENTRY_STATEMENT, 2000, 2000, false },
	{ "a statement too long", 'x', ENTRY_STATEMENT, 2001, 2000, true },
	{ "a message as long as allowed", 'x', ENTRY_MESSAGE, ENTRY_TEXT_MAX_BYTES,
		ENTRY_TEXT_MAX_BYTES, false },
	{ "a message too long", 'x', ENTRY_MESSAGE, ENTRY_TEXT_MAX_BYTES + 1,
		ENTRY_TEXT_MAX_BYTES - sizeof(JSON_TRUNCATED) + 1, true },
	{ "encoded bytes count", '\n', ENTRY_DETAIL, ENTRY_TEXT_MAX_BYTES / 2,
		ENTRY_TEXT_MAX_BYTES / 2, false },
	{ "encoded bytes are cut", '\n', ENTRY_DETAIL, ENTRY_TEXT_MAX_BYTES / 2 + 1,
		(ENTRY_TEXT_MAX_BYTES - sizeof(JSON_TRUNCATED) + 1) / 2, true },
	{ "controls take six", '\x01', ENTRY_CONTEXT, 50000,
		(ENTRY_TEXT_MAX_BYTES - sizeof(JSON_TRUNCATED) + 1) / 6, true },
};

static const char *const limit_names[ENTRY_TEXTS] = { [ENTRY_MESSAGE] = "message",
	[ENTRY_DETAIL] = "detail",
	[ENTRY_CONTEXT] = "context",
	[ENTRY_HINT] = "hint",
	[ENTRY_STATEMENT] = "statement" };

static void a_text_has_its_limit(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(limits); i++) {
		char *text = long_text(limits[i].fill, limits[i].len), *json;
		struct entry entry = { .level = LEVEL_LOG };
		struct json_node *root;
		size_t want = limits[i].want_len;
		const char *back;

		entry.text[limits[i].which] = (struct slice){ text, limits[i].len };
		json = entry_json(REDACT_NONE, &entry, NULL);
		root = read_back(json);
		back = json_get_string(root, limit_names[limits[i].which], "");
		if (limits[i].cut)
			want += sizeof(JSON_TRUNCATED) - 1;
		check(limits[i].when, strlen(back) == want);
		check(limits[i].when, ends_in_mark(back) == limits[i].cut);
		check(limits[i].when,
			json_get_number(root, "cut_bytes", 0) ==
				(double)(limits[i].len - limits[i].want_len));
		json_read_release(root);
		free(json);
		free(text);
	}
}

static const struct {
	const char *when;
	size_t message, detail, hint;
	bool message_cut, detail_cut, hint_cut;
} shares[] = {
	{ "two long ones", 300000, 400000, 50000, true, true, false },
	{ "one long one", 100000, 400000, 10, false, true, false },
	{ "three of a size", 100000, 100000, 100000, true, true, true },
	{ "just enough", 200000, 62134, 10, false, false, false },
	{ "one byte too many", 200000, 62134, 11, true, false, false },
};

/* Its length; and it ends in the mark, or not, as it should. */
static size_t length_of(
	const struct json_node *root, const char *name, const char *when, bool cut)
{
	const char *text = json_get_string(root, name, "");

	check(when, ends_in_mark(text) == cut);
	return strlen(text);
}

static void the_longest_texts_are_cut_first(void **state)
{
	char *text = long_text('a', 400000);

	(void)state;
	for (size_t i = 0; i < COUNT(shares); i++) {
		const char *when = shares[i].when;
		struct entry entry = { .level = LEVEL_LOG };
		struct json_node *root;
		size_t total;
		char *json;

		entry.text[ENTRY_MESSAGE] = (struct slice){ text, shares[i].message };
		entry.text[ENTRY_DETAIL] = (struct slice){ text, shares[i].detail };
		entry.text[ENTRY_HINT] = (struct slice){ text, shares[i].hint };
		json = entry_json(REDACT_NONE, &entry, NULL);
		root = read_back(json);
		total = length_of(root, "message", when, shares[i].message_cut) +
			length_of(root, "detail", when, shares[i].detail_cut) +
			length_of(root, "hint", when, shares[i].hint_cut);
		check(when, total <= ENTRY_TEXT_MAX_BYTES);
		check(when, total > ENTRY_TEXT_MAX_BYTES - 3);
		json_read_release(root);
		free(json);
	}
	free(text);
}

static void a_mark_takes_its_room(void **state)
{
	char *text = long_text('a', ENTRY_TEXT_MAX_BYTES), *json;
	struct entry entry = { .level = LEVEL_LOG };
	struct json_node *root;

	(void)state;
	entry.text[ENTRY_MESSAGE] = (struct slice){ text, ENTRY_TEXT_MAX_BYTES - 2000 };
	entry.text[ENTRY_STATEMENT] = (struct slice){ text, 2100 };
	json = entry_json(REDACT_NONE, &entry, NULL);
	root = read_back(json);
	assert_int_equal(length_of(root, "message", "message", true) +
				 length_of(root, "statement", "statement", true),
		ENTRY_TEXT_MAX_BYTES);
	json_read_release(root);
	free(json);
	free(text);
}

static void what_came_cut_is_marked(void **state)
{
	struct entry entry = { .level = LEVEL_LOG, .cut_bytes = 1000 };
	char *statement = long_text('s', 2100), *json;

	(void)state;
	entry.text[ENTRY_MESSAGE] = text_of("short");
	entry.text[ENTRY_DETAIL] = text_of("not so short");
	check_json("the longest", &entry,
		"{\"timestamp\":null,\"pid\":null,\"level\":\"LOG\",\"message\":\"short\","
		"\"detail\":\"not so short...[truncated]\",\"cut_bytes\":1000}");
	entry.text[ENTRY_STATEMENT] = text_of(statement);
	json = entry_json(REDACT_NONE, &entry, NULL);
	assert_non_null(strstr(json, "s...[truncated]\",\"cut_bytes\":1100}"));
	free(json);
	free(statement);
}

/* Whatever valid text, it is read back as it was. */
static void texts_come_back_as_they_were(void **state)
{
	static const char *const pieces[] = { "duration: 1.5 ms  ",
		"statement: ", "SELECT ", "'x\"y'", "\n\t", "\\", "\xc3\xa9",
		"\xe2\x82\xac", "\x01", "no password, ", "identified. ", "h://d ",
		"-- a\n", "$ 1 = 'x'", "(1, 2)", "Key (a)=(1) " };
	uint32_t random = 7;

	(void)state;
	for (int run = 0; run < 1000; run++) {
		struct entry entry = { .level = LEVEL_LOG };
		char text[1000] = "", *json;
		struct json_node *root;

		for (int i = 0; i < run % 20; i++) {
			random = random * 1664525 + 1013904223;
			strcat(text, pieces[(random >> 16) % COUNT(pieces)]);
		}
		entry.text[ENTRY_MESSAGE] = text_of(text);
		entry.text[ENTRY_DETAIL] = text_of(text);
		entry.text[ENTRY_CONTEXT] = text_of(text);
		json = entry_json(REDACT_NONE, &entry, NULL);
		root = read_back(json);
		check_string("message", json_get_string(root, "message", ""), text);
		check_string("detail", json_get_string(root, "detail", ""), text);
		check_string("context", json_get_string(root, "context", ""), text);
		json_read_release(root);
		free(json);
	}
}

static void a_cap_too_small_is_told(void **state)
{
	struct event_table *table = event_table_new();
	struct entry entry = { .level = LEVEL_LOG };
	char *text = long_text('x', 3000);
	struct entry_writer writer;
	struct entry_facts facts;
	struct log_clock clock;
	size_t want;
	struct err err;
	struct buf out;

	(void)state;
	assert_int_equal(log_clock_init(&clock, "UTC", &err), 0);
	entry_writer_init(&writer, REDACT_NONE, &clock, table);
	entry.text[ENTRY_MESSAGE] = text_of(text);
	buf_init(&out, 1 << 20);
	entry_write(&writer, &entry, &out, &facts);
	want = out.len;
	buf_release(&out);
	for (size_t max = 0; max < want + 200; max++) {
		buf_init(&out, max);
		entry_write(&writer, &entry, &out, &facts);
		if (max < want)
			assert_true(out.failed);
		if (max >= want + 100) /* room is asked for a little too much */
			assert_false(out.failed);
		if (!out.failed)
			assert_int_equal(out.len, want);
		buf_release(&out);
	}
	entry_writer_release(&writer);
	event_table_free(table);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_entry_has_every_member_in_order),
		cmocka_unit_test(what_is_not_known_is_left_out),
		cmocka_unit_test(a_number_that_is_none_is_a_string),
		cmocka_unit_test(the_values_of_an_event_follow_its_name),
		cmocka_unit_test(the_statement_beside_a_message_wins),
		cmocka_unit_test(the_correlation_id_is_found),
		cmocka_unit_test(the_time_is_told),
		cmocka_unit_test(each_time_is_its_own),
		cmocka_unit_test(each_session_start_is_its_own),
		cmocka_unit_test(a_text_has_its_limit),
		cmocka_unit_test(the_longest_texts_are_cut_first),
		cmocka_unit_test(a_mark_takes_its_room),
		cmocka_unit_test(what_came_cut_is_marked),
		cmocka_unit_test(texts_come_back_as_they_were),
		cmocka_unit_test(a_cap_too_small_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
