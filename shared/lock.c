#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int open_lock(const struct spool *spool, const char *program, int flags)
{
	char name[64];

	snprintf(name, sizeof(name), "%s.lock", program);
	return openat(
		spool->state_fd, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0640);
}

static long read_pid(int fd)
{
	char text[32];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return 0;
	text[n] = '\0';
	return strtol(text, NULL, 10);
}

int lock_take(
	const struct spool *spool, const char *program, int *ret_fd, struct err *err)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open_lock(spool, program, O_RDWR | O_CREAT);
	char text[32];
	int len;

	if (fd < 0)
		return err_errno(
			err, ERR_FATAL, "open %s/state/%s.lock", spool->path, program);
	if (fcntl(fd, F_OFD_SETLK, &whole) < 0) {
		if (errno == EAGAIN || errno == EACCES)
			err_set(err, ERR_FATAL,
				"another %s (pid %ld) is at work on spool %s; only one may run",
				program, read_pid(fd), spool->path);
		else
			err_errno(err, ERR_FATAL, "lock %s/state/%s.lock", spool->path,
				program);
		close(fd);
		return -1;
	}
	/* On a full disk the lock still holds; only its holder's pid is then not told. */
	len = snprintf(text, sizeof(text), "%d\n", (int)getpid());
	if (pwrite(fd, text, (size_t)len, 0) != len || ftruncate(fd, len) < 0)
		errno = 0;
	*ret_fd = fd;
	return 0;
}

long lock_holder(const struct spool *spool, const char *program)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open_lock(spool, program, O_RDONLY);
	long pid = 0;

	if (fd < 0)
		return 0;
	/* Asks without taking: a look must not make a start fail. */
	if (fcntl(fd, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK)
		pid = read_pid(fd) > 0 ? read_pid(fd) : -1;
	close(fd);
	return pid;
}
