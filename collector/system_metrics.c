#include "system_metrics.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "buf.h"
#include "source.h"

#define TEXT_MAX_BYTES ((size_t)4 << 20)
#define PROCESSORS_MAX 4096

const char *const system_metrics_paths[DISK_PATHS] = { "/var/lib/postgresql",
	"/var/log/postgresql", "/" };

const struct source source_system_metrics = { .name = "system_metrics" };

/* The file's first max_bytes into text (replaced). */
static bool read_text(const char *path, struct buf *text, size_t max_bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;

	buf_clear(text);
	if (fd < 0)
		return false;
	while (text->len < max_bytes && buf_reserve(text, 4096)) {
		n = read(fd, text->data + text->len, 4096);
		if (n <= 0)
			break;
		text->len += (size_t)n;
		text->data[text->len] = '\0';
	}
	close(fd);
	return n >= 0 && text->len > 0;
}

static void complain(struct machine *machine, const char *path)
{
	size_t len = strlen(machine->trouble);

	snprintf(machine->trouble + len, sizeof(machine->trouble) - len, "%s%s",
		len ? ", " : "can't read ", path);
}

/* Distinct sets of sibling threads, as psutil counts: each is a core. 0 when not told. */
static int count_cores(struct buf *text)
{
	char *seen[PROCESSORS_MAX] = { NULL }, path[128];
	int count = 0;

	for (int i = 0; i < PROCESSORS_MAX; i++) {
		bool known = false;

		snprintf(path, sizeof(path),
			"/sys/devices/system/cpu/cpu%d/topology/core_cpus_list", i);
		if (!read_text(path, text, 1)) {
			snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d", i);
			if (access(path, F_OK) < 0)
				break;
			continue; /* offline */
		}
		for (int k = 0; k < count && !known; k++)
			known = strcmp(seen[k], text->data) == 0;
		if (known)
			continue;
		seen[count] = strdup(text->data);
		if (!seen[count])
			break;
		count++;
	}
	for (int k = 0; k < count; k++)
		free(seen[k]);
	return count;
}

static void take_cpu(
	struct machine *machine, const struct cpu_sample *last, struct buf *text)
{
	struct cpu_sample *sample = &machine->sample;

	machine->cpu_percent = NAN;
	if (read_text("/proc/sys/kernel/random/boot_id", text, 1))
		snprintf(sample->boot_id, sizeof(sample->boot_id), "%.36s", text->data);
	if (!read_text("/proc/stat", text, 1) ||
		!cpu_times_read(text->data, &sample->times)) {
		complain(machine, "/proc/stat");
		sample->boot_id[0] = '\0';
	}
	if (*sample->boot_id && strcmp(sample->boot_id, last->boot_id) == 0)
		machine->cpu_percent = cpu_percent(&last->times, &sample->times);
	machine->has_load = read_text("/proc/loadavg", text, 1) &&
			    load_average_read(text->data, machine->load);
	if (!machine->has_load)
		complain(machine, "/proc/loadavg");
	machine->processors = (int)sysconf(_SC_NPROCESSORS_ONLN);
	machine->cores = count_cores(text);
}

static bool is_disk(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/block/%s", name);
	for (char *c = path + strlen("/sys/block/"); *c; c++)
		if (*c == '/')
			*c = '!'; /* as the kernel names cciss/c0d0 there */
	return access(path, F_OK) == 0;
}

static void take_usage(struct machine *machine)
{
	for (int i = 0; i < DISK_PATHS; i++) {
		struct statvfs fs;

		if (statvfs(system_metrics_paths[i], &fs) < 0)
			continue;
		disk_usage_of(fs.f_frsize, fs.f_blocks, fs.f_bfree, fs.f_bavail,
			&machine->usage[i]);
		machine->has_usage[i] = true;
	}
}

void system_metrics_take(const struct cpu_sample *last, const struct json_node *last_run,
	struct machine *ret)
{
	struct buf text;

	*ret = (struct machine){ .last_run = last_run };
	buf_init(&text, TEXT_MAX_BYTES);
	take_cpu(ret, last, &text);
	ret->has_memory = read_text("/proc/meminfo", &text, TEXT_MAX_BYTES) &&
			  memory_read(text.data, &ret->memory);
	if (!ret->has_memory)
		complain(ret, "/proc/meminfo");
	ret->has_disk_io = read_text("/proc/diskstats", &text, TEXT_MAX_BYTES) &&
			   disk_io_read(text.data, is_disk, &ret->disk_io);
	if (!ret->has_disk_io)
		complain(ret, "/proc/diskstats");
	ret->has_network = read_text("/proc/net/dev", &text, TEXT_MAX_BYTES) &&
			   network_read(text.data, &ret->network);
	if (!ret->has_network)
		complain(ret, "/proc/net/dev");
	take_usage(ret);
	buf_release(&text);
}

