/*
 * log_destination = jsonlog (PostgreSQL 15): one JSON object a line.
 *
 * The server writes database text as it is: bytes that are no UTF-8 are handed on as bytes, and
 * control characters in strings are taken as they are. Keys we don't know are passed over, whatever
 * their value. A line comes in pieces; its texts are kept in memory of its own: ENTRY_KEEP_BYTES in
 * all, of which no value takes so much that the later ones are lost (record.h); the rest is counted
 * as cut.
 *
 * Escapes are undone; \u0000 and surrogates without their other half become U+FFFD. Of a key that
 * comes twice the first value counts. null, an object or an array where we expect a text: absent, as
 * are a transaction or query id of 0. An unknown severity makes an entry of LEVEL_UNPARSED with the
 * word in level_text.
 *
 * Broken is what is no JSON object, is nested deeper than JSONLOG_DEPTH_MAX, has text behind it, has
 * no timestamp, error_severity or message, or has a pid that is no number. (Within reason: a number
 * is what begins as one.)
 */
#ifndef LOGTAIL_JSONLOG_H
#define LOGTAIL_JSONLOG_H

#include <stdbool.h>
#include <stddef.h>

#include "entry.h"
#include "lines.h"
#include "record.h"

#define JSONLOG_DEPTH_MAX 32

struct jsonlog;

struct jsonlog *jsonlog_new(void); /* NULL: no memory */
void jsonlog_free(struct jsonlog *json);

/* Could this line be of jsonlog? {"timestamp":" */
bool jsonlog_starts(const char *line, size_t len);

/* Takes one piece of a line. */
enum record_result jsonlog_take(
	struct jsonlog *json, const struct line_piece *piece, struct entry *ret_entry);

/* Takes the line at data, outside of a record, where it is all there and as usual: see log_format.h. */
size_t jsonlog_feed(
	struct jsonlog *json, const char *data, size_t len, struct entry *ret_entry);

bool jsonlog_is_open(const struct jsonlog *json);

/* The line under way goes no further: an entry where timestamp, level and message are there
 * (cut_bytes is then at least 1), else BROKEN. Nothing open: MORE. */
enum record_result jsonlog_finish(struct jsonlog *json, struct entry *ret_entry);

/* The raw text of the broken line, at most its first 64 KiB, and the bytes cut of it. */
struct slice jsonlog_raw(const struct jsonlog *json, uint64_t *ret_cut_bytes);

#endif
