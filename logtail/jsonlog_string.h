/*
 * The inside of a string of jsonlog: where it ends, and its simple escapes undone.
 */
#ifndef LOGTAIL_JSONLOG_STRING_H
#define LOGTAIL_JSONLOG_STRING_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "chars16.h"

/* What may end a string's plain text: see byte_find_mark(). */
static inline chars16 jsonlog_mark_end(chars16 bytes)
{
	return (bytes == '"') | (bytes == '\\');
}

/* What stands for one character behind a backslash; 0 for what does not. */
static const char jsonlog_escaped[256] = { ['"'] = '"',
	['\\'] = '\\',
	['/'] = '/',
	['b'] = '\b',
	['f'] = '\f',
	['n'] = '\n',
	['r'] = '\r',
	['t'] = '\t' };

/*
 * Copies to `to` the text at s, up to its closing quote, and undoes escapes, the first of which is at
 * stop. Returns the quote; NULL where an escape is not a simple one, or the quote is not there. Writes
 * up to CHARS16 bytes more.
 */
static inline const char *jsonlog_unescape(
	const char *s, const char *stop, const char *end, char *to, size_t *ret_len)
{
	char *out = to + (stop - s), c;
	uint32_t marked;

	memcpy(to, s, (size_t)(stop - s));
	while (*stop == '\\') {
		if (end - stop < 2)
			return NULL;
		c = jsonlog_escaped[(unsigned char)stop[1]];
		if (!c)
			return NULL;
		*out++ = c;
		stop += 2;
		for (;;) {
			size_t left = (size_t)(end - stop);
			chars16 bytes = left >= CHARS16 ? chars16_load(stop)
							: chars16_load_part(stop, left);

			memcpy(out, &bytes, CHARS16);
			marked = chars16_bits(jsonlog_mark_end(bytes));
			if (marked)
				break;
			if (left < CHARS16)
				return NULL;
			stop += CHARS16;
			out += CHARS16;
		}
		stop += __builtin_ctz(marked);
		out += __builtin_ctz(marked);
	}
	*ret_len = (size_t)(out - to);
	return stop;
}

#endif
