/* links: collector/collector.a */
#include "unit.h"

#include <math.h>

#include "clock.h"
#include "collector/collect_state.h"

#define NAME(n) "2026013" n "T000000.000000Z-pg_locks-1-000000.json.zst"

static const struct collect_state full = {
	.cpu = { "0f8fad5b-d9cb-469f-a165-70867728950e", { 1, 2, 3, 4, 5, 6, 7, 8 } },
	.machine = { .at_s = 5123.25,
		.postmaster = { 4711, 88123, 5432 },
		.ticks = 9007199254740991,
		.tablespaces = "16385 /srv/a b\n",
		.disks = { .list = { { .name = "cciss/c0d0",
					     .io = { 1, 2, 3, 4, 5, 6 },
					     .busy_time_ms = 7,
					     .flush_count = 8,
					     .flush_time_ms = 9,
					     .has_flushes = true },
				   { .name = "sdb", .io = { 11, 12, 13, 14, 15, 16 } } },
			.count = 2 } },
	.size = { .bytes = 123456789012,
		.wall_at_s = 1769774400.25,
		.new_files = 7,
		.oldest = NAME("1") },
	.told = { 1769774300123456, 12, 49152, NAME("2") },
	.telling = { 1769774300654321, 15, 61440, NAME("3") },
	.payload = NAME("4"),
	.visit = { 12.3, 4.5, 2, 1000, 70000, NAN, 1.25 },
	.pace = { 1769774500.5, 3 },
	.sent = { { 0, 0 }, { 1769774400.125, 0xfedcba9876543210 } },
	.outcomes = { { true, true, 1.26, "" }, { true, false, NAN, "no \"extension\"" },
		{ false, false, 5, "not asked" }, { true, true, 2, "not told" } },
};

static struct json_node *written(const struct collect_state *state)
{
	struct json_node *root;
	struct buf json;

	buf_init(&json, 65536);
	collect_state_write(state, &json);
	assert_false(json.failed);
	assert_int_equal(json.data[json.len - 1], '\n');
	root = json_read(json.data, json.len);
	assert_non_null(root);
	buf_release(&json);
	return root;
}

static void the_next_run_reads_what_matters_to_it(void **state)
{
	struct json_node *root = written(&full);
	struct collect_state back;

	(void)state;
	collect_state_read(root, &back);
	json_read_release(root);
	assert_string_equal(back.cpu.boot_id, full.cpu.boot_id);
	assert_memory_equal(&back.cpu.times, &full.cpu.times, sizeof(back.cpu.times));
	assert_memory_equal(&back.machine, &full.machine, sizeof(back.machine));
	assert_int_equal(back.size.bytes, full.size.bytes);
	assert_true(back.size.wall_at_s == full.size.wall_at_s);
	assert_int_equal(back.size.new_files, full.size.new_files);
	assert_string_equal(back.size.oldest, full.size.oldest);
	assert_memory_equal(&back.told, &full.told, sizeof(back.told));
	assert_memory_equal(&back.telling, &full.telling, sizeof(back.telling));
	assert_string_equal(back.payload, full.payload);
	assert_true(back.pace.wall_next_s == full.pace.wall_next_s);
	assert_int_equal(back.pace.failures, full.pace.failures);
	assert_true(back.sent[0].wall_at_s == 0 && back.sent[0].hash == 0);
	assert_true(back.sent[1].wall_at_s == full.sent[1].wall_at_s);
	assert_true(back.sent[1].hash == full.sent[1].hash);
	assert_string_equal(back.server.version_text, "");
	assert_true(back.visit.ms == 12.3 && back.visit.connect_ms == 4.5);
	assert_int_equal(back.visit.round_trips, 2);
	assert_int_equal(back.visit.received_bytes, 70000);
	assert_true(isnan(back.visit.calls) && back.visit.total_exec_ms == 1.25);
}

