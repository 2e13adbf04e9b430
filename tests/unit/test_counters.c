/* links: collector/collector.a */
#include "unit.h"

#include "collector/counters.h"

static struct counters_file *some(void)
{
	struct counters_file *file = counters_file_new();
	struct counters_set *set = counters_add_set(file, "pg_stat_database", 1000.25, 2);
	double *values;

	strcpy(file->owner, "77 2026-01-30 12:00:00+00");
	values = counters_add(set, "16384");
	values[0] = 9007199254740991;
	values[1] = 0.1 + 0.2;
	counters_add(set, "with a blank")[1] = -3;
	counters_add_set(file, "empty", 7, 1);
	return file;
}

static void what_is_written_is_read(void **state)
{
	struct counters_file *file = some(), *back;
	const struct counters_set *set;
	struct buf text;

	(void)state;
	buf_init(&text, 65536);
	counters_format(file, &text);
	back = counters_parse(text.data);
	assert_non_null(back);
	assert_string_equal(back->owner, file->owner);
	set = counters_find_set(back, "pg_stat_database");
	assert_true(set->at_s == 1000.25 && set->values == 2 && set->keys.count == 2);
	assert_true(counters_find(set, "16384")[0] == 9007199254740991);
	assert_true(counters_find(set, "16384")[1] == 0.1 + 0.2); /* to the last bit */
	assert_true(counters_find(set, "with a blank")[0] == 0);
	assert_true(counters_find(set, "with a blank")[1] == -3);
	assert_null(counters_find(set, "16385"));
	set = counters_find_set(back, "empty");
	assert_null(counters_find(set, "16384"));
	assert_null(counters_find_set(back, "none"));
	assert_null(counters_find(NULL, "x"));
	buf_release(&text);
	counters_file_free(file);
	counters_file_free(back);
}

static const double numbers[] = { 0, 7, 42, 999999999999999, 1000000000000000,
	9007199254740992, 1e300, 0.5, 12345678.875, -1 };

static void a_number_is_read_to_the_last_bit(void **state)
{
	struct counters_file *file = counters_file_new(), *back;
	double *values = counters_add(
		counters_add_set(file, "s", 1, (unsigned)COUNT(numbers)), "key");
	const double *read;
	struct buf text;

	(void)state;
	memcpy(values, numbers, sizeof(numbers));
	buf_init(&text, 65536);
	counters_format(file, &text);
	back = counters_parse(text.data);
	read = counters_find(counters_find_set(back, "s"), "key");
	for (size_t i = 0; i < COUNT(numbers); i++)
		assert_true(read[i] == numbers[i]);
	buf_release(&text);
	counters_file_free(file);
	counters_file_free(back);
}

static const char *const no_files[] = { "", "\n", "pg-collect counters 2\tx\n",
	"pg-collect counters 1", "pg-collect counters 1\tx\n\tkey\t1\n",
	"pg-collect counters 1\tx\na\t1\n", "pg-collect counters 1\tx\na\t1\t1\t\n",
	"pg-collect counters 1\tx\na\t1\t0\n", "pg-collect counters 1\tx\na\t1\t33\n",
	"pg-collect counters 1\tx\na\tz\t1\n",
	"pg-collect counters 1\tx\na\t1\t1\n\tkey\n",
	"pg-collect counters 1\tx\na\t1\t1\n\tkey\t\n",
	"pg-collect counters 1\tx\na\t1\t1\n\tkey\t1\t2\n",
	"pg-collect counters 1\tx\na\t1\t2\n\tkey\t1\n",
	"pg-collect counters 1\tx\na\t1\t1\n\tkey\tnan\n",
	"pg-collect counters 1\tx\na\t1\t1\n\tkey\t1\n\tkey\t1\n",
	"pg-collect counters 1\tx\na\t1\t1\n\t\n" };

static void what_is_no_such_text_is_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(no_files); i++) {
		char text[200];

		strcpy(text, no_files[i]);
		check(no_files[i], counters_parse(text) == NULL);
	}
}

static void many_keys_are_found_each(void **state)
{
	struct counters_file *file = counters_file_new();
	struct counters_set *set = counters_add_set(file, "s", 0, 1);
	char key[24];

	(void)state;
	for (int i = 0; i < 5000; i++) {
		snprintf(key, sizeof(key), "%d", i * 7919);
		counters_add(set, key)[0] = i;
	}
	for (int i = 0; i < 5000; i++) {
		snprintf(key, sizeof(key), "%d", i * 7919);
		assert_true(counters_find(set, key)[0] == i);
	}
	assert_null(counters_find(set, "1"));
	counters_file_free(file);
}

static void a_set_of_the_same_name_begins_anew(void **state)
{
	struct counters_file *file = some();

	(void)state;
	counters_add_set(file, "pg_stat_database", 2000, 3);
	assert_int_equal(file->count, 2);
	assert_null(counters_find(counters_find_set(file, "pg_stat_database"), "16384"));
	counters_file_free(file);
}

static void what_this_run_did_not_ask_for_is_carried_on(void **state)
{
	struct counters_file *before = some(), *now = counters_file_new();

	(void)state;
	counters_add_set(now, "empty", 5, 1);
	counters_carry(now, before);
	assert_int_equal(now->count, 2);
	assert_non_null(
		counters_find(counters_find_set(now, "pg_stat_database"), "16384"));
	assert_true(counters_find_set(now, "empty")->at_s == 5);
	assert_int_equal(before->count, 1);
	counters_file_free(before);
	counters_file_free(now);
}

static void what_did_not_become_whole_is_as_if_not_asked(void **state)
{
	struct counters_file *before = some(), *now = counters_file_new();

	(void)state;
	counters_add(counters_add_set(now, "pg_stat_database", 0, 1), "16384")[0] = 5;
	counters_add_set(now, "other", 0, 1);
	counters_carry(now, before);
	assert_int_equal(now->count, 2);
	assert_true(counters_find_set(now, "pg_stat_database")->at_s == 1000.25);
	assert_null(counters_find_set(now, "other"));
	counters_file_free(before);
	counters_file_free(now);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(a_number_is_read_to_the_last_bit),
		cmocka_unit_test(what_is_no_such_text_is_nothing),
		cmocka_unit_test(many_keys_are_found_each),
		cmocka_unit_test(a_set_of_the_same_name_begins_anew),
		cmocka_unit_test(what_this_run_did_not_ask_for_is_carried_on),
		cmocka_unit_test(what_did_not_become_whole_is_as_if_not_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
