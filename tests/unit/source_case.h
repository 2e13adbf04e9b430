/*
 * One source without a server: the query it composes for the columns that a version has,
 * and what it makes of results.
 */
#ifndef TESTS_SOURCE_CASE_H
#define TESTS_SOURCE_CASE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "child.h"
#include "collector/source.h"
#include "result.h"

#define CASE_ROOM (64 << 10)

/* columns: a line for each view as struct server has them. "" when it is not asked. The
 * caller frees. */
static inline char *case_sql(
	const struct source *source, const char *columns, bool in_recovery, unsigned part)
{
	static struct server server;
	struct source_context context = { .server = &server };
	struct buf sql;

	server.in_recovery = in_recovery;
	snprintf(server.columns, sizeof(server.columns), "%s", columns);
	buf_init(&sql, CASE_ROOM);
	if (!source->compose(&sql, &context, part))
		buf_clear(&sql);
	buf_addc(&sql, '\0');
	return buf_take(&sql);
}

struct case_emission {
	const struct source *source;
	PGresult *const *results;
};

static inline void case_emit(void *argument)
{
	static const struct payload_meta meta = { .correlation_id = "",
		.project = "p",
		.wall_us = 1769774400000000,
		.source = "s",
		.host = "h" };
	const struct case_emission *emission = argument;
	const struct spool_limits none = { 0 };
	struct rows rows[SOURCE_PARTS_MAX];
	struct answer answer = { .meta = meta };
	struct sink sink;
	struct err err;

	for (unsigned part = 0; part < emission->source->parts; part++) {
		rows_init(&rows[part], emission->results[part], REDACT_NONE);
		if (emission->results[part])
			answer.rows[part] = &rows[part];
	}
	if (sink_open(&sink, NULL, &none, 0, &err) < 0 ||
		emission->source->emit(&answer, &sink, &err) < 0 ||
		sink_publish(&sink, &err) < 0)
		printf("%s\n", err.msg);
	sink_close(&sink);
	for (unsigned part = 0; part < emission->source->parts; part++)
		rows_release(&rows[part]);
}

/* The members of data after host, as text; "" when nothing is sent. results: by part, NULL
 * for one that was not measured. The caller frees. */
static inline char *case_data(const struct source *source, PGresult *const *results)
{
	static const char before[] = "\"data\":{\"host\":\"h\",";
	struct case_emission emission = { source, results };
	char *said = calloc(1, CASE_ROOM), *data;

	if (!said || child_run(case_emit, &emission, STDOUT_FILENO, said, CASE_ROOM) != 0)
		abort();
	data = strstr(said, before);
	if (!data)
		return said;
	data += strlen(before);
	memmove(said, data, strlen(data) + 1);
	if (strlen(said) > 3) /* "}}\n" */
		said[strlen(said) - 3] = '\0';
	return said;
}

/* A result of rows of texts, a row after the other; NULL is null. */
static inline PGresult *case_result(const struct result_column *columns, size_t count,
	const char *const *texts, int rows)
{
	PGresult *result = result_make(columns, count);

	for (int i = 0; i < rows * (int)count; i++)
		result_set(result, i / (int)count, i % (int)count, texts[i]);
	return result;
}

/* Fails unless text has (or, after a '!', has not) each of the words, which end with NULL. */
static inline void case_check(
	const char *when, const char *text, const char *const *words)
{
	for (; *words; words++) {
		bool not_there = **words == '!';

		if ((strstr(text, *words + not_there) != NULL) == not_there)
			fail_msg("%s: \"%s\" in: %s", when, *words, text);
	}
}

#endif
