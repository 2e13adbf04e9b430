/*
 * What pg-forward remembers and tells: state/pg-forward.json.
 *
 * Counters go on over restarts. Writers read `updated_at` and `spool` from it; pg-collect tells
 * the listener the counters, and of `evicted.parts` what it has not told yet; --status shows all
 * of it, also when the process is dead.
 * Units: wall times in microseconds since the epoch here, in seconds in the file.
 */
#ifndef FORWARDER_FORWARD_STATE_H
#define FORWARDER_FORWARD_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "breaker.h"
#include "buf.h"
#include "err.h"
#include "evicted.h"
#include "holds.h"
#include "json_read.h"
#include "spool_size.h"

#define FORWARD_PROGRAM "pg-forward"

struct forward_state {
	int64_t wall_started_us;
	int64_t wall_counting_us; /* since when the counters go; another one: they began anew */
	bool running;
	long pid;

	enum breaker_state breaker;
	int64_t wall_breaker_since_us;
	int64_t wall_breaker_retry_us; /* open: when the next trial is due, else 0 */
	unsigned failures;

	struct spool_size size;
	uint64_t cap_bytes;

	uint64_t sent_files, sent_bytes;
	double sent_per_s; /* files, over about the last minute; only of a running process */
	uint64_t refused_files;
	struct evicted evicted;
	struct evicted_parts evicted_parts;

	int64_t wall_success_us; /* 0: never */
	int64_t wall_error_us;
	char error[512];
	char degraded[512]; /* "" when all is well */

	struct holds holds;
};

/* The whole document, written at wall_us, appended to out. now: clock_s(), for the holds. */
void forward_state_write(
	const struct forward_state *state, int64_t wall_us, struct buf *out);

/* The other way; what is missing stays zero. Holds get next_try. */
void forward_state_read(
	const struct json_node *root, double next_try, struct forward_state *ret);

#endif
