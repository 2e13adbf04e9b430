/*
 * The keys of a jsonlog object (the documentation's "Keys and Values of JSON Log Entries", and
 * backtrace), and the entry that their values make.
 */
#ifndef LOGTAIL_JSONLOG_KEY_H
#define LOGTAIL_JSONLOG_KEY_H

#include <stdbool.h>
#include <stddef.h>

#include "entry.h"
#include "record.h"

#define JSONLOG_KEYS 30
#define JSONLOG_KEY_SIZE 29
#define JSONLOG_KEY_UNKNOWN (-1)

struct jsonlog_key {
	char name[JSONLOG_KEY_SIZE]; /* then NULs */
	unsigned char len;
	unsigned char text; /* which of JSONLOG_TEXTS */
	bool is_long;       /* see record.h */
};

extern const struct jsonlog_key jsonlog_keys[JSONLOG_KEYS];

/* The entry's texts, and what it is made of besides. */
#define JSONLOG_TIMESTAMP ENTRY_TEXTS
#define JSONLOG_PID (ENTRY_TEXTS + 1)
#define JSONLOG_SEVERITY (ENTRY_TEXTS + 2)
#define JSONLOG_TEXTS (ENTRY_TEXTS + 3)

/*
 * The key of that name: 0 ... JSONLOG_KEYS - 1, or JSONLOG_KEY_UNKNOWN. *next is 0 for the first of an
 * object; the server's order makes the search short. Up to end there is more to read.
 */
int jsonlog_key_find(const char *name, size_t len, const char *end, int *next);

/* False: timestamp, severity or message are not there, or the pid is none. ret_entry untouched then. */
bool jsonlog_key_entry(const struct slice texts[JSONLOG_TEXTS],
	const struct record *record, struct entry *ret_entry);

#endif
