#include "rejected.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REASON_FORGOTTEN "refused earlier; the reason could not be written then"

static int create(int dir_fd, const char *name)
{
	return openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
}

/* One that can't be written (full disk) must not keep the payload in the way. NULL: one written by
 * an earlier try stands. */
static void write_reason(const struct spool *spool, const char *name, const char *reason)
{
	char path[SPOOL_REASON_SIZE];
	int fd;

	spool_name_reason(name, path);
	fd = create(spool->rejected_fd, path);
	/* Never written into what is there: it may be a link, a FIFO or a device. */
	if (fd < 0 && errno == EEXIST && reason &&
		unlinkat(spool->rejected_fd, path, 0) == 0)
		fd = create(spool->rejected_fd, path);
	if (fd < 0)
		return;
	if (dprintf(fd, "%s\n", reason ? reason : REASON_FORGOTTEN) < 0)
		unlinkat(spool->rejected_fd, path, 0);
	close(fd);
}

int rejected_add(
	const struct spool *spool, const char *name, const char *reason, struct err *err)
{
	char path[SPOOL_REASON_SIZE];

	write_reason(spool, name, reason);
	/* A namesake in rejected/ is the same payload, put back once before. */
	if (renameat(spool->new_fd, name, spool->rejected_fd, name) == 0)
		return 0;
	if (errno == EISDIR)
		return err_set(err, ERR_FATAL,
			"move %s to rejected/: a directory there has its name", name);
	if (errno != ENOENT)
		return err_errno(err, ERR_RETRY, "move %s to rejected/", name);
	/* Gone meanwhile: a reason without a payload would never be evicted. */
	spool_name_reason(name, path);
	unlinkat(spool->rejected_fd, path, 0);
	return 0;
}

/* 1 put back, 0 left alone. */
static int put_back(const struct spool *spool, const char *name, struct err *err)
{
	char reason[SPOOL_REASON_SIZE];
	struct stat st;

	if (fstatat(spool->rejected_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0
				       : err_errno(err, ERR_RETRY, "put %s back", name);
	if (!S_ISREG(st.st_mode))
		return 0;
	if (spool_rename(spool->rejected_fd, name, spool->new_fd, name) < 0) {
		if (errno == EEXIST || errno == ENOENT)
			return 0;
		return err_errno(err, ERR_RETRY, "put %s back", name);
	}
	spool_name_reason(name, reason);
	unlinkat(spool->rejected_fd, reason, 0);
	return 1;
}

int rejected_retry(const struct spool *spool, size_t *ret_count, struct err *err)
{
	DIR *dir = spool_list(spool->rejected_fd);
	struct dirent *entry;
	size_t count = 0;
	int rc = 0;

	if (!dir)
		return err_errno(err, ERR_RETRY, "list %s/rejected", spool->path);
	while (rc >= 0 && (errno = 0, entry = readdir(dir))) {
		if (!spool_name_is_valid(entry->d_name))
			continue;
		rc = put_back(spool, entry->d_name, err);
		if (rc > 0)
			count++;
	}
	if (rc >= 0 && errno != 0)
		rc = err_errno(err, ERR_RETRY, "list %s/rejected", spool->path);
	closedir(dir);
	if (rc >= 0 && fsync(spool->new_fd) < 0)
		rc = err_errno(err, ERR_RETRY, "fsync %s/new", spool->path);
	*ret_count = count;
	return rc < 0 ? -1 : 0;
}
