/* links: logtail/logtail.a */
#include "unit.h"

#include <time.h>

#include "follow_case.h"

static struct world world;

static int start(void **state)
{
	(void)state;
	world_open(&world);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	world_close(&world);
	return 0;
}

static struct generation *at(const char *name)
{
	for (size_t i = 0; i < world.follow.count; i++)
		if (world.follow.list[i]->seen &&
			strcmp(world_base(world.follow.list[i]->path), name) == 0)
			return world.follow.list[i];
	return NULL;
}

static void settled(unsigned from, unsigned to)
{
	world_settle(&world);
	world_came(&world, from, to);
	world_told(&world, "");
}

static void what_is_appended_is_read_once(void **state)
{
	(void)state;
	world_lines(&world, "a.log", 0, 3);
	settled(0, 3);
	world_lines(&world, "a.log", 3, 5);
	settled(3, 5);
	settled(0, 0);
	world_restart(&world);
	settled(0, 0);
	world_lines(&world, "a.log", 5, 6);
	world_restart(&world);
	settled(5, 6);
}

static void at_the_first_start_what_is_there_is_not_read(void **state)
{
	(void)state;
	world_lines(&world, "a.log", 0, 50);
	world_append(&world, "a.log", "2026-01-01 00:00:50.000 UTC [7]");
	world_lines(&world, "b.log", 100, 101);
	world_lines(&world, "c.log", 200, 201);
	world_gzip(&world, "c.log");
	world_look_from(&world, FOLLOW_FROM_END);
	settled(0, 0);
	world_append(&world, "a.log", " LOG:  50\n");
	world_lines(&world, "d.log", 51, 53);
	settled(50, 53);
	world_restart(&world);
	settled(0, 0);
}

static void a_renamed_log_is_read_to_its_end_before_the_next(void **state)
{
	(void)state;
	world_lines(&world, "a.log", 0, 40);
	settled(0, 40);
	world_lines(&world, "a.log", 40, 45);
	world_rename(&world, "a.log", "a.log.1");
	world_lines(&world, "a.log.1", 45, 47);
	world_lines(&world, "a.log", 47, 50);
	settled(40, 50);
	world_rename(&world, "a.log.1", "a.log.2");
	world_rename(&world, "a.log", "a.log.1");
	world_lines(&world, "a.log.1", 50, 51);
	world_restart(&world);
	world_lines(&world, "a.log", 51, 52);
	settled(50, 52);
}

static void a_log_truncated_in_place_is_another_from_its_start(void **state)
{
	(void)state;
	world_lines(&world, "a.log", 0, 40);
	settled(0, 40);
	/* shorter than what was read */
	world_truncate(&world, "a.log", 0);
	world_lines(&world, "a.log", 40, 43);
	settled(40, 43);
	/* longer by now than what was read */
	world_truncate(&world, "a.log", 0);
	world_lines(&world, "a.log", 43, 90);
	settled(43, 90);
	/* and while nobody looked */
	world_save(&world);
	world_truncate(&world, "a.log", 0);
	world_lines(&world, "a.log", 90, 200);
	world_crash(&world);
	world_settle(&world);
	world_came(&world, 90, 200);
	world_told(&world, "a.log ?\n");
}

static void the_bytes_lost_by_truncation_are_told(void **state)
{
	char want[64];

	(void)state;
	world_lines(&world, "a.log", 0, 40);
	world_look(&world);
	world_truncate(&world, "a.log", 0);
	world_lines(&world, "a.log", 40, 90);
	world_settle(&world);
	world_came(&world, 40, 90);
	snprintf(want, sizeof(want), "a.log %llu\n",
		(unsigned long long)world_lines_bytes(0, 40));
	world_told(&world, want);
}

