/*
 * An open generation: its bytes on their way into its parser.
 *
 * Ownership: reading_open() allocates; reading_close() accepts NULL.
 */
#ifndef LOGTAIL_READING_H
#define LOGTAIL_READING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "entry.h"
#include "err.h"
#include "generation.h"
#include "log_parser.h"
#include "log_reader.h"

/* One read(2); the unfinished line before it stands in front of it. */
#define READ_BLOCK_BYTES ((size_t)64 << 10)
#define READ_BUFFER_BYTES (READ_BLOCK_BYTES + LINE_PIECE_BYTES)

struct reading {
	struct log_reader *reader;
	struct log_parser *parser;
	struct buf
		rest; /* read, not yet taken: an unfinished line, or more when the sink was full */
	uint64_t taken; /* offset of the first byte that the parser has not taken */
	char tail[FINGERPRINT_BYTES]; /* the bytes before generation->offset */
	size_t tail_len;
	char head[FINGERPRINT_BYTES];
	size_t head_len;
	double last_data_s;        /* monotonic; when bytes came last */
	double deleted_s;          /* when it was found to be deleted, 0: it was not */
	bool at_end;               /* the last read found no more */
	bool sink_full;            /* some of rest is whole lines */
	bool failed;               /* broken or unreadable, told */
	uint64_t misfits, fitting; /* of the parser's counts, when last looked at */
	uint64_t told_misfits, told_fitting; /* and when last told */
};

/* Opens the generation's file where it was seen last, to go on at its offset. ERR_RETRY: gone or not
 * readable now; ERR_REJECT: it is another file by now, or broken. */
int reading_open(struct generation *generation, const struct prefix *prefix, double now_s,
	struct err *err);
void reading_close(struct reading *reading);

/* Goes on in the same generation's new place (path, dev and ino are set already). */
int reading_reopen(struct generation *generation, struct err *err);

enum reading_result {
	READING_DATA, /* some was taken */
	READING_END,  /* there is no more for now */
	READING_FULL, /* the sink takes no more for now */
	READING_OTHER, /* the file holds another generation by now: look at the directory */
	READING_FAILED /* *err */
};

/*
 * Reads a block and feeds it. buffer: READ_BUFFER_BYTES, shared by all. What was read counts only
 * after the file was found to hold this generation still: it may be truncated at any time.
 */
enum reading_result reading_step(struct generation *generation, char *buffer,
	double now_s, entry_sink *sink, void *context, struct err *err);

/* The unfinished line at the end is taken as it is, and every open entry handed on. finish: for good.
 * False: the sink is full, call again. */
bool reading_flush(struct generation *generation, bool finish, double now_s,
	entry_sink *sink, void *context);

/* The open entries that an earlier run saved, where the file they began in is gone. False: the sink is
 * full, or memory is short: call again. */
bool reading_hand_on_saved(struct generation *generation, const struct prefix *prefix,
	double now_s, entry_sink *sink, void *context);

/* Does the open file still begin as it did, and reach as far as was read? */
bool reading_holds(const struct generation *generation);

/* Notes in the generation what stands before its offset, for when it is saved or closed. */
void reading_keep_tail(struct generation *generation);

/* Can generation->offset be saved now? Not within a line too long to wait for. */
bool reading_is_safe(const struct generation *generation);

#endif
