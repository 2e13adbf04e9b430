#include "password_mask.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

struct text {
	const char *s;
	size_t len;
};

static bool is_word_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static bool is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c);
}

static bool ends_in(const char *s, size_t len, const char *word)
{
	size_t n = strlen(word);

	return len >= n && strncasecmp(s + len - n, word, n) == 0;
}

/* password, passwd, sslpassword, PGPASSWORD, my_password: what ends so is taken for one. */
bool password_word(const char *s, size_t len)
{
	return ends_in(s, len, "password") || ends_in(s, len, "passwd");
}

static size_t skip_space(const struct text *text, size_t at)
{
	while (at < text->len && isspace((unsigned char)text->s[at]))
		at++;
	return at;
}

static bool starts(const struct text *text, size_t at, const char *word)
{
	size_t n = strlen(word);

	return text->len - at >= n && strncasecmp(text->s + at, word, n) == 0;
}

static size_t skip_past(const struct text *text, size_t at, const char *mark)
{
	const char *end = memmem(text->s + at, text->len - at, mark, strlen(mark));

	return end ? (size_t)(end - text->s) + strlen(mark) : text->len;
}

/* What stands between a key and its value. */
struct gap {
	bool assigned;  /* an "=" or ":" */
	size_t comment; /* where the first one begins, 0 for none */
};

/* White space, comments and the operators between a key and its value. */
static size_t skip_gap(const struct text *text, size_t at, struct gap *ret_gap)
{
	*ret_gap = (struct gap){ 0 };
	for (;;) {
		at = skip_space(text, at);
		if (at == text->len)
			return at;
		if (starts(text, at, "/*") || starts(text, at, "--")) {
			if (ret_gap->comment == 0)
				ret_gap->comment = at;
			at = skip_past(text, at, text->s[at] == '-' ? "\n" : "*/");
		} else if (is_one_of(text->s[at], "=:>(")) {
			ret_gap->assigned |= text->s[at] == '=' || text->s[at] == ':';
			at++;
		} else {
			return at;
		}
	}
}

static size_t run_of(const struct text *text, size_t at, char c)
{
	size_t n = 0;

	while (at + n < text->len && text->s[at + n] == c)
		n++;
	return n;
}

static bool names_password(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (password_word(s, i + 1))
			return true;
	return false;
}

/*
 * End of a value whose opening quotes are `depth` times `quote`. Each level of SQL around it doubles
 * them, and doubles them again for a quote inside: only a run that is no multiple of 2 * depth ends
 * it. A shorter one means that the opening quotes were something else.
 */
static size_t quoted_end(const struct text *text, size_t at, char quote, size_t depth)
{
	while (at < text->len) {
		size_t n = run_of(text, at, quote), odd = n % (2 * depth);

		if (n == 0) {
			at++;
			continue;
		}
		if (text->s[at - 1] != '\\' && odd != 0)
			return odd < depth ? text->len : at;
		at += n;
	}
	return text->len;
}

/* \'…\' and \"…\": a quote without the backslash ends the text around it. */
static size_t escaped_end(const struct text *text, size_t at, char quote)
{
	for (; at < text->len; at++) {
		if (text->s[at] != quote)
			continue;
		if (text->s[at - 1] != '\\')
			return at;
		if (text->s[at - 2] != '\\')
			return at - 1;
	}
	return text->len;
}

static size_t dollar_end(const struct text *text, size_t at, size_t tag_len)
{
	const char *tag = text->s + at, *end;

	at += tag_len;
	end = memmem(text->s + at, text->len - at, tag, tag_len);
	return end ? (size_t)(end - text->s) : text->len;
}

static size_t dollar_tag(const struct text *text, size_t at)
{
	size_t n = 1;

	if (text->s[at] != '$')
		return 0;
	while (at + n < text->len && is_word_char(text->s[at + n]))
		n++;
	return at + n < text->len && text->s[at + n] == '$' ? n + 1 : 0;
}

/* In conninfo a backslash takes the next character's meaning away. */
static size_t bare_end(const struct text *text, size_t at)
{
	while (at < text->len && !isspace((unsigned char)text->s[at]))
		at += text->s[at] == '\\' && at + 1 < text->len ? 2 : 1;
	return at;
}

/* The letters in front of a literal: E'…', N'…', U&'…'. */
static size_t skip_prefix(const struct text *text, size_t at)
{
	size_t n = starts(text, at, "u&") ? 2 : is_one_of(text->s[at], "eEnNbBxX");

	return at + n < text->len && is_one_of(text->s[at + n], "'\"") ? at + n : at;
}

/*
 * The value at `at`: its secret part, behind the opening quotes, and how the text ends where that part
 * reaches to its end.
 */
