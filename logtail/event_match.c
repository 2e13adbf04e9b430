#include <stdint.h>
#include <string.h>

#include "event_pattern.h"
#include "event_step.h"

static bool has(const struct event *event, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (event->values[i].name[0] == name[0] &&
			strcmp(event->values[i].name, name) == 0)
			return true;
	return false;
}

void event_add(struct event *event, const char *name, enum event_value_kind kind,
	const char *s, size_t len)
{
	if (len > 0 && event->count < EVENT_VALUES_MAX && !has(event, event->count, name))
		event->values[event->count++] =
			(struct event_value){ name, kind, { s, len } };
}

/* One match under way. */
struct scan {
	const char *at, *end;
	const struct step *last; /* behind the pattern's last step */
	struct event *event;
	size_t known; /* how many values the event had before: a pattern's own names differ */
};

static inline void add(struct scan *scan, const struct step *step, size_t len)
{
	struct event *event = scan->event;

	if (len > 0 && step->name[0] != '\0' && event->count < EVENT_VALUES_MAX &&
		!has(event, scan->known, step->name))
		event->values[event->count++] = (struct event_value){ step->name,
			step->kind, { scan->at, len }, &step->key };
	scan->at += len;
}

static inline uint64_t load(const char *s)
{
	uint64_t word;

	memcpy(&word, s, sizeof(word));
	return word;
}

/* memcmp() would cost more than it compares. */
static inline bool starts_with(const char *at, const char *end, const char *s, size_t len)
{
	if ((size_t)(end - at) < len)
		return false;
	if (len < sizeof(uint64_t)) {
		for (size_t i = 0; i < len; i++)
			if (at[i] != s[i])
				return false;
		return true;
	}
	for (size_t i = 0; i < len - sizeof(uint64_t); i += sizeof(uint64_t))
		if (load(at + i) != load(s + i))
			return false;
	return load(at + len - sizeof(uint64_t)) == load(s + len - sizeof(uint64_t));
}

static inline const char *skip_digits(const char *at, const char *end)
{
	while (at < end && *at >= '0' && *at <= '9')
		at++;
	return at;
}

/* Behind the integer at `at`; NULL where none is. */
static inline const char *int_end(const char *at, const char *end)
{
	const char *digits = at < end && *at == '-' ? at + 1 : at;
	const char *stop = skip_digits(digits, end);

	return stop > digits ? stop : NULL;
}

static inline const char *number_end(const char *at, const char *end)
{
	const char *stop = int_end(at, end), *decimals;

	if (!stop || stop == end || *stop != '.')
		return stop;
	decimals = skip_digits(stop + 1, end);
	return decimals > stop + 1 ? decimals : stop;
}

static const char *ints_end(const char *at, const char *end)
{
	const char *stop = skip_digits(at, end);

	while (stop > at && starts_with(stop, end, ", ", 2)) {
		const char *next = skip_digits(stop + 2, end);

		if (next == stop + 2)
			break;
		stop = next;
	}
	return stop;
}

/* The part of a choice that stands at `at`. */
static bool choose(
	const struct step *step, const char *at, const char *end, struct slice *ret_part)
{
	if (starts_with(at, end, step->text, step->len)) {
		*ret_part = (struct slice){ step->text, step->len };
		return true;
	}
	for (size_t n = 1; step_part(step, n, ret_part); n++)
		if (starts_with(at, end, ret_part->s, ret_part->len))
			return true;
	return false;
}

/* Does what can follow `step` stand at `at`? */
static bool follows(const struct scan *scan, const struct step *step, const char *at)
{
	struct slice part;

	for (; step < scan->last; step += 1 + step->inside) {
		const struct step *head = step->op == STEP_OPTION ? step + 1 : step;

		if (head->op == STEP_CHOICE
				? choose(head, at, scan->end, &part)
				: starts_with(at, scan->end, head->text, head->len))
			return true;
		if (step->op != STEP_OPTION)
			return false;
	}
	return at == scan->end;
}

