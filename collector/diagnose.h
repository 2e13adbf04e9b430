/*
 * From what went wrong to what a person reads: the cause, and how to mend it.
 *
 * A table by kind, SQLSTATE and words of the message (diagnose.c). Pure: no connection,
 * no log.
 * SQLSTATEs: PostgreSQL's documentation, appendix A. Words are only looked for where
 * libpq itself speaks (English) or where one SQLSTATE has several causes; the server's
 * may be translated.
 */
#ifndef COLLECTOR_DIAGNOSE_H
#define COLLECTOR_DIAGNOSE_H

#include <stdbool.h>

enum trouble_kind {
	TROUBLE_NONE,
	TROUBLE_CONNECT,  /* no connection; with a SQLSTATE where the server refused it */
	TROUBLE_SQL,      /* a statement failed */
	TROUBLE_LOST,     /* the connection broke */
	TROUBLE_DEADLINE, /* no answer in time */
	TROUBLE_STOPPED,  /* a signal asked to stop */
	TROUBLE_VERSION,  /* server or extension older than the oldest known */
	TROUBLE_PRIVILEGE, /* pg_read_all_stats is missing */
	TROUBLE_BUDGET,    /* not asked: the visit had taken too long already */
	TROUBLE_EXTENSION, /* pg_stat_statements is not in this database */
};

/* What went wrong. message: one line, without secrets. */
struct trouble {
	enum trouble_kind kind;
	char sqlstate[6]; /* "" when there is none */
	char message[400];
};

/* The names that causes and mends speak of; NULL is written as "?". */
struct diagnose_context {
	const char *role;
	const char *database;
	bool raw;                 /* role and database are not yet quoted for SQL */
	const char *schema;       /* of the extension */
	char password_place[256]; /* where the password belongs */
	int statement_timeout_ms;
};

struct diagnosis {
	char cause[512];
	char mend[400];
	char both[920]; /* "cause; mend: …", for one line */
};

/* Always yields a cause; mend may be "". */
void diagnose(const struct trouble *trouble, const struct diagnose_context *context,
	struct diagnosis *ret);

#endif
