#include "tail.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "notify.h"
#include "reading.h"
#include "state.h"

/* Of the cap: above the first nothing is read, below the second it goes on. */
#define STOP_PERCENT 50
#define GO_PERCENT 40
#define ROOM_EACH_S 1.0
#define WARN_EACH_S 60.0
#define MISFITS_MIN 5
#define MISFITS_SHARE 0.02
#define IDLE_SAVE_S 60.0

void tail_trouble(struct tail *tail, const struct err *err)
{
	/* Once, until something else is wrong. */
	if (strcmp(tail->last_error, err->msg) != 0)
		log_line(LOG_WARNING, "%s", err->msg);
	snprintf(tail->last_error, sizeof(tail->last_error), "%s", err->msg);
}

static uint64_t lag_bytes(const struct tail *tail)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < tail->follow.count; i++)
		if (!tail->follow.list[i]->complete)
			bytes += generation_unread(tail->follow.list[i]);
	return bytes;
}

static void write_generation(struct generation *generation, struct json *json)
{
	struct reading *reading = generation->reading;
	struct buf open;

	buf_init(&open, (size_t)2 << 20);
	if (reading) {
		reading_keep_tail(generation);
		log_parser_save(reading->parser, &open);
	} else if (generation->open_entries) {
		buf_add(&open, generation->open_entries, generation->open_entries_len);
	}
	if (open.failed)
		json->buf->failed = true;
	generation_write(generation, &open, json);
	buf_release(&open);
}

void tail_write_state(void *context, struct buf *out)
{
	struct tail *tail = context;
	struct json json;

	json_begin(&json, out);
	json_object(&json);
	json_key(&json, "version");
	json_int(&json, STATE_VERSION);
	json_key(&json, "updated_at");
	json_seconds(&json, clock_wall_us());
	json_key(&json, "reading");
	json_string(&json, tail->over_half ? "stopped: the spool is half full"
			   : tail->blocked ? tail->last_error
					   : "yes");
	json_key(&json, "entries");
	json_uint(&json, tail->entries);
	json_key(&json, "gaps");
	json_uint(&json, tail->gaps);
	json_key(&json, "behind_bytes");
	json_uint(&json, lag_bytes(tail));
	json_key(&json, "last_error");
	json_string(&json, tail->last_error[0] ? tail->last_error : NULL);
	commit_write_names(&tail->commit, &json);
	json_key(&json, "files");
	json_array(&json);
	for (size_t i = 0; i < tail->follow.count; i++)
		write_generation(tail->follow.list[i], &json);
	json_end(&json);
	json_end(&json);
	buf_addc(out, '\n');
}

static int read_files(struct tail *tail, const struct json_node *root, struct err *err)
{
	const struct json_node *node = json_child(json_get(root, "files"));

	for (; node; node = json_next(node)) {
		struct generation *generation = generation_read(node);

		if (!generation)
			return err_set(err, ERR_RETRY,
				"state/" LOGTAIL_PROGRAM
				".json: a file is not understood");
		if (follow_add(&tail->follow, generation, err) < 0)
			return -1;
	}
	return 0;
}

static void tell_state_lost(struct tail *tail, const char *what)
{
	struct gap gap = { .file = tail->config->log_path,
		.what = what,
		.to_wall_us = clock_wall_us() };

	log_line(LOG_ERROR, "%s", what);
	if (batch_add_gap(&tail->batch, &gap, tail->now_s) < 0)
		tail->unsound = true;
	tail->gaps++;
}

static bool is_ours(const char *source)
{
	return strcmp(source, LOG_SOURCE) == 0;
}

/* had_lock: an earlier run was there, which must have left a state. */
int tail_load_state(struct tail *tail, bool had_lock, struct err *err)
{
	bool owner = !tail->job->print;
	struct state_file state;
	int left = 0, rc = 0;

	if (state_load(tail->spool, LOGTAIL_PROGRAM, owner, &state, err) < 0)
		return -1;
	tail->start =
		state.root || tail->job->from_start ? FOLLOW_FROM_SAVED : FOLLOW_FROM_END;
	if (state.root && owner)
		left = commit_roll_forward(tail->spool, state.root, err);
	if (left < 0 || read_files(tail, state.root, err) < 0)
		rc = -1;
	json_read_release(state.root);
	if (rc < 0)
		return -1;
	if (left > 0)
		log_line(LOG_NOTICE, "published %d payloads of a run that died", left);
	if (state.previous)
		log_line(LOG_WARNING,
			"the state was unreadable; the one before it is used: entries of the "
			"last commit may come twice");
	else if (owner && !state.root && (state.lost || had_lock))
		tell_state_lost(tail,
			"the state of pg-logtail was lost: what came to the logs since its "
			"last run was not read, or is read again");
	if (owner && (left = (int)spool_remove_debris(tail->spool, is_ours)) > 0)
		log_line(LOG_NOTICE, "removed %d unfinished files of a run that died",
			left);
	return 0;
}

