/*
 * The keys of a jsonlog object (the documentation's "Keys and Values of JSON Log Entries", and
 * backtrace), and the entry that their values make.
 */
#ifndef LOGTAIL_JSONLOG_KEY_H
#define LOGTAIL_JSONLOG_KEY_H

#include <stdbool.h>
#include <stddef.h>

#include "chars16.h"
#include "entry.h"
#include "record.h"

#define JSONLOG_KEYS 30
#define JSONLOG_KEY_UNKNOWN (-1)

struct jsonlog_key {
	/* What stands in a line before the key's value, if it is of the kind that the server writes: the
	 * comma (of the first key, the brace) and `"name":`, of a string also its quote. Then NULs. */
	_Alignas(4 * CHARS16) char member[2 * CHARS16];
	uint32_t member_bits; /* a bit for each of its bytes */
	uint32_t text_bit;
	unsigned char member_len;
	unsigned char name_len; /* from member + JSONLOG_KEY_NAME on */
	unsigned char text;     /* which of JSONLOG_TEXTS */
	bool is_number;
	bool is_long; /* see record.h */
};
#define JSONLOG_KEY_NAME 2

/* As the server has them, in its order. */
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

/* Does the member of that key, and of its kind, begin at `at`? There are 2 * CHARS16 bytes to read. */
static inline bool jsonlog_key_begins(const struct jsonlog_key *key, const char *at)
{
	uint32_t low = chars16_bits(chars16_load(key->member) == chars16_load(at)),
		 high = chars16_bits(chars16_load(key->member + CHARS16) ==
				     chars16_load(at + CHARS16));

	return (~(low | high << CHARS16) & key->member_bits) == 0;
}

/* False: timestamp, severity or message are not there, or the pid is none. ret_entry untouched then. */
bool jsonlog_key_entry(const struct slice texts[JSONLOG_TEXTS],
	const struct record *record, struct entry *ret_entry);

#endif
