/*
 * What log_line_prefix lacks of what a log entry is worth sending with (PostgreSQL
 * documentation, "log_line_prefix"). Pure.
 */
#ifndef COLLECTOR_LOG_PREFIX_H
#define COLLECTOR_LOG_PREFIX_H

#include <stddef.h>

/* Time, process, user, database and application. */
#define LOG_PREFIX_BEST "%m [%p] %q%u@%d/%a "

/*
 * NULL when it has all that is needed: time, process and application. Else what it lacks,
 * and in ret one that has it: of one that lacks the application only, as much as possible is
 * kept.
 */
const char *log_prefix_lacks(const char *prefix, char *ret, size_t size);

#endif
