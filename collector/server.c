#include "server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clock.h"

#define SQL_MAX_BYTES 4096

/* Each on its own: what is revoked or locked costs only what needs it. */
static const char identifier_sql[] =
	"SELECT system_identifier::text FROM pg_catalog.pg_control_system()";

static const char identity_sql[] =
	"SELECT pg_catalog.version(), pg_catalog.pg_postmaster_start_time()::text,"
	" pg_catalog.pg_is_in_recovery(),"
	" pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE'),"
	" pg_catalog.quote_ident(current_user),"
	" pg_catalog.quote_ident(pg_catalog.current_database()),"
	" pg_catalog.quote_ident(current_user)::pg_catalog.regrole::pg_catalog.oid,"
	" pg_catalog.date_part('epoch', pg_catalog.clock_timestamp())";

enum {
	COLUMN_VERSION,
	COLUMN_STARTED,
	COLUMN_RECOVERY,
	COLUMN_STATS,
	COLUMN_ROLE,
	COLUMN_DATABASE,
	COLUMN_ROLE_OID,
	COLUMN_NOW
};

/* Of those that were made; where one leads the server looks up itself. */
static const char tablespaces_sql[] =
	"SELECT oid, pg_catalog.pg_tablespace_location(oid)"
	" FROM pg_catalog.pg_tablespace WHERE oid >= 16384 LIMIT 32";

/* A row for each of its views. */
static const char extension_sql[] =
	"SELECT pg_catalog.quote_ident(n.nspname), x.extversion, c.relname,"
	" pg_catalog.string_agg(a.attname, ' ' ORDER BY a.attnum)"
	" FROM pg_catalog.pg_extension x"
	" JOIN pg_catalog.pg_namespace n ON n.oid = x.extnamespace"
	" LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid"
	" AND c.relname IN ('pg_stat_statements', 'pg_stat_statements_info')"
	" LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0"
	" AND NOT a.attisdropped WHERE x.extname = 'pg_stat_statements'"
	" GROUP BY n.nspname, x.extversion, c.oid, c.relname";

enum { COLUMN_SCHEMA, COLUMN_EXTVERSION, COLUMN_EXTENSION_VIEW };

static const char views_sql[] =
	"SELECT c.relname, pg_catalog.string_agg(a.attname, ' ' ORDER BY a.attnum)"
	" FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid"
	" WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relname IN (%s)"
	" AND a.attnum > 0 AND NOT a.attisdropped GROUP BY c.oid, c.relname";

enum {
	STEP_IDENTIFIER,
	STEP_IDENTITY,
	STEP_TABLESPACES,
	STEP_EXTENSION,
	STEP_VIEWS,
	STEPS
};

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

void server_identity_steps(struct visit_step steps[SERVER_IDENTITY_STEPS])
{
	steps[STEP_IDENTIFIER] = (struct visit_step){ .sql = identifier_sql };
	steps[STEP_IDENTITY] = (struct visit_step){ .sql = identity_sql };
	steps[STEP_TABLESPACES] = (struct visit_step){ .sql = tablespaces_sql };
}

static void copy(char *ret, size_t size, const PGresult *result, int column)
{
	snprintf(ret, size, "%s", PQgetvalue(result, 0, column));
}

/* Those within the data directory have a relative path, which tells nothing. */
static void read_tablespaces(struct server *server, const PGresult *result)
{
	char *at = server->tablespaces;
	size_t room = sizeof(server->tablespaces);

	for (int row = 0; result && row < PQntuples(result); row++) {
		const char *path = PQgetvalue(result, row, 1);
		int n;

		if (*path != '/' || strchr(path, '\n'))
			continue;
		n = snprintf(at, room, "%s %s\n", PQgetvalue(result, row, 0), path);
		if ((size_t)n >= room) {
			*at = '\0'; /* whole lines only */
			return;
		}
		at += n;
		room -= (size_t)n;
	}
}

int server_identity_read(const struct database *db,
	const struct visit_step steps[SERVER_IDENTITY_STEPS], struct server *ret_server,
	struct trouble *ret_trouble)
{
	const PGresult *identifier = steps[STEP_IDENTIFIER].result;
	const PGresult *identity = steps[STEP_IDENTITY].result;
	const char *version = PQparameterStatus(db->conn, "server_version");
	struct server *server = ret_server;

