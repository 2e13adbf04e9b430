/* links: logtail/logtail.a */
#include "unit.h"

#include <math.h>

#include "logtail/lines.h"
#include "logtail/log_parser.h"

#define E "2026-01-31 23:59:59.123 UTC "
#define LONG_TEXT \
	"a text that is longer than what is looked at before the end of its line is known"
#define CSV_TIME "2026-01-31 23:59:59.123 UTC"
#define JSON(pid, message)                                            \
	"{\"timestamp\":\"2026-01-31 23:59:59.123 UTC\",\"pid\":" pid \
	",\"error_severity\":\"LOG\",\"message\":" message "}\n"

/* Entries as lines: level, pid, flags and texts; newlines as "/". */
struct seen {
	struct buf text;
	size_t room, most_per_line, since_line;
};

static void show(struct buf *out, const char *label, const struct slice *text)
{
	if (!text->s)
		return;
	buf_adds(out, label);
	for (size_t i = 0; i < text->len; i++)
		buf_addc(out, text->s[i] == '\n' ? '/' : text->s[i]);
}

static bool see(void *context, const struct entry *entry)
{
	struct seen *seen = context;

	buf_addf(&seen->text, "%s %lld%s%s", level_names[entry->level],
		(long long)entry->pid, entry->continued ? " continued" : "",
		entry->cut_bytes ? " cut" : "");
	show(&seen->text, " |", &entry->text[ENTRY_MESSAGE]);
	show(&seen->text, "|D:", &entry->text[ENTRY_DETAIL]);
	show(&seen->text, "|S:", &entry->text[ENTRY_STATEMENT]);
	buf_addc(&seen->text, '\n');
	if (seen->room > 0)
		seen->room--;
	if (++seen->since_line > seen->most_per_line)
		seen->most_per_line = seen->since_line;
	return seen->room > 0;
}

static void seen_init(struct seen *seen)
{
	*seen = (struct seen){ .room = SIZE_MAX };
	buf_init(&seen->text, (size_t)64 << 20);
	buf_adds(&seen->text, "");
}

static struct log_parser *make_parser(void)
{
	struct prefix prefix;
	struct log_parser *parser;

	assert_int_equal(prefix_compile("%m [%p] ", &prefix, NULL), 0);
	parser = log_parser_new(&prefix);
	assert_non_null(parser);
	return parser;
}

/* The log in chunks of step bytes, what is not taken before the next; to its end. */
static char *parse(const char *log, size_t len, size_t step)
{
	struct log_parser *parser = make_parser();
	struct seen seen;
	size_t at = 0, end = 0;

	seen_init(&seen);
	while (end < len) {
		end = end + step < len ? end + step : len;
		at += log_parser_feed(parser, log + at, end - at, 1, see, &seen);
		if (end - at >= LINE_PIECE_BYTES)
			fail_msg("%zu bytes are waited for", end - at);
	}
	if (len > at)
		at += log_parser_break(parser, log + at, len - at, 1, true, see, &seen);
	assert_int_equal(at, len);
	assert_true(log_parser_finish(parser, see, &seen));
	assert_true(log_parser_oldest(parser) == INFINITY);
	log_parser_free(parser);
	return buf_take(&seen.text);
}

static const char mixed[] = E
	"[7] ERROR:  one\n" E "[7] DETAIL:  more\n\tof it\n" E "[8] LOG:  two\n" E
	"[7] STATEMENT:  SELECT 1\n" JSON("9",
		"\"three\"") "cp: no room\n" CSV_TIME
			     ",\"u\",\"d\",10,\"[local]\",5f.1,1,\"SELECT\"," CSV_TIME
			     ",3/4,0,LOG,00000,\"four, "
			     "\"\"quoted\"\"\nand {\"\"timestamp\"\":\"\"\nand on\",,,,,,,,,\"psql\",\"client "
			     "backend\",,0\n" E
			     "[8] LOG:  five\n\n\ttabbed\n" JSON("11", "\"si\\nx\"") E
	"[7] LOG:  seven";

