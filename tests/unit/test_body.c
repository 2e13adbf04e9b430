/* links: forwarder/body.o forwarder/gzip.o */
#include "unit.h"

#include <unistd.h>
#include <zstd.h>

#include "forwarder/body.h"
#include "scratch.h"

#define NAME "20260131T000000.000000Z-pg_locks-1-000000.json.zst"
#define JSON "{\"correlation_id\":\"\",\"data\":{}}\n"

static char dir[SCRATCH_SIZE];
static int dir_fd;
static struct body_loader loader;
static struct body body;

static int make_loader(void **state)
{
	(void)state;
	scratch_make(dir);
	dir_fd = open(dir, O_RDONLY | O_DIRECTORY);
	body_init(&body);
	return body_loader_init(&loader, NULL);
}

static int remove_loader(void **state)
{
	(void)state;
	body_release(&body);
	body_loader_release(&loader);
	close(dir_fd);
	scratch_remove(dir);
	return 0;
}

/* How a frame is made: a window and a size of its own, its end cut or longer. */
struct shape {
	int window_log;
	bool size_unknown, no_checksum;
	int cut, extra;  /* bytes */
	bool wrong_sum;  /* the last byte of the checksum */
	bool wrong_byte; /* of the content */
	size_t pad;      /* white space behind the JSON */
};

static void put_frame(const char *text, const struct shape *shape)
{
	ZSTD_CCtx *context = ZSTD_createCCtx();
	size_t len = strlen(text) + shape->pad, room = ZSTD_compressBound(len) + 100;
	char *data = malloc(len + 1), *frame = calloc(1, room);
	ZSTD_inBuffer in = { data, len, 0 };
	ZSTD_outBuffer out = { frame, room, 0 };

	memset(data, ' ', len);
	memcpy(data, text, strlen(text));
	ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, !shape->no_checksum);
	if (shape->window_log)
		ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, shape->window_log);
	if (shape->size_unknown)
		ZSTD_compressStream2(context, &out, &in, ZSTD_e_flush);
	else
		ZSTD_CCtx_setPledgedSrcSize(context, len);
	assert_int_equal(ZSTD_compressStream2(context, &out, &in, ZSTD_e_end), 0);
	if (shape->wrong_sum)
		frame[out.pos - 1] ^= 1;
	if (shape->wrong_byte)
		frame[out.pos - 6] ^= 1;
	scratch_file(
		dir, NAME, frame, out.pos - (size_t)shape->cut + (size_t)shape->extra);
	ZSTD_freeCCtx(context);
	free(data);
	free(frame);
}

#define ACCEPT_MAX ((size_t)16 << 20)

static const struct {
	const char *when;
	const char *json;
	struct shape shape;
	const char *want; /* part of why it is bad; NULL: loaded */
} frames[] = {
	{ "as written", JSON, { 0 }, NULL },
	{ "no content size", JSON, { .size_unknown = true }, NULL },
	{ "no checksum", JSON, { .no_checksum = true }, NULL },
	{ "just 16 MiB", JSON, { .pad = ACCEPT_MAX - sizeof(JSON) + 1 }, NULL },
	{ "a byte more", JSON, { .pad = ACCEPT_MAX - sizeof(JSON) + 2 },
		"over the limit" },
	{ "a byte more, not told", JSON,
		{ .pad = ACCEPT_MAX - sizeof(JSON) + 2, .size_unknown = true },
		"over the limit" },
	{ "cut short", JSON, { .cut = 1 }, "cut short or damaged" },
	{ "cut to nothing but the magic", JSON, { .cut = 1000000 }, "not a zstd frame" },
	{ "bytes behind it", JSON, { .extra = 3 }, "3 bytes after the zstd frame" },
	{ "a wrong checksum", JSON, { .wrong_sum = true }, "checksum" },
	{ "content that was changed", JSON, { .wrong_byte = true }, "checksum" },
	{ "a window of 128 MiB", JSON, { .window_log = 27, .size_unknown = true },
		"window" },
	{ "an array", "[1]\n", { 0 }, "not valid JSON" },
	{ "not JSON", "{\"a\":}\n", { 0 }, "not valid JSON at byte 5" },
	{ "two objects", "{}{}\n", { 0 }, "not valid JSON" },
	{ "nothing in it", "", { 0 }, "not valid JSON" },
	{ "not UTF-8", "{\"a\":\"\xff\"}\n", { 0 }, "not valid JSON" },
};

