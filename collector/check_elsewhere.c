#include "check_database.h"

#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "clock.h"
#include "mend.h"

/* One more than are looked into. */
const char check_databases_sql[] =
	"SELECT datname FROM pg_catalog.pg_database WHERE datallowconn"
	" AND pg_catalog.has_database_privilege(oid, 'CONNECT')"
	" AND datname <> pg_catalog.current_database() ORDER BY datname LIMIT 21";

#define LOOK_MAX 20
#define LOOK_TIMEOUT_S 5
#define LEAVE_S \
	0.2 /* a session that was closed counts for the role's limit until it is gone */

/* Has the database the extension? False also when it does not say. */
static bool look(struct database_check *check, const struct params *params)
{
	struct visit_step step = { .sql = "SELECT FROM pg_catalog.pg_extension WHERE "
					  "extname = 'pg_stat_statements'" };
	struct trouble trouble;
	bool has = false;
	int rc;

	rc = database_connect(
		&check->db, params, LOOK_TIMEOUT_S, check->patience, &trouble);
	if (rc < 0 && strcmp(trouble.sqlstate, "53300") == 0) {
		database_close(&check->db);
		patience_wait(check->patience, -1, 0, clock_s() + LEAVE_S);
		rc = database_connect(
			&check->db, params, LOOK_TIMEOUT_S, check->patience, &trouble);
	}
	if (rc == 0) {
		visit_run(&check->db, &(struct visit_plan){ &step, 1, &check->safety },
			check->patience);
		has = step.result && PQntuples(step.result) > 0;
		visit_release(&step, 1);
	}
	database_close(&check->db);
	return has;
}

/* False when none of them has it. */
static bool find(struct database_check *check, char *ret, size_t size)
{
	const PGresult *databases = check->facts[FACT_DATABASES].result;
	int count = databases ? PQntuples(databases) : 0;

	database_close(&check->db);
	for (int row = 0; row < count && row < LOOK_MAX; row++) {
		const char *name = PQgetvalue(databases, row, 0);
		const char *values[PARAMS_VALUES_MAX];
		struct params params;

		if (clock_s() >= check->patience->deadline_s ||
			params_redirect(check->job->params, name, values, &params) < 0)
			return false;
		if (look(check, &params)) {
			snprintf(ret, size, "%s", name);
			return true;
		}
	}
	return false;
}

void check_elsewhere(struct database_check *check)
{
	const struct server *server = &check->server;
	char name[128];

	if (find(check, name, sizeof(name))) {
		check_mask(check, name);
		mend_config(&check->mend, check->job->config,
			offsetof(struct config, database_name), name);
		check_fail(check,
			"pg_stat_statements: is not installed in database %s, but in "
			"database %s",
			check->database, name);
		return;
	}
	mend_on_primary(&check->mend, server);
	buf_addf(&check->mend, "\\c %s\nCREATE EXTENSION pg_stat_statements;\n",
		check->database);
	check_trouble(check, "pg_stat_statements", &server->statements_trouble);
}
