/*
 * Room for the newest: the oldest payloads of new/ and rejected/ go when the spool is over its cap.
 *
 * How much is pure (eviction_goal()); the removal works in slices, so that a million files do not
 * stop requests and the watchdog. Files in flight and foreign names are never touched.
 */
#ifndef FORWARDER_EVICTION_H
#define FORWARDER_EVICTION_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "evicted.h"
#include "queue.h"
#include "spool.h"
#include "spool_size.h"

struct eviction_goal {
	uint64_t total_bytes;    /* to remove from new/ and rejected/ together */
	uint64_t rejected_bytes; /* to remove from rejected/ in any case */
};

/* Over cap_bytes: down to 80 % of it. rejected/ over a tenth of it: down to 80 % of that. */
struct eviction_goal eviction_goal(const struct spool_size *size, uint64_t cap_bytes);

/* What the remover needs of its owner. record is called before the files of a slice are unlinked;
 * what it can't save it logs. */
struct eviction_owner {
	void *context;
	bool (*in_flight)(void *context, const char *name);
	void (*record)(void *context, const struct evicted *slice);
	/* Of the slice that was recorded files could not be removed after all: these could. May be
	 * NULL. */
	void (*correct)(void *context, const struct evicted *slice,
		const struct evicted *removed);
};

struct eviction {
	struct eviction_goal goal;
	struct queue queues[2]; /* new/, rejected/ */
	bool exhausted[2];
};

void eviction_release(struct eviction *eviction);
void eviction_begin(struct eviction *eviction, struct eviction_goal goal);
bool eviction_is_active(const struct eviction *eviction);

/* Removes at most one slice. *ret_freed grows by what was removed. */
int eviction_step(struct eviction *eviction, const struct spool *spool,
	const struct eviction_owner *owner, struct evicted *ret_freed, struct err *err);

#endif
