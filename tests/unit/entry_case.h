/*
 * Entries for tests, and what entry_write() makes of them.
 */
#ifndef TESTS_UNIT_ENTRY_CASE_H
#define TESTS_UNIT_ENTRY_CASE_H

#include "unit.h"

#include "json_check.h"
#include "logtail/entry_json.h"

static inline struct slice text_of(const char *s)
{
	return (struct slice){ s, s ? strlen(s) : 0 };
}

/* The entry as a copy whose texts are exactly as long as they are, for the sanitizer. */
static inline void entry_exact(struct entry *entry)
{
	for (size_t i = 0; i < ENTRY_TEXTS; i++) {
		struct slice *text = &entry->text[i];
		char *exact;

		if (!text->s)
			continue;
		exact = malloc(text->len + 1);
		if (text->len > 0)
			memcpy(exact + 1, text->s, text->len);
		text->s = exact + 1;
	}
}

static inline void entry_exact_free(struct entry *entry)
{
	for (size_t i = 0; i < ENTRY_TEXTS; i++)
		if (entry->text[i].s)
			free((char *)entry->text[i].s - 1);
}

/* NUL-terminated, to be freed; *ret_facts may be NULL. */
static inline char *entry_json(
	enum redact_mode mode, const struct entry *given, struct entry_facts *ret_facts)
{
	struct event_table *events = event_table_new();
	struct entry entry = *given;
	struct entry_writer writer;
	struct entry_facts facts;
	struct log_clock clock;
	struct err err;
	struct buf out;

	assert_non_null(events);
	assert_int_equal(log_clock_init(&clock, "UTC", &err), 0);
	entry_exact(&entry);
	entry_writer_init(&writer, mode, &clock, events);
	buf_init(&out, 4 << 20);
	entry_write(&writer, &entry, &out, ret_facts ? ret_facts : &facts);
	assert_false(out.failed);
	assert_null(json_check_object(out.data, out.len, NULL));
	entry_writer_release(&writer);
	entry_exact_free(&entry);
	event_table_free(events);
	return buf_take(&out);
}

#endif
