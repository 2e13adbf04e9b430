/*
 * Mends as texts that can be copied: SQL for psql as a superuser, lines of our
 * configuration, commands for a shell.
 *
 * What SQL can't do stands in it as a comment, so that all of it can be pasted. Each
 * appends whole lines. Pure.
 */
#ifndef COLLECTOR_MEND_H
#define COLLECTOR_MEND_H

#include <stdbool.h>

#include "buf.h"
#include "config.h"
#include "server.h"
#include "server_settings.h"

#define MEND_MAX_BYTES ((size_t)16 << 10)

/* text as a literal of SQL. */
void mend_literal(struct buf *mend, const char *text);

/* Before GRANT, CREATE and the like, which a standby refuses; ALTER SYSTEM it takes. */
void mend_on_primary(struct buf *mend, const struct server *server);

/* ALTER SYSTEM; value as SQL has it, literals quoted. */
void mend_system(struct buf *mend, const struct server_settings *settings,
	const char *name, const char *value);

/* After the last ALTER SYSTEM: makes it take effect. */
void mend_reload(struct buf *mend);
void mend_restart(struct buf *mend, const struct server_settings *settings);

/* The lines that set the key of the value at offset in struct config. */
void mend_config(
	struct buf *mend, const struct config *config, size_t offset, const char *value);

#endif
