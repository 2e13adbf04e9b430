/* links: -Wl,--wrap=fsync -Wl,--wrap=renameat */
#include "unit.h"

#include <errno.h>

#include "scratch.h"
#include "state.h"

static char dir[SCRATCH_SIZE], state_dir[SCRATCH_SIZE + 8];
static struct spool *spool;
static int fsyncs, fsyncs_to_fail;
static bool current_was_there; /* at every rename over the current name but the first */
static int renames;

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_renameat(int from_fd, const char *from, int to_fd, const char *to);
int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to);

int __wrap_fsync(int fd)
{
	fsyncs++;
	if (fsyncs_to_fail > 0) {
		fsyncs_to_fail--;
		errno = EIO;
		return -1;
	}
	return __real_fsync(fd);
}

int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	renames++;
	current_was_there &= faccessat(to_fd, to, F_OK, 0) == 0;
	return __real_renameat(from_fd, from, to_fd, to);
}

static int make_spool(void **state)
{
	(void)state;
	scratch_make(dir);
	snprintf(state_dir, sizeof(state_dir), "%s/state", dir);
	fsyncs = fsyncs_to_fail = renames = 0;
	current_was_there = true;
	return spool_open(dir, true, &spool, NULL);
}

static int remove_spool(void **state)
{
	(void)state;
	spool_close(spool);
	scratch_remove(dir);
	return 0;
}

static int save(int number, bool durable, struct err *err)
{
	struct buf json;
	int rc;

	buf_init(&json, 1000);
	buf_addf(&json, "{\"version\":1,\"number\":%d}\n", number);
	rc = state_save(spool, "prog", &json, durable, err);
	buf_release(&json);
	return rc;
}

