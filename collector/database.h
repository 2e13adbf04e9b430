/*
 * The one connection to PostgreSQL: made, kept and left without ever waiting past the
 * deadline.
 *
 * libpq's name resolution is the exception: it blocks, and the alarm of
 * signals_deadline() ends it.
 * Ownership: database_close() releases what database_connect() made, and accepts a zeroed
 * struct.
 * Errors: 0, or -1 with *ret_trouble, whose message is one line without secrets.
 */
#ifndef COLLECTOR_DATABASE_H
#define COLLECTOR_DATABASE_H

#include <libpq-fe.h>

#include "diagnose.h"
#include "params.h"
#include "patience.h"
#include "visit_cost.h"

struct database {
	PGconn *conn; /* also after a failed attempt: it knows the address */
	const struct params *params;
	PGcancel *cancel; /* of the query that was left behind */
	char address[256];
	int port;
	struct visit_cost cost; /* so far */
};

/* Connects within timeout_s, in pipeline mode and without blocking from then on. */
int database_connect(struct database *db, const struct params *params, double timeout_s,
	struct patience *patience, struct trouble *ret_trouble);

/* libpq's last message about the connection, scrubbed, into ret_trouble. */
void database_trouble(
	const struct database *db, enum trouble_kind kind, struct trouble *ret_trouble);

/* A server's error as a trouble. */
void database_refusal(
	const struct database *db, const PGresult *result, struct trouble *ret_trouble);

/* Closes the connection with a query still running; database_cancel() may stop that
 * later. */
void database_abandon(struct database *db);

/*
 * Asks the server to stop the query left behind, over a unix socket only: PQcancel()
 * opens a second connection, unencrypted and without a time limit. It may block: call it
 * last, under an alarm.
 */
void database_cancel(struct database *db);

void database_close(struct database *db);

#endif
