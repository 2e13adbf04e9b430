/* links: logtail/logtail.a */
#include "unit.h"

#include "logtail/prefix_guess.h"

/* Lines of a log: what processes write, without their prefix. */
static const struct {
	bool session;
	const char *pid, *session_id, *line_num, *vxid, *txid, *code, *type, *ps;
	const char *user, *database, *application, *host, *port;
	const char *rest;
} lines[] = {
	{ false, "812", "65bd1230.32c", "5", "", "0", "00000", "checkpointer", "", "", "",
		"", "", "", "LOG:  checkpoint starting: time" },
	{ true, "4711", "65bd1234.1267", "1", "3/12", "0", "00000", "client backend",
		"SELECT", "bob", "shop", "psql", "10.0.0.7", "40112",
		"LOG:  duration: 0.123 ms  statement: SELECT 'a'\n\tFROM t\n\tWHERE b = 'LOG:  c'" },
	{ true, "4712", "65bd1235.1268", "2", "4/7", "815", "42P01", "client backend",
		"INSERT", "ann", "shop", "[unknown]", "10.0.0.8", "40113",
		"ERROR:  relation \"nosuch\" does not exist at character 15" },
	{ true, "4712", "65bd1235.1268", "3", "4/7", "815", "42P01", "client backend",
		"INSERT", "ann", "shop", "[unknown]", "10.0.0.8", "40113",
		"STATEMENT:  INSERT INTO nosuch VALUES ('ERROR:  x')" },
	{ false, "815", "65bd1230.32f", "9", "5/0", "0", "00000", "autovacuum worker", "",
		"", "", "", "", "",
		"LOG:  automatic analyze of table \"shop.public.t\"" },
	{ true, "4713", "65bd1236.1269", "1", "", "0", "00000", "client backend",
		"authentication", "[unknown]", "[unknown]", "[unknown]", "[local]", "",
		"LOG:  connection received: host=[local]" },
	{ true, "4714", "65bd1237.126a", "12", "6/3", "0", "00000", "client backend",
		"idle", "app_rw", "shop-test", "DBeaver 23.1 - Main", "::1", "5",
		"FEHLER:  Division durch Null" },
	{ true, "4714", "65bd1237.126a", "13", "6/3", "0", "57014", "client backend",
		"BIND", "app_rw", "shop-test", "my app", "10.0.0.7", "40115",
		"FATAL:  terminating connection due to administrator command" },
};

struct text {
	char s[1 << 16];
	size_t len;
};

static void add(struct text *text, const char *s)
{
	memcpy(text->s + text->len, s, strlen(s));
	text->len += strlen(s);
}

static void add_value(struct text *text, char escape, size_t i)
{
	char value[64] = "";

	if (strchr("uadhr", escape) && !lines[i].session)
		return;
	switch (escape) {
	case 'm':
		snprintf(value, sizeof(value), "2026-01-31 23:59:%02zu.123 CET", i + 10);
		break;
	case 't':
		snprintf(value, sizeof(value), "2026-01-31 23:59:%02zu CET", i + 10);
		break;
	case 's':
		snprintf(value, sizeof(value), "2026-01-31 21:12:%02zu CET", i + 10);
		break;
	case 'n':
		snprintf(value, sizeof(value), "17673120%02zu.123", i + 10);
		break;
	case 'p':
		add(text, lines[i].pid);
		break;
	case 'c':
		add(text, lines[i].session_id);
		break;
	case 'l':
		add(text, lines[i].line_num);
		break;
	case 'v':
		add(text, lines[i].vxid);
		break;
	case 'x':
		add(text, lines[i].txid);
		break;
	case 'e':
		add(text, lines[i].code);
		break;
	case 'b':
		add(text, lines[i].type);
		break;
	case 'i':
		add(text, lines[i].ps);
		break;
	case 'u':
		add(text, lines[i].user);
		break;
	case 'd':
		add(text, lines[i].database);
		break;
	case 'a':
		add(text, lines[i].application);
		break;
	case 'h':
		add(text, lines[i].host);
		break;
	case 'r':
		add(text, lines[i].host);
		if (lines[i].port[0])
			snprintf(value, sizeof(value), "(%s)", lines[i].port);
		break;
	default:
		fail_msg("%%%c", escape);
	}
	add(text, value);
}

static void add_line(struct text *text, const char *prefix, size_t i)
{
	for (const char *p = prefix; *p; p++) {
		if (*p != '%' || *++p == '%')
			add(text, (char[]){ *p, '\0' });
		else if (*p != 'q')
			add_value(text, *p, i);
		else if (!lines[i].session)
			break;
	}
	add(text, lines[i].rest);
	add(text, "\n");
}

