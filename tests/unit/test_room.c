#include "unit.h"

#include "clock.h"
#include "room.h"
#include "scratch.h"
#include "state.h"

#define NOW 1000000.0

static const struct {
	const char *when;
	double own_age_s, forward_age_s; /* negative: in the future; NEVER */
	enum room_choice want;
} cases[] = {
#define NEVER 1e9
	{ "nothing is known", NEVER, NEVER, ROOM_COUNT },
	{ "pg-forward said it just now", NEVER, 0, ROOM_TAKE_FORWARD },
	{ "15 s ago", NEVER, 15, ROOM_TAKE_FORWARD },
	{ "longer ago: it is not running", NEVER, 15.1, ROOM_COUNT },
	{ "counted just now", 0, NEVER, ROOM_KEEP },
	{ "counted a minute ago", 60, NEVER, ROOM_KEEP },
	{ "longer ago", 60.1, NEVER, ROOM_COUNT },
	{ "its number is newer than ours", 10, 5, ROOM_TAKE_FORWARD },
	{ "the same number as last time: ours has our writes on top", 5, 5, ROOM_KEEP },
	{ "ours is newer", 3, 5, ROOM_KEEP },
	{ "ours of half a minute ago, its one stale", 30, 20, ROOM_KEEP },
	{ "ours stale, its one, too", 61, 16, ROOM_COUNT },
	{ "its one from the future: the clock was set back", NEVER, -5, ROOM_COUNT },
	{ "ours from the future", -5, NEVER, ROOM_COUNT },
	{ "ours from the future, its one fresh", -5, 3, ROOM_TAKE_FORWARD },
	{ "a little ahead is rounding", NEVER, -0.5, ROOM_TAKE_FORWARD },
};

static double at(double age_s)
{
	return age_s == NEVER ? 0 : NOW - age_s;
}

static void the_freshest_number_is_believed(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check(cases[i].when,
			room_choose(at(cases[i].own_age_s), at(cases[i].forward_age_s),
				NOW) == cases[i].want);
}

static char dir[SCRATCH_SIZE];
static struct spool *spool;

static int make_spool(void **state)
{
	(void)state;
	scratch_make(dir);
	return spool_open(dir, true, &spool, NULL);
}

static int remove_spool(void **state)
{
	(void)state;
	spool_close(spool);
	scratch_remove(dir);
	return 0;
}

#define OLDEST "20260130T000000.000000Z-pg_log-1-000000.json.zst"
#define OURS "20260131T000000.000000Z-pg_log-1-000000.json.zst"

static void save_forward(double age_s, int bytes)
{
	struct buf json;

	buf_init(&json, 1000);
	buf_addf(&json,
		"{\"version\":1,\"updated_at\":%f,\"spool\":{\"bytes\":%d,"
		"\"held_bytes\":3,\"rejected_bytes\":4,\"new_files\":5,"
		"\"oldest\":\"" OLDEST "\"}}\n",
		(double)clock_wall_us() / 1e6 - age_s, bytes);
	assert_int_equal(state_save(spool, "pg-forward", &json, false, NULL), 0);
	buf_release(&json);
}

static void pg_forwards_number_is_taken_else_it_is_counted(void **state)
{
	struct known_size known = { 0 };
	struct err err;
	char path[SCRATCH_SIZE + 10];

	(void)state;
	snprintf(path, sizeof(path), "%s/new", dir);
	scratch_file(path, OURS, "x", 1);
	save_forward(3, 12345);
	assert_int_equal(room_update(spool, &known, &err), 0);
	assert_int_equal(known.bytes, 12345);
	assert_int_equal(known.apart_bytes, 7);
	assert_int_equal(known.new_files, 5);
	assert_string_equal(known.oldest, OLDEST);
	known.bytes += 100; /* written by us */
	assert_int_equal(room_update(spool, &known, &err), 0);
	assert_int_equal(known.bytes, 12445);
	save_forward(0, 777);
	assert_int_equal(room_update(spool, &known, &err), 0);
	assert_int_equal(known.bytes, 777);
	save_forward(100, 5);
	known = (struct known_size){ 0 };
	assert_int_equal(room_update(spool, &known, &err), 0);
	assert_in_range(known.bytes, 512, 65536);
	assert_int_equal(known.new_files, 1);
	assert_string_equal(known.oldest, OURS);
	known.bytes = 99;
	assert_int_equal(room_update(spool, &known, &err), 0);
	assert_int_equal(known.bytes, 99); /* not counted again so soon */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_freshest_number_is_believed),
		cmocka_unit_test_setup_teardown(
			pg_forwards_number_is_taken_else_it_is_counted, make_spool,
			remove_spool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
