/* links: -Wl,--wrap=readdir forwarder/queue.o */
#include "unit.h"

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "forwarder/queue.h"
#include "scratch.h"

static char dir[SCRATCH_SIZE];
static int dir_fd;
static struct queue queue;

static int make_queue(void **state)
{
	(void)state;
	scratch_make(dir);
	dir_fd = open(dir, O_RDONLY | O_DIRECTORY);
	return queue_init(&queue, NULL);
}

static int remove_queue(void **state)
{
	(void)state;
	queue_release(&queue);
	queue_release(&queue);
	close(dir_fd);
	scratch_remove(dir);
	return 0;
}

static const char *name_of(unsigned n)
{
	static char name[SPOOL_NAME_SIZE];

	spool_name_format(name, (int64_t)1769774400 * 1000000 + n, "pg_log", 7, 0);
	return name;
}

static void put_file(const char *name)
{
	close(openat(dir_fd, name, O_WRONLY | O_CREAT, 0600));
}

static bool skip_none(void *context, const char *name)
{
	(void)context;
	(void)name;
	return false;
}

static bool skip_one(void *context, const char *name)
{
	return strcmp(context, name) == 0;
}

static void check_next(const char *after, unsigned want)
{
	char name[SPOOL_NAME_SIZE];

	assert_true(queue_take(&queue, after, name));
	assert_string_equal(name, name_of(want));
}

static void check_empty(const char *after)
{
	char name[SPOOL_NAME_SIZE] = "untouched";

	assert_false(queue_take(&queue, after, name));
	assert_string_equal(name, "untouched");
}

static void names_come_oldest_first_and_foreign_ones_never(void **state)
{
	static const unsigned order[] = { 5, 1, 4, 2, 3, 0 };
	char skipped[SPOOL_NAME_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT(order); i++)
		put_file(name_of(order[i]));
	put_file("00000000.txt");
	put_file(".hidden");
	strcpy(skipped, name_of(2));
	assert_int_equal(queue_fill(&queue, dir_fd, skip_one, skipped, NULL), 0);
	assert_false(queue.more);
	check_next(NULL, 0);
	check_next(NULL, 1);
	check_next(NULL, 3);
	/* Filled again, what was there before is gone from it. */
	assert_int_equal(queue_fill(&queue, dir_fd, skip_none, NULL, NULL), 0);
	for (unsigned i = 0; i < COUNT(order); i++)
		check_next(NULL, i);
	check_empty(NULL);
}

static void what_is_no_regular_file_is_not_offered(void **state)
{
	(void)state;
	put_file(name_of(4));
	assert_int_equal(mkdirat(dir_fd, name_of(0), 0700), 0);
	assert_int_equal(mkfifoat(dir_fd, name_of(1), 0600), 0);
	assert_int_equal(symlinkat("/nowhere", dir_fd, name_of(2)), 0);
	assert_int_equal(queue_fill(&queue, dir_fd, skip_none, NULL, NULL), 0);
	check_next(NULL, 4);
	check_empty(NULL);
	unlinkat(dir_fd, name_of(0), AT_REMOVEDIR);
}

static void the_oldest_in_a_directory_is_found(void **state)
{
	static const unsigned order[] = { 5, 1, 4, 0, 3 };
	char name[SPOOL_NAME_SIZE], skipped[SPOOL_NAME_SIZE];

	(void)state;
	assert_int_equal(queue_find_oldest(dir_fd, skip_none, NULL, name, NULL), 0);
	assert_string_equal(name, "");
	put_file("00000000.txt");
	for (size_t i = 0; i < COUNT(order); i++)
		put_file(name_of(order[i]));
	assert_int_equal(queue_find_oldest(dir_fd, skip_none, NULL, name, NULL), 0);
	assert_string_equal(name, name_of(0));
	strcpy(skipped, name);
	assert_int_equal(queue_find_oldest(dir_fd, skip_one, skipped, name, NULL), 0);
	assert_string_equal(name, name_of(1));
}

