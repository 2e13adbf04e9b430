#include "csvlog.h"

#include <stdlib.h>

#include "byte_find.h"
#include "csvlog_column.h"
#include "csvlog_entry.h"
#include "record.h"

_Static_assert(LINE_PIECE_BYTES + CHARS16 <= ENTRY_KEEP_BYTES, "csvlog_feed() keeps it");

#define RECORD_MAX_BYTES ((uint64_t)1 << 30)

enum state {
	CLOSED, /* no record under way */
	START,  /* of a field */
	PLAIN,
	QUOTED,
	QUOTE_SEEN, /* within quotes: the closing one, or the first half of a doubled one */
	BROKEN,     /* until the line ends */
};

struct csvlog {
	enum state state;
	bool quoted; /* the column under way */
	unsigned column;
	uint64_t bytes;     /* of the record */
	struct entry entry; /* its texts so far */
	struct record record;
};

struct csvlog *csvlog_new(void)
{
	struct csvlog *csv = calloc(1, sizeof(*csv));

	if (csv && record_init(&csv->record))
		return csv;
	free(csv);
	return NULL;
}

void csvlog_free(struct csvlog *csv)
{
	if (!csv)
		return;
	record_release(&csv->record);
	free(csv);
}

bool csvlog_starts(const char *line, size_t len)
{
	return csvlog_columns_start(line, len);
}

static void begin_text(struct csvlog *csv, bool quoted)
{
	csv->state = quoted ? QUOTED : PLAIN;
	csv->quoted = quoted;
	if (csv->column < CSVLOG_COLUMNS)
		record_text_begin(&csv->record,
			csvlog_columns[csv->column].form == CSVLOG_LONG_TEXT);
}

/* What ends before end, up to which there is more to read. */
static inline void add(struct csvlog *csv, const char *s, size_t len, const char *end)
{
	if (csv->column < CSVLOG_COLUMNS)
		record_text_add_some(&csv->record, s, len, end);
}

/* The text under way is the column's. */
static inline struct slice put_text(struct csvlog *csv, unsigned column)
{
	struct slice text = record_text(&csv->record);

	csvlog_entry_put(&csv->entry, column, text.s, text.len);
	return text;
}

/* False: the column has not its form. */
static inline bool end_column(struct csvlog *csv)
{
	enum state state = csv->state;
	unsigned i = csv->column;
	struct slice text;

	csv->state = START;
	csv->column++;
	if (state == START || i >= CSVLOG_COLUMNS)
		return true;
	text = put_text(csv, i);
	return csv->quoted ? csvlog_form_is_text(csvlog_columns[i].form)
			   : csvlog_form_is(csvlog_columns[i].form, text.s, text.len);
}

/* The next quote in at ... end, or end, of a piece that begins at s. */
static inline const char *find_quote(const char *s, const char *at, const char *end)
{
	return end - s < CHARS16 ? byte_find(at, end, '"', '"')
				 : byte_find_mark(at, end, byte_mark_quote);
}

/* Takes text of the piece from s on up to the closing quote. Returns what is behind it or end. */
static const char *take_quoted(
	struct csvlog *csv, const char *s, const char *at, const char *end)
{
	while (at < end) {
		const char *quote = find_quote(s, at, end);

		if (quote == end) {
			add(csv, at, (size_t)(end - at), end);
			return end;
		}
		if (quote + 1 == end || quote[1] != '"') {
			add(csv, at, (size_t)(quote - at), end);
			csv->state = QUOTE_SEEN;
			return quote + 1;
		}
		add(csv, at, (size_t)(quote + 1 - at), end);
		at = quote + 2;
	}
	return end;
}

static const char *take_plain(struct csvlog *csv, const char *at, const char *end)
{
	const char *comma = byte_find(at, end, ',', ',');

	add(csv, at, (size_t)(comma - at), end);
	return comma;
}

