/*
 * Who holds up whom, from who waits for whom.
 *
 *	lock_graph_init(&graph);
 *	lock_graph_add_waiter(&graph, &waiter);		each process that waits
 *	lock_graph_add_edge(&graph, waiter, blocker);	what it waits for
 *	lock_graph_seal(&graph);			no more of them after this
 *	lock_graph_beneath(&graph, blocker, &beneath);
 *	lock_graph_release(&graph);
 *
 * A waiter whose blockers were not asked for waits for what the head of its queue waits
 * for: who wants the same lock in the same mode is kept from it by the same holders. A
 * session waits for its parallel workers.
 *
 * Ownership: the graph has copies; lock_graph_release() frees them.
 * Units: ids are the caller's own, of whatever blocks; waits are in seconds.
 * Errors: without memory `failed` is set, and all that follows does nothing.
 */
#ifndef COLLECTOR_LOCK_GRAPH_H
#define COLLECTOR_LOCK_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lock_waiter {
	int64_t id;
	int64_t leader;  /* the session it is a parallel worker of; its own id: of none */
	int64_t head;    /* whose blockers stand for its own; its own id: it has edges */
	double waited_s; /* NaN: not known */
};

struct lock_edge {
	int64_t blocker;
	int64_t waiter;
};

struct lock_graph {
	struct lock_waiter *waiters; /* once sealed by id */
	size_t waiters_count, waiters_room;
	struct lock_edge *edges; /* once sealed by blocker */
	size_t edges_count, edges_room;
	struct lock_edge
		*mates; /* by the head of the queue, who is taken for a blocker */
	size_t mates_count;
	bool *seen;     /* by waiter */
	int64_t *stack; /* who is still to be looked beneath */
	bool failed;
};

/* Who waits for one blocker. */
struct lock_beneath {
	size_t direct;    /* for itself */
	size_t all;       /* or for one of these, and so on */
	double longest_s; /* of all; NaN when none is known */
};

void lock_graph_init(struct lock_graph *graph);
void lock_graph_release(struct lock_graph *graph);

void lock_graph_add_waiter(struct lock_graph *graph, const struct lock_waiter *waiter);
void lock_graph_add_edge(struct lock_graph *graph, int64_t waiter, int64_t blocker);
void lock_graph_seal(struct lock_graph *graph);

void lock_graph_beneath(
	struct lock_graph *graph, int64_t blocker, struct lock_beneath *ret);

/* How many of those whose blockers were asked for wait for themselves in the end. */
size_t lock_graph_deadlocked(struct lock_graph *graph);

#endif
