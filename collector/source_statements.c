/*
 * pg_stat_statements: the statements that took the most time since the last run, by the
 * view's own column names.
 *
 * First the counters of every entry, in a few columns: they tell which statements matter.
 * Then all columns of these. Texts are asked for on their own and seldom, since reading one
 * reads all of the server's text file; the function behind the view is asked, because only
 * that can leave them out. It may live in any schema.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "growth.h"
#include "source.h"

#define QUERY_MAX_CHARS 1000

enum { COUNTERS, DETAILS, TEXTS, PARTS };

static const char columns[] =
	"userid, dbid, toplevel, queryid::text AS queryid, plans, total_plan_time, "
	"min_plan_time, max_plan_time, mean_plan_time, stddev_plan_time, calls, "
	"total_time, min_time, max_time, mean_time, stddev_time, "
	"total_exec_time, min_exec_time, max_exec_time, mean_exec_time, stddev_exec_time, "
	"rows, shared_blks_hit, shared_blks_read, shared_blks_dirtied, "
	"shared_blks_written, local_blks_hit, local_blks_read, local_blks_dirtied, "
	"local_blks_written, temp_blks_read, temp_blks_written, blk_read_time, "
	"blk_write_time, shared_blk_read_time, shared_blk_write_time, "
	"local_blk_read_time, local_blk_write_time, temp_blk_read_time, "
	"temp_blk_write_time, wal_records, wal_fpi, wal_bytes, wal_buffers_full, "
	"jit_functions, jit_generation_time, jit_inlining_count, jit_inlining_time, "
	"jit_optimization_count, jit_optimization_time, jit_emission_count, "
	"jit_emission_time, jit_deform_count, jit_deform_time, "
	"parallel_workers_to_launch, parallel_workers_launched, stats_since, "
	"minmax_stats_since";

static const char *find_text(
	const struct source_context *context, const struct statement *statement)
{
	char key[STATEMENT_KEY_SIZE];

	statement_key(statement, key);
	return texts_find(context->texts, key, context->wall_s);
}

static void begin(const struct source_context *context)
{
	statements_begin(context->statements,
		counters_find_set(context->before, source_statements.name),
		counters_add_set(
			context->now, source_statements.name, 0, STATEMENT_COUNTERS),
		context->server->role_oid);
}

static bool compose_details(struct buf *sql, const struct source_context *context)
{
	const struct server *server = context->server;

	statements_rank(context->statements, STATEMENTS_TOP);
	if (context->statements->now && !context->statements->failed)
		context->statements->now->at_s = server->now_s; /* it is whole */
	if (context->statements->count == 0)
		return false;
	buf_adds(sql, "SELECT ");
	server_columns(sql, server, "pg_stat_statements", "", columns);
	buf_addf(sql, " FROM %s.pg_stat_statements(false) WHERE queryid = ANY(",
		server->statements_schema);
	statements_ids(context->statements, STATEMENTS_SHOWN, sql);
	buf_adds(sql, "::int8[])");
	return true;
}

/* left() counts bytes in a database without an encoding; a character has up to four. */
static bool compose_texts(struct buf *sql, const struct source_context *context)
{
	const struct statements *statements = context->statements;
	bool missing = false;

	for (size_t i = 0; i < statements->count && i < STATEMENTS_SHOWN; i++)
		missing |= !find_text(context, &statements->top[i]);
	if (!missing || !texts_due(context->pace, context->wall_s))
		return false;
	buf_addf(sql,
		"SELECT userid, dbid, %s, queryid, pg_catalog.left(query, CASE "
		"pg_catalog.getdatabaseencoding() WHEN 'SQL_ASCII' THEN %d ELSE %d END) "
		"AS query FROM %s.pg_stat_statements(true) WHERE queryid = ANY(",
		server_has_column(context->server, source_statements.name, "toplevel")
			? "toplevel"
			: "true",
		4 * QUERY_MAX_CHARS + 1, QUERY_MAX_CHARS + 1,
		context->server->statements_schema);
	statements_ids(statements, STATEMENTS_TOP, sql);
	buf_adds(sql, "::int8[])");
	return true;
}

