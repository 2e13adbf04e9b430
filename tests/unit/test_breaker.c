/* links: forwarder/breaker.o */
#include "unit.h"

#include <math.h>

#include "forwarder/breaker.h"

#define FAIL_MAX 3
#define TIMEOUT_S 60.0

static struct breaker breaker;

static int make_breaker(void **state)
{
	(void)state;
	breaker_init(&breaker, FAIL_MAX, TIMEOUT_S);
	return 0;
}

static void answer(enum breaker_event event, double wait_s, double now)
{
	breaker_answer(&breaker, breaker_start(&breaker), event, wait_s, now, 0);
}

static double wait(double now)
{
	return breaker_wait_s(&breaker, 0, now);
}

/* Fails until it opens, at this time. */
static void open_at(double now)
{
	for (int i = 0; i < FAIL_MAX; i++)
		answer(BREAKER_FAILURE, -1, now);
	assert_int_equal(breaker.state, BREAKER_OPEN);
}

static void half_open_at(double now)
{
	open_at(now - TIMEOUT_S);
	assert_true(wait(now) == 0);
	assert_int_equal(breaker.state, BREAKER_HALF_OPEN);
}

static void it_starts_closed_and_lets_one_through(void **state)
{
	(void)state;
	assert_int_equal(breaker.state, BREAKER_CLOSED);
	assert_true(wait(0) == 0);
	assert_true(isinf(breaker_wait_s(&breaker, 1, 0)));
}

/* s success, r refusal, f failure, w wait. */
static const struct {
	const char *when;
	const char *answers;
	enum breaker_state want;
} runs[] = {
	{ "one failure less", "ff", BREAKER_CLOSED },
	{ "as many as it takes", "fff", BREAKER_OPEN },
	{ "a success ends the run", "ffsff", BREAKER_CLOSED },
	{ "a refusal ends the run: the endpoint is alive", "ffrff", BREAKER_CLOSED },
	{ "told to wait is not a failure", "wwwwwwwwww", BREAKER_CLOSED },
	{ "nor a success", "ffwf", BREAKER_OPEN },
	{ "the run after a success counts anew", "ffsfff", BREAKER_OPEN },
};

static void it_opens_after_so_many_failures_in_a_row(void **state)
{
	for (size_t i = 0; i < COUNT(runs); i++) {
		make_breaker(state);
		for (const char *a = runs[i].answers; *a; a++) {
			check(runs[i].when, breaker.state == BREAKER_CLOSED);
			answer(*a == 's'    ? BREAKER_SUCCESS
				: *a == 'r' ? BREAKER_REFUSAL
				: *a == 'f' ? BREAKER_FAILURE
					    : BREAKER_WAIT,
				-1, 0);
		}
		check(runs[i].when, breaker.state == runs[i].want);
	}
}

static void a_single_failure_opens_it_where_one_is_the_most(void **state)
{
	(void)state;
	breaker_configure(&breaker, 1, TIMEOUT_S);
	answer(BREAKER_FAILURE, -1, 0);
	assert_int_equal(breaker.state, BREAKER_OPEN);
}

static const struct {
	const char *when;
	double wait_s, chance, want_s;
} openings[] = {
	{ "the timeout alone", -1, 0, 60 },
	{ "with the most of jitter", -1, 0.999999, 66 },
	{ "half of the jitter", -1, 0.5, 63 },
	{ "a shorter Retry-After changes nothing", 5, 0, 60 },
	{ "a longer one wins", 3600, 0.5, 3600 },
};

static void open_means_nothing_until_the_later_of_timeout_and_retry_after(void **state)
{
	for (size_t i = 0; i < COUNT(openings); i++) {
		make_breaker(state);
		for (int k = 0; k < FAIL_MAX; k++)
			breaker_answer(&breaker, breaker_start(&breaker), BREAKER_FAILURE,
				k == FAIL_MAX - 1 ? openings[i].wait_s : -1, 100,
				openings[i].chance);
		check(openings[i].when, fabs(wait(100) - openings[i].want_s) < 0.001);
		check(openings[i].when, wait(100 + openings[i].want_s - 0.01) > 0);
		check(openings[i].when, breaker.state == BREAKER_OPEN);
		check(openings[i].when, wait(100 + openings[i].want_s) == 0);
		check(openings[i].when, breaker.state == BREAKER_HALF_OPEN);
	}
}

