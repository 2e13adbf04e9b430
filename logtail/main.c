/*
 * pg-logtail: PostgreSQL's logs into the spool, each entry once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "config.h"
#include "log.h"
#include "options.h"
#include "owner.h"
#include "signals.h"
#include "tail.h"
#include "unit_test.h"

enum { OPTION_FROM_START = 256, OPTION_FORMAT, OPTION_PREFIX };

static const struct option_spec specs[] = {
	{ 'p', "print", NULL,
		"payloads to standard output, one JSON line each, instead of the spool" },
	{ '1', "once", NULL, "read every log to its end, then exit" },
	{ OPTION_FROM_START, "from-start", NULL,
		"on the very first start begin at the start of the logs, not at their end" },
	{ OPTION_FORMAT, "format", "FORMAT", "auto, stderr, csvlog or jsonlog" },
	{ OPTION_PREFIX, "log-line-prefix", "STR", "the server's log_line_prefix" },
};

static int take_option(void *own, int id, const char *argument, struct err *err)
{
	struct tail_job *job = own;

	switch (id) {
	case 'p':
		job->print = true;
		return 0;
	case '1':
		job->once = true;
		return 0;
	case OPTION_FROM_START:
		job->from_start = true;
		return 0;
	case OPTION_FORMAT:
		job->format = argument;
		return 0;
	case OPTION_PREFIX:
		job->log_line_prefix = argument;
		return 0;
	case 0:
		job->files[job->files_count++] = (char *)argument;
		return 0;
	default:
		return err_set(err, ERR_USAGE, "unknown option");
	}
}

static const struct program program = {
	.name = LOGTAIL_PROGRAM,
	.purpose = "follows PostgreSQL's logs and puts their entries into the spool",
	.operands = "[FILE...]",
	.specs = specs,
	.specs_count = sizeof(specs) / sizeof(specs[0]),
	.take = take_option,
};

static int check_usage(
	const struct options *options, const struct tail_job *job, struct err *err)
{
	if (options->test && options->check_config)
		return err_set(err, ERR_USAGE,
			"give one of --test and --check-config; see pg-logtail --help");
	if ((options->test || options->check_config) &&
		(job->once || job->print || job->files_count > 0))
		return err_set(err, ERR_USAGE,
			"--test and --check-config read no logs; see pg-logtail --help");
	return 0;
}

static int run(struct tail *tail, struct err *err)
{
	struct err why;

	/* Printing needs no spool; it is asked for the position, where there is one. */
	if (spool_open(tail->config->buffer_path, !tail->job->print, &tail->spool,
		    tail->job->print ? &why : err) < 0 &&
		!tail->job->print)
		return -1;
	return tail->job->files_count > 0 ? tail_import(tail, err) : tail_run(tail, err);
}

int main(int argc, char **argv)
{
	struct options options = { 0 };
	struct tail_job job = { 0 };
	struct config config = { 0 };
	struct tail tail = { .job = &job, .config = &config };
	struct err err = { 0 };
	int status = EXIT_SUCCESS;

	log_open(LOGTAIL_PROGRAM, false);
	job.files = calloc((size_t)argc + 1, sizeof(*job.files));
	if (!job.files) {
		err_set(&err, ERR_RETRY, "out of memory");
		goto fail;
	}
	switch (options_parse(&program, argc, argv, &options, &job, &err)) {
	case OPTIONS_DONE:
		goto out;
	case OPTIONS_BAD:
		goto fail;
	case OPTIONS_RUN:
		break;
	}
	log_open(LOGTAIL_PROGRAM, options.verbose);
	tail.config_path = options.config_path;
	if (check_usage(&options, &job, &err) < 0)
		goto fail;
	if (options.test_unit) {
		if (unit_test_run(LOGTAIL_PROGRAM, options.config_path, argv, &status,
			    &err) < 0)
			goto fail;
		goto out;
	}
	if (signals_open(SIGNALS_STOP_WITHIN_S, &tail.signal_fd, &err) < 0 ||
		config_load(&config, options.config_path, &err) < 0)
		goto fail;
	log_lines(LOG_WARNING, config.warnings.data);
	if (check_logs(&config, &job, &err) < 0)
		goto fail;
	if (options.check_config) {
		printf("%s: configuration is valid\n",
			config.file ? config.file : "defaults");
		goto out;
	}
	if (owner_become(config.buffer_path, &err) < 0)
		goto fail;
	if (options.test) {
		status = check_all(&config, &job) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
		goto out;
	}
	if (run(&tail, &err) < 0)
		goto fail;
	goto out;
fail:
	log_line(LOG_ERROR, "%s", err.msg);
	status = options_exit_status(&err);
out:
	spool_close(tail.spool);
	config_release(&config);
	free(job.files);
	return status;
}