static void a_reused_inode_is_another_log(void **state)
{
	struct stat before, after;

	(void)state;
	world_lines(&world, "a.log", 0, 40);
	settled(0, 40);
	world_restart(&world); /* nothing is held open */
	stat(world_path(&world, "a.log"), &before);
	world_delete(&world, "a.log");
	world_lines(&world, "a.log", 40, 90);
	stat(world_path(&world, "a.log"), &after);
	if (before.st_ino != after.st_ino)
		print_message("the file system did not use the inode again\n");
	world_settle(&world);
	world_came(&world, 40, 90);
	world_told(&world, "a.log ?\n");
}

/* logrotate's copytruncate; seen: whether a look falls between the two. */
static void copytruncate(bool seen)
{
	world_copy(&world, "a.log", "a.log.1");
	if (seen) {
		world_look(&world);
		assert_null(at("a.log.1"));
		world_read(&world);
	}
	world_truncate(&world, "a.log", 0);
}

static void what_copytruncate_copies_is_not_read_twice(void **state)
{
	(void)state;
	for (unsigned seen = 0; seen <= 1; seen++) {
		unsigned n = 1000 * seen;

		world_lines(&world, "a.log", n, n + 40);
		settled(n, n + 40);
		copytruncate(seen);
		settled(n, n);
		world_lines(&world, "a.log", n + 40, n + 43);
		settled(n + 40, n + 43);
		assert_non_null(at("a.log.1"));
		world_restart(&world);
		settled(n, n);
		world_delete(&world, "a.log.1");
		settled(n, n);
	}
}

static void what_only_the_copy_has_is_read_from_it(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		bool seen = i & 1, regrown = i & 2;
		unsigned n = 1000 * i;

		world_lines(&world, "a.log", n, n + 40);
		settled(n, n + 40);
		world_lines(&world, "a.log", n + 40, n + 45);
		world_copy(&world, "a.log", "a.log.1");
		if (seen)
			world_look(&world);
		world_truncate(&world, "a.log", 0);
		world_lines(&world, "a.log", n + 45, n + (regrown ? 145 : 46));
		settled(n + 40, n + (regrown ? 145 : 46));
		world_delete(&world, "a.log.1");
		world_truncate(&world, "a.log", 0);
		settled(n, n);
	}
}

static void a_copy_shorter_than_what_was_read_ends_it(void **state)
{
	(void)state;
	world_lines(&world, "a.log", 0, 40);
	settled(0, 40);
	world_copy(&world, "a.log", "a.log.1");
	world_lines(&world, "a.log", 40, 42);
	settled(40, 42);
	world_truncate(&world, "a.log", 0);
	world_lines(&world, "a.log", 42, 43);
	settled(42, 43);
	assert_true(at("a.log.1")->complete);
	assert_null(at("a.log.1")->reading);
	world_restart(&world);
	settled(0, 0);
}

static void an_unfinished_line_beyond_the_copy_comes_out(void **state)
{
	(void)state;
	world_lines(&world, "a.log", 0, 40);
	settled(0, 40);
	world_copy(&world, "a.log", "a.log.1");
	world_append(&world, "a.log", "2026-01-01 00:00:40.000 UTC [7] LOG:  40");
	settled(0, 0);
	world_truncate(&world, "a.log", 0);
	world_lines(&world, "a.log", 41, 42);
	world_settle(&world);
	assert_string_equal(world.out.data, "41\n40\n");
	world_told(&world, "");
}

/* `copy` of logrotate, or somebody's cp: the copy is older, and may be found first. */
static void the_longer_of_two_that_begin_alike_is_the_log(void **state)
{
	(void)state;
	world_lines(&world, "a.log", 0, 40);
	world_copy(&world, "a.log", "a.log.1");
	world_age(&world, "a.log.1", 10);
	world_lines(&world, "a.log", 40, 42);
	settled(0, 42);
	assert_non_null(at("a.log"));
	assert_null(at("a.log.1"));
	world_lines(&world, "a.log", 42, 43);
	settled(42, 43);
	world_restart(&world);
	world_lines(&world, "a.log", 43, 44);
	settled(43, 44);
	world_delete(&world, "a.log.1");
	settled(0, 0);
}

