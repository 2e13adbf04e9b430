#include "counters.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cache_file.h"
#include "json_write.h"

#define FILE_NAME "counters"
#define FILE_MAX_BYTES ((size_t)32 << 20)
#define ROOM_FIRST 64
#define INTEGER_DIGITS 15 /* so many are exact in a double */
#define HEAD "pg-collect counters 1\t"

struct counters_file *counters_file_new(void)
{
	return calloc(1, sizeof(struct counters_file));
}

static void release_set(struct counters_set *set)
{
	keys_release(&set->keys);
	free(set->numbers);
}

void counters_file_clear(struct counters_file *file)
{
	for (size_t i = 0; i < file->count; i++)
		release_set(&file->sets[i]);
	*file = (struct counters_file){ 0 };
}

void counters_file_free(struct counters_file *file)
{
	if (file)
		counters_file_clear(file);
	free(file);
}

static struct counters_set *find_set(struct counters_file *file, const char *name)
{
	for (size_t i = 0; file && i < file->count; i++)
		if (strcmp(file->sets[i].name, name) == 0)
			return &file->sets[i];
	return NULL;
}

const struct counters_set *counters_find_set(
	const struct counters_file *file, const char *name)
{
	return find_set((struct counters_file *)(uintptr_t)file, name);
}

struct counters_set *counters_add_set(
	struct counters_file *file, const char *name, double at_s, unsigned values)
{
	struct counters_set *set = find_set(file, name);

	if (!file || values == 0 || values > COUNTERS_VALUES_MAX ||
		(!set && file->count == COUNTERS_SETS_MAX))
		return NULL;
	if (set)
		release_set(set);
	else
		set = &file->sets[file->count++];
	*set = (struct counters_set){ .at_s = at_s, .values = values };
	snprintf(set->name, sizeof(set->name), "%s", name);
	keys_init(&set->keys);
	return set;
}

const double *counters_find(const struct counters_set *set, const char *key)
{
	long number = set ? keys_find(&set->keys, key) : -1;

	return number < 0 ? NULL : set->numbers + (size_t)number * set->values;
}

double *counters_add(struct counters_set *set, const char *key)
{
	size_t at = set->keys.count;
	double *numbers = set->numbers;

	if (at == set->room) {
		size_t room = at ? 2 * at : ROOM_FIRST;

		numbers = realloc(numbers, room * set->values * sizeof(*numbers));
		if (!numbers)
			return NULL;
		set->numbers = numbers;
		set->room = room;
	}
	if (keys_add(&set->keys, key) < 0)
		return NULL;
	numbers += at * set->values;
	memset(numbers, 0, set->values * sizeof(*numbers));
	return numbers;
}

/* Without the sets that did not become whole. */
static void drop_parts(struct counters_file *file)
{
	size_t kept = 0;

	for (size_t i = 0; i < file->count; i++) {
		if (file->sets[i].at_s > 0)
			file->sets[kept++] = file->sets[i];
		else
			release_set(&file->sets[i]);
	}
	file->count = kept;
}

void counters_carry(struct counters_file *to, struct counters_file *from)
{
	size_t kept = 0;

	drop_parts(to);
	for (size_t i = 0; from && i < from->count; i++) {
		if (!find_set(to, from->sets[i].name) && to->count < COUNTERS_SETS_MAX)
			to->sets[to->count++] = from->sets[i];
		else
			from->sets[kept++] = from->sets[i];
	}
	if (from)
		from->count = kept;
}

/* Exact: a value that is read back must not seem to have fallen. */
static void format_number(struct buf *text, double value)
{
	buf_addc(text, '\t');
	if (value < 0 || value != floor(value) || value >= 9007199254740992.0)
		buf_addf(text, "%.17g", value);
	else if (buf_reserve(text, JSON_UINT_ROOM))
		text->len =
			(size_t)(json_put_uint(text->data + text->len, (uint64_t)value) -
				 text->data);
}