static void a_wait_told_before_it_opened_still_holds(void **state)
{
	unsigned ticket = breaker_start(&breaker);

	(void)state;
	breaker_answer(&breaker, ticket, BREAKER_WAIT, 600, 0, 0);
	for (int i = 0; i < FAIL_MAX; i++)
		breaker_answer(&breaker, ticket, BREAKER_FAILURE, -1, 1, 0);
	assert_int_equal(breaker.state, BREAKER_OPEN);
	assert_true(wait(599) == 1);
	assert_true(wait(600) == 0);
}

static void a_backoff_from_before_does_not_delay_the_trial(void **state)
{
	(void)state;
	breaker_configure(&breaker, 8, 1);
	for (int i = 0; i < 8; i++)
		breaker_answer(
			&breaker, breaker_start(&breaker), BREAKER_FAILURE, -1, 0, 0.99);
	assert_int_equal(breaker.state, BREAKER_OPEN);
	assert_true(wait(1.2) == 0);
	assert_true(wait(1.2) == 0); /* half open now */
}

static void half_open_there_is_one_trial_only(void **state)
{
	(void)state;
	half_open_at(100);
	assert_true(wait(100) == 0);
	breaker_start(&breaker);
	assert_true(isinf(wait(100)));
	assert_true(isinf(wait(1e6)));
}

static const struct {
	const char *when;
	enum breaker_event event;
	double wait_s;
	enum breaker_state want;
	double want_wait_s;
} trials[] = {
	{ "success closes it", BREAKER_SUCCESS, -1, BREAKER_CLOSED, 0 },
	{ "so does a refusal", BREAKER_REFUSAL, -1, BREAKER_CLOSED, 0 },
	{ "one failure opens it again", BREAKER_FAILURE, -1, BREAKER_OPEN, 60 },
	{ "as long as told", BREAKER_FAILURE, 120, BREAKER_OPEN, 120 },
	{ "told to wait it tries again", BREAKER_WAIT, 7, BREAKER_HALF_OPEN, 7 },
	{ "told nothing, after a backoff", BREAKER_WAIT, -1, BREAKER_HALF_OPEN, 0 },
};

static void the_trial_decides(void **state)
{
	for (size_t i = 0; i < COUNT(trials); i++) {
		make_breaker(state);
		half_open_at(100);
		answer(trials[i].event, trials[i].wait_s, 110);
		check(trials[i].when, breaker.state == trials[i].want);
		check(trials[i].when, wait(110) == trials[i].want_wait_s);
		check(trials[i].when, wait(110 + trials[i].want_wait_s) == 0);
		if (trials[i].want == BREAKER_CLOSED)
			check(trials[i].when, breaker.failures == 0);
	}
}

static void after_a_trial_that_failed_one_failure_is_enough_again(void **state)
{
	(void)state;
	half_open_at(100);
	answer(BREAKER_FAILURE, -1, 100);
	assert_true(wait(160) == 0);
	answer(BREAKER_FAILURE, -1, 160);
	assert_int_equal(breaker.state, BREAKER_OPEN);
	assert_true(wait(160) == 60);
}

static void a_trial_that_was_cancelled_makes_room_for_another(void **state)
{
	unsigned ticket;

	(void)state;
	half_open_at(100);
	ticket = breaker_start(&breaker);
	breaker_cancel(&breaker, ticket - 1);
	assert_true(isinf(wait(100)));
	breaker_cancel(&breaker, ticket);
	assert_true(wait(100) == 0);
	assert_int_equal(breaker.state, BREAKER_HALF_OPEN);
}

