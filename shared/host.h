/*
 * Which machine this is.
 */
#ifndef SHARED_HOST_H
#define SHARED_HOST_H

#include <stddef.h>

/* The machine's name (gethostname(2)), "unknown" when it has none. */
void host_name(char *ret, size_t size);

/*
 * Twelve hexadecimal digits that tell machines apart: a hash of /etc/machine-id (else of the name).
 * The id itself is confidential (machine-id(5)) and can't be found from them.
 */
void host_hash(char ret[13]);

#endif
