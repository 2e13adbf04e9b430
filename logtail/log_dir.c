#include "log_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log_list.h"
#include "log_name.h"

struct look {
	const struct log_dir *want;
	struct log_paths *paths;
	const char *path; /* of the directory, for people */
	int fd;
	const char *unreadable; /* a compressor's suffix that was seen */
};

static bool is_wanted(const struct log_dir *want, const char *name)
{
	if (want->want == LOG_DIR_NAME)
		return strcmp(name, want->name) == 0;
	return fnmatch(want->name, name, 0) == 0;
}

static bool is_match(const struct log_dir *want, const char *name, bool *ret_rotated)
{
	struct log_name_bases bases;
	bool direct = is_wanted(want, name), rotated = false;

	log_name_bases(name, &bases);
	/* A date before the extension is the server's own, unless the name without it is known. */
	for (size_t i = 0; i < (direct ? bases.appended : bases.count); i++)
		rotated |= is_wanted(want, bases.name[i]);
	*ret_rotated = rotated || log_name_read(name).is_rotated;
	return direct || (rotated && want->generations);
}

static bool is_taken(struct look *look, const char *name, bool *ret_rotated);

/* A log that nobody reads should not go unnoticed. */
static void note_unreadable(struct look *look, const char *name, const char *suffix)
{
	char plain[NAME_MAX + 1];
	bool rotated;

	snprintf(
		plain, sizeof(plain), "%.*s", (int)(strlen(name) - strlen(suffix)), name);
	if (is_taken(look, plain, &rotated))
		look->unreadable = suffix;
}

static bool is_taken(struct look *look, const char *name, bool *ret_rotated)
{
	const struct log_dir *want = look->want;
	const char *suffix = log_name_unreadable(name);

	/* Whoever names a file, means it. */
	if (want->want == LOG_DIR_NAME && is_wanted(want, name))
		return is_match(want, name, ret_rotated);
	if (want->want != LOG_DIR_NAME && log_name_is_foreign(name))
		return false;
	if (suffix) {
		note_unreadable(look, name, suffix);
		return false;
	}
	if (want->want != LOG_DIR_LOGS)
		return is_match(want, name, ret_rotated);
	*ret_rotated = log_name_read(name).is_rotated;
	return log_name_read(name).is_log;
}

static char *join(const char *dir, const char *name)
{
	size_t len = strlen(dir);
	bool slash = len > 0 && dir[len - 1] != '/';
	char *path = malloc(len + slash + strlen(name) + 1);

	if (path)
		sprintf(path, "%s%s%s", dir, slash ? "/" : "", name);
	return path;
}

static int take(struct look *look, const char *name, bool rotated, struct err *err)
{
	const struct log_dir *want = look->want;
	struct log_path file = { .rotated = rotated };
	struct log_dir inner = { .want = LOG_DIR_LOGS };
	struct stat st;
	int rc = 0;

	if (fstatat(look->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0; /* gone meanwhile */
	file.path = join(want->dir, name);
	if (!file.path)
		return err_set(err, ERR_RETRY, "list logs: out of memory");
	if (S_ISREG(st.st_mode)) {
		file.named = want->want == LOG_DIR_NAME;
		file.format = log_name_read(name).format;
		return log_list_add_file(look->paths, &file, &st, err);
	}
	inner.dir = file.path;
	if (S_ISDIR(st.st_mode) && want->want == LOG_DIR_PATTERN && is_wanted(want, name))
		rc = log_dir_list(&inner, look->paths, err);
	else if (want->want == LOG_DIR_NAME && is_wanted(want, name))
		log_list_complain(look->paths, "%s: %s", file.path,
			S_ISLNK(st.st_mode)
				? "a link; links are not followed: name the file"
				: "not a regular file");
	free(file.path);
	return rc;
}

static int list(struct look *look, DIR *dir, struct err *err)
{
	const struct dirent *entry;
	bool rotated;

	while (errno = 0, (entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (is_taken(look, entry->d_name, &rotated) &&
			take(look, entry->d_name, rotated, err) < 0)
			return -1;
	}
	if (errno != 0)
		log_list_complain_errno(look->paths, look->path);
	if (look->unreadable)
		log_list_complain(look->paths,
			"%s: logs compressed as %s can't be read after a downtime; let "
			"logrotate use gzip or zstd",
			look->path, look->unreadable);
	return 0;
}

int log_dir_list(const struct log_dir *want, struct log_paths *paths, struct err *err)
{
	const char *path = *want->dir ? want->dir : ".";
	struct look look = { .want = want, .paths = paths, .path = path };
	DIR *dir;
	int rc;

	look.fd = open(path, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);
	dir = look.fd < 0 ? NULL : fdopendir(look.fd);
	if (!dir) {
		int saved = errno;

		if (look.fd >= 0)
			close(look.fd);
		errno = saved;
		if (saved == EMFILE || saved == ENFILE || saved == ENOMEM)
			return err_errno(err, ERR_RETRY, "list logs: read %s", path);
		log_list_complain_errno(paths, path);
		return 0;
	}
	rc = log_list_add_directory(paths, path, err);
	if (rc == 0)
		rc = list(&look, dir, err);
	closedir(dir);
	return rc;
}
