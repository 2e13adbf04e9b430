#include "unit.h"

#include <fcntl.h>

#include "child.h"
#include "lock.h"
#include "scratch.h"
#include "spool_check.h"

#define NOBODY 65534 /* by Debian's base-passwd, and its group nogroup */

static char dir[SCRATCH_SIZE], path[100];
static struct config config;

static const struct spool_user service = {
	.config = &config, .program = "pg-logtail", .is_service = true, .writes = true
};
static const struct spool_user reader = {
	.config = &config, .program = "pg-forward", .is_service = true
};
static const struct spool_user once = {
	.config = &config, .program = "pg-collect", .writes = true
};

static int make(void **state)
{
	struct spool *spool;

	(void)state;
	if (geteuid() != 0)
		skip();
	scratch_make(dir);
	assert_int_equal(chmod(dir, 0755), 0);
	snprintf(path, sizeof(path), "%s/spool", dir);
	assert_int_equal(spool_open(path, true, &spool, NULL), 0);
	for (const char *const *part = (const char *const[]){ "", "/tmp", "/new",
		     "/rejected", "/state", NULL };
		*part; part++) {
		char at[200];

		snprintf(at, sizeof(at), "%s%s", path, *part);
		assert_int_equal(chown(at, NOBODY, NOBODY), 0);
	}
	spool_close(spool);
	config = (struct config){ .buffer_path = path, .buffer_max_size_mb = 4 };
	return 0;
}

static int drop(void **state)
{
	(void)state;
	scratch_remove(dir);
	return 0;
}

static void in_spool(const char *name, char ret[200])
{
	snprintf(ret, 200, "%s%s", path, name);
}

static void change_owner(const char *name, uid_t uid)
{
	char at[200];

	in_spool(name, at);
	assert_int_equal(chown(at, uid, uid), 0);
}

static void nothing(void)
{
}

static void of_root(void)
{
	change_owner("", 0);
}

static void part_of_root(void)
{
	change_owner("/new", 0);
}

static void of_another(void)
{
	char at[200];

	in_spool("", at);
	change_owner("", 54321);
	assert_int_equal(chmod(at, 0750), 0);
}

static void hidden(void)
{
	assert_int_equal(chown(dir, 54321, 54321), 0);
	assert_int_equal(chmod(dir, 0700), 0);
}

static void absent(void)
{
	strcat(path, "/not/there");
}

static void absent_in_roots(void)
{
	snprintf(path, sizeof(path), "%s/it's/spool", dir);
}

static void a_file(void)
{
	snprintf(path, sizeof(path), "%s", scratch_file(dir, "x", "", 0));
}

static void open_to_all(void)
{
	assert_int_equal(chmod(path, 0755), 0);
}

static void fill(size_t bytes)
{
	char at[200], *data = calloc(1, bytes);

	in_spool("/new", at);
	assert_non_null(data);
	scratch_file(at, "20260131T000000.000000Z-pg_log-1-000000.json.zst", data, bytes);
	free(data);
}

static void half_full(void)
{
	fill(2500 << 10);
}

static void over_cap(void)
{
	fill(4200 << 10);
}

static void twice_full(void)
{
	fill(7300 << 10);
}

static void no_disk(void)
{
	config.buffer_min_free_mb = 1 << 30;
}

static void newer_state(void)
{
	char at[200];

	in_spool("/state", at);
	assert_int_equal(
		chmod(scratch_file(at, "pg-logtail.json", "{\"version\":99}", 14), 0644),
		0);
}

static void bad_state(void)
{
	char at[200];

	in_spool("/state", at);
	scratch_file(at, "pg-logtail.json", "{", 1);
}

static void linked_part(void)
{
	char at[200];

	in_spool("/new", at);
	assert_int_equal(rmdir(at), 0);
	assert_int_equal(symlink("/tmp", at), 0);
}

