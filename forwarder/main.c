/*
 * pg-forward: sends the spool to the listener, oldest first.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "config.h"
#include "forward.h"
#include "http.h"
#include "listener.h"
#include "lock.h"
#include "log.h"
#include "options.h"
#include "owner.h"
#include "rejected.h"
#include "signals.h"
#include "status.h"
#include "unit_test.h"
#include "verify.h"

struct forward_options {
	bool once, status, json, retry_rejected, verify;
};

enum { OPTION_JSON = 256, OPTION_VERIFY };

static const struct option_spec specs[] = {
	{ '1', "once", NULL, "send the files present now, then exit" },
	{ 's', "status", NULL, "show how things stand" },
	{ OPTION_JSON, "json", NULL, "with --status: as JSON" },
	{ 'r', "retry-rejected", NULL, "put rejected payloads back into new/" },
	{ OPTION_VERIFY, "verify", NULL,
		"check every payload in the spool, change nothing" },
};

static int take_option(void *own, int id, const char *argument, struct err *err)
{
	struct forward_options *options = own;

	(void)argument;
	switch (id) {
	case '1':
		options->once = true;
		return 0;
	case 's':
		options->status = true;
		return 0;
	case OPTION_JSON:
		options->json = true;
		return 0;
	case 'r':
		options->retry_rejected = true;
		return 0;
	case OPTION_VERIFY:
		options->verify = true;
		return 0;
	default:
		return err_set(err, ERR_USAGE, "unknown option");
	}
}

static const struct program program = {
	.name = FORWARD_PROGRAM,
	.purpose = "sends the spool to the listener over HTTPS, oldest first",
	.specs = specs,
	.specs_count = sizeof(specs) / sizeof(specs[0]),
	.take = take_option,
};

static int check_usage(
	const struct options *options, const struct forward_options *own, struct err *err)
{
	int modes = own->once + own->status + own->retry_rejected + own->verify +
		    options->test + options->check_config;

	if (own->json && !own->status)
		return err_set(err, ERR_USAGE,
			"--json goes with --status; see pg-forward --help");
	if (modes > 1)
		return err_set(err, ERR_USAGE,
			"give one of --once, --status, --retry-rejected, --verify, --test and "
			"--check-config; see pg-forward --help");
	return 0;
}

/* What only pg-forward needs of the configuration: a fit URL and a key. */
static int check_config(const struct config *config, struct err *err)
{
	char *key;

	if (listener_check(config, err) < 0 || listener_key(config, &key, err) < 0)
		return -1;
	config_secret_free(key);
	return 0;
}

static int retry_rejected(const struct spool *spool, struct err *err)
{
	size_t count;

	if (rejected_retry(spool, &count, err) < 0)
		return -1;
	printf("%zu payloads put back into %s/new\n", count, spool->path);
	return 0;
}

static int run(struct config *config, const struct options *options,
	const struct forward_options *own, struct spool *spool, int signal_fd,
	struct err *err)
{
	int lock_fd, rc;

	if (own->status)
		return status_print(config, spool, own->json, err);
	if (own->verify)
		return verify_spool(spool, err);
	if (own->retry_rejected)
		return retry_rejected(spool, err);
	if (lock_take(spool, FORWARD_PROGRAM, &lock_fd, err) < 0)
		return -1;
	rc = forward_run(config, options->config_path, spool, own->once, signal_fd, err);
	close(lock_fd);
	return rc;
}

int main(int argc, char **argv)
{
	struct options options = { 0 };
	struct forward_options own = { 0 };
	struct config config = { 0 };
	struct spool *spool = NULL;
	struct err err = { 0 };
	bool looks_only;
	int status = EXIT_SUCCESS, signal_fd;

	log_open(FORWARD_PROGRAM, false);
	switch (options_parse(&program, argc, argv, &options, &own, &err)) {
	case OPTIONS_DONE:
		return EXIT_SUCCESS;
	case OPTIONS_BAD:
		goto fail;
	case OPTIONS_RUN:
		break;
	}
	log_open(FORWARD_PROGRAM, options.verbose);
	if (check_usage(&options, &own, &err) < 0)
		goto fail;
	if (options.test_unit) {
		if (unit_test_run(FORWARD_PROGRAM, options.config_path, argv, &status,
			    &err) < 0)
			goto fail;
		goto out;
	}
	if (signals_open(SIGNALS_STOP_WITHIN_S, &signal_fd, &err) < 0 ||
		config_load(&config, options.config_path, &err) < 0)
		goto fail;
	log_lines(LOG_WARNING, config.warnings.data);
	looks_only = own.status || own.verify || own.retry_rejected;
	if (!looks_only && !options.test && check_config(&config, &err) < 0)
		goto fail;
	if (options.check_config) {
		printf("%s: configuration is valid\n",
			config.file ? config.file : "defaults");
		goto out;
	}
	if (owner_become(config.buffer_path, &err) < 0)
		goto fail;
	if (options.test) {
		status = check_all(&config) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
		goto out;
	}
	if (spool_open(config.buffer_path, !looks_only, &spool, &err) < 0 ||
		run(&config, &options, &own, spool, signal_fd, &err) < 0)
		goto fail;
	goto out;
fail:
	log_line(LOG_ERROR, "%s", err.msg);
	status = options_exit_status(&err);
out:
	spool_close(spool);
	config_release(&config);
	return status;
}
