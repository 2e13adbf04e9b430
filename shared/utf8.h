/*
 * Bytes from outside as UTF-8 text.
 *
 * Valid means RFC 3629: shortest form, no surrogates, at most U+10FFFF. NUL is treated as
 * invalid here, because JSON readers end strings at it.
 */
#ifndef SHARED_UTF8_H
#define SHARED_UTF8_H

#include <stddef.h>

/*
 * Length in bytes (1-4) of the valid character at s, or 0 when the bytes there are not one.
 * On 0, *ret_bad is how many bytes to skip: the longest prefix of a character, as the Unicode
 * standard recommends for U+FFFD.
 */
size_t utf8_step(const char *s, size_t len, size_t *ret_bad);

/* Characters in s; every invalid sequence counts as the one U+FFFD it will become. */
size_t utf8_count(const char *s, size_t len);

/* Bytes taken by the first max_chars characters, counted as utf8_count() does. */
size_t utf8_prefix(const char *s, size_t len, size_t max_chars);

/* In place, never longer: what a terminal may take for a command (C0, DEL and C1 characters) or is
 * no UTF-8 becomes '?', one for each. */
void utf8_make_printable(char *text);

#endif
