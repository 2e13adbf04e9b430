#include "check_database.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "clock.h"
#include "mend.h"
#include "postmaster.h"
#include "redact.h"
#include "source.h"

#define SQL_MAX_BYTES ((size_t)16 << 10)

void check_mask(const struct database_check *check, char *name)
{
	const struct params *params = check->job->params;

	redact_secret(name, check->db.conn ? PQpass(check->db.conn) : NULL);
	for (size_t i = 0; i < params->secrets_count; i++)
		redact_secret(name, params->secrets[i]);
}

static void take_names(struct database_check *check)
{
	const struct server *server = &check->server;

	strcpy(check->role, server->role);
	strcpy(check->database, server->database);
	strcpy(check->schema, server->statements_schema);
	check_mask(check, check->role);
	check_mask(check, check->database);
	check_mask(check, check->schema);
}

static const char *take_mend(const struct database_check *check)
{
	return check->mend.failed || check->mend.len == 0 ? NULL : check->mend.data;
}

void check_ok(struct database_check *check, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	checklist_ok(check->list, "%s", text);
}

void check_warn(struct database_check *check, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	checklist_warn(check->list, take_mend(check), "%s", text);
	buf_clear(&check->mend);
}

void check_fail(struct database_check *check, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	checklist_fail(check->list, take_mend(check), "%s", text);
	buf_clear(&check->mend);
}

/* The cause, and into check->mend, unless there is one, how to mend it. */
static void explain(struct database_check *check, const struct trouble *trouble,
	struct diagnosis *ret)
{
	struct diagnose_context context =
		ask_context(&check->server, check->job->params, check->job->config);

	diagnose(trouble, &context, ret);
	params_scrub(check->job->params, ret->cause);
	params_scrub(check->job->params, ret->mend);
	if (check->mend.len == 0)
		buf_adds(&check->mend, ret->mend);
}

void check_trouble(
	struct database_check *check, const char *what, const struct trouble *trouble)
{
	struct diagnosis diagnosis;

	explain(check, trouble, &diagnosis);
	check_fail(check, "%s: %s", what, diagnosis.cause);
}

void check_unknown(
	struct database_check *check, const char *what, const struct trouble *trouble)
{
	struct diagnosis diagnosis;

	explain(check, trouble, &diagnosis);
	check_warn(check, "%s: can't be checked: %s", what, diagnosis.cause);
}

/* Is the server on this machine? What it says of files and clocks is ours then. */
static bool is_local(const struct database *db)
{
	struct postmaster_id ignored;
	char port[16];

	snprintf(port, sizeof(port), "%d", db->port);
	return postmaster_local_port(db->address, port) != 0 ||
	       postmaster_of_session(&kernel_here, PQbackendPID(db->conn),
		       PQuser(db->conn), PQdb(db->conn), db->port, &ignored);
}

static bool connect_database(struct database_check *check)
{
	const struct config *config = check->job->config;
	struct trouble trouble;
	struct buf views;
	bool known;

	if (database_connect(&check->db, check->job->params, config->connection_timeout_s,
		    check->patience, &trouble) < 0) {
		check_trouble(check, "connect", &trouble);
		return false;
	}
	check_ok(check, "connect: %s, port %d, in %.0f ms", check->db.address,
		check->db.port, check->db.cost.connect_ms);
	check->is_local = is_local(&check->db);
	buf_init(&views, SQL_MAX_BYTES);
	sources_views(&views);
	known = server_discover(&check->db, views.data ? views.data : "''",
			&check->safety, check->patience, &check->server, &trouble) == 0;
	buf_release(&views);
	if (known)
		take_names(check);
	else
		check_trouble(check, "server", &trouble);
	return known;
}

static void ask_facts(struct database_check *check)
{
	struct visit_step steps[FACTS];
	enum check_fact of[FACTS];
	size_t count = 0;

	for (enum check_fact fact = 0; fact < FACTS; fact++)
		if (check->facts[fact].sql) {
			steps[count] = check->facts[fact];
			of[count++] = fact;
		}
	visit_run(&check->db, &(struct visit_plan){ steps, count, &check->safety },
		check->patience);
	for (size_t i = 0; i < count; i++)
		check->facts[of[i]] = steps[i];
	check->settings.rows = check->facts[FACT_SETTINGS].result;
}

static void check_facts(struct database_check *check)
{
	struct buf sql[2];

	buf_init(&sql[0], SQL_MAX_BYTES);
	buf_init(&sql[1], SQL_MAX_BYTES);
	check->facts[FACT_SETTINGS].sql = server_settings_sql;
	check->facts[FACT_ROLE].sql = check_role_sql;
	if (check->wants_statements)
		check_statements_compose(check, sql);
	ask_facts(check);
	check_role(check);
	if (check->settings.rows) {
		check_tracking(check);
		check_server_log(check);
	} else {
		check_unknown(check, "settings", &check->facts[FACT_SETTINGS].trouble);
	}
	check_sources(check);
	if (check->wants_statements)
		check_statements(check);
	buf_release(&sql[0]);
	buf_release(&sql[1]);
}

/* Is there anything to ask the database? */
static bool choose(struct database_check *check)
{
	bool any = false;

	for (size_t i = 0; i < sources_count; i++) {
		if (!(check->job->sources & 1u << i))
			continue;
		any |= sources[i]->views != NULL;
		check->wants_statements |= sources[i]->needs_statements;
	}
	return any;
}

void check_database(
	const struct collect_job *job, struct patience *patience, struct checklist *list)
{
	struct database_check check = { .job = job, .list = list, .patience = patience };

	check.safety.statement_timeout_ms = job->config->statement_timeout_ms;
	check.safety.lock_timeout_ms = job->config->lock_timeout_ms;
	buf_init(&check.mend, MEND_MAX_BYTES);
	if (choose(&check) && connect_database(&check)) {
		check_server(&check);
		check_clock(&check);
		if (check.server.version >= SERVER_VERSION_MIN)
			check_facts(&check);
	}
	visit_release(check.facts, FACTS);
	database_close(&check.db);
	buf_release(&check.mend);
}
