/*
 * A run while it lasts: what its parts share.
 */
#ifndef COLLECTOR_COLLECT_RUN_H
#define COLLECTOR_COLLECT_RUN_H

#include "agent.h"
#include "ask.h"
#include "collect.h"
#include "collect_state.h"
#include "memory.h"
#include "patience.h"
#include "sink.h"
#include "state.h"
#include "statements.h"
#include "system_metrics.h"

struct run {
	const struct collect_job *job;
	struct spool *spool; /* NULL when printing and there is none */
	int lock_fd;
	struct state_file last, forward; /* ours, pg-forward's */
	struct collect_state state;
	struct agent agent;
	struct memory memory;
	struct sink sink;
	struct patience patience;
	struct ask ask;
	struct statements statements;
	char host[256];
	bool failed;
	bool spool_told; /* trouble with the spool was logged: once is enough */
};

bool run_asks(const struct run *run, size_t place);

/* Says it once, and that the run failed. */
void run_spool_failed(struct run *run, const struct err *err);

struct payload_meta run_meta(const struct run *run, const struct source *source);

struct machine_scope run_machine_scope(const struct run *run);

/* error NULL: it went well. */
void outcome_set(struct outcome *outcome, double ms, const char *error);

/* The sources of the database, into payloads and the spool. */
void collect_database(struct run *run);

#endif
