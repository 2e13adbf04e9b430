/* links: logtail/logtail.a */
#include "unit.h"

#include <math.h>

#include "buf.h"
#include "logtail/stderr_log.h"

#define DEBIAN "%m [%p] %q%u@%d "
/* Longer than what names can reach. */
#define Y "the sentence of the server's own that follows the names goes on for a while"
#define T "2026-01-02 03:04:05.678 UTC "
#define U "2026-01-02 03:04:05.679 UTC "
#define L "a_name_that_is_as_long_as_a_few_words"

/* An entry as a line: level, pid, names, flags, then its sections. Newlines are written as "/". */
struct seen {
	struct buf text;
	size_t room; /* entries until full */
	size_t count, most_bytes, most_cut;
};

static void show(struct buf *out, const char *label, const struct slice *text)
{
	if (!text->s)
		return;
	buf_adds(out, label);
	for (size_t i = 0; i < text->len; i++)
		buf_addc(out, text->s[i] == '\n' ? '/' : text->s[i]);
}

static bool see(void *context, const struct entry *entry)
{
	static const struct {
		enum entry_text text;
		const char *label;
	} sections[] = {
		{ ENTRY_DETAIL, "|D:" },
		{ ENTRY_HINT, "|H:" },
		{ ENTRY_INTERNAL_QUERY, "|Q:" },
		{ ENTRY_CONTEXT, "|C:" },
		{ ENTRY_STATEMENT, "|S:" },
		{ ENTRY_FUNC_NAME, "|fn:" },
		{ ENTRY_FILE_NAME, "|file:" },
		{ ENTRY_FILE_LINE_NUM, "|line:" },
		{ ENTRY_BACKTRACE, "|B:" },
		{ ENTRY_STATE_CODE, "|code:" },
		{ ENTRY_INTERNAL_POSITION, "|at of query:" },
		{ ENTRY_CURSOR_POSITION, "|at:" },
	};
	struct seen *seen = context;
	struct buf *out = &seen->text;
	size_t bytes = 0;

	assert_non_null(entry->text[ENTRY_MESSAGE].s);
	buf_adds(out, level_names[entry->level]);
	show(out, "=", &entry->level_text);
	if (entry->pid)
		buf_addf(out, " %d", (int)entry->pid);
	show(out, " u=", &entry->text[ENTRY_USER]);
	show(out, " d=", &entry->text[ENTRY_DATABASE]);
	if (entry->continued)
		buf_adds(out, " continued");
	if (entry->suspect)
		buf_adds(out, " suspect");
	if (entry->cut_bytes)
		buf_addf(out, " cut=%llu", (unsigned long long)entry->cut_bytes);
	show(out, " |", &entry->text[ENTRY_MESSAGE]);
	for (size_t i = 0; i < COUNT(sections); i++)
		show(out, sections[i].label, &entry->text[sections[i].text]);
	buf_addc(out, '\n');
	for (size_t i = 0; i < ENTRY_TEXTS; i++)
		bytes += entry->text[i].len;
	if (bytes > seen->most_bytes)
		seen->most_bytes = bytes;
	if (entry->cut_bytes > seen->most_cut)
		seen->most_cut = entry->cut_bytes;
	return ++seen->count < seen->room;
}

static void seen_init(struct seen *seen)
{
	*seen = (struct seen){ .room = SIZE_MAX };
	buf_init(&seen->text, (size_t)64 << 20);
	buf_adds(&seen->text, "");
}

static struct stderr_log *log_of(const char *log_line_prefix)
{
	struct prefix prefix;
	struct stderr_log *log;

	assert_int_equal(prefix_compile(log_line_prefix, &prefix, NULL), 0);
	log = stderr_log_new(&prefix);
	assert_non_null(log);
	return log;
}

/* Pieces as lines.h has them: the first is whole, up to its size; later ones end where a cut is. */
static void feed(
	struct stderr_log *log, const char *s, size_t len, size_t cut, struct seen *seen)
{
	size_t at = 0, left = cut;

	while (at < len) {
		const char *nl = memchr(s + at, '\n', len - at);
		size_t end = nl ? (size_t)(nl - s) : len, n = end - at;
		struct line_piece piece = { s + at, n, true, nl != NULL };

		if (n > LINE_PIECE_BYTES)
			piece = (struct line_piece){ s + at, LINE_PIECE_BYTES, true,
				false };
		stderr_log_take(log, &piece, 1, see, seen);
		for (at += piece.len; !piece.ends && at < end;) {
			n = left < end - at ? left : end - at;
			left = cut;
			piece = (struct line_piece){ s + at, n, false,
				nl && at + n == end };
			stderr_log_take(log, &piece, 1, see, seen);
			at += n;
		}
		at += nl != NULL;
	}
}

static void feed_text(struct stderr_log *log, const char *text, struct seen *seen)
{
	feed(log, text, strlen(text), 9, seen);
}

static struct line_piece piece_of(const char *s, bool begins, bool ends)
{
	return (struct line_piece){ s, strlen(s), begins, ends };
}

