#include "prefix_compose.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "prefix_value.h"

static const struct {
	const char *key;
	char escape;
} keys[] = {
	{ "user", 'u' },
	{ "usr", 'u' },
	{ "username", 'u' },
	{ "u", 'u' },
	{ "database", 'd' },
	{ "dbname", 'd' },
	{ "db", 'd' },
	{ "d", 'd' },
	{ "application_name", 'a' },
	{ "application", 'a' },
	{ "appname", 'a' },
	{ "app", 'a' },
	{ "a", 'a' },
	{ "remote", 'h' },
	{ "client", 'h' },
	{ "host", 'h' },
	{ "addr", 'h' },
	{ "ip", 'h' },
	{ "h", 'h' },
	{ "r", 'h' },
	{ "leader", 'P' },
	{ "P", 'P' },
	{ "pid", 'p' },
	{ "p", 'p' },
	{ "session", 'c' },
	{ "session_id", 'c' },
	{ "sid", 'c' },
	{ "c", 'c' },
	{ "line", 'l' },
	{ "l", 'l' },
	{ "vxid", 'v' },
	{ "vtid", 'v' },
	{ "v", 'v' },
	{ "txid", 'x' },
	{ "xid", 'x' },
	{ "tx", 'x' },
	{ "x", 'x' },
	{ "sqlstate", 'e' },
	{ "state", 'e' },
	{ "code", 'e' },
	{ "e", 'e' },
	{ "queryid", 'Q' },
	{ "query_id", 'Q' },
	{ "Q", 'Q' },
	{ "qid", 'Q' },
	{ "backend", 'b' },
	{ "type", 'b' },
	{ "b", 'b' },
	{ "command", 'i' },
	{ "cmd", 'i' },
	{ "tag", 'i' },
	{ "ps", 'i' },
	{ "i", 'i' },
};

struct draft {
	const char *s; /* the line up to its word */
	size_t len, at;
	bool pass_over, failed;
	char *text;
	size_t size, used;
	char escapes[64]; /* those used so far */
};

static void put(struct draft *draft, const char *s, size_t len)
{
	if (draft->size - draft->used <= len) {
		draft->failed = true;
		return;
	}
	memcpy(draft->text + draft->used, s, len);
	draft->used += len;
}

static void put_literal(struct draft *draft, size_t len)
{
	for (; len > 0; len--, draft->at++)
		put(draft, draft->s[draft->at] == '%' ? "%%" : draft->s + draft->at,
			draft->s[draft->at] == '%' ? 2 : 1);
}

static bool has(const struct draft *draft, char escape)
{
	return strchr(draft->escapes, escape) != NULL;
}

/* An escape for the next len bytes. */
static void put_escape(struct draft *draft, char escape, size_t len)
{
	size_t n = strlen(draft->escapes);

	put(draft, (char[]){ '%', escape }, 2);
	draft->at += len;
	if (n < sizeof(draft->escapes) - 1)
		draft->escapes[n] = escape;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static size_t word_len(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && is_word(s[n]))
		n++;
	return n;
}

/* The escape of "user=" at s, *ret_len with its sign; '\0' when there is no such key. */
static char find_key(const char *s, size_t len, size_t *ret_len)
{
	size_t n = word_len(s, len);

	if (n == 0 || n == len || (s[n] != '=' && s[n] != ':'))
		return '\0';
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		/* A single letter is a key in x=, not in x:, and not in X=. */
		if (strlen(keys[i].key) == n && strncasecmp(s, keys[i].key, n) == 0 &&
			(n > 1 || (s[n] == '=' && s[0] == keys[i].key[0]))) {
			*ret_len = n + 1;
			return keys[i].escape;
		}
	return '\0';
}

/* "[unknown]", "[local]" */
static size_t bracketed_len(const char *s, size_t len)
{
	size_t n = len > 0 && s[0] == '[' ? 1 + word_len(s + 1, len - 1) : 0;

	return n > 1 && n < len && s[n] == ']' && !isdigit((unsigned char)s[1]) ? n + 1
										: 0;
}

/* The value of a key: up to the next one, or else up to a blank or to punctuation. */
static size_t text_len(const char *s, size_t len)
{
	size_t n = bracketed_len(s, len), ignored;

	if (n > 0)
		return n;
	for (n = 0; n < len; n++) {
		size_t next = n;

		while (next < len && strchr(" ,;|", s[next]))
			next++;
		if (next > n && find_key(s + next, len - next, &ignored))
			return n;
	}
	for (n = 0; n < len && !strchr(" ,;|)]>", s[n]); n++)
		;
	return n;
}

/* "10.0.0.1", "::1", maybe "(5432)" behind, or "[local]"; 0 when it is no address. */
static size_t address_len(const char *s, size_t len, char *ret_escape)
{
	size_t n = 0, signs = 0, port;

	*ret_escape = 'h';
	if (len >= 7 && memcmp(s, "[local]", 7) == 0)
		return 7;
	for (; n < len && (isxdigit((unsigned char)s[n]) || s[n] == '.' || s[n] == ':');
		n++)
		signs += s[n] == '.' || s[n] == ':';
	if (n > 0 && s[n - 1] == ':' && signs == 4 && memchr(s, '.', n))
		signs--, n--; /* "10.0.0.1:" */
	if (signs < 2 || (memchr(s, '.', n) && signs != 3))
		return 0;
	if (n == len || s[n] != '(')
		return n;
	for (port = n + 1; port < len && isdigit((unsigned char)s[port]); port++)
		;
	if (port == len || s[port] != ')')
		return n;
	*ret_escape = 'r';
	return port + 1;
}

