#include "current_logfiles.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "log_reader.h"

#define FILE_BYTES_MAX (CURRENT_LOGFILES_MAX * (size_t)PATH_MAX)

static enum log_format format_of(const char *word, size_t len)
{
	static const char *const formats[] = { [LOG_FORMAT_STDERR] = "stderr",
		[LOG_FORMAT_CSVLOG] = "csvlog",
		[LOG_FORMAT_JSONLOG] = "jsonlog" };

	for (int i = LOG_FORMAT_STDERR; i <= LOG_FORMAT_JSONLOG; i++)
		if (strlen(formats[i]) == len && memcmp(word, formats[i], len) == 0)
			return (enum log_format)i;
	return LOG_FORMAT_AUTO;
}

static void take_line(
	const char *data_directory, const char *line, struct current_logfiles *ret)
{
	const char *path = strchr(line, ' ');
	char *to = ret->path[ret->count];
	enum log_format format;
	int len;

	if (!path || !path[1])
		return;
	format = format_of(line, (size_t)(path - line));
	if (format == LOG_FORMAT_AUTO)
		return;
	ret->formats |= 1u << format;
	path++;
	if (path[0] == '/')
		len = snprintf(to, PATH_MAX, "%s", path);
	else
		len = snprintf(to, PATH_MAX, "%s/%s", data_directory, path);
	ret->count += len < PATH_MAX;
}

bool current_logfiles_read(const char *data_directory, struct current_logfiles *ret)
{
	char path[PATH_MAX], text[FILE_BYTES_MAX + 1];
	struct stat st;
	char *line, *end;
	ssize_t n;
	int fd;

	if (snprintf(path, sizeof(path), "%s/current_logfiles", data_directory) >=
			(int)sizeof(path) ||
		log_file_open(path, &fd, &st, NULL) < 0)
		return false;
	n = pread(fd, text, FILE_BYTES_MAX, 0);
	close(fd);
	if (n < 0)
		return false;
	text[n] = '\0';
	ret->formats = 0;
	ret->count = 0;
	/* A line that the bound has cut names nothing. */
	for (line = text; ret->count < CURRENT_LOGFILES_MAX && (end = strchr(line, '\n'));
		line = end + 1) {
		*end = '\0';
		take_line(data_directory, line, ret);
	}
	return true;
}
