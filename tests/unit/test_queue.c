/* links: forwarder/queue.o */
#include "unit.h"

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

static void a_directory_that_is_gone_is_an_error(void **state)
{
	struct err err;

	(void)state;
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
	check_next(NULL, 2);
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

/* Every number below 70,000 once, in an order that has nothing to do with theirs. */
static unsigned shuffled(unsigned i)
{
	return (i * 7919u + 13u) % 70000u;
}

static void seventy_thousand_names_come_in_windows(void **state)
{
	char name[SPOOL_NAME_SIZE];
	unsigned next = 0, fills = 0;

	(void)state;
	for (unsigned i = 0; i < 70000; i++)
		put_file(name_of(shuffled(i)));
	do {
		assert_int_equal(queue_fill(&queue, dir_fd, skip_none, NULL, NULL), 0);
		assert_true(queue.count <= QUEUE_MAX);
		assert_int_equal(queue.more, 70000 - next > QUEUE_MAX);
		for (; queue_take(&queue, NULL, name); next++) {
			assert_string_equal(name, name_of(next));
			unlinkat(dir_fd, name, 0);
		}
		fills++;
	} while (queue.more);
	assert_int_equal(next, 70000);
	assert_int_equal(fills, 3);
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
		QUEUE_TEST(a_directory_that_is_gone_is_an_error),
		QUEUE_TEST(what_is_put_back_takes_its_place),
		QUEUE_TEST(the_next_after_a_name_can_be_taken),
		QUEUE_TEST(seventy_thousand_names_come_in_windows),
		QUEUE_TEST(the_window_keeps_the_oldest),
		QUEUE_TEST(beyond_a_window_with_more_nothing_is_put),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
