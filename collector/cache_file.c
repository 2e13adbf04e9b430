#include "cache_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define NAME_SIZE 64
#define FRAME_MARGIN_BYTES 4096 /* what can't be compressed grows a little */

int cache_file_load(const struct spool *spool, struct zstd_codec *codec, const char *name,
	size_t max_bytes, struct buf *text, struct err *err)
{
	char file[NAME_SIZE];
	struct buf frame;
	int rc;

	snprintf(file, sizeof(file), "pg-collect.%s.zst", name);
	buf_init(&frame, max_bytes);
	buf_clear(text);
	rc = spool_read_file(spool->state_fd, file, max_bytes, &frame, err);
	if (rc == 0)
		rc = zstd_frame_decompress(
			codec, frame.data, frame.len, max_bytes, text, err);
	if (rc < 0)
		buf_clear(text);
	if (rc < 0 && !frame.failed && !text->failed)
		rc = 0; /* there is none, or none that can be used */
	buf_release(&frame);
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

int cache_file_save(const struct spool *spool, struct zstd_codec *codec, const char *name,
	const struct buf *text, struct err *err)
{
	char file[NAME_SIZE], fresh[NAME_SIZE];
	struct buf frame;
	int rc = -1;

	if (text->failed)
		return err_set(err, ERR_RETRY, "write state: out of memory");
	snprintf(file, sizeof(file), "pg-collect.%s.zst", name);
	snprintf(fresh, sizeof(fresh), "pg-collect.%s.tmp", name);
	buf_init(&frame, text->len + FRAME_MARGIN_BYTES);
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
	return rc;
}