static const struct {
	const char *when, *prefix, *log, *want;
} cases[] = {
	{ "one entry with all sections", "%m [%p] ",
		T "[7] ERROR:  m\n" T "[7] DETAIL:  d\n" T "[7] HINT:  h\n" T
		  "[7] QUERY:  q\n" T "[7] CONTEXT:  c\n" T "[7] LOCATION:  f, a.c:12\n" T
		  "[7] BACKTRACE:  \n\tb1\n\tb2\n" T "[7] STATEMENT:  s\n",
		"ERROR 7 |m|D:d|H:h|Q:q|C:c|S:s|fn:f|file:a.c|line:12|B:/b1/b2\n" },
	{ "continuations", "%m [%p] ",
		T "[7] LOG:  a\n\tb\n\t\tc\n\t\n\td\n" T "[7] STATEMENT:  x\n\ty\n",
		"LOG 7 |a/b/\tc//d|S:x/y\n" },
	{ "processes in between", "%m [%p] ",
		T "[7] ERROR:  a\n" T "[8] LOG:  b\n" T "[7] STATEMENT:  s\n\tt\n" T
		  "[8] DETAIL:  d\n" T "[7] LOG:  c\n",
		"ERROR 7 |a|S:s/t\nLOG 8 |b|D:d\nLOG 7 |c\n" },
	{ "no process ids: each severity ends the last", "%m ",
		T "ERROR:  a\n" T "STATEMENT:  s\n" T "LOG:  b\n" T "DETAIL:  d\n",
		"ERROR |a|S:s\nLOG |b|D:d\n" },
	{ "the session id tells processes apart", "%c ",
		"5f00.a LOG:  a\n5f00.b LOG:  b\n5f00.a DETAIL:  d\n",
		"LOG 10 |a|D:d\nLOG 11 |b\n" },
	{ "no prefix at all", "", "LOG:  a\n\tb\nDETAIL:  d\nLOG:  c\n",
		"LOG |a/b|D:d\nLOG |c\n" },
	{ "stray lines leave at once and end nothing", "%m [%p] ",
		T "[7] LOG:  a\ncp: no such file\n" T "[7] DETAIL:  d\n",
		"UNPARSED |cp: no such file\nLOG 7 |a|D:d\n" },
	{ "a TAB after a stray line is its own", "%m [%p] ",
		T "[7] LOG:  a\ntrace\n\tat x\n\tat y\n" T "[7] DETAIL:  d\n\te\n",
		"UNPARSED |trace\nUNPARSED continued |at x\n"
		"UNPARSED continued |at y\nLOG 7 |a|D:d/e\n" },
	{ "a TAB before everything", "%m [%p] ", "\tx\n" T "[7] LOG:  a\n",
		"UNPARSED continued |x\nLOG 7 |a\n" },
	{ "a section before everything", "%m [%p] ",
		T "[7] DETAIL:  d\n\te\n" T "[7] HINT:  h\n",
		"UNPARSED 7 continued ||D:d/e|H:h\n" },
	{ "empty lines", "%m [%p] ", "\n" T "[7] LOG:  a\n\n\tb\n\n", "LOG 7 |a/b\n" },
	{ "a section twice", "%m [%p] ",
		T "[7] LOG:  a\n" T "[7] DETAIL:  d\n" T "[7] HINT:  h\n" T
		  "[7] DETAIL:  e\n\tf\n" T "[7] CONTEXT:  c\n" T "[7] HINT:  i\n",
		"LOG 7 |a|D:d/e/f|H:h/i|C:c\n" },
	{ "location without a function", "%m [%p] ",
		T "[7] LOG:  a\n" T "[7] LOCATION:  a.c:12\n",
		"LOG 7 |a|file:a.c|line:12\n" },
	{ "location that is none", "%m [%p] ",
		T "[7] LOG:  a\n" T "[7] LOCATION:  somewhere:\n",
		"LOG 7 |a|fn:somewhere:\n" },
	{ "the SQLSTATE of a verbose log, and nothing of it in the next entry",
		"%m [%p] ",
		T "[7] ERROR:  42P01: no x at character 15\n" T
		  "[7] LOCATION:  f, a.c:12\n" T "[7] LOG:  b\n",
		"ERROR 7 |no x|fn:f|file:a.c|line:12|code:42P01|at:15\nLOG 7 |b\n" },
	{ "without a location it is the message's", "%m [%p] ",
		T "[7] ERROR:  42P01: no x\n", "ERROR 7 |42P01: no x\n" },
	{ "what is no SQLSTATE", "%m [%p] ",
		T "[7] LOG:  ABCDE: x\n" T "[7] LOCATION:  a.c:1\n" T
		  "[8] LOG:  42p01: x\n" T "[8] LOCATION:  a.c:1\n" T
		  "[9] LOG:  42P01 x\n" T "[9] LOCATION:  a.c:1\n" T
		  "[10] LOG:  42P01:\n" T "[10] LOCATION:  a.c:1\n",
		"LOG 7 |ABCDE: x|file:a.c|line:1\nLOG 8 |42p01: x|file:a.c|line:1\n"
		"LOG 9 |42P01 x|file:a.c|line:1\nLOG 10 |42P01:|file:a.c|line:1\n" },
	{ "positions", "%m [%p] ",
		T "[7] WARNING:  a at character 1\n" T
		  "[7] STATEMENT:  s at character 2\n" T
		  "[8] ERROR:  b at character 23\n" T "[8] QUERY:  q\n",
		"WARNING 7 |a|S:s at character 2|at:1\n"
		"ERROR 8 |b|Q:q|at of query:23\n" },
	{ "what is no position", "%m [%p] ",
		T "[7] LOG:  a at character 1\n" T "[8] ERROR:  b at character x\n" T
		  "[9] ERROR:  at character 1\n" T "[10] ERROR:  c at character 1.\n",
		"LOG 7 |a at character 1\nERROR 8 |b at character x\n"
		"ERROR 9 |at character 1\nERROR 10 |c at character 1.\n" },
	{ "sections with the same time and with another", DEBIAN,
		T "[7] u@d LOG:  a\n" T "[7] u@d DETAIL:  d\n\te\n" U
		  "[7] u@d HINT:  h\n" T "[7] u@d STATEMENT:  s\n",
		"LOG 7 u=u d=d |a|D:d/e|H:h|S:s\n" },
	{ "a time is no process", "%p %m ",
		"7 " T "LOG:  a\n8 " T "LOG:  b\n7 " T "HINT:  h\n8 " T "HINT:  i\n8 " T
		"HINT:  j\n",
		"LOG 7 |a|H:h\nLOG 8 |b|H:i/j\n" },
	{ "a severity in another language after the same prefix", "%m [%p] ",
		T "[7] LOG:  a\n" T "[7] FEHLER:  b\n", "LOG 7 |a\nERROR=FEHLER 7 |b\n" },
	{ "translated words", "%m [%p] ",
		T "[7] FEHLER:  a\n" T "[7] ANWEISUNG:  s\n" T "[7] LOG:  b\n",
		"ERROR=FEHLER 7 |a|S:s\nLOG 7 |b\n" },
	{ "names", DEBIAN, T "[7] LOG:  a\n" T "[8] u@d LOG:  b\n" T "[7] LOG:  c\n",
		"LOG 7 |a\nLOG 8 u=u d=d |b\nLOG 7 |c\n" },
	{ "an empty message", "%m [%p] ", T "[7] LOG:  \n", "LOG 7 |\n" },
	/* forged */
	{ "a newline in a user's name", DEBIAN,
		T "[7] x\n" T "[1] PANIC:  fake@d FATAL:  role \"x\n\t" T
		  "[1] PANIC:  fake\" does not exist\n",
		"UNPARSED suspect |" T
		"[7] x\nPANIC 1 suspect |fake@d FATAL:  role \"x/" T
		"[1] PANIC:  fake\" does not exist\n" },
	{ "several newlines", DEBIAN,
		T "[7] x\n" T "[1] LOG:  a\n" T "[1] LOG:  b\nc@d FATAL:  e\n",
		"UNPARSED suspect |" T "[7] x\nLOG 1 suspect |a\n"
		"UNPARSED suspect |c@d FATAL:  e\nLOG 1 suspect |b\n" },
	{ "a forged section joins no one", DEBIAN,
		T "[1] LOG:  a\n" T "[7] x\n" T "[1] DETAIL:  fake@d FATAL:  " Y "\n" T
		  "[1] HINT:  h\n",
		"UNPARSED suspect |" T "[7] x\nLOG 1 |a|H:h\n"
		"UNPARSED 1 continued suspect ||D:fake@d FATAL:  " Y "\n" },
	{ "a forged entry ends no one", DEBIAN,
		T "[1] LOG:  a\n" T "[7] x\n" T "[1] LOG:  fake@d FATAL:  " Y "\n" T
		  "[1] HINT:  h\n",
		"UNPARSED suspect |" T
		"[7] x\nLOG 1 |a|H:h\nLOG 1 suspect |fake@d FATAL:  " Y "\n" },
	{ "forged without a newline", DEBIAN, T "[7] LOG:  fake@d FATAL:  no such role\n",
		"LOG 7 suspect |fake@d FATAL:  no such role\n" },
	{ "a section forged without a newline", DEBIAN,
		T "[7] u@d LOG:  a\n" T "[7] u@d DETAIL:  x@d FATAL:  y\n" T
		  "[7] u@d HINT:  h\n",
		"LOG 7 u=u d=d |a|H:h\n"
		"UNPARSED 7 u=u d=d continued suspect ||D:x@d FATAL:  y\n" },
	{ "control characters anywhere in long names", DEBIAN,
		T "[7] " L "\x7f@d LOG:  x\n" T "[8] u@" L "\x1f LOG:  y\n" T "[9] " L
		  "@" L " LOG:  \x1f z\n",
		"LOG 7 u=" L "\x7f d=d suspect |x\nLOG 8 u=u d=" L "\x1f suspect |y\n"
		"LOG 9 u=" L " d=" L " |\x1f z\n" },
	{ "and in the middle of them", DEBIAN,
		T "[7] a_longer_name_of_a\x7f_user_who_has_one@d LOG:  x and some more\n",
		"LOG 7 u=a_longer_name_of_a\x7f_user_who_has_one d=d suspect |x and some more\n" },
	{ "also where names are always there", "%m [%p] %u@%d ",
		T "[7] u@d LOG:  fake@e FATAL:  no such role\n",
		"LOG 7 u=u d=d suspect |fake@e FATAL:  no such role\n" },
	{ "a control character in a name", DEBIAN, T "[7] a\rb@d LOG:  x\n",
		"LOG 7 u=a\rb d=d suspect |x\n" },
	{ "a TAB in a forged line joins no one", DEBIAN,
		T "[1] LOG:  a\n" T "[7] x\n\tfake@d FATAL:  y\n" T "[1] HINT:  h\n",
		"UNPARSED suspect |" T
		"[7] x\nUNPARSED continued suspect |fake@d FATAL:  y\n"
		"LOG 1 |a\nUNPARSED 1 continued suspect ||H:h\n" },
	{ "what a name can't reach is not suspect", DEBIAN,
		T "[7] x\n" T "[1] LOG:  fake@d FATAL:  role \"x\n\t"
		  "[1] LOG:  fake\" does not exist, as this sentence goes on to say\n" T
		  "[8] LOG:  genuine\n",
		"UNPARSED suspect |" T "[7] x\nLOG 1 suspect |fake@d FATAL:  role \"x/"
		"[1] LOG:  fake\" does not exist, as this sentence goes on to say\n"
		"LOG 8 |genuine\n" },
	{ "a section that is not suspect joins an entry that is", DEBIAN,
		T "[7] x\n" T "[8] LOG:  a\n\t" Y Y "\n" T "[8] HINT:  h\n",
		"UNPARSED suspect |" T "[7] x\nLOG 8 suspect |a/" Y Y "|H:h\n" },
	{ "other strangers make nobody suspect", DEBIAN,
		"cp: cannot stat\n2026 x\n" T "no pid\n" T "[1] LOG:  a\n",
		"UNPARSED |cp: cannot stat\nUNPARSED |2026 x\nUNPARSED |" T
		"no pid\nLOG 1 |a\n" },
	{ "what is too long for names neither", DEBIAN,
		T "[7] " Y Y "\n" T "[7] LOG:  a@" Y " FATAL:  x\n",
		"UNPARSED |" T "[7] " Y Y "\nLOG 7 |a@" Y " FATAL:  x\n" },
	{ "nor words in a message", DEBIAN,
		T "[7] FATAL:  could not connect to a@b: FATAL:  starting up\n" T
		  "[8] LOG:  x ERROR:  y\n",
		"FATAL 7 suspect |could not connect to a@b: FATAL:  starting up\n"
		"LOG 8 |x ERROR:  y\n" },
	{ "no names, no forging", "%m [%p] ", T "[7] x\n" T "[1] LOG:  a@b LOG:  c\n",
		"UNPARSED |" T "[7] x\nLOG 1 |a@b LOG:  c\n" },
	{ "an empty section within another", "%m [%p] ",
		T "[7] ERROR:  a\n" T "[7] QUERY:  b\n" T "[7] LOCATION:  \n" T
		  "[7] QUERY:  c\n",
		"ERROR 7 |a|Q:b/c|fn:\n" },
	{ "names between blanks", "%m [%p] %u %d ",
		T "[7] u d FATAL:  no stream: ERROR:  gone\n",
		"FATAL 7 u=u d=d |no stream: ERROR:  gone\n" },
	{ "a prefix that begins with a name", "%u@%d [%p] ", "x\nu@d [7] LOG:  a\n",
		"UNPARSED |x\nLOG 7 u=u d=d |a\n" },
};

