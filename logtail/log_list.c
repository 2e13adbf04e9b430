#include "log_list.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log_access.h"

#define FILES_MAX ((size_t)1 << 16)
#define DIRECTORIES_MAX 4096
#define LINE_BYTES 1024

static int no_memory(struct err *err)
{
	return err_set(err, ERR_RETRY, "list logs: out of memory");
}

int log_list_add_file(struct log_paths *paths, const struct log_path *file,
	const struct stat *st, struct err *err)
{
	struct log_path *more, *added;

	if (paths->count == FILES_MAX) {
		log_list_complain(paths,
			"more than %zu log files: the others are passed over; keep fewer",
			FILES_MAX);
		free(file->path);
		return 0;
	}
	if (paths->count == paths->size) {
		size_t size = paths->size ? 2 * paths->size : 64;

		more = reallocarray(paths->files, size, sizeof(*more));
		if (!more) {
			free(file->path);
			return no_memory(err);
		}
		paths->files = more;
		paths->size = size;
	}
	added = &paths->files[paths->count++];
	*added = *file;
	added->dev = st->st_dev;
	added->ino = st->st_ino;
	added->size = (uint64_t)st->st_size;
	added->mtime = st->st_mtim;
	return 0;
}

int log_list_add_directory(struct log_paths *paths, const char *dir, struct err *err)
{
	char **more, *copy;

	for (size_t i = 0; i < paths->directories_count; i++)
		if (strcmp(paths->directories[i], dir) == 0)
			return 0;
	if (paths->directories_count == DIRECTORIES_MAX) {
		log_list_complain(paths,
			"more than %d directories of logs: the others are not watched",
			DIRECTORIES_MAX);
		return 0;
	}
	more = reallocarray(
		paths->directories, paths->directories_count + 1, sizeof(*more));
	if (!more)
		return no_memory(err);
	paths->directories = more;
	copy = strdup(dir);
	if (!copy)
		return no_memory(err);
	more[paths->directories_count++] = copy;
	return 0;
}

static bool is_among(const struct buf *lines, const char *line)
{
	size_t len = strlen(line);

	for (const char *at = lines->len > 0 ? lines->data : ""; *at;
		at = strchr(at, '\n') + 1)
		if (strncmp(at, line, len) == 0)
			return true;
	return false;
}

void log_list_complain(struct log_paths *paths, const char *fmt, ...)
{
	char line[LINE_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line) - 1, fmt, ap);
	va_end(ap);
	for (char *c = line; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	strcat(line, "\n");
	if (!is_among(&paths->complaints, line))
		buf_adds(&paths->complaints, line);
}

void log_list_complain_errno(struct log_paths *paths, const char *path)
{
	char advice[LOG_ACCESS_SIZE] = "";
	int saved = errno;

	if (saved == EACCES)
		log_access_advice(path, advice, sizeof(advice));
	log_list_complain(paths, "read %s: %s%s%s", path, strerror(saved),
		*advice ? "; " : "", advice);
}

static int by_file(const void *a, const void *b)
{
	const struct log_path *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	if (x->ino != y->ino)
		return x->ino < y->ino ? -1 : 1;
	return strcmp(x->path, y->path);
}

static int by_age(const void *a, const void *b)
{
	const struct log_path *x = a, *y = b;

	if (x->mtime.tv_sec != y->mtime.tv_sec)
		return x->mtime.tv_sec < y->mtime.tv_sec ? -1 : 1;
	if (x->mtime.tv_nsec != y->mtime.tv_nsec)
		return x->mtime.tv_nsec < y->mtime.tv_nsec ? -1 : 1;
	return strcmp(x->path, y->path);
}

void log_list_sort(struct log_paths *paths)
{
	struct log_path *files = paths->files;
	size_t kept = 0;

	if (paths->count == 0)
		return;
	qsort(files, paths->count, sizeof(*files), by_file);
	for (size_t i = 1; i < paths->count; i++) {
		if (files[i].dev != files[kept].dev || files[i].ino != files[kept].ino) {
			files[++kept] = files[i];
			continue;
		}
		files[kept].named |= files[i].named;
		if (strcmp(files[i].path, files[kept].path) == 0)
			files[kept].rotated |= files[i].rotated;
		free(files[i].path);
	}
	paths->count = kept + 1;
	qsort(files, paths->count, sizeof(*files), by_age);
}
