/* links: logtail/logtail.a */
#include "unit.h"

#include "logtail/prefix.h"

/* One letter a text, as log_line_prefix has it; H and R are %r's. */
static const char letters[ENTRY_TEXTS] = {
	[ENTRY_USER] = 'u',
	[ENTRY_DATABASE] = 'd',
	[ENTRY_APPLICATION_NAME] = 'a',
	[ENTRY_REMOTE_HOST] = 'h',
	[ENTRY_REMOTE_PORT] = 'R',
	[ENTRY_SESSION_ID] = 'c',
	[ENTRY_LINE_NUM] = 'l',
	[ENTRY_PS] = 'i',
	[ENTRY_SESSION_START] = 's',
	[ENTRY_VXID] = 'v',
	[ENTRY_TXID] = 'x',
	[ENTRY_STATE_CODE] = 'e',
	[ENTRY_BACKEND_TYPE] = 'b',
	[ENTRY_LEADER_PID] = 'P',
	[ENTRY_QUERY_ID] = 'Q',
};

/* "t(TIME)p(PID)u(USER)...|what follows"; what is absent is left out. "-" for no match. */
static const char *read_line(
	const char *log_line_prefix, const char *line, char *ret, size_t size)
{
	struct prefix prefix;
	struct entry entry = { .pid = 0 };
	struct log_word word;
	size_t len, at = 0, line_len = strlen(line);
	char *exact = malloc(line_len + 1); /* a byte too many would be seen */

	memcpy(exact, line, line_len);
	check(log_line_prefix, prefix_compile(log_line_prefix, &prefix, NULL) == 0);
	snprintf(ret, size, "-");
	if (prefix_match(&prefix, exact, line_len, &entry, &word, &len)) {
		if (entry.time.s)
			at += (size_t)snprintf(ret + at, size - at, "t(%.*s)",
				(int)entry.time.len, entry.time.s);
		if (entry.pid)
			at += (size_t)snprintf(
				ret + at, size - at, "p(%lld)", (long long)entry.pid);
		for (size_t i = 0; i < ENTRY_TEXTS; i++)
			if (entry.text[i].s)
				at += (size_t)snprintf(ret + at, size - at, "%c(%.*s)",
					letters[i], (int)entry.text[i].len,
					entry.text[i].s);
		snprintf(
			ret + at, size - at, "|%.*s", (int)(line_len - len), exact + len);
	}
	free(exact);
	return ret;
}

