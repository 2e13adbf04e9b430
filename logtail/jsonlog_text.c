#include "jsonlog_text.h"

#include "byte_find.h"
#include "jsonlog_string.h"
#include "lines.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

_Static_assert(JSONLOG_KEYS <= 32, "seen has a bit a key");
_Static_assert(
	LINE_PIECE_BYTES + RECORD_SLACK <= RECORD_EASY_BYTES, "a line is no long text");

bool jsonlog_text_init(struct jsonlog_text *text)
{
	for (int i = 0; i < JSONLOG_KEYS; i++)
		text->after[i] = &jsonlog_keys[(i + 1) % JSONLOG_KEYS];
	memset(text->tail, '"', sizeof(text->tail));
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

/*
 * A line as far as it was read. Before the tail there is enough to read that a key and the begin of
 * its value need no look at the end; the tail is read from a copy that has quotes behind it, so that
 * the same is true there.
 */
struct line {
	const char *at, *end;
	const char *tail;
	uint32_t seen, empty; /* texts, a bit each */
};

_Static_assert(sizeof(jsonlog_keys[0].member) + 1 + CHARS16 <= JSONLOG_TAIL,
	"a key, a sign, a value's first bytes");
_Static_assert(2 + sizeof(jsonlog_keys[0].member) <= JSONLOG_TAIL_ROOM,
	"what is looked for behind a quote that is not the line's");

static inline void line_enter_tail(struct line *line, char tail[])
{
	if (line->at <= line->tail)
		return;
	memcpy(tail, line->tail, JSONLOG_TAIL);
	line->at = tail + (line->at - line->tail);
	line->end = tail + JSONLOG_TAIL;
	line->tail = line->end + JSONLOG_TAIL_ROOM;
}

/* The key whose member begins at `at`, not the one that came behind `last` last time. NULL: none. */
static __attribute__((noinline)) const struct jsonlog_key *line_key(
	struct jsonlog_text *text, const char *at, const struct jsonlog_key *last)
{
	const struct jsonlog_key *key = last + 1;

	for (int i = 0; i < JSONLOG_KEYS; i++, key++) {
		if (key == &jsonlog_keys[JSONLOG_KEYS])
			key = jsonlog_keys;
		if (jsonlog_key_begins(key, at)) {
			text->after[last - jsonlog_keys] = key;
			return key;
		}
	}
	return NULL;
}

/* Passes over a string without escapes, a whole number. NULL: it is something else. */
static const char *pass_value(const char *at, const char *end)
{
	const char *value = at + (*at == '-' || *at == '"'), *stop;

	if (*at == '"') {
		stop = byte_find_mark(value, end, jsonlog_mark_end);
		return stop == end || *stop != '"' ? NULL : stop + 1;
	}
	stop = byte_find_mark(value, end, byte_mark_no_digit);
	return stop == value ? NULL : stop;
}

/* Passes over a member whose key we don't know. NULL: it is not so simple, or we do. */
static __attribute__((noinline)) const char *line_unknown(const char *at, const char *end)
{
	const char *key = at + 2, *stop;
	int next = 0;

	if (end - at < 2 || at[0] != ',' || at[1] != '"')
		return NULL;
	stop = byte_find_mark(key, end, jsonlog_mark_end);
	if (end - stop < 3 || stop[0] != '"' || stop[1] != ':' ||
		jsonlog_key_find(key, (size_t)(stop - key), end, &next) !=
			JSONLOG_KEY_UNKNOWN)
		return NULL;
	return pass_value(stop + 2, end);
}

/* The string at s that has escapes, the first of them at stop; returns what is behind its closing
 * quote, NULL as above, or where it is too long. */
static __attribute__((noinline)) const char *line_escaped(struct jsonlog_text *text,
	const struct jsonlog_key *key, const char *s, const char *stop, const char *end)
{
	char *to = text->record.kept + text->record.len;
	size_t len;

	stop = jsonlog_unescape(s, stop, end, to, &len);
	if (!stop || (!key->is_long && len > RECORD_SHORT_BYTES))
		return NULL;
	text->texts[key->text] = (struct slice){ to, len };
	text->record.len += len;
	return stop + 1;
}

/* The string at line->at, where CHARS16 bytes are to be read. */
static inline bool line_string(
	struct jsonlog_text *text, struct line *line, const struct jsonlog_key *key)
{
	const char *s = line->at, *stop;
	uint32_t marked = chars16_bits(jsonlog_mark_end(chars16_load(s)));

	if (marked) {
		stop = s + __builtin_ctz(marked);
	} else {
		stop = byte_find_mark(s + CHARS16, line->end, jsonlog_mark_end);
		if (stop == line->end ||
			(!key->is_long && stop - s > (ptrdiff_t)RECORD_SHORT_BYTES))
			return false;
	}
	if (*stop != '"') {
		line->at = line_escaped(text, key, s, stop, line->end);
		return line->at;
	}
	text->texts[key->text] = (struct slice){ s, (size_t)(stop - s) };
	line->empty |= stop == s ? key->text_bit : 0;
	line->at = stop + 1;
	return true;
}

static inline bool line_number(
	struct jsonlog_text *text, struct line *line, const struct jsonlog_key *key)
{
	const char *s = line->at, *digits = s + (*s == '-'), *stop;
	uint32_t marked = chars16_bits(byte_mark_no_digit(chars16_load(digits)));

	if (marked)
		stop = digits + __builtin_ctz(marked);
	else
		stop = byte_find_mark(digits + CHARS16, line->end, byte_mark_no_digit);
	text->texts[key->text] = (struct slice){ s, (size_t)(stop - s) };
	line->at = stop;
	return stop != digits && stop - s <= JSONLOG_WORD_SIZE;
}

/* Reads all of the line. False: it is not so simple. */
static bool line_members(struct jsonlog_text *text, struct line *line)
{
	const struct jsonlog_key *last = &jsonlog_keys[JSONLOG_KEYS - 1], *key;

	for (;;) {
		line_enter_tail(line, text->tail);
		key = text->after[last - jsonlog_keys];
		if (!jsonlog_key_begins(key, line->at)) {
			if (*line->at == '}')
				return line->at + 1 == line->end;
			key = line_key(text, line->at, last);
			if (!key) {
				line->at = line_unknown(line->at, line->end);
				if (!line->at)
					return false;
				continue;
			}
		}
		if (line->seen & key->text_bit)
			return false;
		line->seen |= key->text_bit;
		line->at += key->member_len;
		if (key->is_number ? !line_number(text, line, key)
				   : !line_string(text, line, key))
			return false;
		last = key;
	}
}

#define BIT(text) (UINT32_C(1) << (text))

/* What entry.h's known says of a line's entry. */
static uint32_t line_known(const struct line *line, const struct entry *entry)
{
	uint32_t known = line->seen & ~line->empty;

	/* A 0 of these was dropped. */
	if (!entry->text[ENTRY_TXID].s)
		known &= ~BIT(ENTRY_TXID);
	if (!entry->text[ENTRY_QUERY_ID].s)
		known &= ~BIT(ENTRY_QUERY_ID);
	return (known & (BIT(ENTRY_TEXTS) - 1)) | BIT(ENTRY_MESSAGE);
}

bool jsonlog_text_line(
	struct jsonlog_text *text, const char *s, size_t len, struct entry *ret_entry)
{
	struct line line = { .at = s, .end = s + len };

	if (len < JSONLOG_TAIL)
		return false;
	line.tail = line.end - JSONLOG_TAIL;
	text->record.len = 0;
	text->record.cut_bytes = 0;
#pragma GCC unroll 32
	for (int i = 0; i < JSONLOG_TEXTS; i++)
		text->texts[i] = (struct slice){ 0 };
	if (!line_members(text, &line) ||
		!jsonlog_key_entry(text->texts, &text->record, ret_entry))
		return false;
	ret_entry->known = line_known(&line, ret_entry);
	ret_entry->len = len;
	return true;
}
