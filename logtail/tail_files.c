#include "tail.h"

#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "clock.h"
#include "log.h"
#include "reading.h"

/* A deleted file is kept open so long after its end was read. */
#define CLOSE_AFTER_S 60.0
/* A look may take this part of the time, at most. */
#define LOOK_SHARE 0.005
#define OPEN_WANTED 64
#define LOOK_EACH_S 1.0
#define LOOK_PENDING_S 0.2

static void tell_complaints(struct tail *tail, const struct log_paths *paths)
{
	const char *now = paths->complaints.data, *before = tail->paths.complaints.data;

	if (now && (!before || strcmp(now, before) != 0))
		log_lines(LOG_WARNING, now);
}

/* Files that can't be opened: once, until others can't. */
static void tell_unreadable(struct tail *tail)
{
	const struct buf *now = &tail->follow.complaints;
	struct buf *told = &tail->told_unreadable;

	if (now->len == told->len &&
		(now->len == 0 || memcmp(now->data, told->data, now->len) == 0))
		return;
	log_lines(LOG_WARNING, now->len > 0 ? now->data : NULL);
	buf_clear(told);
	buf_add(told, now->data, now->len);
}

/* When the files are looked at again, unless something happens before. */
static void plan_look(struct tail *tail, double cost_s)
{
	double each_s = tail->follow.pending ? LOOK_PENDING_S : LOOK_EACH_S;

	tail->look_cost_s = cost_s;
	if (cost_s / LOOK_SHARE > each_s)
		each_s = cost_s / LOOK_SHARE;
	tail->looked_s = tail->now_s;
	tail->look_at_s = tail->now_s + each_s;
}

/* Nothing more will come: its last entries are handed on, and it is closed. */
static bool close_reading(struct tail *tail, struct generation *generation)
{
	tail->reading = generation;
	if (!reading_flush(generation, true, tail->now_s, tail_sink, tail))
		return false;
	tail_warn_of_misfits(generation);
	reading_close(generation->reading);
	generation->reading = NULL;
	tail->dirty = true;
	return true;
}

static bool disk_is_full(const struct tail *tail, const struct generation *generation)
{
	struct statvfs fs;

	return fstatvfs(log_reader_fd(generation->reading->reader), &fs) == 0 &&
	       (uint64_t)fs.f_bavail * fs.f_frsize <
		       (uint64_t)tail->config->buffer_min_free_mb << 20;
}

/* Another generation of the same log has come after it. */
static bool is_superseded(const struct tail *tail, const struct generation *generation)
{
	size_t i = tail->follow.count;

	while (i-- > 0 && tail->follow.list[i] != generation)
		if (generation_is_kin(tail->follow.list[i], generation))
			return true;
	return false;
}

/* Deleted while it was open, and reading is stopped: it is kept, unless the disk needs it. */
static void give_up(struct tail *tail, struct generation *generation)
{
	uint64_t unread = generation_unread(generation);

	if (!tail->over_half && !tail->blocked)
		return;
	if (!disk_is_full(tail, generation))
		return;
	if (unread > 0)
		tail->follow.gap(tail, generation, true, unread,
			"a deleted log was given up, because the disk is full while reading is "
			"stopped");
	generation->disk_bytes -= unread; /* told */
	generation->complete = true;
	generation->ended = true;
}

/* By the file's own time, which a copy or a clock set back may make senseless: then it is 0. */
static double unwritten_s(const struct generation *generation)
{
	double age_s = (double)clock_wall_us() / 1e6 - (double)generation->mtime.tv_sec;

	return age_s > 0 ? age_s : 0;
}

static void close_compressed(
	struct tail *tail, struct generation *generation, double quiet_s)
{
	const struct reading *reading = generation->reading;

	if (reading->failed || (reading->at_end && quiet_s >= CLOSE_AFTER_S &&
				       !log_reader_is_whole(reading->reader)))
		tail->follow.gap(tail, generation, false, 0,
			"the compressed log is broken: what comes after is lost");
	else if (!reading->at_end || !log_reader_is_whole(reading->reader))
		return;
	generation->complete = true;
}

