#include "mounts.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "kernel.h"

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* One field between blanks, its \040 made a blank again. Returns what follows it, NULL
 * when there is none or it is longer than size. */
static const char *take(const char *at, const char *end, char *ret, size_t size)
{
	size_t len = 0;

	while (at < end && *at == ' ')
		at++;
	if (at == end)
		return NULL;
	for (; at < end && *at != ' '; at++) {
		if (len + 1 >= size)
			return NULL;
		if (*at == '\\' && end - at > 3 && is_octal(at[1]) && is_octal(at[2]) &&
			is_octal(at[3])) {
			ret[len++] = (char)((at[1] - '0') * 64 + (at[2] - '0') * 8 +
					    (at[3] - '0'));
			at += 3;
		} else {
			ret[len++] = *at;
		}
	}
	ret[len] = '\0';
	return at;
}

/* "36 35 98:0 ROOT POINT OPTIONS [TAG]... - TYPE SOURCE OPTIONS" */
static bool read_line(const char *line, const char *end, struct mount *ret)
{
	char word[MOUNT_PATH_SIZE], *colon;
	uint64_t major, minor;
	const char *at = line;

	for (int i = 0; i < 3 && at; i++)
		at = take(at, end, word, sizeof(word));
	if (!at || !(colon = strchr(word, ':')) ||
		kernel_numbers(word, colon, &major, 1) != 1 ||
		kernel_numbers(colon + 1, colon + strlen(colon), &minor, 1) != 1)
		return false;
	ret->major = (unsigned)major;
	ret->minor = (unsigned)minor;
	at = take(at, end, ret->root, sizeof(ret->root));
	if (at)
		at = take(at, end, ret->point, sizeof(ret->point));
	while (at && strcmp(word, "-") != 0) {
		/* Options may be longer than a path may: they are passed over. */
		const char *next = at + strspn(at, " ");
		size_t len = strcspn(next, " \n");

		if (next >= end)
			return false;
		word[0] = next[0];
		word[1] = len == 1 ? '\0' : ' ';
		word[2] = '\0';
		at = next + len;
	}
	if (at)
		at = take(at, end, ret->type, sizeof(ret->type));
	if (at)
		at = take(at, end, ret->source, sizeof(ret->source));
	return at != NULL;
}

static size_t covers(const struct mount *mount, const char *path)
{
	size_t len = strlen(mount->point);

	if (strcmp(mount->point, "/") == 0)
		return *path == '/' ? 1 : 0;
	if (strncmp(path, mount->point, len) != 0 || (path[len] && path[len] != '/'))
		return 0;
	return len;
}

bool mount_of_path(const char *mountinfo, const char *path, struct mount *ret)
{
	struct mount mount;
	size_t longest = 0;

	for (const char *line = mountinfo; *line;) {
		const char *end = kernel_line_end(line);

		if (read_line(line, end, &mount)) {
			size_t len = covers(&mount, path);

			if (len > 0 && len >= longest) {
				longest = len;
				*ret = mount;
			}
		}
		line = *end ? end + 1 : end;
	}
	return longest > 0;
}

static bool find(const char *mountinfo, const char *type, unsigned major, unsigned minor,
	struct mount *ret)
{
	struct mount mount;

	for (const char *line = mountinfo; *line;) {
		const char *end = kernel_line_end(line);

		if (read_line(line, end, &mount) &&
			(type ? strcmp(mount.type, type) == 0
			      : mount.major == major && mount.minor == minor)) {
			*ret = mount;
			return true;
		}
		line = *end ? end + 1 : end;
	}
	return false;
}

bool mount_of_device(
	const char *mountinfo, unsigned major, unsigned minor, struct mount *ret)
{
	return find(mountinfo, NULL, major, minor, ret);
}

bool mount_of_type(const char *mountinfo, const char *type, struct mount *ret)
{
	return find(mountinfo, type, 0, 0, ret);
}

bool mount_is_remote(const struct mount *mount)
{
	static const char *const types[] = { "nfs", "nfs4", "cifs", "smb3", "ceph", "afs",
		"9p", "lustre", "glusterfs", "gfs2", "ocfs2", "beegfs", "autofs" };

	/* A file system in a program asks that, and mostly that asks others. */
	if (strncmp(mount->type, "fuse", 4) == 0)
		return true;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(mount->type, types[i]) == 0)
			return true;
	return false;
}