static const struct {
	const char *when;
	const char *prefix, *line, *want;
} cases[] = {
	/* Each escape. */
	{ "no prefix", "", "LOG:  a", "|a" },
	{ "no prefix, no word", "", "a LOG:  a", "-" },
	{ "a section", "%p ", "7 DETAIL:  a", "p(7)|a" },
	{ "%m", "%m ", "2026-01-31 23:59:59.123 CET LOG:  a",
		"t(2026-01-31 23:59:59.123 CET)|a" },
	{ "%m without decimals", "%m ", "2026-01-31 23:59:59 CET LOG:  a", "-" },
	{ "%m with two", "%m ", "2026-01-31 23:59:59.12 CET LOG:  a", "-" },
	{ "%m without its point", "%m ", "2026-01-31 23:59:59x123 CET LOG:  a", "-" },
	{ "%m with a letter", "%m ", "2026-01-31 23:59:59.1x3 CET LOG:  a", "-" },
	{ "%t", "%t ", "2026-01-31 23:59:59 CET LOG:  a",
		"t(2026-01-31 23:59:59 CET)|a" },
	{ "%t with decimals", "%t ", "2026-01-31 23:59:59.123 CET LOG:  a", "-" },
	{ "%n", "%n ", "1767312000.123 LOG:  a", "t(1767312000.123)|a" },
	{ "%n with two decimals", "%n ", "1767312000.12 LOG:  a", "-" },
	{ "%m over %t over %n", "%n %m %t ",
		"1767312000.123 2026-01-31 23:59:59.123 CET 2026-01-31 23:59:59 CET LOG:  a",
		"t(2026-01-31 23:59:59.123 CET)|a" },
	{ "%t over %n", "%t %n ", "2026-01-31 23:59:59 CET 1767312000.123 LOG:  a",
		"t(2026-01-31 23:59:59 CET)|a" },
	{ "%s", "%s ", "2026-01-31 23:59:59 CET LOG:  a",
		"s(2026-01-31 23:59:59 CET)|a" },
	{ "a numeric zone", "%m[%p]", "2026-01-31 23:59:59.123 +0330[1]LOG:  a",
		"t(2026-01-31 23:59:59.123 +0330)p(1)|a" },
	{ "a negative zone", "%m [%p] ", "2026-01-31 23:59:59.123 -03 [1] LOG:  a",
		"t(2026-01-31 23:59:59.123 -03)p(1)|a" },
	{ "a zone with a colon", "%m [%p] ", "2026-01-31 23:59:59.123 +05:30 [1] LOG:  a",
		"t(2026-01-31 23:59:59.123 +05:30)p(1)|a" },
	{ "an odd zone", "%m [%p] ", "2026-01-31 23:59:59.123 Ab-3+x [1] LOG:  a",
		"t(2026-01-31 23:59:59.123 Ab-3+x)p(1)|a" },
	{ "a zone, then what could be more of it", "%t-%c-",
		"2026-01-31 23:59:59 UTC-65bd1234.1f-LOG:  a",
		"t(2026-01-31 23:59:59 UTC)p(31)c(65bd1234.1f)|a" },
	{ "a numeric zone likewise", "%t:%r:%u@%d:[%p]:",
		"2026-01-31 23:59:59 +03:10.0.0.1(52):a@b:[5]:LOG:  a",
		"t(2026-01-31 23:59:59 +03)p(5)u(a)d(b)h(10.0.0.1)R(52)|a" },
	{ "a zone, then letters", "%tpid=%p ", "2026-01-31 23:59:59 UTCpid=5 LOG:  a",
		"t(2026-01-31 23:59:59 UTC)p(5)|a" },
	{ "a zone, then a number", "%t%p ", "2026-01-31 23:59:59 UTC123 LOG:  a",
		"t(2026-01-31 23:59:59 UTC)p(123)|a" },
	{ "a zone, then the word", "%t", "2026-01-31 23:59:59 UTCLOG:  a",
		"t(2026-01-31 23:59:59 UTC)|a" },
	{ "%p", "[%p] ", "[4711] LOG:  a", "p(4711)|a" },
	{ "%p is digits", "[%p] ", "[47a] LOG:  a", "-" },
	{ "%p is there", "[%p] ", "[] LOG:  a", "-" },
	{ "%P", "[%p/%P] ", "[7/6] LOG:  a", "p(7)P(6)|a" },
	{ "%P empty", "[%p/%P] ", "[7/] LOG:  a", "p(7)|a" },
	{ "%c", "%c ", "65bd1234.1f LOG:  a", "p(31)c(65bd1234.1f)|a" },
	{ "%c and %p", "%c %p ", "65bd1234.1f 30 LOG:  a", "p(30)c(65bd1234.1f)|a" },
	{ "%p and %c", "%p %c ", "30 65bd1234.1f LOG:  a", "p(30)c(65bd1234.1f)|a" },
	{ "%c is hexadecimal", "%c ", "65bd123g.1f LOG:  a", "-" },
	{ "%l", "%p-%l ", "7-12 LOG:  a", "p(7)l(12)|a" },
	{ "%v", "<%v> ", "<3/123> LOG:  a", "v(3/123)|a" },
	{ "%v empty", "<%v> ", "<> LOG:  a", "|a" },
	{ "%v half", "<%v> ", "<3/> LOG:  a", "-" },
	{ "%x", "%x ", "4294967295 LOG:  a", "x(4294967295)|a" },
	{ "%x 0", "%x ", "0 LOG:  a", "|a" },
	{ "%x is there", "<%x>", "<>LOG:  a", "-" },
	{ "%Q", "%Q ", "-9223372036854775808 LOG:  a", "Q(-9223372036854775808)|a" },
	{ "%Q 0", "%Q ", "0 LOG:  a", "|a" },
	{ "%e", "%e ", "42P01 ERROR:  a", "e(42P01)|a" },
	{ "%e has five", "%e ", "42P0 ERROR:  a", "-" },
	{ "%i", "%p %i ", "7 idle in transaction LOG:  a",
		"p(7)i(idle in transaction)|a" },
	{ "%b", "%p %b: ", "7 client backend: LOG:  a", "p(7)b(client backend)|a" },
	{ "%h", "%h ", "[local] LOG:  a", "h([local])|a" },
	{ "%r", "%r ", "10.0.0.1(5432) LOG:  a", "h(10.0.0.1)R(5432)|a" },
	{ "%r, IPv6", "%r ", "::1(5432) LOG:  a", "h(::1)R(5432)|a" },
	{ "%r, local", "%r ", "[local] LOG:  a", "h([local])|a" },
	{ "%r empty", "<%r> ", "<> LOG:  a", "|a" },
	{ "%r with no port in it", "%r ", "host(a1) LOG:  a", "h(host(a1))|a" },
	{ "%r with an empty port", "%r ", "host() LOG:  a", "h(host())|a" },
	{ "%r but the port", "%r ", "(12) LOG:  a", "h((12))|a" },
	{ "%L is passed over", "%L %p ", "[none] 7 LOG:  a", "p(7)|a" },
	{ "%L on servers without", "%p%L ", "7 LOG:  a", "p(7)|a" },
	{ "%%", "%%%p%% ", "%7% LOG:  a", "p(7)|a" },
	{ "unknown escapes are nothing", "%z%p%5z% x%-!% ", "7xLOG:  a", "p(7)|a" },
	{ "a percent sign at the end", "%p %", "7 LOG:  a", "p(7)|a" },
	{ "padding at the end", "%p %-12", "7 LOG:  a", "p(7)|a" },
	{ "padding of a percent sign", "%p%5% ", "7 LOG:  a", "p(7)|a" },
	/* %q */
	{ "%q, a session", "[%p] %q%u@%d ", "[7] bob@shop LOG:  a",
		"p(7)u(bob)d(shop)|a" },
	{ "%q, none", "[%p] %q%u@%d ", "[7] LOG:  a", "p(7)|a" },
	{ "%q, neither", "[%p] %q%u@%d ", "[7] bob LOG:  a", "-" },
	{ "%q first", "%q%u ", "LOG:  a", "|a" },
	{ "%q last", "%p %q", "7 LOG:  a", "p(7)|a" },
	{ "%q twice", "%p %q%u%q@%d ", "7 bob@shop LOG:  a", "p(7)u(bob)d(shop)|a" },
	{ "a padded %q", "%p %5q%u ", "7 bob LOG:  a", "p(7)u(bob)|a" },
	{ "the time after %q", "%t %q%m ", "2026-01-31 23:59:59 UTC LOG:  a",
		"t(2026-01-31 23:59:59 UTC)|a" },
	/* Any text. */
	{ "names", "%u@%d ", "bob@shop LOG:  a", "u(bob)d(shop)|a" },
	{ "no names", "%u@%d ", "@ LOG:  a", "|a" },
	{ "one name", "%u@%d ", "bob@ LOG:  a", "u(bob)|a" },
	{ "unknown names", "%u@%d ", "[unknown]@[unknown] LOG:  a",
		"u([unknown])d([unknown])|a" },
	{ "separators in a user: the shortest", "%u@%d ", "a@b c@shop LOG:  a",
		"u(a)d(b c@shop)|a" },
	{ "blanks in a database", "%u@%d ", "bob@my shop LOG:  a", "u(bob)d(my shop)|a" },
	{ "a word in a database", "%u@%d ", "bob@LOG:  x LOG:  a", "u(bob)d(LOG:  x)|a" },
	{ "a word in a database after a blank", "%u@%d ", "bob@x LOG:  y LOG:  a",
		"u(bob)d(x)|y LOG:  a" },
	{ "a word in a database, and a sign", "%u@%d> ", "bob@x LOG:  y> LOG:  a",
		"u(bob)d(x LOG:  y)|a" },
	{ "brackets", "[%a] ", "[my [app]] LOG:  a", "a(my [app])|a" },
	{ "a bracket and a blank", "[%a] [%p] ", "[a] [b] [7] LOG:  a",
		"p(7)a(a] [b)|a" },
	{ "one text after the other", "%u%d ", "bobshop LOG:  a", "d(bobshop)|a" },
	{ "text, then a number", "%u%p ", "bob7 LOG:  a", "p(7)u(bob)|a" },
	{ "text, then the word", "%u", "bobLOG:  a", "u(bob)|a" },
	{ "bytes that are no text", "%u@%d ", "\xff\x01@\xc3\x28 LOG:  a",
		"u(\xff\x01)d(\xc3\x28)|a" },
	{ "pgBadger's", "%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ",
		"2026-01-31 23:59:59 UTC [7]: [3-1] user=bob,db=shop,app=a b,client=::1 LOG:  a",
		"t(2026-01-31 23:59:59 UTC)p(7)u(bob)d(shop)a(a b)h(::1)l(3)|a" },
	{ "pgBadger's, no session", "%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ",
		"2026-01-31 23:59:59 UTC [7]: [3-1] user=,db=,app=,client= LOG:  a",
		"t(2026-01-31 23:59:59 UTC)p(7)l(3)|a" },
	{ "pgBadger's, a comma in a name", "user=%u,db=%d,app=%a ",
		"user=a,b,db=shop,app= LOG:  a", "u(a,b)d(shop)|a" },
	/* Padding. */
	{ "right-justified", "%5p|%6u|", "    7|   bob|LOG:  a", "p(7)u(bob)|a" },
	{ "left-justified", "%-5p|%-6u|", "7    |bob   |LOG:  a", "p(7)u(bob)|a" },
	{ "longer than its padding", "%2p|%2u|%-2d|", "4711|bob|shop|LOG:  a",
		"p(4711)u(bob)d(shop)|a" },
	{ "just as long", "%4p|%3u|%-4d|", "4711|bob|shop|LOG:  a",
		"p(4711)u(bob)d(shop)|a" },
	{ "too few blanks", "%5p|", "   7|LOG:  a", "-" },
	{ "too many blanks", "%5p|", "     7|LOG:  a", "-" },
	{ "no blanks", "%-5p|", "7abcd|LOG:  a", "-" },
	{ "on the wrong side", "%5p|", "7    |LOG:  a", "-" },
	{ "on the other wrong side", "%-5p|", "    7|LOG:  a", "-" },
	{ "a separator in the padded", "%-6u,%p ", "a,b   ,7 LOG:  a", "p(7)u(a,b)|a" },
	{ "text shorter than its padding", "%6u,%p ", "bob,7 LOG:  a", "-" },
	{ "empty", "%4u|%-4d|%3v|%-3v|%3P|", "    |    |   |   |   |LOG:  a", "|a" },
	{ "a value's own blanks", "%6u|%-6d|%2a|", "  b b |b b   | b b |LOG:  a",
		"u(b b )d(b b)a( b b )|a" },
	{ "padded times", "%30m|%-26t|",
		"   2026-01-31 23:59:59.123 UTC|2026-01-31 23:59:59 UTC   |LOG:  a",
		"t(2026-01-31 23:59:59.123 UTC)|a" },
	{ "padded codes", "%8e|%-14c|%6Q|%-5x|%5v|",
		"   42P01|65bd1234.1f   |    -5|0    |  1/2|ERROR:  a",
		"p(31)c(65bd1234.1f)e(42P01)Q(-5)v(1/2)|a" },
	{ "padded text without a sign between", "%-4u%-5d%3p ", "bob shop   7 LOG:  a",
		"p(7)u(bob)d(shop)|a" },
	{ "a padded address", "%-16r|", "10.0.0.1(52)    |LOG:  a",
		"h(10.0.0.1)R(52)|a" },
	{ "padding beyond reason", "%99999999999999999999u ", "bob LOG:  a", "-" },
	{ "on its other side", "%-99999999999999999999p ", "7 LOG:  a", "-" },
	/* Without the blank at its end, as a configuration file keeps it. */
	{ "no blank at the end", "%m [%p]", "2026-01-31 23:59:59.123 CET [7] LOG:  a",
		"t(2026-01-31 23:59:59.123 CET)p(7)|a" },
	{ "several blanks", "[%p]", "[7]   LOG:  a", "p(7)|a" },
	{ "no blank after names", "%u@%d", "bob@my shop LOG:  a", "u(bob)d(my shop)|a" },
	{ "no blank after %q", "[%p] %q%u@%d", "[7] LOG:  a", "p(7)|a" },
	{ "blanks alone", "[%p]", "[7]   ", "-" },
	/* Numbers and signs of any length. */
	{ "eight digits", "[%p] ", "[12345678] LOG:  a", "p(12345678)|a" },
	{ "nine", "[%p] ", "[123456789] LOG:  a", "p(123456789)|a" },
	{ "ten", "[%p] ", "[2147483647] LOG:  a", "p(2147483647)|a" },
	{ "eleven", "[%p] ", "[21474836470] LOG:  a", "-" },
	{ "a long sign", "user and database=%u,then %d; process %p ",
		"user and database=bob,then shop; process 4711 LOG:  a",
		"p(4711)u(bob)d(shop)|a" },
	{ "a long sign, not all of it", "user and database=%u ",
		"user and databasE=bob LOG:  a", "-" },
	{ "a zone of nine letters", "%m ", "2026-01-31 23:59:59.123 ABCDEFGHI LOG:  a",
		"t(2026-01-31 23:59:59.123 ABCDEFGHI)|a" },
	{ "a zone of none", "%m[%p] ", "2026-01-31 23:59:59.123 [71234567] LOG:  a",
		"-" },
	{ "a zone that begins with what is before A", "%m ",
		"2026-01-31 23:59:59.123 @BCDEFGHI LOG:  a", "-" },
	{ "a zone that begins with what is after Z", "%m ",
		"2026-01-31 23:59:59.123 [BCDEFGHI LOG:  a", "-" },
	{ "a zone that begins with what is before a", "%m ",
		"2026-01-31 23:59:59.123 `BCDEFGHI LOG:  a", "-" },
	{ "a zone that begins with what is after z", "%m ",
		"2026-01-31 23:59:59.123 {BCDEFGHI LOG:  a", "-" },
	{ "a zone that begins with what is no ASCII", "%m ",
		"2026-01-31 23:59:59.123 \xe1"
		"BCDEFGHI LOG:  a",
		"-" },
	{ "a zone with letters next to none", "%m ",
		"2026-01-31 23:59:59.123 A@[`{z LOG:  a", "-" },
	/* Numbers that run into each other. */
	{ "numbers without a sign between", "%p%l ", "12345 LOG:  a", "p(1234)l(5)|a" },
	{ "a number, then digits", "%p00 ", "12300 LOG:  a", "p(123)|a" },
	{ "%c, then digits", "%c0%l ", "65bd1234.1f05 LOG:  a",
		"p(31)c(65bd1234.1f)l(5)|a" },
	{ "%c keeps its point", "%c.%l ", "12.3 LOG:  a", "-" },
	{ "%P, then %p", "%P%p ", "7 LOG:  a", "p(7)|a" },
	/* The word. */
	{ "translated", "%p ", "7 FEHLER:  a", "p(7)|a" },
	{ "at the end of the line", "%p ", "7 LOG:", "p(7)|" },
	{ "no word", "%p ", "7 logs:  a", "-" },
	{ "a continuation", "%p ", "\t7 LOG:  a", "-" },
	{ "nothing", "%p ", "", "-" },
	{ "nothing for nothing", "", "", "-" },
};

