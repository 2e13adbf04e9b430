/*
 * The part of --test that asks the database: one connection, two round trips, then a line
 * for each thing that a source or pg-logtail needs of the server.
 *
 * Each of the parts below prints its own lines; a query that failed costs its lines only.
 */
#ifndef COLLECTOR_CHECK_DATABASE_H
#define COLLECTOR_CHECK_DATABASE_H

#include <stdbool.h>

#include "buf.h"
#include "checklist.h"
#include "collect.h"
#include "database.h"
#include "patience.h"
#include "server.h"
#include "server_settings.h"
#include "visit.h"

/* What is asked about the server as a whole. */
enum check_fact {
	FACT_SETTINGS,
	FACT_ROLE,
	FACT_AVAILABLE, /* pg_stat_statements as the server's machine has it */
	FACT_DATABASES, /* others that the role may look into */
	FACT_STATEMENTS,
	FACT_STATEMENTS_INFO,
	FACTS
};

struct database_check {
	const struct collect_job *job;
	struct checklist *list;
	struct patience *patience;
	struct visit_safety safety;
	struct database db;
	struct server server;
	char role[136], database[136], schema[136]; /* of it, as they may be shown */
	struct visit_step facts[FACTS];             /* one without sql was not asked */
	struct server_settings settings;
	bool is_local; /* the server is on this machine */
	bool wants_statements;
	struct buf mend; /* what check_ok(), check_warn() and check_fail() print next */
};

void check_database(
	const struct collect_job *job, struct patience *patience, struct checklist *list);

/* Its version; its clock, where it is not this machine's; the sources it can give. */
void check_server(struct database_check *check);
void check_clock(struct database_check *check);
void check_sources(struct database_check *check);

/* The role's privileges, and the connections it may make. */
extern const char check_role_sql[];
void check_role(struct database_check *check);

/* pg_stat_statements: loaded, installed here, up to date, at work. */
extern const char check_available_sql[], check_databases_sql[];
void check_statements_compose(struct database_check *check, struct buf sql[2]);
void check_statements(struct database_check *check);

/* Where another database has the extension: closes the connection, opens others. */
void check_elsewhere(struct database_check *check);

/* What the server counts and times. */
void check_tracking(struct database_check *check);

/* Does the server log what pg-logtail reads, where it finds it? */
void check_server_log(struct database_check *check);

/* Stars for secrets in a name that is to be shown: a role may be named like its password. */
void check_mask(const struct database_check *check, char *name);

/*
 * As checklist_ok() and so on. warn and fail print what was gathered in check->mend, if
 * anything, and empty it.
 */
void check_ok(struct database_check *check, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void check_warn(struct database_check *check, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void check_fail(struct database_check *check, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* A line for what went wrong, with its mend: that in check->mend, else diagnose()'s. */
void check_trouble(
	struct database_check *check, const char *what, const struct trouble *trouble);

/* The same where a run does without: it fails nothing. */
void check_unknown(
	struct database_check *check, const char *what, const struct trouble *trouble);

#endif
