#include "lock_payload.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "correlation.h"

static int64_t integer(const struct rows *rows, int row, const char *name)
{
	return strtoll(rows_text(rows, row, rows_column(rows, name)), NULL, 10);
}

int64_t lock_payload_waiters(const PGresult *counted)
{
	const struct rows rows = { .result = counted };

	return counted && PQntuples(counted) > 0 ? integer(&rows, 0, "_waiters") : 0;
}

/* Does the row belong to the part of the result that begins with this column? */
static bool is_of(const struct rows *rows, int row, int column)
{
	return !PQgetisnull(rows->result, row, column);
}

/* A prepared transaction has no pid. One that is not known is 0. */
static int64_t prepared_id(int64_t transaction)
{
	return -transaction;
}

/* The next number of an array as "{1,2,3}" from *at on; false: there is none. */
static bool next_number(const char **at, int64_t *ret)
{
	const char *digits = *at + strcspn(*at, "0123456789");
	char *end;

	if (!*digits)
		return false;
	*ret = strtoll(digits, &end, 10);
	*at = end;
	return true;
}

/* A pid of 0 stands for the prepared transactions, where these are known. */
static void add_edges(struct lock_graph *graph, int64_t waiter, const char *pids,
	const char *transactions)
{
	bool known = *transactions;
	int64_t blocker;

	while (next_number(&pids, &blocker))
		if (blocker != 0 || !known)
			lock_graph_add_edge(graph, waiter, blocker);
	while (next_number(&transactions, &blocker))
		lock_graph_add_edge(graph, waiter, prepared_id(blocker));
}

static void read_graph(const struct lock_payload *payload, struct lock_graph *graph)
{
	const struct rows *rows = payload->waits;
	const int leader = rows_column(rows, "_leader"),
		  head = rows_column(rows, "_head"),
		  waited = rows_column(rows, "_waited_s"),
		  blockers = rows_column(rows, "_blockers"),
		  transactions = rows_column(rows, "_transactions");

	for (int row = 0; row < PQntuples(rows->result); row++) {
		struct lock_waiter waiter;

		if (!is_of(rows, row, payload->waiter))
			continue;
		waiter.id = (int64_t)rows_number(rows, row, payload->waiter);
		waiter.leader = is_of(rows, row, leader)
					? (int64_t)rows_number(rows, row, leader)
					: waiter.id;
		waiter.head = is_of(rows, row, blockers)
				      ? waiter.id
				      : (int64_t)rows_number(rows, row, head);
		waiter.waited_s =
			is_of(rows, row, waited) ? rows_number(rows, row, waited) : NAN;
		lock_graph_add_waiter(graph, &waiter);
		add_edges(graph, waiter.id, rows_text(rows, row, blockers),
			rows_text(rows, row, transactions));
	}
	lock_graph_seal(graph);
}

/* Does a hold up more than b, or as many for longer? */
static bool is_worse(const struct lock_beneath *a, const struct lock_beneath *b)
{
	if (a->all != b->all)
		return a->all > b->all;
	return a->longest_s > b->longest_s;
}

static void keep_root(struct lock_payload *payload, const struct lock_root *root)
{
	size_t at = payload->roots_count;

	if (at < LOCK_ROOTS_MAX)
		payload->roots_count++;
	else if (!is_worse(&root->beneath, &payload->roots[--at].beneath))
		return;
	for (; at > 0 && is_worse(&root->beneath, &payload->roots[at - 1].beneath); at--)
		payload->roots[at] = payload->roots[at - 1];
	payload->roots[at] = *root;
}

static void read_roots(struct lock_payload *payload, struct lock_graph *graph)
{
	const struct rows *rows = payload->waits;

	for (int row = 0; row < PQntuples(rows->result); row++) {
		struct lock_root root = { .row = row };
		int64_t id;

		if (!is_of(rows, row, payload->root))
			continue;
		id = (int64_t)rows_number(rows, row, payload->root);
		if (id == 0)
			id = prepared_id(integer(rows, row, "_transaction"));
		lock_graph_beneath(graph, id, &root.beneath);
		keep_root(payload, &root);
		payload->roots_total = integer(rows, row, "_roots");
	}
}

