/*
 * A directory of finished payloads: the only thing the programs share.
 *
 *	tmp/	   being written, not yet visible
 *	new/	   whole payloads, waiting for pg-forward
 *	rejected/  refused ones, each with its .reason
 *	state/	   PROGRAM.json and PROGRAM.lock
 *
 * A payload is visible to the reader whole or not at all: rename() into new/ is the commit.
 * Only regular files are opened, never through links, and opening never blocks.
 *
 * Ownership: spool_open() allocates; spool_close() frees, accepts NULL. The descriptors belong to
 * the spool.
 * Errors: ERR_RETRY where room or time may help, ERR_FATAL where access is missing.
 */
#ifndef SHARED_SPOOL_H
#define SHARED_SPOOL_H

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "err.h"
#include "spool_name.h"

struct spool {
	char *path;
	int dir_fd;
	int tmp_fd;
	int new_fd;
	int rejected_fd;
	int state_fd;
};

/* create: make what is missing, parents too (0750). Without it a missing part is ERR_FATAL. */
int spool_open(const char *path, bool create, struct spool **ret_spool, struct err *err);
void spool_close(struct spool *spool);

/* Was the spool, or a directory of it, removed or replaced since it was opened? */
bool spool_is_gone(const struct spool *spool);

/* What a service says then, with the spool's path: it would work for nobody. */
#define SPOOL_GONE "spool %s was removed or replaced beneath this process; start it again"

/*
 * Opens a regular file in one of the spool's directories for reading; never follows a link, never
 * blocks. ERR_RETRY when it is gone (errno ENOENT) or can't be opened now; ERR_REJECT when it is
 * no regular file.
 */
int spool_open_file(int dir_fd, const char *name, int *ret_fd, struct err *err);

/* The whole of such a file into ret (replaced), at most max_bytes: ERR_REJECT when it is larger. */
int spool_read_file(
	int dir_fd, const char *name, size_t max_bytes, struct buf *ret, struct err *err);

/* A fresh DIR for one of the spool's directories, NULL with errno set. */
DIR *spool_list(int dir_fd);

/* rename() that never replaces: EEXIST when the target is there. Returns 0, or -1 with errno. */
int spool_rename(int from_fd, const char *from, int to_fd, const char *to);

#endif
