#include "event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chars16.h"
#include "event_pattern.h"
#include "event_step.h"
#include "event_table.h"

#define HEAD_WORDS 2

/* The table's patterns, in the order of their known, each list as long as the table
 * has it. */
struct patterns {
	struct event_pattern **list;
	size_t count;
};

/* A known, its patterns compiled. */
struct known {
	const struct event_class *as;
	struct event_key key;
	struct patterns message, lines, detail;
};

/* A text's first bytes, as they lie in memory, and zeros where it is shorter. */
struct first {
	uint64_t words[HEAD_WORDS];
};

/* A text a message can begin with, and which of its first bytes count. */
struct head {
	struct first bytes, mask;
	unsigned levels;
	const struct known *known;
	const struct event_pattern *pattern;
	bool whole; /* after it the pattern has but one value, up to the end */
	size_t len;
};

struct event_table {
	struct known *classes;
	size_t class_count;
	struct patterns any_detail;
	/* Those that begin with byte b: from first[b] up to first[b + 1]. */
	struct head *heads;
	size_t first[257];
};

static bool compile(struct patterns *patterns, const char *const *texts)
{
	size_t count = 0;

	while (texts && texts[count])
		count++;
	if (count == 0)
		return true;
	patterns->list = calloc(count, sizeof(patterns->list[0]));
	if (!patterns->list)
		return false;
	for (; patterns->count < count; patterns->count++) {
		patterns->list[patterns->count] =
			event_pattern_new(texts[patterns->count]);
		if (!patterns->list[patterns->count])
			return false;
	}
	return true;
}

static void release(struct patterns *patterns)
{
	for (size_t i = 0; i < patterns->count; i++)
		event_pattern_free(patterns->list[i]);
	free(patterns->list);
}

static bool compile_class(struct known *known, const struct event_class *as)
{
	int len = snprintf(
		known->key.text, sizeof(known->key.text), ",\"event\":\"%s\"", as->name);

	known->as = as;
	known->key.len = (size_t)len;
	return known->key.len < sizeof(known->key.text) &&
	       compile(&known->message, as->message) &&
	       compile(&known->lines, as->lines) && compile(&known->detail, as->detail);
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
	return compile(&table->any_detail, event_any_detail);
}

static inline struct first first_bytes(const char *s, size_t len)
{
	struct first first = { { 0 } };

	if (len >= sizeof(first))
		memcpy(&first, s, sizeof(first));
	else
		memcpy(&first, s, len);
	return first;
}

static inline bool begins(const struct first *text, const struct head *head)
{
	uint64_t other = 0;

	for (size_t i = 0; i < HEAD_WORDS; i++)
		other |= (text->words[i] & head->mask.words[i]) ^ head->bytes.words[i];
	return other == 0;
}

static struct head head_of(
	const struct known *known, const struct event_pattern *pattern, struct slice text)
{
	char all[sizeof(struct first)];

	memset(all, 0xff, sizeof(all));
	return (struct head){
		.bytes = first_bytes(text.s, text.len),
		.mask = first_bytes(all, text.len < sizeof(all) ? text.len : sizeof(all)),
		.levels = known->as->levels,
		.known = known,
		.pattern = pattern,
		.whole = pattern->simple && text.len <= sizeof(all) &&
			 known->lines.count == 0,
		.len = text.len,
	};
}

/* Counts the heads by first byte, one place up; or, with room for them, puts each into
 * its place. */
static void each_head(struct event_table *table, struct head *heads)
{
	struct slice text;

	for (size_t c = 0; c < table->class_count; c++) {
		const struct known *known = &table->classes[c];

		for (size_t p = 0; p < known->message.count; p++) {
			const struct event_pattern *pattern = known->message.list[p];

			for (size_t n = 0; event_pattern_head(pattern, n, &text); n++) {
				size_t *slot = &table->first[(unsigned char)text.s[0]];

				if (heads)
					heads[(*slot)++] = head_of(known, pattern, text);
				else
					slot[1]++;
			}
		}
	}
}

static bool index_heads(struct event_table *table)
{
	each_head(table, NULL);
	for (size_t b = 1; b <= 256; b++)
		table->first[b] += table->first[b - 1];
	table->heads = calloc(table->first[256] + 1, sizeof(table->heads[0]));
	if (!table->heads)
		return false;
	each_head(table, table->heads);
	/* Now first[b] is where b ends, which is where b + 1 begins. */
	memmove(table->first + 1, table->first, 256 * sizeof(table->first[0]));
	table->first[0] = 0;
	return true;
}

struct event_table *event_table_new(void)
{
	struct event_table *table = calloc(1, sizeof(*table));

	if (table && (!compile_classes(table) || !index_heads(table))) {
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
		release(&table->classes[i].message);
		release(&table->classes[i].lines);
		release(&table->classes[i].detail);
	}
	release(&table->any_detail);
	free(table->classes);
	free(table->heads);
	free(table);
}

