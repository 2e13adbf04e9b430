/* links: logtail/logtail.a */
#include "unit.h"

#include "logtail/generation.h"
#include "logtail/reading.h"

static struct generation *sample(void)
{
	struct generation *generation = generation_new("/l/a \"b\"\n.log");

	assert_non_null(generation);
	generation->dev = 0xfedcba9876543210;
	generation->ino = UINT64_MAX;
	generation->coding = LOG_CODING_ZSTD;
	generation->disk_bytes = UINT64_C(1) << 52;
	generation->mtime =
		(struct timespec){ .tv_sec = 1767225600, .tv_nsec = 123456000 };
	generation->head_len = FINGERPRINT_BYTES;
	generation->head_hash = 0x8000000000000001;
	generation->first_us = INT64_C(1767225600123456);
	generation->offset = (UINT64_C(1) << 52) - 1;
	generation->tail_len = 17;
	generation->tail_hash = UINT64_MAX - 1;
	return generation;
}

/* The caller frees it; NULL where it is not understood. */
static struct generation *read_text(const char *text)
{
	struct json_node *root = json_read(text, strlen(text));
	struct generation *generation;

	assert_non_null(root);
	generation = generation_read(root);
	json_read_release(root);
	return generation;
}

static char *write_text(const struct generation *generation, const struct buf *open)
{
	struct json json;
	struct buf out;

	buf_init(&out, 8 << 20);
	json_begin(&json, &out);
	generation_write(generation, open, &json);
	assert_false(out.failed);
	return buf_take(&out);
}

static void what_is_saved_comes_back(void **state)
{
	struct generation *generation = sample(), *back;
	char open_bytes[256], *text;
	struct buf open;

	(void)state;
	for (size_t i = 0; i < sizeof(open_bytes); i++)
		open_bytes[i] = (char)i;
	buf_init(&open, 4096);
	for (int turn = 0; turn < 2; turn++) {
		generation->complete = turn;
		text = write_text(generation, &open);
		back = read_text(text);
		free(text);
		assert_non_null(back);
		assert_string_equal(back->path, generation->path);
		assert_true(back->dev == generation->dev);
		assert_true(back->ino == generation->ino);
		assert_int_equal(back->coding, LOG_CODING_ZSTD);
		assert_true(back->disk_bytes == generation->disk_bytes);
		assert_int_equal(back->mtime.tv_sec, 1767225600);
		assert_in_range(back->mtime.tv_nsec, 123455000, 123457000);
		assert_int_equal(back->head_len, FINGERPRINT_BYTES);
		assert_true(back->head_hash == generation->head_hash);
		assert_true(back->first_us == generation->first_us);
		assert_true(back->offset == generation->offset);
		assert_int_equal(back->tail_len, 17);
		assert_true(back->tail_hash == generation->tail_hash);
		assert_int_equal(back->complete, turn);
		assert_true(back->from_state);
		assert_false(back->seen || back->ended || back->reading);
		assert_int_equal(back->open_entries_len, open.len);
		if (turn)
			assert_memory_equal(
				back->open_entries, open_bytes, sizeof(open_bytes));
		else
			assert_null(back->open_entries);
		generation_free(back);
		buf_add(&open, open_bytes, sizeof(open_bytes));
	}
	buf_release(&open);
	generation_free(generation);
}

static void two_in_a_list_are_json(void **state)
{
	struct generation *generation = sample();
	struct json_node *root;
	struct buf out, open;
	struct json json;

	(void)state;
	buf_init(&out, 1 << 20);
	buf_init(&open, 16);
	buf_add(&open, "x", 1);
	json_begin(&json, &out);
	json_array(&json);
	generation_write(generation, &open, &json);
	generation_write(generation, &open, &json);
	json_end(&json);
	root = json_read(out.data, out.len);
	assert_non_null(root);
	assert_non_null(json_next(json_child(root)));
	assert_null(json_next(json_next(json_child(root))));
	json_read_release(root);
	buf_release(&out);
	buf_release(&open);
	generation_free(generation);
}

