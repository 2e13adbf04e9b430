#include <math.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "collect_run.h"
#include "log.h"
#include "source.h"

/* A run comes a little earlier or later than interval_s after the last. */
#define EARLY_S 15.0

/* A source of a slow tier that failed after it took T is not asked again for so many T:
 * it costs one hundredth of the time, in whatever state the server is. */
#define DUTY 100

/* What does not change is sent again after so long: the first may have been evicted. */
#define SEND_AGAIN_S 86400.0

/* What a source brought, as one number (FNV-1a, 64 bits). */
static uint64_t hash_of(const struct ask_step *step)
{
	uint64_t hash = 14695981039346656037u;

	for (unsigned part = 0; part < SOURCE_PARTS_MAX; part++) {
		const PGresult *result = step->result[part];
		int cells = PQntuples(result) * PQnfields(result);

		for (int i = 0; i < cells; i++) {
			const char *value = PQgetvalue(
				result, i / PQnfields(result), i % PQnfields(result));

			do
				hash = (hash ^ (unsigned char)*value) * 1099511628211u;
			while (*value++);
		}
	}
	return hash;
}

/* Is it time for a source that is not asked in every run? One that was named is. */
static bool is_due(const struct run *run, size_t place)
{
	double at_s = run->state.sent[place].wall_at_s, now_s = run->ask.context.wall_s;

	return sources[place]->every_s == 0 || run->job->listed || now_s < at_s ||
	       now_s - at_s >= sources[place]->every_s - EARLY_S;
}

/* Is what it brought already known to the listener? */
static bool is_old(const struct run *run, size_t place)
{
	const struct sent *sent = &run->state.sent[place];
	double age_s = run->ask.context.wall_s - sent->wall_at_s;

	return sources[place]->on_change && !run->job->listed &&
	       run->ask.steps[place].trouble == TROUBLE_NONE && age_s >= 0 &&
	       age_s < SEND_AGAIN_S - EARLY_S &&
	       hash_of(&run->ask.steps[place]) == sent->hash;
}

static void emit(struct run *run, size_t place, const struct payload_server *server)
{
	struct ask_step *step = &run->ask.steps[place];
	struct outcome *outcome = &run->state.outcomes[place];
	struct answer answer = { .meta = run_meta(run, sources[place]),
		.error = *step->error ? step->error : NULL,
		.context = &run->ask.context };
	struct rows rows[SOURCE_PARTS_MAX];
	struct err err;

	memcpy(answer.ms, step->part_ms, sizeof(answer.ms));
	for (unsigned part = 0; part < SOURCE_PARTS_MAX; part++) {
		if (!step->result[part])
			continue;
		rows_init(&rows[part], step->result[part],
			(enum redact_mode)run->job->config->redact);
		answer.rows[part] = &rows[part];
	}
	if (answer.rows[0])
		answer.meta.wall_us = step->wall_us;
	answer.meta.server = server;
	outcome_set(outcome, step->ms, answer.error);
	run->failed |= !outcome->ok;
	if (!is_old(run, place) && sources[place]->emit(&answer, &run->sink, &err) < 0) {
		run_spool_failed(run, &err);
		outcome_set(outcome, step->ms, err.msg);
	}
	for (unsigned part = 0; part < SOURCE_PARTS_MAX; part++)
		if (answer.rows[part])
			rows_release(&rows[part]);
}

/* Notes when a source of a slow tier that failed is due. */
static void rest(struct run *run, size_t place)
{
	double ms = run->ask.steps[place].ms, every_s = sources[place]->every_s;
	double rest_s = ms * DUTY / 1000;

	if (every_s == 0 || isnan(ms))
		return; /* it cost nothing */
	if (rest_s > every_s - EARLY_S)
		rest_s = every_s - EARLY_S;
	run->state.sent[place].wall_at_s =
		run->ask.context.wall_s - every_s + EARLY_S + rest_s;
}

