/*
 * Is this one JSON object? (RFC 8259, UTF-8 as RFC 3629.)
 *
 * It builds nothing: each payload is checked before it is sent, and a tree of 16 MiB of JSON
 * would take gigabytes. Memory is constant, nesting at most JSON_CHECK_DEPTH_MAX.
 */
#ifndef SHARED_JSON_CHECK_H
#define SHARED_JSON_CHECK_H

#include <stddef.h>

#define JSON_CHECK_DEPTH_MAX 512

/* NULL when data is one object with nothing but white space around it, else a static text that
 * says what is wrong; *ret_offset (may be NULL) is then the byte where. */
const char *json_check_object(const char *data, size_t len, size_t *ret_offset);

#endif