static void values_are_found(void **state)
{
	char is[512];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_string(cases[i].when,
			read_line(cases[i].prefix, cases[i].line, is, sizeof(is)),
			cases[i].want);
}

/* Every cut is a line of its own; none is read past its end. */
static void lines_cut_anywhere_are_safe(void **state)
{
	char is[512], line[256];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		for (size_t cut = 0; cut < strlen(cases[i].line); cut++) {
			snprintf(line, sizeof(line), "%.*s", (int)cut, cases[i].line);
			read_line(cases[i].prefix, line, is, sizeof(is));
		}
}

static void what_a_prefix_has_not_is_left_alone(void **state)
{
	static const char line[] = "7 bob LOG:  a";
	struct prefix prefix;
	struct entry entry = { .level = LEVEL_PANIC, .pid = 1 };
	struct log_word word = { .len = 77 };
	size_t len = 78;

	(void)state;
	entry.text[ENTRY_DATABASE] = (struct slice){ "shop", 4 };
	entry.text[ENTRY_USER] = (struct slice){ "ann", 3 };
	entry.text[ENTRY_REMOTE_PORT] = (struct slice){ "1", 1 };
	entry.time = (struct slice){ "now", 3 };
	assert_int_equal(prefix_compile("%p %u %h ", &prefix, NULL), 0);
	assert_true(prefix.has_pid && !prefix.has_time);
	assert_false(prefix_match(&prefix, line, strlen(line), &entry, &word, &len));
	assert_int_equal(entry.pid, 1);
	assert_string_equal(entry.text[ENTRY_USER].s, "ann");
	assert_int_equal(word.len, 77);
	assert_int_equal(len, 78);
	assert_int_equal(prefix_compile("%p %q%u %h", &prefix, NULL), 0);
	assert_true(prefix_match(&prefix, "7 LOG:  a", 9, &entry, &word, &len));
	assert_int_equal(entry.pid, 7);
	assert_null(entry.text[ENTRY_USER].s);
	assert_string_equal(entry.text[ENTRY_DATABASE].s, "shop");
	assert_string_equal(entry.text[ENTRY_REMOTE_PORT].s, "1");
	assert_string_equal(entry.time.s, "now");
	assert_int_equal(entry.level, LEVEL_PANIC);
	assert_int_equal(word.len, 6);
	assert_int_equal(len, 8);
	assert_int_equal(prefix_compile("%c %n", &prefix, NULL), 0);
	assert_true(prefix.has_pid && prefix.has_time);
	assert_int_equal(prefix_compile("%s %l", &prefix, NULL), 0);
	assert_false(prefix.has_pid || prefix.has_time);
}

