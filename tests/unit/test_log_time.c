/* links: logtail/logtail.a */
#include "unit.h"

#include <time.h>

#include "logtail/log_time.h"

static const struct {
	const char *when;
	const char *zone;
	const char *s;
	const char *text;
	int64_t us;
} times[] = {
	{ "UTC", "", "2026-01-31 23:59:59.123 UTC", "2026-01-31T23:59:59.123+00:00",
		1769903999123000 },
	{ "GMT", "Europe/Berlin", "2026-07-01 00:00:00.000 GMT",
		"2026-07-01T00:00:00.000+00:00", 1782864000000000 },
	{ "no decimals", "", "2026-01-31 23:59:59 UTC", "2026-01-31T23:59:59+00:00",
		1769903999000000 },
	{ "six decimals", "", "2026-01-31 23:59:59.123456 UTC",
		"2026-01-31T23:59:59.123456+00:00", 1769903999123456 },
	{ "nine decimals", "", "2026-01-31 23:59:59.123456789 UTC",
		"2026-01-31T23:59:59.123456789+00:00", 1769903999123456 },
	{ "the first second", "", "1970-01-01 00:00:00 UTC", "1970-01-01T00:00:00+00:00",
		0 },
	{ "before it, in the east", "", "1970-01-01 00:00:00 +01",
		"1970-01-01T00:00:00+01:00", INT64_C(-3600000000) },
	{ "the last second", "", "9999-12-31 23:59:59 UTC", "9999-12-31T23:59:59+00:00",
		INT64_C(253402300799000000) },
	{ "29 February", "", "2028-02-29 00:00:00 UTC", "2028-02-29T00:00:00+00:00",
		1835395200000000 },
	{ "29 February 2000", "", "2000-02-29 12:00:00 UTC", "2000-02-29T12:00:00+00:00",
		951825600000000 },
	{ "a leap second", "", "2016-12-31 23:59:60 UTC", "2016-12-31T23:59:60+00:00",
		1483228800000000 },
	{ "hours", "", "2026-01-31 23:59:59.123 +03", "2026-01-31T23:59:59.123+03:00",
		1769893199123000 },
	{ "hours and minutes", "", "2026-01-31 23:59:59.123 -0330",
		"2026-01-31T23:59:59.123-03:30", 1769916599123000 },
	{ "with a colon", "", "2026-01-31 23:59:59.123 +05:30",
		"2026-01-31T23:59:59.123+05:30", 1769884199123000 },
	{ "+00", "", "2026-01-31 23:59:59 +00", "2026-01-31T23:59:59+00:00",
		1769903999000000 },
	{ "winter", "Europe/Berlin", "2026-01-31 23:59:59.123 CET",
		"2026-01-31T23:59:59.123+01:00", 1769900399123000 },
	{ "summer", "Europe/Berlin", "2026-07-01 12:00:00.5 CEST",
		"2026-07-01T12:00:00.5+02:00", 1782900000500000 },
	{ "autumn's hour, first", "Europe/Berlin", "2026-10-25 02:30:00 CEST",
		"2026-10-25T02:30:00+02:00", 1792888200000000 },
	{ "autumn's hour, again", "Europe/Berlin", "2026-10-25 02:30:00 CET",
		"2026-10-25T02:30:00+01:00", 1792891800000000 },
	{ "spring's hour that is not", "Europe/Berlin", "2026-03-29 02:30:00 CET",
		"2026-03-29T02:30:00+01:00", 1774747800000000 },
	{ "far in the west", "America/New_York", "2026-11-01 01:30:00 EST",
		"2026-11-01T01:30:00-05:00", 1793514600000000 },
	{ "far in the west, before", "America/New_York", "2026-11-01 01:30:00 EDT",
		"2026-11-01T01:30:00-04:00", 1793511000000000 },
	{ "far in the east", "Pacific/Auckland", "2026-04-05 02:30:00 NZDT",
		"2026-04-05T02:30:00+13:00", 1775309400000000 },
	{ "far in the east, again", "Pacific/Auckland", "2026-04-05 02:30:00 NZST",
		"2026-04-05T02:30:00+12:00", 1775313000000000 },
	{ "half an hour", "Asia/Kolkata", "2026-01-31 05:30:00 IST",
		"2026-01-31T05:30:00+05:30", 1769817600000000 },
	{ "the same letters elsewhere", "Asia/Jerusalem", "2026-01-31 02:00:00 IST",
		"2026-01-31T02:00:00+02:00", 1769817600000000 },
	{ "the zone's own number", "America/Sao_Paulo", "2026-01-31 02:00:00 -03",
		"2026-01-31T02:00:00-03:00", 1769835600000000 },
	{ "one name for two offsets, before the change", "Europe/Moscow",
		"2014-10-26 00:30:00 MSK", "2014-10-26T00:30:00+04:00",
		1414269000000000 },
	{ "and after", "Europe/Moscow", "2014-10-26 02:30:00 MSK",
		"2014-10-26T02:30:00+03:00", 1414279800000000 },
	{ "UTC wherever", "America/New_York", "2026-01-31 23:59:59 UTC",
		"2026-01-31T23:59:59+00:00", 1769903999000000 },
	{ "seconds since 1970", "Europe/Berlin", "1767312000.123",
		"2026-01-02T00:00:00.123+00:00", 1767312000123000 },
	{ "their first", "", "0.000", "1970-01-01T00:00:00.000+00:00", 0 },
	{ "their last", "", "253402300799.999", "9999-12-31T23:59:59.999+00:00",
		INT64_C(253402300799999000) },
	{ "without decimals", "", "951782400", "2000-02-29T00:00:00+00:00",
		951782400000000 },
};

