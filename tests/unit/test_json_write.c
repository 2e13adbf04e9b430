#include "unit.h"

#include <inttypes.h>
#include <math.h>

#include "json_check.h"
#include "json_write.h"
#include "utf8.h"

static void write_nested(struct json *json)
{
	json_object(json);
	json_key(json, "a");
	json_array(json);
	json_int(json, 1);
	json_object(json);
	json_end(json);
	json_array(json);
	json_end(json);
	json_end(json);
	json_key(json, "b");
	json_bool(json, true);
	json_key(json, "c");
	json_null(json);
	json_end(json);
}

static void commas_and_brackets_fall_into_place(void **state)
{
	struct json json;
	struct buf buf;

	(void)state;
	buf_init(&buf, 1000);
	json_begin(&json, &buf);
	write_nested(&json);
	assert_string_equal(buf.data, "{\"a\":[1,{},[]],\"b\":true,\"c\":null}");
	assert_false(buf.failed);
	assert_null(json_check_object(buf.data, buf.len, NULL));
	buf_release(&buf);
}

static const struct {
	const char *when;
	const char *text;
	size_t len, max_chars;
	const char *want;
} texts[] = {
	{ "plain", "abc", 3, JSON_NO_LIMIT, "\"abc\"" },
	{ "empty", "", 0, JSON_NO_LIMIT, "\"\"" },
	{ "quotes and backslashes", "a\"b\\c", 5, JSON_NO_LIMIT, "\"a\\\"b\\\\c\"" },
	{ "newline, tab, return", "\n\t\r", 3, JSON_NO_LIMIT, "\"\\n\\t\\r\"" },
	{ "other controls", "\x01\x1f\x1b", 3, JSON_NO_LIMIT,
		"\"\\u0001\\u001f\\u001b\"" },
	{ "NUL", "a\0b", 3, JSON_NO_LIMIT,
		"\"a\xef\xbf\xbd"
		"b\"" },
	{ "delete stays", "\x7f", 1, JSON_NO_LIMIT, "\"\x7f\"" },
	{ "UTF-8 stays", "\xc3\xa9\xf0\x9f\x98\x80", 6, JSON_NO_LIMIT,
		"\"\xc3\xa9\xf0\x9f\x98\x80\"" },
	{ "one replacement a broken character", "\xe2\x82X\xff\xfe", 5, JSON_NO_LIMIT,
		"\"\xef\xbf\xbdX\xef\xbf\xbd\xef\xbf\xbd\"" },
	{ "as long as allowed", "abc", 3, 3, "\"abc\"" },
	{ "one too many", "abcd", 4, 3, "\"abc...[truncated]\"" },
	{ "characters, not bytes", "\xc3\xa9\xc3\xa9", 4, 2, "\"\xc3\xa9\xc3\xa9\"" },
	{ "cut between characters", "\xc3\xa9\xc3\xa9x", 5, 2,
		"\"\xc3\xa9\xc3\xa9...[truncated]\"" },
	{ "nothing allowed", "a", 1, 0, "\"...[truncated]\"" },
};

static void text_is_escaped_repaired_and_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct json json;
		struct buf buf;

		buf_init(&buf, 1000);
		json_begin(&json, &buf);
		json_text(&json, texts[i].text, texts[i].len, texts[i].max_chars);
		check_string(texts[i].when, buf.data, texts[i].want);
		buf_release(&buf);
	}
}

/* What json_text() is to write, a character at a time. */
static void escape_slowly(const char *s, size_t len, struct buf *out)
{
	for (size_t at = 0; at < len;) {
		size_t bad, step = utf8_step(s + at, len - at, &bad);

		if (step == 0)
			buf_adds(out, "\xef\xbf\xbd");
		else if (step == 1 && strchr("\n\t\r\"\\", s[at]))
			buf_addf(out, "\\%c",
				s[at] == '\n'   ? 'n'
				: s[at] == '\t' ? 't'
				: s[at] == '\r' ? 'r'
						: s[at]);
		else if (step == 1 && (unsigned char)s[at] < 0x20)
			buf_addf(out, "\\u%04x", (unsigned)s[at]);
		else
			buf_add(out, s + at, step);
		at += step ? step : bad;
	}
}

