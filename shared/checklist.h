/*
 * The answer of --test: one line a check and a last one that counts, to standard output.
 *
 *	ok    spool /var/lib/…: writable
 *	FAIL  connect: password authentication failed
 *	      mend: …
 *	            … (a mend may have several lines)
 *	1 ok, 0 warn, 1 FAIL
 *
 * On a terminal the marks have colours, unless NO_COLOR is set (no-color.org) or TERM is dumb or
 * not set. What could be a terminal's command in a text becomes '?'.
 */
#ifndef SHARED_CHECKLIST_H
#define SHARED_CHECKLIST_H

#include <stdbool.h>

struct checklist {
	unsigned passed;
	unsigned warned;
	unsigned failed;
};

void checklist_ok(struct checklist *list, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* mend says how to get it right: a command, SQL or a setting; NULL where the text says it all. */
void checklist_warn(struct checklist *list, const char *mend, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void checklist_fail(struct checklist *list, const char *mend, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The last line. True when nothing failed. */
bool checklist_end(const struct checklist *list);

#endif
