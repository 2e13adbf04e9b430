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

#endif
