/* links: -Wl,--wrap=fsync -Wl,--wrap=write -Wl,--wrap=flock */
#include "unit.h"

#include <errno.h>
#include <sys/file.h>

#include "scratch.h"
#include "spool_write.h"

static char dir[SCRATCH_SIZE];
static struct spool *spool;
static struct zstd_codec *codec;
static struct spool_batch batch;

/* What is to go wrong. */
static int fsyncs_to_fail, fsyncs;
static int writes_to_fail, short_writes;
static int thefts; /* of fresh files, by the remover of debris, before their flock */

int __real_fsync(int fd);
int __wrap_fsync(int fd);
ssize_t __real_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len);
int __real_flock(int fd, int operation);
int __wrap_flock(int fd, int operation);

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

ssize_t __wrap_write(int fd, const void *data, size_t len)
{
	if (writes_to_fail > 0) {
		writes_to_fail--;
		errno = ENOSPC;
		return -1;
	}
	if (short_writes > 0 && len > 1) {
		short_writes--;
		len /= 2;
	}
	return __real_write(fd, data, len);
}

static bool is_anybodys(const char *source)
{
	(void)source;
	return true;
}

int __wrap_flock(int fd, int operation)
{
	static bool stealing; /* the thief locks, too */

	if (thefts > 0 && !stealing) {
		thefts--;
		stealing = true;
		assert_int_equal(spool_remove_debris(spool, is_anybodys), 1);
		stealing = false;
	}
	return __real_flock(fd, operation);
}

static int make_spool(void **state)
{
	(void)state;
	umask(022);
	scratch_make(dir);
	fsyncs_to_fail = fsyncs = writes_to_fail = short_writes = thefts = 0;
	codec = zstd_codec_new();
	if (!codec || spool_open(dir, true, &spool, NULL) < 0)
		return -1;
	spool_batch_init(&batch, spool, codec);
	return 0;
}

static int remove_spool(void **state)
{
	(void)state;
	spool_batch_release(&batch);
	spool_close(spool);
	zstd_codec_free(codec);
	scratch_remove(dir);
	return 0;
}

/* How many entries, and the first one's name in name order. */
static int list(int dir_fd, char first[256])
{
	DIR *entries = spool_list(dir_fd);
	struct dirent *entry;
	int n = 0;

	*first = '\0';
	while ((entry = readdir(entries))) {
		if (entry->d_name[0] == '.')
			continue;
		n++;
		if (!*first || strcmp(entry->d_name, first) < 0)
			strcpy(first, entry->d_name);
	}
	closedir(entries);
	return n;
}

static int count(int dir_fd)
{
	char first[256];

	return list(dir_fd, first);
}

static int add(const char *json)
{
	return spool_batch_add(&batch, "pg_locks", json, strlen(json), NULL);
}

static void a_payload_is_visible_once_published(void **state)
{
	const char *json = "{\"a\":1}\n";
	struct buf frame, back;
	struct stat st;
	struct err err;
	char name[256];

	(void)state;
	assert_int_equal(add(json), 0);
	assert_int_equal(fsyncs, 1);
	assert_int_equal(count(spool->tmp_fd), 1);
	assert_int_equal(count(spool->new_fd), 0);
	assert_int_equal(spool_batch_publish(&batch, &err), 0);
	assert_int_equal(fsyncs, 2);
	assert_int_equal(count(spool->tmp_fd), 0);
	assert_int_equal(list(spool->new_fd, name), 1);
	assert_true(spool_name_is_valid(name));
	assert_int_equal(fstatat(spool->new_fd, name, &st, 0), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0640);
	assert_int_equal(batch.bytes, (uint64_t)st.st_blocks * 512);
	buf_init(&frame, 1000);
	buf_init(&back, 1000);
	assert_int_equal(spool_read_file(spool->new_fd, name, 1000, &frame, &err), 0);
	assert_int_equal(
		zstd_frame_decompress(codec, frame.data, frame.len, 1000, &back, &err),
		0);
	assert_string_equal(back.data, json);
	buf_release(&frame);
	buf_release(&back);
}

static void several_payloads_share_a_commit(void **state)
{
	struct err err;

	(void)state;
	for (int i = 0; i < SPOOL_BATCH_MAX; i++)
		assert_int_equal(add("{}\n"), 0);
	assert_int_equal(spool_batch_add(&batch, "s", "{}\n", 3, &err), -1);
	assert_int_equal(spool_batch_sync(&batch, &err), 0);
	assert_int_equal(spool_batch_publish(&batch, &err), 0);
	assert_int_equal(fsyncs, SPOOL_BATCH_MAX + 2);
	assert_int_equal(count(spool->new_fd), SPOOL_BATCH_MAX);
	assert_int_equal(batch.count, 0);
	assert_int_equal(add("{}\n"), 0); /* and it may be used again */
	assert_int_equal(spool_batch_publish(&batch, &err), 0);
	assert_int_equal(count(spool->new_fd), SPOOL_BATCH_MAX + 1);
	assert_int_equal(spool_batch_publish(&batch, &err), 0);
	assert_int_equal(fsyncs, SPOOL_BATCH_MAX + 4); /* an empty commit syncs nothing */
}

