#include "log_word.h"

#include <string.h>

#include "log_word_table.h"

/* Blanks after the colon. Some translations have fewer, one has more. */
#define BLANKS 2

#define BEGINS(word) (len >= sizeof(word) - 1 && memcmp(s, word, sizeof(word) - 1) == 0)

/* The English words: each is the only one, or one of two, with its first letter. */
enum {
	LOG,
	LOCATION,
	DETAIL,
	DEBUG,
	STATEMENT,
	ERROR,
	CONTEXT,
	HINT,
	FATAL,
	WARNING,
	NOTICE,
	INFO,
	QUERY,
	BACKTRACE,
	PANIC,
	WORDS
};

#define ENGLISH_SEVERITY(word, its_level)                                          \
	{                                                                          \
		.is_severity = true, .level = its_level, .text = ENTRY_MESSAGE,    \
		.word_len = sizeof(word) - 1, .len = sizeof(word) - 1 + 1 + BLANKS \
	}
#define ENGLISH_SECTION(word, its_text)                                                  \
	{                                                                                \
		.level = LEVEL_UNPARSED, .text = its_text, .word_len = sizeof(word) - 1, \
		.len = sizeof(word) - 1 + 1 + BLANKS                                     \
	}

static const struct log_word english[WORDS] = {
	[LOG] = ENGLISH_SEVERITY("LOG", LEVEL_LOG),
	[LOCATION] = ENGLISH_SECTION("LOCATION", ENTRY_FUNC_NAME),
	[DETAIL] = ENGLISH_SECTION("DETAIL", ENTRY_DETAIL),
	[DEBUG] = ENGLISH_SEVERITY("DEBUG", LEVEL_DEBUG),
	[STATEMENT] = ENGLISH_SECTION("STATEMENT", ENTRY_STATEMENT),
	[ERROR] = ENGLISH_SEVERITY("ERROR", LEVEL_ERROR),
	[CONTEXT] = ENGLISH_SECTION("CONTEXT", ENTRY_CONTEXT),
	[HINT] = ENGLISH_SECTION("HINT", ENTRY_HINT),
	[FATAL] = ENGLISH_SEVERITY("FATAL", LEVEL_FATAL),
	[WARNING] = ENGLISH_SEVERITY("WARNING", LEVEL_WARNING),
	[NOTICE] = ENGLISH_SEVERITY("NOTICE", LEVEL_NOTICE),
	[INFO] = ENGLISH_SEVERITY("INFO", LEVEL_INFO),
	[QUERY] = ENGLISH_SECTION("QUERY", ENTRY_INTERNAL_QUERY),
	[BACKTRACE] = ENGLISH_SECTION("BACKTRACE", ENTRY_BACKTRACE),
	[PANIC] = ENGLISH_SEVERITY("PANIC", LEVEL_PANIC),
};

