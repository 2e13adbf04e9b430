/*
 * Where a run's payloads go: one batch of the spool, or standard output.
 *
 *	sink_payload(&sink, &meta, 4000, write_members, &context, &err);
 *	sink_publish(&sink, &err);	what was added becomes visible, all of it or some
 *	sink_drop(&sink, false);	if that failed: the rest of it is removed
 *
 * A payload over PAYLOAD_MAX_BYTES is written again with half the text limit, until it
 * fits: that cuts the longest texts and no others.
 */
#ifndef COLLECTOR_SINK_H
#define COLLECTOR_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "err.h"
#include "payload.h"
#include "spool_size.h"
#include "spool_write.h"

struct sink {
	const struct spool *spool; /* NULL: print */
	struct spool_limits limits;
	uint64_t size_bytes;         /* the spool's, before this run */
	uint64_t written_bytes;      /* by this run, published */
	size_t payloads;             /* published or printed */
	char first[SPOOL_NAME_SIZE]; /* of them that were published, "" before */
	struct spool_batch batch;
	struct zstd_codec *codec;
	struct buf json;
};

/* Writes the members of data, with texts of at most text_max characters. */
typedef void sink_writer(struct json *json, size_t text_max, void *context);

/* spool NULL: print. limits and size_bytes matter with a spool only. */
int sink_open(struct sink *sink, const struct spool *spool,
	const struct spool_limits *limits, uint64_t size_bytes, struct err *err);
void sink_close(struct sink *sink);

int sink_payload(struct sink *sink, const struct payload_meta *meta, size_t text_max,
	sink_writer *write, void *context, struct err *err);

/* Ends a commit and begins the next. On failure some payloads may be published and
 * some not, and sink_drop() must be called before another is added. */
int sink_publish(struct sink *sink, struct err *err);

/* leave: the files stay in tmp/, for the next run to remove. */
void sink_drop(struct sink *sink, bool leave);

/* The name of the payload that was added last and is not published, NULL when printing. */
const char *sink_last_name(const struct sink *sink);

#endif
