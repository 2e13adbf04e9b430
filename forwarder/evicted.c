#include "evicted.h"

#include <string.h>

void evicted_add(struct evicted *a, const struct evicted *b)
{
	if (b->files == 0)
		return;
	if (a->files == 0)
		strcpy(a->first, b->first);
	strcpy(a->last, b->last);
	a->files += b->files;
	a->bytes += b->bytes;
}

/* Where an eviction begins is worth more than where its slices do, until half of the parts
 * are that. */
static void merge_oldest(struct evicted_parts *parts)
{
	size_t begins = 0, slice = 0, i;

	for (size_t k = 0; k < parts->count; k++) {
		begins += parts->list[k].begins;
		if (slice == 0 && k > 0 && !parts->list[k].begins)
			slice = k;
	}
	i = slice > 0 && begins <= EVICTED_PARTS_MAX / 2 ? slice : 1;
	evicted_add(&parts->list[i - 1].what, &parts->list[i].what);
	parts->count--;
	memmove(&parts->list[i], &parts->list[i + 1],
		(parts->count - i) * sizeof(parts->list[0]));
}

void evicted_parts_add(
	struct evicted_parts *parts, const struct evicted *slice, bool begins)
{
	if (slice->files == 0)
		return;
	if (parts->count == EVICTED_PARTS_MAX)
		merge_oldest(parts);
	parts->list[parts->count].what = *slice;
	parts->list[parts->count++].begins = begins;
}

void evicted_parts_correct(struct evicted_parts *parts, const struct evicted *is)
{
	if (parts->count == 0)
		return;
	if (is->files > 0)
		parts->list[parts->count - 1].what = *is;
	else
		parts->count--;
}
