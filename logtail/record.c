#include "record.h"

#include <stdlib.h>

#include "log_word.h"

#define LONGS_BYTES (ENTRY_KEEP_BYTES - RECORD_SHORTS * RECORD_SHORT_BYTES)

_Static_assert(RECORD_LONGS *RECORD_LONG_BYTES <= LONGS_BYTES, "every text finds room");
_Static_assert(RECORD_EASY_BYTES + RECORD_LONGS * RECORD_LONG_BYTES <= LONGS_BYTES,
	"no limit near");

bool record_init(struct record *record)
{
	*record = (struct record){ 0 };
	record->kept = malloc(ENTRY_KEEP_BYTES + RECORD_SLACK);
	record->raw = malloc(RECORD_RAW_BYTES);
	if (record->kept && record->raw)
		return true;
	record_release(record);
	return false;
}

void record_release(struct record *record)
{
	free(record->kept);
	free(record->raw);
	record->kept = record->raw = NULL;
}

void record_clear(struct record *record)
{
	record->len = record->start = record->limit = 0;
	record->is_long = false;
	record->longs = 0;
	record->long_bytes = 0;
	record->cut_bytes = 0;
	record->raw_len = 0;
	record->raw_cut_bytes = 0;
}

void record_text_begin_long(struct record *record)
{
	record->longs++;
	record->limit = record->len + LONGS_BYTES - record->long_bytes -
			(RECORD_LONGS - record->longs) * RECORD_LONG_BYTES;
}

void record_text_add_cut(struct record *record, const char *s, size_t len)
{
	size_t room = record->limit - record->len;

	memcpy(record->kept + record->len, s, room);
	record->len = record->limit;
	record->cut_bytes += len - room;
}

void record_raw_add_cut(struct record *record, const char *s, size_t len)
{
	size_t room = RECORD_RAW_BYTES - record->raw_len;

	memcpy(record->raw + record->raw_len, s, room);
	record->raw_len += room;
	record->raw_cut_bytes += len - room;
}

struct slice record_raw(const struct record *record, uint64_t *ret_cut_bytes)
{
	*ret_cut_bytes = record->raw_cut_bytes;
	return (struct slice){ record->raw, record->raw_len };
}

void record_drop_zero(struct slice *text)
{
	if (text->len == 1 && text->s[0] == '0')
		*text = (struct slice){ 0 };
}

void record_set_level(struct entry *entry, struct slice word)
{
	bool translated;

	entry->level_text = (struct slice){ 0 };
	if (word.len == 3 && memcmp(word.s, "LOG", 3) == 0) { /* most are */
		entry->level = LEVEL_LOG;
		return;
	}
	entry->level = log_word_level(word.s, word.len, &translated);
	if (translated || entry->level == LEVEL_UNPARSED)
		entry->level_text = word;
}

bool record_read_pid(struct slice text, int64_t *ret_pid)
{
	uint64_t pid = 0;

	if (text.len == 0 || text.len > 18)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.s[i] < '0' || text.s[i] > '9')
			return false;
		pid = pid * 10 + (uint64_t)(text.s[i] - '0');
	}
	*ret_pid = (int64_t)pid;
	return true;
}
