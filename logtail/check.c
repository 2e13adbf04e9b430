#include "check.h"

#include <stddef.h>

#include "check_files.h"
#include "checklist.h"
#include "log_time.h"
#include "prefix.h"
#include "prefix_guess.h"
#include "spool_check.h"

int check_logs(const struct config *config, const struct tail_job *job, struct err *err)
{
	char text[PREFIX_GUESS_SIZE];
	enum log_format format;
	struct log_clock clock;
	struct prefix prefix;
	char where[256];
	struct err why;

	if (job->format && tail_format(job->format, &format, err) < 0)
		return -1;
	if (log_clock_init(&clock, config->log_timezone, &why) < 0) {
		config_where(config, offsetof(struct config, log_timezone), where,
			sizeof(where));
		return err_set(err, ERR_CONFIG, "%s: %s", where, why.msg);
	}
	err->kind = ERR_OK;
	if (tail_prefix_text(config, job, text, err))
		return prefix_compile(text, &prefix, err);
	return err->kind == ERR_OK ? 0 : -1;
}

int check_all(const struct config *config, const struct tail_job *job)
{
	const struct spool_user user = { .config = config,
		.program = LOGTAIL_PROGRAM,
		.is_service = true,
		.writes = true };
	struct checklist list = { 0 };
	struct spool *spool;

	checklist_ok(&list, "configuration: %s",
		config->file ? config->file : "defaults, no file");
	spool = spool_check(&list, &user);
	check_files(&list, config, job, spool);
	spool_close(spool);
	return checklist_end(&list) ? 0 : -1;
}
