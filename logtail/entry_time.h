/*
 * The times of entries as ISO 8601. Most entries are of the minute of the one before, and sessions are
 * many, but their starts few: what has been read is kept, and log_time_read() seldom asked.
 */
#ifndef LOGTAIL_ENTRY_TIME_H
#define LOGTAIL_ENTRY_TIME_H

#include <stddef.h>
#include <stdint.h>

#include "entry.h"
#include "log_time.h"

#define ENTRY_STARTS 64

struct iso_time {
	char text[LOG_TIME_TEXT_SIZE];
	size_t len;
	int64_t wall_us;
};

/* A text of the log, and what it is. */
struct read_time {
	char log[LOG_TIME_TEXT_SIZE];
	size_t log_len; /* 0: none */
	struct iso_time is;
};

struct entry_times {
	struct log_clock *clock; /* borrowed */
	struct read_time latest; /* with three decimals */
	int64_t second_us;       /* when its second began */
	struct read_time starts[ENTRY_STARTS];
	struct iso_time other;
};

/* NULL: unknown. What they return is valid until the next call. */
const struct iso_time *entry_time(struct entry_times *times, struct slice text);
const struct iso_time *entry_session_start(struct entry_times *times, struct slice text);

#endif