static void a_prefix_too_long_is_refused(void **state)
{
	char text[2048] = "";
	struct prefix prefix = { .count = 77 };
	struct err err = { 0 };

	(void)state;
	for (size_t i = 0; i < PREFIX_STEPS_MAX; i++)
		strcat(text, i % 2 ? "%p" : "-");
	assert_int_equal(prefix_compile(text, &prefix, NULL), 0);
	assert_int_equal(prefix.count, PREFIX_STEPS_MAX);
	strcat(text, "%q");
	assert_int_equal(prefix_compile(text, &prefix, &err), -1);
	assert_int_equal(err.kind, ERR_CONFIG);
	strcpy(text + strlen(text) - 2, "-");
	assert_int_equal(prefix_compile(text, &prefix, &err), -1);
	assert_string_equal(err.msg, "log_line_prefix: more than 64 parts");
	assert_int_equal(prefix.count, PREFIX_STEPS_MAX);
	memset(text, '-', 512);
	text[512] = '\0';
	assert_int_equal(prefix_compile(text, &prefix, NULL), 0);
	strcat(text, "-");
	assert_int_equal(prefix_compile(text, &prefix, &err), -1);
	assert_string_equal(err.msg, "log_line_prefix: more than 512 bytes");
}

/* The worst lines: quadratic or worse would take minutes. */
static void work_is_bounded(void **state)
{
	static const char *const prefixes[] = { "%u@%d@%a@%h@%i@%b@%u@%d ",
		"%u%d%a%h%i%b%u%d ", "%p%l%x%Q%P%l%x%Q%P%l%x%Q%p ",
		"%u%p%l%x%Q%P%l%x%Q%p ", "%u%v%v%c%c%c%e%e%e ", "%t%t%u%t ",
		"%q%u%q%d%q%a ", "%u %u@%p " };
	static const char *const pieces[] = { "@", " ", "1", "1 ", "@ 1",
		"LOG: ", "1.1/1",
		"2026-01-31 23:59:59 abcdefghijklmnopqrstuvwxyz0123456789" };
	size_t size = 64 << 10;
	char *line = malloc(size + 64);
	struct prefix prefix;
	struct entry entry;
	struct log_word word;
	size_t len;

	(void)state;
	for (size_t i = 0; i < COUNT(prefixes); i++)
		for (size_t k = 0; k < COUNT(pieces); k++) {
			for (len = 0; len < size; len += strlen(pieces[k]))
				memcpy(line + len, pieces[k], strlen(pieces[k]));
			assert_int_equal(prefix_compile(prefixes[i], &prefix, NULL), 0);
			check(prefixes[i],
				!prefix_match(&prefix, line, size, &entry, &word, &len));
		}
	free(line);
}

