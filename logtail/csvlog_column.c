#include "csvlog_column.h"

#include <string.h>

#include "byte_find.h"
#include "log_time.h"
#include "record.h"

#define TEXT(form, name)                                                                 \
	{                                                                                \
		CSVLOG_##form, UINT32_C(1) << (name), offsetof(struct entry, text[name]) \
	}
#define OTHER(form, member)                                      \
	{                                                        \
		CSVLOG_##form, 0, offsetof(struct entry, member) \
	}

const struct csvlog_column csvlog_columns[CSVLOG_COLUMNS] = {
	OTHER(TIME, time),
	TEXT(TEXT, ENTRY_USER),
	TEXT(TEXT, ENTRY_DATABASE),
	OTHER(NUMBER, text[CSVLOG_PID_PLACE]),
	TEXT(TEXT, ENTRY_REMOTE_HOST), /* and its port */
	TEXT(SESSION, ENTRY_SESSION_ID),
	TEXT(NUMBER, ENTRY_LINE_NUM),
	TEXT(TEXT, ENTRY_PS),
	TEXT(TIME, ENTRY_SESSION_START),
	TEXT(WORD, ENTRY_VXID),
	TEXT(NUMBER, ENTRY_TXID),
	OTHER(WORD, level_text),
	TEXT(STATE, ENTRY_STATE_CODE),
	TEXT(LONG_TEXT, ENTRY_MESSAGE),
	TEXT(LONG_TEXT, ENTRY_DETAIL),
	TEXT(LONG_TEXT, ENTRY_HINT),
	TEXT(LONG_TEXT, ENTRY_INTERNAL_QUERY),
	TEXT(NUMBER, ENTRY_INTERNAL_POSITION),
	TEXT(LONG_TEXT, ENTRY_CONTEXT),
	TEXT(LONG_TEXT, ENTRY_STATEMENT),
	TEXT(NUMBER, ENTRY_CURSOR_POSITION),
	TEXT(TEXT, ENTRY_FUNC_NAME), /* and file, line */
	TEXT(TEXT, ENTRY_APPLICATION_NAME),
	TEXT(TEXT, ENTRY_BACKEND_TYPE),
	TEXT(NUMBER, ENTRY_LEADER_PID),
	TEXT(SIGNED, ENTRY_QUERY_ID),
};

static bool is_digits(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] < '0' || s[i] > '9')
			return false;
	return len > 0;
}

static size_t hex_len(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && ((s[n] >= '0' && s[n] <= '9') || (s[n] >= 'a' && s[n] <= 'f')))
		n++;
	return n;
}

/* "%lx.%x" */
static bool is_session(const char *s, size_t len)
{
	size_t dot = hex_len(s, len);

	return dot > 0 && len > dot + 1 && s[dot] == '.' &&
	       hex_len(s + dot + 1, len - dot - 1) == len - dot - 1;
}

bool csvlog_form_is(enum csvlog_form form, const char *s, size_t len)
{
	switch (form) {
	case CSVLOG_TEXT:
	case CSVLOG_LONG_TEXT:
		return false;
	case CSVLOG_TIME:
		return log_time_shape(s, len) == len;
	case CSVLOG_SIGNED:
		return s[0] == '-' ? is_digits(s + 1, len - 1) : is_digits(s, len);
	case CSVLOG_NUMBER:
		return is_digits(s, len);
	case CSVLOG_SESSION:
		return is_session(s, len);
	case CSVLOG_STATE:
		return len == 5 && byte_find(s, s + len, '"', '"') == s + len;
	case CSVLOG_WORD:
		return byte_find(s, s + len, '"', '"') == s + len;
	}
	return false;
}

static inline chars16 mark_no_hex(chars16 bytes)
{
	return ((bytes < '0') | (bytes > '9')) & ((bytes < 'a') | (bytes > 'f'));
}

static inline chars16 mark_word_end(chars16 bytes)
{
	return (bytes == ',') | (bytes == '"') | (bytes == '\n');
}

static inline bool is_field_end(const char *stop, const char *end)
{
	return stop == end || *stop == ',' || *stop == '\n';
}

/* The end of the field that begins at `at` and is neither empty nor quoted; NULL where it is not of
 * that form, or has to be looked at more closely. */
static inline __attribute__((always_inline)) const char *field_end(
	enum csvlog_form form, const char *at, const char *end)
{
	const char *stop, *from = at;

