#include "host.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void host_name(char *ret, size_t size)
{
	if (gethostname(ret, size) < 0)
		snprintf(ret, size, "unknown");
	ret[size - 1] = '\0';
	if (!*ret)
		snprintf(ret, size, "unknown");
}

/* FNV-1a, 64 bits (Fowler, Noll, Vo; IETF draft-eastlake-fnv). */
static uint64_t hash_bytes(const char *data, size_t len)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)data[i]) * 0x100000001b3u;
	return hash;
}

void host_hash(char ret[13])
{
	char id[256] = "bitville-postgres-agent:";
	size_t len = strlen(id);
	int fd = open("/etc/machine-id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, id + len, sizeof(id) - len - 1);

	if (fd >= 0)
		close(fd);
	if (n < 16) {
		host_name(id + len, sizeof(id) - len);
		n = (ssize_t)strlen(id + len);
	}
	snprintf(ret, 13, "%012llx",
		(unsigned long long)(hash_bytes(id, len + (size_t)n) & 0xffffffffffffu));
}
