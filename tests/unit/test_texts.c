/* links: collector/collector.a */
#include "unit.h"

#include "collector/texts.h"

static void what_is_written_is_read(void **state)
{
	static const char *const lines[] = { "SELECT 1", "a\tb\nc\rd\\e\\t", "", "\\" };
	struct texts *texts = texts_new(), *back = texts_new();
	struct buf text;
	char key[16];

	(void)state;
	texts_claim(texts, "owner 1");
	for (size_t i = 0; i < COUNT(lines); i++) {
		snprintf(key, sizeof(key), "5 -%zu", i);
		texts_add(texts, key, lines[i], 1000);
	}
	buf_init(&text, 65536);
	texts_format(texts, 1001, &text);
	texts_parse(back, text.data);
	texts_claim(back, "owner 1");
	for (size_t i = 0; i < COUNT(lines); i++) {
		snprintf(key, sizeof(key), "5 -%zu", i);
		assert_string_equal(texts_find(back, key, 1002), lines[i]);
	}
	assert_null(texts_find(back, "5 -9", 1002));
	texts_claim(back, "owner 2");
	assert_null(texts_find(back, "5 -0", 1002));
	buf_release(&text);
	texts_free(texts);
	texts_free(back);
}

static void what_is_no_such_text_is_nothing(void **state)
{
	static const char *const no_files[] = { "", "x", "pg-collect texts 1\n",
		"pg-collect texts 2\t5\to\n5 1\t7\tSELECT\n",
		"pg-collect texts 1\t5x\to\n5 1\t7\tSELECT\n",
		"pg-collect texts 1\t5\to\n5 1\n5 1\tx\tSELECT\n5 1\t7\n\n" };

	(void)state;
	for (size_t i = 0; i < COUNT(no_files); i++) {
		struct texts *texts = texts_new();
		char text[100];

		strcpy(text, no_files[i]);
		texts_parse(texts, text);
		check(no_files[i], !texts_find(texts, "5 1", 0));
		texts_free(texts);
	}
}

static void those_not_asked_for_longest_go_first(void **state)
{
	struct texts *texts = texts_new(), *back = texts_new();
	struct buf text;
	char key[16];

	(void)state;
	for (int i = 0; i < TEXTS_MAX + 10; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		texts_add(texts, key, "x", 1000 + i);
	}
	texts_find(texts, "k3", 9999);
	buf_init(&text, 1 << 20);
	texts_format(texts, 10000, &text);
	texts_parse(back, text.data);
	assert_non_null(texts_find(back, "k3", 0));
	assert_non_null(texts_find(back, "k11", 0));
	assert_non_null(texts_find(back, "k4009", 0));
	assert_null(texts_find(back, "k10", 0));
	assert_null(texts_find(back, "k0", 0));
	buf_release(&text);
	texts_free(texts);
	texts_free(back);
}

/* Fetches in a row, each at its time. */
static const struct {
	double ms;
	bool failed;
	double want_wait_s;
} fetches[] = {
	{ 20, false, 2 },
	{ 250, false, 25 },
	{ 500, true, 50 },
	{ 500, true, 100 },
	{ 500, true, 200 },
	{ 5000, true, 3600 },
	{ 20, false, 2 },
	{ 60000, false, 3600 },
};

static void a_fetch_costs_a_hundredth_of_the_time(void **state)
{
	struct texts_pace pace = { 0 };
	double wall_s = 1e9;

	(void)state;
	for (size_t i = 0; i < COUNT(fetches); i++) {
		double want = fetches[i].want_wait_s;

		assert_true(texts_due(&pace, wall_s));
		texts_fetched(&pace, fetches[i].ms, fetches[i].failed, wall_s);
		assert_true(pace.wall_next_s - wall_s == want);
		assert_false(texts_due(&pace, wall_s + want - 0.5));
		wall_s += want;
	}
	assert_true(texts_due(&pace, wall_s - 1e6)); /* the clock was set back */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(what_is_no_such_text_is_nothing),
		cmocka_unit_test(those_not_asked_for_longest_go_first),
		cmocka_unit_test(a_fetch_costs_a_hundredth_of_the_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