static bool take_time(struct draft *draft)
{
	static const char order[] = "mtn";
	const char *s = draft->s + draft->at;
	size_t left = draft->len - draft->at, n;
	bool known = has(draft, 'm') || has(draft, 't') || has(draft, 'n');

	for (const char *escape = order; *escape; escape++) {
		n = prefix_reach_of(*escape, s, left).natural;
		if (n == 0 || (*escape == 'n' && n < 12))
			continue;
		put_escape(draft, known && *escape == 't' ? 's' : *escape, n);
		return true;
	}
	return false;
}

static bool take_pair(struct draft *draft)
{
	size_t key_len = 0, n;
	char escape = find_key(draft->s + draft->at, draft->len - draft->at, &key_len);
	const char *s = draft->s + draft->at + key_len;
	size_t left = draft->len - draft->at - key_len;
	char other;

	if (!escape)
		return false;
	n = strchr("udahib", escape) ? text_len(s, left)
				     : prefix_reach_of(escape, s, left).natural;
	if (n == 0 && !strchr("udahibPQv", escape))
		return false;
	put_literal(draft, key_len);
	if (escape == 'h' && address_len(s, left, &other) == n && n > 0)
		escape = other;
	put_escape(draft, escape, n);
	return true;
}

/* Values with a form that can't be mistaken. */
static bool take_form(struct draft *draft)
{
	const char *s = draft->s + draft->at;
	size_t left = draft->len - draft->at, n;
	char escape;

	n = prefix_reach_of('c', s, left).natural;
	if (n > 0 && (const char *)memchr(s, '.', n) - s >= 6 && !has(draft, 'c') &&
		(n == left || !(is_word(s[n]) || s[n] == '.'))) {
		put_escape(draft, 'c', n);
		return true;
	}
	n = prefix_reach_of('v', s, left).natural;
	if (n > 0 && !has(draft, 'v')) {
		put_escape(draft, 'v', n);
		return true;
	}
	n = address_len(s, left, &escape);
	if (n > 0 && !has(draft, escape)) {
		put_escape(draft, escape, n);
		return true;
	}
	return false;
}

static bool take_number(struct draft *draft)
{
	static const char order[] = "plx";
	const char *s = draft->s + draft->at, *escape = order;
	size_t left = draft->len - draft->at, n = word_len(s, left);

	for (size_t i = 0; i < n; i++)
		if (!isdigit((unsigned char)s[i]))
			return false;
	if (n == 0)
		return false;
	if (n == 5 && memcmp(s, "00000", 5) == 0 && !has(draft, 'e')) {
		put_escape(draft, 'e', n);
		return true;
	}
	if (left - n >= 3 && memcmp(s + n, "-1]", 3) == 0 && !has(draft, 'l')) {
		put_escape(draft, 'l', n);
		put_literal(draft, 3);
		return true;
	}
	while (*escape && has(draft, *escape))
		escape++;
	if (!*escape)
		return false;
	put_escape(draft, *escape, n);
	return true;
}

static size_t name_len(const char *s, size_t len)
{
	size_t n = bracketed_len(s, len);

	if (n > 0)
		return n;
	while (n < len && (is_word(s[n]) || s[n] == '-' || s[n] == '.' || s[n] == '$'))
		n++;
	return n;
}

/* user@database; a process without a session has neither. */
static bool take_names(struct draft *draft)
{
	const char *s = draft->s + draft->at;
	size_t left = draft->len - draft->at, n = name_len(s, left), database;

	if (n == left || s[n] != '@' || has(draft, 'u') || has(draft, 'd'))
		return false;
	database = name_len(s + n + 1, left - n - 1);
	put_escape(draft, 'u', n);
	put_literal(draft, 1);
	put_escape(draft, 'd', database);
	return true;
}

/* What means nothing to us. A word before "=" is a key. */
static void take_words(struct draft *draft)
{
	const char *s = draft->s + draft->at;
	size_t left = draft->len - draft->at, n = name_len(s, left);

	if (n == 0)
		put_literal(draft, 1);
	else if (draft->pass_over && s[0] != '-' && s[0] != '.' &&
		 (n == left || s[n] != '='))
		put_escape(draft, 'L', n);
	else
		put_literal(draft, n);
}

bool prefix_compose(const char *s, size_t len, bool pass_over, char *ret, size_t size)
{
	struct draft draft = {
		.s = s, .len = len, .pass_over = pass_over, .text = ret, .size = size
	};

	while (draft.at < len && !draft.failed)
		if (!take_time(&draft) && !take_pair(&draft) && !take_form(&draft) &&
			!take_number(&draft) && !take_names(&draft))
			take_words(&draft);
	if (!draft.failed)
		ret[draft.used] = '\0';
	return !draft.failed;
}
