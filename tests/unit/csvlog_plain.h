/*
 * What csvlog.h promises, byte by byte, for the tests to compare with.
 */
#ifndef TESTS_CSVLOG_PLAIN_H
#define TESTS_CSVLOG_PLAIN_H

#include "logtail/csvlog_column.h"

/* csvlog_starts() */
static inline bool plain_starts(const char *line, size_t len)
{
	size_t at = 0, from;

	for (unsigned i = 0; i < CSVLOG_HEAD_COLUMNS; i++, at++) {
		enum csvlog_form form = csvlog_columns[i].form;

		if (at < len && line[at] == '"') {
			for (at++; at < len; at += 2)
				if (line[at] != '"')
					at--;
				else if (at + 1 == len || line[at + 1] != '"')
					break;
			if (!csvlog_form_is_text(form) || at >= len)
				return csvlog_form_is_text(form);
			at++;
		} else {
			for (from = at; at < len && line[at] != ','; at++)
				;
			if (at == from ? i == 0
				       : !csvlog_form_is(form, line + from, at - from))
				return false;
		}
		if (at >= len || line[at] != ',')
			return false;
	}
	return true;
}

/* Does the entry tell of its texts what entry.h promises? */
static inline bool plain_known(const struct entry *entry)
{
	uint32_t known = UINT32_C(1) << ENTRY_MESSAGE;
	size_t len = 0;

	for (unsigned i = 0; i < ENTRY_TEXTS; i++) {
		known |= (uint32_t)(entry->text[i].len > 0) << i;
		len += entry->text[i].len;
	}
	return entry->known == known && entry->len >= len;
}

#endif
