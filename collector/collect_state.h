/*
 * What one run leaves for the next: state/pg-collect.json.
 *
 *	{"version":1,"updated_at":S,"cpu":{"boot_id":…,"user":…,…},
 *	 "spool":{"bytes":N,"at":S},"collection":{"pg_locks":{"ok":true,"error":null,"ms":1.2},…}}
 */
#ifndef COLLECTOR_COLLECT_STATE_H
#define COLLECTOR_COLLECT_STATE_H

#include <stdbool.h>

#include "buf.h"
#include "json_read.h"
#include "room.h"
#include "source.h"
#include "system_metrics.h"

/* How one source went in a run. */
struct outcome {
	bool asked;
	bool ok;
	double ms; /* NaN when it was not measured */
	char error[512];
};

struct collect_state {
	struct cpu_sample cpu;
	struct known_size size;
	struct outcome outcomes[SOURCES_MAX]; /* by place in the registry */
};

/* The parts that matter to the next run; root may be NULL. Outcomes are not read. */
void collect_state_read(const struct json_node *root, struct collect_state *ret);

void collect_state_write(const struct collect_state *state, struct buf *json);

#endif
