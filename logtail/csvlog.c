#include "csvlog.h"

#include <stdlib.h>

#include "byte_find.h"
#include "csvlog_column.h"
#include "record.h"

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
	uint64_t bytes; /* of the record */
	bool one_line;  /* so far */
	struct slice texts[CSVLOG_TEXTS];
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
	text = record_text(&csv->record);
	csv->texts[csvlog_columns[i].text] = text;
	return csv->quoted ? csvlog_form_is_text(csvlog_columns[i].form)
			   : csvlog_form_is(csvlog_columns[i].form, text.s, text.len);
}

/* Takes text up to the closing quote. Returns what is behind it or end. */
static const char *take_quoted(struct csvlog *csv, const char *at, const char *end)
{
	while (at < end) {
		const char *quote = byte_find(at, end, '"', '"');

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

/* Keeps the texts of the columns first ... csv->column, which are still in the line. */
static void keep_columns(struct csvlog *csv, unsigned first)
{
	for (unsigned i = first; i < csv->column; i++) {
		struct slice *text = &csv->texts[csvlog_columns[i].text];

		if (!text->s)
			continue;
		record_text_begin(
			&csv->record, csvlog_columns[i].form == CSVLOG_LONG_TEXT);
		record_text_add(&csv->record, text->s, text->len);
		*text = record_text(&csv->record);
	}
}

/*
 * Takes the columns that are simple. Where they end the record they stay in the line, else they are
 * kept. Only where no long text can come to its limit: this does not look at it.
 */
static const char *take_columns(
	struct csvlog *csv, const char *at, const struct line_piece *piece)
{
	const char *end = piece->s + piece->len;
	unsigned first = csv->column;

	if (!piece->ends || piece->len < CHARS16 || first >= CSVLOG_COLUMNS ||
		csv->record.len + (size_t)(end - at) > RECORD_EASY_BYTES)
		return at;
	at = csvlog_columns_read(at, end, csv->one_line ? CSVLOG_HEAD_COLUMNS : 0,
		&csv->column, csv->texts);
	if (at < end)
		keep_columns(csv, first);
	return at;
}

/* False: this is no record. */
static bool take_bytes(struct csvlog *csv, const struct line_piece *piece)
{
	const char *at = piece->s, *end = piece->s + piece->len;
	bool well = true;

	while (at < end && well) {
		if (csv->state == START) {
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
			at = take_quoted(csv, at, end);
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

static void open_record(struct csvlog *csv, bool well)
{
	record_clear(&csv->record);
	memset(csv->texts, 0, sizeof(csv->texts));
	csv->column = 0;
	csv->bytes = 0;
	csv->one_line = true;
	csv->state = well ? START : BROKEN;
}

enum record_result csvlog_take(
	struct csvlog *csv, const struct line_piece *piece, struct entry *ret_entry)
{
	bool goes_on = csv->state != CLOSED, newline = goes_on && piece->begins, well;
	enum record_result result = RECORD_MORE;

	if (!goes_on)
		open_record(csv, piece->begins);
	well = csv->state != BROKEN;
	if (newline && csv->column < CSVLOG_COLUMNS)
		record_text_add(&csv->record, "\n", 1);
	csv->bytes += newline + piece->len;
	csv->one_line &= !newline;
	if (well)
		well = csv->bytes <= RECORD_MAX_BYTES && take_bytes(csv, piece);
	if (well && piece->ends && csv->state != QUOTED) {
		well = end_column(csv) && csv->column >= CSVLOG_COLUMNS_MIN &&
		       csvlog_column_entry(csv->texts, &csv->record, ret_entry);
		result = RECORD_ENTRY;
	}
	if (!well) {
		csv->state = BROKEN;
		result = piece->ends ? RECORD_BROKEN : RECORD_MORE;
		if (newline && csvlog_starts(piece->s, piece->len))
			result = RECORD_TORN;
	}
	if (result == RECORD_MORE || result == RECORD_BROKEN) {
		record_raw_add(&csv->record, "\n", newline);
		record_raw_add(&csv->record, piece->s, piece->len);
	}
	if (result != RECORD_MORE)
		csv->state = CLOSED;
	return result;
}

bool csvlog_is_open(const struct csvlog *csv)
{
	return csv->state != CLOSED;
}

enum record_result csvlog_finish(struct csvlog *csv, struct entry *ret_entry)
{
	enum state state = csv->state;

	csv->state = CLOSED;
	if (state == CLOSED)
		return RECORD_MORE;
	/* The half of a number or a name is not it. */
	if (csv->column < CSVLOG_COLUMNS &&
		(state == QUOTE_SEEN ||
			(state == QUOTED &&
				csvlog_columns[csv->column].form == CSVLOG_LONG_TEXT)))
		csv->texts[csvlog_columns[csv->column].text] = record_text(&csv->record);
	if (state == BROKEN || !csv->texts[ENTRY_MESSAGE].s ||
		!csvlog_column_entry(csv->texts, &csv->record, ret_entry))
		return RECORD_BROKEN;
	ret_entry->cut_bytes++;
	return RECORD_ENTRY;
}

struct slice csvlog_raw(const struct csvlog *csv, uint64_t *ret_cut_bytes)
{
	return record_raw(&csv->record, ret_cut_bytes);
}
