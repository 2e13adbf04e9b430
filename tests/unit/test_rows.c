/* links: collector/collector.a */
#include "unit.h"

#include "collector/rows.h"
#include "result.h"

static const struct {
	const char *text;
	const char *want; /* NULL: no such time */
} times[] = {
	{ "2026-11-20 23:25:11.123456+00", "2026-11-20T23:25:11.123456+00:00" },
	{ "2026-11-20 23:25:11+00", "2026-11-20T23:25:11+00:00" },
	{ "2026-11-20 23:25:11.1+00", "2026-11-20T23:25:11.1+00:00" },
	{ "12026-11-20 23:25:11+00", "12026-11-20T23:25:11+00:00" },
	{ "infinity", NULL },
	{ "-infinity", NULL },
	{ "0044-03-15 12:00:00+00 BC", NULL },
	{ "2026-11-20 23:25:11+02", NULL },
	{ "2026-11-20 23:25:11", NULL },
	{ "2026-11-20", NULL },
	{ "11/20/2026 23:25:11+00", NULL },
	{ "2026-11-20 23.25.11+00", NULL },
	{ "+00", NULL },
	{ "", NULL },
};

static void times_become_iso_8601_or_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(times); i++) {
		char is[64] = "untouched";

		check(times[i].text, rows_iso_time(times[i].text, is, sizeof(is)) ==
					     (times[i].want != NULL));
		check_string(
			times[i].text, is, times[i].want ? times[i].want : "untouched");
	}
}

static void a_time_needs_all_of_its_room(void **state)
{
	char is[64];

	(void)state;
	assert_false(rows_iso_time("2026-11-20 23:25:11+00", is, 25));
	assert_true(rows_iso_time("2026-11-20 23:25:11+00", is, 26));
}

static const struct {
	const char *text;
	bool ok;
	const char *want;
	size_t len;
} hex[] = {
	{ "\\x", true, "", 0 },
	{ "\\x61", true, "a", 1 },
	{ "\\x00ff0A", false, NULL, 0 }, /* the server writes small letters */
	{ "\\x00ff0a", true, "\0\xff\n", 3 },
	{ "\\x6", false, NULL, 0 },
	{ "\\x6g", false, NULL, 0 },
	{ "x6161", false, NULL, 0 },
	{ "6161", false, NULL, 0 },
	{ "\\", false, NULL, 0 },
	{ "", false, NULL, 0 },
};

static void bytes_come_out_of_hex(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(hex); i++) {
		struct buf out;

		buf_init(&out, 100);
		check(hex[i].text, rows_bytes(hex[i].text, &out) == hex[i].ok);
		if (hex[i].ok) {
			check(hex[i].text, out.len == hex[i].len);
			check(hex[i].text, memcmp(out.data ? out.data : "", hex[i].want,
						   out.len) == 0);
		}
		buf_release(&out);
	}
}

