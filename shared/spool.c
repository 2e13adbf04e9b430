#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIR_MODE 0750

static int make_parents(const char *path, struct err *err)
{
	char partial[PATH_MAX];

	if (!*path)
		return err_set(err, ERR_CONFIG, "spool: buffer.path is empty");
	if (snprintf(partial, sizeof(partial), "%s", path) >= (int)sizeof(partial))
		return err_set(err, ERR_CONFIG, "spool: buffer.path is too long");
	for (char *slash = partial + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = '\0';
		if (mkdir(partial, DIR_MODE) < 0 && errno != EEXIST)
			return err_errno(err, ERR_FATAL, "make directory %s", partial);
	}
	if (mkdir(partial, DIR_MODE) < 0 && errno != EEXIST)
		return err_errno(err, ERR_FATAL, "make directory %s", partial);
	return 0;
}

static int open_sub(
	struct spool *spool, const char *name, bool create, int *ret_fd, struct err *err)
{
	if (create && mkdirat(spool->dir_fd, name, DIR_MODE) < 0 && errno != EEXIST)
		return err_errno(err, errno == ENOSPC ? ERR_RETRY : ERR_FATAL,
			"make directory %s/%s", spool->path, name);
	*ret_fd = openat(
		spool->dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*ret_fd < 0)
		return err_errno(err, ERR_FATAL, "open spool %s/%s", spool->path, name);
	return 0;
}

int spool_open(const char *path, bool create, struct spool **ret_spool, struct err *err)
{
	struct spool *spool = calloc(1, sizeof(*spool));

	if (!spool)
		return err_set(err, ERR_RETRY, "open spool %s: out of memory", path);
	spool->dir_fd = spool->tmp_fd = spool->new_fd = -1;
	spool->rejected_fd = spool->state_fd = -1;
	spool->path = strdup(path);
	if (!spool->path) {
		err_set(err, ERR_RETRY, "open spool %s: out of memory", path);
		goto fail;
	}
	spool->dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (spool->dir_fd < 0 && errno == ENOENT && create) {
		if (make_parents(path, err) < 0)
			goto fail;
		spool->dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (spool->dir_fd < 0) {
		err_errno(err, ERR_FATAL, "open spool %s", path);
		goto fail;
	}
	if (open_sub(spool, "tmp", create, &spool->tmp_fd, err) < 0 ||
		open_sub(spool, "new", create, &spool->new_fd, err) < 0 ||
		open_sub(spool, "rejected", create, &spool->rejected_fd, err) < 0 ||
		open_sub(spool, "state", create, &spool->state_fd, err) < 0)
		goto fail;
	*ret_spool = spool;
	return 0;
fail:
	spool_close(spool);
	return -1;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void spool_close(struct spool *spool)
{
	if (!spool)
		return;
	close_fd(spool->tmp_fd);
	close_fd(spool->new_fd);
	close_fd(spool->rejected_fd);
	close_fd(spool->state_fd);
	close_fd(spool->dir_fd);
	free(spool->path);
	free(spool);
}

/* What can't be told now, by an I/O error for instance, is taken for still there. */
static bool is_gone(int dir_fd, const char *name, int open_fd)
{
	struct stat open_dir, named;

	if (fstatat(dir_fd, name, &named, 0) < 0)
		return errno == ENOENT || errno == ENOTDIR;
	return fstat(open_fd, &open_dir) == 0 &&
	       (named.st_dev != open_dir.st_dev || named.st_ino != open_dir.st_ino);
}

bool spool_is_gone(const struct spool *spool)
{
	return is_gone(AT_FDCWD, spool->path, spool->dir_fd) ||
	       is_gone(spool->dir_fd, "tmp", spool->tmp_fd) ||
	       is_gone(spool->dir_fd, "new", spool->new_fd) ||
	       is_gone(spool->dir_fd, "rejected", spool->rejected_fd) ||
	       is_gone(spool->dir_fd, "state", spool->state_fd);
}

/* As spool_open_file(), with what fstat(2) says of the open file. */
static int open_regular(
	int dir_fd, const char *name, int *ret_fd, struct stat *ret_st, struct err *err)
{
	int fd;

	/* Asked first: opening a FIFO or a device may already do something. */
	if (fstatat(dir_fd, name, ret_st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_errno(err, ERR_RETRY, "open %s", name);
	if (!S_ISREG(ret_st->st_mode))
		return err_set(err, ERR_REJECT, "%s: not a regular file", name);
	fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err,
			errno == ELOOP || errno == ENXIO ? ERR_REJECT : ERR_RETRY,
			"open %s", name);
	if (fstat(fd, ret_st) < 0) {
		err_errno(err, ERR_RETRY, "stat %s", name);
		close(fd);
		return -1;
	}
	if (!S_ISREG(ret_st->st_mode)) {
		close(fd);
		return err_set(err, ERR_REJECT, "%s: not a regular file", name);
	}
	*ret_fd = fd;
	return 0;
}

int spool_open_file(int dir_fd, const char *name, int *ret_fd, struct err *err)
{
	struct stat st;

	return open_regular(dir_fd, name, ret_fd, &st, err);
}

int spool_read_file(
	int dir_fd, const char *name, size_t max_bytes, struct buf *ret, struct err *err)
{
	struct stat st;
	int fd, rc = -1;
	ssize_t n;

	if (open_regular(dir_fd, name, &fd, &st, err) < 0)
		return -1;
	buf_clear(ret);
	if ((uint64_t)st.st_size > max_bytes) {
		err_set(err, ERR_REJECT, "%s: %lld bytes are over the limit of %zu", name,
			(long long)st.st_size, max_bytes);
		goto out;
	}
	if (!buf_reserve(ret, (size_t)st.st_size)) {
		err_set(err, ERR_RETRY, "%s: no memory for %lld bytes", name,
			(long long)st.st_size);
		goto out;
	}
	while (ret->len < (size_t)st.st_size) {
		n = read(fd, ret->data + ret->len, (size_t)st.st_size - ret->len);
		if (n < 0) {
			err_errno(err, ERR_RETRY, "read %s", name);
			goto out;
		}
		if (n == 0)
			break;
		ret->len += (size_t)n;
	}
	ret->data[ret->len] = '\0';
	rc = 0;
out:
	close(fd);
	return rc;
}

DIR *spool_list(int dir_fd)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir;

	if (fd < 0)
		return NULL;
	dir = fdopendir(fd);
	if (!dir)
		close(fd);
	return dir;
}

static bool is_same_file(int a_fd, const char *a, int b_fd, const char *b)
{
	struct stat a_st, b_st;

	return fstatat(a_fd, a, &a_st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       fstatat(b_fd, b, &b_st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       a_st.st_dev == b_st.st_dev && a_st.st_ino == b_st.st_ino;
}

int spool_rename(int from_fd, const char *from, int to_fd, const char *to)
{
	if (renameat2(from_fd, from, to_fd, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	/* A file system without RENAME_NOREPLACE: a link never replaces either. */
	if (linkat(from_fd, from, to_fd, to, 0) < 0) {
		if (errno != EEXIST)
			return -1;
		/* Linked by an earlier try, whose unlink failed? */
		if (!is_same_file(from_fd, from, to_fd, to)) {
			errno = EEXIST;
			return -1;
		}
	}
	return unlinkat(from_fd, from, 0);
}