static const char *const pieces[] = { "a", "plain text of some length", "\"", "\\", "\n",
	"\x01", "\x7f", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xc3",
	"\xe2\x82", "\xf0\x9f", "\xff", "\x80", "\xed\xa0\x80", " " };

static size_t compose(char *text, size_t size, uint32_t *random)
{
	size_t len = 0, want;

	*random = *random * 1664525 + 1013904223;
	want = (*random >> 16) % (*random >> 31 ? 60 : size - 30);
	while (len < want) {
		const char *piece;

		*random = *random * 1664525 + 1013904223;
		piece = pieces[(*random >> 16) % COUNT(pieces)];
		memcpy(text + len, piece, strlen(piece));
		len += strlen(piece);
	}
	return len;
}

/* Long and short, with and without room: always the same, and never a byte too many read. */
static void vectors_and_chunks_write_what_single_characters_make(void **state)
{
	uint32_t random = 1;

	(void)state;
	for (int run = 0; run < 3000; run++) {
		char text[5000], *exact;
		size_t len = compose(text, sizeof(text), &random), prefix, max;
		struct buf want, is, tight;

		buf_init(&want, 100000);
		escape_slowly(text, len, &want);
		exact = malloc(len + 1);
		memcpy(exact + 1, text, len);
		buf_init(&is, 100000);
		buf_reserve(&is, run % 2 ? JSON_TEXT_ROOM(len) : 0);
		json_add_text(&is, exact + 1, len);
		buf_init(&tight, want.len);
		json_add_text(&tight, exact + 1, len);
		assert_false(is.failed || tight.failed);
		assert_int_equal(is.len, want.len);
		assert_int_equal(tight.len, want.len);
		if (want.len > 0) {
			assert_memory_equal(is.data, want.data, want.len);
			assert_memory_equal(tight.data, want.data, want.len);
		}
		assert_int_equal(json_text_bytes(exact + 1, len), want.len);
		max = random % (want.len + 20);
		prefix = json_text_prefix(exact + 1, len, max);
		assert_true(json_text_bytes(exact + 1, prefix) <= max);
		assert_true(prefix == len ||
			    json_text_bytes(
				    exact + 1, prefix + utf8_prefix(exact + 1 + prefix,
								len - prefix, 1)) > max);
		buf_release(&tight);
		buf_init(&tight, want.len > 0 ? want.len - 1 : 0);
		json_add_text(&tight, exact + 1, len);
		assert_true(tight.failed == (want.len > 0));
		buf_release(&tight);
		buf_release(&is);
		buf_release(&want);
		free(exact);
	}
}

static const struct {
	const char *text;
	bool number;
} numbers[] = {
	{ "0", true },
	{ "-0", true },
	{ "12345678901234567890123", true },
	{ "1.50", true },
	{ "-1.5e+10", true },
	{ "1E5", true },
	{ "0.0", true },
	{ "NaN", false },
	{ "Infinity", false },
	{ "-Infinity", false },
	{ "", false },
	{ "-", false },
	{ "01", false },
	{ "1.", false },
	{ ".5", false },
	{ "1e", false },
	{ "1e+", false },
	{ "+1", false },
	{ "0x10", false },
	{ " 1", false },
	{ "1 ", false },
	{ "1,5", false },
};

static void a_servers_digits_are_kept_where_json_has_such_a_number(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++) {
		struct json json;
		struct buf buf;

		buf_init(&buf, 1000);
		json_begin(&json, &buf);
		json_number_text(&json, numbers[i].text);
		check_string(numbers[i].text, buf.data,
			numbers[i].number ? numbers[i].text : "null");
		check(numbers[i].text,
			json_is_number(numbers[i].text, strlen(numbers[i].text)) ==
				numbers[i].number);
		buf_release(&buf);
	}
}

