/*
 * The words a server message begins with: severities and sections, in English and as the server's
 * catalogues translate them (elog.c's error_severity() and the section labels in
 * send_message_to_server_log(); translations: the catalogues of PostgreSQL 13, 15 and 17).
 */
#ifndef LOGTAIL_LOG_WORD_H
#define LOGTAIL_LOG_WORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chars16.h"
#include "entry.h"

struct log_word {
	bool is_severity;
	enum level level;     /* of a severity */
	enum entry_text text; /* of a section; ENTRY_FUNC_NAME stands for LOCATION */
	bool translated;
	size_t word_len; /* the word alone, without ":" */
	size_t len;      /* with ":" and the blanks after it */
};

/* The word at s, which must be followed by ":" and two blanks, or by what the language has instead
 * ("ASTUCE :  " in French, with a blank of any kind). At the very end of a line blanks may be missing. */
bool log_word_find(const char *s, size_t len, struct log_word *ret);

/* An English word by two of its bytes: no two have the same place. */
#define LOG_WORD_FORMS 32
#define LOG_WORD_PLACE(first, fourth) \
	(((unsigned char)(first) >> 1 ^ (unsigned char)(fourth)) & (LOG_WORD_FORMS - 1))
struct log_word_form {
	char text[CHARS16]; /* with ":" and blanks, */
	uint32_t bits;      /* one for each byte of that */
	const struct log_word *word;
};
extern const struct log_word_form log_word_forms[LOG_WORD_FORMS];

/* The usual word at s, in English and with both blanks; NULL: log_word_find() has to look. CHARS16
 * bytes can be read. Without a branch that depends on the word. */
static inline const struct log_word *log_word_usual(const char *s)
{
	const struct log_word_form *form = &log_word_forms[LOG_WORD_PLACE(s[0], s[3])];
	chars16 same = chars16_load(s) == chars16_load(form->text);

	return (chars16_bits(same) & form->bits) == form->bits ? form->word : NULL;
}

/* False: no word begins with this byte. For most names that is answer enough. */
static inline bool log_word_may_begin(char c)
{
	return c < 'a' || c > 'z';
}

/* A severity that stands alone, as in csvlog and jsonlog. LEVEL_UNPARSED for an unknown one;
 * *ret_translated is whether it was not the English word. */
enum level log_word_level(const char *s, size_t len, bool *ret_translated);

#endif
