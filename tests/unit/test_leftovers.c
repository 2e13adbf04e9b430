/* links: forwarder/leftovers.o */
#include "unit.h"

#include "forwarder/leftovers.h"

static const char *name_of(unsigned n)
{
	static char name[SPOOL_NAME_SIZE];

	snprintf(name, sizeof(name), "%05u", n);
	return name;
}

static void what_is_added_is_known_until_it_is_removed(void **state)
{
	struct leftovers leftovers = { 0 };

	(void)state;
	assert_false(leftovers_has(&leftovers, "b"));
	assert_true(leftovers_add(&leftovers, "b", LEFTOVER_DELIVERED));
	assert_true(leftovers_add(&leftovers, "c", LEFTOVER_FOREIGN));
	assert_true(leftovers_add(&leftovers, "a", LEFTOVER_REFUSED));
	assert_true(leftovers_add(&leftovers, "b", LEFTOVER_REFUSED));
	assert_int_equal(leftovers.count, 3);
	assert_int_equal(leftovers.list[0].kind, LEFTOVER_REFUSED);
	assert_int_equal(leftovers.list[1].kind, LEFTOVER_DELIVERED);
	assert_int_equal(leftovers.list[2].kind, LEFTOVER_FOREIGN);
	leftovers_remove(&leftovers, 1);
	assert_true(leftovers_has(&leftovers, "a") && leftovers_has(&leftovers, "c"));
	assert_false(leftovers_has(&leftovers, "b") || leftovers_has(&leftovers, ""));
	leftovers_remove(&leftovers, 1);
	leftovers_remove(&leftovers, 0);
	assert_int_equal(leftovers.count, 0);
	assert_false(leftovers_has(&leftovers, "a"));
	leftovers_release(&leftovers);
	leftovers_release(&leftovers);
}

static void beyond_its_bound_nothing_is_remembered(void **state)
{
	struct leftovers leftovers = { 0 };

	(void)state;
	for (unsigned i = 0; i < LEFTOVERS_MAX; i++)
		assert_true(leftovers_add(&leftovers, name_of(i * 2039 % LEFTOVERS_MAX),
			LEFTOVER_DELIVERED));
	assert_int_equal(leftovers.count, LEFTOVERS_MAX);
	assert_false(leftovers_add(&leftovers, "new", LEFTOVER_DELIVERED));
	assert_true(leftovers_add(&leftovers, name_of(7), LEFTOVER_DELIVERED));
	for (unsigned i = 0; i < LEFTOVERS_MAX; i++)
		assert_string_equal(leftovers.list[i].name, name_of(i));
	leftovers_release(&leftovers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_added_is_known_until_it_is_removed),
		cmocka_unit_test(beyond_its_bound_nothing_is_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
