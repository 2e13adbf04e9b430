/*
 * The INI file, read by inih, with its silent habits (release 55 as Debian builds it) found out
 * before they can bite: it cuts long lines, takes " ;" for a comment, joins indented lines to the
 * value above, ignores what follows "[section]", and tells its handler no line number. Each line passes line_reader() first.
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX_BYTES ((size_t)1 << 20)

struct reading {
	struct config *config;
	const char *path;
	const char *at, *end; /* what is left of the file */
	int line;
	bool bad;
	bool secret; /* a secret's value stands in the file */
	struct err *err;
};

static int bad_line(struct reading *reading, const char *key, const char *what)
{
	if (!reading->bad)
		err_set(reading->err, ERR_CONFIG, "%s line %d: %s%s%s", reading->path,
			reading->line, key, *key ? ": " : "", what);
	reading->bad = true;
	return -1;
}

static bool is_known_name(const char *name)
{
	for (size_t i = 0; i < config_keys_count; i++)
		if (strcmp(config_keys[i].name, name) == 0)
			return true;
	return false;
}

/* The key's name on a line, for messages. A word that is no key's name may be part of a secret. */
static void key_of(const char *line, size_t len, char ret[64])
{
	size_t n = 0;

	for (; len > 0 && isspace((unsigned char)*line); len--)
		line++;
	while (n < len && n < 63 && (isalnum((unsigned char)line[n]) || line[n] == '_'))
		n++;
	memcpy(ret, line, n);
	ret[n] = '\0';
	if (!is_known_name(ret))
		ret[0] = '\0';
}

/* A line that begins with "[": what is wrong with it, or NULL. */
static const char *section_mistake(const char *line, size_t len)
{
	const char *end = memchr(line, ']', len);

	if (!end)
		return "the section's name does not end in ]";
	while (++end < line + len)
		if (!isspace((unsigned char)*end))
			return "text after [section] would be ignored; put it on a line of its own";
	return NULL;
}

static int check_line(struct reading *reading, const char *line, size_t len, size_t room)
{
	char key[64];
	bool blank = true;

	key_of(line, len, key);
	for (size_t i = 0; i < len && blank; i++)
		blank = isspace((unsigned char)line[i]);
	if (memchr(line, '\0', len))
		return bad_line(reading, key, "a NUL byte; is this a text file?");
	if (len + 2 > room)
		return bad_line(reading, key,
			"the line is too long for the parser; keep it under 198 bytes, or set the "
			"environment variable instead");
	if (blank || line[0] == ';' || line[0] == '#')
		return 0;
	if (isspace((unsigned char)line[0]))
		return bad_line(reading, key,
			"the line is indented and would become part of the value above; "
			"remove the white space in front");
	if (line[0] == '[' && section_mistake(line, len))
		return bad_line(reading, key, section_mistake(line, len));
	for (size_t i = 1; i < len; i++)
		if (line[i] == ';' && isspace((unsigned char)line[i - 1]))
			return bad_line(reading, key,
				"\" ;\" would end the value here; put the comment on a line of its "
				"own, or set the environment variable instead");
	return 0;
}

/* fgets() for ini_parse_stream(): one line of at most num - 1 bytes, NULL at the end. */
static char *line_reader(char *str, int num, void *stream)
{
	struct reading *reading = stream;
	const char *newline;
	size_t len;

	if (reading->at == reading->end || reading->bad || num < 2)
		return NULL;
	newline = memchr(reading->at, '\n', (size_t)(reading->end - reading->at));
	len = (size_t)((newline ? newline : reading->end) - reading->at);
	reading->line++;
	if (check_line(reading, reading->at, len, (size_t)num) < 0)
		return NULL;
	memcpy(str, reading->at, len);
	str[len] = '\n';
	str[len + 1] = '\0';
	reading->at = newline ? newline + 1 : reading->end;
	return str;
}

