#include "check.h"

#include <string.h>
#include <sys/stat.h>

#include "checklist.h"
#include "log_paths.h"
#include "log_reader.h"
#include "log_time.h"
#include "prefix.h"
#include "prefix_guess.h"
#include "spool_check.h"

#define SAMPLE_BYTES ((size_t)64 << 10)

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

static void check_spool(struct checklist *list, const struct config *config)
{
	const struct spool_user user = { .config = config,
		.program = LOGTAIL_PROGRAM,
		.is_service = true,
		.writes = true };

	spool_close(spool_check(list, &user));
}

/* What is in the newest log: does the prefix fit? */
static void check_content(struct checklist *list, const char *given, const char *path,
	struct log_reader *reader)
{
	static char sample[SAMPLE_BYTES];
	char guess[PREFIX_GUESS_SIZE];
	struct err err;
	ssize_t n = log_reader_read(reader, sample, sizeof(sample), &err);

	if (n < 0) {
		checklist_fail(list, NULL, "%s", err.msg);
		return;
	}
	if (n == 0) {
		checklist_ok(list, "log %s: readable, empty so far", path);
		return;
	}
	if (!prefix_guess(sample, (size_t)n, guess))
		checklist_warn(list,
			"set collection.log_line_prefix as SHOW log_line_prefix has it",
			"log %s: readable; its log_line_prefix is not recognised", path);
	else if (given && strcmp(given, guess) != 0)
		checklist_warn(list, "compare with: SHOW log_line_prefix",
			"log %s: readable; its lines look like log_line_prefix '%s'",
			path, guess);
	else
		checklist_ok(list, "log %s: readable, log_line_prefix '%s'", path, guess);
}

static void check_file(
	struct checklist *list, const char *given, const struct log_path *file)
{
	struct log_reader *reader;
	struct stat st;
	struct err err;
	int fd;

	if (log_file_open(file->path, &fd, &st, &err) < 0) {
		checklist_fail(list, "let the agent's user read the logs", "%s", err.msg);
		return;
	}
	if (log_reader_open(fd, log_coding_of(fd), 0, &reader, &err) < 0) {
		checklist_fail(list, NULL, "%s", err.msg);
		return;
	}
	if (file->format == LOG_FORMAT_STDERR)
		check_content(list, given, file->path, reader);
	else
		checklist_ok(list, "log %s: readable", file->path);
	log_reader_close(reader);
}

static void check_files(
	struct checklist *list, const struct config *config, const struct tail_job *job)
{
	char text[PREFIX_GUESS_SIZE];
	struct log_paths paths = { 0 };
	struct err err;
	const char *given = tail_prefix_text(config, job, text, &err) ? text : NULL;
	size_t shown = 0;

	if (log_paths_find(config->log_path, &paths, &err) < 0) {
		checklist_fail(list, "correct collection.log_path", "%s", err.msg);
		return;
	}
	if (paths.complaints.len > 0)
		checklist_fail(list,
			"correct collection.log_path, or let the agent's user read it",
			"logs: %s", paths.complaints.data);
	/* The newest are those that are written to. */
	for (size_t i = paths.count; i-- > 0 && shown < 3;) {
		if (paths.files[i].rotated)
			continue;
		check_file(list, given, &paths.files[i]);
		shown++;
	}
	if (paths.count > 0)
		checklist_ok(list, "collection.log_path: %zu files", paths.count);
	else if (paths.complaints.len == 0)
		checklist_warn(list,
			"is logging on? SHOW logging_collector, log_directory",
			"collection.log_path %s: no logs", config->log_path);
	log_paths_release(&paths);
}

int check_all(const struct config *config, const struct tail_job *job)
{
	struct checklist list = { 0 };

	checklist_ok(&list, "configuration: %s",
		config->file ? config->file : "defaults, no file");
	check_spool(&list, config);
	check_files(&list, config, job);
	return checklist_end(&list) ? 0 : -1;
}
