/*
 * The usual line along the usual prefix, in one pass and without a call: see prefix_walk.h for any line
 * and prefix. Only for prefix.c.
 */
#ifndef LOGTAIL_PREFIX_STRIDES_H
#define LOGTAIL_PREFIX_STRIDES_H

#include "chars16.h"
#include "prefix_value.h"
#include "prefix_walk.h"

/* The longest value with a form (%m with PREFIX_ZONE_MAX, rounded up) and what follows it: where so many
 * bytes are left, a stride needs not ask how many. */
#define PREFIX_STRIDE_BYTES 64

/* The word at `at`, where the prefix ends. */
static inline bool prefix_ends(struct prefix_fields *ret, uint32_t has, const char *line,
	const char *at, const char *end)
{
	const struct log_word *usual = end - at >= CHARS16 ? log_word_usual(at) : NULL;

	if (usual)
		ret->word = *usual;
	else if (!log_word_find(at, (size_t)(end - at), &ret->word))
		return false;
	ret->has = has & ((UINT32_C(1) << ENTRY_TEXTS) - 1);
	ret->len = (size_t)(at - line) + ret->word.len;
	return true;
}

/* The next sign, unless a control character comes first, or there is none until soon after last. */
static inline const char *prefix_text_end(const char *at, const char *last, char sign)
{
	for (; at <= last; at += CHARS16) {
		chars16 bytes = chars16_load(at);
		/* None of the upper three bits is in those below a blank. */
		size_t n = chars16_first(
			(bytes == sign) | ((bytes & ~0x1f) == 0) | (bytes == 0x7f));

		if (n < CHARS16)
			return at[n] == sign ? at + n : NULL;
	}
	return NULL;
}

/*
 * The usual line in one pass: each text goes up to the first sign that can end it. What it finds,
 * the general walk would find; where it finds nothing, that has to look. It does not go beyond a
 * newline.
 */
static inline __attribute__((always_inline)) bool prefix_stride(
	const struct prefix *prefix, const char *line, size_t len,
	struct prefix_fields *ret)
{
	const size_t look = len < PREFIX_LOOK_BYTES ? len : PREFIX_LOOK_BYTES;
	const char *at = line, *end = line + look, *last = end - PREFIX_STRIDE_BYTES;
	const char *text;
	uint64_t after;
	uint32_t has = 0;
	size_t n;

	if (look < PREFIX_STRIDE_BYTES)
		return false;
	ret->pid = 0;
	ret->places[PREFIX_TIME] = (struct span){ 0, 0 };
	for (const struct prefix_stride *now = prefix->strides; at <= last; now++) {
		switch (now->part) {
		case PREFIX_MILLIS:
			n = prefix_usual_millis_len(at, now->sign);
			break;
		case PREFIX_NUMBER:
			n = now->is_pid ? prefix_usual_decimal(at, &ret->pid)
					: prefix_few_digits(at, PREFIX_STRIDE_BYTES,
						  PREFIX_INT32_MAX_LEN);
			break;
		case PREFIX_TEXT:
			text = prefix_text_end(at, last, now->sign);
			if (!text)
				return false;
			n = (size_t)(text - at);
			break;
		case PREFIX_SESSION:
			if (log_word_may_begin(*at) &&
				prefix_ends(ret, has, line, at, end))
				return true;
			continue;
		case PREFIX_END:
			while (at < end && *at == ' ')
				at++;
			return prefix_ends(ret, has, line, at, end);
		case PREFIX_LITERAL:
			n = 0;
			break;
		default:
			n = prefix_value_len(now->escape, at, PREFIX_STRIDE_BYTES);
		}
		if (n == 0 && !now->may_be_empty)
			return false;
		ret->places[now->place] =
			(struct span){ (uint32_t)(at - line), (uint32_t)n };
		has |= (uint32_t)(n > 0) << now->place;
		at += n;
		memcpy(&after, at, sizeof(after));
		if ((after ^ now->after) & now->mask)
			return false;
		at += now->after_len;
	}
	return false;
}

#endif
