#include "csvlog_column.h"

#include "byte_find.h"
#include "log_time.h"

const struct csvlog_column csvlog_columns[CSVLOG_COLUMNS] = {
	{ CSVLOG_TIME, CSVLOG_LOG_TIME },
	{ CSVLOG_TEXT, ENTRY_USER },
	{ CSVLOG_TEXT, ENTRY_DATABASE },
	{ CSVLOG_NUMBER, CSVLOG_PID },
	{ CSVLOG_TEXT, ENTRY_REMOTE_HOST }, /* and its port */
	{ CSVLOG_SESSION, ENTRY_SESSION_ID },
	{ CSVLOG_NUMBER, ENTRY_LINE_NUM },
	{ CSVLOG_TEXT, ENTRY_PS },
	{ CSVLOG_TIME, ENTRY_SESSION_START },
	{ CSVLOG_WORD, ENTRY_VXID },
	{ CSVLOG_NUMBER, ENTRY_TXID },
	{ CSVLOG_WORD, CSVLOG_SEVERITY },
	{ CSVLOG_STATE, ENTRY_STATE_CODE },
	{ CSVLOG_LONG_TEXT, ENTRY_MESSAGE },
	{ CSVLOG_LONG_TEXT, ENTRY_DETAIL },
	{ CSVLOG_LONG_TEXT, ENTRY_HINT },
	{ CSVLOG_LONG_TEXT, ENTRY_INTERNAL_QUERY },
	{ CSVLOG_NUMBER, ENTRY_INTERNAL_POSITION },
	{ CSVLOG_LONG_TEXT, ENTRY_CONTEXT },
	{ CSVLOG_LONG_TEXT, ENTRY_STATEMENT },
	{ CSVLOG_NUMBER, ENTRY_CURSOR_POSITION },
	{ CSVLOG_TEXT, CSVLOG_LOCATION },
	{ CSVLOG_TEXT, ENTRY_APPLICATION_NAME },
	{ CSVLOG_TEXT, ENTRY_BACKEND_TYPE },
	{ CSVLOG_NUMBER, ENTRY_LEADER_PID },
	{ CSVLOG_SIGNED, ENTRY_QUERY_ID },
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
	return (bytes == ',') | (bytes == '"');
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
		return stop > from && (stop == end || *stop == ',') ? stop : NULL;
	case CSVLOG_WORD:
	case CSVLOG_STATE:
		stop = byte_find_mark(at, end, mark_word_end);
		if (stop < end && *stop == '"')
			return NULL;
		return form == CSVLOG_WORD || stop - at == 5 ? stop : NULL;
	case CSVLOG_SESSION:
		from = byte_find_mark(at, end, mark_no_hex);
		if (from == at || from == end || *from != '.')
			return NULL;
		stop = byte_find_mark(++from, end, mark_no_hex);
		return stop > from && (stop == end || *stop == ',') ? stop : NULL;
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

bool csvlog_columns_start(const char *line, size_t len)
{
	const char *end = line + len, *at = line + log_time_shape(line, len);

	if (at == line || at == end || *at != ',')
		return false;
	for (unsigned i = 1; i < CSVLOG_HEAD_COLUMNS; i++) {
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

const char *csvlog_columns_read(const char *at, const char *end, unsigned trusted,
	unsigned *column, struct slice texts[CSVLOG_TEXTS])
{
	unsigned i = *column;

	for (; at < end && i < CSVLOG_COLUMNS; at++, i++) {
		enum csvlog_form form = csvlog_columns[i].form;
		const char *s = at, *stop, *next;

		if (*at == ',')
			continue;
		if (*at == '"') {
			stop = byte_find_mark(++s, end, byte_mark_quote);
			next = stop + 1;
			if (stop == end || (next < end && *next != ',') ||
				!csvlog_form_is_text(form))
				break;
		} else {
			next = stop = i < trusted
					      ? byte_find_mark(at, end, byte_mark_comma)
					      : field_end(form, at, end);
			if (!stop)
				break;
		}
		if (form != CSVLOG_LONG_TEXT && stop - s > (ptrdiff_t)RECORD_SHORT_BYTES)
			break;
		texts[csvlog_columns[i].text] = (struct slice){ s, (size_t)(stop - s) };
		at = next;
		if (at == end)
			break;
	}
	*column = i;
	return at;
}

/* "host:port", where a port is known: "::1:5432", "[local]". */
static void split_connection(struct slice text[ENTRY_TEXTS])
{
	struct slice *host = &text[ENTRY_REMOTE_HOST];
	const char *colon = host->s ? memrchr(host->s, ':', host->len) : NULL;
	struct slice port;

	if (!colon)
		return;
	port.s = colon + 1;
	port.len = (size_t)(host->s + host->len - port.s);
	if (!is_digits(port.s, port.len))
		return;
	text[ENTRY_REMOTE_PORT] = port;
	host->len -= port.len + 1;
}

/* "function, file:line" or "file:line". */
static void split_location(struct slice location, struct slice text[ENTRY_TEXTS])
{
	const char *colon = location.s ? memrchr(location.s, ':', location.len) : NULL;
	size_t file_end = colon ? (size_t)(colon - location.s) : 0, file_at = 0;

	if (!colon || !is_digits(colon + 1, location.len - file_end - 1)) {
		text[ENTRY_FUNC_NAME] = location;
		return;
	}
	for (size_t i = file_end; i >= 2 && file_at == 0; i--)
		if (memcmp(location.s + i - 2, ", ", 2) == 0)
			file_at = i;
	if (file_at > 0)
		text[ENTRY_FUNC_NAME] = (struct slice){ location.s, file_at - 2 };
	text[ENTRY_FILE_NAME] =
		(struct slice){ location.s + file_at, file_end - file_at };
	text[ENTRY_FILE_LINE_NUM] =
		(struct slice){ colon + 1, location.len - file_end - 1 };
}

bool csvlog_column_entry(const struct slice texts[CSVLOG_TEXTS],
	const struct record *record, struct entry *ret_entry)
{
	int64_t pid;

	if (!texts[CSVLOG_LOG_TIME].s || !texts[CSVLOG_SEVERITY].s ||
		!record_read_pid(texts[CSVLOG_PID], &pid))
		return false;
	memcpy(ret_entry->text, texts, sizeof(ret_entry->text));
	ret_entry->known = 0;
	ret_entry->time = texts[CSVLOG_LOG_TIME];
	ret_entry->pid = pid;
	record_set_level(ret_entry, texts[CSVLOG_SEVERITY]);
	record_drop_zero(&ret_entry->text[ENTRY_TXID]);
	record_drop_zero(&ret_entry->text[ENTRY_QUERY_ID]);
	split_connection(ret_entry->text);
	split_location(texts[CSVLOG_LOCATION], ret_entry->text);
	ret_entry->cut_bytes = record->cut_bytes;
	ret_entry->continued = ret_entry->suspect = false;
	return true;
}
