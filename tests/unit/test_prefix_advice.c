/* links: logtail/prefix_advice.o */
#include "unit.h"

#include "logtail/prefix_advice.h"

static void what_a_prefix_leaves_out_is_named(void **state)
{
	static const struct {
		const char *prefix, *want;
	} cases[] = {
		{ "%m [%p] %q%u@%d/%a ", "" },
		{ "%t %c %-10u %5d %a", "" },
		{ "%n%p%u%d%a", "" },
		{ "%m [%p] %q%u@%d ",
			"%a (the application, with it the web request's UUID)" },
		{ "%m [%p] ", "%u (the user), %d (the database), %a (the application, "
			      "with it the web request's UUID)" },
		{ "%s %p %u@%d/%a", "%m (the time)" },
		{ "%m %u@%d/%a ", "%p (the process: which lines belong together)" },
		{ "%m %p %u %d %%a %", "%a (the application, with it the web request's "
				       "UUID)" },
	};
	char said[400];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		check(cases[i].prefix, prefix_advice(cases[i].prefix, said,
					       sizeof(said)) == !!*cases[i].want);
		check_string(cases[i].prefix, said, cases[i].want);
	}
}

static void it_fits_its_room(void **state)
{
	char said[10];

	(void)state;
	assert_true(prefix_advice("", said, sizeof(said)));
	assert_string_equal(said, "%m (the t");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_prefix_leaves_out_is_named),
		cmocka_unit_test(it_fits_its_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
