/*
 * pg-logtail --test and --check-config.
 */
#ifndef LOGTAIL_CHECK_H
#define LOGTAIL_CHECK_H

#include "config.h"
#include "err.h"
#include "tail.h"

/* Is what the logs need of the configuration right? ERR_CONFIG or ERR_USAGE. Touches nothing. */
int check_logs(const struct config *config, const struct tail_job *job, struct err *err);

/* Prints a line for each thing that pg-logtail needs. -1 when any fails. */
int check_all(const struct config *config, const struct tail_job *job);

#endif
