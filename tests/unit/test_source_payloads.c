/* links: collector/collector.a */
#include "unit.h"

#include <math.h>

#include "child.h"
#include "collector/source.h"
#include "collector/system_metrics.h"
#include "json_read.h"
#include "result.h"

#define ROOM (8 << 20)
#define PAYLOADS_MAX 32

static const struct payload_meta meta = { .correlation_id = "",
	.project = "p",
	.wall_us = 1769774400123456,
	.source = "s",
	.host = "h" };

struct emission {
	const struct source *source;
	const PGresult *result; /* NULL: could not be measured */
	const char *error;
};

static void emit(void *arg)
{
	const struct emission *emission = arg;
	const struct spool_limits none = { 0 };
	struct rows rows;
	struct statements statements = { 0 };
	const struct source_context context = { .statements = &statements };
	struct answer answer = {
		.meta = meta, .error = emission->error, .context = &context
	};
	struct sink sink;
	struct err err;

	rows_init(&rows, emission->result, REDACT_NONE);
	if (emission->result)
		answer.rows[0] = &rows;
	if (sink_open(&sink, NULL, &none, 0, &err) < 0 ||
		emission->source->emit(&answer, &sink, &err) < 0 ||
		sink_publish(&sink, &err) < 0)
		printf("%s\n", err.msg);
	sink_close(&sink);
	rows_release(&rows);
}

/* The payloads that an answer becomes. */
struct payloads {
	struct json_node *list[PAYLOADS_MAX];
	size_t lens[PAYLOADS_MAX];
	size_t count;
};

static void payloads_of(const struct source *source, const PGresult *result,
	const char *error, struct payloads *ret)
{
	struct emission emission = { source, result, error };
	char *said = malloc(ROOM), *rest, *line;

	ret->count = 0;
	assert_int_equal(child_run(emit, &emission, STDOUT_FILENO, said, ROOM), 0);
	for (line = strtok_r(said, "\n", &rest); line;
		line = strtok_r(NULL, "\n", &rest)) {
		assert_true(ret->count < PAYLOADS_MAX);
		ret->lens[ret->count] = strlen(line);
		ret->list[ret->count] = json_read(line, strlen(line));
		if (!ret->list[ret->count++])
			fail_msg("no JSON: %.200s", line);
	}
	free(said);
}

static void release(struct payloads *payloads)
{
	while (payloads->count > 0)
		json_read_release(payloads->list[--payloads->count]);
}

static size_t length(const struct json_node *list)
{
	size_t count = 0;

	for (const struct json_node *node = json_child(list); node;
		node = json_next(node))
		count++;
	return count;
}

static const struct result_column activity_columns[] = { { "pid", 23 },
	{ "application_name", 25 }, { "wait_event_type", 25 }, { "query", 25 },
	{ "_total", 20 } };

/* The nth id; app: none where n is negative. */
static const char *application(int n)
{
	static char name[100];

	snprintf(name, sizeof(name), "bitville-%08x-0000-4000-8000-000000000000", n);
	return n < 0 ? "psql" : name;
}

static void add_session(PGresult *result, int id, bool blocked, const char *query)
{
	int row = PQntuples(result);
	char pid[12];

	snprintf(pid, sizeof(pid), "%d", 1000 + row);
	result_set(result, row, 0, pid);
	result_set(result, row, 1, application(id));
	result_set(result, row, 2, blocked ? "Lock" : NULL);
	result_set(result, row, 3, query);
	result_set(result, row, 4, "345");
}

static PGresult *no_sessions(void)
{
	return result_make(activity_columns, COUNT(activity_columns));
}

static void check_envelope(const struct json_node *payload, int id)
{
	assert_string_equal(json_get_string(payload, "correlation_id", "?"),
		id < 0 ? "" : application(id) + strlen("bitville-"));
}

