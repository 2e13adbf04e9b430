/*
 * The growing result of log_paths_find(): files, directories and complaints, each bounded.
 *
 * Errors: ERR_RETRY when there is no memory. What is over a bound is passed over with a complaint.
 */
#ifndef LOGTAIL_LOG_LIST_H
#define LOGTAIL_LOG_LIST_H

#include <sys/stat.h>

#include "err.h"
#include "log_paths.h"

/* file: path (taken over, also on failure), rotated, named, format; the rest is from st. */
int log_list_add_file(struct log_paths *paths, const struct log_path *file,
	const struct stat *st, struct err *err);

/* Once each. */
int log_list_add_directory(struct log_paths *paths, const char *dir, struct err *err);

/* A line for a person, once; control characters become '?'. */
void log_list_complain(struct log_paths *paths, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* "read PATH: " and the text of errno, with how to mend it where that is known. */
void log_list_complain_errno(struct log_paths *paths, const char *path);

/* Leaves each file once (of hard links the first by path), in order of mtime, then path. */
void log_list_sort(struct log_paths *paths);

#endif
