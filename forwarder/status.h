/*
 * pg-forward --status: what the service last wrote about itself, for people or as JSON.
 */
#ifndef FORWARDER_STATUS_H
#define FORWARDER_STATUS_H

#include <stdbool.h>

#include "config.h"
#include "err.h"
#include "spool.h"

/* Prints to standard output. Where no pg-forward runs it says so and counts the spool itself. */
int status_print(const struct config *config, const struct spool *spool, bool json,
	struct err *err);

#endif
