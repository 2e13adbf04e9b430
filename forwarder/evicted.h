/*
 * What was evicted: totals, and the newest of it in parts, so that a reader who knows up to which
 * total he was told finds the names of what came after. All of it is pure.
 *
 * The parts add up to the total, as far as they were written; each is a slice of an eviction, and
 * where they get too many the oldest grow together, those of one eviction first.
 * Units: bytes of disk blocks.
 */
#ifndef FORWARDER_EVICTED_H
#define FORWARDER_EVICTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spool_name.h"

#define EVICTED_PARTS_MAX 64

struct evicted {
	uint64_t files, bytes;
	char first[SPOOL_NAME_SIZE], last[SPOOL_NAME_SIZE];
};

/* Adds b's files to a: totals, the first of all and the last of all. */
void evicted_add(struct evicted *a, const struct evicted *b);

struct evicted_parts {
	struct {
		struct evicted what;
		bool begins;       /* an eviction: what is before it is of another */
	} list[EVICTED_PARTS_MAX]; /* newest last */
	size_t count;
};

void evicted_parts_add(
	struct evicted_parts *parts, const struct evicted *slice, bool begins);

/* The slice that was added last turned out as that: files of it could not be removed. */
void evicted_parts_correct(struct evicted_parts *parts, const struct evicted *is);

#endif
