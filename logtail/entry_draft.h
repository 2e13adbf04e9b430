/*
 * The writing of an entry's JSON (entry_json.h): in two steps, for the texts tell while they are written
 * what they may hold, and the correlation id that one of them has stands behind them.
 *
 *	struct entry_draft draft = { .writer = …, .entry = …, .event = …, .cuts = …, .known = … };
 *	at = entry_draft_texts(&draft, at, &wall_us);
 *	at = entry_draft_rest(&draft, at, &facts);
 *
 * There are entry_draft_room() bytes at `at`; what is behind the object may have changed.
 */
#ifndef LOGTAIL_ENTRY_DRAFT_H
#define LOGTAIL_ENTRY_DRAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entry.h"
#include "entry_json.h"
#include "entry_limit.h"
#include "event.h"

/* A text that is written already. */
struct entry_shown {
	struct slice text;
	const char *at;
	size_t len;
};

/* All but maybe and what is shown is the caller's. */
struct entry_draft {
	struct entry_writer *writer;
	const struct entry *entry;
	const struct event *event;
	const struct entry_cuts *cuts;
	uint32_t known; /* entry_known() */
	bool maybe;     /* it may hold what text_hints() tells of */
	struct entry_shown message, detail;
};

/* The most an object may take whose texts have `len` bytes. */
size_t entry_draft_room(const struct entry *entry, size_t len, const struct event *event);

/* The texts but the last (ENTRY_LAST_TEXTS). *ret_wall_us: the time, 0 where it is unknown or none. */
char *entry_draft_texts(struct entry_draft *draft, char *at, int64_t *ret_wall_us);

/* The correlation id, the event, the last texts and the object's end. */
char *entry_draft_rest(
	struct entry_draft *draft, char *at, const struct entry_facts *facts);

#endif
