/* links: collector/timer_schedule.o */
#include "unit.h"

#include "collector/timer_schedule.h"

/* Calendars as systemd-analyze(1) normalizes them; period 0: not known. */
static const struct {
	const char *timer;
	double period_s;
} cases[] = {
	{ "TimersCalendar={ OnCalendar=*-*-* *:*:00 ; next_elapse=Sat 2026-11-21 }", 60 },
	{ "TimersCalendar={ OnCalendar=*-*-* *:*:* ; next_elapse=n/a }", 1 },
	{ "TimersCalendar={ OnCalendar=*-*-* *:*:00/30 ; next_elapse=n/a }", 30 },
	{ "TimersCalendar={ OnCalendar=*-*-* *:*:05/20 ; next_elapse=n/a }", 20 },
	{ "TimersCalendar={ OnCalendar=*-*-* *:*:00,15,30,45 ; next_elapse=n/a }", 15 },
	{ "TimersCalendar={ OnCalendar=*-*-* *:*:00,15,30,50 ; next_elapse=n/a }", 0 },
	{ "TimersCalendar={ OnCalendar=*-*-* *:*:00/25 ; next_elapse=n/a }", 0 },
	{ "TimersCalendar={ OnCalendar=*-*-* *:00/5:00 ; next_elapse=n/a }", 300 },
	{ "TimersCalendar={ OnCalendar=*-*-* *:00/1:00 ; next_elapse=n/a }", 60 },
	{ "TimersCalendar={ OnCalendar=*-*-* *:00,30:00 ; next_elapse=n/a }", 1800 },
	{ "TimersCalendar={ OnCalendar=*-*-* *:00:00 ; next_elapse=n/a }", 3600 },
	{ "TimersCalendar={ OnCalendar=*-*-* 00/2:00:00 ; next_elapse=n/a }", 7200 },
	{ "TimersCalendar={ OnCalendar=*-*-* 00:00:00 ; next_elapse=n/a }", 86400 },
	{ "TimersCalendar={ OnCalendar=*-*-* 02:*:00 ; next_elapse=n/a }", 0 },
	{ "TimersCalendar={ OnCalendar=*-*-* 00/6:00/30:00 ; next_elapse=n/a }", 0 },
	{ "TimersCalendar={ OnCalendar=*-*-* 08..17:00:00 ; next_elapse=n/a }", 0 },
	{ "TimersCalendar={ OnCalendar=Mon *-*-* 00:00:00 ; next_elapse=n/a }", 0 },
	{ "TimersCalendar={ OnCalendar=*-*-01 00:00:00 ; next_elapse=n/a }", 0 },
	{ "TimersCalendar={ OnCalendar=*-*-* *:00/5:00 UTC ; next_elapse=n/a }", 300 },
	{ "TimersCalendar={ OnCalendar=*-*-*", 0 },
	{ "TimersMonotonic={ OnUnitActiveUSec=45s ; next_elapse=3d 2h }", 45 },
	{ "TimersMonotonic={ OnUnitActiveUSec=1min 30s ; next_elapse=3d 2h }", 90 },
	{ "TimersMonotonic={ OnUnitInactiveUSec=2h 1.500ms ; next_elapse=0 }",
		7200.0015 },
	{ "TimersMonotonic={ OnUnitActiveUSec=1month ; next_elapse=0 }", 0 },
	{ "TimersMonotonic={ OnActiveUSec=45s ; next_elapse=3d 2h }\n"
	  "TimersMonotonic={ OnUnitActiveUSec=45s ; next_elapse=3d 2h }",
		45 },
	{ "TimersMonotonic={ OnUnitActiveUSec=45s ; next_elapse=3d 2h }\n"
	  "TimersCalendar={ OnCalendar=*-*-* *:*:00 ; next_elapse=n/a }",
		0 },
	{ "", 0 },
};

static void a_timer_has_the_period_that_systemd_tells(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct timer_schedule is;
		char show[512];

		snprintf(show, sizeof(show), "%s\nId=pg-collect.timer\n", cases[i].timer);
		timer_schedule_read(show, &is);
		check(cases[i].timer, is.period_s == cases[i].period_s);
	}
}

static void each_unit_has_its_own_state(void **state)
{
	static const char all[] = "Result=success\nId=pg-collect.timer\n"
				  "LoadState=loaded\nActiveState=active\n\n"
				  "Result=exit-code\n"
				  "ExecMainExitTimestamp=Sat 2026-11-21 12:00:01 UTC\n"
				  "Id=pg-collect.service\nLoadState=loaded\n"
				  "ActiveState=inactive\n";
	struct timer_schedule is;

	(void)state;
	timer_schedule_read(all, &is);
	assert_true(is.is_loaded && is.is_active);
	assert_string_equal(is.result, "exit-code");
	assert_string_equal(is.finished_at, "Sat 2026-11-21 12:00:01 UTC");
	timer_schedule_read("LoadState=not-found\nActiveState=inactive\n\n"
			    "LoadState=loaded\nActiveState=active\nResult=success\n"
			    "ExecMainExitTimestamp=\n",
		&is);
	assert_false(is.is_loaded || is.is_active);
	assert_string_equal(is.result, "");
}

/* Each was given to systemd-analyze calendar. */
static void an_interval_has_its_lines(void **state)
{
	static const struct {
		int interval_s;
		const char *lines;
	} wanted[] = {
		{ 1, "OnCalendar=*:*:0/1\n" },
		{ 30, "OnCalendar=*:*:0/30\n" },
		{ 45, "OnActiveSec=45\nOnUnitActiveSec=45\n" },
		{ 60, "OnCalendar=*:0/1\n" },
		{ 90, "OnActiveSec=90\nOnUnitActiveSec=90\n" },
		{ 300, "OnCalendar=*:0/5\n" },
		{ 3600, "OnCalendar=0/1:00\n" },
		{ 7200, "OnCalendar=0/2:00\n" },
		{ 18000, "OnActiveSec=18000\nOnUnitActiveSec=18000\n" },
		{ 86400, "OnCalendar=daily\n" },
	};
	struct buf lines;

	(void)state;
	for (size_t i = 0; i < COUNT(wanted); i++) {
		buf_init(&lines, 256);
		timer_schedule_write(wanted[i].interval_s, &lines);
		check_string(wanted[i].lines, lines.data, wanted[i].lines);
		buf_release(&lines);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_timer_has_the_period_that_systemd_tells),
		cmocka_unit_test(each_unit_has_its_own_state),
		cmocka_unit_test(an_interval_has_its_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
