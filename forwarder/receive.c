#include "forward.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "clock.h"
#include "listener.h"
#include "log.h"
#include "verdict.h"

#define ONCE_WAIT_MAX_S 10.0  /* at once */
#define ONCE_WAITS_MAX_S 30.0 /* with nothing delivered meanwhile */

double forward_chance(void)
{
	uint32_t bits = 0;

	if (getrandom(&bits, sizeof(bits), GRND_NONBLOCK) != (ssize_t)sizeof(bits))
		bits = (uint32_t)(clock_s() * 1e9);
	return bits / 4294967296.0;
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

	listener_display(forward->config, url, sizeof(url));
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
	forward_delete(forward, request->name);
	aside_remove(&forward->aside, request->name);
	forward->state.sent_files++;
	forward->state.sent_bytes += request->body.bytes.len;
	forward_uncount(forward, request->body.disk_bytes);
	forward->state.wall_success_us = clock_wall_us();
	if (holds_delivered(&forward->state.holds, source)) {
		log_line(LOG_NOTICE, "%s is accepted again; sending what was held",
			source);
		forward->scan = true;
		forward->forget_passed = 0;
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
	forward_reject(forward, request->name, reason);
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
		forward_reject(
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
		events[verdict] == BREAKER_SUCCESS ? 0 : forward_chance());
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
		.compressed = request->body.encoding != NULL };
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
