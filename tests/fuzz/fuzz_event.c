/* links: logtail/logtail.a */
/*
 * event_find(): values stand inside the texts, each name once, numbers are numbers. The
 * input: a byte of the level, then message, detail and context with NULs between them.
 */
#include "fuzz.h"

#include <stdbool.h>

#include "logtail/event.h"

/* A copy with nothing behind it: a byte too many would be seen. */
static struct slice take(const uint8_t **data, size_t *len)
{
	const uint8_t *end = memchr(*data, '\0', *len);
	struct slice text = { NULL, end ? (size_t)(end - *data) : *len };
	char *copy = malloc(text.len ? text.len : 1);

	memcpy(copy, *data, text.len);
	text.s = copy;
	*len -= text.len + (end ? 1 : 0);
	*data += text.len + (end ? 1 : 0);
	return text;
}

static bool is_inside(struct slice part, const char *s, size_t len)
{
	return part.s >= s && part.s + part.len <= s + len;
}

static size_t digits(struct slice text, size_t at)
{
	while (at < text.len && text.s[at] >= '0' && text.s[at] <= '9')
		at++;
	return at;
}

static bool is_kind(enum event_value_kind kind, struct slice text)
{
	size_t at = digits(text, text.s[0] == '-' ? 1 : 0);

	if (kind == EVENT_INT || kind == EVENT_NUMBER) {
		if (kind == EVENT_NUMBER && at > 0 && at + 1 < text.len &&
			text.s[at] == '.')
			at = digits(text, at + 1);
		return at == text.len && text.s[at - 1] != '-';
	}
	while (kind == EVENT_INT_LIST && at > 0 && at + 2 < text.len &&
		memcmp(text.s + at, ", ", 2) == 0 && digits(text, at + 2) > at + 2)
		at = digits(text, at + 2);
	return kind != EVENT_INT_LIST || at == text.len;
}

static void check(const struct entry *entry, const struct event *event)
{
	must(event->count <= EVENT_VALUES_MAX);
	must(event->made_len <= EVENT_MADE_BYTES);
	must(event->sql_at <= entry->text[ENTRY_MESSAGE].len);
	for (size_t i = 0; i < event->count; i++) {
		const struct event_value *value = &event->values[i];
		bool inside = is_inside(value->text, event->made, event->made_len);

		for (size_t t = 0; t < ENTRY_TEXTS; t++)
			inside =
				inside || (entry->text[t].s &&
						  is_inside(value->text, entry->text[t].s,
							  entry->text[t].len));
		must(inside);
		must(value->text.len > 0);
		must(is_kind(value->kind, value->text));
		for (size_t other = 0; other < i; other++)
			must(strcmp(value->name, event->values[other].name) != 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct event_table *table;
	struct entry entry = { .level =
				       len ? (enum level)(data[0] % LEVELS) : LEVEL_LOG };
	struct event event;

	if (!table)
		table = event_table_new();
	must(table);
	if (len > 0) {
		data++;
		len--;
	}
	entry.text[ENTRY_MESSAGE] = take(&data, &len);
	entry.text[ENTRY_DETAIL] = take(&data, &len);
	entry.text[ENTRY_CONTEXT] = take(&data, &len);
	event_find(table, &entry, &event);
	check(&entry, &event);
	free((char *)entry.text[ENTRY_MESSAGE].s);
	free((char *)entry.text[ENTRY_DETAIL].s);
	free((char *)entry.text[ENTRY_CONTEXT].s);
	return 0;
}
