/* links: logtail/logtail.a */
/* stderr_log_feed() does to the usual lines what stderr_log_take() does, and leaves it the others. */
#include "unit.h"

#include <math.h>

#include "buf.h"
#include "logtail/stderr_log.h"

#define T "2026-01-02 03:04:05.678 UTC "
#define LONG "a_name_of_thirty_three_characters"

/* Beginnings of lines: '#' stands for a process id. */
static const struct {
	const char *prefix;
	const char *heads[12];
	unsigned percent; /* that stderr_log_feed() takes, at least */
} forms[] = {
	{ "%m [%p] %q%u@%d ",
		{ T "[#] ", T "[#] a@b ", T "[#] a_sixteen_letter@b ", T "[#] LOG@b ",
			T "[#] " LONG "@" LONG " ", T "[#] [unknown]@[unknown] ",
			T "[#] a\tb@c ", T "[#] a\x7f@c ", T "[#] \xc3\xa4@\xff ",
			T "[#] evil\n", T "[#] x@y@z ", T "[#] @ " },
		10 },
	{ "%m [%p] ",
		{ T "[#] ", "2026-01-02 03:04:05.678 +0530 [#] ",
			"2026-01-02 03:04:05.678 Ab-3 [#] ", T "[1234567#] ",
			T "[12345678901#] ", T "[] ", T "[#]" },
		10 },
	{ "%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ",
		{ "2026-01-02 03:04:05 UTC [#]: [7-1] user=a,db=b,app=psql,client=::1 ",
			"2026-01-02 03:04:05 UTC [#]: [123456789-1] user=,db=,app=,client= ",
			"2026-01-02 03:04:05 UTC [#]: [7-1] user=a,db=b,app=a b c d e f g h, "
			"i,client=10.0.0.1 " },
		1 },
	{ "%t [%p] %q%u=%d=%a= ",
		{ "2026-01-02 03:04:05 UTC [#] a=b=psql= ",
			"2026-01-02 03:04:05 UTC [#] === ",
			"2026-01-02 03:04:05 UTC [#] ",
			"2026-01-02 03:04:05 UTC [#] a=b=a b c d e f g h, i= " },
		10 },
	{ "%m %c %x <%v> %q%r %Q ",
		{ T "65bd1234.# 0 <> ", T "65bd1234.# 12 <3/4> 10.0.0.1(52) 0 ",
			T "65bd1234.# 12 <> [local] -1234567890123456789 " },
		10 },
	{ "%u@%d %m [%p] ", { "a@b " T "[#] ", "a@b " T "[#]" }, 0 },
	{ "%m [%-8p] %u ", { T "[#       ] a ", T "[#     ] a " }, 1 },
};

static const char *const words[] = { "LOG:  ", "LOG:  ", "ERROR:  ", "WARNING:  ",
	"DETAIL:  ", "STATEMENT:  ", "HINT:  ", "LOCATION:  ", "QUERY:  ", "CONTEXT:  ",
	"BACKTRACE:  ", "FEHLER:  ", "HINWEIS:  ", "LOG:", "DETAIL: ", "NOTE:  ", "" };

static const char *const texts[] = { "", "@b FATAL:  x", "@", " a@b LOG:  made up",
	" at character 15", "f, a.c:12", "a.c:12", "42P01: no", "\tx", "x: y" };

static const size_t lens[] = { 0, 1, 14, 15, 16, 17, 30, 31, 32, 33, 47, 48, 49, 63, 64,
	65, 100, 300 };
static const size_t long_lens[] = { LINE_PIECE_BYTES - 1, LINE_PIECE_BYTES,
	LINE_PIECE_BYTES - 100, ENTRY_KEEP_BYTES / 4, 5000 };

static unsigned next(unsigned *seed, unsigned n)
{
	*seed = *seed * 1103515245 + 12345;
	return (*seed >> 16) % n;
}

static void add_x(struct buf *log, size_t n)
{
	while (n-- > 0)
		buf_addc(log, (char)('a' + n % 26));
}

static void add_text(struct buf *log, unsigned *seed)
{
	unsigned kind = next(seed, 400);

	add_x(log, kind == 0 ? long_lens[next(seed, COUNT(long_lens))]
			     : lens[next(seed, COUNT(lens))]);
	if (kind % 8 == 1)
		buf_adds(log, texts[next(seed, COUNT(texts))]);
	buf_addc(log, '\n');
}

