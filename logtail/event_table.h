/*
 * The classes of messages: data, compiled by event.c.
 *
 * The names in the patterns are the values' keys in the payload; the unit is in the name
 * where there is one. None is a key of the entry itself, except duration_ms and
 * statement, which are meant to be the entry's own.
 */
#ifndef LOGTAIL_EVENT_TABLE_H
#define LOGTAIL_EVENT_TABLE_H

#include <stddef.h>

#include "entry.h"
#include "event.h"

struct event_class {
	const char *name;
	const char *what; /* for the manual: one line, no full stop */
	unsigned
		levels; /* AT() those the server says it at, TIMED() behind "duration: 1.234 ms  " */
	/* Patterns (event_pattern.h), ending in NULL; the first that fits counts. Where there are
	 * `lines`, message is compared with the first line only, and each further line with them. A
	 * message's pattern begins with literal text, three bytes or more, and has four or more. */
	const char *const *message;
	const char *const *lines;
	const char *const *detail;
	/* What no pattern can read; NULL: nothing. */
	void (*more)(const struct entry *entry, struct event *event);
};

/* For the tables: levels, and lists of patterns. */
#define AT(level) (1u << LEVEL_##level)
#define LOGGED AT(LOG)
#define WARNED (AT(LOG) | AT(WARNING))
#define FAILED (AT(ERROR) | AT(FATAL) | AT(PANIC))
#define TOLD (AT(DEBUG) | AT(LOG) | AT(INFO) | AT(NOTICE) | AT(WARNING))
#define TIMED_SHIFT 16
#define TIMED(levels) ((levels) << TIMED_SHIFT)
#define ANY(...)                          \
	(const char *const[])             \
	{                                 \
		__VA_ARGS__, (char *)NULL \
	}

/* What the server does: event_table.c. */
extern const struct event_class event_classes[];
extern const size_t event_class_count;

/* What goes wrong, on the machine and in SQL: event_table_error.c. */
extern const struct event_class event_error_classes[];
extern const size_t event_error_class_count;

/* DETAIL of any message. */
extern const char *const event_any_detail[];

#endif
