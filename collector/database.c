#include "database.h"

#include <ctype.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "redact.h"

static void on_notice(void *params, const char *message)
{
	char text[512];

	snprintf(text, sizeof(text), "%s", message);
	params_scrub(params, text);
	log_line(LOG_DEBUG, "server: %s", text);
}

/* libpq's advice ("\tIs the server running …") says what the mend says. */
static void cut_advice(char *text)
{
	char *from, *end;

	while ((from = strstr(text, "\n\t"))) {
		end = strchr(from + 1, '\n');
		if (end)
			memmove(from, end, strlen(end) + 1);
		else
			*from = '\0';
	}
}

/* "FATAL:  28P01: text" is what PQERRORS_VERBOSE makes of a refusal: the only way to
 * its SQLSTATE. */
static void take_sqlstate(char *text, char ret[6])
{
	for (char *at = text; (at = strstr(at, ":  ")); at += 3) {
		size_t n = strspn(at + 3, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");

		if (n != 5 || strncmp(at + 8, ": ", 2) != 0)
			continue;
		memcpy(ret, at + 3, 5);
		ret[5] = '\0';
		memmove(at + 2, at + 9, strlen(at + 9) + 1);
		at = strstr(at, "\nLOCATION:");
		if (at)
			*at = '\0';
		return;
	}
}

/* A password that came from a password file is known to libpq only. */
static void scrub(const struct database *db, char *text)
{
	redact_secret(text, db->conn ? PQpass(db->conn) : NULL);
	params_scrub(db->params, text);
}

static void set_message(const struct database *db, struct trouble *trouble, char *text)
{
	scrub(db, text);
	snprintf(trouble->message, sizeof(trouble->message), "%s", text);
}

void database_trouble(
	const struct database *db, enum trouble_kind kind, struct trouble *ret_trouble)
{
	char text[2048];

	*ret_trouble = (struct trouble){ .kind = kind };
	snprintf(text, sizeof(text), "%s",
		db->conn ? PQerrorMessage(db->conn) : "out of memory");
	take_sqlstate(text, ret_trouble->sqlstate);
	cut_advice(text);
	if (kind == TROUBLE_LOST)
		text[strcspn(text, "\n")] = '\0'; /* what follows is libpq's guess */
	set_message(db, ret_trouble, text);
}

void database_refusal(
	const struct database *db, const PGresult *result, struct trouble *ret_trouble)
{
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	char text[2048];

	if (!sqlstate) { /* libpq's own, not the server's */
		database_trouble(db, TROUBLE_LOST, ret_trouble);
		return;
	}
	*ret_trouble = (struct trouble){ .kind = TROUBLE_SQL };
	snprintf(ret_trouble->sqlstate, sizeof(ret_trouble->sqlstate), "%s", sqlstate);
	snprintf(text, sizeof(text), "%s", message ? message : "");
	set_message(db, ret_trouble, text);
}

static void read_address(struct database *db)
{
	const char *host = PQhostaddr(db->conn), *port = PQport(db->conn);

	if (!host || !*host)
		host = PQhost(db->conn);
	if (!host || !*host)
		host = params_get(db->params, "host");
	if (!port || !*port)
		port = params_get(db->params, "port");
	snprintf(db->address, sizeof(db->address), "%s", host ? host : "");
	db->port = port ? atoi(port) : 0;
}

static int no_answer(const struct database *db, enum waited waited, double waited_s,
	struct trouble *ret_trouble)
{
	const char *host = PQhost(db->conn), *port = PQport(db->conn);

	*ret_trouble =
		(struct trouble){ .kind = waited == WAITED_STOPPED ? TROUBLE_STOPPED
								   : TROUBLE_CONNECT };
	snprintf(ret_trouble->message, sizeof(ret_trouble->message),
		"connection to %s, port %s: no answer within %.1f s", host ? host : "?",
		port ? port : "?", waited_s);
	return -1;
}

static int poll_connect(struct database *db, double timeout_s, struct patience *patience,
	struct trouble *ret_trouble)
{
	PostgresPollingStatusType status = PGRES_POLLING_WRITING;
	double start_s = clock_s();

	while (status != PGRES_POLLING_OK) {
		short events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT;
		enum waited waited;

		if (status == PGRES_POLLING_FAILED) {
			database_trouble(db, TROUBLE_CONNECT, ret_trouble);
			return -1;
		}
		waited = patience_wait(
			patience, PQsocket(db->conn), events, start_s + timeout_s);
		if (waited != WAITED_READY)
			return no_answer(db, waited, clock_s() - start_s, ret_trouble);
		status = PQconnectPoll(db->conn);
	}
	return 0;
}

int database_connect(struct database *db, const struct params *params, double timeout_s,
	struct patience *patience, struct trouble *ret_trouble)
{
	double start_s = clock_s();
	int rc;

	*db = (struct database){ .params = params };
	db->conn = PQconnectStartParams(params->keywords, params->values, 0);
	if (!db->conn || PQstatus(db->conn) == CONNECTION_BAD) {
		database_trouble(db, TROUBLE_CONNECT, ret_trouble);
		rc = -1;
		goto out;
	}
	PQsetNoticeProcessor(db->conn, on_notice, (void *)(uintptr_t)params);
	PQsetErrorVerbosity(db->conn, PQERRORS_VERBOSE);
	rc = poll_connect(db, timeout_s, patience, ret_trouble);
	if (rc == 0 && (PQsetnonblocking(db->conn, 1) < 0 ||
			       PQenterPipelineMode(db->conn) != 1)) {
		database_trouble(db, TROUBLE_CONNECT, ret_trouble);
		rc = -1;
	}
	db->cost.connect_ms = (clock_s() - start_s) * 1000;
out:
	if (db->conn)
		read_address(db);
	return rc;
}

void database_abandon(struct database *db)
{
	if (!db->conn)
		return;
	if (PQstatus(db->conn) == CONNECTION_OK && db->address[0] == '/')
		db->cancel = PQgetCancel(db->conn);
	PQfinish(db->conn);
	db->conn = NULL;
}

void database_cancel(struct database *db)
{
	char ignored[256];

	if (db->cancel)
		PQcancel(db->cancel, ignored, sizeof(ignored));
	PQfreeCancel(db->cancel);
	db->cancel = NULL;
}

void database_close(struct database *db)
{
	PQfreeCancel(db->cancel);
	PQfinish(db->conn);
	db->cancel = NULL;
	db->conn = NULL;
}
