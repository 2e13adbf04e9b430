#include "jsonlog.h"

#include <stdlib.h>
#include <string.h>

#include "byte_find.h"
#include "jsonlog_text.h"

#define STARTS "{\"timestamp\":\""

enum state {
	CLOSED, /* no line under way */
	OBJECT, /* is expected, and so on */
	KEY_OR_END,
	KEY,
	COLON,
	VALUE,
	VALUE_OR_END,
	AFTER, /* a value: a comma or the end */
	STRING,
	ESCAPE,
	HEX,
	BARE, /* a number, true, false, null */
	DONE,
	BROKEN, /* until the line ends */
};

struct jsonlog {
	enum state state;
	unsigned depth;
	uint32_t arrays; /* a bit a level */
	struct jsonlog_text text;
};

_Static_assert(JSONLOG_DEPTH_MAX <= 32, "arrays has a bit a level");

struct jsonlog *jsonlog_new(void)
{
	struct jsonlog *json = calloc(1, sizeof(*json));

	if (json && jsonlog_text_init(&json->text))
		return json;
	free(json);
	return NULL;
}

void jsonlog_free(struct jsonlog *json)
{
	if (!json)
		return;
	jsonlog_text_release(&json->text);
	free(json);
}

bool jsonlog_starts(const char *line, size_t len)
{
	return len >= sizeof(STARTS) - 1 && memcmp(line, STARTS, sizeof(STARTS) - 1) == 0;
}

static bool set_state(struct jsonlog *json, enum state state)
{
	json->state = state;
	return true;
}

static bool after_escape(struct jsonlog *json, enum jsonlog_escape escape)
{
	json->state = escape == JSONLOG_ESCAPE_MORE ? HEX : STRING;
	return escape != JSONLOG_ESCAPE_WRONG;
}

static bool begin_string(struct jsonlog *json, bool is_key)
{
	jsonlog_text_begin(&json->text, is_key);
	return set_state(json, STRING);
}

/* Takes text up to the closing quote or an escape. Returns what is behind it or end. */
static const char *take_string(struct jsonlog *json, const char *at, const char *end)
{
	const char *stop = byte_find(at, end, '"', '\\');

	jsonlog_text_plain(&json->text, at, (size_t)(stop - at), end);
	if (stop == end)
		return end;
	if (*stop == '\\') {
		json->state = ESCAPE;
	} else if (json->text.in_key) {
		jsonlog_text_end_key(&json->text, json->depth == 1);
		json->state = COLON;
	} else {
		jsonlog_text_end_value(&json->text);
		json->state = AFTER;
	}
	return stop + 1;
}

static bool is_bare(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '+' ||
	       c == '.' || c == 'E';
}

static bool take_bare(struct jsonlog *json, const char **at, const char *end)
{
	const char *stop = *at;

	while (stop < end && is_bare(*stop))
		stop++;
	jsonlog_text_word(&json->text, *at, (size_t)(stop - *at));
	*at = stop;
	if (stop == end)
		return true;
	json->state = AFTER;
	return jsonlog_text_end_word(&json->text);
}

static bool enter(struct jsonlog *json, bool array)
{
	if (json->depth == JSONLOG_DEPTH_MAX)
		return false;
	json->arrays &= ~((uint32_t)1 << json->depth);
	json->arrays |= (uint32_t)array << json->depth;
	json->depth++;
	json->text.target = JSONLOG_KEY_UNKNOWN;
	return set_state(json, array ? VALUE_OR_END : KEY_OR_END);
}

static bool in_array(const struct jsonlog *json)
{
	return json->arrays >> (json->depth - 1) & 1;
}

static bool leave(struct jsonlog *json, bool array)
{
	if (in_array(json) != array)
		return false;
	json->depth--;
	return set_state(json, json->depth > 0 ? AFTER : DONE);
}

/* A BARE one is only begun: c belongs to it. */
static bool begin_value(struct jsonlog *json, char c)
{
	if (c == '"')
		return begin_string(json, false);
	if (c == '{' || c == '[')
		return enter(json, c == '[');
	json->text.word_len = 0;
	json->state = BARE;
	return is_bare(c);
}

