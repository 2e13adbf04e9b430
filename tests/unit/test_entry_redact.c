/* links: logtail/logtail.a */
#include "entry_case.h"

#define MARK "m4rk3r"

struct planted {
	const char *when;
	enum level level;
	enum entry_text which;
	const char *text;
	enum entry_text beside; /* 0: nothing */
	const char *text_beside;
};

static struct entry entry_of(const struct planted *planted)
{
	struct entry entry = { .level = planted->level, .pid = 1 };

	entry.text[ENTRY_MESSAGE] = text_of("out of shared memory");
	entry.text[planted->which] = text_of(planted->text);
	if (planted->text_beside)
		entry.text[planted->beside] = text_of(planted->text_beside);
	return entry;
}

/* Does any piece of MARK of four characters and more come out? */
static bool leaks(const char *json)
{
	return strstr(json, "m4rk") || strstr(json, "4rk3") || strstr(json, "rk3r");
}

static void no_leak(enum redact_mode mode, const struct planted *planted)
{
	struct entry entry = entry_of(planted);
	char *json = entry_json(mode, &entry, NULL);

	if (leaks(json))
		fail_msg("%s, mode %d: %s", planted->when, (int)mode, json);
	free(json);
}

/* In every mode. */
static const struct planted passwords[] = {
	{ "a statement", LEVEL_LOG, ENTRY_STATEMENT, "ALTER ROLE r PASSWORD '" MARK "'" },
	{ "its message", LEVEL_LOG, ENTRY_MESSAGE,
		"statement: CREATE USER u PASSWORD '" MARK "'" },
	{ "with its duration", LEVEL_LOG, ENTRY_MESSAGE,
		"duration: 1.2 ms  statement: ALTER ROLE r PASSWORD '" MARK "'" },
	{ "without quotes", LEVEL_LOG, ENTRY_MESSAGE,
		"duration: 1.2 ms  statement: ALTER ROLE r PASSWORD " MARK },
	{ "prepared", LEVEL_LOG, ENTRY_MESSAGE,
		"duration: 1.2 ms  execute S_1/C_2: ALTER ROLE r PASSWORD '" MARK "'" },
	{ "of a server that speaks German", LEVEL_LOG, ENTRY_MESSAGE,
		"Dauer: 1,2 ms  Anweisung: ALTER ROLE r PASSWORD " MARK },
	{ "prose", LEVEL_LOG, ENTRY_MESSAGE,
		"no way to host=h password=" MARK " port=1" },
	{ "a URI", LEVEL_LOG, ENTRY_HINT, "Try postgres://u:" MARK "@h/d." },
	{ "application_name", LEVEL_LOG, ENTRY_APPLICATION_NAME, "x password=" MARK },
	{ "a failed command", LEVEL_UNPARSED, ENTRY_MESSAGE,
		"cp: PGPASSWORD=" MARK " cp a b" },
	{ "half a statement", LEVEL_UNPARSED, ENTRY_MESSAGE,
		"ALTER ROLE r PASSWORD " MARK },
	{ "an internal query", LEVEL_ERROR, ENTRY_INTERNAL_QUERY,
		"ALTER ROLE r PASSWORD '" MARK "'" },
	{ "a context", LEVEL_ERROR, ENTRY_CONTEXT,
		"SQL statement \"ALTER ROLE r PASSWORD '" MARK
		"'\"\nPL/pgSQL function f(text) line 3 at EXECUTE" },
	{ "a context without quotes", LEVEL_ERROR, ENTRY_CONTEXT,
		"SQL statement \"ALTER ROLE r PASSWORD " MARK "\"" },
	{ "a deadlock", LEVEL_ERROR, ENTRY_DETAIL,
		"Process 1 waits for ShareLock on transaction 5; blocked by process 2.\n"
		"Process 1: UPDATE t SET a = 1\nProcess 2: ALTER ROLE r PASSWORD " MARK },
	{ "a crash", LEVEL_LOG, ENTRY_DETAIL,
		"Failed process was running: ALTER ROLE r PASSWORD " MARK },
	{ "a prepared statement", LEVEL_LOG, ENTRY_DETAIL,
		"prepare: PREPARE p AS ALTER ROLE r PASSWORD '" MARK "'" },
	{ "a parameter that is a connection string", LEVEL_LOG, ENTRY_DETAIL,
		"parameters: $1 = 'host=h password=" MARK "'" },
	{ "parameters of a password", LEVEL_LOG, ENTRY_DETAIL,
		"parameters: $1 = 'u', $2 = '" MARK "'", ENTRY_MESSAGE,
		"execute <unnamed>: INSERT INTO u (name, password) VALUES ($1, $2)" },
	{ "parameters in a context", LEVEL_ERROR, ENTRY_CONTEXT,
		"unnamed portal with parameters: $1 = '" MARK "'", ENTRY_STATEMENT,
		"UPDATE u SET password = $1" },
	{ "a row beside its statement", LEVEL_ERROR, ENTRY_DETAIL,
		"Failing row contains (1, " MARK ", null).", ENTRY_STATEMENT,
		"UPDATE u SET password = '" MARK "'" },
	{ "a key that is one", LEVEL_ERROR, ENTRY_DETAIL,
		"Key (password)=(" MARK ") already exists." },
	{ "a syntax error at one", LEVEL_ERROR, ENTRY_MESSAGE,
		"syntax error at or near \"" MARK "\" at character 23", ENTRY_STATEMENT,
		"ALTER ROLE r PASSWORD " MARK },
	{ "a plan", LEVEL_LOG, ENTRY_MESSAGE,
		"duration: 1.2 ms  plan:\nQuery Text: UPDATE u SET password = '" MARK
		"'\nUpdate on u  (cost=0.00..1.00 rows=1 width=6)\n  Output: '" MARK
		"'::text" },
	{ "a plan as JSON", LEVEL_LOG, ENTRY_MESSAGE,
		"duration: 1.2 ms  plan:\n{\n  \"Query Text\": \"UPDATE u SET password = '" MARK
		"'\",\n  \"Output\": [\"'" MARK "'::text\"]\n}" },
	{ "a statement cut within it", LEVEL_LOG, ENTRY_STATEMENT,
		"ALTER ROLE r PASSWORD '" MARK },
};

