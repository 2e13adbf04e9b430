/*
 * The usual line along the usual prefix, in one pass and without a call: see prefix_walk.h for any line
 * and prefix. Only for prefix.c.
 */
#ifndef LOGTAIL_PREFIX_STRIDES_H
#define LOGTAIL_PREFIX_STRIDES_H

#include "byte_find.h"
#include "prefix_value.h"
#include "prefix_walk.h"

static inline bool prefix_found_word(struct prefix_found *found, size_t steps,
	const char *line, const char *at, size_t len)
{
	found->steps = steps;
	found->len = (size_t)(at - line);
	return log_word_find(at, len - found->len, &found->word);
}

/*
 * The usual line in one pass: each text goes up to the first sign that can end it. What it finds,
 * the general walk would find; where it finds nothing, that has to look.
 */
static inline bool prefix_stride(const struct prefix *prefix, const char *line,
	size_t len, struct prefix_found *found)
{
	const char *at = line, *end = line + len;
	const char *text_end = len < PREFIX_LOOK_BYTES ? end : line + PREFIX_LOOK_BYTES;
	uint64_t after;
	size_t n;

	for (const struct prefix_stride *now = prefix->strides;; now++) {
		switch (now->part) {
		case PREFIX_MILLIS:
			n = prefix_millis_len(at, (size_t)(end - at));
			break;
		case PREFIX_NUMBER:
			n = prefix_few_digits(
				at, (size_t)(end - at), PREFIX_INT32_MAX_LEN);
			break;
		case PREFIX_TEXT:
			n = (size_t)(byte_find(at, text_end, now->sign, now->sign) - at);
			if (at + n >= text_end)
				return false;
			break;
		case PREFIX_SESSION:
			if (at < end && log_word_may_begin(*at) &&
				prefix_found_word(found, now->step, line, at, len))
				return true;
			continue;
		case PREFIX_END:
			while (at < end && *at == ' ')
				at++;
			return prefix_found_word(found, now->step, line, at, len);
		case PREFIX_LITERAL:
			n = 0;
			break;
		default:
			n = prefix_value_len(now->escape, at, (size_t)(end - at));
		}
		if (n == 0 && !now->may_be_empty)
			return false;
		found->values[now->step] = (struct slice){ at, n };
		at += n;
		if ((size_t)(end - at) < sizeof(after))
			return false;
		memcpy(&after, at, sizeof(after));
		if ((after ^ now->after) & now->mask)
			return false;
		at += now->after_len;
	}
}

#endif
