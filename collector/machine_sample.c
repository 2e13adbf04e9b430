#include "machine_sample.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	size_t offset;
} fields[] = {
	{ "read_count", offsetof(struct disk_device, io.read_count) },
	{ "write_count", offsetof(struct disk_device, io.write_count) },
	{ "read_bytes", offsetof(struct disk_device, io.read_bytes) },
	{ "write_bytes", offsetof(struct disk_device, io.write_bytes) },
	{ "read_time_ms", offsetof(struct disk_device, io.read_time_ms) },
	{ "write_time_ms", offsetof(struct disk_device, io.write_time_ms) },
	{ "busy_time_ms", offsetof(struct disk_device, busy_time_ms) },
	{ "flush_count", offsetof(struct disk_device, flush_count) },
	{ "flush_time_ms", offsetof(struct disk_device, flush_time_ms) },
};

#define FIELDS (sizeof(fields) / sizeof(fields[0]))

static uint64_t *field(struct disk_device *device, size_t i)
{
	return (uint64_t *)(void *)((char *)device + fields[i].offset);
}

/* Counts of pids, ports and the like: what does not fit is none. */
static int small(const struct json_node *node, const char *name)
{
	uint64_t value = json_get_count(node, name);

	return value <= INT32_MAX ? (int)value : 0;
}

void machine_sample_learn(struct machine_sample *sample, bool local,
	const struct postmaster_id *postmaster, const char *tablespaces)
{
	struct postmaster_id *known = &sample->postmaster;

	snprintf(sample->tablespaces, sizeof(sample->tablespaces), "%s",
		local || postmaster->pid ? tablespaces : "");
	if ((postmaster->pid == 0 && local) ||
		(postmaster->pid == known->pid && postmaster->started == known->started))
		return;
	*known = *postmaster;
	sample->ticks = 0;
}

void machine_sample_read(const struct json_node *node, struct machine_sample *ret)
{
	const struct json_node *postmaster = json_get(node, "postmaster");
	double at_s = json_get_number(node, "at", 0);

	*ret = (struct machine_sample){ 0 };
	ret->at_s = at_s > 0 ? at_s : 0;
	ret->postmaster.pid = small(postmaster, "pid");
	ret->postmaster.started = json_get_count(postmaster, "started");
	ret->postmaster.port = small(postmaster, "port");
	ret->ticks = json_get_count(postmaster, "ticks");
	snprintf(ret->tablespaces, sizeof(ret->tablespaces), "%s",
		json_get_string(node, "tablespaces", ""));
	for (const struct json_node *one = json_child(json_get(node, "disks")); one;
		one = json_next(one)) {
		struct disk_device *device = &ret->disks.list[ret->disks.count];
		const char *name = json_name(one);

		if (ret->disks.count == DISKS_MAX)
			break;
		if (!name || strlen(name) >= sizeof(device->name))
			continue;
		snprintf(device->name, sizeof(device->name), "%s", name);
		for (size_t i = 0; i < FIELDS; i++)
			*field(device, i) = json_get_count(one, fields[i].name);
		device->has_flushes = json_get(one, "flush_count") != NULL;
		ret->disks.count++;
	}
}

static void write_disk(struct json *json, const struct disk_device *device)
{
	struct disk_device copy = *device;

	json_key(json, device->name);
	json_object(json);
	for (size_t i = 0; i < FIELDS; i++)
		if (device->has_flushes || strncmp(fields[i].name, "flush", 5) != 0)
			json_known_uint(json, fields[i].name, true, *field(&copy, i));
	json_end(json);
}

void machine_sample_write(struct json *json, const struct machine_sample *sample)
{
	json_key(json, "machine");
	json_object(json);
	json_key(json, "at");
	json_decimal(json, sample->at_s, 6);
	json_key(json, "postmaster");
	json_object(json);
	json_known_uint(json, "pid", true, (uint64_t)sample->postmaster.pid);
	json_known_uint(json, "started", true, sample->postmaster.started);
	json_known_uint(json, "port", true, (uint64_t)sample->postmaster.port);
	json_known_uint(json, "ticks", true, sample->ticks);
	json_end(json);
	json_key(json, "tablespaces");
	json_string(json, sample->tablespaces);
	json_key(json, "disks");
	json_object(json);
	for (size_t i = 0; i < sample->disks.count; i++)
		write_disk(json, &sample->disks.list[i]);
	json_end(json);
	json_end(json);
}
