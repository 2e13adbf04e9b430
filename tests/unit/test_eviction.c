/* links: -Wl,--wrap=unlinkat forwarder/eviction.o forwarder/evicted.o forwarder/queue.o */
#include "unit.h"

#include <errno.h>
#include <unistd.h>

#include "forwarder/eviction.h"
#include "scratch.h"

#define MIB ((uint64_t)1 << 20)

static char dir[SCRATCH_SIZE];
static struct spool *spool;
static struct eviction eviction;

static int make_spool(void **state)
{
	(void)state;
	scratch_make(dir);
	return spool_open(dir, true, &spool, NULL);
}

static int remove_spool(void **state)
{
	(void)state;
	eviction_release(&eviction);
	spool_close(spool);
	scratch_remove(dir);
	return 0;
}

static const char *name_of(unsigned n)
{
	static char name[SPOOL_NAME_SIZE];

	spool_name_format(name, (int64_t)1769774400 * 1000000 + n, "pg_log", 7, 0);
	return name;
}

static void put(int dir_fd, const char *name, size_t len)
{
	static const char data[100000];
	int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), (ssize_t)len);
	close(fd);
}

static void put_rejected(unsigned n, size_t len)
{
	char reason[SPOOL_REASON_SIZE];

	put(spool->rejected_fd, name_of(n), len);
	spool_name_reason(name_of(n), reason);
	put(spool->rejected_fd, reason, 10);
}

static bool is_there(int dir_fd, const char *name)
{
	return faccessat(dir_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* In new/ or in rejected/? */
static bool is_left(unsigned n)
{
	return is_there(spool->new_fd, name_of(n)) ||
	       is_there(spool->rejected_fd, name_of(n));
}

static uint64_t size_of_spool(struct spool_size *ret)
{
	assert_int_equal(spool_measure(spool, ret, NULL), 0);
	return spool_size_total(ret);
}

/* The owner: what it is asked and told. */
static struct {
	char in_flight[SPOOL_NAME_SIZE];
	struct evicted recorded;
	unsigned slices;
} owner_state;

static struct evicted freed;

static bool is_in_flight(void *context, const char *name)
{
	(void)context;
	return strcmp(name, owner_state.in_flight) == 0;
}

/* What is recorded is still there, all of it. */
static void record(void *context, const struct evicted *slice)
{
	struct spool_size size;

	(void)context;
	if (owner_state.slices++ == 0) {
		size_of_spool(&size);
		assert_true(size.new_files + size.rejected_files >= slice->files);
		assert_true(is_there(spool->new_fd, slice->first) ||
			    is_there(spool->rejected_fd, slice->first));
		assert_true(is_there(spool->new_fd, slice->last) ||
			    is_there(spool->rejected_fd, slice->last));
	}
	evicted_add(&owner_state.recorded, slice);
}

/* Some could not be removed after all. */
static void correct(
	void *context, const struct evicted *slice, const struct evicted *removed)
{
	(void)context;
	assert_string_equal(slice->last, owner_state.recorded.last);
	owner_state.recorded.files -= slice->files - removed->files;
	owner_state.recorded.bytes -= slice->bytes - removed->bytes;
	strcpy(owner_state.recorded.first, removed->first);
	strcpy(owner_state.recorded.last, removed->last);
}

static const struct eviction_owner owner = {
	.in_flight = is_in_flight, .record = record, .correct = correct
};

static const char *stuck; /* can't be removed, NULL: none */

int __real_unlinkat(int dir_fd, const char *name, int flags);
int __wrap_unlinkat(int dir_fd, const char *name, int flags);

int __wrap_unlinkat(int dir_fd, const char *name, int flags)
{
	if (stuck && strcmp(name, stuck) == 0) {
		errno = EPERM;
		return -1;
	}
	return __real_unlinkat(dir_fd, name, flags);
}

static void begin(struct eviction_goal goal)
{
	memset(&owner_state, 0, sizeof(owner_state));
	freed = (struct evicted){ 0 };
	eviction_begin(&eviction, goal);
}

static void step(void)
{
	assert_int_equal(eviction_step(&eviction, spool, &owner, &freed, NULL), 0);
}

/* To its end; what was freed is what was recorded. */
static void run(void)
{
	while (eviction_is_active(&eviction))
		step();
	assert_int_equal(freed.files, owner_state.recorded.files);
	assert_int_equal(freed.bytes, owner_state.recorded.bytes);
	assert_string_equal(freed.first, owner_state.recorded.first);
	assert_string_equal(freed.last, owner_state.recorded.last);
}

static const struct {
	const char *when;
	uint64_t new_bytes, tmp_bytes, rejected_bytes, cap_bytes, want, want_rejected;
} goals[] = {
	{ "an empty spool", 0, 0, 0, 100 * MIB, 0, 0 },
	{ "just full", 95 * MIB, 5 * MIB, 0, 100 * MIB, 0, 0 },
	{ "a byte over", 100 * MIB + 1, 0, 0, 100 * MIB, 20 * MIB + 1, 0 },
	{ "far over", 300 * MIB, 0, 0, 100 * MIB, 220 * MIB, 0 },
	{ "tmp/ counts", 99 * MIB, 2 * MIB, 0, 100 * MIB, 21 * MIB, 0 },
	{ "rejected/ counts", 93 * MIB, 0, 8 * MIB, 100 * MIB, 21 * MIB, 0 },
	{ "rejected/ at its tenth", 0, 0, 10 * MIB, 100 * MIB, 0, 0 },
	{ "rejected/ over its tenth", 0, 0, 11 * MIB, 100 * MIB, 0, 3 * MIB },
	{ "both", 200 * MIB, 0, 20 * MIB, 100 * MIB, 140 * MIB, 12 * MIB },
};

static void over_the_cap_the_goal_is_eighty_percent_of_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(goals); i++) {
		struct spool_size size = { .new_bytes = goals[i].new_bytes,
			.tmp_bytes = goals[i].tmp_bytes,
			.rejected_bytes = goals[i].rejected_bytes };
		struct eviction_goal goal = eviction_goal(&size, goals[i].cap_bytes);

		/* Tenths of a cap need not be whole bytes. */
		check(goals[i].when, goal.total_bytes >= goals[i].want);
		check(goals[i].when, goal.total_bytes <= goals[i].want + 20);
		check(goals[i].when, goal.rejected_bytes >= goals[i].want_rejected);
		check(goals[i].when, goal.rejected_bytes <= goals[i].want_rejected + 20);
		check(goals[i].when, (goal.total_bytes == 0) == (goals[i].want == 0));
	}
}

