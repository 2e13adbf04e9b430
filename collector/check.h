/*
 * --test: everything a run needs, one line a check, with the mend of what is missing.
 */
#ifndef COLLECTOR_CHECK_H
#define COLLECTOR_CHECK_H

#include "collect.h"
#include "err.h"

/* Returns the exit status: 1 when any check failed; -1 with *err when it could not
 * check. job->params NULL: they could not be built, *err says why. */
int check_run(const struct collect_job *job, struct err *err);

#endif