static void what_is_not_published_is_removed(void **state)
{
	(void)state;
	assert_int_equal(add("{}\n"), 0);
	assert_int_equal(add("{}\n"), 0);
	spool_batch_release(&batch);
	assert_int_equal(count(spool->tmp_fd), 0);
	assert_int_equal(count(spool->new_fd), 0);
}

static void a_failed_fsync_means_another_file(void **state)
{
	struct err err;

	(void)state;
	fsyncs_to_fail = 1;
	assert_int_equal(add("{}\n"), 0);
	assert_int_equal(fsyncs, 2);
	assert_int_equal(count(spool->tmp_fd), 1);
	assert_int_equal(spool_batch_publish(&batch, &err), 0);
	assert_int_equal(count(spool->new_fd), 1);
}

static void two_failed_fsyncs_are_a_failure_without_debris(void **state)
{
	struct err err;

	(void)state;
	fsyncs_to_fail = 2;
	assert_int_equal(spool_batch_add(&batch, "s", "{}\n", 3, &err), -1);
	assert_int_equal(err.kind, ERR_RETRY);
	assert_non_null(strstr(err.msg, "fsync"));
	assert_int_equal(count(spool->tmp_fd), 0);
	assert_int_equal(batch.count, 0);
	assert_int_equal(add("{}\n"), 0);
}

static void a_full_disk_leaves_no_debris_and_the_others(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(add("{}\n"), 0);
	writes_to_fail = 1;
	assert_int_equal(spool_batch_add(&batch, "s", "{}\n", 3, &err), -1);
	assert_int_equal(err.kind, ERR_RETRY);
	assert_non_null(strstr(err.msg, "No space left on device"));
	assert_int_equal(fsyncs, 1); /* not synced, and not tried again */
	assert_int_equal(count(spool->tmp_fd), 1);
	assert_int_equal(spool_batch_publish(&batch, &err), 0);
	assert_int_equal(count(spool->new_fd), 1);
}

static void short_writes_go_on(void **state)
{
	struct buf frame, back;
	struct err err;
	char name[256];

	(void)state;
	short_writes = 3;
	assert_int_equal(add("{\"a\":\"0123456789\"}\n"), 0);
	assert_int_equal(short_writes, 0);
	assert_int_equal(spool_batch_publish(&batch, &err), 0);
	list(spool->new_fd, name);
	buf_init(&frame, 1000);
	buf_init(&back, 1000);
	assert_int_equal(spool_read_file(spool->new_fd, name, 1000, &frame, &err), 0);
	assert_int_equal(
		zstd_frame_decompress(codec, frame.data, frame.len, 1000, &back, &err),
		0);
	assert_string_equal(back.data, "{\"a\":\"0123456789\"}\n");
	buf_release(&frame);
	buf_release(&back);
}

static void a_name_that_is_taken_is_not_replaced(void **state)
{
	char name[256], path[200];
	struct err err;

	(void)state;
	assert_int_equal(add("{}\n"), 0);
	list(spool->tmp_fd, name);
	snprintf(path, sizeof(path), "%s/new", dir);
	scratch_file(path, name, "theirs", 6);
	assert_int_equal(spool_batch_publish(&batch, &err), -1);
	assert_int_equal(err.kind, ERR_RETRY);
	spool_batch_release(&batch);
	assert_int_equal(count(spool->tmp_fd), 0);
	assert_int_equal(count(spool->new_fd), 1);
}

static void a_failure_in_the_middle_keeps_what_is_published(void **state)
{
	struct err err;

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(add("{}\n"), 0);
	assert_int_equal(unlinkat(spool->tmp_fd, batch.files[1].name, 0), 0);
	assert_int_equal(spool_batch_publish(&batch, &err), -1);
	spool_batch_release(&batch);
	assert_int_equal(count(spool->tmp_fd), 0);
	assert_int_equal(count(spool->new_fd), 1);
}

static void a_failed_fsync_of_new_is_no_success(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(add("{}\n"), 0);
	fsyncs_to_fail = 1;
	assert_int_equal(spool_batch_publish(&batch, &err), -1);
	assert_int_equal(err.kind, ERR_RETRY);
}