/* The same log in a parser made anew. */
static struct stderr_log *restart(struct stderr_log *log, const char *log_line_prefix)
{
	struct stderr_log *fresh = log_of(log_line_prefix);
	struct buf saved;

	buf_init(&saved, (size_t)4 << 20);
	assert_true(stderr_log_save(log, &saved));
	assert_true(stderr_log_restore(fresh, saved.data, saved.len, 1));
	buf_release(&saved);
	stderr_log_free(log);
	return fresh;
}

static void lines_become_entries(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct stderr_log *log = log_of(cases[i].prefix);
		struct seen seen;

		seen_init(&seen);
		feed(log, cases[i].log, strlen(cases[i].log), 9, &seen);
		stderr_log_silence(log, INFINITY, see, &seen);
		check_string(cases[i].when, seen.text.data, cases[i].want);
		buf_release(&seen.text);
		stderr_log_free(log);
	}
}

/* The state is carried over after every line: nothing changes. */
static void a_restart_changes_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct stderr_log *log = log_of(cases[i].prefix);
		const char *end, *at = cases[i].log;
		struct seen seen;

		seen_init(&seen);
		for (; *at; at = end + 1) {
			end = strchr(at, '\n');
			feed(log, at, (size_t)(end - at) + 1, 9, &seen);
			log = restart(log, cases[i].prefix);
		}
		stderr_log_silence(log, INFINITY, see, &seen);
		check_string(cases[i].when, seen.text.data, cases[i].want);
		buf_release(&seen.text);
		stderr_log_free(log);
	}
}

