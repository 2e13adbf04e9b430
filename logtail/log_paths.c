#include "log_paths.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "current_logfiles.h"
#include "log_dir.h"
#include "log_list.h"

#define COMPLAINTS_BYTES_MAX ((size_t)64 << 10)
#define BLANKS " \t\r\n\v\f"

struct search {
	struct log_paths *paths;
	bool generations;
	bool only_directories; /* whole ones, so far */
};

/* glob(7); an unclosed bracket stands for itself. */
static bool is_pattern(const char *s)
{
	const char *bracket = strchr(s, '[');

	return strpbrk(s, "*?\\") || (bracket && bracket[1] && strchr(bracket + 2, ']'));
}

static int list_all(struct search *search, const char *dir, struct err *err)
{
	struct log_dir all = { .dir = dir, .want = LOG_DIR_LOGS };

	return log_dir_list(&all, search->paths, err);
}

/* last: what is wanted in dir; "": dir itself. */
static int look_in(
	struct search *search, const char *dir, const char *last, struct err *err)
{
	struct log_dir want = { .dir = dir,
		.name = last,
		.want = is_pattern(last) ? LOG_DIR_PATTERN : LOG_DIR_NAME,
		.generations = search->generations };
	char path[PATH_MAX + NAME_MAX + 2];
	struct stat st;

	if (!*last)
		return list_all(search, dir, err);
	if (want.want == LOG_DIR_NAME) {
		snprintf(path, sizeof(path), "%s%s%s", dir,
			*dir && strcmp(dir, "/") != 0 ? "/" : "", last);
		if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
			return list_all(search, path, err);
		if (errno == EACCES) {
			log_list_complain_errno(search->paths, path);
			return 0;
		}
	}
	search->only_directories = false;
	return log_dir_list(&want, search->paths, err);
}

/* glob(3) passes over what it can't read. */
static void check_before_glob(struct search *search, const char *pattern)
{
	char dir[PATH_MAX];
	size_t len = strcspn(pattern, "*?[\\");

	while (len > 0 && pattern[len - 1] != '/')
		len--;
	snprintf(dir, sizeof(dir), "%.*s", (int)len, pattern);
	if (len > 1)
		dir[len - 1] = '\0';
	if (faccessat(AT_FDCWD, *dir ? dir : ".", R_OK | X_OK, AT_EACCESS) < 0)
		log_list_complain_errno(search->paths, *dir ? dir : ".");
}

static int look_in_each(
	struct search *search, const char *pattern, const char *last, struct err *err)
{
	glob_t found;
	struct stat st;
	int rc = glob(pattern, GLOB_NOSORT | GLOB_ONLYDIR, NULL, &found);

	check_before_glob(search, pattern);
	if (rc == GLOB_NOSPACE)
		rc = err_set(err, ERR_RETRY, "list logs: out of memory");
	else if (rc != 0)
		rc = 0; /* nothing matches: found is empty */
	for (size_t i = 0; rc == 0 && i < found.gl_pathc; i++)
		if (stat(found.gl_pathv[i], &st) == 0 && S_ISDIR(st.st_mode))
			rc = look_in(search, found.gl_pathv[i], last, err);
	globfree(&found);
	return rc;
}

static int find_item(struct search *search, const char *s, size_t len, struct err *err)
{
	struct log_paths *paths = search->paths;
	size_t count = paths->count, complaints = paths->complaints.len;
	char text[PATH_MAX];
	const char *dir = text, *last;
	char *slash;
	int rc;

	if (len >= sizeof(text))
		return err_set(err, ERR_CONFIG,
			"log_path: a path of %zu bytes is too long", len);
	memcpy(text, s, len);
	text[len] = '\0';
	while (len > 1 && text[len - 1] == '/' && text[len - 2] == '/')
		text[--len] = '\0';
	slash = strrchr(text, '/');
	last = slash ? slash + 1 : text;
	if (slash)
		*slash = '\0';
	if (!slash)
		dir = "";
	else if (slash == text)
		dir = "/";
	if (strlen(last) > NAME_MAX)
		return err_set(err, ERR_CONFIG,
			"log_path: a name of %zu bytes is too long", strlen(last));
	rc = is_pattern(dir) ? look_in_each(search, dir, last, err)
			     : look_in(search, dir, last, err);
	if (rc == 0 && paths->count == count && paths->complaints.len == complaints)
		log_list_complain(paths,
			"log_path %.*s: no log there; of a directory *.log, *.csv and "
			"*.json are read",
			(int)len, s);
	return rc;
}

