#include "log_access.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access.h"

#define GROUPS_MAX 256

static bool is_member(gid_t group)
{
	gid_t groups[GROUPS_MAX];
	int count = getgroups(GROUPS_MAX, groups);

	for (int i = 0; i < count; i++)
		if (groups[i] == group)
			return true;
	return getegid() == group;
}

void log_access_advice(const char *path, char *ret, size_t size)
{
	char at[PATH_MAX], subject[PATH_MAX + 16] = "", group[ACCESS_NAME_SIZE];
	struct stat st;
	mode_t need;

	ret[0] = '\0';
	if (!access_obstacle(path, at, &st))
		return;
	need = S_ISDIR(st.st_mode) ? S_IRGRP | S_IXGRP : S_IRGRP;
	access_group(st.st_gid, group);
	if (strcmp(at, path) != 0)
		snprintf(subject, sizeof(subject), "directory %s: ", at);
	if (geteuid() == 0 || ((st.st_mode & need) == need && is_member(st.st_gid)))
		snprintf(ret, size,
			"%sits mode allows it: look for an ACL, SELinux, AppArmor or the "
			"service's sandbox",
			subject);
	else if ((st.st_mode & need) == need)
		snprintf(ret, size,
			"%sgroup %s may read it: add the agent's user to that group and "
			"restart the agent",
			subject, group);
	else
		snprintf(ret, size,
			"%sno group may read it (mode %04o): %s and add the agent's user "
			"to group %s",
			subject, (unsigned)(st.st_mode & 07777),
			S_ISDIR(st.st_mode) ? "chmod g+rx it"
					    : "set log_file_mode = 0640",
			group);
}
