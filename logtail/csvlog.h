/*
 * log_destination = csvlog: 23 columns (PostgreSQL 12), 24 (13: backend_type), 26 (14 and later:
 * leader_pid, query_id), as in the documentation's "Using CSV-Format Log Output". Later versions may
 * append columns: they are passed over.
 *
 * A record is one line or, with newlines within quotes, several; it comes line by line and is kept
 * in memory of its own: ENTRY_KEEP_BYTES in all, of which no field takes so much that the later ones
 * are lost (record.h); the rest is counted as cut.
 *
 * What is empty and not quoted is absent, as are a transaction or query id of 0. An unknown severity
 * makes an entry of LEVEL_UNPARSED with the word in level_text.
 *
 * No record is: one with fewer columns; with a number, time, session or state that has not its form;
 * with a text that is not quoted; with anything but a comma behind a closing quote; of more than
 * 1 GiB, which the server cannot make (MaxAllocSize). In a log that is not torn there is no such
 * thing, whatever its texts quote: their own quotes stand doubled.
 *
 * A record that is torn within quotes (a full disk, a crash) takes the lines behind it for its text,
 * up to the next record: its first quote is taken for the closing one, and behind that stands text,
 * which proves the tear. (A text that begins with a comma hides it; the record after that one has it.)
 * Where the line of the proof looks as a record begins, and the proof is in its first piece, it is
 * read again as one (RECORD_TORN); nothing is concluded from looks alone, which a text can have.
 */
#ifndef LOGTAIL_CSVLOG_H
#define LOGTAIL_CSVLOG_H

#include <stdbool.h>
#include <stddef.h>

#include "entry.h"
#include "lines.h"
#include "record.h"

struct csvlog;

struct csvlog *csvlog_new(void); /* NULL: no memory */
void csvlog_free(struct csvlog *csv);

/* Could a record begin with this line? Time stamp, comma, and the next fields' forms. */
bool csvlog_starts(const char *line, size_t len);

/* Takes one piece of a line. Outside of a record a piece must begin a line that csvlog_starts():
 * the forms of its first columns are not looked at again. */
enum record_result csvlog_take(
	struct csvlog *csv, const struct line_piece *piece, struct entry *ret_entry);

/* Takes the record at data, outside of another, where it is all there and as usual: see log_format.h. Its
 * lines need not be parted for that. */
size_t csvlog_feed(
	struct csvlog *csv, const char *data, size_t len, struct entry *ret_entry);

/* Is a record under way? */
bool csvlog_is_open(const struct csvlog *csv);

/*
 * There is no more: the record under way as far as it goes. RECORD_ENTRY where time, level and
 * message are there (cut_bytes is then at least 1), RECORD_BROKEN otherwise. Nothing open: MORE.
 */
enum record_result csvlog_finish(struct csvlog *csv, struct entry *ret_entry);

/* The raw text of the broken record, at most its first 64 KiB, and the bytes cut of it. */
struct slice csvlog_raw(const struct csvlog *csv, uint64_t *ret_cut_bytes);

#endif