static void text_is_looked_for_in_the_head_of_a_line(void **state)
{
	static char line[PREFIX_LOOK_BYTES + 64];
	struct prefix prefix;
	struct entry entry;
	struct log_word word;
	size_t len;

	(void)state;
	assert_int_equal(prefix_compile("%u@", &prefix, NULL), 0);
	memset(line, 'x', sizeof(line));
	memcpy(line + PREFIX_LOOK_BYTES - 1, "@LOG:  ", 7);
	assert_true(prefix_match(&prefix, line, sizeof(line), &entry, &word, &len));
	assert_int_equal(len, PREFIX_LOOK_BYTES + 6);
	memcpy(line + PREFIX_LOOK_BYTES - 1, "x@LOG:  ", 8);
	assert_false(prefix_match(&prefix, line, sizeof(line), &entry, &word, &len));
}

static uint64_t next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	return *seed ^= *seed << 17;
}

static const char *one_of(uint64_t *seed, const char *const *texts, size_t count)
{
	return texts[next(seed) % count];
}

#define ONE_OF(seed, ...)                                  \
	one_of(seed, (const char *const[]){ __VA_ARGS__ }, \
		sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *))

/* What a server might print for an escape. */
static void make_value(uint64_t *seed, char escape, char *ret, size_t size)
{
	unsigned a = (unsigned)next(seed) % 100000, b = (unsigned)next(seed) % 1000;

	switch (escape) {
	case 'p':
	case 'l':
		snprintf(ret, size, "%u", a + 1);
		break;
	case 'P':
	case 'x':
		snprintf(ret, size, "%u", a);
		break;
	case 'Q':
		snprintf(ret, size, "%lld", (long long)next(seed));
		break;
	case 'c':
		snprintf(ret, size, "%x.%x", a + 0x60000000, b + 1);
		break;
	case 'v':
		snprintf(ret, size, "%u/%u", b, a);
		break;
	case 'e':
		snprintf(ret, size, "%s",
			ONE_OF(seed, "00000", "42P01", "XX000", "57014"));
		break;
	case 'n':
		snprintf(ret, size, "17673%05u.%03u", a, b);
		break;
	case 'm':
		snprintf(ret, size, "2026-01-31 23:%02u:59.%03u %s", b % 60, b,
			ONE_OF(seed, "UTC", "CEST", "+03", "-0330"));
		break;
	case 's':
	case 't':
		snprintf(ret, size, "2026-01-31 23:%02u:59 %s", b % 60,
			ONE_OF(seed, "UTC", "CEST", "+03", "-0330"));
		break;
	case 'r':
		snprintf(ret, size, "%s",
			ONE_OF(seed, "[local]", "10.0.0.1(5432)", "::1(1)", ""));
		break;
	default:
		snprintf(ret, size, "%s",
			ONE_OF(seed, "", "bob", "[unknown]", "a b c", "x LOG:  y", "LOG",
				"x@y", "idle in transaction", "\xc3\xa9\xff", "7", "%u",
				"-1/0"));
	}
}

