/*
 * pg-forward at work: the spool's payloads to the listener, oldest first.
 *
 * One thread, one loop (forward.c). What a turn of it does is in send.c (requests), receive.c
 * (answers), dispose.c (files that are done with), upkeep.c (count, eviction, state) and reload.c
 * (SIGHUP, rotated keys).
 */
#ifndef FORWARDER_FORWARD_H
#define FORWARDER_FORWARD_H

#include <stdbool.h>
#include <stdint.h>

#include "body.h"
#include "breaker.h"
#include "config.h"
#include "err.h"
#include "eviction.h"
#include "forward_state.h"
#include "holds.h"
#include "http.h"
#include "leftovers.h"
#include "progress.h"
#include "queue.h"
#include "rate.h"
#include "spool.h"
#include "spool_size.h"

#define FORWARD_IN_FLIGHT_MAX 64
#define FORWARD_BODIES_MAX_BYTES ((size_t)32 << 20)

enum request_kind {
	REQUEST_PLAIN,
	REQUEST_TRIAL, /* decides whether the breaker closes */
	REQUEST_HELD,  /* one of a held source */
	REQUEST_ASIDE, /* set aside: its failures are not the breaker's */
};

struct request {
	bool busy;
	enum request_kind kind;
	char name[SPOOL_NAME_SIZE];
	struct body body;
	unsigned ticket;
};

struct forward {
	struct config *config;
	const char *config_path; /* as given on the command line */
	struct spool *spool;
	struct http *http;
	struct body_loader loader;
	enum compression compression; /* configured, or none after a 415 */

	struct queue queue;
	struct breaker breaker;
	struct aside aside;
	struct trials trials;
	struct leftovers leftovers;
	struct forward_state state; /* holds included */
	struct rate sent_rate;
	struct progress progress;
	uint64_t sent_before; /* by other runs */

	struct request requests[FORWARD_IN_FLIGHT_MAX];
	unsigned in_flight;
	size_t bodies_bytes;

	struct spool_census census;
	bool counting;
	double next_census, census_began;
	struct eviction eviction;
	struct evicted freed; /* by the eviction under way */
	bool spool_gone;
	bool evict_failed, count_failed; /* told; again once it worked in between */
	bool foreign_told, metrics_failed, save_failed, list_failed;

	bool scan;            /* new/ must be listed again */
	double next_scan;     /* anyway */
	double earliest_scan; /* not before: a long listing must not follow a long listing */
	/* Files up to this name that could not be read are passed by, until forget_passed. */
	char passed[SPOOL_NAME_SIZE];
	double forget_passed;
	unsigned unread, unread_before; /* how many were passed by since, and before */
	unsigned unread_told;
	double next_save, next_watchdog, watchdog_s;
	double reload_at; /* SIGHUP: when it is carried out at the latest, else 0 */
	double stop_at;   /* when requests in flight are given up */

	bool once, stop, reload, key_suspect, endpoint_said;
	bool wait_too_long, rejected_any, unread_any; /* why --once exits 1 */
	double waiting_since; /* answers only say wait since then; 0: they do not */
	char fence[SPOOL_NAME_SIZE]; /* --once: the newest file at its start */
	bool failing;                /* the current run of failures was told */
	int signal_fd, inotify_fd;
};

/* Runs until a signal (signals_open() gave signal_fd), or with once until the files present now are
 * sent. ERR_RETRY: exit 1. */
int forward_run(struct config *config, const char *config_path, struct spool *spool,
	bool once, int signal_fd, struct err *err);

/* send.c: which file goes next, and its request. */
bool forward_is_skipped(void *forward, const char *name);
bool forward_is_in_flight(void *forward, const char *name);
void forward_send(struct forward *forward, double now);
double forward_send_wait_s(struct forward *forward, double now);

/* receive.c: what an answer means for the file, the source and the breaker. */
void forward_receive(struct forward *forward, double now);
void forward_abandon(struct forward *forward);
double forward_chance(void); /* random in [0, 1) */

/* dispose.c: files that are done with leave new/, at once or as leftovers. */
void forward_delete(struct forward *forward, const char *name);
void forward_reject(struct forward *forward, const char *name, const char *reason);
void forward_retry_leftovers(struct forward *forward);

/* upkeep.c */
void forward_restore(struct forward *forward, const struct json_node *root);
/* The whole spool at once, but for no longer than within_s: then the count before stands. True when
 * it was all. */
bool forward_count(struct forward *forward, double within_s);
/* After a count: until the spool is as small as it should be. */
void forward_evict(struct forward *forward);
void forward_keep_up(struct forward *forward, double now);
void forward_save(struct forward *forward, bool durable);
void forward_save_soon(struct forward *forward);
double forward_keep_up_wait_s(const struct forward *forward, double now);
/* One file of so many bytes left new/: until the next count. */
void forward_uncount(struct forward *forward, uint64_t disk_bytes);
void forward_note_breaker(struct forward *forward, double now);

/* reload.c */
int forward_open_http(struct forward *forward, struct err *err);
void forward_reload(struct forward *forward);
void forward_reread_key(struct forward *forward);

#endif
