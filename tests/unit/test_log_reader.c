/* links: logtail/logtail.a */
#include "unit.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <zlib.h>

#include "logtail/log_reader.h"
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

static void fill(char *data, size_t len)
{
	unsigned seed = 1;

	for (size_t i = 0; i < len; i++) {
		seed = seed * 1103515245u + 12345u;
		data[i] = (char)('a' + (seed >> 16) % 20);
	}
}

static void add_gzip(struct buf *to, const char *data, size_t len)
{
	z_stream stream = { .next_in = (Bytef *)data, .avail_in = (uInt)len };

	assert_true(buf_reserve(to, len + 1000));
	stream.next_out = (Bytef *)to->data + to->len;
	stream.avail_out = (uInt)len + 1000;
	assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, 0), Z_OK);
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	to->len += stream.total_out;
	deflateEnd(&stream);
}

/* Two members or frames. */
static void press(enum log_coding coding, const char *data, size_t len, size_t first,
	struct buf *to)
{
	struct zstd_codec *codec = zstd_codec_new();

	buf_init(to, 2 * len + 10000);
	if (coding == LOG_CODING_PLAIN) {
		buf_add(to, data, len);
	} else if (coding == LOG_CODING_GZIP) {
		add_gzip(to, data, first);
		add_gzip(to, data + first, len - first);
	} else {
		zstd_frame_compress(codec, data, first, to, NULL);
		zstd_frame_compress(codec, data + first, len - first, to, NULL);
	}
	assert_false(to->failed);
	zstd_codec_free(codec);
}

static int open_file(const char *path)
{
	struct stat st;
	struct err err;
	int fd = -1;

	if (log_file_open(path, &fd, &st, &err) < 0)
		fail_msg("%s", err.msg);
	assert_true(S_ISREG(st.st_mode));
	return fd;
}

static struct log_reader *open_reader(const char *path, uint64_t offset)
{
	struct log_reader *reader = NULL;
	int fd = open_file(path);
	struct err err;

