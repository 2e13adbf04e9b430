/*
 * What every unit test starts with: cmocka and its own needs, and check(), which names the case.
 */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Fails the test with the case's name unless ok. */
#define check(when, ok)                                          \
	do {                                                     \
		if (!(ok))                                       \
			fail_msg("%s: not so: %s", (when), #ok); \
	} while (0)

/* Fails the test with the case's name unless both texts are the same. */
#define check_string(when, is, want)                                     \
	do {                                                             \
		const char *is_ = (is), *want_ = (want);                 \
		if (!is_ || strcmp(is_, want_) != 0)                     \
			fail_msg("%s: \"%s\" instead of \"%s\"", (when), \
				is_ ? is_ : "NULL", want_);              \
	} while (0)

#endif
