/*
 * A compiled pattern: event_pattern.c makes it, event_match.c holds texts against it.
 *
 * A text is held against a pattern's head first, what it can begin with: that is one comparison, and
 * most patterns are done with. Where the head fits, and is the pattern's first literal, the steps
 * behind it remain.
 */
#ifndef LOGTAIL_EVENT_STEP_H
#define LOGTAIL_EVENT_STEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "chars16.h"
#include "entry.h"
#include "event.h"

enum step_op {
	STEP_LITERAL,
	STEP_OPTION, /* the next `inside` steps, or none of them */
	STEP_CHOICE, /* text: "a|b" */
	STEP_INT,
	STEP_NUMBER,
	STEP_INT_LIST,
	/* Values that end where what follows begins: */
	STEP_REST,          /* nothing follows */
	STEP_UNTIL_LAST,    /* the pattern's last literal, which is the text's end */
	STEP_UNTIL_LITERAL, /* the next step, where it stands first */
	STEP_UNTIL_ANY,     /* one of several steps, where the first of them stands */
};

struct step {
	enum step_op op;
	enum event_value_kind kind;
	size_t inside;
	const char *name;
	uint64_t bit;         /* event_name_bit(name); 0: not recorded */
	const char *text;     /* of a literal, a choice */
	size_t len;           /* of a choice: its first */
	bool told;            /* STEP_UNTIL_ANY: what follows begins with one of */
	char begins[2];       /* these bytes */
	struct event_key key; /* of a value, a choice: name's */
};

struct event_pattern {
	char *text; /* what the steps point into */
	bool sql;   /* a value of it event_is_sql() */
	size_t count;
	struct step steps[];
};

/* A text a pattern can begin with. */
struct event_head {
	chars16 bytes;   /* its first ones */
	uint32_t counts; /* a bit for each of these */
	bool literal;    /* it is the pattern's first step */
	const char *text;
	size_t len; /* 0: the pattern begins with a value */
	const struct event_pattern *pattern;
	const struct step *
		rest; /* where the pattern is literal text, then one value up to the end: that */
};

/* Patterns of one class, in their order, and their heads. */
struct event_patterns {
	struct event_pattern **list;
	size_t count;
	struct event_head *heads;
	size_t head_count;
};

/* texts end in NULL; NULL: there are none. False: no memory, or one is malformed; what there is
 * must be released then, too. */
bool event_patterns_init(struct event_patterns *patterns, const char *const *texts);
void event_patterns_release(struct event_patterns *patterns);

/* The n-th of a choice's texts. False: it has no more. */
bool step_part(const struct step *step, size_t n, struct slice *ret_part);

/* Must it be looked at before it leaves the machine? */
static inline bool event_is_sql(enum event_value_kind kind)
{
	const unsigned kinds =
		1u << EVENT_SQL | 1u << EVENT_PARAMETERS | 1u << EVENT_OPAQUE;

	return kinds >> kind & 1;
}

/* One of 64 bits, for an event's `names`: where it is not set there, no value has the name. Names that
 * differ may share it. */
uint64_t event_name_bit(const char *name);

/* Has the event a value of this name? */
bool event_has(const struct event *event, const char *name);

/* As event_add(). */
static inline void event_add_step(
	struct event *event, const struct step *step, const char *s, size_t len)
{
	if (len == 0 || step->bit == 0 || event->count == EVENT_VALUES_MAX ||
		((event->names & step->bit) && event_has(event, step->name)))
		return;
	event->names |= step->bit;
	event->values[event->count++] =
		(struct event_value){ step->name, step->kind, { s, len }, &step->key };
}

static inline uint64_t event_load8(const char *s)
{
	uint64_t word;

	memcpy(&word, s, sizeof(word));
	return word;
}

static inline uint32_t event_load4(const char *s)
{
	uint32_t word;

	memcpy(&word, s, sizeof(word));
	return word;
}

/* memcmp() would cost more than it compares. */
static inline bool event_starts(
	const char *at, const char *end, const char *s, size_t len)
{
	if ((size_t)(end - at) < len)
		return false;
	if (len >= 8) {
		for (size_t i = 0; i < len - 8; i += 8)
			if (event_load8(at + i) != event_load8(s + i))
				return false;
		return event_load8(at + len - 8) == event_load8(s + len - 8);
	}
	if (len >= 4)
		return event_load4(at) == event_load4(s) &&
		       event_load4(at + len - 4) == event_load4(s + len - 4);
	for (size_t i = 0; i < len; i++)
		if (at[i] != s[i])
			return false;
	return true;
}

/* What event_begins() compares. No pattern has NULs. */
static inline chars16 event_first_bytes(struct slice text)
{
	return text.len < CHARS16 ? chars16_load_part(text.s, text.len)
				  : chars16_load(text.s);
}

/* Does a text with these first bytes begin as the head does? */
static inline bool event_begins(chars16 first, const struct event_head *head)
{
	return (head->counts & ~chars16_bits(first == head->bytes)) == 0;
}

/* As event_head_stands(), of a long one. */
bool event_head_stands_long(const struct event_head *head, struct slice text);

/* Does all of head stand in a text that event_begins() so? */
static inline bool event_head_stands(const struct event_head *head, struct slice text)
{
	return head->len <= CHARS16 || event_head_stands_long(head, text);
}

/* As event_pattern_match() of head's, where head stands in the text. */
bool event_head_match(
	const struct event_head *head, struct slice text, struct event *event);

#endif
