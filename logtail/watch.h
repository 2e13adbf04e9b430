/*
 * Tells when log files or their directories change: inotify(7), as a descriptor to poll.
 *
 * It is a hint that saves waiting, never the truth: events get lost (queue overflow, NFS), so the
 * caller looks by itself each second anyway.
 */
#ifndef LOGTAIL_WATCH_H
#define LOGTAIL_WATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

struct watch;

/* ERR_RETRY when inotify has no more instances; the caller then lives by looking. */
int watch_open(struct watch **ret_watch, struct err *err);
void watch_close(struct watch *watch);

int watch_fd(const struct watch *watch); /* readable: call watch_take() */

/* Watches exactly these directories from now on; those that were watched already stay so. */
void watch_set_directories(struct watch *watch, char *const *directories, size_t count);

/*
 * What happened since the last call. *ret_names: files came, went or were renamed: look at the
 * directories. *ret_data: some file was written to. An overflow sets both.
 */
void watch_take(struct watch *watch, bool *ret_names, bool *ret_data);

#endif
