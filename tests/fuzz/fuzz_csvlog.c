/* links: logtail/logtail.a */
/* csvlog: however a log is cut into pieces, the same comes out of it. The last
 * byte chooses how long the first piece of a line is, and the cuts behind it.
 * What begins a record is compared with a plain reading, and what an entry tells of its texts with them.
 * Whole lines are read another way than pieces; pieces of any length are compared
 * with them, too, but where a record is torn: there the first one decides. */
#include "fuzz.h"

#include "logtail/csvlog.h"
#include "tests/unit/csvlog_plain.h"
#include "tests/unit/record_run.h"

static enum run_result take(
	void *reader, const struct line_piece *piece, struct entry *ret_entry)
{
	enum record_result result = csvlog_take(reader, piece, ret_entry);

	must(result != RECORD_ENTRY || plain_known(ret_entry));
	return (enum run_result)result;
}

static enum run_result finish(void *reader, struct entry *ret_entry)
{
	enum record_result result = csvlog_finish(reader, ret_entry);

	must(result != RECORD_ENTRY || plain_known(ret_entry));
	return (enum run_result)result;
}

static bool starts(const char *line, size_t len)
{
	bool is = csvlog_starts(line, len);

	must(is == plain_starts(line, len));
	return is;
}

static bool is_open(const void *reader)
{
	return csvlog_is_open(reader);
}

static struct slice raw(const void *reader, uint64_t *ret_cut_bytes)
{
	return csvlog_raw(reader, ret_cut_bytes);
}

static size_t feed(void *reader, const char *data, size_t len, struct entry *ret_entry)
{
	size_t taken = csvlog_feed(reader, data, len, ret_entry);

	must(taken == 0 || plain_known(ret_entry));
	return taken;
}

static const struct run_format format_of_log = { LINE_PIECE_BYTES, starts, take, finish,
	is_open, raw, feed };

static void run(const char *log, size_t len, size_t head, enum run_cuts cuts,
	uint64_t seed, struct buf *out)
{
	struct run_format format = format_of_log;
	static struct csvlog *reader; /* nothing of one log may show in the next */

	if (!reader)
		reader = csvlog_new();
	must(reader);
	format.head = head;
	buf_init(out, 16 << 20);
	buf_adds(out, "");
	run_log(&format, reader, log, len, cuts, seed, out);
	must(!csvlog_is_open(reader));
	must(!out->failed);
}

static bool is_torn(const struct buf *out)
{
	return memmem(out->data, out->len, "torn: ", 6) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint64_t seed = len > 0 ? data[len - 1] + 1U : 1;
	size_t head = 2 * (size_t)seed;
	struct buf whole, cut;

	run((const char *)data, len, head, RUN_WHOLE, 1, &whole);
	for (unsigned i = 0; i < 4; i++) {
		run((const char *)data, len, head, i < 2 ? RUN_ANYWHERE : RUN_AS_LINES,
			seed + 256 * i, &cut);
		if (i >= 2 || (!is_torn(&whole) && !is_torn(&cut)))
			must(whole.len == cut.len &&
				memcmp(whole.data, cut.data, cut.len) == 0);
		buf_release(&cut);
	}
	buf_release(&whole);
	run((const char *)data, len, LINE_PIECE_BYTES, RUN_WHOLE, 1, &whole);
	run((const char *)data, len, LINE_PIECE_BYTES, RUN_FED, seed, &cut);
	must(whole.len == cut.len && memcmp(whole.data, cut.data, cut.len) == 0);
	buf_release(&cut);
	buf_release(&whole);
	return 0;
}