static void check_value(
	const char *line, const struct entry *entry, char escape, const char *want)
{
	if (escape == 'p' && *want)
		check(line, entry->pid == atoll(want));
	if ((escape == 'x' || escape == 'Q') && strcmp(want, "0") == 0)
		want = "";
	for (size_t i = 0; i < ENTRY_TEXTS; i++) {
		struct slice is = entry->text[i];

		if (letters[i] != escape)
			continue;
		if (is.len != strlen(want) || !is.s != (is.len == 0) ||
			memcmp(is.s ? is.s : "", want, is.len) != 0)
			fail_msg("%%%c in \"%s\": \"%.*s\" instead of \"%s\"", escape,
				line, (int)is.len, is.s ? is.s : "", want);
	}
}

/*
 * Random prefixes and values, printed as elog.c prints them. The separators are in no value, so that
 * each value must come back, and what follows the word too.
 */
static void what_was_printed_is_read_again(void **state)
{
	static const char escapes[] = "udarhbLpPtmnQieclsvx";
	static const char *const separators[] = { "~", "|", "~ ", "#=", "|~|", "^", "{",
		" ~" };
	uint64_t seed = 0x9e3779b97f4a7c15;

	(void)state;
	for (int round = 0; round < 200000; round++) {
		char prefix_text[256] = "", line[1024] = "", values[8][80];
		char used[9] = "";
		size_t count = next(&seed) % 8, len;
		size_t q = next(&seed) % 16;
		bool session = next(&seed) % 4 > 0, ended = false;
		struct prefix prefix;
		struct entry entry = { .pid = 0 };
		struct log_word word;

		for (size_t i = 0; i < count; i++) {
			char escape, padded[128], value[80];
			const char *separator =
				one_of(&seed, separators, COUNT(separators));
			int padding = next(&seed) % 3 ? 0 : (int)(next(&seed) % 41) - 20;

			do
				escape = escapes[next(&seed) % (sizeof(escapes) - 1)];
			while (strchr(used, escape) ||
				(escape == 'h' && strchr(used, 'r')) ||
				(escape == 'r' && strchr(used, 'h'))); /* one host */
			used[i] = escape;
			make_value(&seed, escape, value, sizeof(value));
			if (i == q) {
				strcat(prefix_text, "%q");
				ended = !session;
			}
			snprintf(padded, sizeof(padded),
				padding ? "%%%d%c%s" : "%%%.0d%c%s", padding, escape,
				separator);
			strcat(prefix_text, padded);
			snprintf(padded, sizeof(padded), "%*s%s", padding, value,
				separator);
			if (!ended)
				strcat(line, padded);
			strcpy(values[i], ended ? "" : value);
		}
		strcat(line, "ERROR:  rest");
		check(prefix_text, prefix_compile(prefix_text, &prefix, NULL) == 0);
		if (!prefix_match(&prefix, line, strlen(line), &entry, &word, &len))
			fail_msg("\"%s\" does not match \"%s\"", line, prefix_text);
		check_string(prefix_text, line + len, "rest");
		for (size_t i = 0; i < count; i++)
			check_value(line, &entry, used[i], values[i]);
	}
}

