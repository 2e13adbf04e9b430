#include "tail.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "clock.h"
#include "host.h"
#include "lock.h"
#include "log.h"
#include "notify.h"
#include "reading.h"
#include "signals.h"

#define GRACE_S 0.25
#define ONCE_WAIT_S 0.05

static void note_gap(void *context, const struct generation *generation, bool bytes_known,
	uint64_t bytes, const char *what)
{
	struct tail *tail = context;
	struct gap gap = { .log = generation->serial,
		.file = generation->path,
		.bytes_known = bytes_known,
		.bytes = bytes,
		.from_wall_us = (int64_t)generation->mtime.tv_sec * 1000000,
		.to_wall_us = clock_wall_us(),
		.what = what };

	if (bytes_known)
		log_line(LOG_ERROR, "%s: %s; %llu bytes are lost", generation->path, what,
			(unsigned long long)bytes);
	else
		log_line(LOG_WARNING, "%s: %s", generation->path, what);
	if (batch_add_gap(&tail->batch, &gap, tail->now_s) < 0)
		tail->unsound = true;
	tail->gaps++;
}

int tail_set_up(struct tail *tail, struct err *err)
{
	tail->now_s = clock_s();
	host_name(tail->host, sizeof(tail->host));
	tail->follow = (struct follow){ .clock = &tail->clock,
		.grace_s = GRACE_S,
		.gap = note_gap,
		.context = tail };
	buf_init(&tail->follow.complaints, (size_t)64 << 10);
	buf_init(&tail->told_unreadable, (size_t)64 << 10);
	tail->events = event_table_new();
	tail->buffer = malloc(READ_BUFFER_BYTES);
	if (!tail->events || !tail->buffer)
		return err_set(err, ERR_RETRY, "out of memory");
	if (tail_configure(tail, err) < 0 || batch_init(&tail->batch, err) < 0 ||
		commit_open(&tail->commit, tail->spool, tail->config, err) < 0)
		return -1;
	tail->save_at_s = tail->now_s + tail->config->batch_interval_s;
	tail->warn_at_s = tail->now_s + 1;
	tail->watchdog_s = notify_watchdog_s();
	return 0;
}

void tail_release(struct tail *tail)
{
	commit_close(&tail->commit);
	batch_release(&tail->batch);
	follow_release(&tail->follow);
	log_paths_release(&tail->paths);
	buf_release(&tail->told_unreadable);
	watch_close(tail->watch);
	entry_writer_release(&tail->writer);
	event_table_free(tail->events);
	free(tail->buffer);
}

/* Deleted files are kept open until they are read: as many as we may. */
static void raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max < 4096 ? limit.rlim_max : 4096;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static void take_signals(struct tail *tail)
{
	bool stop = false, reload = false;

	signals_take(tail->signal_fd, &stop, &reload);
	tail->stop |= stop;
	tail->reload |= reload;
}

/* Each write of the server wakes us: what comes within so short a time is read at once. */
#define GATHER_S 0.025

static void gather(struct tail *tail)
{
	struct pollfd fd = { .fd = tail->signal_fd, .events = POLLIN };
	double rest_s = tail->now_s + GATHER_S - clock_s();

	if (rest_s > 0 && !tail->more && poll(&fd, 1, (int)(rest_s * 1000) + 1) > 0)
		take_signals(tail);
}

static void wait_for_something(struct tail *tail, double most_s)
{
	struct pollfd fds[2] = { { .fd = tail->signal_fd, .events = POLLIN },
		{ .fd = tail->watch ? watch_fd(tail->watch) : -1, .events = POLLIN } };
	bool names = false, data = false;

	gather(tail);
	if (tail->stop ||
		poll(fds, 2, (int)(fmin(tail_wait_s(tail), most_s) * 1000)) <= 0)
		return;
	if (fds[0].revents)
		take_signals(tail);
	if (fds[1].revents)
		watch_take(tail->watch, &names, &data);
	/* A storm of new names must not make us list directories all the time. */
	if (names || (data && tail->follow.empty))
		tail->look_at_s = fmin(tail->look_at_s,
			tail->looked_s + fmax(0.02, 20 * tail->look_cost_s));
}

