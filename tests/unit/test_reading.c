/* links: logtail/logtail.a */
#include "unit.h"

#include <math.h>

#include "logtail/reading.h"
#include "scratch.h"

#define TIME "2026-01-31 23:59:59.123 UTC"
#define E TIME " "

static char dir[SCRATCH_SIZE];
static char *buffer;
static struct prefix prefix;
static struct generation *generation;
static struct buf seen;
static size_t room;

static int start(void **state)
{
	(void)state;
	scratch_make(dir);
	buffer = malloc(READ_BUFFER_BYTES);
	room = SIZE_MAX;
	buf_init(&seen, (size_t)64 << 20);
	buf_adds(&seen, "");
	return prefix_compile("%m [%p] ", &prefix, NULL);
}

static int stop(void **state)
{
	(void)state;
	generation_free(generation);
	generation = NULL;
	buf_release(&seen);
	free(buffer);
	scratch_remove(dir);
	return 0;
}

static bool see(void *context, const struct entry *entry)
{
	const struct slice *message = &entry->text[ENTRY_MESSAGE];

	(void)context;
	if (entry->continued)
		buf_adds(&seen, "continued ");
	for (size_t i = 0; i < message->len && i < 200; i++)
		buf_addc(&seen, message->s[i] == '\n' ? '/' : message->s[i]);
	buf_addc(&seen, '\n');
	return --room > 0;
}

static void write_at(const char *name, const char *text, int flags)
{
	char path[200];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		abort();
	close(fd);
}

static void append(const char *text)
{
	write_at("a.log", text, O_APPEND);
}

/* Where and what it is, as a look finds it. */
static void find(const char *name)
{
	char path[200];
	struct head head;
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (!generation)
		generation = generation_new(path);
	assert_true(generation_set_path(generation, path));
	assert_int_equal(log_file_open(path, &fd, &st, NULL), 0);
	generation->dev = st.st_dev;
	generation->ino = st.st_ino;
	generation->disk_bytes = (uint64_t)st.st_size;
	generation->coding = log_coding_of(fd);
	if (generation->head_len == 0) {
		assert_int_equal(
			fingerprint_head(fd, generation->coding, &head, NULL), 0);
		generation_set_head(generation, &head);
	}
	close(fd);
}

static int open_now(struct err *err)
{
	int rc = reading_open(generation, &prefix, 1, err);

	assert_int_equal(generation->reading != NULL, rc == 0);
	return rc;
}

static void open_it(void)
{
	find("a.log");
	assert_int_equal(open_now(NULL), 0);
}

static enum reading_result step(void)
{
	struct err err;

	return reading_step(generation, buffer, 1, see, NULL, &err);
}

static void read_all(void)
{
	while (step() == READING_DATA)
		;
}

static void came(const char *want)
{
	assert_string_equal(seen.data, want);
	buf_clear(&seen);
}

static void flushed(const char *want)
{
	room = SIZE_MAX;
	assert_true(reading_flush(generation, false, 1, see, NULL));
	came(want);
}

/* As the state is saved, and the file opened by the next run. */
static int reopen(void)
{
	struct reading *reading = generation->reading;
	struct err err = { 0 };
	struct buf open;
	int rc;

	buf_init(&open, 2 << 20);
	assert_true(reading_is_safe(generation));
	assert_true(log_parser_save(reading->parser, &open));
	generation->tail_len = reading->tail_len;
	generation->tail_hash = fingerprint_hash(reading->tail, reading->tail_len);
	reading_close(reading);
	generation->reading = NULL;
	generation->open_entries_len = open.len;
	generation->open_entries = buf_take(&open);
	rc = open_now(&err);
	return rc < 0 ? (int)err.kind : 0;
}

static void lines_come_as_they_are_written(void **state)
{
	(void)state;
	append(E "[7] LOG:  one\n" E "[7] LOG:  two\n" E "[7] LOG:  th");
	open_it();
	assert_int_equal(step(), READING_DATA);
	came("one\n");
	assert_int_equal(step(), READING_END);
	assert_true(generation->reading->at_end);
	append("ree\n" E "[7] LOG:  four\n");
	read_all();
	came("two\nthree\n");
	flushed("four\n");
	assert_int_equal(step(), READING_END);
}

