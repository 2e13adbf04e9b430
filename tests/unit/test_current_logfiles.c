/* links: logtail/logtail.a */
#include "unit.h"

#include "config.h"
#include "logtail/current_logfiles.h"
#include "scratch.h"

static char dir[SCRATCH_SIZE];
static struct current_logfiles current;

static int make_dir(void **state)
{
	(void)state;
	scratch_make(dir);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	scratch_remove(dir);
	return 0;
}

static void its_lines_name_files(void **state)
{
	static const struct {
		const char *when;
		const char *text;
		const char *want[CURRENT_LOGFILES_MAX]; /* with "+" for the directory */
		unsigned formats;
	} cases[] = {
		{ "all formats",
			"stderr log/a.log\ncsvlog log/a.csv\njsonlog /var/log/a.json\n",
			{ "+/log/a.log", "+/log/a.csv", "/var/log/a.json" },
			1u << LOG_FORMAT_STDERR | 1u << LOG_FORMAT_CSVLOG |
				1u << LOG_FORMAT_JSONLOG },
		{ "a path with blanks", "csvlog log/a b .csv\n", { "+/log/a b .csv" },
			1u << LOG_FORMAT_CSVLOG },
		{ "nothing", "", { NULL }, 0 },
		{ "no newline at the end: not whole", "stderr a.log\ncsvlog a.cs",
			{ "+/a.log" }, 1u << LOG_FORMAT_STDERR },
		{ "foreign words",
			"syslog a.log\n\n \nstderr\nstderr \nstderrx a\nstderr b.log\n",
			{ "+/b.log" }, 1u << LOG_FORMAT_STDERR },
		{ "too many", "stderr a\nstderr b\nstderr c\nstderr d\n",
			{ "+/a", "+/b", "+/c" }, 1u << LOG_FORMAT_STDERR },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t count = 0;

		scratch_file(
			dir, "current_logfiles", cases[i].text, strlen(cases[i].text));
		check(cases[i].when, current_logfiles_read(dir, &current));
		for (; count < CURRENT_LOGFILES_MAX && cases[i].want[count]; count++) {
			const char *want = cases[i].want[count];
			char path[200];

			check(cases[i].when, count < current.count);
			snprintf(path, sizeof(path), "%s%s", *want == '+' ? dir : "",
				want + (*want == '+'));
			check_string(cases[i].when, current.path[count], path);
		}
		check(cases[i].when, current.count == count);
		check(cases[i].when, current.formats == cases[i].formats);
	}
}

static void what_is_too_long_names_nothing(void **state)
{
	static char text[100000];

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "stderr a.log\ncsvlog ", 20);
	text[20 + PATH_MAX] = '\n';
	memcpy(text + 21 + PATH_MAX, "jsonlog ", 8);
	scratch_file(dir, "current_logfiles", text, sizeof(text));
	assert_true(current_logfiles_read(dir, &current));
	assert_int_equal(current.count, 1);
	memset(text, '\n', sizeof(text));
	memcpy(text + sizeof(text) - 13, "stderr a.log\n", 13);
	scratch_file(dir, "current_logfiles", text, sizeof(text));
	assert_true(current_logfiles_read(dir, &current));
	assert_int_equal(current.count, 0);
}

static void only_a_regular_file_is_read(void **state)
{
	char path[200];

	(void)state;
	assert_false(current_logfiles_read(dir, &current));
	scratch_file(dir, "target", "stderr a.log\n", 13);
	snprintf(path, sizeof(path), "%s/current_logfiles", dir);
	assert_int_equal(symlink("target", path), 0);
	assert_false(current_logfiles_read(dir, &current));
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	alarm(10);
	assert_false(current_logfiles_read(dir, &current));
	alarm(0);
}

#define DIR_TEST(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DIR_TEST(its_lines_name_files),
		DIR_TEST(what_is_too_long_names_nothing),
		DIR_TEST(only_a_regular_file_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
