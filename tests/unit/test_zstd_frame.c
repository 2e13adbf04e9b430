#include "unit.h"

#include <zstd.h>

#include "zstd_frame.h"

static struct zstd_codec *codec;

static int open_codec(void **state)
{
	(void)state;
	codec = zstd_codec_new();
	return codec ? 0 : -1;
}

static int close_codec(void **state)
{
	(void)state;
	zstd_codec_free(codec);
	zstd_codec_free(NULL);
	return 0;
}

static void fill(char *data, size_t len)
{
	unsigned seed = 1;

	for (size_t i = 0; i < len; i++) {
		seed = seed * 1103515245u + 12345u;
		data[i] = (char)('a' + (seed >> 16) % 20);
	}
}

static void a_frame_gives_back_what_went_in(void **state)
{
	static const size_t sizes[] = { 0, 1, 100, 65535, 65536, 65537, 786432, 5000000 };
	struct err err;

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		char *data = malloc(sizes[i] + 1);
		struct zstd_frame_info info;
		struct buf frame, back;

		fill(data, sizes[i]);
		buf_init(&frame, (size_t)32 << 20);
		buf_init(&back, (size_t)16 << 20);
		buf_adds(&back, "what was there before");
		assert_int_equal(
			zstd_frame_compress(codec, data, sizes[i], &frame, &err), 0);
		assert_int_equal(
			zstd_frame_inspect(frame.data, frame.len, sizes[i], &info, &err),
			0);
		assert_int_equal(info.content_bytes, sizes[i]);
		assert_true(info.window_bytes <= ZSTD_FRAME_WINDOW_MAX);
		assert_true(frame.data[4] & 4); /* Content_Checksum_flag */
		assert_int_equal(zstd_frame_decompress(codec, frame.data, frame.len,
					 sizes[i], &back, &err),
			0);
		assert_int_equal(back.len, sizes[i]);
		assert_memory_equal(back.data, data, sizes[i]);
		assert_int_equal(back.data[back.len], '\0');
		buf_release(&frame);
		buf_release(&back);
		free(data);
	}
}

/* A frame made by hand: streamed without a content size, or with a window of its own. */
static size_t stream(const char *data, size_t len, int window_log, bool size_known,
	char *frame, size_t room)
{
	ZSTD_CCtx *context = ZSTD_createCCtx();
	ZSTD_inBuffer in = { data, len, 0 };
	ZSTD_outBuffer out = { frame, room, 0 };

	ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
	if (window_log)
		ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
	if (size_known)
		ZSTD_CCtx_setPledgedSrcSize(context, len);
	if (!size_known) /* an end given at once would tell the size */
		ZSTD_compressStream2(context, &out, &in, ZSTD_e_flush);
	assert_int_equal(ZSTD_compressStream2(context, &out, &in, ZSTD_e_end), 0);
	ZSTD_freeCCtx(context);
	return out.pos;
}

static void a_frame_without_its_size_is_read_up_to_the_limit(void **state)
{
	static const struct {
		size_t len, limit;
		bool fits;
	} cases[] = { { 0, 0, true }, { 1, 0, false }, { 5, 5, true }, { 6, 5, false },
		{ 70000, 70000, true }, { 70001, 70000, false }, { 200000, 70000, false },
		{ 1 << 20, 1 << 20, true }, { (1 << 20) + 1, 1 << 20, false },
		{ 3000000, 1 << 20, false }, { 131071, 131071, true },
		{ 131072, 131071, false } };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t room = ZSTD_compressBound(cases[i].len) + 100, len;
		char *data = malloc(cases[i].len + 1), *frame = malloc(room);
		struct err err = { 0 };
		struct buf out;
		int rc;

		fill(data, cases[i].len);
		len = stream(data, cases[i].len, 0, false, frame, room);
		buf_init(&out, cases[i].limit); /* no room to spare */
		rc = zstd_frame_decompress(codec, frame, len, cases[i].limit, &out, &err);
		if (rc != (cases[i].fits ? 0 : -1))
			fail_msg("%zu of %zu: %s", cases[i].len, cases[i].limit, err.msg);
		if (cases[i].fits) {
			assert_int_equal(out.len, cases[i].len);
			assert_memory_equal(out.data, data, cases[i].len);
		} else {
			assert_int_equal(err.kind, ERR_REJECT);
			assert_non_null(strstr(err.msg, "over the limit"));
		}
		buf_release(&out);
		free(data);
		free(frame);
	}
}

