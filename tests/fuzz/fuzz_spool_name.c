/* spool_name_is_valid(): what passes is a plain file name whose parts can be had. */
#include "fuzz.h"

#include "spool_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *name = malloc(len + 1), source[SPOOL_SOURCE_SIZE];

	memcpy(name, data, len);
	name[len] = '\0';
	if (spool_name_is_valid(name)) {
		must(strlen(name) < SPOOL_NAME_SIZE);
		must(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-.TZ") ==
			strlen(name));
		spool_name_source(name, source);
		must(*source && strlen(source) < sizeof(source));
		must(strncmp(name + 24, source, strlen(source)) == 0);
		spool_name_wall_us(name);
	}
	free(name);
	return 0;
}
