#include "tail.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "reading.h"

/* Bytes read in one turn, before everything else has its turn. */
#define TURN_BYTES ((uint64_t)8 << 20)
/* Files not yet read that are kept open, lest they be deleted before their turn. */
#define OPEN_MAX 256
#define LOOK_AGAIN_S 0.05
#define MOVING_S 1.0
#define SAMPLE_BYTES ((size_t)64 << 10)

/* Is this entry in a better sibling, too? */
static bool is_elsewhere(struct tail *tail, const struct entry *entry)
{
	const struct sibling_role *role = &tail->reading->role;
	char text[LOG_TIME_TEXT_SIZE];
	int64_t wall_us;
	size_t len;

	if (role->reads == SIBLING_ALL)
		return false;
	if (role->reads == SIBLING_STRAY && entry->level == LEVEL_UNPARSED)
		return false;
	return role->from_us == 0 || !entry->time.s ||
	       !log_time_read(&tail->clock, entry->time.s, entry->time.len, text, &len,
		       &wall_us) ||
	       wall_us >= role->from_us;
}

bool tail_sink(void *context, const struct entry *entry)
{
	struct tail *tail = context;

	if (!is_elsewhere(tail, entry)) {
		if (batch_add(&tail->batch, &tail->writer, entry, tail->reading->serial,
			    tail->reading->path, tail->now_s) < 0)
			tail->unsound = true;
		tail->entries++;
	}
	return !batch_is_full(&tail->batch) && !tail->unsound;
}

static size_t read_sample(const struct generation *generation, char *sample)
{
	uint64_t from = generation->offset > SAMPLE_BYTES / 2
				? generation->offset - SAMPLE_BYTES / 2
				: 0;
	struct log_reader *reader;
	struct stat st;
	ssize_t n = 0;
	int fd;

	if (log_file_open(generation->path, &fd, &st, NULL) < 0 ||
		log_reader_open(fd, generation->coding,
			generation->coding == LOG_CODING_PLAIN ? from : 0, &reader,
			NULL) < 0)
		return 0;
	n = log_reader_read(reader, sample, SAMPLE_BYTES, NULL);
	log_reader_close(reader);
	return n > 0 ? (size_t)n : 0;
}

/* The prefix of the lines at hand, else of an older generation of the same log. */
int tail_choose_prefix(struct tail *tail, struct generation *generation,
	struct prefix *ret, struct err *err)
{
	char text[PREFIX_GUESS_SIZE];
	size_t len;

	*ret = tail->prefix;
	if (tail->prefix_given || generation->format != LOG_FORMAT_STDERR)
		return 0;
	len = read_sample(generation, tail->buffer);
	if (!prefix_guess(tail->buffer, len, text))
		return 0;
	log_line(LOG_DEBUG, "%s: log_line_prefix is '%s'", generation->path, text);
	if (prefix_compile(text, ret, err) < 0)
		return -1;
	tail->prefix = *ret;
	return 0;
}

static void open_failed(
	struct tail *tail, struct generation *generation, const struct err *err)
{
	bool other = err->kind == ERR_REJECT;

	log_line(generation->told || other ? LOG_DEBUG : LOG_WARNING, "%s", err->msg);
	generation->told = !other;
	generation->retry_at_s = tail->now_s + (other ? LOOK_AGAIN_S : 1);
	if (!other)
		return;
	/* Another file by now: the next look tells where it is. */
	if (generation->rejected_s <= 0)
		generation->rejected_s = tail->now_s;
	tail->look_at_s = fmin(tail->look_at_s, tail->now_s + LOOK_AGAIN_S);
}

/* It is about to be found elsewhere: newer ones wait for it, a little while. */
static bool is_moving(const struct tail *tail, const struct generation *generation)
{
	return generation->rejected_s > 0 &&
	       tail->now_s < generation->rejected_s + MOVING_S;
}

static bool open_reading(struct tail *tail, struct generation *generation)
{
	struct prefix prefix;
	struct err err;

	if (generation->retry_at_s > tail->now_s)
		return false;
	if (tail_choose_prefix(tail, generation, &prefix, &err) < 0 ||
		reading_open(generation, &prefix, tail->now_s, &err) < 0) {
		open_failed(tail, generation, &err);
		return false;
	}
	generation->told = false;
	generation->rejected_s = 0;
	return true;
}

static bool is_to_be_read(const struct generation *generation)
{
	if (generation->ended || generation->complete)
		return false;
	return generation->seen || generation->reading;
}

/* A worse sibling without anything of its own: its position goes along, unread. */
static bool pass_over(struct tail *tail, struct generation *generation)
{
	if (generation->role.reads != SIBLING_NONE || generation->role.from_us != 0)
		return false;
	if (generation->reading) {
		reading_close(generation->reading);
		generation->reading = NULL;
	}
	if (generation->offset != generation->disk_bytes) {
		generation->offset = generation->disk_bytes;
		generation->tail_len = 0;
		tail->dirty = true;
	}
	return true;
}

static bool has_more(const struct generation *generation)
{
	const struct reading *reading = generation->reading;
	struct stat st;

	if (reading->sink_full || !reading->at_end)
		return true;
	if (fstat(log_reader_fd(reading->reader), &st) < 0)
		return false;
	if (generation->coding != LOG_CODING_PLAIN)
		return (uint64_t)st.st_size != generation->disk_bytes;
	return (uint64_t)st.st_size != log_reader_offset(reading->reader);
}

