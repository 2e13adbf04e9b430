/*
 * The inside of a JSON string, two vectors a step: what json_put_text() is made of, for a module that
 * looks for something in the same bytes on its way.
 *
 *	chars16 seen = { 0 };
 *	at = json_escape(at, s, len, look, &seen);
 *
 * look is given each byte of s with its successor, all inlined; its marks are gathered in seen. Behind
 * a short text's last byte it sees NULs. NULL: nothing is looked for.
 */
#ifndef SHARED_JSON_ESCAPE_H
#define SHARED_JSON_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "chars16.h"

typedef chars16 json_look(chars16 bytes, chars16 next);

/* How far a text is written. */
struct json_place {
	char *at;
	const char *s;
};

/* Goes on with n bytes, the special ones marked by a bit each: to their end, or to that of a character
 * there. */
struct json_place json_escape_marked(
	char *at, const char *s, size_t n, const char *end, uint32_t marks);

/* Marks all but controls, quotes, backslashes and what is not ASCII. */
static inline chars16 json_plain(chars16 bytes)
{
	return ((bytes ^ 2) > ' ') & ~(bytes == '\\'); /* 2 puts '"' before '!' */
}

/* The bits of the other bytes. */
static inline uint32_t json_special_bits(chars16 bytes)
{
	return chars16_bits(json_plain(bytes)) ^ 0xffff;
}

/* Would json_escape() only copy it? */
static inline bool json_is_plain(const char *s, size_t len)
{
	for (; len >= CHARS16; s += CHARS16, len -= CHARS16)
		if (json_special_bits(chars16_load(s)) != 0)
			return false;
	return (json_special_bits(chars16_load_part(s, len)) &
		       ((UINT32_C(1) << len) - 1)) == 0;
}

/* The pairs of the text's last `left` bytes (1 to 32); those before them have been looked at. */
static inline chars16 json_look_last(
	const char *s, size_t len, size_t left, json_look *look)
{
	const char *end = s + len;
	chars16 seen;

	if (len <= CHARS16)
		return look(chars16_load_part(s, len), chars16_load_part(s + 1, len - 1));
	seen = look(chars16_load(end - CHARS16 - 1), chars16_load(end - CHARS16));
	if (left > CHARS16)
		seen |= look(chars16_load(end - left), chars16_load(end - left + 1));
	return seen;
}

/* The last bytes of a text, 1 to 32 of them. */
static inline struct json_place json_escape_last(char *at, const char *s, const char *end)
{
	size_t left = (size_t)(end - s);
	chars16 first, second = { 0 };
	uint32_t marks;

	if (left > CHARS16) {
		first = chars16_load(s);
		second = chars16_load_part(s + CHARS16, left - CHARS16);
		memcpy(at + CHARS16, &second, CHARS16);
	} else {
		first = chars16_load_part(s, left);
	}
	memcpy(at, &first, CHARS16);
	marks = (json_special_bits(first) | json_special_bits(second) << CHARS16)
		<< (2 * CHARS16 - left);
	if (marks == 0)
		return (struct json_place){ at + left, end };
	return json_escape_marked(at, s, left, end, marks >> (2 * CHARS16 - left));
}

/* The same where the 32 bytes before them stand before `at` as they are: nothing has to be taken apart.
 * False: there is a special one among them. */
static inline bool json_copy_last(char *at, const char *end, size_t left)
{
	chars16 first = chars16_load(end - 2 * CHARS16),
		second = chars16_load(end - CHARS16);

	if (chars16_bits(json_plain(first) & json_plain(second)) != 0xffff)
		return false;
	memcpy(at + left - 2 * CHARS16, &first, CHARS16);
	memcpy(at + left - CHARS16, &second, CHARS16);
	return true;
}

static inline __attribute__((always_inline)) char *json_escape(
	char *at, const char *s, size_t len, json_look *look, chars16 *seen)
{
	struct json_place place = { at, s };
	bool plain = false; /* the two vectors before */
	const char *end;

	if (len == 0)
		return at; /* s may be NULL */
	end = s + len;
	while (end - place.s > 2 * CHARS16) {
		chars16 first = chars16_load(place.s),
			second = chars16_load(place.s + CHARS16);

		memcpy(place.at, &first, CHARS16);
		memcpy(place.at + CHARS16, &second, CHARS16);
		if (look)
			*seen |= look(first, chars16_load(place.s + 1)) |
				 look(second, chars16_load(place.s + CHARS16 + 1));
		plain = chars16_bits(json_plain(first) & json_plain(second)) == 0xffff;
		if (!plain) {
			place = json_escape_marked(place.at, place.s, 2 * CHARS16, end,
				json_special_bits(first) | json_special_bits(second)
								   << CHARS16);
		} else {
			place.at += 2 * CHARS16;
			place.s += 2 * CHARS16;
		}
	}
	if (look && place.s < end)
		*seen |= json_look_last(s, len, (size_t)(end - place.s), look);
	if (plain && json_copy_last(place.at, end, (size_t)(end - place.s)))
		return place.at + (end - place.s);
	while (place.s < end)
		place = json_escape_last(place.at, place.s, end);
	return place.at;
}

#endif