static void times_become_iso_8601_and_microseconds(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(times); i++) {
		struct log_clock clock;
		char text[LOG_TIME_TEXT_SIZE];
		size_t len = 0;
		int64_t us = 0;

		check(times[i].when, log_clock_init(&clock, times[i].zone, NULL) == 0);
		for (int again = 0; again < 2; again++) {
			memset(text, 'x', sizeof(text));
			check(times[i].when,
				log_time_read(&clock, times[i].s, strlen(times[i].s),
					text, &len, &us));
			check(times[i].when, len < sizeof(text));
			text[len] = '\0';
			check_string(times[i].when, text, times[i].text);
			if (us != times[i].us)
				fail_msg("%s: %lld", times[i].when, (long long)us);
		}
	}
}

static const struct {
	const char *when;
	const char *zone;
	const char *s;
} unknown[] = {
	{ "nothing", "", "" },
	{ "a foreign abbreviation", "Europe/Berlin", "2026-01-31 23:59:59 PST" },
	{ "summer's in winter", "Europe/Berlin", "2026-01-31 23:59:59 CEST" },
	{ "winter's in summer", "Europe/Berlin", "2026-07-01 12:00:00 CET" },
	{ "an hour twice under one name", "Europe/Moscow", "2014-10-26 01:30:00 MSK" },
	{ "an offset with seconds", "Africa/Monrovia", "1971-06-01 12:00:00 MMT" },
	{ "no zone", "", "2026-01-31 23:59:59" },
	{ "a blank for a zone", "", "2026-01-31 23:59:59 " },
	{ "nobody's time", "", "2026-01-31 23:59:59 -00" },
	{ "16 hours", "", "2026-01-31 23:59:59 +16" },
	{ "60 minutes", "", "2026-01-31 23:59:59 +0360" },
	{ "one digit", "", "2026-01-31 23:59:59 +3" },
	{ "three digits", "", "2026-01-31 23:59:59 +033" },
	{ "a colon and one digit", "", "2026-01-31 23:59:59 +03:3" },
	{ "letters in a number", "", "2026-01-31 23:59:59 +0a" },
	{ "text behind", "", "2026-01-31 23:59:59 UTC " },
	{ "text before", "", " 2026-01-31 23:59:59 UTC" },
	{ "a zone too long", "", "2026-01-31 23:59:59 ABCDEFGHIJKLMNOPQ" },
	{ "month 13", "", "2026-13-01 00:00:00 UTC" },
	{ "month 0", "", "2026-00-01 00:00:00 UTC" },
	{ "day 0", "", "2026-01-00 00:00:00 UTC" },
	{ "31 February", "", "2026-02-31 00:00:00 UTC" },
	{ "29 February 2026", "", "2026-02-29 00:00:00 UTC" },
	{ "29 February 2100", "", "2100-02-29 00:00:00 UTC" },
	{ "31 November", "", "2026-11-31 00:00:00 UTC" },
	{ "hour 24", "", "2026-01-31 24:00:00 UTC" },
	{ "minute 60", "", "2026-01-31 23:60:00 UTC" },
	{ "second 61", "", "2026-01-31 23:59:61 UTC" },
	{ "1969", "", "1969-12-31 23:59:59 UTC" },
	{ "a T", "", "2026-01-31T23:59:59 UTC" },
	{ "ten decimals", "", "2026-01-31 23:59:59.1234567890 UTC" },
	{ "no decimals after the point", "", "2026-01-31 23:59:59. UTC" },
	{ "seconds and a point", "", "1767312000." },
	{ "seconds after 9999", "", "253402300800.000" },
	{ "too many seconds", "", "9999999999999" },
	{ "negative seconds", "", "-1.000" },
	{ "seconds and letters", "", "1767312000.12x" },
};

