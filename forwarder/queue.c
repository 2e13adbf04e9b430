#include "queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "spool.h"

#define KEPT (QUEUE_MAX / 2) /* while filling, whenever there are too many */

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

static char *name_at(const struct queue *queue, size_t index)
{
	return queue->names[(queue->first + index) % QUEUE_MAX];
}

static void swap(char *a, char *b)
{
	char kept[SPOOL_NAME_SIZE];

	memcpy(kept, a, SPOOL_NAME_SIZE);
	memcpy(a, b, SPOOL_NAME_SIZE);
	memcpy(b, kept, SPOOL_NAME_SIZE);
}

/*
 * Of a full window the KEPT oldest stay, in any order but for the newest of them, which is last
 * (quickselect): a look at a million names takes time in proportion to their number,
 * in whatever order the directory has them.
 */
static void keep_oldest(struct queue *queue)
{
	ptrdiff_t low = 0, high = QUEUE_MAX - 1;

	while (low < high) {
		ptrdiff_t older = low, newer = high;
		char pivot[SPOOL_NAME_SIZE];

		strcpy(pivot, queue->names[low + (high - low) / 2]);
		while (older <= newer) {
			while (strcmp(queue->names[older], pivot) < 0)
				older++;
			while (strcmp(queue->names[newer], pivot) > 0)
				newer--;
			if (older <= newer)
				swap(queue->names[older++], queue->names[newer--]);
		}
		if (newer >= KEPT - 1)
			high = newer;
		else if (older <= KEPT - 1)
			low = older;
		else
			break;
	}
	queue->count = KEPT;
	queue->more = true;
}

static bool may_be_payload(const struct dirent *entry)
{
	return (entry->d_type == DT_REG || entry->d_type == DT_UNKNOWN) &&
	       spool_name_is_valid(entry->d_name);
}

/* Which names are wanted, and what is known of those that were found. */
struct search {
	queue_skip *skip;
	void *context;
	const char *newest; /* what is not older is not wanted; NULL: any is */
	struct queue *queue;
	char *oldest;
};

static void found_for_queue(struct search *search, const char *name)
{
	struct queue *queue = search->queue;

	strcpy(queue->names[queue->count++], name);
	if (queue->count < QUEUE_MAX)
		return;
	keep_oldest(queue);
	search->newest = queue->names[KEPT - 1];
}

static void found_oldest(struct search *search, const char *name)
{
	strcpy(search->oldest, name);
	search->newest = search->oldest;
}

static int look(int dir_fd, struct search *search,
	void (*found)(struct search *search, const char *name), struct err *err)
{
	DIR *dir = spool_list(dir_fd);
	struct dirent *entry;
	int failed;

	if (!dir)
		return err_errno(err, ERR_RETRY, "list payloads");
	while ((errno = 0, entry = readdir(dir))) {
		/* The cheapest question first: most of a million end here. */
		if (search->newest && strcmp(entry->d_name, search->newest) >= 0)
			continue;
		if (may_be_payload(entry) &&
			!search->skip(search->context, entry->d_name))
			found(search, entry->d_name);
	}
	failed = errno;
	closedir(dir);
	errno = failed;
	return failed ? err_errno(err, ERR_RETRY, "list payloads") : 0;
}

static int oldest_first(const void *a, const void *b)
{
	return strcmp(a, b);
}

int queue_fill(
	struct queue *queue, int dir_fd, queue_skip *skip, void *context, struct err *err)
{
	struct search search = { .skip = skip, .context = context, .queue = queue };
	int rc;

	queue->first = queue->count = 0;
	queue->more = false;
	rc = look(dir_fd, &search, found_for_queue, err);
	qsort(queue->names, queue->count, sizeof(*queue->names), oldest_first);
	return rc;
}

int queue_find_oldest(int dir_fd, queue_skip *skip, void *context,
	char ret[SPOOL_NAME_SIZE], struct err *err)
{
	char oldest[SPOOL_NAME_SIZE] = "";
	struct search search = { .skip = skip, .context = context, .oldest = oldest };

	if (look(dir_fd, &search, found_oldest, err) < 0)
		return -1;
	strcpy(ret, oldest);
	return 0;
}

/* Index of the first name that is not older than this one. */
static size_t place_of(const struct queue *queue, const char *name)
{
	size_t low = 0, high = queue->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(name_at(queue, middle), name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The name at `from` to `to`, those between move by one. */
static void shift(struct queue *queue, size_t to, size_t from)
{
	for (; from < to; from++)
		memcpy(name_at(queue, from), name_at(queue, from + 1), SPOOL_NAME_SIZE);
	for (; from > to; from--)
		memcpy(name_at(queue, from), name_at(queue, from - 1), SPOOL_NAME_SIZE);
}

void queue_put(struct queue *queue, const char *name)
{
	size_t at = place_of(queue, name);

	if (at < queue->count && strcmp(name_at(queue, at), name) == 0)
		return;
	if (at == queue->count && (queue->more || queue->count == QUEUE_MAX)) {
		queue->more = true; /* beyond the window */
		return;
	}
	if (queue->count == QUEUE_MAX) {
		queue->count--; /* the newest gives way */
		queue->more = true;
	}
	queue->count++;
	if (at < queue->count / 2) {
		queue->first = (queue->first + QUEUE_MAX - 1) % QUEUE_MAX;
		shift(queue, at, 0);
	} else {
		shift(queue, at, queue->count - 1);
	}
	strcpy(name_at(queue, at), name);
}

bool queue_take(struct queue *queue, const char *after, char ret[SPOOL_NAME_SIZE])
{
	size_t at = after ? place_of(queue, after) : 0;

	if (after && at < queue->count && strcmp(name_at(queue, at), after) == 0)
		at++;
	if (at >= queue->count)
		return false;
	strcpy(ret, name_at(queue, at));
	if (at < queue->count / 2) {
		shift(queue, 0, at);
		queue->first = (queue->first + 1) % QUEUE_MAX;
	} else {
		shift(queue, queue->count - 1, at);
	}
	queue->count--;
	return true;
}

const char *queue_oldest(const struct queue *queue)
{
	return queue->count > 0 ? name_at(queue, 0) : NULL;
}
