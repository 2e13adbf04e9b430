#include "generation.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "reading.h"

struct generation *generation_new(const char *path)
{
	static uint64_t serial; /* labels only */
	struct generation *generation = calloc(1, sizeof(*generation));

	if (generation && !generation_set_path(generation, path)) {
		free(generation);
		return NULL;
	}
	if (generation)
		generation->serial = ++serial;
	return generation;
}

void generation_free(struct generation *generation)
{
	if (!generation)
		return;
	reading_close(generation->reading);
	free(generation->open_entries);
	free(generation->path);
	free(generation->stem);
	free(generation);
}

bool generation_set_path(struct generation *generation, const char *path)
{
	char stem[SIBLINGS_STEM_SIZE], *path_copy, *stem_copy;

	if (generation->path && strcmp(generation->path, path) == 0)
		return true;
	siblings_stem(path, stem, sizeof(stem));
	path_copy = strdup(path);
	stem_copy = strdup(stem);
	if (!path_copy || !stem_copy) {
		free(path_copy);
		free(stem_copy);
		return false;
	}
	free(generation->path);
	free(generation->stem);
	generation->path = path_copy;
	generation->stem = stem_copy;
	return true;
}

bool generation_is_kin(const struct generation *one, const struct generation *other)
{
	return one->format == other->format && strcmp(one->stem, other->stem) == 0;
}

void generation_set_head(struct generation *generation, const struct head *head)
{
	generation->head_len = head->len;
	generation->head_hash = head->hash;
}

bool generation_has_head(const struct generation *generation, const struct head *head)
{
	if (generation->head_len == 0 || generation->head_len > head->len)
		return false;
	return generation->head_hash ==
	       (generation->head_len == head->len
			       ? head->hash
			       : fingerprint_hash(head->bytes, generation->head_len));
}

bool generation_tail(const struct generation *generation, uint64_t *ret_hash)
{
	const struct reading *reading = generation->reading;
	size_t len = reading ? reading->tail_len : generation->tail_len;

	if (len == 0 || (len < FINGERPRINT_BYTES && len < generation->offset))
		return false;
	*ret_hash =
		reading ? fingerprint_hash(reading->tail, len) : generation->tail_hash;
	return true;
}

int64_t generation_age_us(const struct generation *generation)
{
	if (generation->first_us != 0)
		return generation->first_us;
	return clock_us(&generation->mtime);
}

uint64_t generation_unread(const struct generation *generation)
{
	uint64_t read_to = generation->reading
				   ? log_reader_offset(generation->reading->reader)
				   : generation->offset;

	if (generation->coding != LOG_CODING_PLAIN || generation->disk_bytes <= read_to)
		return 0;
	return generation->disk_bytes - read_to;
}

static void write_hex(struct json *json, const char *key, uint64_t value)
{
	char text[17];

	snprintf(text, sizeof(text), "%016" PRIx64, value);
	json_key(json, key);
	json_string(json, text);
}

static void write_bytes(struct json *json, const char *key, const struct buf *bytes)
{
	static const char digits[] = "0123456789abcdef";

	json_key(json, key);
	buf_addc(json->buf, '"');
	for (size_t i = 0; i < bytes->len; i++) {
		unsigned char c = (unsigned char)bytes->data[i];

		buf_add(json->buf, (const char[]){ digits[c >> 4], digits[c & 15] }, 2);
	}
	buf_addc(json->buf, '"');
	json->comma = true;
}

void generation_write(const struct generation *generation, const struct buf *open_entries,
	struct json *json)
{
	json_object(json);
	json_key(json, "path");
	json_string(json, generation->path);
	write_hex(json, "dev", generation->dev);
	write_hex(json, "ino", generation->ino);
	json_key(json, "coding");
	json_int(json, generation->coding);
	json_key(json, "format");
	json_int(json, generation->format);
	json_key(json, "disk_bytes");
	json_uint(json, generation->disk_bytes);
	json_key(json, "mtime");
	json_seconds(json, clock_us(&generation->mtime));
	json_key(json, "head_len");
	json_uint(json, generation->head_len);
	write_hex(json, "head_hash", generation->head_hash);
	json_key(json, "first_us");
	json_int(json, generation->first_us);
	json_key(json, "offset");
	json_uint(json, generation->offset);
	json_key(json, "tail_len");
	json_uint(json, generation->tail_len);
	write_hex(json, "tail_hash", generation->tail_hash);
	json_key(json, "complete");
	/* As long as it is open, some of what was read may wait to be taken. */
	json_bool(json, generation->complete && !generation->reading);
	json_key(json, "in_doubt");
	json_bool(json, generation->in_doubt);
	if (open_entries->len > 0)
		write_bytes(json, "open_entries", open_entries);
	json_end(json);
}

static uint64_t read_hex(const struct json_node *node, const char *name)
{
	return strtoull(json_get_string(node, name, "0"), NULL, 16);
}

static int digit(char c)
{
	const char *digits = "0123456789abcdef", *found = c ? strchr(digits, c) : NULL;

	return found ? (int)(found - digits) : -1;
}

static bool read_bytes(const struct json_node *node, struct generation *generation)
{
	const char *hex = json_get_string(node, "open_entries", "");
	size_t len = strlen(hex) / 2;

	if (len == 0)
		return true;
	generation->open_entries = malloc(len);
	if (!generation->open_entries)
		return false;
	for (size_t i = 0; i < len; i++) {
		int high = digit(hex[2 * i]), low = digit(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		generation->open_entries[i] = (char)(high << 4 | low);
	}
	generation->open_entries_len = len;
	return true;
}

struct generation *generation_read(const struct json_node *node)
{
	const char *path = json_get_string(node, "path", NULL);
	struct generation *generation = path ? generation_new(path) : NULL;
	double mtime;

	if (!generation)
		return NULL;
	generation->dev = read_hex(node, "dev");
	generation->ino = read_hex(node, "ino");
	generation->coding = (enum log_coding)json_get_count(node, "coding");
	generation->format = (enum log_format)json_get_count(node, "format");
	generation->disk_bytes = json_get_count(node, "disk_bytes");
	mtime = json_get_number(node, "mtime", 0);
	generation->mtime.tv_sec = (time_t)mtime;
	generation->mtime.tv_nsec = (long)((mtime - (double)(time_t)mtime) * 1e9);
	generation->head_len = json_get_count(node, "head_len");
	generation->head_hash = read_hex(node, "head_hash");
	generation->first_us = (int64_t)json_get_number(node, "first_us", 0);
	generation->offset = json_get_count(node, "offset");
	generation->tail_len = json_get_count(node, "tail_len");
	generation->tail_hash = read_hex(node, "tail_hash");
	generation->complete = json_get_bool(node, "complete", false);
	generation->in_doubt = json_get_bool(node, "in_doubt", false);
	generation->from_state = true;
	if (generation->coding > LOG_CODING_ZSTD ||
		generation->head_len > FINGERPRINT_BYTES ||
		generation->tail_len > FINGERPRINT_BYTES ||
		!read_bytes(node, generation)) {
		generation_free(generation);
		return NULL;
	}
	return generation;
}
