#include "unit.h"

#include "sql_lexer.h"

/* One letter a token: s(pace) c(omment) w(ord) n(umber) l(iteral) i(dentifier) p(arameter) o(ther). */
static const struct {
	const char *when;
	const char *sql;
	const char *tokens;
} cases[] = {
	{ "words and signs", "SELECT a+b", "wswow" },
	{ "letters before a quote", "E'a' b'0' X'1' N'n' U&'u' e'", "lslslslslsl" },
	{ "letters that begin no literal", "f'a' ee'a' u'a' u & 'a'", "wlswlswlswsosl" },
	{ "doubled quotes", "'a''b' 'c'", "lsl" },
	{ "a backslash is itself", "'a\\' 'b'", "lsl" },
	{ "but not in E''", "E'a\\' 'c'", "lwl" },
	{ "a literal goes on in the next line", "'a'\n'b'", "l" },
	{ "and past a comment", "'a' -- '\n 'b'", "l" },
	{ "but not on the same line", "'a' 'b'", "lsl" },
	{ "E'' goes on as E''", "E'a'\n'b\\'c'", "l" },
	{ "tags", "$$a$$ $x$ $$ $x$ $x$", "lslsl" },
	{ "no tag", "$1 $1$2 a$b$c",
		"pspps"
		"w" },
	{ "numbers", "1 1.5 1e-5 1E+5 0x1f 1_0", "nsnsnsnsnsn" },
	{ "a literal right behind a number", "1e'\\'' 1$$a$$", "nlsnl" },
	{ "a sign is no exponent", "1e-a 1-2", "nowsnon" },
	{ "nested comments", "/* /* */ ' */a", "cw" },
	{ "comments to the end of the line", "-- '\na -- '\rb", "cswscsw" },
	{ "identifiers", "\"a\"\"b\" \"'\"", "isi" },
	{ "high bytes are letters", "\xc3\xa9\xff'a'", "wl" },
};

static void tokens_are_postgresqls(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct lexer lex = { .sql = cases[i].sql, .len = strlen(cases[i].sql) };
		char tokens[64] = "";

		for (size_t n = 0; lex.at < lex.len; n++) {
			size_t before = lex.at;

			tokens[n] = "scwnlipo"[lexer_next(&lex)];
			check(cases[i].when, lex.at > before && lex.at <= lex.len);
		}
		check_string(cases[i].when, tokens, cases[i].tokens);
	}
}

static const struct {
	const char *sql;
	bool unfinished, doubtful, continued;
	size_t closing;
} ends[] = {
	{ "'a'", false, false, false, 1 },
	{ "'a", true, false, false, 1 },
	{ "E'a\\'", true, false, false, 1 },
	{ "'a\\''", true, true, false, 1 },
	{ "'a\\'", false, true, false, 1 },
	{ "'a'\n'b'", false, false, true, 1 },
	{ "$x$a$x$", false, false, false, 3 },
	{ "$x$a$x", true, false, false, 3 },
	{ "\"a", true, false, false, 1 },
	{ "/* a */", false, false, false, 0 },
	{ "/* /* a */", true, false, false, 0 },
	{ "-- a", true, false, false, 0 },
	{ "word", false, false, false, 0 },
};

static void what_is_missing_or_in_doubt_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(ends); i++) {
		struct lexer lex = { .sql = ends[i].sql, .len = strlen(ends[i].sql) };

		lexer_next(&lex);
		check(ends[i].sql, lex.at == lex.len);
		check(ends[i].sql, lex.unfinished == ends[i].unfinished);
		check(ends[i].sql, lex.doubtful == ends[i].doubtful);
		check(ends[i].sql, lex.continued == ends[i].continued);
		check(ends[i].sql, lex.closing == ends[i].closing);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens_are_postgresqls),
		cmocka_unit_test(what_is_missing_or_in_doubt_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
