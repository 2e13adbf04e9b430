/*
 * The table of events, compiled: only for event.c, which finds in it, and event_index.c, which makes it.
 */
#ifndef LOGTAIL_EVENT_INDEX_H
#define LOGTAIL_EVENT_INDEX_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "event_pattern.h"
#include "event_step.h"
#include "event_table.h"

#define EVENT_DURATION "duration_ms"

/* Openings are told apart by their first three bytes. None has fewer, and there is no text of fewer
 * than four that one begins. */
#define EVENT_SLOT_BYTES 3
#define EVENT_SLOT_BITS 10
#define EVENT_SLOTS (1 << EVENT_SLOT_BITS)

/* A class, its patterns compiled. */
struct known {
	const char *name;
	const struct event_class *as;
	struct event_key key;
	struct event_patterns message, lines, detail;
	bool sql; /* a value of the message may be event_is_sql() */
};

/* A text a message of a class can begin with. */
struct opening {
	struct event_head head;
	unsigned levels;
	bool whole; /* what follows it is one value, and all that there is to find */
	const struct known *known;
};

struct event_table {
	struct known *classes;
	size_t class_count;
	struct event_patterns any_detail;
	/* Those whose first bytes have slot n: from slots[n] up to slots[n + 1]. */
	struct opening *openings, *slots[EVENT_SLOTS + 1];
	uint64_t duration_bit; /* of "duration_ms" */
};

/* Of a text of four bytes or more. */
static inline size_t event_slot(const char *s)
{
	const uint32_t bytes = le32toh(event_load4(s)) << (32 - 8 * EVENT_SLOT_BYTES);

	return bytes * UINT32_C(0x9e3779b1) >> (32 - EVENT_SLOT_BITS);
}

#endif