/* Keeps the columns first ... csv->column, whose texts, in `from`, are still in the line. */
static void keep_columns(struct csvlog *csv, unsigned first, struct entry *from)
{
	for (unsigned i = first; i < csv->column; i++) {
		struct slice text = *csvlog_column_place(from, i);

		if (!text.s)
			continue;
		record_text_begin(
			&csv->record, csvlog_columns[i].form == CSVLOG_LONG_TEXT);
		record_text_add(&csv->record, text.s, text.len);
		put_text(csv, i);
	}
}

/* The same of the line's first columns, which end before `at`: where they are short, as they stand. */
static void keep_head(
	struct csvlog *csv, const char *line, const char *at, struct entry *from)
{
	const char *kept;

	if (csv->column > CSVLOG_SHORT_COLUMNS ||
		at - line > (ptrdiff_t)RECORD_SHORT_BYTES) {
		keep_columns(csv, 0, from);
		return;
	}
	record_text_begin(&csv->record, false);
	record_text_add(&csv->record, line, (size_t)(at - line));
	kept = record_text(&csv->record).s;
	for (unsigned i = 0; i < csv->column; i++) {
		const struct slice *text = csvlog_column_place(from, i);

		if (text->s)
			csvlog_entry_put(
				&csv->entry, i, kept + (text->s - line), text->len);
	}
}

/* Can columns be read in place? They must end with the piece, and no long text be near its limit. */
static inline bool is_easy(const struct line_piece *piece, size_t kept)
{
	return piece->ends && piece->len >= CHARS16 &&
	       kept + piece->len <= RECORD_EASY_BYTES;
}

/*
 * Takes the columns that are simple. Where they end the record they stay in the line, else they are
 * kept.
 */
static const char *take_columns(
	struct csvlog *csv, const char *at, const struct line_piece *piece)
{
	const char *end = piece->s + piece->len;
	unsigned first = csv->column;

	if (first >= CSVLOG_COLUMNS || !is_easy(piece, csv->record.len))
		return at;
	at = csvlog_columns_read(at, end, false, NULL, &csv->column, &csv->entry);
	if (at < end)
		keep_columns(csv, first, &csv->entry);
	return at;
}

/* Takes the piece; where seen is not NULL, from there on: it begins a column that take_columns() would
 * leave. False: this is no record. */
static bool take_bytes(
	struct csvlog *csv, const struct line_piece *piece, const char *seen)
{
	const char *at = seen ? seen : piece->s, *end = piece->s + piece->len;
	bool well = true;

	while (at < end && well) {
		if (csv->state == START) {
			if (at != seen)
				at = take_columns(csv, at, piece);
			if (at == end)
				break;
			if (*at == ',') {
				csv->column++;
				at++;
				continue;
			}
			begin_text(csv, *at == '"');
			at += csv->quoted;
		} else if (csv->state == QUOTED) {
			at = take_quoted(csv, piece->s, at, end);
		} else if (*at == ',') {
			well = end_column(csv);
			at++;
		} else if (csv->state == PLAIN) {
			at = take_plain(csv, at, end);
		} else if (*at == '"') {
			add(csv, at, 1, end);
			csv->state = QUOTED;
			at++;
		} else {
			well = false;
		}
	}
	return well;
}

/* False: there is none. */
static bool make_entry(struct csvlog *csv, struct entry *ret_entry)
{
	csvlog_entry_copy(ret_entry, &csv->entry);
	if (!csvlog_entry_make(ret_entry))
		return false;
	ret_entry->len = csv->bytes;
	ret_entry->cut_bytes = csv->record.cut_bytes;
	return true;
}

static void open_record(struct csvlog *csv, bool well)
{
	record_clear(&csv->record);
	csvlog_entry_clear(&csv->entry);
	csv->column = 0;
	csv->bytes = 0;
	csv->state = well ? START : BROKEN;
}

/*
 * Takes a whole line that begins a record. True: it is the record, none of it kept: nearly always.
 * False: the record is open, and the columns before *ret_seen are taken.
 */
static bool take_line(struct csvlog *csv, const struct line_piece *piece,
	struct entry *ret_entry, const char **ret_seen)
{
	const char *end = piece->s + piece->len, *at;
	unsigned column = 0;