static void what_is_not_known_is_not_guessed(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(unknown); i++) {
		struct log_clock clock;
		char text[LOG_TIME_TEXT_SIZE] = "untouched";
		size_t len = 77;
		int64_t us = 78;

		check(unknown[i].when,
			log_clock_init(&clock, unknown[i].zone, NULL) == 0);
		for (int again = 0; again < 2; again++)
			check(unknown[i].when,
				!log_time_read(&clock, unknown[i].s, strlen(unknown[i].s),
					text, &len, &us));
		check_string(unknown[i].when, text, "untouched");
		check(unknown[i].when, len == 77 && us == 78);
	}
}

static void the_minute_kept_serves_no_other(void **state)
{
	struct log_clock clock;
	char text[LOG_TIME_TEXT_SIZE];
	size_t len;
	int64_t us;
	static const char *const sequence[][2] = {
		{ "2026-01-31 23:59:59 CET", "+01:00" },
		{ "2026-01-31 23:59:59 UTC", "+00:00" },
		{ "2026-07-31 23:59:59 CEST", "+02:00" },
		{ "2026-07-31 23:59:59 CET", NULL },
		{ "2026-01-31 23:59:59 CET", "+01:00" },
		{ "2026-01-31 23:59:59 CE", NULL },
		{ "2026-01-31 23:59:59 -0330", "-03:30" },
		{ "2026-02-31 23:59:59 UTC", NULL },
		{ "2026-02-28 23:59:59 UTC", "+00:00" },
	};

	(void)state;
	assert_int_equal(log_clock_init(&clock, "Europe/Berlin", NULL), 0);
	for (size_t i = 0; i < COUNT(sequence); i++) {
		bool read = log_time_read(
			&clock, sequence[i][0], strlen(sequence[i][0]), text, &len, &us);

		check(sequence[i][0], read == (sequence[i][1] != NULL));
		if (!read)
			continue;
		text[len] = '\0';
		check_string(sequence[i][0], text + 19, sequence[i][1]);
	}
}