#define CSV(pid, message)                                                               \
	CSV_TIME ",\"u\",\"d\"," pid ",\"[local]\",5f.1,1,\"SELECT\"," CSV_TIME         \
		 ",3/4,0,LOG,00000,\"" message "\",,,,,,,,,\"psql\",\"client backend\"" \
		 ",,0\n"

/* Runs of records, which are read where they stand, and what ends such a run. */
static const char runs[] =
	CSV("1", "one") CSV("2", "two\nlines, \"\"quoted\"\"\n\nand more") CSV("3", "")
		CSV("4", CSV_TIME ",\"\"u\"\"") "cp: no room\n" CSV("5", LONG_TEXT)
			CSV("x", "no number") CSV("6", LONG_TEXT LONG_TEXT)
				JSON("7", "\"seven\"") JSON("8", "\"e\\\"ight\"")
					JSON("9", "9") JSON("10", "\"" LONG_TEXT "\"")
						CSV("11", "eleven") E
	"[12] LOG:  twelve\n" CSV("13", "thirteen") CSV("14", "torn\nthere")
		CSV("15", "x\"y") CSV("16", "sixteen")
			JSON("17", "\"seventeen\"") "{\"timestamp\":\"x\n" JSON(
				"18", "\"eighteen\"");

static const char *const logs[] = { mixed, runs };

static void each_line_is_read_as_what_it_is(void **state)
{
	char *text = parse(mixed, strlen(mixed), SIZE_MAX / 2);

	(void)state;
	assert_string_equal(text,
		"LOG 9 |three\n"
		"UNPARSED 0 |cp: no room\n"
		"LOG 10 |four, \"quoted\"/and {\"timestamp\":\"/and on\n"
		"LOG 8 |two\n"
		"LOG 11 |si/x\n"
		"ERROR 7 |one|D:more/of it|S:SELECT 1\n"
		"LOG 8 |five/tabbed\n"
		"LOG 7 |seven\n");
	free(text);
}

static void a_cut_anywhere_changes_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(logs); i++) {
		size_t len = strlen(logs[i]);
		char *want = parse(logs[i], len, SIZE_MAX / 2);

		for (size_t step = 1; step <= len; step++) {
			char *text = parse(logs[i], len, step);

			if (strcmp(text, want) != 0)
				fail_msg("chunks of %zu bytes: %s instead of %s", step,
					text, want);
			free(text);
		}
		free(want);
	}
}

static void long_lines_are_cut_nowhere_either(void **state)
{
	static const size_t sizes[] = { LINE_PIECE_BYTES - 2, LINE_PIECE_BYTES - 1,
		LINE_PIECE_BYTES, LINE_PIECE_BYTES + 1, 3 * LINE_PIECE_BYTES };
	static const char *const heads[] = { E "[7] LOG:  ", "stray ",
		"{\"timestamp\":\"" CSV_TIME
		"\",\"pid\":9,\"error_severity\":\"LOG\",\"message\":\"",
		"2026-01-31 23:59:59.123 UTC,\"u\",\"d\",10,\"[local]\",5f.1,1,\"" };
	static const size_t steps[] = { 1000, 4096, LINE_PIECE_BYTES - 1,
		LINE_PIECE_BYTES, LINE_PIECE_BYTES + 1, 100003 };

	(void)state;
	for (size_t h = 0; h < COUNT(heads); h++)
		for (size_t i = 0; i < COUNT(sizes); i++) {
			size_t head = strlen(heads[h]), len;
			char *log = malloc(sizes[i] + 200), *want;

			memcpy(log, heads[h], head);
			memset(log + head, 'x', sizes[i] - head);
			strcpy(log + sizes[i], "\n" E "[8] LOG:  next\n");
			len = sizes[i] + strlen(log + sizes[i]);
			want = parse(log, len, SIZE_MAX / 2);
			check(heads[h], h == 3 || strstr(want, "LOG 8 |next\n"));
			for (size_t s = 0; s < COUNT(steps); s++) {
				char *text = parse(log, len, steps[s]);

				if (strcmp(text, want) != 0)
					fail_msg("%s of %zu in chunks of %zu: differs",
						heads[h], sizes[i], steps[s]);
				free(text);
			}
			free(want);
			free(log);
		}
}

