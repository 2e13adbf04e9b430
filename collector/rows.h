/*
 * Rows of a query's result as JSON objects, by the type of each column.
 *
 * Integers, oids and xids print exactly; float and numeric as the server wrote them (NaN
 * and infinities become null); timestamptz as ISO 8601 (the session's TimeZone is UTC);
 * json as it is; everything else as text. A bytea column is text whose bytes the server was not asked to
 * understand. A column called "query" or "…_query" is SQL: redacted, then cut. A name
 * that begins with '_' is for us and not written.
 *
 * Ownership: rows_init() borrows the result; rows_release() frees the rest.
 */
#ifndef COLLECTOR_ROWS_H
#define COLLECTOR_ROWS_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "json_write.h"
#include "redact.h"

struct rows {
	const PGresult *result;
	enum redact_mode redact;
	struct buf raw, clean; /* one text at a time */
};

void rows_init(struct rows *rows, const PGresult *result, enum redact_mode redact);
void rows_release(struct rows *rows);

/* Opens an object with the row's columns in it; the caller may add members, then
 * json_end(). */
void rows_object(struct json *json, struct rows *rows, int row, size_t text_max);

/* The same for the columns of a place from `from` to before `to`. */
void rows_part(
	struct json *json, struct rows *rows, int row, int from, int to, size_t text_max);

/* A member: an array of all rows; null when rows is NULL. */
void rows_list(struct json *json, const char *name, struct rows *rows, size_t text_max);

/* Two members, PREFIXcount and PREFIXtotal: how many rows there are, and of how many they
 * are the first ones, which the column _total tells; null when rows is NULL. */
void rows_counts(struct json *json, const char *prefix, const struct rows *rows);

/* A member: a row's value in a column, named as that without a leading '_'; null where
 * there is no such row or column, and when rows is NULL. */
void rows_member(struct json *json, struct rows *rows, int row, const char *column,
	size_t text_max);

/* A column's place by name, or -1. */
int rows_column(const struct rows *rows, const char *name);

/* Its value; "" for null and for a column that is not there. */
const char *rows_text(const struct rows *rows, int row, int column);

/* Its value as a number; 0 for null, for what is none and for a column that is not there. */
double rows_number(const struct rows *rows, int row, int column);

/* Is it of a type with decimals? */
bool rows_is_float(const struct rows *rows, int column);

/*
 * SQL text as it leaves the machine into out (replaced): redacted, and cut as below.
 * False when there is no memory.
 */
bool rows_clean_sql(enum redact_mode mode, const char *sql, size_t len, size_t text_max,
	struct buf *out);

/*
 * SQL text into json: redacted, at most text_max characters, the cut marked, also where
 * sql itself (longer than text_max then) had been cut before. out is working memory.
 */
void rows_sql_text(struct json *json, enum redact_mode mode, const char *sql, size_t len,
	size_t text_max, struct buf *out);

/* "2026-11-20 23:25:11.123456+00" as "2026-11-20T23:25:11.123456+00:00" into ret.
 * False (and ret untouched) when text is no such time: an infinity, a year BC. */
bool rows_iso_time(const char *text, char *ret, size_t size);

/* "\x00ff" as bytes, appended to out. False when it is not such a text. */
bool rows_bytes(const char *text, struct buf *out);

#endif
