/*
 * The parameters of the one connection, from the configuration and libpq's own places.
 *
 * database.* set explicitly win over database.conninfo, which wins over the service file,
 * which wins over PG* variables, which win over our defaults. What wins is passed to
 * libpq explicitly; an address outside that database.host beats is removed from the
 * environment.
 *
 * Ownership: params_release() frees everything; it accepts a zeroed struct.
 * Errors: ERR_CONFIG in our own words; libpq's quote pieces of passwords.
 */
#ifndef COLLECTOR_PARAMS_H
#define COLLECTOR_PARAMS_H

#include <libpq-fe.h>
#include <stddef.h>

#include "config.h"
#include "err.h"

#define APPLICATION_NAME "bitville-monitor"
#define PARAMS_SECRETS_MAX 12
#define PARAMS_VALUES_MAX 64

struct params {
	const char **keywords; /* NULL-terminated, as PQconnectStartParams() takes them */
	const char **values;
	size_t count;
	const char *secrets[PARAMS_SECRETS_MAX]; /* to be scrubbed from messages */
	size_t secrets_count;

	char port[16];
	char *password;             /* database.password, its file or credential */
	PQconninfoOption *conninfo; /* what database.conninfo says, NULL without one */
	PQconninfoOption *defaults; /* what service file and environment say */
};

/* *ret is zeroed on failure; it must not be copied. */
int params_build(struct params *ret, const struct config *config, struct err *err);
void params_release(struct params *params);

/*
 * The same for another database, which must live as long. *ret borrows all it has from
 * params and from values, where its own are put: it is not released. -1 when these are too
 * few.
 */
int params_redirect(const struct params *params, const char *database,
	const char *values[PARAMS_VALUES_MAX], struct params *ret);

/* The value of a keyword, NULL when it is left to libpq. */
const char *params_get(const struct params *params, const char *keyword);

/* Makes text one line without secrets: white space becomes a blank, a secret stars. */
void params_scrub(const struct params *params, char *text);

#endif
