/*
 * What of a message no pattern can read. Called once the message's own pattern fits.
 */
#ifndef LOGTAIL_EVENT_MORE_H
#define LOGTAIL_EVENT_MORE_H

#include "entry.h"
#include "event.h"

/* `plan` of auto_explain; in its text form also `statement` and `parameters`. */
void event_more_plan(const struct entry *entry, struct event *event);

/* `deadlock_pids`, `lock_mode` and `lock_object` (what the first of them waits for), and
 * `deadlock_sql_1` to `_4`, out of DETAIL. */
void event_more_deadlock(const struct entry *entry, struct event *event);

/* `session_ms` out of `session_time`: "H:MM:SS.mmm". */
void event_more_session_ms(const struct entry *entry, struct event *event);

#endif
