/*
 * The logs in one directory.
 */
#ifndef LOGTAIL_LOG_DIR_H
#define LOGTAIL_LOG_DIR_H

#include <stdbool.h>

#include "err.h"
#include "log_paths.h"

enum log_dir_want {
	LOG_DIR_LOGS,    /* what log_name_read() takes for one */
	LOG_DIR_NAME,    /* the file of this name */
	LOG_DIR_PATTERN, /* files that match, and the logs in directories that match */
};

struct log_dir {
	const char *dir; /* "" for the current one, where paths are to be without it */
	enum log_dir_want want;
	const char *name; /* or pattern: fnmatch(3) */
	bool generations; /* the rotated ones of what matches, too */
};

/*
 * Adds files and the directory itself to paths. What can't be looked at is a complaint there.
 * ERR_RETRY when memory or descriptors are short.
 */
int log_dir_list(const struct log_dir *want, struct log_paths *paths, struct err *err);

#endif
