#include "verify.h"

#include <errno.h>
#include <stdio.h>

#include "body.h"

struct tally {
	unsigned long whole, bad, foreign;
};

static int verify_dir(const struct spool *spool, int dir_fd, const char *label,
	struct body_loader *loader, struct tally *tally, struct err *err)
{
	DIR *dir = spool_list(dir_fd);
	struct dirent *entry;
	struct body body;
	int rc;

	if (!dir)
		return err_errno(err, ERR_RETRY, "list %s/%s", spool->path, label);
	body_init(&body);
	while ((errno = 0, entry = readdir(dir))) {
		struct err why;

		if (!spool_name_is_valid(entry->d_name)) {
			tally->foreign += entry->d_name[0] != '.';
			continue;
		}
		switch (body_load(
			loader, dir_fd, entry->d_name, COMPRESSION_NONE, &body, &why)) {
		case BODY_LOADED:
			tally->whole++;
			break;
		case BODY_GONE:
			break;
		case BODY_FOREIGN:
			tally->foreign++;
			break;
		default:
			tally->bad++;
			printf("BAD  %s/%s: %s\n", label, entry->d_name, why.msg);
		}
	}
	rc = errno == 0 ? 0 : err_errno(err, ERR_RETRY, "list %s/%s", spool->path, label);
	body_release(&body);
	closedir(dir);
	return rc;
}

int verify_spool(const struct spool *spool, struct err *err)
{
	struct body_loader loader;
	struct tally tally = { 0 }, rejected = { 0 };
	int rc = -1;

	if (body_loader_init(&loader, err) < 0)
		return -1;
	if (verify_dir(spool, spool->new_fd, "new", &loader, &tally, err) < 0 ||
		verify_dir(spool, spool->rejected_fd, "rejected", &loader, &rejected,
			err) < 0)
		goto out;
	printf("new/: %lu whole, %lu bad, %lu foreign; rejected/: %lu whole, %lu bad, %lu foreign\n",
		tally.whole, tally.bad, tally.foreign, rejected.whole, rejected.bad,
		rejected.foreign);
	rc = tally.bad == 0 ? 0
			    : err_set(err, ERR_RETRY, "%lu bad files in new/", tally.bad);
out:
	body_loader_release(&loader);
	return rc;
}
