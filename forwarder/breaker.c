#include "breaker.h"

#include <math.h>

#define WINDOW_MAX 64

double backoff_s(unsigned n, double chance)
{
	double most = n < 5 ? (double)(1u << n) : BACKOFF_MAX_S;

	return most * chance;
}

void breaker_init(struct breaker *breaker, unsigned fail_max, double timeout_s)
{
	*breaker = (struct breaker){ .window = 1 };
	breaker_configure(breaker, fail_max, timeout_s);
}

void breaker_configure(struct breaker *breaker, unsigned fail_max, double timeout_s)
{
	breaker->fail_max = fail_max;
	breaker->timeout_s = timeout_s;
}

static double left_s(double until, double now)
{
	return until > now ? until - now : 0;
}

double breaker_wait_s(struct breaker *breaker, unsigned in_flight, double now)
{
	unsigned window = breaker->failures > 0 ? 1 : breaker->window;

	switch (breaker->state) {
	case BREAKER_CLOSED:
		if (in_flight >= window)
			return INFINITY;
		return left_s(breaker->not_before, now);
	case BREAKER_OPEN:
		if (now < breaker->open_until)
			return breaker->open_until - now;
		breaker->state = BREAKER_HALF_OPEN;
		breaker->trial = false;
		breaker->not_before = now;
		return 0;
	case BREAKER_HALF_OPEN:
		break;
	}
	return breaker->trial ? INFINITY : left_s(breaker->not_before, now);
}

unsigned breaker_start(struct breaker *breaker)
{
	if (breaker->state == BREAKER_HALF_OPEN)
		breaker->trial = true;
	return breaker->ticket;
}

static void open_breaker(
	struct breaker *breaker, double wait_s, double now, double chance)
{
	double wait = breaker->timeout_s + chance * breaker->timeout_s / 10;

	breaker->state = BREAKER_OPEN;
	breaker->open_until = now + (wait_s > wait ? wait_s : wait);
	if (breaker->told_until > breaker->open_until)
		breaker->open_until = breaker->told_until;
	breaker->trial = false;
	breaker->ticket++;
}

static void close_breaker(struct breaker *breaker)
{
	if (breaker->state != BREAKER_CLOSED) {
		breaker->state = BREAKER_CLOSED;
		breaker->window = 1;
	} else if (breaker->failures > 0) {
		breaker->window = 1;
	} else if (breaker->window < WINDOW_MAX) {
		breaker->window++;
	}
	breaker->trial = false;
	breaker->failures = 0;
	breaker->waits = 0;
}

/* As told, else for a random while. */
static void put_off(
	struct breaker *breaker, double wait_s, unsigned n, double now, double chance)
{
	double until = now + (wait_s >= 0 ? wait_s : backoff_s(n, chance));

	if (until > breaker->not_before)
		breaker->not_before = until;
	if (wait_s >= 0 && until > breaker->told_until)
		breaker->told_until = until;
}

static void on_failure(struct breaker *breaker, double wait_s, double now, double chance)
{
	breaker->failures++;
	breaker->window = 1;
	if (breaker->state == BREAKER_HALF_OPEN || breaker->failures >= breaker->fail_max)
		open_breaker(breaker, wait_s, now, chance);
	else
		put_off(breaker, wait_s, breaker->failures - 1, now, chance);
}

void breaker_answer(struct breaker *breaker, unsigned ticket, enum breaker_event event,
	double wait_s, double now, double chance)
{
	if (ticket != breaker->ticket)
		return;
	switch (event) {
	case BREAKER_SUCCESS:
	case BREAKER_REFUSAL:
		close_breaker(breaker);
		break;
	case BREAKER_FAILURE:
		on_failure(breaker, wait_s, now, chance);
		break;
	case BREAKER_WAIT:
		breaker->trial = false;
		breaker->window = 1;
		put_off(breaker, wait_s, breaker->waits, now, chance);
		breaker->waits += wait_s < 0;
		break;
	}
}

void breaker_cancel(struct breaker *breaker, unsigned ticket)
{
	if (ticket == breaker->ticket)
		breaker->trial = false;
}

const char *breaker_state_name(enum breaker_state state)
{
	static const char *const names[] = { "closed", "open", "half open" };

	return names[state];
}
