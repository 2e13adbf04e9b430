/* links: collector/time_zone.o */
#include "unit.h"

#include <stdlib.h>

#include "collector/time_zone.h"

#define WINTER 1769774400 /* 2026-01-30 */
#define SUMMER 1785499200 /* 2026-07-31 */

static const struct {
	const char *theirs, *ours;
	bool understood;
} cases[] = {
	{ "Europe/Berlin", "Europe/Berlin", true },
	{ "Europe/Berlin", "Europe/Paris", true }, /* CET and CEST, too */
	{ "Europe/Berlin", "UTC", false },
	{ "Asia/Tokyo", "Europe/Berlin", false },
	{ "Asia/Shanghai", "America/Chicago", false }, /* both have a CST */
	{ "Etc/UTC", "Asia/Tokyo", true },
	{ "GMT", "Asia/Tokyo", true },
	{ "Asia/Dubai", "Asia/Tokyo", true },     /* +04 */
	{ "Europe/London", "Asia/Tokyo", false }, /* BST in summer */
	{ "Asia/Tokyo", "", false },              /* TZ says Europe/Berlin */
	{ "Europe/Berlin", NULL, true },
};

static void abbreviations_are_compared_in_both_halves_of_the_year(void **state)
{
	(void)state;
	setenv("TZ", "Europe/Berlin", 1);
	for (size_t i = 0; i < COUNT(cases); i++) {
		check(cases[i].theirs,
			time_zone_is_understood(cases[i].theirs, cases[i].ours, WINTER) ==
				cases[i].understood);
		check(cases[i].theirs,
			time_zone_is_understood(cases[i].theirs, cases[i].ours, SUMMER) ==
				cases[i].understood);
		check_string(cases[i].theirs, getenv("TZ"), "Europe/Berlin");
	}
	unsetenv("TZ");
	time_zone_is_understood("Asia/Tokyo", NULL, WINTER);
	assert_null(getenv("TZ"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(abbreviations_are_compared_in_both_halves_of_the_year),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
