#include "log_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gunzip.h"
#include "log_access.h"
#include "zstd_frame.h"

#define IN_BYTES ((size_t)64 << 10) /* of a compressed file at a time */
#define SKIP_BYTES ((size_t)16 << 10)

struct log_reader {
	int fd;
	uint64_t offset;
	struct gunzip *gunzip; /* one of these, or none: a plain file */
	struct zstd_stream *zstd;
	char *in;
	size_t in_at, in_len;
	uint64_t in_offset; /* of what comes after in, in the file */
	bool is_at_end;
	struct err broken; /* said by each read after it */
};

static int open_error(const char *path, struct err *err)
{
	char advice[LOG_ACCESS_SIZE];
	int saved = errno;

	switch (saved) {
	case ELOOP:
	case ENXIO:
		err_errno(err, ERR_REJECT, "open %s", path);
		break;
	case EACCES:
		log_access_advice(path, advice, sizeof(advice));
		err_set(err, ERR_RETRY, "open %s: %s%s%s", path, strerror(saved),
			*advice ? "; " : "", advice);
		break;
	default:
		err_errno(err, ERR_RETRY, "open %s", path);
	}
	errno = saved;
	return -1;
}

static int check_regular(const char *path, const struct stat *st, struct err *err)
{
	if (S_ISREG(st->st_mode))
		return 0;
	return err_set(err, ERR_REJECT, "%s: %s", path,
		S_ISLNK(st->st_mode) ? "a link; links are not followed: name the file"
				     : "not a regular file");
}

int log_file_open(const char *path, int *ret_fd, struct stat *ret_stat, struct err *err)
{
	struct stat st;
	int fd;

	/* Asked first: opening a FIFO or a device may already do something. */
	if (lstat(path, &st) < 0)
		return open_error(path, err);
	if (check_regular(path, &st, err) < 0)
		return -1;
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return open_error(path, err);
	if (fstat(fd, &st) < 0) {
		err_errno(err, ERR_RETRY, "stat %s", path);
		close(fd);
		return -1;
	}
	if (check_regular(path, &st, err) < 0) {
		close(fd);
		return -1;
	}
	*ret_fd = fd;
	*ret_stat = st;
	return 0;
}

static ssize_t read_at(int fd, void *data, size_t size, uint64_t offset, struct err *err)
{
	ssize_t n;

	do
		n = pread(fd, data, size, (off_t)offset);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		err_errno(err, ERR_RETRY, "read log at byte %" PRIu64, offset);
	return n;
}

enum log_coding log_coding_of(int fd)
{
	unsigned char magic[4] = { 0 };

	if (read_at(fd, magic, sizeof(magic), 0, NULL) < (ssize_t)sizeof(magic))
		return LOG_CODING_PLAIN;
	if (memcmp(magic, "\x1f\x8b\x08", 3) == 0)
		return LOG_CODING_GZIP;
	if (memcmp(magic, "\x28\xb5\x2f\xfd", 4) == 0)
		return LOG_CODING_ZSTD;
	/* RFC 8878, 3.1.2: pzstd(1) begins its files with skippable frames. */
	if ((magic[0] & 0xf0) == 0x50 && memcmp(magic + 1, "\x2a\x4d\x18", 3) == 0)
		return LOG_CODING_ZSTD;
	return LOG_CODING_PLAIN;
}

static int skip_to(struct log_reader *reader, uint64_t offset, struct err *err)
{
	char skipped[SKIP_BYTES];

	while (reader->offset < offset) {
		uint64_t left = offset - reader->offset;
		ssize_t n = log_reader_read(reader, skipped,
			left < sizeof(skipped) ? (size_t)left : sizeof(skipped), err);

		if (n < 0)
			return -1;
		if (n == 0)
			return err_set(err, ERR_REJECT,
				"compressed log ends at byte %" PRIu64
				", before byte %" PRIu64,
				reader->offset, offset);
	}
	return 0;
}

