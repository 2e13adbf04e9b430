#include <stdint.h>
#include <string.h>

#include "event_pattern.h"
#include "event_step.h"

uint64_t event_name_bit(const char *name)
{
	uint64_t hash = 0;

	for (; *name != '\0'; name++)
		hash = (hash ^ (unsigned char)*name) *
		       UINT64_C(0x100000001b3); /* FNV's */
	return UINT64_C(1) << (hash >> 58);
}

bool event_has(const struct event *event, const char *name)
{
	for (size_t i = 0; i < event->count; i++)
		if (event->values[i].name[0] == name[0] &&
			strcmp(event->values[i].name, name) == 0)
			return true;
	return false;
}

void event_add(struct event *event, const char *name, enum event_value_kind kind,
	const char *s, size_t len)
{
	if (len == 0 || event->count == EVENT_VALUES_MAX || event_has(event, name))
		return;
	event->names |= event_name_bit(name);
	event->values[event->count++] = (struct event_value){ name, kind, { s, len } };
}

/* One match under way. */
struct scan {
	const char *at, *end;
	bool wide;               /* the text has CHARS16 bytes */
	const struct step *last; /* behind the pattern's last step */
	const struct step *next; /* what until_any() found */
	struct event *event;
};

static inline void add(struct scan *scan, const struct step *step, const char *stop)
{
	event_add_step(scan->event, step, scan->at, (size_t)(stop - scan->at));
	scan->at = stop;
}

static inline bool stands(const struct scan *scan, const struct step *step)
{
	return event_starts(scan->at, scan->end, step->text, step->len);
}

/* The first place at or behind `at` where a or b is; the end, where neither is. */
static inline const char *find_byte(
	const struct scan *scan, const char *at, char a, char b)
{
	const char *end = scan->end;
	chars16 bytes;
	uint32_t marked;

	for (; end - at >= CHARS16; at += CHARS16) {
		bytes = chars16_load(at);
		marked = chars16_bits((bytes == a) | (bytes == b));
		if (marked)
			return at + __builtin_ctz(marked);
	}
	if (scan->wide) {
		bytes = chars16_load(end - CHARS16);
		marked = chars16_bits((bytes == a) | (bytes == b)) >>
			 (CHARS16 - (end - at));
		return marked ? at + __builtin_ctz(marked) : end;
	}
	while (at < end && *at != a && *at != b)
		at++;
	return at;
}

/* The bytes that are no digits, a bit each. */
static inline uint32_t no_digits(chars16 bytes)
{
	return chars16_bits((bytes < '0') | (bytes > '9'));
}

static inline const char *skip_digits(const struct scan *scan, const char *at)
{
	const char *end = scan->end;
	uint32_t marked;

	for (; end - at >= CHARS16; at += CHARS16) {
		marked = no_digits(chars16_load(at));
		if (marked)
			return at + __builtin_ctz(marked);
	}
	if (scan->wide) {
		marked = no_digits(chars16_load(end - CHARS16)) >> (CHARS16 - (end - at));
		return marked ? at + __builtin_ctz(marked) : end;
	}
	while (at < end && *at >= '0' && *at <= '9')
		at++;
	return at;
}

/* Behind the integer at `at`; NULL where none is. */
static inline const char *int_end(const struct scan *scan, const char *at)
{
	const char *digits = at < scan->end && *at == '-' ? at + 1 : at;
	const char *stop = skip_digits(scan, digits);

	return stop > digits ? stop : NULL;
}

static inline const char *number_end(const struct scan *scan, const char *at)
{
	const char *stop = int_end(scan, at), *decimals;

	if (!stop || stop == scan->end || *stop != '.')
		return stop;
	decimals = skip_digits(scan, stop + 1);
	return decimals > stop + 1 ? decimals : stop;
}

static const char *ints_end(const struct scan *scan, const char *at)
{
	const char *stop = skip_digits(scan, at);

	while (stop > at && event_starts(stop, scan->end, ", ", 2)) {
		const char *next = skip_digits(scan, stop + 2);

		if (next == stop + 2)
			break;
		stop = next;
	}
	return stop;
}

/* Behind the part of a choice that stands at `at`; NULL where none does. */
static const char *choice_end(
	const struct scan *scan, const struct step *step, const char *at)
{
	struct slice part = { step->text, step->len };
	size_t n = 1;

	do
		if (event_starts(at, scan->end, part.s, part.len))
			return at + part.len;
	while (step_part(step, n++, &part));
	return NULL;
}

