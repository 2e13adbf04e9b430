/*
 * Prose of the server (messages, DETAIL, HINT, CONTEXT) without the data it quotes, for
 * collection.redact = literals and statements.
 *
 * 'single' and foreign quotes quote data; "double" ones do unless the word before them says that an
 * identifier follows (relation "t"), as PostgreSQL's own messages have it (documentation, "Error
 * Message Style Guide"). Where the data ends can't be told: it is masked up to the last quote.
 * Out of reach: data without quotes (RAISE EXCEPTION 'no customer %').
 */
#ifndef LOGTAIL_PROSE_REDACT_H
#define LOGTAIL_PROSE_REDACT_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

#define PROSE_MASK "***"

/* Appends the text to out, masked. cut: its end is missing, a last quote says nothing. */
void prose_redact(const char *s, size_t len, bool cut, struct buf *out);

/* Where SQL seems to begin in prose that no class knows: a statement's first word after ": ".
 * len: nowhere. */
size_t prose_sql_at(const char *s, size_t len);

#endif
