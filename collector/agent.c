#include "agent.h"

#include <stdio.h>
#include <string.h>

#include "version.h"

static uint64_t less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

static void read_name(
	const struct json_node *node, const char *key, char ret[SPOOL_NAME_SIZE])
{
	const char *name = json_get_string(node, key, "");

	if (spool_name_is_valid(name))
		snprintf(ret, SPOOL_NAME_SIZE, "%s", name);
	else
		ret[0] = '\0';
}

/* Of a time that is one, else 0. */
static int64_t read_time(const struct json_node *node, const char *name)
{
	double s = json_get_number(node, name, 0);

	return s > 0 && s < 1e11 ? (int64_t)(s * 1e6 + 0.5) : 0;
}

/*
 * A count that began anew has forgotten what was told of the one before. One that only went back
 * has not: pg-forward counts before it removes, and takes back what it could not remove.
 */
static bool began_anew(
	int64_t wall_counting_us, uint64_t files, const struct agent_told *told)
{
	if (wall_counting_us == 0 || told->wall_counting_us == 0)
		return files < told->files;
	return wall_counting_us != told->wall_counting_us;
}

/*
 * The first name after the first `seen` files. Parts are as long ago as they are coarse: where the
 * border lies within one, the name told last is the nearest that is known.
 */
static void find_first(const struct json_node *evicted, uint64_t total, uint64_t seen,
	const char *told_last, char ret[SPOOL_NAME_SIZE])
{
	const struct json_node *parts = json_get(evicted, "parts"), *part;
	char first[SPOOL_NAME_SIZE], last[SPOOL_NAME_SIZE];
	uint64_t in_parts = 0, begin, end;

	for (part = json_child(parts); part; part = json_next(part))
		in_parts += json_get_count(part, "files");
	end = less(total, in_parts);
	if (seen < end) { /* from before there were parts */
		read_name(evicted, "first", ret);
		if (seen > 0 && *told_last)
			strcpy(ret, told_last);
		return;
	}
	for (part = json_child(parts); part; part = json_next(part)) {
		begin = end;
		end += json_get_count(part, "files");
		if (end <= seen)
			continue;
		read_name(part, "first", first);
		read_name(part, "last", last);
		if (begin < seen && strcmp(first, told_last) <= 0 &&
			strcmp(told_last, last) <= 0)
			strcpy(ret, told_last);
		else
			strcpy(ret, first);
		return;
	}
}

static void read_evicted(
	const struct json_node *forward, const struct agent_told *told, struct agent *ret)
{
	const struct json_node *evicted = json_get(forward, "evicted");
	int64_t wall_counting_us = read_time(forward, "counting_since");
	struct agent_told seen = *told;

	ret->told = *told;
	ret->evicted_files = json_get_count(evicted, "files");
	ret->evicted_bytes = json_get_count(evicted, "bytes");
	if (!evicted)
		return;
	if (began_anew(wall_counting_us, ret->evicted_files, told))
		seen = (struct agent_told){ 0 };
	ret->told = seen;
	ret->told.wall_counting_us = wall_counting_us;
	if (ret->evicted_files <= seen.files)
		return;
	ret->since.files = ret->evicted_files - seen.files;
	ret->since.bytes = less(ret->evicted_bytes, seen.bytes);
	read_name(evicted, "last", ret->since.last);
	find_first(evicted, ret->evicted_files, seen.files, seen.last, ret->since.first);
	ret->told.files = ret->evicted_files;
	ret->told.bytes = seen.bytes + ret->since.bytes;
	strcpy(ret->told.last, ret->since.last);
}

static const char *read_breaker(const struct json_node *forward)
{
	static const char *const names[] = { "closed", "open", "half open" };
	const char *name = json_get_string(json_get(forward, "breaker"), "state", "");

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return names[i];
	return NULL;
}

void agent_read(
	const struct json_node *forward, const struct agent_told *told, struct agent *ret)
{
	*ret = (struct agent){ .has_counters = true };
	ret->breaker = read_breaker(forward);
	ret->sent = json_get_count(json_get(forward, "sent"), "files");
	ret->refused = json_get_count(json_get(forward, "refused"), "files");
	read_evicted(forward, told, ret);
}

void agent_set_size(struct agent *agent, const struct known_size *size)
{
	agent->has_size = true;
	agent->spool_files = size->new_files;
	agent->spool_bytes = size->bytes;
	agent->wall_oldest_us =
		spool_name_is_valid(size->oldest) ? spool_name_wall_us(size->oldest) : 0;
}

static void add_name(struct json *json, const char *key, const char *name)
{
	json_key(json, key);
	json_string(json, *name ? name : NULL);
}

void agent_told_read(const struct json_node *node, struct agent_told *ret)
{
	ret->wall_counting_us = read_time(node, "counting_since");
	ret->files = json_get_count(node, "files");
	ret->bytes = json_get_count(node, "bytes");
	read_name(node, "last", ret->last);
}

void agent_told_write(struct json *json, const struct agent_told *told)
{
	json_key(json, "counting_since");
	json_seconds(json, told->wall_counting_us);
	json_known_uint(json, "files", true, told->files);
	json_known_uint(json, "bytes", true, told->bytes);
	add_name(json, "last", told->last);
}

static void write_since(struct json *json, const struct agent_evicted *since)
{
	json_key(json, "evicted_since");
	if (since->files == 0) {
		json_null(json);
		return;
	}
	json_object(json);
	json_known_uint(json, "files", true, since->files);
	json_known_uint(json, "bytes", true, since->bytes);
	add_name(json, "first", since->first);
	add_name(json, "last", since->last);
	json_end(json);
}

void agent_write(struct json *json, const struct agent *agent, int64_t wall_us)
{
	bool known = agent->has_counters;

	json_key(json, "agent");
	json_object(json);
	json_key(json, "version");
	json_string(json, VERSION);
	json_known_uint(json, "spool_files", agent->has_size, agent->spool_files);
	json_known_uint(json, "spool_bytes", agent->has_size, agent->spool_bytes);
	/* 0 when the clock was set back. */
	json_known_uint(json, "oldest_age_s",
		agent->has_size && agent->wall_oldest_us != 0,
		wall_us > agent->wall_oldest_us
			? (uint64_t)(wall_us - agent->wall_oldest_us) / 1000000
			: 0);
	json_key(json, "forwarder_running");
	json_bool(json, agent->forwarder_running);
	json_key(json, "breaker");
	json_string(json, agent->breaker);
	json_known_uint(json, "sent", known, agent->sent);
	json_known_uint(json, "refused", known, agent->refused);
	json_key(json, "evicted");
	json_object(json);
	json_known_uint(json, "files", known, agent->evicted_files);
	json_known_uint(json, "bytes", known, agent->evicted_bytes);
	json_end(json);
	write_since(json, &agent->since);
	json_end(json);
}
