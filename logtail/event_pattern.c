#include "event_pattern.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event_step.h"

/* How a value ends is compiled later where it depends on what follows: STEP_REST until then. */
static const struct {
	const char *name;
	enum event_value_kind kind;
	enum step_op op;
} kinds[] = {
	{ "int", EVENT_INT, STEP_INT },
	{ "num", EVENT_NUMBER, STEP_NUMBER },
	{ "ints", EVENT_INT_LIST, STEP_INT_LIST },
	{ "sql", EVENT_SQL, STEP_REST },
	{ "params", EVENT_PARAMETERS, STEP_REST },
	{ "opaque", EVENT_OPAQUE, STEP_REST },
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

	*step = (struct step){ .op = STEP_REST, .kind = EVENT_TEXT, .name = s };
	if (mark)
		*mark++ = '\0';
	step->bit = *s != '\0' ? event_name_bit(s) : 0;
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
			step->op = kinds[i].op;
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
			pattern->sql |= event_is_sql(step->kind);
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

/*
 * The bytes that what follows a value can begin with, where they are one or two and nothing else
 * can follow but the text's end.
 */
static bool following(const struct step *next, const struct step *last, char ret_bytes[2])
{
	char bytes[2] = { '\0', '\0' };

	for (; next < last; next += 1 + next->inside) {
		const struct step *head = next->op == STEP_OPTION ? next + 1 : next;
		size_t i;

		if (head->op != STEP_LITERAL)
			return false;
		i = bytes[0] == '\0' || bytes[0] == head->text[0] ? 0 : 1;
		if (bytes[i] != '\0' && bytes[i] != head->text[0])
			return false;
		bytes[i] = head->text[0];
		if (next->op == STEP_LITERAL)
			break;
	}
	ret_bytes[0] = bytes[0];
	ret_bytes[1] = bytes[1] != '\0' ? bytes[1] : bytes[0];
	return true;
}

/* Says of each text value how it ends. */
static void compile_ends(struct event_pattern *pattern)
{
	const struct step *last = pattern->steps + pattern->count;

	for (struct step *step = pattern->steps; step < last; step++) {
		const struct step *next = step + 1;

		if (step->op != STEP_REST || next == last)
			continue;
		if (next->op == STEP_LITERAL) {
			step->op =
				next + 1 == last ? STEP_UNTIL_LAST : STEP_UNTIL_LITERAL;
		} else {
			step->op = STEP_UNTIL_ANY;
			step->told = following(next, last, step->begins);
		}
	}
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
	pattern->sql = false;
	pattern->text = strdup(text);
	if (!pattern->text || !compile(pattern, pattern->text, false, &end)) {
		event_pattern_free(pattern);
		return NULL;
	}
	compile_ends(pattern);
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

static struct event_head make_head(const struct event_pattern *pattern, struct slice text)
{
	const size_t len = text.len < CHARS16 ? text.len : CHARS16;
	const struct step *steps = pattern->steps;
	const bool literal = text.len > 0 && steps[0].op == STEP_LITERAL;

	return (struct event_head){
		.bytes = event_first_bytes(text),
		.counts = (UINT32_C(1) << len) - 1,
		.literal = literal,
		.text = text.s,
		.len = text.len,
		.pattern = pattern,
		.rest = literal && pattern->count == 2 && steps[1].op == STEP_REST
				? &steps[1]
				: NULL,
	};
}

/* Counts the patterns' heads, those that begin with a value as one; with room for them also makes
 * them. */
static void make_heads(struct event_patterns *patterns, struct event_head *heads)
{
	size_t count = 0;

	for (size_t i = 0; i < patterns->count; i++) {
		const struct event_pattern *pattern = patterns->list[i];
		struct slice text = { "", 0 };

		for (size_t n = 0; event_pattern_head(pattern, n, &text) || n == 0; n++) {
			if (heads)
				heads[count] = make_head(pattern, text);
			count++;
		}
	}
	patterns->head_count = count;
}

bool event_patterns_init(struct event_patterns *patterns, const char *const *texts)
{
	size_t count = 0;

	*patterns = (struct event_patterns){ .list = NULL };
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
	make_heads(patterns, NULL);
	patterns->heads = calloc(patterns->head_count, sizeof(patterns->heads[0]));
	if (!patterns->heads)
		return false;
	make_heads(patterns, patterns->heads);
	return true;
}

void event_patterns_release(struct event_patterns *patterns)
{
	for (size_t i = 0; i < patterns->count; i++)
		event_pattern_free(patterns->list[i]);
	free(patterns->list);
	free(patterns->heads);
}