static void a_copy_that_is_found_first_is_no_start_over(void **state)
{
	(void)state;
	world_lines(&world, "a.log", 0, 40);
	world_copy(&world, "a.log", "b.log");
	world_age(&world, "b.log", 10);
	world_look_from(&world, FOLLOW_FROM_END);
	settled(0, 0);
	world_lines(&world, "a.log", 40, 42);
	settled(40, 42);
}

static void a_copy_in_the_making_is_waited_for(void **state)
{
	char *data;
	size_t len;

	(void)state;
	world_lines(&world, "a.log", 0, 100);
	settled(0, 100);
	data = world_content(&world, "a.log", &len);
	for (size_t part = 10; part < len; part += 400) {
		scratch_file(world.dir, "a.log.1", data, part);
		world.now_s += 5;
		world_look(&world);
		assert_null(at("a.log.1"));
		assert_int_equal(world.follow.pending, part < FINGERPRINT_BYTES);
	}
	scratch_file(world.dir, "a.log.1", data, len);
	free(data);
	world_truncate(&world, "a.log", 0);
	settled(0, 0);
	assert_true(at("a.log.1")->offset == len);
}

static void the_inode_of_a_copy_may_be_used_for_a_new_log(void **state)
{
	(void)state;
	world_lines(&world, "a.log", 0, 40);
	settled(0, 40);
	world_copy(&world, "a.log", "a.log.1");
	settled(0, 0);
	/* The same inode, whatever the file system does. */
	world_truncate(&world, "a.log.1", 0);
	world_rename(&world, "a.log.1", "b.log");
	world_lines(&world, "b.log", 40, 60);
	settled(40, 60);
}

static void a_compressed_generation_is_not_read_again(void **state)
{
	static void (*const compress[])(
		struct world *, const char *) = { world_gzip, world_zstd };

	(void)state;
	for (unsigned i = 0; i < COUNT(compress); i++) {
		unsigned n = 1000 * i;

		world_lines(&world, "a.log", n, n + 40);
		settled(n, n + 40);
		world_rename(&world, "a.log", "a.log.1");
		compress[i](&world, "a.log.1");
		settled(n, n);
		world_restart(&world);
		settled(n, n);
		/* With lines that were not read: from the compressed file. */
		world_lines(&world, "a.log", n + 40, n + 80);
		settled(n + 40, n + 80);
		world_save(&world);
		world_lines(&world, "a.log", n + 80, n + 90);
		world_rename(&world, "a.log", "a.log.2");
		compress[i](&world, "a.log.2");
		world_lines(&world, "a.log", n + 90, n + 91);
		world_crash(&world);
		settled(n + 80, n + 91);
		world_delete(&world, i ? "a.log.1.zst" : "a.log.1.gz");
		world_delete(&world, i ? "a.log.2.zst" : "a.log.2.gz");
		world_delete(&world, "a.log");
		world_settle(&world);
		world_told(&world, "");
	}
}

static void all_generations_of_a_downtime_are_read_oldest_first(void **state)
{
	(void)state;
	world_lines(&world, "a.log", 0, 40);
	settled(0, 40);
	world_save(&world);
	world_lines(&world, "a.log", 40, 50);
	world_rename(&world, "a.log", "a.log.3");
	world_gzip(&world, "a.log.3");
	world_lines(&world, "a.log.2", 50, 100);
	world_zstd(&world, "a.log.2");
	world_lines(&world, "a.log.1", 100, 101);
	world_lines(&world, "a.log", 101, 110);
	world_crash(&world);
	settled(40, 110);
}

