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
	size_t shown; /* up to here the text is in out, or masked */
	/* The literal that comes next is a password: the word before it was PASSWORD. */
	bool password;
	enum statement statement;
};

static bool word_is(const char *s, size_t len, const char *word)
{
	return len == strlen(word) && strncasecmp(s, word, len) == 0;
}

/* What is not masked goes out in long pieces. */
static void show_up_to(struct redaction *red, size_t end)
{
	buf_add(red->out, red->lex.sql + red->shown, end - red->shown);
	red->shown = end;
}

static void mask(struct redaction *red, size_t start, const char *with)
{
	show_up_to(red, start);
	buf_adds(red->out, with);
	red->shown = red->lex.at;
}

/* The rest of the text can't be told from a password: it is masked. */
static void mask_rest(struct redaction *red)
{
	size_t start = red->lex.at;

	if (start == red->lex.len)
		return;
	red->lex.at = red->lex.len;
	mask(red, start, PASSWORD_MASK);
}

static bool followed_by(const struct redaction *red, const char *s)
{
	struct lexer ahead = red->lex;

	while (ahead.at < ahead.len && isspace((unsigned char)ahead.sql[ahead.at]))
		ahead.at++;
	return lexer_at(&ahead, s);
}

/* A literal or name that is shown, but for the passwords in it; or hidden, which they may end. */
static void add_quoted(struct redaction *red, size_t start, bool hidden)
{
	const struct lexer *lex = &red->lex;
	size_t closing = lex->unfinished ? 0 : lex->closing;
	size_t body = lex->at - start - closing;
	struct buf nowhere, *out = red->out;
	enum password_end end;
	size_t before;

	buf_init(&nowhere, 0);
	if (hidden)
		out = &nowhere;
	show_up_to(red, start);
	before = out->len;
	end = password_mask(lex->sql + start, body, lex->unfinished, out);
	red->shown = lex->at - closing;
	if (hidden)
		mask(red, red->shown, REDACT_MASK);
	else if (lex->continued && out->len > before &&
		 (out->len - before != body ||
			 memcmp(out->data + before, lex->sql + start, body) != 0)) {
		/* The quotes in the middle may stand in a password's middle. */
		out->len = before;
		mask(red, red->shown, REDACT_MASK);
	}
	if (end == PASSWORD_END_OPEN ||
		(end == PASSWORD_END_INSIDE && followed_by(red, "||")))
		mask_rest(red);
}

static void add_literal(struct redaction *red, size_t start)
{
	bool password = red->password;

	/* Quotes that do not match turn literals inside out: a password would be a word. */
	add_quoted(red, start, password || red->mode == REDACT_LITERALS);
	if (password && red->lex.doubtful)
		mask_rest(red);
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
		mask(red, start, REDACT_MASK);
		return;
	}
	switch (token) {
	case TOKEN_LITERAL:
		add_literal(red, start);
		break;
	case TOKEN_NUMBER:
		if (red->mode == REDACT_LITERALS)
			mask(red, start, "0");
		break;
	case TOKEN_COMMENT:
		show_up_to(red, start);
		password_mask(s, len, lex->unfinished, red->out);
		red->shown = lex->at;
		break;
	case TOKEN_NAME:
		add_quoted(red, start, lex->unfinished && red->mode == REDACT_LITERALS);
		break;
	default:
		break;
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
	if (token == TOKEN_WORD && (s[len - 1] == 'd' || s[len - 1] == 'D') &&
		(password_word(s, len) || word_is(s, len, "identified")))
		red->password = true;
	else if (token == TOKEN_NAME && len > 2 && password_word(s + 1, len - 2))
		red->password = true; /* "password" quoted */
	else if (red->password && !keeps_password(red, token, s, len))
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
	struct redaction red = {
		.lex = { .sql = sql, .len = len }, .mode = mode, .out = out
	};

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
	show_up_to(&red, len);
}

void redact_secret(char *text, const char *secret)
{
	size_t len = secret ? strlen(secret) : 0;

	if (len == 0)
		return;
	for (char *at = text; (at = strstr(at, secret)); at += len)
		memset(at, '*', len);
}
