/*
 * The columns of csvlog: their forms, and where in an entry their texts belong.
 *
 * As the server writes them (csvlog.c): texts within quotes, the others without; what is empty and
 * not quoted is absent.
 */
#ifndef LOGTAIL_CSVLOG_COLUMN_H
#define LOGTAIL_CSVLOG_COLUMN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entry.h"

#define CSVLOG_COLUMNS_MIN 23
#define CSVLOG_COLUMNS 26
#define CSVLOG_HEAD_COLUMNS 9   /* log_time to session_start_time */
#define CSVLOG_SHORT_COLUMNS 13 /* those before the message */

enum csvlog_form {
	CSVLOG_TEXT,
	CSVLOG_LONG_TEXT, /* see record.h */
	CSVLOG_TIME,
	CSVLOG_NUMBER,
	CSVLOG_SIGNED,
	CSVLOG_SESSION,
	CSVLOG_STATE,
	CSVLOG_WORD
};

/* csvlog has no backtrace: the pid's text stands in its place until the entry is made. */
#define CSVLOG_PID_PLACE ENTRY_BACKTRACE

struct csvlog_column {
	enum csvlog_form form;
	uint32_t known; /* its bit of entry->known; 0 for what is no text of the entry */
	size_t place;   /* the slice of the entry that takes it */
};

extern const struct csvlog_column csvlog_columns[CSVLOG_COLUMNS];

/* May a column of this form be in quotes? */
static inline bool csvlog_form_is_text(enum csvlog_form form)
{
	return form == CSVLOG_TEXT || form == CSVLOG_LONG_TEXT;
}

/* Is that, which is not empty and not quoted, of this form? */
bool csvlog_form_is(enum csvlog_form form, const char *s, size_t len);

/* Where its text stands in an entry that is being made: see csvlog_entry.h. */
static inline struct slice *csvlog_column_place(struct entry *entry, unsigned column)
{
	return (void *)((char *)entry + csvlog_columns[column].place);
}

/* See csvlog_starts(). */
bool csvlog_columns_start(const char *line, size_t len);

/*
 * Puts into the entry the columns from *column on that are here as a whole and need no change: nearly
 * all. What is read stays where it is. at ... end is the rest of a line, or lines, the first of them one
 * that ends the record outside of quotes; the CHARS16 bytes before end must be there to read. starts: at
 * the record's first byte, *column is 0. kept: room for as many bytes and CHARS16 more, to which long
 * texts with doubled quotes are copied; NULL: they are not read. Returns where the next column, *column,
 * begins; or end or a newline, where the last one, *column, ends. A time that is put there has its form.
 */
const char *csvlog_columns_read(const char *at, const char *end, bool starts, char *kept,
	unsigned *column, struct entry *entry);

#endif