static void whatever_is_cut_or_changed_is_rejected(void **state)
{
	char data[3000];
	struct buf frame, out;
	struct err err;

	(void)state;
	fill(data, sizeof(data));
	buf_init(&frame, 100000);
	buf_init(&out, 100000);
	assert_int_equal(zstd_frame_compress(codec, data, sizeof(data), &frame, &err), 0);
	for (size_t len = 0; len < frame.len; len++) {
		char *exact = malloc(len + 1);

		memcpy(exact + 1, frame.data, len);
		err.kind = ERR_OK;
		assert_int_equal(
			zstd_frame_decompress(codec, exact + 1, len, 100000, &out, &err),
			-1);
		assert_int_equal(err.kind, ERR_REJECT);
		free(exact);
	}
	for (size_t at = 0; at < frame.len; at++) {
		int rc;

		frame.data[at] ^= 0x10;
		err.kind = ERR_REJECT;
		rc = zstd_frame_decompress(
			codec, frame.data, frame.len, 100000, &out, &err);
		/* Some bits of the header say nothing about the content. */
		assert_true(rc == 0 ? out.len == sizeof(data) &&
					      memcmp(out.data, data, out.len) == 0
				    : err.kind == ERR_REJECT);
		assert_true(rc == -1 || at < 8);
		frame.data[at] ^= 0x10;
	}
	assert_int_equal(
		zstd_frame_decompress(codec, frame.data, frame.len, 100000, &out, &err),
		0);
	buf_release(&frame);
	buf_release(&out);
}

static void only_one_whole_frame_is_one(void **state)
{
	static const struct {
		const char *when;
		const char *bytes;
		size_t len;
		const char *message;
	} cases[] = {
		{ "nothing", "", 0, "not a zstd frame" },
		{ "text", "{\"a\":1}\n", 8, "not a zstd frame" },
		{ "gzip", "\x1f\x8b\x08\0\0\0\0\0", 8, "not a zstd frame" },
		{ "a skippable frame", "\x50\x2a\x4d\x18\x04\0\0\0abcd", 12,
			"not a zstd frame" },
		{ "a frame of version 0.5", "\x25\xb5\x2f\xfd\0\0\0\0\xc0\0\0", 11,
			"not a zstd frame" },
		{ "a dictionary", "\x28\xb5\x2f\xfd\x21\x07\x00\x01\0\0", 10,
			"dictionary" },
		{ "a size over the limit", "\x28\xb5\x2f\xfd\xa0\xff\xff\xff\x7f\x01\0\0",
			12, "over the limit" },
	};
	struct zstd_frame_info info = { 77, 77 };
	struct buf frame, out;
	struct err err;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		check(cases[i].when, zstd_frame_inspect(cases[i].bytes, cases[i].len,
					     1 << 20, &info, &err) == -1);
		check(cases[i].when, err.kind == ERR_REJECT);
		check(err.msg, strstr(err.msg, cases[i].message) != NULL);
		check(cases[i].when, info.content_bytes == 77);
	}
	buf_init(&frame, 1000);
	buf_init(&out, 1000);
	zstd_frame_compress(codec, "abc", 3, &frame, &err);
	buf_addc(&frame, 'x');
	assert_int_equal(zstd_frame_inspect(frame.data, frame.len, 100, &info, &err), -1);
	assert_string_equal(err.msg, "1 bytes after the zstd frame");
	frame.len--;
	zstd_frame_compress(codec, "abc", 3, &frame, &err);
	assert_int_equal(
		zstd_frame_decompress(codec, frame.data, frame.len, 1000, &out, &err),
		-1);
	assert_int_equal(err.kind, ERR_REJECT);
	buf_release(&frame);
	buf_release(&out);
}

