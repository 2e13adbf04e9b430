/*
 * The oldest payloads that may be sent, in name order: a window on new/, so that a spool of a
 * million files costs no more memory than one of thirty thousand.
 *
 * Names leave the queue when they are taken, and come back by queue_put() when a request failed.
 * `more` says that new/ held files beyond the window: fill again when it is empty.
 * Ownership: the caller's storage; queue_release() accepts a zeroed one.
 */
#ifndef FORWARDER_QUEUE_H
#define FORWARDER_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"
#include "spool_name.h"

#define QUEUE_MAX 32768 /* 3 MiB */

struct queue {
	char (*names)[SPOOL_NAME_SIZE]; /* sorted, oldest last, so that taking is cheap */
	size_t count;
	bool more;
};

int queue_init(struct queue *queue, struct err *err);
void queue_release(struct queue *queue);

/* Replaces the content by the oldest names in the directory that skip() does not refuse. */
int queue_fill(struct queue *queue, int dir_fd,
	bool (*skip)(void *context, const char *name), void *context, struct err *err);

/* Adds one name; twice the same is one. Beyond the window it is forgotten and `more` set. */
void queue_put(struct queue *queue, const char *name);

/* Takes the oldest name, or the oldest after `after` (NULL: any). False when there is none. */
bool queue_take(struct queue *queue, const char *after, char ret[SPOOL_NAME_SIZE]);

#endif
