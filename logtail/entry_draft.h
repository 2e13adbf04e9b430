/*
 * The writing of an entry's JSON (entry_json.h): in two steps, for the texts tell while they are written
 * what they may hold, and the correlation id that one of them has stands behind them.
 *
 *	struct entry_draft draft = { .writer = …, .entry = …, .event = …, .cuts = …, .known = … };
 *	entry_draft_texts(&draft, out, &wall_us);
 *	entry_draft_rest(&draft, &facts);
 *	pen_leave(&draft.pen);
 */
#ifndef LOGTAIL_ENTRY_DRAFT_H
#define LOGTAIL_ENTRY_DRAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "entry.h"
#include "entry_json.h"
#include "entry_limit.h"
#include "event.h"
#include "pen.h"

/* A text that stands in out already. */
struct entry_shown {
	struct slice text;
	size_t at, len;
};

/* All but pen, maybe and what is shown is the caller's. */
struct entry_draft {
	struct pen pen;
	struct entry_writer *writer;
	const struct entry *entry;
	const struct event *event;
	const struct entry_cuts *cuts;
	uint32_t known; /* entry_known() */
	bool maybe;     /* it may hold what text_hints() tells of */
	struct entry_shown message, detail;
};

/* Up to the last text. *ret_wall_us: the entry's time, 0 where it is unknown or has none. */
void entry_draft_texts(struct entry_draft *draft, struct buf *out, int64_t *ret_wall_us);

/* The correlation id, the event and the object's end. */
void entry_draft_rest(struct entry_draft *draft, const struct entry_facts *facts);

#endif