/* Both bytes are of the word with its colon. */
#define FORM(first, fourth, name)                        \
	[LOG_WORD_PLACE(first, fourth)] = { #name ":  ", \
		(UINT32_C(1) << (sizeof(#name ":  ") - 1)) - 1, &english[name] }

const struct log_word_form log_word_forms[LOG_WORD_FORMS] = {
	FORM('L', ':', LOG),
	FORM('L', 'A', LOCATION),
	FORM('D', 'A', DETAIL),
	FORM('D', 'U', DEBUG),
	FORM('S', 'T', STATEMENT),
	FORM('E', 'O', ERROR),
	FORM('C', 'T', CONTEXT),
	FORM('H', 'T', HINT),
	FORM('F', 'A', FATAL),
	FORM('W', 'N', WARNING),
	FORM('N', 'I', NOTICE),
	FORM('I', 'O', INFO),
	FORM('Q', 'R', QUERY),
	FORM('B', 'K', BACKTRACE),
	FORM('P', 'I', PANIC),
};

/* With its colon and blanks, or without. These comparisons have constant lengths: each is one or two
 * instructions. */
#define IS(word) (whole ? BEGINS(#word ":  ") : BEGINS(#word))

static inline __attribute__((always_inline)) int find_english(
	const char *s, size_t len, bool whole)
{
	switch (len > 0 ? s[0] : '\0') {
	case 'L':
		return IS(LOG) ? LOG : IS(LOCATION) ? LOCATION : WORDS;
	case 'D':
		return IS(DETAIL) ? DETAIL : IS(DEBUG) ? DEBUG : WORDS;
	case 'S':
		return IS(STATEMENT) ? STATEMENT : WORDS;
	case 'E':
		return IS(ERROR) ? ERROR : WORDS;
	case 'C':
		return IS(CONTEXT) ? CONTEXT : WORDS;
	case 'H':
		return IS(HINT) ? HINT : WORDS;
	case 'F':
		return IS(FATAL) ? FATAL : WORDS;
	case 'W':
		return IS(WARNING) ? WARNING : WORDS;
	case 'N':
		return IS(NOTICE) ? NOTICE : WORDS;
	case 'I':
		return IS(INFO) ? INFO : WORDS;
	case 'Q':
		return IS(QUERY) ? QUERY : WORDS;
	case 'B':
		return IS(BACKTRACE) ? BACKTRACE : WORDS;
	case 'P':
		return IS(PANIC) ? PANIC : WORDS;
	default:
		return WORDS;
	}
}

/* A plain blank, or a no-break one as French has it, in UTF-8 or LATIN1. */
static size_t blank_before_colon(const char *s, size_t len)
{
	if (BEGINS(" ") || BEGINS("\xa0"))
		return 1;
	if (BEGINS("\xc2\xa0"))
		return 2;
	return BEGINS("\xe2\x80\xaf") ? 3 : 0;
}

/*
 * ":" and its blanks at s: at least min of them, except at the end of the line, at most max.
 * 0 when they are not there.
 */
static inline size_t colon_len(const char *s, size_t len, size_t min, size_t max)
{
	size_t blanks = 0;

	if (len == 0 || s[0] != ':')
		return 0;
	while (blanks < max && 1 + blanks < len && s[1 + blanks] == ' ')
		blanks++;
	return blanks >= min || 1 + blanks == len ? 1 + blanks : 0;
}

static void give(struct log_word *ret, const struct log_word_row *row, size_t len)
{
	bool section = row->what & LOG_WORD_SECTION;

	*ret = (struct log_word){
		.is_severity = !section,
		.level = section ? LEVEL_UNPARSED : (enum level)row->what,
		.text = section ? (enum entry_text)(row->what & ~LOG_WORD_SECTION)
				: ENTRY_MESSAGE,
		.translated = true,
		.word_len = row->len,
		.len = len,
	};
}

static bool find_translated(const char *s, size_t len, struct log_word *ret)
{
	size_t first = (unsigned char)s[0];

	for (size_t i = log_word_starts[first]; i < log_word_starts[first + 1]; i++) {
		const struct log_word_row *row = &log_word_rows[i];
		size_t at = row->len, colon;
		size_t min = row->blanks < BLANKS ? row->blanks : BLANKS;
		size_t max = row->blanks > BLANKS ? row->blanks : BLANKS;

		if (len <= at || memcmp(s, row->word, at) != 0)
			continue;
		if (row->before)
			at += blank_before_colon(s + at, len - at);
		colon = colon_len(s + at, len - at, min, max);
		if (colon > 0) {
			give(ret, row, at + colon);
			return true;
		}
	}
	return false;
}

/* At the very end of a line blanks may be missing. */
static bool find_other(const char *s, size_t len, struct log_word *ret)
{
	int word = find_english(s, len, false);

	if (word != WORDS) {
		size_t at = english[word].word_len;
		size_t colon = colon_len(s + at, len - at, BLANKS, BLANKS);

		if (colon > 0) {
			*ret = english[word];
			ret->len = at + colon;
			return true;
		}
	}
	return len > 0 && find_translated(s, len, ret);
}

bool log_word_find(const char *s, size_t len, struct log_word *ret)
{
	int word = find_english(s, len, true);

	if (word == WORDS)
		return find_other(s, len, ret);
	*ret = english[word];
	return true;
}

enum level log_word_level(const char *s, size_t len, bool *ret_translated)
{
	size_t first = len > 0 ? (unsigned char)s[0] : 0;
	int word = find_english(s, len, false);

	*ret_translated = false;
	if (word != WORDS && english[word].word_len == len && english[word].is_severity)
		return english[word].level;
	for (size_t i = log_word_starts[first]; i < log_word_starts[first + 1]; i++) {
		const struct log_word_row *row = &log_word_rows[i];

		if (row->len == len && !(row->what & LOG_WORD_SECTION) &&
			memcmp(s, row->word, len) == 0) {
			*ret_translated = true;
			return (enum level)row->what;
		}
	}
	return LEVEL_UNPARSED;
}
