#include "spool_write.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"

#define FILE_MODE 0640
#define NAME_TRIES 100
/* What a file takes is counted in these; file systems differ little. */
#define BLOCK_BYTES 4096

void spool_batch_init(
	struct spool_batch *batch, const struct spool *spool, struct zstd_codec *codec)
{
	batch->spool = spool;
	batch->codec = codec;
	batch->count = 0;
	batch->bytes = 0;
	batch->deferred = false;
	buf_init(&batch->frames, (size_t)32 << 20);
}

void spool_batch_defer(struct spool_batch *batch)
{
	batch->deferred = true;
}

void spool_batch_release(struct spool_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		if (batch->files[i].fd < 0)
			continue;
		unlinkat(batch->spool->tmp_fd, batch->files[i].name, 0);
		close(batch->files[i].fd);
	}
	batch->count = 0;
	buf_release(&batch->frames);
}

void spool_batch_leave(struct spool_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		if (batch->files[i].fd >= 0)
			close(batch->files[i].fd);
	batch->count = 0;
	buf_release(&batch->frames);
}

/* Creates and locks a new file. The remover of debris may win between the two: then once more. */
static int create_locked(const struct spool *spool, const char *source, char *name,
	int *ret_fd, struct err *err)
{
	static unsigned seq; /* one process writes one sequence */

	for (int i = 0; i < NAME_TRIES; i++) {
		struct stat st;
		int fd;

		spool_name_format(name, clock_wall_us(), source, getpid(), seq++);
		fd = openat(spool->tmp_fd, name,
			O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
		if (fd < 0 && errno == EEXIST)
			continue;
		if (fd < 0)
			return err_errno(
				err, ERR_RETRY, "create %s/tmp/%s", spool->path, name);
		if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &st) == 0 &&
			st.st_nlink == 1) {
			*ret_fd = fd;
			return 0;
		}
		unlinkat(spool->tmp_fd, name, 0);
		close(fd);
	}
	return err_set(
		err, ERR_RETRY, "create a file in %s/tmp: no free name", spool->path);
}

/* Writes file i's frame as a new file. */
static int write_file(
	struct spool_batch *batch, size_t i, const char *source, struct err *err)
{
	const struct spool *spool = batch->spool;
	struct buf frame = { .data = batch->frames.data + batch->files[i].at,
		.len = batch->files[i].len };
	char *name = batch->files[i].name;
	int fd = -1;

	if (create_locked(spool, source, name, &fd, err) < 0)
		return -1;
	if (buf_write(&frame, fd) < 0) {
		err_errno(err, ERR_RETRY, "write %s/tmp/%s", spool->path, name);
		unlinkat(spool->tmp_fd, name, 0);
		close(fd);
		return -1;
	}
	/* Only begins it: the syncs that follow have less to wait for. */
	if (batch->deferred)
		sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	batch->files[i].fd = fd;
	return 0;
}

/* After a failed fsync the kernel may have dropped the pages: only a new file is safe. */
static int sync_file(struct spool_batch *batch, size_t i, struct err *err)
{
	char source[SPOOL_SOURCE_SIZE];

	if (batch->files[i].len == 0)
		return 0;
	spool_name_source(batch->files[i].name, source);
	for (int tries = 0; tries < 2; tries++) {
		if (batch->files[i].fd < 0 && write_file(batch, i, source, err) < 0)
			return -1;
		if (fsync(batch->files[i].fd) == 0) {
			batch->files[i].len = 0;
			return 0;
		}
		err_errno(err, ERR_RETRY, "fsync %s/tmp/%s", batch->spool->path,
			batch->files[i].name);
		unlinkat(batch->spool->tmp_fd, batch->files[i].name, 0);
		close(batch->files[i].fd);
		batch->files[i].fd = -1;
	}
	return -1;
}

int spool_batch_add(struct spool_batch *batch, const char *source, const char *json,
	size_t len, struct err *err)
{
	size_t i = batch->count, at;

	if (i == SPOOL_BATCH_MAX)
		return err_set(err, ERR_RETRY, "more than %d payloads in one commit",
			SPOOL_BATCH_MAX);
	if (!batch->deferred)
		buf_clear(&batch->frames);
	at = batch->frames.len;
	if (zstd_frame_compress(batch->codec, json, len, &batch->frames, err) < 0)
		goto fail;
	batch->files[i].fd = -1;
	batch->files[i].at = at;
	batch->files[i].len = batch->frames.len - at;
	if (write_file(batch, i, source, err) < 0 ||
		(!batch->deferred && sync_file(batch, i, err) < 0))
		goto fail;
	batch->bytes +=
		(batch->frames.len - at + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
	batch->count++;
	return 0;
fail:
	batch->frames.len = at;
	batch->frames.failed = false;
	return -1;
}

int spool_batch_sync(struct spool_batch *batch, struct err *err)
{
	for (size_t i = 0; i < batch->count; i++)
		if (sync_file(batch, i, err) < 0)
			return -1;
	buf_clear(&batch->frames);
	if (fsync(batch->spool->tmp_fd) < 0)
		return err_errno(err, ERR_RETRY, "fsync %s/tmp", batch->spool->path);
	return 0;
}

static int publish_one(struct spool_batch *batch, size_t i, struct err *err)
{
	const struct spool *spool = batch->spool;
	const char *name = batch->files[i].name;

	if (spool_rename(spool->tmp_fd, name, spool->new_fd, name) < 0)
		return err_errno(
			err, ERR_RETRY, "rename %s/tmp/%s into new/", spool->path, name);
	close(batch->files[i].fd);
	batch->files[i].fd = -1;
	return 0;
}

int spool_batch_publish(struct spool_batch *batch, struct err *err)
{
	for (size_t i = 0; i < batch->count; i++)
		if (batch->files[i].fd >= 0 && publish_one(batch, i, err) < 0)
			return -1;
	if (batch->count > 0 && fsync(batch->spool->new_fd) < 0)
		return err_errno(err, ERR_RETRY, "fsync %s/new", batch->spool->path);
	batch->count = 0;
	return 0;
}

static bool remove_if_unlocked(const struct spool *spool, const char *name)
{
	bool removed = false;
	struct err err;
	int fd;

	if (spool_open_file(spool->tmp_fd, name, &fd, &err) < 0)
		return false;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		removed = unlinkat(spool->tmp_fd, name, 0) == 0;
	close(fd);
	return removed;
}

size_t spool_remove_debris(const struct spool *spool, bool (*is_mine)(const char *source))
{
	DIR *dir = spool_list(spool->tmp_fd);
	struct dirent *entry;
	size_t removed = 0;

	if (!dir)
		return 0;
	while ((entry = readdir(dir))) {
		char source[SPOOL_SOURCE_SIZE];

		if (!spool_name_is_valid(entry->d_name))
			continue;
		spool_name_source(entry->d_name, source);
		if (is_mine(source) && remove_if_unlocked(spool, entry->d_name))
			removed++;
	}
	closedir(dir);
	return removed;
}
