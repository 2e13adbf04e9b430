#include "prose_redact.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static bool is_word_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/* What the server's messages put before a quoted identifier, path or address. */
static const char *const naming[] = { "address", "aggregate", "attribute",
	"authorization", "channel", "class", "collation", "column", "configuration",
	"constraint", "conversion", "cursor", "database", "dictionary", "directory",
	"domain", "encoding", "extension", "family", "field", "file", "function", "host",
	"index", "language", "library", "method", "object", "operator", "option",
	"origin", "parameter", "parser", "partition", "path", "plugin", "policy",
	"portal", "procedure", "provider", "publication", "record", "relation", "role",
	"routine", "rule", "savepoint", "schema", "sequence", "server", "slot",
	"snapshot", "socket", "standby", "statement", "statistics", "subscription",
	"table", "tablespace", "template", "trigger", "type", "user", "vacuuming",
	"variable", "view", "worker", "wrapper" };

/* The words a statement that can hold data begins with. */
static const char *const statements[] = { "alter", "call", "comment", "copy", "create",
	"declare", "delete", "do", "drop", "execute", "explain", "grant", "insert",
	"merge", "notify", "prepare", "select", "set", "update", "values", "with" };

static bool is_listed(const char *s, size_t len, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(list[i]) == len && strncasecmp(s, list[i], len) == 0)
			return true;
	return false;
}

/* Does the word before the quote at `at` announce an identifier? */
static bool names_identifier(const char *s, size_t at)
{
	size_t start;

	if (at == 0 || s[at - 1] != ' ')
		return false;
	start = --at;
	while (start > 0 && is_word_char(s[start - 1]))
		start--;
	return is_listed(
		s + start, at - start, naming, sizeof(naming) / sizeof(naming[0]));
}

/*
 * Length of the quote at s, 0 when there is none. Those of the languages the server speaks: ' " « »,
 * from U+201A to U+201F but the apostrophe's mirror, ‹ › and 「 」 『 』.
 */
static size_t quote_at(const char *s, size_t len)
{
	unsigned char last;

	if (len > 0 && (*s == '\'' || *s == '"'))
		return 1;
	if (len > 1 && *s == '\xc2' && (s[1] == '\xab' || s[1] == '\xbb'))
		return 2;
	if (len < 3 || (*s != '\xe2' && *s != '\xe3') || s[1] != '\x80')
		return 0;
	last = (unsigned char)s[2];
	if (*s == '\xe3')
		return last >= 0x8c && last <= 0x8f ? 3 : 0;
	return (last >= 0x9a && last <= 0x9f && last != 0x9b) || last == 0xb9 ||
			       last == 0xba
		       ? 3
		       : 0;
}

static bool is_opening(const char *s, size_t at)
{
	return s[at] != '\'' || at == 0 || !is_word_char(s[at - 1]); /* can't, n'est */
}

/* Where the last quote after `from` begins; len where there is none. */
static size_t last_quote(const char *s, size_t len, size_t from)
{
	for (size_t at = len; at > from; at--)
		if (quote_at(s + at - 1, len - at + 1) > 0)
			return at - 1;
	return len;
}

static size_t skip_hex(const char *s, size_t len, size_t at)
{
	while (at < len && isxdigit((unsigned char)s[at]))
		at++;
	return at;
}

struct prose {
	const char *s;
	size_t len;
	size_t shown;
	struct buf *out;
};

static void mask(struct prose *prose, size_t start, size_t end)
{
	buf_add(prose->out, prose->s + prose->shown, start - prose->shown);
	buf_adds(prose->out, PROSE_MASK);
	prose->shown = end;
}

/* The quote of n bytes at `at`; where to go on. */
static size_t take_quote(struct prose *prose, size_t at, size_t n, bool cut)
{
	const char *s = prose->s;
	size_t from = at + n, end;
	const char *closing;

	if (s[at] == '"' && names_identifier(s, at)) {
		closing = memchr(s + from, '"', prose->len - from);
		return closing ? (size_t)(closing - s) + 1 : prose->len;
	}
	end = cut ? prose->len : last_quote(s, prose->len, from);
	if (end == from)
		return from + quote_at(s + from, prose->len - from); /* "" */
	mask(prose, from, end);
	return end < prose->len ? end + quote_at(s + end, prose->len - end) : end;
}

void prose_redact(const char *s, size_t len, bool cut, struct buf *out)
{
	struct prose prose = { s, len, 0, out };
	size_t at = 0;

	while (at < len) {
		size_t n = quote_at(s + at, len - at);

		if (n > 0 && is_opening(s, at)) {
			at = take_quote(&prose, at, n, cut);
		} else if (len - at > 2 && memcmp(s + at, "0x", 2) == 0 &&
			   isxdigit((unsigned char)s[at + 2]) &&
			   (at == 0 || !is_word_char(s[at - 1]))) {
			n = skip_hex(s, len, at + 2);
			mask(&prose, at + 2, n);
			at = n;
		} else {
			at++;
		}
	}
	buf_add(out, s + prose.shown, len - prose.shown);
}

size_t prose_sql_at(const char *s, size_t len)
{
	for (size_t at = 0; at + 2 < len;) {
		const char *colon = memchr(s + at, ':', len - at - 2);
		size_t start, end;

		if (!colon)
			break;
		at = (size_t)(colon - s) + 1;
		if (!isspace((unsigned char)s[at]))
			continue;
		start = at + 1;
		end = start;
		while (end < len && isalpha((unsigned char)s[end]))
			end++;
		if (is_listed(s + start, end - start, statements,
			    sizeof(statements) / sizeof(statements[0])) ||
			(len - start > 2 && (memcmp(s + start, "/*", 2) == 0 ||
						    memcmp(s + start, "--", 2) == 0)))
			return start;
	}
	return len;
}