static void milliseconds_of_the_minute_kept_are_its_own(void **state)
{
	static const struct {
		const char *s, *text;
		int64_t ms; /* since the minute began */
	} sequence[] = {
		{ "2026-01-31 23:59:58.001 CET", "2026-01-31T23:59:58.001+01:00", 58001 },
		{ "2026-01-31 23:59:59.987 CET", "2026-01-31T23:59:59.987+01:00", 59987 },
		{ "2026-01-31 23:59:60.000 CET", "2026-01-31T23:59:60.000+01:00", 60000 },
		{ "2026-01-31 23:59:61.000 CET", NULL, 0 },
		{ "2026-01-31 23:59:00.120 CET", "2026-01-31T23:59:00.120+01:00", 120 },
		{ "2026-01-31 23:59:00.120 CES", NULL, 0 },
		{ "2026-01-31 23:59:00.120 CET", "2026-01-31T23:59:00.120+01:00", 120 },
		{ "2026-01-31 23:59:00:120 CET", NULL, 0 },
		{ "2026-01-31 23:59:00.1x0 CET", NULL, 0 },
		{ "2026-01-31 23:59:0:.120 CET", NULL, 0 },
		{ "2026-01-31 23:59:00.12/ CET", NULL, 0 },
		{ "2026-01-31 23:59 00.120 CET", NULL, 0 },
		{ "2026-01-31 23:59:00.120\xa0"
		  "CET",
			NULL, 0 },
		{ "2026-01-31 23:59:00.12 CETx", NULL, 0 },
		{ "2026-01-31 23:59:00.1234 CET", "2026-01-31T23:59:00.1234+01:00", 123 },
		{ "2026-01-31 23:59:00.124 CET", "2026-01-31T23:59:00.124+01:00", 124 },
	};
	struct log_clock clock;

	(void)state;
	assert_int_equal(log_clock_init(&clock, "Europe/Berlin", NULL), 0);
	for (size_t i = 0; i < COUNT(sequence); i++) {
		char text[LOG_TIME_TEXT_SIZE];
		size_t len;
		int64_t us;
		bool read = log_time_read(
			&clock, sequence[i].s, strlen(sequence[i].s), text, &len, &us);

		check(sequence[i].s, read == (sequence[i].text != NULL));
		if (!read)
			continue;
		text[len] = '\0';
		check_string(sequence[i].s, text, sequence[i].text);
		check(sequence[i].s,
			us / 1000 == INT64_C(1769900340000) + sequence[i].ms);
	}
}

/* Every day against the C library. */
static void days_are_the_c_librarys(void **state)
{
	struct log_clock clock;

	(void)state;
	assert_int_equal(log_clock_init(&clock, "", NULL), 0);
	for (time_t at = 4711; at < INT64_C(253402300800); at += 86400 - 7) {
		char s[64], epoch[32], want[64], text[LOG_TIME_TEXT_SIZE];
		struct tm tm;
		size_t len;
		int64_t us = 0;

		gmtime_r(&at, &tm);
		strftime(s, sizeof(s), "%Y-%m-%d %H:%M:%S UTC", &tm);
		strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%S+00:00", &tm);
		check(s, log_time_read(&clock, s, strlen(s), text, &len, &us));
		check(s, us == at * 1000000);
		snprintf(epoch, sizeof(epoch), "%lld", (long long)at);
		check(s, log_time_read(&clock, epoch, strlen(epoch), text, &len, &us));
		text[len] = '\0';
		check_string(epoch, text, want);
		check(s, us == at * 1000000);
	}
}

static const struct {
	const char *s;
	size_t len;
} shapes[] = {
	{ "2026-01-31 23:59:59 UTC", 23 },
	{ "2026-01-31 23:59:59.123 CEST [12]", 28 },
	{ "2026-01-31 23:59:59.123 +03 [12]", 27 },
	{ "2026-01-31 23:59:59.123 -0330,", 29 },
	{ "2026-01-31 23:59:59.123 +05:30,", 30 },
	{ "2026-01-31 23:59:59 +03:10.0.0.1(1):", 23 },
	{ "2026-01-31 23:59:59 +03:1", 23 },
	{ "2026-01-31 23:59:59 UTC-65bd.1", 23 },
	{ "2026-01-31 23:59:59 UTC:x", 23 },
	{ "2026-99-99 99:99:99 x", 21 },
	{ "2026-01-31 23:59:59", 0 },
	{ "2026-01-31 23:59:59 ", 0 },
	{ "2026-01-31 23:59:59.", 0 },
	{ "2026-01-31 23:59:59. UTC", 0 },
	{ "2026-01-31 23:59:59 [12]", 0 },
	{ "2026-01-31 23:59:59 +", 0 },
	{ "2026-01-31 23:59:5x UTC", 0 },
	{ "2026-01-31 23:59 UTC", 0 },
	{ "2026/01-31 23:59:59 UTC", 0 },
	{ "202x-01-31 23:59:59 UTC", 0 },
	{ " 2026-01-31 23:59:59 UTC", 0 },
	{ "", 0 },
};

