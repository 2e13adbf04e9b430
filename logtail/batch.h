/*
 * Entries on their way into payloads.
 *
 * They are kept as the JSON they will be sent as, one after the other, each with its group: the log
 * it comes from and, where it has one, its correlation id. A group becomes a payload of its own, so
 * that the listener finds a request's entries by the envelope's correlation_id. At most
 * BATCH_IDS_MAX ids a commit; the entries of more stay with their log's others, counted in
 * ids_not_split.
 *
 *	batch_add(&batch, &writer, &entry, now_s);	until batch_is_full()
 *	while (batch_next_payload(&batch, &meta, &payload)) ...
 *	batch_clear(&batch, committed);
 *
 * Memory: BATCH_BYTES, plus what the two entries that one line can end have beyond it, and a payload.
 */
#ifndef LOGTAIL_BATCH_H
#define LOGTAIL_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "correlation.h"
#include "entry.h"
#include "entry_json.h"
#include "err.h"
#include "payload.h"

#define BATCH_BYTES (PAYLOAD_MAX_BYTES - (40 << 10))
#define BATCH_ENTRIES_MAX 16384
#define BATCH_IDS_MAX 50
#define BATCH_GROUPS_MAX 64

struct batch_group {
	char id[CORRELATION_ID_LEN + 1]; /* "" for the entries without one */
	uint64_t log;                    /* the generation's serial */
	char *file;                      /* its name then; owned */
	uint64_t not_split;
	size_t first; /* entry to go on with, while payloads are made */
};

struct batch_entry {
	size_t at, len;
	int64_t wall_us;
	uint16_t group;
	uint8_t level;
};

struct batch {
	/* Each object is followed by a comma; before and behind them is room for a payload's rest. */
	struct buf text;
	struct buf around;  /* a payload without its entries */
	struct buf payload; /* one whose entries don't stand side by side */
	struct batch_entry *entries;
	size_t count;
	struct batch_group groups[BATCH_GROUPS_MAX];
	size_t groups_count;
	size_t latest; /* the group of the entry before */
	char ids[BATCH_IDS_MAX][CORRELATION_ID_LEN + 1]; /* of this commit */
	size_t ids_count;
	double first_s; /* monotonic, of the first entry */
	double id_s;    /* of the first entry with an id; 0 for none */
	size_t group;   /* whose payloads are being made */
};

/* Its memory is taken at once: batch_add() fails only where that failed. */
int batch_init(struct batch *batch, struct err *err);
void batch_release(struct batch *batch);

/*
 * Adds an entry of a log, which is called file now. Returns -1 when memory is
 * short; the entry is then not in it: stop, and read it again after a restart. There is always room for two after batch_is_full().
 */
int batch_add(struct batch *batch, struct entry_writer *writer, const struct entry *entry,
	uint64_t log, const char *file, double now_s);

/* Bytes of a log that are gone: an entry of LEVEL_GAP. Times are ISO 8601, NULL where not known. */
struct gap {
	uint64_t log;
	const char *file;
	bool bytes_known;
	uint64_t bytes;
	int64_t from_wall_us, to_wall_us; /* 0: not known */
	const char *what;                 /* "truncated before it was read", ... */
};
int batch_add_gap(struct batch *batch, const struct gap *gap, double now_s);

bool batch_is_full(const struct batch *batch);

/* The JSON of the next payload, at most PAYLOAD_MAX_BYTES, valid until the next call. meta's
 * correlation_id and wall_us are filled in here. s is NULL where it does not fit or memory is short:
 * its entries are lost. False: that was all. */
bool batch_next_payload(
	struct batch *batch, const struct payload_meta *meta, struct slice *ret_json);

/* Empties it. committed: the next entry begins a new commit, with ids of its own. */
void batch_clear(struct batch *batch, bool committed);

#endif
