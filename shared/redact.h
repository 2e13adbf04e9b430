/*
 * SQL text without what it must not carry off the machine.
 *
 * Passwords are masked in every mode: what follows PASSWORD or IDENTIFIED BY (in CREATE and ALTER ROLE
 * even without quotes), and what password_mask.h finds inside literals, names and comments: password=…,
 * a URI's user:password@, JSON, SQL in a function's body.
 * Server text is any bytes and may be cut anywhere: a literal that does not end is masked whole, and
 * where quotes do not match so that a password might stand outside of them, so is the rest.
 * Out of reach: a password that no word announces (VALUES ('u', 'secret'), format('… %L', 'secret')).
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