void counters_format(const struct counters_file *file, struct buf *text)
{
	buf_addf(text, HEAD "%s\n", file->owner);
	for (size_t i = 0; i < file->count; i++) {
		const struct counters_set *set = &file->sets[i];

		buf_addf(text, "%s\t%.6f\t%u\n", set->name, set->at_s, set->values);
		for (size_t k = 0; k < set->keys.count; k++) {
			buf_addf(text, "\t%s", keys_at(&set->keys, k));
			for (unsigned n = 0; n < set->values; n++)
				format_number(text, set->numbers[k * set->values + n]);
			buf_addc(text, '\n');
		}
	}
}

/* The next field of *line, which ends at a TAB or at the line's end; NULL when there is none. */
static char *take_field(char **line)
{
	char *field = *line, *end;

	if (!field)
		return NULL;
	end = strchr(field, '\t');
	*line = end ? end + 1 : NULL;
	if (end)
		*end = '\0';
	return field;
}

/* Most are integers of a few digits: these need no strtod(). */
static bool parse_number(const char *field, double *ret)
{
	size_t digits = field ? strspn(field, "0123456789") : 0;
	uint64_t whole = 0;
	char *end;

	if (!field || !*field)
		return false;
	if (!field[digits] && digits <= INTEGER_DIGITS) {
		for (size_t i = 0; i < digits; i++)
			whole = 10 * whole + (uint64_t)(field[i] - '0');
		*ret = (double)whole;
		return true;
	}
	*ret = strtod(field, &end);
	return *end == '\0' && isfinite(*ret);
}

static struct counters_set *parse_set(struct counters_file *file, char *line)
{
	const char *name = take_field(&line), *at = take_field(&line);
	const char *values = take_field(&line);
	double at_s, count;

	if (line || !parse_number(at, &at_s) || !parse_number(values, &count) ||
		count < 1 || count > COUNTERS_VALUES_MAX)
		return NULL;
	return counters_add_set(file, name, at_s, (unsigned)count);
}

static bool parse_entry(struct counters_set *set, char *line)
{
	const char *key = take_field(&line);
	double *numbers = counters_find(set, key) ? NULL : counters_add(set, key);

	for (unsigned n = 0; numbers && n < set->values; n++)
		if (!parse_number(take_field(&line), &numbers[n]))
			return false;
	return numbers && !line;
}

struct counters_file *counters_parse(char *text)
{
	struct counters_file *file = counters_file_new();
	struct counters_set *set = NULL;
	char *rest, *line = strtok_r(text, "\n", &rest);
	size_t head = strlen(HEAD);
	bool good = file && line && strncmp(line, HEAD, head) == 0;

	if (good)
		snprintf(file->owner, sizeof(file->owner), "%s", line + head);
	while (good && (line = strtok_r(NULL, "\n", &rest))) {
		if (*line != '\t')
			good = (set = parse_set(file, line)) != NULL;
		else
			good = set && parse_entry(set, line + 1);
	}
	if (good)
		return file;
	counters_file_free(file);
	return NULL;
}

int counters_load(const struct spool *spool, struct zstd_codec *codec,
	struct counters_file **ret_file, struct err *err)
{
	struct buf text;
	int rc;

	*ret_file = NULL;
	buf_init(&text, FILE_MAX_BYTES);
	rc = cache_file_load(spool, codec, FILE_NAME, FILE_MAX_BYTES, &text, err);
	if (rc == 0 && text.len > 0)
		*ret_file = counters_parse(text.data);
	buf_release(&text);
	return rc;
}

int counters_save(const struct spool *spool, struct zstd_codec *codec,
	const struct counters_file *file, struct err *err)
{
	struct buf text;
	int rc;

	buf_init(&text, FILE_MAX_BYTES);
	counters_format(file, &text);
	rc = cache_file_save(spool, codec, FILE_NAME, &text, err);
	buf_release(&text);
	return rc;
}
