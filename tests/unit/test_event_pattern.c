/* links: logtail/logtail.a */
#include "unit.h"

#include "logtail/event_pattern.h"
#include "logtail/event_step.h"

static struct slice slice_of(const char *s)
{
	return (struct slice){ s, strlen(s) };
}

/* "name=text;" of each value. */
static const char *told(const struct event *event)
{
	static char text[1024];
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < event->count; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s=%.*s;",
			event->values[i].name, (int)event->values[i].text.len,
			event->values[i].text.s);
	return text;
}

static const struct {
	const char *pattern, *text;
	const char *want; /* NULL: does not fit */
} cases[] = {
	/* literals */
	{ "", "", "" },
	{ "", "a", NULL },
	{ "abc", "abc", "" },
	{ "abc", "ab", NULL },
	{ "abc", "abcd", NULL },
	{ "abc", "abd", NULL },
	{ "abcd", "abcd", "" },
	{ "abcd", "abce", NULL },
	{ "abcdef", "abcdef", "" },
	{ "abcdef", "abcdeg", NULL },
	{ "abcdef", "Abcdef", NULL },
	{ "0123456789", "0123456789", "" },
	{ "0123456789", "0123456788", NULL },
	{ "0123456789", "x123456789", NULL },
	{ "0123456789abcdefghij", "0123456789abcXefghij", NULL },
	{ "0123456789abcdefghij", "0123456789abcdefghij", "" },
	/* text, up to what follows */
	{ "a {x}", "a b c", "x=b c;" },
	{ "a {x}", "a ", "" },
	{ "a {x}", "a", NULL },
	{ "{x} on {y} after {z}", "a on b on c after d", "x=a;y=b on c;z=d;" },
	{ "{x} on {y} after {z}", "a on b", NULL },
	{ "{x} on {y}", "  on ", "x= ;" },
	{ "a {}b{y}", "a xxbz", "y=z;" },
	/* the last literal is the text's end */
	{ "\"{x}\"", "\"a\"b\"", "x=a\"b;" },
	{ "\"{x}\"", "\"\"", "" },
	{ "\"{x}\"", "\"", NULL },
	{ "\"{x}\" is", "\"a\" is b", NULL },
	/* numbers */
	{ "{x:int} b", "12 b", "x=12;" },
	{ "{x:int}", "-12", "x=-12;" },
	{ "{x:int}", "-", NULL },
	{ "{x:int}", "", NULL },
	{ "{x:int}", "1.5", NULL },
	{ "{x:num}", "1.5", "x=1.5;" },
	{ "{x:num}", "-1", "x=-1;" },
	{ "{x:num}.", "1.", "x=1;" },
	{ "{x:num}", ".5", NULL },
	{ "{x:num}", "1.5.6", NULL },
	{ "{x:num}", "1e5", NULL },
	/* lists */
	{ "{x:ints}.", "1, 22, 333.", "x=1, 22, 333;" },
	{ "{x:ints}.", "1.", "x=1;" },
	{ "{x:ints}.", ".", "" },
	{ "{x:ints}, {y}", "1, a", "x=1;y=a;" },
	{ "{x:ints}", "1,2", NULL },
	{ "{x:ints}", ", 1", NULL },
	/* choices */
	{ "{x=fast|smart} mode", "smart mode", "x=smart;" },
	{ "{x=fast|smart} mode", "slow mode", NULL },
	{ "{=fast|smart} mode", "fast mode", "" },
	{ "{x=ab|a}c", "ac", "x=a;" },
	{ "{x=ab|a}c", "abc", "x=ab;" },
	{ "{x=ab|a}", "b", NULL },
	/* options */
	{ "a[ b{x:int}]", "a", "" },
	{ "a[ b{x:int}]", "a b1", "x=1;" },
	{ "a[ b{x:int}]", "a b", NULL },
	{ "a[ b{x:int}] c", "a c", "" },
	{ "a{x}[ b={y}][ c={z}]", "a1 b=2 c=3", "x=1;y=2;z=3;" },
	{ "a{x}[ b={y}][ c={z}]", "a1 c=3", "x=1;z=3;" },
	{ "a{x}[ b={y}][ c={z}]", "a1 b=2", "x=1;y=2;" },
	{ "a{x}[ b={y}][ c={z}]", "a1", "x=1;" },
	{ "a{x}[ b={y}][ c={z}].", "a1 c=3.", "x=1;z=3;" },
	{ "a{x}[ b={y}][ c={z}].", "a1", NULL },
	{ "a{x}[{y=-|+}]b", "a1+b", "x=1;y=+;" },
	{ "a{x}[ b={y}][,c={z}];d", "a1,b 2;e,c=3;d", "x=1,b 2;e;z=3;" },
	{ "a{x}[ b={y}][,c={z}];d", "a1 c,c =;;d", "x=1 c,c =;;" },
	{ "a{x}[ b={y}][,c={z}];d", "a1 b=2,c=3;e", NULL },
	/* what follows is an option that turns out not to be there */
	{ "a{x}[ b={y:int}][ b{z}]", "a1 b=c", "x=1;z==c;" },
	{ "a{x}[ b={y:int}]", "a1 b=c", NULL },
	/* a value that ends its option */
	{ "a[ b {x}] c {y}", "a b 1 c 2 c 3", "x=1;y=2 c 3;" },
	{ "a[ b {x}] c {y}", "a b 1 d", NULL },
	{ "a[ b {x}][ c {y}] d", "a b 1 c 2 d", "x=1;y=2;" },
	{ "a[ b {x}] c", "a b 1 c c", "x=1 c;" },
	{ "a[b[c{x:int}]d]", "abc1d", "x=1;" },
	{ "a[b[c{x:int}]d]", "abd", "" },
	{ "a[b[c{x:int}]d]", "abc", NULL },
	/* an option that fails leaves nothing behind */
	{ "a[ {=x} {y:int}b] {z}", "a x 1c", "z=x 1c;" },
};

