#include "jsonlog_text.h"

#include "byte_find.h"
#include "lines.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

_Static_assert(JSONLOG_KEYS <= 32, "seen has a bit a key");
_Static_assert(
	LINE_PIECE_BYTES + RECORD_SLACK <= RECORD_EASY_BYTES, "a line is no long text");

bool jsonlog_text_init(struct jsonlog_text *text)
{
	return record_init(&text->record);
}

void jsonlog_text_release(struct jsonlog_text *text)
{
	record_release(&text->record);
}

void jsonlog_text_clear(struct jsonlog_text *text)
{
	record_clear(&text->record);
	memset(text->texts, 0, sizeof(text->texts));
	text->in_key = false;
	text->target = JSONLOG_KEY_UNKNOWN;
	text->next_key = 0;
	text->seen = 0;
	text->high = 0;
}

void jsonlog_text_begin(struct jsonlog_text *text, bool is_key)
{
	text->in_key = is_key;
	if (is_key)
		text->word_len = 0;
	else if (text->target != JSONLOG_KEY_UNKNOWN)
		record_text_begin(&text->record, jsonlog_keys[text->target].is_long);
}

void jsonlog_text_word(struct jsonlog_text *text, const char *s, size_t len)
{
	if (text->word_len < JSONLOG_WORD_SIZE) {
		size_t room = JSONLOG_WORD_SIZE - text->word_len;

		memcpy(text->word + text->word_len, s, len < room ? len : room);
	}
	text->word_len += len;
}

static void add(struct jsonlog_text *text, const char *s, size_t len)
{
	if (text->in_key)
		jsonlog_text_word(text, s, len);
	else if (text->target != JSONLOG_KEY_UNKNOWN)
		record_text_add(&text->record, s, len);
}

static void add_char(struct jsonlog_text *text, unsigned c)
{
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	char s[4];

	for (size_t i = len - 1; i > 0; i--, c >>= 6)
		s[i] = (char)(0x80 | (c & 0x3f));
	s[0] = (char)(lead[len] | c);
	add(text, s, len);
}

/* What comes next is not its low half. */
static void drop_high(struct jsonlog_text *text)
{
	if (!text->high)
		return;
	text->high = 0;
	add(text, REPLACEMENT, 3);
}

void jsonlog_text_plain(
	struct jsonlog_text *text, const char *s, size_t len, const char *end)
{
	if (len == 0)
		return;
	drop_high(text);
	if (text->in_key)
		jsonlog_text_word(text, s, len);
	else if (text->target != JSONLOG_KEY_UNKNOWN)
		record_text_add_some(&text->record, s, len, end);
}

/* Takes one \uXXXX. */
static void take_unit(struct jsonlog_text *text, unsigned unit)
{
	bool is_low = (unit & 0xfc00) == 0xdc00;

	if (text->high && is_low) {
		add_char(text, 0x10000 + ((text->high & 0x3ff) << 10) + (unit & 0x3ff));
		text->high = 0;
		return;
	}
	drop_high(text);
	if ((unit & 0xfc00) == 0xd800)
		text->high = unit;
	else if (is_low || unit == 0)
		add(text, REPLACEMENT, 3);
	else
		add_char(text, unit);
}

enum jsonlog_escape jsonlog_text_escape(struct jsonlog_text *text, char c)
{
	static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	const char *name = memchr(names, c, sizeof(names) - 1);

	if (c == 'u') {
		text->hex = text->digits = 0;
		return JSONLOG_ESCAPE_MORE;
	}
	if (!name)
		return JSONLOG_ESCAPE_WRONG;
	drop_high(text);
	add(text, &meant[name - names], 1);
	return JSONLOG_ESCAPE_END;
}

enum jsonlog_escape jsonlog_text_hex(struct jsonlog_text *text, char c)
{
	char lower = (char)(c | 0x20);
	unsigned digit;

	if (c >= '0' && c <= '9')
		digit = (unsigned)(c - '0');
	else if (lower >= 'a' && lower <= 'f')
		digit = (unsigned)(lower - 'a') + 10;
	else
		return JSONLOG_ESCAPE_WRONG;
	text->hex = text->hex << 4 | digit;
	if (++text->digits < 4)
		return JSONLOG_ESCAPE_MORE;
	take_unit(text, text->hex);
	return JSONLOG_ESCAPE_END;
}

void jsonlog_text_end_key(struct jsonlog_text *text, bool own)
{
	int key = JSONLOG_KEY_UNKNOWN;

	drop_high(text);
	text->target = JSONLOG_KEY_UNKNOWN;
	if (own && text->word_len <= JSONLOG_WORD_SIZE)
		key = jsonlog_key_find(text->word, text->word_len,
			text->word + JSONLOG_WORD_SIZE, &text->next_key);
	if (key == JSONLOG_KEY_UNKNOWN || text->seen & 1U << key)
		return;
	text->target = key;
	text->seen |= 1U << key;
}

