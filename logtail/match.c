#include "match.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "reading.h"

/* A file written to so lately may be growing. */
#define GROWING_US ((int64_t)1000000)

/* A time that is yet to come tells of a clock that was set back. */
static bool is_growing(const struct timespec *mtime)
{
	int64_t age_us = clock_wall_us() - clock_us(mtime);

	return age_us > -GROWING_US && age_us < GROWING_US;
}

bool match_tail(const struct generation *generation, enum log_coding coding, int fd)
{
	uint64_t tail, hash;

	if (coding != LOG_CODING_PLAIN || !generation_tail(generation, &tail))
		return true;
	return fingerprint_tail(fd, coding, generation->offset, &hash, NULL) == 0 &&
	       hash == tail;
}

/* As generation_has_head(). */
static bool has_head(const struct generation *generation, struct found *found)
{
	size_t len = generation->head_len;

	if (len == 0 || len > found->head.len)
		return false;
	if (!found->hashed[len])
		found->hashes[len] = fingerprint_hash(found->head.bytes, len);
	found->hashed[len] = true;
	return found->hashes[len] == generation->head_hash;
}

/*
 * Shorter than what was read: a copy in the making, or made before the last lines came. Where the
 * original is at hand it is compared; without it, a head of FINGERPRINT_BYTES has to do.
 */
static bool is_beginning_of(const struct generation *original, const struct found *found)
{
	uint64_t end = found->path->size, one, other;
	struct head head;
	struct stat st;
	bool same = true;
	int fd;

	if (original->coding != LOG_CODING_PLAIN || found->coding != LOG_CODING_PLAIN ||
		log_file_open(original->path, &fd, &st, NULL) < 0)
		return true;
	if (st.st_dev == original->dev && st.st_ino == original->ino &&
		fingerprint_head(fd, LOG_CODING_PLAIN, &head, NULL) == 0 &&
		generation_has_head(original, &head) &&
		fingerprint_tail(fd, LOG_CODING_PLAIN, end, &one, NULL) == 0 &&
		fingerprint_tail(found->fd, LOG_CODING_PLAIN, end, &other, NULL) == 0)
		same = one == other;
	close(fd);
	return same;
}

static bool has_tail(const struct generation *generation, const struct found *found)
{
	if (found->path->size < generation->offset)
		return is_beginning_of(generation, found);
	return match_tail(generation, found->coding, found->fd);
}

/*
 * A copy is no longer than what it was copied from. Where that has only begun, it may have grown
 * since it was looked at: wait. A head of few bytes says little.
 */
static bool is_longer(
	const struct generation *original, const struct found *found, bool *ret_wait)
{
	bool longer = original->head_len < FINGERPRINT_BYTES &&
		      found->head.len > original->head_len;

	*ret_wait |= longer && is_growing(&original->mtime);
	return longer;
}

/* Is what was taken for the original the copy, which grows no more? */
static bool is_original(
	const struct generation *copy, const struct found *found, bool *ret_wait)
{
	bool longer = copy->coding == LOG_CODING_PLAIN &&
		      found->coding == LOG_CODING_PLAIN &&
		      found->path->size > copy->disk_bytes;

	*ret_wait |= longer && is_growing(&copy->mtime);
	return longer;
}

struct generation *match_generation(
	const struct follow *follow, struct found *found, bool *ret_adopt, bool *ret_wait)
{
	struct generation *seen = NULL;

	*ret_adopt = true;
	*ret_wait = false;
	for (size_t i = 0; i < follow->count; i++) {
		struct generation *generation = follow->list[i];

		if (!has_head(generation, found) || !has_tail(generation, found))
			continue;
		if (!generation->seen)
			return generation;
		if (!is_longer(generation, found, ret_wait))
			seen = generation;
	}
	if (!seen)
		return NULL;
	*ret_wait = false;
	*ret_adopt = is_original(seen, found, ret_wait);
	return *ret_wait ? NULL : seen;
}

bool match_may_become_copy(const struct follow *follow, const struct head *head)
{
	for (size_t i = 0; i < follow->count; i++) {
		const struct reading *reading = follow->list[i]->reading;

		if (reading && reading->head_len > head->len &&
			memcmp(reading->head, head->bytes, head->len) == 0)
			return true;
	}
	return false;
}
