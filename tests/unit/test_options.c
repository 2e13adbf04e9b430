#include "unit.h"

#include <getopt.h>

#include "child.h"
#include "options.h"
#include "version.h"

struct own {
	char seen[200];
};

static int take(void *own, int id, const char *argument, struct err *err)
{
	char *seen = ((struct own *)own)->seen;

	if (id == 's' && strcmp(argument, "bad") == 0)
		return err_set(err, ERR_USAGE, "--source: no such source");
	sprintf(seen + strlen(seen), "%s%d=%s", *seen ? " " : "", id,
		argument ? argument : "-");
	return 0;
}

static const struct option_spec specs[] = {
	{ 'p', "print", NULL, "to standard output" },
	{ 's', "source", "LIST", "only these" },
	{ '1', "once", NULL, "once" },
	{ 300, "from-start", NULL, "from the start" },
	{ 301, "format", "NAME", "the format" },
};

static const struct program plain = { "prog", "does it", NULL, specs, COUNT(specs),
	take };
static const struct program with_operands = { "prog", "does it", "FILE...", specs,
	COUNT(specs), take };

#define ARGS_MAX 6

static const struct {
	const char *when;
	const struct program *program;
	const char *args[ARGS_MAX];
	const char *common; /* c n t v as set */
	const char *own;
} good[] = {
	{ "nothing", &plain, { NULL }, "", "" },
	{ "short ones", &plain, { "-c", "f", "-n", "-t", "-v" }, "c=f n t v", "" },
	{ "long ones", &plain, { "--config=f", "--check-config", "--test", "--verbose" },
		"c=f n t v", "" },
	{ "a test by the unit", &plain, { "--test=unit" }, "t u", "" },
	{ "a test and its word apart are two", &with_operands, { "--test", "unit" }, "t",
		"0=unit" },
	{ "a long one's argument apart", &plain, { "--config", "f" }, "c=f", "" },
	{ "the last one counts", &plain, { "-cf", "-c", "g" }, "c=g", "" },
	{ "a cluster", &plain, { "-vtp1" }, "t v", "112=- 49=-" },
	{ "an abbreviation", &plain, { "--verb" }, "v", "" },
	{ "its own", &plain, { "-s", "a,b", "--once", "--from-start", "--format", "x" },
		"", "115=a,b 49=- 300=- 301=x" },
	{ "operands", &with_operands, { "a", "-v", "b" }, "v", "0=a 0=b" },
	{ "operands that look like options", &with_operands, { "--", "-v", "b" }, "",
		"0=-v 0=b" },
};

static const struct {
	const char *when;
	const struct program *program;
	const char *args[ARGS_MAX];
	const char *message;
} bad[] = {
	{ "unknown", &plain, { "-q" },
		"-q: unknown or ambiguous option; see prog --help" },
	{ "unknown in a cluster", &plain, { "-vq" },
		"-q: unknown or ambiguous option; see prog --help" },
	{ "unknown at a cluster's start", &plain, { "-qv" },
		"-q: unknown or ambiguous option; see prog --help" },
	{ "unknown in a cluster behind a long one", &plain, { "--verbose", "-qv" },
		"-q: unknown or ambiguous option; see prog --help" },
	{ "unknown long", &plain, { "--bogus" },
		"--bogus: unknown or ambiguous option; see prog --help" },
	{ "ambiguous", &plain, { "--ver" },
		"--ver: unknown or ambiguous option; see prog --help" },
	{ "an argument nobody asked for", &plain, { "--verbose=x" },
		"--verbose=x: unknown option, or one without an argument; see prog --help" },
	{ "another test", &plain, { "--test=units" },
		"--test=units: give --test or --test=unit; see prog --help" },
	{ "no argument", &plain, { "-c" },
		"-c: the option needs an argument; see prog --help" },
	{ "no argument in a cluster", &plain, { "-vc" },
		"-c: the option needs an argument; see prog --help" },
	{ "no argument, long", &plain, { "-v", "--config" },
		"--config: the option needs an argument; see prog --help" },
	{ "no argument, no letter", &plain, { "--format" },
		"--format: the option needs an argument; see prog --help" },
	{ "an operand", &plain, { "-v", "file" },
		"file: unexpected argument; see prog --help" },
	{ "the program refuses", &plain, { "-s", "bad" }, "--source: no such source" },
};

