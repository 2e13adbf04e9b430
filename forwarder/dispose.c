#include "forward.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "rejected.h"

static void leave_over(struct forward *forward, const char *name, enum leftover_kind kind,
	const struct err *why)
{
	bool in_the_way = why->kind == ERR_FATAL; /* nothing is wrong with the disk */

	if (in_the_way || !forward->state.degraded[0])
		log_line(in_the_way ? LOG_WARNING : LOG_ERROR,
			"%s; it will not be sent again while this process lives",
			why->msg);
	if (!in_the_way)
		snprintf(forward->state.degraded, sizeof(forward->state.degraded), "%s",
			why->msg);
	if (!leftovers_add(&forward->leftovers, name, kind))
		forward->stop = true;
}

void forward_delete(struct forward *forward, const char *name)
{
	struct err err;

	if (unlinkat(forward->spool->new_fd, name, 0) == 0 || errno == ENOENT)
		return;
	err_errno(&err, ERR_RETRY, "delete delivered %s", name);
	leave_over(forward, name, LEFTOVER_DELIVERED, &err);
}

void forward_reject(struct forward *forward, const char *name, const char *reason)
{
	struct err err;

	forward->rejected_any = true;
	forward->state.refused_files++;
	aside_remove(&forward->aside, name);
	log_line(LOG_WARNING, "rejected %s: %s", name, reason);
	if (rejected_add(forward->spool, name, reason, &err) < 0)
		leave_over(forward, name, LEFTOVER_REFUSED, &err);
}

/* 1 done, 0 nothing to do now, -1 still impossible. */
static int retry_leftover(struct forward *forward, const struct leftover *file)
{
	struct err err;

	switch (file->kind) {
	case LEFTOVER_DELIVERED:
		return unlinkat(forward->spool->new_fd, file->name, 0) == 0 ||
				       errno == ENOENT
			       ? 1
			       : -1;
	case LEFTOVER_REFUSED:
		if (rejected_add(forward->spool, file->name, NULL, &err) == 0)
			return 1;
		return err.kind == ERR_FATAL ? 0 : -1;
	case LEFTOVER_FOREIGN:
		break;
	}
	return 0;
}

void forward_retry_leftovers(struct forward *forward)
{
	bool stuck = forward->save_failed;

	for (size_t i = forward->leftovers.count; i-- > 0;) {
		int rc = retry_leftover(forward, &forward->leftovers.list[i]);

		stuck |= rc < 0;
		if (rc > 0)
			leftovers_remove(&forward->leftovers, i);
	}
	if (!stuck && forward->state.degraded[0]) {
		log_line(LOG_NOTICE, "the spool can be written again");
		forward->state.degraded[0] = '\0';
		forward_save_soon(forward);
	}
}
