/* links: collector/server.o collector/visit.o collector/database.o collector/params.o collector/patience.o */
#include "unit.h"

#include "collector/server.h"

static const struct {
	const char *text;
	int want;
} versions[] = {
	{ "1.10", 110 },
	{ "1.9", 109 },
	{ "1.4", 104 },
	{ "2.0", 200 },
	{ "1.99", 199 },
	{ "1.100", 0 },
	{ "1", 0 },
	{ "1.", 0 },
	{ ".9", 0 },
	{ "1.x", 0 },
	{ "1.-1", 0 },
	{ "-1.2", 0 },
	{ "unpackaged", 0 },
	{ "99999999999999999999.1", 0 },
	{ "", 0 },
};

static void the_extensions_version_is_a_number(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(versions); i++)
		check(versions[i].text,
			server_extension_version(versions[i].text) == versions[i].want);
}

static void the_connection_is_checked_from_14_on_linux(void **state)
{
	static const struct {
		int version;
		bool on_linux, want;
	} cases[] = { { 150004, true, true }, { 140000, true, true },
		{ 139999, true, false }, { 150004, false, false } };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct server server = { .version = cases[i].version,
			.on_linux = cases[i].on_linux };

		assert_int_equal(server_checks_connection(&server), cases[i].want);
	}
}

#define SET(name, value) "pg_catalog.set_config('" name "', '" value "', true)"

static void a_visit_sets_what_keeps_it_harmless_for_itself_only(void **state)
{
	static const char want[] = "SELECT " SET("statement_timeout", "5000") ", " SET(
		"lock_timeout", "100") ", " SET("transaction_read_only",
		"on") ", " SET("search_path", "pg_catalog");
	struct visit_safety safety = { 5000, 100, false };
	struct buf sql;

	(void)state;
	buf_init(&sql, 4096);
	visit_setup_sql(&safety, &sql);
	assert_memory_equal(sql.data, want, sizeof(want) - 1);
	assert_non_null(strstr(sql.data, SET("DateStyle", "ISO")));
	assert_non_null(strstr(sql.data, SET("TimeZone", "UTC")));
	assert_non_null(strstr(sql.data, SET("bytea_output", "hex")));
	assert_null(strstr(sql.data, "client_connection"));
	assert_null(strstr(sql.data, "false"));
	buf_clear(&sql);
	safety.check_connection = true;
	visit_setup_sql(&safety, &sql);
	assert_non_null(
		strstr(sql.data, SET("client_connection_check_interval", "1000")));
	buf_release(&sql);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_extensions_version_is_a_number),
		cmocka_unit_test(the_connection_is_checked_from_14_on_linux),
		cmocka_unit_test(a_visit_sets_what_keeps_it_harmless_for_itself_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
