#include "gzip.h"

#include <stdint.h>
#include <zlib.h>

#define WINDOW_BITS_GZIP (15 + 16) /* zlib's way to ask for a gzip header */
#define MEMORY_LEVEL 8

int gzip_compress(const void *data, size_t len, struct buf *out, struct err *err)
{
	z_stream stream = { 0 };
	int rc;

	if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, WINDOW_BITS_GZIP,
		    MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
		return err_set(err, ERR_RETRY, "gzip: out of memory");
	buf_clear(out);
	if (!buf_reserve(out, deflateBound(&stream, len))) {
		deflateEnd(&stream);
		return err_set(err, ERR_RETRY, "gzip: out of memory");
	}
	stream.next_in = (Bytef *)(uintptr_t)data;
	stream.avail_in = (uInt)len;
	stream.next_out = (Bytef *)out->data;
	stream.avail_out = (uInt)(out->size - 1);
	rc = deflate(&stream, Z_FINISH);
	out->len = stream.total_out;
	out->data[out->len] = '\0';
	deflateEnd(&stream);
	return rc == Z_STREAM_END
		       ? 0
		       : err_set(err, ERR_RETRY, "gzip: deflate() gave %d", rc);
}