static bool there(const char *name)
{
	return faccessat(spool->state_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void nothing_there_is_a_first_start(void **state)
{
	struct state_file file = { (void *)1, true, true };
	struct err err;

	(void)state;
	assert_int_equal(state_load(spool, "prog", true, &file, &err), 0);
	assert_null(file.root);
	assert_false(file.previous);
	assert_false(file.lost);
}

static void what_was_saved_comes_back(void **state)
{
	struct state_file file;
	struct err err;

	(void)state;
	for (int i = 1; i <= 3; i++) {
		assert_int_equal(save(i, true, &err), 0);
		assert_int_equal(fsyncs, 2 * i);
		assert_int_equal(state_load(spool, "prog", true, &file, &err), 0);
		assert_int_equal(json_get_count(file.root, "number"), i);
		assert_false(file.previous || file.lost);
		json_read_release(file.root);
	}
	assert_int_equal(save(4, false, &err), 0);
	assert_int_equal(fsyncs, 6);
	assert_false(there("prog.json.tmp"));
	assert_int_equal(state_load(spool, "other", true, &file, &err), 0);
	assert_null(file.root);
}

static void the_current_name_never_disappears(void **state)
{
	struct stat current, previous;
	struct err err;

	(void)state;
	assert_int_equal(save(1, true, &err), 0);
	assert_int_equal(fstatat(spool->state_fd, "prog.json", &current, 0), 0);
	current_was_there = true;
	assert_int_equal(save(2, true, &err), 0);
	assert_int_equal(renames, 2);
	assert_true(current_was_there);
	assert_int_equal(fstatat(spool->state_fd, "prog.json.prev", &previous, 0), 0);
	assert_int_equal(previous.st_ino, current.st_ino); /* the very file */
}

static const struct {
	const char *when;
	const char *current, *previous; /* NULL: absent */
	int number;                     /* what is read, 0: nothing */
	bool from_previous, lost, aside;
} cases[] = {
	{ "a good one", "{\"version\":1,\"number\":1}", "{\"version\":1,\"number\":2}",
		1 },
	{ "cut", "{\"version\":1,\"num", "{\"version\":1,\"number\":2}", 2, true, false,
		true },
	{ "empty", "", "{\"version\":1,\"number\":2}", 2, true, false, true },
	{ "zeroes", "\x01\x01\x01", "{\"version\":1,\"number\":2}", 2, true, false,
		true },
	{ "something behind it", "{\"version\":1,\"number\":1}}",
		"{\"version\":1,\"number\":2}", 2, true, false, true },
	{ "no version", "{\"number\":1}", "{\"version\":1,\"number\":2}", 2, true, false,
		true },
	{ "a version that is no number", "{\"version\":\"1\",\"number\":1}",
		"{\"version\":1,\"number\":2}", 2, true, false, true },
	{ "an array", "[1]", "{\"version\":1,\"number\":2}", 2, true, false, true },
	{ "gone", NULL, "{\"version\":1,\"number\":2}", 2, true, false, false },
	{ "both unreadable", "{", "{", 0, false, true, true },
	{ "unreadable and alone", "{", NULL, 0, false, true, true },
	{ "only an unreadable previous one", NULL, "{", 0, false, true, false },
};

static void an_unreadable_file_gives_way_to_the_previous(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * COUNT(cases); i++) {
		size_t n = i / 2;
		bool keep_aside = i % 2;
		struct state_file file;
		struct err err;

		unlinkat(spool->state_fd, "prog.json", 0);
		unlinkat(spool->state_fd, "prog.json.prev", 0);
		unlinkat(spool->state_fd, "prog.json.bad", 0);
		if (cases[n].current)
			scratch_file(state_dir, "prog.json", cases[n].current,
				strlen(cases[n].current));
		if (cases[n].previous)
			scratch_file(state_dir, "prog.json.prev", cases[n].previous,
				strlen(cases[n].previous));
		check(cases[n].when,
			state_load(spool, "prog", keep_aside, &file, &err) == 0);
		check(cases[n].when,
			(int)json_get_count(file.root, "number") == cases[n].number);
		check(cases[n].when, (file.root != NULL) == (cases[n].number > 0));
		check(cases[n].when, file.previous == cases[n].from_previous);
		check(cases[n].when, file.lost == cases[n].lost);
		check(cases[n].when,
			there("prog.json.bad") == (cases[n].aside && keep_aside));
		check(cases[n].when,
			there("prog.json") ==
				(cases[n].current && !(cases[n].aside && keep_aside)));
		json_read_release(file.root);
	}
}

static void a_link_or_fifo_is_no_state(void **state)
{
	struct state_file file;
	struct err err;

	(void)state;
	scratch_file(state_dir, "elsewhere", "{\"version\":1}", 13);
	assert_int_equal(symlinkat("elsewhere", spool->state_fd, "prog.json"), 0);
	assert_int_equal(mkfifoat(spool->state_fd, "prog.json.prev", 0600), 0);
	assert_int_equal(state_load(spool, "prog", true, &file, NULL), 0);
	assert_null(file.root);
	assert_true(file.lost);
	assert_int_equal(save(1, true, &err), 0);
	assert_int_equal(state_load(spool, "prog", true, &file, &err), 0);
	assert_int_equal(json_get_count(file.root, "number"), 1);
	json_read_release(file.root);
}

static void a_newer_version_needs_a_person(void **state)
{
	struct state_file file = { (void *)1, true, true };
	struct err err;

	(void)state;
	scratch_file(state_dir, "prog.json", "{\"version\":2}", 13);
	assert_int_equal(state_load(spool, "prog", true, &file, &err), -1);
	assert_int_equal(err.kind, ERR_FATAL);
	assert_non_null(strstr(err.msg, "newer version"));
	assert_true(file.root == (void *)1);
	assert_true(there("prog.json"));
	assert_false(there("prog.json.bad"));
	unlinkat(spool->state_fd, "prog.json", 0);
	scratch_file(state_dir, "prog.json.prev", "{\"version\":2}", 13);
	assert_int_equal(state_load(spool, "prog", true, &file, &err), -1);
	assert_int_equal(err.kind, ERR_FATAL);
}

static void a_failed_save_keeps_the_old_state(void **state)
{
	struct state_file file;
	struct buf json;
	struct err err;

	(void)state;
	assert_int_equal(save(1, true, &err), 0);
	fsyncs_to_fail = 1;
	assert_int_equal(save(2, true, &err), -1);
	assert_int_equal(err.kind, ERR_RETRY);
	assert_false(there("prog.json.tmp"));
	buf_init(&json, 1);
	buf_adds(&json, "too much");
	assert_int_equal(state_save(spool, "prog", &json, true, &err), -1);
	assert_int_equal(err.kind, ERR_RETRY);
	buf_release(&json);
	assert_int_equal(state_load(spool, "prog", true, &file, &err), 0);
	assert_int_equal(json_get_count(file.root, "number"), 1);
	assert_false(file.previous);
	json_read_release(file.root);
	assert_int_equal(save(3, true, &err), 0);
}

static void debris_of_a_crash_is_written_over(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(symlinkat("elsewhere", spool->state_fd, "prog.json.tmp"), 0);
	assert_int_equal(save(1, true, &err), 0);
	assert_false(there("elsewhere"));
	assert_false(there("prog.json.tmp"));
}

#define STATE_TEST(f) cmocka_unit_test_setup_teardown(f, make_spool, remove_spool)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(nothing_there_is_a_first_start),
		STATE_TEST(what_was_saved_comes_back),
		STATE_TEST(the_current_name_never_disappears),
		STATE_TEST(an_unreadable_file_gives_way_to_the_previous),
		STATE_TEST(a_link_or_fifo_is_no_state),
		STATE_TEST(a_newer_version_needs_a_person),
		STATE_TEST(a_failed_save_keeps_the_old_state),
		STATE_TEST(debris_of_a_crash_is_written_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
