#include "event.h"

#include <string.h>

#include "chars16.h"
#include "event_index.h"

static const struct event_key duration_key = { ",\"duration_ms\":",
	sizeof(",\"duration_ms\":") - 1 };

/* Where head stands in the text, of which perhaps only a line counts. */
static inline bool match_head(
	const struct event_head *head, struct slice text, struct event *event)
{
	if (text.len < head->len)
		return false;
	if (!head->rest)
		return event_head_match(head, text, event);
	event_add_step(event, head->rest, text.s + head->len, text.len - head->len);
	return true;
}

static bool match_any(
	const struct event_patterns *patterns, struct slice text, struct event *event)
{
	const struct event_head *head = patterns->heads,
				*end = head + patterns->head_count;
	const chars16 first = event_first_bytes(text);

	for (; head < end; head++)
		if (event_begins(first, head) && event_head_stands(head, text) &&
			match_head(head, text, event))
			return true;
	return false;
}

/* What of a text belongs to its first line. */
static size_t line_length(struct slice text)
{
	const char *end = memchr(text.s, '\n', text.len);

	return end ? (size_t)(end - text.s) : text.len;
}

static void match_lines(const struct known *known, struct slice text, struct event *event)
{
	for (size_t len = line_length(text); len < text.len;) {
		text = (struct slice){ text.s + len + 1, text.len - len - 1 };
		len = line_length(text);
		match_any(&known->lines, (struct slice){ text.s, len }, event);
	}
}

/* stderr's messages of errors end in " at character 8"; csvlog and jsonlog have it
 * apart. */
static struct slice without_position(struct slice message)
{
	static const char words[] = " at character ";
	size_t len = message.len, words_len = sizeof(words) - 1;

	while (len > 0 && message.s[len - 1] >= '0' && message.s[len - 1] <= '9')
		len--;
	if (len < message.len && len > words_len &&
		memcmp(message.s + len - words_len, words, words_len) == 0)
		message.len = len - words_len;
	return message;
}

/* Of a text that begins so. Apart, so that look_up() needs few registers. */
static __attribute__((noinline)) bool match_opening(
	const struct opening *opening, struct slice text, struct event *event)
{
	if (opening->known->lines.count > 0)
		text.len = line_length(text);
	return match_head(&opening->head, text, event);
}

/* What text, a message or what follows its duration, begins with where it is of a class. */
static inline const struct opening *look_up(const struct event_table *table,
	struct slice text, unsigned level, struct event *event)
{
	const struct opening *opening, *end;
	chars16 first;
	size_t slot;

	if (text.len <= EVENT_SLOT_BYTES)
		return NULL;
	slot = event_slot(text.s);
	opening = table->slots[slot];
	end = table->slots[slot + 1];
	first = event_first_bytes(text);
	for (; opening < end; opening++)
		if (event_begins(first, &opening->head) && (level & opening->levels) &&
			event_head_stands(&opening->head, text) &&
			(opening->whole || match_opening(opening, text, event)))
			return opening;
	return NULL;
}

/*
 * "duration: 1.234 ms  " before the SQL of log_min_duration_statement and auto_explain's plans: read by
 * hand, for it is what most lines of most logs begin with. The number has at most 16 characters.
 * Returns its length, or 0; *ret_ms is the number.
 */
static inline size_t read_duration(struct slice text, struct slice *ret_ms)
{
	static const char before[] = "duration: ", after[] = " ms  ";
	const size_t at = sizeof(before) - 1;
	size_t left, len;
	uint32_t others, low; /* bits of bytes that are no digits; of the first of them */
	chars16 bytes;

	if (text.len <= at || memcmp(text.s, before, at) != 0)
		return 0;
	left = text.len - at;
	bytes = left < CHARS16 ? chars16_load_part(text.s + at, left)
			       : chars16_load(text.s + at);
	others = chars16_bits((bytes < '0') | (bytes > '9')) | UINT32_C(1) << CHARS16;
	low = others & -others;
	if (low == 1)
		return 0;
	if (chars16_bits(bytes == '.') & low) {
		others ^= low;
		if (others & low << 1)
			return 0;
	}
	len = (size_t)__builtin_ctz(others);
	if (left <= len + sizeof(after) - 1 ||
		memcmp(text.s + at + len, after, sizeof(after) - 1) != 0)
		return 0;
	*ret_ms = (struct slice){ text.s + at, len };
	return at + len + sizeof(after) - 1;
}

static bool is_portal(struct slice text)
{
	static const char unnamed[] = "unnamed portal", named[] = "portal \"";

	if (text.len == sizeof(unnamed) - 1)
		return memcmp(text.s, unnamed, sizeof(unnamed) - 1) == 0;
	return text.len > sizeof(named) - 1 &&
	       memcmp(text.s, named, sizeof(named) - 1) == 0;
}

