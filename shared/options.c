#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "version.h"

#define OPTIONS_MAX 32

static const struct option_spec common_specs[] = {
	{ 'c', "config", "FILE", "read the configuration from FILE" },
	{ 'n', "check-config", NULL,
		"parse and validate the configuration, touch nothing" },
	{ 't', "test", "[=unit]",
		"check all it needs, say how to mend it; =unit: as its unit runs it" },
	{ 'v', "verbose", NULL, "say more" },
	{ 'h', "help", NULL, "this text" },
	{ 'V', "version", NULL, "the version" },
};

#define COMMON_COUNT (sizeof(common_specs) / sizeof(common_specs[0]))

/* As getopt_long(3) has it. */
static int takes(const struct option_spec *spec)
{
	if (!spec->argument)
		return no_argument;
	return spec->argument[0] == '[' ? optional_argument : required_argument;
}

static void print_spec(const struct option_spec *spec)
{
	char left[64], letter[4] = "    ";

	if (spec->id < 256)
		snprintf(letter, sizeof(letter), "-%c,", spec->id);
	snprintf(left, sizeof(left), "%s --%s%s%s", spec->id < 256 ? letter : "   ",
		spec->name, takes(spec) == required_argument ? " " : "",
		spec->argument ? spec->argument : "");
	printf("  %-30s %s\n", left, spec->help);
}

static void print_help(const struct program *program)
{
	printf("%s: %s\n\nUsage: %s [OPTION...]%s%s\n\n", program->name, program->purpose,
		program->name, program->operands ? " " : "",
		program->operands ? program->operands : "");
	for (size_t i = 0; i < program->specs_count; i++)
		print_spec(&program->specs[i]);
	for (size_t i = 0; i < COMMON_COUNT; i++)
		print_spec(&common_specs[i]);
	printf("\nSee %s(8).\n", program->name);
}

struct table {
	struct option longs[OPTIONS_MAX + 1];
	char shorts[2 * OPTIONS_MAX + 2];
	size_t count;
};

static void add_specs(struct table *table, const struct option_spec *specs, size_t count)
{
	for (size_t i = 0; i < count && table->count < OPTIONS_MAX; i++) {
		struct option *option = &table->longs[table->count++];

		*option = (struct option){ .name = specs[i].name,
			.has_arg = takes(&specs[i]),
			.val = specs[i].id };
		if (specs[i].id < 256) {
			size_t n = strlen(table->shorts);

			table->shorts[n++] = (char)specs[i].id;
			if (takes(&specs[i]) == required_argument)
				table->shorts[n++] = ':';
			table->shorts[n] = '\0';
		}
	}
}

static enum options_result take_test(const struct program *program, const char *argument,
	struct options *ret, struct err *err)
{
	if (argument && strcmp(argument, "unit") != 0) {
		err_set(err, ERR_USAGE,
			"--test=%s: give --test or --test=unit; see %s --help", argument,
			program->name);
		return OPTIONS_BAD;
	}
	ret->test = true;
	ret->test_unit |= argument != NULL;
	return OPTIONS_RUN;
}

static enum options_result take_common(const struct program *program, int id,
	const char *argument, struct options *ret, struct err *err)
{
	switch (id) {
	case 'c':
		ret->config_path = argument;
		return OPTIONS_RUN;
	case 'n':
		ret->check_config = true;
		return OPTIONS_RUN;
	case 't':
		return take_test(program, argument, ret, err);
	case 'v':
		ret->verbose = true;
		return OPTIONS_RUN;
	case 'h':
		print_help(program);
		return OPTIONS_DONE;
	case 'V':
		printf("%s %s\n", program->name, VERSION);
		return OPTIONS_DONE;
	default:
		return OPTIONS_BAD;
	}
}

static bool is_own(const struct program *program, int id)
{
	for (size_t i = 0; i < program->specs_count; i++)
		if (program->specs[i].id == id)
			return true;
	return false;
}

static bool is_known(const struct program *program, int id)
{
	for (size_t i = 0; i < COMMON_COUNT; i++)
		if (common_specs[i].id == id)
			return true;
	return is_own(program, id);
}

/* word: the argument getopt stands behind. In a cluster like -vq that is another one. */
static enum options_result bad_option(
	const struct program *program, int id, const char *word, struct err *err)
{
	char letter[] = { '-', (char)optopt, '\0' };

	if (optopt > 0 && optopt < 256 &&
		(strncmp(word, "--", 2) != 0 || !is_known(program, optopt)))
		word = letter;
	err_set(err, ERR_USAGE, "%s: %s; see %s --help", word,
		id == ':' ? "the option needs an argument"
			  : (word != letter && strchr(word, '=')
					    ? "unknown option, or one without an argument"
					    : "unknown or ambiguous option"),
		program->name);
	return OPTIONS_BAD;
}

enum options_result options_parse(const struct program *program, int argc, char **argv,
	struct options *ret, void *own, struct err *err)
{
	struct table table = { .shorts = ":" };
	int id;

	add_specs(&table, program->specs, program->specs_count);
	add_specs(&table, common_specs, COMMON_COUNT);
	opterr = 0;
	while ((id = getopt_long(argc, argv, table.shorts, table.longs, NULL)) != -1) {
		enum options_result result;

		if (id == '?' || id == ':')
			return bad_option(program, id, argv[optind - 1], err);
		if (is_own(program, id)) {
			if (program->take(own, id, optarg, err) < 0)
				return OPTIONS_BAD;
			continue;
		}
		result = take_common(program, id, optarg, ret, err);
		if (result != OPTIONS_RUN)
			return result;
	}
	if (optind < argc && !program->operands) {
		err_set(err, ERR_USAGE, "%s: unexpected argument; see %s --help",
			argv[optind], program->name);
		return OPTIONS_BAD;
	}
	for (; optind < argc; optind++)
		if (program->take(own, 0, argv[optind], err) < 0)
			return OPTIONS_BAD;
	return OPTIONS_RUN;
}

int options_exit_status(const struct err *err)
{
	switch (err->kind) {
	case ERR_USAGE:
		return EXIT_CODE_USAGE;
	case ERR_CONFIG:
		return EXIT_CODE_CONFIG;
	default:
		return 1;
	}
}
