/*
 * Payloads as zstd frames (RFC 8878): one frame with content size and checksum.
 *
 * Windows are at most 8 MiB, as RFC 9659 asks of zstd over HTTP. Decompression never allocates
 * more than the caller allows, whatever the frame claims. A zstd_stream reads what others made:
 * any number of frames, piece by piece.
 */
#ifndef SHARED_ZSTD_FRAME_H
#define SHARED_ZSTD_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "err.h"

#define ZSTD_FRAME_LEVEL 1
#define ZSTD_FRAME_WINDOW_MAX ((size_t)8 << 20)

struct zstd_codec;

/* The working memory for many frames. zstd_codec_free() accepts NULL. */
struct zstd_codec *zstd_codec_new(void);
void zstd_codec_free(struct zstd_codec *codec);

/* Appends one frame that holds data to out. ERR_RETRY when there is no memory. */
int zstd_frame_compress(struct zstd_codec *codec, const void *data, size_t len,
	struct buf *out, struct err *err);

struct zstd_frame_info {
	size_t content_bytes; /* 0 when the header does not say */
	size_t window_bytes;  /* what a streaming reader must keep in memory */
};

/*
 * What the header of frame says. ERR_REJECT when frame is not exactly one whole frame, claims more
 * than max_bytes of content, or needs a window over ZSTD_FRAME_WINDOW_MAX without being one
 * segment (RFC 8878, 3.1.1.1).
 */
int zstd_frame_inspect(const void *frame, size_t len, size_t max_bytes,
	struct zstd_frame_info *ret_info, struct err *err);

/*
 * Replaces out by the content of frame. ERR_REJECT when it is not one whole frame with at most
 * max_bytes of content and a right checksum (where it has one), ERR_RETRY when there is no memory.
 */
int zstd_frame_decompress(struct zstd_codec *codec, const void *frame, size_t len,
	size_t max_bytes, struct buf *out, struct err *err);

/* Frames one after another, also skippable ones, in the memory of one window. */
struct zstd_stream;

/* NULL when there is no memory. zstd_stream_free() accepts NULL. */
struct zstd_stream *zstd_stream_new(void);
void zstd_stream_free(struct zstd_stream *stream);

/*
 * Reads from *in and writes to *out, moving both, until one is at its end. What is still to come
 * of bytes already read is written by calls without input. ERR_REJECT when the data is broken or
 * needs a window over ZSTD_FRAME_WINDOW_MAX, ERR_RETRY when there is no memory; the blocks before
 * that were written and *out is moved. After a failure only zstd_stream_free() is left.
 */
int zstd_stream_step(struct zstd_stream *stream, const char **in, const char *in_end,
	char **out, char *out_end, struct err *err);

/* Is what was read so far a row of whole frames? */
bool zstd_stream_is_whole(const struct zstd_stream *stream);

#endif
