#include "reading.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"

/* Of log_parser_save(): see stderr_log.h. */
#define SAVED_MAX_BYTES ((size_t)2 << 20)

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Is fd the file that was seen, and does it hold what was read of it? */
static int verify_open(const struct generation *generation, int fd, const struct stat *st,
	struct err *err)
{
	struct head head;
	uint64_t tail_hash;

	if (st->st_dev != generation->dev || st->st_ino != generation->ino ||
		log_coding_of(fd) != generation->coding)
		return err_set(
			err, ERR_REJECT, "%s: another file by now", generation->path);
	if (generation->head_len == 0)
		return 0;
	if (fingerprint_head(fd, generation->coding, &head, err) < 0)
		return -1;
	if (!generation_has_head(generation, &head))
		return err_set(
			err, ERR_REJECT, "%s: begins otherwise by now", generation->path);
	if (generation->coding != LOG_CODING_PLAIN ||
		generation->tail_len < least(generation->offset, FINGERPRINT_BYTES) ||
		generation->tail_len == 0)
		return 0;
	if (fingerprint_tail(
		    fd, generation->coding, generation->offset, &tail_hash, err) < 0)
		return -1;
	if (tail_hash != generation->tail_hash)
		return err_set(
			err, ERR_REJECT, "%s: holds other text by now", generation->path);
	return 0;
}

static void load_head(struct generation *generation, int fd)
{
	struct reading *reading = generation->reading;
	struct head head;

	if (generation->coding != LOG_CODING_PLAIN ||
		reading->head_len == FINGERPRINT_BYTES ||
		fingerprint_head(fd, LOG_CODING_PLAIN, &head, NULL) < 0 ||
		head.len <= reading->head_len ||
		memcmp(head.bytes, reading->head, reading->head_len) != 0)
		return;
	memcpy(reading->head, head.bytes, head.len);
	reading->head_len = head.len;
	generation_set_head(generation, &head);
}

static void load_tail(struct generation *generation, int fd)
{
	struct reading *reading = generation->reading;
	size_t len = (size_t)least(generation->offset, FINGERPRINT_BYTES);

	reading->tail_len = 0;
	if (generation->coding == LOG_CODING_PLAIN && len > 0 &&
		pread(fd, reading->tail, len, (off_t)(generation->offset - len)) ==
			(ssize_t)len)
		reading->tail_len = len;
}

void reading_keep_tail(struct generation *generation)
{
	const struct reading *reading = generation->reading;

	generation->tail_len = reading->tail_len;
	generation->tail_hash = fingerprint_hash(reading->tail, reading->tail_len);
}

static int open_reader(
	struct generation *generation, struct log_reader **ret_reader, struct err *err)
{
	struct stat st;
	int fd;

	if (log_file_open(generation->path, &fd, &st, err) < 0)
		return -1;
	if (verify_open(generation, fd, &st, err) < 0) {
		close(fd);
		return -1;
	}
	return log_reader_open(
		fd, generation->coding, generation->offset, ret_reader, err);
}

static int make_parser(struct generation *generation, const struct prefix *prefix,
	double now_s, struct err *err)
{
	struct reading *reading = generation->reading;

	reading->parser = log_parser_new(prefix);
	if (!reading->parser)
		return err_set(err, ERR_RETRY, "out of memory");
	if (generation->open_entries &&
		!log_parser_restore(reading->parser, generation->open_entries,
			generation->open_entries_len, now_s))
		log_line(LOG_ERROR,
			"%s: what was open when the last run ended could not be read from the "
			"state: an entry may be lost",
			generation->path);
	free(generation->open_entries);
	generation->open_entries = NULL;
	return 0;
}

int reading_open(struct generation *generation, const struct prefix *prefix, double now_s,
	struct err *err)
{
	struct reading *reading = calloc(1, sizeof(*reading));

