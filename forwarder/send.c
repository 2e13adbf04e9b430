#include "forward.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "payload.h"
#include "rejected.h"
#include "verdict.h"

#define ONCE_WAIT_MAX_S 10.0  /* at once */
#define ONCE_WAITS_MAX_S 30.0 /* with nothing delivered meanwhile */
#define LOADS_A_TURN 64       /* then the loop looks at signals and the watchdog again */

static double chance(void)
{
	uint32_t bits = 0;

	if (getrandom(&bits, sizeof(bits), GRND_NONBLOCK) != (ssize_t)sizeof(bits))
		bits = (uint32_t)(clock_s() * 1e9);
	return bits / 4294967296.0;
}

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

static void leave_over(struct forward *forward, const char *name, enum leftover_kind kind,
	const struct err *why)
{
	if (!forward->state.degraded[0])
		log_line(LOG_ERROR,
			"%s; it will not be sent again while this process lives",
			why->msg);
	snprintf(
		forward->state.degraded, sizeof(forward->state.degraded), "%s", why->msg);
	if (!leftovers_add(&forward->leftovers, name, kind))
		forward->stop = true;
}

static void delete_file(struct forward *forward, const char *name)
{
	struct err err;

	if (unlinkat(forward->spool->new_fd, name, 0) == 0 || errno == ENOENT)
		return;
	err_errno(&err, ERR_RETRY, "delete delivered %s", name);
	leave_over(forward, name, LEFTOVER_DELIVERED, &err);
}

static void reject_file(struct forward *forward, const char *name, const char *reason)
{
	struct err err;

	forward->rejected_any = true;
	forward->state.refused_files++;
	aside_remove(&forward->aside, name);
	log_line(LOG_WARNING, "rejected %s: %s", name, reason);
	if (rejected_add(forward->spool, name, reason, &err) < 0)
		leave_over(forward, name, LEFTOVER_REFUSED, &err);
}

/* 1 done, 0 nothing to do, -1 still impossible. */
static int retry_leftover(struct forward *forward, const struct leftover *file)
{
	switch (file->kind) {
	case LEFTOVER_DELIVERED:
		return unlinkat(forward->spool->new_fd, file->name, 0) == 0 ||
				       errno == ENOENT
			       ? 1
			       : -1;
	case LEFTOVER_REFUSED:
		return rejected_add(forward->spool, file->name,
			       "refused earlier; could not be moved then", NULL) < 0
			       ? -1
			       : 1;
	case LEFTOVER_FOREIGN:
		break;
	}
	return 0;
}

void forward_retry_leftovers(struct forward *forward)
{
	bool stuck = forward->save_failed;

	for (size_t i = forward->leftovers.count; i-- > 0;) {
		int rc = retry_leftover(forward, &forward->leftovers.list[i]);

		stuck |= rc < 0;
		if (rc > 0)
			leftovers_remove(&forward->leftovers, i);
	}
	if (!stuck && forward->state.degraded[0]) {
		log_line(LOG_NOTICE, "the spool can be written again");
		forward->state.degraded[0] = '\0';
	}
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

static void not_loaded(struct forward *forward, const char *name, enum body_result result,
	const struct err *why)
{
	switch (result) {
	case BODY_BAD:
		reject_file(forward, name, why->msg);
		break;
	case BODY_FOREIGN:
		log_line(LOG_WARNING, "%s in %s/new is no regular file; left alone", name,
			forward->spool->path);
		if (forward->leftovers.count < LEFTOVERS_MAX / 2)
			leftovers_add(&forward->leftovers, name, LEFTOVER_FOREIGN);
		else
			pass_by(forward, name);
		break;
	case BODY_LATER:
		log_line(forward->passed[0] ? LOG_DEBUG : LOG_WARNING,
			"%s; it is tried again in a minute", why->msg);
		forward->unread_any = true;
		pass_by(forward, name);
		break;
	case BODY_GONE:
	case BODY_LOADED:
		aside_remove(&forward->aside, name);
	}
}

/* Loads and posts one file. Returns 1 when it is under way, 0 when there was nothing to send. */
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
			BREAKER_FAILURE, -1, clock_s(), chance());
		return -1;
	}
	request->busy = true;
	request->kind = kind;
	snprintf(request->name, sizeof(request->name), "%s", name);
	request->ticket = breaker_start(&forward->breaker);
	forward->bodies_bytes += request->body.bytes.len;
	forward->in_flight++;
	log_line(LOG_DEBUG, "sending %s, %zu bytes", name, request->body.bytes.len);
	return 1;
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
	       forward_is_in_flight((void *)search->forward, name) ||
	       leftovers_has(&search->forward->leftovers, name);
}