	switch (form) {
	case CSVLOG_SIGNED:
		from += *at == '-';
		/* fallthrough */
	case CSVLOG_NUMBER:
		stop = byte_find_mark(from, end, byte_mark_no_digit);
		return stop > from && is_field_end(stop, end) ? stop : NULL;
	case CSVLOG_WORD:
	case CSVLOG_STATE:
		stop = byte_find_mark(at, end, mark_word_end);
		if (stop < end && *stop != ',')
			return NULL;
		return form == CSVLOG_WORD || stop - at == 5 ? stop : NULL;
	case CSVLOG_SESSION:
		from = byte_find_mark(at, end, mark_no_hex);
		if (from == at || from == end || *from != '.')
			return NULL;
		stop = byte_find_mark(++from, end, mark_no_hex);
		return stop > from && is_field_end(stop, end) ? stop : NULL;
	case CSVLOG_TIME:
		stop = byte_find_mark(at, end, byte_mark_comma);
		return log_time_shape(at, (size_t)(stop - at)) == (size_t)(stop - at)
			       ? stop
			       : NULL;
	default:
		return NULL;
	}
}

/* Behind the closing quote of the text that begins at s; NULL where it does not end. */
static inline const char *skip_quoted(const char *s, const char *end)
{
	for (s++; s < end; s += 2) {
		s = byte_find_mark(s, end, byte_mark_quote);
		if (s == end)
			return NULL;
		if (s + 1 == end || s[1] != '"')
			return s + 1;
	}
	return NULL;
}

/* What a column before the message takes where it is as usual, at most: they are, nearly always. */
#define USUAL_ROOM (3 * CHARS16)
#define HOST_COLUMN 4 /* the only one of those that is as often short as long */

/* The first quote in s, a bit; more is looked at where there may be none in CHARS16 bytes. */
static inline uint32_t usual_quotes(const char *s, bool more)
{
	uint32_t quotes = chars16_bits(chars16_load(s) == '"');

	if (more || !quotes)
		quotes |= chars16_bits(chars16_load(s + CHARS16) == '"') << CHARS16;
	return quotes;
}

/*
 * The comma behind the column at `at`, which is not empty; NULL where it is not as usual and must be
 * looked at closely. USUAL_ROOM bytes must be there.
 */
static inline __attribute__((always_inline)) const char *usual_end(
	unsigned column, const char *at, const char *end)
{
	enum csvlog_form form = csvlog_columns[column].form;
	uint32_t stops, dot;

	if (form == CSVLOG_TEXT) {
		if (*at != '"')
			return NULL;
		stops = usual_quotes(++at, column == HOST_COLUMN);
		at++;
	} else if (form == CSVLOG_TIME) {
		at += log_time_shape(at, (size_t)(end - at));
		return at < end && *at == ',' ? at : NULL;
	} else if (form == CSVLOG_NUMBER) {
		stops = chars16_bits(byte_mark_no_digit(chars16_load(at)));
	} else if (form == CSVLOG_SESSION) {
		stops = chars16_bits(mark_no_hex(chars16_load(at)));
		dot = stops & -stops;
		stops -= dot;
		if (dot <= 1 || at[(unsigned)__builtin_ctz(dot)] != '.' ||
			(stops & dot << 1))
			return NULL;
	} else {
		stops = chars16_bits(mark_word_end(chars16_load(at)));
		if (form == CSVLOG_STATE && (stops & 63) != 32)
			return NULL;
	}
	if (!stops)
		return NULL;
	at += (unsigned)__builtin_ctz(stops);
	return *at == ',' ? at : NULL;
}

/* The same of the columns from i on, whatever they are. `at` is the comma before them. */
static bool head_goes_on(unsigned i, const char *at, const char *end)
{
	for (; i < CSVLOG_HEAD_COLUMNS; i++) {
		enum csvlog_form form = csvlog_columns[i].form;

		if (++at == end)
			return false;
		if (*at == '"') {
			at = skip_quoted(at, end);
			if (!at)
				return csvlog_form_is_text(form);
			if (!csvlog_form_is_text(form))
				return false;
		} else if (*at != ',') {
			at = field_end(form, at, end);
			if (!at)
				return false;
		}
		if (at == end || *at != ',')
			return false;
	}
	return true;
}

bool csvlog_columns_start(const char *line, size_t len)
{
	const char *end = line + len, *at = line + log_time_shape(line, len), *stop;
	const char *last = end - (len < USUAL_ROOM ? len : USUAL_ROOM);
	unsigned i;

	if (at == line || at == end || *at != ',')
		return false;
#pragma GCC unroll 16
	for (i = 1; i < CSVLOG_HEAD_COLUMNS; i++) {
		if (at >= last)
			break;
		stop = at[1] == ',' ? at + 1 : usual_end(i, at + 1, end);
		if (!stop)
			break;
		at = stop;
	}
	return i == CSVLOG_HEAD_COLUMNS || head_goes_on(i, at, end);
}

static inline void put(
	struct entry *entry, unsigned column, const char *s, size_t len, uint32_t *known)
{
	*csvlog_column_place(entry, column) = (struct slice){ s, len };
	*known |= len > 0 ? csvlog_columns[column].known : 0;
}