	if (!reading)
		return err_set(err, ERR_RETRY, "out of memory");
	generation->reading = reading;
	buf_init(&reading->rest, READ_BUFFER_BYTES);
	reading->taken = generation->offset;
	reading->last_data_s = now_s;
	if (open_reader(generation, &reading->reader, err) < 0 ||
		make_parser(generation, prefix, now_s, err) < 0) {
		reading_close(reading);
		generation->reading = NULL;
		return -1;
	}
	load_head(generation, log_reader_fd(reading->reader));
	load_tail(generation, log_reader_fd(reading->reader));
	return 0;
}

void reading_close(struct reading *reading)
{
	if (!reading)
		return;
	log_reader_close(reading->reader);
	log_parser_free(reading->parser);
	buf_release(&reading->rest);
	free(reading);
}

int reading_reopen(struct generation *generation, struct err *err)
{
	struct reading *reading = generation->reading;
	uint64_t offset = generation->offset;
	struct log_reader *reader;
	int rc;

	/* The parser has its open record in memory already. */
	generation->offset = reading->taken;
	generation->tail_len = 0;
	rc = open_reader(generation, &reader, err);
	generation->offset = offset;
	if (rc < 0)
		return -1;
	log_reader_close(reading->reader);
	reading->reader = reader;
	buf_clear(&reading->rest);
	reading->sink_full = false;
	reading->at_end = false;
	reading->failed = false;
	return 0;
}

bool reading_holds(const struct generation *generation)
{
	const struct reading *reading = generation->reading;
	int fd = log_reader_fd(reading->reader);
	char head[FINGERPRINT_BYTES];
	struct stat st;

	if (generation->coding != LOG_CODING_PLAIN)
		return true;
	if (fstat(fd, &st) < 0 ||
		(uint64_t)st.st_size < log_reader_offset(reading->reader))
		return false;
	return pread(fd, head, reading->head_len, 0) == (ssize_t)reading->head_len &&
	       memcmp(head, reading->head, reading->head_len) == 0;
}

/* The bytes before the offset that can be saved, from the chunk just taken. */
static void note_safe(struct generation *generation, const char *data, size_t taken)
{
	struct reading *reading = generation->reading;
	size_t unsaved = log_parser_unsaved(reading->parser), safe, old;

	if (unsaved > taken)
		return; /* a record that began earlier, or a line too long to wait for */
	safe = taken - unsaved;
	if (safe >= FINGERPRINT_BYTES) {
		memcpy(reading->tail, data + safe - FINGERPRINT_BYTES, FINGERPRINT_BYTES);
		reading->tail_len = FINGERPRINT_BYTES;
	} else if (generation->offset == reading->taken) {
		old = reading->tail_len;
		if (old + safe > FINGERPRINT_BYTES) {
			memmove(reading->tail,
				reading->tail + old + safe - FINGERPRINT_BYTES,
				FINGERPRINT_BYTES - safe);
			old = FINGERPRINT_BYTES - safe;
		}
		memcpy(reading->tail + old, data, safe);
		reading->tail_len = old + safe;
	} else {
		reading->tail_len = 0; /* some of it is not at hand any more */
	}
	generation->offset = reading->taken + safe;
}

/* The sink, and whether it said that it is full: that may be at the very last line. */
struct outlet {
	entry_sink *sink;
	void *context;
	bool full;
};

static bool hand_on(void *context, const struct entry *entry)
{
	struct outlet *outlet = context;

	outlet->full |= !outlet->sink(outlet->context, entry);
	return !outlet->full;
}

static void feed(struct generation *generation, const char *data, size_t len,
	double now_s, struct outlet *outlet)
{
	struct reading *reading = generation->reading;
	size_t taken =
		log_parser_feed(reading->parser, data, len, now_s, hand_on, outlet);

	note_safe(generation, data, taken);
	reading->taken += taken;
	buf_clear(&reading->rest);
	buf_add(&reading->rest, data + taken, len - taken);
	reading->sink_full = memchr(data + taken, '\n', len - taken) ||
			     len - taken >= LINE_PIECE_BYTES;
}

