/* links: collector/setting_mask.o */
#include "unit.h"

#include "collector/setting_mask.h"

static const struct {
	const char *name, *type, *value, *want;
} settings[] = {
	{ "shared_buffers", "integer", "16384", "16384" },
	{ "wal_level", "enum", "replica", "replica" },
	{ "cluster_name", "string", "12/main", "12/main" },
	{ "cluster_name", "string", "", "" },
	{ "log_line_prefix", "string", "%m password=tiger ", "%m password=*** " },
	{ "archive_cleanup_command", "string", "pg_archivecleanup", "pg_archivecleanup" },
	{ "archive_command", "string", "", "" },
	{ "archive_command", "string", "(disabled)", "(disabled)" },
	{ "archive_command", "string", "/usr/bin/cp %p /mnt/%f", "/usr/bin/cp ..." },
	{ "archive_command", "string", "curl\t-u me:tiger", "curl ..." },
	{ "archive_command", "string", "  cp \n", "cp" },
	{ "restore_command", "string", "TOKEN=tiger fetch %f %p", "*** ..." },
	{ "restore_command", "string", "TOKEN='tiger wood'", "*** ..." },
	{ "restore_command", "string", "true;TOKEN=tiger fetch", "*** ..." },
	{ "restore_command", "string", "s3://me:tiger@host/bucket", "***" },
	{ "ssl_passphrase_command", "string", "echo tiger", "echo ..." },
	{ "ssl_passphrase_command", "string", "\"tiger\"", "***" },
	{ "ssl_passphrase_command_supports_reload", "bool", "on", "on" },
	{ "primary_conninfo", "string", "", "" },
	{ "primary_conninfo", "string", "port=5433 host=db1 user=rep password=tiger",
		"user=rep password=*** host=db1 port=5433" },
	{ "primary_conninfo", "string", "host=db1 password=ti\\ ger",
		"password=*** host=db1" },
	{ "primary_conninfo", "string", "host=db1 sslpassword='ti ger' sslmode=require",
		"host=db1 sslmode=require sslpassword=***" },
	{ "primary_conninfo", "string", "postgres://rep:tiger@db1:5433/",
		"user=rep password=*** host=db1 port=5433" },
	{ "primary_conninfo", "string", "dbname='password=tiger'",
		"dbname=password=***" },
	{ "primary_conninfo", "string", "host=db1 future_secret=tiger", "***" },
	{ "primary_conninfo", "string", "host=db1 'tiger", "***" },
	{ "anon.salt", "string", "tiger", "***" },
	{ "anon.salt", "string", "", "" },
	{ "pg_stat_statements.max", "integer", "5000", "5000" },
	{ "pg_stat_statements.track", "enum", "top", "top" },
};

static void a_setting_leaves_without_its_secrets(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	for (size_t i = 0; i < COUNT(settings); i++) {
		setting_mask(settings[i].name, settings[i].type, settings[i].value, &out);
		check(settings[i].value, !out.failed);
		check_string(settings[i].value, out.data, settings[i].want);
	}
	buf_release(&out);
}

static void without_memory_nothing_is_given(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 4);
	setting_mask("cluster_name", "string", "12/main", &out);
	assert_true(out.failed);
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_setting_leaves_without_its_secrets),
		cmocka_unit_test(without_memory_nothing_is_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
