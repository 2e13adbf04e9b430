/* links: forwarder/answer_text.o forwarder/quoted_secret.o */
#include "unit.h"

#include "forwarder/answer_text.h"

#define KEY "s3cr3t+Key/with=signs"
#define WITHHELD "(not shown: it quotes a secret)"

static const struct {
	const char *when;
	const char *text;
	const char *want;
} cases[] = {
	{ "plain text", "too large", "too large" },
	{ "nothing", "", "" },
	{ "lines become one", "a\r\nb\n\n\tc", "a b c" },
	{ "blanks at the ends go", " \n a  b \n", "a b" },
	{ "escape sequences", "\x1b[31mred\x07", "[31mred" },
	{ "DEL and bytes over ASCII", "\x7f\xc3\xa4\xff", "????" },
	{ "the key", "bad key " KEY "!", "bad key *********************!" },
	{ "twice", KEY KEY, "******************************************" },
	{ "the key in JSON", "{\"key\":\"" KEY "\"}",
		"{\"key\":\"*********************\"}" },
	{ "its slash escaped", "s3cr3t+Key\\/with=signs", "*********************" },
	{ "a letter escaped", "s3cr3t\\u002bKey/with\\u003Dsigns",
		"*********************" },
	{ "all of it escaped twice", "s3cr3t\\\\u002bKey\\\\/with=signs",
		"*********************" },
	{ "the second secret", "proxy said hunter2", "proxy said *******" },
	{ "a secret with quotes", "got \"a\\\"b\\\\c\"", "got \"****\"" },
	{ "a part of the key is not it", "s3cr3t+Key/with", "s3cr3t+Key/with" },
	{ "percent-encoded", "?key=s3cr3t%2BKey%2fwith%3Dsigns&a=b", WITHHELD },
	{ "as HTML", "<b>your key s3cr3t&#43;Key&#x2f;with=signs</b>", WITHHELD },
	{ "in base64", "you sent QmVhcmVyIHMzY3IzdCtLZXkvd2l0aD1zaWducw==, it seems",
		WITHHELD },
	{ "some other base64", "you sent aGVsbG8gd29ybGQsIGhvdyBhcmUgeW91, it seems",
		"you sent aGVsbG8gd29ybGQsIGhvdyBhcmUgeW91, it seems" },
	{ "an escape that ends too soon", "\\u00", "u00" },
	{ "a letter that is not ASCII", "\\u00e4\\u20ac", "??" },
	{ "an escaped NUL and newline", "a\\u0000b\\u000ac", "a b c" },
};

static void one_clean_line_without_secrets_is_left(void **state)
{
	static const char *const secrets[] = { KEY, "", "hunter2", "a\"b\\c", NULL };
	char line[200];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t len = strlen(cases[i].text);
		char *exact = malloc(len + 1);

		memcpy(exact + 1, cases[i].text, len);
		memset(line, 'x', sizeof(line));
		answer_text(exact + 1, len, secrets, line, sizeof(line));
		check_string(cases[i].when, line, cases[i].want);
		free(exact);
	}
}

static void a_nul_is_no_end(void **state)
{
	static const char *const secrets[] = { "hunter2", NULL };
	char line[50];

	(void)state;
	answer_text("a\0hunter2", 9, secrets, line, sizeof(line));
	assert_string_equal(line, "a *******");
}

static void it_is_cut_after_it_was_masked(void **state)
{
	static const char *const secrets[] = { "hunter2", NULL };
	char line[50];

	(void)state;
	for (size_t size = 1; size < sizeof(line); size++) {
		memset(line, 'x', sizeof(line));
		answer_text("key hunter2 is wrong", 20, secrets, line, size);
		assert_int_equal(strlen(line), size <= 20 ? size - 1 : 20);
		assert_null(strstr(line, "hunt"));
		assert_memory_equal(line, "key ******* is wrong", strlen(line));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_clean_line_without_secrets_is_left),
		cmocka_unit_test(a_nul_is_no_end),
		cmocka_unit_test(it_is_cut_after_it_was_masked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
