/*
 * A log through the reader of a record format, cut into pieces as lines.h says, and what comes out as
 * text: a block a result, of the entry's members that are there, one "name: value" a line.
 *
 * Each piece is a copy that is overwritten behind the call and a look at its entry (which may lie in it),
 * and ends where the address sanitizer sees a byte too many.
 */
#ifndef TESTS_RECORD_RUN_H
#define TESTS_RECORD_RUN_H

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "logtail/entry.h"
#include "logtail/lines.h"

enum run_result { RUN_MORE, RUN_ENTRY, RUN_BROKEN, RUN_TORN };

struct run_format {
	size_t head; /* what the first piece of a line has at most: LINE_PIECE_BYTES, or less */
	bool (*starts)(const char *line, size_t len); /* NULL: every line is its own */
	enum run_result (*take)(
		void *reader, const struct line_piece *piece, struct entry *ret_entry);
	enum run_result (*finish)(void *reader, struct entry *ret_entry);
	bool (*is_open)(const void *reader);
	struct slice (*raw)(const void *reader, uint64_t *ret_cut_bytes);
	size_t (*feed)(
		void *reader, const char *data, size_t len, struct entry *ret_entry);
};

/* RUN_FED: by feed, from a part of the log that may end anywhere; what that does not take, by whole
 * lines. */
enum run_cuts { RUN_WHOLE, RUN_AS_LINES, RUN_ANYWHERE, RUN_FED };

static const struct {
	enum entry_text text;
	const char *name;
} run_texts[ENTRY_TEXTS] = { { ENTRY_USER, "user" }, { ENTRY_DATABASE, "dbname" },
	{ ENTRY_APPLICATION_NAME, "application_name" },
	{ ENTRY_REMOTE_HOST, "remote_host" }, { ENTRY_REMOTE_PORT, "remote_port" },
	{ ENTRY_SESSION_ID, "session_id" }, { ENTRY_LINE_NUM, "line_num" },
	{ ENTRY_PS, "ps" }, { ENTRY_SESSION_START, "session_start" },
	{ ENTRY_VXID, "vxid" }, { ENTRY_TXID, "txid" },
	{ ENTRY_STATE_CODE, "state_code" }, { ENTRY_MESSAGE, "message" },
	{ ENTRY_DETAIL, "detail" }, { ENTRY_HINT, "hint" },
	{ ENTRY_INTERNAL_QUERY, "internal_query" },
	{ ENTRY_INTERNAL_POSITION, "internal_position" }, { ENTRY_CONTEXT, "context" },
	{ ENTRY_STATEMENT, "statement" }, { ENTRY_CURSOR_POSITION, "cursor_position" },
	{ ENTRY_FUNC_NAME, "func_name" }, { ENTRY_FILE_NAME, "file_name" },
	{ ENTRY_FILE_LINE_NUM, "file_line_num" }, { ENTRY_BACKTRACE, "backtrace" },
	{ ENTRY_BACKEND_TYPE, "backend_type" }, { ENTRY_LEADER_PID, "leader_pid" },
	{ ENTRY_QUERY_ID, "query_id" } };

static inline void run_put(struct buf *out, const char *name, struct slice text)
{
	if (!text.s)
		return;
	buf_adds(out, name);
	buf_adds(out, ": ");
	buf_add(out, text.s, text.len);
	buf_addc(out, '\n');
}

static inline void run_put_entry(struct buf *out, const struct entry *entry)
{
	buf_addf(out, "%s\n", level_names[entry->level]);
	run_put(out, "level_text", entry->level_text);
	run_put(out, "time", entry->time);
	buf_addf(out, "pid: %" PRId64 "\n", entry->pid);
	for (size_t i = 0; i < ENTRY_TEXTS; i++)
		run_put(out, run_texts[i].name, entry->text[run_texts[i].text]);
	if (entry->cut_bytes)
		buf_addf(out, "cut: %" PRIu64 "\n", entry->cut_bytes);
	if (entry->continued || entry->suspect)
		buf_adds(out, "marked\n");
}

