#include "check_database.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mend.h"

/* Each time a twentieth of the entries goes (pg_stat_statements.c, USAGE_DEALLOC_PERCENT).
 * Too often: more than once an hour, and as many as there is room for, which is still
 * full: the counter remembers what a smaller max did. */
#define DEALLOC_MIN 20
#define DEALLOC_INTERVAL_S 3600

const char check_available_sql[] =
	"SELECT default_version FROM pg_catalog.pg_available_extensions"
	" WHERE name = 'pg_stat_statements'";

void check_statements_compose(struct database_check *check, struct buf sql[2])
{
	const struct server *server = &check->server;

	check->facts[FACT_AVAILABLE].sql = check_available_sql;
	if (server->statements_trouble.kind == TROUBLE_EXTENSION) {
		check->facts[FACT_DATABASES].sql = check_databases_sql;
		return;
	}
	if (server->statements_trouble.kind != TROUBLE_NONE)
		return;
	/* In earnest: that tells texts that can't be read. */
	buf_addf(&sql[0],
		"SELECT pg_catalog.count(query) FROM %s.pg_stat_statements(true)",
		server->statements_schema);
	check->facts[FACT_STATEMENTS].sql = sql[0].data;
	if (!server_has_view(server, "pg_stat_statements_info"))
		return;
	buf_addf(&sql[1],
		"SELECT dealloc, pg_catalog.date_part('epoch',"
		" pg_catalog.now() - stats_reset) FROM %s.pg_stat_statements_info",
		server->statements_schema);
	check->facts[FACT_STATEMENTS_INFO].sql = sql[1].data;
}

/* A list of names, each a literal of its own: one literal would be one name to the
 * server, which then can't start. Unknown, psql makes it of what the server has. */
static void mend_preload(struct database_check *check)
{
	const char *is = server_setting(&check->settings, "shared_preload_libraries");
	struct buf list;

	if (!is) {
		buf_adds(&check->mend,
			"SELECT 'ALTER SYSTEM SET shared_preload_libraries = ' || "
			"string_agg(quote_literal(btrim(name, ' \"')), ', ')\n"
			"FROM unnest(string_to_array(nullif("
			"current_setting('shared_preload_libraries'), ''), ',') "
			"|| 'pg_stat_statements'::text) name \\gexec\n");
		return;
	}
	buf_init(&list, MEND_MAX_BYTES);
	for (size_t len; *is; is += len + (is[len] == ',')) {
		char name[256];
		size_t from, to;

		len = strcspn(is, ",");
		from = strspn(is, " \"");
		for (to = len; to > from && strchr(" \"", is[to - 1]); to--)
			;
		if (from >= to)
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)(to - from), is + from);
		mend_literal(&list, name);
		buf_adds(&list, ", ");
	}
	mend_literal(&list, "pg_stat_statements");
	if (list.failed)
		check->mend.failed = true;
	else
		mend_system(&check->mend, &check->settings, "shared_preload_libraries",
			list.data);
	buf_release(&list);
}

static void check_library(struct database_check *check)
{
	const char name[] = "shared_preload_libraries";

	if (!server_setting_is_pending(&check->settings, name))
		mend_preload(check);
	mend_restart(&check->mend, &check->settings);
	check_fail(check, "pg_stat_statements: the server has not loaded the library");
}

static void check_version(struct database_check *check)
{
	const PGresult *available = check->facts[FACT_AVAILABLE].result;
	const struct server *server = &check->server;
	int newest;

	if (!available || PQntuples(available) != 1)
		return;
	newest = server_extension_version(PQgetvalue(available, 0, 0));
	if (newest <= server->statements_version)
		return;
	mend_on_primary(&check->mend, server);
	buf_addf(&check->mend, "\\c %s\nALTER EXTENSION pg_stat_statements UPDATE;\n",
		check->database);
	check_warn(check,
		"pg_stat_statements: version %d.%d is older than the server's, %d.%d",
		server->statements_version / 100, server->statements_version % 100,
		newest / 100, newest % 100);
}

