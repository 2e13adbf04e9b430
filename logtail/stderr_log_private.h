/*
 * What stderr_log.c and stderr_save.c share.
 */
#ifndef LOGTAIL_STDERR_LOG_PRIVATE_H
#define LOGTAIL_STDERR_LOG_PRIVATE_H

#include "stderr_entry.h"
#include "stderr_forged.h"
#include "stderr_log.h"
#include "stderr_places.h"

#define STDERR_STRAY STDERR_OPEN_MAX /* where lines without a prefix are kept */

struct stderr_log {
	struct prefix prefix;
	bool sure; /* what fits it is no record of another format */
	struct forged forged;
	struct prefix_fields fields; /* of the line at hand */
	struct stderr_counts counts;
	struct leaving leaving;
	struct places places; /* by stderr_key() */
	struct open_entry open[STDERR_OPEN_MAX + 1];
	/* The places of the latest lines with a prefix, by their number modulo its size. */
	unsigned recent[STDERR_OPEN_MAX];
	uint64_t lines;   /* with a prefix, so far */
	uint64_t began;   /* entries, so far */
	size_t kept;      /* bytes of all texts */
	unsigned current; /* place of the last line */
	bool in_line;     /* which has not ended */
};

static inline int64_t stderr_key(int64_t pid, bool suspect)
{
	return (int64_t)(((uint64_t)pid << 1 | suspect) & INT64_MAX);
}

/* Forgets all entries. */
void stderr_log_reset(struct stderr_log *log);

#endif
