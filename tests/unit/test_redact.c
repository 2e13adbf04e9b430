#include "unit.h"

#include "redact.h"

#define MARK "m4rk3r"

static char *redacted(enum redact_mode mode, const char *sql, size_t len)
{
	char *exact = malloc(len + 1), *result; /* the sanitizer sees a byte too many */
	struct buf out;

	memcpy(exact + 1, sql, len);
	buf_init(&out, 100000);
	redact_sql(mode, exact + 1, len, &out);
	assert_false(out.failed);
	free(exact);
	result = buf_take(&out);
	assert_non_null(result);
	return result;
}

/* Passwords in every dress: MARK and what begins or ends with it may never come out. */
static const char *const secrets[] = {
	"CREATE ROLE r PASSWORD '" MARK "'",
	"create role r with login password '" MARK "' valid until '2030-01-01'",
	"ALTER ROLE r ENCRYPTED PASSWORD '" MARK "'",
	"ALTER USER r PASSWORD\n\t'" MARK "'",
	"ALTER USER r PASSWORD'" MARK "'",
	"ALTER USER r PASSWORD /* a comment */ '" MARK "' -- end",
	"ALTER USER r PASSWORD -- a comment 'x'\n '" MARK "'",
	"ALTER USER r PASSWORD E'" MARK "'",
	"ALTER USER r PASSWORD E'a\\'" MARK "'",
	"ALTER USER r PASSWORD 'a''" MARK "''b'",
	"ALTER USER r PASSWORD U&'\\0061" MARK "' UESCAPE '!'",
	"ALTER USER r PASSWORD N'" MARK "'",
	"ALTER USER r PASSWORD $$" MARK "$$",
	"ALTER USER r PASSWORD $x$a$$" MARK "$x$",
	"ALTER USER r PASSWORD 'a'\n  '" MARK "'",
	"ALTER USER r PASSWORD 'a' -- it's\n  '" MARK "'",
	"ALTER USER r PASSWORD E'a'\n 'b\\'" MARK "'",
	"ALTER USER r PASSWORD 'a\\'" MARK "'", /* standard_conforming_strings off */
	"ALTER USER r PASSWORD 'a\\'; ALTER USER s PASSWORD '" MARK "'",
	"ALTER USER r PASSWORD " MARK,
	"ALTER USER r PASSWORD " MARK "!x;",
	"ALTER USER r PASSWORD x!" MARK " VALID UNTIL 'x'",
	"ALTER USER r PASSWORD $" MARK,
	"ALTER USER r PASSWORD \"" MARK "\"",
	"ALTER USER r PASSWORD = '" MARK "'",
	"ALTER USER r IDENTIFIED BY '" MARK "'",
	"CREATE USER r IDENTIFIED BY PASSWORD '" MARK "'",
	"SET PASSWORD FOR r = PASSWORD('" MARK "')",
	"CREATE USER MAPPING FOR r SERVER s OPTIONS (user 'r', password '" MARK "')",
	"ALTER USER MAPPING FOR r SERVER s OPTIONS (SET password '" MARK "')",
	"CREATE USER MAPPING FOR r SERVER s OPTIONS (\"password\" '" MARK "')",
	"CREATE SUBSCRIPTION s CONNECTION 'host=h password=" MARK
	" user=u' PUBLICATION p",
	"ALTER SYSTEM SET primary_conninfo = 'host=h sslpassword=" MARK "'",
	"SELECT dblink('host=h password=" MARK "', 'SELECT 1')",
	"SELECT dblink('password = " MARK "')",
	"SELECT dblink('PASSWORD=" MARK "')",
	"SELECT dblink('host=h password=''" MARK " x'' user=u')",
	"SELECT dblink('host=h password=''a b" MARK "''')",
	"SELECT dblink('host=h password=''it\\''s " MARK "''')",
	"SELECT dblink('host=h password=a''b" MARK "')",
	"SELECT dblink('host=h password=a&" MARK ";" MARK "\"" MARK "')",
	"SELECT dblink('host=h password=a\\ " MARK "')",
	"SELECT dblink(E'host=h password=\\'a " MARK "\\' user=u')",
	"SELECT dblink(E'host=h password=\\'a\\\\\\' " MARK "\\' user=u')",
	"SELECT dblink($$host=h password='a " MARK "' user=u$$)",
	"SELECT dblink($$host=h password='a\\' " MARK "' user=u$$)",
	"SELECT dblink('host=h password=' || '" MARK "')",
	"SELECT dblink('host=h password=abc' || '" MARK "')",
	"SELECT dblink('host=h password=abc'\n'" MARK "')",
	"SELECT dblink('postgresql://u:" MARK "@h/d')",
	"SELECT dblink('postgresql://u:a/" MARK "@h/d')",
	"SELECT dblink('postgresql://u:a@" MARK "@h/d')",
	"SELECT dblink('postgresql://u:it''s" MARK "@h/d')",
	"SELECT dblink('postgresql://u:\"" MARK "\"@h/d')",
	"SELECT dblink('postgresql://:" MARK "@h/d')",
	"SELECT dblink('postgresql://h/d?user=u&password=" MARK "&sslmode=require')",
	"SELECT dblink($a$postgresql://u:" MARK "@h$a$)",
	"SELECT '{\"user\": \"u\", \"password\": \"" MARK "\"}'::json",
	"SELECT '{\"password\":\"a\\\"" MARK "\"}'::json",
	"SELECT E'{\\\"password\\\": \\\"" MARK "\\\"}'::json",
	"DO $$ BEGIN CREATE ROLE r LOGIN PASSWORD '" MARK "'; END $$",
	"DO $$ BEGIN CREATE ROLE r PASSWORD 'it''s " MARK "'; END $$",
	"DO $$ BEGIN CREATE ROLE r PASSWORD E'it\\'s " MARK "'; END $$",
	"DO $$ BEGIN CREATE ROLE r PASSWORD $q$" MARK "$q$; END $$",
	"DO $$ BEGIN EXECUTE 'ALTER ROLE r PASSWORD ''" MARK "'''; END $$",
	"DO $$ BEGIN EXECUTE 'ALTER ROLE r PASSWORD ''a''''" MARK "'''; END $$",
	"DO $$ BEGIN EXECUTE 'x password ''''" MARK "'''''; END $$",
	"DO $$ BEGIN ALTER ROLE r PASSWORD ''; ALTER ROLE s PASSWORD '" MARK "'; END $$",
	"DO $$ BEGIN ALTER ROLE r PASSWORD ''; ALTER ROLE s PASSWORD '''" MARK
	"'; END $$",
	"DO $$ BEGIN PERFORM dblink('password=' || '" MARK "'); END $$",
	"DO $$ BEGIN PERFORM dblink('host=h password=abc' || '" MARK "'); END $$",
	"DO $$ BEGIN ALTER ROLE r PASSWORD /* x */ '" MARK "'; END $$",
	"DO 'BEGIN ALTER ROLE r PASSWORD ''" MARK "''; END'",
	"EXECUTE format('ALTER ROLE r PASSWORD %L', 'x') /* password=" MARK " */",
	"SELECT 1 /* host=h password=" MARK " */",
	"SELECT 1 /* a /* postgres://u:" MARK "@h */ b */",
	"SELECT 1 -- password '" MARK "'",
	"SELECT 1 -- x\rALTER ROLE r PASSWORD '" MARK "'",
	"UPDATE t SET password = '" MARK "' WHERE id = 1",
	"UPDATE t SET password = md5('" MARK "')",
	"UPDATE t SET user_passwd = crypt('" MARK "', gen_salt('bf'))",
	"SELECT * FROM t WHERE password <> '" MARK "'",
	"SELECT f(password => '" MARK "', x => 1)",
	"SELECT f(password := '" MARK "')",
	"UPDATE t SET password = 'a' || '" MARK "'",
	"ALTER ROLE \"r PASSWORD '" MARK "'",
	"SELECT 'abc; ALTER ROLE r PASSWORD '" MARK "'",
	"SELECT dblink('password=''it\\''s PASSWORD '" MARK "' z''')",
	"DO $$ PASSWORD /* PASSWORD '" MARK "' x */ 'y'; $$",
	"DO $$ PASSWORD -- PASSWORD '" MARK "'",
	"SELECT 'password=a'\n'b PASSWORD '" MARK "' c'",
	"SELECT \"postgres://u:" MARK "@h\"",
	"\xff\xfe ALTER ROLE r\xc3 PASSWORD '" MARK "\xff'",
	"ALTER ROLE a$b PASSWORD '" MARK "'",
	"SELECT a$$b, PASSWORD '" MARK "'",
	"SELECT $1, PASSWORD '" MARK "'",
	"\\password x; ALTER ROLE r PASSWORD '" MARK "'",
};