/* For names and texts around what is looked at at once; text_len bytes and another line come after. */
static void check_usual(const struct prefix *prefix, int name_len, int text_len)
{
	struct prefix slow = *prefix;
	struct prefix_fields usual, any;
	char line[512], *exact;
	size_t len, head;

	slow.has_strides = false;
	head = (size_t)snprintf(line, sizeof(line),
		"2026-01-31 23:59:59.123 UTC [4711] %.*s@d LOG:  ", name_len,
		"a_name_of_a_user_that_is_longer_than_any_server_lets_it_be_in_a_log_of_its_own");
	len = head +
	      (size_t)snprintf(line + head, sizeof(line) - head, "%.*s\n%s", text_len,
		      "the text after it goes on for as long as it takes the usual way to be taken, or more",
		      "\tmore of it");
	exact = malloc(len + 1); /* a byte too many would be seen */
	memcpy(exact + 1, line, len);
	assert_true(prefix_read(&slow, exact + 1, head + (size_t)text_len, &any));
	assert_true(prefix_read(prefix, exact + 1, head + (size_t)text_len, &usual));
	assert_true(usual.len == head && usual.pid == 4711 && usual.has == any.has);
	if (prefix_read_usual(prefix, exact + 1, len, &usual)) {
		assert_int_equal(usual.len, any.len);
		assert_int_equal(usual.pid, any.pid);
		assert_int_equal(usual.has, any.has);
		assert_int_equal(usual.word.level, any.word.level);
		assert_memory_equal(&usual.places[PREFIX_TIME], &any.places[PREFIX_TIME],
			sizeof(struct span));
		for (unsigned i = 0; i < ENTRY_TEXTS; i++)
			assert_true(!(any.has >> i & 1) ||
				    memcmp(&usual.places[i], &any.places[i],
					    sizeof(struct span)) == 0);
	} else {
		assert_true(len - head < 64);
	}
	free(exact);
}

