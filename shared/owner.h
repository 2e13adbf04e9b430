/*
 * Root on a spool that belongs to somebody else becomes that user, so that no file in it ever
 * belongs to root and a mistake of ours has no more rights than the service has.
 */
#ifndef SHARED_OWNER_H
#define SHARED_OWNER_H

#include "err.h"

#define AGENT_USER "bitville-agent" /* systemd/sysusers.conf */

/*
 * Call right after the configuration was read. Does nothing unless the process is root and the
 * spool's owner (or, where it is not there yet, its nearest existing parent's) is not.
 * ERR_FATAL when that owner has no passwd entry or the switch fails.
 */
int owner_become(const char *spool_path, struct err *err);

#endif
