/*
 * PostgreSQL's lexical rules, as far as finding literals takes (documentation, "Lexical Structure").
 *
 *	struct lexer lex = { .sql = sql, .len = len };
 *	while (lex.at < lex.len) { size_t start = lex.at; token = lexer_next(&lex); ... }
 *
 * '…' with '' inside and E'…' with backslashes, both going on in the next '…' after a newline;
 * $tag$…$tag$, "…", -- and nested comments. Text is any bytes and may be cut anywhere.
 * standard_conforming_strings is taken to be on; where that matters a literal is `doubtful`.
 */
#ifndef SHARED_SQL_LEXER_H
#define SHARED_SQL_LEXER_H

#include <stdbool.h>
#include <stddef.h>

enum token {
	TOKEN_SPACE,
	TOKEN_COMMENT,
	TOKEN_WORD,
	TOKEN_NUMBER,
	TOKEN_LITERAL,
	TOKEN_NAME, /* a quoted identifier */
	TOKEN_PARAMETER,
	TOKEN_OTHER
};

struct lexer {
	const char *sql;
	size_t len;
	size_t at;
	/* About the token just taken. */
	bool unfinished; /* its end is missing */
	bool continued;  /* it goes on in another '…' */
	bool doubtful; /* \' inside: it ends there or not, as standard_conforming_strings says */
	size_t closing; /* length of what ends it */
};

/* Takes the token at lex->at, which must be below lex->len. */
enum token lexer_next(struct lexer *lex);

/* Does the text at the lexer start with s? */
bool lexer_at(const struct lexer *lex, const char *s);

#endif
