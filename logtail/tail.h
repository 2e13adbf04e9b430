/*
 * pg-logtail at work: the logs' entries into the spool, once each.
 *
 * One thread, one loop (tail.c). What a turn of it does is in tail_files.c (which files there are),
 * tail_read.c (bytes into entries), tail_commit.c (entries and positions into the spool),
 * tail_upkeep.c (state, room, warnings) and tail_reload.c (SIGHUP).
 */
#ifndef LOGTAIL_TAIL_H
#define LOGTAIL_TAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "batch.h"
#include "commit.h"
#include "config.h"
#include "entry_json.h"
#include "err.h"
#include "event.h"
#include "follow.h"
#include "log_paths.h"
#include "log_time.h"
#include "prefix.h"
#include "prefix_guess.h"
#include "spool.h"
#include "watch.h"

#define LOGTAIL_PROGRAM "pg-logtail"

/* An entry is whole when nothing of it came for so long; the server writes all of it at once. */
#define SILENCE_S 0.5
/* An unfinished line is given up on after so long; a long one, which keeps commits waiting, sooner. */
#define BREAK_AFTER_S 10.0
#define BREAK_LONG_AFTER_S 1.0

struct tail_job {
	bool once;
	bool print;
	bool from_start;
	const char *format;          /* --format, NULL: as configured */
	const char *log_line_prefix; /* --log-line-prefix, NULL: as configured */
	char **files;                /* to import */
	size_t files_count;
};

struct tail {
	const struct tail_job *job;
	struct config *config;
	const char *config_path;
	struct spool *spool; /* NULL: printing, and there is none */
	char host[256];

	struct log_clock clock;
	struct event_table *events;
	struct entry_writer writer;
	struct prefix prefix; /* configured, or the server's default */
	bool prefix_given;    /* it is not to be recognised */

	struct log_paths paths;
	struct follow follow;
	struct buf told_unreadable; /* what tail_look() said last */
	struct watch *watch;
	enum follow_start start;
	double look_at_s, looked_s, look_cost_s;

	struct batch batch;
	struct commit commit;
	char *buffer;               /* READ_BUFFER_BYTES */
	struct generation *reading; /* whose entries the sink takes now */
	double now_s;               /* of this turn */
	double committed_s, finish_since_s;
	double save_at_s;  /* state, when nothing is committed */
	double retry_at_s; /* after a failure: not before */
	bool finishing;    /* the state may be written: nothing is read until it is */
	bool dirty;        /* positions have changed since the state was written */
	bool more;         /* files have bytes that were not read yet */
	bool over_half;    /* the spool is too full: nothing is read */
	bool blocked;      /* a commit failed for want of room or by an I/O error */
	bool told_blocked; /* and that was said */
	bool failed;       /* some file of an import could not be read */
	bool unsound; /* an entry could not be kept: stop without saving, read it again */
	bool spool_gone;  /* removed or replaced: likewise */
	double room_at_s; /* when the spool's size is to be looked at again */
	double warn_at_s; /* lines that don't fit */
	double watchdog_at_s, watchdog_s;
	uint64_t entries; /* since the start */
	uint64_t gaps;
	char last_error[256];

	bool stop, reload;
	int signal_fd;
};

/* Follows the logs until a signal, or with once until they are read. ERR_RETRY: exit 1. */
int tail_run(struct tail *tail, struct err *err);

/* Reads job->files from start to end; keeps no position. */
int tail_import(struct tail *tail, struct err *err);

/* tail_read.c */
int tail_set_up(struct tail *tail, struct err *err);
void tail_release(struct tail *tail);
bool tail_sink(void *tail, const struct entry *entry);
void tail_read(struct tail *tail);
void tail_hand_on_silent(struct tail *tail);
/* Every open entry, unfinished lines too; finish: the logs end here. False: the batch is full, call
 * again. */
bool tail_hand_on_all(struct tail *tail, bool finish);
int tail_choose_prefix(struct tail *tail, struct generation *generation,
	struct prefix *ret, struct err *err);

/* tail_files.c */
void tail_look(struct tail *tail);
void tail_close_ended(struct tail *tail);

/* tail_commit.c: moves entries on where it is time; tells (blocked) when that can't be. */
void tail_commit(struct tail *tail);
/* All there is. False: not now. */
bool tail_commit_all(struct tail *tail);

/* tail_upkeep.c */
int tail_load_state(struct tail *tail, bool had_lock, struct err *err);
void tail_write_state(void *tail, struct buf *out);
void tail_check_room(struct tail *tail);
void tail_keep_up(struct tail *tail);
/* Says how many of the log's lines did not fit, if many, since it was last said. */
void tail_warn_of_misfits(struct generation *generation);
double tail_wait_s(const struct tail *tail);
void tail_trouble(struct tail *tail, const struct err *err);

/* tail_reload.c */
int tail_configure(struct tail *tail, struct err *err);
/* The configured log_line_prefix, or false where it is to be recognised. Quotes around it are taken off,
 * as postgresql.conf has them; a configuration file drops blanks at its end. */
bool tail_prefix_text(const struct config *config, const struct tail_job *job,
	char ret[PREFIX_GUESS_SIZE], struct err *err);
int tail_format(const char *name, enum log_format *ret, struct err *err);
void tail_reload(struct tail *tail);

#endif
