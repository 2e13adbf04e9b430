/* links: forwarder/gzip.o */
#include "unit.h"

#include <zlib.h>

#include "forwarder/gzip.h"

static void gunzip(const struct buf *gzip, char *ret, size_t len)
{
	z_stream stream = { .next_in = (Bytef *)gzip->data,
		.avail_in = (uInt)gzip->len,
		.next_out = (Bytef *)ret,
		.avail_out = (uInt)len + 1 };

	assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
	assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
	assert_int_equal(stream.total_out, len);
	assert_int_equal(stream.avail_in, 0);
	inflateEnd(&stream);
}

static void fill(char *data, size_t len)
{
	unsigned seed = 1;

	for (size_t i = 0; i < len; i++) {
		seed = seed * 1103515245u + 12345u;
		data[i] = (char)(seed >> 16);
	}
}

static void it_gives_back_what_went_in_and_the_same_bytes_each_time(void **state)
{
	static const size_t sizes[] = { 0, 1, 100, 70000, 5000000 };

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		char *data = malloc(sizes[i] + 1), *back = malloc(sizes[i] + 1);
		struct buf first, second;

		fill(data, sizes[i]);
		buf_init(&first, (size_t)16 << 20);
		buf_init(&second, (size_t)16 << 20);
		buf_adds(&second, "what was there before");
		assert_int_equal(gzip_compress(data, sizes[i], &first, NULL), 0);
		assert_int_equal(gzip_compress(data, sizes[i], &second, NULL), 0);
		assert_int_equal(first.len, second.len);
		assert_memory_equal(first.data, second.data, first.len);
		gunzip(&first, back, sizes[i]);
		assert_memory_equal(back, data, sizes[i]);
		buf_release(&first);
		buf_release(&second);
		free(data);
		free(back);
	}
}

static void no_room_is_an_error_that_may_pass(void **state)
{
	char data[10000];
	struct buf out;
	struct err err;

	(void)state;
	fill(data, sizeof(data));
	buf_init(&out, 5000);
	assert_int_equal(gzip_compress(data, sizeof(data), &out, &err), -1);
	assert_int_equal(err.kind, ERR_RETRY);
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_gives_back_what_went_in_and_the_same_bytes_each_time),
		cmocka_unit_test(no_room_is_an_error_that_may_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
