/*
 * The columns of csvlog: their forms, and the entry that their texts make.
 *
 * As the server writes them (csvlog.c): texts within quotes, the others without; what is empty and
 * not quoted is absent.
 */
#ifndef LOGTAIL_CSVLOG_COLUMN_H
#define LOGTAIL_CSVLOG_COLUMN_H

#include <stdbool.h>
#include <stddef.h>

#include "entry.h"
#include "record.h"

#define CSVLOG_COLUMNS_MIN 23
#define CSVLOG_COLUMNS 26
#define CSVLOG_HEAD_COLUMNS 9 /* log_time to session_start_time */

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

struct csvlog_column {
	enum csvlog_form form;
	int text; /* which of CSVLOG_TEXTS */
};

extern const struct csvlog_column csvlog_columns[CSVLOG_COLUMNS];

/* The entry's texts, and what it is made of besides. */
#define CSVLOG_LOG_TIME ENTRY_TEXTS
#define CSVLOG_PID (ENTRY_TEXTS + 1)
#define CSVLOG_SEVERITY (ENTRY_TEXTS + 2)
#define CSVLOG_LOCATION (ENTRY_TEXTS + 3)
#define CSVLOG_TEXTS (ENTRY_TEXTS + 4)

/* May a column of this form be in quotes? */
static inline bool csvlog_form_is_text(enum csvlog_form form)
{
	return form == CSVLOG_TEXT || form == CSVLOG_LONG_TEXT;
}

/* Is that, which is not empty and not quoted, of this form? */
bool csvlog_form_is(enum csvlog_form form, const char *s, size_t len);

/* See csvlog_starts(). */
bool csvlog_columns_start(const char *line, size_t len);

/*
 * Reads the columns from *column on that are here as a whole and need no change: nearly all. What is
 * read stays where it is. at ... end is the rest of a line, the first CHARS16 bytes before end must be
 * there to read, and `trusted` of the columns are known to have their form. Returns where the next
 * column, *column, begins; or end, where the last one, *column, ends.
 */
const char *csvlog_columns_read(const char *at, const char *end, unsigned trusted,
	unsigned *column, struct slice texts[CSVLOG_TEXTS]);

/* False: time, pid or severity are not there. ret_entry untouched then. */
bool csvlog_column_entry(const struct slice texts[CSVLOG_TEXTS],
	const struct record *record, struct entry *ret_entry);

#endif