static void answers_to_requests_from_before_it_opened_change_nothing(void **state)
{
	static const enum breaker_event events[] = { BREAKER_SUCCESS, BREAKER_REFUSAL,
		BREAKER_FAILURE, BREAKER_WAIT };
	unsigned stale = breaker_start(&breaker);

	(void)state;
	open_at(0);
	for (int half = 0; half < 2; half++) {
		for (size_t i = 0; i < COUNT(events); i++) {
			struct breaker before = breaker;

			breaker_answer(&breaker, stale, events[i], 1000, 1, 0.9);
			assert_memory_equal(&breaker, &before, sizeof(before));
		}
		if (half == 0)
			assert_true(wait(60) == 0);
		breaker_start(&breaker);
	}
	breaker_cancel(&breaker, stale);
	assert_true(isinf(wait(60)));
}

static void told_to_wait_nothing_starts_earlier(void **state)
{
	unsigned first = breaker_start(&breaker), second = breaker_start(&breaker);

	(void)state;
	breaker_answer(&breaker, first, BREAKER_WAIT, 30, 0, 0);
	assert_true(wait(0) == 30);
	/* Neither a success that was under way nor a shorter wait shortens it. */
	breaker_answer(&breaker, second, BREAKER_SUCCESS, -1, 1, 0);
	assert_true(wait(1) == 29);
	breaker_answer(&breaker, second, BREAKER_WAIT, 2, 1, 0);
	assert_true(wait(1) == 29);
	assert_true(wait(30) == 0);
}

static void waits_told_without_a_time_back_off(void **state)
{
	static const double most[] = { 1, 2, 4, 8, 16, 30, 30, 30 };
	double now = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(most); i++) {
		breaker_answer(
			&breaker, breaker_start(&breaker), BREAKER_WAIT, -1, now, 0.5);
		assert_true(wait(now) == most[i] / 2);
		now += most[i];
	}
	answer(BREAKER_SUCCESS, -1, now);
	breaker_answer(&breaker, breaker_start(&breaker), BREAKER_WAIT, -1, now, 0.5);
	assert_true(wait(now) == 0.5);
}

static void a_failure_is_followed_by_a_random_wait(void **state)
{
	static const double most[] = { 1, 2, 4, 8, 16, 30, 30 };
	double now = 0;

	(void)state;
	breaker_configure(&breaker, 100, TIMEOUT_S);
	for (size_t i = 0; i < COUNT(most); i++) {
		breaker_answer(
			&breaker, breaker_start(&breaker), BREAKER_FAILURE, -1, now, 0.5);
		assert_true(wait(now) == most[i] / 2);
		now += most[i];
	}
	breaker_answer(&breaker, breaker_start(&breaker), BREAKER_FAILURE, 12, now, 0.5);
	assert_true(wait(now) == 12);
}

static void the_backoff_doubles_up_to_half_a_minute(void **state)
{
	static const double most[] = { 1, 2, 4, 8, 16, 30 };

	(void)state;
	for (unsigned n = 0; n < 100; n++) {
		double top = n < COUNT(most) ? most[n] : 30;

		assert_true(backoff_s(n, 0) == 0);
		assert_true(backoff_s(n, 0.5) == top / 2);
		assert_true(backoff_s(n, 0.999999999) <= top);
		assert_true(backoff_s(n, 0.999999999) > top * 0.99);
	}
	assert_true(backoff_s(UINT32_MAX, 0.5) == 15);
}

static unsigned window(void)
{
	unsigned in_flight = 0;

	while (in_flight < 1000 && breaker_wait_s(&breaker, in_flight, 1e9) == 0)
		in_flight++;
	return in_flight;
}

