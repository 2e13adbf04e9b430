/*
 * Which files wait apart from the rest. Pure.
 *
 * A source that the listener refused 20 times in a row is held: one of its files is tried now and
 * then, the other sources flow. A single file that fails trial after trial while another gets
 * through is set aside: it too is tried now and then.
 */
#ifndef FORWARDER_HOLDS_H
#define FORWARDER_HOLDS_H

#include <stdbool.h>
#include <stddef.h>

#include "spool_name.h"

#define HOLDS_MAX 32
#define HOLD_AFTER_REFUSALS 20
#define ASIDE_MAX 64
#define ASIDE_TRIES_MAX 100
#define SUSPECT_AFTER_TRIALS 3

struct hold {
	char source[SPOOL_SOURCE_SIZE];
	unsigned refusals; /* in a row */
	double next_try;
};

struct holds {
	struct hold list[HOLDS_MAX];
	size_t count;
};

/* Returns true when this refusal begins a hold. */
bool holds_refused(struct holds *holds, const char *source, double now, double timeout_s);

/* Returns true when this success ended a hold. */
bool holds_delivered(struct holds *holds, const char *source);

bool holds_has(const struct holds *holds, const char *source);

/* The held source whose next try is due, NULL when none; its next one is then put off. */
const struct hold *holds_due(struct holds *holds, double now, double timeout_s);

/* Seconds until holds_due() has one, INFINITY when nothing is held. */
double holds_wait_s(const struct holds *holds, double now);

/* From the saved state: the source stood at so many refusals. */
void holds_restore(
	struct holds *holds, const char *source, unsigned refusals, double next_try);

struct aside_file {
	char name[SPOOL_NAME_SIZE];
	unsigned tries;
	double next_try;
};

struct aside {
	struct aside_file list[ASIDE_MAX];
	size_t count;
};

/* Sets a file aside; with the table full it changes nothing. */
void aside_add(struct aside *aside, const char *name, unsigned tries, double next_try);
void aside_remove(struct aside *aside, const char *name);
bool aside_has(const struct aside *aside, const char *name);

/* The file whose next try is due (counted and put off by timeout_s), NULL when none. */
const struct aside_file *aside_due(struct aside *aside, double now, double timeout_s);
double aside_wait_s(const struct aside *aside, double now);

/* Trial requests while the breaker is half open: which file to take. */
struct trials {
	char suspect[SPOOL_NAME_SIZE]; /* failed the last trials with an HTTP answer */
	unsigned failures;
	char last[SPOOL_NAME_SIZE]; /* the one tried after it, "" when none was */
};

/* The name the next trial must come after, NULL when the oldest file is to be taken. */
const char *trials_after(const struct trials *trials);

/* A trial failed; answered: with an HTTP status. */
void trials_failed(struct trials *trials, const char *name, bool answered);

/* A trial got through: the name to set aside into ret, or returns false when there is none. */
bool trials_passed(struct trials *trials, const char *name, char ret[SPOOL_NAME_SIZE]);

#endif
