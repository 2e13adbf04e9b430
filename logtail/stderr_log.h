/*
 * log_destination = stderr: lines with a prefix become entries.
 *
 * An entry is PREFIX SEVERITY:  message, then DETAIL, HINT, QUERY, CONTEXT, LOCATION, BACKTRACE and
 * STATEMENT lines with the prefix again, each with its continuations, which start with a TAB. They
 * join the open entry of their process, also when other processes' lines come between. A prefix
 * without %p and %c tells no processes apart: then each severity ends the entry before it.
 *
 * An entry leaves when its process begins another one, when STDERR_OPEN_MAX lines with a prefix have
 * come since its last, when it has been silent for long enough (the caller's clock), or when the open
 * ones keep too much. So they leave in the order they end. One line makes at most two leave.
 * What comes after its entry has left is an entry of its own with `continued`: a line with a prefix has
 * its own and the level of what it goes on with; the rest of a line and what begins with a TAB have the
 * prefix of what they go on with, too, and stand in the same section. Where the level is not known it is
 * LEVEL_UNPARSED; the message is empty where it was another section.
 *
 * A line with neither prefix nor TAB is an entry of its own, LEVEL_UNPARSED and not `continued`; it
 * leaves at once, before those that are open. A TAB after it goes on with it. Empty lines are dropped.
 *
 * Entries that a client may have forged are `suspect`: stderr_forged.h has the rules. They neither end
 * nor join an entry that is not.
 *
 * Bounded: STDERR_OPEN_MAX entries of ENTRY_KEEP_BYTES, STDERR_KEEP_BYTES in all, prefixes not counted.
 * An entry keeps its head, and each section has its share; what is cut is counted.
 *
 * Ownership: stderr_log_new() allocates; stderr_log_free() accepts NULL.
 */
#ifndef LOGTAIL_STDERR_LOG_H
#define LOGTAIL_STDERR_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "entry.h"
#include "err.h"
#include "lines.h"
#include "prefix.h"

#define STDERR_OPEN_MAX 32
#define STDERR_KEEP_BYTES ((size_t)1 << 20)

struct stderr_log;

/* The prefix is copied. NULL: no memory. */
struct stderr_log *stderr_log_new(const struct prefix *prefix);
void stderr_log_free(struct stderr_log *log);

/* For a reload, or once the prefix is recognised: the entries that are open stay. */
void stderr_log_set_prefix(struct stderr_log *log, const struct prefix *prefix);

/* Takes one piece. now_s is monotonic, for stderr_log_silence(). False when sink said it for one of the
 * entries that left. */
bool stderr_log_take(struct stderr_log *log, const struct line_piece *piece, double now_s,
	entry_sink *sink, void *context);

/*
 * The same, if the piece is certain to be of a stderr log, whatever other formats are in the file;
 * *ret_more is what stderr_log_take() would return. That is what begins with a TAB, and what fits a
 * prefix that begins with %m or %t and has no comma after it: a csvlog record has one there, a jsonlog
 * record has no time.
 */
bool stderr_log_try(struct stderr_log *log, const struct line_piece *piece, double now_s,
	entry_sink *sink, void *context, bool *ret_more);

/*
 * The same, fast, of the whole lines that data begins with, one after the other, as long as they are
 * like nearly all lines. Returns the bytes taken: up to a line that stderr_log_try() has to look at,
 * or to that with which *ret_more became false. Call it between lines.
 */
size_t stderr_log_feed(struct stderr_log *log, const char *data, size_t len, double now_s,
	entry_sink *sink, void *context, bool *ret_more);

/* Hands on the entries without a line since before_s, those that began first first, and ends an
 * unfinished line of theirs; what follows of it will be `continued`. INFINITY: all. Stops early (false)
 * when the sink is full. */
bool stderr_log_silence(
	struct stderr_log *log, double before_s, entry_sink *sink, void *context);

/* When the longest silent open entry had its last line; INFINITY when none is open. */
double stderr_log_oldest(const struct stderr_log *log);

/*
 * What is open, and what late lines need to know of what has left, as bytes for the state. At most
 * STDERR_KEEP_BYTES plus the prefixes and 1 KiB an entry. Counts are not saved. Call it between lines:
 * within one, and when memory is short, it returns false and ret is as it was.
 */
bool stderr_log_save(const struct stderr_log *log, struct buf *ret);

/* The same into a log just made with the same prefix. now_s counts as the time of their last lines.
 * False: not what stderr_log_save() wrote; or no memory. Nothing is open then. */
bool stderr_log_restore(
	struct stderr_log *log, const char *saved, size_t len, double now_s);

struct stderr_counts {
	uint64_t fitting; /* lines with prefix and word */
	uint64_t stray;   /* lines that begin with neither prefix nor TAB */
	char example
		[200]; /* the last stray line that has a severity word in it, cut: the prefix is wrong */
	uint64_t misfits; /* how many such */
};
const struct stderr_counts *stderr_log_counts(const struct stderr_log *log);

#endif
