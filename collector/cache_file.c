#include "cache_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "zstd_frame.h"

#define NAME_SIZE 64

int cache_file_load(const struct spool *spool, const char *name, size_t max_bytes,
	struct buf *text, struct err *err)
{
	struct zstd_codec *codec = zstd_codec_new();
	char file[NAME_SIZE];
	struct buf frame;
	struct err unusable;
	int rc = 0;

	if (!codec)
		return err_set(err, ERR_RETRY, "state: out of memory");
	snprintf(file, sizeof(file), "pg-collect.%s.zst", name);
	buf_init(&frame, max_bytes);
	buf_clear(text);
	if (spool_read_file(spool->state_fd, file, max_bytes, &frame, &unusable) < 0 ||
		zstd_frame_decompress(
			codec, frame.data, frame.len, max_bytes, text, &unusable) < 0)
		buf_clear(text);
	buf_release(&frame);
	zstd_codec_free(codec);
	return rc;
}

static int write_file(int dir_fd, const char *name, const struct buf *frame)
{
	int fd = openat(dir_fd, name,
		O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);

	if (fd < 0)
		return -1;
	if (buf_write(frame, fd) < 0) {
		close(fd);
		return -1;
	}
	return close(fd);
}

int cache_file_save(const struct spool *spool, const char *name, const struct buf *text,
	struct err *err)
{
	struct zstd_codec *codec = zstd_codec_new();
	char file[NAME_SIZE], fresh[NAME_SIZE];
	struct buf frame;
	int rc = -1;

	if (!codec || text->failed) {
		zstd_codec_free(codec);
		return err_set(err, ERR_RETRY, "state: out of memory");
	}
	snprintf(file, sizeof(file), "pg-collect.%s.zst", name);
	snprintf(fresh, sizeof(fresh), "pg-collect.%s.tmp", name);
	buf_init(&frame, text->len + 4096);
	if (zstd_frame_compress(codec, text->data, text->len, &frame, err) < 0)
		goto out;
	unlinkat(spool->state_fd, fresh, 0);
	rc = write_file(spool->state_fd, fresh, &frame);
	if (rc == 0)
		rc = renameat(spool->state_fd, fresh, spool->state_fd, file);
	if (rc < 0) {
		err_errno(err, ERR_RETRY, "write %s/state/%s", spool->path, file);
		unlinkat(spool->state_fd, fresh, 0);
	}
out:
	buf_release(&frame);
	zstd_codec_free(codec);
	return rc;
}