static void a_torn_record_does_not_take_the_next_with_it(void **state)
{
	static const char torn[] = CSV_TIME
		",\"u\",\"d\",10,\"[local]\",5f.1,1,\"SELECT\"," CSV_TIME
		",3/4,0,LOG,00000,\"torn off he\n" CSV_TIME
		",\"u\",\"d\",12,\"[local]\",5f.1,1,\"SELECT\"," CSV_TIME
		",3/4,0,LOG,00000,\"whole\",,,,,,,,,\"psql\",\"client backend\",,0\n";
	char *want = parse(torn, strlen(torn), SIZE_MAX / 2);

	(void)state;
	assert_non_null(strstr(want, "LOG 12 |whole\n"));
	assert_non_null(strstr(want, "UNPARSED 0 |" CSV_TIME ",\"u\",\"d\",10,"));
	for (size_t step = 1; step < sizeof(torn); step++) {
		char *text = parse(torn, strlen(torn), step);

		assert_string_equal(text, want);
		free(text);
	}
	free(want);
}

static size_t lines_end(const char *log, size_t at, size_t len)
{
	const char *end = memchr(log + at, '\n', len - at);

	return end ? (size_t)(end - log) + 1 : len;
}

/* A restart after any line: what must be read again is, what is open is restored. */
static void a_restart_after_any_line_changes_nothing(void **state)
{
	size_t len = strlen(mixed);
	char *want = parse(mixed, len, SIZE_MAX / 2);

	(void)state;
	for (size_t cut = 0; cut < len; cut = lines_end(mixed, cut, len)) {
		struct log_parser *parser = make_parser();
		struct buf saved;
		struct seen seen;
		size_t at;

		seen_init(&seen);
		buf_init(&saved, 2 << 20);
		at = log_parser_feed(parser, mixed, cut, 1, see, &seen);
		assert_int_equal(at, cut);
		assert_true(log_parser_unsaved(parser) <= cut);
		at -= log_parser_unsaved(parser);
		assert_true(log_parser_save(parser, &saved));
		log_parser_free(parser);
		parser = make_parser();
		assert_true(log_parser_restore(parser, saved.data, saved.len, 1));
		buf_release(&saved);
		at += log_parser_feed(parser, mixed + at, len - at, 1, see, &seen);
		at += log_parser_break(parser, mixed + at, len - at, 1, true, see, &seen);
		assert_int_equal(at, len);
		assert_true(log_parser_finish(parser, see, &seen));
		log_parser_free(parser);
		assert_string_equal(seen.text.data, want);
		buf_release(&seen.text);
	}
	free(want);
}

static void check_full_sink(const char *log)
{
	size_t len = strlen(log), at = 0;
	char *want = parse(log, len, SIZE_MAX / 2);
	struct log_parser *parser = make_parser();
	struct seen seen;

	seen_init(&seen);
	while (at < len) {
		size_t n;

		seen.room = 1;
		seen.since_line = 0;
		n = log_parser_feed(parser, log + at, len - at, 1, see, &seen);
		at += n;
		if (n == 0)
			at += log_parser_break(
				parser, log + at, len - at, 1, true, see, &seen);
	}
	do {
		seen.room = 1;
		seen.since_line = 0;
	} while (!log_parser_finish(parser, see, &seen));
	assert_string_equal(seen.text.data, want);
	assert_true(seen.most_per_line <= 2);
	log_parser_free(parser);
	buf_release(&seen.text);
	free(want);
}

static void a_full_sink_loses_and_repeats_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(logs); i++)
		check_full_sink(logs[i]);
}

static void feed(struct log_parser *parser, const char *text, struct seen *seen)
{
	assert_int_equal(
		log_parser_feed(parser, text, strlen(text), 1, see, seen), strlen(text));
}

static void broken_off(struct log_parser *parser, const char *text, struct seen *seen)
{
	assert_int_equal(
		log_parser_break(parser, text, strlen(text), 1, false, see, seen),
		strlen(text));
	log_parser_silence(parser, INFINITY, see, seen);
}

