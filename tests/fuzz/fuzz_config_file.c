/* config_file_read(): refused with a reason, or read without losing a byte of any value. */
#include "fuzz.h"

#include <ctype.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config.h"

/* Does value stand in text with nothing but white space up to the end of its line? */
static bool stands_in(const char *text, size_t len, const char *value)
{
	const char *at = text, *end = text + len, *rest;

	while ((at = memmem(at, (size_t)(end - at), value, strlen(value)))) {
		for (rest = at + strlen(value); rest < end && *rest != '\n'; rest++)
			if (!isspace((unsigned char)*rest))
				break;
		if (rest == end || *rest == '\n')
			return true;
		at++;
	}
	return false;
}

static void check_values(const struct config *config, const char *text, size_t len)
{
	for (size_t i = 0; i < config_keys_count; i++) {
		const char *at = (const char *)config + config_keys[i].offset;

		if (config->origin[i] != CONFIG_FROM_FILE)
			continue;
		must(config->line[i] > 0);
		if (config_keys[i].type == CONFIG_STRING ||
			config_keys[i].type == CONFIG_SECRET)
			must(stands_in(text, len, *(char *const *)(const void *)at));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	int fd = memfd_create("config", MFD_CLOEXEC);
	struct config config = { 0 };
	struct err err = { 0 };
	char path[64];

	must(write(fd, data, len) == (ssize_t)len);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	buf_init(&config.warnings, 16384);
	if (config_file_read(&config, path, &err) == 0)
		check_values(&config, (const char *)data, len);
	else
		must(err.kind == ERR_CONFIG && *err.msg);
	config_release(&config);
	close(fd);
	return 0;
}
