#include "statements.h"

#include <arpa/inet.h>
#include <endian.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of timestamptz in binary form: microseconds since 2000-01-01 (src/include/datatype/timestamp.h). */
#define EPOCH_2000_S 946684800.0

const char *const statement_counters[STATEMENT_COUNTERS] = { "calls", "total_exec_time",
	"rows", "shared_blks_hit", "shared_blks_read", "shared_blks_dirtied",
	"temp_blks_written" };

enum column { USERID, DBID, TOPLEVEL, QUERYID, SINCE, CALLS };

/* The first row, whose queryid is 0, tells when all were reset. What is 0 comes as null, which
 * costs the server and libpq less. */
void statements_sql(struct buf *sql, const struct server *server)
{
	static const char view[] = "pg_stat_statements";
	const char *schema = server->statements_schema;

	if (server_has_view(server, "pg_stat_statements_info"))
		buf_addf(sql,
			"SELECT 0::oid, 0::oid, true, 0::int8, stats_reset, 0::int8, "
			"0::float8, 0::int8, 0::int8, 0::int8, 0::int8, 0::int8 "
			"FROM %s.pg_stat_statements_info UNION ALL ",
			schema);
	buf_addf(sql, "SELECT userid, dbid, %s, queryid, %s, calls, %s",
		server_has_column(server, view, "toplevel") ? "toplevel" : "true",
		server_has_column(server, view, "stats_since") ? "stats_since"
							       : "NULL::timestamptz",
		server_has_column(server, view, "total_exec_time") ? "total_exec_time"
								   : "total_time");
	for (int i = STATEMENT_ROWS; i < STATEMENT_COUNTERS; i++)
		buf_addf(sql, ", nullif(%s, 0)", statement_counters[i]);
	buf_addf(sql, " FROM %s.pg_stat_statements(false)", schema);
}

void statements_begin(struct statements *statements, const struct counters_set *before,
	struct counters_set *now, uint32_t own_role)
{
	*statements =
		(struct statements){ .before = before, .now = now, .own_role = own_role };
}

void statement_key(const struct statement *statement, char ret[STATEMENT_KEY_SIZE])
{
	snprintf(ret, STATEMENT_KEY_SIZE, "%" PRIu32 " %" PRIu32 " %c %" PRId64,
		statement->dbid, statement->userid, statement->toplevel ? 't' : 'f',
		statement->queryid);
}

static uint64_t bits_of(const PGresult *row, int column)
{
	uint64_t bits = 0;

	if (PQgetlength(row, 0, column) == (int)sizeof(bits))
		memcpy(&bits, PQgetvalue(row, 0, column), sizeof(bits));
	return be64toh(bits);
}

static uint32_t oid_of(const PGresult *row, int column)
{
	uint32_t bits = 0;

	if (PQgetlength(row, 0, column) == (int)sizeof(bits))
		memcpy(&bits, PQgetvalue(row, 0, column), sizeof(bits));
	return ntohl(bits);
}

