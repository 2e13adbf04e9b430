/* links: logtail/logtail.a */
/*
 * A stderr log gives the same entries whether its state is carried over on the way or not and wherever
 * a line that comes in pieces is cut, and whether the usual lines are fed fast; it keeps no more than
 * it may, and no line ends more than two.
 *
 * The first byte chooses the prefix. In the rest \1 makes a line that is too long for one piece, \2
 * saves and restores after its line, \3 is a silence after it.
 */
#include "fuzz.h"

#include <math.h>

#include "buf.h"
#include "logtail/stderr_log.h"

static const char *const prefixes[] = { "", "%m [%p] ", "%m [%p] %q%u@%d ", "%p ", "%m ",
	"%u@%d [%p] ", "%t %-5u %c " };

struct output {
	struct buf text;
	size_t entries;
};

static void add_number(struct buf *out, uint64_t n)
{
	buf_addf(out, "%llu ", (unsigned long long)n);
}

static void add_slice(struct buf *out, const struct slice *slice)
{
	buf_addc(out, slice->s ? '+' : '-');
	if (slice->s)
		buf_add(out, slice->s, slice->len);
	buf_addc(out, '\0');
}

static bool collect(void *context, const struct entry *entry)
{
	struct output *output = context;
	size_t bytes = 0;

	must(entry->text[ENTRY_MESSAGE].s);
	must(entry->level <= LEVEL_UNPARSED);
	for (size_t i = 0; i < ENTRY_TEXTS; i++) {
		add_slice(&output->text, &entry->text[i]);
		bytes += entry->text[i].len;
	}
	must(bytes <= ENTRY_KEEP_BYTES + 4096);
	add_slice(&output->text, &entry->level_text);
	add_slice(&output->text, &entry->time);
	add_number(&output->text, entry->level);
	add_number(&output->text, (uint64_t)entry->pid);
	add_number(&output->text, entry->cut_bytes);
	add_number(&output->text, entry->continued + 2 * entry->suspect);
	output->entries++;
	return true;
}

static struct stderr_log *carry_over(struct stderr_log *log, const struct prefix *prefix)
{
	struct stderr_log *fresh = stderr_log_new(prefix);
	struct buf saved;

	buf_init(&saved, (size_t)8 << 20);
	must(stderr_log_save(log, &saved));
	must(saved.len <= STDERR_KEEP_BYTES + 2048 * (STDERR_OPEN_MAX + 1));
	must(stderr_log_restore(fresh, saved.data, saved.len, 0));
	buf_release(&saved);
	stderr_log_free(log);
	return fresh;
}

static void take(struct stderr_log *log, const char *s, size_t len, bool begins,
	bool ends, struct output *output)
{
	struct line_piece piece = { s, len, begins, ends };
	char *exact = malloc(len + 1); /* a byte too many would be seen */
	size_t before = output->entries;

	memcpy(exact + 1, s, len);
	piece.s = exact + 1;
	stderr_log_take(log, &piece, 0, collect, output);
	must(output->entries - before <= 2);
	free(exact);
}

/* A line in pieces: the first has its full size, the others `cut`. */
static void take_line(struct stderr_log *log, const char *s, size_t len, size_t cut,
	struct output *output)
{
	size_t at = len < LINE_PIECE_BYTES ? len : LINE_PIECE_BYTES;

	take(log, s, at, true, at == len, output);
	while (at < len) {
		size_t n = len - at < cut ? len - at : cut;

		take(log, s + at, n, false, at + n == len, output);
		at += n;
	}
}

/* The usual lines before the next that is not as it stands here. */
static size_t feed(
	struct stderr_log *log, const char *s, size_t len, struct output *output)
{
	size_t n = 0;
	char *exact;
	bool more;

	while (n < len && (s[n] < '\1' || s[n] > '\3'))
		n++;
	exact = malloc(n + 1); /* a byte too many would be seen */
	memcpy(exact + 1, s, n);
	n = stderr_log_feed(log, exact + 1, n, 0, collect, output, &more);
	free(exact);
	must(more && (n == 0 || s[n - 1] == '\n'));
	return n;
}

static void run(const char *s, size_t len, const struct prefix *prefix, bool carry,
	size_t cut, bool fast, struct output *output)
{
	struct stderr_log *log = stderr_log_new(prefix);
	size_t long_len = 150000;
	char *line = malloc(len + long_len);

	buf_init(&output->text, (size_t)256 << 20);
	output->entries = 0;
	for (const char *end; len > 0; len -= (size_t)(end - s), s = end) {
		size_t n = fast ? feed(log, s, len, output) : 0;

		s += n;
		len -= n;
		if (len == 0)
			break;
		end = memchr(s, '\n', len);
		end = end ? end + 1 : s + len;
		n = (size_t)(end - s) - (end[-1] == '\n');
		memcpy(line, s, n);
		if (memchr(s, '\1', n)) {
			memset(line + n, 'x', long_len);
			n += long_len;
		}
		take_line(log, line, n, cut, output);
		if (carry && memchr(line, '\2', n))
			log = carry_over(log, prefix);
		if (memchr(line, '\3', n))
			stderr_log_silence(log, INFINITY, collect, output);
	}
	must(stderr_log_silence(log, INFINITY, collect, output));
	must(stderr_log_oldest(log) == INFINITY);
	must(!output->text.failed);
	stderr_log_free(log);
	free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct output one, other;
	struct prefix prefix;
	size_t longs = 0;

	if (len < 2)
		return 0;
	for (size_t i = 0; i < len; i++)
		longs += data[i] == '\1';
	if (longs > 6)
		return 0;
	prefix_compile(prefixes[data[0] % (sizeof(prefixes) / sizeof(prefixes[0]))],
		&prefix, NULL);
	run((const char *)data + 1, len - 1, &prefix, false, SIZE_MAX, false, &one);
	for (int fast = 0; fast < 2; fast++) {
		run((const char *)data + 1, len - 1, &prefix, !fast,
			500 + data[1] * (size_t)97, fast, &other);
		must(one.text.len == other.text.len);
		must(one.text.len == 0 ||
			memcmp(one.text.data, other.text.data, one.text.len) == 0);
		buf_release(&other.text);
	}
	buf_release(&one.text);

	struct stderr_log *log = stderr_log_new(&prefix);

	if (stderr_log_restore(log, (const char *)data, len, 0)) {
		take(log, "\tx", 2, true, true, &one);
		stderr_log_silence(log, INFINITY, collect, &one);
	}
	buf_release(&one.text);
	stderr_log_free(log);
	return 0;
}
