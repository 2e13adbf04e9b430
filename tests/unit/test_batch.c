/* links: logtail/logtail.a */
#include "unit.h"

#include "entry_case.h"
#include "json_read.h"
#include "logtail/batch.h"

static struct batch batch;
static struct entry_writer writer;
static struct event_table *events;
static struct log_clock log_clock;
static struct slice json; /* of the payload last made */

static const struct payload_meta meta = {
	.project = "p", .source = "pg_log", .host = "h"
};

static int start(void **state)
{
	(void)state;
	events = event_table_new();
	if (!events || log_clock_init(&log_clock, "UTC", NULL) < 0)
		return -1;
	entry_writer_init(&writer, REDACT_NONE, &log_clock, events);
	return batch_init(&batch, NULL);
}

static int stop(void **state)
{
	(void)state;
	batch_release(&batch);
	entry_writer_release(&writer);
	event_table_free(events);
	return 0;
}

static int add_entry(const struct entry *entry, uint64_t log, double now_s)
{
	char file[32];

	snprintf(file, sizeof(file), "/l/%llu.log", (unsigned long long)log);
	return batch_add(&batch, &writer, entry, log, file, now_s);
}

/* An entry with the id of number id; 0: without one. */
static int add(uint64_t log, unsigned id, enum level level, const char *time)
{
	struct entry entry = { .level = level, .time = text_of(time), .pid = 7 };
	char application[64];

	snprintf(application, sizeof(application),
		"bitville-00000000-0000-0000-0000-%012u", id);
	entry.text[ENTRY_MESSAGE] = text_of("message");
	if (id)
		entry.text[ENTRY_APPLICATION_NAME] = text_of(application);
	return add_entry(&entry, log, 1);
}

/* A payload, read back. */
struct payload {
	char id[64], file[64];
	double timestamp;
	unsigned count, entries, not_split;
	unsigned levels[LEVELS];
	size_t bytes;
};

static bool next(struct payload *ret)
{
	const struct json_node *data, *node;
	struct json_node *root;

	*ret = (struct payload){ 0 };
	if (!batch_next_payload(&batch, &meta, &json))
		return false;
	assert_non_null(json.s);
	assert_true(json.len <= PAYLOAD_MAX_BYTES);
	assert_null(json_check_object(json.s, json.len, NULL));
	assert_int_equal(json.s[json.len - 1], '\n');
	root = json_read(json.s, json.len);
	assert_non_null(root);
	data = json_get(root, "data");
	assert_string_equal(json_get_string(root, "project", ""), "p");
	assert_string_equal(json_get_string(root, "source", ""), "pg_log");
	assert_string_equal(json_get_string(data, "host", ""), "h");
	snprintf(ret->id, sizeof(ret->id), "%s",
		json_get_string(root, "correlation_id", "?"));
	snprintf(ret->file, sizeof(ret->file), "%s", json_get_string(data, "file", "?"));
	ret->timestamp = json_get_number(root, "timestamp", -1);
	ret->count = (unsigned)json_get_count(data, "count");
	ret->not_split = (unsigned)json_get_count(data, "ids_not_split");
	assert_int_equal(ret->not_split > 0, json_get(data, "ids_not_split") != NULL);
	ret->bytes = json.len;
	for (node = json_child(json_get(data, "entries")); node; node = json_next(node))
		ret->entries++;
	for (int i = 0; i < LEVELS; i++) {
		const struct json_node *levels = json_get(data, "levels");

		ret->levels[i] = (unsigned)json_get_count(levels, level_names[i]);
		assert_int_equal(
			ret->levels[i] > 0, json_get(levels, level_names[i]) != NULL);
	}
	json_read_release(root);
	assert_int_equal(ret->count, ret->entries);
	return true;
}

static bool holds(const char *part)
{
	return memmem(json.s, json.len, part, strlen(part)) != NULL;
}

