/*
 * A log file's bytes from some offset on, whether it is plain or compressed.
 *
 * Offsets count the log's own bytes, uncompressed. A compressed file is read from its start up to
 * the offset. gzip files may have several members. Decompression takes bounded memory whatever the
 * file claims (zstd: windows up to 8 MiB, as zstd's own levels up to 19 use).
 *
 * Ownership: log_reader_open() takes the descriptor over, also when it fails.
 */
#ifndef LOGTAIL_LOG_READER_H
#define LOGTAIL_LOG_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "err.h"

enum log_coding { LOG_CODING_PLAIN, LOG_CODING_GZIP, LOG_CODING_ZSTD };

struct log_reader;

/*
 * Opens a regular file for reading: never through a link in its last component, never a FIFO or a
 * device, never blocking. ERR_RETRY with errno ENOENT when it is gone, ERR_REJECT when it is no
 * regular file or a link, ERR_RETRY otherwise (permissions can be mended; the message says how).
 * *ret_stat is the open file's.
 */
int log_file_open(const char *path, int *ret_fd, struct stat *ret_stat, struct err *err);

/* By magic bytes, not by name. A file too short to tell is plain. */
enum log_coding log_coding_of(int fd);

/* Ready to read at offset. ERR_REJECT when a compressed file ends before it or is broken before it. */
int log_reader_open(int fd, enum log_coding coding, uint64_t offset,
	struct log_reader **ret_reader, struct err *err);
void log_reader_close(struct log_reader *reader);

/*
 * Up to size bytes into data; 0: the end, for now (a plain file may grow; of a compressed one
 * log_reader_is_whole() tells whether it ended as it should; one in the making may grow, too).
 * -1: ERR_RETRY for an I/O error, ERR_REJECT for broken compressed data or a zstd window that is
 * too large; all that comes before was then given out.
 */
ssize_t log_reader_read(
	struct log_reader *reader, void *data, size_t size, struct err *err);

/* Did a compressed file reach its proper end? False for a compressor's file in the making, and
 * before log_reader_read() returned 0. A plain file is always whole. */
bool log_reader_is_whole(const struct log_reader *reader);

int log_reader_fd(const struct log_reader *reader);
uint64_t log_reader_offset(const struct log_reader *reader); /* of the next byte */

#endif
