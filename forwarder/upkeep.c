#include "forward.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "metrics.h"
#include "notify.h"
#include "state.h"

#define CENSUS_SLICE_FILES 500
#define CENSUS_EACH_S 5.0
#define CENSUS_SHARE 20 /* a count that took t is not repeated within so many t */
#define SAVE_EACH_S 4.0 /* writers trust a state for 15 s and want it each 5 */
#define SAVE_SOON_S 0.5 /* after something happened, so that --status is true */
#define STATE_MAX_BYTES ((size_t)1 << 20)

void forward_restore(struct forward *forward, const struct json_node *root)
{
	double next_try = clock_s() + forward->breaker.timeout_s;

	forward_state_read(root, next_try, &forward->state);
	forward->state.breaker = BREAKER_CLOSED;
	forward->state.failures = 0;
	forward->state.wall_breaker_retry_us = 0;
	forward->state.wall_breaker_since_us = clock_wall_us();
	forward->state.wall_started_us = clock_wall_us();
	if (forward->state.wall_counting_us == 0)
		forward->state.wall_counting_us = clock_wall_us();
	forward->state.degraded[0] = '\0';
	forward->state.sent_per_s = 0;
	forward->state.running = true;
	forward->state.pid = getpid();
	forward->state.cap_bytes = (uint64_t)forward->config->buffer_max_size_mb << 20;
}

static void tell_systemd(const struct forward *forward)
{
	char status[256];

	snprintf(status, sizeof(status),
		"STATUS=breaker %s, %" PRIu64 " waiting, %" PRIu64 " sent, %" PRIu64
		" refused, %" PRIu64 " evicted%s",
		breaker_state_name(forward->breaker.state), forward->state.size.new_files,
		forward->state.sent_files, forward->state.refused_files,
		forward->state.evicted.files,
		forward->state.degraded[0] ? ", degraded" : "");
	notify_send(status);
}

/* Where node_exporter reads it; that it can't be written is said once until it could. */
static void save_metrics(struct forward *forward)
{
	struct err err;
	int rc;

	if (!forward->config->metrics_textfile)
		return;
	rc = metrics_write(&forward->state, forward->config->metrics_textfile, &err);
	if (rc < 0 && !forward->metrics_failed)
		log_line(LOG_WARNING, "%s", err.msg);
	forward->metrics_failed = rc < 0;
}

static int write_state(const struct forward *forward, bool durable, struct err *err)
{
	struct buf json;
	int rc;

	buf_init(&json, STATE_MAX_BYTES);
	forward_state_write(&forward->state, clock_wall_us(), &json);
	rc = state_save(forward->spool, FORWARD_PROGRAM, &json, durable, err);
	buf_release(&json);
	return rc;
}

void forward_save(struct forward *forward, bool durable)
{
	struct err err;
	bool failed = write_state(forward, durable, &err) < 0, mended;

	if (failed) {
		if (!forward->state.degraded[0])
			log_line(LOG_WARNING, "%s", err.msg);
		snprintf(forward->state.degraded, sizeof(forward->state.degraded), "%s",
			err.msg);
	}
	mended = forward->save_failed && !failed;
	forward->save_failed = failed;
	if (mended)
		forward_retry_leftovers(forward);
	forward->next_save = clock_s() + SAVE_EACH_S;
	save_metrics(forward);
	tell_systemd(forward);
}

void forward_note_breaker(struct forward *forward, double now)
{
	struct forward_state *state = &forward->state;
	const struct breaker *breaker = &forward->breaker;
	int64_t wall_us = clock_wall_us();

	state->failures = breaker->failures;
	state->wall_breaker_retry_us = 0;
	if (breaker->state == BREAKER_OPEN)
		state->wall_breaker_retry_us =
			wall_us + (int64_t)((breaker->open_until - now) * 1e6);
	if (state->breaker == breaker->state && breaker->state != BREAKER_OPEN)
		return;
	if (state->breaker == BREAKER_CLOSED && breaker->state == BREAKER_OPEN)
		log_line(LOG_WARNING,
			"breaker open after %u failures: nothing is sent for %.0f s; "
			"payloads wait in the spool",
			breaker->failures, breaker->open_until - now);
	else if (breaker->state == BREAKER_CLOSED)
		log_line(LOG_NOTICE, "breaker closed");
	if (state->breaker != breaker->state)
		state->wall_breaker_since_us = wall_us;
	state->breaker = breaker->state;
	forward->next_save = now;
}

static bool is_held(void *context, const char *source)
{
	return holds_has(context, source);
}

static void tell_foreign(struct forward *forward)
{
	if (forward->state.size.foreign_files == 0 || forward->foreign_told)
		return;
	forward->foreign_told = true;
	log_line(LOG_WARNING,
		"%" PRIu64
		" things in spool %s are no payloads, such as %s; ignored and left alone",
		forward->state.size.foreign_files, forward->spool->path,
		forward->state.size.foreign);
}

static void begin_census(struct forward *forward, double now)
{
	forward->spool_gone |= spool_is_gone(forward->spool);
	spool_census_begin(&forward->census);
	forward->census.is_held = is_held;
	forward->census.context = &forward->state.holds;
	forward->census_began = now;
	forward->counting = true;
}

static void end_census(struct forward *forward, double now)
{
	struct eviction_goal goal;
	double took_s = now - forward->census_began;

	spool_census_end(&forward->census);
	forward->counting = false;
	forward->state.size = forward->census.size;
	forward->count_failed = false;
	tell_foreign(forward);
	forward->next_census = now + fmax(CENSUS_EACH_S, CENSUS_SHARE * took_s);
	goal = eviction_goal(&forward->state.size, forward->state.cap_bytes);
	if (goal.total_bytes > 0 || goal.rejected_bytes > 0) {
		eviction_begin(&forward->eviction, goal);
		forward->freed = (struct evicted){ 0 };
	}
}

