/*
 * A generation of a log: its bytes from the first to the last, wherever they are kept.
 *
 * Rotation renames, copies, compresses, truncates and deletes files, and inodes are used again. So a
 * generation is known by its content: a hash of its head, and of the bytes before the place it was
 * read to. Path, device and inode only say where it was seen last.
 *
 * Ownership: generation_new() allocates; generation_free() accepts NULL and closes what is open.
 * Units: offsets in the log's own bytes, uncompressed; sizes on disk.
 */
#ifndef LOGTAIL_GENERATION_H
#define LOGTAIL_GENERATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "buf.h"
#include "config.h"
#include "fingerprint.h"
#include "json_read.h"
#include "json_write.h"
#include "log_reader.h"
#include "siblings.h"

struct reading;

struct generation {
	uint64_t serial; /* of this process, never used again */
	char *path;
	char *stem; /* of the path: siblings.h */
	dev_t dev;
	ino_t ino;
	enum log_coding coding;
	enum log_format format; /* by name */
	uint64_t disk_bytes;    /* when last looked at */
	struct timespec mtime;

	size_t head_len;
	uint64_t head_hash;
	int64_t first_us; /* the time its first line tells, 0: none */

	uint64_t
		offset; /* read and handed on, or saved as open; where reading begins again */
	size_t tail_len; /* bytes before offset that tail_hash is of; 0: not known */
	uint64_t tail_hash;

	bool seen;        /* at the last look */
	bool named;       /* see log_paths.h */
	bool current;     /* current_logfiles names it */
	unsigned written; /* log_paths.h */
	bool complete;    /* read to its end, and nothing comes any more */
	bool ended; /* its file is gone, truncated or used otherwise; nothing more can be read */
	bool from_state;       /* of an earlier run */
	bool met;              /* seen in this run */
	bool in_doubt;         /* the newest when a run ended, missing since */
	bool replaced;         /* its inode was seen, holding something else */
	double unseen_since_s; /* monotonic, 0: it was seen */
	double rejected_s; /* since when its file holds something else; 0: it does not */
	double retry_at_s; /* after it could not be opened or read */
	bool told;         /* and that was said */
	double wait_until_s; /* not read before, so that better siblings can appear */
	struct sibling_role role;

	struct reading *reading; /* NULL: not open */
	char *open_entries; /* as the state has them, for the next reading; NULL: none */
	size_t open_entries_len;
};

/* NULL: no memory. The path is copied. */
struct generation *generation_new(const char *path);
void generation_free(struct generation *generation);

/* False: no memory; nothing has changed. */
bool generation_set_path(struct generation *generation, const char *path);

/* Are they generations of one log in one format, by their names? */
bool generation_is_kin(const struct generation *one, const struct generation *other);

/* The head, or more of it. */
void generation_set_head(struct generation *generation, const struct head *head);

/* Could this be its head? Both must have some bytes. */
bool generation_has_head(const struct generation *generation, const struct head *head);

/* The hash of the min(offset, FINGERPRINT_BYTES) bytes before offset. False: not known. */
bool generation_tail(const struct generation *generation, uint64_t *ret_hash);

/* Its place in time, microseconds: of its first entry, else when it was last written to. */
int64_t generation_age_us(const struct generation *generation);

/* Bytes known to be there that were not read: of a plain file. */
uint64_t generation_unread(const struct generation *generation);

/* As an object of the state, and back (NULL: not understood, or no memory). open_entries are the
 * caller's, from log_parser_save(). */
void generation_write(const struct generation *generation, const struct buf *open_entries,
	struct json *json);
struct generation *generation_read(const struct json_node *node);

#endif
