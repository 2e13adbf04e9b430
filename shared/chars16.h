/*
 * Sixteen bytes of text at a time, as gcc's vectors on any machine.
 *
 *	chars16 bytes = chars16_load(s);
 *	unsigned n = chars16_first((bytes == '"') | (bytes < ' '));
 *
 * A byte is a signed char: what is no ASCII is below zero. Only what the compiler makes badly is told
 * apart by machine.
 */
#ifndef SHARED_CHARS16_H
#define SHARED_CHARS16_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define CHARS16 16

typedef signed char chars16 __attribute__((vector_size(CHARS16)));

static inline chars16 chars16_load(const char *s)
{
	chars16 bytes;

	memcpy(&bytes, s, CHARS16);
	return bytes;
}

/* The n <= 16 bytes at s, then NULs; reads no byte beyond them. */
static inline chars16 chars16_load_part(const char *s, size_t n)
{
	typedef uint64_t halves16 __attribute__((vector_size(CHARS16)));
	uint64_t low = 0, high = 0;
	uint32_t head, tail;

	if (n >= 8) {
		memcpy(&low, s, 8);
		memcpy(&high, s + n - 8, 8);
		high = htole64(
			le64toh(high) >> (16 - n) * 4 >> (16 - n) * 4); /* by 64, too */
	} else if (n >= 4) {
		memcpy(&head, s, 4);
		memcpy(&tail, s + n - 4, 4);
		low = htole64(le32toh(head) | (uint64_t)le32toh(tail) << (n - 4) * 8);
	} else if (n > 0) {
		low = htole64((uint64_t)(unsigned char)s[0] |
			      (uint64_t)(unsigned char)s[n / 2] << n / 2 * 8 |
			      (uint64_t)(unsigned char)s[n - 1] << (n - 1) * 8);
	}
	return (chars16)(halves16){ low, high };
}

/* A bit for each marked byte (a comparison's result), the first one's lowest. */
static inline uint32_t chars16_bits(chars16 marks)
{
#ifdef __SSE2__
	typedef char plain16 __attribute__((vector_size(CHARS16)));

	return (uint32_t)__builtin_ia32_pmovmskb128((plain16)marks);
#else
	const uint64_t own = UINT64_C(0x8040201008040201),
		       add = UINT64_C(0x0101010101010101);
	uint64_t halves[2];

	memcpy(halves, &marks, CHARS16);
	return (uint32_t)((le64toh(halves[0]) & own) * add >> 56) |
	       (uint32_t)((le64toh(halves[1]) & own) * add >> 56) << 8;
#endif
}

/* Is a byte marked? */
static inline bool chars16_any(chars16 marks)
{
	return chars16_bits(marks) != 0;
}

/* The first marked byte, CHARS16 when none is. */
static inline size_t chars16_first(chars16 marks)
{
	return (size_t)__builtin_ctz(chars16_bits(marks) | UINT32_C(1) << CHARS16);
}

#endif
