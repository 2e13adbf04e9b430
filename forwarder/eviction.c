#include "eviction.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SLICE_FILES 256

enum { FROM_NEW, FROM_REJECTED };

struct victim {
	char name[SPOOL_NAME_SIZE];
	uint64_t bytes;
	int from;
};

static uint64_t over(uint64_t size, uint64_t cap)
{
	return size > cap ? size - cap / 10 * 8 : 0;
}

struct eviction_goal eviction_goal(const struct spool_size *size, uint64_t cap_bytes)
{
	struct eviction_goal goal = { .total_bytes =
					      over(spool_size_total(size), cap_bytes),
		.rejected_bytes = over(size->rejected_bytes, cap_bytes / 10) };

	return goal;
}

void eviction_release(struct eviction *eviction)
{
	queue_release(&eviction->queues[FROM_NEW]);
	queue_release(&eviction->queues[FROM_REJECTED]);
	*eviction = (struct eviction){ 0 };
}

void eviction_begin(struct eviction *eviction, struct eviction_goal goal)
{
	eviction_release(eviction);
	eviction->goal = goal;
}

bool eviction_is_active(const struct eviction *eviction)
{
	return eviction->goal.total_bytes > 0 || eviction->goal.rejected_bytes > 0;
}

static int dir_fd(const struct spool *spool, int from)
{
	return from == FROM_NEW ? spool->new_fd : spool->rejected_fd;
}

static bool skip_in_flight(void *context, const char *name)
{
	const struct eviction_owner *owner = context;

	return owner->in_flight(owner->context, name);
}

/* The oldest name of one directory, refilling its window where that may help. */
static bool take_from(struct eviction *eviction, const struct spool *spool, int from,
	const struct eviction_owner *owner, char *ret)
{
	struct queue *queue = &eviction->queues[from];

	if (!queue->names && queue_init(queue, NULL) < 0)
		return false;
	if (queue->count == 0 && !eviction->exhausted[from]) {
		if (queue_fill(queue, dir_fd(spool, from), skip_in_flight, (void *)owner,
			    NULL) < 0)
			return false;
		eviction->exhausted[from] = !queue->more;
	}
	return queue_take(queue, NULL, ret);
}

/* The oldest of both, or of rejected/ alone while that is over its share. */
static bool take_victim(struct eviction *eviction, const struct spool *spool,
	const struct eviction_owner *owner, struct victim *ret)
{
	char newest[SPOOL_NAME_SIZE];
	bool rejected = take_from(eviction, spool, FROM_REJECTED, owner, ret->name);

	ret->from = FROM_REJECTED;
	if (eviction->goal.rejected_bytes > 0) {
		if (rejected)
			return true;
		eviction->goal.rejected_bytes = 0;
	}
	if (eviction->goal.total_bytes == 0)
		return false;
	if (!take_from(eviction, spool, FROM_NEW, owner, newest))
		return rejected;
	if (rejected && strcmp(ret->name, newest) < 0) {
		queue_put(&eviction->queues[FROM_NEW], newest);
		return true;
	}
	if (rejected)
		queue_put(&eviction->queues[FROM_REJECTED], ret->name);
	strcpy(ret->name, newest);
	ret->from = FROM_NEW;
	return true;
}

static uint64_t less(uint64_t left, uint64_t bytes)
{
	return left > bytes ? left - bytes : 0;
}

static uint64_t reason_bytes(const struct spool *spool, const char *name)
{
	char reason[SPOOL_REASON_SIZE];
	struct stat st;

	spool_name_reason(name, reason);
	if (fstatat(spool->rejected_fd, reason, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	return (uint64_t)st.st_blocks * 512;
}

/* Would the next victim need a new list? Files chosen before would be on it once more. */
static bool needs_list(const struct eviction *eviction)
{
	for (int from = FROM_NEW; from <= FROM_REJECTED; from++)
		if (eviction->queues[from].names && eviction->queues[from].count == 0 &&
			!eviction->exhausted[from])
			return true;
	return false;
}

static void add_victim(struct evicted *evicted, const struct victim *victim)
{
	if (evicted->files++ == 0)
		strcpy(evicted->first, victim->name);
	strcpy(evicted->last, victim->name);
	evicted->bytes += victim->bytes;
}

static size_t choose(struct eviction *eviction, const struct spool *spool,
	const struct eviction_owner *owner, struct victim *victims, struct evicted *slice)
{
	size_t count = 0;

	while (count < SLICE_FILES && eviction_is_active(eviction)) {
		struct victim *victim = &victims[count];
		struct stat st;

		if (count > 0 && needs_list(eviction))
			break;
		if (!take_victim(eviction, spool, owner, victim)) {
			eviction->goal = (struct eviction_goal){ 0 };
			break;
		}
		/* It may have been sent off since the list was made. */
		if (victim->from == FROM_NEW &&
			owner->in_flight(owner->context, victim->name))
			continue;
		if (fstatat(dir_fd(spool, victim->from), victim->name, &st,
			    AT_SYMLINK_NOFOLLOW) < 0 ||
			!S_ISREG(st.st_mode))
			continue;
		victim->bytes = (uint64_t)st.st_blocks * 512;
		if (victim->from == FROM_REJECTED) {
			victim->bytes += reason_bytes(spool, victim->name);
			eviction->goal.rejected_bytes =
				less(eviction->goal.rejected_bytes, victim->bytes);
		}
		eviction->goal.total_bytes =
			less(eviction->goal.total_bytes, victim->bytes);
		add_victim(slice, victim);
		count++;
	}
	return count;
}

static int remove_victim(
	const struct spool *spool, const struct victim *victim, struct err *err)
{
	char reason[SPOOL_REASON_SIZE];

	if (unlinkat(dir_fd(spool, victim->from), victim->name, 0) < 0 && errno != ENOENT)
		return err_errno(err, ERR_RETRY, "evict %s", victim->name);
	if (victim->from == FROM_REJECTED) {
		spool_name_reason(victim->name, reason);
		unlinkat(spool->rejected_fd, reason, 0);
	}
	return 0;
}

int eviction_step(struct eviction *eviction, const struct spool *spool,
	const struct eviction_owner *owner, struct evicted *ret_freed, struct err *err)
{
	struct victim victims[SLICE_FILES];
	struct evicted slice = { 0 }, removed = { 0 };
	size_t count = choose(eviction, spool, owner, victims, &slice);

	if (count == 0)
		return 0;
	owner->record(owner->context, &slice);
	for (size_t i = 0; i < count; i++)
		if (remove_victim(spool, &victims[i], err) == 0)
			add_victim(&removed, &victims[i]);
	evicted_add(ret_freed, &removed);
	if (removed.files == count)
		return 0;
	if (owner->correct)
		owner->correct(owner->context, &slice, &removed);
	if (removed.files == 0)
		eviction_release(eviction); /* the next census begins anew */
	return -1;
}