int log_reader_open(int fd, enum log_coding coding, uint64_t offset,
	struct log_reader **ret_reader, struct err *err)
{
	struct log_reader *reader = calloc(1, sizeof(*reader));

	if (!reader) {
		close(fd);
		return err_set(err, ERR_RETRY, "read log: out of memory");
	}
	reader->fd = fd;
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	if (offset > INT64_MAX) {
		err_set(err, ERR_REJECT, "read log: no file has a byte %" PRIu64, offset);
		goto fail;
	}
	if (coding == LOG_CODING_PLAIN) {
		reader->offset = offset;
		*ret_reader = reader;
		return 0;
	}
	reader->in = malloc(IN_BYTES);
	if (coding == LOG_CODING_GZIP)
		reader->gunzip = gunzip_new();
	else
		reader->zstd = zstd_stream_new();
	if (!reader->in || (!reader->gunzip && !reader->zstd)) {
		err_set(err, ERR_RETRY, "read log: out of memory");
		goto fail;
	}
	if (skip_to(reader, offset, err) < 0)
		goto fail;
	*ret_reader = reader;
	return 0;
fail:
	log_reader_close(reader);
	return -1;
}

void log_reader_close(struct log_reader *reader)
{
	if (!reader)
		return;
	gunzip_free(reader->gunzip);
	zstd_stream_free(reader->zstd);
	free(reader->in);
	close(reader->fd);
	free(reader);
}

/* What can be had of the bytes in memory; a failure is kept for when all before it is given out. */
static size_t decode(struct log_reader *reader, char *data, size_t size)
{
	const char *in = reader->in + reader->in_at,
		   *in_end = reader->in + reader->in_len;
	char *out = data;

	if (reader->gunzip)
		gunzip_step(
			reader->gunzip, &in, in_end, &out, data + size, &reader->broken);
	else
		zstd_stream_step(
			reader->zstd, &in, in_end, &out, data + size, &reader->broken);
	reader->in_at = (size_t)(in - reader->in);
	return (size_t)(out - data);
}

/* 1, 0 at the end of the file, or -1. */
static int refill(struct log_reader *reader, struct err *err)
{
	ssize_t n = read_at(reader->fd, reader->in, IN_BYTES, reader->in_offset, err);

	if (n < 0)
		return -1;
	reader->is_at_end = n == 0;
	reader->in_at = 0;
	reader->in_len = (size_t)n;
	reader->in_offset += (size_t)n;
	return n > 0;
}

static ssize_t read_compressed(
	struct log_reader *reader, char *data, size_t size, struct err *err)
{
	while (reader->broken.kind == ERR_OK) {
		size_t n = decode(reader, data, size);
		int more;

		if (n > 0) {
			reader->offset += n;
			return (ssize_t)n;
		}
		if (reader->broken.kind != ERR_OK)
			break;
		more = refill(reader, err);
		if (more <= 0)
			return more;
	}
	return err_set(err, reader->broken.kind, "%s, after byte %" PRIu64 " of the log",
		reader->broken.msg, reader->offset);
}

ssize_t log_reader_read(
	struct log_reader *reader, void *data, size_t size, struct err *err)
{
	ssize_t n;

	if (size == 0)
		return 0;
	if (reader->in)
		return read_compressed(reader, data, size, err);
	n = read_at(reader->fd, data, size, reader->offset, err);
	if (n > 0)
		reader->offset += (size_t)n;
	return n;
}

bool log_reader_is_whole(const struct log_reader *reader)
{
	if (!reader->in)
		return true;
	if (!reader->is_at_end || reader->broken.kind != ERR_OK)
		return false;
	return reader->gunzip ? gunzip_is_whole(reader->gunzip)
			      : zstd_stream_is_whole(reader->zstd);
}

int log_reader_fd(const struct log_reader *reader)
{
	return reader->fd;
}

uint64_t log_reader_offset(const struct log_reader *reader)
{
	return reader->offset;
}
