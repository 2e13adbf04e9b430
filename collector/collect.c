#include "collect.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "clock.h"
#include "collect_run.h"
#include "collect_state.h"
#include "host.h"
#include "lock.h"
#include "log.h"
#include "patience.h"
#include "room.h"
#include "signals.h"
#include "sink.h"
#include "source.h"
#include "state.h"
#include "system_metrics.h"

#define CANCEL_WITHIN_S 1
#define STATE_MAX_BYTES ((size_t)64 << 10)

bool run_asks(const struct run *run, size_t i)
{
	return run->state.outcomes[i].asked;
}

static size_t place_of(const struct source *source)
{
	size_t i = 0;

	while (sources[i] != source)
		i++;
	return i;
}

void run_spool_failed(struct run *run, const struct err *err)
{
	log_line(run->spool_told ? LOG_DEBUG : LOG_ERROR, "%s", err->msg);
	run->spool_told = true;
	run->failed = true;
}

void outcome_set(struct outcome *outcome, double ms, const char *error)
{
	outcome->ok = !error;
	outcome->ms = ms;
	snprintf(outcome->error, sizeof(outcome->error), "%s", error ? error : "");
}

static int open_spool(struct run *run, struct err *err)
{
	const char *path = run->job->config->buffer_path;

	if (run->job->print) {
		/* Only read, where there is one. */
		if (spool_open(path, false, &run->spool, err) < 0)
			return 0;
		if (state_load(run->spool, PROGRAM_NAME, false, &run->last, err) < 0)
			log_line(LOG_WARNING, "%s", err->msg);
		return 0;
	}
	if (spool_open(path, true, &run->spool, err) < 0 ||
		lock_take(run->spool, PROGRAM_NAME, &run->lock_fd, err) < 0 ||
		state_load(run->spool, PROGRAM_NAME, true, &run->last, err) < 0)
		return -1;
	if (run->last.previous || run->last.lost)
		log_line(LOG_WARNING, "state of the last run was unreadable: %s",
			run->last.previous ? "using the one before" : "starting anew");
	return 0;
}

static int save_state(struct run *run)
{
	const struct known_size before = run->state.size;
	struct known_size *size = &run->state.size;
	struct buf json;
	struct err err;
	int rc;

	if (run->job->print)
		return 0;
	buf_init(&json, STATE_MAX_BYTES);
	size->bytes += run->sink.written_bytes;
	size->new_files += run->sink.payloads;
	if (!*size->oldest)
		strcpy(size->oldest, run->sink.first);
	collect_state_write(&run->state, &json);
	*size = before;
	/* Nothing depends on it: a power cut may cost a sample, not a payload. */
	rc = state_save(run->spool, PROGRAM_NAME, &json, false, &err);
	if (rc < 0)
		run_spool_failed(run, &err);
	buf_release(&json);
	return rc;
}

