#include "disks.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "block.h"

struct taking {
	const struct kernel *kernel;
	struct disks *disks;
	struct disk_io_metrics sum;
};

static void take_one(void *context, const struct disk_device *device)
{
	struct taking *taking = context;
	struct disks *disks = taking->disks;

	if (!block_is_disk(taking->kernel, device->name))
		return;
	disk_io_add(&taking->sum, &device->io);
	if (disks->count < DISKS_MAX &&
		(device->io.read_count > 0 || device->io.write_count > 0))
		disks->list[disks->count++] = *device;
}

bool disks_take(const struct kernel *kernel, struct buf *text, struct disks *ret,
	struct disk_io_metrics *ret_sum)
{
	struct taking taking = { .kernel = kernel, .disks = ret };
	char path[PATH_MAX];

	ret->count = 0;
	snprintf(path, sizeof(path), "%s/block", kernel->sys);
	if (access(path, F_OK) < 0 ||
		!kernel_read(text, KERNEL_TEXT_MAX_BYTES, "%s/diskstats", kernel->proc) ||
		!disk_devices_read(text->data, take_one, &taking))
		return false;
	*ret_sum = taking.sum;
	return true;
}

const struct disk_device *disks_get(const struct disks *disks, const char *name)
{
	for (size_t i = 0; i < disks->count; i++)
		if (strcmp(disks->list[i].name, name) == 0)
			return &disks->list[i];
	return NULL;
}

static void add_decimal(struct json *json, const char *name, double value, int decimals)
{
	json_key(json, name);
	json_decimal(json, value, decimals);
}

/* All null without rates. */
static void write_rates(struct json *json, const struct disk_rates *rates)
{
	const struct disk_rates none = { NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN };
	const struct disk_rates *r = rates ? rates : &none;

	add_decimal(json, "interval_s", r->interval_s, 3);
	add_decimal(json, "reads_per_s", r->reads_per_s, 1);
	add_decimal(json, "writes_per_s", r->writes_per_s, 1);
	add_decimal(json, "read_bytes_per_s", r->read_bytes_per_s, 0);
	add_decimal(json, "write_bytes_per_s", r->write_bytes_per_s, 0);
	add_decimal(json, "read_await_ms", r->read_await_ms, 3);
	add_decimal(json, "write_await_ms", r->write_await_ms, 3);
	add_decimal(json, "flush_await_ms", r->flush_await_ms, 3);
	add_decimal(json, "busy_percent", r->busy_percent, 1);
}

static void write_device(struct json *json, const struct disk_device *d,
	const struct disk_rates *rates, const struct storage *storage)
{
	bool flushes = d->has_flushes;

	json_key(json, d->name);
	json_object(json);
	json_known_uint(json, "read_count", true, d->io.read_count);
	json_known_uint(json, "write_count", true, d->io.write_count);
	json_known_uint(json, "read_bytes", true, d->io.read_bytes);
	json_known_uint(json, "write_bytes", true, d->io.write_bytes);
	json_known_uint(json, "read_time_ms", true, d->io.read_time_ms);
	json_known_uint(json, "write_time_ms", true, d->io.write_time_ms);
	json_known_uint(json, "flush_count", flushes, d->flush_count);
	json_known_uint(json, "flush_time_ms", flushes, d->flush_time_ms);
	json_known_uint(json, "busy_time_ms", true, d->busy_time_ms);
	json_known_uint(json, "in_flight", true, d->in_flight);
	write_rates(json, rates);
	json_key(json, "used_by");
	storage_write_uses(json, storage, d->name);
	json_end(json);
}

void disks_write(struct json *json, const struct disks *disks, const struct disks *before,
	double elapsed_s, const struct storage *storage)
{
	if (disks->count == 0)
		return;
	json_key(json, "disk_devices");
	json_object(json);
	for (size_t i = 0; i < disks->count; i++) {
		const struct disk_device *now = &disks->list[i];
		const struct disk_device *then =
			before ? disks_get(before, now->name) : NULL;
		struct disk_rates rates;
		bool known = then && disk_rates_of(then, now, elapsed_s, &rates);

		write_device(json, now, known ? &rates : NULL, storage);
	}
	json_end(json);
}
