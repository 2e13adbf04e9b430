/*
 * What pg_locks sends, from the answers to its two queries (source_locks.c): pairs as they
 * are, roots with what is counted beneath them.
 *
 * Ownership: the rows and the error are the caller's and outlive the payload, which owns
 * nothing.
 */
#ifndef COLLECTOR_LOCK_PAYLOAD_H
#define COLLECTOR_LOCK_PAYLOAD_H

#include "lock_graph.h"
#include "rows.h"

#define LOCK_QUERY_MAX_CHARS 500
#define LOCK_ROOTS_MAX 20

struct lock_root {
	int row; /* of waits */
	struct lock_beneath beneath;
};

struct lock_payload {
	struct rows *counted;   /* NULL: could not be measured */
	struct rows *waits;     /* NULL: nobody waited, or could not be measured */
	const char *error;      /* NULL: none */
	bool measured;          /* both, where both were to be */
	int pair, root, waiter; /* first columns of the parts of waits */
	int64_t waiters;
	size_t deadlocked;
	struct lock_root roots[LOCK_ROOTS_MAX]; /* who holds up most first */
	size_t roots_count;                     /* of these */
	int64_t roots_total;
};

/* How many processes the first answer saw waiting; 0 without an answer. */
int64_t lock_payload_waiters(const PGresult *counted);

void lock_payload_init(struct lock_payload *payload, struct rows *counted,
	struct rows *waits, const char *error);

/* A sink_writer; context is a struct lock_payload. */
void lock_payload_write(struct json *json, size_t text_max, void *context);

#endif