static void what_is_silent_leaves_and_goes_on_marked(void **state)
{
	static const char *const lines[] = { T "[7] FEHLER:  a\n", T "[8] LOG:  b\n",
		"\tb2\n", T "[7] STATEMENT:  s\n", "\tt\n", T "[9] HINT:  h\n" };
	struct stderr_log *log = log_of("%m [%p] ");
	struct seen seen;

	(void)state;
	seen_init(&seen);
	assert_true(stderr_log_oldest(log) == INFINITY);
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct line_piece piece = { lines[i], strlen(lines[i]) - 1, true, true };

		stderr_log_take(log, &piece, (double)i, see, &seen);
		assert_true(stderr_log_oldest(log) == (double)i);
		assert_true(stderr_log_silence(log, (double)i, see, &seen));
		assert_true(stderr_log_oldest(log) == (double)i);
		assert_true(stderr_log_silence(log, i + 0.5, see, &seen));
		assert_true(stderr_log_oldest(log) == INFINITY);
	}
	assert_string_equal(seen.text.data, "ERROR=FEHLER 7 |a\nLOG 8 |b\n"
					    "LOG 8 continued |b2\n"
					    "ERROR 7 continued ||S:s\n"
					    "ERROR 7 continued ||S:t\n"
					    "UNPARSED 9 continued ||H:h\n");
	buf_release(&seen.text);
	stderr_log_free(log);
}

