/* links: -Wl,--wrap=renameat2 */
#include "unit.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "scratch.h"
#include "spool.h"

static char dir[SCRATCH_SIZE];
static struct spool *spool;

static int make_spool(void **state)
{
	char path[100];

	(void)state;
	umask(022);
	scratch_make(dir);
	snprintf(path, sizeof(path), "%s/a/b/spool", dir);
	return spool_open(path, true, &spool, NULL);
}

static int remove_spool(void **state)
{
	(void)state;
	spool_close(spool);
	scratch_remove(dir);
	return 0;
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	return lstat(path, &st) < 0 ? 0 : st.st_mode;
}

static void first_use_makes_the_directories(void **state)
{
	static const char *const parts[] = { "", "/tmp", "/new", "/rejected", "/state" };
	char path[200];

	(void)state;
	for (size_t i = 0; i < COUNT(parts); i++) {
		snprintf(path, sizeof(path), "%s/a/b/spool%s", dir, parts[i]);
		check(path, mode_of(path) == (S_IFDIR | 0750));
	}
	spool_close(NULL);
}

static void an_existing_spool_opens_as_it_is(void **state)
{
	struct spool *again;
	struct err err;

	(void)state;
	assert_int_equal(spool_open(spool->path, false, &again, &err), 0);
	spool_close(again);
	assert_int_equal(spool_open(spool->path, true, &again, &err), 0);
	spool_close(again);
}

static void what_is_missing_is_fatal_unless_made(void **state)
{
	struct spool *other = spool;
	struct err err;
	char path[200];

	(void)state;
	snprintf(path, sizeof(path), "%s/absent", dir);
	assert_int_equal(spool_open(path, false, &other, &err), -1);
	assert_int_equal(err.kind, ERR_FATAL);
	assert_ptr_equal(other, spool);
	assert_int_equal(mode_of(path), 0);
	snprintf(path, sizeof(path), "%s/tmp", spool->path);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(spool_open(spool->path, false, &other, &err), -1);
	assert_int_equal(err.kind, ERR_FATAL);
	assert_int_equal(spool_open(spool->path, true, &other, &err), 0);
	spool_close(other);
	assert_int_equal(spool_open("", true, &other, &err), -1);
}

static void a_part_that_is_a_link_or_a_file_is_refused(void **state)
{
	struct spool *other;
	struct err err;
	char path[200];

	(void)state;
	snprintf(path, sizeof(path), "%s/new", spool->path);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(symlink("tmp", path), 0);
	assert_int_equal(spool_open(spool->path, true, &other, &err), -1);
	assert_int_equal(err.kind, ERR_FATAL);
	unlink(path);
	scratch_file(spool->path, "new", "x", 1);
	assert_int_equal(spool_open(spool->path, true, &other, &err), -1);
	snprintf(path, sizeof(path), "%s/new/deeper", spool->path);
	assert_int_equal(spool_open(path, true, &other, &err), -1);
	assert_int_equal(err.kind, ERR_FATAL);
}

/* Things that are not regular files, by name, in new/. */
static void make_oddities(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_int_equal(symlinkat("file", spool->new_fd, "link"), 0);
	assert_int_equal(symlinkat("nowhere", spool->new_fd, "dangling"), 0);
	assert_int_equal(symlinkat("loop", spool->new_fd, "loop"), 0);
	assert_int_equal(mkfifoat(spool->new_fd, "fifo", 0600), 0);
	assert_int_equal(mkdirat(spool->new_fd, "directory", 0700), 0);
	snprintf(at.sun_path, sizeof(at.sun_path), "%s/new/socket", spool->path);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	close(fd);
}

static void only_regular_files_are_opened(void **state)
{
	static const struct {
		const char *name;
		enum err_kind kind; /* ERR_OK: opened */
	} cases[] = { { "file", ERR_OK }, { "link", ERR_REJECT },
		{ "dangling", ERR_REJECT }, { "loop", ERR_REJECT },
		{ "fifo", ERR_REJECT }, { "directory", ERR_REJECT },
		{ "socket", ERR_REJECT }, { "absent", ERR_RETRY } };
	char path[200];

	(void)state;
	snprintf(path, sizeof(path), "%s/new", spool->path);
	scratch_file(path, "file", "abc", 3);
	make_oddities();
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err err = { 0 };
		int fd = -7,
		    rc = spool_open_file(spool->new_fd, cases[i].name, &fd, &err);

		check(cases[i].name, rc == (cases[i].kind ? -1 : 0));
		check(cases[i].name, err.kind == cases[i].kind);
		if (rc == 0)
			close(fd);
		else
			check(cases[i].name, fd == -7);
	}
	errno = 0;
	assert_int_equal(spool_open_file(spool->new_fd, "absent", &(int){ 0 }, NULL), -1);
	assert_int_equal(errno, ENOENT);
}

static void a_file_is_read_whole_or_refused(void **state)
{
	static const size_t sizes[] = { 0, 1, 255, 256, 70000 };
	char path[200], *data = malloc(70000);
	struct buf buf;
	struct err err;

	(void)state;
	snprintf(path, sizeof(path), "%s/new", spool->path);
	memset(data, 'x', 70000);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		buf_init(&buf, sizes[i]);
		scratch_file(path, "file", data, sizes[i]);
		assert_int_equal(
			spool_read_file(spool->new_fd, "file", sizes[i], &buf, &err), 0);
		assert_int_equal(buf.len, sizes[i]);
		assert_memory_equal(buf.data, data, sizes[i]);
		assert_int_equal(buf.data[buf.len], '\0');
		if (sizes[i] > 0) {
			assert_int_equal(spool_read_file(spool->new_fd, "file",
						 sizes[i] - 1, &buf, &err),
				-1);
			assert_int_equal(err.kind, ERR_REJECT);
		}
		buf_release(&buf);
	}
	buf_init(&buf, 10);
	buf_adds(&buf, "old");
	assert_int_equal(spool_read_file(spool->new_fd, "absent", 10, &buf, &err), -1);
	assert_int_equal(err.kind, ERR_RETRY);
	scratch_file(path, "file", "new", 3);
	assert_int_equal(spool_read_file(spool->new_fd, "file", 10, &buf, &err), 0);
	assert_string_equal(buf.data, "new");
	assert_int_equal(spool_read_file(spool->new_fd, "file", 1000, &buf, &err), 0);
	buf_release(&buf);
	free(data);
}

