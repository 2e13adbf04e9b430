#include "collect.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "clock.h"
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

struct run {
	const struct collect_job *job;
	struct spool *spool; /* NULL when printing and there is none */
	int lock_fd;
	struct state_file last;
	struct collect_state state;
	struct sink sink;
	struct patience patience;
	struct ask ask;
	char host[256];
	bool failed;
	bool spool_told; /* trouble with the spool was logged: once is enough */
};

static bool is_asked(const struct run *run, size_t i)
{
	return run->state.outcomes[i].asked;
}

static void spool_failed(struct run *run, const struct err *err)
{
	log_line(run->spool_told ? LOG_DEBUG : LOG_ERROR, "%s", err->msg);
	run->spool_told = true;
	run->failed = true;
}

static void outcome_set(struct outcome *outcome, double ms, const char *error)
{
	outcome->ok = !error;
	outcome->ms = ms;
	snprintf(outcome->error, sizeof(outcome->error), "%s", error ? error : "");
}

static int open_spool(struct run *run, struct err *err)
{
	const char *path = run->job->config->buffer_path;
	size_t debris;

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
	debris = spool_remove_debris(run->spool, sources_own);
	if (debris > 0)
		log_line(LOG_NOTICE, "removed %zu unfinished files of a run that died",
			debris);
	if (run->last.previous || run->last.lost)
		log_line(LOG_WARNING, "state of the last run was unreadable: %s",
			run->last.previous ? "using the one before" : "starting anew");
	return 0;
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
	if (!run->job->print && room_update(run->spool, &run->state.size, err) < 0)
		spool_failed(run, err);
	return sink_open(&run->sink, run->job->print ? NULL : run->spool, &limits,
		run->state.size.bytes, err);
}

static void save_state(struct run *run)
{
	uint64_t before = run->state.size.bytes;
	struct buf json;
	struct err err;

	if (run->job->print)
		return;
	buf_init(&json, STATE_MAX_BYTES);
	run->state.size.bytes += run->sink.written_bytes;
	collect_state_write(&run->state, &json);
	run->state.size.bytes = before;
	/* Nothing depends on it: a power cut may cost a sample, not a payload. */
	if (state_save(run->spool, PROGRAM_NAME, &json, false, &err) < 0)
		spool_failed(run, &err);
	buf_release(&json);
}

static struct payload_meta meta_of(const struct run *run, const struct source *source)
{
	return (struct payload_meta){ .correlation_id = "",
		.project = run->job->config->project_id,
		.wall_us = clock_wall_us(),
		.source = source->name,
		.host = run->host };
}

static size_t place_of(const struct source *source)
{
	size_t i = 0;

	while (sources[i] != source)
		i++;
	return i;
}

/* Before the database is asked: whatever hangs there, the machine is seen. */
static void run_machine(struct run *run)
{
	size_t i = place_of(&source_system_metrics);
	struct outcome *outcome = &run->state.outcomes[i];
	struct payload_meta meta = meta_of(run, &source_system_metrics);
	double start_s = clock_s();
	struct machine machine;
	struct err err;

	if (!is_asked(run, i))
		return;
	system_metrics_take(
		&run->state.cpu, json_get(run->last.root, "collection"), &machine);
	run->state.cpu = machine.sample;
	if (*machine.trouble) {
		log_line(LOG_WARNING,
			"%s: %s; mend: let the service see all of /proc (ProcSubset=all)",
			source_system_metrics.name, machine.trouble);
		run->failed = true;
	}
	if (sink_payload(&run->sink, &meta, JSON_NO_LIMIT, system_metrics_write, &machine,
		    &err) < 0 ||
		sink_publish(&run->sink, &err) < 0) {
		spool_failed(run, &err);
		outcome_set(outcome, NAN, err.msg);
		return;
	}
	outcome_set(outcome, (clock_s() - start_s) * 1000,
		*machine.trouble ? machine.trouble : NULL);
}

/* What the visit brought for one source, as payloads. */
static void emit(struct run *run, size_t i, const struct payload_server *server)
{
	struct ask_step *step = &run->ask.steps[i];
	struct outcome *outcome = &run->state.outcomes[i];
	struct answer answer = { .meta = meta_of(run, sources[i]) };
	struct rows rows;
	struct err err;

	if (step->error[0])
		answer.error = step->error;
	if (step->result) {
		rows_init(
			&rows, step->result, (enum redact_mode)run->job->config->redact);
		answer.rows = &rows;
		answer.meta.wall_us = step->wall_us;
	}
	answer.meta.server = server;
	outcome_set(outcome, step->ms, answer.error);
	run->failed |= !outcome->ok;
	if (sources[i]->emit(&answer, &run->sink, &err) < 0) {
		spool_failed(run, &err);
		outcome_set(outcome, step->ms, err.msg);
	}
	if (step->result) {
		rows_release(&rows);
		PQclear(step->result);
		step->result = NULL;
	}
}

static void run_database(struct run *run)
{
	struct ask *ask = &run->ask;
	struct payload_server server;
	struct err err;

	for (size_t i = 0; i < sources_count; i++)
		if (is_asked(run, i) && sources[i]->variants)
			ask->wanted |= 1u << i;
	if (!ask->wanted)
		return;
	ask_sources(ask, run->job->config, run->job->params, &run->patience);
	server = (struct payload_server){ .address = *ask->db.address ? ask->db.address
								      : NULL,
		.port = ask->db.port,
		.version = *ask->server.version_text ? ask->server.version_text : NULL,
		.system_identifier = *ask->server.system_identifier
					     ? ask->server.system_identifier
					     : NULL };
	for (size_t i = 0; i < sources_count; i++)
		if (ask->wanted & 1u << i)
			emit(run, i, &server);
	if (sink_publish(&run->sink, &err) < 0) {
		spool_failed(run, &err);
		for (size_t i = 0; i < sources_count; i++)
			if (ask->wanted & 1u << i)
				outcome_set(&run->state.outcomes[i], NAN, err.msg);
	}
}

static void run_close(struct run *run)
{
	sink_close(&run->sink);
	json_read_release(run->last.root);
	if (run->ask.db.cancel) {
		signals_deadline(CANCEL_WITHIN_S,
			PROGRAM_NAME ": the server did not take the cancel request\n");
		database_cancel(&run->ask.db);
	}
	ask_release(&run->ask);
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
	run_database(run);
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
