#include "zstd_frame.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

#define STEP_BYTES ((size_t)64 << 10)
#define MAGIC "\x28\xb5\x2f\xfd" /* RFC 8878, 3.1.1 */
#define MAGIC_BYTES (sizeof(MAGIC) - 1)
#define SKIPPABLE "\x2a\x4d\x18" /* after 0x50 ... 0x5f: RFC 8878, 3.1.2 */
#define WINDOW_LOG_MAX 23        /* ZSTD_FRAME_WINDOW_MAX */
#define BLOCK_HEADER_BYTES 3     /* RFC 8878, 3.1.1.2 */
#define LITERAL_COMPRESSION_MODE ZSTD_c_experimentalParam5
#define LITERALS_COMPRESSED 1 /* ZSTD_ps_enable, before 1.5.1 ZSTD_lcm_huffman */

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

/*
 * Looks for matches at every third place instead of every second: 7 % less CPU for frames 3 % larger.
 * Level -1 does so, too, but leaves literals as they are, which makes frames 25 % larger. That they
 * are compressed must be said by a parameter that zstd.h calls experimental (1.3.8 and newer have it);
 * where it is refused nothing is changed.
 */
static void hasten(ZSTD_CCtx *compress)
{
	if (!ZSTD_isError(ZSTD_CCtx_setParameter(
		    compress, LITERAL_COMPRESSION_MODE, LITERALS_COMPRESSED)))
		ZSTD_CCtx_setParameter(compress, ZSTD_c_targetLength, 2);
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
	hasten(codec->compress);
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
	if (size == ZSTD_CONTENTSIZE_ERROR || memcmp(frame, MAGIC, MAGIC_BYTES) != 0)
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

struct zstd_stream {
	ZSTD_DCtx *context;
	char magic[MAGIC_BYTES];
	size_t magic_len; /* of the frame under way; 0: none is */
	size_t wanted;    /* bytes the library asks for */
	bool is_pending;  /* it may have more to write of what it has read */
	bool any_end;     /* a frame has ended */
};

struct zstd_stream *zstd_stream_new(void)
{
	struct zstd_stream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return NULL;
	stream->context = ZSTD_createDCtx();
	if (!stream->context || ZSTD_isError(ZSTD_DCtx_setParameter(stream->context,
					ZSTD_d_windowLogMax, WINDOW_LOG_MAX))) {
		zstd_stream_free(stream);
		return NULL;
	}
	return stream;
}

void zstd_stream_free(struct zstd_stream *stream)
{
	if (!stream)
		return;
	ZSTD_freeDCtx(stream->context);
	free(stream);
}

static int stream_error(size_t code, struct err *err)
{
	switch (ZSTD_getErrorCode(code)) {
	case ZSTD_error_frameParameter_windowTooLarge:
		return err_set(err, ERR_REJECT,
			"zstd data: needs a window of more than %zu MiB; compress it "
			"without --long and --ultra",
			ZSTD_FRAME_WINDOW_MAX >> 20);
	case ZSTD_error_memory_allocation:
		return err_set(err, ERR_RETRY, "zstd: out of memory");
	default:
		return err_set(err, ERR_REJECT, "zstd data: %s", ZSTD_getErrorName(code));
	}
}

/* One call of the library with all of the input that it may have. */
static int decode(struct zstd_stream *stream, ZSTD_inBuffer *in, ZSTD_outBuffer *out,
	struct err *err)
{
	size_t left = ZSTD_decompressStream(stream->context, out, in);

	if (ZSTD_isError(left))
		return stream_error(left, err);
	stream->wanted = left;
	stream->is_pending = out->pos == out->size;
	if (left == 0) {
		stream->magic_len = 0;
		stream->is_pending = false;
		stream->any_end = true;
	}
	return 0;
}

/* The library takes older formats, too, and their windows are not bounded. */
static int take_magic(
	struct zstd_stream *stream, const char **in, const char *in_end, struct err *err)
{
	ZSTD_inBuffer magic = { stream->magic, MAGIC_BYTES, 0 };
	ZSTD_outBuffer none = { NULL, 0, 0 };

	while (stream->magic_len < MAGIC_BYTES && *in < in_end)
		stream->magic[stream->magic_len++] = *(*in)++;
	if (stream->magic_len < MAGIC_BYTES)
		return 0;
	if (memcmp(stream->magic, MAGIC, MAGIC_BYTES) != 0 &&
		((stream->magic[0] & 0xf0) != 0x50 ||
			memcmp(stream->magic + 1, SKIPPABLE, MAGIC_BYTES - 1) != 0))
		return err_set(err, ERR_REJECT, "zstd data: not a frame");
	if (decode(stream, &magic, &none, err) < 0)
		return -1;
	stream->is_pending = false;
	return 0;
}

/*
 * When a call fails, the library does not tell what it has written by then. So that no block is
 * lost that way, none comes together with the header of the next one, which it asks for as well.
 */
static size_t input_at_most(const struct zstd_stream *stream)
{
	return stream->wanted > BLOCK_HEADER_BYTES ? stream->wanted - BLOCK_HEADER_BYTES
						   : stream->wanted;
}

int zstd_stream_step(struct zstd_stream *stream, const char **in, const char *in_end,
	char **out, char *out_end, struct err *err)
{
	while (*out < out_end && (*in < in_end || stream->is_pending)) {
		ZSTD_outBuffer to = { *out, (size_t)(out_end - *out), 0 };
		ZSTD_inBuffer from = { *in, 0, 0 };

		if (stream->magic_len < MAGIC_BYTES) {
			if (take_magic(stream, in, in_end, err) < 0)
				return -1;
			continue;
		}
		from.size = at_most((size_t)(in_end - *in), input_at_most(stream));
		if (decode(stream, &from, &to, err) < 0)
			return -1;
		*in += from.pos;
		*out += to.pos;
	}
	return 0;
}

bool zstd_stream_is_whole(const struct zstd_stream *stream)
{
	return stream->magic_len == 0 && stream->any_end;
}