static void entries_of_a_log_and_an_id_are_a_payload(void **state)
{
	static const struct {
		uint64_t log;
		unsigned id;
		enum level level;
		const char *time;
	} entries[] = {
		{ 1, 0, LEVEL_LOG, "2026-01-31 00:00:01 UTC" },
		{ 1, 5, LEVEL_ERROR, "2026-01-31 00:00:02 UTC" },
		{ 2, 5, LEVEL_LOG, "2026-01-31 00:00:03 UTC" },
		{ 1, 0, LEVEL_LOG, "2026-01-31 00:00:09.5 UTC" },
		{ 1, 6, LEVEL_LOG, "2026-01-31 00:00:05 UTC" },
		{ 1, 5, LEVEL_ERROR, "2026-01-31 00:00:06 UTC" },
		{ 1, 0, LEVEL_FATAL, "2026-01-31 00:00:07 UTC" },
	};
	struct payload payload;

	(void)state;
	assert_false(next(&payload));
	for (size_t i = 0; i < COUNT(entries); i++)
		assert_int_equal(add(entries[i].log, entries[i].id, entries[i].level,
					 entries[i].time),
			0);
	assert_true(next(&payload));
	assert_string_equal(payload.id, "");
	assert_string_equal(payload.file, "/l/1.log");
	assert_int_equal(payload.count, 3);
	assert_int_equal(payload.levels[LEVEL_LOG], 2);
	assert_int_equal(payload.levels[LEVEL_FATAL], 1);
	assert_true(payload.timestamp == 1769817609.5); /* the newest */
	assert_true(next(&payload));
	assert_string_equal(payload.id, "00000000-0000-0000-0000-000000000005");
	assert_string_equal(payload.file, "/l/1.log");
	assert_int_equal(payload.count, 2);
	assert_int_equal(payload.levels[LEVEL_ERROR], 2);
	assert_true(next(&payload));
	assert_string_equal(payload.id, "00000000-0000-0000-0000-000000000005");
	assert_string_equal(payload.file, "/l/2.log");
	assert_int_equal(payload.count, 1);
	assert_true(next(&payload));
	assert_string_equal(payload.id, "00000000-0000-0000-0000-000000000006");
	assert_int_equal(payload.count, 1);
	assert_int_equal(payload.not_split, 0);
	assert_false(next(&payload));
	assert_false(next(&payload));
	batch_clear(&batch, true);
	assert_false(next(&payload));
	assert_int_equal(batch.count, 0);
}

static void two_logs_of_one_name_are_two(void **state)
{
	struct entry entry = { .level = LEVEL_LOG };
	struct payload payload;

	(void)state;
	entry.text[ENTRY_MESSAGE] = text_of("m");
	for (uint64_t log = 1; log <= 2; log++)
		assert_int_equal(
			batch_add(&batch, &writer, &entry, log, "/l/a.log", 1), 0);
	/* and one that was renamed is one */
	assert_int_equal(batch_add(&batch, &writer, &entry, 1, "/l/a.log.1", 1), 0);
	assert_true(next(&payload));
	assert_int_equal(payload.count, 2);
	assert_string_equal(payload.file, "/l/a.log");
	assert_true(next(&payload));
	assert_int_equal(payload.count, 1);
	assert_false(next(&payload));
}

static void beyond_fifty_ids_a_commit_the_rest_stays_together(void **state)
{
	struct payload payload;
	unsigned payloads = 0, split = 0;

	(void)state;
	for (unsigned part = 0; part < 2; part++) {
		/* Two batches of one commit: 25 ids, then 40, of which 15 are too many. */
		for (unsigned id = 1; id <= (part ? 40u : 25u); id++)
			for (int twice = 0; twice < 2; twice++)
				assert_int_equal(
					add(1, 100 * part + id, LEVEL_LOG, NULL), 0);
		while (next(&payload)) {
			payloads++;
			split += *payload.id != '\0';
			if (*payload.id) {
				assert_int_equal(payload.count, 2);
				assert_int_equal(payload.not_split, 0);
				continue;
			}
			assert_int_equal(payload.count, 30);
			assert_int_equal(payload.not_split, 30);
		}
		batch_clear(&batch, false);
	}
	assert_int_equal(split, BATCH_IDS_MAX);
	assert_int_equal(payloads, BATCH_IDS_MAX + 1);
	/* An id of this commit is still split, a new one is not; the next commit begins anew. */
	assert_int_equal(add(1, 1, LEVEL_LOG, NULL), 0);
	assert_int_equal(add(1, 999, LEVEL_LOG, NULL), 0);
	assert_true(next(&payload));
	assert_true(*payload.id);
	assert_true(next(&payload));
	assert_int_equal(payload.not_split, 1);
	assert_false(next(&payload));
	batch_clear(&batch, true);
	assert_int_equal(add(1, 999, LEVEL_LOG, NULL), 0);
	assert_true(next(&payload));
	assert_true(*payload.id);
	assert_false(next(&payload));
}

static void thousands_of_tiny_entries_fit(void **state)
{
	struct entry entry = { .level = LEVEL_UNPARSED };
	unsigned added = 0, came = 0;
	struct payload payload;

	(void)state;
	entry.text[ENTRY_MESSAGE] = text_of("");
	for (; !batch_is_full(&batch); added++)
		assert_int_equal(add_entry(&entry, 1 + added % 3, 1), 0);
	for (int i = 0; i < 2; i++, added++)
		assert_int_equal(add_entry(&entry, 1, 1), 0);
	assert_in_range(added, 5000, BATCH_ENTRIES_MAX + 2);
	while (next(&payload)) {
		came += payload.count;
		assert_int_equal(payload.levels[LEVEL_UNPARSED], payload.count);
	}
	assert_int_equal(came, added);
}