static void an_object_that_is_json_already_goes_through_as_it_is(void **state)
{
	static const struct {
		const char *text, *want;
	} objects[] = {
		{ "{\"a\":9007199254740993,\"b\":[]}",
			"[1,{\"a\":9007199254740993,\"b\":[]}]" },
		{ "{}", "[1,{}]" },
		{ "{\"a\":1", "[1,null]" },
		{ "{\"a\":\"\xff\"}", "[1,null]" },
		{ "7", "[1,null]" },
		{ "", "[1,null]" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(objects); i++) {
		struct json json;
		struct buf buf;

		buf_init(&buf, 1000);
		json_begin(&json, &buf);
		json_array(&json);
		json_int(&json, 1);
		json_object_text(&json, objects[i].text, strlen(objects[i].text));
		json_end(&json);
		check_string(objects[i].text, buf.data, objects[i].want);
		buf_release(&buf);
	}
}

static void numbers_are_exact(void **state)
{
	struct json json;
	struct buf buf;

	(void)state;
	buf_init(&buf, 1000);
	json_begin(&json, &buf);
	json_array(&json);
	json_int(&json, INT64_MIN);
	json_int(&json, 9007199254740993);
	json_uint(&json, UINT64_MAX);
	json_decimal(&json, 99.95, 1);
	json_decimal(&json, 2.5, 0);
	json_decimal(&json, NAN, 1);
	json_decimal(&json, INFINITY, 1);
	json_decimal(&json, -INFINITY, 1);
	json_seconds(&json, 1700000000123456);
	json_seconds(&json, 0);
	json_seconds(&json, 7);
	json_seconds(&json, -1500000);
	json_seconds(&json, -1);
	json_string(&json, NULL);
	json_string(&json, "x");
	json_end(&json);
	assert_string_equal(buf.data,
		"[-9223372036854775808,9007199254740993,18446744073709551615,100.0,2,"
		"null,null,null,1700000000.123456,0.000000,0.000007,-1.500000,-0.000001,"
		"null,\"x\"]");
	buf_release(&buf);
}

static void integers_of_any_length_are_written(void **state)
{
	(void)state;
	for (uint64_t power = 1, last = 0; power > last; last = power, power *= 10) {
		for (uint64_t of = 1; of <= 9; of++) {
			uint64_t values[] = { power * of - 1, power * of, power * of + of,
				power / 9 * of };

			for (size_t i = 0; i < COUNT(values); i++) {
				char is[2 * JSON_UINT_ROOM] = "",
					    want[JSON_UINT_ROOM + 1];

				snprintf(want, sizeof(want), "%" PRIu64, values[i]);
				*json_put_uint(is, values[i]) = '\0';
				assert_string_equal(is, want);
			}
		}
	}
}

static void misuse_is_told(void **state)
{
	struct json json;
	struct buf buf;

	(void)state;
	buf_init(&buf, 10000);
	json_begin(&json, &buf);
	json_object(&json);
	json_end(&json);
	assert_false(buf.failed);
	json_end(&json);
	assert_true(buf.failed);
	buf_clear(&buf);
	json_begin(&json, &buf);
	for (int i = 0; i < JSON_DEPTH_MAX; i++)
		json_array(&json);
	assert_false(buf.failed);
	json_array(&json);
	assert_true(buf.failed);
	buf_release(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commas_and_brackets_fall_into_place),
		cmocka_unit_test(text_is_escaped_repaired_and_cut),
		cmocka_unit_test(vectors_and_chunks_write_what_single_characters_make),
		cmocka_unit_test(a_servers_digits_are_kept_where_json_has_such_a_number),
		cmocka_unit_test(an_object_that_is_json_already_goes_through_as_it_is),
		cmocka_unit_test(numbers_are_exact),
		cmocka_unit_test(integers_of_any_length_are_written),
		cmocka_unit_test(misuse_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
