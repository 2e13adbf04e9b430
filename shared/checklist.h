/*
 * The answer of --test: one line a check, to standard output.
 *
 *	ok    spool /var/lib/…: writable
 *	FAIL  connect: password authentication failed
 *	      mend: …
 *	            … (a mend may have several lines)
 */
#ifndef SHARED_CHECKLIST_H
#define SHARED_CHECKLIST_H

#include <stdbool.h>

struct checklist {
	unsigned failed;
	unsigned warned;
};

void checklist_ok(struct checklist *list, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* mend says how to get it right: a command, SQL or a setting; NULL where the text says it all. */
void checklist_warn(struct checklist *list, const char *mend, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void checklist_fail(struct checklist *list, const char *mend, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