static void the_window_grows_with_success_and_falls_to_one(void **state)
{
	static const enum breaker_event brakes[] = { BREAKER_FAILURE, BREAKER_WAIT };

	for (size_t i = 0; i < COUNT(brakes); i++) {
		make_breaker(state);
		assert_int_equal(window(), 1);
		for (unsigned n = 2; n <= 64; n++) {
			answer(BREAKER_SUCCESS, -1, 0);
			assert_int_equal(window(), n);
		}
		answer(BREAKER_SUCCESS, -1, 0);
		assert_int_equal(window(), 64); /* as many as can be configured */
		answer(brakes[i], -1, 0);
		assert_int_equal(window(), 1);
		answer(BREAKER_SUCCESS, -1, 0);
		assert_in_range(window(), 1, 2);
	}
	make_breaker(state);
	answer(BREAKER_SUCCESS, -1, 0);
	half_open_at(100);
	answer(BREAKER_SUCCESS, -1, 100);
	assert_int_equal(window(), 1);
}

static void a_reload_keeps_the_state(void **state)
{
	(void)state;
	open_at(0);
	breaker_configure(&breaker, 7, 5);
	assert_true(wait(0) == TIMEOUT_S);
	assert_true(wait(TIMEOUT_S) == 0);
	answer(BREAKER_FAILURE, -1, 100);
	assert_true(wait(100) == 5);
}

static void states_have_names(void **state)
{
	(void)state;
	assert_string_equal(breaker_state_name(BREAKER_CLOSED), "closed");
	assert_string_equal(breaker_state_name(BREAKER_OPEN), "open");
	assert_string_equal(breaker_state_name(BREAKER_HALF_OPEN), "half open");
}

/*
 * Random events against a model that knows the contract only: counts and bounds of waits.
 */
#define FLYING_MAX 8

struct model {
	enum breaker_state state;
	unsigned failures, era; /* era: how often it opened */
	double now, opened_at, told_until, braked_at;
	bool trial;
	struct {
		unsigned ticket, era;
		bool busy, trial;
	} flying[FLYING_MAX];
	unsigned in_flight;
};

static uint32_t seed;

static uint32_t random_below(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (uint32_t)(((uint64_t)seed * n) >> 32);
}

static double chance(void)
{
	return random_below(1000) / 1000.0;
}

static void model_opens(struct model *m)
{
	m->state = BREAKER_OPEN;
	m->opened_at = m->now;
	m->era++;
	m->trial = false;
}

static void model_answers(struct model *m, enum breaker_event event, double wait_s)
{
	if (event == BREAKER_FAILURE || event == BREAKER_WAIT) {
		m->braked_at = m->now;
		m->told_until = fmax(m->told_until, wait_s < 0 ? 0 : m->now + wait_s);
	}
	if (m->state == BREAKER_HALF_OPEN)
		m->trial = false;
	if (event == BREAKER_SUCCESS || event == BREAKER_REFUSAL) {
		m->state = BREAKER_CLOSED;
		m->failures = 0;
	} else if (event == BREAKER_FAILURE) {
		m->failures++;
		if (m->state == BREAKER_HALF_OPEN || m->failures >= FAIL_MAX)
			model_opens(m);
	}
}

/* What the model says of a start now: must it wait, may it go? */
static void try_start(struct model *m)
{
	double wait_s = breaker_wait_s(&breaker, m->in_flight, m->now);
	double quiet_from = fmax(m->told_until, m->braked_at + BACKOFF_MAX_S);

	assert_true(wait_s >= 0);
	if (m->now < m->told_until)
		assert_true(wait_s > 0);
	if (m->state == BREAKER_OPEN) {
		if (m->now < m->opened_at + TIMEOUT_S)
			assert_true(wait_s > 0);
		if (m->now >= fmax(m->opened_at + TIMEOUT_S * 1.1, m->told_until))
			assert_true(wait_s == 0);
		if (wait_s == 0)
			m->state = BREAKER_HALF_OPEN;
	} else if (m->state == BREAKER_HALF_OPEN) {
		assert_true(m->trial ? isinf(wait_s) : wait_s < 1e6);
		if (!m->trial && m->now >= quiet_from)
			assert_true(wait_s == 0);
	} else {
		if (m->in_flight > 0 && m->failures > 0)
			assert_true(isinf(wait_s));
		if (m->in_flight == 0 && m->now >= quiet_from)
			assert_true(wait_s == 0);
	}
	if (wait_s > 0 || m->in_flight == FLYING_MAX)
		return;
	for (size_t i = 0; i < FLYING_MAX; i++) {
		if (m->flying[i].busy)
			continue;
		m->flying[i].busy = true;
		m->flying[i].era = m->era;
		m->flying[i].trial = m->state == BREAKER_HALF_OPEN;
		m->flying[i].ticket = breaker_start(&breaker);
		m->trial |= m->flying[i].trial;
		m->in_flight++;
		return;
	}
}

