#include "utf8.h"

#include <stdbool.h>
#include <stdint.h>

static bool is_tail(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

size_t utf8_step(const char *s, size_t len, size_t *ret_bad)
{
	const unsigned char *p = (const unsigned char *)s;
	unsigned char low = 0x80, high = 0xbf;
	size_t want;

	*ret_bad = 1;
	if (len == 0 || p[0] == 0)
		return 0;
	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		want = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		want = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		want = 4;
	else
		return 0;

	/* The second byte's range excludes long forms, surrogates and what is above U+10FFFF. */
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	if (len < 2 || p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < want; i++) {
		if (i >= len || !is_tail(p[i])) {
			*ret_bad = i;
			return 0;
		}
	}
	return want;
}

size_t utf8_prefix(const char *s, size_t len, size_t max_chars)
{
	size_t at = 0;

	for (size_t chars = 0; at < len && chars < max_chars; chars++) {
		size_t bad, step = utf8_step(s + at, len - at, &bad);

		at += step ? step : bad;
	}
	return at < len ? at : len;
}

size_t utf8_count(const char *s, size_t len)
{
	size_t at = 0, chars = 0;

	for (; at < len; chars++) {
		size_t bad, step = utf8_step(s + at, len - at, &bad);

		at += step ? step : bad;
	}
	return chars;
}
