#include "event_pattern.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event_step.h"

static const struct {
	const char *name;
	enum event_value_kind kind;
} kinds[] = {
	{ "int", EVENT_INT },
	{ "num", EVENT_NUMBER },
	{ "ints", EVENT_INT_LIST },
	{ "sql", EVENT_SQL },
	{ "params", EVENT_PARAMETERS },
	{ "opaque", EVENT_OPAQUE },
};

/* False: it is too long. */
static bool make_key(const char *name, struct event_key *ret_key)
{
	int len = snprintf(ret_key->text, sizeof(ret_key->text), ",\"%s\":", name);

	ret_key->len = (size_t)len;
	return ret_key->len < sizeof(ret_key->text);
}

/* "name", "name:kind" or "name=a|b", NUL-terminated; cut into its parts in place. */
static bool compile_value(char *s, struct step *step)
{
	char *mark = strpbrk(s, ":=");
	char sign = mark ? *mark : '\0';

	*step = (struct step){ .op = STEP_VALUE, .kind = EVENT_TEXT, .name = s };
	if (mark)
		*mark++ = '\0';
	if (!make_key(s, &step->key))
		return false;
	if (!mark)
		return true;
	if (sign == '=') {
		step->op = STEP_CHOICE;
		step->text = mark;
		step->len = strcspn(mark, "|");
		return step->len > 0;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(mark, kinds[i].name) == 0) {
			step->kind = kinds[i].kind;
			return true;
		}
	return false;
}

/* Compiles up to the end of the text, or of the option; *ret_end is behind it. */
static bool compile(struct event_pattern *pattern, char *s, bool option, char **ret_end)
{
	while (*s != '\0' && *s != ']') {
		size_t at = pattern->count++;
		struct step *step = &pattern->steps[at];

		if (*s == '{') {
			char *close = strchr(s, '}');

			if (!close)
				return false;
			*close = '\0';
			if (!compile_value(s + 1, step))
				return false;
			s = close + 1;
		} else if (*s == '[') {
			if (!compile(pattern, s + 1, true, &s))
				return false;
			*step = (struct step){ .op = STEP_OPTION,
				.inside = pattern->count - at - 1 };
			if (step->inside == 0 ||
				(step[1].op != STEP_LITERAL && step[1].op != STEP_CHOICE))
				return false;
		} else {
			*step = (struct step){
				.op = STEP_LITERAL, .text = s, .len = strcspn(s, "{}[]")
			};
			if (step->len == 0)
				return false;
			s += step->len;
		}
	}
	*ret_end = option && *s == ']' ? s + 1 : s;
	return option == (*s == ']');
}

/* Has a kind that ends where what follows begins? */
static bool is_text(enum event_value_kind kind)
{
	return kind != EVENT_INT && kind != EVENT_NUMBER && kind != EVENT_INT_LIST;
}

/* No fewer than the steps of the pattern: each sign begins or ends one, or a literal. */
static size_t count_steps(const char *text)
{
	size_t count = 1;

	for (; *text != '\0'; text++)
		count += strchr("{}]", *text) ? 1 : *text == '[' ? 2 : 0;
	return count;
}

struct event_pattern *event_pattern_new(const char *text)
{
	struct event_pattern *pattern =
		malloc(sizeof(*pattern) + count_steps(text) * sizeof(struct step));
	char *end;

	if (!pattern)
		return NULL;
	pattern->count = 0;
	pattern->text = strdup(text);
	if (!pattern->text || !compile(pattern, pattern->text, false, &end)) {
		event_pattern_free(pattern);
		return NULL;
	}
	pattern->simple = pattern->count == 2 && pattern->steps[0].op == STEP_LITERAL &&
			  pattern->steps[1].op == STEP_VALUE &&
			  is_text(pattern->steps[1].kind);
	return pattern;
}

void event_pattern_free(struct event_pattern *pattern)
{
	if (!pattern)
		return;
	free(pattern->text);
	free(pattern);
}

bool step_part(const struct step *step, size_t n, struct slice *ret)
{
	const char *s = step->text, *bar;

	for (; n > 0; n--) {
		s = strchr(s, '|');
		if (!s)
			return false;
		s++;
	}
	bar = strchr(s, '|');
	*ret = (struct slice){ s, bar ? (size_t)(bar - s) : strlen(s) };
	return true;
}

bool event_pattern_head(
	const struct event_pattern *pattern, size_t n, struct slice *ret_head)
{
	const struct step *step = pattern->steps;

	if (pattern->count == 0)
		return false;
	if (step->op == STEP_CHOICE)
		return step_part(step, n, ret_head);
	if (step->op != STEP_LITERAL || n > 0)
		return false;
	*ret_head = (struct slice){ step->text, step->len };
	return true;
}
