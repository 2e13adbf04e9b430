/* links: forwarder/retry_after.o */
#include "unit.h"

#include "forwarder/retry_after.h"

#define NOON "Fri, 30 Jan 2026 12:00:00 GMT"
#define NOON_S 1769774400

static const struct {
	const char *when;
	const char *value, *date;
	double want; /* -1: none */
} cases[] = {
	{ "seconds", "120", "", 120 },
	{ "one", "1", "", 1 },
	{ "none to wait is one at least", "0", "", 1 },
	{ "leading zeros", "00000000000000000030", "", 30 },
	{ "an hour", "3600", "", 3600 },
	{ "over an hour", "3601", "", 3600 },
	{ "absurd", "99999999999999999999999999999999", "", 3600 },
	{ "nothing", "", "", -1 },
	{ "negative", "-5", "", -1 },
	{ "signed", "+5", "", -1 },
	{ "a fraction", "1.5", "", -1 },
	{ "with a unit", "5s", "", -1 },
	{ "hexadecimal", "0x10", "", -1 },
	{ "words", "soon", "", -1 },
	{ "two values", "5, 10", "", -1 },
	{ "a date", "Fri, 30 Jan 2026 12:00:30 GMT", NOON, 30 },
	{ "a date of RFC 850", "Friday, 30-Jan-26 12:02:00 GMT", NOON, 120 },
	{ "asctime()'s", "Fri Jan 30 12:00:05 2026", NOON, 5 },
	{ "asctime()'s with one digit", "Sun Feb  1 12:00:00 2026",
		"Sun, 01 Feb 2026 11:59:00 GMT", 60 },
	{ "a date in the past", "Fri, 30 Jan 2026 11:59:59 GMT", NOON, 1 },
	{ "the same moment", NOON, NOON, 1 },
	{ "a date far off", "Fri, 30 Jan 2099 12:00:00 GMT", NOON, 3600 },
	{ "the clocks differ by a year: the answer's counts",
		"Thu, 30 Jan 2025 12:00:30 GMT", "Thu, 30 Jan 2025 12:00:00 GMT", 30 },
	{ "no Date: our clock", "Fri, 30 Jan 2026 12:00:40 GMT", "", 40 },
	{ "a senseless Date: our clock", "Fri, 30 Jan 2026 12:00:40 GMT", "yesterday",
		40 },
	{ "a leap day", "Thu, 29 Feb 2024 00:00:10 GMT", "Wed, 28 Feb 2024 23:59:50 GMT",
		20 },
	{ "another zone", "Fri, 30 Jan 2026 12:00:30 CET", NOON, -1 },
	{ "no zone", "Fri, 30 Jan 2026 12:00:30", NOON, -1 },
	{ "something behind it", NOON " or so", NOON, -1 },
	{ "half a date", "Fri, 30 Jan", NOON, -1 },
	{ "ISO 8601", "2026-01-30T12:00:30Z", NOON, -1 },
};

static void the_wait_is_bounded_or_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		double is = retry_after_s(cases[i].value, cases[i].date, NOON_S);

		if (is != cases[i].want)
			fail_msg(
				"%s: %g instead of %g", cases[i].when, is, cases[i].want);
	}
}

static void dates_are_in_gmt_whatever_the_machine_says(void **state)
{
	(void)state;
	setenv("TZ", "America/New_York", 1);
	assert_int_equal(http_date_parse(NOON), NOON_S);
	assert_int_equal(http_date_parse("Thu, 01 Jan 1970 00:00:00 GMT"), 0);
	assert_int_equal(http_date_parse("Tue, 19 Jan 2038 03:14:08 GMT"), 2147483648);
	assert_int_equal(http_date_parse(""), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_wait_is_bounded_or_none),
		cmocka_unit_test(dates_are_in_gmt_whatever_the_machine_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
