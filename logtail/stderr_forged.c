#include "stderr_forged.h"

#include <stdint.h>
#include <string.h>

#include "chars16.h"
#include "log_time.h"

#define NAME_BYTES 63 /* NAMEDATALEN - 1 */
#define WORD_BYTES 64 /* of the word after the prefix, with its blanks */
#define NO_MATCH SIZE_MAX

static bool is_name(const struct prefix_step *step)
{
	return step->escape == 'u' || step->escape == 'd';
}

static size_t step_reach(const struct prefix_step *step)
{
	size_t padding = (size_t)(step->padding < 0 ? -step->padding : step->padding);

	if (step->escape == '\0')
		return step->len;
	return padding > NAME_BYTES ? padding : NAME_BYTES;
}

/* A byte of the tail's that no line can do without. */
static char sign_of(const struct prefix *tail)
{
	for (const struct prefix_step *step = tail->steps;
		step->part != PREFIX_SESSION && step->part != PREFIX_END; step++)
		for (size_t i = 0; i < step->len; i++)
			if (tail->literals[step->at + i] != ' ')
				return tail->literals[step->at + i];
	return '\0';
}

void forged_init(struct forged *forged, const struct prefix *prefix)
{
	size_t first = 0, last = 0;

	*forged = (struct forged){ .names = false };
	while (first < prefix->count && !is_name(&prefix->steps[first]))
		first++;
	forged->names = first < prefix->count;
	forged->begin_steps = first;
	prefix_from_step(prefix, first, &forged->tail);
	forged->sign = sign_of(&forged->tail);
	for (size_t i = 0; i < first; i++)
		forged->telling_begin |= prefix->steps[i].escape != '\0' &&
					 strchr("mtnspc", prefix->steps[i].escape);
	forged->telling_begin &= forged->names;
	for (size_t i = first; i < prefix->count; i++) {
		const struct prefix_step *step = &prefix->steps[i];

		if (is_name(step))
			last = i;
		for (size_t j = 0; step->escape == '\0' && j < step->len; j++)
			forged->telling_end |= prefix->literals[step->at + j] != ' ';
	}
	for (size_t i = first; forged->names && i <= last; i++)
		forged->reach += step_reach(&prefix->steps[i]);
}

/* Is there none in the bytes from at to end, sixteen at a time as far as the line goes? A maybe is no. */
static inline bool has_no_control(const char *at, const char *end, const char *line_end)
{
	chars16 marks = { 0 };

	for (; at < end; at += CHARS16) {
		chars16 bytes;

		if (line_end - at < CHARS16)
			return false;
		bytes = chars16_load(at);
		/* Those below zero are no ASCII. */
		marks |= ((bytes < ' ') & (bytes >= 0)) | (bytes == 0x7f);
	}
	return chars16_first(marks) == CHARS16;
}

static bool has_control(const struct slice *name)
{
	for (size_t i = 0; i < name->len; i++)
		if ((unsigned char)name->s[i] < ' ' || name->s[i] == 0x7f)
			return true;
	return false;
}

/* Rule 3. The usual prefix has the one right before the other: then one look is enough. */
static inline bool are_odd(
	const struct slice *user, const struct slice *database, const char *line_end)
{
	if (!user->s && !database->s)
		return false;
	if (user->s && database->s > user->s &&
		has_no_control(user->s, database->s + database->len, line_end))
		return false;
	return has_control(user) || has_control(database);
}

/* ":" and two blanks, which all words but a few translated ones have after them. */
static bool has_colon(const char *text, size_t len)
{
	const char *colon = text;

	for (;; colon++) {
		colon = memchr(colon, ':', len - (size_t)(colon - text));
		if (!colon || (size_t)(colon - text) + 2 >= len)
			return false;
		if (colon[1] == ' ' && colon[2] == ' ')
			return true;
	}
}

static struct slice text_of(
	const struct prefix_fields *fields, const char *line, enum entry_text text)
{
	if (!(fields->has >> text & 1))
		return (struct slice){ NULL, 0 };
	return (struct slice){ line + fields->places[text].at, fields->places[text].len };
}

static bool has_tail(const struct forged *forged, const char *text, size_t len)
{
	struct prefix_fields fields;

	return prefix_read(&forged->tail, text, len, &fields) &&
	       text_of(&fields, text, ENTRY_USER).len <= NAME_BYTES &&
	       text_of(&fields, text, ENTRY_DATABASE).len <= NAME_BYTES;
}