static void a_size_without_files_is_of_a_version_before_and_not_used(void **state)
{
	static const char text[] = "{\"spool\":{\"bytes\":5,\"at\":1769774400.25}}";
	struct json_node *root = json_read(text, strlen(text));
	struct collect_state back;

	(void)state;
	collect_state_read(root, &back);
	json_read_release(root);
	assert_true(back.size.wall_at_s == 0 && back.size.bytes == 0);
}

static void outcomes_of_what_was_asked_stand_in_the_file(void **state)
{
	struct json_node *root = written(&full);
	const struct json_node *collection = json_get(root, "collection"), *one;

	(void)state;
	assert_int_equal(json_get_count(root, "version"), 1);
	assert_true(fabs(json_get_number(root, "updated_at", 0) -
			    (double)clock_wall_us() / 1e6) < 60);
	one = json_get(collection, "pg_stat_activity");
	assert_true(json_get_bool(one, "ok", false));
	assert_true(json_get_number(one, "ms", 0) == 1.3);
	assert_null(json_get_string(one, "error", NULL));
	one = json_get(collection, "pg_stat_statements");
	assert_false(json_get_bool(one, "ok", true));
	assert_true(json_get_number(one, "ms", -1) == -1); /* null */
	assert_string_equal(json_get_string(one, "error", ""), "no \"extension\"");
	assert_null(json_get(collection, "pg_locks"));
	one = json_get(collection, "system_metrics");
	assert_null(json_get_string(one, "error", NULL));
	json_read_release(root);
}

static void what_is_not_there_is_the_first_run(void **state)
{
	static const char *const texts[] = { NULL, "{}", "[]",
		"{\"cpu\":5,\"spool\":\"x\"}",
		"{\"machine\":[],\"cpu\":{\"boot_id\":\"\"}}",
		"{\"machine\":{\"at\":-1,\"disks\":[1,{}],\"postmaster\":{\"pid\":1e12}}}",
		"{\"machine\":{\"at\":\"x\",\"disks\":{\"a name of more than 31 bytes, so none\":"
		"{\"read_count\":1}},\"postmaster\":{\"pid\":-7,\"port\":\"5\"}}}",
		"{\"cpu\":{\"boot_id\":7,\"user\":\"x\",\"idle\":-5},"
		"\"spool\":{\"bytes\":-1,\"at\":true,\"files\":-1,\"oldest\":\"x\"},"
		"\"evicted_told\":{\"counting_since\":1e300,\"files\":\"x\",\"last\":\"y\"},"
		"\"evicted_telling\":{\"payload\":\"../new\",\"counting_since\":-1}}" };
	static const struct collect_state none;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct json_node *root =
			texts[i] ? json_read(texts[i], strlen(texts[i])) : NULL;
		struct collect_state back;

		collect_state_read(root, &back);
		assert_memory_equal(&back, &none, sizeof(none));
		json_read_release(root);
	}
}

static void what_a_visit_learns_of_the_postmaster_is_kept(void **state)
{
	const struct postmaster_id other = { 4712, 99, 5432 }, none = { 0 };
	struct machine_sample sample = full.machine;

	(void)state;
	machine_sample_learn(&sample, true, &none, full.machine.tablespaces);
	machine_sample_learn(
		&sample, true, &full.machine.postmaster, full.machine.tablespaces);
	assert_memory_equal(&sample, &full.machine, sizeof(sample));
	machine_sample_learn(&sample, true, &other, "7 /other\n");
	assert_int_equal(sample.postmaster.pid, 4712);
	assert_int_equal(sample.ticks, 0);
	assert_string_equal(sample.tablespaces, "7 /other\n");
	machine_sample_learn(&sample, false, &none, "8 /elsewhere\n");
	assert_int_equal(sample.postmaster.pid, 0);
	assert_string_equal(sample.tablespaces, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_next_run_reads_what_matters_to_it),
		cmocka_unit_test(
			a_size_without_files_is_of_a_version_before_and_not_used),
		cmocka_unit_test(outcomes_of_what_was_asked_stand_in_the_file),
		cmocka_unit_test(what_a_visit_learns_of_the_postmaster_is_kept),
		cmocka_unit_test(what_is_not_there_is_the_first_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
