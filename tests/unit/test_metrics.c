/* links: forwarder/metrics.o */
#include "unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "forwarder/metrics.h"
#include "scratch.h"

#define PREFIX "bitville_postgres_agent_"

static const struct forward_state full = {
	.breaker = BREAKER_HALF_OPEN,
	.size = { .new_files = 3,
		.new_bytes = 12288,
		.rejected_files = 2,
		.rejected_bytes = 8192,
		.tmp_bytes = 4096,
		.oldest = "20260130T120000.500000Z-pg_locks-1-000000.json.zst" },
	.cap_bytes = 104857600,
	.sent_files = 9007199254740993, /* beyond a double */
	.sent_bytes = 123456789012,
	.refused_files = 7,
	.evicted = { .files = 4, .bytes = 16384 },
	.wall_success_us = 1769774400250000,
	.degraded = "delete delivered x: Read-only file system",
};

static const struct forward_state none;

static const struct {
	const char *name, *type;
	double full, none;
} metrics[] = {
	{ "spool_files", "gauge", 3, 0 },
	{ "spool_bytes", "gauge", 24576, 0 },
	{ "spool_cap_bytes", "gauge", 104857600, 0 },
	{ "spool_oldest_timestamp_seconds", "gauge", 1769774400.5, 0 },
	{ "rejected_files", "gauge", 2, 0 },
	{ "breaker_open", "gauge", 1, 0 },
	{ "degraded", "gauge", 1, 0 },
	{ "sent_total", "counter", 9007199254740992, 0 },
	{ "sent_bytes_total", "counter", 123456789012, 0 },
	{ "refused_total", "counter", 7, 0 },
	{ "evicted_total", "counter", 4, 0 },
	{ "evicted_bytes_total", "counter", 16384, 0 },
	{ "last_success_timestamp_seconds", "gauge", 1769774400.25, 0 },
};

static void each_metric_has_its_help_type_and_value(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct buf text;
		char *line, *rest;

		buf_init(&text, 65536);
		metrics_format(i ? &full : &none, &text);
		assert_false(text.failed);
		assert_int_equal(text.data[text.len - 1], '\n');
		line = strtok_r(text.data, "\n", &rest);
		for (size_t k = 0; k < COUNT(metrics); k++) {
			char want[200], *end;
			size_t len;

			len = (size_t)snprintf(want, sizeof(want), "# HELP " PREFIX "%s ",
				metrics[k].name);
			check(metrics[k].name, line && strncmp(line, want, len) == 0);
			check(metrics[k].name, strlen(line) > len);
			snprintf(want, sizeof(want), "# TYPE " PREFIX "%s %s",
				metrics[k].name, metrics[k].type);
			line = strtok_r(NULL, "\n", &rest);
			check_string(metrics[k].name, line, want);
			len = (size_t)snprintf(
				want, sizeof(want), PREFIX "%s ", metrics[k].name);
			line = strtok_r(NULL, "\n", &rest);
			check(metrics[k].name, line && strncmp(line, want, len) == 0);
			check(metrics[k].name,
				strtod(line + len, &end) ==
					(i ? metrics[k].full : metrics[k].none));
			check(metrics[k].name, *end == '\0');
			line = strtok_r(NULL, "\n", &rest);
		}
		assert_null(line);
		buf_release(&text);
	}
}

static void the_file_is_replaced_whole_and_readable_by_everybody(void **state)
{
	char dir[SCRATCH_SIZE], path[SCRATCH_SIZE + 50], old[SCRATCH_SIZE + 50];
	struct stat st, before;
	struct buf text;
	struct err err;

	(void)state;
	scratch_make(dir);
	snprintf(path, sizeof(path), "%s", scratch_file(dir, "agent.prom", "old", 3));
	snprintf(old, sizeof(old), "%s/old", dir);
	assert_int_equal(link(path, old), 0);
	assert_int_equal(stat(path, &before), 0);
	umask(077);
	assert_int_equal(metrics_write(&full, path, &err), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	assert_true(st.st_ino != before.st_ino);
	buf_init(&text, 65536);
	metrics_format(&full, &text);
	assert_int_equal(st.st_size, text.len);
	buf_release(&text);
	/* Nothing else is left: removing both empties the directory. */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(unlink(old), 0);
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(metrics_write(&full, path, &err), -1);
	assert_int_equal(err.kind, ERR_RETRY);
	assert_non_null(strstr(err.msg, path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_metric_has_its_help_type_and_value),
		cmocka_unit_test(the_file_is_replaced_whole_and_readable_by_everybody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