static void silence_within_a_line_does_not_lose_the_rest(void **state)
{
	static const struct line_piece pieces[] = {
		{ T "[7] LOG:  ab", sizeof(T) - 1 + 12, true, false },
		{ "cd", 2, false, false },
		{ "ef", 2, false, true },
		{ "stray", 5, true, false },
		{ "gh", 2, false, false },
		{ "ij", 2, false, true },
		{ "\tkl", 3, true, true },
	};
	struct stderr_log *log = log_of("%m [%p] ");
	struct seen seen;
	struct buf saved;

	(void)state;
	seen_init(&seen);
	buf_init(&saved, 1 << 20);
	for (size_t i = 0; i < COUNT(pieces); i++) {
		stderr_log_take(log, &pieces[i], 1, see, &seen);
		assert_true(stderr_log_save(log, &saved) == pieces[i].ends);
		if (i % 3 == 1)
			stderr_log_silence(log, INFINITY, see, &seen);
	}
	stderr_log_silence(log, INFINITY, see, &seen);
	assert_string_equal(seen.text.data, "LOG 7 |abcd\nLOG 7 continued |ef\n"
					    "UNPARSED |straygh\n"
					    "UNPARSED continued |ij\n"
					    "UNPARSED continued |kl\n");
	buf_release(&saved);
	buf_release(&seen.text);
	stderr_log_free(log);
}

static void a_line_not_yet_written_makes_nobody_suspect(void **state)
{
	struct line_piece pieces[] = {
		piece_of(T "[7] us", true, false),
		piece_of("er@d LOG:  a", false, true),
		piece_of(T "[8] LOG:  b", true, true),
	};
	struct stderr_log *log = log_of(DEBIAN);
	struct seen seen;

	(void)state;
	seen_init(&seen);
	for (size_t i = 0; i < COUNT(pieces); i++) {
		stderr_log_take(log, &pieces[i], 1, see, &seen);
		stderr_log_silence(log, INFINITY, see, &seen);
	}
	assert_string_equal(seen.text.data, "UNPARSED |" T "[7] us\n"
					    "UNPARSED continued |er@d LOG:  a\n"
					    "LOG 8 |b\n");
	buf_release(&seen.text);
	stderr_log_free(log);
}

static void old_entries_leave_when_others_go_on(void **state)
{
	struct stderr_log *log = log_of("%m [%p] ");
	struct seen seen;
	char line[80];

	(void)state;
	seen_init(&seen);
	for (int pid = 1; pid <= 1000; pid++) {
		snprintf(line, sizeof(line), T "[%d] LOG:  a\n", pid);
		feed_text(log, line, &seen);
		assert_int_equal(
			seen.count, pid > STDERR_OPEN_MAX ? pid - STDERR_OPEN_MAX : 0);
	}
	/* The last but 31 others can still be joined, the one before only continued. */
	snprintf(line, sizeof(line), T "[%d] HINT:  h\n", 1000 - STDERR_OPEN_MAX);
	feed_text(log, line, &seen);
	snprintf(line, sizeof(line), T "[%d] HINT:  h\n", 1000 - STDERR_OPEN_MAX + 3);
	feed_text(log, line, &seen);
	stderr_log_silence(log, INFINITY, see, &seen);
	snprintf(line, sizeof(line), "LOG %d |a|H:h\n", 1000 - STDERR_OPEN_MAX + 3);
	assert_non_null(strstr(seen.text.data, line));
	snprintf(line, sizeof(line), "UNPARSED %d continued ||H:h\n",
		1000 - STDERR_OPEN_MAX);
	assert_non_null(strstr(seen.text.data, line));
	assert_int_equal(seen.count, 1001);
	buf_release(&seen.text);
	stderr_log_free(log);
}

