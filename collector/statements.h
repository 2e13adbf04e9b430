/*
 * The counters of pg_stat_statements: which statements took the most time since the last
 * run, and what each of them added.
 *
 *	statements_begin(&statements, before, now, at_s)
 *	statements_row()	for each row of the server
 *	statements_rank()	then top[0 … count) is in order
 *
 * Every entry is looked at, since a statement that is new or was idle for days may be
 * what stalls the server now; only the first STATEMENTS_SHOWN are sent. Ranked by the
 * time that was added, then by the total.
 *
 * An entry was reset when it is younger than the last run (stats_since), all were
 * (stats_reset), or one of its counters fell; one that the last run did not see is new, or was
 * evicted in between and began anew: then all it has was added since.
 *
 * Ownership: statements_release() frees nothing of the counters' files.
 * Units: milliseconds, blocks, seconds since 1970 by the server's clock.
 */
#ifndef COLLECTOR_STATEMENTS_H
#define COLLECTOR_STATEMENTS_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "counters.h"
#include "server.h"

#define STATEMENTS_SHOWN 100
#define STATEMENTS_TOP 300 /* texts of these are fetched, when any are */
#define STATEMENT_KEY_SIZE 64

enum statement_counter {
	STATEMENT_CALLS,
	STATEMENT_TIME,
	STATEMENT_ROWS,
	STATEMENT_HIT,
	STATEMENT_READ,
	STATEMENT_DIRTIED,
	STATEMENT_TEMP_WRITTEN,
	STATEMENT_COUNTERS
};

/* Their names in the payload. */
extern const char *const statement_counters[STATEMENT_COUNTERS];

struct statement {
	uint32_t userid, dbid;
	bool toplevel;
	int64_t queryid;
	double is[STATEMENT_COUNTERS];
	double added[STATEMENT_COUNTERS]; /* since the last run, where that is known */
};

struct statements {
	const struct counters_set *before; /* NULL: nothing is known of the last run */
	struct counters_set *now;          /* NULL: not kept */
	struct statement top[STATEMENTS_TOP];
	size_t count;                     /* of top */
	size_t entries;                   /* of the server */
	double added[STATEMENT_COUNTERS]; /* by all of them */
	double own_calls, own_ms;         /* added by userid own_role */
	uint32_t own_role;
	double reset_s; /* stats_reset, 0 when not known */
	bool failed;    /* no memory: now is not whole */
};

void statements_begin(struct statements *statements, const struct counters_set *before,
	struct counters_set *now, uint32_t own_role);

/* The query for the counters of all entries. */
void statements_sql(struct buf *sql, const struct server *server);

/* One row of it, in binary form. */
void statements_row(struct statements *statements, const PGresult *row);

/* Puts the first `count` of top in order. */
void statements_rank(struct statements *statements, size_t count);

/* The ids of the first `count` of top, as a literal of an array: '{1,2}'. */
void statements_ids(const struct statements *statements, size_t count, struct buf *sql);

/* "dbid userid toplevel queryid": the key of an entry among the counters. */
void statement_key(const struct statement *statement, char ret[STATEMENT_KEY_SIZE]);

#endif
