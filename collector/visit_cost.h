/*
 * What a visit cost: kept in the state, told by the next run's system_metrics.
 *
 *	{"ms":N,"connect_ms":N,"round_trips":N,"sent_bytes":N,"received_bytes":N,
 *	 "calls":N,"total_exec_time":N}
 *
 * Bytes are those of queries and rows, as PostgreSQL's protocol carries them. calls and
 * total_exec_time are what pg_stat_statements says of the agent's role, between the two runs
 * before; null where that is not known.
 */
#ifndef COLLECTOR_VISIT_COST_H
#define COLLECTOR_VISIT_COST_H

#include <stdint.h>

#include "json_read.h"
#include "json_write.h"

struct visit_cost {
	double ms;            /* of all of it */
	double connect_ms;    /* until the server could be asked */
	unsigned round_trips; /* beside those of the connection; 0: there was no visit */
	uint64_t sent_bytes;
	uint64_t received_bytes;
	double calls; /* NaN when not known, as total_exec_ms */
	double total_exec_ms;
};

/* null when there was no visit. */
void visit_cost_write(struct json *json, const struct visit_cost *cost);

/* node may be NULL. */
void visit_cost_read(const struct json_node *node, struct visit_cost *ret);

#endif