static void a_directory_that_is_gone_is_an_error(void **state)
{
	char name[SPOOL_NAME_SIZE] = "untouched";
	struct err err;

	(void)state;
	assert_int_equal(queue_find_oldest(-1, skip_none, NULL, name, &err), -1);
	assert_int_equal(err.kind, ERR_RETRY);
	assert_string_equal(name, "untouched");
	assert_int_equal(queue_fill(&queue, -1, skip_none, NULL, &err), -1);
	assert_int_equal(err.kind, ERR_RETRY);
}

static void what_is_put_back_takes_its_place(void **state)
{
	static const unsigned order[] = { 3, 1, 5, 2, 4, 0, 3, 0, 5 };

	(void)state;
	for (size_t i = 0; i < COUNT(order); i++)
		queue_put(&queue, name_of(order[i]));
	assert_int_equal(queue.count, 6);
	assert_false(queue.more);
	check_next(NULL, 0);
	check_next(NULL, 1);
	queue_put(&queue, name_of(0));
	check_next(NULL, 0);
	assert_string_equal(queue_oldest(&queue), name_of(2));
	check_next(NULL, 2);
	for (unsigned i = 3; i < 6; i++)
		check_next(NULL, i);
	assert_null(queue_oldest(&queue));
}

/* What is_there says, asked of the queue in the way given. */
static void take_as_the_model(bool is_there[64], unsigned after)
{
	char after_name[SPOOL_NAME_SIZE];
	unsigned want = after < 64 ? after + 1 : 0;

	strcpy(after_name, name_of(after));
	while (want < 64 && !is_there[want])
		want++;
	if (want == 64) {
		check_empty(after < 64 ? after_name : NULL);
		return;
	}
	check_next(after < 64 ? after_name : NULL, want);
	is_there[want] = false;
}

/* Empty again, its next names around the end of the memory. */
static void turn_the_ring(void)
{
	char name[SPOOL_NAME_SIZE];

	for (unsigned i = 0; i < QUEUE_MAX; i++) {
		queue_put(&queue, name_of(i));
		if (i > 10)
			assert_true(queue_take(&queue, NULL, name));
	}
	while (queue_take(&queue, NULL, name))
		;
}

static void in_any_order_of_puts_and_takes_names_stay_sorted(void **state)
{
	bool is_there[64] = { false };
	bool before_end = false, behind_end = false;

	(void)state;
	srand(1);
	turn_the_ring();
	for (unsigned round = 0; round < 2000; round++) {
		for (unsigned n = 0; n < 8; n++) {
			unsigned which = (unsigned)rand() % 64;

			queue_put(&queue, name_of(which));
			is_there[which] = true;
		}
		for (unsigned n = 0; n < 6; n++)
			take_as_the_model(
				is_there, n % 2 ? (unsigned)rand() % 64 : UINT_MAX);
		before_end |= queue.first > QUEUE_MAX / 2;
		behind_end |= queue.first < QUEUE_MAX / 2;
	}
	assert_true(before_end && behind_end);
}

static void the_next_after_a_name_can_be_taken(void **state)
{
	char after[SPOOL_NAME_SIZE];

	(void)state;
	for (unsigned i = 0; i < 10; i += 2)
		queue_put(&queue, name_of(i));
	strcpy(after, name_of(2));
	check_next(after, 4); /* itself in the queue */
	check_next(after, 6);
	strcpy(after, name_of(1));
	check_next(after, 2); /* itself gone */
	strcpy(after, name_of(8));
	check_empty(after);
	check_next(NULL, 0);
	check_next(NULL, 8);
	check_empty(NULL);
	check_empty(after);
}

#define MANY 140000u

/* Orders in which a directory of MANY names may give them. */
static unsigned ascending(unsigned i)
{
	return i;
}

static unsigned descending(unsigned i)
{
	return MANY - 1 - i;
}

static unsigned shuffled(unsigned i)
{
	return (unsigned)((i * 7919ull + 13) % MANY);
}

static unsigned from_both_ends(unsigned i)
{
	return i % 2 ? MANY - 1 - i / 2 : i / 2;
}

/* What readdir() gives instead of the files there are: those from `left` on, in this order. */
static struct {
	unsigned (*order)(unsigned i);
	unsigned next, left;
} many;

