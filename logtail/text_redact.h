/*
 * One text of an entry, redacted by what it is: SQL, prose, both, parameters, or nobody knows.
 * Each function appends to out. Only out->failed tells of a failure.
 */
#ifndef LOGTAIL_TEXT_REDACT_H
#define LOGTAIL_TEXT_REDACT_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "redact.h"

/* A text, and what it has become: so many bytes of out. */
struct redacted {
	const char *s;
	size_t len, out_at, out_len;
	bool parameters; /* not SQL */
};

/* An entry has its statement, and its parameters, in a text and in its event: they are redacted once. */
#define REDACTED_KEPT 4

struct text_redact {
	enum redact_mode mode;
	bool strict; /* data quoted outside of SQL goes, too */
	bool cut;    /* the text's end is missing */
	struct buf *draft;
	struct buf *out; /* only grows */
	struct redacted kept[REDACTED_KEPT];
	size_t kept_count;
};

void text_redact_sql(struct text_redact *how, const char *s, size_t len);
void text_redact_prose(struct text_redact *how, const char *s, size_t len);

/* Quotes data or SQL in a form that is not SQL. */
void text_redact_opaque(struct text_redact *how, const char *s, size_t len);

/* Prose, and SQL from where it seems to begin. */
void text_redact_mixed(struct text_redact *how, const char *s, size_t len);

/* "$1 = 'x', $2 = NULL": the values. */
void text_redact_parameters(struct text_redact *how, const char *s, size_t len);

/* Lines of other programs, halves of lines. literals, statements: all of it goes, but for the name of
 * a program before the first colon. */
void text_redact_unknown(struct text_redact *how, const char *s, size_t len);

#endif
