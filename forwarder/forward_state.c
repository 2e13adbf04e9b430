#include "forward_state.h"

#include <stdio.h>
#include <string.h>

#include "json_write.h"
#include "state.h"

/* Times of 0 mean never: null in the file. */
static void add_time(struct json *json, const char *name, int64_t wall_us)
{
	json_key(json, name);
	if (wall_us > 0)
		json_seconds(json, wall_us);
	else
		json_null(json);
}

static void add_uint(struct json *json, const char *name, uint64_t value)
{
	json_key(json, name);
	json_uint(json, value);
}

static void add_name(struct json *json, const char *key, const char *name)
{
	json_key(json, key);
	json_string(json, *name ? name : NULL);
}

static void write_breaker(struct json *json, const struct forward_state *state)
{
	json_key(json, "breaker");
	json_object(json);
	json_key(json, "state");
	json_string(json, breaker_state_name(state->breaker));
	add_time(json, "since", state->wall_breaker_since_us);
	add_time(json, "retry_at", state->wall_breaker_retry_us);
	add_uint(json, "failures", state->failures);
	json_end(json);
}

static void write_spool(struct json *json, const struct forward_state *state)
{
	const struct spool_size *size = &state->size;

	json_key(json, "spool");
	json_object(json);
	add_uint(json, "bytes", spool_size_total(size));
	add_uint(json, "cap_bytes", state->cap_bytes);
	add_uint(json, "new_files", size->new_files);
	add_uint(json, "new_bytes", size->new_bytes);
	add_uint(json, "held_bytes", size->held_bytes);
	add_uint(json, "rejected_files", size->rejected_files);
	add_uint(json, "rejected_bytes", size->rejected_bytes);
	add_uint(json, "foreign_files", size->foreign_files);
	add_name(json, "oldest", size->oldest);
	json_end(json);
}

static void add_evicted(struct json *json, const struct evicted *evicted)
{
	add_uint(json, "files", evicted->files);
	add_uint(json, "bytes", evicted->bytes);
	add_name(json, "first", evicted->first);
	add_name(json, "last", evicted->last);
}

static void write_counters(struct json *json, const struct forward_state *state)
{
	const struct evicted_parts *parts = &state->evicted_parts;

	json_key(json, "sent");
	json_object(json);
	add_uint(json, "files", state->sent_files);
	add_uint(json, "bytes", state->sent_bytes);
	json_key(json, "per_s");
	json_decimal(json, state->sent_per_s, 1);
	json_end(json);
	json_key(json, "refused");
	json_object(json);
	add_uint(json, "files", state->refused_files);
	json_end(json);
	json_key(json, "evicted");
	json_object(json);
	add_evicted(json, &state->evicted);
	json_key(json, "parts");
	json_array(json);
	for (size_t i = 0; i < parts->count; i++) {
		json_object(json);
		add_evicted(json, &parts->list[i].what);
		json_key(json, "begins");
		json_bool(json, parts->list[i].begins);
		json_end(json);
	}
	json_end(json);
	json_end(json);
}

static void write_holds(struct json *json, const struct holds *holds)
{
	json_key(json, "refusals");
	json_array(json);
	for (size_t i = 0; i < holds->count; i++) {
		if (holds->list[i].refusals == 0)
			continue;
		json_object(json);
		add_name(json, "source", holds->list[i].source);
		add_uint(json, "in_a_row", holds->list[i].refusals);
		json_key(json, "held");
		json_bool(json, holds_has(holds, holds->list[i].source));
		json_end(json);
	}
	json_end(json);
}

void forward_state_write(
	const struct forward_state *state, int64_t wall_us, struct buf *out)
{
	struct json json;

	json_begin(&json, out);
	json_object(&json);
	add_uint(&json, "version", STATE_VERSION);
	add_time(&json, "updated_at", wall_us);
	add_time(&json, "started_at", state->wall_started_us);
	add_time(&json, "counting_since", state->wall_counting_us);
	json_key(&json, "running");
	json_bool(&json, state->running);
	add_uint(&json, "pid", (uint64_t)state->pid);
	write_breaker(&json, state);
	write_spool(&json, state);
	write_counters(&json, state);
	add_time(&json, "last_success_at", state->wall_success_us);
	add_time(&json, "last_error_at", state->wall_error_us);
	add_name(&json, "last_error", state->error);
	add_name(&json, "degraded", state->degraded);
	write_holds(&json, &state->holds);
	json_end(&json);
	buf_addc(out, '\n');
}

