#include "keys.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 64

struct keys_entry {
	uint32_t at; /* in text */
	uint32_t hash;
};

void keys_init(struct keys *keys)
{
	*keys = (struct keys){ 0 };
	buf_init(&keys->text, KEYS_MAX_BYTES);
}

void keys_release(struct keys *keys)
{
	buf_release(&keys->text);
	free(keys->entries);
	free(keys->places);
	keys_init(keys);
}

/* FNV-1a (Fowler, Noll, Vo), 32 bits. */
static uint32_t hash_of(const char *key)
{
	uint32_t hash = 2166136261u;

	for (; *key; key++)
		hash = (hash ^ (unsigned char)*key) * 16777619u;
	return hash;
}

/* Its place, or the free one where it belongs. Places are at most half full. */
static uint32_t *find_place(const struct keys *keys, const char *key, uint32_t hash)
{
	size_t mask = 2 * keys->room - 1, place = hash & mask;

	for (; keys->places[place]; place = (place + 1) & mask) {
		const struct keys_entry *entry = &keys->entries[keys->places[place] - 1];

		if (entry->hash == hash && strcmp(keys->text.data + entry->at, key) == 0)
			break;
	}
	return &keys->places[place];
}

long keys_find(const struct keys *keys, const char *key)
{
	return keys->count > 0 ? (long)*find_place(keys, key, hash_of(key)) - 1 : -1;
}

static int grow(struct keys *keys)
{
	size_t room = keys->room ? 2 * keys->room : ROOM_FIRST, mask = 2 * room - 1;
	uint32_t *places = calloc(2 * room, sizeof(*places));
	struct keys_entry *entries = realloc(keys->entries, room * sizeof(*entries));

	if (entries)
		keys->entries = entries;
	if (!places || !entries) {
		free(places);
		return -1;
	}
	for (size_t i = 0; i < keys->count; i++) {
		size_t place = entries[i].hash & mask;

		while (places[place])
			place = (place + 1) & mask;
		places[place] = (uint32_t)i + 1;
	}
	free(keys->places);
	keys->places = places;
	keys->room = room;
	return 0;
}

long keys_add(struct keys *keys, const char *key)
{
	uint32_t hash = hash_of(key);
	size_t at = keys->text.len;

	if (keys->count == KEYS_MAX || (keys->count == keys->room && grow(keys) < 0))
		return -1;
	buf_add(&keys->text, key, strlen(key) + 1);
	if (keys->text.failed)
		return -1;
	*find_place(keys, key, hash) = (uint32_t)keys->count + 1;
	keys->entries[keys->count] = (struct keys_entry){ (uint32_t)at, hash };
	return (long)keys->count++;
}

const char *keys_at(const struct keys *keys, size_t number)
{
	return keys->text.data + keys->entries[number].at;
}
