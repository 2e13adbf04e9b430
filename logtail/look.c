#include "look.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "log_time.h"
#include "match.h"
#include "reading.h"

/* A file's time says that it is untouched only when it is older than this. */
#define SETTLED_S 2

static int compare_inodes(dev_t dev, ino_t ino, const struct generation *generation)
{
	if (dev != generation->dev)
		return dev < generation->dev ? -1 : 1;
	return ino < generation->ino ? -1 : ino > generation->ino;
}

static int compare_generations(const void *a, const void *b)
{
	const struct generation *one = *(struct generation *const *)a;

	return compare_inodes(one->dev, one->ino, *(struct generation *const *)b);
}

static int compare_key(const void *key, const void *element)
{
	const struct log_path *path = key;

	return compare_inodes(path->dev, path->ino, *(struct generation *const *)element);
}

static int begin_look(struct look *look, struct err *err)
{
	struct follow *follow = look->follow;

	buf_clear(&follow->complaints);
	follow->pending = false;
	follow->empty = false;
	look->by_inode_count = follow->count;
	look->by_inode = malloc((follow->count + 1) * sizeof(struct generation *));
	if (!look->by_inode)
		return err_set(err, ERR_RETRY, "out of memory");
	for (size_t i = 0; i < follow->count; i++) {
		follow->list[i]->seen = false;
		look->by_inode[i] = follow->list[i];
	}
	for (size_t i = 0; i < follow->copies_count; i++)
		follow->copies[i].seen = false;
	qsort(look->by_inode, follow->count, sizeof(struct generation *),
		compare_generations);
	return 0;
}

static void saw(struct generation *generation, const struct log_path *path)
{
	generation->seen = true;
	generation->ended = false;
	generation->met = true;
	generation->in_doubt = false;
	generation->unseen_since_s = 0;
	if (generation->reading)
		generation->reading->deleted_s = 0;
	generation->disk_bytes = path->size;
	generation->mtime = path->mtime;
	generation->named = path->named;
	generation->current = path->is_current;
	generation->written = path->written;
	generation->format = path->format;
	if (generation_unread(generation) > 0)
		generation->complete = false;
	if (!generation_set_path(generation, path->path))
		log_line(LOG_ERROR, "%s: out of memory", path->path);
}

/*
 * Nothing was written since it had this size and time: the kernel's clock ticks slowly, so that a time
 * of just now says nothing.
 */
static bool is_untouched(
	const struct log_path *path, uint64_t size, const struct timespec *mtime)
{
	return path->size == size && path->mtime.tv_sec == mtime->tv_sec &&
	       path->mtime.tv_nsec == mtime->tv_nsec &&
	       clock_wall_us() / 1000000 - mtime->tv_sec > SETTLED_S;
}

/* Does the file with the generation's inode still hold it? Its head may have grown. */
static bool holds(struct generation *generation, const struct log_path *path)
{
	struct head head;
	struct stat st;
	struct err err;
	bool same;
	int fd;

	if (generation->coding == LOG_CODING_PLAIN &&
		path->size < (generation->reading ? generation->reading->taken
						  : generation->offset))
		return false;
	if (is_untouched(path, generation->disk_bytes, &generation->mtime))
		return true;
	if (log_file_open(path->path, &fd, &st, NULL) < 0)
		return true; /* nothing to be said about it now */
	if (st.st_ino != path->ino || st.st_dev != path->dev) {
		close(fd);
		return true;
	}
	if (fingerprint_head(fd, generation->coding, &head, &err) < 0) {
		close(fd);
		return err.kind == ERR_RETRY; /* likewise */
	}
	same = generation_has_head(generation, &head);
	if (same && !generation->reading)
		same = match_tail(generation, generation->coding, fd);
	if (same && generation->head_len < FINGERPRINT_BYTES)
		generation_set_head(generation, &head);
	close(fd);
	return same;
}

/* First pass: files where a generation was seen last. */
static bool find_by_inode(struct look *look, const struct log_path *path)
{
	struct generation **found = bsearch(path, look->by_inode, look->by_inode_count,
		sizeof(struct generation *), compare_key);

	/* An inode used again stands for several: those whose files are gone. */
	while (found && found > look->by_inode && compare_key(path, found - 1) == 0)
		found--;
	for (; found && found < look->by_inode + look->by_inode_count &&
		compare_key(path, found) == 0;
		found++) {
		if ((*found)->seen)
			continue;
		(*found)->replaced = !holds(*found, path);
		if ((*found)->replaced)
			continue;
		saw(*found, path);
		return true;
	}
	return false;
}

static bool is_known_copy(struct follow *follow, const struct log_path *path)
{
	for (size_t i = 0; i < follow->copies_count; i++) {
		struct copy *copy = &follow->copies[i];

		if (copy->dev != path->dev || copy->ino != path->ino)
			continue;
		copy->seen = true;
		return copy->of->seen &&
		       is_untouched(path, copy->disk_bytes, &copy->mtime);
	}
	return false;
}

static void note_copy(
	struct follow *follow, const struct log_path *path, struct generation *of)
{
	struct copy noted = { path->dev, path->ino, path->size, path->mtime, of, true };

	for (size_t i = 0; i < follow->copies_count; i++) {
		struct copy *copy = &follow->copies[i];

		if (copy->dev != path->dev || copy->ino != path->ino)
			continue;
		*copy = noted;
		return;
	}
	follow_add_copy(follow, noted);
}