/* What was read just now may be another generation's: it counts as unread. */
static void take_back(struct generation *generation, size_t n)
{
	struct reading *reading = generation->reading;
	uint64_t end = log_reader_offset(reading->reader);
	struct log_reader *reader;
	int fd;

	if (n == 0)
		return;
	fd = fcntl(log_reader_fd(reading->reader), F_DUPFD_CLOEXEC, 0);
	if (fd < 0 || log_reader_open(fd, LOG_CODING_PLAIN, end - n, &reader, NULL) < 0)
		return;
	log_reader_close(reading->reader);
	reading->reader = reader;
}

enum reading_result reading_step(struct generation *generation, char *buffer,
	double now_s, entry_sink *sink, void *context, struct err *err)
{
	struct reading *reading = generation->reading;
	struct outlet outlet = { sink, context, false };
	size_t len = reading->rest.len;
	ssize_t n = 0;

	if (reading->rest.failed) {
		err_set(err, ERR_RETRY, "%s: out of memory", generation->path);
		return READING_FAILED;
	}
	if (len > 0)
		memcpy(buffer, reading->rest.data, len);
	if (!reading->sink_full) {
		n = log_reader_read(reading->reader, buffer + len, READ_BLOCK_BYTES, err);
		if (n < 0)
			return READING_FAILED;
		if (!reading_holds(generation)) {
			take_back(generation, (size_t)n);
			return READING_OTHER;
		}
		reading->at_end = n == 0;
		if (n == 0)
			return READING_END;
		reading->last_data_s = now_s;
		load_head(generation, log_reader_fd(reading->reader));
	}
	feed(generation, buffer, len + (size_t)n, now_s, &outlet);
	return outlet.full ? READING_FULL : READING_DATA;
}

/* The lines that the sink had no room for, when nothing more is to be read. */
static void feed_rest(struct generation *generation, double now_s, struct outlet *outlet)
{
	struct reading *reading = generation->reading;
	struct buf lines = reading->rest;

	buf_init(&reading->rest, READ_BUFFER_BYTES);
	feed(generation, lines.data, lines.len, now_s, outlet);
	buf_release(&lines);
}

bool reading_flush(struct generation *generation, bool finish, double now_s,
	entry_sink *sink, void *context)
{
	struct reading *reading = generation->reading;
	struct outlet outlet = { sink, context, false };
	size_t taken;

	if (reading->sink_full)
		feed_rest(generation, now_s, &outlet);
	if (outlet.full)
		return false;
	if (reading->rest.len > 0 || !reading_is_safe(generation)) {
		taken = log_parser_break(reading->parser, reading->rest.data,
			reading->rest.len, now_s, finish, hand_on, &outlet);
		note_safe(generation, reading->rest.data, taken);
		reading->taken += taken;
		if (taken > 0)
			buf_clear(&reading->rest);
	}
	if (!outlet.full && finish)
		log_parser_finish(reading->parser, hand_on, &outlet);
	else if (!outlet.full)
		log_parser_silence(reading->parser, INFINITY, hand_on, &outlet);
	if (!outlet.full && log_parser_unsaved(reading->parser) == 0 &&
		generation->offset != reading->taken) {
		generation->offset = reading->taken;
		load_tail(generation, log_reader_fd(reading->reader));
	}
	reading_keep_tail(generation);
	return !outlet.full;
}

bool reading_is_safe(const struct generation *generation)
{
	const struct reading *reading = generation->reading;

	return !reading || log_parser_unsaved(reading->parser) != SIZE_MAX;
}

bool reading_hand_on_saved(struct generation *generation, const struct prefix *prefix,
	double now_s, entry_sink *sink, void *context)
{
	struct log_parser *parser;
	struct buf left;
	bool done;

	if (!generation->open_entries)
		return true;
	parser = log_parser_new(prefix);
	if (!parser)
		return false;
	log_parser_restore(
		parser, generation->open_entries, generation->open_entries_len, now_s);
	done = log_parser_finish(parser, sink, context);
	buf_init(&left, SAVED_MAX_BYTES);
	if (!done)
		log_parser_save(parser, &left);
	log_parser_free(parser);
	free(generation->open_entries);
	generation->open_entries_len = left.len;
	generation->open_entries = left.len > 0 ? buf_take(&left) : NULL;
	return done;
}