/* Its lines stopped fitting: perhaps log_line_prefix was changed. */
static void guess_again(struct tail *tail, struct generation *generation)
{
	struct reading *reading = generation->reading;
	const struct stderr_counts *counts = log_parser_counts(reading->parser);
	uint64_t misfits = counts->misfits - reading->misfits;
	uint64_t fitting = counts->fitting - reading->fitting;
	struct prefix prefix;
	struct err err;

	reading->misfits = counts->misfits;
	reading->fitting = counts->fitting;
	if (tail->prefix_given || misfits <= fitting)
		return;
	if (tail_choose_prefix(tail, generation, &prefix, &err) == 0)
		log_parser_set_prefix(reading->parser, &prefix);
}

static void step_failed(
	struct tail *tail, struct generation *generation, const struct err *err)
{
	generation->retry_at_s = tail->now_s + 1;
	if (!generation->reading->failed)
		tail_trouble(tail, err);
	generation->reading->failed = true;
	if (err->kind == ERR_REJECT)
		generation->reading->at_end = true;
}

/* The server has gone on to this one: what is open in the generations before it is whole. */
static bool hand_on_older(struct tail *tail, size_t i)
{
	for (size_t j = 0; j < i; j++) {
		struct generation *older = tail->follow.list[j];

		if (!older->reading || !older->reading->at_end ||
			!isfinite(log_parser_oldest(older->reading->parser)) ||
			!generation_is_kin(older, tail->follow.list[i]))
			continue;
		tail->reading = older;
		if (!log_parser_silence(
			    older->reading->parser, INFINITY, tail_sink, tail))
			return false;
	}
	return true;
}

/* One file to its end, or until the turn is over. False: the turn is over. */
static bool read_one(struct tail *tail, struct generation *generation, uint64_t *bytes)
{
	struct err err;

	tail->reading = generation;
	for (;;) {
		uint64_t before = generation->reading->taken;
		enum reading_result result = reading_step(
			generation, tail->buffer, tail->now_s, tail_sink, tail, &err);

		if (generation->reading->taken != before)
			tail->dirty = true;
		*bytes += generation->reading->taken - before;
		switch (result) {
		case READING_END:
			return true;
		case READING_OTHER:
			tail->look_at_s = tail->now_s;
			generation->retry_at_s = tail->now_s + LOOK_AGAIN_S;
			return true;
		case READING_FAILED:
			step_failed(tail, generation, &err);
			return true;
		case READING_FULL:
			return false;
		case READING_DATA:
			guess_again(tail, generation);
			if (*bytes >= TURN_BYTES || batch_is_full(&tail->batch))
				return false;
			break;
		}
	}
}

/* Oldest first: a generation is read to its end before the next one begins. */
void tail_read(struct tail *tail)
{
	size_t open = 0;
	uint64_t bytes = 0;
	bool going = !tail->over_half && !tail->blocked && !tail->finishing;

	tail->more = false;
	for (size_t i = 0; i < tail->follow.count; i++) {
		struct generation *generation = tail->follow.list[i];

		if (!is_to_be_read(generation) || pass_over(tail, generation))
			continue;
		/* What is newer waits with it, to keep the order. */
		if (generation->wait_until_s > tail->now_s)
			break;
		if (!generation->reading && (generation->coding == LOG_CODING_PLAIN &&
						    generation_unread(generation) == 0 &&
						    !generation->open_entries))
			continue;
		if (!generation->reading && open >= OPEN_MAX)
			break; /* until some are closed */
		if (!generation->reading && !open_reading(tail, generation)) {
			if (is_moving(tail, generation))
				break;
			continue;
		}
		open++;
		if (generation->retry_at_s > tail->now_s || !has_more(generation))
			continue;
		if (!going) {
			tail->more = true;
			continue;
		}
		going = hand_on_older(tail, i) && read_one(tail, generation, &bytes);
		tail->more |= !going;
	}
}

static bool is_unfinished(const struct tail *tail, const struct generation *generation)
{
	const struct reading *reading = generation->reading;
	double after_s = reading_is_safe(generation) ? BREAK_AFTER_S : BREAK_LONG_AFTER_S;

	return reading->at_end && tail->now_s - reading->last_data_s >= after_s &&
	       (reading->rest.len > 0 || !reading_is_safe(generation));
}

void tail_hand_on_silent(struct tail *tail)
{
	for (size_t i = 0; i < tail->follow.count; i++) {
		struct generation *generation = tail->follow.list[i];
		struct reading *reading = generation->reading;

		if (!reading || reading->sink_full)
			continue;
		tail->reading = generation;
		if (is_unfinished(tail, generation)) {
			tail->dirty = true;
			if (!reading_flush(
				    generation, false, tail->now_s, tail_sink, tail))
				return;
		} else if (log_parser_oldest(reading->parser) <=
			   tail->now_s - SILENCE_S) {
			tail->dirty = true;
			if (!log_parser_silence(reading->parser, tail->now_s - SILENCE_S,
				    tail_sink, tail))
				return;
		}
	}
}

bool tail_hand_on_all(struct tail *tail, bool finish)
{
	for (size_t i = 0; i < tail->follow.count; i++) {
		struct generation *generation = tail->follow.list[i];

		if (!generation->reading)
			continue;
		tail->reading = generation;
		if (!reading_flush(generation, finish, tail->now_s, tail_sink, tail))
			return false;
	}
	return true;
}