struct dirent *__real_readdir(DIR *stream);
struct dirent *__wrap_readdir(DIR *stream);

struct dirent *__wrap_readdir(DIR *stream)
{
	static struct dirent entry = { .d_type = DT_REG };

	if (!many.order)
		return __real_readdir(stream);
	while (many.next < MANY) {
		unsigned number = many.order(many.next++);

		if (number < many.left)
			continue;
		strcpy(entry.d_name, name_of(number));
		return &entry;
	}
	return NULL;
}

static void very_many_names_come_in_windows(void **state)
{
	static const struct {
		const char *when;
		unsigned (*order)(unsigned i);
	} cases[] = {
		{ "oldest first", ascending },
		{ "newest first", descending },
		{ "in any order", shuffled },
		{ "from both ends", from_both_ends },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char name[SPOOL_NAME_SIZE], oldest[SPOOL_NAME_SIZE];
		unsigned taken = 0, fills = 0;

		many.order = cases[i].order;
		many.left = many.next = 0;
		queue_find_oldest(dir_fd, skip_none, NULL, oldest, NULL);
		check(cases[i].when, strcmp(oldest, name_of(0)) == 0);
		do {
			unsigned left = MANY - taken;

			many.left = taken;
			many.next = 0;
			queue_fill(&queue, dir_fd, skip_none, NULL, NULL);
			check(cases[i].when, queue.more == (left >= QUEUE_MAX));
			check(cases[i].when, queue.more ? queue.count >= QUEUE_MAX / 2
							: queue.count == left);
			for (; queue_take(&queue, NULL, name); taken++)
				check(cases[i].when, strcmp(name, name_of(taken)) == 0);
			fills++;
		} while (queue.more);
		check(cases[i].when, taken == MANY);
		check(cases[i].when, fills <= MANY / (QUEUE_MAX / 2) + 1);
	}
	many.order = NULL;
}

static void the_window_keeps_the_oldest(void **state)
{
	(void)state;
	for (unsigned i = 0; i < QUEUE_MAX; i++)
		queue_put(&queue, name_of(10 + i));
	assert_false(queue.more);
	/* A newer one is left to the next fill, an older one takes the newest's place. */
	queue_put(&queue, name_of(10 + QUEUE_MAX));
	assert_int_equal(queue.count, QUEUE_MAX);
	assert_true(queue.more);
	queue.more = false;
	queue_put(&queue, name_of(5));
	assert_int_equal(queue.count, QUEUE_MAX);
	assert_true(queue.more);
	check_next(NULL, 5);
	for (unsigned i = 0; i < QUEUE_MAX - 1; i++)
		check_next(NULL, 10 + i);
	check_empty(NULL);
}

static void beyond_a_window_with_more_nothing_is_put(void **state)
{
	(void)state;
	queue_put(&queue, name_of(1));
	queue_put(&queue, name_of(3));
	queue.more = true;
	queue_put(&queue, name_of(4)); /* others between 3 and 4 may be in new/ */
	queue_put(&queue, name_of(2));
	check_next(NULL, 1);
	check_next(NULL, 2);
	check_next(NULL, 3);
	check_empty(NULL);
	assert_true(queue.more);
	queue_put(&queue, name_of(1));
	check_empty(NULL);
}

#define QUEUE_TEST(f) cmocka_unit_test_setup_teardown(f, make_queue, remove_queue)

int main(void)
{
	const struct CMUnitTest tests[] = {
		QUEUE_TEST(names_come_oldest_first_and_foreign_ones_never),
		QUEUE_TEST(what_is_no_regular_file_is_not_offered),
		QUEUE_TEST(the_oldest_in_a_directory_is_found),
		QUEUE_TEST(a_directory_that_is_gone_is_an_error),
		QUEUE_TEST(what_is_put_back_takes_its_place),
		QUEUE_TEST(in_any_order_of_puts_and_takes_names_stay_sorted),
		QUEUE_TEST(the_next_after_a_name_can_be_taken),
		QUEUE_TEST(very_many_names_come_in_windows),
		QUEUE_TEST(the_window_keeps_the_oldest),
		QUEUE_TEST(beyond_a_window_with_more_nothing_is_put),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