void lock_payload_init(struct lock_payload *payload, struct rows *counted,
	struct rows *waits, const char *error)
{
	struct lock_graph graph;

	*payload = (struct lock_payload){
		.counted = counted, .waits = waits, .error = error
	};
	if (counted)
		payload->waiters = lock_payload_waiters(counted->result);
	payload->measured = counted && (waits || payload->waiters == 0);
	if (!waits)
		return;
	payload->root = rows_column(waits, "pid");
	payload->waiter = rows_column(waits, "_pid");
	lock_graph_init(&graph);
	read_graph(payload, &graph);
	if (graph.failed) {
		payload->measured = false;
		payload->error = "out of memory";
	}
	payload->waiters = (int64_t)graph.waiters_count;
	payload->deadlocked = lock_graph_deadlocked(&graph);
	read_roots(payload, &graph);
	lock_graph_release(&graph);
}

static void write_id(struct json *json, const struct rows *rows, int row,
	const char *from, const char *key)
{
	const char *text = rows_text(rows, row, rows_column(rows, from));
	char id[CORRELATION_ID_LEN + 1];

	json_key(json, key);
	json_string(json, correlation_id_find(text, strlen(text), id) ? id : NULL);
}

static int write_pairs(
	struct json *json, const struct lock_payload *payload, size_t text_max)
{
	struct rows *rows = payload->waits;
	int count = 0;

	json_key(json, "locks");
	json_array(json);
	for (int row = 0; rows && row < PQntuples(rows->result); row++) {
		if (!is_of(rows, row, 0))
			continue;
		rows_part(json, rows, row, 0, payload->root, text_max);
		write_id(
			json, rows, row, "blocked_application", "blocked_correlation_id");
		write_id(json, rows, row, "blocking_application",
			"blocking_correlation_id");
		json_end(json);
		count++;
	}
	json_end(json);
	return count;
}

static void write_roots(
	struct json *json, const struct lock_payload *payload, size_t text_max)
{
	struct rows *rows = payload->waits;

	json_key(json, "roots");
	json_array(json);
	for (size_t i = 0; i < payload->roots_count; i++) {
		const struct lock_root *root = &payload->roots[i];

		rows_part(
			json, rows, root->row, payload->root, payload->waiter, text_max);
		write_id(json, rows, root->row, "application_name", "correlation_id");
		json_key(json, "waiters");
		json_uint(json, root->beneath.all);
		json_key(json, "waiters_direct");
		json_uint(json, root->beneath.direct);
		json_key(json, "longest_wait_s");
		json_decimal(json, root->beneath.longest_s, 3);
		json_end(json);
	}
	json_end(json);
	json_known_uint(
		json, "roots_count", payload->measured, (uint64_t)payload->roots_total);
}

static void write_prepared(
	struct json *json, const struct lock_payload *payload, size_t text_max)
{
	struct rows *rows = payload->counted;
	uint64_t total = 0;

	json_key(json, "prepared_transactions");
	json_array(json);
	for (int row = 0; rows && row < PQntuples(rows->result); row++) {
		if (!is_of(rows, row, rows_column(rows, "gid")))
			continue;
		rows_object(json, rows, row, text_max);
		json_end(json);
		total = (uint64_t)integer(rows, row, "_prepared");
	}
	json_end(json);
	json_known_uint(json, "prepared_count", rows != NULL, total);
}

void lock_payload_write(struct json *json, size_t text_max, void *context)
{
	const struct lock_payload *payload = context;
	int count = write_pairs(json, payload, text_max);

	json_key(json, "count");
	json_int(json, count);
	json_key(json, "has_blocking");
	if (payload->measured)
		json_bool(json, count > 0);
	else
		json_null(json);
	json_known_uint(
		json, "waiters", payload->counted != NULL, (uint64_t)payload->waiters);
	json_known_uint(json, "deadlocked", payload->measured, payload->deadlocked);
	write_roots(json, payload, text_max);
	write_prepared(json, payload, text_max);
	if (payload->error) {
		json_key(json, "error");
		json_string(json, payload->error);
	}
}
