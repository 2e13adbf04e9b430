/*
 * A compiled log_line_prefix along a line: where its values are and the word after it.
 */
#ifndef LOGTAIL_PREFIX_WALK_H
#define LOGTAIL_PREFIX_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include "entry.h"
#include "log_word.h"
#include "prefix.h"

struct prefix_found {
	size_t steps; /* so many of the prefix's; fewer than all where it ended at %q */
	struct slice values
		[PREFIX_STEPS_MAX]; /* of steps that are escapes; text with its padding */
	size_t len;                 /* without the word */
	bool whole;                 /* with the word */
	struct log_word word;
};

/* As prefix_match(). On false *ret is undefined. */
bool prefix_walk(const struct prefix *prefix, const char *line, size_t len,
	struct prefix_found *ret);

/* Fills in what prefix_strides.h goes by, from the steps. */
void prefix_add_strides(struct prefix *prefix);

#endif