static void the_oldest_of_new_and_rejected_go_until_eighty_percent(void **state)
{
	struct spool_size size;
	uint64_t before, after, cap;
	unsigned first_left = 0;
	char reason[SPOOL_REASON_SIZE];

	(void)state;
	for (unsigned n = 0; n < 1000; n++) {
		if (n % 25 == 7)
			put_rejected(n, 1000);
		else
			put(spool->new_fd, name_of(n), 5000 + n % 3 * 4096);
	}
	before = size_of_spool(&size);
	cap = before - 1;
	assert_true(size.rejected_bytes <= cap / 10);
	begin(eviction_goal(&size, cap));
	run();
	after = size_of_spool(&size);
	assert_true(after <= cap / 10 * 8 + 10);
	assert_true(after > cap / 10 * 8 - 16384);
	assert_int_equal(freed.bytes, before - after);
	assert_string_equal(freed.first, name_of(0));
	while (!is_left(first_left))
		first_left++;
	assert_int_equal(freed.files, first_left);
	assert_string_equal(freed.last, name_of(first_left - 1));
	for (unsigned n = first_left; n < 1000; n++)
		assert_true(is_left(n));
	for (unsigned n = 7; n < 1000; n += 25) {
		spool_name_reason(name_of(n), reason);
		assert_int_equal(is_there(spool->rejected_fd, reason), n >= first_left);
	}
	assert_int_equal(size.foreign_files, 0);
}

static void a_slice_is_a_few_hundred_files(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 1000; n++)
		put(spool->new_fd, name_of(n), 1);
	begin((struct eviction_goal){ .total_bytes = UINT64_MAX });
	step();
	assert_in_range(freed.files, 100, 500);
	assert_true(eviction_is_active(&eviction));
	run();
	assert_false(is_left(999));
	assert_int_equal(freed.files, 1000);
}

static void rejected_over_its_share_goes_alone(void **state)
{
	struct spool_size size;

	(void)state;
	for (unsigned n = 0; n < 50; n++)
		put(spool->new_fd, name_of(n), 1);
	for (unsigned n = 50; n < 60; n++)
		put_rejected(n, 1);
	size_of_spool(&size);
	begin(eviction_goal(&size, size.rejected_bytes * 10 - 10));
	run();
	assert_int_equal(freed.files, 2 + 1); /* a fifth, and the byte over it */
	assert_string_equal(freed.first, name_of(50));
	for (unsigned n = 0; n < 60; n++)
		assert_int_equal(is_left(n), n < 50 || n >= 53);
}

static void rejected_goes_first_and_the_oldest_of_both_after_it(void **state)
{
	struct spool_size size;
	uint64_t block;

	(void)state;
	for (unsigned n = 0; n < 20; n++)
		put(spool->new_fd, name_of(n), 1);
	for (unsigned n = 100; n < 110; n++)
		put_rejected(n, 1);
	size_of_spool(&size);
	block = size.new_bytes / 20;
	begin((struct eviction_goal){
		.total_bytes = 12 * block, .rejected_bytes = 8 * block });
	run();
	for (unsigned n = 0; n < 20; n++)
		assert_int_equal(is_left(n), n >= 4);
	for (unsigned n = 100; n < 110; n++)
		assert_int_equal(is_left(n), n >= 104);
}

