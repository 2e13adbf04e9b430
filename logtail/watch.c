#include "watch.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define READ_BYTES 4096
#define READS_MAX 64 /* a call; what is left keeps the descriptor readable */

/* A file that may be read from now on comes without a sign: the look each second is for that. */
#define NAMES                                                             \
	((uint32_t)(IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | \
		    IN_DELETE_SELF | IN_MOVE_SELF))
#define DATA ((uint32_t)IN_MODIFY)

struct watch {
	int fd;
	int *wds; /* watch descriptors, one a directory */
	size_t count;
};

int watch_open(struct watch **ret_watch, struct err *err)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return err_set(err, ERR_RETRY, "watch: out of memory");
	watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (watch->fd < 0) {
		err_errno(err, ERR_RETRY, "watch: inotify%s",
			errno == EMFILE ? " (fs.inotify.max_user_instances says how many)"
					: "");
		free(watch);
		return -1;
	}
	*ret_watch = watch;
	return 0;
}

void watch_close(struct watch *watch)
{
	if (!watch)
		return;
	close(watch->fd);
	free(watch->wds);
	free(watch);
}

int watch_fd(const struct watch *watch)
{
	return watch->fd;
}

static bool is_among(int wd, const int *wds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (wds[i] == wd)
			return true;
	return false;
}

/*
 * All are added each time: of a directory that is watched the kernel just tells its number again,
 * and one that was deleted and made anew, or moved, gets a new one, whatever events were lost.
 */
void watch_set_directories(struct watch *watch, char *const *directories, size_t count)
{
	int *wds = calloc(count + 1, sizeof(*wds));
	size_t added = 0;

	if (!wds)
		return;
	for (size_t i = 0; i < count; i++) {
		int wd = inotify_add_watch(
			watch->fd, directories[i], NAMES | DATA | IN_ONLYDIR);

		if (wd >= 0)
			wds[added++] = wd;
	}
	for (size_t i = 0; i < watch->count; i++)
		if (!is_among(watch->wds[i], wds, added))
			inotify_rm_watch(watch->fd, watch->wds[i]);
	free(watch->wds);
	watch->wds = wds;
	watch->count = added;
}

static void take_events(const char *events, size_t len, bool *names, bool *data)
{
	struct inotify_event event;

	for (size_t at = 0; at + sizeof(event) <= len; at += sizeof(event) + event.len) {
		memcpy(&event, events + at, sizeof(event));
		*names |= (event.mask & (NAMES | IN_UNMOUNT | IN_Q_OVERFLOW)) != 0;
		*data |= (event.mask & (DATA | IN_Q_OVERFLOW)) != 0;
	}
}

void watch_take(struct watch *watch, bool *ret_names, bool *ret_data)
{
	char events[READ_BYTES];

	*ret_names = *ret_data = false;
	for (int i = 0; i < READS_MAX; i++) {
		ssize_t n = read(watch->fd, events, sizeof(events));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		take_events(events, (size_t)n, ret_names, ret_data);
	}
}