static bool match_any(
	const struct patterns *patterns, struct slice text, struct event *event)
{
	for (size_t i = 0; i < patterns->count; i++)
		if (event_pattern_match(patterns->list[i], text, event))
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
	for (size_t len = line_length(text); len < text.len; len = line_length(text)) {
		text = (struct slice){ text.s + len + 1, text.len - len - 1 };
		match_any(&known->lines, (struct slice){ text.s, line_length(text) },
			event);
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

/* Behind a head that stands in the text. The event has no value of that name. */
static inline bool add_rest(
	const struct head *head, struct slice text, struct event *event)
{
	const struct step *step = &head->pattern->steps[1];

	if (text.len > head->len && *step->name)
		event->values[event->count++] = (struct event_value){ step->name,
			step->kind, { text.s + head->len, text.len - head->len },
			&step->key };
	return true;
}

/* The class of text, a message or what follows its duration. */
static const struct known *look_up(const struct event_table *table, struct slice text,
	unsigned level, struct event *event)
{
	const struct head *head = table->heads + table->first[(unsigned char)text.s[0]];
	const struct head *end =
		table->heads + table->first[(unsigned char)text.s[0] + 1];
	struct first bytes;

	if (head == end)
		return NULL;
	bytes = first_bytes(text.s, text.len);
	for (; head < end; head++) {
		struct slice part = text;

		if (!begins(&bytes, head) || !(level & head->levels))
			continue;
		if (head->known->lines.count > 0)
			part.len = line_length(text);
		if (head->whole ? add_rest(head, text, event)
				: event_pattern_match(head->pattern, part, event))
			return head->known;
	}
	return NULL;
}

/* The bytes of a vector that are no digits, a bit each. */
static inline uint32_t other_than_digits(chars16 bytes)
{
	return chars16_bits((bytes < '0') | (bytes > '9'));
}

/*
 * "duration: 1.234 ms  " before the SQL of log_min_duration_statement and auto_explain's plans: read by
 * hand, for it is what most lines of most logs begin with. The number has at most 16 characters.
 * Returns its length, or 0; *ret_ms is the number.
 */
static size_t read_duration(struct slice text, struct slice *ret_ms)
{
	static const char before[] = "duration: ", after[] = " ms  ";
	const size_t at = sizeof(before) - 1;
	size_t left, len;
	uint32_t others;

	if (text.len <= at || memcmp(text.s, before, at) != 0)
		return 0;
	left = text.len - at;
	others = other_than_digits(left < CHARS16 ? chars16_load_part(text.s + at, left)
						  : chars16_load(text.s + at)) |
		 UINT32_C(1) << CHARS16;
	len = (size_t)__builtin_ctz(others);
	if (len == 0 || len == left)
		return 0;
	if (len < CHARS16 && text.s[at + len] == '.') {
		others &= others - 1;
		if ((size_t)__builtin_ctz(others) == len + 1)
			return 0;
		len = (size_t)__builtin_ctz(others);
	}
	if (left <= len + sizeof(after) - 1 ||
		memcmp(text.s + at + len, after, sizeof(after) - 1) != 0)
		return 0;
	*ret_ms = (struct slice){ text.s + at, len };
	return at + len + sizeof(after) - 1;
}

static const struct event_key duration_key = { ",\"duration_ms\":",
	sizeof(",\"duration_ms\":") - 1 };

static const struct known *find_class(
	const struct event_table *table, const struct entry *entry, struct event *event)
{
	struct slice text = entry->text[ENTRY_MESSAGE], ms;
	unsigned level = 1u << entry->level;
	const struct known *known;
	size_t duration;

	if (entry->level >= LEVEL_ERROR)
		return look_up(table, without_position(text), level, event);
	duration = read_duration(text, &ms);
	if (duration == 0)
		return look_up(table, text, level, event);
	event->values[event->count++] =
		(struct event_value){ "duration_ms", EVENT_NUMBER, ms, &duration_key };
	text = (struct slice){ text.s + duration, text.len - duration };
	known = look_up(table, text, TIMED(level), event);
	if (!known)
		event->count = 0;
	return known;
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

		if (at >= message.len ||
			(value->kind != EVENT_SQL && value->kind != EVENT_OPAQUE &&
				value->kind != EVENT_PARAMETERS))
			continue; /* also what stands in DETAIL */
		if (at < event->sql_at)
			event->sql_at = at;
		if (value->kind == EVENT_OPAQUE)
			event->opaque = true;
	}
}

void event_find(const struct event_table *table, const struct entry *entry,
	struct event *ret_event)
{
	struct slice message = entry->text[ENTRY_MESSAGE];
	struct slice detail = entry->text[ENTRY_DETAIL];
	struct slice context = entry->text[ENTRY_CONTEXT];
	const struct known *known = NULL;

	ret_event->name = "";
	ret_event->count = 0;
	ret_event->sql_at = message.len;
	ret_event->opaque = false;
	ret_event->made_len = 0;
	if (entry->level >= LEVEL_UNPARSED)
		return;
	if (message.len > 0)
		known = find_class(table, entry, ret_event);
	if (known) {
		ret_event->name = known->as->name;
		ret_event->key = &known->key;
		if (known->lines.count > 0)
			match_lines(known, message, ret_event);
		if (known->as->more)
			known->as->more(entry, ret_event);
		find_sql(message, ret_event);
	}
	if (detail.len > 0 && !(known && match_any(&known->detail, detail, ret_event)))
		match_any(&table->any_detail, detail, ret_event);
	if (context.len > 0)
		find_portal(context, ret_event);
}
