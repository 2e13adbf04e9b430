#include "follow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "look.h"
#include "reading.h"

/* A record of a generation whose file is gone is kept so long, in case the file comes back under
 * another name (moved away and back, compressed late). */
#define FORGET_AFTER_S 3600.0
#define MISSING_AFTER_S 0.2

void follow_release(struct follow *follow)
{
	for (size_t i = 0; i < follow->count; i++)
		generation_free(follow->list[i]);
	free(follow->list);
	free(follow->copies);
	buf_release(&follow->complaints);
	follow->list = NULL;
	follow->copies = NULL;
	follow->count = follow->copies_count = 0;
}

static bool grow(void **array, size_t count, size_t *size, size_t each)
{
	size_t wanted = *size ? *size * 2 : 64;
	void *grown;

	if (count < *size)
		return true;
	grown = realloc(*array, wanted * each);
	if (!grown)
		return false;
	*array = grown;
	*size = wanted;
	return true;
}

int follow_add(struct follow *follow, struct generation *generation, struct err *err)
{
	if (!grow((void **)&follow->list, follow->count, &follow->size,
		    sizeof(struct generation *))) {
		generation_free(generation);
		return err_set(err, ERR_RETRY, "out of memory");
	}
	follow->list[follow->count++] = generation;
	return 0;
}

void follow_add_copy(struct follow *follow, struct copy copy)
{
	if (grow((void **)&follow->copies, follow->copies_count, &follow->copies_size,
		    sizeof(copy)))
		follow->copies[follow->copies_count++] = copy;
}

static void forget_copies_of(struct follow *follow, const struct generation *generation)
{
	size_t kept = 0;

	for (size_t i = 0; i < follow->copies_count; i++)
		if (follow->copies[i].of != generation)
			follow->copies[kept++] = follow->copies[i];
	follow->copies_count = kept;
}

void follow_remove(struct follow *follow, struct generation *generation)
{
	size_t i = 0;

	while (follow->list[i] != generation)
		i++;
	forget_copies_of(follow, generation);
	generation_free(generation);
	memmove(&follow->list[i], &follow->list[i + 1],
		(--follow->count - i) * sizeof(follow->list[0]));
}

/* Can what is open still be read, although its name is gone? */
static bool is_readable(const struct generation *generation)
{
	struct stat st;

	if (!generation->reading)
		return false;
	/* Moved to where we don't look, it is as good as deleted. */
	if (generation->coding == LOG_CODING_PLAIN)
		return reading_holds(generation);
	return fstat(log_reader_fd(generation->reading->reader), &st) == 0 &&
	       st.st_nlink == 0;
}

/* Was it the one written to when the last run ended? */
static bool was_newest(const struct follow *follow, const struct generation *generation)
{
	for (size_t i = 0; i < follow->count; i++) {
		const struct generation *later = follow->list[i];

		if (later->from_state && generation_is_kin(later, generation) &&
			generation_age_us(later) > generation_age_us(generation))
			return false;
	}
	return true;
}

/* Not named any more, or not to be looked at now: that is no loss. */
static bool is_there(const struct generation *generation)
{
	struct stat st;
	struct head head;
	bool there;
	int fd;

	if (log_file_open(generation->path, &fd, &st, NULL) < 0)
		return errno != ENOENT && errno != ENOTDIR;
	there = st.st_dev == generation->dev && st.st_ino == generation->ino &&
		fingerprint_head(fd, generation->coding, &head, NULL) == 0 &&
		generation_has_head(generation, &head) &&
		(generation->coding != LOG_CODING_PLAIN ||
			(uint64_t)st.st_size >= generation->offset);
	close(fd);
	return there;
}

/* The generation's file was not seen: in this look, and in one before, since a directory may be
 * listed while logrotate is at it. */
static void is_missing(struct follow *follow, struct generation *generation,
	enum follow_start start, double now_s)
{
	uint64_t unread = generation_unread(generation);

	if (generation->unseen_since_s <= 0) {
		generation->unseen_since_s = now_s;
		/* Kept in the state: this run may end before it is told. */
		generation->in_doubt |= generation->from_state && !generation->met &&
					was_newest(follow, generation);
	}
	if (is_readable(generation)) {
		if (generation->reading->deleted_s <= 0)
			generation->reading->deleted_s = now_s;
		return;
	}
	if (now_s < generation->unseen_since_s + MISSING_AFTER_S) {
		follow->pending = true;
		return;
	}
	generation->ended = true;
	if (generation->complete || (!generation->replaced && is_there(generation)))
		return;
	generation->complete = true;
	if (unread > 0) {
		follow->gap(follow->context, generation, true, unread,
			"the log was truncated, replaced or deleted before it was read");
		generation->disk_bytes -= unread; /* told once, also after a crash */
	} else if (generation->coding != LOG_CODING_PLAIN) {
		follow->gap(follow->context, generation, false, 0,
			"the compressed log was deleted before its end was read");
	} else if (generation->in_doubt && start == FOLLOW_FROM_SAVED) {
		follow->gap(follow->context, generation, false, 0,
			"the log was replaced or deleted while pg-logtail was not running: "
			"what had come to it since was not read");
	}
}

static void find_missing(struct follow *follow, enum follow_start start, double now_s)
{
	for (size_t i = 0; i < follow->count; i++) {
		struct generation *generation = follow->list[i];

		if (!generation->seen && !generation->ended)
			is_missing(follow, generation, start, now_s);
	}
}

static void drop_copies(struct follow *follow)
{
	size_t kept = 0;

	for (size_t i = 0; i < follow->copies_count; i++)
		if (follow->copies[i].seen)
			follow->copies[kept++] = follow->copies[i];
	follow->copies_count = kept;
}

static int compare_age(const void *a, const void *b)
{
	const struct generation *one = *(struct generation *const *)a;
	const struct generation *other = *(struct generation *const *)b;
	int64_t first = generation_age_us(one), second = generation_age_us(other);

	if (first != second)
		return first < second ? -1 : 1;
	return strcmp(one->path, other->path);
}

static void choose_roles(struct follow *follow)
{
	struct sibling *files = calloc(follow->count + 1, sizeof(*files));

	if (!files)
		return; /* everything keeps the role it had */
	for (size_t i = 0; i < follow->count; i++) {
		const struct generation *generation = follow->list[i];

		files[i] = (struct sibling){ .path = generation->path,
			.format = generation->format,
			.first_us = generation->first_us,
			.last_us = clock_us(&generation->mtime),
			.named = generation->named,
			.current = generation->current,
			.written = generation->written };
	}
	siblings_choose(files, follow->count, follow->forced);
	for (size_t i = 0; i < follow->count; i++)
		follow->list[i]->role = files[i].role;
	free(files);
}

int follow_look(struct follow *follow, const struct log_paths *paths,
	enum follow_start start, double now_s, struct err *err)
{
	if (look_at(follow, paths, start, now_s, err) < 0)
		return -1;
	find_missing(follow, start, now_s);
	drop_copies(follow);
	if (follow->count > 0)
		qsort(follow->list, follow->count, sizeof(follow->list[0]), compare_age);
	choose_roles(follow);
	return 0;
}

void follow_forget(struct follow *follow, double now_s)
{
	for (size_t i = 0; i < follow->count;) {
		struct generation *generation = follow->list[i];

		if (generation->ended && !generation->reading &&
			now_s - generation->unseen_since_s > FORGET_AFTER_S)
			follow_remove(follow, generation);
		else
			i++;
	}
}
