/* links: forwarder/rejected.o */
#include "unit.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "forwarder/rejected.h"
#include "scratch.h"

#define NAME(n) "2026013" #n "T000000.000000Z-pg_locks-1-000000.json.zst"

static char dir[SCRATCH_SIZE];
static struct spool *spool;

static int make_spool(void **state)
{
	(void)state;
	scratch_make(dir);
	return spool_open(dir, true, &spool, NULL);
}

static int remove_spool(void **state)
{
	(void)state;
	spool_close(spool);
	scratch_remove(dir);
	return 0;
}

static void put(int dir_fd, const char *name, const char *text)
{
	int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

/* The file's text, NULL when there is none. */
static const char *text_of(int dir_fd, const char *name)
{
	static char text[200];
	int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW);
	ssize_t n;

	if (fd < 0)
		return NULL;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void a_payload_moves_with_its_reason(void **state)
{
	struct err err;

	(void)state;
	put(spool->new_fd, NAME(1), "payload");
	assert_int_equal(
		rejected_add(spool, NAME(1), "the listener answered 422", &err), 0);
	assert_null(text_of(spool->new_fd, NAME(1)));
	assert_string_equal(text_of(spool->rejected_fd, NAME(1)), "payload");
	assert_string_equal(text_of(spool->rejected_fd, NAME(1) ".reason"),
		"the listener answered 422\n");
	/* Put back and refused once more, for a shorter reason. */
	put(spool->new_fd, NAME(1), "payload");
	assert_int_equal(rejected_add(spool, NAME(1), "413", &err), 0);
	assert_null(text_of(spool->new_fd, NAME(1)));
	assert_string_equal(text_of(spool->rejected_fd, NAME(1) ".reason"), "413\n");
}

static void a_reason_is_never_written_into_what_is_there(void **state)
{
	static const char *const names[] = { NAME(1), NAME(2), NAME(3), NAME(4) };

	(void)state;
	put(spool->dir_fd, "victim", "untouched");
	assert_int_equal(
		symlinkat("../victim", spool->rejected_fd, NAME(1) ".reason"), 0);
	assert_int_equal(
		linkat(spool->dir_fd, "victim", spool->rejected_fd, NAME(2) ".reason", 0),
		0);
	assert_int_equal(mkfifoat(spool->rejected_fd, NAME(3) ".reason", 0600), 0);
	for (size_t i = 0; i < COUNT(names); i++) {
		char reason[SPOOL_REASON_SIZE];

		spool_name_reason(names[i], reason);
		put(spool->new_fd, names[i], "payload");
		assert_int_equal(rejected_add(spool, names[i], "why", NULL), 0);
		check(names[i],
			strcmp(text_of(spool->rejected_fd, names[i]), "payload") == 0);
		check(names[i],
			strcmp(text_of(spool->rejected_fd, reason), "why\n") == 0);
	}
	assert_string_equal(text_of(spool->dir_fd, "victim"), "untouched");
}

static void a_reason_that_cannot_be_written_does_not_keep_it(void **state)
{
	(void)state;
	put(spool->new_fd, NAME(1), "payload");
	assert_int_equal(mkdirat(spool->rejected_fd, NAME(1) ".reason", 0700), 0);
	assert_int_equal(rejected_add(spool, NAME(1), "why", NULL), 0);
	assert_string_equal(text_of(spool->rejected_fd, NAME(1)), "payload");
}

static void one_that_is_gone_is_no_error_one_that_stays_is(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(rejected_add(spool, NAME(1), "why", &err), 0);
	assert_null(text_of(spool->rejected_fd, NAME(1) ".reason"));
	put(spool->new_fd, NAME(2), "payload");
	assert_int_equal(mkdirat(spool->rejected_fd, NAME(2), 0700), 0);
	assert_int_equal(rejected_add(spool, NAME(2), "why", &err), -1);
	assert_int_equal(err.kind, ERR_FATAL);
	assert_non_null(strstr(err.msg, NAME(2)));
	assert_string_equal(text_of(spool->new_fd, NAME(2)), "payload");
}

static void one_that_could_not_be_moved_keeps_its_reason(void **state)
{
	struct err err;

	(void)state;
	put(spool->new_fd, NAME(2), "payload");
	assert_int_equal(mkdirat(spool->rejected_fd, NAME(2), 0700), 0);
	assert_int_equal(rejected_add(spool, NAME(2), "why", &err), -1);
	assert_int_equal(unlinkat(spool->rejected_fd, NAME(2), AT_REMOVEDIR), 0);
	assert_int_equal(rejected_add(spool, NAME(2), NULL, &err), 0);
	assert_string_equal(text_of(spool->rejected_fd, NAME(2) ".reason"), "why\n");
	/* Where not even that could be written: */
	put(spool->new_fd, NAME(3), "payload");
	assert_int_equal(rejected_add(spool, NAME(3), NULL, &err), 0);
	assert_non_null(
		strstr(text_of(spool->rejected_fd, NAME(3) ".reason"), "refused"));
}

static void what_was_rejected_comes_back_without_reasons(void **state)
{
	size_t count = 77;
	struct err err;

	(void)state;
	for (int i = 0; i < 2; i++) {
		const char *name = i ? NAME(2) : NAME(1);

		put(spool->new_fd, name, name);
		rejected_add(spool, name, "why", &err);
	}
	put(spool->rejected_fd, NAME(3), "no reason");
	put(spool->new_fd, NAME(4), "newer");
	put(spool->rejected_fd, NAME(4), "namesake");
	put(spool->rejected_fd, NAME(4) ".reason", "why\n");
	put(spool->rejected_fd, "notes.txt", "somebody's");
	assert_int_equal(symlinkat(NAME(4), spool->rejected_fd, NAME(5)), 0);
	assert_int_equal(mkdirat(spool->rejected_fd, NAME(6), 0700), 0);
	assert_int_equal(rejected_retry(spool, &count, &err), 0);
	assert_int_equal(count, 3);
	assert_string_equal(text_of(spool->new_fd, NAME(1)), NAME(1));
	assert_string_equal(text_of(spool->new_fd, NAME(2)), NAME(2));
	assert_string_equal(text_of(spool->new_fd, NAME(3)), "no reason");
	assert_null(text_of(spool->rejected_fd, NAME(1)));
	assert_null(text_of(spool->rejected_fd, NAME(1) ".reason"));
	assert_string_equal(text_of(spool->new_fd, NAME(4)), "newer");
	assert_string_equal(text_of(spool->rejected_fd, NAME(4)), "namesake");
	assert_non_null(text_of(spool->rejected_fd, NAME(4) ".reason"));
	assert_non_null(text_of(spool->rejected_fd, "notes.txt"));
	assert_int_equal(
		faccessat(spool->rejected_fd, NAME(5), F_OK, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(faccessat(spool->rejected_fd, NAME(6), F_OK, 0), 0);
	assert_int_equal(rejected_retry(spool, &count, &err), 0);
	assert_int_equal(count, 0);
}

#define REJECTED_TEST(f) cmocka_unit_test_setup_teardown(f, make_spool, remove_spool)

int main(void)
{
	const struct CMUnitTest tests[] = {
		REJECTED_TEST(a_payload_moves_with_its_reason),
		REJECTED_TEST(a_reason_is_never_written_into_what_is_there),
		REJECTED_TEST(a_reason_that_cannot_be_written_does_not_keep_it),
		REJECTED_TEST(one_that_is_gone_is_no_error_one_that_stays_is),
		REJECTED_TEST(one_that_could_not_be_moved_keeps_its_reason),
		REJECTED_TEST(what_was_rejected_comes_back_without_reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
