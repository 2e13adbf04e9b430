/*
 * A source: one kind of data of a run. Adding one is a file and a line in sources.c.
 *
 * A source of the database is SQL by version and a function that makes payloads of the
 * rows; the machine's own (variants NULL) is taken by system_metrics.c.
 */
#ifndef COLLECTOR_SOURCE_H
#define COLLECTOR_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "err.h"
#include "rows.h"
#include "server.h"
#include "sink.h"

/* What differs between versions. The newest whose version is not above the server's
 * wins, so that a server newer than the table gets the newest known. */
struct sql_variant {
	int version; /* from this one on; 0 ends the table, newest first */
	const char *columns;
};

/* One source's answer on its way to payloads. */
struct answer {
	struct payload_meta meta;
	struct rows *rows; /* NULL when it could not be measured */
	const char *error; /* then why; also when the rows lack something */
};

struct source {
	const char *name;
	const struct sql_variant *variants; /* NULL: not a source of the database */
	int (*version)(const struct server *server); /* which number picks the variant */
	bool needs_statements;                       /* the extension */
	const char *
		retry_on; /* SQLSTATE after which it is asked again without texts, or NULL */

	/* Appends the query. */
	void (*compose)(struct buf *sql, const struct server *server, const char *columns,
		bool texts);

	/* Called also when it could not be measured. */
	int (*emit)(const struct answer *answer, struct sink *sink, struct err *err);
};

#define SOURCES_MAX 32 /* a bit each */

extern const struct source *const sources[];
extern const size_t sources_count;

extern const struct source source_activity;
extern const struct source source_statements;
extern const struct source source_locks;
extern const struct source source_system_metrics;

/* The variant for version, NULL when it is older than all. */
const struct sql_variant *source_variant(const struct sql_variant *variants, int version);

/*
 * The sources named in list (comma-separated), as bits by place in the registry. kind and
 * where are for the error: an unknown name, told with the known ones, or an empty list.
 */
int sources_parse(const char *list, enum err_kind kind, const char *where,
	unsigned *ret_bits, struct err *err);

/* Is this the name of a source of ours? For the remover of debris. */
bool sources_own(const char *name);

/* The server's version, for struct source. */
int source_server_version(const struct server *server);

#endif
