/*
 * A log's identity by what it holds: hashes of its head and of the bytes before an offset.
 *
 * The same for a plain file and for its compressed form. Collisions are accidents only: 64 bits.
 */
#ifndef LOGTAIL_FINGERPRINT_H
#define LOGTAIL_FINGERPRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "log_reader.h"

#define FINGERPRINT_BYTES 1024

/* FNV-1a of 64 bits. */
uint64_t fingerprint_hash(const void *data, size_t len);

struct head {
	size_t len; /* up to FINGERPRINT_BYTES: as much as the file had */
	uint64_t hash;
	char bytes[FINGERPRINT_BYTES];
};

/* The first bytes of an open file (log's own bytes: decompressed). The descriptor's position is not
 * used. ERR_RETRY for I/O, ERR_REJECT for broken compressed data. */
int fingerprint_head(int fd, enum log_coding coding, struct head *ret, struct err *err);

/*
 * The hash of the min(offset, FINGERPRINT_BYTES) bytes before offset. ERR_REJECT when the file has
 * fewer. A compressed file is read up to there.
 */
int fingerprint_tail(int fd, enum log_coding coding, uint64_t offset, uint64_t *ret_hash,
	struct err *err);

#endif