static enum options_result parse(const struct program *program, const char *const *args,
	struct options *options, struct own *own, struct err *err)
{
	char *argv[ARGS_MAX + 2] = { (char *)"prog" };
	int argc = 1;

	for (; argc <= ARGS_MAX && args[argc - 1]; argc++)
		argv[argc] = (char *)args[argc - 1];
	optind = 0; /* getopt starts anew */
	memset(options, 0, sizeof(*options));
	memset(own, 0, sizeof(*own));
	return options_parse(program, argc, argv, options, own, err);
}

static void options_and_operands_are_taken(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct options options;
		struct own own;
		struct err err;
		char common[100];

		check(good[i].when, parse(good[i].program, good[i].args, &options, &own,
					    &err) == OPTIONS_RUN);
		snprintf(common, sizeof(common), "%s%s%s%s%s%s",
			options.config_path ? " c=" : "",
			options.config_path ? options.config_path : "",
			options.check_config ? " n" : "", options.test ? " t" : "",
			options.test_unit ? " u" : "", options.verbose ? " v" : "");
		check_string(good[i].when, common + (*common == ' '), good[i].common);
		check_string(good[i].when, own.seen, good[i].own);
	}
}

static void mistakes_are_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct options options;
		struct own own;
		struct err err = { 0 };

		check(bad[i].when, parse(bad[i].program, bad[i].args, &options, &own,
					   &err) == OPTIONS_BAD);
		check_string(bad[i].when, err.msg, bad[i].message);
		check(bad[i].when, options_exit_status(&err) == EXIT_CODE_USAGE);
	}
}

static void ask(void *arg)
{
	const char *const args[] = { arg, NULL };
	struct options options;
	struct own own;
	struct err err;

	if (parse(&with_operands, args, &options, &own, &err) != OPTIONS_DONE)
		_exit(9);
}

static void help_and_version_go_to_standard_output(void **state)
{
	static const char *const words[] = { "Usage: prog [OPTION...] FILE...",
		"-c, --config FILE", "-n, --check-config", "-t, --test[=unit] ",
		"-v, --verbose", "-h, --help", "-V, --version", "-p, --print",
		"-s, --source LIST", "-1, --once", "    --from-start",
		"    --format NAME", "prog(8)" };
	char said[4000];

	(void)state;
	assert_int_equal(child_run(ask, (char *)"--version", 1, said, sizeof(said)), 0);
	assert_string_equal(said, "prog " VERSION "\n");
	assert_int_equal(child_run(ask, (char *)"-V", 1, said, sizeof(said)), 0);
	assert_string_equal(said, "prog " VERSION "\n");
	assert_int_equal(child_run(ask, (char *)"-h", 1, said, sizeof(said)), 0);
	for (size_t i = 0; i < COUNT(words); i++)
		check(words[i], strstr(said, words[i]) != NULL);
}

static void an_error_has_its_exit_status(void **state)
{
	static const struct {
		enum err_kind kind;
		int status;
	} cases[] = { { ERR_USAGE, 64 }, { ERR_CONFIG, 78 }, { ERR_RETRY, 1 },
		{ ERR_REJECT, 1 }, { ERR_FATAL, 1 } };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err err = { .kind = cases[i].kind };

		assert_int_equal(options_exit_status(&err), cases[i].status);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_and_operands_are_taken),
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(help_and_version_go_to_standard_output),
		cmocka_unit_test(an_error_has_its_exit_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