static void the_rest_of_an_unfinished_line_is_continued(void **state)
{
	struct log_parser *parser = make_parser();
	struct seen seen;
	struct buf saved;

	(void)state;
	seen_init(&seen);
	broken_off(parser, E "[7] LOG:  half of i", &seen);
	assert_int_equal(log_parser_unsaved(parser), 0);
	feed(parser, "t\n" E "[7] LOG:  next\n", &seen);
	log_parser_silence(parser, INFINITY, see, &seen);
	assert_string_equal(seen.text.data,
		"LOG 7 |half of i\nUNPARSED 0 continued |t\nLOG 7 |next\n");
	buf_clear(&seen.text);

	/* In several parts: each goes at once, and positions can be saved in between. */
	broken_off(parser, "....", &seen);
	broken_off(parser, "..", &seen);
	assert_int_equal(log_parser_unsaved(parser), 0);
	broken_off(parser, "{\"timestamp\":\"", &seen);
	buf_init(&saved, 1 << 20);
	assert_true(log_parser_save(parser, &saved));
	log_parser_free(parser);
	parser = make_parser();
	assert_true(log_parser_restore(parser, saved.data, saved.len, 1));
	buf_release(&saved);
	feed(parser, ".\nx\n", &seen);
	assert_string_equal(seen.text.data,
		"UNPARSED 0 |....\nUNPARSED 0 continued |..\n"
		"UNPARSED 0 continued |{\"timestamp\":\"\nUNPARSED 0 continued |.\n"
		"UNPARSED 0 |x\n");
	buf_clear(&seen.text);

	/* The line was whole but for its end. */
	broken_off(parser, "done", &seen);
	feed(parser, "\nx\n", &seen);
	assert_string_equal(seen.text.data, "UNPARSED 0 |done\nUNPARSED 0 |x\n");
	buf_clear(&seen.text);

	/* The rest looks like the usual line. */
	broken_off(parser, "half of ", &seen);
	feed(parser, E "[7] LOG:  " LONG_TEXT "\n" E "[8] LOG:  " LONG_TEXT "\n", &seen);
	log_parser_silence(parser, INFINITY, see, &seen);
	assert_string_equal(seen.text.data,
		"UNPARSED 0 |half of \nUNPARSED 0 continued |" E "[7] LOG:  " LONG_TEXT
		"\nLOG 8 |" LONG_TEXT "\n");
	log_parser_free(parser);
	buf_release(&seen.text);
}

static void the_rest_of_a_long_line_is_kept_in_bounds(void **state)
{
	struct log_parser *parser = make_parser();
	size_t len = 3 * LINE_PIECE_BYTES;
	char *rest = malloc(len + 1);
	struct seen seen;

	(void)state;
	seen_init(&seen);
	broken_off(parser, "begun", &seen);
	memset(rest, 'r', len);
	rest[len] = '\0';
	feed(parser, rest, &seen);
	assert_true(log_parser_unsaved(parser) == SIZE_MAX);
	assert_int_equal(log_parser_break(parser, "", 0, 1, false, see, &seen), 0);
	assert_int_equal(log_parser_unsaved(parser), 0);
	assert_non_null(strstr(seen.text.data, "UNPARSED 0 continued cut |rrrr"));
	assert_true(seen.text.len < LINE_PIECE_BYTES + 100);
	buf_clear(&seen.text);
	feed(parser, "r\nx\n", &seen);
	assert_string_equal(seen.text.data, "UNPARSED 0 continued |r\nUNPARSED 0 |x\n");
	free(rest);
	log_parser_free(parser);
	buf_release(&seen.text);
}