static void when_nothing_is_left_it_ends(void **state)
{
	(void)state;
	put(spool->new_fd, name_of(1), 1);
	put_rejected(2, 1);
	put(spool->tmp_fd, name_of(3), 1);
	begin((struct eviction_goal){ UINT64_MAX, UINT64_MAX });
	run();
	assert_int_equal(freed.files, 2);
	assert_false(is_left(1) || is_left(2));
	assert_true(is_there(spool->tmp_fd, name_of(3)));
	begin((struct eviction_goal){ UINT64_MAX, UINT64_MAX });
	run();
	assert_int_equal(freed.files, 0);
	assert_int_equal(owner_state.slices, 0);
}

static void foreign_names_and_what_is_no_file_stay(void **state)
{
	(void)state;
	put(spool->new_fd, "00000000.txt", 5000);
	put(spool->rejected_fd, "00000000.reason", 5000);
	assert_int_equal(mkdirat(spool->new_fd, name_of(1), 0700), 0);
	assert_int_equal(symlinkat("/etc/passwd", spool->new_fd, name_of(2)), 0);
	assert_int_equal(mkfifoat(spool->rejected_fd, name_of(3), 0600), 0);
	put(spool->new_fd, name_of(4), 1);
	begin((struct eviction_goal){ UINT64_MAX, 0 });
	run();
	assert_int_equal(freed.files, 1);
	assert_true(is_there(spool->new_fd, "00000000.txt"));
	assert_true(is_there(spool->rejected_fd, "00000000.reason"));
	assert_true(is_left(1) && is_left(2) && is_left(3));
	assert_false(is_left(4));
}

static void a_file_in_flight_stays(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 600; n++)
		put(spool->new_fd, name_of(n), 1);
	begin((struct eviction_goal){ UINT64_MAX, 0 });
	strcpy(owner_state.in_flight, name_of(0));
	step();
	assert_true(is_left(0));
	assert_false(is_left(1));
	/* One that went on its way between two slices, too. */
	strcpy(owner_state.in_flight, name_of(400));
	run();
	assert_true(is_left(0) && is_left(400));
	assert_false(is_left(399) || is_left(401));
}

static void each_file_is_counted_once_over_many_windows(void **state)
{
	unsigned left = 0;

	(void)state;
	/* More than a window of names, and one that shifts the slices against it. */
	for (unsigned n = 0; n < 9000; n++)
		put(spool->new_fd, name_of(n), 1);
	assert_int_equal(mkdirat(spool->new_fd, name_of(9100), 0700), 0);
	put_rejected(9200, 1);
	put(spool->rejected_fd, name_of(9300), 1);
	for (unsigned n = 50; n < 150; n++) {
		unlinkat(spool->new_fd, name_of(n), 0);
		assert_int_equal(mkdirat(spool->new_fd, name_of(n), 0700), 0);
	}
	begin((struct eviction_goal){ UINT64_MAX, 0 });
	run();
	assert_int_equal(freed.files, 8900 + 2);
	for (unsigned n = 0; n < 9400; n++)
		left += is_left(n);
	assert_int_equal(left, 101); /* no files */
}

static void what_can_not_be_removed_is_an_error_and_not_counted(void **state)
{
	char name[SPOOL_NAME_SIZE];
	struct err err;

	(void)state;
	for (unsigned n = 0; n < 5; n++)
		put(spool->new_fd, name_of(n), 1);
	strcpy(name, name_of(4));
	begin((struct eviction_goal){ UINT64_MAX, 0 });
	stuck = name;
	assert_int_equal(eviction_step(&eviction, spool, &owner, &freed, &err), -1);
	stuck = NULL;
	assert_int_equal(err.kind, ERR_RETRY);
	assert_non_null(strstr(err.msg, name));
	assert_true(is_left(4));
	assert_false(is_left(0) || is_left(1) || is_left(2) || is_left(3));
	assert_int_equal(freed.files, 4);
	assert_int_equal(owner_state.recorded.files, 4);
	assert_string_equal(freed.first, name_of(0));
	assert_string_equal(freed.last, name_of(3));
	assert_string_equal(owner_state.recorded.last, name_of(3));
	assert_int_equal(freed.bytes, owner_state.recorded.bytes);
}

#define EVICTION_TEST(f) cmocka_unit_test_setup_teardown(f, make_spool, remove_spool)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(over_the_cap_the_goal_is_eighty_percent_of_it),
		EVICTION_TEST(the_oldest_of_new_and_rejected_go_until_eighty_percent),
		EVICTION_TEST(a_slice_is_a_few_hundred_files),
		EVICTION_TEST(rejected_over_its_share_goes_alone),
		EVICTION_TEST(rejected_goes_first_and_the_oldest_of_both_after_it),
		EVICTION_TEST(when_nothing_is_left_it_ends),
		EVICTION_TEST(foreign_names_and_what_is_no_file_stay),
		EVICTION_TEST(a_file_in_flight_stays),
		EVICTION_TEST(each_file_is_counted_once_over_many_windows),
		EVICTION_TEST(what_can_not_be_removed_is_an_error_and_not_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