/* An entry whose JSON is as large as it gets: every byte becomes "\u0001". */
static void make_largest(struct entry *entry, char *bytes)
{
	*entry = (struct entry){ .level = LEVEL_ERROR,
		.level_text = { bytes, 64 },
		.time = { bytes, 64 },
		.pid = INT64_MAX,
		.cut_bytes = UINT64_MAX };
	memset(bytes, 1, ENTRY_KEEP_BYTES);
	for (int i = 0; i < ENTRY_TEXTS; i++)
		entry->text[i] = (struct slice){ bytes, ENTRY_KEEP_BYTES };
}

static void there_is_room_for_two_of_the_largest_when_it_is_full(void **state)
{
	char *bytes = malloc(ENTRY_KEEP_BYTES);
	unsigned added = 0, came = 0;
	struct payload payload;
	struct entry entry;

	(void)state;
	make_largest(&entry, bytes);
	/* Full to the last byte before. */
	while (batch.text.len + ENTRY_TEXT_MAX_BYTES + (16 << 10) < BATCH_BYTES) {
		assert_int_equal(add_entry(&entry, 1, 1), 0);
		added++;
	}
	for (struct entry tiny = { .level = LEVEL_LOG, .text[ENTRY_MESSAGE] = { "", 0 } };
		batch.text.len + 200 < BATCH_BYTES; added++)
		assert_int_equal(add_entry(&tiny, 1, 1), 0);
	assert_false(batch_is_full(&batch));
	for (int i = 0; i < 3; i++, added++) {
		assert_int_equal(add_entry(&entry, 1, 1), 0);
		assert_true(batch_is_full(&batch));
	}
	while (next(&payload))
		came += payload.count;
	assert_int_equal(came, added);
	free(bytes);
}

static void a_payload_is_filled_as_far_as_it_goes(void **state)
{
	char *bytes = malloc(ENTRY_KEEP_BYTES);
	struct payload payload;
	struct entry entry;

	(void)state;
	make_largest(&entry, bytes);
	for (int i = 0; i < 5; i++)
		assert_int_equal(add_entry(&entry, 1, 1), 0);
	assert_true(next(&payload));
	assert_int_equal(payload.count, 2);
	assert_true(next(&payload));
	assert_int_equal(payload.count, 2);
	assert_true(next(&payload));
	assert_int_equal(payload.count, 1);
	assert_false(next(&payload));
	free(bytes);
}

static void groups_are_room_too(void **state)
{
	unsigned payloads = 0;
	struct payload payload;
	uint64_t log = 1;

	(void)state;
	for (; !batch_is_full(&batch); log++)
		assert_int_equal(add(log, 0, LEVEL_LOG, NULL), 0);
	assert_int_equal(add(log++, 0, LEVEL_LOG, NULL), 0);
	assert_int_equal(add(log++, 0, LEVEL_LOG, NULL), 0);
	assert_int_equal(log - 1, BATCH_GROUPS_MAX);
	assert_int_equal(add(log, 0, LEVEL_LOG, NULL), -1);
	/* A refused entry leaves nothing behind. */
	assert_int_equal(add(1, 0, LEVEL_LOG, NULL), 0);
	while (next(&payload)) {
		assert_int_equal(payload.count, payloads == 0 ? 2 : 1);
		payloads++;
	}
	assert_int_equal(payloads, BATCH_GROUPS_MAX);
}

static void a_gap_is_an_entry_of_its_log(void **state)
{
	struct gap gap = { .log = 3,
		.file = "/l/\"3\".log",
		.bytes_known = true,
		.bytes = UINT64_C(9007199254740993),
		.from_wall_us = INT64_C(1767225600000000),
		.what = "gone" };
	struct payload payload;

	(void)state;
	assert_int_equal(batch_add_gap(&batch, &gap, 1), 0);
	gap.bytes_known = false;
	gap.from_wall_us = 0;
	gap.to_wall_us = INT64_C(1767225601000000);
	assert_int_equal(batch_add_gap(&batch, &gap, 1), 0);
	assert_int_equal(add(3, 0, LEVEL_LOG, NULL), 0);
	assert_true(next(&payload));
	assert_int_equal(payload.count, 3);
	assert_int_equal(payload.levels[LEVEL_GAP], 2);
	assert_true(holds("\"pid\":null,\"level\":\"GAP\",\"message\":\"gone\","
			  "\"gap_file\":\"/l/\\\"3\\\".log\","
			  "\"gap_bytes\":9007199254740993,"
			  "\"gap_from\":\"2026-01-01T00:00:00"));
	assert_true(holds("\"gap_bytes\":null,\"gap_from\":null,"
			  "\"gap_to\":\"2026-01-01T00:00:01"));
	assert_false(next(&payload));
}