static int find_items(struct search *search, const char *list, struct err *err)
{
	bool any = false;

	for (const char *s = list; *s;) {
		size_t len;

		s += strspn(s, BLANKS ",");
		len = strcspn(s, ",");
		for (size_t end = len; end > 0 && strchr(BLANKS, s[end - 1]); end--)
			len = end - 1;
		if (len == 0)
			continue;
		any = true;
		if (find_item(search, s, len, err) < 0)
			return -1;
		s += strcspn(s, ",");
	}
	if (!any)
		return err_set(err, ERR_CONFIG, "log_path names nothing");
	return 0;
}

/* The directory's parent by its path, as people see it, also where the path leads over a link. */
static void parent_of(const char *dir, char ret[PATH_MAX])
{
	const char *slash = strrchr(dir, '/'), *last = slash ? slash + 1 : dir;

	if (strcmp(last, ".") == 0 || strcmp(last, "..") == 0)
		snprintf(ret, PATH_MAX, "%s/..", dir);
	else if (!slash)
		strcpy(ret, ".");
	else
		snprintf(ret, PATH_MAX, "%.*s", slash == dir ? 1 : (int)(slash - dir),
			dir);
}

static void mark_current(struct search *search, const char *path)
{
	struct log_paths *paths = search->paths;
	struct stat st;
	bool any = false;

	if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	for (size_t i = 0; i < paths->count; i++)
		if (paths->files[i].ino == st.st_ino && paths->files[i].dev == st.st_dev)
			any = paths->files[i].is_current = true;
	if (!any && search->only_directories)
		log_list_complain(paths,
			"the server writes %s, which log_path does not name; add it",
			path);
}

static bool is_in(const char *path, const char *dir)
{
	const char *slash = strrchr(path, '/');
	size_t len = strlen(dir);

	if (!slash)
		return strcmp(dir, ".") == 0;
	if (slash == path)
		return strcmp(dir, "/") == 0;
	return (size_t)(slash - path) == len && memcmp(path, dir, len) == 0;
}

/* Of the data directory that the logs in dir belong to. */
static void read_current(
	struct search *search, const char *data_directory, const char *dir)
{
	struct log_paths *paths = search->paths;
	struct current_logfiles current;

	if (!current_logfiles_read(data_directory, &current))
		return;
	for (size_t i = 0; i < paths->count; i++)
		if (is_in(paths->files[i].path, dir))
			paths->files[i].written |= current.formats;
	for (size_t i = 0; i < current.count; i++)
		mark_current(search, current.path[i]);
}

static int find(const char *list, bool is_list, struct log_paths *ret, struct err *err)
{
	struct log_paths paths = { 0 };
	struct search search = {
		.paths = &paths, .generations = is_list, .only_directories = true
	};
	char parent[PATH_MAX];
	int rc;

	buf_init(&paths.complaints, COMPLAINTS_BYTES_MAX);
	rc = is_list ? find_items(&search, list, err)
		     : find_item(&search, list, strlen(list), err);
	if (rc < 0) {
		log_paths_release(&paths);
		return -1;
	}
	log_list_sort(&paths);
	for (size_t i = 0; i < paths.directories_count; i++) {
		read_current(&search, paths.directories[i], paths.directories[i]);
		parent_of(paths.directories[i], parent);
		read_current(&search, parent, paths.directories[i]);
	}
	*ret = paths;
	return 0;
}

int log_paths_find(const char *list, struct log_paths *ret, struct err *err)
{
	return find(list, true, ret, err);
}

int log_paths_find_operand(const char *operand, struct log_paths *ret, struct err *err)
{
	return find(operand, false, ret, err);
}

void log_paths_release(struct log_paths *paths)
{
	for (size_t i = 0; i < paths->count; i++)
		free(paths->files[i].path);
	free(paths->files);
	for (size_t i = 0; i < paths->directories_count; i++)
		free(paths->directories[i]);
	free(paths->directories);
	buf_release(&paths->complaints);
	paths->files = NULL;
	paths->directories = NULL;
	paths->count = paths->size = paths->directories_count = 0;
}