/* It is published: what was sent need not be sent again. */
static void remember(struct run *run)
{
	struct err err;

	for (size_t i = 0; i < sources_count; i++) {
		const struct ask_step *step = &run->ask.steps[i];
		struct sent *sent = &run->state.sent[i];

		if (!(run->ask.wanted & 1u << i) ||
			(!sources[i]->on_change && sources[i]->every_s == 0))
			continue;
		if (!run->state.outcomes[i].ok) {
			rest(run, i);
			continue;
		}
		if (is_old(run, i))
			continue;
		sent->wall_at_s = run->ask.context.wall_s;
		sent->hash = sources[i]->on_change ? hash_of(step) : 0;
	}
	for (size_t i = 0; i < sources_count; i++)
		ask_clear(&run->ask, i); /* room for what follows */
	run->ask.context.before = NULL;
	if (memory_save(&run->memory, run->spool, run->sink.codec,
		    run->ask.context.wall_s, &err) < 0)
		run_spool_failed(run, &err);
}

static void publish(struct run *run)
{
	struct err err;

	if (sink_publish(&run->sink, &err) == 0) {
		remember(run);
		return;
	}
	run_spool_failed(run, &err);
	sink_drop(&run->sink, false);
	for (size_t i = 0; i < sources_count; i++)
		if (run->ask.wanted & 1u << i)
			outcome_set(&run->state.outcomes[i], NAN, err.msg);
}

static bool choose(struct run *run)
{
	struct ask *ask = &run->ask;

	for (size_t i = 0; i < sources_count; i++) {
		if (!run_asks(run, i) || !sources[i]->views)
			continue;
		if (is_due(run, i))
			ask->wanted |= 1u << i;
		else
			run->state.outcomes[i].asked = false;
	}
	return ask->wanted != 0;
}

static struct payload_server server_of(const struct ask *ask)
{
	const struct server *server = &ask->server;

	return (struct payload_server){ .address =
						*ask->db.address ? ask->db.address : NULL,
		.port = ask->db.port,
		.version = *server->version_text ? server->version_text : NULL,
		.system_identifier =
			*server->system_identifier ? server->system_identifier : NULL };
}

static struct visit_cost cost_of(const struct run *run, double ms)
{
	struct visit_cost cost = run->ask.db.cost;
	bool known = run->statements.before;

	cost.ms = ms;
	cost.calls = known ? run->statements.own_calls : NAN;
	cost.total_exec_ms = known ? run->statements.own_ms : NAN;
	return cost;
}

void collect_database(struct run *run)
{
	struct ask *ask = &run->ask;
	double start_s = clock_s();
	struct payload_server server;
	struct err err;

	run->state.visit = (struct visit_cost){ 0 };
	ask->context = (struct source_context){ .wall_s = (double)clock_wall_us() / 1e6,
		.statements = &run->statements,
		.pace = &run->state.pace };
	if (!choose(run))
		return;
	ask->server = run->state.server;
	ask->memory = &run->memory;
	if (memory_open(&run->memory, run->spool, !run->job->print,
		    (enum redact_mode)run->job->config->redact, &err) < 0 ||
		ask_sources(ask, run->job->config, run->job->params, &run->patience,
			&err) < 0) {
		run_spool_failed(run, &err);
		return;
	}
	if (ask->reached)
		machine_sample_learn(&run->state.machine, run_machine_scope(run).port > 0,
			&ask->postmaster, ask->server.tablespaces);
	run->state.server = ask->server;
	run->state.visit = cost_of(run, (clock_s() - start_s) * 1000);
	log_line(LOG_DEBUG, "asked in %.0f ms, %u round trips", run->state.visit.ms,
		run->state.visit.round_trips);
	server = server_of(ask);
	for (size_t i = 0; i < sources_count; i++)
		if (ask->wanted & 1u << i)
			emit(run, i, &server);
	publish(run);
}
