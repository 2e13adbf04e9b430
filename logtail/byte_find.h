/*
 * The next of one or two bytes, where it is usually near: inline, sixteen at a time. For what is
 * usually far memchr() is as good.
 */
#ifndef LOGTAIL_BYTE_FIND_H
#define LOGTAIL_BYTE_FIND_H

#include "chars16.h"

/* a or b (which may be the same) in at ... end, or end. */
static inline const char *byte_find(const char *at, const char *end, char a, char b)
{
	for (; end - at >= CHARS16; at += CHARS16) {
		chars16 bytes = chars16_load(at);
		size_t n = chars16_first((bytes == a) | (bytes == b));

		if (n < CHARS16)
			return at + n;
	}
	while (at < end && *at != a && *at != b)
		at++;
	return at;
}

/*
 * The next byte that mark() marks in at ... end, or end. At least CHARS16 bytes before end must be
 * there to read, even when at is behind the first of them.
 */
static inline __attribute__((always_inline)) const char *byte_find_mark(
	const char *at, const char *end, chars16 (*mark)(chars16 bytes))
{
	uint32_t marked;

	for (; end - at >= CHARS16; at += CHARS16) {
		marked = chars16_bits(mark(chars16_load(at)));
		if (marked)
			return at + __builtin_ctz(marked);
	}
	marked =
		chars16_bits(mark(chars16_load(end - CHARS16))) >> (CHARS16 - (end - at));
	return marked ? at + __builtin_ctz(marked) : end;
}

static inline chars16 byte_mark_comma(chars16 bytes)
{
	return bytes == ',';
}

static inline chars16 byte_mark_quote(chars16 bytes)
{
	return bytes == '"';
}

static inline chars16 byte_mark_no_digit(chars16 bytes)
{
	return (bytes < '0') | (bytes > '9');
}

#endif
