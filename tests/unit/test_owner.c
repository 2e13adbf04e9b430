#include "unit.h"

#include <grp.h>
#include <pwd.h>

#include "child.h"
#include "owner.h"
#include "scratch.h"

#define NO_SUCH_USER 3999999999u

static char dir[SCRATCH_SIZE];

static int make_scratch(void **state)
{
	(void)state;
	scratch_make(dir);
	return chmod(dir, 0755);
}

static int remove_scratch(void **state)
{
	(void)state;
	scratch_remove(dir);
	return 0;
}

/* A user of the system that is not root, NULL without one. */
static const struct passwd *somebody(void)
{
	return getpwnam("nobody");
}

static void become(void *arg)
{
	struct err err = { 0 };
	uid_t real, effective, saved;
	gid_t groups[64];
	int n;

	setenv("HOME", "/root", 1);
	setgroups(1, (gid_t[]){ 0 });
	if (owner_become(arg, &err) < 0) {
		printf("%d %s", err.kind, err.msg);
		return;
	}
	n = getgroups(64, groups);
	getresuid(&real, &effective, &saved);
	printf("%d %d %d %d", (int)real, (int)effective, (int)saved, (int)getgid());
	for (int i = 0; i < n; i++)
		if (groups[i] == 0)
			printf(" still in root's group");
	printf(" %s", getenv("HOME"));
	if (effective != 0 && setuid(0) == 0)
		printf(" and root again");
}

static void root_becomes_the_spools_owner(void **state)
{
	static const char *const below[] = { "", "/", "/not/there/yet" };
	const struct passwd *user = somebody();
	char path[200], said[1000], want[1000];

	(void)state;
	if (geteuid() != 0 || !user)
		skip();
	assert_int_equal(chown(dir, user->pw_uid, user->pw_gid), 0);
	snprintf(want, sizeof(want), "%d %d %d %d %s", (int)user->pw_uid,
		(int)user->pw_uid, (int)user->pw_uid, (int)user->pw_gid, user->pw_dir);
	for (size_t i = 0; i < COUNT(below); i++) {
		snprintf(path, sizeof(path), "%s%s", dir, below[i]);
		child_run(become, path, 1, said, sizeof(said));
		check_string(below[i], said, want);
	}
}

static void root_stays_root_on_its_own_spool(void **state)
{
	static const char *const paths[] = { "", "/not/there" };
	char path[200], said[1000];

	(void)state;
	if (geteuid() != 0)
		skip();
	for (size_t i = 0; i < COUNT(paths); i++) {
		snprintf(path, sizeof(path), "%s%s", dir, paths[i]);
		child_run(become, path, 1, said, sizeof(said));
		check(paths[i], strncmp(said, "0 0 0 0", 7) == 0);
		check(said, strstr(said, "/root") != NULL);
	}
}

static void an_owner_without_a_name_needs_a_person(void **state)
{
	char said[1000], want[100];

	(void)state;
	if (geteuid() != 0 || getpwuid(NO_SUCH_USER))
		skip();
	assert_int_equal(chown(dir, NO_SUCH_USER, 0), 0);
	child_run(become, dir, 1, said, sizeof(said));
	snprintf(want, sizeof(want), "%d spool %s belongs to uid", ERR_FATAL, dir);
	assert_int_equal(strncmp(said, want, strlen(want)), 0);
	snprintf(want, sizeof(want), "&& chown -R bitville-agent: %s", dir);
	assert_non_null(strstr(said, want));
}

static void become_twice(void *arg)
{
	const struct passwd *user = somebody();
	struct err err;

	if (setgid(user->pw_gid) < 0 || setuid(user->pw_uid) < 0)
		_exit(9);
	printf("%d %d", owner_become(arg, &err), (int)geteuid() == (int)user->pw_uid);
}

static void nobody_but_root_changes(void **state)
{
	char said[100];

	(void)state;
	if (geteuid() != 0 || !somebody())
		skip();
	assert_int_equal(child_run(become_twice, dir, 1, said, sizeof(said)), 0);
	assert_string_equal(said, "0 1");
}

static void a_file_in_the_way_is_told(void **state)
{
	char path[200], said[1000];

	(void)state;
	if (geteuid() != 0)
		skip();
	scratch_file(dir, "file", "", 0);
	snprintf(path, sizeof(path), "%s/file/spool", dir);
	child_run(become, path, 1, said, sizeof(said));
	assert_non_null(strstr(said, "Not a directory"));
}

#define OWNER_TEST(f) cmocka_unit_test_setup_teardown(f, make_scratch, remove_scratch)

int main(void)
{
	const struct CMUnitTest tests[] = {
		OWNER_TEST(root_becomes_the_spools_owner),
		OWNER_TEST(root_stays_root_on_its_own_spool),
		OWNER_TEST(an_owner_without_a_name_needs_a_person),
		OWNER_TEST(nobody_but_root_changes),
		OWNER_TEST(a_file_in_the_way_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
