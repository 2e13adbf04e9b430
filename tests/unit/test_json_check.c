#include "unit.h"

#include "json_check.h"

static const char *const good[] = {
	"{}",
	" \t\r\n{ } \n",
	"{\"a\":1}",
	"{\"a\":-0.5e+10,\"b\":[1,[],{},\"x\"]}",
	"{\"a\":true,\"b\":false,\"c\":null}",
	"{\"\\u00e9\\n\\\"\\\\\\/\":\"\\ud83d\\ude00\"}",
	"{\"a\":\"\xc3\xa9\x7f\"}",
	"{\"a\":0}",
	"{ \"a\" : [ 1 , 2 ] , \"b\" : { } }",
	"{\"a\":1,\"a\":2}",
	"{\"a\":\"\\u0000\"}",
	"{\"a\":1E5}",
	"{\"a\":1234567890123456,\"b\":-12345678901234567890.12345678901234567890e-12345}",
	"{\"a\":[[[]],[{\"b\":[{}]}]],\"c\":{\"d\":{\"e\":null}}}",
};

static const struct {
	const char *when;
	const char *text;
	size_t len; /* 0: all of it */
	size_t offset;
} bad[] = {
	{ "nothing", "", 0, 0 },
	{ "white space", " \n", 0, 2 },
	{ "an array is no object", "[]", 0, 0 },
	{ "a string is no object", "\"a\"", 0, 0 },
	{ "text behind", "{} x", 0, 3 },
	{ "a second object", "{}{}", 0, 2 },
	{ "NUL behind", "{}\0", 3, 2 },
	{ "cut", "{\"a\":1", 0, 6 },
	{ "cut after the brace", "{", 0, 1 },
	{ "cut in a word", "{\"a\":tru", 0, 5 },
	{ "cut in a string", "{\"a\":\"x", 0, 7 },
	{ "cut in an escape", "{\"a\":\"\\", 0, 7 },
	{ "cut in \\u", "{\"a\":\"\\u00", 0, 10 },
	{ "no hexadecimal digit", "{\"a\":\"\\u00g0\"}", 0, 10 },
	{ "an unknown escape", "{\"a\":\"\\x41\"}", 0, 8 },
	{ "an escaped NUL byte", "{\"a\":\"\\\0\"}", 10, 7 },
	{ "a newline in a string", "{\"a\":\"\n\"}", 0, 6 },
	{ "the last control in a string", "{\"a\":\"\x1f\"}", 0, 6 },
	{ "a NUL in a string", "{\"a\":\"\0\"}", 9, 6 },
	{ "bytes that are no UTF-8", "{\"a\":\"\xff\"}", 0, 6 },
	{ "a surrogate in UTF-8", "{\"a\":\"\xed\xa0\x80\"}", 0, 6 },
	{ "a byte order mark", "\xef\xbb\xbf{}", 0, 0 },
	{ "a comma too many", "{\"a\":1,}", 0, 7 },
	{ "a comma too many in an array", "{\"a\":[1,]}", 0, 8 },
	{ "a comma at once", "{,}", 0, 1 },
	{ "no comma", "{\"a\":1 \"b\":2}", 0, 7 },
	{ "no colon", "{\"a\" 1}", 0, 5 },
	{ "no value", "{\"a\":}", 0, 5 },
	{ "no quotes", "{a:1}", 0, 1 },
	{ "single quotes", "{'a':1}", 0, 1 },
	{ "a leading zero", "{\"a\":01}", 0, 6 },
	{ "a lone minus", "{\"a\":-}", 0, 6 },
	{ "no digit after the point", "{\"a\":1.}", 0, 7 },
	{ "no digit in the exponent", "{\"a\":1e}", 0, 7 },
	{ "a second point", "{\"a\":12345678901234567.1.2}", 0, 24 },
	{ "a letter after many digits", "{\"a\":1234567890123456x}", 0, 21 },
	{ "a word cut at the end", "{\"a\":fals", 0, 5 },
	{ "a word that goes on", "{\"a\":nullx}", 0, 9 },
	{ "a plus", "{\"a\":+1}", 0, 5 },
	{ "NaN", "{\"a\":NaN}", 0, 5 },
	{ "a word in capitals", "{\"a\":True}", 0, 5 },
	{ "a wrong bracket", "{\"a\":[1}}", 0, 7 },
	{ "a wrong brace", "{\"a\":{\"b\":1]}", 0, 11 },
	{ "a comment", "{/**/}", 0, 1 },
};

