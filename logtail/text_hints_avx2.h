/*
 * text_hints_put() of a long text, for a machine that has AVX2: 32 bytes at a time, and what each byte
 * may be looked up by its two halves at once. Only for text_hints.c, which says what is looked for.
 */
#ifndef LOGTAIL_TEXT_HINTS_AVX2_H
#define LOGTAIL_TEXT_HINTS_AVX2_H

#include <stdbool.h>
#include <stddef.h>

#define TEXT_HINTS_WIDE 32 /* only for more bytes than these */

/* Can it be used for a text of so many bytes? */
static inline bool text_hints_is_wide(size_t len)
{
#ifdef __x86_64__
	return len > TEXT_HINTS_WIDE && __builtin_cpu_supports("avx2");
#else
	(void)len;
	return false;
#endif
}

char *text_hints_put_wide(char *at, const char *s, size_t len, bool *maybe);

#endif
