/*
 * What a log_line_prefix leaves out that makes the log worth more. Pure.
 */
#ifndef LOGTAIL_PREFIX_ADVICE_H
#define LOGTAIL_PREFIX_ADVICE_H

#include <stdbool.h>
#include <stddef.h>

/* SQL that sets one which has all of it. */
#define PREFIX_ADVICE_SQL                                            \
	"ALTER SYSTEM SET log_line_prefix = '%m [%p] %q%u@%d/%a '; " \
	"SELECT pg_reload_conf();"

/* "%a (the application, with it the web request's UUID), %d (the database)" into ret; false where
 * nothing is missing. */
bool prefix_advice(const char *prefix, char *ret, size_t size);

#endif