/* What of `step` and what can follow it stands at `at`; NULL: nothing. */
static const struct step *follows(
	const struct scan *scan, const struct step *step, const char *at)
{
	for (; step < scan->last; step += 1 + step->inside) {
		const struct step *head = step->op == STEP_OPTION ? step + 1 : step;

		if (head->op == STEP_CHOICE
				? choice_end(scan, head, at) != NULL
				: event_starts(at, scan->end, head->text, head->len))
			return step;
		if (step->op != STEP_OPTION)
			return NULL;
	}
	return at == scan->end ? step : NULL;
}

/* Behind the text at the scan that ends where one of several steps begins, which is next; NULL where
 * that is nowhere. */
static const char *until_any(struct scan *scan, const struct step *step)
{
	for (const char *at = scan->at; at <= scan->end; at++) {
		if (step->told)
			at = find_byte(scan, at, step->begins[0], step->begins[1]);
		scan->next = follows(scan, step + 1, at);
		if (scan->next)
			return at;
	}
	return NULL;
}

/* Behind the text at the scan that ends where a literal begins. */
static inline const char *until_literal(
	const struct scan *scan, const struct step *literal)
{
	const char first = literal->text[0];
	const char *at = find_byte(scan, scan->at, first, first);

	while (!event_starts(at, scan->end, literal->text, literal->len)) {
		if ((size_t)(scan->end - at) <= literal->len)
			return NULL;
		at = find_byte(scan, at + 1, first, first);
	}
	return at;
}

static bool take_steps(
	struct scan *scan, const struct step *step, const struct step *stop);

/* What is inside an option, where it is there. */
static void take_option(struct scan *scan, const struct step *step)
{
	const struct step *inside = step + 1, *stop = inside + step->inside;
	size_t count = scan->event->count;
	const char *at = scan->at;

	if (inside->op == STEP_LITERAL) {
		if (!stands(scan, inside))
			return;
		scan->at += inside->len;
		inside++;
	}
	if (!take_steps(scan, inside, stop)) {
		scan->at = at;
		scan->event->count = count;
	}
}

/* Where the pattern's last literal must begin. */
static inline const char *last_place(const struct scan *scan, const struct step *literal)
{
	return (size_t)(scan->end - scan->at) >= literal->len ? scan->end - literal->len
							      : NULL;
}

static bool take_steps(
	struct scan *scan, const struct step *step, const struct step *stop)
{
	const struct step *next;
	const char *end;

	for (; step < stop; step = next) {
		next = step + 1;
		switch (step->op) {
		case STEP_LITERAL:
			if (!stands(scan, step))
				return false;
			scan->at += step->len;
			continue;
		case STEP_OPTION:
			take_option(scan, step);
			next += step->inside;
			continue;
		case STEP_CHOICE:
			end = choice_end(scan, step, scan->at);
			break;
		case STEP_INT:
			end = int_end(scan, scan->at);
			break;
		case STEP_NUMBER:
			end = number_end(scan, scan->at);
			break;
		case STEP_INT_LIST:
			end = ints_end(scan, scan->at);
			break;
		case STEP_REST:
			end = scan->end;
			break;
		case STEP_UNTIL_LAST:
			end = last_place(scan, next);
			break;
		case STEP_UNTIL_LITERAL:
			end = until_literal(scan, next);
			break;
		default:
			end = until_any(scan, step);
			next = scan->next; /* perhaps behind stop */
		}
		if (!end)
			return false;
		add(scan, step, end);
		if (step->op == STEP_UNTIL_LITERAL && next < stop) {
			scan->at += next->len; /* it stands there */
			next++;
		}
	}
	return true;
}

static bool match_steps(const struct event_pattern *pattern, const struct step *step,
	struct slice text, size_t at, struct event *event)
{
	const struct step *last = pattern->steps + pattern->count;
	struct scan scan = { .at = text.s + at,
		.end = text.s + text.len,
		.wide = text.len >= CHARS16,
		.last = last,
		.event = event };
	size_t count = event->count;

	if (take_steps(&scan, step, last) && scan.at == scan.end)
		return true;
	event->count = count;
	return false;
}

bool event_head_stands_long(const struct event_head *head, struct slice text)
{
	return event_starts(text.s, text.s + text.len, head->text, head->len);
}

bool event_head_match(
	const struct event_head *head, struct slice text, struct event *event)
{
	const struct step *step = head->pattern->steps;

	if (!head->literal)
		return match_steps(head->pattern, step, text, 0, event);
	return match_steps(head->pattern, step + 1, text, head->len, event);
}

bool event_pattern_match(
	const struct event_pattern *pattern, struct slice text, struct event *event)
{
	return match_steps(pattern, pattern->steps, text, 0, event);
}
