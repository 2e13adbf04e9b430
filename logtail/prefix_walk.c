#include "prefix_walk.h"

#include <stdlib.h>
#include <string.h>

#include "byte_find.h"
#include "prefix_value.h"

struct walk {
	const struct prefix *prefix;
	const char *line;
	size_t len;
	size_t step, at; /* how far it has come: to a PREFIX_TEXT, or all the way */
	unsigned tries;
	struct prefix_found *found;
};

static bool are_blanks(const char *s, size_t len)
{
	while (len > 0 && s[len - 1] == ' ')
		len--;
	return len == 0;
}

/* With its padding a value of len bytes after lead blanks takes *ret_total bytes, if that fits. */
static bool pad(const struct prefix_step *step, const char *s, size_t left, size_t lead,
	size_t len, size_t *ret_total)
{
	size_t width = (size_t)abs(step->padding), total = lead + len;

	if (width > total) {
		if (width > left || (step->padding > 0 && len > 0) ||
			!are_blanks(s + total, width - total))
			return false;
		total = width;
	} else if (lead > 0 && total > width) {
		return false;
	}
	*ret_total = total;
	return true;
}

static bool walk_steps(struct walk *w, size_t step, size_t at);

/* The blanks before a right-justified value, of a step at some byte. */
static size_t blanks_before(
	const struct walk *w, const struct prefix_step *step, size_t at)
{
	size_t lead = 0;

	if (step->padding > 0)
		while (lead < (size_t)step->padding && at + lead < w->len &&
			w->line[at + lead] == ' ')
			lead++;
	return lead;
}

static bool try_length(struct walk *w, size_t step, size_t at, size_t lead, size_t len)
{
	size_t total;

	if (w->tries == 0)
		return false;
	w->tries--;
	if (!pad(&w->prefix->steps[step], w->line + at, w->len - at, lead, len, &total))
		return false;
	w->found->values[step] = (struct slice){ w->line + at + lead, len };
	return walk_steps(w, step + 1, at + total);
}

/* A value with padding or whose end is in doubt, and what follows it. */
static bool walk_tight(struct walk *w, size_t step, size_t at)
{
	const struct prefix_step *now = &w->prefix->steps[step];
	size_t lead = blanks_before(w, now, at);
	struct prefix_reach reach =
		prefix_reach_of(now->escape, w->line + at + lead, w->len - at - lead);

	if (reach.max > 0 && try_length(w, step, at, lead, reach.natural))
		return true;
	for (size_t n = reach.max; n > 0 && n >= reach.min; n--)
		if (n != reach.natural && try_length(w, step, at, lead, n))
			return true;
	return now->may_be_empty && try_length(w, step, at, 0, 0);
}

/* Literals are a byte or two: no call. */
static inline bool has_literal(
	const struct walk *w, const struct prefix_step *now, size_t at)
{
	const char *literal = w->prefix->literals + now->at;

	if (w->len - at < now->len)
		return false;
	for (size_t i = 0; i < now->len; i++)
		if (w->line[at + i] != literal[i])
			return false;
	return true;
}

static bool walk_end(struct walk *w, size_t step, size_t at)
{
	w->step = step;
	w->at = at;
	return true;
}

/* From a step at some byte on to the next that is any text, or all the way to the word. */
static bool walk_steps(struct walk *w, size_t step, size_t at)
{
	const char *line = w->line;
	size_t len;

	for (;; step++) {
		const struct prefix_step *now = &w->prefix->steps[step];

		switch (now->part) {
		case PREFIX_LITERAL:
			if (!has_literal(w, now, at))
				return false;
			at += now->len;
			continue;
		case PREFIX_TEXT:
			return walk_end(w, step, at);
		case PREFIX_SESSION:
			if (at < w->len && log_word_may_begin(line[at]) &&
				log_word_find(line + at, w->len - at, &w->found->word)) {
				w->found->whole = true;
				return walk_end(w, step, at);
			}
			continue;
		case PREFIX_END:
			/* A configuration file does not keep the blank at the end. */
			while (at < w->len && line[at] == ' ')
				at++;
			w->found->whole =
				log_word_find(line + at, w->len - at, &w->found->word);
			return w->found->whole && walk_end(w, step, at);
		case PREFIX_TIGHT:
			return walk_tight(w, step, at);
		case PREFIX_MILLIS:
			len = prefix_millis_len(line + at, w->len - at);
			break;
		case PREFIX_NUMBER:
			len = prefix_digits(line + at, w->len - at, PREFIX_INT32_MAX_LEN);
			break;
		default:
			len = prefix_value_len(now->escape, line + at, w->len - at);
		}
		if (len == 0 && !now->may_be_empty)
			return false;
		w->found->values[step] = (struct slice){ line + at, len };
		at += len;
	}
}

