/*
 * How large the spool is, without counting it in every run: as pg-forward last said, else
 * as counted here, at most once a minute; plus what this program wrote since.
 */
#ifndef SHARED_ROOM_H
#define SHARED_ROOM_H

#include <stdint.h>

#include "config.h"
#include "err.h"
#include "json_read.h"
#include "spool.h"
#include "spool_size.h"

#define ROOM_FORWARD_MAX_AGE_S 15
#define ROOM_COUNT_MAX_AGE_S 60

struct known_size {
	uint64_t bytes; /* of disk blocks, with what was written since */
	/* Of them: rejected files, and held ones as far as known. Nobody waits for these to go. */
	uint64_t apart_bytes;
	double wall_at_s; /* when it was measured, 0 for never */
	uint64_t new_files;
	char oldest[SPOOL_NAME_SIZE]; /* of new/, "" when it is empty */
};

/* How far a writer may fill spool and file system. The reserve is pg-collect's alone: others clear it. */
struct spool_limits room_limits(const struct config *config);

enum room_choice { ROOM_KEEP, ROOM_TAKE_FORWARD, ROOM_COUNT };

/* Which number is to be believed: ours, pg-forward's (0: it says none), or a new
 * count. */
enum room_choice room_choose(double own_at_s, double forward_at_s, double wall_now_s);

/* Brings *known up to date. */
int room_update(const struct spool *spool, struct known_size *known, struct err *err);

/* The same for who has read pg-forward's state already; forward may be NULL. */
int room_update_from(const struct spool *spool, const struct json_node *forward,
	struct known_size *known, struct err *err);

#endif
