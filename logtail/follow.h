/*
 * Which generations of the logs there are, and where: what a look at the files means.
 *
 * A look matches every file that collection.log_path names with the generations known, by content
 * (generation.h): the same file that grew; a renamed one; the copy that logrotate's copytruncate
 * makes, which is not read unless its original is truncated; a compressed one; a new generation in an
 * old name or inode. What is gone with bytes that were not read is told as a gap.
 *
 * Ownership: the struct owns the generations; a generation stays where it is in memory until a look
 * drops it.
 */
#ifndef LOGTAIL_FOLLOW_H
#define LOGTAIL_FOLLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "err.h"
#include "generation.h"
#include "log_paths.h"
#include "log_time.h"

/* A file that holds what a generation known from elsewhere holds. */
struct copy {
	dev_t dev;
	ino_t ino;
	uint64_t
		disk_bytes; /* when it was looked into: as it is now, or it is looked into again */
	struct timespec mtime;
	struct generation *of;
	bool seen;
};

enum follow_start {
	FOLLOW_FROM_SAVED, /* files not known yet: from their start */
	FOLLOW_FROM_END,   /* at the very first look: what is there is not read */
};

/* Bytes are gone; batch.h's struct gap. */
typedef void follow_gap(void *context, const struct generation *generation,
	bool bytes_known, uint64_t bytes, const char *what);

struct follow {
	struct generation **list; /* in the order in which they are to be read */
	size_t count, size;
	struct copy *copies;
	size_t copies_count, copies_size;
	struct buf complaints; /* files that could not be opened, one a line */
	bool pending; /* it can't be told yet what some files are: look again soon */
	bool empty;   /* there are empty files: look again when something is written */
	struct log_clock *clock; /* borrowed */
	enum log_format forced;
	double grace_s; /* how long a new file waits for better siblings to appear */
	follow_gap *gap;
	void *context;
};

void follow_release(struct follow *follow);

/* Adds a generation from the state; takes it over also when it fails for want of memory. */
int follow_add(struct follow *follow, struct generation *generation, struct err *err);

/*
 * Brings the list up to date with the files that paths lists. ERR_RETRY when memory is short; the
 * list is then still right, as far as it goes.
 */
int follow_look(struct follow *follow, const struct log_paths *paths,
	enum follow_start start, double now_s, struct err *err);

/* Takes a generation off the list, closes and frees it. */
void follow_remove(struct follow *follow, struct generation *generation);

/* Forgets the ended generations that nothing is left of. */
void follow_forget(struct follow *follow, double now_s);

/* For look.c. Does nothing where memory is short: then the file is looked into again. */
void follow_add_copy(struct follow *follow, struct copy copy);

#endif
