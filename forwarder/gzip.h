/*
 * gzip (RFC 1952) for request bodies, by zlib.
 */
#ifndef FORWARDER_GZIP_H
#define FORWARDER_GZIP_H

#include <stddef.h>

#include "buf.h"
#include "err.h"

/* Replaces out by data, compressed. The same data give the same bytes. ERR_RETRY on no memory. */
int gzip_compress(const void *data, size_t len, struct buf *out, struct err *err);

#endif