static void only_one_whole_frame_of_one_object_is_loaded(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(frames); i++) {
		struct shape shape = frames[i].shape;
		struct err err = { 0 };
		enum body_result result;

		if (shape.cut > 1000)
			scratch_file(dir, NAME, "\x28\xb5\x2f\xfd", 4);
		else
			put_frame(frames[i].json, &shape);
		result = body_load(&loader, dir_fd, NAME, COMPRESSION_NONE, &body, &err);
		if (!frames[i].want) {
			check(frames[i].when, result == BODY_LOADED);
			check(frames[i].when, !body.encoding);
			check(frames[i].when,
				body.bytes.len == strlen(frames[i].json) + shape.pad);
			check(frames[i].when, memcmp(body.bytes.data, frames[i].json,
						      strlen(frames[i].json)) == 0);
			continue;
		}
		check(frames[i].when, result == BODY_BAD);
		if (!strstr(err.msg, frames[i].want))
			fail_msg("%s: %s", frames[i].when, err.msg);
	}
}

static void a_huge_claim_costs_no_memory(void **state)
{
	/* A header that claims 2^62 bytes, and one block of one repeated byte. */
	static const char claim[] = "\x28\xb5\x2f\xfd\xe0\0\0\0\0\0\0\0\x40\x0b\0\0x";
	struct err err;

	(void)state;
	scratch_file(dir, NAME, claim, sizeof(claim) - 1);
	assert_int_equal(body_load(&loader, dir_fd, NAME, COMPRESSION_NONE, &body, &err),
		BODY_BAD);
	assert_non_null(strstr(err.msg, "over the limit"));
	assert_true(body.bytes.size < 1 << 20);
}

/* Each request has a body of its own: what stayed in them would add up. */
static void what_was_not_loaded_keeps_no_memory(void **state)
{
	static const struct {
		const char *when;
		const char *json;
		struct shape shape;
	} cases[] = {
		{ "not JSON", "[", { .pad = (size_t)9 << 20 } },
		{ "more than 16 MiB, not told", JSON,
			{ .pad = ACCEPT_MAX, .size_unknown = true } },
		{ "a wrong checksum", JSON,
			{ .pad = (size_t)9 << 20, .wrong_sum = true } },
	};
	static const char large[9 << 20];
	struct err err;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		put_frame(cases[i].json, &cases[i].shape);
		check(cases[i].when, body_load(&loader, dir_fd, NAME, COMPRESSION_NONE,
					     &body, &err) == BODY_BAD);
		check(cases[i].when, body.bytes.size <= (size_t)1 << 20);
	}
	scratch_file(dir, NAME, large, sizeof(large));
	assert_int_equal(body_load(&loader, dir_fd, NAME, COMPRESSION_NONE, &body, &err),
		BODY_BAD);
	assert_true(loader.frame.size <= (size_t)1 << 20);
}

static void what_is_no_file_is_not_bad(void **state)
{
	static const enum compression compressions[] = { COMPRESSION_NONE,
		COMPRESSION_GZIP, COMPRESSION_ZSTD };
	char large[SCRATCH_SIZE + 100];
	struct err err;

	(void)state;
	for (size_t i = 0; i < COUNT(compressions); i++)
		assert_int_equal(
			body_load(&loader, dir_fd, "gone", compressions[i], &body, &err),
			BODY_GONE);
	assert_int_equal(mkdirat(dir_fd, "dir", 0700), 0);
	assert_int_equal(symlinkat("/etc/hostname", dir_fd, "link"), 0);
	assert_int_equal(mkfifoat(dir_fd, "fifo", 0600), 0);
	assert_int_equal(body_load(&loader, dir_fd, "dir", COMPRESSION_NONE, &body, &err),
		BODY_FOREIGN);
	assert_int_equal(
		body_load(&loader, dir_fd, "link", COMPRESSION_NONE, &body, &err),
		BODY_FOREIGN);
	assert_int_equal(
		body_load(&loader, dir_fd, "fifo", COMPRESSION_NONE, &body, &err),
		BODY_FOREIGN);
	/* A file too large to be one, of holes, is a bad one. */
	snprintf(large, sizeof(large), "%s", scratch_file(dir, "large", "", 0));
	assert_int_equal(truncate(large, 18 << 20), 0);
	assert_int_equal(
		body_load(&loader, dir_fd, "large", COMPRESSION_NONE, &body, &err),
		BODY_BAD);
}

