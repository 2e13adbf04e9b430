#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "buf.h"

static void additions_join_and_end_in_nul(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 1000);
	buf_add(&buf, "a\0b", 3);
	buf_addc(&buf, 'c');
	buf_adds(&buf, "de");
	buf_addf(&buf, "%d-%s", 12, "f");
	assert_int_equal(buf.len, 10);
	assert_memory_equal(buf.data, "a\0bcde12-f", 11);
	buf_release(&buf);
	assert_null(buf.data);
}

static void it_grows_over_many_sizes(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 100000);
	for (int i = 0; i < 100000; i++)
		buf_addc(&buf, (char)('a' + i % 26));
	assert_false(buf.failed);
	assert_int_equal(buf.len, 100000);
	for (int i = 0; i < 100000; i++)
		assert_int_equal(buf.data[i], 'a' + i % 26);
	assert_int_equal(strlen(buf.data), 100000);
	buf_release(&buf);
}

static void the_cap_is_exact_and_a_failure_sticks(void **state)
{
	static const size_t caps[] = { 1, 2, 255, 256, 257, 511, 512, 4096 };
	char filler[4096];

	(void)state;
	memset(filler, 'x', sizeof(filler));
	for (size_t i = 0; i < COUNT(caps); i++) {
		struct buf buf;

		buf_init(&buf, caps[i]);
		buf_add(&buf, filler, caps[i]);
		assert_false(buf.failed);
		assert_int_equal(buf.len, caps[i]);
		buf_addc(&buf, 'y');
		assert_true(buf.failed);
		assert_int_equal(buf.len, caps[i]);
		buf_add(&buf, "", 0);
		buf_addf(&buf, "%s", "");
		assert_true(buf.failed);
		assert_null(buf_take(&buf));
	}
}

static void a_huge_request_does_not_overflow(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 100);
	buf_adds(&buf, "abc");
	assert_false(buf_reserve(&buf, SIZE_MAX));
	assert_true(buf.failed);
	assert_string_equal(buf.data, "abc");
	buf_release(&buf);
}

static void clearing_forgets_a_failure(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 3);
	buf_adds(&buf, "abcd");
	assert_true(buf.failed);
	buf_clear(&buf);
	buf_adds(&buf, "abc");
	assert_false(buf.failed);
	assert_string_equal(buf.data, "abc");
	buf_clear(&buf);
	assert_string_equal(buf.data, "");
	buf_release(&buf);
}

static void taking_hands_the_bytes_over(void **state)
{
	struct buf buf;
	char *taken;

	(void)state;
	buf_init(&buf, 100);
	buf_adds(&buf, "abc");
	taken = buf_take(&buf);
	assert_string_equal(taken, "abc");
	assert_null(buf.data);
	assert_int_equal(buf.len, 0);
	free(taken);
	taken = buf_take(&buf);
	assert_string_equal(taken, "");
	free(taken);
	buf_release(NULL);
}

static void reserving_gives_that_much_room(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 5000);
	assert_true(buf_reserve(&buf, 5000));
	assert_true(buf.size >= 5001);
	memset(buf.data, 'x', 5000);
	buf.len = 5000;
	buf_add(&buf, "", 0);
	assert_false(buf.failed);
	assert_int_equal(strlen(buf.data), 5000);
	buf_release(&buf);
}

static void all_of_it_is_written_or_the_reason_stays(void **state)
{
	char is[8] = "";
	struct buf buf;
	int pipe_fds[2], full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	(void)state;
	buf_init(&buf, 64);
	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK), 0);
	assert_int_equal(buf_write(&buf, pipe_fds[1]), 0);
	buf_adds(&buf, "whole");
	assert_int_equal(buf_write(&buf, pipe_fds[1]), 0);
	assert_int_equal(read(pipe_fds[0], is, sizeof(is)), 5);
	assert_string_equal(is, "whole");
	assert_int_equal(buf_write(&buf, full), -1);
	assert_int_equal(errno, ENOSPC);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	close(full);
	buf_release(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_it_is_written_or_the_reason_stays),
		cmocka_unit_test(additions_join_and_end_in_nul),
		cmocka_unit_test(it_grows_over_many_sizes),
		cmocka_unit_test(the_cap_is_exact_and_a_failure_sticks),
		cmocka_unit_test(a_huge_request_does_not_overflow),
		cmocka_unit_test(clearing_forgets_a_failure),
		cmocka_unit_test(taking_hands_the_bytes_over),
		cmocka_unit_test(reserving_gives_that_much_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