/* Stray lines have no times: their files may begin alike. */
static void files_of_few_bytes_that_begin_alike_are_told_apart(void **state)
{
	(void)state;
	world_append(&world, "a.log", "x\n");
	world_age(&world, "a.log", 10);
	world_settle(&world);
	assert_string_equal(world.out.data, "x\n");
	buf_clear(&world.out);
	/* The same bytes, as a copy has them, until they differ. */
	world_append(&world, "b.log", "x\n");
	world_age(&world, "b.log", 9);
	world_settle(&world);
	assert_string_equal(world.out.data, "");
	world_append(&world, "b.log", "y\n");
	world_age(&world, "b.log", 8);
	world_settle(&world);
	assert_string_equal(world.out.data, "x\ny\n");
	buf_clear(&world.out);
	world_append(&world, "a.log", "z\n");
	world_age(&world, "a.log", 7);
	world_settle(&world);
	assert_string_equal(world.out.data, "z\n");
	buf_clear(&world.out);
	world_restart(&world);
	world_append(&world, "a.log", "1\n");
	world_append(&world, "b.log", "2\n");
	world_age(&world, "a.log", 6);
	world_age(&world, "b.log", 6);
	world_settle(&world);
	assert_string_equal(world.out.data, "1\n2\n");
	world_told(&world, "");
}

static void a_short_file_longer_than_its_likeness_is_waited_for_while_that_may_grow(
	void **state)
{
	(void)state;
	world_append(&world, "a.log", "x\n");
	world_append(&world, "b.log", "x\n");
	world_age(&world, "b.log", 10);
	world_look(&world); /* b is the older one, a its likeness */
	world_append(&world, "c.log", "x\ny\n");
	world_age(&world, "b.log", -1);
	world_look(&world);
	assert_true(world.follow.pending);
	assert_null(at("c.log"));
	world_age(&world, "b.log", 10);
	world_look(&world);
	assert_non_null(at("c.log"));
	assert_false(world.follow.pending);
}

static void several_short_rotations_in_a_row_come_out_once(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 12; n += 2) {
		world_lines(&world, "a.log", n, n + 2);
		if (n % 4)
			settled(n - 2, n + 2);
		if (n % 3) {
			world_copy(&world, "a.log", "a.log.1");
			world_look(&world);
			world_truncate(&world, "a.log", 0);
		} else {
			world_rename(&world, "a.log", "a.log.1");
		}
	}
}

static void empty_files_are_looked_at_again(void **state)
{
	(void)state;
	world_append(&world, "a.log", "");
	world_append(&world, "b.log", "");
	world_look(&world);
	assert_int_equal(world.follow.count, 0);
	assert_true(world.follow.empty);
	world_lines(&world, "b.log", 0, 1);
	settled(0, 1);
	world_lines(&world, "a.log", 1, 2);
	settled(1, 2);
	assert_false(world.follow.empty);
}

static void a_log_missing_for_one_look_is_the_same_after(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		unsigned n = 100 * i;

		world_lines(&world, "a.log", n, n + 40);
		settled(n, n + 40);
		world_lines(&world, "a.log", n + 40, n + 41);
		if (i)
			world_restart(&world); /* not open */
		world_look(&world);
		world_rename(&world, "a.log", "elsewhere");
		world.now_s += 5;
		world_look(&world);
		world.now_s += 0.1;
		world_rename(&world, "elsewhere", "a.log");
		settled(n + 40, n + 41);
		assert_int_equal(world.follow.count, 1);
		if (at("a.log")->reading)
			assert_true(at("a.log")->reading->deleted_s <= 0);
		world_restart(&world);
		settled(n, n);
	}
}

static void a_deleted_log_that_is_open_is_read_to_its_end(void **state)
{
	int fd;

	(void)state;
	world_lines(&world, "a.log", 0, 40);
	settled(0, 40);
	fd = open(world_path(&world, "a.log"), O_WRONLY | O_APPEND | O_CLOEXEC);
	world_lines(&world, "a.log", 40, 42);
	world_delete(&world, "a.log");
	settled(40, 42);
	assert_true(world.follow.list[0]->reading->deleted_s > 0);
	dprintf(fd, "2026-01-01 00:00:42.000 UTC [7] LOG:  42\n");
	close(fd);
	settled(42, 43);
	assert_false(world.follow.list[0]->ended);
}

