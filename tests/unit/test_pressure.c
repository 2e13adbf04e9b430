/* links: collector/pressure.o collector/kernel.o */
#include "unit.h"

#include "collector/pressure.h"
#include "tree.h"

static const struct {
	const char *when, *text;
	bool ok, some, full;
	double avg10, avg300; /* of some */
	uint64_t total_ms;
} files[] = {
	{ "both",
		"some avg10=2.27 avg60=1.30 avg300=1.66 total=1029113368\n"
		"full avg10=0.31 avg60=0.43 avg300=0.83 total=665596020\n",
		true, true, true, 2.27, 1.66, 1029113 },
	{ "before Linux 5.13 the processors have no full line",
		"some avg10=1.00 avg60=0.00 avg300=0.00 total=999\n", true, true, false,
		1, 0, 0 },
	{ "a field more, the order another",
		"some new=1 total=5000 avg300=3.00 avg60=2.00 avg10=1.00\n", true, true,
		false, 1, 3, 5 },
	{ "a field less", "some avg10=1.00 avg60=2.00 total=5000\n", false, false, false,
		0, 0, 0 },
	{ "no number", "some avg10= avg60=2.00 avg300=1 total=5000\n", false, false,
		false, 0, 0, 0 },
	{ "a field on the next line",
		"some avg10=1.00 avg60=2.00 avg300=1.00\ntotal=5000\n", false, false,
		false, 0, 0, 0 },
	{ "another kind of line", "irq avg10=1 avg60=1 avg300=1 total=1\n", false, false,
		false, 0, 0, 0 },
	{ "negative", "some avg10=1 avg60=1 avg300=1 total=-1\n", false, false, false, 0,
		0, 0 },
	{ "nothing", "", false, false, false, 0, 0, 0 },
};

static void a_file_has_a_line_of_some_and_one_of_full(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(files); i++) {
		struct pressure_file is;
		const char *when = files[i].when;

		check(when, pressure_read(files[i].text, &is) == files[i].ok);
		check(when, is.some.known == files[i].some);
		check(when, is.full.known == files[i].full);
		check(when, is.some.avg10 == files[i].avg10);
		check(when, is.some.avg300 == files[i].avg300);
		check(when, is.some.total_ms == files[i].total_ms);
	}
}

static void check_written(const struct pressure *pressure, const char *want)
{
	struct json json;
	struct buf out;

	buf_init(&out, 65536);
	json_begin(&json, &out);
	json_object(&json);
	pressure_write(&json, pressure);
	json_end(&json);
	assert_string_equal(out.data, want);
	buf_release(&out);
}

static void what_the_kernel_lacks_is_not_written(void **state)
{
	struct pressure pressure;
	struct tree tree;
	struct buf text;

	(void)state;
	tree_make(&tree);
	buf_init(&text, 65536);
	pressure_take(&text, &tree.kernel, &pressure);
	check_written(&pressure, "{}");
	tree_text(&tree, "proc/pressure/io",
		"some avg10=1.26 avg60=2 avg300=3 total=4000\n");
	tree_text(&tree, "proc/pressure/cpu", "?\n");
	pressure_take(&text, &tree.kernel, &pressure);
	check_written(&pressure, "{\"pressure\":{\"io\":{\"some\":{\"avg10\":1.3,"
				 "\"avg60\":2.0,\"avg300\":3.0,\"total_ms\":4}}}}");
	buf_release(&text);
	scratch_remove(tree.dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_has_a_line_of_some_and_one_of_full),
		cmocka_unit_test(what_the_kernel_lacks_is_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