static void a_times_shape_has_its_zone(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(shapes); i++) {
		size_t len = log_time_shape(shapes[i].s, strlen(shapes[i].s));

		if (len != shapes[i].len)
			fail_msg("%s: %zu instead of %zu", shapes[i].s, len,
				shapes[i].len);
		for (size_t cut = 0; cut < strlen(shapes[i].s); cut++) {
			char *exact = malloc(cut + 1); /* a byte too many would be seen */

			memcpy(exact, shapes[i].s, cut);
			check(shapes[i].s, log_time_shape(exact, cut) <= cut);
			free(exact);
		}
	}
}

/* Of n letters and any byte behind them, which is no letter; how much more is there changes nothing. */
static void a_zone_is_all_its_letters(void **state)
{
	static const char stamp[] = "2026-01-31 23:59:59.123 ", letters[] = "AZaz";
	static const char others[] = "@[`{, \"0\xc3\x81";

	(void)state;
	for (size_t n = 1; n < 40; n++) {
		for (size_t more = 0; more < 40; more++) {
			size_t begin = strlen(stamp), len = begin + n + more;
			char *exact = malloc(len);

			memcpy(exact, stamp, begin);
			for (size_t i = begin; i < begin + n; i++)
				exact[i] = letters[i % strlen(letters)];
			memset(exact + begin + n, 'x', more);
			for (size_t i = 0; more > 0 && others[i]; i++) {
				exact[begin + n] = others[i];
				assert_int_equal(log_time_shape(exact, len), begin + n);
			}
			if (more == 0)
				assert_int_equal(log_time_shape(exact, len), len);
			free(exact);
		}
	}
}

static void zones_must_be_tzdatas(void **state)
{
	static const char *const bad[] = {
		"Europe/Atlantis", "Europe", "Europe/", "/etc/localtime",
		"../zoneinfo/Europe/Berlin", "Europe/../Europe/Berlin", "Europe//Berlin",
		"CEST", "tzdata.zi", "zone.tab", "<+03>-3", ":UTC", "Europe/Berlin ", ".",
		"a-name-that-is-longer-than-any-zone-in-all-the-world-and-then-some-more"
	};
	static const char *const good[] = { "Europe/Berlin", "Etc/GMT+3", "UTC",
		"America/Argentina/Buenos_Aires", "America/Port-au-Prince" };
	struct log_clock clock = { .zone = "untouched" };
	struct err err;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		err.kind = ERR_OK;
		check(bad[i], log_clock_init(&clock, bad[i], &err) == -1);
		check(bad[i], err.kind == ERR_CONFIG);
		check_string(bad[i], clock.zone, "untouched");
	}
	for (size_t i = 0; i < COUNT(good); i++) {
		check(good[i], log_clock_init(&clock, good[i], &err) == 0);
		check_string(good[i], clock.zone, good[i]);
	}
	setenv("TZDIR", "/nonexistent", 1);
	assert_int_equal(log_clock_init(&clock, "Europe/Berlin", &err), -1);
	assert_int_equal(err.kind, ERR_CONFIG);
	unsetenv("TZDIR");
}

static void no_zone_means_the_machines(void **state)
{
	struct log_clock clock;

	(void)state;
	setenv("TZ", "Asia/Tokyo", 1);
	assert_int_equal(log_clock_init(&clock, NULL, NULL), 0);
	assert_string_equal(getenv("TZ"), "Asia/Tokyo");
	assert_string_equal(clock.zone, "");
	assert_int_equal(log_clock_init(&clock, "Europe/Berlin", NULL), 0);
	assert_int_equal(log_clock_init(&clock, "", NULL), 0);
	assert_null(getenv("TZ"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_become_iso_8601_and_microseconds),
		cmocka_unit_test(what_is_not_known_is_not_guessed),
		cmocka_unit_test(the_minute_kept_serves_no_other),
		cmocka_unit_test(milliseconds_of_the_minute_kept_are_its_own),
		cmocka_unit_test(days_are_the_c_librarys),
		cmocka_unit_test(a_times_shape_has_its_zone),
		cmocka_unit_test(a_zone_is_all_its_letters),
		cmocka_unit_test(zones_must_be_tzdatas),
		cmocka_unit_test(no_zone_means_the_machines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
