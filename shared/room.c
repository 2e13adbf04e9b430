#include "room.h"

#include <stdio.h>

#include "clock.h"
#include "spool_size.h"
#include "state.h"

/* A time in the future tells of a clock that was set back, not of a fresh number. */
static int is_fresh(double at_s, double now_s, double max_age_s)
{
	return at_s > 0 && at_s <= now_s + 1 && now_s - at_s <= max_age_s;
}

struct spool_limits room_limits(const struct config *config)
{
	return (struct spool_limits){
		.cap_bytes = (uint64_t)config->buffer_max_size_mb << 20,
		.min_free_bytes = (uint64_t)config->buffer_min_free_mb << 20,
		.reserve_bytes = SPOOL_RESERVE_BYTES,
	};
}

enum room_choice room_choose(double own_at_s, double forward_at_s, double wall_now_s)
{
	if (is_fresh(forward_at_s, wall_now_s, ROOM_FORWARD_MAX_AGE_S)) {
		/* The same number as last time already has our own writes on top. */
		if (is_fresh(own_at_s, wall_now_s, ROOM_FORWARD_MAX_AGE_S) &&
			own_at_s >= forward_at_s)
			return ROOM_KEEP;
		return ROOM_TAKE_FORWARD;
	}
	return is_fresh(own_at_s, wall_now_s, ROOM_COUNT_MAX_AGE_S) ? ROOM_KEEP
								    : ROOM_COUNT;
}

static void take_forwards(
	const struct json_node *size, double at_s, struct known_size *ret)
{
	const char *oldest = json_get_string(size, "oldest", "");

	*ret = (struct known_size){ .bytes = json_get_count(size, "bytes"),
		.apart_bytes = json_get_count(size, "held_bytes") +
			       json_get_count(size, "rejected_bytes"),
		.wall_at_s = at_s,
		.new_files = json_get_count(size, "new_files") };
	if (spool_name_is_valid(oldest))
		snprintf(ret->oldest, sizeof(ret->oldest), "%s", oldest);
}

static int count(
	const struct spool *spool, double now_s, struct known_size *ret, struct err *err)
{
	struct spool_size counted;

	if (spool_measure(spool, &counted, err) < 0)
		return -1;
	*ret = (struct known_size){ .bytes = spool_size_total(&counted),
		.apart_bytes = counted.rejected_bytes,
		.wall_at_s = now_s,
		.new_files = counted.new_files };
	snprintf(ret->oldest, sizeof(ret->oldest), "%s", counted.oldest);
	return 0;
}

int room_update_from(const struct spool *spool, const struct json_node *forward,
	struct known_size *known, struct err *err)
{
	const struct json_node *size = json_get(forward, "spool");
	double at_s = size ? json_get_number(forward, "updated_at", 0) : 0;
	double now_s = (double)clock_wall_us() / 1e6;

	switch (room_choose(known->wall_at_s, at_s, now_s)) {
	case ROOM_KEEP:
		break;
	case ROOM_TAKE_FORWARD:
		take_forwards(size, at_s, known);
		break;
	case ROOM_COUNT:
		return count(spool, now_s, known, err);
	}
	return 0;
}

int room_update(const struct spool *spool, struct known_size *known, struct err *err)
{
	struct state_file forward = { 0 };
	struct err ignored;
	int rc;

	/* Unreadable or of another version: then we count ourselves. */
	if (state_load(spool, "pg-forward", false, &forward, &ignored) < 0)
		forward.root = NULL;
	rc = room_update_from(spool, forward.root, known, err);
	json_read_release(forward.root);
	return rc;
}
