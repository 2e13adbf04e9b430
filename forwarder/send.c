#include "forward.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "payload.h"

#define TURN_S 0.02 /* then the loop looks at answers, signals and the watchdog again */

bool forward_is_in_flight(void *context, const char *name)
{
	const struct forward *forward = context;

	for (size_t i = 0; i < FORWARD_IN_FLIGHT_MAX; i++)
		if (forward->requests[i].busy &&
			strcmp(forward->requests[i].name, name) == 0)
			return true;
	return false;
}

static bool is_held(const struct forward *forward, const char *name)
{
	char source[SPOOL_SOURCE_SIZE];

	spool_name_source(name, source);
	return holds_has(&forward->state.holds, source);
}

/* Names that the queue must not offer. */
bool forward_is_skipped(void *context, const char *name)
{
	struct forward *forward = context;

	return is_held(forward, name) || aside_has(&forward->aside, name) ||
	       leftovers_has(&forward->leftovers, name) ||
	       (forward->once && strcmp(name, forward->fence) > 0) ||
	       forward_is_in_flight(forward, name);
}

/* May one more request be under way, its body in memory and its file remembered if it can't go? */
static bool has_room(const struct forward *forward)
{
	return forward->in_flight < (unsigned)forward->config->max_in_flight &&
	       (forward->in_flight == 0 ||
		       forward->bodies_bytes + PAYLOAD_ACCEPT_MAX_BYTES <=
			       FORWARD_BODIES_MAX_BYTES) &&
	       forward->leftovers.count + forward->in_flight < LEFTOVERS_MAX;
}

static struct request *free_request(struct forward *forward)
{
	for (size_t i = 0; i < (size_t)forward->config->max_in_flight; i++)
		if (!forward->requests[i].busy)
			return &forward->requests[i];
	return NULL;
}

/* Not in the listings of the next minute, so that those behind it get their turn. */
static void pass_by(struct forward *forward, const char *name)
{
	if (strcmp(name, forward->passed) > 0)
		snprintf(forward->passed, sizeof(forward->passed), "%s", name);
}

/* Told once, those that can't be remembered not at all: the count of foreign things has them. */
static void remember_foreign(struct forward *forward, const char *name)
{
	bool remembered = forward->leftovers.count < LEFTOVERS_MAX / 2 &&
			  leftovers_add(&forward->leftovers, name, LEFTOVER_FOREIGN);

	log_line(remembered ? LOG_WARNING : LOG_DEBUG,
		"%s in %s/new is no regular file; left alone", name,
		forward->spool->path);
	if (!remembered)
		pass_by(forward, name);
}

static void not_loaded(struct forward *forward, const char *name, enum body_result result,
	const struct err *why)
{
	switch (result) {
	case BODY_BAD:
		forward_reject(forward, name, why->msg);
		break;
	case BODY_FOREIGN:
		remember_foreign(forward, name);
		break;
	case BODY_LATER:
		log_line(forward->unread_told > 0 ? LOG_DEBUG : LOG_WARNING,
			"%s; it is tried again each minute", why->msg);
		forward->unread++;
		forward->unread_told += forward->unread_told == 0;
		forward->unread_any = true;
		pass_by(forward, name);
		break;
	case BODY_GONE:
	case BODY_LOADED:
		aside_remove(&forward->aside, name);
	}
}

/* Loads and posts one file. Returns -1 when no other can be started now either. */
static int start(struct forward *forward, const char *name, enum request_kind kind)
{
	struct request *request = free_request(forward);
	char id[SPOOL_NAME_SIZE];
	enum body_result result;
	struct err err;

	if (!request)
		return -1;
	result = body_load(&forward->loader, forward->spool->new_fd, name,
		forward->compression, &request->body, &err);
	if (result != BODY_LOADED) {
		not_loaded(forward, name, result, &err);
		return 0;
	}
	snprintf(id, sizeof(id), "%.*s", (int)(strlen(name) - strlen(SPOOL_NAME_SUFFIX)),
		name);
	if (http_post(forward->http, id, request->body.bytes.data,
		    request->body.bytes.len, request->body.encoding, request, &err) < 0) {
		log_line(LOG_WARNING, "%s", err.msg);
		queue_put(&forward->queue, name);
		breaker_answer(&forward->breaker, forward->breaker.ticket,
			BREAKER_FAILURE, -1, clock_s(), forward_chance());
		return -1;
	}
	request->busy = true;
	request->kind = kind;
	snprintf(request->name, sizeof(request->name), "%s", name);
	request->ticket = breaker_start(&forward->breaker);
	forward->bodies_bytes += request->body.bytes.len;
	forward->in_flight++;
	log_line(LOG_DEBUG, "sending %s, %zu bytes", name, request->body.bytes.len);
	return 0;
}

