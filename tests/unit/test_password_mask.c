#include "unit.h"

#include "password_mask.h"

static const struct {
	const char *when;
	const char *text;
	bool cut;
	const char *want;
	enum password_end end;
} cases[] = {
	{ "no password", "host=h user=u", false, "host=h user=u", PASSWORD_END_OUTSIDE },
	{ "a bare value inside", "password=x user=u", false, "password=*** user=u",
		PASSWORD_END_OUTSIDE },
	{ "a bare value at the end", "password=x", false, "password=***",
		PASSWORD_END_INSIDE },
	{ "no value yet", "host=h password = ", false,
		"host=h password = ", PASSWORD_END_OPEN },
	{ "only the word", "the password", false, "the password", PASSWORD_END_OUTSIDE },
	{ "the word in prose", "password authentication failed", false,
		"password authentication failed", PASSWORD_END_OUTSIDE },
	{ "a longer word", "passwords='x' password1='y'", false,
		"passwords='x' password1='y'", PASSWORD_END_OUTSIDE },
	{ "words that end so", "PGPASSWORD=x my_passwd='y' z", false,
		"PGPASSWORD=*** my_passwd='***' z", PASSWORD_END_OUTSIDE },
	{ "a quoted value", "password 'it''s x' y", false, "password '***' y",
		PASSWORD_END_OUTSIDE },
	{ "a doubly quoted value", "PASSWORD ''it''''s x'' y", false,
		"PASSWORD ''***'' y", PASSWORD_END_OUTSIDE },
	{ "quotes that do not fit hide the rest", "PASSWORD ''; x 'y", false,
		"PASSWORD ''***", PASSWORD_END_OPEN },
	{ "a second password inside hides the rest", "PASSWORD ''; PASSWORD '''y z",
		false, "PASSWORD ''***", PASSWORD_END_OPEN },
	{ "a tag", "PASSWORD $a$x$b$y$a$ z", false, "PASSWORD $a$***$a$ z",
		PASSWORD_END_OUTSIDE },
	{ "JSON", "{\"password\" : \"x\\\"y\" , \"a\":1}", false,
		"{\"password\" : \"***\" , \"a\":1}", PASSWORD_END_OUTSIDE },
	{ "a URI", "see a://u:x@h/d, b", false, "see a://u:***@h/d, b",
		PASSWORD_END_OUTSIDE },
	{ "a URI without a password", "see a://u@h:80/d", false, "see a://u@h:80/d",
		PASSWORD_END_OUTSIDE },
	{ "a URI that may have been cut", "see a://h:80", true, "see a://h:***",
		PASSWORD_END_OUTSIDE },
	{ "a URI that was not", "see a://h:80", false, "see a://h:80",
		PASSWORD_END_OUTSIDE },
};

static void values_of_passwords_are_masked(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t len = strlen(cases[i].text);
		char *exact = malloc(len + 1);
		enum password_end end;
		struct buf out;

		memcpy(exact + 1, cases[i].text, len);
		buf_init(&out, 1000);
		end = password_mask(exact + 1, len, cases[i].cut, &out);
		check_string(cases[i].when, out.data, cases[i].want);
		check(cases[i].when, end == cases[i].end);
		buf_release(&out);
		free(exact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_of_passwords_are_masked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