static const struct {
	const char *when;
	enum redact_mode mode;
	const char *sql;
	size_t text_max;
	const char *want; /* as JSON */
} texts[] = {
	{ "as it is", REDACT_NONE, "SELECT 1", 100, "\"SELECT 1\"" },
	{ "just long enough", REDACT_NONE, "SELECT 1", 8, "\"SELECT 1\"" },
	{ "a character more", REDACT_NONE, "SELECT 12", 8, "\"SELECT 1...[truncated]\"" },
	{ "characters count, not bytes", REDACT_NONE, "\xc3\xa4\xc3\xa4", 2,
		"\"\xc3\xa4\xc3\xa4\"" },
	{ "and are not cut apart", REDACT_NONE, "\xc3\xa4\xc3\xa4\xc3\xa4", 2,
		"\"\xc3\xa4\xc3\xa4...[truncated]\"" },
	{ "a byte that is no character is one", REDACT_NONE, "a\xff", 2,
		"\"a\xef\xbf\xbd\"" },
	{ "passwords are masked in every mode", REDACT_NONE,
		"alter role r password 'secret'", 100,
		"\"alter role r password '***'\"" },
	{ "before it is cut", REDACT_NONE, "alter role r password 'secretsecret'", 27,
		"\"alter role r password '***'...[truncated]\"" },
	{ "what becomes shorter is still told as cut", REDACT_LITERALS,
		"SELECT 'aaaaaaaaaaaaaaaaaaaa", 20, "\"SELECT '***'...[truncated]\"" },
	{ "a character the server cut apart is not shown", REDACT_LITERALS,
		"SELECT 'aaaaaaaaaaaaaaaaaaaa' \xe2\x82\xac\xe2\x82", 20,
		"\"SELECT '***' \xe2\x82\xac...[truncated]\"" },
	{ "but a whole one is", REDACT_LITERALS,
		"SELECT 'aaaaaaaaaaaaaaaaaaaa' \xf0\x9f\x98\x80", 20,
		"\"SELECT '***' \xf0\x9f\x98\x80...[truncated]\"" },
	{ "what becomes longer is cut", REDACT_LITERALS, "SELECT ''", 9,
		"\"SELECT '*...[truncated]\"" },
	{ "the first word is never cut short", REDACT_STATEMENTS,
		"SELECT 1 FROM a_long_name", 20, "\"SELECT ...\"" },
	{ "nothing", REDACT_NONE, "", 10, "\"\"" },
};

static void sql_is_redacted_and_then_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct buf out, work;
		struct json json;

		buf_init(&out, 1000);
		buf_init(&work, 1000);
		json_begin(&json, &out);
		rows_sql_text(&json, texts[i].mode, texts[i].sql, strlen(texts[i].sql),
			texts[i].text_max, &work);
		check_string(texts[i].when, out.data, texts[i].want);
		buf_release(&out);
		buf_release(&work);
	}
}

static void sql_that_finds_no_memory_is_null(void **state)
{
	struct buf out, work;
	struct json json;

	(void)state;
	buf_init(&out, 1000);
	buf_init(&work, 4);
	json_begin(&json, &out);
	rows_sql_text(&json, REDACT_NONE, "SELECT 1", 8, 100, &work);
	assert_string_equal(out.data, "null");
	buf_release(&out);
	buf_release(&work);
}

/* Columns as the server sends them: name, type (pg_type.oid), text, and what is written. */
static const struct {
	const char *name;
	Oid type;
	const char *text; /* NULL: null */
	const char *want;
} columns[] = {
	{ "int2", 21, "-7", "-7" }, { "int4", 23, "2147483647", "2147483647" },
	{ "int8", 20, "9223372036854775807", "9223372036854775807" },
	{ "oid", 26, "4294967295", "4294967295" },
	{ "xid", 28, "4294967295", "4294967295" },
	{ "xid8", 5069, "18446744073709551615", "18446744073709551615" },
	{ "float4", 700, "0.25", "0.25" }, { "float8", 701, "1e+20", "1e+20" },
	{ "not_a_number", 701, "NaN", "null" }, { "infinite", 701, "-Infinity", "null" },
	{ "numeric", 1700, "12345678901234567890.5", "12345678901234567890.5" },
	{ "numeric_nan", 1700, "NaN", "null" }, { "yes", 16, "t", "true" },
	{ "no", 16, "f", "false" },
	{ "time", 1184, "2026-11-20 23:25:11+00", "\"2026-11-20T23:25:11+00:00\"" },
	{ "time_infinite", 1184, "infinity", "null" },
	{ "null_number", 23, NULL, "null" }, { "null_text", 25, NULL, "null" },
	{ "text", 25, "a\"b\xff long", "\"a\\\"b\xef\xbf\xbd long\"" },
	{ "queryid", 25, "-6172839461728394617", "\"-6172839461728394617\"" },
	{ "inet", 869, "10.0.0.1", "\"10.0.0.1\"" },
	{ "json", 114, "{\"a\":7}", "{\"a\":7}" }, { "no_json", 114, "{", "null" },
	{ "bytes", 17, "\\x61ff", "\"a\xef\xbf\xbd\"" },
	{ "no_bytes", 17, "61ff", "null" },
	{ "query", 25, "SELECT 'x'", "\"SELECT '*...[truncated]\"" },
	{ "blocked_query", 17, "\\x53454c45435420277827", "\"SELECT '*...[truncated]\"" },
	{ "queries", 25, "SELECT 'x'", "\"SELECT 'x'\"" },
	{ "_total", 20, "5", NULL }, /* for us */
};