static void offset_and_tail_are_of_what_was_taken(void **state)
{
	char line[100], all[200000] = "";
	size_t len = 0;

	(void)state;
	append("x\n");
	open_it();
	read_all();
	strcpy(all, "x\n");
	len = 2;
	for (unsigned i = 0; i < 300; i++) {
		size_t want;

		snprintf(line, sizeof(line), E "[7] LOG:  %u %.*s\n", i, (int)(i % 40),
			"0123456789012345678901234567890123456789");
		append(line);
		if (i % 3 == 0)
			append("half");
		read_all();
		strcpy(all + len, line);
		len += strlen(line);
		assert_int_equal(generation->offset, len);
		want = len < FINGERPRINT_BYTES ? len : FINGERPRINT_BYTES;
		assert_int_equal(generation->reading->tail_len, want);
		assert_memory_equal(generation->reading->tail, all + len - want, want);
		assert_int_equal(generation->head_len, generation->reading->head_len);
		if (i % 7 == 0) {
			assert_int_equal(reopen(), 0);
			assert_int_equal(generation->reading->tail_len, want);
		}
		if (i % 3 == 0) {
			append("\n");
			strcpy(all + len, "half\n");
			len += 5;
			read_all();
		}
	}
	assert_true(generation->head_len == FINGERPRINT_BYTES);
}

static void each_line_comes_once_wherever_blocks_end(void **state)
{
	/* Sizes around a block and around what an unfinished line may have. */
	static const size_t sizes[] = { 3, 100, LINE_PIECE_BYTES - 1, LINE_PIECE_BYTES,
		LINE_PIECE_BYTES + 1, 2 * LINE_PIECE_BYTES, READ_BLOCK_BYTES - 1,
		READ_BLOCK_BYTES, READ_BLOCK_BYTES + 1, READ_BUFFER_BYTES + 5 };
	char *text = malloc(3 * READ_BUFFER_BYTES);

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++)
		for (size_t full = 0; full < 2; full++) {
			enum reading_result result;
			struct buf want;
			size_t n = 0;

			buf_init(&want, 1 << 20);
			buf_adds(&want, "");
			write_at("a.log", "", O_TRUNC);
			/* As many short lines as bring the long one to a block's end. */
			for (size_t left = READ_BLOCK_BYTES - 7; left > 40; n++) {
				size_t len = (size_t)sprintf(text, "%zu stray\n", n);

				append(text);
				buf_add(&want, text, len);
				left -= len < left ? len : left;
			}
			memset(text, 'x', sizes[i] - 1);
			strcpy(text + sizes[i] - 1, "\nlast\n");
			append(text);
			buf_add(&want, text, sizes[i] < 200 ? sizes[i] - 1 : 200);
			buf_adds(&want, "\nlast\n");
			generation_free(generation);
			generation = NULL;
			open_it();
			do {
				room = full ? 1 : SIZE_MAX;
				result = step();
			} while (result == READING_DATA || result == READING_FULL);
			assert_int_equal(result, READING_END);
			/* What is open of the long line is a later piece of it. */
			flushed(want.data);
			assert_int_equal(generation->offset, generation->disk_bytes);
			buf_release(&want);
		}
	free(text);
}

static void a_sink_that_is_full_at_the_last_line_is_full(void **state)
{
	(void)state;
	append("one\n");
	open_it();
	room = 1;
	assert_int_equal(step(), READING_FULL);
	came("one\n");
	assert_int_equal(generation->offset, 4);
	append("two\nthree\n");
	room = 1;
	assert_int_equal(step(), READING_FULL);
	came("two\n");
	assert_true(generation->reading->sink_full);
	/* No more is read while some wait. */
	append("four\n");
	room = 1;
	assert_int_equal(step(), READING_FULL);
	came("three\n");
	room = 2;
	assert_int_equal(step(), READING_DATA);
	assert_int_equal(step(), READING_END);
	came("four\n");
}

static void a_flush_goes_on_where_the_sink_was_full(void **state)
{
	(void)state;
	append("one\ntwo\nthree\n" E "[7] LOG:  four\n" E "[8] LOG:  five\nsi");
	open_it();
	room = 1;
	assert_int_equal(step(), READING_FULL);
	for (int i = 0; i < 4; i++) {
		room = 1;
		assert_false(reading_flush(generation, true, 1, see, NULL));
	}
	came("one\ntwo\nthree\nsi\nfour\n");
	room = 2;
	assert_true(reading_flush(generation, true, 1, see, NULL));
	came("five\n");
	assert_int_equal(generation->offset, generation->disk_bytes);
}

