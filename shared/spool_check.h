/*
 * What --test says of the spool, the same for all programs: whose it is and who may write, room,
 * the file system, the program's state, and who is at work.
 */
#ifndef SHARED_SPOOL_CHECK_H
#define SHARED_SPOOL_CHECK_H

#include <stdbool.h>

#include "checklist.h"
#include "config.h"
#include "spool.h"

struct spool_user {
	const struct config *config;
	const char *program;
	bool is_service; /* runs always; else it is started, and may use the reserve */
	bool writes;     /* payloads: no room ends its work */
};

/*
 * Prints its lines and changes nothing. Returns the spool, for spool_close(), or NULL where there is
 * none yet or it can't be opened.
 */
struct spool *spool_check(struct checklist *list, const struct spool_user *user);

#endif
