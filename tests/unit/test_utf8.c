#include "unit.h"

#include "utf8.h"

/* Unicode 15, 3.9, tables 3-8 and 3-9 among them. */
static const struct {
	const char *when;
	const char *bytes;
	size_t len;
	size_t step, bad; /* bad counts when step is 0 */
} steps[] = {
	{ "ASCII is one byte", "a", 1, 1, 0 },
	{ "NUL is no text", "\0", 1, 0, 1 },
	{ "two bytes", "\xc3\xa9", 2, 2, 0 },
	{ "the smallest of two", "\xc2\x80", 2, 2, 0 },
	{ "the largest of two", "\xdf\xbf", 2, 2, 0 },
	{ "three bytes", "\xe2\x82\xac", 3, 3, 0 },
	{ "the smallest of three", "\xe0\xa0\x80", 3, 3, 0 },
	{ "just below the surrogates", "\xed\x9f\xbf", 3, 3, 0 },
	{ "just above the surrogates", "\xee\x80\x80", 3, 3, 0 },
	{ "a noncharacter is a character", "\xef\xbf\xbf", 3, 3, 0 },
	{ "four bytes", "\xf0\x9f\x98\x80", 4, 4, 0 },
	{ "the smallest of four", "\xf0\x90\x80\x80", 4, 4, 0 },
	{ "the last character", "\xf4\x8f\xbf\xbf", 4, 4, 0 },
	{ "above the last character", "\xf4\x90\x80\x80", 4, 0, 1 },
	{ "f5 begins nothing", "\xf5\x80\x80\x80", 4, 0, 1 },
	{ "ff begins nothing", "\xff", 1, 0, 1 },
	{ "a tail alone", "\x80", 1, 0, 1 },
	{ "a long form of two", "\xc0\xaf", 2, 0, 1 },
	{ "another one", "\xc1\xbf", 2, 0, 1 },
	{ "a long form of three", "\xe0\x80\xaf", 3, 0, 1 },
	{ "a long form of four", "\xf0\x80\x80\xaf", 4, 0, 1 },
	{ "a surrogate", "\xed\xa0\x80", 3, 0, 1 },
	{ "cut after one of two", "\xc3", 1, 0, 1 },
	{ "cut after one of three", "\xe2", 1, 0, 1 },
	{ "cut after two of three", "\xe2\x82", 2, 0, 2 },
	{ "cut after two of four", "\xf0\x9f", 2, 0, 2 },
	{ "cut after three of four", "\xf0\x9f\x98", 3, 0, 3 },
	{ "ASCII after two of three", "\xe2\x82X", 3, 0, 2 },
	{ "ASCII after three of four", "\xf0\x9f\x98X", 4, 0, 3 },
	{ "ASCII after one of four", "\xf0X", 2, 0, 1 },
	{ "a lead after two of four", "\xf1\x80\xe1", 3, 0, 2 },
};

static void each_character_has_its_length_and_each_error_its_extent(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(steps); i++) {
		size_t bad = 99, step = utf8_step(steps[i].bytes, steps[i].len, &bad);

		check(steps[i].when, step == steps[i].step);
		if (step == 0)
			check(steps[i].when, bad == steps[i].bad);
	}
}

static void a_character_is_never_read_beyond_its_length(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(steps); i++) {
		for (size_t len = 1; len <= steps[i].len; len++) {
			char *exact =
				malloc(len); /* the sanitizer sees a byte too many */
			size_t bad = 0, step;

			memcpy(exact, steps[i].bytes, len);
			step = utf8_step(exact, len, &bad);
			check(steps[i].when, step ? step <= len : bad >= 1 && bad <= len);
			free(exact);
		}
	}
}

static const struct {
	const char *when;
	const char *text;
	size_t len, max_chars;
	size_t bytes, chars;
} prefixes[] = {
	{ "nothing of nothing", "", 0, 5, 0, 0 },
	{ "no characters", "abc", 3, 0, 0, 3 },
	{ "whole characters only", "a\xc3\xa9\xe2\x82\xac", 6, 2, 3, 3 },
	{ "all of it", "a\xc3\xa9\xe2\x82\xac", 6, 3, 6, 3 },
	{ "more than there is", "a\xc3\xa9", 3, 9, 3, 2 },
	{ "an error is one character", "\xe2\x82X", 3, 1, 2, 2 },
	{ "an error at the end", "X\xf0\x9f\x98", 4, 2, 4, 2 },
};

static void prefixes_and_counts_go_by_characters(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(prefixes); i++) {
		check(prefixes[i].when,
			utf8_prefix(prefixes[i].text, prefixes[i].len,
				prefixes[i].max_chars) == prefixes[i].bytes);
		check(prefixes[i].when, utf8_count(prefixes[i].text, prefixes[i].len) ==
						prefixes[i].chars);
	}
}

static const struct {
	const char *when;
	const char *text, *want;
} lines[] = {
	{ "nothing", "", "" },
	{ "text of all lengths", "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
		"a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80" },
	{ "C0 and DEL", "\x1b[2J\n\x7f ", "?[2J?? " },
	{ "the first and the last of C1", "\xc2\x80\xc2\x9f", "??" },
	{ "what comes after C1", "\xc2\xa0\xc2\xad", "\xc2\xa0\xc2\xad" },
	{ "a tail of 0x9b that belongs to a character", "\xe1\x9b\x9b", "\xe1\x9b\x9b" },
	{ "C1 as single bytes",
		"\x9b"
		"2J",
		"?2J" },
	{ "a long form of ESC", "\xc0\x9b[2J", "??[2J" },
	{ "cut at the end", "a\xe2\x82", "a?" },
};

static void what_a_terminal_may_take_for_a_command_goes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		char *text = strdup(lines[i].text);

		utf8_make_printable(text);
		check_string(lines[i].when, text, lines[i].want);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_character_has_its_length_and_each_error_its_extent),
		cmocka_unit_test(a_character_is_never_read_beyond_its_length),
		cmocka_unit_test(prefixes_and_counts_go_by_characters),
		cmocka_unit_test(what_a_terminal_may_take_for_a_command_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