/*
 * Any text, and what follows it up to the next such. Where that fits first is final: whatever comes
 * later can be part of the next text, so nothing is won by going on here.
 */
static bool walk_text(struct walk *w)
{
	const struct prefix_step *now = &w->prefix->steps[w->step], *next = now + 1;
	size_t step = w->step, start = w->at;
	size_t at = start + (size_t)abs(now->padding);
	size_t end = w->len < PREFIX_LOOK_BYTES ? w->len : PREFIX_LOOK_BYTES;
	bool literal = next->part == PREFIX_LITERAL;
	char first = w->prefix->literals[next->at];

	for (; at < end; at++) {
		if (literal)
			at = (size_t)(byte_find(
					      w->line + at, w->line + end, first, first) -
				      w->line);
		if (at == end)
			return false;
		if (walk_steps(w, step + 1, at)) {
			w->found->values[step] =
				(struct slice){ w->line + start, at - start };
			return true;
		}
	}
	return false;
}

bool prefix_walk(const struct prefix *prefix, const char *line, size_t len,
	struct prefix_found *ret)
{
	struct walk w = { prefix, line, len, 0, 0, PREFIX_TRIES_MAX, ret };

	ret->whole = false;
	if (!walk_steps(&w, 0, 0))
		return false;
	while (!ret->whole)
		if (!walk_text(&w))
			return false;
	ret->steps = w.step;
	ret->len = w.at;
	return true;
}

/* The literal at a step, in portions; returns the next stride. */
static struct prefix_stride *add_portions(const struct prefix *prefix,
	const struct prefix_step *literal, struct prefix_stride *stride)
{
	const char *s = prefix->literals + literal->at;
	size_t left = literal->len;

	for (;;) {
		size_t n = left < sizeof(stride->after) ? left : sizeof(stride->after);

		memcpy(&stride->after, s, n);
		memset(&stride->mask, 0xff, n);
		stride->after_len = (uint8_t)n;
		stride++;
		s += n;
		left -= n;
		if (left == 0)
			return stride;
		stride->part = PREFIX_LITERAL;
		stride->place = PREFIX_NOWHERE;
		stride->may_be_empty = true;
	}
}

/* Where its value goes; a time that is found again is a better one. */
static void add_place(
	const struct prefix *prefix, size_t step, struct prefix_stride *stride)
{
	stride->place = PREFIX_NOWHERE;
	for (size_t i = 0; i < prefix->values_count; i++)
		if (prefix->values[i].step == step) {
			stride->place = prefix->values[i].place;
			stride->is_pid = prefix->values[i].use == PREFIX_USE_PID;
		}
}

/* Can a line have it as prefix_strides.h goes by it? */
static bool has_stride(const struct prefix *prefix, const struct prefix_step *step)
{
	if (step->part == PREFIX_LITERAL)
		return !memchr(prefix->literals + step->at, '\n', step->len);
	if (step->part == PREFIX_TEXT)
		return step[1].part == PREFIX_LITERAL && step->padding == 0;
	return step->part != PREFIX_TIGHT;
}

/* Literals go with the value before them. */
void prefix_add_strides(struct prefix *prefix)
{
	struct prefix_stride *stride = prefix->strides;
	size_t i, literal;

	memset(prefix->strides, 0, sizeof(prefix->strides));
	prefix->has_strides = true;
	for (i = 0; i < prefix->count; i++)
		prefix->has_strides &= has_stride(prefix, &prefix->steps[i]);
	for (i = 0; i < prefix->count; i++) {
		const struct prefix_step *step = &prefix->steps[i];

		literal = i + (step->part != PREFIX_LITERAL);
		stride->part = (uint8_t)step->part;
		stride->escape = step->escape;
		stride->may_be_empty = step->may_be_empty || step->part == PREFIX_TEXT ||
				       step->part == PREFIX_LITERAL;
		add_place(prefix, i, stride);
		if (step->part == PREFIX_SESSION ||
			prefix->steps[literal].part != PREFIX_LITERAL) {
			stride++;
			continue;
		}
		stride->sign = prefix->literals[prefix->steps[literal].at];
		stride = add_portions(prefix, &prefix->steps[literal], stride);
		i = literal;
	}
	stride->part = PREFIX_END;
}
