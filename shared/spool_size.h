/*
 * How large the spool is and whether a writer may add to it.
 *
 * Sizes are bytes of disk blocks: 10 MB of content in a million files takes 4 GB.
 */
#ifndef SHARED_SPOOL_SIZE_H
#define SHARED_SPOOL_SIZE_H

#include <stdint.h>

#include "err.h"
#include "spool.h"

/* pg-collect may use the spool's first bytes even when the file system is nearly full, so that
 * a filling disk is seen. */
#define SPOOL_RESERVE_BYTES ((uint64_t)4 << 20)

struct spool_size {
	uint64_t new_files, new_bytes;
	uint64_t held_bytes; /* part of new_bytes: of sources that is_held names */
	uint64_t rejected_files, rejected_bytes;
	uint64_t tmp_bytes;
	uint64_t foreign_files;       /* not named as payloads: not counted, left alone */
	char oldest[SPOOL_NAME_SIZE]; /* in new/, "" when it is empty */
	char foreign[SPOOL_NAME_SIZE]; /* the first such name, cut, ASCII, or "" */
};

uint64_t spool_size_total(const struct spool_size *size);

/* Counts one of the spool's directories: *ret_files and *ret_bytes grow. */
struct spool_census {
	DIR *dir;
	int fd;
	int stage; /* 0 new/, 1 rejected/, 2 tmp/, 3 done */
	struct spool_size size;
	/* May be set after spool_census_begin(): sources whose files wait apart. */
	bool (*is_held)(void *context, const char *source);
	void *context;
};

/*
 * A count in slices, so that a million files do not stop everything else:
 *	spool_census_begin(&census);
 *	while (spool_census_step(&census, spool, 2000) == 0) ...
 *	census.size
 * step returns 1 when done, 0 when there is more, -1 with *err.
 */
void spool_census_begin(struct spool_census *census);
int spool_census_step(struct spool_census *census, const struct spool *spool,
	unsigned max_files, struct err *err);
void spool_census_end(struct spool_census *census);

/* The whole count at once. */
int spool_measure(
	const struct spool *spool, struct spool_size *ret_size, struct err *err);

struct spool_limits {
	uint64_t cap_bytes;      /* buffer.max_size_mb; writers stop at twice of it */
	uint64_t min_free_bytes; /* of the file system, left to others */
	uint64_t reserve_bytes;  /* the spool may grow to this whatever is free */
};

/*
 * May a writer add bytes now, the spool standing at size_bytes? ERR_RETRY, with what is full and
 * what to do, when not.
 */
int spool_check_room(const struct spool *spool, const struct spool_limits *limits,
	uint64_t size_bytes, uint64_t add_bytes, struct err *err);

#endif
