#include "prefix.h"

#include <endian.h>
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

static size_t offset_of_text(enum entry_text text)
{
	return offsetof(struct entry, text) + text * sizeof(struct slice);
}

/* The value of the step that was added last. A time that is no better than one before it is not needed. */
static void add_value(struct prefix *prefix, const struct escape *escape, int padding)
{
	struct prefix_value value = {
		.step = (uint8_t)(prefix->count - 1),
		.offset = offsetof(struct entry, time),
		.adjust =
			(escape->kind & ZERO) || ((escape->kind & TEXT) && padding != 0),
		.zero_is_none = escape->kind & ZERO,
	};
	int rank = time_rank(escape->letter);

	if (escape->text != ENTRY_TEXTS) {
		value.use =
			escape->letter == 'c' ? PREFIX_USE_SESSION_ID : PREFIX_USE_SLICE;
		value.offset = (uint16_t)offset_of_text(escape->text);
		prefix->texts |= UINT32_C(1) << escape->text;
	} else if (escape->letter == 'r') {
		value.use = PREFIX_USE_REMOTE;
		prefix->texts |= UINT32_C(1) << ENTRY_REMOTE_HOST |
				 UINT32_C(1) << ENTRY_REMOTE_PORT;
	} else if (escape->letter == 'p') {
		value.use = PREFIX_USE_PID;
	} else if (rank > prefix->time_rank) {
		value.use = prefix->time_rank ? PREFIX_USE_BETTER_TIME : PREFIX_USE_SLICE;
		prefix->time_rank = rank;
	} else {
		return;
	}
	prefix->has_pid |= escape->letter == 'p' || escape->letter == 'c';
	prefix->values[prefix->values_count++] = value;
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

/* Takes the padding off any text; that of a value with a form is off already. */
static struct slice adjusted(
	const struct prefix *prefix, const struct prefix_value *what, struct slice value)
{
	int padding = prefix->steps[what->step].padding;

	if (what->zero_is_none) {
		if (value.len == 1 && value.s[0] == '0')
			value.len = 0;
		return value;
	}
	if (value.len != (size_t)abs(padding))
		return value;
	for (; padding < 0 && value.len > 0; value.len--)
		if (value.s[value.len - 1] != ' ')
			break;
	for (; padding > 0 && value.len > 0; value.len--, value.s++)
		if (value.s[0] != ' ')
			break;
	return value;
}

/* Digits; those of a process id at once: each step joins neighbours to twice as many. */
static int64_t decimal(struct slice value, const char *line_end)
{
	uint64_t text;
	int64_t n = 0;

	if (value.len <= sizeof(text) && line_end - value.s >= (ptrdiff_t)sizeof(text)) {
		memcpy(&text, value.s, sizeof(text));
		text = (le64toh(text) & UINT64_C(0x0f0f0f0f0f0f0f0f))
		       << (64 - 8 * value.len);
		text = (text * 10 + (text >> 8)) & UINT64_C(0x00ff00ff00ff00ff);
		text = (text * 100 + (text >> 16)) & UINT64_C(0x0000ffff0000ffff);
		return (int64_t)((text * 10000 + (text >> 32)) & UINT32_MAX);
	}
	for (size_t i = 0; i < value.len; i++)
		n = n * 10 + (value.s[i] - '0');
	return n;
}

/* "65bd1234.1f": the pid of %c. */
static int64_t session_pid(struct slice value)
{
	int64_t n = 0;
	const char *s = value.s ? memchr(value.s, '.', value.len) : NULL;

	if (!s)
		return 0;
	for (s++; s < value.s + value.len; s++)
		n = n * 16 + (is_digit(*s) ? *s - '0' : *s - 'a' + 10);
	return n;
}

/* "10.0.0.1(5432)" */
static void set_remote(struct entry *entry, struct slice value)
{
	size_t open = value.len;

	entry->text[ENTRY_REMOTE_PORT] = (struct slice){ NULL, 0 };
	entry->text[ENTRY_REMOTE_HOST] = value;
	if (value.len < 3 || value.s[value.len - 1] != ')')
		return;
	for (open = value.len - 1; open > 0 && is_digit(value.s[open - 1]); open--)
		;
	if (open < 2 || open == value.len - 1 || value.s[open - 1] != '(')
		return;
	entry->text[ENTRY_REMOTE_PORT] =
		(struct slice){ value.s + open, value.len - 1 - open };
	entry->text[ENTRY_REMOTE_HOST].len = open - 1;
}

static inline struct slice *slice_in(struct entry *entry, size_t offset)
{
	return (struct slice *)((char *)entry + offset);
}

static void set_values(const struct prefix *prefix, const struct prefix_found *found,
	const char *line_end, struct entry *entry)
{
	const struct prefix_value *what = prefix->values;
	const struct prefix_value *end = what + prefix->values_count;

	if (prefix->has_pid)
		entry->pid = 0;
	for (; what < end; what++) {
		struct slice value = { NULL, 0 };

		if (what->step < found->steps)
			value = found->values[what->step];
		if (what->adjust)
			value = adjusted(prefix, what, value);
		if (value.len == 0)
			value.s = NULL;
		if (what->use == PREFIX_USE_SLICE) {
			*slice_in(entry, what->offset) = value;
		} else if (what->use == PREFIX_USE_PID) {
			if (value.s)
				entry->pid = decimal(value, line_end);
		} else if (what->use == PREFIX_USE_REMOTE) {
			set_remote(entry, value);
		} else if (what->use == PREFIX_USE_SESSION_ID) {
			*slice_in(entry, what->offset) = value;
			if (entry->pid == 0)
				entry->pid = session_pid(value);
		} else if (value.s) {
			entry->time = value;
		}
	}
}

bool prefix_match(const struct prefix *prefix, const char *line, size_t len,
	struct entry *entry, struct log_word *ret_word, size_t *ret_len)
{
	struct prefix_found found;

	if (!(prefix->has_strides && prefix_stride(prefix, line, len, &found)) &&
		!prefix_walk(prefix, line, len, &found))
		return false;
	set_values(prefix, &found, line + len, entry);
	*ret_word = found.word;
	*ret_len = found.len + found.word.len;
	return true;
}
