/*
 * What one run leaves for the next: state/pg-collect.json.
 *
 *	{"version":1,"updated_at":S,"cpu":{"boot_id":…,"user":…,…},
 *	 "machine":{…},	see machine_sample.h
 *	 "spool":{"bytes":N,"at":S,"files":N,"oldest":NAME},
 *	 "evicted_told":{"counting_since":S,"files":N,"bytes":N,"last":NAME},
 *	 "server":null or {…},"texts":{"next":S,"failures":N},
 *	 "visit":null or {…},
 *	 "sources":{"pg_settings":{"at":S,"hash":"…"},…},
 *	 "evicted_telling":null or {"payload":NAME,and the same},
 *	 "collection":{"pg_locks":{"ok":true,"error":null,"ms":1.2},…}}
 *
 * Evictions are told once: before the payload that tells of them is published, the state names it.
 * The next run finds it still in tmp/, then it told nobody; or not, then it did.
 */
#ifndef COLLECTOR_COLLECT_STATE_H
#define COLLECTOR_COLLECT_STATE_H

#include <stdbool.h>

#include "agent.h"
#include "buf.h"
#include "json_read.h"
#include "machine_sample.h"
#include "room.h"
#include "source.h"
#include "system_metrics.h"
#include "visit_cost.h"

/* When a source was last sent, and what: of those that are not sent in each run. */
struct sent {
	double wall_at_s;
	uint64_t hash; /* of its rows; 0 for none */
};

/* How one source went in a run. */
struct outcome {
	bool asked;
	bool ok;
	double ms; /* NaN when it was not measured */
	char error[512];
};

struct collect_state {
	struct cpu_sample cpu;
	struct machine_sample machine;
	struct known_size size;
	struct agent_told told;
	struct agent_told telling;     /* told, when payload was published */
	char payload[SPOOL_NAME_SIZE]; /* "" for none */
	struct visit_cost visit;       /* of the last run, then of this one */
	struct server server;          /* zeroed when none is known */
	struct texts_pace pace;
	struct sent sent[SOURCES_MAX];        /* by place in the registry */
	struct outcome outcomes[SOURCES_MAX]; /* likewise */
};

/* The parts that matter to the next run; root may be NULL. Outcomes are not read. */
void collect_state_read(const struct json_node *root, struct collect_state *ret);

void collect_state_write(const struct collect_state *state, struct buf *json);

#endif