/* 200 plain characters */
#define FIFTY "A line of fifty characters that need no closer lo."
#define LONG_TEXT FIFTY FIFTY FIFTY FIFTY

static void objects_pass(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		check(good[i], json_check_object(good[i], strlen(good[i]), NULL) == NULL);
}

static void everything_else_is_told_with_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		size_t len = bad[i].len ? bad[i].len : strlen(bad[i].text), at = 999;
		char *exact = malloc(len + 1);

		memcpy(exact + 1, bad[i].text, len);
		check(bad[i].when, json_check_object(exact + 1, len, &at) != NULL);
		if (at != bad[i].offset)
			fail_msg("%s: at %zu instead of %zu", bad[i].when, at,
				bad[i].offset);
		check(bad[i].when, json_check_object(exact + 1, len, NULL) != NULL);
		free(exact);
	}
}

static void every_cut_of_a_good_object_is_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		const char *end = strrchr(good[i], '}');

		for (size_t len = 0; len < (size_t)(end - good[i]); len++) {
			char *exact = malloc(len + 1);

			memcpy(exact + 1, good[i], len);
			check(good[i], json_check_object(exact + 1, len, NULL) != NULL);
			free(exact);
		}
	}
}

/* Strings are looked through many bytes at a time. */
static void nothing_in_a_long_string_is_overlooked(void **state)
{
	static const struct {
		const char *put, *what;
		size_t offset;
	} specials[] = {
		{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", NULL },
		{ "\\\"\\\\\\u00e9", NULL },
		{ "\",\"b\":\"", NULL },
		{ "\x1f", "control character in a string", 0 },
		{ "\xff", "string is not valid UTF-8", 0 },
		{ "\" ", "',' expected", 2 },
	};
	enum { LENGTH = 200 };

	(void)state;
	for (size_t i = 0; i < COUNT(specials); i++) {
		for (size_t place = 0; place <= LENGTH; place++) {
			char text[LENGTH + 32], *exact;
			const char *what;
			size_t at = 999, before = strlen("{\"a\":\"") + place;
			int len = snprintf(text, sizeof(text), "{\"a\":\"%.*s%s%.*s\"}",
				(int)place, LONG_TEXT, specials[i].put,
				(int)(LENGTH - place), LONG_TEXT);

			exact = malloc((size_t)len + 1);
			memcpy(exact + 1, text, (size_t)len);
			what = json_check_object(exact + 1, (size_t)len, &at);
			if (!specials[i].what != !what ||
				(what && strcmp(what, specials[i].what) != 0))
				fail_msg("special %zu at %zu: %s", i, place, what);
			if (what)
				assert_int_equal(at, before + specials[i].offset);
			free(exact);
		}
	}
}

static void nesting_ends_at_the_limit(void **state)
{
	static const size_t depths[] = { JSON_CHECK_DEPTH_MAX, JSON_CHECK_DEPTH_MAX + 1,
		100000 };

	(void)state;
	for (size_t i = 0; i < COUNT(depths); i++) {
		size_t arrays = depths[i] - 1, len = 0;
		char *text = malloc(2 * arrays + 16);
		const char *what;

		len += (size_t)sprintf(text, "{\"a\":");
		memset(text + len, '[', arrays);
		memset(text + len + arrays, ']', arrays);
		len += 2 * arrays;
		/* An empty array at the bottom counts as well. */
		text[len++] = '}';
		what = json_check_object(text, len, NULL);
		if (depths[i] <= JSON_CHECK_DEPTH_MAX)
			assert_null(what);
		else
			assert_string_equal(what, "nested too deeply");
		free(text);
	}
}

static void what_was_closed_is_no_longer_nested(void **state)
{
	static char siblings[JSON_CHECK_DEPTH_MAX * 16 + 32];
	size_t len = (size_t)sprintf(siblings, "{\"a\":[0");

	(void)state;
	for (size_t i = 0; i < JSON_CHECK_DEPTH_MAX; i++)
		len += (size_t)sprintf(siblings + len, ",[0],{\"b\":0}");
	len += (size_t)sprintf(siblings + len, "]}");
	assert_null(json_check_object(siblings, len, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_pass),
		cmocka_unit_test(everything_else_is_told_with_its_place),
		cmocka_unit_test(every_cut_of_a_good_object_is_bad),
		cmocka_unit_test(nothing_in_a_long_string_is_overlooked),
		cmocka_unit_test(nesting_ends_at_the_limit),
		cmocka_unit_test(what_was_closed_is_no_longer_nested),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
