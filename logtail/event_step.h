/*
 * A compiled pattern: event_pattern.c makes it, event_match.c holds texts against it.
 */
#ifndef LOGTAIL_EVENT_STEP_H
#define LOGTAIL_EVENT_STEP_H

#include <stdbool.h>
#include <stddef.h>

#include "entry.h"
#include "event.h"

enum step_op {
	STEP_LITERAL,
	STEP_VALUE,  /* of a kind */
	STEP_CHOICE, /* text: "a|b" */
	STEP_OPTION, /* the next `inside` steps, or none of them */
};

struct step {
	enum step_op op;
	enum event_value_kind kind;
	size_t inside;
	const char *name;     /* "": not recorded */
	const char *text;     /* of a literal, a choice */
	size_t len;           /* of a choice: its first */
	struct event_key key; /* of a value, a choice: name's */
};

struct event_pattern {
	char *text;  /* what the steps point into */
	bool simple; /* literal text, then one value up to the end */
	size_t count;
	struct step steps[];
};

/* The n-th of a choice's texts. False: it has no more. */
bool step_part(const struct step *step, size_t n, struct slice *ret_part);

#endif
