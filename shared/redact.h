/*
 * SQL text without what it must not carry off the machine.
 *
 * Passwords are masked in every mode: the literal after PASSWORD (CREATE/ALTER ROLE, USER MAPPING
 * and SUBSCRIPTION options included), and password=… or a URI's user:password@ inside any literal.
 * Server text is any bytes and may be cut anywhere: a literal that does not end is masked whole.
 * The lexical rules are PostgreSQL's: '…' with '' inside, E'…' with backslashes, $tag$…$tag$,
 * "…", -- and nested comments (documentation, "Lexical Structure").
 */
#ifndef SHARED_REDACT_H
#define SHARED_REDACT_H

#include <stddef.h>

#include "buf.h"

enum redact_mode {
	REDACT_NONE,       /* passwords only */
	REDACT_LITERALS,   /* string and numeric literals become '***' and 0 */
	REDACT_STATEMENTS, /* the whole text becomes its first word and "..." */
};

#define REDACT_MASK "'***'"

/* Appends sql, redacted, to out. Only out->failed tells of a failure. */
void redact_sql(enum redact_mode mode, const char *sql, size_t len, struct buf *out);

/* Replaces every occurrence of secret in text (in place) by '*'. Empty or NULL secrets do nothing. */
void redact_secret(char *text, const char *secret);

#endif