static void sessions_with_an_id_are_sent_again_by_id(void **state)
{
	PGresult *result = no_sessions();
	const struct json_node *data, *session;
	struct payloads payloads;

	(void)state;
	add_session(result, 1, false, "a");
	add_session(result, -1, true, "b");
	add_session(result, 2, true, "c");
	add_session(result, 1, false, "d");
	payloads_of(&source_activity, result, NULL, &payloads);
	assert_int_equal(payloads.count, 3);

	check_envelope(payloads.list[0], -1);
	data = json_get(payloads.list[0], "data");
	assert_int_equal(length(json_get(data, "sessions")), 4);
	assert_int_equal(json_get_count(data, "count"), 4);
	assert_int_equal(json_get_count(data, "total"), 345);
	assert_int_equal(json_get_count(data, "with_correlation"), 3);
	assert_null(json_get(data, "subset"));
	session = json_child(json_get(data, "sessions"));
	assert_string_equal(json_get_string(session, "correlation_id", "?"),
		application(1) + strlen("bitville-"));
	session = json_next(session);
	assert_non_null(json_get(session, "correlation_id"));
	assert_null(json_get_string(session, "correlation_id", NULL));
	assert_null(json_get(session, "_total"));

	check_envelope(payloads.list[1], 2); /* the blocked first */
	check_envelope(payloads.list[2], 1);
	data = json_get(payloads.list[2], "data");
	assert_true(json_get_bool(data, "subset", false));
	assert_int_equal(json_get_count(data, "count"), 2);
	assert_int_equal(json_get_count(data, "total"), 2);
	assert_int_equal(json_get_count(data, "with_correlation"), 2);
	session = json_child(json_get(data, "sessions"));
	assert_int_equal(json_get_count(session, "pid"), 1000);
	assert_int_equal(json_get_count(json_next(session), "pid"), 1003);
	assert_null(json_next(json_next(session)));
	release(&payloads);
	PQclear(result);
}

static void at_most_twenty_ids_the_blocked_first(void **state)
{
	PGresult *result = no_sessions();
	struct payloads payloads;

	(void)state;
	for (int id = 0; id < 30; id++)
		add_session(result, id, id >= 25, "x");
	payloads_of(&source_activity, result, NULL, &payloads);
	assert_int_equal(payloads.count, 1 + 20);
	for (int i = 0; i < 20; i++)
		check_envelope(payloads.list[1 + i], i < 5 ? 25 + i : i - 5);
	release(&payloads);
	PQclear(result);
}

static void a_payload_that_is_too_large_has_its_texts_cut(void **state)
{
	PGresult *result = no_sessions();
	const struct json_node *session;
	struct payloads payloads;
	char long_query[5000];
	int whole = 0;

	(void)state;
	memset(long_query, 1, sizeof(long_query) - 1); /* six bytes each in JSON */
	long_query[sizeof(long_query) - 1] = '\0';
	for (int i = 0; i < 100; i++)
		add_session(result, -1, false, i % 2 ? long_query : "SELECT 1");
	payloads_of(&source_activity, result, NULL, &payloads);
	assert_int_equal(payloads.count, 1);
	assert_in_range(payloads.lens[0], 300 << 10, (768 << 10) - 1);
	session = json_child(json_get(json_get(payloads.list[0], "data"), "sessions"));
	for (; session; session = json_next(session)) {
		const char *query = json_get_string(session, "query", "");

		if (strcmp(query, "SELECT 1") == 0)
			whole++;
		else
			assert_string_equal(query + strlen(query) - 14, "...[truncated]");
	}
	assert_int_equal(whole, 50);
	release(&payloads);
	PQclear(result);
}

static void empty_sessions_and_statements_are_not_sent(void **state)
{
	const struct source *const some[] = { &source_activity, &source_statements };
	PGresult *result = no_sessions();
	struct payloads payloads;

	(void)state;
	for (size_t i = 0; i < COUNT(some); i++) {
		payloads_of(some[i], result, NULL, &payloads);
		assert_int_equal(payloads.count, 0);
		payloads_of(some[i], NULL, "why", &payloads);
		assert_int_equal(payloads.count, 0);
	}
	PQclear(result);
}

static void check_machine(const struct machine *machine, const char *want)
{
	struct buf out;
	struct json json;

	buf_init(&out, 65536);
	json_begin(&json, &out);
	json_object(&json);
	system_metrics_write(&json, 0, (void *)(uintptr_t)machine);
	json_end(&json);
	assert_false(out.failed);
	assert_string_equal(out.data, want);
	buf_release(&out);
}