static void count_slice(struct forward *forward, double now)
{
	struct err err;
	int rc;

	if (!forward->counting)
		begin_census(forward, now);
	rc = spool_census_step(
		&forward->census, forward->spool, CENSUS_SLICE_FILES, &err);
	if (rc < 0) {
		log_line(forward->count_failed ? LOG_DEBUG : LOG_WARNING, "%s", err.msg);
		forward->count_failed = true;
		spool_census_end(&forward->census);
		forward->counting = false;
		forward->next_census = now + CENSUS_EACH_S;
	} else if (rc > 0) {
		end_census(forward, clock_s());
	}
}

bool forward_count(struct forward *forward, double within_s)
{
	double until = clock_s() + within_s;
	int rc;

	spool_census_end(&forward->census);
	begin_census(forward, clock_s());
	do
		rc = spool_census_step(
			&forward->census, forward->spool, CENSUS_SLICE_FILES, NULL);
	while (rc == 0 && clock_s() < until);
	spool_census_end(&forward->census);
	forward->counting = false;
	if (rc > 0)
		forward->state.size = forward->census.size;
	return rc > 0;
}

/* Before the files go: told in the state, else at least in the log. */
static void record_evicted(void *context, const struct evicted *slice)
{
	struct forward *forward = context;
	struct err err;

	evicted_add(&forward->state.evicted, slice);
	evicted_parts_add(
		&forward->state.evicted_parts, slice, forward->freed.files == 0);
	if (write_state(forward, true, &err) < 0)
		log_line(LOG_WARNING,
			"evicting %" PRIu64 " files, %" PRIu64 " bytes, %s to %s (%s)",
			slice->files, slice->bytes, slice->first, slice->last, err.msg);
}

static void correct_evicted(
	void *context, const struct evicted *slice, const struct evicted *removed)
{
	struct forward_state *state = &((struct forward *)context)->state;
	const struct evicted_parts *parts = &state->evicted_parts;

	evicted_parts_correct(&state->evicted_parts, removed);
	if (state->evicted.files <= slice->files) {
		state->evicted = *removed;
		return;
	}
	state->evicted.files -= slice->files - removed->files;
	state->evicted.bytes -= slice->bytes - removed->bytes;
	if (parts->count > 0)
		strcpy(state->evicted.last, parts->list[parts->count - 1].what.last);
}

static void evict_slice(struct forward *forward, double now)
{
	const struct eviction_owner owner = { forward, forward_is_in_flight,
		record_evicted, correct_evicted };
	struct err err;
	int rc = eviction_step(
		&forward->eviction, forward->spool, &owner, &forward->freed, &err);

	if (rc < 0)
		log_line(forward->evict_failed ? LOG_DEBUG : LOG_WARNING, "%s", err.msg);
	forward->evict_failed = rc < 0;
	if (eviction_is_active(&forward->eviction))
		return;
	eviction_release(&forward->eviction);
	if (forward->freed.files == 0)
		return;
	log_line(LOG_WARNING,
		"evicted %" PRIu64 " payloads, %" PRIu64
		" bytes, from %s to %s: the spool was "
		"over buffer.max_size_mb = %d",
		forward->freed.files, forward->freed.bytes, forward->freed.first,
		forward->freed.last, forward->config->buffer_max_size_mb);
	forward->next_census = now;
}

void forward_evict(struct forward *forward)
{
	end_census(forward, clock_s());
	if (!eviction_is_active(&forward->eviction))
		return;
	while (eviction_is_active(&forward->eviction))
		evict_slice(forward, clock_s());
	forward_count(forward, INFINITY);
}

void forward_save_soon(struct forward *forward)
{
	forward->next_save = fmin(forward->next_save, clock_s() + SAVE_SOON_S);
}

void forward_uncount(struct forward *forward, uint64_t disk_bytes)
{
	struct spool_size *size = &forward->state.size;

	size->new_files -= size->new_files > 0;
	size->new_bytes -= disk_bytes < size->new_bytes ? disk_bytes : size->new_bytes;
	size->oldest[0] = '\0';
	if (size->new_files > 0 && forward->queue.count > 0)
		strcpy(size->oldest, queue_oldest(&forward->queue));
}

/* What a person looks at. */
static void measure(struct forward *forward, double now)
{
	struct forward_state *state = &forward->state;

	rate_note(&forward->sent_rate, state->sent_files, now);
	state->sent_per_s = forward->sent_rate.per_s;
	progress_show(&forward->progress, state->sent_files - forward->sent_before,
		state->size.new_files, state->sent_per_s, now);
}

void forward_keep_up(struct forward *forward, double now)
{
	measure(forward, now);
	if (forward->watchdog_s > 0 && now >= forward->next_watchdog) {
		notify_send("WATCHDOG=1");
		forward->next_watchdog = now + forward->watchdog_s;
	}
	if (eviction_is_active(&forward->eviction))
		evict_slice(forward, now);
	else if (forward->counting || now >= forward->next_census)
		count_slice(forward, now);
	if (forward->state.breaker != forward->breaker.state)
		forward_note_breaker(
			forward, now); /* half open, though nothing to send */
	if (now >= forward->next_save)
		forward_save(forward, false);
}

double forward_keep_up_wait_s(const struct forward *forward, double now)
{
	double next = fmin(forward->next_save, forward->next_census);

	if (forward->counting || eviction_is_active(&forward->eviction))
		return 0;
	if (forward->watchdog_s > 0)
		next = fmin(next, forward->next_watchdog);
	return fmax(next - now, 0);
}