static void add_line(struct buf *log, size_t form, unsigned *seed)
{
	unsigned kind = next(seed, 40), heads = 0, pids = kind % 3 ? 3 : 60;
	const char *head;

	if (kind < 15) {
		buf_addc(log, '\t');
		add_text(log, seed);
		return;
	}
	if (kind == 15) {
		add_text(log, seed);
		return;
	}
	while (heads < COUNT(forms[form].heads) && forms[form].heads[heads])
		heads++;
	head = forms[form].heads[kind < 30 ? 0 : next(seed, heads)];
	for (; *head; head++)
		if (*head == '#')
			buf_addf(log, "%u", 1 + next(seed, pids));
		else
			buf_addc(log, *head);
	if (log->data[log->len - 1] == '\n')
		return;
	buf_adds(log, words[next(seed, kind < 35 ? 6 : COUNT(words))]);
	add_text(log, seed);
}

static void add_slice(struct buf *out, const char *name, const struct slice *slice)
{
	if (!slice->s)
		return;
	buf_adds(out, name);
	buf_add(out, slice->s, slice->len);
}

/* Everything that is told of an entry. */
static bool show(void *context, const struct entry *entry)
{
	struct buf *out = context;
	uint32_t known = UINT32_C(1) << ENTRY_MESSAGE;
	size_t len = 0;

	for (size_t i = 0; i < ENTRY_TEXTS; i++) {
		known |= (uint32_t)(entry->text[i].len > 0) << i;
		len += entry->text[i].len;
	}
	assert_int_equal(entry->known, known);
	assert_true(entry->len >= len);
	buf_addf(out, "%d %lld %x %zu %llu %d %d", (int)entry->level,
		(long long)entry->pid, (unsigned)entry->known, entry->len,
		(unsigned long long)entry->cut_bytes, entry->continued, entry->suspect);
	add_slice(out, " time=", &entry->time);
	add_slice(out, " level=", &entry->level_text);
	for (size_t i = 0; i < ENTRY_TEXTS; i++) {
		char name[16];

		snprintf(name, sizeof(name), " %zu=", i);
		add_slice(out, name, &entry->text[i]);
	}
	buf_addc(out, '\n');
	return true;
}

static bool show_until_full(void *context, const struct entry *entry)
{
	show(context, entry);
	return ((struct buf *)context)->len % 7 > 0;
}

/* One line by stderr_log_take(), in pieces if need be. */
static size_t take_line(
	struct stderr_log *log, const char *s, size_t len, struct buf *out)
{
	size_t line = (size_t)((const char *)memchr(s, '\n', len) - s);
	size_t n = line < LINE_PIECE_BYTES ? line : LINE_PIECE_BYTES;
	struct line_piece piece = { s, n, true, n < LINE_PIECE_BYTES };

	stderr_log_take(log, &piece, 1, show, out);
	if (!piece.ends) {
		piece = (struct line_piece){ s + n, line - n, false, true };
		stderr_log_take(log, &piece, 1, show, out);
	}
	return line + 1;
}

/* As much as goes of a window, exactly as large as it is said to be; returns the bytes taken. */
static size_t feed_window(
	struct stderr_log *log, const char *s, size_t len, struct buf *out)
{
	char *exact = malloc(len + 1);
	size_t n;
	bool more;

	memcpy(exact + 1, s, len);
	n = stderr_log_feed(log, exact + 1, len, 1, show_until_full, out, &more);
	free(exact);
	assert_true(n == 0 || s[n - 1] == '\n');
	return n;
}

static size_t run(size_t form, const struct buf *text, unsigned seed, struct buf *out)
{
	struct prefix prefix;
	struct stderr_log *log;
	const struct stderr_counts *counts;
	size_t at = 0, fed = 0;

	buf_init(out, (size_t)64 << 20);
	assert_int_equal(prefix_compile(forms[form].prefix, &prefix, NULL), 0);
	log = stderr_log_new(&prefix);
	while (at < text->len) {
		if (seed > 0) {
			size_t left = text->len - at, n = next(&seed, 3000) * 40;

			n = feed_window(log, text->data + at, n < left ? n : left, out);
			fed += n;
			at += n;
		}
		if (at < text->len)
			at += take_line(log, text->data + at, text->len - at, out);
	}
	counts = stderr_log_counts(log);
	buf_addf(out, "%llu %llu %llu %s\n", (unsigned long long)counts->fitting,
		(unsigned long long)counts->stray, (unsigned long long)counts->misfits,
		counts->example);
	assert_true(stderr_log_save(log, out));
	assert_true(stderr_log_silence(log, INFINITY, show, out));
	assert_false(out->failed);
	stderr_log_free(log);
	return fed;
}

