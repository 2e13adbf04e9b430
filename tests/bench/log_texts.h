/*
 * What a busy PostgreSQL says and what it is asked, as templates for make_log.
 *
 * In them stand: # a number, @ a word, & 16 hexadecimal digits, ~ a time, ^ a dollar sign, % before
 * " ms" milliseconds, $ one of the statements, ! one of the prepared ones.
 */
#ifndef BENCH_LOG_TEXTS_H
#define BENCH_LOG_TEXTS_H

#include <stdbool.h>
#include <stddef.h>

/* A kind of entry; NULL: it has no such part. */
struct kind {
	int weight; /* about parts of a thousand */
	const char *level, *state, *ps, *message, *detail, *hint, *context;
	bool has_statement, is_background;
	const char *backend_type;
};

extern const struct kind kinds[];
extern const char *const statements[], *const prepared[];
extern const size_t kinds_count, statements_count, prepared_count;

#endif