/* Does the spool leave room, and is it there at all? Looked at once a second. */
void tail_check_room(struct tail *tail)
{
	uint64_t cap = (uint64_t)tail->config->buffer_max_size_mb << 20, bytes;
	struct err err;

	if (tail->job->print || tail->now_s < tail->room_at_s)
		return;
	tail->room_at_s = tail->now_s + ROOM_EACH_S;
	tail->spool_gone |= spool_is_gone(tail->spool);
	tail->stop |= tail->spool_gone;
	if (room_update(tail->spool, &tail->commit.size, &err) < 0) {
		tail_trouble(tail, &err);
		return;
	}
	bytes = tail->commit.size.bytes;
	bytes -= tail->commit.size.apart_bytes < bytes ? tail->commit.size.apart_bytes
						       : bytes;
	if (!tail->over_half && bytes > cap / 100 * STOP_PERCENT) {
		tail->over_half = tail->dirty = true;
		log_line(LOG_WARNING,
			"the spool holds %.1f MB, more than %d %% of buffer.max_size_mb: the logs "
			"wait to be read; is pg-forward running?",
			(double)bytes / (1 << 20), STOP_PERCENT);
	} else if (tail->over_half && bytes < cap / 100 * GO_PERCENT) {
		tail->over_half = false;
		tail->dirty = true;
		log_line(LOG_NOTICE, "the spool has room again: reading goes on");
	}
}

/* Lines that don't fit log_line_prefix: loudly, with an example and the rate. */
void tail_warn_of_misfits(struct generation *generation)
{
	struct reading *reading = generation->reading;
	const struct stderr_counts *counts = log_parser_counts(reading->parser);
	uint64_t misfits = counts->misfits - reading->told_misfits;
	uint64_t fitting = counts->fitting - reading->told_fitting;

	if (misfits < MISFITS_MIN ||
		(double)misfits < MISFITS_SHARE * (double)(misfits + fitting))
		return;
	reading->told_misfits = counts->misfits;
	reading->told_fitting = counts->fitting;
	log_line(LOG_WARNING,
		"%s: %" PRIu64 " of %" PRIu64
		" lines do not fit log_line_prefix and are sent as UNPARSED, such as: "
		"%s; set collection.log_line_prefix as the server has it",
		generation->path, misfits, misfits + fitting, counts->example);
}

static void warn_of_misfits(struct tail *tail)
{
	if (tail->now_s < tail->warn_at_s)
		return;
	for (size_t i = 0; i < tail->follow.count; i++)
		if (tail->follow.list[i]->reading)
			tail_warn_of_misfits(tail->follow.list[i]);
	tail->warn_at_s = tail->now_s + WARN_EACH_S;
}

static void save_state(struct tail *tail)
{
	if (tail->job->print || tail->job->files_count > 0 ||
		tail->now_s < tail->save_at_s || tail->retry_at_s > tail->now_s)
		return;
	if (!tail->dirty && tail->now_s < tail->committed_s + IDLE_SAVE_S)
		return;
	tail->save_at_s = tail->now_s + tail->config->batch_interval_s;
	tail->dirty = true;
	/* Positions with entries on the way: with them, or not at all. */
	tail_commit_all(tail);
}

static void feed_watchdog(struct tail *tail)
{
	char status[128];

	if (tail->now_s < tail->watchdog_at_s)
		return;
	tail->watchdog_at_s =
		tail->now_s + (tail->watchdog_s > 0 ? fmin(tail->watchdog_s, 5) : 5);
	snprintf(status, sizeof(status),
		"%sSTATUS=%s, %" PRIu64 " entries sent to the spool, %" PRIu64
		" KB behind",
		tail->watchdog_s > 0 ? "WATCHDOG=1\n" : "",
		tail->over_half || tail->blocked ? "waiting for room" : "reading",
		tail->entries, lag_bytes(tail) >> 10);
	notify_send(status);
}

void tail_keep_up(struct tail *tail)
{
	warn_of_misfits(tail);
	save_state(tail);
	feed_watchdog(tail);
}

static double until(double at_s, double now_s)
{
	return at_s > now_s ? at_s - now_s : 0;
}

double tail_wait_s(const struct tail *tail)
{
	double wait_s = 1;

	if (tail->more && !tail->over_half && !tail->blocked && !tail->finishing)
		return 0;
	wait_s = fmin(wait_s, until(tail->look_at_s, tail->now_s));
	if (tail->blocked)
		wait_s = fmin(wait_s, until(tail->retry_at_s, tail->now_s));
	if (tail->batch.count > 0 && !tail->blocked)
		wait_s = fmin(wait_s, 0.1);
	for (size_t i = 0; i < tail->follow.count; i++) {
		const struct generation *generation = tail->follow.list[i];
		double oldest_s;

		if (generation->wait_until_s > tail->now_s)
			wait_s = fmin(wait_s, generation->wait_until_s - tail->now_s);
		if (!generation->reading)
			continue;
		oldest_s = log_parser_oldest(generation->reading->parser);
		wait_s = fmin(wait_s, until(oldest_s + SILENCE_S, tail->now_s) + 0.01);
	}
	return wait_s;
}
