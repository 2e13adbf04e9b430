#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "reading.h"
#include "signals.h"
#include "tail.h"

#define WAIT_US 200000

/* The operands' files, one list. */
static int find_files(struct tail *tail, struct err *err)
{
	tail->follow.grace_s = 0;
	for (size_t i = 0; i < tail->job->files_count; i++) {
		struct log_paths paths = { 0 };
		int rc;

		if (log_paths_find_operand(tail->job->files[i], &paths, err) < 0)
			return -1;
		if (paths.complaints.len > 0) {
			log_line(LOG_ERROR, "%s:", tail->job->files[i]);
			log_lines(LOG_ERROR, paths.complaints.data);
			tail->failed = true;
		}
		rc = follow_look(
			&tail->follow, &paths, FOLLOW_FROM_SAVED, tail->now_s, err);
		log_paths_release(&paths);
		if (rc < 0)
			return -1;
		/* Each look knows its own operand only: the others' files are not gone. */
		for (size_t j = 0; j < tail->follow.count; j++) {
			tail->follow.list[j]->unseen_since_s = 0;
			tail->follow.list[j]->seen = true;
		}
	}
	return 0;
}

/* Was every file read to its end? What went wrong before was told then. */
static void tell_cut_off(struct tail *tail)
{
	for (size_t i = 0; i < tail->follow.count; i++) {
		const struct generation *generation = tail->follow.list[i];
		const struct reading *reading = generation->reading;

		if (!reading || reading->failed) {
			tail->failed |= reading || generation->told;
		} else if (!log_reader_is_whole(reading->reader)) {
			tail->failed = true;
			log_line(LOG_ERROR, "%s: cut off: its end is missing",
				generation->path);
		}
	}
}

static void wait_for_room(struct tail *tail)
{
	bool stop = false, reload = false;

	usleep(WAIT_US);
	signals_take(tail->signal_fd, &stop, &reload);
	tail->stop |= stop;
}

static int import(struct tail *tail, struct err *err)
{
	bool done = false;

	while (!done && !tail->stop && !tail->unsound) {
		tail->now_s = clock_s();
		tail_check_room(tail);
		tail_commit(tail);
		if (!batch_is_full(&tail->batch))
			tail_read(tail);
		if (tail->over_half || tail->blocked)
			wait_for_room(tail);
		else if (!tail->more && !batch_is_full(&tail->batch))
			done = tail_hand_on_all(tail, true) && tail_commit_all(tail);
	}
	if (tail->unsound)
		return err_set(err, ERR_RETRY,
			"stopped: an entry could not be kept (out of memory?); it is "
			"read again at the next start");
	if (!done && tail->spool_gone)
		return err_set(err, ERR_FATAL, SPOOL_GONE, tail->spool->path);
	if (!done)
		return err_set(err, ERR_RETRY, "interrupted: the import is not whole");
	tell_cut_off(tail);
	for (size_t i = 0; i < tail->follow.count; i++)
		if (tail->follow.list[i]->reading)
			tail_warn_of_misfits(tail->follow.list[i]);
	if (tail->failed)
		return err_set(err, ERR_RETRY, "some files could not be imported");
	return 0;
}

int tail_import(struct tail *tail, struct err *err)
{
	int rc = -1;

	if (tail_set_up(tail, err) == 0 && find_files(tail, err) == 0)
		rc = import(tail, err);
	tail_release(tail);
	return rc;
}