static void add_decimal(
	struct json *json, const char *name, bool known, double value, int decimals)
{
	json_key(json, name);
	json_decimal(json, known ? value : NAN, decimals);
}

static void write_cpu(struct json *json, const struct machine *m)
{
	json_key(json, "cpu");
	json_object(json);
	add_decimal(json, "percent", true, m->cpu_percent, 1);
	json_known_uint(json, "count_physical", m->cores > 0, (uint64_t)m->cores);
	json_known_uint(
		json, "count_logical", m->processors > 0, (uint64_t)m->processors);
	add_decimal(json, "load_avg_1m", m->has_load, m->load[0], 2);
	add_decimal(json, "load_avg_5m", m->has_load, m->load[1], 2);
	add_decimal(json, "load_avg_15m", m->has_load, m->load[2], 2);
	json_end(json);
}

static void write_memory(struct json *json, const struct machine *machine)
{
	const struct memory_metrics *m = &machine->memory;
	bool known = machine->has_memory;

	json_key(json, "memory");
	json_object(json);
	json_known_uint(json, "total", known, m->total);
	json_known_uint(json, "available", known, m->available);
	json_known_uint(json, "used", known, m->used);
	add_decimal(json, "percent", known, m->percent, 1);
	json_known_uint(json, "buffers", known, m->buffers);
	json_known_uint(json, "cached", known, m->cached);
	json_end(json);
	json_key(json, "swap");
	json_object(json);
	json_known_uint(json, "total", known, m->swap_total);
	json_known_uint(json, "used", known, m->swap_used);
	json_known_uint(json, "free", known, m->swap_free);
	add_decimal(json, "percent", known, m->swap_percent, 1);
	json_end(json);
}

static void write_io(struct json *json, const struct machine *machine)
{
	const struct disk_io_metrics *d = &machine->disk_io;
	const struct network_metrics *n = &machine->network;

	json_key(json, "disk_io");
	json_object(json);
	json_known_uint(json, "read_count", machine->has_disk_io, d->read_count);
	json_known_uint(json, "write_count", machine->has_disk_io, d->write_count);
	json_known_uint(json, "read_bytes", machine->has_disk_io, d->read_bytes);
	json_known_uint(json, "write_bytes", machine->has_disk_io, d->write_bytes);
	json_known_uint(json, "read_time_ms", machine->has_disk_io, d->read_time_ms);
	json_known_uint(json, "write_time_ms", machine->has_disk_io, d->write_time_ms);
	json_end(json);
	json_key(json, "network_io");
	json_object(json);
	json_known_uint(json, "bytes_sent", machine->has_network, n->bytes_sent);
	json_known_uint(json, "bytes_recv", machine->has_network, n->bytes_recv);
	json_known_uint(json, "packets_sent", machine->has_network, n->packets_sent);
	json_known_uint(json, "packets_recv", machine->has_network, n->packets_recv);
	json_known_uint(json, "errin", machine->has_network, n->errin);
	json_known_uint(json, "errout", machine->has_network, n->errout);
	json_known_uint(json, "dropin", machine->has_network, n->dropin);
	json_known_uint(json, "dropout", machine->has_network, n->dropout);
	json_end(json);
}

static void write_usage(struct json *json, const struct machine *machine)
{
	json_key(json, "disk_usage");
	json_object(json);
	for (int i = 0; i < DISK_PATHS; i++) {
		const struct disk_usage *u = &machine->usage[i];

		if (!machine->has_usage[i])
			continue;
		json_key(json, system_metrics_paths[i]);
		json_object(json);
		json_key(json, "total");
		json_uint(json, u->total);
		json_key(json, "used");
		json_uint(json, u->used);
		json_key(json, "free");
		json_uint(json, u->free);
		json_key(json, "percent");
		json_decimal(json, u->percent, 1);
		json_end(json);
	}
	json_end(json);
}

/* The names come from the state file: only our own are passed on. */
static void write_last_run(struct json *json, const struct json_node *last_run)
{
	json_key(json, "collection");
	json_object(json);
	for (size_t i = 0; i < sources_count; i++) {
		const struct json_node *one = json_get(last_run, sources[i]->name);

		if (!one)
			continue;
		json_key(json, sources[i]->name);
		json_object(json);
		json_key(json, "ok");
		json_bool(json, json_get_bool(one, "ok", false));
		json_key(json, "error");
		json_string(json, json_get_string(one, "error", NULL));
		json_key(json, "ms");
		json_decimal(json, json_get_number(one, "ms", NAN), 1);
		json_end(json);
	}
	json_end(json);
}

void system_metrics_write(struct json *json, size_t text_max, void *context)
{
	const struct machine *machine = context;

	(void)text_max;
	write_cpu(json, machine);
	write_memory(json, machine);
	write_io(json, machine);
	write_usage(json, machine);
	if (machine->agent)
		agent_write(json, machine->agent, machine->wall_us);
	write_last_run(json, machine->last_run);
}
