/* links: logtail/logtail.a */
#include "unit.h"

#include <poll.h>

#include "logtail/watch.h"
#include "scratch.h"

static char dir[SCRATCH_SIZE];
static char a[100], b[100];
static struct watch *watch;

static int start(void **state)
{
	(void)state;
	scratch_make(dir);
	snprintf(a, sizeof(a), "%s/a", dir);
	snprintf(b, sizeof(b), "%s/b", dir);
	mkdir(a, 0700);
	mkdir(b, 0700);
	scratch_file(a, "x", "x", 1);
	return watch_open(&watch, NULL);
}

static int stop(void **state)
{
	(void)state;
	watch_close(watch);
	scratch_remove(dir);
	return 0;
}

static void set(const char *first, const char *second)
{
	char *directories[] = { (char *)first, (char *)second };

	watch_set_directories(watch, directories, (first != NULL) + (second != NULL));
}

static bool is_ready(int ms)
{
	struct pollfd fd = { .fd = watch_fd(watch), .events = POLLIN };

	return poll(&fd, 1, ms) == 1;
}

/* "n", "d", "nd", or "" when nothing comes. What is there is there at once: inotify(7) queues
 * within the call that is watched. */
static const char *taken(void)
{
	static char said[3];
	bool names, data;

	watch_take(watch, &names, &data);
	snprintf(said, sizeof(said), "%s%s", names ? "n" : "", data ? "d" : "");
	if (is_ready(0))
		fail_msg("not all was taken");
	return said;
}

static void append(const char *name)
{
	char path[200];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", a, name);
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT, 0600);
	assert_int_equal(write(fd, "x", 1), 1);
	close(fd);
}

static void what_happens_is_told(void **state)
{
	static const struct {
		const char *when;
		const char *command; /* in directory a */
		const char *want;
	} cases[] = {
		{ "nothing", ":", "" },
		{ "a file is written to", "echo >>x", "d" },
		{ "a file is truncated", ": >x", "d" },
		{ "a file is read", "cat x", "" },
		{ "a file is made", "touch y", "n" },
		{ "a file is renamed", "mv y z", "n" },
		{ "a file goes", "mv z ..", "n" },
		{ "a file comes", "mv ../z .", "n" },
		{ "a file is deleted", "rm z", "n" },
		{ "a file is linked", "ln x l", "n" },
		{ "a file is made and written to", "echo >w", "nd" },
		{ "a directory is made", "mkdir d", "n" },
		{ "a file below that is made", "touch d/x", "" },
		{ "a neighbour's file is made", "touch ../b/x", "" },
		{ "the directory moves", "mv ../a ../c", "n" },
	};
	char command[300];

	(void)state;
	set(a, NULL);
	assert_false(is_ready(0));
	for (size_t i = 0; i < COUNT(cases); i++) {
		snprintf(command, sizeof(command), "cd %s && (%s) >/dev/null", a,
			cases[i].command);
		check(cases[i].when, system(command) == 0);
		check(cases[i].when,
			is_ready(*cases[i].want ? 5000 : 0) == (*cases[i].want != '\0'));
		check_string(cases[i].when, taken(), cases[i].want);
		/* Directories are given again after each look. */
		set(a, NULL);
	}
	assert_string_equal(taken(), "");
}

static void directories_come_and_go(void **state)
{
	(void)state;
	set(b, NULL);
	append("y");
	assert_string_equal(taken(), "");
	set(b, a);
	append("x");
	assert_string_equal(taken(), "d");
	set(a, NULL);
	append("x");
	assert_string_equal(taken(), "d");
	scratch_file(b, "y", "", 0);
	assert_string_equal(taken(), "");
	set(NULL, NULL);
	append("x");
	assert_string_equal(taken(), "");
}

static void a_directory_made_anew_is_watched_again(void **state)
{
	(void)state;
	set(a, b);
	scratch_remove(a);
	assert_string_equal(taken(), "n");
	rmdir(b); /* it was empty */
	assert_string_equal(taken(), "n");
	mkdir(b, 0700);
	set(a, b);
	mkdir(a, 0700);
	append("x");
	assert_string_equal(taken(), "");
	set(a, b);
	append("x");
	assert_string_equal(taken(), "d");
	scratch_file(b, "x", "", 0);
	assert_string_equal(taken(), "n");
}

static void a_directory_in_the_place_of_another_is_watched_instead(void **state)
{
	char aside[200];

	(void)state;
	snprintf(aside, sizeof(aside), "%s/aside", dir);
	set(a, NULL);
	assert_int_equal(rename(a, aside), 0);
	assert_int_equal(rename(b, a), 0);
	assert_string_equal(taken(), "n");
	set(a, NULL);
	append("x");
	assert_string_equal(taken(), "nd");
	scratch_file(aside, "y", "y", 1);
	assert_string_equal(taken(), "");
}

static void two_paths_to_one_directory_are_one(void **state)
{
	char link[200];

	(void)state;
	snprintf(link, sizeof(link), "%s/link", dir);
	assert_int_equal(symlink("a", link), 0);
	set(a, link);
	append("x");
	assert_string_equal(taken(), "d");
	set(link, NULL);
	append("x");
	assert_string_equal(taken(), "d");
}

static void what_is_no_directory_harms_nobody(void **state)
{
	char file[200];

	(void)state;
	snprintf(file, sizeof(file), "%s/x", a);
	set(file, "/nowhere");
	append("x");
	assert_string_equal(taken(), "");
	set("/nowhere", a);
	append("x");
	assert_string_equal(taken(), "d");
}

/* In turns, since equal events in a row become one. */
static void truncate_both(const char *x, const char *y)
{
	assert_int_equal(truncate(x, 0), 0);
	assert_int_equal(truncate(y, 0), 0);
}

static void an_overflow_says_both_and_calls_are_bounded(void **state)
{
	FILE *limit = fopen("/proc/sys/fs/inotify/max_queued_events", "r");
	int calls = 0, most = 0;
	char x[200], y[200];
	bool names, data;

	(void)state;
	assert_non_null(limit);
	assert_int_equal(fscanf(limit, "%d", &most), 1);
	fclose(limit);
	if (most > 200000)
		skip();
	append("y");
	set(a, NULL);
	snprintf(x, sizeof(x), "%s/x", a);
	snprintf(y, sizeof(y), "%s/y", a);
	for (int i = 0; i < 200; i++)
		truncate_both(x, y);
	assert_string_equal(taken(), "d");
	for (int i = 0; i <= most / 2; i++)
		truncate_both(x, y);
	/* Only the overflow, which comes last, speaks of names. */
	do {
		watch_take(watch, &names, &data);
		assert_true(data);
		calls++;
	} while (is_ready(0));
	assert_true(names);
	assert_true(calls > 1);
}

#define WATCH_TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WATCH_TEST(what_happens_is_told),
		WATCH_TEST(directories_come_and_go),
		WATCH_TEST(a_directory_made_anew_is_watched_again),
		WATCH_TEST(a_directory_in_the_place_of_another_is_watched_instead),
		WATCH_TEST(two_paths_to_one_directory_are_one),
		WATCH_TEST(what_is_no_directory_harms_nobody),
		WATCH_TEST(an_overflow_says_both_and_calls_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