/* Does any piece of MARK of three characters and more come out? */
static bool leaks(const char *text)
{
	return strstr(text, "m4r") || strstr(text, "4rk") || strstr(text, "rk3") ||
	       strstr(text, "k3r");
}

static void no_password_comes_out_wherever_the_text_is_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(secrets); i++) {
		for (size_t len = 0; len <= strlen(secrets[i]); len++) {
			for (enum redact_mode mode = REDACT_NONE;
				mode <= REDACT_STATEMENTS; mode++) {
				char *text = redacted(mode, secrets[i], len);

				if (leaks(text))
					fail_msg("mode %d, cut at %zu of %s: %s",
						(int)mode, len, secrets[i], text);
				free(text);
			}
		}
	}
}

/* Cut anywhere, literals must hide what they hold. */
static const char *const literals[] = {
	"SELECT '" MARK "'",
	"SELECT 'a''" MARK "'",
	"SELECT E'\\'" MARK "'",
	"SELECT E'\\\\', '" MARK "'",
	"SELECT e'a''" MARK "'",
	"SELECT B'" MARK "'",
	"SELECT X'" MARK "'",
	"SELECT n'" MARK "'",
	"SELECT U&'" MARK "' UESCAPE '!'",
	"SELECT u&'" MARK "'",
	"SELECT $$" MARK "$$",
	"SELECT $a$ $$" MARK "$$ $a$",
	"SELECT $\xc3\xa9$" MARK "$\xc3\xa9$",
	"SELECT 'a'\n'" MARK "'",
	"SELECT 'a' -- it's\n\t'" MARK "'",
	"SELECT E'a'\r\n'\\'" MARK "'",
	"SELECT 1E'\\'" MARK "'",
	"SELECT 1$$" MARK " " MARK "$$",
	"SELECT 12b'" MARK "'",
	"SELECT '\\', '" MARK "'",
	"SELECT /* /* ' */ ' */ '" MARK "'",
	"SELECT -- '\n'" MARK "'",
	"SELECT -- '\r'" MARK "'",
	"SELECT \"'\", '" MARK "'",
	"SELECT \"a\"\"'\", '" MARK "'",
	"SELECT a$b'" MARK "'",
	"SELECT $1'" MARK "'",
	"SELECT date'" MARK "'",
	"SELECT '\xff" MARK "'",
	"SELECT \"" MARK,
};

