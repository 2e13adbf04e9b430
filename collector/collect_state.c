#include "collect_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "server_state.h"
#include "state.h"

/* The members of "cpu", by proc(5)'s names. */
static const struct {
	const char *name;
	size_t offset;
} cpu_fields[] = {
	{ "user", offsetof(struct cpu_times, user) },
	{ "nice", offsetof(struct cpu_times, nice) },
	{ "system", offsetof(struct cpu_times, system) },
	{ "idle", offsetof(struct cpu_times, idle) },
	{ "iowait", offsetof(struct cpu_times, iowait) },
	{ "irq", offsetof(struct cpu_times, irq) },
	{ "softirq", offsetof(struct cpu_times, softirq) },
	{ "steal", offsetof(struct cpu_times, steal) },
};

#define CPU_FIELDS (sizeof(cpu_fields) / sizeof(cpu_fields[0]))

static void read_name(
	const struct json_node *node, const char *key, char ret[SPOOL_NAME_SIZE])
{
	const char *name = json_get_string(node, key, "");

	if (spool_name_is_valid(name))
		snprintf(ret, SPOOL_NAME_SIZE, "%s", name);
}

static void read_size(const struct json_node *node, struct known_size *ret)
{
	if (!json_get(node, "files")) /* of a version that did not count them */
		return;
	ret->bytes = json_get_count(node, "bytes");
	ret->wall_at_s = json_get_number(node, "at", 0);
	ret->new_files = json_get_count(node, "files");
	read_name(node, "oldest", ret->oldest);
}

static void read_sent(const struct json_node *root, struct sent sent[SOURCES_MAX])
{
	const struct json_node *all = json_get(root, "sources");

	for (size_t i = 0; i < sources_count; i++) {
		const struct json_node *node = json_get(all, sources[i]->name);

		sent[i].wall_at_s = json_get_number(node, "at", 0);
		sent[i].hash = strtoull(json_get_string(node, "hash", "0"), NULL, 16);
	}
}

static void read_pace(const struct json_node *node, struct texts_pace *ret)
{
	ret->wall_next_s = json_get_number(node, "next", 0);
	ret->failures = (unsigned)json_get_count(node, "failures");
}

void collect_state_read(const struct json_node *root, struct collect_state *ret)
{
	const struct json_node *cpu = json_get(root, "cpu");
	const struct json_node *telling = json_get(root, "evicted_telling");

	*ret = (struct collect_state){ 0 };
	snprintf(ret->cpu.boot_id, sizeof(ret->cpu.boot_id), "%s",
		json_get_string(cpu, "boot_id", ""));
	for (size_t i = 0; i < CPU_FIELDS; i++)
		*(uint64_t *)(void *)((char *)&ret->cpu.times + cpu_fields[i].offset) =
			json_get_count(cpu, cpu_fields[i].name);
	machine_sample_read(json_get(root, "machine"), &ret->machine);
	read_size(json_get(root, "spool"), &ret->size);
	agent_told_read(json_get(root, "evicted_told"), &ret->told);
	agent_told_read(telling, &ret->telling);
	read_name(telling, "payload", ret->payload);
	server_state_read(json_get(root, "server"), clock_wall_us() / 1e6, &ret->server);
	read_pace(json_get(root, "texts"), &ret->pace);
	read_sent(root, ret->sent);
	visit_cost_read(json_get(root, "visit"), &ret->visit);
}

static void write_cpu(struct json *json, const struct cpu_sample *cpu)
{
	json_key(json, "cpu");
	json_object(json);
	json_key(json, "boot_id");
	json_string(json, cpu->boot_id);
	for (size_t i = 0; i < CPU_FIELDS; i++) {
		json_key(json, cpu_fields[i].name);
		json_uint(json,
			*(const uint64_t *)(const void *)((const char *)&cpu->times +
							  cpu_fields[i].offset));
	}
	json_end(json);
}

static void add_name(struct json *json, const char *key, const char *name)
{
	json_key(json, key);
	json_string(json, *name ? name : NULL);
}

static void write_size(struct json *json, const struct known_size *size)
{
	json_key(json, "spool");
	json_object(json);
	json_key(json, "bytes");
	json_uint(json, size->bytes);
	json_key(json, "at");
	json_decimal(json, size->wall_at_s, 6);
	json_key(json, "files");
	json_uint(json, size->new_files);
	add_name(json, "oldest", size->oldest);
	json_end(json);
}

static void write_told(struct json *json, const struct collect_state *state)
{
	json_key(json, "evicted_told");
	json_object(json);
	agent_told_write(json, &state->told);
	json_end(json);
	json_key(json, "evicted_telling");
	if (!*state->payload) {
		json_null(json);
		return;
	}
	json_object(json);
	add_name(json, "payload", state->payload);
	agent_told_write(json, &state->telling);
	json_end(json);
}

static void write_outcome(
	struct json *json, const struct source *source, const struct outcome *outcome)
{
	json_key(json, source->name);
	json_object(json);
	json_key(json, "ok");
	json_bool(json, outcome->ok);
	json_key(json, "error");
	json_string(json, outcome->ok ? NULL : outcome->error);
	json_key(json, "ms");
	json_decimal(json, outcome->ms, 1);
	json_end(json);
}

static void write_sent(struct json *json, const struct sent sent[SOURCES_MAX])
{
	char hash[20];

	json_key(json, "sources");
	json_object(json);
	for (size_t i = 0; i < sources_count; i++) {
		if (sent[i].wall_at_s <= 0)
			continue;
		snprintf(hash, sizeof(hash), "%" PRIx64, sent[i].hash);
		json_key(json, sources[i]->name);
		json_object(json);
		json_key(json, "at");
		json_decimal(json, sent[i].wall_at_s, 3);
		json_key(json, "hash");
		json_string(json, hash);
		json_end(json);
	}
	json_end(json);
}

static void write_pace(struct json *json, const struct texts_pace *pace)
{
	json_key(json, "texts");
	json_object(json);
	json_key(json, "next");
	json_decimal(json, pace->wall_next_s, 3);
	json_key(json, "failures");
	json_uint(json, pace->failures);
	json_end(json);
}

void collect_state_write(const struct collect_state *state, struct buf *json_text)
{
	struct json json;

	json_begin(&json, json_text);
	json_object(&json);
	json_key(&json, "version");
	json_int(&json, STATE_VERSION);
	json_key(&json, "updated_at");
	json_seconds(&json, clock_wall_us());
	write_cpu(&json, &state->cpu);
	machine_sample_write(&json, &state->machine);
	write_size(&json, &state->size);
	write_told(&json, state);
	json_key(&json, "server");
	server_state_write(&json, &state->server);
	write_pace(&json, &state->pace);
	write_sent(&json, state->sent);
	json_key(&json, "visit");
	visit_cost_write(&json, &state->visit);
	json_key(&json, "collection");
	json_object(&json);
	for (size_t i = 0; i < sources_count; i++)
		if (state->outcomes[i].asked)
			write_outcome(&json, sources[i], &state->outcomes[i]);
	json_end(&json);
	json_end(&json);
	buf_addc(json_text, '\n');
}
