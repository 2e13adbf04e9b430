#include "metrics.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SECTOR_BYTES 512 /* in diskstats, whatever the device's own is */

bool disk_is_stacked(const char *name)
{
	static const char *const prefixes[] = { "dm-", "md", "loop", "ram", "zram" };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size_t len = strlen(prefixes[i]);

		if (strncmp(name, prefixes[i], len) == 0 &&
			(isdigit((unsigned char)name[len]) || name[len] == '_'))
			return true;
	}
	return false;
}

static bool add_device(const char *line, const char *end,
	bool (*is_disk)(const char *name), struct disk_io_metrics *sum)
{
	uint64_t reads, read_sectors, read_ms, writes, write_sectors, write_ms;
	char name[64];
	int used = 0;

	if (sscanf(line,
		    "%*u %*u %63s %" SCNu64 " %*u %" SCNu64 " %" SCNu64 " %" SCNu64
		    " %*u %" SCNu64 " %" SCNu64 "%n",
		    name, &reads, &read_sectors, &read_ms, &writes, &write_sectors,
		    &write_ms, &used) != 7 ||
		used > end - line)
		return false;
	if (disk_is_stacked(name) || !is_disk(name))
		return true;
	sum->read_count += reads;
	sum->write_count += writes;
	sum->read_bytes += read_sectors * SECTOR_BYTES;
	sum->write_bytes += write_sectors * SECTOR_BYTES;
	sum->read_time_ms += read_ms;
	sum->write_time_ms += write_ms;
	return true;
}

bool disk_io_read(const char *proc_diskstats, bool (*is_disk)(const char *name),
	struct disk_io_metrics *ret)
{
	struct disk_io_metrics sum = { 0 };

	for (const char *line = proc_diskstats; *line;) {
		const char *end = strchrnul(line, '\n');

		if (!add_device(line, end, is_disk, &sum))
			return false;
		line = *end ? end + 1 : end;
	}
	*ret = sum;
	return true;
}

void disk_usage_of(uint64_t block_bytes, uint64_t blocks, uint64_t blocks_free,
	uint64_t blocks_available, struct disk_usage *ret)
{
	uint64_t used = blocks > blocks_free ? blocks - blocks_free : 0;
	uint64_t of = used + blocks_available;

	ret->total = blocks * block_bytes;
	ret->used = used * block_bytes;
	ret->free = blocks_available * block_bytes;
	ret->percent = of > 0 ? (double)used / (double)of * 100 : 0;
}
