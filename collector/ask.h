/*
 * The visit as a whole: connect, look around, ask every source in one round trip.
 *
 * Each source ends with its rows or with a sentence that names cause and mend; both when
 * the rows lack something. Failures are logged here, what they have in common once.
 */
#ifndef COLLECTOR_ASK_H
#define COLLECTOR_ASK_H

#include <libpq-fe.h>
#include <stdint.h>

#include "config.h"
#include "database.h"
#include "patience.h"
#include "server.h"
#include "source.h"

struct ask_step {
	PGresult *result; /* NULL when it failed */
	double ms;        /* NaN when it was not asked */
	int64_t wall_us;
	enum trouble_kind trouble;
	char error[512]; /* "" when all went well */
};

struct ask {
	unsigned wanted; /* bits by place in the registry: set before */
	struct database db;
	struct server server; /* zeroed where it was not reached */
	struct ask_step steps[SOURCES_MAX];
};

void ask_sources(struct ask *ask, const struct config *config,
	const struct params *params, struct patience *patience);

/* The names that a diagnosis speaks of: the server's own where it was reached. */
struct diagnose_context ask_context(const struct server *server,
	const struct params *params, const struct config *config);

/* Can this source be asked of this server? If not, *ret_why says it. Pure. */
bool ask_can(const struct source *source, const struct server *server,
	struct trouble *ret_why);

void ask_release(struct ask *ask);

#endif
