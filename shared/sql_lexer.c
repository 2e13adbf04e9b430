#include "sql_lexer.h"

#include <ctype.h>
#include <string.h>

/* Letters, digits, '_', '$' and all bytes above ASCII; without <ctype.h>, for most text is words. */
static bool is_word_char(char c)
{
	unsigned char u = (unsigned char)c, letter = u | 0x20;

	return (letter >= 'a' && letter <= 'z') || u >= 0x80 || (u >= '0' && u <= '9') ||
	       u == '_' || u == '$';
}

bool lexer_at(const struct lexer *lex, const char *s)
{
	size_t n = strlen(s);

	return lex->len - lex->at >= n && memcmp(lex->sql + lex->at, s, n) == 0;
}

static void skip_line(struct lexer *lex)
{
	while (lex->at < lex->len && lex->sql[lex->at] != '\n' &&
		lex->sql[lex->at] != '\r')
		lex->at++;
	lex->unfinished = lex->at == lex->len;
}

static void skip_comment(struct lexer *lex)
{
	unsigned depth = 0;

	while (lex->at < lex->len) {
		if (lexer_at(lex, "/*")) {
			depth++;
			lex->at += 2;
		} else if (lexer_at(lex, "*/")) {
			lex->at += 2;
			if (--depth == 0)
				return;
		} else {
			lex->at++;
		}
	}
	lex->unfinished = true;
}

/*
 * A literal goes on in another '…' where only white space and comments, with a newline in them, stand
 * between. Just after that one's opening quote, or 0.
 */
static size_t continuation(const struct lexer *lex)
{
	struct lexer ahead = *lex;
	bool newline = false;

	while (ahead.at < ahead.len) {
		char c = ahead.sql[ahead.at];

		if (lexer_at(&ahead, "--")) {
			skip_line(&ahead);
			continue;
		}
		if (!isspace((unsigned char)c))
			return newline && c == '\'' ? ahead.at + 1 : 0;
		newline |= c == '\n' || c == '\r';
		ahead.at++;
	}
	return 0;
}

/* From the opening quote; doubled quotes stay inside. */
static void skip_quoted(struct lexer *lex, char quote, bool backslash)
{
	lex->closing = 1;
	lex->at++;
	while (lex->at < lex->len) {
		char c = lex->sql[lex->at++];
		size_t next = 0;

		if (c == '\\' && lex->at < lex->len) {
			lex->doubtful |= !backslash && lex->sql[lex->at] == quote;
			lex->at += backslash;
		} else if (c == quote) {
			if (lex->at < lex->len && lex->sql[lex->at] == quote)
				next = lex->at + 1;
			else if (quote == '\'')
				next = continuation(lex);
			if (next == 0)
				return;
			lex->continued |= next != lex->at + 1;
			lex->at = next;
		}
	}
	lex->unfinished = true;
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

	lex->closing = tag_len;
	lex->at += tag_len;
	end = memmem(lex->sql + lex->at, lex->len - lex->at, tag, tag_len);
	lex->at = end ? (size_t)(end - lex->sql) + tag_len : lex->len;
	lex->unfinished = !end;
}

/* Does a letter at the lexer begin a literal: E'…', B'…', X'…', N'…', U&'…'? Its length, or 0. */
static size_t literal_prefix(const struct lexer *lex)
{
	const char *s = lex->sql + lex->at;
	size_t left = lex->len - lex->at;

	if (left < 2 || (s[1] != '\'' && s[1] != '&'))
		return 0;
	switch (s[0]) {
	case 'U':
	case 'u':
		return left > 2 && s[1] == '&' && s[2] == '\'' ? 2 : 0;
	case 'E':
	case 'e':
	case 'B':
	case 'b':
	case 'X':
	case 'x':
	case 'N':
	case 'n':
		return s[1] == '\'' ? 1 : 0;
	default:
		return 0;
	}
}

static enum token take_word(struct lexer *lex)
{
	bool backslash = lex->sql[lex->at] == 'e' || lex->sql[lex->at] == 'E';
	size_t prefix = literal_prefix(lex);

	if (prefix > 0) {
		lex->at += prefix;
		skip_quoted(lex, '\'', backslash);
		return TOKEN_LITERAL;
	}
	while (lex->at < lex->len && is_word_char(lex->sql[lex->at]))
		lex->at++;
	return TOKEN_WORD;
}

/* 1, 1.5, 1e-5, 0x1f, 1_000; older servers let a literal follow without white space. */
static void skip_number(struct lexer *lex)
{
	while (lex->at < lex->len) {
		char c = lex->sql[lex->at];

		if (c == '$' || (c != '.' && !is_word_char(c)) || literal_prefix(lex) > 0)
			return;
		lex->at++;
		if ((c == 'e' || c == 'E') &&
			(lexer_at(lex, "-") || lexer_at(lex, "+")) &&
			lex->at + 1 < lex->len &&
			isdigit((unsigned char)lex->sql[lex->at + 1]))
			lex->at++;
	}
}

enum token lexer_next(struct lexer *lex)
{
	char c = lex->sql[lex->at];
	size_t tag;

	lex->unfinished = lex->continued = lex->doubtful = false;
	lex->closing = 0;
	if (isspace((unsigned char)c)) {
		while (++lex->at < lex->len && isspace((unsigned char)lex->sql[lex->at]))
			;
		return TOKEN_SPACE;
	}
	if (is_word_char(c) && c != '$' && !isdigit((unsigned char)c))
		return take_word(lex);
	if (c == '-' && lexer_at(lex, "--")) {
		skip_line(lex);
		return TOKEN_COMMENT;
	}
	if (c == '/' && lexer_at(lex, "/*")) {
		skip_comment(lex);
		return TOKEN_COMMENT;
	}
	if (c == '\'') {
		skip_quoted(lex, c, false);
		return TOKEN_LITERAL;
	}
	if (c == '"') {
		skip_quoted(lex, c, false);
		return TOKEN_NAME;
	}
	if (c == '$') {
		tag = dollar_tag(lex);
		if (tag > 0) {
			skip_dollar(lex, tag);
			return TOKEN_LITERAL;
		}
	}
	if (isdigit((unsigned char)c)) {
		skip_number(lex);
		return TOKEN_NUMBER;
	}
	lex->at++;
	if (c != '$' || lex->at == lex->len || !isdigit((unsigned char)lex->sql[lex->at]))
		return TOKEN_OTHER;
	while (lex->at < lex->len && isdigit((unsigned char)lex->sql[lex->at]))
		lex->at++;
	return TOKEN_PARAMETER;
}
