/*
 * What a visit must know about a server before it asks: versions, privileges, the
 * extension, and which columns its statistics views have.
 *
 * What needs the catalogs is asked once and kept (server_state.h); what may change at any
 * time is asked in every visit.
 *
 * Errors: 0, or -1 with *ret_trouble. The system identifier alone may stay unknown ("").
 */
#ifndef COLLECTOR_SERVER_H
#define COLLECTOR_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "database.h"
#include "visit.h"

#define SERVER_VERSION_MIN 120000   /* the oldest that the queries were tried on */
#define SERVER_VERSION_KNOWN 180000 /* the newest */
#define SERVER_COLUMNS_MAX ((size_t)16 << 10)
#define SERVER_TABLESPACES_MAX ((size_t)4 << 10)

/* The names are quoted as SQL identifiers. */
struct server {
	int version;            /* as 150018 */
	char version_text[128]; /* as the server shows it */
	char system_identifier[24];
	char started[40];    /* pg_postmaster_start_time(), in UTC */
	double wall_known_s; /* when the catalogs were asked */
	double now_s;        /* its clock when it was asked, seconds since 1970 */
	bool on_linux;
	bool in_recovery;
	bool reads_all_stats; /* pg_read_all_stats, or superuser */
	uint32_t role_oid;
	char role[136];
	char database[136];

	/* Of the extension pg_stat_statements; or why it can't be asked. */
	char statements_schema[136];
	int statements_version; /* 110 for 1.10 */
	struct trouble statements_trouble;

	/* A line for each that lies elsewhere: "OID PATH". */
	char tablespaces[SERVER_TABLESPACES_MAX];

	/* A line for each view: its name and its columns, a blank after each. */
	char columns[SERVER_COLUMNS_MAX];
};

/*
 * Asks all of it in one round trip. views: the names of those whose columns matter, as SQL
 * literals with commas between.
 */
int server_discover(struct database *db, const char *views,
	const struct visit_safety *safety, struct patience *patience,
	struct server *ret_server, struct trouble *ret_trouble);

/* The first steps of a visit to a server that is known: who it is, and what may have
 * changed. */
#define SERVER_IDENTITY_STEPS 3
void server_identity_steps(struct visit_step steps[SERVER_IDENTITY_STEPS]);

/* What they brought. *ret_server is zeroed but for that. */
int server_identity_read(const struct database *db,
	const struct visit_step steps[SERVER_IDENTITY_STEPS], struct server *ret_server,
	struct trouble *ret_trouble);

/* Do both describe the same role and database of the same server since its same start? */
bool server_is_same(const struct server *one, const struct server *other);

/* What the catalogs said of known, into server. */
void server_recall(struct server *server, const struct server *known);

/* Has the server this view; and has it this column of it? */
bool server_has_view(const struct server *server, const char *view);
bool server_has_column(const struct server *server, const char *view, const char *column);

/*
 * Appends those of the known columns that the view has, in the order of known, with commas
 * between. known: columns with commas between; "queryid::text AS queryid" counts as
 * "queryid". prefix ("s." or "") goes before each.
 */
void server_columns(struct buf *sql, const struct server *server, const char *view,
	const char *prefix, const char *known);

/* "1.10" as 110; 0 for what is no such version. */
int server_extension_version(const char *text);

/* Does a server of this version and description know client_connection_check_interval?
 * Only Linux has what it needs (PostgreSQL documentation). */
bool server_checks_connection(const struct server *server);

#endif
