/*
 * Who may do what with a path, in words: "postgres:adm 0640".
 */
#ifndef SHARED_ACCESS_H
#define SHARED_ACCESS_H

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

#define ACCESS_NAME_SIZE 64
#define ACCESS_OWNER_SIZE (2 * ACCESS_NAME_SIZE + 8)

/* The user's or group's name, its number where it has none. */
void access_user(uid_t uid, char ret[ACCESS_NAME_SIZE]);
void access_group(gid_t gid, char ret[ACCESS_NAME_SIZE]);

/* "owner:group mode". */
void access_owner(const struct stat *st, char ret[ACCESS_OWNER_SIZE]);

/* What of the path can be seen: itself, or after EACCES the directory that hides it. False: neither
 * (it is not there, for instance), with errno. */
bool access_obstacle(const char *path, char ret_at[PATH_MAX], struct stat *ret_stat);

#endif