static void keep(struct jsonlog_text *text, int key)
{
	text->texts[jsonlog_keys[key].text] = record_text(&text->record);
}

void jsonlog_text_end_value(struct jsonlog_text *text)
{
	drop_high(text);
	if (text->target != JSONLOG_KEY_UNKNOWN)
		keep(text, text->target);
}

static bool is_word(const struct jsonlog_text *text, const char *word)
{
	return strlen(word) == text->word_len &&
	       memcmp(word, text->word, text->word_len) == 0;
}

bool jsonlog_text_end_word(struct jsonlog_text *text)
{
	bool is_number =
		text->word[0] == '-' || (text->word[0] >= '0' && text->word[0] <= '9');
	size_t len = text->word_len,
	       kept = len < JSONLOG_WORD_SIZE ? len : JSONLOG_WORD_SIZE;

	if (is_word(text, "null"))
		return true;
	if (!is_number && !is_word(text, "true") && !is_word(text, "false"))
		return false;
	if (text->target == JSONLOG_KEY_UNKNOWN)
		return true;
	record_text_begin(&text->record, jsonlog_keys[text->target].is_long);
	record_text_add(&text->record, text->word, kept);
	text->record.cut_bytes += len - kept;
	keep(text, text->target);
	return true;
}

static inline chars16 mark_string_end(chars16 bytes)
{
	return (bytes == '"') | (bytes == '\\');
}

/* What stands for one character behind a backslash; 0 for what does not. */
static const char escaped[256] = { ['"'] = '"',
	['\\'] = '\\',
	['/'] = '/',
	['b'] = '\b',
	['f'] = '\f',
	['n'] = '\n',
	['r'] = '\r',
	['t'] = '\t' };

/* Copies to `to` the text at s, up to its closing quote, and undoes escapes. Returns the quote; NULL
 * where an escape is not a simple one, or the quote is not there. */
static const char *unescape(const char *s, const char *end, char *to, size_t *ret_len)
{
	char *out = to, c;

	for (;;) {
		const char *stop = byte_find_mark(s, end, mark_string_end);

		if (stop - s <= CHARS16 && end - s >= CHARS16)
			memcpy(out, s, CHARS16);
		else
			memcpy(out, s, (size_t)(stop - s));
		out += stop - s;
		if (end - stop < 2)
			return NULL;
		if (*stop == '"') {
			*ret_len = (size_t)(out - to);
			return stop;
		}
		c = escaped[(unsigned char)stop[1]];
		if (!c)
			return NULL;
		*out++ = c;
		s = stop + 2;
	}
}

/* The string behind the quote at s; returns its closing quote, NULL as above. */
static inline const char *line_string(
	struct jsonlog_text *text, const char *s, const char *end, struct slice *ret)
{
	const char *stop = byte_find_mark(s, end, mark_string_end);

	*ret = (struct slice){ s, (size_t)(stop - s) };
	if (stop == end || *stop == '"')
		return stop == end ? NULL : stop;
	ret->s = text->record.kept + text->record.len;
	stop = unescape(s, end, text->record.kept + text->record.len, &ret->len);
	text->record.len += stop ? ret->len : 0;
	return stop;
}

/* One member and what ends it: a comma or a brace. NULL: not so simple. */
static inline const char *line_member(
	struct jsonlog_text *text, const char *at, const char *end)
{
	const char *key = at + 1, *stop = byte_find_mark(key, end, mark_string_end);
	size_t key_len = (size_t)(stop - key);
	struct slice value;
	int found;

	if (*at != '"' || end - stop < 3 || stop[0] != '"' || stop[1] != ':')
		return NULL;
	at = stop + 2;
	if (*at == '"') {
		stop = line_string(text, at + 1, end, &value);
		if (!stop)
			return NULL;
		at = stop + 1;
	} else {
		const char *digits = at + (*at == '-');

		stop = byte_find_mark(digits, end, byte_mark_no_digit);
		value = (struct slice){ at, (size_t)(stop - at) };
		if (stop == digits || value.len > JSONLOG_WORD_SIZE)
			return NULL;
		at = stop;
	}
	found = jsonlog_key_find(key, key_len, end, &text->next_key);
	if (found == JSONLOG_KEY_UNKNOWN)
		return at;
	if (text->seen & 1U << found ||
		(!jsonlog_keys[found].is_long && value.len > RECORD_SHORT_BYTES))
		return NULL;
	text->seen |= 1U << found;
	text->texts[jsonlog_keys[found].text] = value;
	return at;
}

bool jsonlog_text_line(struct jsonlog_text *text, const char *s, size_t len)
{
	const char *at = s, *end = s + len;

	if (len < CHARS16 || *at != '{')
		return false;
	jsonlog_text_clear(text);
	do {
		if (end - at < 2)
			return false;
		at = line_member(text, at + 1, end);
	} while (at && at < end && *at == ',');
	return at && at + 1 == end && *at == '}';
}