/*
 * "portal "x" with parameters: …" as a line of its own. The parameters reach to the end:
 * values may have newlines, and the portal is what all the rest runs in.
 */
static void find_portal(struct slice context, struct event *event)
{
	static const char words[] = " with parameters: ";
	const char *at = context.s, *end = context.s + context.len, *line = context.s;

	for (;;) {
		const char *found =
			memmem(at, (size_t)(end - at), words, sizeof(words) - 1);
		const char *newline;

		if (!found)
			return;
		newline = memrchr(at, '\n', (size_t)(found - at));
		line = newline ? newline + 1 : line;
		at = found + sizeof(words) - 1;
		if (is_portal((struct slice){ line, (size_t)(found - line) })) {
			event_add(event, "parameters", EVENT_PARAMETERS, at,
				(size_t)(end - at));
			return;
		}
	}
}

/* The first of the message's values that must be looked at before it leaves the
 * machine. */
static void find_sql(struct slice message, struct event *event)
{
	for (size_t i = 0; i < event->count; i++) {
		const struct event_value *value = &event->values[i];
		uintptr_t at = (uintptr_t)value->text.s - (uintptr_t)message.s;

		if (!event_is_sql(value->kind) || at >= message.len)
			continue; /* also what stands in DETAIL */
		if (at < event->sql_at)
			event->sql_at = at;
		if (value->kind == EVENT_OPAQUE)
			event->opaque = true;
	}
}

/* The one value of a text that begins as head does; the text begins at `at` in the message. No other
 * value has its name. */
static inline void add_whole(
	const struct event_head *head, struct slice text, size_t at, struct event *event)
{
	const struct step *step = head->rest;

	if (text.len == head->len)
		return;
	event->names |= step->bit;
	event->values[event->count++] = (struct event_value){ step->name, step->kind,
		{ text.s + head->len, text.len - head->len }, &step->key };
	if (event_is_sql(step->kind))
		event->sql_at = at + head->len;
}

/* What is behind the pattern of the message, and where SQL begins. */
static void complete(
	const struct known *known, const struct entry *entry, struct event *event)
{
	if (known->lines.count > 0)
		match_lines(known, entry->text[ENTRY_MESSAGE], event);
	if (known->as->more)
		known->as->more(entry, event);
	if (known->sql)
		find_sql(entry->text[ENTRY_MESSAGE], event);
}

/* *ret_ms: the duration, which is the event's last value; empty, where there is none. */
static const struct known *find_class(const struct event_table *table,
	const struct entry *entry, struct event *event, struct slice *ret_ms)
{
	struct slice text = entry->text[ENTRY_MESSAGE];
	unsigned level = 1u << entry->level;
	const struct opening *opening;
	size_t duration = 0;

	if (entry->level >= LEVEL_ERROR) {
		text = without_position(text);
	} else if ((duration = read_duration(text, ret_ms)) > 0) {
		event->names = table->duration_bit;
		text = (struct slice){ text.s + duration, text.len - duration };
		level = TIMED(level);
	}
	opening = look_up(table, text, level, event);
	if (!opening) {
		ret_ms->len = 0;
		return NULL;
	}
	event->name = opening->known->name;
	event->key = &opening->known->key;
	if (opening->whole)
		add_whole(&opening->head, text, duration, event);
	else
		complete(opening->known, entry, event);
	return opening->known;
}

static void match_detail(const struct event_table *table, const struct known *known,
	struct slice detail, struct event *event)
{
	if (!known || known->detail.count == 0 ||
		!match_any(&known->detail, detail, event))
		match_any(&table->any_detail, detail, event);
}

void event_find(const struct event_table *table, const struct entry *entry,
	struct event *ret_event)
{
	const struct known *known = NULL;
	struct slice ms = { 0 };

	ret_event->name = "";
	ret_event->count = 0;
	ret_event->names = 0;
	ret_event->sql_at = entry->text[ENTRY_MESSAGE].len;
	ret_event->opaque = false;
	ret_event->made_len = 0;
	if (entry->level >= LEVEL_UNPARSED)
		return;
	if (entry->text[ENTRY_MESSAGE].len > 0)
		known = find_class(table, entry, ret_event, &ms);
	if (entry->text[ENTRY_DETAIL].len > 0)
		match_detail(table, known, entry->text[ENTRY_DETAIL], ret_event);
	if (entry->text[ENTRY_CONTEXT].len > 0)
		find_portal(entry->text[ENTRY_CONTEXT], ret_event);
	if (ms.len > 0 && ret_event->count < EVENT_VALUES_MAX)
		ret_event->values[ret_event->count++] =
			(struct event_value){ EVENT_DURATION, EVENT_NUMBER, ms,
				&duration_key };
}
