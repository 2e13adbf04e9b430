#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "checklist.h"
#include "clock.h"
#include "lock.h"
#include "room.h"
#include "signals.h"
#include "spool_size.h"
#include "state.h"
#include "system_metrics.h"

struct check {
	const struct collect_job *job;
	struct checklist list;
	struct patience patience;
	struct visit_safety safety;
	struct database db;
	struct server server;
};

/* The nearest parent that exists, into parent, which holds the path. */
static void cut_to_existing(char *parent)
{
	while (access(parent, F_OK) < 0 && errno == ENOENT) {
		char *slash = strrchr(parent, '/');

		if (!slash) {
			strcpy(parent, ".");
			return;
		}
		slash[slash == parent] = '\0';
	}
}

/* Not there yet: could it be made? */
static void check_parent(struct check *check, const char *path, const char *why)
{
	char parent[4096], mend[4352];

	snprintf(parent, sizeof(parent), "%s", path);
	cut_to_existing(parent);
	if (strcmp(parent, path) != 0 && access(parent, W_OK | X_OK) == 0) {
		checklist_ok(&check->list, "spool %s: not there yet; %s is writable",
			path, parent);
		return;
	}
	snprintf(mend, sizeof(mend),
		"install -d -o USER -m 0750 %s (USER: who runs this program)", path);
	checklist_fail(&check->list, mend, "%s", why);
}

/* A newer program's state ends each run. */
static void check_state(struct check *check, const struct spool *spool)
{
	struct state_file state = { 0 };
	struct err err;

	if (state_load(spool, PROGRAM_NAME, false, &state, &err) < 0)
		checklist_fail(&check->list, NULL, "%s", err.msg);
	json_read_release(state.root);
}

static void check_spool(struct check *check)
{
	const struct config *config = check->job->config;
	struct spool_limits limits = room_limits(config);
	struct known_size size = { 0 };
	struct spool *spool = NULL;
	struct err err;
	long holder;

	if (spool_open(config->buffer_path, false, &spool, &err) < 0) {
		check_parent(check, config->buffer_path, err.msg);
		return;
	}
	if (faccessat(spool->tmp_fd, ".", W_OK | X_OK, AT_EACCESS) < 0 ||
		faccessat(spool->new_fd, ".", W_OK | X_OK, AT_EACCESS) < 0 ||
		faccessat(spool->state_fd, ".", W_OK | X_OK, AT_EACCESS) < 0)
		checklist_fail(&check->list, "chown -R it to who runs this program",
			"spool %s: not writable: %s", spool->path, strerror(errno));
	else
		checklist_ok(&check->list, "spool %s: writable", spool->path);
	if (room_update(spool, &size, &err) < 0 ||
		spool_check_room(spool, &limits, size.bytes, 1 << 20, &err) < 0)
		checklist_fail(&check->list, NULL, "%s", err.msg);
	else
		checklist_ok(&check->list, "spool: %" PRIu64 " MiB of %d MiB used",
			size.bytes >> 20, config->buffer_max_size_mb);
	check_state(check, spool);
	holder = lock_holder(spool, PROGRAM_NAME);
	if (holder > 0)
		checklist_warn(&check->list, NULL, "a %s (pid %ld) is at work just now",
			PROGRAM_NAME, holder);
	spool_close(spool);
}

static void check_machine(struct check *check)
{
	static const struct machine_scope scope = { 0, "", "" };
	static const struct cpu_sample no_cpu;
	static const struct machine_sample no_sample;
	struct machine machine;

	system_metrics_take(&scope, &no_cpu, &no_sample, NULL, &machine);
	if (*machine.trouble)
		checklist_fail(&check->list,
			"let the service see all of /proc (ProcSubset=all)",
			"machine: %s", machine.trouble);
	else
		checklist_ok(&check->list, "machine: /proc is readable");
}

static void fail(struct check *check, const char *what, const struct trouble *trouble)
{
	struct diagnose_context context =
		ask_context(&check->server, check->job->params, check->job->config);
	struct diagnosis diagnosis;

	diagnose(trouble, &context, &diagnosis);
	params_scrub(check->job->params, diagnosis.cause);
	params_scrub(check->job->params, diagnosis.mend);
	checklist_fail(&check->list, *diagnosis.mend ? diagnosis.mend : NULL, "%s: %s",
		what, diagnosis.cause);
}