static bool compose(struct buf *sql, const struct source_context *context, unsigned part)
{
	if (part == DETAILS)
		return compose_details(sql, context);
	if (part == TEXTS)
		return compose_texts(sql, context);
	begin(context);
	statements_sql(sql, context->server);
	return true;
}

static void take_row(const void *argument, const PGresult *row)
{
	const struct source_context *context = argument;

	statements_row(context->statements, row);
}

static uint32_t oid_at(const struct rows *rows, int row, int column)
{
	return (uint32_t)strtoul(rows_text(rows, row, column), NULL, 10);
}

/* What a fetch brought goes to the others, and when it may be repeated is noted. */
static void take_texts(const struct answer *answer)
{
	const struct source_context *context = answer->context;
	struct rows *rows = answer->rows[TEXTS];
	int count = rows ? PQntuples(rows->result) : 0;

	if (isnan(answer->ms[TEXTS]))
		return;
	texts_fetched(context->pace, answer->ms[TEXTS], !rows, context->wall_s);
	for (int row = 0; row < count; row++) {
		const struct statement statement = { .userid = oid_at(rows, row, 0),
			.dbid = oid_at(rows, row, 1),
			.toplevel = *rows_text(rows, row, 2) == 't',
			.queryid = strtoll(rows_text(rows, row, 3), NULL, 10) };
		const char *query = rows_text(rows, row, 4);
		char key[STATEMENT_KEY_SIZE];

		statement_key(&statement, key);
		if (!PQgetisnull(rows->result, row, 4) &&
			!find_text(context, &statement) &&
			rows_clean_sql(rows->redact, query, strlen(query),
				QUERY_MAX_CHARS, &rows->clean))
			texts_add(context->texts, key, rows->clean.data, context->wall_s);
	}
}

static void write_counter(struct json *json, int counter, double value)
{
	json_key(json, statement_counters[counter]);
	json_decimal(json, value, counter == STATEMENT_TIME ? 6 : 0);
}

static void write_added(struct json *json, const char *name, bool known,
	const double added[STATEMENT_COUNTERS])
{
	json_key(json, name);
	if (!known) {
		json_null(json);
		return;
	}
	json_object(json);
	for (int i = 0; i < STATEMENT_COUNTERS; i++)
		write_counter(json, i, added[i]);
	json_end(json);
}

/* The row with all columns of a statement, -1 when it was evicted meanwhile. */
static int find_row(const struct rows *rows, const struct statement *statement)
{
	int toplevel, count = rows ? PQntuples(rows->result) : 0;
	int userid, dbid, queryid;
	char want[3][24];

	if (count == 0)
		return -1;
	userid = rows_column(rows, "userid");
	dbid = rows_column(rows, "dbid");
	queryid = rows_column(rows, "queryid");
	toplevel = rows_column(rows, "toplevel");
	snprintf(want[0], sizeof(want[0]), "%" PRIu32, statement->userid);
	snprintf(want[1], sizeof(want[1]), "%" PRIu32, statement->dbid);
	snprintf(want[2], sizeof(want[2]), "%" PRId64, statement->queryid);
	for (int row = 0; row < count; row++)
		if (strcmp(rows_text(rows, row, queryid), want[2]) == 0 &&
			strcmp(rows_text(rows, row, dbid), want[1]) == 0 &&
			strcmp(rows_text(rows, row, userid), want[0]) == 0 &&
			(toplevel < 0 || (*rows_text(rows, row, toplevel) == 't') ==
						 statement->toplevel))
			return row;
	return -1;
}

