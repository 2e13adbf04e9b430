/*
 * A data directory's current_logfiles: which files the server's logging collector writes now.
 *
 * A line each: "stderr log/postgresql-2026-01-31.log", relative to the data directory or absolute
 * (documentation, "pg_current_logfile"). The server replaces the file as a whole.
 */
#ifndef LOGTAIL_CURRENT_LOGFILES_H
#define LOGTAIL_CURRENT_LOGFILES_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#define CURRENT_LOGFILES_MAX 3 /* stderr, csvlog, jsonlog */

struct current_logfiles {
	unsigned formats; /* that the server writes: 1 << enum log_format each */
	size_t count;
	char path[CURRENT_LOGFILES_MAX][PATH_MAX];
};

/* False when there is none, or none that may be read: it is a hint. */
bool current_logfiles_read(const char *data_directory, struct current_logfiles *ret);

#endif