static double float_of(const PGresult *row, int column)
{
	uint64_t bits = bits_of(row, column);
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* 0 when it is null. */
static double time_of(const PGresult *row, int column)
{
	if (PQgetisnull(row, 0, column))
		return 0;
	return EPOCH_2000_S + (double)(int64_t)bits_of(row, column) / 1e6;
}

static void read_row(const PGresult *row, struct statement *ret)
{
	*ret = (struct statement){ .userid = oid_of(row, USERID),
		.dbid = oid_of(row, DBID),
		.queryid = (int64_t)bits_of(row, QUERYID) };
	ret->toplevel = *PQgetvalue(row, 0, TOPLEVEL);
	for (int i = 0; i < STATEMENT_COUNTERS; i++)
		ret->is[i] = i == STATEMENT_TIME
				     ? float_of(row, CALLS + i)
				     : (double)(int64_t)bits_of(row, CALLS + i);
}

/* What the last run saw of it, NULL when it has to count from nothing. */
static const double *was_of(const struct statements *statements, const char *key,
	const struct statement *statement, double since_s)
{
	const double *was = counters_find(statements->before, key);

	if (!was || since_s > statements->before->at_s ||
		statements->reset_s > statements->before->at_s)
		return NULL;
	for (int i = 0; i < STATEMENT_COUNTERS; i++)
		if (statement->is[i] < was[i])
			return NULL;
	return was;
}

/* Before: its place in the ranking is before the other's. */
static bool is_before(const struct statement *one, const struct statement *other)
{
	double more = one->added[STATEMENT_TIME] - other->added[STATEMENT_TIME];

	if (more != 0)
		return more > 0;
	more = one->is[STATEMENT_TIME] - other->is[STATEMENT_TIME];
	return more != 0 ? more > 0 : one->queryid < other->queryid;
}

/* Down the heap, whose root is the last of the ranking. */
static void sink_root(struct statement *top, size_t count)
{
	struct statement moved = top[0];
	size_t at = 0;

	for (size_t child; (child = 2 * at + 1) < count; at = child) {
		if (child + 1 < count && is_before(&top[child], &top[child + 1]))
			child++;
		if (!is_before(&moved, &top[child]))
			break;
		top[at] = top[child];
	}
	top[at] = moved;
}

static void rise(struct statement *top, size_t at)
{
	struct statement moved = top[at];

	for (size_t parent; at > 0; at = parent) {
		parent = (at - 1) / 2;
		if (!is_before(&top[parent], &moved))
			break;
		top[at] = top[parent];
	}
	top[at] = moved;
}

static void keep_if_top(struct statements *statements, const struct statement *statement)
{
	if (statements->count < STATEMENTS_TOP) {
		statements->top[statements->count] = *statement;
		rise(statements->top, statements->count++);
	} else if (is_before(statement, &statements->top[0])) {
		statements->top[0] = *statement;
		sink_root(statements->top, statements->count);
	}
}

static void keep_for_next(
	struct statements *statements, const char *key, const struct statement *statement)
{
	double *is;

	if (!statements->now || statements->failed)
		return;
	is = counters_add(statements->now, key);
	statements->failed = !is;
	if (is)
		memcpy(is, statement->is, sizeof(statement->is));
}

void statements_row(struct statements *statements, const PGresult *row)
{
	char key[STATEMENT_KEY_SIZE];
	struct statement statement;
	const double *was;

	if (PQnfields(row) != CALLS + STATEMENT_COUNTERS)
		return;
	read_row(row, &statement);
	if (statement.queryid == 0 && statement.userid == 0) {
		statements->reset_s = time_of(row, SINCE);
		return;
	}
	statement_key(&statement, key);
	was = was_of(statements, key, &statement, time_of(row, SINCE));
	for (int i = 0; statements->before && i < STATEMENT_COUNTERS; i++) {
		statement.added[i] = statement.is[i] - (was ? was[i] : 0);
		statements->added[i] += statement.added[i];
	}
	if (statement.userid == statements->own_role) {
		statements->own_calls += statement.added[STATEMENT_CALLS];
		statements->own_ms += statement.added[STATEMENT_TIME];
	}
	statements->entries++;
	keep_for_next(statements, key, &statement);
	keep_if_top(statements, &statement);
}

static int compare(const void *one, const void *other)
{
	return is_before(one, other) ? -1 : is_before(other, one);
}

void statements_rank(struct statements *statements, size_t count)
{
	qsort(statements->top, count < statements->count ? count : statements->count,
		sizeof(statements->top[0]), compare);
}

void statements_ids(const struct statements *statements, size_t count, struct buf *sql)
{
	buf_adds(sql, "'{");
	for (size_t i = 0; i < count && i < statements->count; i++)
		buf_addf(sql, "%s%" PRId64, i ? "," : "", statements->top[i].queryid);
	buf_adds(sql, "}'");
}
