/*
 * pg-forward --test: everything it needs, one line a check.
 */
#ifndef FORWARDER_CHECK_H
#define FORWARDER_CHECK_H

#include "config.h"

/* Returns 0, or -1 when any check failed. */
int check_all(const struct config *config);

#endif
