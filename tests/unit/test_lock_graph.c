/* links: collector/lock_graph.o */
#include "unit.h"

#include <math.h>
#include <stdlib.h>

#include "collector/lock_graph.h"

#define WAITERS 8
#define EDGES 10
#define UNKNOWN NAN

/* Waiters end with id 0. A head or leader of 0 is the waiter itself. */
static const struct {
	const char *when;
	struct lock_waiter waiters[WAITERS];
	struct lock_edge edges[EDGES]; /* blocker, waiter */
	int64_t root;
	size_t direct, all;
	double longest_s;
	size_t deadlocked;
} cases[] = {
	{ "nobody waits", { { 0 } }, { { 0 } }, 1, 0, 0, UNKNOWN, 0 },
	{ "one waits", { { 2, 0, 0, 5 } }, { { 1, 2 } }, 1, 1, 1, 5, 0 },
	{ "nobody waits for this one", { { 2, 0, 0, 5 } }, { { 1, 2 } }, 3, 0, 0, UNKNOWN,
		0 },
	{ "told twice it is one", { { 2, 0, 0, 5 } }, { { 1, 2 }, { 1, 2 } }, 1, 1, 1, 5,
		0 },
	{ "a chain", { { 2, 0, 0, 5 }, { 3, 0, 0, 7 }, { 4, 0, 0, 6 } },
		{ { 1, 2 }, { 2, 3 }, { 3, 4 } }, 1, 1, 3, 7, 0 },
	{ "a queue: the later ones wait for the earlier too",
		{ { 2, 0, 0, 9 }, { 3, 0, 0, 8 }, { 4, 0, 0, 7 } },
		{ { 1, 2 }, { 1, 3 }, { 2, 3 }, { 1, 4 }, { 2, 4 }, { 3, 4 } }, 1, 3, 3,
		9, 0 },
	{ "two roots of one waiter", { { 3, 0, 0, 4 } }, { { 1, 3 }, { 2, 3 } }, 2, 1, 1,
		4, 0 },
	{ "a wait of unknown length", { { 2, 0, 0, UNKNOWN } }, { { 1, 2 } }, 1, 1, 1,
		UNKNOWN, 0 },
	{ "unknown beside known", { { 2, 0, 0, UNKNOWN }, { 3, 0, 0, 1 } },
		{ { 1, 2 }, { 1, 3 } }, 1, 2, 2, 1, 0 },
	{ "who was not asked is where the head of the queue is",
		{ { 2, 0, 0, 9 }, { 3, 0, 2, 8 }, { 4, 0, 2, 10 } }, { { 1, 2 } }, 1, 3,
		3, 10, 0 },
	{ "and passes it on", { { 2, 0, 0, 9 }, { 3, 0, 2, 8 }, { 4, 0, 0, 7 } },
		{ { 1, 2 }, { 3, 4 } }, 1, 2, 3, 9, 0 },
	{ "a session waits for its worker, who waits", { { 3, 2, 0, 9 }, { 4, 0, 0, 8 } },
		{ { 1, 3 }, { 2, 4 } }, 1, 1, 2, 9, 0 },
	{ "a prepared transaction", { { 2, 0, 0, 9 } }, { { -733, 2 } }, -733, 1, 1, 9,
		0 },
	{ "a blocker that waits no more is passed over", { { 3, 0, 0, 9 } },
		{ { 1, 2 }, { 2, 3 } }, 1, 0, 0, UNKNOWN, 0 },
	{ "two wait for each other", { { 2, 0, 0, 9 }, { 3, 0, 0, 8 } },
		{ { 2, 3 }, { 3, 2 } }, 2, 1, 2, 9, 2 },
	{ "three in a circle, one before it",
		{ { 2, 0, 0, 9 }, { 3, 0, 0, 8 }, { 4, 0, 0, 7 }, { 5, 0, 0, 6 } },
		{ { 2, 3 }, { 3, 4 }, { 4, 2 }, { 4, 5 } }, 1, 0, 0, UNKNOWN, 3 },
	{ "a circle with a way out of it", { { 2, 0, 0, 9 }, { 3, 0, 0, 8 } },
		{ { 1, 2 }, { 2, 3 }, { 3, 2 } }, 1, 1, 2, 9, 2 },
	{ "a circle through a worker", { { 3, 2, 0, 9 }, { 4, 0, 0, 8 } },
		{ { 4, 3 }, { 2, 4 } }, 1, 0, 0, UNKNOWN, 2 },
};

static void build(struct lock_graph *graph, size_t at)
{
	lock_graph_init(graph);
	for (size_t i = 0; cases[at].waiters[i].id != 0; i++) {
		struct lock_waiter waiter = cases[at].waiters[i];

		if (waiter.leader == 0)
			waiter.leader = waiter.id;
		if (waiter.head == 0)
			waiter.head = waiter.id;
		lock_graph_add_waiter(graph, &waiter);
	}
	for (size_t i = 0; cases[at].edges[i].waiter != 0; i++)
		lock_graph_add_edge(
			graph, cases[at].edges[i].waiter, cases[at].edges[i].blocker);
	lock_graph_seal(graph);
}

static void a_root_holds_up_all_that_is_beneath_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct lock_graph graph;
		struct lock_beneath got;

		build(&graph, i);
		assert_false(graph.failed);
		lock_graph_beneath(&graph, cases[i].root, &got);
		check(cases[i].when,
			got.direct == cases[i].direct && got.all == cases[i].all);
		check(cases[i].when, isnan(cases[i].longest_s)
					     ? isnan(got.longest_s)
					     : got.longest_s == cases[i].longest_s);
		check(cases[i].when,
			lock_graph_deadlocked(&graph) == cases[i].deadlocked);
		lock_graph_release(&graph);
	}
}

/* Each waits for all before it, told in any order: as one long queue is. */
static void a_queue_of_hundreds_is_counted_whole(void **state)
{
	enum { QUEUE = 700, ROOT = 1, FIRST = 2 };
	struct lock_graph graph;
	struct lock_beneath got;

	(void)state;
	lock_graph_init(&graph);
	for (int64_t i = QUEUE - 1; i >= 0; i--) {
		int64_t id = FIRST + i * 577 % QUEUE; /* a prime: each once */
		struct lock_waiter waiter = { id, id, id, (double)id };

		lock_graph_add_waiter(&graph, &waiter);
		for (int64_t blocker = ROOT; blocker < id; blocker++)
			lock_graph_add_edge(&graph, id, blocker);
	}
	lock_graph_seal(&graph);
	assert_false(graph.failed);
	for (int64_t blocker = ROOT; blocker < ROOT + QUEUE; blocker += 100) {
		lock_graph_beneath(&graph, blocker, &got);
		assert_int_equal(got.direct, QUEUE + ROOT - blocker);
		assert_int_equal(got.all, QUEUE + ROOT - blocker);
		assert_true(got.longest_s == QUEUE + 1);
	}
	lock_graph_release(&graph);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_root_holds_up_all_that_is_beneath_it),
		cmocka_unit_test(a_queue_of_hundreds_is_counted_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
