#include "text_hints.h"

#include <stdbool.h>
#include <strings.h>

#include "chars16.h"

/*
 * What is searched for, and in it two letters that are rare side by side in SQL and prose: those the
 * vectors look for.
 */
static const struct {
	const char *word;
	size_t pair_at;
	bool any_case;
	unsigned hint;
} marks[] = {
	{ "passw", 3, true, HINT_PASSWORD },         /* sw */
	{ "identified", 5, true, HINT_PASSWORD },    /* if */
	{ "://", 0, false, HINT_PASSWORD },          /* :/ */
	{ "bitville-", 2, false, HINT_CORRELATION }, /* tv */
};

/* The marks whose pair stands at `at`. */
static unsigned marks_at(const char *s, size_t len, size_t at)
{
	unsigned hints = 0;

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		size_t start = at - marks[i].pair_at, n = strlen(marks[i].word);

		if ((s[at] | 0x20) != marks[i].word[marks[i].pair_at] ||
			at < marks[i].pair_at || len - start < n)
			continue;
		if (marks[i].any_case ? strncasecmp(s + start, marks[i].word, n) == 0
				      : memcmp(s + start, marks[i].word, n) == 0)
			hints |= marks[i].hint;
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

/* In the n pairs that begin at `at`. */
static unsigned hints_at(const char *s, size_t len, size_t at, size_t n)
{
	unsigned hints = 0;

	for (size_t i = at; i < at + n; i++)
		hints |= marks_at(s, len, i);
	return hints;
}

unsigned text_hints(const char *s, size_t len)
{
	unsigned hints = 0;
	size_t at = 0, n;

	for (; len - at > 2 * CHARS16; at += 2 * CHARS16) {
		chars16 first = pairs(chars16_load(s + at), chars16_load(s + at + 1));
		chars16 second = pairs(chars16_load(s + at + CHARS16),
			chars16_load(s + at + CHARS16 + 1));

		if (chars16_first(first | second) < CHARS16)
			hints |= hints_at(s, len, at, 2 * CHARS16);
	}
	if (len - at > CHARS16) {
		if (chars16_first(pairs(chars16_load(s + at), chars16_load(s + at + 1))) <
			CHARS16)
			hints |= hints_at(s, len, at, CHARS16);
		at += CHARS16;
	}
	n = len - at;
	if (n > 1 && chars16_first(pairs(chars16_load_part(s + at, n - 1),
			     chars16_load_part(s + at + 1, n - 1))) < CHARS16)
		hints |= hints_at(s, len, at, n - 1);
	return hints;
}
