/*
 * The visit as a whole: connect, look around, ask every source in two round trips.
 *
 *	1  who the server is, and the first part of every source that is not optional
 *	2  what follows from these answers, and the optional sources
 *
 * A server that is not known yet is asked about itself before that, in a round trip of its
 * own; one that turns out to be another, to have been altered, or does not say who it is,
 * too: what it had brought is dropped, as what is known is not known of it.
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
#include "memory.h"
#include "patience.h"
#include "postmaster.h"
#include "server.h"
#include "source.h"

struct ask_step {
	PGresult *result[SOURCE_PARTS_MAX]; /* by part; NULL when it failed */
	double part_ms[SOURCE_PARTS_MAX];   /* NaN when it was not asked */
	double ms;                          /* of all parts, NaN when none was asked */
	int64_t wall_us;                    /* of the first part's answer */
	enum trouble_kind trouble;
	char error[512]; /* "" when all went well */
};

struct ask {
	unsigned wanted;               /* bits by place in the registry: set before */
	struct source_context context; /* set before but for what memory gives it */
	struct memory *memory;         /* set before */
	struct server server; /* what is known of it before, zeroed when nothing is;
					  then what it is, zeroed where it was not reached */
	struct database db;
	bool reached;                    /* the server answered */
	struct postmaster_id postmaster; /* of our session; none when it runs elsewhere */
	struct ask_step steps[SOURCES_MAX];
};

/* ERR_RETRY when there is no memory; what the database refuses stands in the steps. */
int ask_sources(struct ask *ask, const struct config *config, const struct params *params,
	struct patience *patience, struct err *err);

/* The names that a diagnosis speaks of: the server's own where it was reached. */
struct diagnose_context ask_context(const struct server *server,
	const struct params *params, const struct config *config);

/* Can this source be asked of this server? If not, *ret_why says it. Pure. */
bool ask_can(const struct source *source, const struct server *server,
	struct trouble *ret_why);

/* Frees what one source brought. */
void ask_clear(struct ask *ask, size_t place);

void ask_release(struct ask *ask);

#endif
