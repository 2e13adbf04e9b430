/* links: -Wl,--wrap=fstatvfs */
#include "unit.h"

#include <errno.h>
#include <sys/statvfs.h>

#include "scratch.h"
#include "spool_size.h"

#define NAME(n) "2026013" #n "T000000.000000Z-pg_locks-1-000000.json.zst"
#define MIB ((uint64_t)1 << 20)

static char dir[SCRATCH_SIZE];
static struct spool *spool;
static uint64_t fake_free; /* of the file system; UINT64_MAX: it can't be told */

int __wrap_fstatvfs(int fd, struct statvfs *ret);

int __wrap_fstatvfs(int fd, struct statvfs *ret)
{
	(void)fd;
	if (fake_free == UINT64_MAX) {
		errno = EIO;
		return -1;
	}
	/* What only root may use does not count. */
	*ret = (struct statvfs){ .f_bsize = 1,
		.f_frsize = 512,
		.f_bfree = fake_free / 512 + 1000000,
		.f_bavail = fake_free / 512 };
	return 0;
}

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

static uint64_t put(const char *part, const char *name, size_t len)
{
	char path[200], *data = calloc(1, len + 1);
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", dir, part);
	memset(data, 'x', len);
	assert_int_equal(lstat(scratch_file(path, name, data, len), &st), 0);
	free(data);
	return (uint64_t)st.st_blocks * 512;
}

static void payloads_are_counted_in_blocks_and_others_left_out(void **state)
{
	struct spool_size size;
	struct err err;
	uint64_t new_bytes, rejected_bytes, tmp_bytes;

	(void)state;
	new_bytes = put("new", NAME(2), 10000);
	new_bytes += put("new", NAME(1), 1);
	new_bytes += put("new", NAME(3), 1);
	rejected_bytes = put("rejected", NAME(0), 5000);
	rejected_bytes += put("rejected", NAME(0) ".reason", 50);
	tmp_bytes = put("tmp", NAME(5), 5000);
	put("new", NAME(1) ".reason", 1);  /* reasons belong to rejected/ */
	put("new", "notes.txt", 9000);     /* somebody's */
	put("new", ".hidden", 9000);       /* a file, not "." */
	put("rejected", "x.reason", 9000); /* of nothing we know */
	put("rejected", NAME(0) ".reason.reason", 1);
	put("tmp", "x.partial", 9000);
	assert_int_equal(mkdirat(spool->new_fd, NAME(4), 0700), 0);
	assert_int_equal(symlinkat(NAME(1), spool->new_fd, NAME(5)), 0);
	assert_int_equal(mkfifoat(spool->tmp_fd, NAME(4), 0700), 0);

	assert_int_equal(spool_measure(spool, &size, &err), 0);
	assert_int_equal(size.new_files, 3);
	assert_int_equal(size.new_bytes, new_bytes);
	assert_true(new_bytes >= 3 * 4096);
	assert_int_equal(size.rejected_files, 1);
	assert_int_equal(size.rejected_bytes, rejected_bytes);
	assert_int_equal(size.tmp_bytes, tmp_bytes);
	assert_int_equal(size.foreign_files, 9);
	assert_string_equal(size.oldest, NAME(1));
	assert_int_equal(spool_size_total(&size), new_bytes + rejected_bytes + tmp_bytes);
}

static void of_a_foreign_name_only_ascii_is_told(void **state)
{
	static const struct {
		const char *name, *want;
	} cases[] = {
		{ "notes.txt", "notes.txt" },
		{ "a\nb\x1b[2J\x7f", "a?b?[2J?" },
		{ "\xc2\x9b"
		  "2J \xff\xfe",
			"??2J ??" },
	};
	struct spool_size size;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		put("new", cases[i].name, 1);
		assert_int_equal(spool_measure(spool, &size, NULL), 0);
		assert_int_equal(size.foreign_files, 1);
		assert_string_equal(size.foreign, cases[i].want);
		unlinkat(spool->new_fd, cases[i].name, 0);
	}
}

static void an_empty_spool_has_no_size(void **state)
{
	struct spool_size size;
	struct err err;

	(void)state;
	assert_int_equal(spool_measure(spool, &size, &err), 0);
	assert_int_equal(spool_size_total(&size), 0);
	assert_int_equal(size.foreign_files, 0);
	assert_string_equal(size.oldest, "");
}

