/*
 * One look at the files that are there: which generation each of them holds.
 *
 * First pass: files with the inode a generation was seen in last, if they hold it still. Second pass:
 * the others, by their content: a generation that lost its file, a copy of one, or a new one.
 */
#ifndef LOGTAIL_LOOK_H
#define LOGTAIL_LOOK_H

#include "follow.h"

struct look {
	struct follow *follow;
	struct generation **by_inode; /* sorted by device and inode */
	size_t by_inode_count;
	enum follow_start start;
	double now_s;
};

/* Both passes: afterwards each generation is `seen` or not. ERR_RETRY: memory is short. */
int look_at(struct follow *follow, const struct log_paths *paths, enum follow_start start,
	double now_s, struct err *err);

#endif
