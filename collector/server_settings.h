/*
 * The server's settings, as pg_settings tells a session of them.
 *
 * A session's own values (by ALTER ROLE, ALTER DATABASE or the client) say nothing about
 * the others: such a setting counts as unknown, and so does one that the role may not see.
 * Numbers are in the setting's base unit (PostgreSQL documentation, "pg_settings").
 *
 * Pure but for the query, which is the caller's to run.
 */
#ifndef COLLECTOR_SERVER_SETTINGS_H
#define COLLECTOR_SERVER_SETTINGS_H

#include <libpq-fe.h>
#include <stdbool.h>

struct server_settings {
	const PGresult *rows; /* of server_settings_sql; NULL: nothing is known */
};

extern const char server_settings_sql[];

/* NULL when it is unknown. Valid as long as the rows are. */
const char *server_setting(const struct server_settings *settings, const char *name);

bool server_setting_is(
	const struct server_settings *settings, const char *name, const char *value);

/* otherwise: when it is unknown or no number. */
long server_setting_number(
	const struct server_settings *settings, const char *name, long otherwise);

/* Stands it on the server's command line, where ALTER SYSTEM can't reach it? */
bool server_setting_is_argument(const struct server_settings *settings, const char *name);

/* Was it changed in a file, and waits for a start of the server? */
bool server_setting_is_pending(const struct server_settings *settings, const char *name);

#endif