static void a_rename_never_replaces(void **state)
{
	char path[200];
	struct buf buf;
	struct err err;

	(void)state;
	snprintf(path, sizeof(path), "%s/tmp", spool->path);
	scratch_file(path, "x", "mine", 4);
	snprintf(path, sizeof(path), "%s/new", spool->path);
	scratch_file(path, "x", "theirs", 6);
	errno = 0;
	assert_int_equal(spool_rename(spool->tmp_fd, "x", spool->new_fd, "x"), -1);
	assert_int_equal(errno, EEXIST);
	buf_init(&buf, 100);
	assert_int_equal(spool_read_file(spool->new_fd, "x", 100, &buf, &err), 0);
	assert_string_equal(buf.data, "theirs");
	assert_int_equal(spool_rename(spool->tmp_fd, "x", spool->new_fd, "y"), 0);
	assert_int_equal(spool_read_file(spool->new_fd, "y", 100, &buf, &err), 0);
	assert_string_equal(buf.data, "mine");
	assert_int_equal(faccessat(spool->tmp_fd, "x", F_OK, 0), -1);
	buf_release(&buf);
}

/* Some file systems have no RENAME_NOREPLACE. */
static bool no_renameat2;

int __real_renameat2(
	int from_fd, const char *from, int to_fd, const char *to, unsigned flags);
int __wrap_renameat2(
	int from_fd, const char *from, int to_fd, const char *to, unsigned flags);

int __wrap_renameat2(
	int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
	if (!no_renameat2)
		return __real_renameat2(from_fd, from, to_fd, to, flags);
	errno = EINVAL;
	return -1;
}

static void a_rename_by_links_never_replaces_and_goes_on_where_it_stopped(void **state)
{
	char path[200];

	(void)state;
	no_renameat2 = true;
	snprintf(path, sizeof(path), "%s/tmp", spool->path);
	scratch_file(path, "x", "mine", 4);
	assert_int_equal(spool_rename(spool->tmp_fd, "x", spool->new_fd, "x"), 0);
	assert_int_equal(faccessat(spool->tmp_fd, "x", F_OK, 0), -1);
	scratch_file(path, "x", "other", 5);
	errno = 0;
	assert_int_equal(spool_rename(spool->tmp_fd, "x", spool->new_fd, "x"), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(faccessat(spool->tmp_fd, "x", F_OK, 0), 0);
	/* The link was made, the unlink failed. */
	assert_int_equal(linkat(spool->tmp_fd, "x", spool->new_fd, "y", 0), 0);
	assert_int_equal(spool_rename(spool->tmp_fd, "x", spool->new_fd, "y"), 0);
	assert_int_equal(faccessat(spool->tmp_fd, "x", F_OK, 0), -1);
	assert_int_equal(faccessat(spool->new_fd, "y", F_OK, 0), 0);
	no_renameat2 = false;
}

static int count_entries(void)
{
	DIR *list = spool_list(spool->new_fd);
	int n = 0;

	assert_non_null(list);
	while (readdir(list))
		n++;
	closedir(list);
	return n;
}

static void every_listing_starts_afresh(void **state)
{
	char path[200];

	(void)state;
	snprintf(path, sizeof(path), "%s/new", spool->path);
	assert_int_equal(count_entries(), 2);
	scratch_file(path, "a", "", 0);
	assert_int_equal(count_entries(), 3);
	assert_int_equal(count_entries(), 3);
	assert_null(spool_list(-1));
}

static void a_spool_removed_moved_or_replaced_is_gone(void **state)
{
	static const char *const parts[] = { "", "/tmp", "/new", "/rejected", "/state" };
	char part[200], aside[300];

	(void)state;
	assert_false(spool_is_gone(spool));
	for (size_t i = 0; i < COUNT(parts); i++) {
		snprintf(part, sizeof(part), "%s%s", spool->path, parts[i]);
		snprintf(aside, sizeof(aside), "%s.aside", part);
		assert_int_equal(rename(part, aside), 0);
		check(part, spool_is_gone(spool));
		assert_int_equal(mkdir(part, 0700), 0);
		check(part, spool_is_gone(spool));
		assert_int_equal(rmdir(part), 0);
		assert_int_equal(rename(aside, part), 0);
		check(part, !spool_is_gone(spool));
	}
}

#define SPOOL_TEST(f) cmocka_unit_test_setup_teardown(f, make_spool, remove_spool)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SPOOL_TEST(first_use_makes_the_directories),
		SPOOL_TEST(an_existing_spool_opens_as_it_is),
		SPOOL_TEST(what_is_missing_is_fatal_unless_made),
		SPOOL_TEST(a_part_that_is_a_link_or_a_file_is_refused),
		SPOOL_TEST(only_regular_files_are_opened),
		SPOOL_TEST(a_file_is_read_whole_or_refused),
		SPOOL_TEST(a_rename_never_replaces),
		SPOOL_TEST(a_rename_by_links_never_replaces_and_goes_on_where_it_stopped),
		SPOOL_TEST(every_listing_starts_afresh),
		SPOOL_TEST(a_spool_removed_moved_or_replaced_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