static void what_is_added_while_a_payload_waits_leaves_it_alone(void **state)
{
	struct slice waiting;
	struct payload payload;
	char *before;

	(void)state;
	for (unsigned ids = 0; ids < 2; ids++) { /* one group, then two */
		assert_int_equal(add(1, 0, LEVEL_LOG, "2026-01-31 00:00:01 UTC"), 0);
		assert_int_equal(add(1, ids, LEVEL_LOG, "2026-01-31 00:00:02 UTC"), 0);
		assert_true(next(&payload));
		waiting = json;
		before = strndup(json.s, json.len);
		assert_non_null(before);
		assert_int_equal(add(1, 0, LEVEL_ERROR, "2026-01-31 00:00:03 UTC"), 0);
		assert_memory_equal(waiting.s, before, waiting.len);
		free(before);
		if (ids > 0) {
			assert_true(next(&payload));
			assert_int_equal(payload.count, 1);
		}
		assert_true(next(&payload));
		assert_int_equal(payload.count, 1);
		assert_int_equal(payload.levels[LEVEL_ERROR], ids == 0);
		assert_false(next(&payload));
		batch_clear(&batch, true);
	}
}

static void many_gaps_find_room_in_a_full_batch(void **state)
{
	(void)state;
	/* Full of groups, then of entries. */
	for (unsigned part = 0; part < 2; part++) {
		struct entry tiny = { .text[ENTRY_MESSAGE] = { "", 0 } };
		unsigned gaps = 0, came = 0;
		struct payload payload;

		for (uint64_t log = 1; !batch_is_full(&batch); log++)
			assert_int_equal(part ? add_entry(&tiny, 1, 1)
					      : add(log, log % 2 ? 0 : (unsigned)log,
							LEVEL_LOG, NULL),
				0);
		for (; gaps < 1000; gaps++) {
			char file[64];
			struct gap gap = {
				.log = 1000 + gaps, .file = file, .what = "gone"
			};

			snprintf(file, sizeof(file), "/l/postgresql-%u.log", gaps);
			if (batch_add_gap(&batch, &gap, 1) < 0)
				fail_msg("gap %u has no room", gaps);
		}
		while (next(&payload)) {
			came += payload.levels[LEVEL_GAP];
			assert_true(!*payload.id || payload.levels[LEVEL_GAP] == 0);
		}
		assert_int_equal(came, gaps);
		batch_clear(&batch, true);
	}
}

static void it_knows_since_when_entries_wait(void **state)
{
	struct entry entry = { .level = LEVEL_LOG };

	(void)state;
	entry.text[ENTRY_MESSAGE] = text_of("m");
	assert_int_equal(add_entry(&entry, 1, 10), 0);
	assert_int_equal(add_entry(&entry, 1, 11), 0);
	assert_true(batch.first_s == 10);
	assert_true(batch.id_s == 0);
	entry.text[ENTRY_APPLICATION_NAME] =
		text_of("bitville-00000000-0000-0000-0000-000000000001");
	assert_int_equal(add_entry(&entry, 1, 12), 0);
	assert_int_equal(add_entry(&entry, 1, 13), 0);
	assert_true(batch.id_s == 12);
	batch_clear(&batch, false);
	assert_true(batch.id_s == 0);
	assert_int_equal(add_entry(&entry, 1, 14), 0);
	assert_true(batch.first_s == 14 && batch.id_s == 14);
}

#define BATCH_TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BATCH_TEST(entries_of_a_log_and_an_id_are_a_payload),
		BATCH_TEST(two_logs_of_one_name_are_two),
		BATCH_TEST(beyond_fifty_ids_a_commit_the_rest_stays_together),
		BATCH_TEST(thousands_of_tiny_entries_fit),
		BATCH_TEST(there_is_room_for_two_of_the_largest_when_it_is_full),
		BATCH_TEST(a_payload_is_filled_as_far_as_it_goes),
		BATCH_TEST(groups_are_room_too),
		BATCH_TEST(a_gap_is_an_entry_of_its_log),
		BATCH_TEST(what_is_added_while_a_payload_waits_leaves_it_alone),
		BATCH_TEST(many_gaps_find_room_in_a_full_batch),
		BATCH_TEST(it_knows_since_when_entries_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
