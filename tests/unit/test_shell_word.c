#include "unit.h"

#include "child.h"
#include "shell_word.h"

static const char *const texts[] = { "", "/var/lib/x_1.log", "two words", "it's", "''",
	"$(touch /x)", "`x`", "a;b", "-", "a\\b", "*", "~", "a=b", "#", "\xc3\xa4" };

static const struct {
	const char *text, *want;
} cases[] = {
	{ "/var/log/x-1.log", "/var/log/x-1.log" },
	{ "", "''" },
	{ "two words", "'two words'" },
	{ "it's", "'it'\\''s'" },
	{ "$HOME", "'$HOME'" },
};

static void only_what_needs_quotes_has_them(void **state)
{
	char word[100];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_string(cases[i].text, shell_word(cases[i].text, word, sizeof(word)),
			cases[i].want);
}

static void say(void *text)
{
	char word[100], command[200];

	snprintf(command, sizeof(command), "printf %%s %s",
		shell_word(text, word, sizeof(word)));
	fflush(stdout);
	if (system(command) != 0)
		_exit(1);
}

static void a_shell_reads_the_very_text(void **state)
{
	char said[200];

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		check(texts[i],
			child_run(say, (char *)texts[i], 1, said, sizeof(said)) == 0);
		check_string(texts[i], said, texts[i]);
	}
}

static void half_a_word_is_none(void **state)
{
	char word[20];

	(void)state;
	memset(word, 'x', sizeof(word));
	assert_string_equal(shell_word("abcd", word, 5), "abcd");
	assert_string_equal(shell_word("abcde", word, 5), "");
	assert_string_equal(shell_word("a'b", word, 9), "'a'\\''b'");
	assert_string_equal(shell_word("a'b", word, 8), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_needs_quotes_has_them),
		cmocka_unit_test(a_shell_reads_the_very_text),
		cmocka_unit_test(half_a_word_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
