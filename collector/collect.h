/*
 * One run: the machine's metrics first, then one short visit to the database, all of it
 * into the spool (or to standard output), and what happened into the state for the next
 * run.
 *
 * It logs what failed, each thing once, with its mend.
 */
#ifndef COLLECTOR_COLLECT_H
#define COLLECTOR_COLLECT_H

#include <stdbool.h>

#include "config.h"
#include "err.h"
#include "params.h"

#define PROGRAM_NAME "pg-collect"

struct collect_job {
	const struct config *config;
	const struct params *params;
	unsigned sources; /* bits by place in the registry */
	bool listed;      /* by name, on the command line: then none is left out */
	bool print;
};

/* Returns 0 when all went well, 1 when something failed and was logged, -1 with *err
 * when the run could not begin. */
int collect_run(const struct collect_job *job, struct err *err);

#endif
