/* zstd_frame: any bytes as a frame, cut at the limit; any bytes as content come back. */
#include "fuzz.h"

#include "zstd_frame.h"

#define LIMIT ((size_t)100000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct zstd_codec *codec;
	struct zstd_frame_info info;
	struct err err = { 0 };
	struct buf frame, out;
	int whole;

	if (!codec)
		codec = zstd_codec_new();
	buf_init(&frame, 1 << 20);
	buf_init(&out, LIMIT);
	whole = zstd_frame_inspect(data, len, LIMIT, &info, &err);
	must(whole == 0 || err.kind == ERR_REJECT);
	if (zstd_frame_decompress(codec, data, len, LIMIT, &out, &err) == 0) {
		must(whole == 0);
		must(out.len <= LIMIT && out.data[out.len] == '\0');
	} else {
		must(err.kind == ERR_REJECT);
	}
	must(zstd_frame_compress(codec, data, len, &frame, &err) == 0);
	must(zstd_frame_inspect(frame.data, frame.len, len, &info, &err) == 0);
	must(info.content_bytes == len);
	must(zstd_frame_decompress(codec, frame.data, frame.len, len, &out, &err) == 0);
	must(out.len == len && memcmp(out.data, data, len) == 0);
	buf_release(&frame);
	buf_release(&out);
	return 0;
}
