/* links: forwarder/rate.o */
#include "unit.h"

#include <math.h>

#include "forwarder/rate.h"

static void a_steady_rate_is_told_at_once_and_stays(void **state)
{
	struct rate rate = { 0 };

	(void)state;
	for (unsigned s = 0; s <= 300; s++) {
		rate_note(&rate, 1000 + 7 * s, 50 + s);
		assert_true(fabs(rate.per_s - (s > 0 ? 7 : 0)) < 1e-9);
	}
}

static void in_the_first_minute_it_is_the_average_since_the_start(void **state)
{
	struct rate rate = { 0 };

	(void)state;
	rate_note(&rate, 0, 100);
	rate_note(&rate, 100, 110);
	rate_note(&rate, 100, 120);
	assert_true(fabs(rate.per_s - 5) < 1e-9);
}

static void what_was_minutes_ago_is_forgotten(void **state)
{
	struct rate rate = { 0 };

	(void)state;
	rate_note(&rate, 0, 100);
	rate_note(&rate, 60000, 160);
	assert_true(fabs(rate.per_s - 1000) < 1e-9);
	for (unsigned s = 1; s <= 60; s++)
		rate_note(&rate, 60000, 160 + s);
	assert_true(rate.per_s > 300 && rate.per_s < 500);
	rate_note(&rate, 60000, 1000);
	assert_true(rate.per_s < 1);
}

static void moments_and_counts_that_begin_anew_do_no_harm(void **state)
{
	struct rate rate = { 0 };

	(void)state;
	rate_note(&rate, 10, 100);
	rate_note(&rate, 20, 100);
	rate_note(&rate, 30, 100.05);
	assert_true(rate.per_s == 0);
	rate_note(&rate, 40, 101);
	assert_true(fabs(rate.per_s - 30) < 1e-9);
	rate_note(&rate, 5, 102);
	assert_true(rate.per_s == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_steady_rate_is_told_at_once_and_stays),
		cmocka_unit_test(in_the_first_minute_it_is_the_average_since_the_start),
		cmocka_unit_test(what_was_minutes_ago_is_forgotten),
		cmocka_unit_test(moments_and_counts_that_begin_anew_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
