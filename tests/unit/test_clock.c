#include "unit.h"

#include <time.h>

#include "clock.h"

static void monotonic_time_goes_on(void **state)
{
	double before = clock_s(), after;
	const struct timespec pause = { 0, 20000000 };

	(void)state;
	nanosleep(&pause, NULL);
	after = clock_s();
	assert_true(after - before >= 0.019 && after - before < 10);
}

static void wall_time_is_the_machines(void **state)
{
	int64_t now = clock_wall_us(), seconds = (int64_t)time(NULL);

	(void)state;
	assert_true(now / 1000000 >= seconds - 2 && now / 1000000 <= seconds + 2);
}

static const struct {
	int64_t wall_us;
	const char *want, *want_us;
} times[] = {
	{ 0, "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000000+00:00" },
	{ 1769903999999999, "2026-01-31T23:59:59Z", "2026-01-31T23:59:59.999999+00:00" },
	{ 1769904000000000, "2026-02-01T00:00:00Z", "2026-02-01T00:00:00.000000+00:00" },
	{ 951782400000120, "2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000120+00:00" },
	{ INT64_C(253402300799000000), "9999-12-31T23:59:59Z",
		"9999-12-31T23:59:59.000000+00:00" },
	{ INT64_C(253402300800000000), "?", "?" },
	{ INT64_MAX, "?", "?" },
};

static void wall_time_is_shown_in_utc(void **state)
{
	(void)state;
	setenv("TZ", "Asia/Tokyo", 1);
	tzset();
	for (size_t i = 0; i < COUNT(times); i++) {
		char text[21], text_us[33];

		clock_wall_format(times[i].wall_us, text);
		check_string(times[i].want, text, times[i].want);
		clock_wall_format_us(times[i].wall_us, text_us);
		check_string(times[i].want, text_us, times[i].want_us);
	}
	unsetenv("TZ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(monotonic_time_goes_on),
		cmocka_unit_test(wall_time_is_the_machines),
		cmocka_unit_test(wall_time_is_shown_in_utc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
