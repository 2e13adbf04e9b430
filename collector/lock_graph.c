#include "lock_graph.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 256

void lock_graph_init(struct lock_graph *graph)
{
	*graph = (struct lock_graph){ 0 };
}

void lock_graph_release(struct lock_graph *graph)
{
	free(graph->waiters);
	free(graph->edges);
	free(graph->mates);
	free(graph->seen);
	free(graph->stack);
	lock_graph_init(graph);
}

/* Room for one more; the list as it is then, or NULL. */
static void *grow(
	struct lock_graph *graph, void *list, size_t count, size_t *room, size_t size)
{
	size_t wanted = *room ? *room * 2 : ROOM_FIRST;
	void *more;

	if (graph->failed)
		return NULL;
	if (count < *room)
		return list;
	more = reallocarray(list, wanted, size);
	if (more)
		*room = wanted;
	else
		graph->failed = true;
	return more;
}

void lock_graph_add_waiter(struct lock_graph *graph, const struct lock_waiter *waiter)
{
	void *list = grow(graph, graph->waiters, graph->waiters_count,
		&graph->waiters_room, sizeof(*graph->waiters));

	if (!list)
		return;
	graph->waiters = list;
	graph->waiters[graph->waiters_count++] = *waiter;
}

void lock_graph_add_edge(struct lock_graph *graph, int64_t waiter, int64_t blocker)
{
	void *list = grow(graph, graph->edges, graph->edges_count, &graph->edges_room,
		sizeof(*graph->edges));

	if (!list)
		return;
	graph->edges = list;
	graph->edges[graph->edges_count++] =
		(struct lock_edge){ .blocker = blocker, .waiter = waiter };
}

static int by_number(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int by_id(const void *a, const void *b)
{
	return by_number(
		((const struct lock_waiter *)a)->id, ((const struct lock_waiter *)b)->id);
}

static int by_blocker(const void *a, const void *b)
{
	return by_number(((const struct lock_edge *)a)->blocker,
		((const struct lock_edge *)b)->blocker);
}

static void sort(
	void *list, size_t count, size_t size, int (*order)(const void *, const void *))
{
	if (count > 0)
		qsort(list, count, size, order);
}

void lock_graph_seal(struct lock_graph *graph)
{
	size_t count = graph->waiters_count;

	/* A waiter is put on the stack once, and its leader with it; so is the first. */
	graph->mates = calloc(count + 1, sizeof(*graph->mates));
	graph->seen = calloc(count + 1, sizeof(*graph->seen));
	graph->stack = calloc(2 * count + 2, sizeof(*graph->stack));
	if (!graph->mates || !graph->seen || !graph->stack)
		graph->failed = true;
	if (graph->failed)
		return;
	for (size_t i = 0; i < count; i++) {
		const struct lock_waiter *waiter = &graph->waiters[i];

		if (waiter->head != waiter->id)
			graph->mates[graph->mates_count++] =
				(struct lock_edge){ .blocker = waiter->head,
					.waiter = waiter->id };
	}
	sort(graph->waiters, count, sizeof(*graph->waiters), by_id);
	sort(graph->edges, graph->edges_count, sizeof(*graph->edges), by_blocker);
	sort(graph->mates, graph->mates_count, sizeof(*graph->mates), by_blocker);
}

/* The first of those with this blocker. */
static size_t first_of(const struct lock_edge *edges, size_t count, int64_t blocker)
{
	size_t low = 0;

	while (low < count) {
		size_t middle = low + (count - low) / 2;

		if (edges[middle].blocker < blocker)
			low = middle + 1;
		else
			count = middle;
	}
	return low;
}

/* What is found beneath a blocker, on the way. */
struct search {
	struct lock_graph *graph;
	struct lock_beneath beneath;
	size_t depth; /* of the stack */
};

static const struct lock_waiter *find(const struct lock_graph *graph, int64_t id)
{
	const struct lock_waiter key = { .id = id };

	return graph->waiters_count == 0
		       ? NULL
		       : bsearch(&key, graph->waiters, graph->waiters_count, sizeof(key),
				 by_id);
}

/* Where the search goes on from a waiter: who waits for it is beneath it. */
static void go_on(struct search *search, const struct lock_waiter *waiter)
{
	search->graph->stack[search->depth++] = waiter->id;
	if (waiter->leader != waiter->id)
		search->graph->stack[search->depth++] = waiter->leader;
}

/* False: it was seen before, or does not wait any more. */
static bool see(struct search *search, int64_t id)
{
	struct lock_graph *graph = search->graph;
	const struct lock_waiter *waiter = find(graph, id);

	if (!waiter || graph->seen[waiter - graph->waiters])
		return false;
	graph->seen[waiter - graph->waiters] = true;
	search->beneath.all++;
	if (isnan(search->beneath.longest_s) ||
		waiter->waited_s > search->beneath.longest_s)
		search->beneath.longest_s = waiter->waited_s;
	go_on(search, waiter);
	return true;
}

/* Who waits for this one itself. */
static void see_waiters(struct search *search, int64_t blocker)
{
	const struct lock_graph *graph = search->graph;

	for (size_t i = first_of(graph->edges, graph->edges_count, blocker);
		i < graph->edges_count && graph->edges[i].blocker == blocker; i++) {
		int64_t head = graph->edges[i].waiter;

		if (!see(search, head))
			continue;
		for (size_t k = first_of(graph->mates, graph->mates_count, head);
			k < graph->mates_count && graph->mates[k].blocker == head; k++)
			see(search, graph->mates[k].waiter);
	}
}

void lock_graph_beneath(
	struct lock_graph *graph, int64_t blocker, struct lock_beneath *ret)
{
	struct search search = { .graph = graph, .beneath.longest_s = NAN };
	const struct lock_waiter *waiter;

	if (!graph->failed) {
		memset(graph->seen, 0, graph->waiters_count * sizeof(*graph->seen));
		see_waiters(&search, blocker);
		search.beneath.direct = search.beneath.all;
		waiter = find(graph, blocker);
		if (waiter)
			go_on(&search, waiter);
		while (search.depth > 0)
			see_waiters(&search, graph->stack[--search.depth]);
	}
	*ret = search.beneath;
}

size_t lock_graph_deadlocked(struct lock_graph *graph)
{
	size_t count = 0;

	for (size_t i = 0; i < graph->waiters_count && !graph->failed; i++) {
		struct lock_beneath beneath;

		if (graph->waiters[i].head != graph->waiters[i].id)
			continue;
		lock_graph_beneath(graph, graph->waiters[i].id, &beneath);
		count += graph->seen[i];
	}
	return count;
}