static void they_leave_as_soon_after_a_restart(void **state)
{
	struct stderr_log *log = log_of("%m [%p] ");
	struct seen seen;

	(void)state;
	seen_init(&seen);
	feed_text(log, T "[3] LOG:  a\n" T "[1] LOG:  a\n", &seen);
	log = restart(log, "%m [%p] ");
	for (int i = 0; i < STDERR_OPEN_MAX; i++) {
		assert_null(strstr(seen.text.data, "LOG 1 |a\n"));
		feed_text(log, T "[2] LOG:  b\n", &seen);
	}
	assert_non_null(strstr(seen.text.data, "LOG 1 |a\n"));
	buf_release(&seen.text);
	stderr_log_free(log);
}

static void a_full_receiver_gets_no_more(void **state)
{
	struct stderr_log *log = log_of("%m [%p] ");
	struct line_piece next = piece_of(T "[1] LOG:  x", true, true);
	struct seen seen;

	(void)state;
	seen_init(&seen);
	feed_text(log, T "[1] LOG:  a\n" T "[2] LOG:  b\n" T "[3] LOG:  c\n", &seen);
	seen.room = 1;
	assert_false(stderr_log_take(log, &next, 1, see, &seen));
	seen.room = 3;
	assert_false(stderr_log_silence(log, INFINITY, see, &seen));
	assert_int_equal(seen.count, 3);
	seen.room = 9;
	assert_true(stderr_log_silence(log, INFINITY, see, &seen));
	assert_string_equal(seen.text.data, "LOG 1 |a\nLOG 2 |b\nLOG 3 |c\nLOG 1 |x\n");
	buf_release(&seen.text);
	stderr_log_free(log);
}

/* Sections of any size, and how much of each is kept. */
static void long_entries_keep_the_head_of_each_section(void **state)
{
	struct stderr_log *log = log_of("%m [%p] ");
	size_t size = 400000, half = ENTRY_KEEP_BYTES / 2;
	char *x = malloc(size + 1), want[100];
	struct seen seen;

	(void)state;
	memset(x, 'x', size);
	x[size] = '\n';
	seen_init(&seen);
	feed_text(log, T "[7] LOG:  m", &seen); /* no end yet */
	for (size_t at = 0; at < size; at += 1000) {
		struct line_piece piece = { x + at, 1000, false, at + 1000 == size };

		stderr_log_take(log, &piece, 1, see, &seen);
	}
	feed_text(log, "\tmore\n" T "[7] STATEMENT:  s\n", &seen);
	stderr_log_silence(log, INFINITY, see, &seen);
	snprintf(want, sizeof(want), "LOG 7 cut=%zu |mxxx", size + 1 + 5 - half);
	assert_memory_equal(seen.text.data, want, strlen(want));
	assert_non_null(strstr(seen.text.data, "x|S:s\n"));
	assert_int_equal(seen.most_bytes, half + 1);
	free(x);
	buf_release(&seen.text);
	stderr_log_free(log);
}

static void what_is_kept_is_bounded(void **state)
{
	struct stderr_log *log = log_of("%m [%p] ");
	size_t size = 300000;
	char *line = malloc(size + 100);
	struct seen seen;
	struct buf saved;

	(void)state;
	seen_init(&seen);
	for (int i = 0; i < 200; i++) {
		size_t head = (size_t)sprintf(line, T "[%d] LOG:  ", i % 21 + 1), before;
		size_t len = i % 2 ? 1 : size;

		memset(line + head, 'x', len);
		line[head + len] = '\n';
		before = seen.count;
		feed(log, line, head + len + 1, 5000, &seen);
		assert_true(seen.count - before <= 2);
		buf_init(&saved, (size_t)4 << 20);
		assert_true(stderr_log_save(log, &saved));
		assert_true(saved.len < STDERR_KEEP_BYTES + STDERR_OPEN_MAX * 1024);
		buf_release(&saved);
		buf_clear(&seen.text);
	}
	/* Room was made in time: none was cut more than it must. */
	assert_int_equal(seen.most_cut, size - ENTRY_KEEP_BYTES / 2);
	free(line);
	buf_release(&seen.text);
	stderr_log_free(log);
}

/* Lines that make two leave anyway, so that no room can be made for their own text. */
static void where_no_room_can_be_made_more_is_cut(void **state)
{
	struct stderr_log *log = log_of("%m [%p] ");
	struct line_piece more = piece_of("\tmore", true, true);
	size_t size = ENTRY_KEEP_BYTES / 2, before;
	char *line = malloc(size + 100);
	struct seen seen;

	(void)state;
	seen_init(&seen);
	for (int i = 0; i < STDERR_OPEN_MAX * 3 / 2; i++) {
		int pid = i < STDERR_OPEN_MAX ? i + 1 : i + 1 - STDERR_OPEN_MAX / 2;
		size_t head = (size_t)sprintf(line, T "[%d] LOG:  ", pid);
		size_t len = i < STDERR_OPEN_MAX ? 1 : size;

		memset(line + head, 'x', len);
		line[head + len] = '\n';
		before = seen.count;
		feed(log, line, head + len + 1, 5000, &seen);
		assert_true(seen.count - before <= 2);
	}
	assert_int_equal(seen.most_cut, 0);
	stderr_log_take(log, &more, 2, see, &seen);
	stderr_log_silence(log, 1.5, see, &seen);
	assert_int_equal(seen.most_cut, size); /* all of one's message */
	buf_clear(&seen.text);
	stderr_log_take(log, &more, 2, see, &seen);
	stderr_log_silence(log, INFINITY, see, &seen);
	assert_null(strstr(seen.text.data, "more"));
	assert_int_equal(seen.most_cut, size + 2 * strlen("/more"));
	free(line);
	buf_release(&seen.text);
	stderr_log_free(log);
}

