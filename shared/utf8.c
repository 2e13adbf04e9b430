#include "utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "chars16.h"

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

/* Bytes of s, up to max, before the first that is no character of its own. */
static size_t ascii_run(const char *s, size_t max)
{
	size_t at = 0;

	while (max - at >= CHARS16) {
		size_t n = chars16_first(chars16_load(s + at) < 0);

		at += n;
		if (n < CHARS16)
			return at;
	}
	while (at < max && (signed char)s[at] >= 0)
		at++;
	return at;
}

size_t utf8_prefix(const char *s, size_t len, size_t max_chars)
{
	size_t at = 0;

	while (at < len && max_chars > 0) {
		size_t left = len - at, bad, step;
		size_t run = ascii_run(s + at, left < max_chars ? left : max_chars);

		at += run;
		max_chars -= run;
		if (at == len || max_chars == 0)
			break;
		step = utf8_step(s + at, len - at, &bad);
		at += step ? step : bad;
		max_chars--;
	}
	return at;
}

size_t utf8_count(const char *s, size_t len)
{
	size_t at = 0, chars = 0;

	while (at < len) {
		size_t run = ascii_run(s + at, len - at), bad, step;

		at += run;
		chars += run;
		if (at == len)
			break;
		step = utf8_step(s + at, len - at, &bad);
		at += step ? step : bad;
		chars++;
	}
	return chars;
}

static bool is_control(const char *s, size_t step)
{
	const unsigned char *p = (const unsigned char *)s;

	return (step == 1 && (p[0] < 0x20 || p[0] == 0x7f)) ||
	       (step == 2 && p[0] == 0xc2 && p[1] < 0xa0);
}

void utf8_make_printable(char *text)
{
	size_t len = strlen(text), to = 0;

	for (size_t at = 0; at < len;) {
		size_t bad, step = utf8_step(text + at, len - at, &bad);

		if (step == 0 || is_control(text + at, step)) {
			text[to++] = '?';
		} else {
			memmove(text + to, text + at, step);
			to += step;
		}
		at += step ? step : bad;
	}
	text[to] = '\0';
}
