#include "service_unit.h"

#include <stdio.h>
#include <string.h>

#include "config.h"

#define CONFIG_DIRECTORY "/etc/bitville/"
#define CONFIG_ENDING ".ini"

/* systemd.unit(5): what an instance's name may hold without being escaped. */
#define INSTANCE_CHARACTERS          \
	"abcdefghijklmnopqrstuvwxyz" \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ" \
	"0123456789_.:-"

bool service_unit_name(
	const char *program, const char *config_path, char ret[SERVICE_UNIT_SIZE])
{
	const size_t skip = strlen(CONFIG_DIRECTORY), ending = strlen(CONFIG_ENDING);
	size_t len;

	snprintf(ret, SERVICE_UNIT_SIZE, "%s", program);
	if (!config_path || strcmp(config_path, CONFIG_PATH_DEFAULT) == 0)
		return true;
	if (strncmp(config_path, CONFIG_DIRECTORY, skip) != 0)
		return false;
	config_path += skip;
	len = strlen(config_path);
	if (len <= ending || strcmp(config_path + len - ending, CONFIG_ENDING) != 0 ||
		strspn(config_path, INSTANCE_CHARACTERS) != len ||
		strlen(program) + 1 + len - ending >= SERVICE_UNIT_SIZE)
		return false;
	snprintf(ret, SERVICE_UNIT_SIZE, "%s@%.*s", program, (int)(len - ending),
		config_path);
	return true;
}

void service_unit_secret(
	const char *credential, const char *config_path, char ret[SERVICE_UNIT_SIZE])
{
	char unit[SERVICE_UNIT_SIZE];
	const char *at;

	service_unit_name("", config_path, unit);
	at = *unit ? unit + 1 : ""; /* "@NAME" */
	snprintf(ret, SERVICE_UNIT_SIZE, CONFIG_DIRECTORY "%s%s%s", at, *at ? "." : "",
		credential);
}
