/*
 * state/PROGRAM.json: a program's own memory and last status, replaced atomically.
 *
 * The previous copy stays as PROGRAM.json.prev, a hard link made before the rename, so the current
 * name never disappears. A file that can't be read is kept aside as PROGRAM.json.bad and the
 * previous one is used. Every document carries "version": STATE_VERSION.
 */
#ifndef SHARED_STATE_H
#define SHARED_STATE_H

#include <stdbool.h>

#include "buf.h"
#include "err.h"
#include "json_read.h"
#include "spool.h"

#define STATE_VERSION 1

struct state_file {
	struct json_node *root; /* NULL at the first start */
	bool previous; /* the current file was unreadable; this is the one before */
	bool lost;     /* neither could be read, yet one was there */
};

/*
 * Reads it; the caller releases ret->root with json_read_release().
 * keep_aside: rename an unreadable file (only for the holder of the program's lock).
 * ERR_FATAL when a newer version wrote it, ERR_RETRY when memory or descriptors are short.
 */
int state_load(const struct spool *spool, const char *program, bool keep_aside,
	struct state_file *ret, struct err *err);

/* Replaces it by json (whole document). durable: synced before anything may depend on it. */
int state_save(const struct spool *spool, const char *program, const struct buf *json,
	bool durable, struct err *err);

#endif
