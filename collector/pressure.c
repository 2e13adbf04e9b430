#include "pressure.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "some avg10=0.12 avg60=0.05 avg300=0.01 total=123456" */
static bool line_value(const char *line, const char *end, const char *name, double *ret)
{
	size_t len = strlen(name);

	for (const char *at = line; (at = memchr(at, ' ', (size_t)(end - at))); at++) {
		char *stop;

		if ((size_t)(end - at) <= len + 2 || strncmp(at + 1, name, len) != 0 ||
			at[len + 1] != '=')
			continue;
		*ret = strtod(at + len + 2, &stop);
		return stop > at + len + 2 && stop <= end;
	}
	return false;
}

static bool line_read(const char *line, const char *end, struct pressure_line *ret)
{
	double total_us;

	if (!line_value(line, end, "avg10", &ret->avg10) ||
		!line_value(line, end, "avg60", &ret->avg60) ||
		!line_value(line, end, "avg300", &ret->avg300) ||
		!line_value(line, end, "total", &total_us) || !(total_us >= 0) ||
		total_us > 9e18)
		return false;
	ret->total_ms = (uint64_t)(total_us / 1000);
	ret->known = true;
	return true;
}

bool pressure_read(const char *text, struct pressure_file *ret)
{
	struct pressure_file file = { 0 };

	for (const char *line = text; *line;) {
		const char *end = kernel_line_end(line);
		struct pressure_line *to = NULL, read = { 0 };

		if (strncmp(line, "some ", 5) == 0)
			to = &file.some;
		else if (strncmp(line, "full ", 5) == 0)
			to = &file.full;
		if (to && line_read(line, end, &read))
			*to = read;
		line = *end ? end + 1 : end;
	}
	*ret = file;
	return file.some.known || file.full.known;
}

static void take(
	struct buf *text, const char *dir, const char *suffix, struct pressure *ret)
{
	const struct {
		const char *name;
		struct pressure_file *to;
	} files[] = { { "cpu", &ret->cpu }, { "memory", &ret->memory },
		{ "io", &ret->io } };

	*ret = (struct pressure){ 0 };
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (kernel_read(
			    text, KERNEL_SHORT, "%s/%s%s", dir, files[i].name, suffix))
			pressure_read(text->data, files[i].to);
}

void pressure_take(struct buf *text, const struct kernel *kernel, struct pressure *ret)
{
	char dir[PATH_MAX];

	snprintf(dir, sizeof(dir), "%s/pressure", kernel->proc);
	take(text, dir, "", ret);
}

void pressure_take_cgroup(struct buf *text, const char *dir, struct pressure *ret)
{
	take(text, dir, ".pressure", ret);
}

static void write_line(
	struct json *json, const char *name, const struct pressure_line *line)
{
	if (!line->known)
		return;
	json_key(json, name);
	json_object(json);
	json_key(json, "avg10");
	json_decimal(json, line->avg10, 1);
	json_key(json, "avg60");
	json_decimal(json, line->avg60, 1);
	json_key(json, "avg300");
	json_decimal(json, line->avg300, 1);
	json_key(json, "total_ms");
	json_uint(json, line->total_ms);
	json_end(json);
}

static bool is_known(const struct pressure_file *file)
{
	return file->some.known || file->full.known;
}

static void write_file(
	struct json *json, const char *name, const struct pressure_file *file)
{
	if (!is_known(file))
		return;
	json_key(json, name);
	json_object(json);
	write_line(json, "some", &file->some);
	write_line(json, "full", &file->full);
	json_end(json);
}

void pressure_write(struct json *json, const struct pressure *pressure)
{
	if (!is_known(&pressure->cpu) && !is_known(&pressure->memory) &&
		!is_known(&pressure->io))
		return;
	json_key(json, "pressure");
	json_object(json);
	write_file(json, "cpu", &pressure->cpu);
	write_file(json, "memory", &pressure->memory);
	write_file(json, "io", &pressure->io);
	json_end(json);
}
