#include "unit.h"

#include "log_prefix.h"

#define UUID "%a (the application, with it the web request's UUID)"

/* mended NULL: it lacks nothing. */
static const struct {
	const char *prefix, *lacks, *mended;
} cases[] = {
	{ "%m [%p] ", "%u (the user), %d (the database), " UUID, LOG_PREFIX_BEST },
	{ "%m [%p] %q%u@%d ", UUID, LOG_PREFIX_BEST },
	{ "%s %p %u@%d/%a", "%m (the time)", LOG_PREFIX_BEST },
	{ "%m %u@%d/%a ", "%p (the process: which lines belong together)",
		LOG_PREFIX_BEST },
	{ "%t [%p]: [%l-1] user=%u,db=%d ", UUID,
		"%t [%p]: [%l-1] user=%u,db=%d app=%a " },
	{ "%n %c", "%u (the user), %d (the database), " UUID,
		"%n %c user=%u db=%d app=%a " },
	{ "%n %c %q%a", "%u (the user), %d (the database)", "%n %c %q%a user=%u db=%d " },
	{ "%m %p %u %d %%a %", UUID, "%m %p %u %d %%a % app=%a " },
	{ "%m %%p %u@%d %a ", "%p (the process: which lines belong together)",
		LOG_PREFIX_BEST },
	{ LOG_PREFIX_BEST, "", NULL },
	{ "%t:%r:%u@%d:[%p]:%a:", "", NULL },
	{ "%t %c %-10u %5d %-3a", "", NULL },
	{ "%n%p%u%d%a", "", NULL },
};

static void what_a_prefix_lacks_is_named_and_mended(void **state)
{
	char said[400], mended[128], still[400];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		check(cases[i].prefix, log_prefix_lacks(cases[i].prefix, said,
					       sizeof(said)) == !!*cases[i].lacks);
		check_string(cases[i].prefix, said, cases[i].lacks);
		if (!cases[i].mended)
			continue;
		log_prefix_mend(cases[i].prefix, mended, sizeof(mended));
		check_string(cases[i].prefix, mended, cases[i].mended);
		check(cases[i].prefix, !log_prefix_lacks(mended, still, sizeof(still)));
	}
	log_prefix_mend("%-", mended, sizeof(mended));
	assert_string_equal(mended, LOG_PREFIX_BEST);
}

static void what_has_no_room_is_given_up(void **state)
{
	char said[10], mended[32];

	(void)state;
	assert_true(log_prefix_lacks("", said, sizeof(said)));
	assert_string_equal(said, "%m (the t");
	log_prefix_mend("%m [%p] user=%u,db=%d,client=%h", mended, sizeof(mended));
	assert_string_equal(mended, LOG_PREFIX_BEST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_prefix_lacks_is_named_and_mended),
		cmocka_unit_test(what_has_no_room_is_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