static void adopt(struct generation *generation, const struct found *found)
{
	struct reading *reading = generation->reading;
	uint64_t had = reading ? log_reader_offset(reading->reader) : generation->offset;
	struct err err;

	generation->dev = found->path->dev;
	generation->ino = found->path->ino;
	generation->coding = found->coding;
	if (found->head.len > generation->head_len)
		generation_set_head(generation, &found->head);
	saw(generation, found->path);
	if (found->coding == LOG_CODING_PLAIN && found->path->size < had) {
		/* The copy ends before what was read: there is nothing more. */
		generation->complete = true;
		return;
	}
	if (reading && reading_reopen(generation, &err) < 0)
		log_line(LOG_WARNING, "%s", err.msg);
	log_line(LOG_DEBUG, "%s: goes on at %llu", generation->path,
		(unsigned long long)had);
}

/* The time that the first line tells, as the formats have it. */
static int64_t first_time(struct log_clock *clock, const struct head *head)
{
	static const char json[] = "{\"timestamp\":\"";
	size_t at = 0, len, ignored;
	char text[LOG_TIME_TEXT_SIZE];
	int64_t wall_us;

	if (head->len > strlen(json) && memcmp(head->bytes, json, strlen(json)) == 0)
		at = strlen(json);
	len = log_time_shape(head->bytes + at, head->len - at);
	return len > 0 && log_time_read(
				  clock, head->bytes + at, len, text, &ignored, &wall_us)
		       ? wall_us
		       : 0;
}

/* Where a file that was there before us is read from: the line that comes next. */
static uint64_t end_of(const struct found *found)
{
	uint64_t size = found->path->size;
	char last[4096];
	size_t len = size < sizeof(last) ? size : sizeof(last);
	ssize_t n = pread(found->fd, last, len, (off_t)(size - len));
	const char *newline = n > 0 ? memrchr(last, '\n', (size_t)n) : NULL;

	return newline ? size - len + (size_t)(newline - last) + 1 : size;
}

static int add_new(struct look *look, const struct found *found, struct err *err)
{
	struct generation *generation = generation_new(found->path->path);

	if (!generation)
		return err_set(err, ERR_RETRY, "out of memory");
	generation->dev = found->path->dev;
	generation->ino = found->path->ino;
	generation->coding = found->coding;
	generation_set_head(generation, &found->head);
	generation->first_us = first_time(look->follow->clock, &found->head);
	saw(generation, found->path);
	if (look->start == FOLLOW_FROM_END) {
		if (found->coding == LOG_CODING_PLAIN)
			generation->offset = end_of(found);
		else
			generation->complete = true;
		generation->tail_len = 0;
		if (found->coding == LOG_CODING_PLAIN &&
			fingerprint_tail(found->fd, found->coding, generation->offset,
				&generation->tail_hash, NULL) == 0)
			generation->tail_len = generation->offset < FINGERPRINT_BYTES
						       ? generation->offset
						       : FINGERPRINT_BYTES;
	} else {
		generation->wait_until_s = look->now_s + look->follow->grace_s;
	}
	return follow_add(look->follow, generation, err);
}

static int place(struct look *look, struct found *found, struct err *err)
{
	struct follow *follow = look->follow;
	struct generation *generation;
	bool adoptable, wait;

	if (found->head.len == 0) {
		follow->empty = true;
		return 0;
	}
	generation = match_generation(follow, found, &adoptable, &wait);
	if (!generation && wait) {
		follow->pending = true;
		return 0;
	}
	if (generation && !adoptable) {
		note_copy(follow, found->path, generation);
		return 0;
	}
	if (generation) {
		adopt(generation, found);
		return 0;
	}
	if (found->head.len < FINGERPRINT_BYTES &&
		match_may_become_copy(follow, &found->head)) {
		follow->pending = true;
		return 0;
	}
	return add_new(look, found, err);
}

/* Second pass: files not found by their inode, the oldest first. */
static int find_by_content(
	struct look *look, const struct log_path *path, struct err *err)
{
	struct found found = { .path = path };
	struct stat st;
	struct err why;
	int rc;

	if (is_known_copy(look->follow, path))
		return 0;
	if (path->size == 0) {
		look->follow->empty = true;
		return 0;
	}
	if (log_file_open(path->path, &found.fd, &st, &why) < 0) {
		if (why.kind != ERR_REJECT) {
			buf_adds(&look->follow->complaints, why.msg);
			buf_addc(&look->follow->complaints, '\n');
		}
		return 0;
	}
	found.coding = log_coding_of(found.fd);
	if (st.st_dev != path->dev || st.st_ino != path->ino ||
		fingerprint_head(found.fd, found.coding, &found.head, &why) < 0) {
		look->follow->pending = true;
		rc = 0;
	} else {
		rc = place(look, &found, err);
	}
	close(found.fd);
	return rc;
}

int look_at(struct follow *follow, const struct log_paths *paths, enum follow_start start,
	double now_s, struct err *err)
{
	struct look look = { .follow = follow, .start = start, .now_s = now_s };
	bool *placed = calloc(paths->count + 1, sizeof(*placed));
	int rc = -1;

	if (!placed || begin_look(&look, err) < 0) {
		err_set(err, ERR_RETRY, "out of memory");
		goto out;
	}
	for (size_t i = 0; i < paths->count; i++)
		placed[i] = find_by_inode(&look, &paths->files[i]);
	rc = 0;
	for (size_t i = 0; i < paths->count && rc == 0; i++)
		if (!placed[i])
			rc = find_by_content(&look, &paths->files[i], err);
out:
	free(look.by_inode);
	free(placed);
	return rc;
}
