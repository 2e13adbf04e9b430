/*
 * pg-logtail --test: the logs. Which are read and which not and why, what their lines tell, and up to
 * where they were read.
 */
#ifndef LOGTAIL_CHECK_FILES_H
#define LOGTAIL_CHECK_FILES_H

#include "checklist.h"
#include "config.h"
#include "spool.h"
#include "tail.h"

/* The configuration was checked (check_logs()). spool NULL: there is none yet. */
void check_files(struct checklist *list, const struct config *config,
	const struct tail_job *job, const struct spool *spool);

#endif