static void a_pattern_fits_a_text_whole_or_not_at_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct event_pattern *pattern = event_pattern_new(cases[i].pattern);
		struct event event = { .count = 0 };
		size_t len = strlen(cases[i].text);
		char *text = malloc(len + 1); /* the sanitizer sees more */
		bool fits;

		check(cases[i].pattern, pattern && text);
		memcpy(text + 1, cases[i].text, len);
		fits = event_pattern_match(
			pattern, (struct slice){ text + 1, len }, &event);
		check(cases[i].pattern, fits == (cases[i].want != NULL));
		check_string(cases[i].pattern, told(&event),
			cases[i].want ? cases[i].want : "");
		free(text);
		event_pattern_free(pattern);
	}
}

/* What a value of n bytes stands in, `text` before and `behind` it. */
static const struct {
	const char *pattern, *text, *behind, *more; /* and the values behind it */
} around[] = {
	{ "a {x}", "a ", "", "" },
	{ "a {x}.", "a ", ".", "" },
	{ "a {x:int}", "a ", "", "" },
	{ "a {x:int}.", "a ", ".", "" },
	{ "a {x:num}", "a ", "", "" },
	{ "a {x:num} ms", "a ", " ms", "" },
	{ "a {x:ints}.", "a ", ".", "" },
	{ "{x} on {y}", "", " on 2", "y=2;" },
	{ "{x}\"{y}", "", "\"2", "y=2;" },
	{ "{x} a literal of more than sixteen {y}", "",
		" a literal of more than sixteen 2", "y=2;" },
	{ "{x} on {y}", "", " on a text that is longer than sixteen",
		"y=a text that is longer than sixteen;" },
	{ "a {x}[ b={y:int}]", "a ", "", "" },
	{ "a {x}[ b={y:int}]", "a ", " b=2", "y=2;" },
	{ "a {x}[ b={y:int}][,c={z:int}]", "a ", ",c=3", "z=3;" },
	{ "a {x}[ b={y}][,c={z}][;d]", "a ", ";d", "" },
	{ "a {x}[{y=-|+}]", "a ", "+", "y=+;" },
};

