/*
 * The keys and values of a jsonlog object, piece by piece: what stands between two quotes, and what
 * stands without quotes. Which of it is kept, and as what, is decided here.
 *
 * Ownership: the caller's storage; jsonlog_text_init() allocates the record's memory.
 */
#ifndef LOGTAIL_JSONLOG_TEXT_H
#define LOGTAIL_JSONLOG_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jsonlog_key.h"
#include "record.h"

#define JSONLOG_WORD_SIZE 32
#define JSONLOG_TAIL 64
#define JSONLOG_TAIL_ROOM 48

struct jsonlog_text {
	bool in_key;          /* of a string */
	int target;           /* the key whose value it is, or JSONLOG_KEY_UNKNOWN */
	int next_key;         /* the server's next one */
	uint32_t seen;        /* a bit a key */
	unsigned hex, digits; /* of \u */
	unsigned high;        /* surrogate that waits for its low one */
	char word[JSONLOG_WORD_SIZE]; /* a key or what has no quotes, as far as it fits */
	size_t word_len;
	struct slice texts[JSONLOG_TEXTS];
	struct record record;
	/* For a whole line: */
	const struct jsonlog_key *after[JSONLOG_KEYS]; /* each one: what came last time */
	char tail[JSONLOG_TAIL + JSONLOG_TAIL_ROOM];   /* the end of a line, and quotes */
};

/* False: no memory. */
bool jsonlog_text_init(struct jsonlog_text *text);
void jsonlog_text_release(struct jsonlog_text *text);

/* For the next object. */
void jsonlog_text_clear(struct jsonlog_text *text);

void jsonlog_text_begin(struct jsonlog_text *text, bool is_key);

/* What ends before end, up to which there is more to read, and holds no escapes. */
void jsonlog_text_plain(
	struct jsonlog_text *text, const char *s, size_t len, const char *end);

enum jsonlog_escape {
	JSONLOG_ESCAPE_WRONG,
	JSONLOG_ESCAPE_MORE, /* hexadecimal digits follow */
	JSONLOG_ESCAPE_END
};
enum jsonlog_escape jsonlog_text_escape(struct jsonlog_text *text, char c);
enum jsonlog_escape jsonlog_text_hex(struct jsonlog_text *text, char c);

/* own: of the object's own keys, which are looked up. */
void jsonlog_text_end_key(struct jsonlog_text *text, bool own);
void jsonlog_text_end_value(struct jsonlog_text *text);

/* A number, true, false or null is in word. False: it is none. */
void jsonlog_text_word(struct jsonlog_text *text, const char *s, size_t len);
bool jsonlog_text_end_word(struct jsonlog_text *text);

/*
 * A whole object of at most LINE_PIECE_BYTES at once: its entry, known and len included, whose texts
 * stand in the line or are kept until the next one. False: it is none, or not as simple as the server's
 * nearly all are (only strings and whole numbers, each as the server has it, no blanks between, no \u,
 * nothing to cut, no key twice, the timestamp first, JSONLOG_TAIL bytes or more); to be read piece by
 * piece.
 */
bool jsonlog_text_line(
	struct jsonlog_text *text, const char *s, size_t len, struct entry *ret_entry);

#endif
