#include "text_hints_avx2.h"

#include <stdint.h>

#include "json_escape.h"
#include "text_hints.h"

#ifdef __x86_64__
#include <immintrin.h>

/* What a byte may be, a bit each: the first or second of a pair ("sw", "if", ":/", "tv", in both cases),
 * or one that is not written as it is. */
enum {
	HINTS_SW = 1,
	HINTS_IF = 2,
	HINTS_COLON = 4,
	HINTS_TV = 8,
	HINTS_PAIRS = 15,
	HINTS_NO_ASCII = 16, /* or a control character */
	HINTS_QUOTE = 32,
	HINTS_BACKSLASH = 64
};

/* By the lower half of a byte, then by the upper one: what both allow it is. Twice, for a look-up is made
 * in each half of a vector. */
#define HINTS_ANY HINTS_NO_ASCII
#define HINTS_TWICE(...)                 \
	{                                \
		__VA_ARGS__, __VA_ARGS__ \
	}
static const unsigned char text_hints_first[2][TEXT_HINTS_WIDE] = {
	HINTS_TWICE(HINTS_ANY, HINTS_ANY, HINTS_ANY | HINTS_QUOTE, HINTS_ANY | HINTS_SW,
		HINTS_ANY | HINTS_TV, HINTS_ANY, HINTS_ANY, HINTS_ANY, HINTS_ANY,
		HINTS_ANY | HINTS_IF, HINTS_ANY | HINTS_COLON, HINTS_ANY,
		HINTS_ANY | HINTS_BACKSLASH, HINTS_ANY, HINTS_ANY, HINTS_ANY),
	HINTS_TWICE(HINTS_ANY, HINTS_ANY, HINTS_QUOTE, HINTS_COLON, HINTS_IF,
		HINTS_SW | HINTS_TV | HINTS_BACKSLASH, HINTS_IF, HINTS_SW | HINTS_TV,
		HINTS_ANY, HINTS_ANY, HINTS_ANY, HINTS_ANY, HINTS_ANY, HINTS_ANY,
		HINTS_ANY, HINTS_ANY),
};
static const unsigned char text_hints_second[2][TEXT_HINTS_WIDE] = {
	HINTS_TWICE(0, 0, 0, 0, 0, 0, HINTS_IF | HINTS_TV, HINTS_SW, 0, 0, 0, 0, 0, 0, 0,
		HINTS_COLON),
	HINTS_TWICE(0, 0, HINTS_COLON, 0, HINTS_IF, HINTS_SW | HINTS_TV, HINTS_IF,
		HINTS_SW | HINTS_TV, 0, 0, 0, 0, 0, 0, 0, 0),
};

#define TARGET_AVX2 __attribute__((target("avx2")))

static inline TARGET_AVX2 __m256i text_hints_load(const void *s)
{
	return _mm256_loadu_si256(s);
}

static inline TARGET_AVX2 __m256i text_hints_look_up(
	__m256i bytes, __m256i by_lower, __m256i by_upper)
{
	const __m256i half = _mm256_set1_epi8(15);
	__m256i lower = _mm256_and_si256(bytes, half),
		upper = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), half);

	return _mm256_and_si256(_mm256_shuffle_epi8(by_lower, lower),
		_mm256_shuffle_epi8(by_upper, upper));
}

/* The bits of the bytes that are not written as they are. */
static inline TARGET_AVX2 uint32_t text_hints_special_bits(__m256i is)
{
	const __m256i pairs = _mm256_set1_epi8(HINTS_PAIRS);

	return (uint32_t)_mm256_movemask_epi8(_mm256_cmpgt_epi8(is, pairs));
}

TARGET_AVX2 char *text_hints_put_wide(char *at, const char *s, size_t len, bool *maybe)
{
	const __m256i first_lower = text_hints_load(text_hints_first[0]),
		      first_upper = text_hints_load(text_hints_first[1]),
		      second_lower = text_hints_load(text_hints_second[0]),
		      second_upper = text_hints_load(text_hints_second[1]);
	const char *end = s + len, *last = end - TEXT_HINTS_WIDE;
	struct json_place place = { at, s };
	__m256i bytes, is, seen = _mm256_setzero_si256();
	uint32_t special = 0;

	while (place.s < last) {
		bytes = text_hints_load(place.s);
		is = text_hints_look_up(bytes, first_lower, first_upper);
		seen = _mm256_or_si256(
			seen, _mm256_and_si256(
				      is, text_hints_look_up(text_hints_load(place.s + 1),
						  second_lower, second_upper)));
		_mm256_storeu_si256((__m256i *)place.at, bytes);
		special = text_hints_special_bits(is);
		if (special) {
			place = json_escape_marked(
				place.at, place.s, TEXT_HINTS_WIDE, end, special);
		} else {
			place.at += TEXT_HINTS_WIDE;
			place.s += TEXT_HINTS_WIDE;
		}
	}
	/* The last pair begins a byte before the last. */
	is = text_hints_look_up(text_hints_load(last - 1), first_lower, first_upper);
	bytes = text_hints_load(last);
	seen = _mm256_or_si256(
		seen, _mm256_and_si256(
			      is, text_hints_look_up(bytes, second_lower, second_upper)));
	*maybe |= !_mm256_testz_si256(seen, seen);
	special |= text_hints_special_bits(
		text_hints_look_up(bytes, first_lower, first_upper));
	if (!special) { /* the bytes before these stand before them, too */
		_mm256_storeu_si256((__m256i *)(place.at - (place.s - last)), bytes);
		return place.at + (end - place.s);
	}
	while (place.s < end)
		place = json_escape_last(place.at, place.s, end);
	return place.at;
}

#else

char *text_hints_put_wide(char *at, const char *s, size_t len, bool *maybe)
{
	return text_hints_put_narrow(at, s, len, maybe);
}

#endif
