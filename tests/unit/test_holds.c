/* links: forwarder/holds.o */
#include "unit.h"

#include <math.h>

#include "forwarder/holds.h"

#define TIMEOUT_S 60.0

static void refuse(struct holds *holds, const char *source, int times, double now)
{
	for (int i = 0; i < times; i++)
		holds_refused(holds, source, now, TIMEOUT_S);
}

static void twenty_refusals_in_a_row_hold_a_source(void **state)
{
	struct holds holds = { 0 };

	(void)state;
	for (int i = 1; i < 20; i++) {
		assert_false(holds_refused(&holds, "pg_log", 0, TIMEOUT_S));
		assert_false(holds_has(&holds, "pg_log"));
	}
	assert_true(isinf(holds_wait_s(&holds, 1e9)));
	assert_null(holds_due(&holds, 1e9, TIMEOUT_S));
	assert_true(holds_refused(&holds, "pg_log", 0, TIMEOUT_S));
	assert_true(holds_has(&holds, "pg_log"));
	assert_false(holds_has(&holds, "pg_locks"));
	assert_false(holds_refused(&holds, "pg_log", 0, TIMEOUT_S)); /* said once */
	assert_true(holds_has(&holds, "pg_log"));
}

static void sources_are_counted_each_for_itself(void **state)
{
	struct holds holds = { 0 };

	(void)state;
	for (int i = 0; i < 19; i++) {
		refuse(&holds, "pg_log", 1, 0);
		refuse(&holds, "pg_locks", 1, 0);
	}
	assert_false(holds_has(&holds, "pg_log") || holds_has(&holds, "pg_locks"));
	refuse(&holds, "pg_locks", 1, 0);
	assert_true(holds_has(&holds, "pg_locks"));
	assert_false(holds_has(&holds, "pg_log"));
}

static void a_success_ends_the_run_and_the_hold(void **state)
{
	struct holds holds = { 0 };

	(void)state;
	assert_false(holds_delivered(&holds, "pg_log"));
	refuse(&holds, "pg_log", 19, 0);
	assert_false(holds_delivered(&holds, "pg_log"));
	refuse(&holds, "pg_log", 19, 0);
	assert_false(holds_has(&holds, "pg_log"));
	refuse(&holds, "pg_log", 1, 0);
	assert_false(holds_delivered(&holds, "pg_locks"));
	assert_true(holds_has(&holds, "pg_log"));
	assert_true(holds_delivered(&holds, "pg_log"));
	assert_false(holds_has(&holds, "pg_log"));
	assert_false(holds_delivered(&holds, "pg_log"));
	assert_true(isinf(holds_wait_s(&holds, 0)));
}

static void one_of_its_files_is_tried_each_timeout(void **state)
{
	struct holds holds = { 0 };
	const struct hold *hold;

	(void)state;
	refuse(&holds, "pg_log", 20, 100);
	assert_null(holds_due(&holds, 159.9, TIMEOUT_S));
	assert_true(holds_wait_s(&holds, 130) == 30);
	assert_true(holds_wait_s(&holds, 200) == 0);
	hold = holds_due(&holds, 170, TIMEOUT_S);
	assert_non_null(hold);
	assert_string_equal(hold->source, "pg_log");
	assert_null(holds_due(&holds, 170, TIMEOUT_S));
	assert_true(holds_wait_s(&holds, 170) == 60);
	/* Refused again: the next try counts from there. */
	refuse(&holds, "pg_log", 1, 175);
	assert_true(holds_wait_s(&holds, 175) == 60);
}

static void each_held_source_gets_its_turn(void **state)
{
	struct holds holds = { 0 };

	(void)state;
	refuse(&holds, "pg_log", 20, 0);
	refuse(&holds, "pg_locks", 20, 10);
	assert_true(holds_wait_s(&holds, 0) == 60);
	assert_string_equal(holds_due(&holds, 80, TIMEOUT_S)->source, "pg_log");
	assert_string_equal(holds_due(&holds, 80, TIMEOUT_S)->source, "pg_locks");
	assert_null(holds_due(&holds, 80, TIMEOUT_S));
}

static void a_restart_does_not_end_a_hold(void **state)
{
	struct holds holds = { 0 };

	(void)state;
	holds_restore(&holds, "pg_log", 25, 60);
	holds_restore(&holds, "pg_locks", 19, 60);
	holds_restore(&holds, "a_source_with_more_than_32_letters", 25, 60);
	assert_int_equal(holds.count, 2);
	assert_true(holds_has(&holds, "pg_log"));
	assert_true(holds_wait_s(&holds, 0) == 60);
	assert_false(holds_has(&holds, "pg_locks"));
	assert_true(holds_refused(&holds, "pg_locks", 0, TIMEOUT_S));
}

static void the_table_has_room_for_those_that_are_refused_now(void **state)
{
	struct holds holds = { 0 };
	char source[SPOOL_SOURCE_SIZE];

	(void)state;
	for (int i = 0; i < HOLDS_MAX; i++) {
		snprintf(source, sizeof(source), "s%d", i);
		refuse(&holds, source, 20, 0);
	}
	refuse(&holds, "one_more", 30, 0);
	assert_false(holds_has(&holds, "one_more"));
	assert_true(holds_has(&holds, "s0") && holds_has(&holds, "s31"));
	assert_false(holds_delivered(&holds, "one_more"));
	/* What was delivered gives its place away. */
	assert_true(holds_delivered(&holds, "s7"));
	refuse(&holds, "one_more", 20, 0);
	assert_true(holds_has(&holds, "one_more"));
	assert_false(holds_has(&holds, "s7"));
	assert_true(holds_has(&holds, "s6") && holds_has(&holds, "s31"));
}

