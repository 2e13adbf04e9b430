/*
 * The value of a server's setting as it may leave the machine, in every mode of redaction.
 *
 *  - archive_command and all other …_command: the program's name; its arguments and
 *    environment may hold tokens that no word announces.
 *  - primary_conninfo and all other …_conninfo: keywords that say where to; *** for the
 *    others' values, and for all of a text that libpq does not understand.
 *  - text of an extension (a dot in its name): ***, since nobody knows what it holds.
 *    Its numbers, switches and enumerations are as they are.
 *  - any other text: passwords are masked as in password_mask.h.
 */
#ifndef COLLECTOR_SETTING_MASK_H
#define COLLECTOR_SETTING_MASK_H

#include "buf.h"

/* Replaces out. type is pg_settings.vartype. Only out->failed tells of a failure. */
void setting_mask(const char *name, const char *type, const char *value, struct buf *out);

#endif
