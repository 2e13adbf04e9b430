/*
 * A source: one kind of data of a run. Adding one is a file and a line in sources.c.
 *
 * A source of the database is one or a few queries, composed of the columns that its views
 * have on this server, and a function that makes payloads of the rows. The machine's own
 * (views NULL) is taken by system_metrics.c.
 */
#ifndef COLLECTOR_SOURCE_H
#define COLLECTOR_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "counters.h"
#include "err.h"
#include "rows.h"
#include "server.h"
#include "sink.h"
#include "statements.h"
#include "texts.h"

#define SOURCE_PARTS_MAX 5

/* What a source may look at and leave behind. */
struct source_context {
	const struct server *server;
	const struct counters_file
		*before;           /* what the run before saw; NULL: nothing known */
	struct counters_file *now; /* what this run saw, for the next; NULL: not kept */
	double wall_s;             /* when this run began */
	const PGresult *first; /* of this source, while its later parts are composed */

	/* Of source_statements. */
	struct statements *statements;
	struct texts *texts;
	struct texts_pace *pace;
};

/* One source's answer on its way to payloads. */
struct answer {
	struct payload_meta meta;
	struct rows
		*rows[SOURCE_PARTS_MAX]; /* by part; NULL when it could not be measured */
	double ms[SOURCE_PARTS_MAX];     /* NaN: not asked */
	const char *error; /* NULL, or why something could not be measured */
	const struct source_context *context;
};

struct source {
	const char *name;
	const char *views; /* whose columns compose() chooses from, comma-separated */
	unsigned optional_parts; /* bits: shed when over collection.budget_ms */
	bool needs_statements;   /* the extension */
	bool on_change; /* not sent when the rows are those sent last, but once a day */
	int every_s;    /* asked at most once in so long; 0: in every run */
	unsigned parts; /* queries: 1 to SOURCE_PARTS_MAX */

	/*
	 * Appends the query of a part. False: this part is not to be asked. Parts after the
	 * first are composed when the first is answered, or with it when that is optional.
	 */
	bool (*compose)(
		struct buf *sql, const struct source_context *context, unsigned part);

	/* When not NULL the first part comes in binary form, and row by row to this;
	 * its context is the struct source_context. */
	visit_row *row;

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
extern const struct source source_stat_database;
extern const struct source source_bgwriter;
extern const struct source source_wal;
extern const struct source source_io;
extern const struct source source_archiver;
extern const struct source source_settings;
extern const struct source source_server;
extern const struct source source_replication;
extern const struct source source_progress;
extern const struct source source_wraparound;
extern const struct source source_user_tables;
extern const struct source source_user_indexes;
extern const struct source source_activity_counts;

/*
 * The sources named in list (comma-separated), as bits by place in the registry; "all" and
 * "default" (of collection.sources) stand for several. kind and where are for the error: an
 * unknown name, told with the known ones, or an empty list.
 */
int sources_parse(const char *list, enum err_kind kind, const char *where,
	unsigned *ret_bits, struct err *err);

/* Is this the name of a source of ours? For the remover of debris. */
bool sources_own(const char *name);

/* Appends the names of all sources' views as SQL literals, for server_discover(). */
void sources_views(struct buf *sql);

#endif
