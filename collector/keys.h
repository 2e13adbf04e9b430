/*
 * Distinct texts, numbered from 0 in the order in which they came, found by hash.
 *
 * Ownership: keys_init() for the caller's storage, keys_release() frees the rest. What
 * keys_at() gives is valid until the next addition.
 */
#ifndef COLLECTOR_KEYS_H
#define COLLECTOR_KEYS_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"

#define KEYS_MAX 100000
#define KEYS_MAX_BYTES ((size_t)16 << 20)

struct keys {
	size_t count;
	/* private */
	size_t room;
	struct keys_entry *entries;
	uint32_t *places; /* by hash: number + 1, 0 for none; a power of two of them */
	struct buf text;
};

void keys_init(struct keys *keys);
void keys_release(struct keys *keys);

/* A key's number, -1 when it is not there. */
long keys_find(const struct keys *keys, const char *key);

/* The number of a key that is not there yet. -1 when there is no memory, or too many. */
long keys_add(struct keys *keys, const char *key);

const char *keys_at(const struct keys *keys, size_t number);

#endif