static void no_literal_comes_out_of_mode_literals(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(literals); i++) {
		for (size_t len = 0; len <= strlen(literals[i]); len++) {
			char *text = redacted(REDACT_LITERALS, literals[i], len);

			if (leaks(text))
				fail_msg("cut at %zu of %s: %s", len, literals[i], text);
			free(text);
		}
	}
}

static const struct {
	const char *when;
	enum redact_mode mode;
	const char *sql, *want;
} texts[] = {
	{ "nothing", REDACT_NONE, "", "" },
	{ "plain SQL stays", REDACT_NONE,
		"SELECT 'a''b', E'\\'', $$x$$, \"q\"\"r\", 1.5e-3, $1 FROM t -- end\n",
		"SELECT 'a''b', E'\\'', $$x$$, \"q\"\"r\", 1.5e-3, $1 FROM t -- end\n" },
	{ "literals and numbers go", REDACT_LITERALS,
		"SELECT 'a''b', E'\\'', $$x$$, \"q\"\"r\", 1.5e-3, 0x1F, 1_000, $1 FROM t1",
		"SELECT '***', '***', '***', \"q\"\"r\", 0, 0, 0, $1 FROM t1" },
	{ "arithmetic stays", REDACT_LITERALS, "SELECT a-1, -2, .5, a+2*3",
		"SELECT a-0, -0, .0, a+0*0" },
	{ "the statement's first word", REDACT_STATEMENTS, "  SELECT 1 FROM t",
		"SELECT ..." },
	{ "no word", REDACT_STATEMENTS, "/* x */ SELECT 1", " ..." },
	{ "a password", REDACT_NONE, "ALTER ROLE r PASSWORD 'x' VALID UNTIL 'y'",
		"ALTER ROLE r PASSWORD '***' VALID UNTIL 'y'" },
	{ "no password", REDACT_NONE, "ALTER ROLE r PASSWORD NULL VALID UNTIL 'y'",
		"ALTER ROLE r PASSWORD NULL VALID UNTIL 'y'" },
	{ "a parameter is no password", REDACT_NONE,
		"ALTER ROLE r PASSWORD $1; SELECT 'x'",
		"ALTER ROLE r PASSWORD $1; SELECT 'x'" },
	{ "options after it stay", REDACT_NONE,
		"OPTIONS (password 'x', user 'u', dbname 'd')",
		"OPTIONS (password '***', user 'u', dbname 'd')" },
	{ "a column of that name", REDACT_NONE,
		"SELECT password, 'x' FROM t WHERE password = other AND name = 'n'",
		"SELECT password, 'x' FROM t WHERE password = other AND name = 'n'" },
	{ "the word in a literal", REDACT_NONE, "SELECT 'password', 'no passwords here'",
		"SELECT 'password', 'no passwords here'" },
	{ "conninfo keeps the rest", REDACT_NONE,
		"SELECT dblink('host=h password=x user=u')",
		"SELECT dblink('host=h password=*** user=u')" },
	{ "quoted conninfo keeps the rest", REDACT_NONE,
		"SELECT dblink('host=h password=''x y'' user=u')",
		"SELECT dblink('host=h password=''***'' user=u')" },
	{ "a URI keeps the rest", REDACT_NONE, "SELECT 'postgres://u:x@h:5432/d', 'y'",
		"SELECT 'postgres://u:***@h:5432/d', 'y'" },
	{ "a port is no password", REDACT_NONE,
		"SELECT 'http://h:80/x', 'http://[::1]:80'",
		"SELECT 'http://h:80/x', 'http://[::1]:80'" },
	{ "JSON keeps the rest", REDACT_NONE, "SELECT '{\"password\": \"x\", \"a\": 1}'",
		"SELECT '{\"password\": \"***\", \"a\": 1}'" },
	{ "a body keeps the rest", REDACT_NONE,
		"DO $$BEGIN CREATE ROLE r PASSWORD 'x'; PERFORM 1; END$$; SELECT 'y'",
		"DO $$BEGIN CREATE ROLE r PASSWORD '***'; PERFORM 1; END$$; SELECT 'y'" },
	{ "LIKE with its escape", REDACT_NONE,
		"SELECT 1 WHERE a LIKE 'x\\_%' ESCAPE '\\' AND b = 'c'",
		"SELECT 1 WHERE a LIKE 'x\\_%' ESCAPE '\\' AND b = 'c'" },
	{ "LIKE with its escape, literals", REDACT_LITERALS,
		"SELECT 1 WHERE a LIKE 'x' ESCAPE '\\' AND b = 'c'",
		"SELECT 0 WHERE a LIKE '***' ESCAPE '***' AND b = '***'" },
	{ "comments stay", REDACT_LITERALS, "SELECT /* a 'b' */ 1",
		"SELECT /* a 'b' */ 0" },
	{ "a literal that does not end", REDACT_LITERALS, "SELECT 'abc", "SELECT '***'" },
	{ "an identifier with $", REDACT_LITERALS, "SELECT a$1, $1$, b$x$ FROM t",
		"SELECT a$1, $1$, b$x$ FROM t" },
	{ "bytes that are no text", REDACT_NONE, "SELECT \xff\xfe'\xc3' ",
		"SELECT \xff\xfe'\xc3' " },
};