static void turn(struct tail *tail)
{
	tail->now_s = clock_s();
	if (tail->reload)
		tail_reload(tail);
	tail_check_room(tail);
	if (tail->now_s >= tail->look_at_s)
		tail_look(tail);
	/* With a full batch first: what is read needs its room. */
	tail_commit(tail);
	if (!batch_is_full(&tail->batch))
		tail_read(tail);
	if (!tail->finishing && !batch_is_full(&tail->batch))
		tail_hand_on_silent(tail);
	if (!tail->finishing && !batch_is_full(&tail->batch))
		tail_close_ended(tail);
	tail_commit(tail);
	tail_keep_up(tail);
}

static bool is_settled(const struct tail *tail)
{
	if (tail->more || tail->batch.count > 0 || tail->finishing ||
		tail->commit.files.count > 0)
		return false;
	for (size_t i = 0; i < tail->follow.count; i++) {
		const struct generation *generation = tail->follow.list[i];

		if (generation->wait_until_s > tail->now_s ||
			(!generation->seen && !generation->ended && !generation->reading))
			return false;
	}
	return true;
}

/* --once: everything that is there now, its last entries after the silence. */
static int run_once(struct tail *tail, struct err *err)
{
	double quiet_s = clock_s();
	uint64_t entries = 0;

	tail->follow.grace_s = 0;
	while (!tail->stop && !tail->unsound) {
		turn(tail);
		if (tail->over_half || tail->blocked)
			return err_set(err, ERR_RETRY, "stopped, nothing is lost: %s",
				tail->blocked ? tail->last_error
					      : "the spool is half full");
		if (tail->entries != entries || tail->more)
			quiet_s = tail->now_s;
		entries = tail->entries;
		if (tail->now_s - quiet_s >= SILENCE_S && tail_hand_on_all(tail, false) &&
			tail_commit_all(tail) && is_settled(tail))
			return 0;
		wait_for_something(tail, ONCE_WAIT_S);
	}
	return 0;
}

static void run_service(struct tail *tail)
{
	notify_send("READY=1");
	while (!tail->stop && !tail->unsound) {
		turn(tail);
		wait_for_something(tail, 1);
	}
	notify_send("STOPPING=1");
}

/* What was read is committed; what is open is saved with the position. */
static void run_down(struct tail *tail)
{
	tail->now_s = clock_s();
	for (size_t i = 0; i < tail->follow.count; i++)
		if (tail->follow.list[i]->reading)
			tail_warn_of_misfits(tail->follow.list[i]);
	if (tail->unsound || tail->spool_gone)
		return; /* a position may be ahead of an entry that could not be kept */
	if (!tail_commit_all(tail))
		log_line(LOG_WARNING,
			"the last entries could not be written to the spool: they are read "
			"again at the next start");
}

static bool has_lock_file(const struct spool *spool)
{
	return faccessat(spool->state_fd, LOGTAIL_PROGRAM ".lock", F_OK, 0) == 0;
}

int tail_run(struct tail *tail, struct err *err)
{
	bool had_lock = tail->spool && has_lock_file(tail->spool);
	int lock_fd = -1, rc = -1;
	struct err why;

	if (!tail->job->print &&
		lock_take(tail->spool, LOGTAIL_PROGRAM, &lock_fd, err) < 0)
		return -1;
	raise_descriptors();
	if (tail_set_up(tail, err) < 0)
		goto out;
	if (tail->spool && tail_load_state(tail, had_lock, err) < 0)
		goto out;
	if (!tail->spool)
		tail->start = tail->job->from_start ? FOLLOW_FROM_SAVED : FOLLOW_FROM_END;
	if (watch_open(&tail->watch, &why) < 0)
		log_line(LOG_WARNING, "%s; looking each second instead", why.msg);
	/* The first position is saved at once: a state that is missing later was lost. */
	tail_look(tail);
	tail->dirty = true;
	if (!tail_commit_all(tail))
		log_line(LOG_WARNING, "the first position could not be saved yet");
	rc = 0;
	if (tail->job->once)
		rc = run_once(tail, err);
	else
		run_service(tail);
	run_down(tail);
	if (tail->unsound)
		rc = err_set(err, ERR_RETRY,
			"stopped: an entry could not be kept (out of memory?); it is "
			"read again at the next start");
	if (tail->spool_gone)
		rc = err_set(err, ERR_FATAL, SPOOL_GONE, tail->spool->path);
out:
	tail_release(tail);
	if (lock_fd >= 0)
		close(lock_fd);
	return rc;
}