static void close_if_done(struct tail *tail, struct generation *generation)
{
	const struct reading *reading = generation->reading;
	double quiet_s =
		fmax(tail->now_s - reading->last_data_s, unwritten_s(generation));

	if (generation->coding != LOG_CODING_PLAIN) {
		close_compressed(tail, generation, quiet_s);
		return;
	}
	if (reading->deleted_s > 0 && generation_unread(generation) > 0) {
		give_up(tail, generation);
		return;
	}
	if (!reading->at_end || quiet_s < CLOSE_AFTER_S)
		return;
	if (reading->deleted_s > 0) {
		if (tail->now_s - reading->deleted_s < CLOSE_AFTER_S)
			return;
		generation->ended = true;
	} else if (!is_superseded(tail, generation)) {
		return;
	}
	generation->complete = true;
}

/* Read to its end before it was opened: at the first start, or by an earlier run. */
static void complete_old(struct tail *tail)
{
	int64_t now_us = clock_wall_us();

	for (size_t i = 0; i < tail->follow.count; i++) {
		struct generation *generation = tail->follow.list[i];

		if (generation->reading || generation->complete || !generation->seen ||
			generation->coding != LOG_CODING_PLAIN ||
			generation->offset != generation->disk_bytes ||
			generation->mtime.tv_sec + CLOSE_AFTER_S > now_us / 1000000)
			continue;
		generation->complete = is_superseded(tail, generation);
		tail->dirty |= generation->complete;
	}
}

static size_t count_open(const struct tail *tail)
{
	size_t open = 0;

	for (size_t i = 0; i < tail->follow.count; i++)
		open += tail->follow.list[i]->reading != NULL;
	return open;
}

/* Too many are open: one that is read, and not the newest, can be opened again if it grows. */
static bool may_close(const struct tail *tail, const struct generation *generation)
{
	const struct reading *reading = generation->reading;

	return reading->at_end && reading->rest.len == 0 && reading->deleted_s <= 0 &&
	       is_superseded(tail, generation);
}

/* What was open when an earlier run ended, of a log that is gone since. */
static bool hand_on_saved(struct tail *tail, struct generation *generation)
{
	if (!generation->open_entries || (!generation->ended && !generation->complete))
		return true;
	tail->reading = generation;
	tail->dirty = true;
	return reading_hand_on_saved(
		generation, &tail->prefix, tail->now_s, tail_sink, tail);
}

/* Files are kept open while something may come, and closed a minute after the last did. */
void tail_close_ended(struct tail *tail)
{
	size_t open = count_open(tail);

	for (size_t i = 0; i < tail->follow.count; i++) {
		struct generation *generation = tail->follow.list[i];

		if (!generation->reading) {
			if (!hand_on_saved(tail, generation))
				return;
			continue;
		}
		if (!generation->ended && !generation->complete)
			close_if_done(tail, generation);
		if (!generation->ended && !generation->complete &&
			(open <= OPEN_WANTED || !may_close(tail, generation)))
			continue;
		if (!close_reading(tail, generation))
			return;
		open--;
	}
}

void tail_look(struct tail *tail)
{
	double began_s = clock_s();
	struct log_paths paths = { 0 };
	struct err err;

	if (log_paths_find(tail->config->log_path, &paths, &err) < 0) {
		tail_trouble(tail, &err);
		plan_look(tail, clock_s() - began_s);
		return;
	}
	tell_complaints(tail, &paths);
	log_paths_release(&tail->paths);
	tail->paths = paths;
	if (follow_look(&tail->follow, &tail->paths, tail->start, tail->now_s, &err) < 0)
		tail_trouble(tail, &err);
	else
		tail->start = FOLLOW_FROM_SAVED;
	tell_unreadable(tail);
	follow_forget(&tail->follow, tail->now_s);
	complete_old(tail);
	if (tail->watch)
		watch_set_directories(tail->watch, tail->paths.directories,
			tail->paths.directories_count);
	plan_look(tail, clock_s() - began_s);
}
