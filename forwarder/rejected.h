/*
 * rejected/: payloads the listener will never take, each with one line that says why.
 */
#ifndef FORWARDER_REJECTED_H
#define FORWARDER_REJECTED_H

#include <stddef.h>

#include "err.h"
#include "spool.h"

/* Moves new/NAME to rejected/ and writes its reason. ERR_RETRY when the move fails: once more later,
 * with NULL, which keeps the reason. ERR_FATAL when something foreign is in the way. */
int rejected_add(
	const struct spool *spool, const char *name, const char *reason, struct err *err);

/* Puts the rejected payloads back into new/, removing the reasons. *ret_count: how many. A payload
 * whose namesake is in new/ stays, and so does what is no regular file. */
int rejected_retry(const struct spool *spool, size_t *ret_count, struct err *err);

#endif
