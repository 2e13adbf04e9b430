/*
 * What a log file's name says: pure functions over one component of a path.
 *
 * Rotated generations are named by logrotate(8) (NAME.1, NAME-20260131, with `extension .log` also
 * STEM.1.log and STEM-20260131.log; `dateformat` may say more than the day), savelog(8) (NAME.0,
 * NAME.old) and people (NAME.2026-01-31); .gz or .zst may follow each. The server's own files by
 * date look like those of `extension`: only where it is known that STEM.log is a log's name are
 * STEM-20260131.log and the like its generations.
 */
#ifndef LOGTAIL_LOG_NAME_H
#define LOGTAIL_LOG_NAME_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "config.h"

struct log_name {
	bool is_log; /* *.log, *.csv, *.json, or by its name a rotated generation of such */
	bool is_rotated;        /* of such a log */
	enum log_format format; /* by the log's name: .csv, .json, else stderr */
};

struct log_name log_name_read(const char *name);

/* Hidden files, core dumps, locks, what an editor or a compressor has in the making: nobody who
 * names a directory or a glob means these. */
bool log_name_is_foreign(const char *name);

/* Does it end in the suffix of a compressor whose files can't be read? That suffix, or NULL. */
const char *log_name_unreadable(const char *name);

#define LOG_NAME_BASES 8

/* The names that a name may be a rotated generation of. */
struct log_name_bases {
	size_t count;
	size_t appended; /* the first so many have the generation behind their name */
	char name[LOG_NAME_BASES][NAME_MAX + 1];
};

void log_name_bases(const char *name, struct log_name_bases *ret);

#endif