/* Reads the first columns of a record, as far as they are as usual. */
static inline const char *read_head(
	const char *at, const char *end, unsigned *column, struct entry *entry)
{
	const char *last = end - (end - at < USUAL_ROOM ? end - at : USUAL_ROOM);
	uint32_t known = 0;
	unsigned i;

#pragma GCC unroll 16
	for (i = 0; i < CSVLOG_SHORT_COLUMNS; i++, at++) {
		const char *stop;

		if (at >= last)
			break;
		if (*at == ',')
			continue;
		stop = usual_end(i, at, end);
		if (!stop)
			break;
		if (csvlog_form_is_text(csvlog_columns[i].form)) {
			put(entry, i, at + 1, (size_t)(stop - at) - 2, &known);
		} else {
			put(entry, i, at, (size_t)(stop - at), &known);
			known |= csvlog_columns[i].known;
		}
		at = stop;
	}
	entry->known = known;
	*column = i;
	return at;
}

/* What byte_find_mark() does for a quote that is usually far. */
static inline const char *find_far_quote(const char *at, const char *end)
{
	for (; end - at >= 4 * CHARS16; at += 4 * CHARS16) {
		chars16 a = chars16_load(at) == '"';
		chars16 b = chars16_load(at + CHARS16) == '"';
		chars16 c = chars16_load(at + 2 * CHARS16) == '"';
		chars16 d = chars16_load(at + 3 * CHARS16) == '"';

		if (!chars16_any(a | b | c | d))
			continue;
		return at + __builtin_ctzll(chars16_bits(a) | chars16_bits(b) << CHARS16 |
					    (uint64_t)chars16_bits(c) << 2 * CHARS16 |
					    (uint64_t)chars16_bits(d) << 3 * CHARS16);
	}
	return byte_find_mark(at, end, byte_mark_quote);
}

/* Behind the comma at `at`, which ends *column, and behind those of the empty columns that follow. */
static inline const char *next_column(const char *at, const char *end, unsigned *column)
{
	unsigned commas = 1;

	if (end - at >= CHARS16)
		commas = (unsigned)__builtin_ctz(~chars16_bits(chars16_load(at) == ','));
	if (commas > CSVLOG_COLUMNS - *column)
		commas = CSVLOG_COLUMNS - *column;
	*column += commas;
	return at + commas;
}

/* Copies the text at s, whose first quote is at `quote` and doubled, with one for two. Returns the closing
 * one; NULL where it is not there. */
static __attribute__((noinline)) const char *undouble(
	const char *s, const char *quote, const char *end, char *to, size_t *ret_len)
{
	const char *at = quote + 2;
	char *out = to + (quote + 1 - s);

	memcpy(to, s, (size_t)(quote + 1 - s));
	for (;;) {
		size_t left = (size_t)(end - at), n;
		chars16 bytes =
			left < CHARS16 ? chars16_load_part(at, left) : chars16_load(at);

		memcpy(out, &bytes, CHARS16);
		n = chars16_first(bytes == '"');
		if (n == CHARS16 && left <= CHARS16)
			return NULL;
		at += n;
		out += n;
		if (n == CHARS16)
			continue;
		if (end - at < 2 || at[1] != '"')
			break;
		out++; /* it stands there */
		at += 2;
	}
	*ret_len = (size_t)(out - to);
	return at;
}

const char *csvlog_columns_read(const char *at, const char *end, bool starts, char *kept,
	unsigned *column, struct entry *entry)
{
	unsigned i = *column;
	uint32_t known;

	if (starts)
		at = read_head(at, end, &i, entry);
	known = entry->known;
	while (at < end && i < CSVLOG_COLUMNS && *at != '\n') {
		enum csvlog_form form = csvlog_columns[i].form;
		const char *s = at, *stop, *next;
		size_t len;

		if (*at == ',') {
			at = next_column(at, end, &i);
			continue;
		}
		if (*at == '"') {
			s++;
			stop = form == CSVLOG_LONG_TEXT
				       ? find_far_quote(s, end)
				       : byte_find_mark(s, end, byte_mark_quote);
			len = (size_t)(stop - s);
			if (kept && end - stop > 1 && stop[1] == '"' &&
				form == CSVLOG_LONG_TEXT) {
				stop = undouble(s, stop, end, kept, &len);
				if (!stop)
					break;
				s = kept;
				kept += len;
			}
			next = stop + 1;
			if (stop == end || !is_field_end(next, end) ||
				!csvlog_form_is_text(form))
				break;
		} else {
			next = stop = field_end(form, at, end);
			if (!stop)
				break;
			len = (size_t)(stop - s);
		}
		if (form != CSVLOG_LONG_TEXT && len > RECORD_SHORT_BYTES)
			break;
		put(entry, i, s, len, &known);
		at = next;
		if (at == end || *at == '\n')
			break;
		at = next_column(at, end, &i);
	}
	entry->known = known;
	*column = i;
	return at;
}
