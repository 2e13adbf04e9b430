/* links: collector/collector.a */
#include "unit.h"

#include "child.h"
#include "collector/source.h"
#include "result.h"

#define ROOM (1 << 16)

struct emission {
	const struct source *source;
	const PGresult *parts[SOURCE_PARTS_MAX];
};

static void emit(void *argument)
{
	const struct emission *emission = argument;
	const struct spool_limits none = { 0 };
	struct answer answer = { .meta = { .source = "s", .host = "h" } };
	struct rows rows[SOURCE_PARTS_MAX];
	struct sink sink;
	struct err err;

	for (unsigned part = 0; part < SOURCE_PARTS_MAX; part++) {
		rows_init(&rows[part], emission->parts[part], REDACT_NONE);
		if (emission->parts[part])
			answer.rows[part] = &rows[part];
	}
	if (sink_open(&sink, NULL, &none, 0, &err) < 0 ||
		emission->source->emit(&answer, &sink, &err) < 0)
		printf("%s\n", err.msg);
	sink_close(&sink);
	for (unsigned part = 0; part < SOURCE_PARTS_MAX; part++)
		rows_release(&rows[part]);
}

static PGresult *row_of(
	const struct result_column *columns, const char *const *texts, size_t count)
{
	PGresult *result = result_make(columns, count);

	for (size_t i = 0; i < count; i++)
		result_set(result, 0, (int)i, texts[i]);
	return result;
}

/* What stands after data.host; want NULL: no payload. */
static void check_data(const char *when, struct emission *emission, const char *want)
{
	char *said = malloc(ROOM), *data;

	assert_int_equal(child_run(emit, emission, STDOUT_FILENO, said, ROOM), 0);
	data = strstr(said, "\"host\":\"h\",");
	if (want)
		check_string(when, data ? data + strlen("\"host\":\"h\",") : said, want);
	else
		check_string(when, said, "");
	free(said);
}

static void settings_leave_masked(void **state)
{
	static const struct result_column columns[] = { { "name", 25 }, { "unit", 25 },
		{ "pending_restart", 16 }, { "_type", 25 }, { "_setting", 25 },
		{ "_total", 20 } };
	static const char *const conninfo[] = { "primary_conninfo", NULL, "f", "string",
		"host=a password=tiger", "9" };
	static const char *const hidden[] = { "work_mem", "kB", "t", "integer", NULL,
		"9" };
	PGresult *first = row_of(columns, conninfo, COUNT(columns));
	PGresult *second = row_of(columns, hidden, COUNT(columns));
	struct emission emission = { &source_settings, { first } };

	(void)state;
	check_data("a secret", &emission,
		"\"settings\":[{\"name\":\"primary_conninfo\",\"unit\":null,"
		"\"pending_restart\":false,\"setting\":\"password=*** host=a\"}],"
		"\"count\":1,\"total\":9}}\n");
	emission.parts[0] = second;
	check_data("no value", &emission,
		"\"settings\":[{\"name\":\"work_mem\",\"unit\":\"kB\","
		"\"pending_restart\":true,\"setting\":null}],\"count\":1,\"total\":9}}\n");
	emission.parts[0] = NULL;
	check_data("not measured", &emission, NULL);
	PQclear(first);
	PQclear(second);
}

static void a_long_setting_is_cut(void **state)
{
	static const struct result_column columns[] = { { "name", 25 }, { "_type", 25 },
		{ "_setting", 25 } };
	char value[1200], want[1400];
	const char *texts[] = { "search_path", "string", value };
	struct emission emission = { &source_settings, { NULL } };
	PGresult *result;

	(void)state;
	memset(value, 'x', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	result = row_of(columns, texts, COUNT(columns));
	emission.parts[0] = result;
	snprintf(want, sizeof(want),
		"\"settings\":[{\"name\":\"search_path\",\"setting\":\"%.1000s"
		"...[truncated]\"}],\"count\":1,\"total\":null}}\n",
		value);
	check_data("long", &emission, want);
	PQclear(result);
}

static void the_server_is_told_without_its_extensions_too(void **state)
{
	static const struct result_column instance[] = { { "version", 25 },
		{ "timeline_id", 23 } };
	static const char *const texts[] = { "PostgreSQL 15", NULL };
	static const struct result_column extension[] = { { "extname", 19 },
		{ "_total", 20 } };
	static const char *const names[] = { "plpgsql", "3" };
	PGresult *first = row_of(instance, texts, 2),
		 *second = row_of(extension, names, 2);
	struct emission emission = { &source_server, { first, second } };

	(void)state;
	check_data("all of it", &emission,
		"\"instance\":{\"version\":\"PostgreSQL 15\",\"timeline_id\":null},"
		"\"extensions\":[{\"extname\":\"plpgsql\"}],\"count\":1,\"total\":3}}\n");
	emission.parts[1] = NULL;
	check_data("no extensions", &emission,
		"\"instance\":{\"version\":\"PostgreSQL 15\",\"timeline_id\":null},"
		"\"extensions\":null,\"count\":null,\"total\":null}}\n");
	emission.parts[0] = NULL;
	emission.parts[1] = second;
	check_data("nothing but extensions", &emission, NULL);
	PQclear(first);
	PQclear(second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settings_leave_masked),
		cmocka_unit_test(a_long_setting_is_cut),
		cmocka_unit_test(the_server_is_told_without_its_extensions_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
