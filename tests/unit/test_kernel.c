/* links: collector/kernel.o */
#include "unit.h"

#include "tree.h"

static const struct {
	const char *text;
	int max, count;
	uint64_t first, last;
} lines[] = {
	{ "1 2 3", 3, 3, 1, 3 },
	{ "1 2 3", 2, 2, 1, 2 },
	{ " \t7\t 8  ", 9, 2, 7, 8 },
	{ "18446744073709551615", 1, 1, UINT64_MAX, UINT64_MAX },
	{ "18446744073709551616 5", 2, 2, UINT64_MAX, 5 },
	{ "99999999999999999999999999", 1, 1, UINT64_MAX, UINT64_MAX },
	{ "0001", 1, 1, 1, 1 },
	{ "1 x 2", 3, 1, 1, 1 },
	{ "1\n2", 3, 1, 1, 1 },
	{ "max 100000", 2, 0, 0, 0 },
	{ "-1", 1, 0, 0, 0 },
	{ "", 1, 0, 0, 0 },
};

static void numbers_stand_between_blanks(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		uint64_t n[9] = { 0 };
		const char *text = lines[i].text;
		int count = kernel_numbers(text, text + strlen(text), n, lines[i].max);

		check(text, count == lines[i].count);
		check(text, n[0] == lines[i].first);
		check(text, count == 0 || n[count - 1] == lines[i].last);
	}
	assert_int_equal(kernel_numbers(
				 "123", &"123" [2], (uint64_t[1]) { 0 }, 1),
		1);
}

static const struct {
	const char *text, *name;
	bool ok;
	uint64_t want;
} values[] = {
	{ "MemTotal:   12 kB\nMemFree: 7 kB\n", "MemFree", true, 7 },
	{ "low 0\nhigh 1\nmax 22\noom 3\noom_kill 4\n", "oom", true, 3 },
	{ "low 0\nhigh 1\nmax 22\noom 3\noom_kill 4", "oom_kill", true, 4 },
	{ "RssAnon:\t     488 kB\n", "RssAnon", true, 488 },
	{ "XMemFree: 1\nMemFreeX: 2\n", "MemFree", false, 0 },
	{ "MemFree:\n7\n", "MemFree", false, 0 },
	{ "MemFree: kB\n", "MemFree", false, 0 },
	{ "MemFree", "MemFree", false, 0 },
	{ "MemFree\nMemFree 5", "MemFree", true, 5 },
	{ "", "MemFree", false, 0 },
};

static void a_value_follows_the_name_that_begins_its_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		uint64_t is = 0;

		check(values[i].text, kernel_value(values[i].text, values[i].name, &is) ==
					      values[i].ok);
		check(values[i].text, is == values[i].want);
	}
}

static void a_file_is_read_in_pieces_and_up_to_a_cap(void **state)
{
	static char large[20000];
	struct tree tree;
	struct buf text;

	(void)state;
	tree_make(&tree);
	memset(large, 'x', sizeof(large));
	tree_add(&tree, "proc/5/large", large, sizeof(large));
	tree_text(&tree, "proc/empty", "");
	tree_link(&tree, "proc/5/cwd", "/some/where");
	buf_init(&text, KERNEL_TEXT_MAX_BYTES);
	assert_true(kernel_read(
		&text, KERNEL_TEXT_MAX_BYTES, "%s/%d/large", tree.kernel.proc, 5));
	assert_int_equal(text.len, sizeof(large));
	assert_int_equal(strlen(text.data), sizeof(large));
	assert_true(kernel_read(&text, KERNEL_SHORT, "%s/%d/large", tree.kernel.proc, 5));
	assert_int_equal(text.len, 4096);
	assert_false(kernel_read(&text, KERNEL_SHORT, "%s/absent", tree.kernel.proc));
	assert_false(kernel_read(&text, KERNEL_SHORT, "%s/empty", tree.kernel.proc));
	assert_false(kernel_read(&text, KERNEL_SHORT, "%s", tree.kernel.proc));
	buf_release(&text);
	assert_false(kernel_link(large, 11, "%s/5/cwd", tree.kernel.proc));
	assert_true(kernel_link(large, 12, "%s/5/cwd", tree.kernel.proc));
	assert_string_equal(large, "/some/where");
	assert_false(kernel_link(large, 12, "%s/5/large", tree.kernel.proc));
	scratch_remove(tree.dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_stand_between_blanks),
		cmocka_unit_test(a_value_follows_the_name_that_begins_its_line),
		cmocka_unit_test(a_file_is_read_in_pieces_and_up_to_a_cap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
