/*
 * What every fuzz target starts with. must() ends the run where a promise is broken.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define must(promise)                                              \
	do {                                                       \
		if (!(promise)) {                                  \
			fprintf(stderr, "broken: %s\n", #promise); \
			abort();                                   \
		}                                                  \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#endif
