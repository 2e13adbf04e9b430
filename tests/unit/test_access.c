#include "unit.h"

#include <errno.h>

#include "access.h"
#include "child.h"
#include "scratch.h"

#define NOBODY 65534

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

static void owner_group_and_mode_are_told(void **state)
{
	static const struct {
		struct stat st;
		const char *want;
	} cases[] = {
		{ { .st_mode = S_IFDIR | 0750 }, "root:root 0750" },
		{ { .st_mode = S_IFREG | 01640, .st_uid = 54321, .st_gid = 54322 },
			"54321:54322 1640" },
	};
	char said[ACCESS_OWNER_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		access_owner(&cases[i].st, said);
		check_string(cases[i].want, said, cases[i].want);
	}
}

static void print_obstacle(void *path)
{
	char at[PATH_MAX];
	struct stat st;

	if (geteuid() == 0 && (setgid(NOBODY) < 0 || setuid(NOBODY) < 0))
		_exit(1);
	if (access_obstacle(path, at, &st))
		printf("%s %04o", at, (unsigned)(st.st_mode & 07777));
	else
		printf("%d", errno);
}

static void what_hides_a_path_is_found(void **state)
{
	char path[200], said[300], want[300];

	(void)state;
	snprintf(path, sizeof(path), "%s/a", dir);
	assert_int_equal(mkdir(path, 0750), 0);
	assert_int_equal(chmod(dir, 0711), 0);
	strcat(path, "/b/c");
	assert_int_equal(child_run(print_obstacle, path, 1, said, sizeof(said)), 0);
	snprintf(want, sizeof(want), "%s/a 0750", dir);
	if (geteuid() == 0)
		assert_string_equal(said, want);
	assert_int_equal(
		child_run(print_obstacle, (void *)"/nowhere/x", 1, said, sizeof(said)),
		0);
	assert_int_equal(atoi(said), ENOENT);
}

static void a_path_too_long_is_none(void **state)
{
	static char path[PATH_MAX + 10];
	char at[PATH_MAX];
	struct stat st;

	(void)state;
	memset(path, 'x', sizeof(path) - 1);
	assert_false(access_obstacle(path, at, &st));
	assert_int_equal(errno, ENAMETOOLONG);
}

#define DIR_TEST(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(owner_group_and_mode_are_told),
		DIR_TEST(what_hides_a_path_is_found),
		cmocka_unit_test(a_path_too_long_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
