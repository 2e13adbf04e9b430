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
#define ADM 4       /* by Debian's base-passwd */

static char dir[SCRATCH_SIZE];

static bool as_unit; /* systemd started the process */

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

	if (as_unit) {
		char pid[20];

		snprintf(pid, sizeof(pid), "%d", (int)getpid());
		setenv("SYSTEMD_EXEC_PID", pid, 1);
	}
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
			"13 1 open %s/log: Permission denied; the file (root:54322 0640): "
			"its group may read it, this user is not in it; mend: printf "
			"'[Service]\\nSupplementaryGroups=%%s\\n' 54322 | sudo install -D -m "
			"644 /dev/stdin /etc/systemd/system/pg-logtail.service.d/logs.conf; "
			"systemctl daemon-reload; systemctl restart pg-logtail" },
		{ 0755, 0640, ADM,
			"13 1 open %s/log: Permission denied; the file (root:adm 0640): its "
			"group may read it, this user is not in it; mend: sudo pg-logtail "
			"--test=unit (the unit is in group adm)" },
		{ 0755, 0600, GROUP + 1,
			"13 1 open %s/log: Permission denied; the file (root:54322 0600): no "
			"group may read it; mend: ALTER SYSTEM SET log_file_mode = '0640'; "
			"SELECT pg_reload_conf(), pg_rotate_logfile();" },
		{ 0700, 0644, GROUP + 1,
			"13 1 open %s/log: Permission denied; %s (root:54323 "
			"0700): no group may read it; mend: chmod g+rx " },
		{ 0740, 0644, GROUP,
			"13 1 open %s/log: Permission denied; %s (root:54323 "
			"0740): no group may read it; mend: chmod g+rx " },
		{ 0750, 0644, GROUP,
			"13 1 open %s/log: Permission denied; %s (root:54323 "
			"0750): its group may read it, this user is not in it; mend: "
			"printf " },
		{ 0777, 0660, GROUP, "opened" },
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
		/* The rest is as in the cases before. */
		said[strlen(want) < strlen(said) ? strlen(want) : strlen(said)] = '\0';
		check_string(cases[i].want, said, want);
	}
}

static void a_unit_knows_its_own_groups(void **state)
{
	char path[200], said[1000];

	(void)state;
	if (geteuid() != 0)
		skip();
	strcpy(path, scratch_file(dir, "log", "", 0));
	assert_int_equal(chown(path, 0, ADM), 0);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(chmod(dir, 0755), 0);
	setenv("SYSTEMD_EXEC_PID", "1", 1); /* another's */
	assert_int_equal(child_run(print_refusal, path, 1, said, sizeof(said)), 0);
	assert_non_null(strstr(said, "mend: sudo pg-logtail --test=unit"));
	as_unit = true;
	assert_int_equal(child_run(print_refusal, path, 1, said, sizeof(said)), 0);
	assert_non_null(strstr(said, "SupplementaryGroups=%s\\n' adm | sudo "));
}

static void print_advice(void *path)
{
	char said[LOG_ACCESS_SIZE];

	if (setgroups(0, NULL) < 0 || setgid(GROUP) < 0 || setuid(GROUP) < 0)
		_exit(1);
	log_access_advice(path, said, sizeof(said));
	printf("%s", said);
}

static void a_group_that_is_hidden_is_asked_for_by_the_mend(void **state)
{
	char path[200], said[1000];

	(void)state;
	if (geteuid() != 0)
		skip();
	strcpy(path, scratch_file(dir, "it's", "", 0));
	assert_int_equal(chown(path, NOBODY, NOBODY), 0);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(chmod(dir, 0755), 0);
	assert_int_equal(child_run(print_advice, path, 1, said, sizeof(said)), 0);
	assert_non_null(
		strstr(said, "the file (mode 0640, the sandbox hides its owner): "));
	assert_non_null(strstr(said, "it'\\''s')\" | sudo install "));
	assert_non_null(strstr(said, "\"$(stat -c %G '/tmp/"));
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
		DIR_TEST(a_unit_knows_its_own_groups),
		DIR_TEST(a_group_that_is_hidden_is_asked_for_by_the_mend),
		DIR_TEST(nothing_is_said_of_what_is_not_there),
		DIR_TEST(advice_fits_its_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