/* Rule 2. */
static inline bool goes_on(const struct forged *forged, const char *text, size_t len)
{
	if (len > forged->reach + WORD_BYTES)
		len = forged->reach + WORD_BYTES;
	if (forged->sign && !memchr(text, forged->sign, len))
		return false;
	return has_colon(text, len) && has_tail(forged, text, len);
}

bool forged_fitting(const struct forged *forged, const struct prefix_fields *fields,
	const char *line, size_t len)
{
	struct slice user = text_of(fields, line, ENTRY_USER);
	struct slice database = text_of(fields, line, ENTRY_DATABASE);

	return forged->names &&
	       (are_odd(&user, &database, line + len) ||
		       forged_text(forged, line + fields->len, len - fields->len));
}

bool forged_text(const struct forged *forged, const char *text, size_t len)
{
	return forged->names &&
	       (forged->left > 0 || (forged->telling_end && goes_on(forged, text, len)));
}

static size_t span_of(const char *s, size_t len, const char *set)
{
	size_t n = 0;

	while (n < len && s[n] != '\0' && strchr(set, s[n]))
		n++;
	return n;
}

/* How long a value at s may be, roughly: its bytes are of its kind. NO_MATCH when there is none. */
static size_t value_len(char escape, const char *s, size_t len)
{
	size_t n;

	switch (escape) {
	case 'q':
		return 0;
	case 'm':
	case 't':
	case 's':
		n = log_time_shape(s, len);
		return n > 0 ? n : NO_MATCH;
	case 'n':
	case 'p':
	case 'l':
		n = span_of(s, len, "0123456789.");
		return n > 0 ? n : NO_MATCH;
	case 'c':
		n = span_of(s, len, "0123456789abcdef.");
		return n > 0 ? n : NO_MATCH;
	case 'e':
		return span_of(s, len, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
	default:
		return span_of(s, len, "-0123456789/");
	}
}

/* Up to where the literal of the next step begins. */
static size_t text_len(
	const struct prefix *prefix, size_t step, const char *s, size_t len)
{
	const struct prefix_step *next = &prefix->steps[step + 1];
	const char *end;

	while (next < prefix->steps + prefix->count && next->escape == 'q')
		next++;
	if (next == prefix->steps + prefix->count || next->escape != '\0')
		return 0;
	end = memmem(s, len, prefix->literals + next->at, next->len);
	return end ? (size_t)(end - s) : NO_MATCH;
}

/* The bytes of the prefix up to its first name, or NO_MATCH. */
static size_t begin_len(const struct forged *forged, const struct prefix *prefix,
	const char *line, size_t len)
{
	size_t at = 0, n;

	for (size_t i = 0; i < forged->begin_steps; i++) {
		const struct prefix_step *step = &prefix->steps[i];

		if (step->escape == '\0') {
			n = step->len;
			if (len - at < n ||
				memcmp(line + at, prefix->literals + step->at, n) != 0)
				return NO_MATCH;
			at += n;
			continue;
		}
		if (step->padding > 0)
			at += span_of(line + at, len - at, " ");
		n = step->part == PREFIX_TEXT
			    ? text_len(prefix, i, line + at, len - at)
			    : value_len(step->escape, line + at, len - at);
		if (n == NO_MATCH)
			return NO_MATCH;
		at += n;
		if (step->padding < 0 && i + 1 < forged->begin_steps)
			at += span_of(line + at, len - at, " ");
	}
	return at;
}

/* Rule 1: the bytes that names may have left after this line's newline, or 0. */
static size_t reach_after(const struct forged *forged, const struct prefix *prefix,
	const char *line, size_t len)
{
	size_t begin =
		forged->telling_begin ? begin_len(forged, prefix, line, len) : NO_MATCH;

	if (begin == NO_MATCH || len - begin >= forged->reach)
		return 0;
	return forged->reach - (len - begin);
}

bool forged_stray(const struct forged *forged, const struct prefix *prefix,
	const char *line, size_t len, bool whole)
{
	return forged->names && (forged->left > 0 || (whole && reach_after(forged, prefix,
								       line, len) > 0));
}

void forged_pass(struct forged *forged, const struct prefix *prefix, const char *line,
	size_t len, bool whole_stray)
{
	size_t left = whole_stray ? reach_after(forged, prefix, line, len) : 0;

	if (left > 0)
		forged->left = left - 1;
	else
		forged->left -= forged->left < len + 1 ? forged->left : len + 1;
}