	if (log_reader_open(fd, log_coding_of(fd), offset, &reader, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(log_reader_fd(reader), fd);
	assert_int_equal(log_reader_offset(reader), offset);
	return reader;
}

/* To the end, or up to room bytes, size at a time. The last read's answer goes to *ret_last. */
static size_t read_all(struct log_reader *reader, char *data, size_t room, size_t size,
	ssize_t *ret_last, struct err *err)
{
	uint64_t start = log_reader_offset(reader);
	size_t len = 0;
	ssize_t n;

	while ((n = log_reader_read(reader, data + len,
			room - len < size ? room - len : size, err)) > 0) {
		len += (size_t)n;
		assert_int_equal(log_reader_offset(reader), start + len);
	}
	*ret_last = n;
	return len;
}

static const enum log_coding codings[] = { LOG_CODING_PLAIN, LOG_CODING_GZIP,
	LOG_CODING_ZSTD };

static void each_coding_is_read_from_any_offset(void **state)
{
	static const size_t offsets[] = { 0, 1, 999, 1000, 1001, 65536, 150000, 200000 };
	static char data[200000], back[200001];

	(void)state;
	fill(data, sizeof(data));
	for (size_t c = 0; c < COUNT(codings); c++) {
		struct buf file;
		const char *path;

		press(codings[c], data, sizeof(data), 1000, &file);
		path = scratch_file(dir, "x", file.data, file.len);
		buf_release(&file);
		for (size_t i = 0; i < COUNT(offsets); i++) {
			struct log_reader *reader = open_reader(path, offsets[i]);
			ssize_t last;
			size_t len = read_all(reader, back, sizeof(back),
				i % 2 ? 777 : 100000, &last, NULL);

			assert_int_equal(last, 0);
			assert_int_equal(len, sizeof(data) - offsets[i]);
			assert_memory_equal(back, data + offsets[i], len);
			assert_true(log_reader_is_whole(reader));
			log_reader_close(reader);
		}
	}
	log_reader_close(NULL);
}

static void a_compressed_file_cut_anywhere_gives_what_is_there(void **state)
{
	static char data[3000], back[3001];

	(void)state;
	fill(data, sizeof(data));
	for (size_t c = 1; c < COUNT(codings); c++) {
		struct buf file;
		size_t most = 0, wholes = 0;

		press(codings[c], data, sizeof(data), 1000, &file);
		for (size_t cut = 4; cut <= file.len; cut++) {
			struct log_reader *reader =
				open_reader(scratch_file(dir, "x", file.data, cut), 0);
			ssize_t last;
			size_t len =
				read_all(reader, back, sizeof(back), 100, &last, NULL);

			assert_int_equal(last, 0);
			assert_true(len >= most && len <= sizeof(data));
			assert_memory_equal(back, data, len);
			if (log_reader_is_whole(reader)) {
				wholes++;
				assert_true(len == 1000 || len == sizeof(data));
			}
			most = len;
			log_reader_close(reader);
		}
		assert_int_equal(most, sizeof(data));
		assert_int_equal(wholes, 2);
		buf_release(&file);
	}
}

static void a_file_in_the_making_is_read_on(void **state)
{
	static char data[3000], back[3001];

	(void)state;
	fill(data, sizeof(data));
	for (size_t c = 0; c < COUNT(codings); c++) {
		struct log_reader *reader;
		struct buf file;
		size_t len = 0;
		ssize_t last;
		int fd;

		press(codings[c], data, sizeof(data), 1000, &file);
		reader = open_reader(scratch_file(dir, "x", file.data, 10), 0);
		len = read_all(reader, back, sizeof(back), 100, &last, NULL);
		for (size_t at = 10; at < file.len; at++) {
			char path[200];

			snprintf(path, sizeof(path), "%s/x", dir);
			fd = open(path, O_WRONLY | O_APPEND);
			assert_int_equal(write(fd, file.data + at, 1), 1);
			close(fd);
			for (int again = 0; again < 2; again++)
				len += read_all(reader, back + len, sizeof(back) - len,
					100, &last, NULL);
			assert_int_equal(last, 0);
		}
		assert_int_equal(len, sizeof(data));
		assert_memory_equal(back, data, len);
		assert_true(log_reader_is_whole(reader));
		log_reader_close(reader);
		buf_release(&file);
	}
}

static void a_deleted_file_is_read_to_its_end(void **state)
{
	struct log_reader *reader;
	char back[10];

	(void)state;
	reader = open_reader(scratch_file(dir, "x", "abcdef", 6), 2);
	scratch_remove(dir);
	assert_int_equal(log_reader_read(reader, back, 10, NULL), 4);
	assert_memory_equal(back, "cdef", 4);
	assert_int_equal(log_reader_read(reader, back, 10, NULL), 0);
	log_reader_close(reader);
}

static void broken_data_is_said_each_time_after_what_comes_before(void **state)
{
	static char data[3000], back[3001];

	(void)state;
	fill(data, sizeof(data));
	for (size_t c = 1; c < COUNT(codings); c++) {
		struct log_reader *reader;
		struct buf file;
		struct err err;
		ssize_t last;

		press(codings[c], data, sizeof(data), 1000, &file);
		buf_adds(&file, "no member");
		reader = open_reader(scratch_file(dir, "x", file.data, file.len), 0);
		assert_int_equal(read_all(reader, back, sizeof(back), 5000, &last, &err),
			sizeof(data));
		for (int i = 0; i < 3; i++) {
			assert_int_equal(last, -1);
			assert_int_equal(err.kind, ERR_REJECT);
			assert_non_null(strstr(err.msg, "after byte 3000"));
			memset(&err, 0, sizeof(err));
			last = log_reader_read(reader, back, 1, &err);
		}
		assert_false(log_reader_is_whole(reader));
		log_reader_close(reader);
		buf_release(&file);
	}
}

static void an_offset_that_is_not_there_is_rejected(void **state)
{
	static char data[3000];

	(void)state;
	fill(data, sizeof(data));
	for (size_t c = 1; c < COUNT(codings); c++) {
		struct log_reader *reader = NULL;
		struct buf file;
		struct err err = { 0 };
		int fd;

		press(codings[c], data, sizeof(data), 1000, &file);
		fd = open_file(scratch_file(dir, "x", file.data, file.len));
		assert_int_equal(
			log_reader_open(fd, codings[c], 3001, &reader, &err), -1);
		assert_int_equal(err.kind, ERR_REJECT);
		assert_non_null(strstr(err.msg, "ends at byte 3000"));
		assert_null(reader);
		assert_int_equal(fcntl(fd, F_GETFD), -1); /* closed */
		buf_adds(&file, "no member");
		fd = open_file(scratch_file(dir, "y", file.data, file.len));
		assert_int_equal(
			log_reader_open(fd, codings[c], 3001, &reader, &err), -1);
		assert_int_equal(err.kind, ERR_REJECT);
		assert_null(strstr(err.msg, "ends at"));
		buf_release(&file);
	}
	{
		struct log_reader *reader = open_reader(
			scratch_file(dir, "x", "plain", 5), UINT64_C(1) << 40);

		assert_int_equal(log_reader_read(reader, data, 1, NULL), 0);
		log_reader_close(reader);
	}
	{
		struct log_reader *reader = NULL;
		struct err err = { 0 };

		assert_int_equal(log_reader_open(open_file(scratch_file(dir, "x", "", 0)),
					 LOG_CODING_PLAIN, UINT64_MAX, &reader, &err),
			-1);
		assert_int_equal(err.kind, ERR_REJECT);
	}
}

static void codings_are_told_by_magic(void **state)
{
	static const struct {
		const char *when;
		const char *bytes;
		size_t len;
		enum log_coding want;
	} cases[] = {
		{ "nothing", "", 0, LOG_CODING_PLAIN },
		{ "a log", "2026-01-31", 10, LOG_CODING_PLAIN },
		{ "gzip", "\x1f\x8b\x08\x00", 4, LOG_CODING_GZIP },
		{ "gzip of another method", "\x1f\x8b\x07\x00", 4, LOG_CODING_PLAIN },
		{ "too short", "\x1f\x8b\x08", 3, LOG_CODING_PLAIN },
		{ "zstd", "\x28\xb5\x2f\xfd", 4, LOG_CODING_ZSTD },
		{ "a skippable frame", "\x5a\x2a\x4d\x18", 4, LOG_CODING_ZSTD },
		{ "no skippable frame", "\x6a\x2a\x4d\x18", 4, LOG_CODING_PLAIN },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int fd = open_file(
			scratch_file(dir, "x.gz", cases[i].bytes, cases[i].len));

		lseek(fd, 3, SEEK_SET);
		check(cases[i].when, log_coding_of(fd) == cases[i].want);
		check(cases[i].when, lseek(fd, 0, SEEK_CUR) == 3);
		close(fd);
	}
}

static void what_the_commands_make_is_read(void **state)
{
	static const char *const commands[] = { "gzip -9 -k x", "zstd -q -19 x",
		"zstd -q --no-check x", "zstd -q --adapt x -c >x.zst",
		"(head -c 5000 x | gzip; tail -c +5001 x | gzip --fast) >x.gz",
		"(head -c 5000 x | zstd -q; tail -c +5001 x | zstd -q -T2) >x.zst" };
	static char data[3000000], back[3000001];

	(void)state;
	fill(data, sizeof(data));
	scratch_file(dir, "x", data, sizeof(data));
	for (size_t i = 0; i < COUNT(commands); i++) {
		struct log_reader *reader;
		char text[500];
		ssize_t last;

		snprintf(text, sizeof(text), "cd %s && %s && mv x.* made", dir,
			commands[i]);
		if (system(text) != 0)
			fail_msg("%s failed", text);
		snprintf(text, sizeof(text), "%s/made", dir);
		reader = open_reader(text, 4999);
		check(commands[i], read_all(reader, back, sizeof(back), 256 << 10, &last,
					   NULL) == sizeof(data) - 4999);
		check(commands[i], memcmp(back, data + 4999, sizeof(data) - 4999) == 0);
		check(commands[i], log_reader_is_whole(reader));
		log_reader_close(reader);
	}
}

static void the_end_of_a_frame_is_not_that_of_the_file(void **state)
{
	struct log_reader *reader;
	char text[300], back[10];

	(void)state;
	snprintf(text, sizeof(text),
		"cd %s && (printf abc | zstd -q --no-check; printf def | zstd -q) >x",
		dir);
	assert_int_equal(system(text), 0);
	snprintf(text, sizeof(text), "%s/x", dir);
	reader = open_reader(text, 0);
	assert_int_equal(log_reader_read(reader, back, 3, NULL), 3);
	assert_false(log_reader_is_whole(reader));
	assert_int_equal(log_reader_read(reader, back, 10, NULL), 3);
	assert_false(log_reader_is_whole(reader));
	assert_int_equal(log_reader_read(reader, back, 0, NULL), 0);
	assert_false(log_reader_is_whole(reader));
	assert_int_equal(log_reader_read(reader, back, 10, NULL), 0);
	assert_true(log_reader_is_whole(reader));
	log_reader_close(reader);
}

static void a_window_too_large_says_how_to_mend_it(void **state)
{
	static char data[20000000];
	struct log_reader *reader;
	struct err err;
	char text[500];

	(void)state;
	fill(data, sizeof(data));
	scratch_file(dir, "x", data, sizeof(data));
	snprintf(text, sizeof(text), "cd %s && zstd -q -1 --long=27 x", dir);
	assert_int_equal(system(text), 0);
	snprintf(text, sizeof(text), "%s/x.zst", dir);
	reader = open_reader(text, 0);
	assert_int_equal(log_reader_read(reader, data, 100, &err), -1);
	assert_int_equal(err.kind, ERR_REJECT);
	assert_non_null(strstr(err.msg, "without --long"));
	log_reader_close(reader);
}

static void only_regular_files_are_opened_and_at_once(void **state)
{
	static const struct {
		const char *name;
		enum err_kind kind;
		const char *message;
	} cases[] = {
		{ "gone", ERR_RETRY, "No such file" },
		{ "file/under", ERR_RETRY, "Not a directory" },
		{ "link", ERR_REJECT, "link" },
		{ "dangling", ERR_REJECT, "link" },
		{ "fifo", ERR_REJECT, "not a regular file" },
		{ "socket", ERR_REJECT, "not a regular file" },
		{ "dir", ERR_REJECT, "not a regular file" },
	};
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char path[200];
	struct stat st = { .st_ino = 77 };
	struct err err;
	int fd = 77, s;

	(void)state;
	assert_int_equal(chdir(dir), 0);
	scratch_file(dir, "file", "abc", 3);
	assert_int_equal(symlink("file", "link"), 0);
	assert_int_equal(symlink("nothing", "dangling"), 0);
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_int_equal(mkdir("dir", 0700), 0);
	assert_int_equal(symlink(".", "parent"), 0);
	strcpy(address.sun_path, "socket");
	s = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(s, (struct sockaddr *)&address, sizeof(address)), 0);
	close(s);
	alarm(10);
	for (size_t i = 0; i < COUNT(cases); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, cases[i].name);
		errno = 0;
		check(cases[i].name, log_file_open(path, &fd, &st, &err) == -1);
		check(cases[i].name, (errno == ENOENT) == (i == 0));
		check(cases[i].name, err.kind == cases[i].kind);
		check(err.msg, strstr(err.msg, cases[i].message) != NULL);
		check(err.msg, strstr(err.msg, path) != NULL);
		check(cases[i].name, fd == 77 && st.st_ino == 77);
	}
	assert_int_equal(log_file_open("/dev/zero", &fd, &st, &err), -1);
	assert_int_equal(err.kind, ERR_REJECT);
	alarm(0);
	snprintf(path, sizeof(path), "%s/parent/file", dir);
	assert_int_equal(log_file_open(path, &fd, &st, &err), 0);
	assert_int_equal(st.st_size, 3);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	close(fd);
	assert_int_equal(chdir("/"), 0);
}

#define DIR_TEST(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DIR_TEST(each_coding_is_read_from_any_offset),
		DIR_TEST(a_compressed_file_cut_anywhere_gives_what_is_there),
		DIR_TEST(a_file_in_the_making_is_read_on),
		DIR_TEST(a_deleted_file_is_read_to_its_end),
		DIR_TEST(broken_data_is_said_each_time_after_what_comes_before),
		DIR_TEST(an_offset_that_is_not_there_is_rejected),
		DIR_TEST(codings_are_told_by_magic),
		DIR_TEST(what_the_commands_make_is_read),
		DIR_TEST(the_end_of_a_frame_is_not_that_of_the_file),
		DIR_TEST(a_window_too_large_says_how_to_mend_it),
		DIR_TEST(only_regular_files_are_opened_and_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
