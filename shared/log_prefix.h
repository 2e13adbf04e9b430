/*
 * What a log_line_prefix lacks of what a log entry is worth sending with: time, process, user,
 * database and application (PostgreSQL documentation, "log_line_prefix"). Pure.
 */
#ifndef SHARED_LOG_PREFIX_H
#define SHARED_LOG_PREFIX_H

#include <stdbool.h>
#include <stddef.h>

/* Has all of it. */
#define LOG_PREFIX_BEST "%m [%p] %q%u@%d/%a "

/* "%d (the database), %a (the application, with it the web request's UUID)" into ret; false where
 * nothing is missing. */
bool log_prefix_lacks(const char *prefix, char *ret, size_t size);

/* One that has all of it, into ret: of somebody's own that has time and process it is a
 * continuation, for other programs may read it. */
void log_prefix_mend(const char *prefix, char *ret, size_t size);

#endif
