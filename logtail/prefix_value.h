/*
 * Those values of a log_line_prefix that have a form: numbers, times, codes. How much of a line
 * could be one?
 */
#ifndef LOGTAIL_PREFIX_VALUE_H
#define LOGTAIL_PREFIX_VALUE_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>

#include "log_time_form.h"

#define PREFIX_ZONE_MAX 32
/* The widest: 16 hexadecimal digits of %c's 64 bits, 20 digits of %l's and %Q's. */
#define PREFIX_INT32_MAX_LEN 10
#define PREFIX_INT64_MAX_LEN 20

/* The most bytes at s that have the form of an escape, any of "pPlxQcevmtsn"; 0: none has. */
size_t prefix_value_len(char escape, const char *s, size_t len);

/*
 * The same where the value's end is in doubt. Every length from min to max has the form; natural is
 * the likeliest: all digits, a zone of letters or of a sign and digits. All are 0 when none has.
 */
struct prefix_reach {
	size_t min, natural, max;
};
struct prefix_reach prefix_reach_of(char escape, const char *s, size_t len);

/* Can such a value have this byte within it? (The blank before a zone aside.) */
bool prefix_value_goes_on(char c);

static inline bool prefix_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool prefix_is_zone(char c)
{
	return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || prefix_is_digit(c) ||
	       c == '+' || c == '-' || c == ':';
}

static inline size_t prefix_digits(const char *s, size_t len, size_t max)
{
	size_t n = 0;

	max = max < len ? max : len;
	while (n < max && prefix_is_digit(s[n]))
		n++;
	return n;
}

/* The same of a process id, which rarely has eight: eight bytes at once. */
static inline size_t prefix_few_digits(const char *s, size_t len, size_t max)
{
	uint64_t text, wrong;

	if (len < sizeof(text))
		return prefix_digits(s, len, max);
	memcpy(&text, s, sizeof(text));
	text = le64toh(text) ^ UINT64_C(0x3030303030303030);
	wrong = ((text + UINT64_C(0x7676767676767676)) | text) &
		UINT64_C(0x8080808080808080);
	return wrong ? (size_t)__builtin_ctzll(wrong) / 8 : prefix_digits(s, len, max);
}

/* Up to eight digits at once, none of them more than 9 and none above the first of the value's: each
 * step joins neighbours to twice as many. */
static inline int64_t prefix_join_digits(uint64_t digits)
{
	digits = (digits * 10 + (digits >> 8)) & UINT64_C(0x00ff00ff00ff00ff);
	digits = (digits * 100 + (digits >> 16)) & UINT64_C(0x0000ffff0000ffff);
	return (int64_t)((digits * 10000 + (digits >> 32)) & UINT32_MAX);
}

/* What len digits at s say. */
static inline int64_t prefix_decimal(const char *s, size_t len)
{
	int64_t n = 0;

	for (size_t i = 0; i < len; i++)
		n = n * 10 + (s[i] - '0');
	return n;
}

/* Of the digits at s, which has at least PREFIX_INT32_MAX_LEN bytes, the length and what they say. */
static inline size_t prefix_usual_decimal(const char *s, int64_t *ret)
{
	size_t n = prefix_few_digits(s, PREFIX_INT32_MAX_LEN, PREFIX_INT32_MAX_LEN);
	uint64_t text;

	if (n - 1 < sizeof(text)) {
		memcpy(&text, s, sizeof(text));
		text = le64toh(text) ^ UINT64_C(0x3030303030303030);
		*ret = prefix_join_digits(text << (64 - 8 * n));
	} else {
		*ret = prefix_decimal(s, n);
	}
	return n;
}

/* How many of the eight bytes at s are letters, before one that is none. */
static inline size_t prefix_few_letters(const char *s)
{
	const uint64_t high = UINT64_C(0x8080808080808080);
	uint64_t text, low, others;

	memcpy(&text, s, sizeof(text));
	text = le64toh(text);
	/* 'a' and more gets the highest bit of low + 0x1f, what is above 'z' that of low + 0x05. */
	low = (text | UINT64_C(0x2020202020202020)) & ~high;
	others = ~((low + UINT64_C(0x1f1f1f1f1f1f1f1f)) &
			 ~(low + UINT64_C(0x0505050505050505)) & ~text) &
		 high;
	return others ? (size_t)__builtin_ctzll(others) / 8 : sizeof(text);
}

/* prefix_value_len() of %m, which nearly every line has. */
static inline size_t prefix_millis_len(const char *s, size_t len)
{
	size_t zone = LOG_TIME_MILLI_LEN + 1, n = zone;
	size_t max = len < zone + PREFIX_ZONE_MAX ? len : zone + PREFIX_ZONE_MAX;

	if (len < zone || !log_time_has_minute(s) ||
		!log_time_has_millis(s + LOG_TIME_MINUTE_LEN))
		return 0;
	if (max - zone >= sizeof(uint64_t))
		n += prefix_few_letters(s + n);
	while (n < max && prefix_is_zone(s[n]))
		n++;
	return n > zone ? n : 0;
}

/* The same where its end is expected at sign, which no zone has; LOG_TIME_MILLI_LEN + 1 +
 * PREFIX_ZONE_MAX bytes can be read. */
static inline size_t prefix_usual_millis_len(const char *s, char sign)
{
	size_t zone = LOG_TIME_MILLI_LEN + 1, n;

	if (!log_time_has_minute(s) || !log_time_has_millis(s + LOG_TIME_MINUTE_LEN))
		return 0;
	n = zone + prefix_few_letters(s + zone);
	if (s[n] != sign || n == zone)
		return prefix_millis_len(s, zone + PREFIX_ZONE_MAX);
	return n;
}

#endif
