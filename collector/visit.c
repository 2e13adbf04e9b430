#include "visit.h"

#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"

#define SETUP_MAX_BYTES 4096

/* libpq's TLS layer may hold bytes that poll(2) does not see (records over 8 kB, as a
 * pooler may send them): it is asked again after this long. */
#define LOOK_AGAIN_S 0.2

#define OPTIONAL_AHEAD 2       /* one that runs and one that waits behind it */
#define OPTIONAL_TIMEOUT_MS 50 /* at least: what is begun should have a chance */

struct visit {
	struct database *db;
	const struct visit_plan *plan;
	size_t sent; /* steps sent or shed */
	size_t at;   /* the step whose results come next */
	bool setup;  /* its set_config() has been answered */
	struct buf setup_sql;
	double start_s, step_start_s;
};

static struct visit_step *step_at(const struct visit *visit)
{
	return &visit->plan->steps[visit->at];
}

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

static void shed(const struct visit *visit, struct visit_step *step)
{
	step->trouble.kind = TROUBLE_BUDGET;
	snprintf(step->trouble.message, sizeof(step->trouble.message),
		"the visit had taken %.0f ms",
		(clock_s() - visit->plan->budget_from_s) * 1000);
	step->ms = NAN;
}

/* Nothing will come for these. */
static void pass_shed(struct visit *visit)
{
	while (visit->at < visit->sent && step_at(visit)->trouble.kind == TROUBLE_BUDGET)
		visit->at++;
}

static int send_step(struct visit *visit, struct visit_step *step)
{
	struct visit_safety safety = *visit->plan->safety;
	struct database *db = visit->db;
	double left_ms = (visit->plan->budget_until_s - clock_s()) * 1000;

	if (step->optional && left_ms <= 0) {
		shed(visit, step);
		return 0;
	}
	if (step->optional && left_ms < safety.statement_timeout_ms)
		safety.statement_timeout_ms = left_ms < OPTIONAL_TIMEOUT_MS
						      ? OPTIONAL_TIMEOUT_MS
						      : (int)left_ms;
	buf_clear(&visit->setup_sql);
	visit_setup_sql(&safety, &visit->setup_sql);
	if (visit->setup_sql.failed ||
		PQsendQueryParams(db->conn, visit->setup_sql.data, 0, NULL, NULL, NULL,
			NULL, 0) != 1 ||
		PQsendQueryParams(db->conn, step->sql, 0, NULL, NULL, NULL, NULL,
			step->row ? 1 : 0) != 1 ||
		PQpipelineSync(db->conn) != 1)
		return -1;
	db->cost.sent_bytes += visit->setup_sql.len + strlen(step->sql);
	return 0;
}

/* What may be sent now. */
static int send_more(struct visit *visit)
{
	const struct visit_plan *plan = visit->plan;

	for (; visit->sent < plan->count; visit->sent++) {
		struct visit_step *step = &plan->steps[visit->sent];

		if (step->optional && visit->sent >= visit->at + OPTIONAL_AHEAD)
			break;
		if (send_step(visit, step) < 0)
			return -1;
	}
	pass_shed(visit);
	return 0;
}

/* A time-out that came early, for the budget's sake, is the budget's. */
static bool is_over_budget(const struct visit *visit, const struct visit_step *step)
{
	return step->optional && step->trouble.kind == TROUBLE_SQL &&
	       strcmp(step->trouble.sqlstate, "57014") == 0 &&
	       step->ms < visit->plan->safety->statement_timeout_ms;
}

static void end_step(struct visit *visit)
{
	struct visit_step *step = step_at(visit);
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
	if (is_over_budget(visit, step)) {
		step->trouble.kind = TROUBLE_BUDGET;
		snprintf(step->trouble.message, sizeof(step->trouble.message),
			"it took longer than the %.0f ms that were left", step->ms);
	}
	visit->step_start_s = now_s;
	visit->setup = false;
	visit->at++;
	pass_shed(visit);
}

/* As the protocol carries rows ("DataRow"): a length before each value, a head before all. */
static uint64_t bytes_of(const PGresult *result)
{
	int rows = PQntuples(result), columns = PQnfields(result);
	uint64_t bytes = (uint64_t)rows * (7 + 4 * (uint64_t)columns);

	for (int row = 0; row < rows; row++)
		for (int column = 0; column < columns; column++)
			bytes += (uint64_t)PQgetlength(result, row, column);
	return bytes;
}

/* One result of the current step. Takes ownership. */
static void take_result(struct visit *visit, PGresult *result)
{
	struct visit_step *step = step_at(visit);
	ExecStatusType status = PQresultStatus(result);

	visit->db->cost.received_bytes += bytes_of(result);
	if (status == PGRES_PIPELINE_SYNC) {
		end_step(visit);
	} else if (status == PGRES_SINGLE_TUPLE && step->row) {
		step->row(step->context, result);
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

	while (visit->at < visit->sent && !PQisBusy(conn)) {
		PGresult *result = PQgetResult(conn);

		if (result)
			take_result(visit, result);
		else if (PQstatus(conn) == CONNECTION_BAD)
			return -1;
		else if (visit->setup && step_at(visit)->row && !step_at(visit)->result)
			PQsetSingleRowMode(conn); /* the query's results come next */
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
	for (; visit->at < visit->plan->count; end_step(visit)) {
		struct visit_step *step = step_at(visit);

		if (step->trouble.kind == TROUBLE_NONE)
			step->trouble = trouble;
	}
}

/* Returns when all steps that were sent are answered, or -1 with *ret_waited. */
static int exchange(
	struct visit *visit, struct patience *patience, enum waited *ret_waited)
{
	PGconn *conn = visit->db->conn;

	*ret_waited = WAITED_READY;
	while (visit->at < visit->sent) {
		int unsent = PQflush(conn);
		enum waited waited = WAITED_READY;

		if (unsent >= 0)
			waited = patience_wait(patience, PQsocket(conn),
				(short)(POLLIN | (unsent ? POLLOUT : 0)),
				clock_s() + LOOK_AGAIN_S);
		if (waited == WAITED_STOPPED || clock_s() >= patience->deadline_s) {
			*ret_waited = waited == WAITED_STOPPED ? waited : WAITED_OVER;
			return -1;
		}
		/* What came before the connection broke is still to be read. */
		if (PQconsumeInput(conn) != 1 || unsent < 0)
			return take_arrived(visit) == 0 && visit->at == visit->plan->count
				       ? 0
				       : -1;
		if (take_arrived(visit) < 0 || send_more(visit) < 0)
			return -1;
	}
	return 0;
}

int visit_run(
	struct database *db, const struct visit_plan *plan, struct patience *patience)
{
	struct visit visit = { .db = db, .plan = plan };
	enum waited waited = WAITED_READY;
	int rc;

	visit.start_s = visit.step_start_s = clock_s();
	buf_init(&visit.setup_sql, SETUP_MAX_BYTES);
	db->cost.round_trips++;
	rc = send_more(&visit);
	if (rc == 0)
		rc = exchange(&visit, patience, &waited);
	if (rc < 0)
		give_up(&visit, waited);
	buf_release(&visit.setup_sql);
	return rc;
}

struct trouble visit_first_trouble(const struct visit_step *steps, size_t count)
{
	size_t at = 0;

	while (at + 1 < count && steps[at].trouble.kind == TROUBLE_NONE)
		at++;
	return steps[at].trouble;
}

void visit_release(struct visit_step *steps, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		PQclear(steps[i].result);
		steps[i].result = NULL;
	}
}