static void values_of_any_length_are_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(around) * 50; i++) {
		const char *pattern_text = around[i / 50].pattern;
		struct event_pattern *pattern = event_pattern_new(pattern_text);
		struct event event = { .count = 0 };
		char value[51] = "", text[200], want[300];
		size_t len = i % 50 + 1;
		char *copy;

		memset(value, '7', len);
		snprintf(text, sizeof(text), "%s%s%s", around[i / 50].text, value,
			around[i / 50].behind);
		snprintf(want, sizeof(want), "x=%s;%s", value, around[i / 50].more);
		copy = malloc(strlen(text));
		check(pattern_text, pattern && copy);
		memcpy(copy, text, strlen(text));
		check(text, event_pattern_match(pattern,
				    (struct slice){ copy, strlen(text) }, &event));
		check_string(text, told(&event), want);
		free(copy);
		event_pattern_free(pattern);
	}
}

static void a_literal_that_only_begins_is_passed_over(void **state)
{
	struct event_pattern *pattern = event_pattern_new("{x} on {y}");
	char before[180] = "x";

	(void)state;
	assert_non_null(pattern);
	for (size_t n = 0; n < 40; n++) {
		struct event event = { .count = 0 };
		char text[240], want[240];

		snprintf(text, sizeof(text), "%s on 2 on 3", before);
		snprintf(want, sizeof(want), "x=%s;y=2 on 3;", before);
		check(text, event_pattern_match(pattern, slice_of(text), &event));
		check_string(text, told(&event), want);
		snprintf(text, sizeof(text), "%s on", before);
		check(text, !event_pattern_match(pattern, slice_of(text), &event));
		strcat(before, n % 3 ? " o " : " onn");
	}
	event_pattern_free(pattern);
}

static const char *const malformed[] = { "{", "a{x", "a}", "[", "[a", "a]", "a[]",
	"[{x}a]", "[{x:int}a]", "{x:foo}", "{x=}", "[a[b]", "a]b[" };

static void a_malformed_pattern_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(malformed); i++)
		check(malformed[i], !event_pattern_new(malformed[i]));
	event_pattern_free(NULL);
}

static const struct {
	const char *pattern, *heads[4];
} heads[] = {
	{ "abc {x}", { "abc " } },
	{ "abc[d]", { "abc" } },
	{ "{x=a|bc|d} e", { "a", "bc", "d" } },
	{ "{x} a", { NULL } },
	{ "{x:int} a", { NULL } },
	{ "[a]b", { NULL } },
	{ "", { NULL } },
};

static void the_heads_are_what_a_pattern_can_begin_with(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(heads); i++) {
		struct event_pattern *pattern = event_pattern_new(heads[i].pattern);
		struct slice head;
		size_t n = 0;

		check(heads[i].pattern, pattern);
		for (; event_pattern_head(pattern, n, &head); n++) {
			check(heads[i].pattern, heads[i].heads[n]);
			check(heads[i].pattern,
				head.len == strlen(heads[i].heads[n]) &&
					memcmp(head.s, heads[i].heads[n], head.len) == 0);
		}
		check(heads[i].pattern, !heads[i].heads[n]);
		event_pattern_free(pattern);
	}
}

static void values_are_of_their_kind(void **state)
{
	static const enum event_value_kind want[] = { EVENT_TEXT, EVENT_INT, EVENT_NUMBER,
		EVENT_INT_LIST, EVENT_TEXT, EVENT_OPAQUE, EVENT_PARAMETERS, EVENT_SQL };
	struct event_pattern *pattern = event_pattern_new(
		"{a} {b:int} {c:num} {d:ints} {e=x} {f:opaque} {g:params} {h:sql}");
	struct event event = { .count = 0 };

	(void)state;
	assert_non_null(pattern);
	assert_true(
		event_pattern_match(pattern, slice_of("a 1 2.5 3, 4 x f g h h"), &event));
	assert_int_equal(event.count, COUNT(want));
	for (size_t i = 0; i < COUNT(want); i++)
		assert_int_equal(event.values[i].kind, want[i]);
	event_pattern_free(pattern);
}

