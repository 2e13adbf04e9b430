#include "visit.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"

#define SETUP_MAX_BYTES 4096

/* libpq's TLS layer may hold bytes that poll(2) does not see (records over 8 kB, as a
 * pooler may send them): it is asked again after this long. */
#define LOOK_AGAIN_S 0.2

struct visit {
	struct database *db;
	struct visit_step *steps;
	size_t count;
	size_t at;  /* the step whose results come next */
	bool setup; /* its set_config() has been answered */
	double start_s, step_start_s;
};

void visit_setup_sql(const struct visit_safety *safety, struct buf *sql)
{
	const struct {
		const char *name, *value;
	} fixed[] = { { "transaction_read_only", "on" }, { "search_path", "pg_catalog" },
		{ "DateStyle", "ISO" }, { "TimeZone", "UTC" },
		{ "IntervalStyle", "postgres" }, { "extra_float_digits", "1" },
		{ "bytea_output", "hex" }, { "max_parallel_workers_per_gather", "0" },
		{ "jit", "off" } };

	buf_addf(sql, "SELECT pg_catalog.set_config('statement_timeout', '%d', true)",
		safety->statement_timeout_ms);
	buf_addf(sql, ", pg_catalog.set_config('lock_timeout', '%d', true)",
		safety->lock_timeout_ms);
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		buf_addf(sql, ", pg_catalog.set_config('%s', '%s', true)", fixed[i].name,
			fixed[i].value);
	if (safety->check_connection)
		buf_adds(sql, ", pg_catalog.set_config("
			      "'client_connection_check_interval', '1000', true)");
}

static int send_all(struct visit *visit, const char *setup)
{
	PGconn *conn = visit->db->conn;

	for (size_t i = 0; i < visit->count; i++)
		if (PQsendQueryParams(conn, setup, 0, NULL, NULL, NULL, NULL, 0) != 1 ||
			PQsendQueryParams(conn, visit->steps[i].sql, 0, NULL, NULL, NULL,
				NULL, 0) != 1 ||
			PQpipelineSync(conn) != 1)
			return -1;
	return 0;
}

static void end_step(struct visit *visit)
{
	struct visit_step *step = &visit->steps[visit->at];
	double now_s = clock_s();

	step->ms = (now_s - visit->step_start_s) * 1000;
	step->wall_us = clock_wall_us();
	if (step->trouble.kind != TROUBLE_NONE) {
		PQclear(step->result); /* not the whole answer */
		step->result = NULL;
	}
	if (!step->result && step->trouble.kind == TROUBLE_NONE) {
		step->trouble.kind = TROUBLE_SQL;
		snprintf(step->trouble.message, sizeof(step->trouble.message),
			"the server sent no result");
	}
	visit->step_start_s = now_s;
	visit->setup = false;
	visit->at++;
}

/* One result of the current step. Takes ownership. */
static void take_result(struct visit *visit, PGresult *result)
{
	struct visit_step *step = &visit->steps[visit->at];
	ExecStatusType status = PQresultStatus(result);

	if (status == PGRES_PIPELINE_SYNC) {
		end_step(visit);
	} else if (status == PGRES_TUPLES_OK && !visit->setup) {
		visit->setup = true;
	} else if (status == PGRES_TUPLES_OK && !step->result) {
		step->result = result;
		return;
	} else if (status == PGRES_FATAL_ERROR && step->trouble.kind == TROUBLE_NONE) {
		database_refusal(visit->db, result, &step->trouble);
	}
	PQclear(result);
}

/* The results that have arrived. -1 when the connection is gone. */
static int take_arrived(struct visit *visit)
{
	PGconn *conn = visit->db->conn;

	while (visit->at < visit->count && !PQisBusy(conn)) {
		PGresult *result = PQgetResult(conn);

		if (result)
			take_result(visit, result);
		else if (PQstatus(conn) == CONNECTION_BAD)
			return -1;
	}
	return 0;
}

static void give_up(struct visit *visit, enum waited waited)
{
	struct trouble trouble = { .kind = TROUBLE_LOST };

	if (waited == WAITED_STOPPED) {
		trouble.kind = TROUBLE_STOPPED;
	} else if (waited == WAITED_OVER) {
		trouble.kind = TROUBLE_DEADLINE;
		snprintf(trouble.message, sizeof(trouble.message),
			"no answer from the server within %.1f s",
			clock_s() - visit->start_s);
	} else {
		database_trouble(visit->db, TROUBLE_LOST, &trouble);
	}
	for (; visit->at < visit->count; end_step(visit)) {
		struct visit_step *step = &visit->steps[visit->at];

		if (step->trouble.kind == TROUBLE_NONE)
			step->trouble = trouble;
	}
}

static int exchange(struct visit *visit, struct patience *patience)
{
	PGconn *conn = visit->db->conn;

	while (visit->at < visit->count) {
		int unsent = PQflush(conn);
		enum waited waited = WAITED_READY;

		if (unsent >= 0)
			waited = patience_wait(patience, PQsocket(conn),
				(short)(POLLIN | (unsent ? POLLOUT : 0)),
				clock_s() + LOOK_AGAIN_S);
		if (waited == WAITED_STOPPED || clock_s() >= patience->deadline_s) {
			give_up(visit, waited == WAITED_STOPPED ? waited : WAITED_OVER);
			return -1;
		}
		/* What came before the connection broke is still to be read. */
		if (PQconsumeInput(conn) != 1 || unsent < 0) {
			if (take_arrived(visit) == 0 && visit->at == visit->count)
				return 0;
			give_up(visit, WAITED_READY);
			return -1;
		}
		if (take_arrived(visit) < 0) {
			give_up(visit, WAITED_READY);
			return -1;
		}
	}
	return 0;
}

int visit_run(struct database *db, struct visit_step *steps, size_t count,
	const struct visit_safety *safety, struct patience *patience)
{
	struct visit visit = { .db = db, .steps = steps, .count = count };
	struct buf setup;
	int rc = -1;

	visit.start_s = visit.step_start_s = clock_s();
	buf_init(&setup, SETUP_MAX_BYTES);
	visit_setup_sql(safety, &setup);
	if (!setup.failed && send_all(&visit, setup.data) == 0)
		rc = exchange(&visit, patience);
	else
		give_up(&visit, WAITED_READY);
	buf_release(&setup);
	return rc;
}

void visit_release(struct visit_step *steps, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		PQclear(steps[i].result);
		steps[i].result = NULL;
	}
}
