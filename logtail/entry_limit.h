/*
 * An entry's texts, cut to what a payload may carry (the limits in entry_json.h).
 */
#ifndef LOGTAIL_ENTRY_LIMIT_H
#define LOGTAIL_ENTRY_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entry.h"
#include "event.h"

struct entry_cuts {
	uint64_t texts;  /* a bit each enum entry_text, */
	uint64_t values; /* and each of the event's: it ends in JSON_TRUNCATED */
	uint64_t bytes;  /* left out by all of it */
};

/* May entry_limit() have anything to do? texts_len: of all the entry's texts. */
bool entry_needs_limit(
	const struct entry *entry, const struct event *event, size_t texts_len);

/* Shortens the slices of entry and event. */
void entry_limit(struct entry *entry, struct event *event, struct entry_cuts *ret_cuts);

#endif
