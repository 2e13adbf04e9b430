/*
 * Views of cumulative counters: their rows, and what each grew by since the last run.
 *
 *	static const struct growth_view view = { .name = "pg_stat_wal", .member = "wal",
 *		.labels = "stats_reset", .counters = "wal_records, wal_fpi", .rows_max = 1 };
 *	compose():	return growth_compose(sql, context->server, &view);
 *	emit():		return growth_emit(&view, 1, answer, sink, err);
 *
 * A row gets the member `delta`, with the growth of each counter, and the payload `since`
 * and `interval_s`. `delta` is null where it is not known: in the first run, for a row
 * that the last run may have left out, and where an ambiguous stats_reset moved. A row
 * that was reset since, or is new, grew by all it has: its stats_reset moved, one of its
 * counters fell, or the last run saw all rows and not this one.
 *
 * Units: those of the view; seconds since 1970 by the server's clock, ISO 8601 in payloads.
 */
#ifndef COLLECTOR_GROWTH_H
#define COLLECTOR_GROWTH_H

#include <stdbool.h>

#include "source.h"

struct growth_view {
	const char *name;     /* in pg_catalog; also that of the set in counters.h */
	const char *member;   /* of data: an array, an object where rows_max is 1 */
	const char *labels;   /* columns that are no counters, commas between */
	const char *counters; /* columns that only grow; fewer than COUNTERS_VALUES_MAX */
	const char *key;      /* SQL: what tells rows apart; NULL where there is one */
	const char *order;    /* SQL: which rows are kept; NULL likewise */
	unsigned rows_max;
	bool used_only; /* without rows whose counters are all 0 */
	bool ambiguous; /* stats_reset moves also when a part of it is reset */
};

/* False when the server has no such view. */
bool growth_compose(
	struct buf *sql, const struct server *server, const struct growth_view *view);

/* One payload of all parts of the answer, of which there are `count`, a view each. What
 * was not asked is left out, what failed is null; without any rows nothing is sent. */
int growth_emit(const struct growth_view *views, unsigned count,
	const struct answer *answer, struct sink *sink, struct err *err);

/* A member: a time of the server as ISO 8601; null for 0, which is not known. */
void growth_write_time(struct json *json, const char *name, double time_s);

/* The members `since` and `interval_s`; since_s 0: not known. */
void growth_write_since(struct json *json, double since_s, double now_s);

#endif
