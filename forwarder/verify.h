/*
 * pg-forward --verify: is every payload in the spool whole? Changes nothing.
 */
#ifndef FORWARDER_VERIFY_H
#define FORWARDER_VERIFY_H

#include "err.h"
#include "spool.h"

/* One line for each bad file, then a summary, to standard output. ERR_RETRY when any was bad. */
int verify_spool(const struct spool *spool, struct err *err);

#endif
