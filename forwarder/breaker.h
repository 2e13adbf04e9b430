/*
 * The circuit breaker: one gate for the endpoint, however many requests are in flight. Pure: time
 * and chance are arguments.
 *
 *	closed	   requests flow; after a failure one at a time, with a random wait between
 *	open	   nothing is sent
 *	half open  one trial request decides
 *
 * Every request takes a ticket when it starts; answers to requests begun before the breaker opened
 * change nothing.
 * Units: seconds of clock_s(). chance is random in [0, 1).
 */
#ifndef FORWARDER_BREAKER_H
#define FORWARDER_BREAKER_H

#include <stdbool.h>

#define BACKOFF_MAX_S 30.0

enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_HALF_OPEN };

enum breaker_event { BREAKER_SUCCESS, BREAKER_REFUSAL, BREAKER_FAILURE, BREAKER_WAIT };

struct breaker {
	unsigned fail_max;
	double timeout_s;
	enum breaker_state state;
	unsigned failures; /* in a row */
	unsigned waits;    /* answers that said wait, in a row */
	double not_before; /* closed and half open: no start earlier */
	double told_until; /* the part of it that an answer asked for; holds while open, too */
	double open_until;
	bool trial;      /* half open: the trial is in flight */
	unsigned window; /* closed: how many may be in flight; grows with each success */
	unsigned ticket; /* grows whenever the breaker opens */
};

void breaker_init(struct breaker *breaker, unsigned fail_max, double timeout_s);

/* New limits from a reload; the state stays. */
void breaker_configure(struct breaker *breaker, unsigned fail_max, double timeout_s);

/*
 * Seconds until a request may start with so many in flight: 0 now, INFINITY when only an answer
 * can change that. Goes from open to half open when the time has come.
 */
double breaker_wait_s(struct breaker *breaker, unsigned in_flight, double now);

/* A request starts; the ticket goes with it. */
unsigned breaker_start(struct breaker *breaker);

/* An answer arrived. wait_s: what it told us to wait, negative when nothing. */
void breaker_answer(struct breaker *breaker, unsigned ticket, enum breaker_event event,
	double wait_s, double now, double chance);

/* The request of this ticket ended without an answer that counts (cancelled, body gone). */
void breaker_cancel(struct breaker *breaker, unsigned ticket);

/* A random wait in 0 … min(2^n, BACKOFF_MAX_S), n counted from 0 for the first failure. */
double backoff_s(unsigned n, double chance);

const char *breaker_state_name(enum breaker_state state);

#endif