static void both_ways_give_the_same(void **state)
{
	(void)state;
	for (size_t form = 0; form < COUNT(forms); form++) {
		for (unsigned seed = 1; seed <= 5; seed++) {
			unsigned step = seed;
			struct buf text, slow, fast;
			size_t fed;

			buf_init(&text, (size_t)64 << 20);
			for (int i = 0; i < 2000; i++)
				add_line(&text, form, &step);
			run(form, &text, 0, &slow);
			fed = run(form, &text, seed, &fast);
			assert_int_equal(slow.len, fast.len);
			assert_memory_equal(slow.data, fast.data, slow.len);
			check(forms[form].prefix,
				fed >= text.len / 100 * forms[form].percent);
			check(forms[form].prefix, (fed > 0) == (forms[form].percent > 0));
			buf_release(&text);
			buf_release(&slow);
			buf_release(&fast);
		}
	}
}

/* A section's last lines, around the bytes that it may have, and what comes after them. */
static void what_is_too_long_is_cut_at_the_same_byte(void **state)
{
	(void)state;
	for (size_t last = 0; last < 40; last++) {
		struct buf text, slow, fast;

		buf_init(&text, (size_t)1 << 20);
		buf_adds(&text, T "[7] LOG:  ");
		for (size_t left = ENTRY_KEEP_BYTES / 2 - 20; left > 0;) {
			size_t n = left < 60000 ? left : 60000;

			add_x(&text, n - 2);
			buf_adds(&text, "\n\t");
			left -= n;
		}
		add_x(&text, last);
		buf_adds(&text, "\n\tx\n" T "[8] LOG:  ");
		add_x(&text, 100);
		buf_adds(&text, "\n");
		run(1, &text, 0, &slow);
		assert_true(run(1, &text, 0x10000, &fast) > 0);
		assert_int_equal(slow.len, fast.len);
		assert_memory_equal(slow.data, fast.data, slow.len);
		buf_release(&text);
		buf_release(&slow);
		buf_release(&fast);
	}
}

/* A section with the prefix of an entry that has left is no part of it. */
static void what_comes_late_is_continued(void **state)
{
	static const char head[] = T "[7] LOG:  a text of more than a few bytes\n" T
				     "[7] HINT:  a text of more than a few bytes\n";
	static const char late[] = T
		"[7] DETAIL:  a text of more bytes than the usual way looks at before it ends, "
		"and then it goes on\n";
	char padded[1024];

	(void)state;
	for (int fast = 0; fast < 2; fast++) {
		struct prefix prefix;
		struct stderr_log *log;
		struct buf out;
		bool more;

		buf_init(&out, 1 << 20);
		assert_int_equal(prefix_compile("%m [%p] ", &prefix, NULL), 0);
		log = stderr_log_new(&prefix);
		for (size_t at = 0; at < strlen(head);)
			at += take_line(log, head + at, strlen(head) - at, &out);
		assert_true(stderr_log_silence(log, INFINITY, show, &out));
		buf_clear(&out);
		snprintf(padded, sizeof(padded), "%s%s", late, late);
		if (fast)
			assert_int_equal(stderr_log_feed(log, padded, strlen(padded), 1,
						 show, &out, &more),
				strlen(late));
		else
			take_line(log, late, strlen(late), &out);
		assert_true(stderr_log_silence(log, INFINITY, show, &out));
		assert_memory_equal(out.data, "1 7 ", 4);
		assert_non_null(strstr(out.data, " 1 0 time=")); /* continued */
		assert_null(strstr(out.data, "few bytes"));
		buf_release(&out);
		stderr_log_free(log);
	}
}

/* It stops with the line that filled the receiver. */
static bool refuse(void *context, const struct entry *entry)
{
	(void)entry;
	++*(unsigned *)context;
	return false;
}

static void a_full_receiver_ends_it(void **state)
{
	static const char line[] = T "[7] LOG:  a\n";
	struct prefix prefix;
	struct stderr_log *log;
	struct buf text;
	unsigned count = 0;
	bool more;

	(void)state;
	buf_init(&text, 1 << 20);
	for (int i = 0; i < 10; i++)
		buf_adds(&text, line);
	assert_int_equal(prefix_compile("%m [%p] ", &prefix, NULL), 0);
	log = stderr_log_new(&prefix);
	assert_int_equal(
		stderr_log_feed(log, text.data, text.len, 1, refuse, &count, &more),
		2 * strlen(line));
	assert_false(more);
	assert_int_equal(count, 1);
	buf_release(&text);
	stderr_log_free(log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ways_give_the_same),
		cmocka_unit_test(what_is_too_long_is_cut_at_the_same_byte),
		cmocka_unit_test(what_comes_late_is_continued),
		cmocka_unit_test(a_full_receiver_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