static void a_file_set_aside_is_tried_each_timeout(void **state)
{
	struct aside aside = { 0 };
	const struct aside_file *file;

	(void)state;
	assert_true(isinf(aside_wait_s(&aside, 0)));
	aside_add(&aside, "a", 3, 60);
	aside_add(&aside, "a", 50, 1); /* already there */
	assert_int_equal(aside.count, 1);
	assert_true(aside_has(&aside, "a"));
	assert_false(aside_has(&aside, "b"));
	assert_true(aside_wait_s(&aside, 20) == 40);
	assert_null(aside_due(&aside, 59.9, TIMEOUT_S));
	for (unsigned tries = 4; tries <= ASIDE_TRIES_MAX; tries++) {
		double now = tries * TIMEOUT_S;

		assert_true(aside_wait_s(&aside, now) == 0);
		file = aside_due(&aside, now, TIMEOUT_S);
		assert_non_null(file);
		assert_string_equal(file->name, "a");
		assert_int_equal(file->tries, tries);
		assert_null(aside_due(&aside, now, TIMEOUT_S));
	}
	assert_int_equal(ASIDE_TRIES_MAX, 100);
}

static void a_full_table_of_files_set_aside_changes_nothing(void **state)
{
	struct aside aside = { 0 };
	char name[SPOOL_NAME_SIZE];

	(void)state;
	for (int i = 0; i <= ASIDE_MAX; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		aside_add(&aside, name, 3, i);
	}
	assert_int_equal(aside.count, ASIDE_MAX);
	assert_false(aside_has(&aside, "f64"));
	aside_remove(&aside, "f0");
	aside_remove(&aside, "f63");
	aside_remove(&aside, "f63");
	assert_int_equal(aside.count, ASIDE_MAX - 2);
	for (int i = 1; i < ASIDE_MAX - 1; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		assert_true(aside_has(&aside, name));
	}
	assert_true(aside_wait_s(&aside, 0) == 1);
}

/*
 * Trials over the files a, b, c …, oldest first, by how the listener answers each: F a failure
 * with a status, N none at all, S success. It ends with the first success.
 */
static const struct {
	const char *when;
	const char *answers;
	const char *want;  /* the files that were tried */
	const char *aside; /* "" for none */
} rounds[] = {
	{ "one that gets through", "S", "a", "" },
	{ "a bad one alone is tried and tried", "F", "aaaaaaaa", "" },
	{ "after three the next one is tried: to blame is the first", "FS", "aaab", "a" },
	{ "two bad ones: the first is to blame", "FFS", "aaabc", "a" },
	{ "all bad: to blame is the endpoint, and it goes on", "FFF", "aaabcaaabcaaab",
		"" },
	{ "no answer blames nobody", "NS", "aaaaaaaa", "" },
	{ "no answer in the round begins anew", "FNS", "aaabaaabaaab", "" },
};

static void a_file_that_fails_while_another_gets_through_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rounds); i++) {
		const char *answers = rounds[i].answers, *when = rounds[i].when;
		struct trials trials = { 0 };
		char tried[32] = "", aside[SPOOL_NAME_SIZE] = "";

		for (size_t n = 0; n < strlen(rounds[i].want); n++) {
			const char *after = trials_after(&trials);
			size_t at = after ? (size_t)(*after - 'a') + 1 : 0;
			char name[2] = { 0 };

			if (at == strlen(answers))
				at = 0; /* none after it: the oldest again */
			name[0] = (char)('a' + at);
			strcat(tried, name);
			if (answers[at] == 'S') {
				bool found = trials_passed(&trials, name, aside);

				check(when, found == (*rounds[i].aside != '\0'));
				check(when, n == strlen(rounds[i].want) - 1);
				check(when, !trials_after(&trials));
				break;
			}
			trials_failed(&trials, name, answers[at] == 'F');
		}
		check_string(when, tried, rounds[i].want);
		check_string(when, aside, rounds[i].aside);
	}
}

static void two_failures_are_not_enough(void **state)
{
	struct trials trials = { 0 };
	char aside[SPOOL_NAME_SIZE];

	(void)state;
	trials_failed(&trials, "a", true);
	trials_failed(&trials, "a", true);
	assert_null(trials_after(&trials));
	assert_false(trials_passed(&trials, "b", aside));
	/* Three of different files are not, either. */
	trials_failed(&trials, "a", true);
	trials_failed(&trials, "b", true);
	trials_failed(&trials, "a", true);
	assert_null(trials_after(&trials));
}

static void the_suspect_itself_getting_through_is_cleared(void **state)
{
	struct trials trials = { 0 };
	char aside[SPOOL_NAME_SIZE];

	(void)state;
	for (int i = 0; i < 3; i++)
		trials_failed(&trials, "a", true);
	assert_string_equal(trials_after(&trials), "a");
	assert_false(trials_passed(&trials, "a", aside));
	assert_null(trials_after(&trials));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(twenty_refusals_in_a_row_hold_a_source),
		cmocka_unit_test(sources_are_counted_each_for_itself),
		cmocka_unit_test(a_success_ends_the_run_and_the_hold),
		cmocka_unit_test(one_of_its_files_is_tried_each_timeout),
		cmocka_unit_test(each_held_source_gets_its_turn),
		cmocka_unit_test(a_restart_does_not_end_a_hold),
		cmocka_unit_test(the_table_has_room_for_those_that_are_refused_now),
		cmocka_unit_test(a_file_set_aside_is_tried_each_timeout),
		cmocka_unit_test(a_full_table_of_files_set_aside_changes_nothing),
		cmocka_unit_test(a_file_that_fails_while_another_gets_through_is_found),
		cmocka_unit_test(two_failures_are_not_enough),
		cmocka_unit_test(the_suspect_itself_getting_through_is_cleared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