static void a_file_stolen_before_its_lock_is_made_again(void **state)
{
	struct err err;

	(void)state;
	thefts = 2;
	assert_int_equal(add("{}\n"), 0);
	assert_int_equal(thefts, 0);
	assert_int_equal(count(spool->tmp_fd), 1);
	assert_int_equal(spool_batch_publish(&batch, &err), 0);
	assert_int_equal(count(spool->new_fd), 1);
}

static void a_publish_that_failed_goes_on_where_it_stopped(void **state)
{
	char names[3][SPOOL_NAME_SIZE], path[200];
	struct err err;

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(add("{}\n"), 0);
		strcpy(names[i], batch.files[i].name);
	}
	/* The second one's name is taken. */
	snprintf(path, sizeof(path), "%s/new", dir);
	scratch_file(path, names[1], "theirs", 6);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(spool_batch_publish(&batch, &err), -1);
		assert_int_equal(err.kind, ERR_RETRY);
		assert_int_equal(batch.count, 3);
		assert_int_equal(count(spool->tmp_fd), 2);
	}
	assert_int_equal(unlinkat(spool->new_fd, names[1], 0), 0);
	/* Then new/ can't be synced: the renames are not done again. */
	fsyncs = 0;
	fsyncs_to_fail = 1;
	assert_int_equal(spool_batch_publish(&batch, &err), -1);
	assert_int_equal(count(spool->tmp_fd), 0);
	assert_int_equal(spool_batch_publish(&batch, &err), 0);
	assert_int_equal(fsyncs, 2);
	assert_int_equal(batch.count, 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(faccessat(spool->new_fd, names[i], F_OK, 0), 0);
	assert_int_equal(count(spool->new_fd), 3);
}

static void what_is_left_stays_in_tmp_unlocked(void **state)
{
	char name[256], names[2][SPOOL_NAME_SIZE];
	struct err err;
	int fd;

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(add("{}\n"), 0);
		strcpy(names[i], batch.files[i].name);
	}
	/* The first is published, the second can't be. */
	assert_int_equal(linkat(spool->tmp_fd, names[1], spool->new_fd, names[1], 0), 0);
	assert_int_equal(spool_batch_publish(&batch, &err), -1);
	assert_int_equal(unlinkat(spool->new_fd, names[1], 0), 0);
	spool_batch_leave(&batch);
	assert_int_equal(batch.count, 0);
	assert_int_equal(list(spool->tmp_fd, name), 1);
	assert_string_equal(name, names[1]);
	fd = openat(spool->tmp_fd, name, O_RDONLY);
	assert_int_equal(__real_flock(fd, LOCK_EX | LOCK_NB), 0);
	close(fd);
	assert_int_equal(list(spool->new_fd, name), 1);
	assert_string_equal(name, names[0]);
}

static void deferred_files_are_synced_together(void **state)
{
	struct err err;

	(void)state;
	spool_batch_defer(&batch);
	for (int i = 0; i < 5; i++)
		assert_int_equal(add("{}\n"), 0);
	assert_int_equal(fsyncs, 0);
	assert_true(batch.bytes > 0);
	assert_int_equal(spool_batch_sync(&batch, &err), 0);
	assert_int_equal(fsyncs, 6); /* and tmp/ */
	/* What is synced is not synced again, what came since is. */
	assert_int_equal(add("{}\n"), 0);
	assert_int_equal(spool_batch_sync(&batch, &err), 0);
	assert_int_equal(fsyncs, 8);
	assert_int_equal(spool_batch_publish(&batch, &err), 0);
	assert_int_equal(count(spool->new_fd), 6);
	assert_int_equal(count(spool->tmp_fd), 0);
}

static bool holds(const char *name, const char *json)
{
	struct buf frame, back;
	bool same;

	buf_init(&frame, 1 << 20);
	buf_init(&back, 1 << 20);
	assert_int_equal(spool_read_file(spool->new_fd, name, 1 << 20, &frame, NULL), 0);
	assert_int_equal(
		zstd_frame_decompress(codec, frame.data, frame.len, 1 << 20, &back, NULL),
		0);
	same = strcmp(back.data, json) == 0;
	buf_release(&frame);
	buf_release(&back);
	return same;
}