static void an_unfinished_line_is_flushed_and_continued(void **state)
{
	(void)state;
	append(E "[7] LOG:  one\n" E "[7] LOG:  half of i");
	open_it();
	read_all();
	flushed("one\nhalf of i\n");
	assert_int_equal(generation->offset, generation->disk_bytes);
	assert_int_equal(reopen(), 0);
	append("t\n" E "[7] LOG:  next\n");
	read_all();
	flushed("continued t\nnext\n");
}

static void an_unfinished_record_is_read_again_after_a_reopen(void **state)
{
	static const char head[] =
		TIME ",\"u\",\"d\",10,\"[local]\",5f.1,1,\"SELECT\"," TIME
		     ",3/4,0,LOG,00000,\"one\n";

	(void)state;
	append("x\n");
	append(head);
	append("half of ");
	open_it();
	read_all();
	came("x\n");
	assert_int_equal(generation->offset, 2);
	flushed("");
	assert_int_equal(generation->offset, 2);
	assert_int_equal(reopen(), 0);
	read_all();
	came("");
	append("it\n\",,,,,,,,,\"psql\",\"client backend\",,0\n");
	read_all();
	came("one/half of it/\n");
	assert_int_equal(reopen(), 0);
	append("y\n");
	read_all();
	came("y\n");
	assert_int_equal(reopen(), 0);
}

static void open_entries_survive_a_reopen(void **state)
{
	(void)state;
	append(E "[7] ERROR:  one\n");
	open_it();
	read_all();
	assert_int_equal(reopen(), 0);
	append(E "[7] STATEMENT:  SELECT 1\n" E "[7] LOG:  two\n");
	read_all();
	flushed("one\ntwo\n");
}

static void saved_entries_come_out_without_their_file(void **state)
{
	(void)state;
	append(E "[7] ERROR:  one\n" E "[8] LOG:  two\n");
	open_it();
	read_all();
	assert_int_equal(reopen(), 0);
	/* As it is after a restart. */
	reading_close(generation->reading);
	generation->reading = NULL;
	assert_true(reading_hand_on_saved(generation, &prefix, 1, see, NULL));
	came(""); /* they went to the parser that was just closed */

	generation_free(generation);
	generation = NULL;
	open_it();
	read_all();
	{
		struct buf open;

		buf_init(&open, 2 << 20);
		assert_true(log_parser_save(generation->reading->parser, &open));
		reading_close(generation->reading);
		generation->reading = NULL;
		generation->open_entries_len = open.len;
		generation->open_entries = buf_take(&open);
	}
	room = 1;
	assert_false(reading_hand_on_saved(generation, &prefix, 1, see, NULL));
	came("one\n");
	room = 2;
	assert_true(reading_hand_on_saved(generation, &prefix, 1, see, NULL));
	came("two\n");
	assert_null(generation->open_entries);
}

static void what_is_closed_is_known_again_by_its_tail(void **state)
{
	static const char *const texts[] = { "x\n", E "[7] LOG:  one\n", "half",
		TIME ",\"u\",\"d\",10,\"[local]\",5f.1,1,\"SELECT\"," TIME
		     ",3/4,0,LOG,00000,\"half\nand\n" };

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		uint64_t want, is = 0;
		struct stat st;
		int fd;

		write_at("a.log", "a line\n", O_TRUNC);
		generation_free(generation);
		generation = NULL;
		open_it();
		read_all();
		append(texts[i]);
		read_all();
		assert_true(reading_flush(generation, true, 1, see, NULL));
		reading_close(generation->reading);
		generation->reading = NULL;
		assert_int_equal(generation->offset, 7 + strlen(texts[i]));
		assert_int_equal(log_file_open(generation->path, &fd, &st, NULL), 0);
		assert_int_equal(fingerprint_tail(fd, LOG_CODING_PLAIN,
					 generation->offset, &want, NULL),
			0);
		close(fd);
		check(texts[i], generation_tail(generation, &is) && is == want);
	}
}