struct oldest_search {
	const struct forward *forward;
	const char *source;
};

static bool is_other_source(void *context, const char *name)
{
	const struct oldest_search *search = context;
	char source[SPOOL_SOURCE_SIZE];

	spool_name_source(name, source);
	return strcmp(source, search->source) != 0 ||
	       strcmp(name, search->forward->passed) <= 0 ||
	       forward_is_in_flight((void *)search->forward, name) ||
	       leftovers_has(&search->forward->leftovers, name);
}

static bool oldest_of_source(struct forward *forward, const char *source, char *ret)
{
	struct oldest_search search = { forward, source };

	return queue_find_oldest(forward->spool->new_fd, is_other_source, &search, ret,
		       NULL) == 0 &&
	       *ret;
}

/* Files that wait apart and whose turn has come. */
static bool take_waiting(
	struct forward *forward, double now, char *ret, enum request_kind *kind)
{
	double timeout_s = forward->breaker.timeout_s;
	const struct hold *hold;
	const struct aside_file *file;

	if (forward->once)
		return false;
	hold = holds_due(&forward->state.holds, now, timeout_s);
	if (hold && oldest_of_source(forward, hold->source, ret)) {
		*kind = REQUEST_HELD;
		return true;
	}
	file = aside_due(&forward->aside, now, timeout_s);
	if (!file)
		return false;
	snprintf(ret, SPOOL_NAME_SIZE, "%s", file->name);
	*kind = REQUEST_ASIDE;
	return true;
}

static bool take_next(
	struct forward *forward, double now, char *ret, enum request_kind *kind)
{
	const char *after = NULL;

	if ((forward->breaker.state == BREAKER_CLOSED || forward->queue.count == 0) &&
		take_waiting(forward, now, ret, kind))
		return true;
	*kind = REQUEST_PLAIN;
	if (forward->breaker.state == BREAKER_HALF_OPEN) {
		*kind = REQUEST_TRIAL;
		after = trials_after(&forward->trials);
	}
	do {
		if (!queue_take(&forward->queue, after, ret) &&
			(!after || !queue_take(&forward->queue, NULL, ret))) {
			forward->scan |= forward->queue.more;
			return false;
		}
	} while (forward_is_skipped(forward, ret));
	return true;
}

void forward_send(struct forward *forward, double now)
{
	double until = clock_s() + TURN_S;

	/* Not so many files, but so long: names that were evicted since the list was made must be
	 * passed sooner than more are evicted. */
	while (!forward->stop && !forward->reload) {
		char name[SPOOL_NAME_SIZE];
		enum request_kind kind;

		if (!has_room(forward) ||
			breaker_wait_s(&forward->breaker, forward->in_flight, now) > 0 ||
			!take_next(forward, now, name, &kind))
			return;
		if (forward->key_suspect)
			forward_reread_key(forward);
		if (start(forward, name, kind) < 0 || clock_s() >= until)
			return;
	}
}

double forward_send_wait_s(struct forward *forward, double now)
{
	double wait = breaker_wait_s(&forward->breaker, forward->in_flight, now);

	if (forward->stop || forward->reload || !has_room(forward))
		return INFINITY;
	if (forward->queue.count > 0 || (forward->queue.more && !forward->scan))
		return wait;
	if (forward->once)
		return INFINITY;
	return fmax(wait, fmin(holds_wait_s(&forward->state.holds, now),
				  aside_wait_s(&forward->aside, now)));
}