static void no_password_comes_out_of_any_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(passwords); i++)
		for (enum redact_mode mode = REDACT_NONE; mode <= REDACT_STATEMENTS;
			mode++)
			no_leak(mode, &passwords[i]);
}

/* In the modes that mask data. */
static const struct planted data[] = {
	{ "a statement", LEVEL_LOG, ENTRY_STATEMENT, "SELECT '" MARK "'" },
	{ "an internal query", LEVEL_LOG, ENTRY_INTERNAL_QUERY, "SELECT $$" MARK "$$" },
	{ "its message", LEVEL_LOG, ENTRY_MESSAGE, "statement: SELECT E'\\'" MARK "'" },
	{ "with its duration", LEVEL_LOG, ENTRY_MESSAGE,
		"duration: 1.2 ms  statement: SELECT $a$" MARK "$a$" },
	{ "of a server that speaks German", LEVEL_LOG, ENTRY_MESSAGE,
		"Dauer: 1,2 ms  Anweisung: INSERT INTO t VALUES ($$" MARK "$$)" },
	{ "parameters", LEVEL_LOG, ENTRY_DETAIL,
		"parameters: $1 = 'a''" MARK "', $2 = NULL, $3 = '" MARK },
	{ "newer parameters", LEVEL_LOG, ENTRY_DETAIL, "Parameters: $1 = '" MARK "'" },
	{ "German parameters", LEVEL_LOG, ENTRY_DETAIL, "Parameter: $1 = '" MARK "'" },
	{ "a key", LEVEL_ERROR, ENTRY_DETAIL,
		"Key (a, b)=(1, " MARK ") already exists." },
	{ "a key with brackets in its value", LEVEL_ERROR, ENTRY_DETAIL,
		"Key (a)=(x) " MARK ") is not present in table \"t\"." },
	{ "two keys", LEVEL_ERROR, ENTRY_DETAIL,
		"Key (a)=(1) conflicts with existing key (a)=(" MARK ")." },
	{ "a German key", LEVEL_ERROR, ENTRY_DETAIL,
		"Schlüssel »(a)=(" MARK ")« existiert bereits." },
	{ "a row", LEVEL_ERROR, ENTRY_DETAIL,
		"Failing row contains (1, " MARK ", null)." },
	{ "a row of several lines", LEVEL_ERROR, ENTRY_DETAIL,
		"Failing row contains (1, x\ny) " MARK ")." },
	{ "a partition's key", LEVEL_ERROR, ENTRY_DETAIL,
		"Partition key of the failing row contains (a) = (" MARK ")." },
	{ "a German row", LEVEL_ERROR, ENTRY_DETAIL,
		"Fehlgeschlagene Zeile enthält (1, " MARK ")." },
	{ "a deadlock", LEVEL_ERROR, ENTRY_DETAIL,
		"Process 1 waits for ShareLock on transaction 5; blocked by process 2.\n"
		"Process 2 waits for ShareLock on transaction 4; blocked by process 1.\n"
		"Process 1: UPDATE t SET a = '" MARK "'\n  WHERE b = 'x'\n"
		"Process 2: UPDATE t SET a = $$" MARK "$$",
		ENTRY_MESSAGE, "deadlock detected" },
	{ "a crash", LEVEL_LOG, ENTRY_DETAIL,
		"Failed process was running: SELECT $$" MARK "$$", ENTRY_MESSAGE,
		"server process (PID 5) was terminated by signal 9: Killed" },
	{ "a prepared statement", LEVEL_LOG, ENTRY_DETAIL,
		"prepare: PREPARE p AS SELECT $$" MARK "$$" },
	{ "a value refused", LEVEL_ERROR, ENTRY_MESSAGE,
		"invalid input syntax for type integer: \"" MARK "\" at character 8" },
	{ "a value with quotes refused", LEVEL_ERROR, ENTRY_MESSAGE,
		"date/time field value out of range: \"a\" column \"" MARK "\"" },
	{ "an array refused", LEVEL_ERROR, ENTRY_MESSAGE,
		"malformed array literal: \"{" MARK "\"" },
	{ "a number refused", LEVEL_ERROR, ENTRY_MESSAGE,
		"value \"" MARK "\" is out of range for type integer" },
	{ "a value refused in German", LEVEL_ERROR, ENTRY_MESSAGE,
		"ungültige Eingabesyntax für Typ integer: »" MARK "«" },
	{ "in French", LEVEL_ERROR, ENTRY_MESSAGE,
		"syntaxe en entrée invalide pour le type integer : « " MARK " »" },
	{ "in Japanese", LEVEL_ERROR, ENTRY_MESSAGE,
		"\"integer\"型の入力構文が不正です: \"" MARK "\"" },
	{ "a syntax error", LEVEL_ERROR, ENTRY_MESSAGE,
		"unterminated quoted string at or near \"'" MARK "\" at character 8" },
	{ "a word in the way", LEVEL_ERROR, ENTRY_MESSAGE,
		"syntax error at or near \"" MARK "\"" },
	{ "JSON refused", LEVEL_ERROR, ENTRY_DETAIL, "Token \"" MARK "\" is invalid." },
	{ "what JSON was read", LEVEL_ERROR, ENTRY_CONTEXT,
		"JSON data, line 1: {\"a\": " MARK "..." },
	{ "a copied value", LEVEL_ERROR, ENTRY_CONTEXT,
		"COPY t, line 1, column a: \"" MARK "\"" },
	{ "a copied line", LEVEL_ERROR, ENTRY_CONTEXT,
		"COPY t, line 1: \"a \"" MARK "\"" },
	{ "a function's statement", LEVEL_ERROR, ENTRY_CONTEXT,
		"SQL statement \"INSERT INTO t VALUES ('a\nb" MARK "', $$" MARK "$$)\"\n"
		"PL/pgSQL function f(text) line 3 at SQL statement" },
	{ "a function's expression", LEVEL_ERROR, ENTRY_CONTEXT,
		"PL/pgSQL expression \"x = E'" MARK "'\"" },
	{ "a portal's parameters", LEVEL_ERROR, ENTRY_CONTEXT,
		"SQL function \"f\" statement 1\nunnamed portal with parameters: $1 = 'a\nb" MARK
		"'" },
	{ "a portal's parameter", LEVEL_ERROR, ENTRY_CONTEXT,
		"unnamed portal parameter $1 = '" MARK "'" },
	{ "a remote command", LEVEL_ERROR, ENTRY_CONTEXT,
		"remote SQL command: SELECT $$" MARK "$$" },
	{ "a function's statement in German", LEVEL_ERROR, ENTRY_CONTEXT,
		"SQL-Anweisung »SELECT $$" MARK "$$«\nPL/pgSQL-Funktion f() Zeile 3" },
	{ "a plan", LEVEL_LOG, ENTRY_MESSAGE,
		"duration: 1.2 ms  plan:\nQuery Text: SELECT '" MARK
		"'\nResult  (cost=0.00..1.00 rows=1 width=6)\n  Output: '" MARK
		"'::text" },
	{ "a plan as JSON", LEVEL_LOG, ENTRY_MESSAGE,
		"duration: 1.2 ms  plan:\n{\n  \"Query Text\": \"SELECT '" MARK
		"'\"\n}" },
	{ "a plan as YAML", LEVEL_LOG, ENTRY_MESSAGE,
		"duration: 1.2 ms  plan:\nQuery Text: \"SELECT '" MARK "'\"\nPlan:\n" },
	{ "an audit", LEVEL_LOG, ENTRY_MESSAGE,
		"AUDIT: SESSION,1,1,READ,SELECT,,,\"SELECT '" MARK "'\",<none>" },
	{ "half a line", LEVEL_UNPARSED, ENTRY_MESSAGE,
		"a " MARK "', 'x" MARK "', '" MARK },
	{ "a line of quotes", LEVEL_UNPARSED, ENTRY_MESSAGE,
		"{\"a\": \"" MARK "\", 'b': '" MARK "'}" },
};

