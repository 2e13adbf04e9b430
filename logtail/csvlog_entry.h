/*
 * How the texts of csvlog's columns become an entry: inline, for csvlog.c.
 *
 *	csvlog_entry_clear(&entry);
 *	csvlog_entry_put(&entry, column, s, len); ... or csvlog_columns_read()
 *	if (csvlog_entry_make(&entry)) ...
 *
 * Texts and the bits of `known` are kept in the entry as they come; len and cut_bytes are the caller's.
 */
#ifndef LOGTAIL_CSVLOG_ENTRY_H
#define LOGTAIL_CSVLOG_ENTRY_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "byte_find.h"
#include "csvlog_column.h"
#include "entry.h"
#include "record.h"

static inline void csvlog_entry_clear(struct entry *entry)
{
	static const struct slice none;

	entry->level_text = entry->time = none;
#pragma GCC unroll 32
	for (size_t i = 0; i < ENTRY_TEXTS; i++)
		entry->text[i] = none;
	entry->known = 0;
	entry->len = 0;
	entry->cut_bytes = 0;
	entry->continued = entry->suspect = false;
}

static inline void csvlog_entry_copy(struct entry *ret, const struct entry *from)
{
	ret->level_text = from->level_text;
	ret->time = from->time;
#pragma GCC unroll 32
	for (size_t i = 0; i < ENTRY_TEXTS; i++)
		ret->text[i] = from->text[i];
	ret->known = from->known;
	ret->len = from->len;
	ret->cut_bytes = from->cut_bytes;
	ret->continued = ret->suspect = false;
}

static inline void csvlog_entry_put(
	struct entry *entry, unsigned column, const char *s, size_t len)
{
	*csvlog_column_place(entry, column) = (struct slice){ s, len };
	if (len > 0)
		entry->known |= csvlog_columns[column].known;
}

static inline void csvlog_put_text(
	struct entry *entry, enum entry_text text, const char *s, size_t len)
{
	entry->text[text] = (struct slice){ s, len };
	entry->known &= ~(UINT32_C(1) << text);
	entry->known |= (uint32_t)(len > 0) << text;
}

/* How many digits the text ends with. Behind it CHARS16 bytes must be there. */
static inline size_t csvlog_digits_at_end(struct slice text)
{
	size_t from = text.len > CHARS16 ? text.len - CHARS16 : 0,
	       window = text.len - from;
	uint32_t others = chars16_bits(byte_mark_no_digit(chars16_load(text.s + from))) &
			  ((UINT32_C(1) << window) - 1);
	size_t n = 0;

	if (others)
		return window - 32 + (size_t)__builtin_clz(others);
	while (n < text.len && text.s[text.len - 1 - n] >= '0' &&
		text.s[text.len - 1 - n] <= '9')
		n++;
	return n;
}

/* "host:port", where a port is known: "::1:5432", "[local]". */
static inline void csvlog_split_connection(struct entry *entry)
{
	struct slice *host = &entry->text[ENTRY_REMOTE_HOST];
	size_t digits = host->len > 0 ? csvlog_digits_at_end(*host) : 0, colon;

	if (digits == 0 || digits == host->len)
		return;
	colon = host->len - digits - 1;
	if (host->s[colon] != ':')
		return;
	csvlog_put_text(entry, ENTRY_REMOTE_PORT, host->s + colon + 1, digits);
	csvlog_put_text(entry, ENTRY_REMOTE_HOST, host->s, colon);
}

/* "function, file:line" or "file:line". */
static inline void csvlog_split_location(struct entry *entry)
{
	struct slice location = entry->text[ENTRY_FUNC_NAME];
	const char *colon = memrchr(location.s, ':', location.len);
	size_t file_end = colon ? (size_t)(colon - location.s) : 0, file_at = 0;

	if (!colon || file_end + 1 == location.len)
		return;
	for (size_t i = file_end + 1; i < location.len; i++)
		if (location.s[i] < '0' || location.s[i] > '9')
			return;
	for (size_t i = file_end; i >= 2 && file_at == 0; i--)
		if (memcmp(location.s + i - 2, ", ", 2) == 0)
			file_at = i;
	if (file_at > 0)
		csvlog_put_text(entry, ENTRY_FUNC_NAME, location.s, file_at - 2);
	else
		csvlog_put_text(entry, ENTRY_FUNC_NAME, NULL, 0);
	csvlog_put_text(entry, ENTRY_FILE_NAME, location.s + file_at, file_end - file_at);
	csvlog_put_text(
		entry, ENTRY_FILE_LINE_NUM, colon + 1, location.len - file_end - 1);
}

/* The server's "0" of an id says that there is none. */
static inline void csvlog_drop_zero(struct entry *entry, enum entry_text text)
{
	if (entry->text[text].len == 1 && entry->text[text].s[0] == '0')
		csvlog_put_text(entry, text, NULL, 0);
}

/* Up to eight digits are one number of eight: those behind it become zeros before it. */
static inline int64_t csvlog_short_number(struct slice digits)
{
	uint64_t n;

	memcpy(&n, digits.s, sizeof(n));
	n = (le64toh(n) - UINT64_C(0x3030303030303030)) << (64 - 8 * digits.len);
	n = n * 10 + (n >> 8); /* pairs, in every other byte */
	n = (n & 0x000000ff000000ff) * (100 + (UINT64_C(1000000) << 32)) +
	    (n >> 16 & 0x000000ff000000ff) * (1 + (UINT64_C(10000) << 32));
	return (int64_t)(n >> 32);
}

/*
 * What was put becomes an entry. The columns up to the host's are followed by CHARS16 bytes that are
 * there to read. False, and it is none: time, pid or severity are not there.
 */
static inline bool csvlog_entry_make(struct entry *entry)
{
	struct slice pid = entry->text[CSVLOG_PID_PLACE];

	if (!entry->time.s || !entry->level_text.s || pid.len == 0)
		return false;
	if (pid.len <= 8)
		entry->pid = csvlog_short_number(pid);
	else if (!record_read_pid(pid, &entry->pid))
		return false;
	entry->text[CSVLOG_PID_PLACE] = (struct slice){ 0 };
	record_set_level(entry, entry->level_text);
	csvlog_drop_zero(entry, ENTRY_TXID);
	csvlog_drop_zero(entry, ENTRY_QUERY_ID);
	csvlog_split_connection(entry);
	if (entry->text[ENTRY_FUNC_NAME].s)
		csvlog_split_location(entry);
	entry->known |= UINT32_C(1) << ENTRY_MESSAGE;
	return true;
}

#endif
