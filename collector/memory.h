/*
 * What sources keep from run to run beside the state: the counters that they saw, and texts of
 * statements.
 *
 *	memory_open(&memory, spool, keep, redact, &err);
 *	memory_meet(&memory, &server, &context);	whenever the server is known anew
 *	memory_save(&memory, spool, codec, wall_s, &err);
 *	memory_release(&memory);
 *
 * Counters belong to a server since its start, texts to a server's version and a kind of
 * redaction: those of another are as good as none.
 */
#ifndef COLLECTOR_MEMORY_H
#define COLLECTOR_MEMORY_H

#include "counters.h"
#include "err.h"
#include "redact.h"
#include "source.h"
#include "spool.h"
#include "texts.h"

struct memory {
	struct counters_file *before; /* NULL: nothing is known of the run before */
	struct counters_file *now;    /* NULL: nothing is kept */
	char owner[OWNER_SIZE];       /* of the counters; "" before a server was met */
	struct texts *texts;
	enum redact_mode redact;
};

/*
 * spool NULL: nothing is known. keep: what this run sees is collected for the next.
 * ERR_RETRY when there is no memory.
 */
int memory_open(struct memory *memory, const struct spool *spool, bool keep,
	enum redact_mode redact, struct err *err);

/* Gives the sources what belongs to server, and forgets what this run saw of another. */
void memory_meet(struct memory *memory, const struct server *server,
	struct source_context *context);

/* The last that is done with it: what the run before saw is freed. */
int memory_save(struct memory *memory, const struct spool *spool,
	struct zstd_codec *codec, double wall_s, struct err *err);

/* Accepts a zeroed struct. */
void memory_release(struct memory *memory);

#endif
