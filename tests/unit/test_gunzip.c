/* links: logtail/logtail.a */
#include "unit.h"

#include <zlib.h>

#include "logtail/gunzip.h"

#define ROOM 400000

/* One member; with a name, as gzip(1) makes them. */
static size_t gzip(const char *data, size_t len, char *to, size_t room)
{
	z_stream stream = { .next_in = (Bytef *)data,
		.avail_in = (uInt)len,
		.next_out = (Bytef *)to,
		.avail_out = (uInt)room };
	gz_header header = { .name = (Bytef *)"x.log", .os = 3, .hcrc = 1 };

	assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, 0), Z_OK);
	assert_int_equal(deflateSetHeader(&stream, &header), Z_OK);
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	deflateEnd(&stream);
	return stream.total_out;
}

static void fill(char *data, size_t len)
{
	unsigned seed = 1;

	for (size_t i = 0; i < len; i++) {
		seed = seed * 1103515245u + 12345u;
		data[i] = (char)('a' + (seed >> 16) % 20);
	}
}

struct outcome {
	char data[ROOM];
	size_t len;
	bool is_whole;
	int rc;
	struct err err;
};

/* All of it, with steps of in_step and room for out_step bytes. */
static void run(
	const char *in, size_t len, size_t in_step, size_t out_step, struct outcome *ret)
{
	struct gunzip *gunzip = gunzip_new();
	char *out = ret->data;

	assert_non_null(gunzip);
	ret->rc = 0;
	for (size_t at = 0; at <= len && ret->rc == 0; at += in_step) {
		/* An allocation of the exact size, so that the sanitizer sees a byte too many. */
		size_t n = len - at < in_step ? len - at : in_step;
		char *piece = malloc(n + 1), *start;
		const char *from = piece + 1;

		memcpy(piece + 1, in + at, n);
		do {
			size_t room = (size_t)(ret->data + ROOM - out);

			start = out;
			ret->rc = gunzip_step(gunzip, &from, piece + 1 + n, &out,
				out + (room < out_step ? room : out_step), &ret->err);
		} while (ret->rc == 0 && (out > start || from < piece + 1 + n));
		free(piece);
	}
	ret->len = (size_t)(out - ret->data);
	ret->is_whole = gunzip_is_whole(gunzip);
	gunzip_free(gunzip);
}

static struct outcome outcome;

static void members_in_a_row_are_one_stream_however_it_is_cut(void **state)
{
	static const size_t steps[][2] = { { 1, 1 }, { 1, ROOM }, { ROOM, 1 }, { 7, 13 },
		{ 65536, 65536 }, { ROOM, ROOM } };
	static char data[100000], in[ROOM];
	size_t len, first;

	(void)state;
	fill(data, sizeof(data));
	first = len = gzip(data, 60000, in, sizeof(in));
	len += gzip("", 0, in + len, sizeof(in) - len);
	len += gzip(data + 60000, 40000, in + len, sizeof(in) - len);
	for (size_t i = 0; i < COUNT(steps); i++) {
		run(in, len, steps[i][0], steps[i][1], &outcome);
		assert_int_equal(outcome.rc, 0);
		assert_int_equal(outcome.len, sizeof(data));
		assert_memory_equal(outcome.data, data, sizeof(data));
		assert_true(outcome.is_whole);
	}
	run(in, first, 1000, 1000, &outcome);
	assert_int_equal(outcome.len, 60000);
	assert_true(outcome.is_whole);
}

static void what_is_cut_gives_its_beginning_and_is_not_whole(void **state)
{
	static const char data[] = "one\ntwo\nthree\n";
	char in[200];
	size_t first = gzip(data, 8, in, sizeof(in));
	size_t len = first + gzip(data + 8, 6, in + first, sizeof(in) - first), most = 0;

	(void)state;
	for (size_t cut = 0; cut <= len; cut++) {
		run(in, cut, 5, 3, &outcome);
		assert_int_equal(outcome.rc, 0);
		assert_true(outcome.len >= most && outcome.len <= 14);
		assert_memory_equal(outcome.data, data, outcome.len);
		assert_int_equal(outcome.is_whole, cut == first || cut == len);
		most = outcome.len;
	}
	assert_int_equal(most, 14);
}

static void zeros_after_a_member_are_padding(void **state)
{
	char in[1000] = { 0 };
	size_t len = gzip("abc", 3, in, sizeof(in));

	(void)state;
	for (size_t zeros = 0; zeros < 3; zeros++) {
		size_t more = gzip("def", 3, in + len + zeros, 200);

		run(in, len + zeros + more, 1, 100, &outcome);
		assert_int_equal(outcome.len, 6);
		assert_memory_equal(outcome.data, "abcdef", 6);
		assert_true(outcome.is_whole);
		memset(in + len, 0, sizeof(in) - len);
	}
	run(in, sizeof(in), 100, 100, &outcome);
	assert_int_equal(outcome.rc, 0);
	assert_int_equal(outcome.len, 3);
	assert_true(outcome.is_whole);
	run("\0\0\0\0\0\0\0\0\0\0\0\0", 12, 100, 100, &outcome);
	assert_int_equal(outcome.rc, -1);
}

static void broken_data_is_rejected_after_what_comes_before_it(void **state)
{
	static const struct {
		const char *when;
		size_t at, from_end; /* which byte is changed */
		size_t len;
		const char *message;
	} cases[] = {
		{ "the magic", 1, 0, 0, "incorrect header check" },
		{ "the method", 2, 0, 0, "unknown compression method" },
		{ "the header's checksum", 5, 0, 0, "header crc mismatch" },
		{ "the checksum", 0, 8, 1000, "incorrect data check" },
		{ "the length", 0, 1, 1000, "incorrect length check" },
	};
	static char data[1000], in[2000];

	(void)state;
	fill(data, sizeof(data));
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t len = gzip(data, sizeof(data), in, sizeof(in));
		size_t at = cases[i].from_end ? len - cases[i].from_end : cases[i].at;

		in[at] ^= 0x10;
		for (size_t step = 1; step < 5000; step *= 70) {
			run(in, len, step, ROOM, &outcome);
			check(cases[i].when, outcome.rc == -1);
			check(cases[i].when, outcome.err.kind == ERR_REJECT);
			check(cases[i].when, !outcome.is_whole);
			check(cases[i].when, outcome.len == cases[i].len);
			check(outcome.err.msg,
				strstr(outcome.err.msg, cases[i].message) != NULL);
		}
	}
	gunzip_free(NULL);
}

static void text_after_a_member_is_rejected(void **state)
{
	char in[200];
	size_t len = gzip("abc", 3, in, sizeof(in));

	(void)state;
	memcpy(in + len, "text", 4);
	run(in, len + 4, 100, 100, &outcome);
	assert_int_equal(outcome.rc, -1);
	assert_int_equal(outcome.len, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_in_a_row_are_one_stream_however_it_is_cut),
		cmocka_unit_test(what_is_cut_gives_its_beginning_and_is_not_whole),
		cmocka_unit_test(zeros_after_a_member_are_padding),
		cmocka_unit_test(broken_data_is_rejected_after_what_comes_before_it),
		cmocka_unit_test(text_after_a_member_is_rejected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