static void an_unfinished_record_is_waited_for(void **state)
{
	static const char *const heads[] = { "{\"timestamp\":\"" CSV_TIME
					     "\",\"pid\":9,\"error_severity\":\"LOG\","
					     "\"message\":\"h",
		CSV_TIME ",\"u\",\"d\",10,\"[local]\",5f.1,1,\"SELECT\"," CSV_TIME
			 ",3/4,0,LOG,00000,\"half" };

	(void)state;
	for (size_t i = 0; i < COUNT(heads); i++) {
		struct log_parser *parser = make_parser();
		struct seen seen;

		seen_init(&seen);
		assert_int_equal(log_parser_break(parser, heads[i], strlen(heads[i]), 1,
					 false, see, &seen),
			0);
		assert_string_equal(seen.text.data, "");
		assert_int_equal(log_parser_unsaved(parser), 0);
		/* At the end of the log it comes as far as it goes. */
		assert_int_equal(log_parser_break(parser, heads[i], strlen(heads[i]), 1,
					 true, see, &seen),
			strlen(heads[i]));
		assert_true(log_parser_finish(parser, see, &seen));
		check(heads[i], strncmp(seen.text.data, "LOG ", 4) == 0 &&
					strstr(seen.text.data, " cut |h"));
		feed(parser, E "[7] LOG:  next\n", &seen);
		assert_true(log_parser_finish(parser, see, &seen));
		assert_non_null(strstr(seen.text.data, "LOG 7 |next\n"));
		log_parser_free(parser);
		buf_release(&seen.text);
	}
}

static void the_bytes_of_an_open_record_are_to_be_read_again(void **state)
{
	static const char head[] =
		CSV_TIME ",\"u\",\"d\",10,\"[local]\",5f.1,1,\"SELECT\"," CSV_TIME
			 ",3/4,0,LOG,00000,\"half\nhalf\n";
	struct log_parser *parser = make_parser();
	struct seen seen;

	(void)state;
	seen_init(&seen);
	feed(parser, "x\n", &seen);
	feed(parser, head, &seen);
	assert_int_equal(log_parser_unsaved(parser), strlen(head));
	feed(parser, "\",,,,,,,,,\"psql\",\"client backend\",,0\n", &seen);
	assert_int_equal(log_parser_unsaved(parser), 0);
	assert_string_equal(seen.text.data, "UNPARSED 0 |x\nLOG 10 |half/half/\n");
	log_parser_free(parser);
	buf_release(&seen.text);
}

static void silence_hands_on_what_waited_long_enough(void **state)
{
	static const char one[] = E "[7] LOG:  one\n", two[] = E "[8] LOG:  two\n";
	struct log_parser *parser = make_parser();
	struct seen seen;

	(void)state;
	seen_init(&seen);
	log_parser_feed(parser, one, strlen(one), 10, see, &seen);
	log_parser_feed(parser, two, strlen(two), 11, see, &seen);
	assert_true(log_parser_oldest(parser) == 10);
	assert_true(log_parser_silence(parser, 10.5, see, &seen));
	assert_string_equal(seen.text.data, "LOG 7 |one\n");
	assert_true(log_parser_oldest(parser) == 11);
	assert_int_equal(log_parser_counts(parser)->fitting, 2);
	log_parser_free(parser);
	buf_release(&seen.text);
	log_parser_free(NULL);
}

static void what_was_not_saved_here_is_refused(void **state)
{
	struct log_parser *parser = make_parser();

	(void)state;
	assert_true(log_parser_restore(parser, "", 0, 1));
	assert_false(log_parser_restore(parser, "-what", 5, 1));
	assert_true(log_parser_oldest(parser) == INFINITY);
	log_parser_free(parser);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_line_is_read_as_what_it_is),
		cmocka_unit_test(a_cut_anywhere_changes_nothing),
		cmocka_unit_test(long_lines_are_cut_nowhere_either),
		cmocka_unit_test(a_torn_record_does_not_take_the_next_with_it),
		cmocka_unit_test(a_restart_after_any_line_changes_nothing),
		cmocka_unit_test(a_full_sink_loses_and_repeats_nothing),
		cmocka_unit_test(the_rest_of_an_unfinished_line_is_continued),
		cmocka_unit_test(the_rest_of_a_long_line_is_kept_in_bounds),
		cmocka_unit_test(an_unfinished_record_is_waited_for),
		cmocka_unit_test(the_bytes_of_an_open_record_are_to_be_read_again),
		cmocka_unit_test(silence_hands_on_what_waited_long_enough),
		cmocka_unit_test(what_was_not_saved_here_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