static void lines_with_another_prefix_are_counted(void **state)
{
	static const char text[] = T "[7] LOG:  a\n\tb\ncp: no\nx: ERROR:  1\n"
				     "y WARNINGS:  \nu@d FATAL:  2\n" T "[7] HINT:  c\n";
	struct stderr_log *log = log_of("%m [%p] ");
	const struct stderr_counts *counts = stderr_log_counts(log);
	struct seen seen;
	char line[400];

	(void)state;
	seen_init(&seen);
	feed(log, text, sizeof(text) - 1, 9, &seen);
	assert_int_equal(counts->fitting, 2);
	assert_int_equal(counts->stray, 4);
	assert_int_equal(counts->misfits, 2);
	assert_string_equal(counts->example, "u@d FATAL:  2");
	memset(line, 'y', sizeof(line));
	memcpy(line, "LOG:  ", 6);
	memcpy(line + 300, "LOG:  ", 6);
	line[sizeof(line) - 1] = '\n';
	feed(log, line, sizeof(line), 9, &seen);
	assert_int_equal(counts->misfits, 3);
	assert_int_equal(strlen(counts->example), sizeof(counts->example) - 1);
	memcpy(line, "yyyyyy", 6);
	feed(log, line, sizeof(line), 9, &seen);
	assert_int_equal(counts->misfits, 3);
	buf_release(&seen.text);
	stderr_log_free(log);
}

static void another_prefix_leaves_open_entries_alone(void **state)
{
	struct stderr_log *log = log_of("%m [%p] ");
	struct prefix prefix;
	struct seen seen;

	(void)state;
	seen_init(&seen);
	assert_int_equal(prefix_compile("<%p> ", &prefix, NULL), 0);
	feed_text(log, T "[7] LOG:  a\n" T "[8] LOG:  b\n", &seen);
	stderr_log_set_prefix(log, &prefix);
	feed_text(log, T "[8] HINT:  i\n<7> HINT:  h\n<7> LOG:  c\n", &seen);
	stderr_log_silence(log, INFINITY, see, &seen);
	assert_string_equal(seen.text.data,
		"UNPARSED |" T "[8] HINT:  i\nLOG 7 |a|H:h\nLOG 8 |b\nLOG 7 |c\n");
	buf_release(&seen.text);
	stderr_log_free(log);
}

