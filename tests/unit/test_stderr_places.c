#include "unit.h"

#include "logtail/stderr_places.h"

static unsigned take(struct places *places, int64_t key)
{
	unsigned place = places_find(places, key);

	if (place == STDERR_OPEN_MAX) {
		place = places_oldest(places);
		places_give(places, place, key);
	}
	places_use(places, place);
	return place;
}

static void the_place_not_used_for_longest_is_given_anew(void **state)
{
	struct places places;

	(void)state;
	places_init(&places);
	assert_int_equal(places_find(&places, 0), STDERR_OPEN_MAX);
	for (int64_t key = 0; key < STDERR_OPEN_MAX; key++)
		assert_int_equal(take(&places, key), key);
	assert_int_equal(take(&places, 0), 0);
	assert_int_equal(take(&places, 1000), 1);
	assert_int_equal(places_find(&places, 1), STDERR_OPEN_MAX);
	assert_int_equal(places_find(&places, 1000), 1);
	assert_int_equal(places_find(&places, 0), 0);
	assert_int_equal(places_oldest(&places), 2);
}

/* Against a list that is searched from its newest end. */
static void any_keys_are_found_while_they_are_among_the_latest(void **state)
{
	static int64_t latest[100000];
	struct places places;
	size_t count = 0;

	(void)state;
	places_init(&places);
	srand(1);
	for (int i = 0; i < 100000; i++) {
		int64_t key = rand() % 60 * (i % 3 ? 64 : INT64_C(0x100000001));
		size_t at = count, others = 0;

		while (at > 0 && latest[at - 1] != key) {
			bool again = false;

			at--;
			for (size_t j = at + 1; j < count; j++)
				again |= latest[j] == latest[at];
			others += !again;
			if (others >= STDERR_OPEN_MAX)
				break;
		}
		assert_true((places_find(&places, key) < STDERR_OPEN_MAX) ==
			    (at > 0 && others < STDERR_OPEN_MAX));
		take(&places, key);
		assert_true(places.keys[places_find(&places, key)] == key);
		latest[count++] = key;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_place_not_used_for_longest_is_given_anew),
		cmocka_unit_test(any_keys_are_found_while_they_are_among_the_latest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
