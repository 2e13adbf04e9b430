/*
 * What a visit must know about a server before it asks: versions, privileges, the
 * extension.
 *
 * Errors: 0, or -1 with *ret_trouble. The system identifier alone may stay unknown ("").
 */
#ifndef COLLECTOR_SERVER_H
#define COLLECTOR_SERVER_H

#include <stdbool.h>

#include "database.h"
#include "visit.h"

#define SERVER_VERSION_MIN 120000   /* the oldest in the SQL tables */
#define SERVER_VERSION_KNOWN 180000 /* the newest the SQL tables know */

/* The names are quoted as SQL identifiers. */
struct server {
	int version;            /* as 150018 */
	char version_text[128]; /* as the server shows it */
	char system_identifier[24];
	bool on_linux;
	bool in_recovery;
	bool reads_all_stats; /* pg_read_all_stats, or superuser */
	char role[136];
	char database[136];

	/* Of the extension pg_stat_statements; or why it can't be asked. */
	char statements_schema[136];
	int statements_version; /* 110 for 1.10 */
	struct trouble statements_trouble;
};

/* Asks in one round trip. */
int server_discover(struct database *db, const struct visit_safety *safety,
	struct patience *patience, struct server *ret_server,
	struct trouble *ret_trouble);

/* "1.10" as 110; 0 for what is no such version. */
int server_extension_version(const char *text);

/* Does a server of this version and description know client_connection_check_interval?
 * Only Linux has what it needs (PostgreSQL documentation). */
bool server_checks_connection(const struct server *server);

#endif