static void only_certain_lines_are_taken_before_other_formats(void **state)
{
	static const struct {
		const char *prefix, *line;
		bool want;
	} lines[] = {
		{ "%m [%p] ", T "[7] LOG:  a", true },
		{ "%m ", T "LOG:  a", true },
		{ "%t ", "2026-01-02 03:04:05 UTC LOG:  a", true },
		{ "%m [%p] ", "\tmore", true },
		{ "%p ", "\tmore", true },
		{ "%m [%p] ", T "[7] stray", false },
		{ "%m [%p] ", "", false },
		{ "%m,%u,%d ", "2026-01-02 03:04:05.678 UTC,u,d LOG:  a", false },
		{ "%m", T "LOG:  a", false },
		{ "%p %m ", "7 " T "LOG:  a", false },
		{ "", "LOG:  a", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct stderr_log *log = log_of(lines[i].prefix);
		struct line_piece piece = piece_of(lines[i].line, true, true);
		bool more = false, taken;
		struct seen seen;

		seen_init(&seen);
		taken = stderr_log_try(log, &piece, 1, see, &seen, &more);
		check(lines[i].line, taken == lines[i].want && more == taken);
		stderr_log_silence(log, INFINITY, see, &seen);
		check(lines[i].line, seen.count == taken);
		buf_release(&seen.text);
		stderr_log_free(log);
	}
}

static void a_damaged_state_is_refused(void **state)
{
	struct stderr_log *log = log_of(DEBIAN);
	struct seen seen;
	struct buf saved;
	unsigned refused = 0;

	(void)state;
	seen_init(&seen);
	buf_init(&saved, 1 << 20);
	feed_text(log,
		T "[7] u@d LOG:  a\n\tb\n" T "[8] HINT:  x\nstray\n" T
		  "[7] u@d DETAIL:  d\n" T "[7] u@d HINT:  h\n",
		&seen);
	assert_true(stderr_log_save(log, &saved));
	stderr_log_free(log);
	log = log_of(DEBIAN);
	for (size_t len = 0; len < saved.len; len++)
		assert_false(stderr_log_restore(log, saved.data, len, 1));
	for (size_t i = 0; i < saved.len; i++) {
		char was = saved.data[i];

		for (const char *c = "9 \n"; *c; c++) {
			struct stderr_log *other = log_of(DEBIAN);

			saved.data[i] = *c;
			refused += !stderr_log_restore(other, saved.data, saved.len, 1);
			feed_text(other,
				"\tmore\n" T "[7] u@d DETAIL:  d\n" T
				"[7] u@d HINT:  h\n",
				&seen);
			stderr_log_silence(other, INFINITY, see, &seen);
			stderr_log_free(other);
		}
		saved.data[i] = was;
	}
	assert_true(refused > 100);
	assert_true(stderr_log_restore(log, saved.data, saved.len, 1));
	buf_release(&saved);
	buf_release(&seen.text);
	stderr_log_free(log);
}

/* Sorted lines of what was seen. */
static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort_lines(struct buf *text)
{
	char *lines[2000], *copy = strdup(text->data), *rest = copy, *line;
	size_t count = 0;

	while ((line = strsep(&rest, "\n")) && *line && count < COUNT(lines))
		lines[count++] = line;
	qsort(lines, count, sizeof(lines[0]), by_text);
	buf_clear(text);
	for (size_t i = 0; i < count; i++)
		buf_addf(text, "%s\n", lines[i]);
	free(copy);
}

#define PIDS 8
#define PARTS 5 /* lines of an entry */

/* A process within an entry, or 0. */
static unsigned next_open(const unsigned part[])
{
	for (unsigned pid = 1; pid <= PIDS; pid++)
		if (part[pid])
			return pid;
	return 0;
}

/* One by chance, but none has to wait for longer than an entry stays open. */
static unsigned next_late(const unsigned part[], const unsigned last[], unsigned n)
{
	for (unsigned pid = 1; pid <= PIDS; pid++)
		if (part[pid] &&
			n - last[pid] > STDERR_OPEN_MAX - PIDS - PARTS * PIDS / 4)
			return pid;
	return 1 + (unsigned)rand() % PIDS;
}

/* Each process' entries, line by line in random order among the processes. */
static void write_log(unsigned seed, struct buf *log, struct buf *want)
{
	static const char *const sections[] = { "DETAIL", "HINT", "CONTEXT",
		"STATEMENT" };
	static const char *const labels[] = { "D", "H", "C", "S" };
	unsigned part[PIDS + 1] = { 0 }, number[PIDS + 1] = { 0 }, last[PIDS + 1] = { 0 };
	unsigned pid = 0;

	srand(seed);
	for (unsigned n = 0; n < 600 || (pid = next_open(part)); n++) {
		if (n < 600)
			pid = next_late(part, last, n);
		last[pid] = n;
		buf_addf(log, T "[%u] ", pid);
		if (part[pid] == 0) {
			int big = rand() % 40 ? 3 : 70000;

			buf_addf(log, "LOG:  m%u_%0*d\n\tq\n", ++number[pid], big, 1);
			buf_addf(want, "LOG %u |m%u_%0*d/q", pid, number[pid], big, 1);
			for (size_t i = 0; i < COUNT(sections); i++)
				buf_addf(want, "|%s:v%u%s", labels[i], number[pid],
					i == 3 ? "/w" : "");
			buf_addc(want, '\n');
		} else {
			buf_addf(log, "%s:  v%u\n%s", sections[part[pid] - 1],
				number[pid], part[pid] == 4 ? "\tw\n" : "");
		}
		part[pid] = (part[pid] + 1) % PARTS;
	}
}

static void interleaving_and_cuts_change_no_entry(void **state)
{
	static const size_t cuts[] = { SIZE_MAX, 1, 7, 4096 };

	(void)state;
	for (unsigned seed = 1; seed <= 20; seed++) {
		struct buf text, want;

		buf_init(&text, (size_t)16 << 20);
		buf_init(&want, (size_t)16 << 20);
		write_log(seed, &text, &want);
		sort_lines(&want);
		for (size_t i = 0; i < COUNT(cuts); i++) {
			struct stderr_log *log = log_of("%m [%p] ");
			struct seen seen;

			seen_init(&seen);
			feed(log, text.data, text.len, cuts[i], &seen);
			stderr_log_silence(log, INFINITY, see, &seen);
			sort_lines(&seen.text);
			assert_string_equal(seen.text.data, want.data);
			buf_release(&seen.text);
			stderr_log_free(log);
		}
		buf_release(&text);
		buf_release(&want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_become_entries),
		cmocka_unit_test(a_restart_changes_nothing),
		cmocka_unit_test(what_is_silent_leaves_and_goes_on_marked),
		cmocka_unit_test(silence_within_a_line_does_not_lose_the_rest),
		cmocka_unit_test(old_entries_leave_when_others_go_on),
		cmocka_unit_test(they_leave_as_soon_after_a_restart),
		cmocka_unit_test(a_full_receiver_gets_no_more),
		cmocka_unit_test(long_entries_keep_the_head_of_each_section),
		cmocka_unit_test(what_is_kept_is_bounded),
		cmocka_unit_test(where_no_room_can_be_made_more_is_cut),
		cmocka_unit_test(a_line_not_yet_written_makes_nobody_suspect),
		cmocka_unit_test(lines_with_another_prefix_are_counted),
		cmocka_unit_test(another_prefix_leaves_open_entries_alone),
		cmocka_unit_test(only_certain_lines_are_taken_before_other_formats),
		cmocka_unit_test(a_damaged_state_is_refused),
		cmocka_unit_test(interleaving_and_cuts_change_no_entry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
