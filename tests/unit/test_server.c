/* links: collector/collector.a */
#include "unit.h"

#include "collector/server.h"
#include "collector/server_state.h"
#include "result.h"

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

static const struct {
	const char *view, *prefix, *known, *want;
} columns[] = {
	{ "pg_locks", "", "pid, mode", "pid, mode" },
	{ "pg_locks", "l.", "mode, pid", "l.mode, l.pid" },
	{ "pg_locks", "", "pid, waitstart, mode", "pid, mode" },
	{ "pg_locks", "", "mod, mode", "mode" },
	{ "pg_locks", "", "x, y", "" },
	{ "pg_lock", "", "pid", "" },
	{ "pg_stat_wal", "", "wal_bytes::int8 AS bytes, wal_fpi",
		"wal_bytes::int8 AS bytes, wal_fpi" },
	{ "pg_stat_wal", "", "pid", "" },
};

static void those_columns_are_named_that_are_there(void **state)
{
	struct server server = { .columns =
					 "pg_locks pid mode granted \n"
					 "pg_stat_wal wal_records wal_fpi wal_bytes \n" };

	(void)state;
	for (size_t i = 0; i < COUNT(columns); i++) {
		struct buf sql;

		buf_init(&sql, 1024);
		buf_adds(&sql, "");
		server_columns(&sql, &server, columns[i].view, columns[i].prefix,
			columns[i].known);
		check_string(columns[i].known, sql.data ? sql.data : "", columns[i].want);
		buf_release(&sql);
	}
	assert_true(server_has_view(&server, "pg_locks"));
	assert_false(server_has_view(&server, "pg_lock"));
	assert_false(server_has_view(&server, "granted"));
	assert_true(server_has_column(&server, "pg_locks", "granted"));
	assert_false(server_has_column(&server, "pg_locks", "grant"));
	assert_false(server_has_column(&server, "pg_locks", "wal_fpi"));
}

static PGresult *row_of(size_t count, const char *text)
{
	static const struct result_column any = { "any", 25 };
	struct result_column kinds[8] = { { NULL, 0 } };
	PGresult *result;

	for (size_t i = 0; i < count; i++)
		kinds[i] = any;
	result = result_make(kinds, count);
	for (size_t i = 0; i < count; i++)
		result_set(result, 0, (int)i, text);
	return result;
}

static void tablespaces_are_told_that_lie_elsewhere(void **state)
{
	static const char *const paths[] = { "/srv/a b", "pg_tblspc/16386", "",
		"/srv/c\nd", "/srv/e" };
	const struct database db = { .conn = NULL };
	struct visit_step steps[SERVER_IDENTITY_STEPS] = { { .result = NULL },
		{ .result = row_of(8, "1") }, { .result = row_of(2, "16384") } };
	char oid[8], long_path[SERVER_TABLESPACES_MAX];
	struct server server;
	struct trouble trouble;

	(void)state;
	for (int i = 0; i < (int)COUNT(paths); i++) {
		snprintf(oid, sizeof(oid), "%d", 16385 + i);
		result_set(steps[2].result, i, 0, oid);
		result_set(steps[2].result, i, 1, paths[i]);
	}
	assert_int_equal(server_identity_read(&db, steps, &server, &trouble), 0);
	assert_string_equal(server.tablespaces, "16385 /srv/a b\n16389 /srv/e\n");
	memset(long_path, '/', sizeof(long_path));
	long_path[sizeof(long_path) - 7] =
		'\0'; /* with OID, blank and newline: one too long */
	result_set(steps[2].result, 0, 1, long_path);
	assert_int_equal(server_identity_read(&db, steps, &server, &trouble), 0);
	assert_string_equal(server.tablespaces, "");
	long_path[sizeof(long_path) - 8] = '\0';
	result_set(steps[2].result, 0, 1, long_path);
	assert_int_equal(server_identity_read(&db, steps, &server, &trouble), 0);
	assert_int_equal(strlen(server.tablespaces), SERVER_TABLESPACES_MAX - 1);
	visit_release(&steps[2], 1);
	assert_int_equal(server_identity_read(&db, steps, &server, &trouble), 0);
	assert_string_equal(server.tablespaces, "");
	visit_release(steps, SERVER_IDENTITY_STEPS);
}

static struct server back_from(const struct server *server, double wall_now_s)
{
	struct json_node *root;
	struct server back;
	struct json json;
	struct buf text;

	buf_init(&text, 65536);
	json_begin(&json, &text);
	server_state_write(&json, server);
	root = json_read(text.data, text.len);
	assert_non_null(root);
	server_state_read(root, wall_now_s, &back);
	json_read_release(root);
	buf_release(&text);
	return back;
}

static void what_is_known_of_a_server_is_kept_for_an_hour(void **state)
{
	const struct server server = { .version = 150018,
		.version_text = "15.18 (Debian)",
		.system_identifier = "7710550338727049634",
		.started = "2026-01-31 09:13:20.150905+00",
		.database = "\"a b\"",
		.on_linux = true,
		.reads_all_stats = true,
		.statements_schema = "\"ext 1\"",
		.statements_version = 110,
		.columns = "pg_locks pid \npg_stat_wal wal_fpi \n",
		.wall_known_s = 1000 };
	struct server back = back_from(&server, 1000 + 3600), other = server;

	(void)state;
	assert_true(server_is_same(&server, &back));
	assert_string_equal(back.columns, server.columns);
	assert_string_equal(back.statements_schema, server.statements_schema);
	assert_int_equal(back.statements_version, 110);
	assert_int_equal(back.version, 150018);
	assert_true(back.on_linux && back.reads_all_stats && back.wall_known_s == 1000);
	assert_string_equal(back_from(&server, 1000 + 3601).version_text, "");
	assert_string_equal(
		back_from(&server, 999).version_text, ""); /* clock set back */
	other.reads_all_stats = false;
	assert_string_equal(back_from(&other, 1000).version_text, "");
	other = server;
	other.statements_trouble.kind = TROUBLE_EXTENSION;
	assert_string_equal(back_from(&other, 1000).version_text, "");
}

static void another_start_version_role_or_database_is_not_the_same_server(void **state)
{
	const struct server server = { .version_text = "15.18",
		.system_identifier = "1",
		.started = "t",
		.database = "d" };
	struct server other = server;

	(void)state;
	assert_true(server_is_same(&server, &other));
	strcpy(other.started, "u");
	assert_false(server_is_same(&server, &other));
	other = server;
	other.role_oid = 5;
	assert_false(server_is_same(&server, &other));
	other = server;
	strcpy(other.database, "e");
	assert_false(server_is_same(&server, &other));
	other = server;
	strcpy(other.version_text, "15.19");
	assert_false(server_is_same(&server, &other));
	other = server;
	strcpy(other.system_identifier, "2");
	assert_false(server_is_same(&server, &other));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_extensions_version_is_a_number),
		cmocka_unit_test(the_connection_is_checked_from_14_on_linux),
		cmocka_unit_test(a_visit_sets_what_keeps_it_harmless_for_itself_only),
		cmocka_unit_test(those_columns_are_named_that_are_there),
		cmocka_unit_test(tablespaces_are_told_that_lie_elsewhere),
		cmocka_unit_test(what_is_known_of_a_server_is_kept_for_an_hour),
		cmocka_unit_test(
			another_start_version_role_or_database_is_not_the_same_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
