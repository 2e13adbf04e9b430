#include "system_metrics.h"

#include <math.h>

#include "source.h"

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

/* Beyond psutil. */
static void write_more(struct json *json, const struct machine *machine)
{
	const struct machine_sample *now = &machine->now, *before = machine->before;
	bool known = before && machine->same_boot && before->at_s > 0;

	disks_write(json, &now->disks, known ? &before->disks : NULL,
		known ? now->at_s - before->at_s : 0, &machine->storage);
	storage_write(json, &machine->storage);
	pressure_write(json, &machine->pressure);
	if (machine->has_postmaster)
		postmaster_write(json, &machine->postmaster, machine->server_percent);
	if (machine->has_cgroup)
		cgroup_write(json, &machine->cgroup);
}

void system_metrics_write(struct json *json, size_t text_max, void *context)
{
	const struct machine *machine = context;

	(void)text_max;
	write_cpu(json, machine);
	write_memory(json, machine);
	write_io(json, machine);
	write_usage(json, machine);
	write_more(json, machine);
	if (machine->agent)
		agent_write(json, machine->agent, machine->wall_us);
	write_last_run(json, machine->last_run);
	if (machine->visit) {
		json_key(json, "visit");
		visit_cost_write(json, machine->visit);
	}
}