	if (!identity || PQntuples(identity) != 1) {
		*ret_trouble = steps[STEP_IDENTITY].trouble;
		if (ret_trouble->kind == TROUBLE_NONE)
			ret_trouble->kind = TROUBLE_SQL;
		return -1;
	}
	*server = (struct server){ .version = PQserverVersion(db->conn) };
	snprintf(server->version_text, sizeof(server->version_text), "%s",
		version ? version : "");
	if (identifier && PQntuples(identifier) == 1)
		copy(server->system_identifier, sizeof(server->system_identifier),
			identifier, 0);
	copy(server->started, sizeof(server->started), identity, COLUMN_STARTED);
	server->on_linux = strcasestr(PQgetvalue(identity, 0, COLUMN_VERSION), "linux");
	server->in_recovery = *PQgetvalue(identity, 0, COLUMN_RECOVERY) == 't';
	server->reads_all_stats = *PQgetvalue(identity, 0, COLUMN_STATS) == 't';
	copy(server->role, sizeof(server->role), identity, COLUMN_ROLE);
	copy(server->database, sizeof(server->database), identity, COLUMN_DATABASE);
	server->role_oid =
		(uint32_t)strtoul(PQgetvalue(identity, 0, COLUMN_ROLE_OID), NULL, 10);
	server->now_s = strtod(PQgetvalue(identity, 0, COLUMN_NOW), NULL);
	read_tablespaces(server, steps[STEP_TABLESPACES].result);
	return 0;
}

/* The view's name is in column, its columns in the next. */
static void read_columns(struct server *server, const PGresult *result, int column)
{
	size_t len = strlen(server->columns);

	for (int row = 0; row < PQntuples(result); row++) {
		int n = snprintf(server->columns + len, sizeof(server->columns) - len,
			"%s %s \n", PQgetvalue(result, row, column),
			PQgetvalue(result, row, column + 1));

		if ((size_t)n >= sizeof(server->columns) - len) {
			server->columns[len] = '\0'; /* whole lines only */
			return;
		}
		len += (size_t)n;
	}
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
	read_columns(server, step->result, COLUMN_EXTENSION_VIEW);
}

int server_discover(struct database *db, const char *views,
	const struct visit_safety *safety, struct patience *patience,
	struct server *ret_server, struct trouble *ret_trouble)
{
	struct visit_step steps[STEPS] = { [STEP_EXTENSION] = { .sql = extension_sql } };
	char sql[SQL_MAX_BYTES];
	int rc;

	server_identity_steps(steps);
	snprintf(sql, sizeof(sql), views_sql, views);
	steps[STEP_VIEWS].sql = sql;
	visit_run(db, &(struct visit_plan){ steps, STEPS, safety }, patience);
	rc = server_identity_read(db, steps, ret_server, ret_trouble);
	if (rc == 0 && !steps[STEP_VIEWS].result) {
		*ret_trouble = steps[STEP_VIEWS].trouble.kind == TROUBLE_LOST
				       ? visit_first_trouble(steps, STEPS)
				       : steps[STEP_VIEWS].trouble;
		rc = -1;
	} else if (rc == 0) {
		read_extension(ret_server, &steps[STEP_EXTENSION]);
		read_columns(ret_server, steps[STEP_VIEWS].result, 0);
		ret_server->wall_known_s = (double)clock_wall_us() / 1e6;
	}
	visit_release(steps, STEPS);
	return rc;
}

bool server_is_same(const struct server *one, const struct server *other)
{
	return strcmp(one->version_text, other->version_text) == 0 &&
	       strcmp(one->system_identifier, other->system_identifier) == 0 &&
	       strcmp(one->started, other->started) == 0 &&
	       one->role_oid == other->role_oid &&
	       strcmp(one->database, other->database) == 0;
}

void server_recall(struct server *server, const struct server *known)
{
	strcpy(server->statements_schema, known->statements_schema);
	server->statements_version = known->statements_version;
	server->statements_trouble = known->statements_trouble;
	memcpy(server->columns, known->columns, sizeof(server->columns));
	server->wall_known_s = known->wall_known_s;
}
