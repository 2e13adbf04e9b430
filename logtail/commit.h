/*
 * Payloads and the positions they were read up to, committed together.
 *
 *	commit_add(&commit, &batch, &meta, &err)	tmp/: written and synced, several batches
 *	commit_finish(&commit, write_state, ctx, &err)	state/ with positions and names, then new/
 *
 * The order (see "Exactly once" in ARCHITECTURE): payloads and tmp/ are synced; the state that names
 * them is written, synced and renamed, state/ synced; the payloads are renamed, new/ synced. A crash
 * before the state's rename: the payloads are debris and their entries are read again. After it:
 * commit_roll_forward() publishes at the next start what was not published.
 *
 * Every call that fails with ERR_RETRY is to be called again; nothing is lost or doubled by that.
 */
#ifndef LOGTAIL_COMMIT_H
#define LOGTAIL_COMMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "batch.h"
#include "buf.h"
#include "config.h"
#include "err.h"
#include "json_read.h"
#include "payload.h"
#include "room.h"
#include "spool.h"
#include "spool_write.h"

#define LOG_SOURCE "pg_log"

struct commit {
	const struct spool *spool;
	struct spool_limits limits;
	struct zstd_codec *codec;
	struct spool_batch files; /* in tmp/ */
	struct slice json;        /* the payload under way, of the batch; NULL: none */
	bool saved; /* the state names the files: they must be published, come what may */
	struct known_size size;
	uint64_t payloads; /* published since the start */
};

/* spool is borrowed. */
int commit_open(struct commit *commit, const struct spool *spool,
	const struct config *config, struct err *err);
void commit_close(struct commit *commit);

/* Writes what the batch holds into tmp/ and empties it. ERR_RETRY: no room, or an I/O error. */
int commit_add(struct commit *commit, struct batch *batch,
	const struct payload_meta *meta, struct err *err);

/* Is there room for the payloads of one more batch in this commit? */
bool commit_is_full(const struct commit *commit);

/* Appends the whole state document, with the payloads' names in it (commit_write_names()). */
typedef void commit_state_writer(void *context, struct buf *out);

int commit_finish(struct commit *commit, const char *program, commit_state_writer *write,
	void *context, struct err *err);

/* For an import: the payloads alone. */
int commit_publish(struct commit *commit, struct err *err);

/* "payloads": [names], as a member of the object under way. */
void commit_write_names(const struct commit *commit, struct json *json);

/* At start: publishes the payloads that root, the state last saved, names and that are still in
 * tmp/. Returns how many, or -1 with *err. */
int commit_roll_forward(
	const struct spool *spool, const struct json_node *root, struct err *err);

#endif