static void a_log_moved_elsewhere_is_read_to_its_end(void **state)
{
	(void)state;
	mkdir(world_path(&world, "old"), 0700);
	world_lines(&world, "a.log", 0, 40);
	settled(0, 40);
	world_lines(&world, "a.log", 40, 42);
	world_look(&world);
	world_rename(&world, "a.log", "old/a.log.1");
	world_lines(&world, "a.log", 42, 44);
	settled(40, 44);
	world_lines(&world, "old/a.log.1", 44, 45);
	settled(44, 45);
}

static void the_unread_bytes_of_a_deleted_log_are_told_once(void **state)
{
	char want[64];

	(void)state;
	world_lines(&world, "a.log", 0, 40);
	world_look(&world);
	world_delete(&world, "a.log");
	world_look(&world);
	assert_true(world.follow.pending);
	world.now_s += 0.1;
	world_look(&world);
	world_told(&world, "");
	world.now_s += 0.2;
	world_look(&world);
	assert_false(world.follow.pending);
	snprintf(want, sizeof(want), "a.log %llu\n",
		(unsigned long long)world_lines_bytes(0, 40));
	world_told(&world, want);
	world.now_s += 100;
	settled(0, 0);
	world_restart(&world);
	settled(0, 0);
}

static void a_compressed_log_gone_before_its_end_was_read_is_told(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		world_lines(&world, "a.log", 100 * i, 100 * i + 40);
		world_gzip(&world, "a.log");
		world_look(&world);
		if (i)
			world_restart(&world);
		world_delete(&world, "a.log.gz");
		world_settle(&world);
		world_told(&world, "a.log.gz ?\n");
	}
}

static void a_log_deleted_after_its_end_was_read_is_no_gap(void **state)
{
	(void)state;
	world_lines(&world, "a.log", 0, 40);
	settled(0, 40);
	reading_close(at("a.log")->reading);
	at("a.log")->reading = NULL;
	world_delete(&world, "a.log");
	settled(0, 0);
	assert_true(world.follow.list[0]->ended);
}

static void only_the_newest_log_of_a_downtime_is_a_gap_of_unknown_size(void **state)
{
	(void)state;
	world_lines(&world, "p-1.log", 0, 40);
	world_lines(&world, "p-2.log", 40, 80);
	world_lines(&world, "q.csv", 80, 81);
	world_settle(&world);
	buf_clear(&world.out);
	world_save(&world);
	world_delete(&world, "p-1.log");
	world_delete(&world, "p-2.log");
	world_delete(&world, "q.csv");
	world_crash(&world);
	buf_clear(&world.out);
	world_settle(&world);
	world_told(&world, "p-2.log ?\nq.csv ?\n");
	settled(0, 0);
}

static void a_run_too_short_to_tell_a_gap_leaves_it_to_the_next(void **state)
{
	(void)state;
	world_lines(&world, "p-1.log", 0, 40);
	settled(0, 40);
	world_save(&world);
	world_delete(&world, "p-1.log");
	world_lines(&world, "p-2.log", 40, 41);
	world_crash(&world);
	for (int i = 0; i < 2; i++) {
		world_look(&world);
		world_restart(&world);
		world_told(&world, "");
	}
	world_settle(&world);
	world_told(&world, "p-1.log ?\n");
	world_restart(&world);
	world_settle(&world);
	world_told(&world, "");
}

