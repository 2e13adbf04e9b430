/* links: collector/mend.o collector/server_settings.o */
#include "unit.h"

#include "collector/mend.h"
#include "result.h"

static const struct result_column columns[] = { { "name", 25 }, { "setting", 25 },
	{ "source", 25 }, { "pending_restart", 16 } };

/* What pg_settings says. */
static PGresult *settings_make(const char *const (*rows)[4], size_t count)
{
	PGresult *result = result_make(columns, COUNT(columns));

	for (size_t row = 0; row < count; row++)
		for (int column = 0; column < 4; column++)
			result_set(result, (int)row, column, rows[row][column]);
	return result;
}

static const char *const some[][4] = {
	{ "cluster_name", "15/main", "configuration file", "f" },
	{ "max_connections", "100", "command line", "f" },
	{ "track_counts", "off", "user", "f" },
	{ "jit", "off", "database user", "f" },
	{ "log_timezone", "UTC", "client", "f" },
	{ "reserved_connections", "0", "default", "t" },
	{ "log_directory", NULL, "default", "f" },
};

static void a_setting_of_the_session_is_not_known(void **state)
{
	PGresult *result = settings_make(some, COUNT(some));
	const struct server_settings settings = { result }, none = { NULL };

	(void)state;
	assert_string_equal(server_setting(&settings, "cluster_name"), "15/main");
	assert_true(server_setting_is(&settings, "max_connections", "100"));
	assert_int_equal(server_setting_number(&settings, "max_connections", 7), 100);
	assert_int_equal(server_setting_number(&settings, "log_timezone", 7), 7);
	assert_null(server_setting(&settings, "track_counts"));
	assert_null(server_setting(&settings, "jit"));
	assert_null(server_setting(&settings, "log_timezone"));
	assert_null(server_setting(&settings, "log_directory"));
	assert_null(server_setting(&settings, "absent"));
	assert_null(server_setting(&none, "cluster_name"));
	assert_true(server_setting_is_pending(&settings, "reserved_connections"));
	assert_false(server_setting_is_pending(&settings, "max_connections"));
	PQclear(result);
}

static void check_text(struct buf *mend, const char *want)
{
	assert_false(mend->failed);
	assert_string_equal(mend->data, want);
	buf_release(mend);
	buf_init(mend, MEND_MAX_BYTES);
}

static void literals_are_quoted(void **state)
{
	static const char *const cases[][2] = { { "", "''" }, { "it's", "'it''s'" },
		{ "a\\b'", "E'a\\\\b'''" }, { "%m [%p] ", "'%m [%p] '" } };
	struct buf mend;

	(void)state;
	buf_init(&mend, MEND_MAX_BYTES);
	for (size_t i = 0; i < COUNT(cases); i++) {
		mend_literal(&mend, cases[i][0]);
		check_text(&mend, cases[i][1]);
	}
	buf_release(&mend);
}

static void what_alter_system_cannot_reach_is_a_comment(void **state)
{
	PGresult *result = settings_make(some, COUNT(some));
	const struct server_settings settings = { result };
	struct buf mend;

	(void)state;
	buf_init(&mend, MEND_MAX_BYTES);
	mend_system(&mend, &settings, "jit", "on");
	check_text(&mend, "ALTER SYSTEM SET jit = on;\n");
	mend_system(&mend, &settings, "max_connections", "200");
	check_text(&mend,
		"-- on the server's command line, where ALTER SYSTEM can't reach it: "
		"max_connections = 200\n");
	PQclear(result);
	buf_release(&mend);
}

/* Nothing but a cluster's name gets into a command. */
static void only_a_cluster_of_debians_has_a_unit(void **state)
{
	static const char plain[] = "-- then restart the server\n";
	static const char *const cases[][2] = {
		{ "15/main", "-- then restart the server: "
			     "sudo systemctl restart postgresql@15-main\n" },
		{ "9/a-b_c.d", "-- then restart the server: "
			       "sudo systemctl restart postgresql@9-a-b_c.d\n" },
		{ "", plain },
		{ "15", plain },
		{ "15/", plain },
		{ "/main", plain },
		{ "x5/main", plain },
		{ "15/ma in", plain },
		{ "15/x;reboot", plain },
		{ "15/x\nreboot", plain },
	};
	struct buf mend;

	(void)state;
	buf_init(&mend, MEND_MAX_BYTES);
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *const row[][4] = { { "cluster_name", cases[i][0],
			"configuration file", "f" } };
		PGresult *result = settings_make(row, 1);
		const struct server_settings settings = { result };

		mend_restart(&mend, &settings);
		check_text(&mend, cases[i][1]);
		PQclear(result);
	}
	buf_release(&mend);
}

static void a_key_is_mended_where_it_was_set(void **state)
{
	struct config config = { .file = (char *)"/x.ini" };
	size_t offset = offsetof(struct config, database_name);
	struct buf mend;

	(void)state;
	buf_init(&mend, MEND_MAX_BYTES);
	mend_config(&mend, &config, offset, "app");
	check_text(&mend, "in /x.ini:\n[database]\nname = app\n");
	config.origin[config_find("database", "name")] = CONFIG_FROM_ENVIRONMENT;
	mend_config(&mend, &config, offset, "app");
	check_text(&mend, "in the environment: BITVILLE_PG_DB_NAME=app\n");
	buf_release(&mend);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_setting_of_the_session_is_not_known),
		cmocka_unit_test(literals_are_quoted),
		cmocka_unit_test(what_alter_system_cannot_reach_is_a_comment),
		cmocka_unit_test(only_a_cluster_of_debians_has_a_unit),
		cmocka_unit_test(a_key_is_mended_where_it_was_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
