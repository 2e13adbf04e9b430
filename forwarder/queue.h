/*
 * The oldest payloads that may be sent, in name order: a window on new/, so that a spool of a
 * million files costs no more memory than one of sixty thousand.
 *
 * Names leave the queue when they are taken, and come back by queue_put() when a request failed.
 * `more` says that new/ held files beyond the window: fill again when it is empty. To put the
 * newest and to take the oldest costs the same however many wait.
 * Ownership: the caller's storage; queue_release() accepts a zeroed one.
 */
#ifndef FORWARDER_QUEUE_H
#define FORWARDER_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"
#include "spool_name.h"

#define QUEUE_MAX 65536 /* 6 MiB */

struct queue {
	char (*names)
		[SPOOL_NAME_SIZE]; /* a ring: the oldest at first, newer ones behind */
	size_t first, count;
	bool more;
};

/* Names that are not wanted. */
typedef bool queue_skip(void *context, const char *name);

int queue_init(struct queue *queue, struct err *err);
void queue_release(struct queue *queue);

/*
 * Replaces the content by the oldest names in the directory that skip() does not refuse. What the
 * directory itself says is no regular file is left out; some file systems don't say.
 */
int queue_fill(struct queue *queue, int dir_fd, queue_skip *skip, void *context,
	struct err *err);

/* The first that a queue_fill() would offer, "" when there is none. */
int queue_find_oldest(int dir_fd, queue_skip *skip, void *context,
	char ret[SPOOL_NAME_SIZE], struct err *err);

/* Adds one name; twice the same is one. Beyond the window it is forgotten and `more` set. */
void queue_put(struct queue *queue, const char *name);

/* Takes the oldest name, or the oldest after `after` (NULL: any). False when there is none. */
bool queue_take(struct queue *queue, const char *after, char ret[SPOOL_NAME_SIZE]);

/* The oldest name, which stays; NULL when there is none. */
const char *queue_oldest(const struct queue *queue);

#endif