/* DIR and PATH stand for the two. */
static const struct {
	const char *when;
	void (*change)(void);
	const struct spool_user *user;
	const char *want, *mend;
} cases[] = {
	{ "all is well", nothing, &service,
		"ok    spool PATH (nobody:nogroup 0750): writable\n", NULL },
	{ "room is told", nothing, &service,
		"ok    spool: 0 MiB of 4 MiB, 0 payloads wait\n", NULL },
	{ "the disk, too", nothing, &service, "MiB free, 0 stay so", NULL },
	{ "no state yet", nothing, &service,
		"ok    state PATH/state/pg-logtail.json: none yet", NULL },
	{ "a service that does not run", nothing, &service,
		"warn  pg-logtail is not running\n",
		"systemctl enable --now pg-logtail\n" },
	{ "root made it", of_root, &service,
		"FAIL  spool PATH: user nobody may not use PATH (root:root 0750): "
		"Permission denied\n",
		"chown -R nobody: PATH\n" },
	{ "root made a part of it", part_of_root, &service,
		"may not use PATH/new (root:root 0750)", "chown -R nobody: PATH\n" },
	{ "it is another user's", of_another, &service,
		"may not use PATH (54321:54321 0750)", "sudo pg-logtail --test\n" },
	{ "a directory above hides it", hidden, &service,
		"may not use DIR (54321:54321 0700)", "sudo pg-logtail --test\n" },
	{ "not there yet", absent, &service,
		"ok    spool PATH: not there yet, nobody can make it in DIR/spool\n",
		NULL },
	{ "not to be made", absent_in_roots, &service,
		"FAIL  spool PATH: not there, and user nobody may not make it in DIR "
		"(root:root 0755)\n",
		"install -d -o nobody -g nogroup -m 0750 'DIR/it'\\''s/spool'\n" },
	{ "no directory", a_file, &service, "FAIL  spool PATH: Not a directory\n",
		"correct buffer.path (default)\n" },
	{ "others may look", open_to_all, &service,
		"warn  spool PATH (nobody:nogroup 0755): writable, for others\n",
		"chmod o-rwx PATH\n" },
	{ "half full stops the logs", half_full, &service,
		"warn  spool: 2 MiB of 4 MiB, 1 payloads wait: above half of it",
		"pg-forward --status\n" },
	{ "half full stops nobody else", half_full, &once, "ok    spool: 2 MiB", NULL },
	{ "above the cap", over_cap, &once, "warn  spool: 4 MiB of 4 MiB",
		"pg-forward --status\n" },
	{ "at twice the cap", twice_full, &once, "FAIL  spool: 7 MiB of 4 MiB",
		"pg-forward --status\n" },
	{ "at twice the cap pg-forward is needed", twice_full, &reader,
		"warn  spool: 7 MiB of 4 MiB", "pg-forward --status\n" },
	{ "a full disk", no_disk, &service, "FAIL  file system of the spool: ",
		"make room (df PATH) or lower buffer.min_free_mb\n" },
	{ "a full disk and the reserve", no_disk, &once,
		"warn  file system of the spool: ", "make room (df PATH)" },
	{ "a full disk and the reader", no_disk, &reader,
		"warn  file system of the spool: ", "make room (df PATH)" },
	{ "a newer program's state", newer_state, &service,
		"FAIL  state PATH/state/pg-logtail.json was written by a newer version",
		"rm PATH/state/pg-logtail.json PATH/state/pg-logtail.json.prev\n" },
	{ "a state that can't be read", bad_state, &service,
		"warn  state PATH/state/pg-logtail.json: unreadable", "ls -l PATH" },
	{ "a link", linked_part, &service,
		"FAIL  open spool PATH/new: ", "ls -l PATH\n" },
};

static void replace(char *text, const char *what, const char *by)
{
	for (char *at = text; (at = strstr(at, what)); at += strlen(by)) {
		memmove(at + strlen(by), at + strlen(what),
			strlen(at + strlen(what)) + 1);
		memcpy(at, by, strlen(by));
	}
}

static void expect(const char *when, const char *said, const char *want)
{
	char text[1000];

	snprintf(text, sizeof(text), "%s", want);
	replace(text, "PATH", path);
	replace(text, "DIR", dir);
	if (!strstr(said, text))
		fail_msg("%s: \"%s\" is not in\n%s", when, text, said);
}

static void check_as_nobody(void *user)
{
	struct checklist list = { 0 };

	if (setgid(NOBODY) < 0 || setuid(NOBODY) < 0)
		_exit(1);
	spool_close(spool_check(&list, user));
}

static void what_is_wrong_is_told_with_its_mend(void **state)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		char said[4000];

		make(state);
		cases[i].change();
		check(cases[i].when, child_run(check_as_nobody, (void *)cases[i].user, 1,
					     said, sizeof(said)) == 0);
		expect(cases[i].when, said, cases[i].want);
		if (cases[i].mend)
			expect(cases[i].when, strstr(said, "mend: "), cases[i].mend);
		drop(state);
	}
}

static void who_is_at_work_is_told(void **state)
{
	struct spool *spool;
	char said[4000], want[100];
	int fd;

	make(state);
	assert_int_equal(spool_open(path, false, &spool, NULL), 0);
	assert_int_equal(lock_take(spool, "pg-forward", &fd, NULL), 0);
	change_owner("/state/pg-forward.lock", NOBODY);
	assert_int_equal(
		child_run(check_as_nobody, (void *)&reader, 1, said, sizeof(said)), 0);
	snprintf(want, sizeof(want), "ok    pg-forward is running, pid %d\n",
		(int)getpid());
	expect("it runs", said, want);
	close(fd);
	spool_close(spool);
	drop(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_wrong_is_told_with_its_mend),
		cmocka_unit_test(who_is_at_work_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
