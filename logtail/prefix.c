#include "prefix.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "prefix_strides.h"
#include "prefix_value.h"
#include "prefix_walk.h"

#define PADDING_MAX 100000 /* more than any line that is looked at */

enum kind {
	TEXT = 1 << 0,  /* any bytes */
	EMPTY = 1 << 1, /* may be empty, though it has a form */
	ZERO = 1 << 2,  /* 0 stands for none */
};

/* Where the values go; ENTRY_TEXTS: elsewhere, or nowhere. */
static const struct escape {
	char letter;
	enum entry_text text;
	unsigned kind;
} escapes[] = {
	{ 'u', ENTRY_USER, TEXT },
	{ 'd', ENTRY_DATABASE, TEXT },
	{ 'a', ENTRY_APPLICATION_NAME, TEXT },
	{ 'r', ENTRY_TEXTS, TEXT },
	{ 'h', ENTRY_REMOTE_HOST, TEXT },
	{ 'L', ENTRY_TEXTS, TEXT },
	{ 'b', ENTRY_BACKEND_TYPE, TEXT },
	{ 'p', ENTRY_TEXTS, 0 },
	{ 'P', ENTRY_LEADER_PID, EMPTY },
	{ 't', ENTRY_TEXTS, 0 },
	{ 'm', ENTRY_TEXTS, 0 },
	{ 'n', ENTRY_TEXTS, 0 },
	{ 'Q', ENTRY_QUERY_ID, EMPTY | ZERO },
	{ 'i', ENTRY_PS, TEXT },
	{ 'e', ENTRY_STATE_CODE, 0 },
	{ 'c', ENTRY_SESSION_ID, 0 },
	{ 'l', ENTRY_LINE_NUM, 0 },
	{ 's', ENTRY_SESSION_START, 0 },
	{ 'v', ENTRY_VXID, EMPTY },
	{ 'x', ENTRY_TXID, ZERO },
	{ 'q', ENTRY_TEXTS, 0 },
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int add_step(struct prefix *prefix, struct prefix_step step, struct err *err)
{
	if (prefix->count == PREFIX_STEPS_MAX)
		return err_set(err, ERR_CONFIG, "log_line_prefix: more than %d parts",
			PREFIX_STEPS_MAX);
	prefix->steps[prefix->count++] = step;
	return 0;
}

static int add_literal(struct prefix *prefix, size_t *used, char c, struct err *err)
{
	if (*used == sizeof(prefix->literals))
		return err_set(err, ERR_CONFIG, "log_line_prefix: more than %zu bytes",
			sizeof(prefix->literals));
	if (prefix->count == 0 ||
		prefix->steps[prefix->count - 1].part != PREFIX_LITERAL) {
		struct prefix_step literal = { .part = PREFIX_LITERAL, .at = *used };

		if (add_step(prefix, literal, err) < 0)
			return -1;
	}
	prefix->literals[(*used)++] = c;
	prefix->steps[prefix->count - 1].len++;
	return 0;
}

static enum prefix_part part_of(const struct escape *escape)
{
	if (escape->kind & TEXT)
		return PREFIX_TEXT;
	switch (escape->letter) {
	case 'q':
		return PREFIX_SESSION;
	case 'm':
		return PREFIX_MILLIS;
	case 'p':
	case 'P':
	case 'x':
		return PREFIX_NUMBER;
	default:
		return PREFIX_FORM;
	}
}

static int time_rank(char letter)
{
	return letter == 'm' ? 3 : letter == 't' ? 2 : letter == 'n' ? 1 : 0;
}

static unsigned place_of(struct prefix *prefix, const struct escape *escape)
{
	int rank = time_rank(escape->letter);

	if (escape->letter == 'r')
		return ENTRY_REMOTE_PORT;
	if (escape->text != ENTRY_TEXTS)
		return escape->text;
	if (rank <= prefix->time_rank)
		return PREFIX_NOWHERE;
	prefix->time_rank = rank;
	return PREFIX_TIME;
}

static enum prefix_use use_of(const struct escape *escape, int padding)
{
	if (escape->letter == 'p')
		return PREFIX_USE_PID;
	if (escape->letter == 'c')
		return PREFIX_USE_SESSION_ID;
	if (escape->letter == 'r')
		return PREFIX_USE_REMOTE;
	if (escape->kind & ZERO)
		return PREFIX_USE_ZERO_IS_NONE;
	return (escape->kind & TEXT) && padding != 0 ? PREFIX_USE_PADDED
						     : PREFIX_USE_AS_IT_IS;
}

/* The value of the step that was added last. One that is there already is needed once, a time that is
 * no better than one before it not at all. */
static void add_value(struct prefix *prefix, const struct escape *escape, int padding)
{
	struct prefix_value value = {
		.step = (uint8_t)(prefix->count - 1),
		.use = (uint8_t)use_of(escape, padding),
		.place = (uint8_t)place_of(prefix, escape),
	};
	size_t count = 0;

	if (value.place == PREFIX_NOWHERE && value.use != PREFIX_USE_PID)
		return;
	for (size_t i = 0; i < prefix->values_count; i++)
		if (value.place >= ENTRY_TEXTS || prefix->values[i].place != value.place)
			prefix->values[count++] = prefix->values[i];
	if (value.place < ENTRY_TEXTS)
		prefix->texts |= UINT32_C(1) << value.place;
	if (value.use == PREFIX_USE_REMOTE)
		prefix->texts |= UINT32_C(1) << ENTRY_REMOTE_HOST;
	prefix->has_uses |= value.use > PREFIX_USE_PID;
	prefix->has_pid |=
		value.use == PREFIX_USE_PID || value.use == PREFIX_USE_SESSION_ID;
	prefix->values[count++] = value;
	prefix->values_count = count;
}

static int add_escape(struct prefix *prefix, char letter, int padding, struct err *err)
{
	for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
		struct prefix_step step = {
			.part = part_of(&escapes[i]),
			.escape = letter,
			.may_be_empty = escapes[i].kind & EMPTY,
			.padding = padding,
		};

		if (escapes[i].letter != letter)
			continue;
		if (add_step(prefix, step, err) < 0)
			return -1;
		add_value(prefix, &escapes[i], padding);
		return 0;
	}
	return 0;
}