/* Takes what stands between keys and values. False: it may not stand there. */
static bool take_mark(struct jsonlog *json, char c)
{
	switch (json->state) {
	case OBJECT:
		return c == '{' && enter(json, false);
	case KEY_OR_END:
		if (c == '}')
			return leave(json, false);
		return c == '"' && begin_string(json, true);
	case KEY:
		return c == '"' && begin_string(json, true);
	case COLON:
		return c == ':' && set_state(json, VALUE);
	case VALUE_OR_END:
		return c == ']' ? leave(json, true) : begin_value(json, c);
	case VALUE:
		return begin_value(json, c);
	case AFTER:
		if (c == ',')
			return set_state(json, in_array(json) ? VALUE : KEY);
		return (c == '}' || c == ']') && leave(json, c == ']');
	default:
		return false;
	}
}

/* False: this is no JSON. */
static bool take_bytes(struct jsonlog *json, const char *at, const char *end)
{
	bool well = true;

	while (at < end && well) {
		switch (json->state) {
		case STRING:
			at = take_string(json, at, end);
			break;
		case ESCAPE:
			well = after_escape(
				json, jsonlog_text_escape(&json->text, *at++));
			break;
		case HEX:
			well = after_escape(json, jsonlog_text_hex(&json->text, *at++));
			break;
		case BARE:
			well = take_bare(json, &at, end);
			break;
		default:
			if (*at != ' ' && *at != '\t' && *at != '\r')
				well = take_mark(json, *at);
			at += json->state != BARE;
		}
	}
	return well;
}

static void open_line(struct jsonlog *json, bool well)
{
	jsonlog_text_clear(&json->text);
	json->depth = 0;
	json->state = well ? OBJECT : BROKEN;
}

enum record_result jsonlog_take(
	struct jsonlog *json, const struct line_piece *piece, struct entry *ret_entry)
{
	struct jsonlog_text *text = &json->text;
	enum record_result result = RECORD_MORE;

	if (json->state == CLOSED) {
		if (piece->begins && piece->ends && piece->len <= LINE_PIECE_BYTES &&
			jsonlog_text_line(text, piece->s, piece->len, ret_entry))
			return RECORD_ENTRY;
		open_line(json, piece->begins);
	}
	if (json->state != BROKEN && !take_bytes(json, piece->s, piece->s + piece->len))
		json->state = BROKEN;
	if (piece->ends) {
		result = RECORD_BROKEN;
		if (json->state == DONE &&
			jsonlog_key_entry(text->texts, &text->record, ret_entry))
			result = RECORD_ENTRY;
		json->state = CLOSED;
	}
	if (result != RECORD_ENTRY)
		record_raw_add(&text->record, piece->s, piece->len);
	return result;
}

size_t jsonlog_feed(
	struct jsonlog *json, const char *data, size_t len, struct entry *ret_entry)
{
	const char *newline =
		memchr(data, '\n', len < LINE_PIECE_BYTES ? len : LINE_PIECE_BYTES);
	size_t line_len = newline ? (size_t)(newline - data) : 0;

	if (!jsonlog_starts(data, line_len) ||
		!jsonlog_text_line(&json->text, data, line_len, ret_entry))
		return 0;
	return line_len + 1;
}

bool jsonlog_is_open(const struct jsonlog *json)
{
	return json->state != CLOSED;
}

enum record_result jsonlog_finish(struct jsonlog *json, struct entry *ret_entry)
{
	struct jsonlog_text *text = &json->text;
	enum state state = json->state;

	json->state = CLOSED;
	if (state == CLOSED)
		return RECORD_MORE;
	/* The half of a number or a name is not it. */
	if ((state == STRING || state == ESCAPE || state == HEX) && !text->in_key &&
		text->target != JSONLOG_KEY_UNKNOWN && jsonlog_keys[text->target].is_long)
		jsonlog_text_end_value(text);
	if (state == BROKEN || !jsonlog_key_entry(text->texts, &text->record, ret_entry))
		return RECORD_BROKEN;
	ret_entry->cut_bytes++;
	return RECORD_ENTRY;
}

struct slice jsonlog_raw(const struct jsonlog *json, uint64_t *ret_cut_bytes)
{
	return record_raw(&json->text.record, ret_cut_bytes);
}
