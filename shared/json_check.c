#include "json_check.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "chars16.h"
#include "utf8.h"

/* The text is looked through by blocks, from wherever a string needs the next one. */
#define BLOCK_BYTES 64

struct scan {
	const char *end;
	const char *block; /* the one that was looked through last */
	uint64_t specials; /* its bytes that end or interrupt a run of a string */
	unsigned depth;
	const char *bad; /* what is wrong, and where */
	const char *bad_at;
};

/* Each taker gets where it begins and returns where it ends, or this. */
static const char *fail(struct scan *scan, const char *at, const char *bad)
{
	scan->bad = bad;
	scan->bad_at = at;
	return NULL;
}

static inline bool is_next(const struct scan *scan, const char *at, char c)
{
	return at < scan->end && *at == c;
}

static inline const char *skip_space(const struct scan *scan, const char *at)
{
	/* Our own payloads have none: one comparison then. */
	if (at < scan->end && (unsigned char)*at > ' ')
		return at;
	while (at < scan->end &&
		(*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
		at++;
	return at;
}

/* A bit for each byte that needs a look: a quote, a backslash, a control, no ASCII. */
static inline uint64_t specials_of(const char *block)
{
	uint64_t bits = 0;

#pragma GCC unroll 4
	for (unsigned i = 0; i < BLOCK_BYTES; i += CHARS16) {
		chars16 bytes = chars16_load(block + i);

		bits |= (uint64_t)chars16_bits(
				(bytes < ' ') | (bytes == '"') | (bytes == '\\'))
			<< i;
	}
	return bits;
}

/* Looks through blocks from `at` to the next special byte, or to the end. */
static const char *find_special(struct scan *scan, const char *at)
{
	for (; scan->end - at >= BLOCK_BYTES; at += BLOCK_BYTES) {
		uint64_t specials = specials_of(at);

		scan->block = at;
		scan->specials = specials;
		if (specials)
			return at + __builtin_ctzll(specials);
	}
	if (at < scan->end) {
		char last[BLOCK_BYTES] = { 0 }; /* a NUL is special */

		memcpy(last, at, (size_t)(scan->end - at));
		scan->block = at;
		scan->specials = specials_of(last);
		return at + __builtin_ctzll(scan->specials);
	}
	return at;
}

static inline const char *next_special(struct scan *scan, const char *at)
{
	size_t into = (size_t)(at - scan->block);

	if (into < BLOCK_BYTES && scan->specials >> into)
		return at + __builtin_ctzll(scan->specials >> into);
	return find_special(scan, into < BLOCK_BYTES ? scan->block + BLOCK_BYTES : at);
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static const char *take_escape(struct scan *scan, const char *at)
{
	static const char bad[] = "unknown escape in a string";

	at++;
	if (at == scan->end)
		return fail(scan, at, bad);
	switch (*at++) {
	case '"':
	case '\\':
	case '/':
	case 'b':
	case 'f':
	case 'n':
	case 'r':
	case 't':
		return at;
	case 'u':
		for (int i = 0; i < 4; i++, at++)
			if (at == scan->end || !is_hex(*at))
				return fail(scan, at, bad);
		return at;
	default:
		return fail(scan, at[-1] == '\0' ? at - 1 : at, bad);
	}
}

/* Characters that are no ASCII, up to the next that is. */
static const char *take_wide(struct scan *scan, const char *at)
{
	do {
		size_t bad, step = utf8_step(at, (size_t)(scan->end - at), &bad);

		if (step == 0)
			return fail(scan, at, "string is not valid UTF-8");
		at += step;
	} while (at < scan->end && (signed char)*at < 0);
	return at;
}

/* From a special byte on. */
static const char *take_rest_of_string(struct scan *scan, const char *at)
{
	while (at < scan->end && *at != '"') {
		if (*at == '\\')
			at = take_escape(scan, at);
		else if ((signed char)*at < 0)
			at = take_wide(scan, at);
		else
			return fail(scan, at, "control character in a string");
		if (!at)
			return NULL;
		at = next_special(scan, at);
	}
	return at < scan->end ? at + 1 : fail(scan, at, "unfinished string");
}

static inline const char *take_string(struct scan *scan, const char *at)
{
	at = next_special(scan, at + 1);
	return is_next(scan, at, '"') ? at + 1 : take_rest_of_string(scan, at);
}

static const char *take_digits(const struct scan *scan, const char *at)
{
	while (scan->end - at >= CHARS16) {
		chars16 bytes = chars16_load(at);
		size_t n = chars16_first((bytes < '0') | (bytes > '9'));

		at += n;
		if (n < CHARS16)
			return at;
	}
	while (at < scan->end && *at >= '0' && *at <= '9')
		at++;
	return at;
}

static const char *take_fraction(struct scan *scan, const char *at)
{
	const char *digits = at + 1;

	at = take_digits(scan, digits);
	return at > digits ? at : fail(scan, at, "malformed number");
}

static const char *take_exponent(struct scan *scan, const char *at)
{
	const char *digits = at + 1;

	if (is_next(scan, digits, '+') || is_next(scan, digits, '-'))
		digits++;
	at = take_digits(scan, digits);
	return at > digits ? at : fail(scan, at, "malformed number");
}

static const char *take_number(struct scan *scan, const char *at)
{
	const char *digits = at + (*at == '-');

	at = is_next(scan, digits, '0') ? digits + 1 : take_digits(scan, digits);
	if (at == digits)
		return fail(scan, at, "malformed number");
	if (is_next(scan, at, '.'))
		at = take_fraction(scan, at);
	if (at && (is_next(scan, at, 'e') || is_next(scan, at, 'E')))
		at = take_exponent(scan, at);
	return at;
}

static const char *take_word(struct scan *scan, const char *at)
{
	size_t left = (size_t)(scan->end - at);

	if (left >= 4 && (memcmp(at, "null", 4) == 0 || memcmp(at, "true", 4) == 0))
		return at + 4;
	if (left >= 5 && memcmp(at, "false", 5) == 0)
		return at + 5;
	return fail(scan, at, "unexpected character");
}

static const char *take_container(struct scan *scan, const char *at);

static inline const char *take_value(struct scan *scan, const char *at)
{
	at = skip_space(scan, at);
	if (at == scan->end)
		return fail(scan, at, "unfinished JSON");
	if (*at == '"')
		return take_string(scan, at);
	if (*at == '-' || (*at >= '0' && *at <= '9'))
		return take_number(scan, at);
	if (*at == '{' || *at == '[')
		return take_container(scan, at);
	return take_word(scan, at);
}

static inline const char *take_key(struct scan *scan, const char *at)
{
	at = skip_space(scan, at);
	if (!is_next(scan, at, '"'))
		return fail(scan, at, "object key expected");
	at = take_string(scan, at);
	if (!at)
		return NULL;
	at = skip_space(scan, at);
	return is_next(scan, at, ':') ? at + 1 : fail(scan, at, "':' expected");
}

/* An object or an array. It calls itself for those within, down to the limit. */
static const char *take_container(struct scan *scan, const char *at)
{
	bool array = *at == '[';
	char close = array ? ']' : '}';

	if (scan->depth == JSON_CHECK_DEPTH_MAX)
		return fail(scan, at, "nested too deeply");
	at = skip_space(scan, at + 1);
	if (is_next(scan, at, close))
		return at + 1;
	scan->depth++;
	for (;;) {
		if (!array)
			at = take_key(scan, at);
		if (at)
			at = take_value(scan, at);
		if (!at)
			return NULL;
		at = skip_space(scan, at);
		if (!is_next(scan, at, ','))
			break;
		at++;
	}
	scan->depth--;
	if (is_next(scan, at, close))
		return at + 1;
	return fail(scan, at, at == scan->end ? "unfinished JSON" : "',' expected");
}

static const char *check(struct scan *scan, const char *at)
{
	at = skip_space(scan, at);
	if (!is_next(scan, at, '{'))
		return fail(scan, at, "not a JSON object");
	at = take_container(scan, at);
	if (!at)
		return NULL;
	at = skip_space(scan, at);
	return at == scan->end ? at : fail(scan, at, "text after the JSON object");
}

const char *json_check_object(const char *data, size_t len, size_t *ret_offset)
{
	struct scan scan = { .end = data + len, .block = data };

	find_special(&scan, data);
	if (check(&scan, data))
		return NULL;
	if (ret_offset)
		*ret_offset = (size_t)(scan.bad_at - data);
	return scan.bad;
}