static void no_data_comes_out_of_the_modes_that_mask_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(data); i++) {
		no_leak(REDACT_LITERALS, &data[i]);
		no_leak(REDACT_STATEMENTS, &data[i]);
	}
}

static void what_goes_on_with_another_entry_may_be_anything(void **state)
{
	struct entry entry = { .level = LEVEL_LOG, .continued = true };
	char *json;

	(void)state;
	entry.text[ENTRY_MESSAGE] = text_of("x " MARK ", 'y'");
	json = entry_json(REDACT_LITERALS, &entry, NULL);
	assert_false(leaks(json));
	free(json);
}

/* Cut anywhere, as the parser cuts long entries. */
static void no_data_comes_out_where_the_text_is_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(data); i++) {
		struct entry entry = entry_of(&data[i]);
		size_t full = entry.text[data[i].which].len;

		entry.cut_bytes = 1;
		for (size_t len = 1; len <= full; len++) {
			char *json;

			entry.text[data[i].which].len = len;
			json = entry_json(REDACT_LITERALS, &entry, NULL);
			if (leaks(json))
				fail_msg("%s, cut at %zu: %s", data[i].when, len, json);
			free(json);
		}
	}
}

static const struct {
	const char *when;
	enum redact_mode mode;
	enum level level;
	enum entry_text which;
	const char *text, *want;
} shown[] = {
	{ "an identifier", REDACT_LITERALS, LEVEL_ERROR, ENTRY_MESSAGE,
		"relation \\\"t\\\" does not exist at character 15",
		"relation \\\"t\\\" does not exist at character 15" },
	{ "two identifiers", REDACT_LITERALS, LEVEL_ERROR, ENTRY_MESSAGE,
		"insert or update on table \\\"t\\\" violates foreign key constraint \\\"c\\\"",
		"insert or update on table \\\"t\\\" violates foreign key constraint \\\"c\\\"" },
	{ "what is around a value", REDACT_LITERALS, LEVEL_ERROR, ENTRY_MESSAGE,
		"value \\\"99\\\" is out of range for type integer",
		"value \\\"***\\\" is out of range for type integer" },
	{ "an apostrophe", REDACT_LITERALS, LEVEL_ERROR, ENTRY_MESSAGE, "can't do it",
		"can't do it" },
	{ "byte values", REDACT_LITERALS, LEVEL_ERROR, ENTRY_MESSAGE,
		"invalid byte sequence for encoding \\\"UTF8\\\": 0xe9 0x20",
		"invalid byte sequence for encoding \\\"UTF8\\\": 0x*** 0x***" },
	{ "SQL", REDACT_LITERALS, LEVEL_LOG, ENTRY_MESSAGE,
		"duration: 1.2 ms  statement: SELECT 'x' FROM t1 WHERE a = 5",
		"duration: 1.2 ms  statement: SELECT '***' FROM t1 WHERE a = 0" },
	{ "a statement's first word", REDACT_STATEMENTS, LEVEL_LOG, ENTRY_MESSAGE,
		"duration: 1.2 ms  statement: SELECT 'x'",
		"duration: 1.2 ms  statement: SELECT ..." },
	{ "a key's columns", REDACT_LITERALS, LEVEL_ERROR, ENTRY_DETAIL,
		"Key (a, b)=(1, x) is not present in table \\\"t\\\".",
		"Key (a, b)=(***) is not present in table \\\"t\\\"." },
	{ "parameters", REDACT_STATEMENTS, LEVEL_LOG, ENTRY_DETAIL,
		"parameters: $1 = 'x', $2 = NULL", "parameters: $1 = '***', $2 = NULL" },
	{ "who waits", REDACT_LITERALS, LEVEL_ERROR, ENTRY_DETAIL,
		"Process 1 waits for ShareLock on transaction 5; blocked by process "
		"2.\\nProcess 1: SELECT 5\\nProcess 2: SELECT 'a'",
		"Process 1 waits for ShareLock on transaction 5; blocked by process "
		"2.\\nProcess 1: SELECT 0\\nProcess 2: SELECT '***'" },
	{ "what each runs", REDACT_STATEMENTS, LEVEL_ERROR, ENTRY_DETAIL,
		"Process 1: SELECT 5\\nProcess 2: UPDATE t",
		"Process 1: SELECT ...\\nProcess 2: UPDATE ..." },
	{ "a context's places", REDACT_LITERALS, LEVEL_ERROR, ENTRY_CONTEXT,
		"SQL statement \\\"SELECT 5\\\"\\nPL/pgSQL function f(text) line 3 at EXECUTE",
		"SQL statement \\\"SELECT 0\\\"\\nPL/pgSQL function f(text) line 3 at EXECUTE" },
	{ "a copy's line", REDACT_LITERALS, LEVEL_ERROR, ENTRY_CONTEXT,
		"COPY t, line 1, column a: \\\"x\\\"",
		"COPY t, line 1, column a: \\\"***\\\"" },
	{ "an unknown line's program", REDACT_LITERALS, LEVEL_UNPARSED, ENTRY_MESSAGE,
		"cp: no such file", "cp: ***" },
	{ "failed logins", REDACT_LITERALS, LEVEL_FATAL, ENTRY_MESSAGE,
		"password authentication failed for user \\\"u\\\"",
		"password authentication failed for user \\\"u\\\"" },
	{ "a password's surroundings", REDACT_NONE, LEVEL_LOG, ENTRY_MESSAGE,
		"statement: ALTER ROLE r PASSWORD 'x' VALID UNTIL 'y'",
		"statement: ALTER ROLE r PASSWORD '***' VALID UNTIL 'y'" },
	{ "data, where passwords are all that goes", REDACT_NONE, LEVEL_ERROR,
		ENTRY_DETAIL, "Key (a)=(x) of no password already exists.",
		"Key (a)=(x) of no password already exists." },
};

