#include "metrics.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "kernel.h"

#define SECTOR_BYTES 512 /* in diskstats, whatever the device's own is */

bool disk_is_stacked(const char *name)
{
	static const char *const prefixes[] = { "dm-", "md", "loop", "ram", "zram", "zd",
		"bcache", "drbd" };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size_t len = strlen(prefixes[i]);

		if (strncmp(name, prefixes[i], len) == 0 &&
			(isdigit((unsigned char)name[len]) || name[len] == '_'))
			return true;
	}
	return false;
}

/* Names go into paths and payloads. */
static bool is_plain(const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)name[i]) && !strchr("/!-_.:", name[i]))
			return false;
	return len > 0 && len < DISK_NAME_SIZE && name[0] != '.' && name[0] != '/';
}

/* "   8       0 sda 1 2 …": ten numbers or eleven since ever, four of discards since
 * 4.18, two of flushes since 5.5. */
static bool device_read(const char *line, const char *end, struct disk_device *ret)
{
	uint64_t number[2], n[17] = { 0 };
	const char *name = line;
	size_t len;
	int count;

	if (kernel_numbers(line, end, number, 2) < 2)
		return false;
	for (int field = 0; field < 2; field++) {
		name += strspn(name, " ");
		name += strcspn(name, " ");
	}
	name += strspn(name, " ");
	len = strcspn(name, " \n");
	count = kernel_numbers(name + len, end, n, 17);
	if (!is_plain(name, len) || count < 10)
		return false;
	*ret = (struct disk_device){ .major = (unsigned)number[0],
		.minor = (unsigned)number[1],
		.io = { .read_count = n[0],
			.write_count = n[4],
			.read_bytes = n[2] * SECTOR_BYTES,
			.write_bytes = n[6] * SECTOR_BYTES,
			.read_time_ms = n[3],
			.write_time_ms = n[7] },
		.in_flight = n[8],
		.busy_time_ms = n[9],
		.has_flushes = count == 17,
		.flush_count = n[15],
		.flush_time_ms = n[16] };
	snprintf(ret->name, sizeof(ret->name), "%.*s", (int)len, name);
	return true;
}

bool disk_devices_read(const char *proc_diskstats,
	void (*each)(void *context, const struct disk_device *device), void *context)
{
	struct disk_device device;

	/* All or nothing: the lines are read twice, and there are few. */
	for (int pass = 0; pass < 2; pass++) {
		for (const char *line = proc_diskstats; *line;) {
			const char *end = kernel_line_end(line);

			if (!device_read(line, end, &device))
				return false;
			if (pass == 1)
				each(context, &device);
			line = *end ? end + 1 : end;
		}
	}
	return true;
}

void disk_io_add(struct disk_io_metrics *sum, const struct disk_io_metrics *io)
{
	sum->read_count += io->read_count;
	sum->write_count += io->write_count;
	sum->read_bytes += io->read_bytes;
	sum->write_bytes += io->write_bytes;
	sum->read_time_ms += io->read_time_ms;
	sum->write_time_ms += io->write_time_ms;
}

static double per(uint64_t before, uint64_t after, double of)
{
	return after > before && of > 0 ? (double)(after - before) / of : 0;
}

/* How long one request took, NaN when there was none. */
static double await_ms(
	uint64_t count_before, uint64_t count, uint64_t ms_before, uint64_t ms)
{
	return count > count_before ? per(ms_before, ms, (double)(count - count_before))
				    : NAN;
}

bool disk_rates_of(const struct disk_device *before, const struct disk_device *after,
	double elapsed_s, struct disk_rates *ret)
{
	const struct disk_io_metrics *a = &before->io, *b = &after->io;
	bool flushes = before->has_flushes && after->has_flushes;

	if (elapsed_s <= 0 || b->read_count < a->read_count ||
		b->write_count < a->write_count) /* another device of this name */
		return false;
	*ret = (struct disk_rates){
		.interval_s = elapsed_s,
		.reads_per_s = per(a->read_count, b->read_count, elapsed_s),
		.writes_per_s = per(a->write_count, b->write_count, elapsed_s),
		.read_bytes_per_s = per(a->read_bytes, b->read_bytes, elapsed_s),
		.write_bytes_per_s = per(a->write_bytes, b->write_bytes, elapsed_s),
		.read_await_ms = await_ms(
			a->read_count, b->read_count, a->read_time_ms, b->read_time_ms),
		.write_await_ms = await_ms(a->write_count, b->write_count,
			a->write_time_ms, b->write_time_ms),
		.flush_await_ms =
			flushes ? await_ms(before->flush_count, after->flush_count,
					  before->flush_time_ms, after->flush_time_ms)
				: NAN,
		.busy_percent =
			per(before->busy_time_ms, after->busy_time_ms, elapsed_s) / 10,
	};
	if (ret->busy_percent > 100)
		ret->busy_percent = 100;
	return true;
}

void disk_usage_of(uint64_t block_bytes, uint64_t blocks, uint64_t blocks_free,
	uint64_t blocks_available, struct disk_usage *ret)
{
	uint64_t used = blocks > blocks_free ? blocks - blocks_free : 0;

	ret->total = blocks * block_bytes;
	ret->used = used * block_bytes;
	ret->free = blocks_available * block_bytes;
	ret->percent = kernel_percent(used, used + blocks_available);
}
