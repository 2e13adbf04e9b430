/*
 * log_line_prefix, compiled to a byte matcher (documentation, "log_line_prefix": every escape up
 * to PostgreSQL 18, padding as in %-10u and %5p, %q, %%; an unknown escape stands for nothing, as
 * in elog.c's log_status_format()).
 *
 * A prefix ends where a severity or section word begins (log_word.h): "LOG:  ", "DETAIL:  ". Numbers,
 * times and codes are known by their form: %m has exactly three decimals, %t and %s have none. Other
 * values (%u %d %a %r %h %i %b %L) are any text, so that ends are tried until the rest fits; a value
 * is the shortest that fits, the first of them first. Where two such escapes have nothing between
 * them, the last takes it all, but for padding.
 *
 * %u %d %a %r %h %i %b %L %v %P %Q may be empty, which is not handed on (s is NULL); "[unknown]", which the
 * server prints for a user or database not yet known, is handed on as the log has it. %x and %Q are not
 * handed on when they are 0. With %q what follows it is there or not; where both fit, it is not.
 *
 * No allocation, no regular expression, time linear in the line. Bounded all the same: text is
 * looked for in the first PREFIX_LOOK_BYTES of a line, and escapes that run into each other ("%p%l")
 * get PREFIX_TRIES_MAX tries; a line that needs more does not match.
 */
#ifndef LOGTAIL_PREFIX_H
#define LOGTAIL_PREFIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entry.h"
#include "err.h"
#include "log_word.h"

#define PREFIX_STEPS_MAX 64
#define PREFIX_LOOK_BYTES 4096
#define PREFIX_TRIES_MAX 16384

enum prefix_part {
	PREFIX_LITERAL,
	PREFIX_TEXT,    /* a value without a form */
	PREFIX_SESSION, /* %q */
	PREFIX_MILLIS,  /* %m */
	PREFIX_NUMBER,  /* %p, %P, %x */
	PREFIX_FORM,    /* other values with one */
	PREFIX_TIGHT,   /* has padding, or what follows could be part of it */
	PREFIX_END
};

struct prefix_step {
	enum prefix_part part;
	char escape;       /* 'm', 'p', ...; 0: literal bytes or the end */
	bool may_be_empty; /* though it has a form */
	int padding;       /* as printf's: negative is left-justified */
	size_t at, len;    /* literal: where in struct prefix's literals */
};

/* Where the parts of a prefix go: the texts of an entry, and */
enum {
	PREFIX_TIME = ENTRY_TEXTS,
	PREFIX_NOWHERE, /* not needed, or needed as a number */
	PREFIX_PLACES
};

enum prefix_use {
	PREFIX_USE_AS_IT_IS,
	PREFIX_USE_PID,
	PREFIX_USE_PADDED,
	PREFIX_USE_ZERO_IS_NONE,
	PREFIX_USE_SESSION_ID, /* has the process id, too */
	PREFIX_USE_REMOTE,     /* address and port; first it is put where the port goes */
};

struct prefix_value {
	uint8_t step;
	uint8_t use;   /* enum prefix_use */
	uint8_t place; /* one of the PREFIX_PLACES */
};

/* For the usual line and prefix: a value (or none) and up to 8 bytes that must follow it. */
struct prefix_stride {
	uint64_t after, mask; /* those bytes as they lie in memory */
	uint8_t after_len;
	uint8_t part; /* of the value; PREFIX_LITERAL: none */
	uint8_t place;
	bool is_pid;
	char sign; /* the first of them */
	char escape;
	bool may_be_empty;
};

struct prefix {
	struct prefix_step steps[PREFIX_STEPS_MAX + 1];
	size_t count; /* without the PREFIX_END */
	struct prefix_value values[PREFIX_STEPS_MAX];
	size_t values_count;
	struct prefix_stride strides[2 * PREFIX_STEPS_MAX + 1];
	bool has_strides; /* nothing is tight or padded, and a sign ends each text */
	bool has_uses;    /* besides as it is and as process id */
	uint32_t texts;   /* bits by enum entry_text: those it may set */
	char literals[512];
	bool has_pid; /* %p or %c: entries of several processes can be told apart */
	bool has_time;
	int time_rank; /* of its best time */
};

/* ERR_CONFIG when it is too long or has too many parts; says which. */
int prefix_compile(const char *log_line_prefix, struct prefix *ret, struct err *err);

/* The same from one of its steps on. */
void prefix_from_step(const struct prefix *prefix, size_t first, struct prefix *ret);

struct span {
	uint32_t at, len;
};

/* What a line's prefix says, and the word after it. Places are counted from the line's first byte. */
struct prefix_fields {
	int64_t pid;  /* 0: it does not say */
	uint32_t has; /* the texts that are there, a bit each; none of them is empty */
	struct span places[PREFIX_PLACES]; /* PREFIX_TIME: empty if it does not say */
	struct log_word word;
	size_t len; /* of prefix and word with the blanks after it */
};

/*
 * Does line begin with this prefix and a known word after it? On false *ret is undefined.
 * %r is given as ENTRY_REMOTE_HOST and ENTRY_REMOTE_PORT. %c alone gives the pid as well: its part
 * after the dot, in hexadecimal. %m wins over %t over %n. Padding is taken off.
 */
bool prefix_read(const struct prefix *prefix, const char *line, size_t len,
	struct prefix_fields *ret);

/* The same of the line that text begins with, before its end is known, and only if that is as usual;
 * its names have no control characters then. False: prefix_read() has to look. */
bool prefix_read_usual(const struct prefix *prefix, const char *text, size_t len,
	struct prefix_fields *ret);

/* As prefix_read(): then *ret_word is that word, *ret_len the bytes of prefix and word, and of entry
 * those members are set that the prefix has (time, pid, texts; the others are left alone): slices into
 * line, absent where this line does not have them. */
bool prefix_match(const struct prefix *prefix, const char *line, size_t len,
	struct entry *entry, struct log_word *ret_word, size_t *ret_len);

#endif
