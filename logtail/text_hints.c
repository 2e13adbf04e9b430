#include "text_hints.h"

#include <strings.h>

#include "chars16.h"
#include "json_escape.h"
#include "text_hints_avx2.h"

/*
 * What is searched for, and in it two letters that are rare side by side in SQL and prose: those the
 * vectors look for.
 */
static const struct {
	const char *word;
	size_t pair_at;
	bool any_case;
	unsigned hint;
} words[] = {
	{ "passw", 3, true, HINT_PASSWORD },         /* sw */
	{ "identified", 5, true, HINT_PASSWORD },    /* if */
	{ "://", 0, false, HINT_PASSWORD },          /* :/ */
	{ "bitville-", 2, false, HINT_CORRELATION }, /* tv */
};

/* The marks whose pair stands at `at`. */
static unsigned marks_at(const char *s, size_t len, size_t at)
{
	unsigned hints = 0;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t start = at - words[i].pair_at, n = strlen(words[i].word);

		if ((s[at] | 0x20) != words[i].word[words[i].pair_at] ||
			at < words[i].pair_at || len - start < n)
			continue;
		if (words[i].any_case ? strncasecmp(s + start, words[i].word, n) == 0
				      : memcmp(s + start, words[i].word, n) == 0)
			hints |= words[i].hint;
	}
	return hints;
}

/* Marks each byte that begins one of the pairs; `next` are the bytes one further on. */
static inline chars16 pairs(chars16 bytes, chars16 next)
{
	bytes |= 0x20; /* lower case; ":" and "/" stay */
	next |= 0x20;
	return ((bytes == 's') & (next == 'w')) | ((bytes == 'i') & (next == 'f')) |
	       ((bytes == ':') & (next == '/')) | ((bytes == 't') & (next == 'v'));
}

/* Of the pairs that begin where `marks` says, a bit each behind `at`. */
static unsigned hints_at(const char *s, size_t len, size_t at, uint32_t marks)
{
	unsigned hints = 0;

	for (; marks > 0; marks &= marks - 1)
		hints |= marks_at(s, len, at + (size_t)__builtin_ctz(marks));
	return hints;
}

unsigned text_hints(const char *s, size_t len)
{
	unsigned hints = 0;
	size_t at = 0;
	chars16 marks;

	for (; len - at > CHARS16; at += CHARS16) {
		marks = pairs(chars16_load(s + at), chars16_load(s + at + 1));
		if (chars16_any(marks))
			hints |= hints_at(s, len, at, chars16_bits(marks));
	}
	if (len - at > 1) {
		marks = pairs(chars16_load_part(s + at, len - at),
			chars16_load_part(s + at + 1, len - at - 1));
		hints |= hints_at(s, len, at, chars16_bits(marks));
	}
	return hints;
}

char *text_hints_put(char *at, const char *s, size_t len, bool *maybe)
{
	return text_hints_is_wide(len) ? text_hints_put_wide(at, s, len, maybe)
				       : text_hints_put_narrow(at, s, len, maybe);
}

char *text_hints_put_narrow(char *at, const char *s, size_t len, bool *maybe)
{
	chars16 seen = { 0 };

	at = json_escape(at, s, len, pairs, &seen);
	*maybe |= chars16_any(seen);
	return at;
}
