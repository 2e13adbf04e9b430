#include "redact.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

struct lexer {
	const char *sql;
	size_t len;
	size_t at;
	/* The literal that comes next is a password: the word before it was PASSWORD. */
	bool password;
};

enum token {
	TOKEN_SPACE,
	TOKEN_COMMENT,
	TOKEN_WORD,
	TOKEN_NUMBER,
	TOKEN_LITERAL,
	TOKEN_OTHER
};

static bool is_word_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$' ||
	       (unsigned char)c >= 0x80;
}

static bool starts(const struct lexer *lex, const char *s)
{
	size_t n = strlen(s);

	return lex->len - lex->at >= n && memcmp(lex->sql + lex->at, s, n) == 0;
}

static void skip_line(struct lexer *lex)
{
	while (lex->at < lex->len && lex->sql[lex->at] != '\n')
		lex->at++;
}

static void skip_comment(struct lexer *lex)
{
	unsigned depth = 0;

	while (lex->at < lex->len) {
		if (starts(lex, "/*")) {
			depth++;
			lex->at += 2;
		} else if (starts(lex, "*/")) {
			lex->at += 2;
			if (--depth == 0)
				return;
		} else {
			lex->at++;
		}
	}
}

/* From the opening quote; doubled quotes stay inside. */
static void skip_quoted(struct lexer *lex, char quote, bool backslash)
{
	lex->at++;
	while (lex->at < lex->len) {
		char c = lex->sql[lex->at++];

		if (backslash && c == '\\' && lex->at < lex->len)
			lex->at++;
		else if (c == quote) {
			if (lex->at == lex->len || lex->sql[lex->at] != quote)
				return;
			lex->at++;
		}
	}
}

/* Length of "$tag$" at the lexer, 0 when there is none. */
static size_t dollar_tag(const struct lexer *lex)
{
	const char *s = lex->sql + lex->at;
	size_t left = lex->len - lex->at, n = 1;

	if (left > 1 && isdigit((unsigned char)s[1]))
		return 0; /* a parameter: $1 */
	while (n < left && is_word_char(s[n]) && s[n] != '$')
		n++;
	return n < left && s[n] == '$' ? n + 1 : 0;
}

static void skip_dollar(struct lexer *lex, size_t tag_len)
{
	const char *tag = lex->sql + lex->at, *end;

	lex->at += tag_len;
	end = memmem(lex->sql + lex->at, lex->len - lex->at, tag, tag_len);
	lex->at = end ? (size_t)(end - lex->sql) + tag_len : lex->len;
}

/* A word, or the literal that its letter begins: E'…', B'…', X'…', N'…', U&'…'. */
static enum token take_word(struct lexer *lex)
{
	size_t start = lex->at;
	char first = (char)tolower((unsigned char)lex->sql[start]);

	while (lex->at < lex->len && is_word_char(lex->sql[lex->at]))
		lex->at++;
	if (lex->at - start == 1 && first == 'u' && starts(lex, "&'"))
		lex->at++;
	else if (lex->at - start != 1 || !strchr("ebxn", first))
		return TOKEN_WORD;
	if (!starts(lex, "'"))
		return TOKEN_WORD;
	skip_quoted(lex, '\'', first == 'e');
	return TOKEN_LITERAL;
}

static enum token next_token(struct lexer *lex)
{
	char c = lex->sql[lex->at];
	size_t tag;

	if (isspace((unsigned char)c)) {
		lex->at++;
		return TOKEN_SPACE;
	}
	if (starts(lex, "--")) {
		skip_line(lex);
		return TOKEN_COMMENT;
	}
	if (starts(lex, "/*")) {
		skip_comment(lex);
		return TOKEN_COMMENT;
	}
	if (c == '\'') {
		skip_quoted(lex, c, false);
		return TOKEN_LITERAL;
	}
	if (c == '"') {
		skip_quoted(lex, c, false);
		return TOKEN_OTHER;
	}
	if (c == '$') {
		tag = dollar_tag(lex);
		if (tag > 0) {
			skip_dollar(lex, tag);
			return TOKEN_LITERAL;
		}
	}
	if (isdigit((unsigned char)c)) {
		while (lex->at < lex->len &&
			(is_word_char(lex->sql[lex->at]) || lex->sql[lex->at] == '.'))
			lex->at++;
		return TOKEN_NUMBER;
	}
	if (is_word_char(c) && c != '$')
		return take_word(lex);
	lex->at++;
	if (c == '$') /* a parameter */
		while (lex->at < lex->len && isdigit((unsigned char)lex->sql[lex->at]))
			lex->at++;
	return TOKEN_OTHER;
}

static bool word_is(const char *s, size_t len, const char *word)
{
	return len == strlen(word) && strncasecmp(s, word, len) == 0;
}

/* password, passwd, sslpassword, PGPASSWORD, my_password: what ends so is taken for one. */
static bool is_password_word(const char *s, size_t len)
{
	return (len >= 8 && strncasecmp(s + len - 8, "password", 8) == 0) ||
	       (len >= 6 && strncasecmp(s + len - 6, "passwd", 6) == 0);
}

