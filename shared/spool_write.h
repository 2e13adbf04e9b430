/*
 * Payloads into the spool, several a commit.
 *
 *	struct spool_batch batch;
 *	spool_batch_init(&batch, spool, codec);
 *	spool_batch_add(&batch, "pg_locks", json, len, &err);	tmp/: written and synced
 *	spool_batch_publish(&batch, &err);			new/: visible and durable
 *	spool_batch_release(&batch);				removes what was not published
 *
 * A writer may report success only after spool_batch_publish(). Each file in tmp/ is flocked until
 * its rename, so that the remover of debris leaves it alone.
 * pg-logtail's commit puts its state between add and publish, and syncs many files at once:
 *
 *	spool_batch_defer(&batch);		adding only writes
 *	spool_batch_sync(&batch, &err);		all of it is synced, and tmp/
 */
#ifndef SHARED_SPOOL_WRITE_H
#define SHARED_SPOOL_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "err.h"
#include "spool.h"
#include "zstd_frame.h"

#define SPOOL_BATCH_MAX 128

struct spool_batch {
	const struct spool *spool;
	struct zstd_codec *codec;
	bool deferred;
	struct buf frames; /* of what was not synced yet; else of the last */
	struct {
		char name[SPOOL_NAME_SIZE];
		int fd; /* holds the flock; -1: published, or to be written again */
		size_t at, len; /* its frame; len 0: it is synced */
	} files[SPOOL_BATCH_MAX];
	size_t count;
	uint64_t bytes; /* of disk blocks, added so far */
};

void spool_batch_init(
	struct spool_batch *batch, const struct spool *spool, struct zstd_codec *codec);
void spool_batch_release(struct spool_batch *batch);

/*
 * Writes json (one line) as a file in tmp/ and syncs it. After a failed fsync the payload is
 * written once more as another file. ERR_RETRY: no room or an I/O error; nothing is left behind.
 */
int spool_batch_add(struct spool_batch *batch, const char *source, const char *json,
	size_t len, struct err *err);

/* From now on files are synced by spool_batch_sync() only: together that takes a fraction of the
 * time. Their frames stay in memory until then. */
void spool_batch_defer(struct spool_batch *batch);

/* Syncs what was added, and tmp/. A file that can't be synced is written once more, as above. ERR_RETRY:
 * call it again. */
int spool_batch_sync(struct spool_batch *batch, struct err *err);

/* On failure some may be published and the rest not: call it again for the rest, or let
 * spool_batch_release() remove it. */
int spool_batch_publish(struct spool_batch *batch, struct err *err);

/* In place of spool_batch_release() where a state names the files: they stay, to be published by the
 * next run. */
void spool_batch_leave(struct spool_batch *batch);

/*
 * Removes what dead writers left in tmp/: files with payload names, not flocked. Only for the holder of a program's lock. Returns how many were removed.
 * is_mine decides by source whether a file belongs to the calling program.
 */
size_t spool_remove_debris(
	const struct spool *spool, bool (*is_mine)(const char *source));

#endif
