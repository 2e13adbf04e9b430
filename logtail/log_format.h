/*
 * The formats that write a record for an entry (csvlog, jsonlog), behind one table. To add one is a
 * line in log_format.c and its own file. What begins no record of any of them is a line of stderr_log.h.
 */
#ifndef LOGTAIL_LOG_FORMAT_H
#define LOGTAIL_LOG_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entry.h"
#include "lines.h"
#include "record.h"

struct record_format {
	const char *name; /* as collection.log_format has it */
	void *(*new)(void);
	void (*free)(void *reader);
	bool (*starts)(const char *line, size_t len);
	enum record_result (*take)(
		void *reader, const struct line_piece *piece, struct entry *ret_entry);
	enum record_result (*finish)(void *reader, struct entry *ret_entry);
	struct slice (*raw)(const void *reader, uint64_t *ret_cut_bytes);
	/* Takes the record that begins at data, where none is under way, with the newline behind it, if it
	 * is as usual and all there. Returns its bytes, of which at most LINE_PIECE_BYTES are the record's;
	 * 0: starts() and take() have to look. *ret_entry as take()'s, its texts may lie in data. */
	size_t (*feed)(
		void *reader, const char *data, size_t len, struct entry *ret_entry);
};

#define RECORD_FORMATS 2
extern const struct record_format record_formats[RECORD_FORMATS];

#endif
