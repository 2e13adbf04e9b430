#include "queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "spool.h"

int queue_init(struct queue *queue, struct err *err)
{
	*queue = (struct queue){ 0 };
	queue->names = malloc(QUEUE_MAX * sizeof(*queue->names));
	if (!queue->names)
		return err_set(err, ERR_RETRY, "queue: out of memory");
	return 0;
}

void queue_release(struct queue *queue)
{
	free(queue->names);
	*queue = (struct queue){ 0 };
}

static int newest_first(const void *a, const void *b)
{
	return strcmp(b, a);
}

/* While filling, names is a heap with the newest on top: what is newer than all is not wanted. */
static void sift_down(struct queue *queue, size_t at)
{
	char moved[SPOOL_NAME_SIZE];

	strcpy(moved, queue->names[at]);
	for (;;) {
		size_t child = 2 * at + 1;

		if (child >= queue->count)
			break;
		if (child + 1 < queue->count &&
			strcmp(queue->names[child + 1], queue->names[child]) > 0)
			child++;
		if (strcmp(queue->names[child], moved) <= 0)
			break;
		memcpy(queue->names[at], queue->names[child], SPOOL_NAME_SIZE);
		at = child;
	}
	strcpy(queue->names[at], moved);
}

static void offer(struct queue *queue, const char *name)
{
	if (queue->count < QUEUE_MAX) {
		strcpy(queue->names[queue->count++], name);
		if (queue->count == QUEUE_MAX)
			for (size_t i = QUEUE_MAX / 2; i-- > 0;)
				sift_down(queue, i);
		return;
	}
	queue->more = true;
	if (strcmp(name, queue->names[0]) < 0) {
		strcpy(queue->names[0], name);
		sift_down(queue, 0);
	}
}

int queue_fill(struct queue *queue, int dir_fd,
	bool (*skip)(void *context, const char *name), void *context, struct err *err)
{
	DIR *dir = spool_list(dir_fd);
	struct dirent *entry;
	int failed;

	if (!dir)
		return err_errno(err, ERR_RETRY, "list payloads");
	queue->count = 0;
	queue->more = false;
	while ((errno = 0, entry = readdir(dir)))
		if (spool_name_is_valid(entry->d_name) && !skip(context, entry->d_name))
			offer(queue, entry->d_name);
	failed = errno;
	closedir(dir);
	qsort(queue->names, queue->count, sizeof(*queue->names), newest_first);
	errno = failed;
	return failed ? err_errno(err, ERR_RETRY, "list payloads") : 0;
}

/* Index of the first name that is not newer than this one. */
static size_t place_of(const struct queue *queue, const char *name)
{
	size_t low = 0, high = queue->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(queue->names[middle], name) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void queue_put(struct queue *queue, const char *name)
{
	size_t at = place_of(queue, name);

	if (at < queue->count && strcmp(queue->names[at], name) == 0)
		return;
	if (at == 0 && (queue->more || queue->count == QUEUE_MAX)) {
		queue->more = true; /* beyond the window */
		return;
	}
	if (queue->count == QUEUE_MAX) {
		/* The newest gives way. */
		memmove(queue->names, queue->names + 1, (at - 1) * sizeof(*queue->names));
		queue->more = true;
		at--;
	} else {
		memmove(queue->names + at + 1, queue->names + at,
			(queue->count - at) * sizeof(*queue->names));
		queue->count++;
	}
	strcpy(queue->names[at], name);
}

bool queue_take(struct queue *queue, const char *after, char ret[SPOOL_NAME_SIZE])
{
	size_t at = after ? place_of(queue, after) : queue->count;

	if (at == 0)
		return false;
	at--;
	strcpy(ret, queue->names[at]);
	memmove(queue->names + at, queue->names + at + 1,
		(queue->count - at - 1) * sizeof(*queue->names));
	queue->count--;
	return true;
}