static void a_name_that_is_taken_is_not_given_again(void **state)
{
	struct event_pattern *first = event_pattern_new("a {x}");
	struct event_pattern *second = event_pattern_new("b {x} {y}");
	struct event event = { .count = 0 };

	(void)state;
	assert_true(event_pattern_match(first, slice_of("a 1"), &event));
	assert_true(event_pattern_match(second, slice_of("b 2 3"), &event));
	check_string("both", told(&event), "x=1;y=3;");
	assert_false(event_pattern_match(second, slice_of("b 2"), &event));
	check_string("no more", told(&event), "x=1;y=3;");
	event_add(&event, "y", EVENT_TEXT, "4", 1);
	event_add(&event, "z", EVENT_TEXT, "", 0);
	event_add(&event, "z", EVENT_TEXT, "5", 1);
	check_string("added", told(&event), "x=1;y=3;z=5;");
	event = (struct event){ .count = 0 };
	event_add(&event, "x", EVENT_TEXT, "6", 1);
	assert_true(event_pattern_match(second, slice_of("b 2 3"), &event));
	check_string("after it", told(&event), "x=6;y=3;");
	event_pattern_free(first);
	event_pattern_free(second);
}

static void names_that_share_a_bit_are_told_apart(void **state)
{
	struct event_pattern *patterns[EVENT_VALUES_MAX];
	char text[16], want[EVENT_VALUES_MAX * 8] = "";
	struct event event = { .count = 0 };
	bool shared = false;

	(void)state;
	for (int i = 0; i < EVENT_VALUES_MAX; i++) {
		snprintf(text, sizeof(text), "v%d", i);
		shared = shared || (event.names & event_name_bit(text));
		snprintf(text, sizeof(text), "a {v%d}", i);
		snprintf(want + strlen(want), 8, "v%d=1;", i);
		patterns[i] = event_pattern_new(text);
		assert_non_null(patterns[i]);
		assert_true(event_pattern_match(patterns[i], slice_of("a 1"), &event));
		assert_true(event_pattern_match(patterns[i], slice_of("a 2"), &event));
	}
	assert_true(shared);
	check_string("all", told(&event), want);
	for (int i = 0; i < EVENT_VALUES_MAX; i++)
		event_pattern_free(patterns[i]);
}

static void values_beyond_the_last_are_left_out(void **state)
{
	static char names[EVENT_VALUES_MAX + 2][8];
	struct event_pattern *pattern = event_pattern_new("a {x}");
	struct event event = { .count = 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		snprintf(names[i], sizeof(names[i]), "v%zu", i);
		event_add(&event, names[i], EVENT_TEXT, "1", 1);
	}
	assert_int_equal(event.count, EVENT_VALUES_MAX);
	assert_true(event_pattern_match(pattern, slice_of("a b"), &event));
	assert_int_equal(event.count, EVENT_VALUES_MAX);
	event_pattern_free(pattern);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pattern_fits_a_text_whole_or_not_at_all),
		cmocka_unit_test(values_of_any_length_are_found),
		cmocka_unit_test(a_literal_that_only_begins_is_passed_over),
		cmocka_unit_test(a_malformed_pattern_is_refused),
		cmocka_unit_test(the_heads_are_what_a_pattern_can_begin_with),
		cmocka_unit_test(values_are_of_their_kind),
		cmocka_unit_test(a_name_that_is_taken_is_not_given_again),
		cmocka_unit_test(names_that_share_a_bit_are_told_apart),
		cmocka_unit_test(values_beyond_the_last_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
