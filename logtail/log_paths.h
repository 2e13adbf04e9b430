/*
 * The files that collection.log_path names, now.
 *
 * It is a comma-separated list of files, directories and globs (glob(7), also in directories' names).
 * A file named as such is read alone, but together with its rotated generations (NAME.1, NAME.2.gz,
 * NAME-20260131.zst, NAME.old …), which a glob or a directory may name as well; each file is listed
 * once. A directory means its *.log, *.csv and *.json and their rotated generations. Where a data
 * directory's current_logfiles (documentation, "pg_current_logfile") lies beside such a directory
 * (DIR/current_logfiles or DIR/../current_logfiles), it is noted which files it names.
 *
 * Links are never followed in a file's last component; other than regular files are passed over.
 * So are files that nobody means by a glob or a directory (log_name.h). What lies in a directory
 * that can't be read is not listed, though it may be there: then there is a complaint.
 */
#ifndef LOGTAIL_LOG_PATHS_H
#define LOGTAIL_LOG_PATHS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "buf.h"
#include "config.h"
#include "err.h"

struct log_path {
	char *path;
	dev_t dev;
	ino_t ino;
	uint64_t size; /* on disk, compressed or not */
	struct timespec mtime;
	bool rotated;    /* a rotated generation by its name */
	bool named;      /* log_path names this very file: it has no siblings */
	bool is_current; /* current_logfiles names it */
	unsigned
		written; /* formats its server writes, as current_logfiles says; 0: it does not */
	enum log_format
		format; /* by name: .csv, .json, else stderr; rotated generations likewise */
};

struct log_paths {
	struct log_path *files; /* in order of mtime, then path */
	size_t count, size;
	char **directories; /* that were looked into: to be watched */
	size_t directories_count;
	struct buf
		complaints; /* what could not be looked at and how to mend it, one a line */
};

/* ERR_CONFIG when list can't be understood (an unclosed bracket is a plain name, as glob(7) has it),
 * ERR_RETRY when memory is short. A path that does not exist is a complaint, not an error. */
int log_paths_find(const char *list, struct log_paths *ret, struct err *err);
void log_paths_release(struct log_paths *paths);

/* As log_paths_find() for one operand of an import: files and globs are what they name, without
 * their generations; a comma is part of the name. */
int log_paths_find_operand(const char *operand, struct log_paths *ret, struct err *err);

#endif