static void a_deferred_file_that_can_not_be_synced_is_written_again(void **state)
{
	static const char *const texts[] = { "{\"a\":1}\n", "{\"b\":22}\n",
		"{\"c\":333}\n" };

	(void)state;
	spool_batch_defer(&batch);
	for (int fails = 1; fails <= 9; fails++) {
		char before[SPOOL_NAME_SIZE];
		struct err err;
		int tries = 0;

		for (size_t i = 0; i < 3; i++)
			assert_int_equal(add(texts[i]), 0);
		strcpy(before, batch.files[0].name);
		fsyncs_to_fail = fails;
		while (spool_batch_sync(&batch, &err) < 0) {
			assert_int_equal(err.kind, ERR_RETRY);
			assert_int_equal(batch.count, 3);
			assert_in_range(++tries, 1, 9);
			if (tries == 1 && fails == 5)
				writes_to_fail = 1; /* nor be written */
		}
		assert_int_equal(fsyncs_to_fail, 0);
		assert_string_not_equal(batch.files[0].name, before);
		assert_int_equal(count(spool->tmp_fd), 3);
		{
			char names[3][SPOOL_NAME_SIZE];

			for (size_t i = 0; i < 3; i++)
				strcpy(names[i], batch.files[i].name);
			assert_int_equal(spool_batch_publish(&batch, &err), 0);
			for (size_t i = 0; i < 3; i++)
				assert_true(holds(names[i], texts[i]));
		}
		assert_int_equal(count(spool->new_fd), 3 * fails);
	}
}

static void deferred_files_are_removed_as_others_are(void **state)
{
	struct err err;

	(void)state;
	spool_batch_defer(&batch);
	assert_int_equal(add("{}\n"), 0);
	writes_to_fail = 1;
	assert_int_equal(spool_batch_add(&batch, "s", "{}\n", 3, &err), -1);
	assert_int_equal(count(spool->tmp_fd), 1);
	assert_int_equal(add("{}\n"), 0);
	fsyncs_to_fail = 2; /* of the first: it has no file any more */
	assert_int_equal(spool_batch_sync(&batch, &err), -1);
	assert_int_equal(count(spool->tmp_fd), 1);
	spool_batch_release(&batch);
	assert_int_equal(count(spool->tmp_fd), 0);
}

static bool is_log(const char *source)
{
	return strcmp(source, "pg_log") == 0;
}

#define NAME(source) "20260131T000000.000000Z-" source "-1-000000.json.zst"

static void debris_is_ones_own_and_unlocked(void **state)
{
	char path[200];
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "%s/tmp", dir);
	scratch_file(path, NAME("pg_log"), "x", 1);
	scratch_file(path, NAME("pg_locks"), "x", 1);
	scratch_file(path, "pg_log", "x", 1);
	assert_int_equal(mkfifoat(spool->tmp_fd, NAME("pg_log_fifo"), 0600), 0);
	assert_int_equal(symlinkat("pg_log", spool->tmp_fd, NAME("pg_log_link")), 0);
	assert_int_equal(spool_batch_add(&batch, "pg_log", "{}\n", 3, NULL), 0);
	assert_int_equal(count(spool->tmp_fd), 6);
	assert_int_equal(spool_remove_debris(spool, is_log), 1);
	assert_int_equal(faccessat(spool->tmp_fd, NAME("pg_log"), F_OK, 0), -1);
	assert_int_equal(count(spool->tmp_fd), 5);
	assert_int_equal(spool_remove_debris(spool, is_anybodys), 1); /* pg_locks */
	assert_int_equal(count(spool->tmp_fd), 4);

	fd = openat(spool->tmp_fd, batch.files[0].name, O_RDONLY);
	assert_int_equal(
		__real_flock(fd, LOCK_EX | LOCK_NB), -1); /* held until the rename */
	assert_int_equal(spool_batch_publish(&batch, NULL), 0);
	assert_int_equal(__real_flock(fd, LOCK_EX | LOCK_NB), 0);
	close(fd);
}

#define WRITE_TEST(f) cmocka_unit_test_setup_teardown(f, make_spool, remove_spool)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WRITE_TEST(a_payload_is_visible_once_published),
		WRITE_TEST(several_payloads_share_a_commit),
		WRITE_TEST(what_is_not_published_is_removed),
		WRITE_TEST(a_failed_fsync_means_another_file),
		WRITE_TEST(two_failed_fsyncs_are_a_failure_without_debris),
		WRITE_TEST(a_full_disk_leaves_no_debris_and_the_others),
		WRITE_TEST(short_writes_go_on),
		WRITE_TEST(a_name_that_is_taken_is_not_replaced),
		WRITE_TEST(a_failure_in_the_middle_keeps_what_is_published),
		WRITE_TEST(a_failed_fsync_of_new_is_no_success),
		WRITE_TEST(a_publish_that_failed_goes_on_where_it_stopped),
		WRITE_TEST(what_is_left_stays_in_tmp_unlocked),
		WRITE_TEST(deferred_files_are_synced_together),
		WRITE_TEST(a_deferred_file_that_can_not_be_synced_is_written_again),
		WRITE_TEST(deferred_files_are_removed_as_others_are),
		WRITE_TEST(a_file_stolen_before_its_lock_is_made_again),
		WRITE_TEST(debris_is_ones_own_and_unlocked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