/* Could what follows a value be taken for more of it? */
static bool is_tight(const struct prefix *prefix, size_t step)
{
	const struct prefix_step *now = &prefix->steps[step], *next = now + 1;

	if (now->part < PREFIX_MILLIS)
		return false;
	if (now->padding != 0)
		return true;
	while (next->part == PREFIX_SESSION)
		next++;
	return next->part != PREFIX_LITERAL ||
	       prefix_value_goes_on(prefix->literals[next->at]);
}

/* "-10" before an escape's letter; *ret_padding is 0 where there is none. */
static const char *take_padding(const char *p, int *ret_padding)
{
	bool left = *p == '-';
	int padding = 0;

	for (p += left; is_digit(*p); p++)
		if (padding < PADDING_MAX)
			padding = padding * 10 + (*p - '0');
	*ret_padding = left ? -padding : padding;
	return p;
}

int prefix_compile(const char *log_line_prefix, struct prefix *ret, struct err *err)
{
	struct prefix prefix = { .count = 0 };
	size_t used = 0;
	int padding, rc;

	for (const char *p = log_line_prefix; *p; p++) {
		if (*p != '%' || p[1] == '%') {
			p += *p == '%';
			rc = add_literal(&prefix, &used, *p, err);
		} else {
			p = take_padding(p + 1, &padding);
			if (!*p)
				break;
			rc = add_escape(&prefix, *p, padding, err);
		}
		if (rc < 0)
			return -1;
	}
	prefix.steps[prefix.count].part = PREFIX_END;
	prefix.has_time = prefix.time_rank > 0;
	for (size_t i = 0; i < prefix.count; i++)
		if (is_tight(&prefix, i))
			prefix.steps[i].part = PREFIX_TIGHT;
	prefix_add_strides(&prefix);
	*ret = prefix;
	return 0;
}

void prefix_from_step(const struct prefix *prefix, size_t first, struct prefix *ret)
{
	*ret = *prefix;
	ret->count -= first;
	ret->values_count = 0;
	memmove(ret->steps, ret->steps + first, (ret->count + 1) * sizeof(ret->steps[0]));
	for (size_t i = 0; i < prefix->values_count; i++) {
		struct prefix_value value = prefix->values[i];

		if (value.step < first)
			continue;
		value.step = (uint8_t)(value.step - first);
		ret->values[ret->values_count++] = value;
	}
	prefix_add_strides(ret);
}

static inline void put(
	struct prefix_fields *fields, unsigned place, size_t at, size_t len)
{
	fields->places[place] = (struct span){ (uint32_t)at, (uint32_t)len };
	fields->has = (fields->has & ~(UINT32_C(1) << place)) | (uint32_t)(len > 0)
									<< place;
}

/* Off any text; that of a value with a form is off already. */
static void take_padding_off(
	const char *line, unsigned place, int padding, struct prefix_fields *fields)
{
	size_t at = fields->places[place].at, len = fields->places[place].len;

	if (len != (size_t)abs(padding))
		return;
	for (; padding < 0 && len > 0; len--)
		if (line[at + len - 1] != ' ')
			break;
	for (; padding > 0 && len > 0; len--, at++)
		if (line[at] != ' ')
			break;
	put(fields, place, at, len);
}

