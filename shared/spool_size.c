#include "spool_size.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

enum stage { STAGE_NEW, STAGE_REJECTED, STAGE_TMP, STAGE_DONE };

uint64_t spool_size_total(const struct spool_size *size)
{
	return size->new_bytes + size->rejected_bytes + size->tmp_bytes;
}

static bool is_reason(const char *name)
{
	char payload[SPOOL_NAME_SIZE];
	size_t len = strlen(name), suffix = strlen(SPOOL_REASON_SUFFIX);

	if (len <= suffix || len - suffix >= sizeof(payload) ||
		strcmp(name + len - suffix, SPOOL_REASON_SUFFIX) != 0)
		return false;
	memcpy(payload, name, len - suffix);
	payload[len - suffix] = '\0';
	return spool_name_is_valid(payload);
}

static bool is_held(const struct spool_census *census, const char *name)
{
	char source[SPOOL_SOURCE_SIZE];

	if (!census->is_held)
		return false;
	spool_name_source(name, source);
	return census->is_held(census->context, source);
}

/* Anyone may have named it: what a terminal could take for a command becomes '?'. */
static void add_foreign(struct spool_size *size, const char *name)
{
	size_t i;

	if (size->foreign_files++ > 0)
		return;
	for (i = 0; i < sizeof(size->foreign) - 1 && name[i]; i++)
		size->foreign[i] = name[i] >= ' ' && name[i] <= '~' ? name[i] : '?';
}

static void count_file(struct spool_census *census, const char *name)
{
	struct spool_size *size = &census->size;
	bool payload = spool_name_is_valid(name);
	struct stat st;
	uint64_t bytes;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return;
	if (!payload && !(census->stage == STAGE_REJECTED && is_reason(name))) {
		add_foreign(size, name);
		return;
	}
	if (fstatat(census->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return; /* sent or evicted meanwhile */
	if (!S_ISREG(st.st_mode)) {
		add_foreign(size, name);
		return;
	}
	bytes = (uint64_t)st.st_blocks * 512;
	switch (census->stage) {
	case STAGE_NEW:
		size->new_files++;
		size->new_bytes += bytes;
		if (is_held(census, name))
			size->held_bytes += bytes;
		if (!size->oldest[0] || strcmp(name, size->oldest) < 0)
			strcpy(size->oldest, name);
		break;
	case STAGE_REJECTED:
		size->rejected_files += payload;
		size->rejected_bytes += bytes;
		break;
	default:
		size->tmp_bytes += bytes;
	}
}

void spool_census_begin(struct spool_census *census)
{
	memset(census, 0, sizeof(*census));
}

static int open_stage(
	struct spool_census *census, const struct spool *spool, struct err *err)
{
	const int fds[] = { spool->new_fd, spool->rejected_fd, spool->tmp_fd };

	census->fd = fds[census->stage];
	census->dir = spool_list(census->fd);
	if (!census->dir)
		return err_errno(err, ERR_RETRY, "list spool %s", spool->path);
	return 0;
}

int spool_census_step(struct spool_census *census, const struct spool *spool,
	unsigned max_files, struct err *err)
{
	for (unsigned i = 0; census->stage < STAGE_DONE; i++) {
		struct dirent *entry;

		if (i == max_files)
			return 0;
		if (!census->dir && open_stage(census, spool, err) < 0)
			return -1;
		errno = 0;
		entry = readdir(census->dir);
		if (entry) {
			count_file(census, entry->d_name);
			continue;
		}
		if (errno != 0)
			return err_errno(err, ERR_RETRY, "list spool %s", spool->path);
		spool_census_end(census);
		census->stage++;
	}
	return 1;
}

void spool_census_end(struct spool_census *census)
{
	if (census->dir)
		closedir(census->dir);
	census->dir = NULL;
}

int spool_measure(const struct spool *spool, struct spool_size *ret_size, struct err *err)
{
	struct spool_census census;
	int rc;

	spool_census_begin(&census);
	while ((rc = spool_census_step(&census, spool, 10000, err)) == 0)
		;
	spool_census_end(&census);
	if (rc < 0)
		return -1;
	*ret_size = census.size;
	return 0;
}

int spool_check_room(const struct spool *spool, const struct spool_limits *limits,
	uint64_t size_bytes, uint64_t add_bytes, struct err *err)
{
	struct statvfs fs;
	uint64_t free_bytes;

	if (size_bytes + add_bytes > 2 * limits->cap_bytes)
		return err_set(err, ERR_RETRY,
			"spool %s holds %" PRIu64
			" MB, twice buffer.max_size_mb: nobody forwards; "
			"is pg-forward running?",
			spool->path, size_bytes >> 20);
	if (size_bytes + add_bytes <= limits->reserve_bytes)
		return 0;
	if (fstatvfs(spool->dir_fd, &fs) < 0)
		return err_errno(err, ERR_RETRY, "statvfs spool %s", spool->path);
	free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (free_bytes < limits->min_free_bytes + add_bytes)
		return err_set(err, ERR_RETRY,
			"spool %s: %" PRIu64
			" MB free on its file system, buffer.min_free_mb keeps "
			"%" PRIu64 " free; make room or lower it",
			spool->path, free_bytes >> 20, limits->min_free_bytes >> 20);
	return 0;
}
