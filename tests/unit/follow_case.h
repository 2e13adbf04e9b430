/*
 * Logs in a directory of their own, followed as pg-logtail follows them: looks, reading, restarts.
 *
 * Line N of a test is a server's log line with the time N seconds and the message "N"; what came out is
 * `out`, a line of text for each entry. Time is simulated (now_s), apart from the files' own.
 */
#ifndef TESTS_UNIT_FOLLOW_CASE_H
#define TESTS_UNIT_FOLLOW_CASE_H

#include "unit.h"

#include <dirent.h>
#include <math.h>
#include <sys/time.h>
#include <zlib.h>

#include "json_read.h"
#include "logtail/follow.h"
#include "logtail/reading.h"
#include "scratch.h"
#include "zstd_frame.h"

struct world {
	char dir[SCRATCH_SIZE];
	char list[SCRATCH_SIZE + 64]; /* collection.log_path */
	struct follow follow;
	struct log_clock clock;
	struct prefix prefix;
	char *buffer;
	double now_s;
	size_t room; /* entries until the sink is full */
	struct buf out;
	struct buf gaps; /* "NAME BYTES" each, "?" for not known */
	uint64_t gap_bytes;
	size_t gaps_count, unknown_gaps;
	struct buf state;
	size_t saved_out, saved_gaps, saved_gaps_count; /* committed with the state */
	uint64_t saved_gap_bytes;
	bool other;  /* a file was found to hold something else */
	bool prompt; /* entries are handed on at the end of each file */
};

static inline const char *world_base(const char *path)
{
	return strrchr(path, '/') + 1;
}

static inline void world_gap(void *context, const struct generation *generation,
	bool bytes_known, uint64_t bytes, const char *what)
{
	struct world *world = context;

	assert_true(*what);
	buf_adds(&world->gaps, world_base(generation->path));
	if (bytes_known)
		buf_addf(&world->gaps, " %llu\n", (unsigned long long)bytes);
	else
		buf_adds(&world->gaps, " ?\n");
	world->unknown_gaps += !bytes_known;
	world->gap_bytes += bytes;
	world->gaps_count++;
}

static inline void world_begin_follow(struct world *world)
{
	world->follow = (struct follow){
		.clock = &world->clock, .gap = world_gap, .context = world
	};
}

static inline void world_open(struct world *world)
{
	*world = (struct world){ .now_s = 1000, .room = SIZE_MAX };
	scratch_make(world->dir);
	snprintf(world->list, sizeof(world->list), "%s", world->dir);
	world->buffer = malloc(READ_BUFFER_BYTES);
	assert_non_null(world->buffer);
	assert_int_equal(log_clock_init(&world->clock, "UTC", NULL), 0);
	assert_int_equal(prefix_compile("%m [%p] ", &world->prefix, NULL), 0);
	buf_init(&world->out, (size_t)64 << 20);
	buf_init(&world->gaps, (size_t)1 << 20);
	buf_init(&world->state, (size_t)64 << 20);
	buf_adds(&world->out, "");
	buf_adds(&world->gaps, "");
	world_begin_follow(world);
}

static inline void world_close(struct world *world)
{
	follow_release(&world->follow);
	buf_release(&world->out);
	buf_release(&world->gaps);
	buf_release(&world->state);
	free(world->buffer);
	scratch_remove(world->dir);
}

/* Files */

