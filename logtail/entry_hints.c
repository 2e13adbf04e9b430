#include "entry_hints.h"

#include "sql_lexer.h"

/* The comments a statement begins with. */
static bool id_in_comment(struct slice sql, char ret[CORRELATION_ID_LEN + 1])
{
	struct lexer lex = { .sql = sql.s, .len = sql.len };

	while (lex.at < lex.len) {
		size_t start = lex.at;
		enum token token = lexer_next(&lex);

		if (token != TOKEN_SPACE && token != TOKEN_COMMENT)
			return false;
		if (token == TOKEN_COMMENT &&
			correlation_id_find(sql.s + start, lex.at - start, ret))
			return true;
	}
	return false;
}

uint32_t entry_known(const struct entry *entry, size_t *ret_len)
{
	uint32_t known = UINT32_C(1) << ENTRY_MESSAGE;
	size_t len = 0;

	_Static_assert(ENTRY_TEXTS <= 32, "a bit each text");
#pragma GCC unroll 32
	for (size_t i = 0; i < ENTRY_TEXTS; i++) {
		if (entry->text[i].len == 0)
			continue;
		len += entry->text[i].len;
		known |= UINT32_C(1) << i;
	}
	*ret_len = len;
	return known;
}

#define BIT(text) (UINT32_C(1) << ENTRY_##text)

unsigned entry_hints(const struct entry *entry, uint32_t known, struct entry_facts *facts)
{
	uint32_t texts =
		known & (BIT(APPLICATION_NAME) | BIT(MESSAGE) | BIT(DETAIL) | BIT(HINT) |
				BIT(INTERNAL_QUERY) | BIT(CONTEXT) | BIT(STATEMENT));
	unsigned all = 0;

	for (; texts > 0; texts &= texts - 1) {
		int i = __builtin_ctz(texts);
		struct slice text = entry->text[i];
		unsigned hints = text_hints(text.s, text.len);

		all |= hints;
		if (!(hints & HINT_CORRELATION) || facts->has_id)
			continue;
		if (i == ENTRY_STATEMENT)
			facts->has_id = id_in_comment(text, facts->correlation_id);
		else if (i == ENTRY_APPLICATION_NAME || i == ENTRY_MESSAGE)
			facts->has_id = correlation_id_find(
				text.s, text.len, facts->correlation_id);
	}
	return all;
}