#define FOLLOWING 8

/* The bytes that what can follow `step` begins with; 0: it cannot be told. */
static size_t following_bytes(
	const struct scan *scan, const struct step *step, char ret_bytes[FOLLOWING])
{
	size_t count = 0;

	for (; step < scan->last && count < FOLLOWING; step += 1 + step->inside) {
		const struct step *head = step->op == STEP_OPTION ? step + 1 : step;

		if (head->op != STEP_LITERAL)
			return 0;
		ret_bytes[count++] = head->text[0];
		if (step->op == STEP_LITERAL)
			return count;
	}
	return step < scan->last ? 0 : count;
}

/* The first place at or behind `at` where one of the bytes is; the end, where none is. */
static const char *find_byte(
	const char *at, const char *end, const char *bytes, size_t count)
{
	for (; at < end; at++)
		for (size_t i = 0; i < count; i++)
			if (*at == bytes[i])
				return at;
	return end;
}

/* Behind the text at the scan, which ends where `next` begins; NULL where that is nowhere. */
static const char *text_end(const struct scan *scan, const struct step *next)
{
	const char *at = scan->at;
	char bytes[FOLLOWING];
	size_t count;

	if (next == scan->last)
		return scan->end;
	if (next->op == STEP_LITERAL) {
		if (next + 1 < scan->last)
			return memmem(
				at, (size_t)(scan->end - at), next->text, next->len);
		return (size_t)(scan->end - at) >= next->len ? scan->end - next->len
							     : NULL;
	}
	count = following_bytes(scan, next, bytes);
	for (; at <= scan->end; at++) {
		if (count > 0)
			at = find_byte(at, scan->end, bytes, count);
		if (follows(scan, next, at))
			return at;
	}
	return NULL;
}

static bool take_value(struct scan *scan, const struct step *step)
{
	const char *stop;

	switch (step->kind) {
	case EVENT_INT:
		stop = int_end(scan->at, scan->end);
		break;
	case EVENT_NUMBER:
		stop = number_end(scan->at, scan->end);
		break;
	case EVENT_INT_LIST:
		stop = ints_end(scan->at, scan->end);
		break;
	default:
		stop = text_end(scan, step + 1);
	}
	if (!stop)
		return false;
	add(scan, step, (size_t)(stop - scan->at));
	return true;
}

static bool take_choice(struct scan *scan, const struct step *step)
{
	struct slice part;

	if (!choose(step, scan->at, scan->end, &part))
		return false;
	add(scan, step, part.len);
	return true;
}

static bool take_steps(
	struct scan *scan, const struct step *step, const struct step *stop)
{
	for (; step < stop; step += 1 + step->inside) {
		size_t count = scan->event->count;
		const char *at = scan->at;

		switch (step->op) {
		case STEP_LITERAL:
			if (!starts_with(at, scan->end, step->text, step->len))
				return false;
			scan->at += step->len;
			break;
		case STEP_VALUE:
			if (!take_value(scan, step))
				return false;
			break;
		case STEP_CHOICE:
			if (!take_choice(scan, step))
				return false;
			break;
		case STEP_OPTION:
			if (!take_steps(scan, step + 1, step + 1 + step->inside)) {
				scan->at = at;
				scan->event->count = count;
			}
		}
	}
	return true;
}

bool event_pattern_match(
	const struct event_pattern *pattern, struct slice text, struct event *event)
{
	const struct step *step = pattern->steps, *last = step + pattern->count;
	struct scan scan = { text.s, text.s + text.len, last, event, event->count };

	if (pattern->simple) {
		if (!starts_with(scan.at, scan.end, step->text, step->len))
			return false;
		scan.at += step->len;
		add(&scan, step + 1, (size_t)(scan.end - scan.at));
		return true;
	}
	if (take_steps(&scan, step, last) && scan.at == scan.end)
		return true;
	event->count = scan.known;
	return false;
}