static const struct {
	const char *prefix;
	const char *want; /* NULL: the same */
} prefixes[] = {
	{ "%m [%p] ", NULL },
	{ "%m [%p] %q%u@%d ", NULL },
	{ "%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ", NULL },
	{ "%t [%p]: user=%u,db=%d,app=%a,client=%h ", NULL },
	{ "%t [%p]: [%l-1] user=%u,db=%d ", NULL },
	{ "%t [%p]: [%l-1] db=%d,user=%u,app=%a,client=%h ", NULL },
	{ "%m [%p]: [%l-1] db=%d,user=%u ", NULL },
	{ "%t:%r:%u@%d:[%p]:", NULL },
	{ "%t-%c-", NULL },
	{ "%t [%p-%l] %r %q%u@%d ", NULL },
	{ "%t [%p-%l] %q%u@%d ", NULL },
	{ "%m [%p] %q[user=%u,db=%d,app=%a] ", NULL },
	{ "< %m > ", NULL },
	{ "%m ", NULL },
	{ "%t ", NULL },
	{ "", NULL },
	/* None of the usual. */
	{ "%m [%p] %q%u@%d %h ", NULL },
	{ "%m [%p] %q%u@%d [%h] ", NULL },
	{ "%t [%p] %l %q%u@%d ", NULL },
	{ "pid=%p time=%m user=%u db=%d ", NULL },
	{ "time=%t, pid=%p %q db=%d, usr=%u, client=%h , app=%a, line=%l ", NULL },
	{ "%m [%p]: xid=%x,vtid=%v,code=%e,cmd=%i,type=%b ", NULL },
	{ "[%p] %c %m ", NULL },
	{ "%n|%p|%r|", NULL },
	{ "%m|%s|%p: ", NULL },
	{ "a%% %m ", NULL },
	{ "%m %u %d [%p] ", "%m %L %L [%p] " },
	{ "postgres[%p]: %m ", NULL },
	{ "%m [%l-1] <%p> ", NULL },
};

static void prefixes_are_recognised(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(prefixes); i++) {
		static struct text text;
		char guess[PREFIX_GUESS_SIZE] = "(none)";

		text.len = 0;
		add(&text, "of a line: ERROR:  x\n"); /* cut off at its begin */
		for (size_t k = 0; k < 3 * COUNT(lines); k++) {
			add_line(&text, prefixes[i].prefix, k % COUNT(lines));
			if (k % 7 == 0)
				add(&text, "cp: cannot stat 'x': No such file\n");
		}
		text.len -= 9; /* and at its end */
		prefix_guess(text.s, text.len, guess);
		check_string(prefixes[i].prefix, guess,
			prefixes[i].want ? prefixes[i].want : prefixes[i].prefix);
	}
}

/* Whatever the text, the same bytes behind a prefix of another are no fit. */
static const struct {
	const char *when;
	const char *sample;
	const char *want; /* NULL: none */
} samples[] = {
	{ "nothing", "", NULL },
	{ "no word", "cp: cannot stat 'x'\n\tb\n", NULL },
	{ "continuations only", "\tLOG:  a\n\tLOG:  b\n", NULL },
	{ "words of anything",
		"a LOG:  x\nb 7 LOG:  x\n[c] ERROR:  x\nd/d/d LOG:  x\ne: f: LOG:  x\n"
		"g-h-i LOG:  x\n(j) LOG:  x\nk, l LOG:  x\n",
		NULL },
	{ "a single line", "2026-01-31 23:59:59.123 UTC [7] LOG:  a",
		"%m [%p] %q%u@%d " },
	{ "a quiet server: Debian's, which has the default in it",
		"2026-01-31 23:59:59.123 UTC [7] LOG:  a\n2026-01-31 23:59:59.123 UTC [8] LOG:  a\n",
		"%m [%p] %q%u@%d " },
	{ "half of it", "2026-01-31 23:59:59 UTC LOG:  a\nx y z: LOG:  b\n", "%t " },
	{ "less than half",
		"2026-01-31 23:59:59 UTC LOG:  a\nx y z: LOG:  b\nu v: LOG:  c\n", NULL },
	{ "translated", "2026-01-31 23:59:59 CET [7]: [1-1] user=a,db=b FEHLER:  a\n",
		"%t [%p]: [%l-1] user=%u,db=%d " },
	{ "CRLF from a copy", "2026-01-31 23:59:59 CET [7] LOG:  a\r\n",
		"%t [%p] %q%u@%d " },
};

static void only_what_fits_is_taken(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		char guess[PREFIX_GUESS_SIZE] = "untouched";
		bool guessed =
			prefix_guess(samples[i].sample, strlen(samples[i].sample), guess);

		check_string(samples[i].when, guess,
			samples[i].want ? samples[i].want : "untouched");
		check(samples[i].when, guessed == (samples[i].want != NULL));
	}
}

static void a_long_head_is_no_prefix(void **state)
{
	static struct text text;
	char guess[PREFIX_GUESS_SIZE];

	(void)state;
	for (size_t i = 0; i < 20; i++) {
		for (size_t k = 0; k < 300; k++)
			add(&text, "-");
		add(&text, " LOG:  a\n");
	}
	assert_false(prefix_guess(text.s, text.len, guess));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prefixes_are_recognised),
		cmocka_unit_test(only_what_fits_is_taken),
		cmocka_unit_test(a_long_head_is_no_prefix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
