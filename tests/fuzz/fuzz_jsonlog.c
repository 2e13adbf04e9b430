/* links: logtail/logtail.a */
/* jsonlog: however a log is cut into pieces, the same comes out of it. The last
 * byte chooses how long the first piece of a line is, and the cuts behind it. */
#include "fuzz.h"

#include "logtail/jsonlog.h"
#include "tests/unit/record_run.h"

/* Is what the entry says of its texts true? */
static void check_known(const struct entry *entry)
{
	uint32_t known = UINT32_C(1) << ENTRY_MESSAGE;
	size_t len = 0;

	for (int i = 0; i < ENTRY_TEXTS; i++) {
		known |= (uint32_t)(entry->text[i].len > 0) << i;
		len += entry->text[i].len;
	}
	must(!entry->known || (entry->known == known && entry->len >= len));
}

static enum run_result take(
	void *reader, const struct line_piece *piece, struct entry *ret_entry)
{
	enum record_result result = jsonlog_take(reader, piece, ret_entry);

	if (result == RECORD_ENTRY)
		check_known(ret_entry);
	return (enum run_result)result;
}

static enum run_result finish(void *reader, struct entry *ret_entry)
{
	return (enum run_result)jsonlog_finish(reader, ret_entry);
}

static bool is_open(const void *reader)
{
	return jsonlog_is_open(reader);
}

static struct slice raw(const void *reader, uint64_t *ret_cut_bytes)
{
	return jsonlog_raw(reader, ret_cut_bytes);
}

static size_t feed(void *reader, const char *data, size_t len, struct entry *ret_entry)
{
	return jsonlog_feed(reader, data, len, ret_entry);
}

static const struct run_format format_of_log = { LINE_PIECE_BYTES, NULL, take, finish,
	is_open, raw, feed };

static void run(const char *log, size_t len, size_t head, enum run_cuts cuts,
	uint64_t seed, struct buf *out)
{
	struct run_format format = format_of_log;
	static struct jsonlog *reader; /* nothing of one log may show in the next */

	if (!reader)
		reader = jsonlog_new();
	must(reader);
	format.head = head;
	buf_init(out, 16 << 20);
	buf_adds(out, "");
	run_log(&format, reader, log, len, cuts, seed, out);
	must(!jsonlog_is_open(reader));
	must(!out->failed);
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
		must(whole.len == cut.len && memcmp(whole.data, cut.data, cut.len) == 0);
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