/* Did the run before, which ended in between, publish what told of evictions? */
static bool was_told(const struct run *run)
{
	const char *name = run->state.payload;

	return *name &&
	       faccessat(run->spool->tmp_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0 &&
	       errno == ENOENT;
}

/* What died before it was published: the state must not name it any more when it goes. */
static void remove_debris(struct run *run, bool named)
{
	size_t debris;

	if (named && save_state(run) < 0)
		return;
	debris = spool_remove_debris(run->spool, sources_own);
	if (debris > 0)
		log_line(LOG_NOTICE, "removed %zu unfinished files of a run that died",
			debris);
}

/* How full the spool is: for the writer of payloads, and for those who read of it. */
static void measure_spool(struct run *run)
{
	struct err err;
	int loaded = state_load(run->spool, AGENT_FORWARDER, false, &run->forward, &err);

	if (loaded < 0) {
		log_line(LOG_WARNING, "%s", err.msg);
		run->forward.root = NULL;
	}
	agent_read(run->forward.root, &run->state.told, &run->agent);
	run->agent.has_counters = loaded == 0;
	run->agent.forwarder_running = lock_holder(run->spool, AGENT_FORWARDER) != 0;
	if (room_update_from(run->spool, run->forward.root, &run->state.size, &err) < 0)
		run_spool_failed(run, &err);
	else
		agent_set_size(&run->agent, &run->state.size);
}

static void look_at_spool(struct run *run)
{
	struct collect_state *state = &run->state;
	bool named = *state->payload != '\0';

	if (was_told(run))
		state->told = state->telling;
	state->payload[0] = '\0';
	if (!run->job->print)
		remove_debris(run, named);
	if (!run->job->print || run_asks(run, place_of(&source_system_metrics)))
		measure_spool(run);
}

static int run_open(struct run *run, double start_s, struct err *err)
{
	const struct config *config = run->job->config;
	struct spool_limits limits = room_limits(config);

	if (signals_open(SIGNALS_STOP_WITHIN_S, &run->patience.signal_fd, err) < 0)
		return -1;
	signals_deadline((unsigned)config->interval_s,
		PROGRAM_NAME ": not done after collection.interval_s (name resolution or "
			     "the disk hangs); ended\n");
	run->patience.deadline_s = patience_deadline_s(start_s, config->interval_s);
	host_name(run->host, sizeof(run->host));
	if (open_spool(run, err) < 0)
		return -1;
	collect_state_read(run->last.root, &run->state);
	for (size_t i = 0; i < sources_count; i++) {
		run->state.outcomes[i].asked = run->job->sources & 1u << i;
		outcome_set(&run->state.outcomes[i], NAN, "the run did not finish");
	}
	if (run->spool)
		look_at_spool(run);
	return sink_open(&run->sink, run->job->print ? NULL : run->spool, &limits,
		run->state.size.bytes, err);
}

struct payload_meta run_meta(const struct run *run, const struct source *source)
{
	return (struct payload_meta){ .correlation_id = "",
		.project = run->job->config->project_id,
		.wall_us = clock_wall_us(),
		.source = source->name,
		.host = run->host };
}

/* What the machine's payload tells of evictions counts as told from when it is published. */
static int publish_machine(struct run *run, struct err *err)
{
	struct collect_state *state = &run->state;
	const char *name = sink_last_name(&run->sink);
	int rc;

	if (name && run->agent.since.files > 0) {
		strcpy(state->payload, name);
		state->telling = run->agent.told;
		save_state(run);
	}
	rc = sink_publish(&run->sink, err);
	state->payload[0] = '\0';
	if (rc == 0)
		state->told = run->agent.told;
	else /* The file goes when the state has ceased to name it. */
		sink_drop(&run->sink, save_state(run) < 0);
	return rc;
}

struct machine_scope run_machine_scope(const struct run *run)
{
	const struct params *params = run->job->params;
	const char *host = params_get(params, "hostaddr");

	return (struct machine_scope){
		.port = postmaster_local_port(host ? host : params_get(params, "host"),
			params_get(params, "port")),
		.log_path = run->job->config->log_path,
		.spool_path = run->job->config->buffer_path,
	};
}

/* Before the database is asked: whatever hangs there, the machine is seen. */
static void run_machine(struct run *run)
{
	size_t i = place_of(&source_system_metrics);
	struct outcome *outcome = &run->state.outcomes[i];
	struct payload_meta meta = run_meta(run, &source_system_metrics);
	const struct machine_scope scope = run_machine_scope(run);
	const struct machine_sample before = run->state.machine;
	double start_s = clock_s();
	struct machine machine;
	struct err err;

	if (!run_asks(run, i))
		return;
	system_metrics_take(&scope, &run->state.cpu, &before,
		json_get(run->last.root, "collection"), &machine);
	run->state.cpu = machine.sample;
	run->state.machine = machine.now;
	if (*machine.trouble) {
		log_line(LOG_WARNING,
			"%s: %s; mend: let the service see all of /proc (ProcSubset=all)",
			source_system_metrics.name, machine.trouble);
		run->failed = true;
	}
	machine.agent = &run->agent;
	machine.visit = &run->state.visit;
	machine.wall_us = meta.wall_us;
	if (sink_payload(&run->sink, &meta, JSON_NO_LIMIT, system_metrics_write, &machine,
		    &err) < 0 ||
		publish_machine(run, &err) < 0) {
		run_spool_failed(run, &err);
		outcome_set(outcome, NAN, err.msg);
		return;
	}
	outcome_set(outcome, (clock_s() - start_s) * 1000,
		*machine.trouble ? machine.trouble : NULL);
}

static void run_close(struct run *run)
{
	sink_close(&run->sink);
	json_read_release(run->last.root);
	json_read_release(run->forward.root);
	if (run->ask.db.cancel) {
		signals_deadline(CANCEL_WITHIN_S,
			PROGRAM_NAME ": the server did not take the cancel request\n");
		database_cancel(&run->ask.db);
	}
	ask_release(&run->ask);
	memory_release(&run->memory);
	if (run->lock_fd >= 0)
		close(run->lock_fd);
	spool_close(run->spool);
}

int collect_run(const struct collect_job *job, struct err *err)
{
	struct run *run = calloc(1, sizeof(*run));
	double start_s = clock_s();
	int rc = -1;

	if (!run)
		return err_set(err, ERR_RETRY, "out of memory");
	run->job = job;
	run->lock_fd = run->patience.signal_fd = -1;
	if (run_open(run, start_s, err) < 0)
		goto out;
	run_machine(run);
	save_state(run);
	collect_database(run);
	save_state(run);
	if (patience_stopped(&run->patience)) {
		log_line(LOG_NOTICE, "stopped by a signal; what had arrived was kept");
		run->failed = true;
	}
	log_line(LOG_DEBUG, "%zu payloads in %.0f ms", run->sink.payloads,
		(clock_s() - start_s) * 1000);
	rc = run->failed ? 1 : 0;
out:
	run_close(run);
	free(run);
	return rc;
}