static void another_file_is_refused(void **state)
{
	static const struct {
		const char *when, *text;
	} cases[] = {
		{ "begins otherwise", "ANOTHER\nlog\n" },
		{ "shorter than what was read", "the sam" },
		{ "other text before the offset",
			"the same beginning\nother text\nand more\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		write_at("a.log", "the same beginning\nwhat was read\n", O_TRUNC);
		generation_free(generation);
		generation = NULL;
		open_it();
		generation_set_head(
			generation, &(struct head){ .len = 8,
					    .hash = fingerprint_hash("the same", 8) });
		read_all();
		generation->head_len = 7;
		generation->head_hash = fingerprint_hash("the sam", 7);
		write_at("a.log", cases[i].text, O_TRUNC);
		check(cases[i].when, reopen() == ERR_REJECT);
		buf_clear(&seen);
	}
	/* The inode alone: the same text, another file. */
	write_at("a.log", "the same beginning\nwhat was read\n", O_TRUNC);
	generation_free(generation);
	generation = NULL;
	open_it();
	read_all();
	write_at("b.log", "the same beginning\nwhat was read\n", O_TRUNC);
	{
		char a[200], b[200];

		snprintf(a, sizeof(a), "%s/a.log", dir);
		snprintf(b, sizeof(b), "%s/b.log", dir);
		assert_int_equal(rename(b, a), 0);
		assert_int_equal(reopen(), ERR_REJECT);
		assert_int_equal(unlink(a), 0);
	}
	{
		struct err err = { 0 };

		assert_int_equal(open_now(&err), -1);
		assert_int_equal(err.kind, ERR_RETRY);
	}
}

static void what_is_read_after_a_truncation_counts_as_unread(void **state)
{
	(void)state;
	append("the first line\nthe second\n");
	open_it();
	read_all();
	came("the first line\nthe second\n");
	/* Truncated and longer by now, then as it was. */
	write_at("a.log", "ANOTHER first line\nand a second\nand a third\n", O_TRUNC);
	assert_int_equal(step(), READING_OTHER);
	assert_int_equal(step(), READING_OTHER);
	came("");
	assert_false(reading_holds(generation));
	assert_int_equal(log_reader_offset(generation->reading->reader), 26);
	write_at("a.log", "the first line\nthe second\nthe third\n", O_TRUNC);
	assert_true(reading_holds(generation));
	read_all();
	came("the third\n");
	/* Shorter by now. */
	write_at("a.log", "the first line\n", O_TRUNC);
	assert_int_equal(step(), READING_OTHER);
	came("");
}

static void it_goes_on_in_the_new_place(void **state)
{
	(void)state;
	append("one\ntwo\nth");
	write_at("b.log", "one\ntwo\nthree\nfour\n", O_TRUNC);
	open_it();
	read_all();
	write_at("a.log", "", O_TRUNC);
	find("b.log");
	assert_int_equal(reading_reopen(generation, NULL), 0);
	read_all();
	came("one\ntwo\nthree\nfour\n");
	find("a.log");
	assert_int_equal(reading_reopen(generation, NULL), -1); /* b.log is read on */
	write_at("b.log", "five\n", O_APPEND);
	find("b.log");
	read_all();
	came("five\n");
}

static void a_long_line_is_not_to_be_saved_in(void **state)
{
	char *text = malloc(READ_BLOCK_BYTES + 1);

	(void)state;
	memset(text, 'x', READ_BLOCK_BYTES);
	text[READ_BLOCK_BYTES] = '\0';
	append("one\n");
	append(text);
	open_it();
	read_all();
	assert_false(reading_is_safe(generation));
	room = SIZE_MAX;
	assert_true(reading_flush(generation, false, 1, see, NULL));
	assert_true(reading_is_safe(generation));
	assert_int_equal(generation->offset, 4 + READ_BLOCK_BYTES);
	assert_int_equal(reopen(), 0);
	buf_clear(&seen);
	append("rest\ntwo\n");
	read_all();
	flushed("continued rest\ntwo\n");
	free(text);
}

#define READING_TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		READING_TEST(lines_come_as_they_are_written),
		READING_TEST(offset_and_tail_are_of_what_was_taken),
		READING_TEST(each_line_comes_once_wherever_blocks_end),
		READING_TEST(a_sink_that_is_full_at_the_last_line_is_full),
		READING_TEST(a_flush_goes_on_where_the_sink_was_full),
		READING_TEST(an_unfinished_line_is_flushed_and_continued),
		READING_TEST(an_unfinished_record_is_read_again_after_a_reopen),
		READING_TEST(open_entries_survive_a_reopen),
		READING_TEST(saved_entries_come_out_without_their_file),
		READING_TEST(what_is_closed_is_known_again_by_its_tail),
		READING_TEST(another_file_is_refused),
		READING_TEST(what_is_read_after_a_truncation_counts_as_unread),
		READING_TEST(it_goes_on_in_the_new_place),
		READING_TEST(a_long_line_is_not_to_be_saved_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
