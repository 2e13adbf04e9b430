/*
 * The command line: the options all programs have, plus a program's own table.
 */
#ifndef SHARED_OPTIONS_H
#define SHARED_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

#define EXIT_CODE_USAGE 64  /* EX_USAGE, sysexits.h */
#define EXIT_CODE_CONFIG 78 /* EX_CONFIG */

struct options {
	const char *config_path; /* NULL: not given */
	bool check_config;
	bool test;
	bool test_unit; /* as its unit would run it; test is set as well */
	bool verbose;
};

struct option_spec {
	int id; /* a letter for the short form, or a number over 255 for none */
	const char *name;
	/* Its name in the help text, NULL when it takes none; "[=X]": it may have one, the long form. */
	const char *argument;
	const char *help;
};

struct program {
	const char *name;
	const char *purpose;  /* one line of --help */
	const char *operands; /* as in "FILE...", NULL when there are none */
	const struct option_spec *specs;
	size_t specs_count;
	/* Called for each of the program's own options, and with id 0 for each operand.
	 * Returns -1 with *err (ERR_USAGE). */
	int (*take)(void *own, int id, const char *argument, struct err *err);
};

enum options_result {
	OPTIONS_RUN,
	OPTIONS_DONE /* help or version was printed */,
	OPTIONS_BAD
};

/* Parses argv into *ret and, through take(), into own. OPTIONS_BAD with *err: exit 64. */
enum options_result options_parse(const struct program *program, int argc, char **argv,
	struct options *ret, void *own, struct err *err);

/* The exit status an error asks for: 64, 78 or 1. */
int options_exit_status(const struct err *err);

#endif
