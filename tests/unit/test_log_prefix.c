/* links: collector/log_prefix.o */
#include "unit.h"

#include "collector/log_prefix.h"

/* better NULL: it lacks nothing. */
static const struct {
	const char *prefix, *lacks, *better;
} cases[] = {
	{ "%m [%p] ", "%a", LOG_PREFIX_BEST },
	{ "%m [%p] %q%u@%d ", "%a", LOG_PREFIX_BEST },
	{ "", "%m", LOG_PREFIX_BEST },
	{ "%a ", "%m", LOG_PREFIX_BEST },
	{ "%m %a ", "%p", LOG_PREFIX_BEST },
	{ "[%p] %a ", "%m", LOG_PREFIX_BEST },
	{ "%t [%p]: [%l-1] user=%u,db=%d ", "%a",
		"%t [%p]: [%l-1] user=%u,db=%d app=%a " },
	{ "%n %c", "%a", "%n %c app=%a " },
	{ "%m %%p %%a ", "%p", LOG_PREFIX_BEST },
	{ LOG_PREFIX_BEST, NULL, NULL },
	{ "%t:%r:%u@%d:[%p]:%a:", NULL, NULL },
	{ "%-30m %5p %-10a", NULL, NULL },
	{ "%n %c %q%a", NULL, NULL },
	{ "%", "%m", LOG_PREFIX_BEST },
	{ "%-", "%m", LOG_PREFIX_BEST },
};

static void a_prefix_that_lacks_something_gets_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char better[128] = "untouched";
		const char *lacks =
			log_prefix_lacks(cases[i].prefix, better, sizeof(better));

		check(cases[i].prefix, !lacks == !cases[i].lacks);
		if (lacks)
			check(cases[i].prefix, strncmp(lacks, cases[i].lacks,
						       strlen(cases[i].lacks)) == 0);
		check_string(cases[i].prefix, better,
			cases[i].better ? cases[i].better : "untouched");
	}
}

static void what_leaves_no_room_is_given_up(void **state)
{
	char better[32];

	(void)state;
	assert_non_null(log_prefix_lacks(
		"%m [%p] user=%u,db=%d,client=%h", better, sizeof(better)));
	assert_string_equal(better, LOG_PREFIX_BEST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_prefix_that_lacks_something_gets_it),
		cmocka_unit_test(what_leaves_no_room_is_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