static void the_usual_way_finds_the_same(void **state)
{
	struct prefix prefix;

	(void)state;
	assert_int_equal(prefix_compile("%m [%p] %q%u@%d ", &prefix, NULL), 0);
	for (int name_len = 0; name_len <= 70; name_len++)
		for (int text_len = 0; text_len <= 70; text_len++)
			check_usual(&prefix, name_len, text_len);
}

#define FILL \
	"a text that is long enough for the usual way to look at this line, whatever it is"

static void the_usual_way_does_not_leave_its_line(void **state)
{
	static const struct {
		const char *prefix, *text;
		bool want;
	} lines[] = {
		{ "%p %u ", "7 u LOG:  " FILL, true },
		{ "%p %u ", "7 u\n LOG:  " FILL, false },
		{ "%p %u ", "7 u\tv LOG:  " FILL, false },
		{ "%p %u ", "7 u\x1fv LOG:  " FILL, false },
		{ "%p %u ", "7 u\x7fv LOG:  " FILL, false },
		{ "%p %u ", "7 \xc3\xa4\x80\xff LOG:  " FILL, true },
		{ "%p\t%u\t", "7\tu\tLOG:  " FILL, true },
		{ "%p\n%u ", "7\nu LOG:  " FILL, false },
		{ "%p\t%u\t", "7\tu\nv\tLOG:  " FILL, false },
		{ "%p %u ", "7 u LOG: \n" FILL, false },
		{ "%p %u ", "7 u", false },
		{ "%12p %u ", "           7 u LOG:  " FILL, false },
		{ "%x %c ", "0 65bd1234.1f LOG:  " FILL, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct prefix prefix;
		struct prefix_fields fields;

		assert_int_equal(prefix_compile(lines[i].prefix, &prefix, NULL), 0);
		check(lines[i].text,
			prefix_read_usual(&prefix, lines[i].text, strlen(lines[i].text),
				&fields) == lines[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_found),
		cmocka_unit_test(lines_cut_anywhere_are_safe),
		cmocka_unit_test(what_a_prefix_has_not_is_left_alone),
		cmocka_unit_test(a_prefix_too_long_is_refused),
		cmocka_unit_test(work_is_bounded),
		cmocka_unit_test(text_is_looked_for_in_the_head_of_a_line),
		cmocka_unit_test(what_was_printed_is_read_again),
		cmocka_unit_test(the_usual_way_finds_the_same),
		cmocka_unit_test(the_usual_way_does_not_leave_its_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