static void what_begins_alike_with_other_text_behind_it_is_another_log(void **state)
{
	(void)state;
	world_lines(&world, "a.log", 0, 40);
	settled(0, 40);
	world_save(&world);
	world_truncate(&world, "a.log", 0);
	world_lines(&world, "a.log", 0, 30);
	world_lines(&world, "a.log", 100, 200);
	world_crash(&world);
	world_settle(&world);
	assert_ptr_equal(strstr(world.out.data, "0\n1\n2\n"), world.out.data);
	assert_non_null(strstr(world.out.data, "29\n100\n"));
	world_told(&world, "a.log ?\n");
}

static void what_is_gone_is_forgotten_after_an_hour(void **state)
{
	(void)state;
	world_lines(&world, "a.log", 0, 40);
	world_lines(&world, "b.log", 40, 41);
	settled(0, 41);
	world_restart(&world);
	world_look(&world);
	world_delete(&world, "a.log");
	settled(0, 0);
	assert_int_equal(world.follow.count, 2);
	world.now_s += 3000;
	follow_forget(&world.follow, world.now_s);
	assert_int_equal(world.follow.count, 2);
	world.now_s += 601;
	follow_forget(&world.follow, world.now_s);
	assert_int_equal(world.follow.count, 1);
	assert_string_equal(world_base(world.follow.list[0]->path), "b.log");
}

static void a_log_back_within_the_hour_is_known(void **state)
{
	(void)state;
	world_lines(&world, "a.log", 0, 40);
	settled(0, 40);
	world_restart(&world);
	world_look(&world);
	world_rename(&world, "a.log", "gone");
	settled(0, 0);
	world.now_s += 3000;
	world_rename(&world, "gone", "a.log.1");
	world_lines(&world, "a.log.1", 40, 41);
	settled(40, 41);
}

static void a_log_replaced_while_it_was_read_keeps_what_was_read_before(void **state)
{
	char want[64];
	struct generation *a;
	struct err err;

	(void)state;
	world_lines(&world, "a.log", 0, 40);
	settled(0, 40);
	a = at("a.log");
	world_lines(&world, "a.log", 40, 50);
	world_look(&world);
	/* Truncated after the look, before the read. */
	world_truncate(&world, "a.log", 0);
	world_lines(&world, "a.log", 50, 120);
	assert_int_equal(
		reading_step(a, world.buffer, world.now_s, world_sink, &world, &err),
		READING_OTHER);
	world_settle(&world);
	world_came(&world, 50, 120);
	snprintf(want, sizeof(want), "a.log %llu\n",
		(unsigned long long)world_lines_bytes(40, 50));
	world_told(&world, want);
}

static void better_siblings_are_chosen_among_what_is_there(void **state)
{
	(void)state;
	world_lines(&world, "p-01.log", 0, 1);
	world_append(
		&world, "p-01.json", "{\"timestamp\":\"2026-01-01 00:00:00.000 UTC\"");
	world_look(&world);
	assert_int_equal(at("p-01.log")->role.reads, SIBLING_STRAY);
	assert_int_equal(at("p-01.json")->role.reads, SIBLING_ALL);
	assert_true(at("p-01.json")->first_us == INT64_C(1767225600000000));
	world.follow.forced = LOG_FORMAT_STDERR;
	world_look(&world);
	assert_int_equal(at("p-01.log")->role.reads, SIBLING_ALL);
	assert_int_equal(at("p-01.json")->role.reads, SIBLING_NONE);
}

static void a_new_file_waits_so_that_its_siblings_can_appear(void **state)
{
	(void)state;
	world.follow.grace_s = 0.25;
	world_lines(&world, "a.log", 0, 1);
	world_look(&world);
	assert_true(at("a.log")->wait_until_s == world.now_s + 0.25);
}

/* CPU seconds that a look takes. */
static double timed_look(void)
{
	clock_t before = clock();

	world_look(&world);
	return (double)(clock() - before) / CLOCKS_PER_SEC;
}