static void slices_add_up_to_the_whole(void **state)
{
	static const unsigned slices[] = { 1, 2, 3, 7, 1000 };
	struct spool_size whole;
	struct err err;

	(void)state;
	for (int i = 0; i < 5; i++) {
		char name[100];

		snprintf(name, sizeof(name), NAME(1));
		name[7] = (char)('1' + i);
		put("new", name, 1);
		put("rejected", name, 1);
	}
	assert_int_equal(spool_measure(spool, &whole, &err), 0);
	assert_int_equal(whole.new_files, 5);
	for (size_t i = 0; i < COUNT(slices); i++) {
		struct spool_census census;
		unsigned steps = 0;
		int rc;

		spool_census_begin(&census);
		while ((rc = spool_census_step(&census, spool, slices[i], &err)) == 0)
			steps++;
		assert_int_equal(rc, 1);
		assert_int_equal(spool_census_step(&census, spool, slices[i], &err), 1);
		assert_memory_equal(&census.size, &whole, sizeof(whole));
		if (slices[i] == 1)
			assert_true(steps >= 10);
		spool_census_end(&census);
	}
}

static void a_count_may_be_given_up(void **state)
{
	struct spool_census census;
	struct err err;

	(void)state;
	put("new", NAME(1), 1);
	spool_census_begin(&census);
	assert_int_equal(spool_census_step(&census, spool, 1, &err), 0);
	spool_census_end(&census);
	spool_census_end(&census);
	assert_null(census.dir);
}

static const struct {
	const char *when;
	struct spool_limits limits;
	uint64_t size, add, free;
	const char *message; /* NULL: there is room */
} cases[] = {
	{ "plenty", { 100 * MIB, 512 * MIB, 0 }, 10 * MIB, MIB, 1000 * MIB, NULL },
	{ "up to twice the cap", { 100 * MIB, 0, 0 }, 199 * MIB, MIB, 1000 * MIB, NULL },
	{ "over twice the cap", { 100 * MIB, 0, 0 }, 200 * MIB, 1, 1000 * MIB,
		"holds 200 MB, twice buffer.max_size_mb: nobody forwards; is pg-forward running?" },
	{ "just what must stay free", { 100 * MIB, 512 * MIB, 0 }, 0, MIB, 513 * MIB,
		NULL },
	{ "a block less", { 100 * MIB, 512 * MIB, 0 }, 0, MIB, 513 * MIB - 512,
		"512 MB free on its file system, buffer.min_free_mb keeps 512 free" },
	{ "the reserve is not asked for free space", { 100 * MIB, 512 * MIB, 4 * MIB },
		3 * MIB, MIB, 0, NULL },
	{ "beyond the reserve", { 100 * MIB, 512 * MIB, 4 * MIB }, 3 * MIB, MIB + 1, 0,
		"0 MB free" },
	{ "nothing must stay free", { 100 * MIB, 0, 0 }, 0, MIB, MIB, NULL },
	{ "no room at all", { 100 * MIB, 0, 0 }, 0, MIB, MIB - 512, "0 MB free" },
	{ "a file system that does not tell", { 100 * MIB, 0, 0 }, 0, 1, UINT64_MAX,
		"statvfs spool" },
	{ "a reserve over a small cap", { 1 * MIB, 0, 4 * MIB }, 2 * MIB, 1, 9 * MIB,
		"twice buffer.max_size_mb" },
};

static void writers_leave_room_to_others(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err err = { 0 };
		int rc;

		fake_free = cases[i].free;
		rc = spool_check_room(
			spool, &cases[i].limits, cases[i].size, cases[i].add, &err);
		check(cases[i].when, rc == (cases[i].message ? -1 : 0));
		if (!cases[i].message)
			continue;
		check(cases[i].when, err.kind == ERR_RETRY);
		if (!strstr(err.msg, cases[i].message))
			fail_msg("%s: %s", cases[i].when, err.msg);
	}
}

#define SIZE_TEST(f) cmocka_unit_test_setup_teardown(f, make_spool, remove_spool)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIZE_TEST(payloads_are_counted_in_blocks_and_others_left_out),
		SIZE_TEST(of_a_foreign_name_only_ascii_is_told),
		SIZE_TEST(an_empty_spool_has_no_size),
		SIZE_TEST(slices_add_up_to_the_whole),
		SIZE_TEST(a_count_may_be_given_up),
		SIZE_TEST(writers_leave_room_to_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
