/*
 * Queries in one round trip, each for itself (libpq's pipeline mode).
 *
 *	visit_run(&db, &plan, &patience);
 *	for each step: step->result, or step->trouble
 *	visit_release(steps, count);
 *
 * Each step is two statements and a Sync: set_config() with the settings that keep the
 * visit harmless, local to the implicit transaction, then the query. There is no BEGIN: a
 * failed explicit transaction outlives the Sync and takes the next steps with it
 * (PostgreSQL documentation, "Pipelining"). What arrived before a deadline, a signal or a
 * lost connection stays.
 *
 * Optional steps are sent one ahead of the one that is answered, only while the budget
 * lasts, and may run no longer than what is left of it: the server never works on more
 * than that after the budget is spent.
 *
 * Ownership: sql belongs to the caller and must live until visit_run() returns; the
 * results belong to the steps until visit_release().
 * Units: ms of wall time from the step before to this one's end.
 */
#ifndef COLLECTOR_VISIT_H
#define COLLECTOR_VISIT_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "database.h"
#include "diagnose.h"
#include "patience.h"

/* Takes one row; see struct visit_step. */
typedef void visit_row(const void *context, const PGresult *row);

struct visit_step {
	const char *sql;
	bool optional;
	visit_row *
		row; /* when not NULL the rows come one by one, in binary form, to this */
	const void *context; /* of row */

	PGresult *result; /* NULL when it failed; without rows where row took them */
	struct trouble trouble;
	double ms;       /* NaN when it was shed */
	int64_t wall_us; /* when the answer was here */
};

/* Local settings of each step. */
struct visit_safety {
	int statement_timeout_ms;
	int lock_timeout_ms;
	bool check_connection; /* client_connection_check_interval: 14 and newer, on Linux */
};

struct visit_plan {
	struct visit_step *steps;
	size_t count;
	const struct visit_safety *safety;
	double budget_until_s; /* by clock_s(); matters to optional steps only */
	double budget_from_s;  /* when what the budget is for began */
};

/* The first statement of each step: pure, for tests and for reading. */
void visit_setup_sql(const struct visit_safety *safety, struct buf *sql);

/* Returns 0 when every step was answered, refused or shed, -1 when the visit was cut short:
 * then the steps that were not reached say why, and the connection is of no more use. */
int visit_run(
	struct database *db, const struct visit_plan *plan, struct patience *patience);

/* Of a visit that was cut short the first step that failed knows why. count > 0 */
struct trouble visit_first_trouble(const struct visit_step *steps, size_t count);

void visit_release(struct visit_step *steps, size_t count);

#endif