static void the_body_is_what_the_compression_asks_for(void **state)
{
	struct err err;
	struct buf first;

	(void)state;
	put_frame(JSON, &(struct shape){ 0 });
	assert_int_equal(body_load(&loader, dir_fd, NAME, COMPRESSION_ZSTD, &body, &err),
		BODY_LOADED);
	assert_string_equal(body.encoding, "zstd");
	assert_int_equal(body.bytes.len, loader.frame.len);
	assert_memory_equal(body.bytes.data, loader.frame.data, body.bytes.len);
	assert_int_equal(body.disk_bytes, 4096);

	assert_int_equal(body_load(&loader, dir_fd, NAME, COMPRESSION_GZIP, &body, &err),
		BODY_LOADED);
	assert_string_equal(body.encoding, "gzip");
	assert_memory_equal(body.bytes.data, "\x1f\x8b", 2);
	buf_init(&first, 10000);
	buf_add(&first, body.bytes.data, body.bytes.len);
	assert_int_equal(body_load(&loader, dir_fd, NAME, COMPRESSION_GZIP, &body, &err),
		BODY_LOADED);
	assert_int_equal(body.bytes.len, first.len);
	assert_memory_equal(body.bytes.data, first.data, first.len);
	buf_release(&first);

	assert_int_equal(body_load(&loader, dir_fd, NAME, COMPRESSION_NONE, &body, &err),
		BODY_LOADED);
	assert_null(body.encoding);
	assert_string_equal(body.bytes.data, JSON);
}

static void zstd_passes_no_window_over_eight_mib(void **state)
{
	static const struct {
		const char *when;
		struct shape shape;
		const char *encoding;
		enum body_result want;
	} cases[] = {
		{ "8 MiB in one segment", { .pad = ((size_t)8 << 20) - sizeof(JSON) + 1 },
			"zstd", BODY_LOADED },
		{ "more in one segment goes plain",
			{ .pad = (size_t)9 << 20, .window_log = 24 }, NULL, BODY_LOADED },
		{ "a window of 128 MiB", { .window_log = 27, .size_unknown = true }, NULL,
			BODY_BAD },
		{ "cut short", { .cut = 1 }, NULL, BODY_BAD },
		{ "bytes behind it", { .extra = 1 }, NULL, BODY_BAD },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err err;

		put_frame(JSON, &cases[i].shape);
		check(cases[i].when, body_load(&loader, dir_fd, NAME, COMPRESSION_ZSTD,
					     &body, &err) == cases[i].want);
		if (cases[i].want == BODY_LOADED)
			check(cases[i].when, cases[i].encoding ? body.encoding != NULL
							       : body.encoding == NULL);
	}
}

static void with_zstd_the_json_is_not_checked(void **state)
{
	struct err err;

	(void)state;
	put_frame("[not json", &(struct shape){ 0 });
	assert_int_equal(body_load(&loader, dir_fd, NAME, COMPRESSION_ZSTD, &body, &err),
		BODY_LOADED);
}

#define BODY_TEST(f) cmocka_unit_test_setup_teardown(f, make_loader, remove_loader)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BODY_TEST(only_one_whole_frame_of_one_object_is_loaded),
		BODY_TEST(a_huge_claim_costs_no_memory),
		BODY_TEST(what_was_not_loaded_keeps_no_memory),
		BODY_TEST(what_is_no_file_is_not_bad),
		BODY_TEST(the_body_is_what_the_compression_asks_for),
		BODY_TEST(zstd_passes_no_window_over_eight_mib),
		BODY_TEST(with_zstd_the_json_is_not_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
