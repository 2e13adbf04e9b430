/*
 * pg-collect: one short visit to PostgreSQL and the machine, into the spool.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "collect.h"
#include "config.h"
#include "log.h"
#include "options.h"
#include "owner.h"
#include "params.h"
#include "source.h"
#include "unit_test.h"

struct command {
	struct options options;
	const char *list; /* of --source */
	bool print;
};

static int take_option(void *own, int id, const char *argument, struct err *err)
{
	struct command *command = own;

	if (id == 'p') {
		command->print = true;
		return 0;
	}
	if (id != 's')
		return err_set(err, ERR_USAGE, "%s: unexpected argument", argument);
	command->list = argument;
	return 0;
}

static const struct option_spec own_options[] = {
	{ 'p', "print", NULL,
		"payloads to standard output, one JSON line each, not to the spool" },
	{ 's', "source", "LIST", "only these sources, comma-separated" },
};

static const struct program program = {
	.name = PROGRAM_NAME,
	.purpose =
		"collects PostgreSQL's and the machine's statistics into the spool, once",
	.specs = own_options,
	.specs_count = sizeof(own_options) / sizeof(own_options[0]),
	.take = take_option,
};

static int choose_sources(const struct command *command, const struct config *config,
	unsigned *ret_bits, struct err *err)
{
	const size_t offset = offsetof(struct config, sources);
	char where[256];
	unsigned configured;

	config_where(config, offset, where, sizeof(where));
	if (sources_parse(config->sources ? config->sources : "", ERR_CONFIG, where,
		    &configured, err) < 0)
		return -1;
	*ret_bits = configured;
	return command->list ? sources_parse(command->list, ERR_USAGE, "--source",
				       ret_bits, err)
			     : 0;
}

static int check_usage(const struct command *command, struct err *err)
{
	if (command->print + command->options.test + command->options.check_config > 1)
		return err_set(err, ERR_USAGE,
			"give one of --print, --test and --check-config; see " PROGRAM_NAME
			" --help");
	return 0;
}

/* The exit status. */
static int work(const struct command *command, struct err *err)
{
	struct config config = { 0 };
	struct params params = { 0 };
	struct collect_job job = { .config = &config,
		.params = &params,
		.listed = command->list,
		.print = command->print };
	int rc = -1;

	if (check_usage(command, err) < 0 ||
		config_load(&config, command->options.config_path, err) < 0 ||
		choose_sources(command, &config, &job.sources, err) < 0)
		goto out;
	if (params_build(&params, &config, err) < 0) {
		if (!command->options.test)
			goto out;
		job.params = NULL; /* --test tells it, and the rest */
	}
	log_lines(LOG_WARNING, config.warnings.data);
	if (command->options.check_config) {
		printf("%s: configuration is valid\n",
			config.file ? config.file : "defaults");
		rc = 0;
		goto out;
	}
	if (owner_become(config.buffer_path, err) < 0)
		goto out;
	rc = command->options.test ? check_run(&job, err) : collect_run(&job, err);
out:
	params_release(&params);
	config_release(&config);
	return rc;
}

static int test_as_unit(const struct command *command, char **argv, struct err *err)
{
	int status;

	if (check_usage(command, err) < 0 ||
		unit_test_run(PROGRAM_NAME, command->options.config_path, argv, &status,
			err) < 0)
		return -1;
	return status;
}

int main(int argc, char **argv)
{
	struct command command = { 0 };
	struct err err = { 0 };
	int rc;

	log_open(PROGRAM_NAME, false);
	switch (options_parse(&program, argc, argv, &command.options, &command, &err)) {
	case OPTIONS_RUN:
		break;
	case OPTIONS_DONE:
		return EXIT_SUCCESS;
	case OPTIONS_BAD:
		log_line(LOG_ERROR, "%s", err.msg);
		return EXIT_CODE_USAGE;
	}
	log_open(PROGRAM_NAME, command.options.verbose);
	rc = command.options.test_unit ? test_as_unit(&command, argv, &err)
				       : work(&command, &err);
	if (rc < 0) {
		log_line(LOG_ERROR, "%s", err.msg);
		return options_exit_status(&err);
	}
	return rc;
}