/* Levenshtein distance, for short words. */
static size_t distance(const char *a, const char *b)
{
	size_t row[64], len = strlen(b);

	if (len >= sizeof(row) / sizeof(row[0]) ||
		strlen(a) >= sizeof(row) / sizeof(row[0]))
		return 64; /* no help, and small enough to add */
	for (size_t j = 0; j <= len; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= len; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[len];
}

static int unknown_key(struct reading *reading, const char *section, const char *name)
{
	const struct config_key *nearest = NULL;
	bool known_section = false;
	size_t best = 4; /* more different than that is no help */
	char what[160];

	for (size_t i = 0; i < config_keys_count; i++) {
		const struct config_key *key = &config_keys[i];
		size_t d = distance(name, key->name) + distance(section, key->section);

		known_section |= strcmp(section, key->section) == 0;
		/* The right name in the wrong section helps most. */
		if (strcmp(name, key->name) == 0 && d > 1)
			d = 1;
		if (d < best) {
			best = d;
			nearest = key;
		}
	}
	snprintf(what, sizeof(what), "unknown %s%s%s%s%s%s",
		known_section ? "key" : "section", nearest ? "; did you mean [" : "",
		nearest ? nearest->section : "", nearest ? "] " : "",
		nearest ? nearest->name : "", nearest ? "?" : "");
	return bad_line(reading, name, what);
}

static int handle_value(
	void *user, const char *section, const char *name, const char *value)
{
	struct reading *reading = user;
	struct config *config = reading->config;
	char where[256];
	int i = config_find(section, name);

	if (reading->bad)
		return 0;
	if (i < 0) {
		unknown_key(reading, section, name);
		return 0;
	}
	if (config->line[i] > 0) {
		char what[64];

		snprintf(what, sizeof(what), "duplicate key, first set in line %d",
			config->line[i]);
		bad_line(reading, name, what);
		return 0;
	}
	snprintf(where, sizeof(where), "%s line %d: %s.%s", reading->path, reading->line,
		section, name);
	if (config_set(config, (size_t)i, value, where, reading->err) < 0) {
		reading->bad = true;
		return 0;
	}
	config->line[i] = reading->line;
	if (*value)
		config->origin[i] = CONFIG_FROM_FILE;
	reading->secret |= *value && config_keys[i].type == CONFIG_SECRET;
	return 1;
}

static int read_whole(
	const char *path, struct buf *ret, struct stat *ret_st, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rc = -1;
	char chunk[4096];
	ssize_t n;

	if (fd < 0)
		return err_errno(err, err_config_kind(errno), "configuration %s", path);
	if (fstat(fd, ret_st) < 0) {
		err_errno(err, err_config_kind(errno), "configuration %s", path);
		goto out;
	}
	if (!S_ISREG(ret_st->st_mode)) {
		err_set(err, ERR_CONFIG, "configuration %s: not a regular file", path);
		goto out;
	}
	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		buf_add(ret, chunk, (size_t)n);
	if (n < 0)
		err_errno(err, err_config_kind(errno), "configuration %s", path);
	else if (ret->failed)
		err_set(err, ERR_CONFIG, "configuration %s: larger than %zu bytes", path,
			FILE_MAX_BYTES);
	else
		rc = 0;
out:
	close(fd);
	return rc;
}

int config_file_read(struct config *config, const char *path, struct err *err)
{
	struct reading reading = { .config = config, .path = path, .err = err };
	struct buf text;
	struct stat st;
	int bad, rc = -1;

	buf_init(&text, FILE_MAX_BYTES);
	if (read_whole(path, &text, &st, err) < 0)
		goto out;
	config->file = strdup(path);
	if (!config->file) {
		err_set(err, ERR_RETRY, "configuration %s: out of memory", path);
		goto out;
	}
	reading.at = text.data ? text.data : "";
	reading.end = reading.at + text.len;
	if (text.len >= 3 && memcmp(reading.at, "\xef\xbb\xbf", 3) == 0)
		reading.at += 3; /* a byte order mark; inih would skip it in silence */
	bad = ini_parse_stream(line_reader, &reading, handle_value, &reading);
	if (bad != 0 && !reading.bad) {
		reading.line = bad > 0 ? bad : reading.line;
		bad_line(&reading, "", "neither [section] nor key = value");
	}
	if (reading.bad)
		goto out;
	if (reading.secret && (st.st_mode & S_IROTH))
		buf_addf(&config->warnings,
			"%s holds a secret and is readable by everybody; chmod o-r it\n",
			path);
	rc = 0;
out:
	if (text.data)
		explicit_bzero(text.data, text.len);
	buf_release(&text);
	return rc;
}
