#include "check_database.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mend.h"

#define SETUP_SQL "/usr/share/bitville-postgres-agent/setup.sql"
#define CONNECTIONS_MIN 2 /* a run, and --test or --print beside it */
#define FREE_MIN 3        /* and a twentieth of them all */

/* 10 is BOOTSTRAP_SUPERUSERID, of pg_authid.dat: it can't stop being one. */
const char check_role_sql[] =
	"SELECT r.rolsuper, r.rolcreatedb, r.rolcreaterole, r.rolreplication,"
	" r.rolbypassrls, r.rolconnlimit, r.oid = 10,"
	" (SELECT pg_catalog.pg_has_role(g.oid, 'USAGE') FROM pg_catalog.pg_roles g"
	" WHERE g.rolname = 'pg_use_reserved_connections'),"
	" (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity"
	" WHERE backend_type = 'client backend')"
	" FROM pg_catalog.pg_roles r WHERE r.rolname = current_user";

enum {
	COLUMN_SUPER,
	COLUMN_CREATEDB,
	COLUMN_CREATEROLE,
	COLUMN_REPLICATION,
	COLUMN_BYPASSRLS,
	COLUMN_LIMIT,
	COLUMN_BOOTSTRAP,
	COLUMN_RESERVED,
	COLUMN_TAKEN
};

static bool is_true(const PGresult *row, int column)
{
	return *PQgetvalue(row, 0, column) == 't';
}

static void check_privileges(struct database_check *check)
{
	const struct server *server = &check->server;
	struct trouble trouble = { .kind = TROUBLE_PRIVILEGE };

	if (server->reads_all_stats) {
		check_ok(check, "privileges: role %s reads all statistics", check->role);
		return;
	}
	mend_on_primary(&check->mend, &check->server);
	buf_addf(&check->mend, "GRANT pg_read_all_stats TO %s;\n", check->role);
	check_trouble(check, "privileges", &trouble);
}

static void check_excess(struct database_check *check, const PGresult *row)
{
	static const char *const rights[] = { "SUPERUSER", "CREATEDB", "CREATEROLE",
		"REPLICATION", "BYPASSRLS" };
	struct buf *mend = &check->mend;
	char names[128] = "";

	for (int i = COLUMN_SUPER; i <= COLUMN_BYPASSRLS; i++)
		if (is_true(row, i))
			snprintf(names + strlen(names), sizeof(names) - strlen(names),
				"%s%s", *names ? ", " : "", rights[i]);
	if (!*names) {
		check_ok(check, "role %s: has no rights that it does not need",
			check->role);
		return;
	}
	if (is_true(row, COLUMN_BOOTSTRAP)) {
		buf_adds(mend, "sudo -u postgres psql -X -f " SETUP_SQL
			       "   # then that role in [database] user\n");
	} else {
		mend_on_primary(&check->mend, &check->server);
		if (is_true(row, COLUMN_SUPER))
			buf_addf(mend, "GRANT pg_read_all_stats TO %s;\n", check->role);
		buf_addf(mend, "ALTER ROLE %s", check->role);
		for (int i = COLUMN_SUPER; i <= COLUMN_BYPASSRLS; i++)
			if (is_true(row, i))
				buf_addf(mend, " NO%s", rights[i]);
		buf_adds(mend, ";\n");
	}
	check_warn(
		check, "role %s: has more rights than it needs: %s", check->role, names);
}

static void check_limit(struct database_check *check, const PGresult *row)
{
	int limit = atoi(PQgetvalue(row, 0, COLUMN_LIMIT));

	if (limit < 0 || limit >= CONNECTIONS_MIN)
		return;
	mend_on_primary(&check->mend, &check->server);
	buf_addf(&check->mend, "ALTER ROLE %s CONNECTION LIMIT 3;\n", check->role);
	check_warn(check,
		"role %s: connection limit %d: --test and --print can't work beside a run",
		check->role, limit);
}

/* When all others are taken: from 16 on some can be kept for the agent. */
static void check_connections(struct database_check *check, const PGresult *row)
{
	const struct server_settings *settings = &check->settings;
	long most = server_setting_number(settings, "max_connections", 0);
	long kept = server_setting_number(settings, "reserved_connections", 0);
	long left = most - kept - atol(PQgetvalue(row, 0, COLUMN_TAKEN)) -
		    server_setting_number(settings, "superuser_reserved_connections", 0);
	bool may = is_true(row, COLUMN_RESERVED), super = is_true(row, COLUMN_SUPER);

	if (!PQgetisnull(row, 0, COLUMN_RESERVED) && !may && !super) {
		mend_on_primary(&check->mend, &check->server);
		buf_addf(&check->mend, "GRANT pg_use_reserved_connections TO %s;\n",
			check->role);
		check_warn(check,
			"role %s: may not use the connections that "
			"reserved_connections (%ld) keeps",
			check->role, kept);
	}
	if (most == 0 || !check->server.reads_all_stats)
		return;
	if ((left >= FREE_MIN && left * 20 >= most) || super || (may && kept > 0)) {
		check_ok(check, "connections: %ld of %ld are free%s", left > 0 ? left : 0,
			most,
			may && kept > 0 ? ", others are kept for the role"
			: may           ? "; reserved_connections is 0: none is kept"
					: "");
		return;
	}
	buf_adds(&check->mend,
		"SELECT usename, application_name, state, count(*) FROM pg_stat_activity "
		"GROUP BY 1, 2, 3 ORDER BY 4 DESC;\n");
	if (may && !server_setting_is_pending(settings, "reserved_connections")) {
		mend_system(&check->mend, settings, "reserved_connections", "3");
		mend_restart(&check->mend, settings);
	}
	check_warn(check,
		"connections: %ld of %ld are free: a run may find none; who has them:",
		left > 0 ? left : 0, most);
}

void check_role(struct database_check *check)
{
	const struct visit_step *step = &check->facts[FACT_ROLE];

	check_privileges(check);
	if (!step->result || PQntuples(step->result) != 1) {
		if (!step->result)
			check_unknown(check, "role", &step->trouble);
		return;
	}
	check_excess(check, step->result);
	check_limit(check, step->result);
	check_connections(check, step->result);
}
