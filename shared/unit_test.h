/*
 * --test=unit: the program's --test as the unit would run it, so that the answer is the service's and
 * not the shell's.
 */
#ifndef SHARED_UNIT_TEST_H
#define SHARED_UNIT_TEST_H

#include "err.h"

/*
 * Runs "PROGRAM ... --test" through systemd-run(1) as the unit that reads this configuration, with
 * standard input, output and error of this process. argv: ours, of which --test=unit becomes --test
 * and all else stays.
 * *ret_status: of that run. ERR_FATAL: no root, no systemd, no such unit, or its surroundings can't be
 * made; each says how to mend it.
 */
int unit_test_run(const char *program, const char *config_path, char **argv,
	int *ret_status, struct err *err);

#endif
