/*
 * A query's result without a server: columns by name and type, then rows of texts.
 */
#ifndef TESTS_RESULT_H
#define TESTS_RESULT_H

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#define RESULT_COLUMNS_MAX 64

struct result_column {
	const char *name;
	Oid type; /* of pg_type.dat; 25 is text */
};

static inline PGresult *result_make(const struct result_column *columns, size_t count)
{
	PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
	PGresAttDesc descs[RESULT_COLUMNS_MAX] = { { 0 } };

	for (size_t i = 0; i < count; i++) {
		descs[i].name = (char *)columns[i].name;
		descs[i].typid = columns[i].type;
	}
	if (!result || count > RESULT_COLUMNS_MAX ||
		!PQsetResultAttrs(result, (int)count, descs))
		abort();
	return result;
}

/* text NULL: null. A row begins with its column 0. */
static inline void result_set(PGresult *result, int row, int column, const char *text)
{
	if (!PQsetvalue(result, row, column, (char *)text, text ? (int)strlen(text) : -1))
		abort();
}

#endif