static void windows_over_eight_mib_are_refused(void **state)
{
	static const struct {
		const char *when;
		size_t len;
		int window_log;
		bool size_known, accepted;
	} cases[] = {
		{ "8 MiB", 1 << 20, 23, false, true },
		{ "16 MiB", 1 << 20, 24, false, false },
		{ "one segment of 9 MiB", 9 << 20, 24, true, true },
		{ "a window of 16 MiB for content of 16 MiB", 16 << 20, 24, false,
			false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t room = ZSTD_compressBound(cases[i].len) + 100, len;
		char *data = malloc(cases[i].len), *frame = malloc(room);
		struct zstd_frame_info info;
		struct err err;

		fill(data, cases[i].len);
		len = stream(data, cases[i].len, cases[i].window_log, cases[i].size_known,
			frame, room);
		check(cases[i].when,
			zstd_frame_inspect(frame, len, (size_t)16 << 20, &info, &err) ==
				(cases[i].accepted ? 0 : -1));
		free(data);
		free(frame);
	}
}

#define STREAM_ROOM 700000

struct outcome {
	char data[STREAM_ROOM];
	size_t len;
	bool is_whole;
	int rc;
	struct err err;
};

static struct outcome outcome;

/* All of it through a stream, in pieces of in_step, with room for out_step bytes. */
static void run_stream(const char *in, size_t len, size_t in_step, size_t out_step)
{
	struct zstd_stream *stream = zstd_stream_new();
	char *out = outcome.data;

	assert_non_null(stream);
	outcome.rc = 0;
	for (size_t at = 0; at <= len && outcome.rc == 0; at += in_step) {
		size_t n = len - at < in_step ? len - at : in_step;
		char *piece = malloc(n + 1), *start;
		const char *from = piece + 1;

		memcpy(piece + 1, in + at, n);
		do {
			size_t room = (size_t)(outcome.data + STREAM_ROOM - out);

			start = out;
			outcome.rc = zstd_stream_step(stream, &from, piece + 1 + n, &out,
				out + (room < out_step ? room : out_step), &outcome.err);
		} while (outcome.rc == 0 && (out > start || from < piece + 1 + n));
		free(piece);
	}
	outcome.len = (size_t)(out - outcome.data);
	outcome.is_whole = zstd_stream_is_whole(stream);
	zstd_stream_free(stream);
}

static void add_frame(struct buf *to, const char *data, size_t len)
{
	assert_int_equal(zstd_frame_compress(codec, data, len, to, NULL), 0);
}

static void a_stream_is_any_number_of_frames_however_it_is_cut(void **state)
{
	static const size_t steps[][2] = { { 1, 1 }, { 1, STREAM_ROOM },
		{ STREAM_ROOM, 1 }, { 7, 1300 }, { 65536, 65536 },
		{ STREAM_ROOM, STREAM_ROOM } };
	static char data[500000];
	struct buf in;
	size_t len;

	(void)state;
	fill(data, sizeof(data));
	buf_init(&in, STREAM_ROOM);
	buf_add(&in, "\x50\x2a\x4d\x18\x04\0\0\0abcd", 12);
	add_frame(&in, data, 300000);
	buf_add(&in, "\x5f\x2a\x4d\x18\0\0\0\0", 8);
	add_frame(&in, "", 0);
	len = in.len;
	assert_true(buf_reserve(&in, 250000));
	in.len += stream(data + 300000, 200000, 0, false, in.data + len, 250000);
	for (size_t i = 0; i < COUNT(steps); i++) {
		run_stream(in.data, in.len, steps[i][0], steps[i][1]);
		assert_int_equal(outcome.rc, 0);
		assert_int_equal(outcome.len, sizeof(data));
		assert_memory_equal(outcome.data, data, sizeof(data));
		assert_true(outcome.is_whole);
	}
	run_stream(in.data, len, 1000, 1000);
	assert_int_equal(outcome.len, 300000);
	assert_true(outcome.is_whole);
	buf_release(&in);
}

static void a_stream_that_is_cut_gives_its_beginning(void **state)
{
	static const char data[] = "one\ntwo\nthree\n";
	struct buf in;
	size_t first, most = 0;

	(void)state;
	buf_init(&in, 1000);
	add_frame(&in, data, 8);
	first = in.len;
	add_frame(&in, data + 8, 6);
	for (size_t cut = 0; cut <= in.len; cut++) {
		run_stream(in.data, cut, 5, 3);
		assert_int_equal(outcome.rc, 0);
		assert_true(outcome.len >= most && outcome.len <= 14);
		assert_memory_equal(outcome.data, data, outcome.len);
		assert_int_equal(outcome.is_whole, cut == first || cut == in.len);
		most = outcome.len;
	}
	assert_int_equal(most, 14);
	/* An end that is asked for again and again stays the end. */
	for (size_t cut = 0; cut <= in.len; cut++) {
		struct zstd_stream *stream = zstd_stream_new();
		const char *from = in.data;
		char room[100], *out = room;

		for (int i = 0; i < 40; i++)
			assert_int_equal(zstd_stream_step(stream, &from, in.data + cut,
						 &out, room + sizeof(room), NULL),
				0);
		zstd_stream_free(stream);
	}
	buf_release(&in);
}

static void a_break_in_a_stream_costs_no_block_before_it(void **state)
{
	static const size_t steps[] = { 1, 1000, STREAM_ROOM };
	static char data[400000], frame[STREAM_ROOM];
	size_t len, at = 6, size;

	(void)state;
	fill(data, sizeof(data));
	len = stream(data, sizeof(data), 17, false, frame, sizeof(frame));
	/* The third block's header: blocks are 128 KiB each; RFC 8878, 3.1.1.2. */
	for (int i = 0; i < 2; i++) {
		const unsigned char *header = (unsigned char *)frame + at;

		size = (header[0] | header[1] << 8 | header[2] << 16) >> 3;
		at += 3 + size;
	}
	/* What ends with a block gives the whole block. */
	run_stream(frame, at, STREAM_ROOM, 1000);
	assert_int_equal(outcome.rc, 0);
	assert_int_equal(outcome.len, 2 * 131072);
	frame[at] |= 6; /* the reserved type */
	for (size_t i = 0; i < COUNT(steps); i++) {
		run_stream(frame, len, steps[i], STREAM_ROOM);
		assert_int_equal(outcome.rc, -1);
		assert_int_equal(outcome.err.kind, ERR_REJECT);
		assert_int_equal(outcome.len, 2 * 131072);
		assert_memory_equal(outcome.data, data, outcome.len);
		assert_false(outcome.is_whole);
	}
}

static void a_stream_takes_nothing_else_than_frames_of_bounded_windows(void **state)
{
	static const struct {
		const char *when;
		const char *bytes;
		size_t len;
		const char *message;
	} cases[] = {
		{ "text", "text that is none", 17, "not a frame" },
		{ "almost skippable", "\x50\x2a\x4d\x19\0\0\0\0", 8, "not a frame" },
		{ "a frame of version 0.5", "\x25\xb5\x2f\xfd\0\0\0\0\xc0\0\0", 11,
			"not a frame" },
		{ "a dictionary", "\x28\xb5\x2f\xfd\x21\x07\x03\x19\0\0abc", 13,
			"Dictionary" },
		{ "a window of 8 MiB and an eighth",
			"\x28\xb5\x2f\xfd\x00\x69\x19\0\0abc", 12, "--long" },
		{ "a window of 2 GiB", "\x28\xb5\x2f\xfd\x00\xa8\x19\0\0abc", 12,
			"--long" },
		{ "a segment of 3 GiB", "\x28\xb5\x2f\xfd\xa0\0\0\0\xc0\x19\0\0abc", 15,
			"--long" },
		{ "a window of 8 MiB", "\x28\xb5\x2f\xfd\x00\x68\x19\0\0abc", 12, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		for (size_t step = 1; step < 500; step *= 100) {
			run_stream(cases[i].bytes, cases[i].len, step, 1000);
			if (!cases[i].message) {
				check(cases[i].when, outcome.rc == 0);
				check(cases[i].when, outcome.is_whole);
				check(cases[i].when, outcome.len == 3);
				continue;
			}
			check(cases[i].when, outcome.rc == -1);
			check(cases[i].when, outcome.err.kind == ERR_REJECT);
			check(outcome.err.msg,
				strstr(outcome.err.msg, cases[i].message) != NULL);
		}
	zstd_stream_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_gives_back_what_went_in),
		cmocka_unit_test(a_frame_without_its_size_is_read_up_to_the_limit),
		cmocka_unit_test(whatever_is_cut_or_changed_is_rejected),
		cmocka_unit_test(only_one_whole_frame_is_one),
		cmocka_unit_test(windows_over_eight_mib_are_refused),
		cmocka_unit_test(a_stream_is_any_number_of_frames_however_it_is_cut),
		cmocka_unit_test(a_stream_that_is_cut_gives_its_beginning),
		cmocka_unit_test(a_break_in_a_stream_costs_no_block_before_it),
		cmocka_unit_test(
			a_stream_takes_nothing_else_than_frames_of_bounded_windows),
	};

	return cmocka_run_group_tests(tests, open_codec, close_codec);
}