static void each_type_is_written_as_what_it_is(void **state)
{
	struct result_column heads[COUNT(columns)];
	PGresult *result;
	struct rows rows;
	struct buf out, want;
	struct json json;

	(void)state;
	buf_init(&out, 10000);
	buf_init(&want, 10000);
	for (size_t i = 0; i < COUNT(columns); i++)
		heads[i] = (struct result_column){ columns[i].name, columns[i].type };
	result = result_make(heads, COUNT(columns));
	for (size_t i = 0; i < COUNT(columns); i++) {
		result_set(result, 0, (int)i, columns[i].text);
		if (columns[i].want)
			buf_addf(&want, "%s\"%s\":%s", i ? "," : "{", columns[i].name,
				columns[i].want);
	}
	buf_adds(&want, "}");
	rows_init(&rows, result, REDACT_LITERALS);
	json_begin(&json, &out);
	rows_object(&json, &rows, 0, 9);
	json_end(&json);
	assert_string_equal(out.data, want.data);
	assert_string_equal(rows_text(&rows, 0, rows_column(&rows, "inet")), "10.0.0.1");
	assert_string_equal(rows_text(&rows, 0, rows_column(&rows, "null_text")), "");
	assert_string_equal(rows_text(&rows, 0, rows_column(&rows, "absent")), "");
	rows_release(&rows);
	buf_release(&out);
	buf_release(&want);
	PQclear(result);
}

static const struct {
	const char *when;
	int rows; /* -1: not measured */
	const char *want;
} lists[] = {
	{ "two of nine", 2,
		"{\"some\":[{\"a\":1},{\"a\":null}],\"some_count\":2,\"some_total\":9,"
		"\"a\":1,\"total\":9,\"absent\":null}" },
	{ "none", 0,
		"{\"some\":[],\"some_count\":0,\"some_total\":0,\"a\":null,"
		"\"total\":null,\"absent\":null}" },
	{ "not measured is not none", -1,
		"{\"some\":null,\"some_count\":null,\"some_total\":null,\"a\":null,"
		"\"total\":null,\"absent\":null}" },
};

static void a_list_says_how_many_rows_it_has_and_of_how_many(void **state)
{
	static const struct result_column some[] = { { "a", 23 }, { "_total", 20 } };

	(void)state;
	for (size_t i = 0; i < COUNT(lists); i++) {
		PGresult *result = result_make(some, COUNT(some));
		struct rows rows, *given = lists[i].rows < 0 ? NULL : &rows;
		struct json json;
		struct buf out;

		for (int row = 0; row < lists[i].rows; row++) {
			result_set(result, row, 0, row == 0 ? "1" : NULL);
			result_set(result, row, 1, "9");
		}
		rows_init(&rows, result, REDACT_NONE);
		buf_init(&out, 1000);
		json_begin(&json, &out);
		json_object(&json);
		rows_list(&json, "some", given, 9);
		rows_counts(&json, "some_", given);
		rows_member(&json, given, 0, "a", 9);
		rows_member(&json, given, 0, "_total", 9);
		rows_member(&json, given, 0, "absent", 9);
		json_end(&json);
		check_string(lists[i].when, out.data, lists[i].want);
		buf_release(&out);
		rows_release(&rows);
		PQclear(result);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_become_iso_8601_or_nothing),
		cmocka_unit_test(a_time_needs_all_of_its_room),
		cmocka_unit_test(bytes_come_out_of_hex),
		cmocka_unit_test(sql_is_redacted_and_then_cut),
		cmocka_unit_test(sql_that_finds_no_memory_is_null),
		cmocka_unit_test(each_type_is_written_as_what_it_is),
		cmocka_unit_test(a_list_says_how_many_rows_it_has_and_of_how_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