/* compute_query_id is of 14 and newer. */
static void check_tracked(struct database_check *check)
{
	const struct server_settings *settings = &check->settings;

	if (server_setting_is(settings, "pg_stat_statements.track", "none")) {
		mend_system(&check->mend, settings, "pg_stat_statements.track", "top");
		mend_reload(&check->mend);
		check_warn(check, "pg_stat_statements.track is none: no statement is "
				  "counted");
	}
	if (server_setting_is(settings, "compute_query_id", "off")) {
		mend_system(&check->mend, settings, "compute_query_id", "auto");
		mend_reload(&check->mend);
		check_warn(check, "compute_query_id is off: pg_stat_statements counts "
				  "nothing, unless another module computes it");
	}
}

static void check_dealloc(struct database_check *check)
{
	const struct server_settings *settings = &check->settings;
	const PGresult *info = check->facts[FACT_STATEMENTS_INFO].result;
	const PGresult *entries = check->facts[FACT_STATEMENTS].result;
	long max = server_setting_number(settings, "pg_stat_statements.max", 0);
	double times, seconds;
	char value[32];

	if (!info || PQntuples(info) != 1 || !entries || max == 0 ||
		strtol(PQgetvalue(entries, 0, 0), NULL, 10) < max / 10 * 9)
		return;
	times = strtod(PQgetvalue(info, 0, 0), NULL);
	seconds = strtod(PQgetvalue(info, 0, 1), NULL);
	if (times < DEALLOC_MIN || seconds / times > DEALLOC_INTERVAL_S)
		return;
	snprintf(value, sizeof(value), "%ld", 2 * max);
	mend_system(&check->mend, settings, "pg_stat_statements.max", value);
	mend_restart(&check->mend, settings);
	check_warn(check,
		"pg_stat_statements.max is %ld: statements were thrown away %.0f times "
		"in %.1f hours",
		max, times, seconds / 3600);
}

static void check_entries(struct database_check *check, bool loaded)
{
	const struct visit_step *step = &check->facts[FACT_STATEMENTS];
	const struct server *server = &check->server;

	if (step->result) {
		check_ok(check, "pg_stat_statements: %s entries, version %d.%d",
			PQgetvalue(step->result, 0, 0), server->statements_version / 100,
			server->statements_version % 100);
		return;
	}
	if (!loaded && strcmp(step->trouble.sqlstate, "55000") == 0)
		return; /* said already */
	/* Which of the two it is the message says, in the server's language. */
	if (strcmp(step->trouble.sqlstate, "42501") == 0) {
		mend_on_primary(&check->mend, server);
		buf_addf(&check->mend,
			"\\c %s\nGRANT USAGE ON SCHEMA %s TO %s;\n"
			"GRANT EXECUTE ON FUNCTION %s.pg_stat_statements(boolean) TO %s;\n",
			check->database, check->schema, check->role, check->schema,
			check->role);
	}
	check_trouble(check, "pg_stat_statements", &step->trouble);
}

void check_statements(struct database_check *check)
{
	const struct trouble *trouble = &check->server.statements_trouble;
	const PGresult *available = check->facts[FACT_AVAILABLE].result;
	bool loaded = !check->settings.rows ||
		      server_setting(&check->settings, "pg_stat_statements.max");

	if (available && PQntuples(available) == 0 && trouble->kind != TROUBLE_NONE) {
		buf_addf(&check->mend,
			"sudo apt install postgresql-contrib   # Red Hat: "
			"sudo dnf install postgresql%d-contrib\n",
			check->server.version / 10000);
		check_fail(check, "pg_stat_statements: is not there on the server's "
				  "machine");
		return;
	}
	if (!loaded)
		check_library(check);
	if (trouble->kind == TROUBLE_EXTENSION) {
		check_elsewhere(check);
		return;
	}
	if (trouble->kind != TROUBLE_NONE) {
		check_trouble(check, "pg_stat_statements", trouble);
		return;
	}
	check_entries(check, loaded);
	check_version(check);
	check_tracked(check);
	check_dealloc(check);
}
