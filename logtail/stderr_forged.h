/*
 * Lines of a stderr log that a client may have made up. Only for stderr_log.c.
 *
 * The server writes user and database names into the prefix as they are; they are the client's, also
 * where no such role or database exists, and may have a newline or any text in them. (What it writes
 * of an application_name is ASCII without control characters; newlines in messages get a TAB.) Each
 * has at most 63 bytes (NAMEDATALEN - 1), which bounds how far a forgery reaches.
 *
 * A line is suspect when
 * 1. it has the prefix's beginning, up to the first %u or %d, but not its end, and after it no more
 *    bytes than the names may have: there a newline may have cut it. So is every line that begins
 *    within what the names may have left;
 * 2. its text goes on as the prefix does after a name, up to another severity or section word:
 *    "LOG:  made up@db FATAL:  ...". Only where the prefix has a sign besides blanks there: names
 *    with blanks are too rare, messages with ": FATAL:  " in them are not;
 * 3. its user or database name has a control character in it.
 *
 * For 1 the beginning must have a time or a process id in it. A prefix that begins with a name has
 * only 2 and 3; one without names has none.
 */
#ifndef LOGTAIL_STDERR_FORGED_H
#define LOGTAIL_STDERR_FORGED_H

#include <stdbool.h>
#include <stddef.h>

#include "entry.h"
#include "prefix.h"

struct forged {
	bool names;         /* the prefix has %u or %d */
	bool telling_begin; /* rule 1 */
	bool telling_end;   /* rule 2 */
	size_t begin_steps; /* up to the first name */
	size_t reach;       /* bytes from there to the end of the last name, at most */
	struct prefix tail; /* from the first name on */
	char sign; /* of a literal that is always in it, not a blank; NUL: it has none */
	size_t left; /* what names may have left after a newline: bytes from here on */
};

void forged_init(struct forged *forged, const struct prefix *prefix);

/* A line that fits. */
bool forged_fitting(const struct forged *forged, const struct prefix_fields *fields,
	const char *line, size_t len);

/* The same of a line whose names are known not to be odd: the text after prefix and word. */
bool forged_text(const struct forged *forged, const char *text, size_t len);

/* May that be so? For the usual text, where all is told by whether its sign is in it. */
static inline bool forged_text_may(const struct forged *forged, bool has_sign)
{
	return forged->names &&
	       (forged->left > 0 || (forged->telling_end && (has_sign || !forged->sign)));
}

/* A line that does not. whole: its end is there. */
bool forged_stray(const struct forged *forged, const struct prefix *prefix,
	const char *line, size_t len, bool whole);

/* Goes past the line that was asked about, or a piece of one, with its newline. whole_stray: it was a
 * whole line that does not fit. */
void forged_pass(struct forged *forged, const struct prefix *prefix, const char *line,
	size_t len, bool whole_stray);

#endif
