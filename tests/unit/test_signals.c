#include "unit.h"

#include <poll.h>
#include <signal.h>
#include <time.h>

#include "child.h"
#include "signals.h"

static void pause_s(double seconds)
{
	struct timespec left = { (time_t)seconds,
		(long)((seconds - (long)seconds) * 1e9) };

	while (nanosleep(&left, &left) < 0)
		;
}

static void tell_signals(void *arg)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP, SIGPIPE };
	struct err err;
	int fd;

	(void)arg;
	if (signals_open(10, &fd, &err) < 0)
		_exit(9);
	for (size_t i = 0; i < COUNT(numbers); i++) {
		struct pollfd poll_fd = { fd, POLLIN, 0 };
		bool stop = false, reload = false;
		int ready;

		raise(numbers[i]);
		ready = poll(&poll_fd, 1, 0);
		signals_take(fd, &stop, &reload);
		printf("%d%d%d ", ready, stop, reload);
		stop = reload = false;
		signals_take(fd, &stop, &reload);
		printf("%d%d ", stop, reload);
	}
	for (int i = 0; i < 100000; i++) /* more than the pipe takes */
		raise(SIGHUP);
	raise(SIGTERM);
	alarm(0);
}

static void each_signal_asks_for_its_thing_once(void **state)
{
	char said[200];

	(void)state;
	assert_int_equal(
		child_run(tell_signals, NULL, STDOUT_FILENO, said, sizeof(said)), 0);
	assert_string_equal(said, "110 00 110 00 101 00 000 00 ");
}

struct patience {
	unsigned stop_within_s, deadline_s;
	bool stop;
	double after_s; /* the second request to stop, 0 for none */
	double least_s, most_s;
};

static void hang(void *arg)
{
	const struct patience *patience = arg;
	struct err err;
	int fd;

	if (signals_open(patience->stop_within_s, &fd, &err) < 0)
		_exit(9);
	if (patience->deadline_s)
		signals_deadline(patience->deadline_s, "too late\n");
	if (patience->stop)
		raise(SIGTERM);
	if (patience->after_s > 0) {
		pause_s(patience->after_s);
		raise(SIGTERM);
	}
	pause_s(6);
}

static void a_process_that_hangs_ends_in_time(void **state)
{
	static const struct patience cases[] = {
		{ 1, 0, true, 0, 0.9, 2.5 },   /* a request to stop */
		{ 30, 1, false, 0, 0.9, 2.5 }, /* a deadline of its own */
		{ 30, 1, true, 0, 0.9,
			2.5 }, /* the deadline is not put off by a request */
		{ 2, 0, true, 1.2, 1.5, 2.9 }, /* nor the first request by a second */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct patience patience = cases[i];
		struct timespec start, end;
		char said[200];
		double took;
		int status;

		clock_gettime(CLOCK_MONOTONIC, &start);
		status = child_run(hang, &patience, STDERR_FILENO, said, sizeof(said));
		clock_gettime(CLOCK_MONOTONIC, &end);
		took = (double)(end.tv_sec - start.tv_sec) +
		       (double)(end.tv_nsec - start.tv_nsec) / 1e9;
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 1);
		assert_string_equal(said,
			patience.deadline_s
				? "too late\n"
				: "still busy long after the request to stop; exiting\n");
		if (took < patience.least_s || took > patience.most_s)
			fail_msg("case %zu took %.2f s", i, took);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_signal_asks_for_its_thing_once),
		cmocka_unit_test(a_process_that_hangs_ends_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
