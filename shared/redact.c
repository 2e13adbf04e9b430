#include "redact.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "password_mask.h"
#include "sql_lexer.h"

/* "CREATE ROLE" and "ALTER USER" and their like: there a bare word after PASSWORD is one, too. */
enum statement { STATEMENT_START, STATEMENT_CREATE, STATEMENT_ROLE, STATEMENT_OTHER };

struct redaction {
	struct lexer lex;
	enum redact_mode mode;
	struct buf *out;
	/* The literal that comes next is a password: the word before it was PASSWORD. */
	bool password;
	enum statement statement;
};

static bool word_is(const char *s, size_t len, const char *word)
{
	return len == strlen(word) && strncasecmp(s, word, len) == 0;
}

/* The rest of the text can't be told from a password: it is masked. */
static void mask_rest(struct redaction *red)
{
	if (red->lex.at < red->lex.len)
		buf_adds(red->out, PASSWORD_MASK);
	red->lex.at = red->lex.len;
}

static bool followed_by(const struct redaction *red, const char *s)
{
	struct lexer ahead = red->lex;

	while (ahead.at < ahead.len && isspace((unsigned char)ahead.sql[ahead.at]))
		ahead.at++;
	return lexer_at(&ahead, s);
}

/* A literal or name, but for the passwords in it. */
static void add_quoted(struct redaction *red, size_t start, struct buf *out)
{
	const struct lexer *lex = &red->lex;
	size_t closing = lex->unfinished ? 0 : lex->closing;
	size_t body = lex->at - start - closing;
	size_t before = out->len;
	enum password_end end =
		password_mask(lex->sql + start, body, lex->unfinished, out);

	if (lex->continued && out->len > before &&
		(out->len - before != body ||
			memcmp(out->data + before, lex->sql + start, body) != 0)) {
		/* The quotes in the middle may stand in a password's middle. */
		out->len = before;
		buf_adds(out, REDACT_MASK);
		return;
	}
	buf_add(out, lex->sql + lex->at - closing, closing);
	if (end == PASSWORD_END_OPEN ||
		(end == PASSWORD_END_INSIDE && followed_by(red, "||")))
		mask_rest(red);
}

static void add_literal(struct redaction *red, size_t start)
{
	struct buf nowhere;

	if (!red->password && red->mode != REDACT_LITERALS) {
		add_quoted(red, start, red->out);
		return;
	}
	buf_adds(red->out, REDACT_MASK);
	if (red->password && red->lex.doubtful) {
		mask_rest(red);
		return;
	}
	/* Quotes that do not match turn literals inside out: a password would be a word. */
	buf_init(&nowhere, 0);
	add_quoted(red, start, &nowhere);
}

/* ALTER ROLE r PASSWORD secret: an error that the server logs, with the statement. */
static bool is_bare_password(
	const struct redaction *red, enum token token, const char *s, size_t len)
{
	if (!red->password)
		return false;
	if (token == TOKEN_NUMBER || token == TOKEN_NAME)
		return true;
	if (red->statement != STATEMENT_ROLE)
		return false;
	if (token == TOKEN_WORD)
		return !word_is(s, len, "null") && !word_is(s, len, "encrypted") &&
		       !word_is(s, len, "by");
	return token == TOKEN_OTHER && (*s == '\0' || !strchr("=>:(),;", *s));
}

static void skip_bare(struct lexer *lex)
{
	while (lex->at < lex->len && !isspace((unsigned char)lex->sql[lex->at]) &&
		lex->sql[lex->at] != ';')
		lex->at++;
}

static void add_token(struct redaction *red, enum token token, size_t start)
{
	struct lexer *lex = &red->lex;
	const char *s = lex->sql + start;
	size_t len = lex->at - start;

	if (is_bare_password(red, token, s, len)) {
		if (red->statement == STATEMENT_ROLE)
			skip_bare(lex);
		buf_adds(red->out, REDACT_MASK);
		return;
	}
	switch (token) {
	case TOKEN_LITERAL:
		add_literal(red, start);
		break;
	case TOKEN_NUMBER:
		if (red->mode == REDACT_LITERALS)
			buf_addc(red->out, '0');
		else
			buf_add(red->out, s, len);
		break;
	case TOKEN_COMMENT:
		password_mask(s, len, lex->unfinished, red->out);
		break;
	case TOKEN_NAME:
		if (lex->unfinished && red->mode == REDACT_LITERALS)
			buf_adds(red->out, REDACT_MASK);
		else
			add_quoted(red, start, red->out);
		break;
	default:
		buf_add(red->out, s, len);
	}
}

/* Words and signs that may stand between PASSWORD and its literal. */
static bool keeps_password(
	const struct redaction *red, enum token token, const char *s, size_t len)
{
	switch (token) {
	case TOKEN_SPACE:
	case TOKEN_COMMENT:
		return true;
	case TOKEN_LITERAL:
		return followed_by(red, "||");
	case TOKEN_WORD: /* a function of it: md5('…') */
		return word_is(s, len, "encrypted") || word_is(s, len, "by") ||
		       followed_by(red, "(");
	case TOKEN_OTHER:
		return *s != '\0' && strchr("=>:(<!~|", *s);
	default:
		return false;
	}
}

static enum statement next_statement(
	enum statement statement, enum token token, const char *s, size_t len)
{
	if (token == TOKEN_OTHER && *s == ';')
		return STATEMENT_START;
	if (token != TOKEN_WORD)
		return statement;
	if (statement == STATEMENT_START)
		return word_is(s, len, "create") || word_is(s, len, "alter")
			       ? STATEMENT_CREATE
			       : STATEMENT_OTHER;
	if (statement == STATEMENT_CREATE)
		return word_is(s, len, "role") || word_is(s, len, "user") ||
				       word_is(s, len, "group")
			       ? STATEMENT_ROLE
			       : STATEMENT_OTHER;
	return statement;
}

static void follow(struct redaction *red, enum token token, const char *s, size_t len)
{
	red->statement = next_statement(red->statement, token, s, len);
	if (token == TOKEN_WORD &&
		(password_word(s, len) || word_is(s, len, "identified")))
		red->password = true;
	else if (token == TOKEN_NAME && len > 2 && password_word(s + 1, len - 2))
		red->password = true; /* "password" quoted */
	else if (!keeps_password(red, token, s, len))
		red->password = false;
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
	struct redaction red = { { .sql = sql, .len = len }, mode, out, false,
		STATEMENT_START };

	if (mode == REDACT_STATEMENTS) {
		redact_statement(sql, len, out);
		return;
	}
	while (red.lex.at < len) {
		size_t start = red.lex.at, end;
		enum token token = lexer_next(&red.lex);

		end = red.lex.at;
		add_token(&red, token, start);
		follow(&red, token, sql + start, end - start);
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