static void what_is_not_understood_is_refused(void **state)
{
	static const struct {
		const char *text;
		bool good;
	} cases[] = {
		{ "{}", false },
		{ "{\"path\":7}", false },
		{ "[]", false },
		{ "{\"path\":\"/l/a.log\"}", true },
		{ "{\"path\":\"/l/a.log\",\"coding\":2}", true },
		{ "{\"path\":\"/l/a.log\",\"coding\":3}", false },
		{ "{\"path\":\"/l/a.log\",\"head_len\":1025}", false },
		{ "{\"path\":\"/l/a.log\",\"tail_len\":1025}", false },
		{ "{\"path\":\"/l/a.log\",\"open_entries\":\"0g\"}", false },
		{ "{\"path\":\"/l/a.log\",\"open_entries\":\"0A\"}", false },
		{ "{\"path\":\"/l/a.log\",\"open_entries\":\"0a\"}", true },
		{ "{\"path\":\"/l/a.log\",\"open_entries\":\"\"}", true },
		{ "{\"path\":\"/l/a.log\",\"new_in_2.0\":[1]}", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct generation *generation = read_text(cases[i].text);

		check(cases[i].text, (generation != NULL) == cases[i].good);
		generation_free(generation);
	}
}

static void a_head_is_known_by_as_much_of_it_as_there_was(void **state)
{
	struct generation *generation = generation_new("/l/a.log");
	struct head head = { .len = 100 };

	(void)state;
	memset(head.bytes, 'a', sizeof(head.bytes));
	head.bytes[50] = 'b';
	head.hash = fingerprint_hash(head.bytes, head.len);
	assert_false(generation_has_head(generation, &head)); /* nothing is known */
	generation_set_head(generation, &head);
	assert_true(generation_has_head(generation, &head));
	/* longer by now */
	head.len = 200;
	head.hash = fingerprint_hash(head.bytes, head.len);
	assert_true(generation_has_head(generation, &head));
	head.bytes[99] = 'c';
	head.hash = fingerprint_hash(head.bytes, head.len);
	assert_false(generation_has_head(generation, &head));
	/* shorter than what was seen */
	head.len = 99;
	head.hash = fingerprint_hash(head.bytes, head.len);
	assert_false(generation_has_head(generation, &head));
	head.len = 0;
	assert_false(generation_has_head(generation, &head));
	generation_free(generation);
}

static void a_tail_counts_only_where_it_is_whole(void **state)
{
	static const struct {
		uint64_t offset;
		size_t len;
		bool known;
	} cases[] = {
		{ 0, 0, false },
		{ 10, 0, false },
		{ 10, 9, false },
		{ 10, 10, true },
		{ FINGERPRINT_BYTES, FINGERPRINT_BYTES - 1, false },
		{ FINGERPRINT_BYTES + 1, FINGERPRINT_BYTES, true },
	};
	struct generation *generation = generation_new("/l/a.log");

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t hash = 0;

		generation->offset = cases[i].offset;
		generation->tail_len = cases[i].len;
		generation->tail_hash = 5;
		assert_int_equal(generation_tail(generation, &hash), cases[i].known);
		assert_int_equal(hash, cases[i].known ? 5 : 0);
	}
	generation_free(generation);
}

static void what_is_unread_is_known_of_plain_files(void **state)
{
	struct generation *generation = generation_new("/l/a.log");

	(void)state;
	generation->disk_bytes = 100;
	generation->offset = 30;
	assert_int_equal(generation_unread(generation), 70);
	generation->offset = 100;
	assert_int_equal(generation_unread(generation), 0);
	generation->offset = 101;
	assert_int_equal(generation_unread(generation), 0);
	generation->offset = 30;
	generation->coding = LOG_CODING_GZIP;
	assert_int_equal(generation_unread(generation), 0);
	generation_free(generation);
	generation_free(NULL);
}

static void its_place_in_time_is_its_first_entrys(void **state)
{
	struct generation *generation = generation_new("/l/a.log");

	(void)state;
	generation->mtime = (struct timespec){ .tv_sec = 7, .tv_nsec = 8000 };
	assert_true(generation_age_us(generation) == 7000008);
	generation->first_us = 5;
	assert_true(generation_age_us(generation) == 5);
	generation_free(generation);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_saved_comes_back),
		cmocka_unit_test(two_in_a_list_are_json),
		cmocka_unit_test(what_is_not_understood_is_refused),
		cmocka_unit_test(a_head_is_known_by_as_much_of_it_as_there_was),
		cmocka_unit_test(a_tail_counts_only_where_it_is_whole),
		cmocka_unit_test(what_is_unread_is_known_of_plain_files),
		cmocka_unit_test(its_place_in_time_is_its_first_entrys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