static bool value_at(const struct text *text, size_t at, bool assigned, size_t *ret_from,
	size_t *ret_to, enum password_end *ret_end)
{
	size_t from = skip_prefix(text, at), to, after, n;
	char c = text->s[from];

	*ret_end = PASSWORD_END_OPEN;
	if (c == '\'' || c == '"') {
		n = run_of(text, from, c);
		from += n;
		to = quoted_end(text, from, c, n);
	} else if (c == '\\' && from + 1 < text->len &&
		   is_one_of(text->s[from + 1], "'\"")) {
		from += 2;
		to = escaped_end(text, from, text->s[from - 1]);
	} else if ((n = dollar_tag(text, from)) > 0) {
		to = dollar_end(text, from, n);
		from += n;
	} else if (assigned) {
		to = bare_end(text, from);
		*ret_end = PASSWORD_END_INSIDE;
	} else {
		return false;
	}
	/* 'password=' || 'x': the quote was a closing one. A second password inside: likewise. */
	after = skip_space(text, to);
	if (starts(text, after, "||") || memmem(text->s + from, to - from, "||", 2) ||
		names_password(text->s + from, to - from)) {
		to = text->len;
		*ret_end = PASSWORD_END_OPEN;
	}
	*ret_from = from;
	*ret_to = to;
	return true;
}

/* The word that ends before `at` is a password's name: where its value may begin, 0 when not. */
static size_t after_name(const struct text *text, size_t at, struct gap *ret_gap)
{
	size_t start = at, key_end = at;

	if (at < text->len && is_word_char(text->s[at]))
		return 0;
	if (ends_in(text->s, at, "identified")) {
		at = skip_space(text, at);
		return starts(text, at, "by") ? skip_gap(text, at + 2, ret_gap) : 0;
	}
	if (!password_word(text->s, at))
		return 0;
	while (start > 0 && is_word_char(text->s[start - 1]))
		start--;
	if (start > 0 && is_one_of(text->s[start - 1], "'\"")) /* a key in quotes */
		while (key_end < text->len && is_one_of(text->s[key_end], "'\"\\"))
			key_end++;
	key_end = skip_gap(text, key_end, ret_gap);
	if (!ret_gap->assigned)
		key_end = skip_gap(text, at, ret_gap);
	return key_end > at || key_end < text->len ? key_end : 0;
}

/* "://user:password@": the bytes to hide. Without any, *ret_to is where the URI ends. */
static bool uri_password(
	const struct text *text, size_t at, bool cut, size_t *ret_from, size_t *ret_to)
{
	size_t end = at, last = 0, colon = 0, host = at;

	while (end < text->len && (unsigned char)text->s[end] > ' ') {
		if (text->s[end] == '@')
			last = end;
		end++;
	}
	/* Cut before the last "@" it may have had. */
	cut = cut && end == text->len;
	*ret_to = end;
	if (last == 0 && !cut)
		return false;
	if (last == 0 && text->s[at] == '[') /* an IPv6 address has colons of its own */
		while (host < end && text->s[host] != ']')
			host++;
	for (size_t i = host; i < (last ? last : end) && !colon; i++)
		if (text->s[i] == ':')
			colon = i + 1;
	if (colon == 0)
		return false;
	*ret_from = colon;
	*ret_to = cut ? end : last;
	return true;
}

/* A text that ends before the value: what is shown of it. */
static void add_before(
	const struct text *text, size_t shown, const struct gap *gap, struct buf *out)
{
	size_t end = gap->comment > 0 ? gap->comment : text->len;

	buf_add(out, text->s + shown, end - shown);
	if (gap->comment > 0)
		buf_adds(out, PASSWORD_MASK);
}

enum password_end password_mask(const char *s, size_t len, bool cut, struct buf *out)
{
	const struct text text = { s, len };
	size_t shown = 0, uri_end = 0, from, to;

	for (size_t i = 0; i < len; i++) {
		enum password_end end = PASSWORD_END_OUTSIDE;
		struct gap gap;

		if (s[i] == 'd' || s[i] == 'D') {
			size_t value = after_name(&text, i + 1, &gap);

			if (value == 0)
				continue;
			if (value == len) {
				add_before(&text, shown, &gap, out);
				return PASSWORD_END_OPEN;
			}
			if (!value_at(&text, value, gap.assigned, &from, &to, &end))
				continue;
			if (gap.comment > 0) /* it may hold another one */
				from = gap.comment;
		} else if (s[i] == ':' && i >= uri_end && len - i > 3 &&
			   memcmp(s + i, "://", 3) == 0) {
			if (!uri_password(&text, i + 3, cut, &from, &to)) {
				uri_end = to; /* nor will a look from further on */
				continue;
			}
		} else {
			continue;
		}
		buf_add(out, s + shown, from - shown);
		buf_adds(out, PASSWORD_MASK);
		if (to == len)
			return end;
		shown = to;
		i = to - 1;
	}
	buf_add(out, s + shown, len - shown);
	return PASSWORD_END_OUTSIDE;
}
