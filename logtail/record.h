/*
 * The memory of one record of csvlog or jsonlog: its texts, one behind the other, and its raw bytes
 * for the case that it turns out to be no record.
 *
 *	record_text_begin(&record, true);
 *	record_text_add(&record, s, len); ...
 *	text = record_text(&record);
 *
 * A text belongs to one of two kinds. Short ones (names, numbers) keep RECORD_SHORT_BYTES. Long ones
 * (message, SQL) keep all that is left but RECORD_LONG_BYTES for each long one that may still come,
 * so that none is lost to one before it. Where a text is cut depends on the texts alone, not on how
 * they came in pieces.
 *
 * Ownership: the caller's storage; record_init() allocates what it holds, record_release() frees it.
 * Texts are valid until record_clear().
 */
#ifndef LOGTAIL_RECORD_H
#define LOGTAIL_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "entry.h"

#define RECORD_SHORTS 24
#define RECORD_SHORT_BYTES ((size_t)1 << 10)
#define RECORD_LONGS 7
#define RECORD_LONG_BYTES ((size_t)8 << 10)
#define RECORD_RAW_BYTES ((size_t)64 << 10)
#define RECORD_SLACK 16
/* As long as all texts have no more, no long one comes to its limit. */
#define RECORD_EASY_BYTES ((size_t)128 << 10)

/* What a reader of records says to the piece of a line it was given. */
enum record_result {
	RECORD_MORE, /* within a record */
	/* It is whole: *ret_entry, valid until the next call and as long as the piece, in which its texts
	 * may lie. */
	RECORD_ENTRY,
	/* What was taken since the record began, up to the end of this line, is none: see its _raw(). The
	 * next line begins anew. */
	RECORD_BROKEN,
	/* The same of what was taken before this piece, which begins a record of its own and was not
	 * taken: take it again. */
	RECORD_TORN,
};

struct record {
	char *kept;          /* ENTRY_KEEP_BYTES */
	size_t len;          /* used of it */
	size_t start, limit; /* of the text under way */
	bool is_long;
	unsigned longs;    /* begun */
	size_t long_bytes; /* used by those that have ended */
	uint64_t cut_bytes;
	char *raw; /* RECORD_RAW_BYTES */
	size_t raw_len;
	uint64_t raw_cut_bytes;
};

/* False: no memory. */
bool record_init(struct record *record);
void record_release(struct record *record);

/* For the next record. */
void record_clear(struct record *record);

void record_text_begin_long(struct record *record);
void record_text_add_cut(struct record *record, const char *s, size_t len);

/* Ends the text before it. At most RECORD_SHORTS and RECORD_LONGS a record. */
static inline void record_text_begin(struct record *record, bool is_long)
{
	if (record->is_long)
		record->long_bytes += record->len - record->start;
	record->is_long = is_long;
	record->start = record->len;
	if (is_long)
		record_text_begin_long(record);
	else
		record->limit = record->len + RECORD_SHORT_BYTES;
}

static inline void record_text_add(struct record *record, const char *s, size_t len)
{
	if (len > record->limit - record->len) {
		record_text_add_cut(record, s, len);
		return;
	}
	memcpy(record->kept + record->len, s, len);
	record->len += len;
}

/* The same of what ends before end, up to which there is more to read: most texts are short, and one
 * copy of constant size is faster then. */
static inline void record_text_add_some(
	struct record *record, const char *s, size_t len, const char *end)
{
	if (len > RECORD_SLACK || end - s < RECORD_SLACK ||
		len > record->limit - record->len) {
		record_text_add(record, s, len);
		return;
	}
	memcpy(record->kept + record->len, s, RECORD_SLACK);
	record->len += len;
}

/* The text under way, as far as it goes. */
static inline struct slice record_text(const struct record *record)
{
	return (struct slice){ record->kept + record->start,
		record->len - record->start };
}

void record_raw_add_cut(struct record *record, const char *s, size_t len);

static inline void record_raw_add(struct record *record, const char *s, size_t len)
{
	if (len > RECORD_RAW_BYTES - record->raw_len) {
		record_raw_add_cut(record, s, len);
		return;
	}
	memcpy(record->raw + record->raw_len, s, len);
	record->raw_len += len;
}

struct slice record_raw(const struct record *record, uint64_t *ret_cut_bytes);

/* The server's "0" of an id says that there is none. */
void record_drop_zero(struct slice *text);

/* Sets level and level_text to the severity as it stands in the log. One that no catalogue has is LEVEL_UNPARSED, its word in
 * level_text. */
void record_set_level(struct entry *entry, struct slice word);

/* A process id: 1 to 18 digits. False: it is none. */
bool record_read_pid(struct slice text, int64_t *ret_pid);

#endif