static int64_t read_time(const struct json_node *node, const char *name)
{
	return (int64_t)(json_get_number(node, name, 0) * 1e6 + 0.5);
}

static void read_text(
	const struct json_node *node, const char *name, char *ret, size_t size)
{
	snprintf(ret, size, "%s", json_get_string(node, name, ""));
}

static void read_name(
	const struct json_node *node, const char *key, char ret[SPOOL_NAME_SIZE])
{
	const char *name = json_get_string(node, key, "");

	if (spool_name_is_valid(name))
		snprintf(ret, SPOOL_NAME_SIZE, "%s", name);
}

static void read_breaker(const struct json_node *node, struct forward_state *ret)
{
	const char *name = json_get_string(node, "state", "");

	for (int i = BREAKER_CLOSED; i <= BREAKER_HALF_OPEN; i++)
		if (strcmp(name, breaker_state_name((enum breaker_state)i)) == 0)
			ret->breaker = (enum breaker_state)i;
	ret->wall_breaker_since_us = read_time(node, "since");
	ret->wall_breaker_retry_us = read_time(node, "retry_at");
	ret->failures = (unsigned)json_get_count(node, "failures");
}

static void read_spool(const struct json_node *node, struct forward_state *ret)
{
	struct spool_size *size = &ret->size;

	ret->cap_bytes = json_get_count(node, "cap_bytes");
	size->new_files = json_get_count(node, "new_files");
	size->new_bytes = json_get_count(node, "new_bytes");
	size->held_bytes = json_get_count(node, "held_bytes");
	size->rejected_files = json_get_count(node, "rejected_files");
	size->rejected_bytes = json_get_count(node, "rejected_bytes");
	size->foreign_files = json_get_count(node, "foreign_files");
	read_name(node, "oldest", size->oldest);
}

static void read_evicted(const struct json_node *node, struct evicted *ret)
{
	ret->files = json_get_count(node, "files");
	ret->bytes = json_get_count(node, "bytes");
	read_name(node, "first", ret->first);
	read_name(node, "last", ret->last);
}

static void read_parts(const struct json_node *list, struct evicted_parts *ret)
{
	const struct json_node *node;

	for (node = json_child(list); node; node = json_next(node)) {
		struct evicted part = { 0 };

		read_evicted(node, &part);
		evicted_parts_add(ret, &part, json_get_bool(node, "begins", false));
	}
}

static void read_holds(const struct json_node *list, double next_try, struct holds *ret)
{
	const struct json_node *node;

	for (node = json_child(list); node; node = json_next(node))
		holds_restore(ret, json_get_string(node, "source", ""),
			(unsigned)json_get_count(node, "in_a_row"), next_try);
}

void forward_state_read(
	const struct json_node *root, double next_try, struct forward_state *ret)
{
	const struct json_node *evicted = json_get(root, "evicted");

	*ret = (struct forward_state){ 0 };
	ret->wall_started_us = read_time(root, "started_at");
	ret->wall_counting_us = read_time(root, "counting_since");
	ret->running = json_get_bool(root, "running", false);
	ret->pid = (long)json_get_count(root, "pid");
	read_breaker(json_get(root, "breaker"), ret);
	read_spool(json_get(root, "spool"), ret);
	ret->sent_files = json_get_count(json_get(root, "sent"), "files");
	ret->sent_bytes = json_get_count(json_get(root, "sent"), "bytes");
	ret->sent_per_s = json_get_number(json_get(root, "sent"), "per_s", 0);
	ret->refused_files = json_get_count(json_get(root, "refused"), "files");
	read_evicted(evicted, &ret->evicted);
	read_parts(json_get(evicted, "parts"), &ret->evicted_parts);
	ret->wall_success_us = read_time(root, "last_success_at");
	ret->wall_error_us = read_time(root, "last_error_at");
	read_text(root, "last_error", ret->error, sizeof(ret->error));
	read_text(root, "degraded", ret->degraded, sizeof(ret->degraded));
	read_holds(json_get(root, "refusals"), next_try, &ret->holds);
}