	csvlog_entry_clear(ret_entry);
	at = csvlog_columns_read(piece->s, end, true, NULL, &column, ret_entry);
	if (at == end && column + 1 >= CSVLOG_COLUMNS_MIN &&
		csvlog_entry_make(ret_entry)) {
		ret_entry->len = piece->len;
		return true;
	}
	open_record(csv, true);
	if (at == end)
		return false;
	csv->column = column;
	keep_head(csv, piece->s, at, ret_entry);
	*ret_seen = at;
	return false;
}

/* Takes a piece of the record that is open. */
static enum record_result take_piece(struct csvlog *csv, const struct line_piece *piece,
	bool newline, const char *seen, struct entry *ret_entry)
{
	enum record_result result = RECORD_MORE;
	bool well = csv->state != BROKEN;

	if (newline && csv->column < CSVLOG_COLUMNS)
		record_text_add(&csv->record, "\n", 1);
	csv->bytes += newline + piece->len;
	if (well)
		well = csv->bytes <= RECORD_MAX_BYTES && take_bytes(csv, piece, seen);
	if (well && piece->ends && csv->state != QUOTED) {
		well = end_column(csv) && csv->column >= CSVLOG_COLUMNS_MIN &&
		       make_entry(csv, ret_entry);
		result = RECORD_ENTRY;
	}
	if (!well) {
		csv->state = BROKEN;
		result = piece->ends ? RECORD_BROKEN : RECORD_MORE;
		if (newline && csvlog_starts(piece->s, piece->len))
			result = RECORD_TORN;
	}
	if (result == RECORD_MORE || result == RECORD_BROKEN) {
		if (newline)
			record_raw_add(&csv->record, "\n", 1);
		record_raw_add(&csv->record, piece->s, piece->len);
	}
	if (result != RECORD_MORE)
		csv->state = CLOSED;
	return result;
}

enum record_result csvlog_take(
	struct csvlog *csv, const struct line_piece *piece, struct entry *ret_entry)
{
	const char *seen = NULL;

	if (csv->state != CLOSED)
		return take_piece(csv, piece, piece->begins, NULL, ret_entry);
	if (piece->begins && is_easy(piece, 0)) {
		if (take_line(csv, piece, ret_entry, &seen))
			return RECORD_ENTRY;
	} else {
		open_record(csv, piece->begins);
	}
	return take_piece(csv, piece, false, seen, ret_entry);
}

size_t csvlog_feed(
	struct csvlog *csv, const char *data, size_t len, struct entry *ret_entry)
{
	const char *end = data + (len < LINE_PIECE_BYTES ? len : LINE_PIECE_BYTES), *at;
	unsigned column = 0;

	if (len < CHARS16)
		return 0;
	csvlog_entry_clear(ret_entry);
	at = csvlog_columns_read(data, end, true, csv->record.kept, &column, ret_entry);
	if (at == end || *at != '\n' || column + 1 < CSVLOG_COLUMNS_MIN ||
		!csvlog_entry_make(ret_entry))
		return 0;
	ret_entry->len = (size_t)(at - data);
	return ret_entry->len + 1;
}

bool csvlog_is_open(const struct csvlog *csv)
{
	return csv->state != CLOSED;
}

enum record_result csvlog_finish(struct csvlog *csv, struct entry *ret_entry)
{
	enum state state = csv->state;
	unsigned i = csv->column;

	csv->state = CLOSED;
	if (state == CLOSED)
		return RECORD_MORE;
	/* The half of a number or a name is not it. */
	if (i < CSVLOG_COLUMNS &&
		(state == QUOTE_SEEN ||
			(state == QUOTED && csvlog_columns[i].form == CSVLOG_LONG_TEXT)))
		put_text(csv, i);
	if (state == BROKEN || !csv->entry.text[ENTRY_MESSAGE].s ||
		!make_entry(csv, ret_entry))
		return RECORD_BROKEN;
	ret_entry->cut_bytes++;
	return RECORD_ENTRY;
}

struct slice csvlog_raw(const struct csvlog *csv, uint64_t *ret_cut_bytes)
{
	return record_raw(&csv->record, ret_cut_bytes);
}
