/*
 * Whose are the STDERR_OPEN_MAX places of a stderr log? Found by key (a process, as stderr_key() has
 * it), given anew where the last use is the longest ago. Constant time: a busy server has a new process
 * every other line.
 *
 *	place = places_find(&places, key);	STDERR_OPEN_MAX: it has none, so
 *	place = places_oldest(&places);
 *	places_give(&places, place, key);	and
 *	places_use(&places, place);
 */
#ifndef LOGTAIL_STDERR_PLACES_H
#define LOGTAIL_STDERR_PLACES_H

#include <stdint.h>

#include "stderr_log.h"

#define PLACES_BUCKETS 64 /* a power of two */

struct places {
	int64_t keys[STDERR_OPEN_MAX];      /* -1: nobody's */
	uint8_t buckets[PLACES_BUCKETS];    /* the first place, or STDERR_OPEN_MAX */
	uint8_t chain[STDERR_OPEN_MAX];     /* the next one in its bucket, likewise */
	uint8_t newer[STDERR_OPEN_MAX + 1]; /* a ring in the order of use ... */
	uint8_t older[STDERR_OPEN_MAX + 1]; /* ... through STDERR_OPEN_MAX */
};

static inline uint8_t *places_bucket(struct places *places, int64_t key)
{
	uint64_t hash = (uint64_t)key * UINT64_C(0x9e3779b97f4a7c15);

	return &places->buckets[hash >> 32 & (PLACES_BUCKETS - 1)];
}

static inline void places_init(struct places *places)
{
	for (unsigned i = 0; i < PLACES_BUCKETS; i++)
		places->buckets[i] = STDERR_OPEN_MAX;
	for (unsigned i = 0; i <= STDERR_OPEN_MAX; i++) {
		places->newer[i] = (uint8_t)(i < STDERR_OPEN_MAX ? i + 1 : 0);
		places->older[i] = (uint8_t)(i > 0 ? i - 1 : STDERR_OPEN_MAX);
	}
	for (unsigned i = 0; i < STDERR_OPEN_MAX; i++) {
		places->keys[i] = -1;
		places->chain[i] = STDERR_OPEN_MAX;
	}
}

static inline unsigned places_find(struct places *places, int64_t key)
{
	unsigned place = *places_bucket(places, key);

	while (place < STDERR_OPEN_MAX && places->keys[place] != key)
		place = places->chain[place];
	return place;
}

static inline void places_use(struct places *places, unsigned place)
{
	uint8_t newest;

	places->older[places->newer[place]] = places->older[place];
	places->newer[places->older[place]] = places->newer[place];
	newest = places->older[STDERR_OPEN_MAX];
	places->older[place] = newest;
	places->newer[place] = STDERR_OPEN_MAX;
	places->newer[newest] = (uint8_t)place;
	places->older[STDERR_OPEN_MAX] = (uint8_t)place;
}

static inline unsigned places_oldest(const struct places *places)
{
	return places->newer[STDERR_OPEN_MAX];
}

/* Gives it to a key that has none. */
static inline void places_give(struct places *places, unsigned place, int64_t key)
{
	uint8_t *at = places_bucket(places, places->keys[place]);

	if (places->keys[place] >= 0) {
		while (*at != place)
			at = &places->chain[*at];
		*at = places->chain[place];
	}
	at = places_bucket(places, key);
	places->keys[place] = key;
	places->chain[place] = *at;
	*at = (uint8_t)place;
}

#endif
