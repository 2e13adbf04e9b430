/* links: collector/collector.a */
#include "unit.h"

#include "source_case.h"

static const struct result_column columns[] = { { "datname", 19 }, { "state", 25 },
	{ "count", 20 }, { "_total", 20 }, { "_connections", 1700 },
	{ "_max_connections", 23 }, { "_superuser_reserved_connections", 23 },
	{ "_reserved_connections", 23 } };

static void what_is_not_listed_is_summed(void **state)
{
	static const char *const texts[] = { "a", "idle", "40", "3", "50", "100", "3",
		NULL, "b", NULL, "7", "3", "50", "100", "3", NULL };
	PGresult *const results[] = { case_result(columns, COUNT(columns), texts, 2) };
	char *data = case_data(&source_activity_counts, results);

	(void)state;
	check_string("two of three", data,
		"\"counts\":[{\"datname\":\"a\",\"state\":\"idle\",\"count\":40},"
		"{\"datname\":\"b\",\"state\":null,\"count\":7}],\"count\":2,\"total\":3,"
		"\"other\":3,\"connections\":50,\"max_connections\":100,"
		"\"superuser_reserved_connections\":3,\"reserved_connections\":null");
	free(data);
	PQclear(results[0]);
}

static void not_measured_is_not_sent(void **state)
{
	PGresult *const none[] = { NULL };
	char *data = case_data(&source_activity_counts, none);

	(void)state;
	check_string("none", data, "");
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_listed_is_summed),
		cmocka_unit_test(not_measured_is_not_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