static inline void run_put_result(struct buf *out, const struct run_format *format,
	void *reader, enum run_result result, const struct entry *entry)
{
	uint64_t cut = 0;

	if (result == RUN_MORE)
		return;
	if (result == RUN_ENTRY) {
		run_put_entry(out, entry);
	} else {
		run_put(out, result == RUN_TORN ? "torn" : "broken",
			format->raw(reader, &cut));
		if (cut)
			buf_addf(out, "cut: %" PRIu64 "\n", cut);
	}
	buf_addc(out, '\n');
}

static inline uint64_t run_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* Where the piece that begins at `at` of a line ends. */
static inline size_t run_cut(
	enum run_cuts cuts, size_t head, size_t at, size_t len, uint64_t *seed)
{
	size_t left = len - at, n;

	if (at == 0 && cuts != RUN_ANYWHERE && left > head)
		return head;
	if (cuts == RUN_WHOLE || cuts == RUN_FED || (at == 0 && cuts == RUN_AS_LINES))
		return len;
	n = run_random(seed) % 4 ? run_random(seed) % 9 : run_random(seed) % (left + 1);
	return at + (n < left ? n : left);
}

static inline void run_line(const struct run_format *format, void *reader,
	const char *line, size_t len, bool ends, enum run_cuts cuts, uint64_t *seed,
	struct buf *out)
{
	struct line_piece piece = { .begins = true };
	char *copy = malloc(len + !len);
	size_t at = 0, end;

	if (!copy)
		abort();
	do {
		enum run_result result;
		struct entry entry;

		end = run_cut(cuts, format->head, at, len, seed);
		piece.len = end - at;
		piece.s = memcpy(copy + len - piece.len, line + at, piece.len);
		piece.ends = ends && end == len;
		memset(&entry, 0x55, sizeof(entry));
		result = format->take(reader, &piece, &entry);
		if (result == RUN_TORN) {
			run_put_result(out, format, reader, result, &entry);
			result = format->take(reader, &piece, &entry);
		}
		run_put_result(out, format, reader, result, &entry);
		memset(copy + len - piece.len, '#', piece.len);
		piece.begins = false;
		at = end;
	} while (at < len);
	free(copy);
}

/* What feed takes of this much of a log. */
static inline size_t run_feed(const struct run_format *format, void *reader,
	const char *log, size_t len, struct buf *out)
{
	char *copy = malloc(len);
	struct entry entry;
	size_t taken;

	if (!copy)
		abort();
	memcpy(copy, log, len);
	memset(&entry, 0x55, sizeof(entry));
	taken = format->feed(reader, copy, len, &entry);
	if (taken > 0)
		run_put_result(out, format, reader, RUN_ENTRY, &entry);
	free(copy);
	return taken;
}

/* All of a log; what comes behind its last newline is finished. */
static inline void run_log(const struct run_format *format, void *reader, const char *log,
	size_t len, enum run_cuts cuts, uint64_t seed, struct buf *out)
{
	enum run_result result;
	struct entry entry;

	for (size_t at = 0; at < len;) {
		const char *line = log + at, *newline = memchr(line, '\n', len - at);
		size_t line_len = newline ? (size_t)(newline - line) : len - at;
		size_t head = line_len < format->head ? line_len : format->head;
		size_t fed = 0;

		if (cuts == RUN_FED && !format->is_open(reader))
			fed = run_feed(format, reader, line,
				run_random(&seed) % 2
					? len - at
					: run_random(&seed) % (len - at) + 1,
				out);
		if (fed > 0) {
			at += fed;
			continue;
		}
		at += line_len + 1;
		if (!format->is_open(reader) && format->starts &&
			!format->starts(line, head)) {
			run_put(out, "line", (struct slice){ line, line_len });
			continue;
		}
		run_line(format, reader, line, line_len, newline != NULL, cuts, &seed,
			out);
	}
	memset(&entry, 0x55, sizeof(entry));
	result = format->finish(reader, &entry);
	if (result != RUN_MORE)
		buf_adds(out, "finished ");
	run_put_result(out, format, reader, result, &entry);
}

#endif
