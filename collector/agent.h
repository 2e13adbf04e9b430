/*
 * The member "agent" of system_metrics: what the agent itself is up to, so that the listener learns
 * which data are missing, and how much.
 *
 * Pure: pg-forward's state (state/pg-forward.json) in, numbers out. Evictions are told once: what
 * was told (struct agent_told) is kept from run to run, and what came after it is new.
 * Units: bytes of disk blocks, wall times in microseconds since the epoch.
 */
#ifndef COLLECTOR_AGENT_H
#define COLLECTOR_AGENT_H

#include <stdbool.h>
#include <stdint.h>

#include "json_read.h"
#include "json_write.h"
#include "room.h"
#include "spool_name.h"

#define AGENT_FORWARDER "pg-forward"

/* pg-forward's count of evictions when it was last told. */
struct agent_told {
	int64_t wall_counting_us; /* which count: since when it goes, 0 for unknown */
	uint64_t files, bytes;
	char last[SPOOL_NAME_SIZE]; /* its last name, "" for none */
};

void agent_told_read(const struct json_node *node, struct agent_told *ret);
/* Its members, into an object that is open. */
void agent_told_write(struct json *json, const struct agent_told *told);

struct agent_evicted {
	uint64_t files, bytes;
	char first[SPOOL_NAME_SIZE], last[SPOOL_NAME_SIZE]; /* "" where unknown */
};

struct agent {
	bool has_size; /* the spool could be measured */
	uint64_t spool_files, spool_bytes;
	int64_t wall_oldest_us; /* 0 when nothing waits */
	bool forwarder_running;
	bool has_counters;   /* pg-forward's state could be read, or there is none yet */
	const char *breaker; /* NULL when there is none */
	uint64_t sent, refused, evicted_files, evicted_bytes;
	struct agent_evicted since; /* the run before; files 0 for nothing */
	struct agent_told told;     /* once this was published */
};

/* The counters, and of the evictions what was not told yet. forward: NULL when there is no
 * state. */
void agent_read(const struct json_node *forward, const struct agent_told *told,
	struct agent *ret);

void agent_set_size(struct agent *agent, const struct known_size *size);

/* The whole member, as of wall_us. */
void agent_write(struct json *json, const struct agent *agent, int64_t wall_us);

#endif
