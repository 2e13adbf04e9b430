/*
 * The translated words, sorted by their bytes. Only for log_word.c and its test.
 */
#ifndef LOGTAIL_LOG_WORD_TABLE_H
#define LOGTAIL_LOG_WORD_TABLE_H

#include <stdint.h>

#include "entry.h"

/* What a word stands for, in a byte. */
#define LOG_WORD_SECTION 0x80
#define SEVERITY(level) (level)
#define SECTION(text) (LOG_WORD_SECTION | (text))

struct log_word_row {
	const char *word;
	uint8_t len;
	uint8_t what;   /* SEVERITY() or SECTION() */
	uint8_t before; /* 1: a blank stands before the colon */
	uint8_t blanks; /* after the colon */
};

extern const struct log_word_row log_word_rows[];

/* The rows that begin with byte b: log_word_starts[b] up to log_word_starts[b + 1], excluded. */
extern const uint16_t log_word_starts[257];

#endif