static void everything_else_stays_as_it_was(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		char *text = redacted(texts[i].mode, texts[i].sql, strlen(texts[i].sql));

		check_string(texts[i].when, text, texts[i].want);
		free(text);
	}
}

static void nul_bytes_end_nothing(void **state)
{
	static const char sql[] = "SELECT '\0', PASSWORD '\0" MARK "', 'x'";
	char *text;
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	redact_sql(REDACT_NONE, sql, sizeof(sql) - 1, &out);
	assert_int_equal(out.len, strlen("SELECT '0', PASSWORD '***', 'x'"));
	text = buf_take(&out);
	assert_memory_equal(text, "SELECT '\0', PASSWORD '***', 'x'", 31);
	free(text);
}

static const struct {
	const char *text, *secret, *want;
} known[] = {
	{ "key abc here", "abc", "key *** here" },
	{ "abcabc", "abc", "******" },
	{ "ab", "abc", "ab" },
	{ "abc", "", "abc" },
	{ "abc", NULL, "abc" },
	{ "a*c", "*", "a*c" },
};

static void a_known_secret_is_starred(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(known); i++) {
		char text[64];

		strcpy(text, known[i].text);
		redact_secret(text, known[i].secret);
		check_string(known[i].text, text, known[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_password_comes_out_wherever_the_text_is_cut),
		cmocka_unit_test(no_literal_comes_out_of_mode_literals),
		cmocka_unit_test(everything_else_stays_as_it_was),
		cmocka_unit_test(nul_bytes_end_nothing),
		cmocka_unit_test(a_known_secret_is_starred),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
