#include "unit.h"

#include "spool_name.h"

#define STAMP "20260131T235959.000001Z"

static void a_name_holds_time_source_pid_and_number(void **state)
{
	static const struct {
		int64_t wall_us;
		const char *source;
		pid_t pid;
		unsigned seq;
		const char *want;
	} cases[] = {
		{ 1769903999000001, "pg_locks", 42, 7,
			STAMP "-pg_locks-42-000007.json.zst" },
		{ 1769903999000001, "pg_locks", 42, 1000000,
			STAMP "-pg_locks-42-000000.json.zst" },
		{ 0, "s", 2147483647, 999999,
			"19700101T000000.000000Z-s-2147483647-999999.json.zst" },
		{ 0, "abcdefghijklmnopqrstuvwxyz012345", 1, 0,
			"19700101T000000.000000Z-abcdefghijklmnopqrstuvwxyz012345-1-000000.json.zst" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char name[SPOOL_NAME_SIZE], source[SPOOL_SOURCE_SIZE];

		spool_name_format(name, cases[i].wall_us, cases[i].source, cases[i].pid,
			cases[i].seq);
		assert_string_equal(name, cases[i].want);
		assert_true(spool_name_is_valid(name));
		spool_name_source(name, source);
		assert_string_equal(source, cases[i].source);
		assert_int_equal(spool_name_wall_us(name), cases[i].wall_us);
	}
}

static void name_order_is_time_order(void **state)
{
	char before[SPOOL_NAME_SIZE] = "", name[SPOOL_NAME_SIZE];

	(void)state;
	for (int64_t at = 1; at < 3000000000000000; at = at * 3 + 1) {
		spool_name_format(name, at, "s", 1, 0);
		assert_true(strcmp(before, name) < 0);
		strcpy(before, name);
	}
}

static const struct {
	const char *name;
	bool valid;
} names[] = {
	{ STAMP "-pg_log-1-000000.json.zst", true },
	{ STAMP "-a-1-000000.json.zst", true },
	{ STAMP "-0_9-1234567890-999999.json.zst", true },
	{ STAMP "-abcdefghijklmnopqrstuvwxyz012345-1-000000.json.zst", true },
	{ "", false },
	{ ".", false },
	{ "..", false },
	{ STAMP, false },
	{ STAMP "-", false },
	{ STAMP "--1-000000.json.zst", false },
	{ STAMP "-s--000000.json.zst", false },
	{ STAMP "-s-1-00000.json.zst", false },
	{ STAMP "-s-1-0000000.json.zst", false },
	{ STAMP "-s-1-000000.json", false },
	{ STAMP "-s-1-000000.json.zst ", false },
	{ STAMP "-s-1-000000.json.zst.reason", false },
	{ STAMP "-s-1-000000.json.zst/", false },
	{ STAMP "-S-1-000000.json.zst", false },
	{ STAMP "-a/b-1-000000.json.zst", false },
	{ STAMP "-a.b-1-000000.json.zst", false },
	{ STAMP "-s-12345678901-000000.json.zst", false },
	{ STAMP "-s-+1-000000.json.zst", false },
	{ STAMP "-s-x-000000.json.zst", false },
	{ STAMP "-abcdefghijklmnopqrstuvwxyz0123456-1-000000.json.zst", false },
	{ "20260131T235959.00001Z-s-1-000000.json.zst", false },
	{ "20260131t235959.000001z-s-1-000000.json.zst", false },
	{ "2026013XT235959.000001Z-s-1-000000.json.zst", false },
	{ " " STAMP "-s-1-000000.json.zst", false },
	{ "x" STAMP "-s-1-000000.json.zst", false },
};

static void only_names_of_the_scheme_are_valid(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		size_t size = strlen(names[i].name) + 1;
		char *exact = malloc(size);

		memcpy(exact, names[i].name, size);
		check(names[i].name, spool_name_is_valid(exact) == names[i].valid);
		if (names[i].valid)
			check(names[i].name, size <= SPOOL_NAME_SIZE);
		free(exact);
	}
}

static void no_cut_of_a_name_is_a_name(void **state)
{
	const char *name = names[0].name;

	(void)state;
	for (size_t len = 0; len < strlen(name); len++) {
		char *exact = malloc(len + 1);

		memcpy(exact, name, len);
		exact[len] = '\0';
		assert_false(spool_name_is_valid(exact));
		free(exact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_holds_time_source_pid_and_number),
		cmocka_unit_test(name_order_is_time_order),
		cmocka_unit_test(only_names_of_the_scheme_are_valid),
		cmocka_unit_test(no_cut_of_a_name_is_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