/* JSON's escapes of quotes and newlines are in the table, so that it can be compared. */
static void unescape(const char *s, char *ret)
{
	for (; *s; s++) {
		if (*s == '\\')
			*ret++ = *++s == 'n' ? '\n' : *s;
		else
			*ret++ = *s;
	}
	*ret = '\0';
}

static void what_is_no_data_stays(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(shown); i++) {
		struct entry entry = { .level = shown[i].level };
		char text[1000], want[1100], *json;

		unescape(shown[i].text, text);
		snprintf(want, sizeof(want), "\":\"%s\"", shown[i].want);
		entry.text[shown[i].which] = text_of(text);
		json = entry_json(shown[i].mode, &entry, NULL);
		if (!strstr(json, want))
			fail_msg("%s: %s", shown[i].when, json);
		free(json);
	}
}

/* An event's values say no more than the texts they are taken from. */
static void values_are_redacted_as_their_texts(void **state)
{
	static const struct planted values = { "what a message quotes", LEVEL_LOG,
		ENTRY_MESSAGE,
		"connection authenticated: identity=\"" MARK "\" method=ldap (/f:1)" };
	struct entry entry = entry_of(&values);
	char *json = entry_json(REDACT_NONE, &entry, NULL);

	(void)state;
	assert_non_null(strstr(json, "\"identity\":\"" MARK "\""));
	free(json);
	no_leak(REDACT_LITERALS, &values);
}

/* Though DETAIL has the same text as SQL. */
static void parameters_that_look_like_sql_are_masked_as_parameters(void **state)
{
	struct entry entry = { .level = LEVEL_LOG };
	char *json;

	(void)state;
	entry.text[ENTRY_MESSAGE] = text_of("statement: SELECT $1");
	entry.text[ENTRY_DETAIL] = text_of("parameters: SELECT 1");
	json = entry_json(REDACT_LITERALS, &entry, NULL);
	check(json, strstr(json, "\"parameters\":\"***\""));
	free(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_password_comes_out_of_any_text),
		cmocka_unit_test(parameters_that_look_like_sql_are_masked_as_parameters),
		cmocka_unit_test(no_data_comes_out_of_the_modes_that_mask_it),
		cmocka_unit_test(what_goes_on_with_another_entry_may_be_anything),
		cmocka_unit_test(no_data_comes_out_where_the_text_is_cut),
		cmocka_unit_test(what_is_no_data_stays),
		cmocka_unit_test(values_are_redacted_as_their_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
