/*
 * An entry without what it must not carry off the machine (redact.h; the rules in entry_json.h).
 *
 * In mode none only passwords go. But where a statement held one, the texts around it that may repeat
 * it unannounced (parameters, a failing row, what a message quotes) have their data masked as in
 * mode literals.
 */
#ifndef LOGTAIL_ENTRY_REDACT_H
#define LOGTAIL_ENTRY_REDACT_H

#include "buf.h"
#include "entry.h"
#include "event.h"
#include "redact.h"

/* Redacts the texts of entry and the values of event. They then stand in `texts` (emptied first);
 * draft is for what lies between. Only texts->failed tells of a failure: the entry is not to be
 * used then. */
void entry_redact(enum redact_mode mode, struct entry *entry, struct event *event,
	struct buf *draft, struct buf *texts);

#endif
