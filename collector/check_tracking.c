#include "check_database.h"

#include "mend.h"

static void tell_off(struct database_check *check, const char *name)
{
	mend_system(&check->mend, &check->settings, name, "on");
	mend_reload(&check->mend);
}

void check_tracking(struct database_check *check)
{
	const struct server_settings *settings = &check->settings;
	bool good = true;

	if (server_setting_is(settings, "track_activities", "off")) {
		good = false;
		tell_off(check, "track_activities");
		check_fail(check,
			"track_activities is off: sessions show no state and no query");
	}
	if (server_setting_is(settings, "track_counts", "off")) {
		good = false;
		tell_off(check, "track_counts");
		check_warn(check, "track_counts is off: nothing of tables and databases "
				  "is counted, and autovacuum sleeps");
	}
	if (server_setting_is(settings, "track_io_timing", "off")) {
		good = false;
		tell_off(check, "track_io_timing");
		check_warn(check,
			"track_io_timing is off: how long reads and writes take "
			"is not known (pg_test_timing tells what it costs)");
	}
	if (good)
		check_ok(check,
			"track_activities, track_counts and track_io_timing are on; of "
			"queries %ld bytes are kept (track_activity_query_size)",
			server_setting_number(
				settings, "track_activity_query_size", 1024));
}
