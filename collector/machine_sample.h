/*
 * What the next run measures rates from: counters of disks and of the server's processes,
 * and which those are; and where its tablespaces are, which the next run may have no right
 * to see. Kept in pg-collect's state, as
 *
 *	"machine":{"at":S,"postmaster":{"pid":N,"started":N,"port":N,"ticks":N},
 *	 "tablespaces":"OID PATH\n…","disks":{NAME:{"read_count":N,…},…}}
 *
 * Of use only within the same boot, which "cpu" of the state tells.
 */
#ifndef COLLECTOR_MACHINE_SAMPLE_H
#define COLLECTOR_MACHINE_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "disks.h"
#include "json_read.h"
#include "json_write.h"
#include "postmaster.h"
#include "server.h"

struct machine_sample {
	double at_s; /* monotonic; 0 for none */
	struct postmaster_id postmaster;
	uint64_t ticks;                           /* of its processes; 0 when not known */
	char tablespaces[SERVER_TABLESPACES_MAX]; /* as in struct server */
	struct disks disks;
};

/* What a visit that reached the server learned of its postmaster and tablespaces. pid 0: our
 * session is none of this machine's; it may yet run here, in a container or behind a
 * pooler, when its address says so (local). */
void machine_sample_learn(struct machine_sample *sample, bool local,
	const struct postmaster_id *postmaster, const char *tablespaces);

/* node: the member, may be NULL. */
void machine_sample_read(const struct json_node *node, struct machine_sample *ret);

/* The whole member. */
void machine_sample_write(struct json *json, const struct machine_sample *sample);

#endif
