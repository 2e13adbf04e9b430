#include "leftovers.h"

#include <stdlib.h>
#include <string.h>

void leftovers_release(struct leftovers *leftovers)
{
	free(leftovers->list);
	*leftovers = (struct leftovers){ 0 };
}

/* Index of the first name that is not older than this one. */
static size_t place_of(const struct leftovers *leftovers, const char *name)
{
	size_t low = 0, high = leftovers->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(leftovers->list[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool leftovers_has(const struct leftovers *leftovers, const char *name)
{
	size_t at = place_of(leftovers, name);

	return at < leftovers->count && strcmp(leftovers->list[at].name, name) == 0;
}

bool leftovers_add(struct leftovers *leftovers, const char *name, enum leftover_kind kind)
{
	size_t at = place_of(leftovers, name);

	if (leftovers_has(leftovers, name))
		return true;
	if (!leftovers->list)
		leftovers->list = malloc(LEFTOVERS_MAX * sizeof(*leftovers->list));
	if (!leftovers->list || leftovers->count == LEFTOVERS_MAX)
		return false;
	memmove(leftovers->list + at + 1, leftovers->list + at,
		(leftovers->count - at) * sizeof(*leftovers->list));
	strcpy(leftovers->list[at].name, name);
	leftovers->list[at].kind = kind;
	leftovers->count++;
	return true;
}

void leftovers_remove(struct leftovers *leftovers, size_t index)
{
	leftovers->count--;
	memmove(leftovers->list + index, leftovers->list + index + 1,
		(leftovers->count - index) * sizeof(*leftovers->list));
}