static bool connect_database(struct check *check)
{
	const struct config *config = check->job->config;
	struct trouble trouble;
	double start_s = clock_s();

	if (database_connect(&check->db, check->job->params, config->connection_timeout_s,
		    &check->patience, &trouble) < 0) {
		fail(check, "connect", &trouble);
		return false;
	}
	checklist_ok(&check->list, "connect: %s, port %d, in %.0f ms", check->db.address,
		check->db.port, (clock_s() - start_s) * 1000);
	if (server_discover(&check->db, "'pg_stat_statements'", &check->safety,
		    &check->patience, &check->server, &trouble) < 0) {
		fail(check, "server", &trouble);
		return false;
	}
	return true;
}

static void check_server(struct check *check)
{
	const struct server *server = &check->server;

	if (server->version < SERVER_VERSION_MIN)
		checklist_fail(&check->list, "update PostgreSQL to 12 or newer",
			"server: version %s is too old", server->version_text);
	else if (server->version >= SERVER_VERSION_KNOWN + 10000)
		checklist_warn(&check->list, "update this program",
			"server: version %s is newer than this program knows",
			server->version_text);
	else
		checklist_ok(&check->list, "server: version %s%s", server->version_text,
			server->in_recovery ? ", a standby" : "");
	if (!*server->system_identifier)
		checklist_warn(&check->list, NULL,
			"server: pg_control_system() is not allowed: no system identifier");
	if (server->reads_all_stats) {
		checklist_ok(&check->list, "privileges: role %s reads all statistics",
			server->role);
	} else {
		struct trouble trouble = { .kind = TROUBLE_PRIVILEGE };

		fail(check, "privileges", &trouble);
	}
}

/* Asks in earnest: that tells a library that is not loaded, and texts that can't be
 * read. */
static void check_statements(struct check *check)
{
	const struct server *server = &check->server;
	char sql[256];
	struct visit_step step = { .sql = sql };

	if (server->statements_trouble.kind != TROUBLE_NONE) {
		fail(check, "pg_stat_statements", &server->statements_trouble);
		return;
	}
	snprintf(sql, sizeof(sql),
		"SELECT pg_catalog.count(query) FROM %s.pg_stat_statements(true)",
		server->statements_schema);
	visit_run(&check->db, &(struct visit_plan){ &step, 1, &check->safety },
		&check->patience);
	if (step.result)
		checklist_ok(&check->list,
			"pg_stat_statements: %s entries, version %d.%d",
			PQgetvalue(step.result, 0, 0), server->statements_version / 100,
			server->statements_version % 100);
	else
		fail(check, "pg_stat_statements", &step.trouble);
	visit_release(&step, 1);
}

static void check_settings(struct check *check)
{
	struct visit_step step = {
		.sql = "SELECT pg_catalog.current_setting('track_activities')"
	};

	visit_run(&check->db, &(struct visit_plan){ &step, 1, &check->safety },
		&check->patience);
	if (!step.result)
		fail(check, "track_activities", &step.trouble);
	else if (strcmp(PQgetvalue(step.result, 0, 0), "on") != 0)
		checklist_fail(&check->list,
			"ALTER SYSTEM SET track_activities = on; SELECT pg_reload_conf()",
			"track_activities is off: sessions show no state and no query");
	else
		checklist_ok(&check->list, "track_activities is on");
	visit_release(&step, 1);
}

static void check_database(struct check *check)
{
	const struct collect_job *job = check->job;
	bool statements = false, any = false;

	for (size_t i = 0; i < sources_count; i++) {
		if (!(job->sources & 1u << i))
			continue;
		any |= sources[i]->views != NULL;
		statements |= sources[i]->needs_statements;
	}
	if (!any || !connect_database(check))
		return;
	check_server(check);
	if (check->server.version < SERVER_VERSION_MIN)
		return;
	if (statements)
		check_statements(check);
	check_settings(check);
}

int check_run(const struct collect_job *job, struct err *err)
{
	const struct config *config = job->config;
	struct check check = { .job = job, .patience = { .signal_fd = -1 } };

	check.safety.statement_timeout_ms = config->statement_timeout_ms;
	check.safety.lock_timeout_ms = config->lock_timeout_ms;
	if (signals_open(SIGNALS_STOP_WITHIN_S, &check.patience.signal_fd, err) < 0)
		return -1;
	signals_deadline((unsigned)config->interval_s,
		PROGRAM_NAME ": not done after collection.interval_s; ended\n");
	check.patience.deadline_s = patience_deadline_s(clock_s(), config->interval_s);
	check_spool(&check);
	check_machine(&check);
	check_database(&check);
	database_close(&check.db);
	return check.list.failed > 0 ? 1 : 0;
}
