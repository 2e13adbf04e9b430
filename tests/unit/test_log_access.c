/* links: logtail/logtail.a */
#include "unit.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>

#include "child.h"
#include "logtail/log_access.h"
#include "logtail/log_reader.h"
#include "scratch.h"

#define NOBODY 65534
#define GROUP 54321 /* without a name */

static char dir[SCRATCH_SIZE];

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

static void print_refusal(void *path)
{
	static const gid_t groups[] = { GROUP };
	struct stat st;
	struct err err;
	int fd;

	/* A member of GROUP and of nothing else. */
	if (setgroups(1, groups) < 0 || setgid(NOBODY) < 0 || setuid(NOBODY) < 0)
		_exit(1);
	if (log_file_open(path, &fd, &st, &err) == 0)
		printf("opened");
	else
		printf("%d %d %s", errno, err.kind, err.msg);
}

static void a_refusal_says_who_needs_what(void **state)
{
	static const struct {
		mode_t dir_mode, mode;
		gid_t group;
		const char *want; /* %s: the path */
	} cases[] = {
		{ 0755, 0644, 0, "opened" },
		{ 0755, 0640, GROUP, "opened" },
		{ 0755, 0640, GROUP + 1,
			"13 1 open %s/log: Permission denied; group 54322 may read it: "
			"add the agent's user to that group and restart the agent" },
		{ 0755, 0600, GROUP + 1,
			"13 1 open %s/log: Permission denied; no group may read it (mode "
			"0600): set log_file_mode = 0640 and add the agent's user to "
			"group 54322" },
		{ 0700, 0644, GROUP + 1,
			"13 1 open %s/log: Permission denied; directory %s: no group may "
			"read it (mode 0700): chmod g+rx it and add the agent's user to "
			"group 54323" },
		{ 0740, 0644, GROUP,
			"13 1 open %s/log: Permission denied; directory %s: no group may "
			"read it (mode 0740): chmod g+rx it and add the agent's user to "
			"group 54323" },
		{ 0750, 0644, GROUP,
			"13 1 open %s/log: Permission denied; directory %s: group 54323 "
			"may read it: add the agent's user to that group and restart the "
			"agent" },
	};
	char path[200], said[1000], want[1000];

	(void)state;
	if (geteuid() != 0)
		skip();
	for (size_t i = 0; i < COUNT(cases); i++) {
		strcpy(path, scratch_file(dir, "log", "", 0));
		assert_int_equal(chown(path, 0, cases[i].group), 0);
		assert_int_equal(chmod(path, cases[i].mode), 0);
		assert_int_equal(chown(dir, 0, GROUP + 2), 0);
		assert_int_equal(chmod(dir, cases[i].dir_mode), 0);
		assert_int_equal(
			child_run(print_refusal, path, 1, said, sizeof(said)), 0);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(want, sizeof(want), cases[i].want, dir, dir);
#pragma GCC diagnostic pop
		check_string(cases[i].want, said, want);
	}
}

static void nothing_is_said_of_what_is_not_there(void **state)
{
	static char path[PATH_MAX + 10];
	char said[100] = "before";

	(void)state;
	log_access_advice("/nowhere/x.log", said, sizeof(said));
	assert_string_equal(said, "");
	memset(path, 'x', sizeof(path) - 1);
	strcpy(said, "before");
	log_access_advice(path, said, sizeof(said));
	assert_string_equal(said, "");
}

static void advice_fits_its_room(void **state)
{
	char said[10];

	(void)state;
	log_access_advice(scratch_file(dir, "log", "", 0), said, sizeof(said));
	assert_int_equal(strlen(said), sizeof(said) - 1);
}

#define DIR_TEST(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DIR_TEST(a_refusal_says_who_needs_what),
		DIR_TEST(nothing_is_said_of_what_is_not_there),
		DIR_TEST(advice_fits_its_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
