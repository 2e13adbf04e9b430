#include "zstd_frame.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#define STEP_BYTES ((size_t)64 << 10)
#define MAGIC "\x28\xb5\x2f\xfd" /* RFC 8878, 3.1.1 */

struct zstd_codec {
	ZSTD_CCtx *compress;
	ZSTD_DCtx *decompress;
};

struct zstd_codec *zstd_codec_new(void)
{
	return calloc(1, sizeof(struct zstd_codec));
}

void zstd_codec_free(struct zstd_codec *codec)
{
	if (!codec)
		return;
	ZSTD_freeCCtx(codec->compress);
	ZSTD_freeDCtx(codec->decompress);
	free(codec);
}

static int open_compress(struct zstd_codec *codec, struct err *err)
{
	if (codec->compress)
		return 0;
	codec->compress = ZSTD_createCCtx();
	if (!codec->compress)
		return err_set(err, ERR_RETRY, "zstd: out of memory");
	ZSTD_CCtx_setParameter(
		codec->compress, ZSTD_c_compressionLevel, ZSTD_FRAME_LEVEL);
	ZSTD_CCtx_setParameter(codec->compress, ZSTD_c_checksumFlag, 1);
	ZSTD_CCtx_setParameter(codec->compress, ZSTD_c_contentSizeFlag, 1);
	return 0;
}

int zstd_frame_compress(struct zstd_codec *codec, const void *data, size_t len,
	struct buf *out, struct err *err)
{
	size_t bound = ZSTD_compressBound(len), n;

	if (open_compress(codec, err) < 0)
		return -1;
	if (!buf_reserve(out, bound))
		return err_set(err, ERR_RETRY, "zstd: out of memory");
	n = ZSTD_compress2(codec->compress, out->data + out->len, bound, data, len);
	if (ZSTD_isError(n))
		return err_set(err, ERR_RETRY, "zstd: %s", ZSTD_getErrorName(n));
	out->len += n;
	out->data[out->len] = '\0';
	return 0;
}

static bool is_single_segment(const unsigned char *frame)
{
	return frame[4] & 0x20; /* Single_Segment_flag */
}

/* Frame_Header_Descriptor and Window_Descriptor, RFC 8878, 3.1.1.1.1 and 3.1.1.1.2. */
static size_t window_of(const unsigned char *frame, size_t len, size_t content)
{
	size_t base;

	if (len < 6)
		return 0;
	if (is_single_segment(frame))
		return content;
	base = (size_t)1 << (10 + (frame[5] >> 3));
	return base + base / 8 * (frame[5] & 7);
}

int zstd_frame_inspect(const void *frame, size_t len, size_t max_bytes,
	struct zstd_frame_info *ret_info, struct err *err)
{
	unsigned long long size = ZSTD_getFrameContentSize(frame, len);
	size_t frame_len, window;
	bool known = size != ZSTD_CONTENTSIZE_UNKNOWN;

	/* The library takes skippable and older frames, too. */
	if (size == ZSTD_CONTENTSIZE_ERROR ||
		memcmp(frame, MAGIC, sizeof(MAGIC) - 1) != 0)
		return err_set(err, ERR_REJECT, "not a zstd frame");
	if (ZSTD_getDictID_fromFrame(frame, len) != 0)
		return err_set(err, ERR_REJECT, "zstd frame needs a dictionary");
	if (known && size > max_bytes)
		return err_set(err, ERR_REJECT,
			"content of %llu bytes is over the limit of %zu", size,
			max_bytes);
	frame_len = ZSTD_findFrameCompressedSize(frame, len);
	if (ZSTD_isError(frame_len))
		return err_set(err, ERR_REJECT, "zstd frame is cut short or damaged");
	if (frame_len != len)
		return err_set(err, ERR_REJECT, "%zu bytes after the zstd frame",
			len - frame_len);
	window = window_of(frame, len, known ? (size_t)size : 0);
	if (window > ZSTD_FRAME_WINDOW_MAX && !is_single_segment(frame))
		return err_set(err, ERR_REJECT, "zstd frame needs a window of %zu bytes",
			window);
	ret_info->content_bytes = known ? (size_t)size : 0;
	ret_info->window_bytes = window;
	return 0;
}

static size_t at_most(size_t bytes, size_t max_bytes)
{
	return bytes < max_bytes ? bytes : max_bytes;
}

static int open_decompress(struct zstd_codec *codec, struct err *err)
{
	if (!codec->decompress)
		codec->decompress = ZSTD_createDCtx();
	if (!codec->decompress)
		return err_set(err, ERR_RETRY, "zstd: out of memory");
	ZSTD_DCtx_reset(codec->decompress, ZSTD_reset_session_only);
	return 0;
}

int zstd_frame_decompress(struct zstd_codec *codec, const void *frame, size_t len,
	size_t max_bytes, struct buf *out, struct err *err)
{
	ZSTD_inBuffer in = { frame, len, 0 };
	struct zstd_frame_info info;

	if (zstd_frame_inspect(frame, len, max_bytes, &info, err) < 0 ||
		open_decompress(codec, err) < 0)
		return -1;
	buf_clear(out);
	if (!buf_reserve(out, info.content_bytes ? info.content_bytes
						 : at_most(STEP_BYTES, max_bytes)))
		return err_set(err, ERR_RETRY, "zstd: no memory for %zu bytes",
			info.content_bytes);
	for (;;) {
		size_t room = at_most(out->size - 1, max_bytes), read = in.pos;
		ZSTD_outBuffer to = { out->data, room, out->len };
		size_t left = ZSTD_decompressStream(codec->decompress, &to, &in);
		bool stuck = in.pos == read && to.pos == out->len;

		if (ZSTD_isError(left))
			return err_set(err, ERR_REJECT, "zstd frame: %s",
				ZSTD_getErrorName(left));
		out->len = to.pos;
		if (left == 0)
			break;
		if (to.pos < room && in.pos == in.size)
			return err_set(err, ERR_REJECT, "zstd frame is cut short");
		if (stuck && room == max_bytes)
			return err_set(err, ERR_REJECT,
				"content is over the limit of %zu bytes", max_bytes);
		if (to.pos == room && room < max_bytes &&
			!buf_reserve(out, at_most(out->len, max_bytes - out->len)))
			return err_set(err, ERR_RETRY, "zstd: no memory for the content");
	}
	out->data[out->len] = '\0';
	return 0;
}