/* "65bd1234.1f": the pid of %c. */
static int64_t session_pid(const char *value, size_t len)
{
	int64_t n = 0;
	const char *s = memchr(value, '.', len);

	if (!s)
		return 0;
	for (s++; s < value + len; s++)
		n = n * 16 + (is_digit(*s) ? *s - '0' : *s - 'a' + 10);
	return n;
}

/* "10.0.0.1(5432)", or an address alone */
static void split_remote(const char *line, struct prefix_fields *fields)
{
	size_t at = fields->places[ENTRY_REMOTE_PORT].at;
	size_t len = fields->places[ENTRY_REMOTE_PORT].len, open = len;

	put(fields, ENTRY_REMOTE_PORT, 0, 0);
	put(fields, ENTRY_REMOTE_HOST, at, len);
	if (len < 3 || line[at + len - 1] != ')')
		return;
	for (open = len - 1; open > 0 && is_digit(line[at + open - 1]); open--)
		;
	if (open < 2 || open == len - 1 || line[at + open - 1] != '(')
		return;
	put(fields, ENTRY_REMOTE_PORT, at + open, len - 1 - open);
	put(fields, ENTRY_REMOTE_HOST, at, open - 1);
}

/* What is not used as it is. */
static void settle(
	const struct prefix *prefix, const char *line, struct prefix_fields *fields)
{
	for (size_t i = 0; i < prefix->values_count; i++) {
		const struct prefix_value *value = &prefix->values[i];
		struct span span = fields->places[value->place];

		if (!(fields->has >> value->place & 1))
			continue;
		if (value->use == PREFIX_USE_PADDED || value->use == PREFIX_USE_REMOTE)
			take_padding_off(line, value->place,
				prefix->steps[value->step].padding, fields);
		if (value->use == PREFIX_USE_REMOTE)
			split_remote(line, fields);
		else if (value->use == PREFIX_USE_SESSION_ID && fields->pid == 0)
			fields->pid = session_pid(line + span.at, span.len);
		else if (value->use == PREFIX_USE_ZERO_IS_NONE && span.len == 1 &&
			 line[span.at] == '0')
			put(fields, value->place, 0, 0);
	}
}

/* Any line along any prefix. */
static bool read_any(const struct prefix *prefix, const char *line, size_t len,
	struct prefix_fields *ret)
{
	struct prefix_found found = { 0 };

	if (!prefix_walk(prefix, line, len, &found))
		return false;
	ret->pid = 0;
	ret->has = 0;
	ret->places[PREFIX_TIME] = (struct span){ 0, 0 };
	for (size_t i = 0; i < prefix->values_count; i++) {
		const struct prefix_value *what = &prefix->values[i];
		struct slice value = { NULL, 0 };

		if (what->step < found.steps)
			value = found.values[what->step];
		if (value.len > 0)
			put(ret, what->place, (size_t)(value.s - line), value.len);
		if (value.len > 0 && what->use == PREFIX_USE_PID)
			ret->pid = prefix_decimal(value.s, value.len);
	}
	ret->word = found.word;
	ret->len = found.len + found.word.len;
	return true;
}

bool prefix_read_usual(const struct prefix *prefix, const char *text, size_t len,
	struct prefix_fields *ret)
{
	if (!prefix->has_strides || !prefix_stride(prefix, text, len, ret))
		return false;
	if (prefix->has_uses)
		settle(prefix, text, ret);
	return true;
}

bool prefix_read(const struct prefix *prefix, const char *line, size_t len,
	struct prefix_fields *ret)
{
	if (prefix_read_usual(prefix, line, len, ret))
		return true;
	if (!read_any(prefix, line, len, ret))
		return false;
	settle(prefix, line, ret);
	ret->has &= (UINT32_C(1) << ENTRY_TEXTS) - 1;
	return true;
}

static inline struct slice slice_of(const char *line, struct span span)
{
	return (struct slice){ span.len > 0 ? line + span.at : NULL, span.len };
}

bool prefix_match(const struct prefix *prefix, const char *line, size_t len,
	struct entry *entry, struct log_word *ret_word, size_t *ret_len)
{
	struct prefix_fields fields;

	if (!prefix_read(prefix, line, len, &fields))
		return false;
	if (prefix->has_pid)
		entry->pid = fields.pid;
	if (prefix->has_time)
		entry->time = slice_of(line, fields.places[PREFIX_TIME]);
	for (uint32_t texts = prefix->texts; texts; texts &= texts - 1) {
		unsigned i = (unsigned)__builtin_ctz(texts);

		entry->text[i] = fields.has >> i & 1 ? slice_of(line, fields.places[i])
						     : (struct slice){ NULL, 0 };
	}
	*ret_word = fields.word;
	*ret_len = fields.len;
	return true;
}
