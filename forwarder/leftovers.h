/*
 * Files of new/ that are done with but can't be moved away (read-only or failing file system), and
 * things in it that are no files.
 *
 * They are remembered and not sent again while the process lives: no resend storm. Pure, bounded.
 */
#ifndef FORWARDER_LEFTOVERS_H
#define FORWARDER_LEFTOVERS_H

#include <stdbool.h>
#include <stddef.h>

#include "spool_name.h"

#define LEFTOVERS_MAX 4096

enum leftover_kind {
	LEFTOVER_DELIVERED, /* to be deleted */
	LEFTOVER_REFUSED,   /* to be moved to rejected/ */
	LEFTOVER_FOREIGN,   /* named as a payload, but no regular file: left alone */
};

struct leftover {
	char name[SPOOL_NAME_SIZE];
	enum leftover_kind kind;
};

struct leftovers {
	struct leftover *list; /* sorted by name; NULL while there are none */
	size_t count;
};

void leftovers_release(struct leftovers *leftovers);

/* False when it can't be remembered: then nothing more may be sent. */
bool leftovers_add(
	struct leftovers *leftovers, const char *name, enum leftover_kind kind);
void leftovers_remove(struct leftovers *leftovers, size_t index);
bool leftovers_has(const struct leftovers *leftovers, const char *name);

#endif
