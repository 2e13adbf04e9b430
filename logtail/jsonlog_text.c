#include "jsonlog_text.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

_Static_assert(JSONLOG_KEYS <= 32, "seen has a bit a key");

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
		key = jsonlog_key_find(text->word, text->word_len, &text->next_key);
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

bool jsonlog_text_member(struct jsonlog_text *text, const char *key, size_t key_len,
	const char *value, size_t value_len, const char *end)
{
	int next = text->next_key;
	int found = jsonlog_key_find(key, key_len, &next);

	if (found == JSONLOG_KEY_UNKNOWN || text->seen & 1U << found)
		return false;
	text->next_key = next;
	text->seen |= 1U << found;
	record_text_begin(&text->record, jsonlog_keys[found].is_long);
	record_text_add_some(&text->record, value, value_len, end);
	keep(text, found);
	return true;
}
