/* links: logtail/logtail.a */
#include "unit.h"

#include "logtail/fingerprint.h"
#include "scratch.h"
#include "zstd_frame.h"

static char dir[SCRATCH_SIZE];

static int make_dir(void **state)
{
	(void)state;
	scratch_make(dir);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	scratch_remove(dir);
	return 0;
}

static void the_hash_is_fnv_1a_of_64_bits(void **state)
{
	/* draft-eastlake-fnv, "Test Vectors" */
	static const struct {
		const char *text;
		uint64_t want;
	} cases[] = {
		{ "", UINT64_C(0xcbf29ce484222325) },
		{ "a", UINT64_C(0xaf63dc4c8601ec8c) },
		{ "foobar", UINT64_C(0x85944171f73967e8) },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check(cases[i].text, fingerprint_hash(cases[i].text,
					     strlen(cases[i].text)) == cases[i].want);
	assert_true(fingerprint_hash("\xff", 1) == UINT64_C(0xaf64724c8602eb6e));
}

/* The same content as x, x.gz and x.zst; each open. */
static void make_forms(const char *data, size_t len, int ret_fd[3])
{
	static const char *const names[] = { "x", "x.gz", "x.zst" };
	char text[300];

	scratch_file(dir, "x", data, len);
	snprintf(text, sizeof(text), "cd %s && gzip -nkf x && zstd -qf x", dir);
	assert_int_equal(system(text), 0);
	for (int i = 0; i < 3; i++) {
		struct stat st;

		snprintf(text, sizeof(text), "%s/%s", dir, names[i]);
		assert_int_equal(log_file_open(text, &ret_fd[i], &st, NULL), 0);
		lseek(ret_fd[i], 3, SEEK_SET);
	}
}

static void drop_forms(int fd[3])
{
	for (int i = 0; i < 3; i++) {
		/* Neither closed nor moved. */
		assert_int_equal(lseek(fd[i], 0, SEEK_CUR), 3);
		close(fd[i]);
	}
}

static void all_forms_of_a_log_have_one_head(void **state)
{
	static const size_t sizes[] = { 0, 1, 100, 1023, 1024, 1025, 100000 };
	static char data[100000];

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (char)(i * i >> 3);
	for (size_t s = 0; s < COUNT(sizes); s++) {
		size_t want = sizes[s] < 1024 ? sizes[s] : 1024;
		int fd[3];

		make_forms(data, sizes[s], fd);
		for (int i = 0; i < 3; i++) {
			struct head head;

			assert_int_equal(fingerprint_head(fd[i], log_coding_of(fd[i]),
						 &head, NULL),
				0);
			assert_int_equal(head.len, want);
			assert_memory_equal(head.bytes, data, want);
			assert_true(head.hash == fingerprint_hash(data, want));
		}
		drop_forms(fd);
	}
}

static void all_forms_of_a_log_have_one_tail_before_an_offset(void **state)
{
	static const size_t offsets[] = { 0, 1, 1023, 1024, 1025, 70000, 100000 };
	static char data[100000];
	struct err err = { 0 };
	uint64_t hash;
	int fd[3];

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (char)(i * i >> 3);
	make_forms(data, sizeof(data), fd);
	for (int i = 0; i < 3; i++) {
		enum log_coding coding = log_coding_of(fd[i]);

		for (size_t o = 0; o < COUNT(offsets); o++) {
			size_t len = offsets[o] < 1024 ? offsets[o] : 1024;

			assert_int_equal(
				fingerprint_tail(fd[i], coding, offsets[o], &hash, &err),
				0);
			assert_true(
				hash == fingerprint_hash(data + offsets[o] - len, len));
		}
		for (uint64_t over = 1; over < UINT64_C(1) << 62; over *= 512) {
			hash = 77;
			err.kind = ERR_OK;
			assert_int_equal(fingerprint_tail(fd[i], coding,
						 sizeof(data) + over, &hash, &err),
				-1);
			assert_int_equal(err.kind, ERR_REJECT);
			assert_true(hash == 77);
		}
	}
	drop_forms(fd);
}

static void what_comes_in_parts_is_put_together(void **state)
{
	static char skipped[100008] = "\x50\x2a\x4d\x18\xa0\x86\x01\0";
	struct zstd_codec *codec = zstd_codec_new();
	struct buf file;
	struct head head;
	int fd;

	(void)state;
	buf_init(&file, 200000);
	zstd_frame_compress(codec, "abc", 3, &file, NULL);
	buf_add(&file, skipped, sizeof(skipped));
	zstd_frame_compress(codec, "def", 3, &file, NULL);
	fd = open(scratch_file(dir, "x", file.data, file.len), O_RDONLY);
	assert_int_equal(fingerprint_head(fd, LOG_CODING_ZSTD, &head, NULL), 0);
	assert_int_equal(head.len, 6);
	assert_memory_equal(head.bytes, "abcdef", 6);
	close(fd);
	buf_release(&file);
	zstd_codec_free(codec);
}

static void broken_data_has_no_fingerprint(void **state)
{
	static const char *const broken[] = { "\x1f\x8b\x08\0\0\0\0\0\0\0\xff\xff",
		"\x28\xb5\x2f\xfd\x00\x00\xff\xff\xff\xff\xff\xff" };
	struct head head = { .len = 77 };

	(void)state;
	for (size_t i = 0; i < COUNT(broken); i++) {
		int fd = open(scratch_file(dir, "x", broken[i], 12), O_RDONLY);
		struct err err = { 0 };
		uint64_t hash;

		assert_int_equal(
			fingerprint_head(fd, log_coding_of(fd), &head, &err), -1);
		assert_int_equal(err.kind, ERR_REJECT);
		assert_int_equal(head.len, 77);
		err.kind = ERR_OK;
		assert_int_equal(
			fingerprint_tail(fd, log_coding_of(fd), 5, &hash, &err), -1);
		assert_int_equal(err.kind, ERR_REJECT);
		close(fd);
	}
	{
		struct err err = { 0 };

		assert_int_equal(fingerprint_head(-1, LOG_CODING_PLAIN, &head, &err), -1);
		assert_int_equal(err.kind, ERR_RETRY);
	}
}

#define DIR_TEST(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_hash_is_fnv_1a_of_64_bits),
		DIR_TEST(all_forms_of_a_log_have_one_head),
		DIR_TEST(all_forms_of_a_log_have_one_tail_before_an_offset),
		DIR_TEST(what_comes_in_parts_is_put_together),
		DIR_TEST(broken_data_has_no_fingerprint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
