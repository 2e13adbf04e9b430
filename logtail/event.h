/*
 * What a message says, by class: a name for `event`, and the values in it.
 *
 * Table-driven: a class is one entry of event_table.c, a pattern over the English message
 * and, where the class has them, over the message's further lines and over DETAIL:
 *	{ "lock_wait", …, "process {lock_pid:int} still waiting for {lock_mode} on {lock_object} after …" }
 * The table is compiled once (event_pattern.h); an entry is looked up by its first bytes,
 * so that a message of no class costs next to nothing. event_find() allocates nothing and
 * takes time linear in the texts. A message in another language is of no class.
 * duration_ms comes last. `parameters` and `prepare_statement` (SQL) are found whatever the
 * class, and where
 * there is none.
 *
 * Facts: the texts are those of PostgreSQL 12 to 18. Anybody who may RAISE LOG can write
 * such a message: a class says what a message says, not who said it.
 */
#ifndef LOGTAIL_EVENT_H
#define LOGTAIL_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entry.h"

#define EVENT_VALUES_MAX 40
#define EVENT_MADE_BYTES 256

enum event_value_kind {
	EVENT_INT,        /* digits, as they stand, perhaps after a minus */
	EVENT_NUMBER,     /* a decimal number, as it stands */
	EVENT_TEXT,       /* prose or an identifier */
	EVENT_SQL,        /* SQL text: goes through redaction as SQL */
	EVENT_PARAMETERS, /* "$1 = 'x', $2 = NULL": redacted as values */
	EVENT_INT_LIST,   /* "123, 456": an array of integers, at least one */
	EVENT_OPAQUE,     /* quotes data or SQL in a form that is not SQL: masked whole */
};

/* A name with what stands around it in JSON: ,"name": of a value, ,"event":"name" of a class. */
#define EVENT_KEY_SIZE 48
struct event_key {
	char text[EVENT_KEY_SIZE]; /* NULs behind it: all of it is copied */
	size_t len;
};

struct event_value {
	const char *name; /* the key in the payload; no two of an event have the same */
	enum event_value_kind kind;
	struct slice text; /* into the entry's texts, or into `made` below; never empty */
	const struct event_key *key; /* of name; NULL: not at hand */
};

struct event {
	const char *name;            /* "" where the message is of no class */
	const struct event_key *key; /* of name, where it has one */
	struct event_value values[EVENT_VALUES_MAX];
	size_t count;
	/* A bit for each value's name (event_step.h). */
	uint64_t names;
	/* Where in ENTRY_MESSAGE SQL text or data begins, to its end ("statement: SELECT …"); the
	 * message's length where there is none. For redaction. */
	size_t sql_at;
	/* What begins there is no plain SQL (a plan as JSON, a value that was refused): where literals
	 * are masked, mask it whole. */
	bool opaque;
	char made[EVENT_MADE_BYTES]; /* values that don't stand in the log as they are */
	size_t made_len;
};

struct event_table;

struct event_table *event_table_new(void); /* NULL: no memory */
void event_table_free(struct event_table *table);

/* Looks at level, ENTRY_MESSAGE, ENTRY_DETAIL and ENTRY_CONTEXT of entry. What it returns is valid
 * as long as entry's texts, the table and ret_event, where it is. */
void event_find(const struct event_table *table, const struct entry *entry,
	struct event *ret_event);

#endif