static void try_end(struct model *m)
{
	size_t i = random_below(FLYING_MAX);
	uint32_t what = random_below(9);
	enum breaker_event event =
		what < 4 ? BREAKER_FAILURE : (enum breaker_event)(what % 4);
	double wait_s = random_below(3) > 0 ? -1.0 : 1.0 + random_below(300);
	bool counts = m->flying[i].era == m->era;

	if (!m->flying[i].busy)
		return;
	m->flying[i].busy = false;
	m->in_flight--;
	if (what == 8) {
		breaker_cancel(&breaker, m->flying[i].ticket);
		if (counts && m->flying[i].trial)
			m->trial = false;
		return;
	}
	breaker_answer(&breaker, m->flying[i].ticket, event, wait_s, m->now, chance());
	if (counts)
		model_answers(m, event, wait_s);
}

static void whatever_happens_it_does_what_the_contract_says(void **state)
{
	unsigned opened = 0, closed_again = 0;

	for (uint32_t run = 0; run < 200; run++) {
		struct model m = { .braked_at = -1000 };

		seed = run;
		make_breaker(state);
		for (int step = 0; step < 2000; step++) {
			enum breaker_state before = m.state;

			switch (random_below(4)) {
			case 0:
				m.now += random_below(2) * random_below(100);
				break;
			case 1:
				try_start(&m);
				break;
			default:
				try_end(&m);
			}
			if (breaker.state != m.state)
				fail_msg("run %u, step %d: %s instead of %s", run, step,
					breaker_state_name(breaker.state),
					breaker_state_name(m.state));
			opened += before != BREAKER_OPEN && m.state == BREAKER_OPEN;
			closed_again +=
				before == BREAKER_HALF_OPEN && m.state == BREAKER_CLOSED;
		}
	}
	/* It came far around. */
	check("opened", opened > 1000);
	check("closed again", closed_again > 300);
}

#define BREAKER_TEST(f) cmocka_unit_test_setup(f, make_breaker)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BREAKER_TEST(it_starts_closed_and_lets_one_through),
		BREAKER_TEST(it_opens_after_so_many_failures_in_a_row),
		BREAKER_TEST(a_single_failure_opens_it_where_one_is_the_most),
		BREAKER_TEST(
			open_means_nothing_until_the_later_of_timeout_and_retry_after),
		BREAKER_TEST(a_wait_told_before_it_opened_still_holds),
		BREAKER_TEST(a_backoff_from_before_does_not_delay_the_trial),
		BREAKER_TEST(half_open_there_is_one_trial_only),
		BREAKER_TEST(the_trial_decides),
		BREAKER_TEST(after_a_trial_that_failed_one_failure_is_enough_again),
		BREAKER_TEST(a_trial_that_was_cancelled_makes_room_for_another),
		BREAKER_TEST(answers_to_requests_from_before_it_opened_change_nothing),
		BREAKER_TEST(told_to_wait_nothing_starts_earlier),
		BREAKER_TEST(waits_told_without_a_time_back_off),
		BREAKER_TEST(a_failure_is_followed_by_a_random_wait),
		BREAKER_TEST(the_backoff_doubles_up_to_half_a_minute),
		BREAKER_TEST(the_window_grows_with_success_and_falls_to_one),
		BREAKER_TEST(a_reload_keeps_the_state),
		BREAKER_TEST(states_have_names),
		BREAKER_TEST(whatever_happens_it_does_what_the_contract_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
