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
 * pg-logtail's commit puts its state between add and publish (with spool_batch_sync_tmp() first).
 */
#ifndef SHARED_SPOOL_WRITE_H
#define SHARED_SPOOL_WRITE_H

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
	struct buf frame;
	struct {
		char name[SPOOL_NAME_SIZE];
		int fd; /* holds the flock; -1 once published */
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

int spool_batch_sync_tmp(struct spool_batch *batch, struct err *err);

/* On failure some may be published and the rest not: spool_batch_release() removes the rest. */
int spool_batch_publish(struct spool_batch *batch, struct err *err);

/*
 * Removes what dead writers left in tmp/: files with payload names, not flocked. Only for the holder of a program's lock. Returns how many were removed.
 * is_mine decides by source whether a file belongs to the calling program.
 */
size_t spool_remove_debris(
	const struct spool *spool, bool (*is_mine)(const char *source));

#endif
