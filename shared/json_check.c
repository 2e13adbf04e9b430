#include "json_check.h"

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "utf8.h"

struct scan {
	const char *at;
	const char *end;
	unsigned depth;
	bool in_array[JSON_CHECK_DEPTH_MAX];
};

static inline bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static inline void skip_space(struct scan *scan)
{
	/* Our own payloads have none: one comparison then. */
	if (scan->at < scan->end && (unsigned char)*scan->at > ' ')
		return;
	while (scan->at < scan->end && is_space(*scan->at))
		scan->at++;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool take_escape(struct scan *scan)
{
	scan->at++;
	if (scan->at == scan->end)
		return false;
	if (*scan->at != 'u')
		return *scan->at != '\0' && strchr("\"\\/bfnrt", *scan->at++) != NULL;
	scan->at++;
	for (int i = 0; i < 4; i++, scan->at++)
		if (scan->at == scan->end || !is_hex(*scan->at))
			return false;
	return true;
}

#define WIDTH 16

typedef signed char chars __attribute__((vector_size(WIDTH)));

/*
 * The next byte that needs a look: a quote, a backslash, a control, no ASCII (a negative char).
 * Sixteen at a time, as gcc's vectors on any machine; stops less than that before the end.
 */
static inline const char *skip_plain(const char *at, const char *end)
{
	for (; end - at >= WIDTH; at += WIDTH) {
		chars bytes, marks;
		uint64_t halves[2];

		memcpy(&bytes, at, WIDTH);
		marks = (bytes < ' ') | (bytes == '"') | (bytes == '\\');
		memcpy(halves, &marks, WIDTH);
		if (halves[0])
			return at + __builtin_ctzll(le64toh(halves[0])) / 8;
		if (halves[1])
			return at + 8 + __builtin_ctzll(le64toh(halves[1])) / 8;
	}
	return at;
}

/* What is neither a quote nor plain, at the scan. */
static const char *take_special(struct scan *scan)
{
	unsigned char c = (unsigned char)*scan->at;
	size_t step = 1, bad;

	if (c < 0x20)
		return "control character in a string";
	if (c == '\\')
		return take_escape(scan) ? NULL : "unknown escape in a string";
	if (c >= 0x80)
		step = utf8_step(scan->at, (size_t)(scan->end - scan->at), &bad);
	scan->at += step;
	return step > 0 ? NULL : "string is not valid UTF-8";
}

static const char *take_string(struct scan *scan)
{
	const char *bad = NULL;

	scan->at = skip_plain(scan->at + 1, scan->end);
	while (scan->at < scan->end && *scan->at != '"') {
		bad = take_special(scan);
		if (bad)
			return bad;
		scan->at = skip_plain(scan->at, scan->end);
	}
	if (scan->at == scan->end)
		return "unfinished string";
	scan->at++;
	return NULL;
}

static bool take_digits(struct scan *scan)
{
	const char *start = scan->at;

	while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9')
		scan->at++;
	return scan->at > start;
}

static inline bool take_char(struct scan *scan, char c)
{
	if (scan->at == scan->end || *scan->at != c)
		return false;
	scan->at++;
	return true;
}

static const char *take_number(struct scan *scan)
{
	take_char(scan, '-');
	if (!take_char(scan, '0') && !take_digits(scan))
		return "malformed number";
	if (take_char(scan, '.') && !take_digits(scan))
		return "malformed number";
	if (take_char(scan, 'e') || take_char(scan, 'E')) {
		if (!take_char(scan, '+'))
			take_char(scan, '-');
		if (!take_digits(scan))
			return "malformed number";
	}
	return NULL;
}

static const char *take_word(struct scan *scan)
{
	static const char *const words[] = { "true", "false", "null" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t len = strlen(words[i]);

		if ((size_t)(scan->end - scan->at) >= len &&
			memcmp(scan->at, words[i], len) == 0) {
			scan->at += len;
			return NULL;
		}
	}
	return "unexpected character";
}

static const char *take_key(struct scan *scan)
{
	const char *bad;

	skip_space(scan);
	if (scan->at == scan->end || *scan->at != '"')
		return "object key expected";
	bad = take_string(scan);
	if (bad)
		return bad;
	skip_space(scan);
	return take_char(scan, ':') ? NULL : "':' expected";
}

/* Enters an object or an array; *ret_empty when it was closed at once. */
static const char *enter(struct scan *scan, bool *ret_empty)
{
	bool array = *scan->at == '[';

	if (scan->depth == JSON_CHECK_DEPTH_MAX)
		return "nested too deeply";
	scan->at++;
	skip_space(scan);
	*ret_empty = take_char(scan, array ? ']' : '}');
	if (*ret_empty)
		return NULL;
	scan->in_array[scan->depth++] = array;
	return array ? NULL : take_key(scan);
}

/* After a value: closes what ends here, or moves on to the next value. */
static const char *after_value(struct scan *scan)
{
	while (scan->depth > 0) {
		bool array = scan->in_array[scan->depth - 1];

		skip_space(scan);
		if (take_char(scan, ','))
			return array ? NULL : take_key(scan);
		if (!take_char(scan, array ? ']' : '}'))
			return scan->at == scan->end ? "unfinished JSON" : "',' expected";
		scan->depth--;
	}
	return NULL;
}

static const char *take_value(struct scan *scan, bool *ret_entered)
{
	bool empty;
	const char *bad;

	*ret_entered = false;
	skip_space(scan);
	if (scan->at == scan->end)
		return "unfinished JSON";
	switch (*scan->at) {
	case '{':
	case '[':
		bad = enter(scan, &empty);
		*ret_entered = !bad && !empty;
		return bad;
	case '"':
		return take_string(scan);
	case '-':
	case '0' ... '9':
		return take_number(scan);
	default:
		return take_word(scan);
	}
}

static const char *check(struct scan *scan)
{
	skip_space(scan);
	if (scan->at == scan->end || *scan->at != '{')
		return "not a JSON object";
	do {
		bool entered;
		const char *bad = take_value(scan, &entered);

		if (!bad && !entered)
			bad = after_value(scan);
		if (bad)
			return bad;
	} while (scan->depth > 0);
	skip_space(scan);
	return scan->at == scan->end ? NULL : "text after the JSON object";
}

const char *json_check_object(const char *data, size_t len, size_t *ret_offset)
{
	struct scan scan;
	const char *bad;

	scan.at = data;
	scan.end = data + len;
	scan.depth = 0;
	bad = check(&scan);
	if (bad && ret_offset)
		*ret_offset = (size_t)(scan.at - data);
	return bad;
}