static bool oldest_of_source(struct forward *forward, const char *source, char *ret)
{
	struct oldest_search search = { forward, source };
	struct queue found;
	bool ok = false;

	if (queue_init(&found, NULL) < 0)
		return false;
	if (queue_fill(&found, forward->spool->new_fd, is_other_source, &search, NULL) ==
		0)
		ok = queue_take(&found, NULL, ret);
	queue_release(&found);
	return ok;
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
	for (int i = 0; i < LOADS_A_TURN && !forward->stop && !forward->reload; i++) {
		char name[SPOOL_NAME_SIZE];
		enum request_kind kind;

		if (!has_room(forward) ||
			breaker_wait_s(&forward->breaker, forward->in_flight, now) > 0 ||
			!take_next(forward, now, name, &kind))
			return;
		if (forward->key_suspect)
			forward_reread_key(forward);
		if (start(forward, name, kind) < 0)
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

static const char *endpoint_mend(const struct forward *forward, int status)
{
	if (status == 401 || status == 403)
		return config_api_key_is_credential(forward->config)
			       ? "; the API key is wrong: change the credential and restart the unit"
			       : "; the API key is wrong: correct listener.api_key or its file";
	if (status >= 300 && status <= 399)
		return "; redirects are not followed: set listener.url to the final address";
	return "; listener.url is wrong: is its path right?";
}

static void describe_failure(
	struct forward *forward, const struct http_result *result, const char *mend)
{
	char url[256];

	http_url_display(forward->config, url, sizeof(url));
	if (result->status > 0)
		snprintf(forward->state.error, sizeof(forward->state.error),
			"listener %s answered %d%s%s%s%s", url, result->status,
			result->html ? " with a web page (a captive portal?)" : "",
			*result->text ? ": " : "", result->text, mend);
	else
		snprintf(forward->state.error, sizeof(forward->state.error),
			"listener %s: %s", url, result->text);
	forward->state.wall_error_us = clock_wall_us();
}

/* The first failure of a run is told, the rest only with --verbose. */
static void tell_failure(struct forward *forward, const struct request *request,
	const struct http_result *result)
{
	describe_failure(forward, result, "");
	log_line(forward->failing ? LOG_DEBUG : LOG_WARNING, "%s; kept %s",
		forward->state.error, request->name);
	forward->failing = true;
}

/* Said loudly once, until something was delivered. */
static void tell_endpoint(struct forward *forward, const struct request *request,
	const struct http_result *result)
{
	describe_failure(forward, result, endpoint_mend(forward, result->status));
	log_line(forward->endpoint_said ? LOG_DEBUG : LOG_ERROR, "%s; kept %s",
		forward->state.error, request->name);
	forward->failing = true;
	forward->endpoint_said = true;
	forward->key_suspect = true;
}

static void on_delivered(struct forward *forward, struct request *request)
{
	char source[SPOOL_SOURCE_SIZE];

	spool_name_source(request->name, source);
	delete_file(forward, request->name);
	aside_remove(&forward->aside, request->name);
	forward->state.sent_files++;
	forward->state.sent_bytes += request->body.bytes.len;
	forward_uncount(forward, request->body.disk_bytes);
	forward->state.wall_success_us = clock_wall_us();
	if (holds_delivered(&forward->state.holds, source)) {
		log_line(LOG_NOTICE, "%s is accepted again; sending what was held",
			source);
		forward->scan = true;
		forward->passed[0] = '\0';
	}
	if (forward->failing)
		log_line(LOG_NOTICE, "the listener accepts payloads again");
	forward->failing = false;
	forward->endpoint_said = false;
}

static void on_rejected(struct forward *forward, const struct request *request,
	const struct http_result *result, double now)
{
	char reason[512], source[SPOOL_SOURCE_SIZE];

	snprintf(reason, sizeof(reason), "the listener answered %d%s%s", result->status,
		*result->text ? ": " : "", result->text);
	reject_file(forward, request->name, reason);
	forward->failing = false;
	spool_name_source(request->name, source);
	if (holds_refused(
		    &forward->state.holds, source, now, forward->breaker.timeout_s)) {
		log_line(LOG_WARNING,
			"%s was refused %d times in a row: its payloads are held, one is tried "
			"each %.0f s",
			source, HOLD_AFTER_REFUSALS, forward->breaker.timeout_s);
		forward_save(forward, true);
	}
}

static void on_uncompressed(struct forward *forward)
{
	if (forward->compression != COMPRESSION_NONE)
		log_line(LOG_NOTICE,
			"the listener does not take compressed bodies (415): "
			"sending uncompressed until a reload");
	forward->compression = COMPRESSION_NONE;
}

/* A trial decides more than the breaker: which file is to blame. */
static void note_trial(struct forward *forward, const struct request *request,
	const struct http_result *result, enum verdict verdict, double now)
{
	char suspect[SPOOL_NAME_SIZE];

	if (request->kind != REQUEST_TRIAL)
		return;
	if (verdict == VERDICT_FAILURE || verdict == VERDICT_ENDPOINT) {
		trials_failed(&forward->trials, request->name, result->status > 0);
	} else if (verdict == VERDICT_DELIVERED || verdict == VERDICT_REJECT) {
		if (!trials_passed(&forward->trials, request->name, suspect))
			return;
		log_line(LOG_WARNING,
			"%s keeps failing while others get through: set aside, tried each %.0f s",
			suspect, forward->breaker.timeout_s);
		aside_add(&forward->aside, suspect, SUSPECT_AFTER_TRIALS,
			now + forward->breaker.timeout_s);
	}
}

static void give_up_aside(struct forward *forward, const char *name)
{
	for (size_t i = 0; i < forward->aside.count; i++) {
		const struct aside_file *file = &forward->aside.list[i];

		if (strcmp(file->name, name) != 0 || file->tries < ASIDE_TRIES_MAX)
			continue;
		reject_file(
			forward, name, "failed a hundred times while others got through");
		return;
	}
}

/* --once does not wait for long, nor again and again for nothing. */
static void note_wait(struct forward *forward, bool wait, double now)
{
	if (!wait)
		forward->waiting_since = 0;
	else if (forward->waiting_since == 0)
		forward->waiting_since = now;
	if (wait && (forward->breaker.not_before - now > ONCE_WAIT_MAX_S ||
			    now - forward->waiting_since > ONCE_WAITS_MAX_S))
		forward->wait_too_long = true;
}

static void tell_breaker(struct forward *forward, const struct request *request,
	const struct http_result *result, enum verdict verdict, double now)
{
	static const enum breaker_event events[] = { [VERDICT_DELIVERED] =
							     BREAKER_SUCCESS,
		[VERDICT_FAILURE] = BREAKER_FAILURE,
		[VERDICT_ENDPOINT] = BREAKER_FAILURE,
		[VERDICT_WAIT] = BREAKER_WAIT,
		[VERDICT_REJECT] = BREAKER_REFUSAL };
	bool told = verdict == VERDICT_WAIT || result->status == 503;
	double wait_s = told ? result->retry_after_s : -1;

	if (verdict == VERDICT_UNCOMPRESSED ||
		(request->kind == REQUEST_ASIDE && events[verdict] == BREAKER_FAILURE)) {
		breaker_cancel(&forward->breaker, request->ticket);
		return;
	}
	breaker_answer(&forward->breaker, request->ticket, events[verdict], wait_s, now,
		events[verdict] == BREAKER_SUCCESS ? 0 : chance());
	forward->wait_too_long |= told && wait_s > ONCE_WAIT_MAX_S;
	note_wait(forward, verdict == VERDICT_WAIT, now);
	forward_note_breaker(forward, now);
}

static void finish(struct forward *forward, struct request *request)
{
	forward->bodies_bytes -= request->body.bytes.len;
	forward->in_flight--;
	request->busy = false;
	if (request->body.bytes.size > ((size_t)1 << 20))
		buf_release(&request->body.bytes);
}

static void on_result(
	struct forward *forward, const struct http_result *result, double now)
{
	struct request *request = result->owner;
	struct answer answer = { .status = result->status,
		.html = result->html,
		.compressed = request->body.encoding != NULL,
		.retry_after_s = result->retry_after_s };
	enum verdict verdict = verdict_of(&answer);

	log_line(LOG_DEBUG, "%s: status %d %s", request->name, result->status,
		result->text);
	note_trial(forward, request, result, verdict, now);
	switch (verdict) {
	case VERDICT_DELIVERED:
		on_delivered(forward, request);
		break;
	case VERDICT_REJECT:
		on_rejected(forward, request, result, now);
		break;
	case VERDICT_ENDPOINT:
		tell_endpoint(forward, request, result);
		break;
	case VERDICT_FAILURE:
	case VERDICT_WAIT:
		tell_failure(forward, request, result);
		break;
	case VERDICT_UNCOMPRESSED:
		on_uncompressed(forward);
		break;
	}
	tell_breaker(forward, request, result, verdict, now);
	finish(forward, request);
	forward_save_soon(forward);
	if (request->kind == REQUEST_ASIDE && result->status > 0 &&
		verdict != VERDICT_WAIT)
		give_up_aside(forward, request->name);
	if (verdict != VERDICT_DELIVERED && verdict != VERDICT_REJECT &&
		!forward_is_skipped(forward, request->name))
		queue_put(&forward->queue, request->name);
}

void forward_receive(struct forward *forward, double now)
{
	struct http_result result;

	while (http_next_result(forward->http, &result))
		on_result(forward, &result, now);
}

void forward_abandon(struct forward *forward)
{
	struct http_result result;

	while (http_next_decided(forward->http, &result))
		on_result(forward, &result, clock_s());
	for (size_t i = 0; i < FORWARD_IN_FLIGHT_MAX; i++) {
		struct request *request = &forward->requests[i];

		if (!request->busy)
			continue;
		breaker_cancel(&forward->breaker, request->ticket);
		finish(forward, request);
	}
}
