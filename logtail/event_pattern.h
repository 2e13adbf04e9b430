/*
 * A pattern over a message: literal text with values in it, and options.
 *
 *	process {lock_pid:int} still waiting for {lock_mode} on {lock_object} after {waited_ms:num} ms
 *	connection received: host={client_host}[ port={client_port:int}]
 *	received {shutdown_mode=fast|smart|immediate} shutdown request
 *
 * It fits a text as a whole, from its first byte to its last. `{name}` is text up to what
 * follows it in the pattern: the first place where that stands, or, where it is the
 * pattern's last literal, the text's end. `{name:kind}` is a value of that kind (see
 * kinds in event_pattern.c); int, num and ints end by themselves. `{name=a|b}` is one of
 * those texts, the first that fits (put the longer first). Without a name nothing is
 * recorded: `{}` skips. An empty value is none. `[…]` is there or not; may be nested, and
 * begins with a literal or a choice. There are no escapes: messages with braces or brackets
 * of their own are out of reach. Nothing is tried twice in two ways, so that the
 * time is linear in the text.
 *
 * Ownership: event_pattern_new() allocates, copies text; a value's name belongs to the
 * pattern.
 */
#ifndef LOGTAIL_EVENT_PATTERN_H
#define LOGTAIL_EVENT_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "entry.h"
#include "event.h"

struct event_pattern;

/* NULL: no memory, or the pattern is malformed. */
struct event_pattern *event_pattern_new(const char *text);
void event_pattern_free(struct event_pattern *pattern);

/* Adds the pattern's values to event where it fits; else changes nothing. */
bool event_pattern_match(
	const struct event_pattern *pattern, struct slice text, struct event *event);

/* The n-th of the texts the pattern can begin with: literal text, never empty. False: there are no
 * more. A pattern that begins with any other value has none. */
bool event_pattern_head(
	const struct event_pattern *pattern, size_t n, struct slice *ret_head);

/* Adds a value to event, unless it is empty, there is no room, or the name is taken. */
void event_add(struct event *event, const char *name, enum event_value_kind kind,
	const char *s, size_t len);

#endif
