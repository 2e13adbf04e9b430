/*
 * The web request a session works for: the UUID in an application_name that contains
 * "bitville-UUID". The web side puts it there; the listener joins both sides by it.
 */
#ifndef SHARED_CORRELATION_H
#define SHARED_CORRELATION_H

#include <stdbool.h>
#include <stddef.h>

#define CORRELATION_ID_LEN 36

/*
 * The first UUID after "bitville-" in text, lower-cased and NUL-terminated, into ret (at least
 * CORRELATION_ID_LEN + 1 bytes). Returns false and leaves ret alone when there is none. A UUID
 * that goes on with a letter, digit or hyphen is none.
 */
bool correlation_id_find(const char *text, size_t len, char ret[CORRELATION_ID_LEN + 1]);

#endif
