/*
 * gzip data (RFC 1952) piece by piece: the only user of zlib in this program.
 *
 * Several members in a row are one stream, as gzip(1) has it; zeros after a member are padding.
 */
#ifndef LOGTAIL_GUNZIP_H
#define LOGTAIL_GUNZIP_H

#include <stdbool.h>

#include "err.h"

struct gunzip;

/* NULL when there is no memory. gunzip_free() accepts NULL. */
struct gunzip *gunzip_new(void);
void gunzip_free(struct gunzip *gunzip);

/*
 * Reads from *in and writes to *out, moving both, until one is at its end. What is still to come
 * of bytes already read is written by calls without input. ERR_REJECT when the data is broken,
 * ERR_RETRY when there is no memory; what was written before that is right and *out is moved.
 */
int gunzip_step(struct gunzip *gunzip, const char **in, const char *in_end, char **out,
	char *out_end, struct err *err);

/* Is what was read so far a row of whole members? */
bool gunzip_is_whole(const struct gunzip *gunzip);

#endif
