/*
 * A service unit's text turned into the systemd-run(1) command that runs a program as the unit would:
 * its user, sandbox, limits, environment and credentials. Pure.
 *
 * The text is that of "systemctl cat": the unit and its drop-ins, in the order in which systemd reads
 * them. Each assignment of [Service] becomes a property in the same order, so that later ones override
 * or add as they do for systemd; what is about starting, stopping and watching a service is left out.
 * Environment= may hold a secret, and a command line is for all to see: its values go by the
 * environment of systemd-run.
 *
 * Ownership: unit_command_release() frees the words; accepts a zeroed struct.
 */
#ifndef SHARED_UNIT_COMMAND_H
#define SHARED_UNIT_COMMAND_H

#include <stddef.h>

#include "err.h"

struct unit_words {
	char **list; /* NULL-terminated, or NULL when there are none */
	size_t count;
};

struct unit_command {
	struct unit_words words;       /* for execvp(3) */
	struct unit_words environment; /* NAME=VALUE, for putenv(3) before it */
};

/*
 * unit: "pg-collect" or "pg-collect@NAME", for %i and the like. environment: NULL-terminated names of
 * variables to hand on, where they are set. arguments: NULL-terminated, behind those of ExecStart=.
 * ERR_FATAL when the text has no ExecStart=, or a secret in a SetCredential=; ERR_RETRY when memory is
 * short.
 */
int unit_command_make(struct unit_command *command, const char *unit, const char *text,
	const char *const *environment, char *const *arguments, struct err *err);
void unit_command_release(struct unit_command *command);

#endif
