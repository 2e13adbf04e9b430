#include "event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chars16.h"
#include "event_pattern.h"
#include "event_step.h"
#include "event_table.h"

static const char duration_name[] = "duration_ms";
static const struct event_key duration_key = { ",\"duration_ms\":",
	sizeof(",\"duration_ms\":") - 1 };

/* Openings are told apart by their first three bytes. None has fewer, and there is no text of fewer
 * than four that one begins. */
#define SLOT_BYTES 3
#define SLOT_BITS 10
#define SLOTS (1 << SLOT_BITS)

/* A known, its patterns compiled. */
struct known {
	const char *name;
	const struct event_class *as;
	struct event_key key;
	struct event_patterns message, lines, detail;
	bool sql; /* a value of the message may be event_is_sql() */
};

/* A text a message of a class can begin with. */
struct opening {
	struct event_head head;
	unsigned levels;
	bool whole; /* is_whole() */
	const struct known *known;
};

struct event_table {
	struct known *classes;
	size_t class_count;
	struct event_patterns any_detail;
	/* Those whose first bytes have slot n: from slots[n] up to slots[n + 1]. */
	struct opening *openings, *slots[SLOTS + 1];
	uint64_t duration_bit; /* of "duration_ms" */
};

static bool compile_class(struct known *known, const struct event_class *as)
{
	int len = snprintf(
		known->key.text, sizeof(known->key.text), ",\"event\":\"%s\"", as->name);

	known->name = as->name;
	known->as = as;
	known->key.len = (size_t)len;
	known->sql = as->more || as->lines;
	if (known->key.len >= sizeof(known->key.text) ||
		!event_patterns_init(&known->message, as->message) ||
		!event_patterns_init(&known->lines, as->lines) ||
		!event_patterns_init(&known->detail, as->detail))
		return false;
	for (size_t i = 0; i < known->message.count; i++)
		known->sql |= known->message.list[i]->sql;
	return true;
}

static bool compile_classes(struct event_table *table)
{
	const struct event_class *as;

	table->class_count = event_class_count + event_error_class_count;
	table->classes = calloc(table->class_count, sizeof(table->classes[0]));
	if (!table->classes)
		return false;
	for (size_t i = 0; i < table->class_count; i++) {
		as = i < event_class_count ? &event_classes[i]
					   : &event_error_classes[i - event_class_count];
		if (!compile_class(&table->classes[i], as))
			return false;
	}
	return event_patterns_init(&table->any_detail, event_any_detail);
}

/* Is what head leaves of a message one value, and nothing to be done but to take it? */
static bool is_whole(const struct known *known, const struct event_head *head)
{
	const struct step *rest = head->rest;

	return rest && rest->bit != 0 && rest->kind != EVENT_OPAQUE &&
	       strcmp(rest->name, duration_name) != 0 && !known->as->lines &&
	       !known->as->more;
}

static struct opening make_opening(
	const struct known *known, const struct event_head *head)
{
	return (struct opening){
		.head = *head,
		.levels = known->as->levels,
		.whole = is_whole(known, head),
		.known = known,
	};
}

/* Of a text of four bytes or more. */
static inline size_t slot_of(const char *s)
{
	const uint32_t bytes = le32toh(event_load4(s)) << (32 - 8 * SLOT_BYTES);

	return bytes * UINT32_C(0x9e3779b1) >> (32 - SLOT_BITS);
}

/* Counts each slot's openings; or, with room for them, puts each where its slot ends, which then is
 * one further. False: one is too short. */
static bool each_opening(struct event_table *table, size_t counts[SLOTS])
{
	for (size_t c = 0; c < table->class_count; c++) {
		const struct known *known = &table->classes[c];

		for (size_t h = 0; h < known->message.head_count; h++) {
			const struct event_head *head = &known->message.heads[h];
			size_t slot;

			if (head->len < SLOT_BYTES)
				return false;
			slot = slot_of(head->text); /* there is a NUL or "|" behind it */
			if (counts)
				counts[slot]++;
			else
				*table->slots[slot + 1]++ = make_opening(known, head);
		}
	}
	return true;
}

static bool index_openings(struct event_table *table)
{
	size_t counts[SLOTS] = { 0 }, count = 0;

	if (!each_opening(table, counts))
		return false;
	for (size_t n = 0; n < SLOTS; n++)
		count += counts[n];
	table->openings = calloc(count + 1, sizeof(table->openings[0]));
	if (!table->openings)
		return false;
	/* slots[n + 1] goes from where slot n begins to where it ends. */
	table->slots[0] = table->slots[1] = table->openings;
	for (size_t n = 1; n < SLOTS; n++)
		table->slots[n + 1] = table->slots[n] + counts[n - 1];
	return each_opening(table, NULL);
}

struct event_table *event_table_new(void)
{
	struct event_table *table = calloc(1, sizeof(*table));

	if (table)
		table->duration_bit = event_name_bit(duration_name);
	if (table && (!compile_classes(table) || !index_openings(table))) {
		event_table_free(table);
		return NULL;
	}
	return table;
}

void event_table_free(struct event_table *table)
{
	if (!table)
		return;
	for (size_t i = 0; table->classes && i < table->class_count; i++) {
		event_patterns_release(&table->classes[i].message);
		event_patterns_release(&table->classes[i].lines);
		event_patterns_release(&table->classes[i].detail);
	}
	event_patterns_release(&table->any_detail);
	free(table->classes);
	free(table->openings);
	free(table);
}

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

	if (text.len <= SLOT_BYTES)
		return NULL;
	slot = slot_of(text.s);
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

static const struct known *find_class(
	const struct event_table *table, const struct entry *entry, struct event *event)
{
	struct slice text = entry->text[ENTRY_MESSAGE], ms;
	unsigned level = 1u << entry->level;
	const struct opening *opening;
	size_t duration = 0;

	if (entry->level >= LEVEL_ERROR) {
		text = without_position(text);
	} else if ((duration = read_duration(text, &ms)) > 0) {
		event->names = table->duration_bit;
		event->count = 1;
		event->values[0] = (struct event_value){ duration_name, EVENT_NUMBER, ms,
			&duration_key };
		text = (struct slice){ text.s + duration, text.len - duration };
		level = TIMED(level);
	}
	opening = look_up(table, text, level, event);
	if (!opening) {
		event->count = 0;
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

	ret_event->name = "";
	ret_event->count = 0;
	ret_event->names = 0;
	ret_event->sql_at = entry->text[ENTRY_MESSAGE].len;
	ret_event->opaque = false;
	ret_event->made_len = 0;
	if (entry->level >= LEVEL_UNPARSED)
		return;
	if (entry->text[ENTRY_MESSAGE].len > 0)
		known = find_class(table, entry, ret_event);
	if (entry->text[ENTRY_DETAIL].len > 0)
		match_detail(table, known, entry->text[ENTRY_DETAIL], ret_event);
	if (entry->text[ENTRY_CONTEXT].len > 0)
		find_portal(entry->text[ENTRY_CONTEXT], ret_event);
}
