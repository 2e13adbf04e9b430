#include "siblings.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Server and agent see a time a little apart; a file's last entry is older than its mtime. */
#define SLACK_US ((int64_t)2000000)

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Does an ending of the format stand at s, and the name end there or a rotated part begin? */
static size_t format_ending(const char *s)
{
	static const char *const endings[] = { ".log", ".csv", ".json" };

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		size_t len = strlen(endings[i]);

		if (strncmp(s, endings[i], len) == 0 && !isalnum((unsigned char)s[len]))
			return len;
	}
	return 0;
}

/* What %a, %A, %b and %B of log_filename stand for; the English names, as the server writes them. */
static size_t calendar_word(const char *s)
{
	static const char *const words[] = { "Monday", "Tuesday", "Wednesday", "Thursday",
		"Friday", "Saturday", "Sunday", "January", "February", "March", "April",
		"May", "June", "July", "August", "September", "October", "November",
		"December" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t len = strlen(words[i]);

		if (strncmp(s, words[i], len) == 0 && !isalpha((unsigned char)s[len]))
			return len;
		if (strncmp(s, words[i], 3) == 0 && !isalpha((unsigned char)s[3]))
			return 3;
	}
	return 0;
}

/* Bytes at s that differ from one generation's name to the next. */
static size_t changing_part(const char *s)
{
	size_t digits = strspn(s, "0123456789");

	return digits ? digits : calendar_word(s);
}

void siblings_stem(const char *path, char *ret, size_t size)
{
	const char *s = path, *base = base_name(path);
	size_t len = strlen(path), changing;

	/* Of a path that is too long the end tells more. */
	if (len >= size)
		s += len - size + 1;
	len = 0;
	while (*s) {
		if (s >= base && format_ending(s) > 0)
			break;
		changing = s >= base ? changing_part(s) : 0;
		ret[len++] = changing ? '#' : *s;
		s += changing ? changing : 1;
	}
	while (len > 0 && strchr("-_.#", ret[len - 1]))
		len--;
	ret[len] = '\0';
}

struct keyed {
	struct sibling *file;
	char stem[SIBLINGS_STEM_SIZE];
};

static int compare_stems(const void *a, const void *b)
{
	return strcmp(((const struct keyed *)a)->stem, ((const struct keyed *)b)->stem);
}

static int rank(enum log_format format)
{
	return format == LOG_FORMAT_JSONLOG ? 2 : format == LOG_FORMAT_CSVLOG;
}

static bool overlap(const struct sibling *a, const struct sibling *b)
{
	return a->first_us <= b->last_us + SLACK_US &&
	       b->first_us <= a->last_us + SLACK_US;
}

/* Does better have what file has, from some time on? */
static bool covers(
	const struct sibling *better, const struct sibling *file, enum log_format forced)
{
	if (better->named || file == better)
		return false;
	if (forced != LOG_FORMAT_AUTO ? better->format != forced
				      : rank(better->format) <= rank(file->format))
		return false;
	/* The server writes file, and nothing of better's format. */
	if (file->current && file->written && !(file->written >> better->format & 1))
		return false;
	return overlap(better, file);
}

static void choose_one(
	struct keyed *group, size_t count, struct sibling *file, enum log_format forced)
{
	int64_t from_us = INT64_MAX;

	file->role = (struct sibling_role){ SIBLING_ALL, 0 };
	if (file->named || (forced != LOG_FORMAT_AUTO && file->format == forced))
		return;
	for (size_t i = 0; i < count; i++)
		if (covers(group[i].file, file, forced) &&
			group[i].file->first_us < from_us)
			from_us = group[i].file->first_us;
	if (from_us == INT64_MAX)
		return;
	file->role.reads =
		file->format == LOG_FORMAT_STDERR ? SIBLING_STRAY : SIBLING_NONE;
	/* A file that began together with the better one has nothing from before. */
	file->role.from_us =
		file->first_us == 0 || file->first_us + SLACK_US >= from_us ? 0 : from_us;
}

void siblings_choose(struct sibling *files, size_t count, enum log_format forced)
{
	struct keyed *keyed = calloc(count + 1, sizeof(*keyed));

	if (!keyed)
		return;
	for (size_t i = 0; i < count; i++) {
		keyed[i].file = &files[i];
		siblings_stem(files[i].path, keyed[i].stem, sizeof(keyed[i].stem));
	}
	qsort(keyed, count, sizeof(*keyed), compare_stems);
	for (size_t from = 0, to; from < count; from = to) {
		for (to = from + 1;
			to < count && compare_stems(&keyed[from], &keyed[to]) == 0; to++)
			;
		for (size_t i = from; i < to; i++)
			choose_one(&keyed[from], to - from, keyed[i].file, forced);
	}
	free(keyed);
}
