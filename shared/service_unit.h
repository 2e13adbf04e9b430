/*
 * Which systemd unit runs a program with a configuration, and what it is given.
 */
#ifndef SHARED_SERVICE_UNIT_H
#define SHARED_SERVICE_UNIT_H

#include <stdbool.h>

#define SERVICE_UNIT_SIZE 256

/*
 * "pg-forward" for the default configuration (config_path NULL or that path), "pg-forward@NAME" for
 * /etc/bitville/NAME.ini. False for any other: no unit reads it; ret is then the program's usual one.
 */
bool service_unit_name(
	const char *program, const char *config_path, char ret[SERVICE_UNIT_SIZE]);

/* Root's file that the unit gets as this credential: "/etc/bitville/api_key", or "NAME.api_key" there. */
void service_unit_secret(
	const char *credential, const char *config_path, char ret[SERVICE_UNIT_SIZE]);

#endif
