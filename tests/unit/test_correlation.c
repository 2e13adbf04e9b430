#include "unit.h"

#include "correlation.h"

#define ID "0f8fad5b-d9cb-469f-a165-70867728950e"

static const struct {
	const char *when;
	const char *text;
	const char *want; /* NULL: none */
} cases[] = {
	{ "alone", "bitville-" ID, ID },
	{ "inside", "app bitville-" ID " worker", ID },
	{ "capitals become small", "bitville-0F8FAD5B-D9CB-469F-A165-70867728950E", ID },
	{ "the first one counts",
		"bitville-" ID " bitville-11111111-2222-3333-4444-555555555555", ID },
	{ "a broken one before it", "bitville-xyz bitville-" ID, ID },
	{ "a mark in the mark", "bitville-bitville-" ID, ID },
	{ "nothing", "", NULL },
	{ "no mark", ID, NULL },
	{ "the mark alone", "bitville-", NULL },
	{ "another mark", "Bitville-" ID, NULL },
	{ "one digit short", "bitville-0f8fad5b-d9cb-469f-a165-70867728950", NULL },
	{ "one digit more", "bitville-" ID "0", NULL },
	{ "a letter more", "bitville-" ID "z", NULL },
	{ "a hyphen more", "bitville-" ID "-1", NULL },
	{ "a sign behind it is fine", "bitville-" ID "]", ID },
	{ "no hexadecimal digit", "bitville-0g8fad5b-d9cb-469f-a165-70867728950e", NULL },
	{ "hyphens elsewhere", "bitville-0f8fad5bd-9cb-469f-a165-70867728950e", NULL },
	{ "no hyphens", "bitville-0f8fad5bd9cb469fa16570867728950e0000", NULL },
};

static void the_id_is_found_or_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t len = strlen(cases[i].text);
		char *exact = malloc(len + 1), id[CORRELATION_ID_LEN + 1] = "untouched";
		bool found;

		memcpy(exact + 1, cases[i].text, len);
		found = correlation_id_find(exact + 1, len, id);
		check(cases[i].when, found == (cases[i].want != NULL));
		check_string(
			cases[i].when, id, cases[i].want ? cases[i].want : "untouched");
		free(exact);
	}
}

static void bytes_behind_the_length_do_not_count(void **state)
{
	const char *text = "bitville-" ID "z";
	char id[CORRELATION_ID_LEN + 1];

	(void)state;
	assert_true(correlation_id_find(text, strlen(text) - 1, id));
	assert_string_equal(id, ID);
	assert_false(correlation_id_find(text, strlen(text) - 2, id));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_id_is_found_or_not),
		cmocka_unit_test(bytes_behind_the_length_do_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
