#include "server.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Each on its own: what is revoked or locked costs only what needs it. */
static const char identity_sql[] =
	"SELECT system_identifier::text FROM pg_catalog.pg_control_system()";

static const char discovery_sql[] =
	"SELECT pg_catalog.version(), pg_catalog.pg_is_in_recovery(),"
	" pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE'),"
	" pg_catalog.quote_ident(current_user),"
	" pg_catalog.quote_ident(pg_catalog.current_database())";

enum { COLUMN_VERSION, COLUMN_RECOVERY, COLUMN_STATS, COLUMN_ROLE, COLUMN_DATABASE };

static const char extension_sql[] =
	"SELECT pg_catalog.quote_ident(n.nspname), x.extversion"
	" FROM pg_catalog.pg_extension x"
	" JOIN pg_catalog.pg_namespace n ON n.oid = x.extnamespace"
	" WHERE x.extname = 'pg_stat_statements'";

enum { COLUMN_SCHEMA, COLUMN_EXTVERSION };

int server_extension_version(const char *text)
{
	char *end;
	long major = strtol(text, &end, 10), minor;
	const char *digits = end + 1;

	if (end == text || *end != '.' || major < 0 || major > 1000)
		return 0;
	minor = strtol(digits, &end, 10);
	if (end == digits || minor < 0 || minor > 99)
		return 0;
	return (int)(major * 100 + minor);
}

bool server_checks_connection(const struct server *server)
{
	return server->version >= 140000 && server->on_linux;
}

static void copy(char *ret, size_t size, const PGresult *result, int column)
{
	snprintf(ret, size, "%s", PQgetvalue(result, 0, column));
}

static void read_discovery(struct server *server, const PGresult *result)
{
	server->on_linux = strcasestr(PQgetvalue(result, 0, COLUMN_VERSION), "linux");
	server->in_recovery = *PQgetvalue(result, 0, COLUMN_RECOVERY) == 't';
	server->reads_all_stats = *PQgetvalue(result, 0, COLUMN_STATS) == 't';
	copy(server->role, sizeof(server->role), result, COLUMN_ROLE);
	copy(server->database, sizeof(server->database), result, COLUMN_DATABASE);
}

static void read_extension(struct server *server, const struct visit_step *step)
{
	if (!step->result) {
		server->statements_trouble = step->trouble;
		return;
	}
	if (PQntuples(step->result) == 0) {
		server->statements_trouble.kind = TROUBLE_EXTENSION;
		return;
	}
	copy(server->statements_schema, sizeof(server->statements_schema), step->result,
		COLUMN_SCHEMA);
	server->statements_version =
		server_extension_version(PQgetvalue(step->result, 0, COLUMN_EXTVERSION));
}

int server_discover(struct database *db, const struct visit_safety *safety,
	struct patience *patience, struct server *ret_server, struct trouble *ret_trouble)
{
	struct visit_step steps[] = { { .sql = identity_sql }, { .sql = discovery_sql },
		{ .sql = extension_sql } };
	struct server server = { .version = PQserverVersion(db->conn) };
	const char *version = PQparameterStatus(db->conn, "server_version");
	int rc = visit_run(db, steps, 3, safety, patience);

	snprintf(server.version_text, sizeof(server.version_text), "%s",
		version ? version : "");
	if (steps[0].result && PQntuples(steps[0].result) == 1)
		copy(server.system_identifier, sizeof(server.system_identifier),
			steps[0].result, 0);
	if (rc < 0 || !steps[1].result || PQntuples(steps[1].result) != 1) {
		*ret_trouble = steps[1].trouble;
		if (ret_trouble->kind == TROUBLE_NONE)
			ret_trouble->kind = TROUBLE_SQL;
		rc = -1;
	} else {
		read_discovery(&server, steps[1].result);
		read_extension(&server, &steps[2]);
		*ret_server = server;
	}
	visit_release(steps, 3);
	return rc;
}
