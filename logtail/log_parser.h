/*
 * One log's bytes, in order and cut anywhere, as entries.
 *
 *	parser = log_parser_new(&rules);
 *	n = log_parser_feed(parser, data, len, now_s, sink, context);	n bytes were taken
 *	log_parser_silence(parser, now_s - 0.5, sink, context);
 *
 * Each line is read as what it is, whatever the file is named: a jsonlog object, a csvlog record, a
 * line with prefix (log_format.c holds the list); so that a format found inside another file derails
 * nothing. What is not taken yet is given again, with more behind it.
 *
 * Ownership: log_parser_new() allocates; log_parser_free() accepts NULL.
 */
#ifndef LOGTAIL_LOG_PARSER_H
#define LOGTAIL_LOG_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "entry.h"
#include "err.h"
#include "prefix.h"
#include "stderr_log.h"

struct log_parser;

/* prefix is copied. NULL: no memory. */
struct log_parser *log_parser_new(const struct prefix *prefix);
void log_parser_free(struct log_parser *parser);

void log_parser_set_prefix(struct log_parser *parser, const struct prefix *prefix);

/*
 * Takes whole lines, and pieces of lines that are too long to wait for. Returns the bytes taken: all
 * but an unfinished line, fewer when sink said that it is full.
 */
size_t log_parser_feed(struct log_parser *parser, const char *data, size_t len,
	double now_s, entry_sink *sink, void *context);

/*
 * The unfinished line at the end of what was fed goes no further for now: takes it, too. What comes
 * of it later is an entry of its own, `continued`. A record of csvlog or jsonlog is waited for, unless
 * this is final. Returns the bytes taken: all or none.
 */
size_t log_parser_break(struct log_parser *parser, const char *data, size_t len,
	double now_s, bool final, entry_sink *sink, void *context);

/* Hands on what had no line since before_s (INFINITY: all). False: the sink is full, call again. */
bool log_parser_silence(
	struct log_parser *parser, double before_s, entry_sink *sink, void *context);

/* The log ends here: hands on everything, unfinished records too. False: as above. */
bool log_parser_finish(struct log_parser *parser, entry_sink *sink, void *context);

/* When the entry that waits longest had its last line; INFINITY when none waits. */
double log_parser_oldest(const struct log_parser *parser);

/* How many of the bytes taken so far must be read again after a restart: those of a record under
 * way. SIZE_MAX: within a line that is too long to wait for; not to be saved now. */
size_t log_parser_unsaved(const struct log_parser *parser);

/* What is open besides, for log_parser_restore() of a fresh parser. */
bool log_parser_save(const struct log_parser *parser, struct buf *ret);
bool log_parser_restore(
	struct log_parser *parser, const char *saved, size_t len, double now_s);

/* Of the lines with a prefix. */
const struct stderr_counts *log_parser_counts(const struct log_parser *parser);

#endif