static void write_identity(struct json *json, const struct statement *statement)
{
	char queryid[24];

	snprintf(queryid, sizeof(queryid), "%" PRId64, statement->queryid);
	json_object(json);
	json_key(json, "userid");
	json_uint(json, statement->userid);
	json_key(json, "dbid");
	json_uint(json, statement->dbid);
	json_key(json, "toplevel");
	json_bool(json, statement->toplevel);
	json_key(json, "queryid");
	json_string(json, queryid);
	for (int i = 0; i < STATEMENT_COUNTERS; i++)
		write_counter(json, i, statement->is[i]);
}

static void write_statement(struct json *json, const struct answer *answer,
	const struct statement *statement, size_t text_max)
{
	int row = find_row(answer->rows[DETAILS], statement);
	const char *text = find_text(answer->context, statement);

	if (row >= 0)
		rows_object(json, answer->rows[DETAILS], row, text_max);
	else /* the few counters are better than nothing */
		write_identity(json, statement);
	json_key(json, "query");
	if (text)
		json_text(json, text, strlen(text), text_max);
	else
		json_null(json);
	write_added(json, "delta", answer->context->statements->before, statement->added);
	json_end(json);
}

/* What those that are not sent added together. */
static void write_other(struct json *json, const struct statements *statements)
{
	double other[STATEMENT_COUNTERS];

	for (int i = 0; i < STATEMENT_COUNTERS; i++) {
		other[i] = statements->added[i];
		for (size_t k = 0; k < statements->count && k < STATEMENTS_SHOWN; k++)
			other[i] -= statements->top[k].added[i];
		if (other[i] < 0) /* rounding */
			other[i] = 0;
	}
	write_added(json, "other", statements->before, other);
}

static void write_statements(struct json *json, size_t text_max, void *context)
{
	const struct answer *answer = context;
	const struct statements *statements = answer->context->statements;
	size_t count = statements->count < STATEMENTS_SHOWN ? statements->count
							    : STATEMENTS_SHOWN;
	double before_s = statements->before ? statements->before->at_s : 0;

	json_key(json, "statements");
	json_array(json);
	for (size_t i = 0; i < count; i++)
		write_statement(json, answer, &statements->top[i], text_max);
	json_end(json);
	json_key(json, "count");
	json_uint(json, count);
	json_key(json, "total");
	json_uint(json, statements->entries);
	growth_write_since(json, before_s, answer->context->server->now_s);
	growth_write_time(json, "stats_reset", statements->reset_s);
	write_other(json, statements);
}

/* Columns and counters come from two readings; what is sent is in the order of the second. */
static void rank_as_sent(const struct answer *answer)
{
	struct statements *statements = answer->context->statements;
	const struct rows *rows = answer->rows[DETAILS];
	int time = -1;

	if (rows)
		time = rows_column(rows, "total_exec_time") >= 0
			       ? rows_column(rows, "total_exec_time")
			       : rows_column(rows, "total_time");
	for (size_t i = 0; i < statements->count && i < STATEMENTS_SHOWN; i++) {
		int row = find_row(rows, &statements->top[i]);

		if (row >= 0 && time >= 0)
			statements->top[i].is[STATEMENT_TIME] =
				rows_number(rows, row, time);
	}
	statements_rank(statements, STATEMENTS_SHOWN);
}

static int emit(const struct answer *answer, struct sink *sink, struct err *err)
{
	struct answer copy = *answer;

	if (!answer->rows[COUNTERS] || answer->context->statements->count == 0)
		return 0;
	take_texts(answer);
	rank_as_sent(answer);
	return sink_payload(
		sink, &answer->meta, QUERY_MAX_CHARS, write_statements, &copy, err);
}

const struct source source_statements = {
	.name = "pg_stat_statements",
	.views = "pg_stat_statements, pg_stat_statements_info",
	.needs_statements = true,
	.parts = PARTS,
	.optional_parts = 1u << TEXTS,
	.compose = compose,
	.row = take_row,
	.emit = emit,
};
