#include "access.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

void access_user(uid_t uid, char ret[ACCESS_NAME_SIZE])
{
	const struct passwd *user = getpwuid(uid);

	if (user)
		snprintf(ret, ACCESS_NAME_SIZE, "%s", user->pw_name);
	else
		snprintf(ret, ACCESS_NAME_SIZE, "%ld", (long)uid);
}

void access_group(gid_t gid, char ret[ACCESS_NAME_SIZE])
{
	const struct group *group = getgrgid(gid);

	if (group)
		snprintf(ret, ACCESS_NAME_SIZE, "%s", group->gr_name);
	else
		snprintf(ret, ACCESS_NAME_SIZE, "%ld", (long)gid);
}

void access_owner(const struct stat *st, char ret[ACCESS_OWNER_SIZE])
{
	char user[ACCESS_NAME_SIZE], group[ACCESS_NAME_SIZE];

	access_user(st->st_uid, user);
	access_group(st->st_gid, group);
	snprintf(ret, ACCESS_OWNER_SIZE, "%s:%s %04o", user, group,
		(unsigned)(st->st_mode & 07777));
}

bool access_obstacle(const char *path, char ret_at[PATH_MAX], struct stat *ret_stat)
{
	if (snprintf(ret_at, PATH_MAX, "%s", path) >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return false;
	}
	while (stat(ret_at, ret_stat) < 0) {
		char *slash = strrchr(ret_at, '/');

		if (errno != EACCES || strcmp(ret_at, "/") == 0 ||
			strcmp(ret_at, ".") == 0)
			return false;
		if (!slash)
			strcpy(ret_at, ".");
		else
			slash[slash == ret_at] = '\0';
	}
	return true;
}