static inline const char *world_path(const struct world *world, const char *name)
{
	static char paths[4][512];
	static unsigned turn;
	char *path = paths[turn++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", world->dir, name);
	return path;
}

static inline void world_append(struct world *world, const char *name, const char *text)
{
	int fd = open(
		world_path(world, name), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		abort();
	close(fd);
}

/* Line n, NUL-terminated; returns its length. */
static inline size_t world_line(char *ret, size_t size, unsigned n)
{
	return (size_t)snprintf(ret, size,
		"2026-01-%02u %02u:%02u:%02u.000 UTC [7] LOG:  %u\n", 1 + n / 86400,
		n / 3600 % 24, n / 60 % 60, n % 60, n);
}

#define WORLD_LINE 64

/* Lines from..to-1. */
static inline void world_lines(
	struct world *world, const char *name, unsigned from, unsigned to)
{
	char line[WORLD_LINE];

	for (unsigned n = from; n < to; n++) {
		world_line(line, sizeof(line), n);
		world_append(world, name, line);
	}
}

static inline uint64_t world_lines_bytes(unsigned from, unsigned to)
{
	char line[WORLD_LINE];
	uint64_t bytes = 0;

	for (unsigned n = from; n < to; n++)
		bytes += world_line(line, sizeof(line), n);
	return bytes;
}

static inline void world_rename(struct world *world, const char *from, const char *to)
{
	assert_int_equal(rename(world_path(world, from), world_path(world, to)), 0);
}

static inline void world_delete(struct world *world, const char *name)
{
	assert_int_equal(unlink(world_path(world, name)), 0);
}

static inline void world_truncate(struct world *world, const char *name, off_t size)
{
	assert_int_equal(truncate(world_path(world, name), size), 0);
}

/* Written to so many seconds ago. */
static inline void world_age(struct world *world, const char *name, int s)
{
	struct timeval now, times[2];

	gettimeofday(&now, NULL);
	now.tv_sec -= s;
	times[0] = times[1] = now;
	assert_int_equal(utimes(world_path(world, name), times), 0);
}

/* All of a file; the caller frees it. */
static inline char *world_content(struct world *world, const char *name, size_t *ret_len)
{
	int fd = open(world_path(world, name), O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *data;

	assert_true(fd >= 0 && fstat(fd, &st) == 0);
	data = malloc((size_t)st.st_size + 1);
	assert_int_equal(read(fd, data, (size_t)st.st_size), st.st_size);
	close(fd);
	*ret_len = (size_t)st.st_size;
	return data;
}

static inline void world_copy(struct world *world, const char *from, const char *to)
{
	size_t len;
	char *data = world_content(world, from, &len);

	scratch_file(world->dir, to, data, len);
	free(data);
}

/* As gzip(1) and zstd(1) do it: NAME becomes NAME.gz, NAME.zst. */
static inline void world_gzip(struct world *world, const char *name)
{
	size_t len;
	char *data = world_content(world, name, &len);
	char packed[256];
	gzFile gz;

	snprintf(packed, sizeof(packed), "%s.gz", name);
	gz = gzopen(world_path(world, packed), "wb1");
	assert_int_equal(gzwrite(gz, data, (unsigned)len), len);
	assert_int_equal(gzclose(gz), Z_OK);
	free(data);
	world_delete(world, name);
}

static inline void world_zstd(struct world *world, const char *name)
{
	struct zstd_codec *codec = zstd_codec_new();
	size_t len;
	char *data = world_content(world, name, &len);
	char packed[256];
	struct buf frame;

	snprintf(packed, sizeof(packed), "%s.zst", name);
	buf_init(&frame, (size_t)64 << 20);
	assert_int_equal(zstd_frame_compress(codec, data, len, &frame, NULL), 0);
	scratch_file(world->dir, packed, frame.data, frame.len);
	buf_release(&frame);
	zstd_codec_free(codec);
	free(data);
	world_delete(world, name);
}

/* Following */

static inline void world_look_from(struct world *world, enum follow_start start)
{
	struct log_paths paths = { 0 };

	assert_int_equal(log_paths_find(world->list, &paths, NULL), 0);
	assert_int_equal(
		follow_look(&world->follow, &paths, start, world->now_s, NULL), 0);
	log_paths_release(&paths);
}

static inline void world_look(struct world *world)
{
	world_look_from(world, FOLLOW_FROM_SAVED);
}

static inline bool world_sink(void *context, const struct entry *entry)
{
	struct world *world = context;

	buf_add(&world->out, entry->text[ENTRY_MESSAGE].s,
		entry->text[ENTRY_MESSAGE].len);
	buf_adds(&world->out, entry->continued ? " continued\n" : "\n");
	assert_true(world->room > 0); /* not called after it said that it is full */
	return --world->room > 0;
}

/* What is not yet whole stays open. Returns false when the sink is full. */
static inline bool world_read_one(struct world *world, struct generation *generation)
{
	enum reading_result result;
	struct err err;

	if (generation->ended || generation->complete)
		return true;
	if (!generation->reading && generation->coding == LOG_CODING_PLAIN &&
		generation_unread(generation) == 0 && !generation->open_entries)
		return true;
	if (!generation->reading &&
		reading_open(generation, &world->prefix, world->now_s, &err) < 0) {
		generation->reading = NULL;
		return true;
	}
	do
		result = reading_step(
			generation, world->buffer, world->now_s, world_sink, world, &err);
	while (result == READING_DATA);
	world->other |= result == READING_OTHER;
	if (world->prompt && result == READING_END)
		log_parser_silence(
			generation->reading->parser, INFINITY, world_sink, world);
	if (result == READING_END && generation->coding != LOG_CODING_PLAIN &&
		log_reader_is_whole(generation->reading->reader))
		generation->complete = true;
	return result != READING_FULL;
}

static inline bool world_close_ended(struct world *world)
{
	for (size_t i = 0; i < world->follow.count; i++) {
		struct generation *generation = world->follow.list[i];

		if (!generation->ended && !generation->complete)
			continue;
		if (!reading_hand_on_saved(
			    generation, &world->prefix, world->now_s, world_sink, world))
			return false;
		if (!generation->reading)
			continue;
		if (!reading_flush(generation, true, world->now_s, world_sink, world))
			return false;
		reading_close(generation->reading);
		generation->reading = NULL;
	}
	return true;
}

/* False: the sink is full. */
static inline bool world_read(struct world *world)
{
	for (size_t i = 0; i < world->follow.count; i++)
		if (!world_read_one(world, world->follow.list[i]))
			return false;
	return world_close_ended(world);
}

/* What is open is handed on; unfinished lines wait. */
static inline void world_silence(struct world *world)
{
	for (size_t i = 0; i < world->follow.count; i++) {
		struct reading *reading = world->follow.list[i]->reading;

		if (reading && world->room > 0)
			log_parser_silence(reading->parser, INFINITY, world_sink, world);
	}
}

/* Nothing is being written to any more. */
static inline void world_age_all(struct world *world)
{
	DIR *dir = opendir(world->dir);
	struct dirent *entry;

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		if (entry->d_type == DT_REG)
			world_age(world, entry->d_name, 5);
	closedir(dir);
}

/* Looks and reads until everything that can be told is told; each file's last entry is handed on. */
static inline void world_settle(struct world *world)
{
	world->prompt = true;
	for (int i = 0; i < 6; i++) {
		if (i == 3 && world->follow.pending)
			world_age_all(world);
		world_look(world);
		assert_true(world_read(world));
		world->now_s += 1;
	}
	world->prompt = false;
}

/* The state, committed together with what came out so far. */
static inline void world_save(struct world *world)
{
	struct json json;

	buf_clear(&world->state);
	json_begin(&json, &world->state);
	json_array(&json);
	for (size_t i = 0; i < world->follow.count; i++) {
		struct generation *generation = world->follow.list[i];
		struct reading *reading = generation->reading;
		struct buf open;

		buf_init(&open, (size_t)2 << 20);
		if (reading) {
			assert_true(reading_is_safe(generation));
			generation->tail_len = reading->tail_len;
			generation->tail_hash =
				fingerprint_hash(reading->tail, reading->tail_len);
			assert_true(log_parser_save(reading->parser, &open));
		} else if (generation->open_entries) {
			buf_add(&open, generation->open_entries,
				generation->open_entries_len);
		}
		generation_write(generation, &open, &json);
		buf_release(&open);
	}
	json_end(&json);
	assert_false(world->state.failed);
	world->saved_out = world->out.len;
	world->saved_gaps = world->gaps.len;
	world->saved_gaps_count = world->gaps_count;
	world->saved_gap_bytes = world->gap_bytes;
}

/* The process is gone; what came out since the last world_save() with it. */
static inline void world_crash(struct world *world)
{
	struct json_node *root = json_read(world->state.data, world->state.len);
	const struct json_node *node;

	assert_non_null(root);
	follow_release(&world->follow);
	world_begin_follow(world);
	for (node = json_child(root); node; node = json_next(node)) {
		struct generation *generation = generation_read(node);

		assert_non_null(generation);
		assert_int_equal(follow_add(&world->follow, generation, NULL), 0);
	}
	json_read_release(root);
	world->out.len = world->saved_out;
	world->out.data[world->out.len] = '\0';
	world->gaps.len = world->saved_gaps;
	world->gaps.data[world->gaps.len] = '\0';
	world->gaps_count = world->saved_gaps_count;
	world->gap_bytes = world->saved_gap_bytes;
}

static inline void world_restart(struct world *world)
{
	world_save(world);
	world_crash(world);
}

/* Did lines from..to-1 come out, in this order and nothing else since it was asked last? */
#define world_came(world, from, to)                                   \
	do {                                                          \
		char want_[16384] = "";                               \
		for (unsigned n_ = (from); n_ < (unsigned)(to); n_++) \
			sprintf(want_ + strlen(want_), "%u\n", n_);   \
		assert_string_equal((world)->out.data, want_);        \
		buf_clear(&(world)->out);                             \
		(world)->saved_out = 0;                               \
	} while (0)

#define world_told(world, want)                                  \
	do {                                                     \
		assert_string_equal((world)->gaps.data, (want)); \
		buf_clear(&(world)->gaps);                       \
		(world)->saved_gaps = 0;                         \
	} while (0)

#endif