static void what_the_machine_does_not_tell_is_null(void **state)
{
	const struct machine none = { .cpu_percent = NAN };

	(void)state;
	check_machine(&none,
		"{\"cpu\":{\"percent\":null,\"count_physical\":null,"
		"\"count_logical\":null,\"load_avg_1m\":null,\"load_avg_5m\":null,"
		"\"load_avg_15m\":null},\"memory\":{\"total\":null,\"available\":null,"
		"\"used\":null,\"percent\":null,\"buffers\":null,\"cached\":null},"
		"\"swap\":{\"total\":null,\"used\":null,\"free\":null,\"percent\":null},"
		"\"disk_io\":{\"read_count\":null,\"write_count\":null,"
		"\"read_bytes\":null,\"write_bytes\":null,\"read_time_ms\":null,"
		"\"write_time_ms\":null},\"network_io\":{\"bytes_sent\":null,"
		"\"bytes_recv\":null,\"packets_sent\":null,\"packets_recv\":null,"
		"\"errin\":null,\"errout\":null,\"dropin\":null,\"dropout\":null},"
		"\"disk_usage\":{},\"collection\":{}}");
}

static void what_it_tells_is_written(void **state)
{
	static const char last_run[] =
		"{\"pg_locks\":{\"ok\":false,\"error\":\"e\",\"ms\":1.26},"
		"\"system_metrics\":{\"ok\":true,\"error\":null,\"ms\":null},"
		"\"forged\":{\"ok\":true}}";
	struct json_node *root = json_read(last_run, sizeof(last_run) - 1);
	const struct machine machine = { .cpu_percent = 12.34,
		.cores = 2,
		.processors = 4,
		.load = { 0.126, 1, 20 },
		.has_load = true,
		.memory = { 1, 2, 3, 4, 5, 6.66, 7, 8, 9, 10 },
		.has_memory = true,
		.disk_io = { 1, 2, 3, 4, 5, 6 },
		.has_disk_io = true,
		.network = { 1, 2, 3, 4, 5, 6, 7, UINT64_MAX },
		.has_network = true,
		.usage = { { 0 }, { 0 }, { 1, 2, 3, 4.44 } },
		.has_usage = { false, false, true },
		.last_run = root };

	(void)state;
	check_machine(&machine,
		"{\"cpu\":{\"percent\":12.3,\"count_physical\":2,"
		"\"count_logical\":4,\"load_avg_1m\":0.13,\"load_avg_5m\":1.00,"
		"\"load_avg_15m\":20.00},\"memory\":{\"total\":1,\"available\":2,"
		"\"used\":3,\"percent\":6.7,\"buffers\":4,\"cached\":5},"
		"\"swap\":{\"total\":7,\"used\":8,\"free\":9,\"percent\":10.0},"
		"\"disk_io\":{\"read_count\":1,\"write_count\":2,\"read_bytes\":3,"
		"\"write_bytes\":4,\"read_time_ms\":5,\"write_time_ms\":6},"
		"\"network_io\":{\"bytes_sent\":1,\"bytes_recv\":2,\"packets_sent\":3,"
		"\"packets_recv\":4,\"errin\":5,\"errout\":6,\"dropin\":7,"
		"\"dropout\":18446744073709551615},"
		"\"disk_usage\":{\"/\":{\"total\":1,\"used\":2,\"free\":3,"
		"\"percent\":4.4}},"
		"\"collection\":{\"pg_locks\":{\"ok\":false,\"error\":\"e\",\"ms\":1.3},"
		"\"system_metrics\":{\"ok\":true,\"error\":null,\"ms\":null}}}");
	json_read_release(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sessions_with_an_id_are_sent_again_by_id),
		cmocka_unit_test(at_most_twenty_ids_the_blocked_first),
		cmocka_unit_test(a_payload_that_is_too_large_has_its_texts_cut),
		cmocka_unit_test(empty_sessions_and_statements_are_not_sent),
		cmocka_unit_test(what_the_machine_does_not_tell_is_null),
		cmocka_unit_test(what_it_tells_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