static void five_thousand_files_are_looked_at_in_no_time(void **state)
{
	double first_s, next_s, back_s;
	char name[64];

	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "p-%04u.%s", i / 3,
			i % 3 == 0   ? "log"
			: i % 3 == 1 ? "csv"
				     : "json");
		/* of all sizes, below and above what is hashed */
		world_lines(&world, name, i, i + 1 + i % 30);
	}
	first_s = timed_look();
	assert_int_equal(world.follow.count, 5000);
	next_s = timed_look();
	for (unsigned i = 0; i < 5000; i++)
		world.follow.list[i]->offset = world.follow.list[i]->disk_bytes;
	world_restart(&world);
	back_s = timed_look();
	assert_int_equal(world.follow.count, 5000);
	print_message("5000 files: first look %.3f s, next %.3f s, after a restart "
		      "%.3f s\n",
		first_s, next_s, back_s);
	assert_true(next_s < 1);
	assert_true(first_s < 2.5 && back_s < 2.5);
}

#define FOLLOW_TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FOLLOW_TEST(what_is_appended_is_read_once),
		FOLLOW_TEST(at_the_first_start_what_is_there_is_not_read),
		FOLLOW_TEST(a_renamed_log_is_read_to_its_end_before_the_next),
		FOLLOW_TEST(a_log_truncated_in_place_is_another_from_its_start),
		FOLLOW_TEST(the_bytes_lost_by_truncation_are_told),
		FOLLOW_TEST(a_reused_inode_is_another_log),
		FOLLOW_TEST(what_copytruncate_copies_is_not_read_twice),
		FOLLOW_TEST(what_only_the_copy_has_is_read_from_it),
		FOLLOW_TEST(a_copy_shorter_than_what_was_read_ends_it),
		FOLLOW_TEST(an_unfinished_line_beyond_the_copy_comes_out),
		FOLLOW_TEST(the_longer_of_two_that_begin_alike_is_the_log),
		FOLLOW_TEST(a_copy_that_is_found_first_is_no_start_over),
		FOLLOW_TEST(a_copy_in_the_making_is_waited_for),
		FOLLOW_TEST(the_inode_of_a_copy_may_be_used_for_a_new_log),
		FOLLOW_TEST(a_compressed_generation_is_not_read_again),
		FOLLOW_TEST(all_generations_of_a_downtime_are_read_oldest_first),
		FOLLOW_TEST(files_of_few_bytes_that_begin_alike_are_told_apart),
		FOLLOW_TEST(
			a_short_file_longer_than_its_likeness_is_waited_for_while_that_may_grow),
		FOLLOW_TEST(several_short_rotations_in_a_row_come_out_once),
		FOLLOW_TEST(empty_files_are_looked_at_again),
		FOLLOW_TEST(a_log_missing_for_one_look_is_the_same_after),
		FOLLOW_TEST(a_deleted_log_that_is_open_is_read_to_its_end),
		FOLLOW_TEST(a_log_moved_elsewhere_is_read_to_its_end),
		FOLLOW_TEST(the_unread_bytes_of_a_deleted_log_are_told_once),
		FOLLOW_TEST(a_compressed_log_gone_before_its_end_was_read_is_told),
		FOLLOW_TEST(a_log_deleted_after_its_end_was_read_is_no_gap),
		FOLLOW_TEST(only_the_newest_log_of_a_downtime_is_a_gap_of_unknown_size),
		FOLLOW_TEST(a_run_too_short_to_tell_a_gap_leaves_it_to_the_next),
		FOLLOW_TEST(what_begins_alike_with_other_text_behind_it_is_another_log),
		FOLLOW_TEST(what_is_gone_is_forgotten_after_an_hour),
		FOLLOW_TEST(a_log_back_within_the_hour_is_known),
		FOLLOW_TEST(a_log_replaced_while_it_was_read_keeps_what_was_read_before),
		FOLLOW_TEST(better_siblings_are_chosen_among_what_is_there),
		FOLLOW_TEST(a_new_file_waits_so_that_its_siblings_can_appear),
		FOLLOW_TEST(five_thousand_files_are_looked_at_in_no_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
