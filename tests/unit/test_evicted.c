/* links: forwarder/evicted.o */
#include "unit.h"

#include "forwarder/evicted.h"

#define TEN 10 /* files of a slice */

static struct evicted slice_of(unsigned n)
{
	struct evicted slice = { .files = TEN, .bytes = TEN * 4096 };

	spool_name_format(
		slice.first, (int64_t)1769774400 * 1000000 + n * TEN, "pg_log", 7, 0);
	spool_name_format(slice.last, (int64_t)1769774400 * 1000000 + n * TEN + TEN - 1,
		"pg_log", 7, 0);
	return slice;
}

static void counts_add_up(void **state)
{
	struct evicted sum = { 0 };
	const struct evicted none = { 0 };
	const struct evicted one = { .files = 2, .bytes = 10, .first = "a", .last = "b" };
	const struct evicted two = { .files = 3, .bytes = 20, .first = "c", .last = "d" };

	(void)state;
	evicted_add(&sum, &none);
	assert_string_equal(sum.first, "");
	evicted_add(&sum, &one);
	evicted_add(&sum, &two);
	evicted_add(&sum, &none);
	assert_int_equal(sum.files, 5);
	assert_int_equal(sum.bytes, 30);
	assert_string_equal(sum.first, "a");
	assert_string_equal(sum.last, "d");
}

/* Evictions of so many slices each, one after the other; what the parts are after that. */
static const struct {
	const char *when;
	unsigned evictions, slices;
	unsigned parts, first_part_slices, begins; /* begins: known beginnings */
} cases[] = {
	{ "none", 0, 0, 0, 0, 0 },
	{ "one slice", 1, 1, 1, 1, 1 },
	{ "as many as there is room for", 1, 64, 64, 1, 1 },
	{ "the oldest two grow together", 1, 65, 64, 2, 1 },
	{ "a long one keeps its newest slices", 1, 4000, 64, 3937, 1 },
	{ "slices grow together before evictions do", 30, 3, 64, 3, 30 },
	{ "evictions do where there are no slices", 70, 1, 64, 7, 64 },
	{ "half of the parts are left to slices", 100, 100, 64, 6900, 32 },
};

static void parts_are_bounded_and_nothing_is_lost_of_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct evicted_parts parts = { 0 };
		unsigned begins = 0, n = 0;

		for (unsigned e = 0; e < cases[i].evictions; e++) {
			for (unsigned s = 0; s < cases[i].slices; s++) {
				struct evicted slice = slice_of(n++);

				evicted_parts_add(&parts, &slice, s == 0);
			}
		}
		check(cases[i].when, parts.count == cases[i].parts);
		n = 0;
		for (size_t k = 0; k < parts.count; k++) {
			const struct evicted *is = &parts.list[k].what;
			unsigned slices = (unsigned)(is->files / TEN);
			struct evicted first = slice_of(n);
			struct evicted last = slice_of(n + slices - 1);

			check(cases[i].when, is->bytes == is->files * 4096);
			check_string(cases[i].when, is->first, first.first);
			check_string(cases[i].when, is->last, last.last);
			n += slices;
			begins += parts.list[k].begins;
		}
		check(cases[i].when, n == cases[i].evictions * cases[i].slices);
		if (parts.count > 0)
			check(cases[i].when, parts.list[0].what.files / TEN ==
						     cases[i].first_part_slices);
		check(cases[i].when, begins == cases[i].begins);
	}
}

static void a_slice_of_nothing_is_no_part(void **state)
{
	struct evicted_parts parts = { 0 };
	struct evicted none = { 0 };

	(void)state;
	evicted_parts_add(&parts, &none, true);
	assert_int_equal(parts.count, 0);
	evicted_parts_correct(&parts, &none);
	assert_int_equal(parts.count, 0);
}

static void the_newest_part_can_be_corrected(void **state)
{
	struct evicted_parts parts = { 0 };
	struct evicted one = slice_of(1), two = slice_of(2), none = { 0 };
	struct evicted less = slice_of(3);

	(void)state;
	less.files = 4;
	evicted_parts_add(&parts, &one, true);
	evicted_parts_add(&parts, &two, false);
	evicted_parts_correct(&parts, &less);
	assert_int_equal(parts.count, 2);
	assert_memory_equal(&parts.list[0].what, &one, sizeof(one));
	assert_memory_equal(&parts.list[1].what, &less, sizeof(less));
	evicted_parts_correct(&parts, &none);
	assert_int_equal(parts.count, 1);
	assert_memory_equal(&parts.list[0].what, &one, sizeof(one));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_add_up),
		cmocka_unit_test(parts_are_bounded_and_nothing_is_lost_of_them),
		cmocka_unit_test(a_slice_of_nothing_is_no_part),
		cmocka_unit_test(the_newest_part_can_be_corrected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
