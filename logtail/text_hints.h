/*
 * What a text may hold that needs a closer look, told in one quick pass over it.
 *
 * Most texts hold none of it, and the masks of shared/ go a character at a time. A hint promises
 * nothing; but without one redact_sql(REDACT_NONE) and password_mask() would change nothing, and
 * correlation_id_find() would find nothing.
 */
#ifndef LOGTAIL_TEXT_HINTS_H
#define LOGTAIL_TEXT_HINTS_H

#include <stdbool.h>
#include <stddef.h>

enum text_hint {
	HINT_PASSWORD = 1,    /* PASSW…, IDENTIFIED, "://" */
	HINT_CORRELATION = 2, /* "bitville-" */
};

/* Some of enum text_hint, or 0. */
unsigned text_hints(const char *s, size_t len);

/* json_put_text(), and on its way: *maybe becomes true where text_hints() may have something to say. */
char *text_hints_put(char *at, const char *s, size_t len, bool *maybe);

/* The same as any machine can do it. */
char *text_hints_put_narrow(char *at, const char *s, size_t len, bool *maybe);

#endif
