/*
 * Which generation does a file hold that is not where one was seen last? By its content alone.
 */
#ifndef LOGTAIL_MATCH_H
#define LOGTAIL_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fingerprint.h"
#include "follow.h"
#include "generation.h"
#include "log_paths.h"

/* A file whose place is not known: what is in it. */
struct found {
	const struct log_path *path;
	enum log_coding coding;
	struct head head;
	int fd;
	/* Of the head's beginnings, made when asked for: many generations have short heads. */
	uint64_t hashes[FINGERPRINT_BYTES + 1];
	bool hashed[FINGERPRINT_BYTES + 1];
};

/* Do the bytes before the generation's offset stand in fd? True, too, where they are not known. */
bool match_tail(const struct generation *generation, enum log_coding coding, int fd);

/* The generation that found holds (*ret_adopt), or is a copy of. *ret_wait: it can't be told yet. */
struct generation *match_generation(const struct follow *follow, struct found *found,
	bool *ret_adopt, bool *ret_wait);

/* May it become a copy of a file that is being read? */
bool match_may_become_copy(const struct follow *follow, const struct head *head);

#endif