/* End of a conninfo value at s: quoted, quoted inside a literal (doubled), or up to white space. */
static size_t conninfo_value(const char *s, size_t len)
{
	const char *end;
	size_t n;

	if (len > 1 && s[0] == '\'' && s[1] == '\'') {
		end = memmem(s + 2, len - 2, "''", 2);
		return end ? (size_t)(end - s) + 2 : len;
	}
	if (len > 0 && s[0] == '\'') {
		end = memchr(s + 1, '\'', len - 1);
		return end ? (size_t)(end - s) + 1 : len;
	}
	for (n = 0; n < len && !isspace((unsigned char)s[n]); n++) {
		if (s[n] == '\\' && n + 1 < len)
			n++;
		else if (s[n] != '\0' && strchr("'\"&;", s[n]))
			break;
	}
	return n;
}

/* Does "password = value" start at s? Length up to the value, 0 when not. */
static size_t password_setting(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && (isalnum((unsigned char)s[n]) || s[n] == '_'))
		n++;
	if (!is_password_word(s, n))
		return 0;
	while (n < len && isspace((unsigned char)s[n]))
		n++;
	if (n == len || s[n] != '=')
		return 0;
	for (n++; n < len && isspace((unsigned char)s[n]);)
		n++;
	return n;
}

/* Length of "user:password@" after "://" at s; *ret_colon is where the password begins. */
static size_t uri_userinfo(const char *s, size_t len, size_t *ret_colon)
{
	size_t colon = 0;

	for (size_t n = 3; n < len; n++) {
		if (s[n] == '@' && colon > 0) {
			*ret_colon = colon + 1;
			return n;
		}
		if (s[n] == ':' && colon == 0)
			colon = n;
		else if (s[n] == '\0' || isspace((unsigned char)s[n]) ||
			 strchr("/'\"", s[n]))
			return 0;
	}
	if (colon == 0)
		return 0;
	*ret_colon =
		colon +
		1; /* cut inside: rather a port too many masked than a password shown */
	return len;
}

/* Text that may hold connection strings: a literal, a comment, an identifier. */
static void add_masked(struct buf *out, const char *s, size_t len)
{
	for (size_t at = 0; at < len;) {
		bool word_start = at == 0 || !is_word_char(s[at - 1]);
		size_t skip = word_start ? password_setting(s + at, len - at) : 0, colon,
		       end;

		if (skip > 0) {
			buf_add(out, s + at, skip);
			buf_adds(out, "***");
			at += skip;
			at += conninfo_value(s + at, len - at);
			continue;
		}
		if (len - at > 3 && memcmp(s + at, "://", 3) == 0) {
			end = uri_userinfo(s + at, len - at, &colon);
			if (end > 0) {
				buf_add(out, s + at, colon);
				buf_adds(out, "***");
				at += end;
				continue;
			}
		}
		buf_addc(out, s[at++]);
	}
}

/* What may stand between PASSWORD and its literal: white space, comments, "=", "=>", ":=". */
static bool keeps_password(enum token token, const char *s)
{
	return token == TOKEN_SPACE || token == TOKEN_COMMENT ||
	       (token == TOKEN_OTHER && *s != '\0' && strchr("=>:(", *s));
}

static void add_token(struct lexer *lex, enum redact_mode mode, enum token token,
	size_t start, struct buf *out)
{
	const char *s = lex->sql + start;
	size_t len = lex->at - start;

	switch (token) {
	case TOKEN_LITERAL:
		if (lex->password || mode == REDACT_LITERALS)
			buf_adds(out, REDACT_MASK);
		else
			add_masked(out, s, len);
		break;
	case TOKEN_NUMBER:
		if (mode == REDACT_LITERALS)
			buf_addc(out, '0');
		else
			buf_add(out, s, len);
		break;
	case TOKEN_COMMENT:
		add_masked(out, s, len);
		break;
	default:
		buf_add(out, s, len);
	}
	if (token == TOKEN_WORD)
		lex->password = is_password_word(s, len) ||
				(lex->password && word_is(s, len, "encrypted"));
	else if (token == TOKEN_OTHER && len > 2 && is_password_word(s + 1, len - 2))
		lex->password = true; /* "password" quoted */
	else if (!keeps_password(token, s))
		lex->password = false;
}

static void redact_statement(const char *sql, size_t len, struct buf *out)
{
	size_t at = 0;

	while (at < len && isspace((unsigned char)sql[at]))
		at++;
	for (size_t n = 0; at < len && n < 32 && isalpha((unsigned char)sql[at]); n++)
		buf_addc(out, sql[at++]);
	buf_adds(out, " ...");
}

void redact_sql(enum redact_mode mode, const char *sql, size_t len, struct buf *out)
{
	struct lexer lex = { .sql = sql, .len = len };

	if (mode == REDACT_STATEMENTS) {
		redact_statement(sql, len, out);
		return;
	}
	while (lex.at < len) {
		size_t start = lex.at;
		enum token token = next_token(&lex);

		add_token(&lex, mode, token, start, out);
	}
}

void redact_secret(char *text, const char *secret)
{
	size_t len = secret ? strlen(secret) : 0;

	if (len == 0)
		return;
	for (char *at = text; (at = strstr(at, secret)); at += len)
		memset(at, '*', len);
}
