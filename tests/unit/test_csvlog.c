/* links: logtail/logtail.a */
#include "unit.h"

#include "csvlog_plain.h"
#include "logtail/csvlog.h"
#include "logtail/record.h"
#include "record_run.h"

static enum run_result take(
	void *reader, const struct line_piece *piece, struct entry *ret_entry)
{
	enum record_result result = csvlog_take(reader, piece, ret_entry);

	if (result == RECORD_ENTRY)
		assert_true(plain_known(ret_entry));
	return (enum run_result)result;
}

static enum run_result finish(void *reader, struct entry *ret_entry)
{
	enum record_result result = csvlog_finish(reader, ret_entry);

	if (result == RECORD_ENTRY)
		assert_true(plain_known(ret_entry));
	return (enum run_result)result;
}

/* The line ends where the address sanitizer sees a byte too many. */
static bool starts_as_plain(const char *line, size_t len)
{
	char *copy = malloc(len + !len);
	bool is;

	assert_non_null(copy);
	memcpy(copy, line, len);
	is = csvlog_starts(copy, len);
	if (is != plain_starts(copy, len))
		fail_msg("starts: %.*s", (int)len, line);
	free(copy);
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

	assert_true(taken == 0 || plain_known(ret_entry));
	return taken;
}

static const struct run_format format = { LINE_PIECE_BYTES, starts_as_plain, take, finish,
	is_open, raw, feed };

/* The caller frees it. */
static char *run(const char *log, size_t len, enum run_cuts cuts, uint64_t seed)
{
	struct csvlog *csv = csvlog_new();
	struct buf out;

	assert_non_null(csv);
	buf_init(&out, 8 << 20);
	buf_adds(&out, "");
	run_log(&format, csv, log, len, cuts, seed, &out);
	csvlog_free(csv);
	assert_false(out.failed);
	return buf_take(&out);
}

#define T "2026-11-21 02:44:20.516 UTC"
#define S "2026-11-21 02:44:20 UTC"
#define HEAD \
	T ",\"u\",\"d\",12,\"[local]\",6b010584.985,3,\"idle\"," S ",3/36,0,LOG,00000,"
#define HEAD_IS                                                                   \
	"LOG\ntime: " T "\npid: 12\nuser: u\ndbname: d\nremote_host: [local]\n"   \
	"session_id: 6b010584.985\nline_num: 3\nps: idle\nsession_start: " S "\n" \
	"vxid: 3/36\nstate_code: 00000\n"

/* Written by PostgreSQL 15, but for the versions' columns and the translation. */
static const struct {
	const char *when, *log, *want;
} records[] = {
	{ "a server process",
		"2026-11-21 02:39:48.550 UTC,,,1817,,6b010474.719,2,,2026-11-21 02:39:48 UTC,,0,LOG,"
		"00000,\"listening on IPv4 address \"\"127.0.0.1\"\", port 54990\",,,,,,,,"
		"\"StreamServerPort, pqcomm.c:578\",\"\",\"postmaster\",,0\n",
		"LOG\ntime: 2026-11-21 02:39:48.550 UTC\npid: 1817\n"
		"application_name: \nsession_id: 6b010474.719\nline_num: 2\n"
		"session_start: 2026-11-21 02:39:48 UTC\nstate_code: 00000\n"
		"message: listening on IPv4 address \"127.0.0.1\", port 54990\n"
		"func_name: StreamServerPort\nfile_name: pqcomm.c\nfile_line_num: 578\n"
		"backend_type: postmaster\n\n" },
	{ "newlines, quotes, a tab; a transaction and a query id",
		"2026-11-21 02:44:20.622 UTC,\"postgres\",\"postgres\",2437,\"[local]\","
		"6b010584.985,10,\"INSERT\",2026-11-21 02:44:20 UTC,3/39,738,ERROR,23505,"
		"\"duplicate key value violates unique constraint \"\"t_pkey\"\"\","
		"\"Key (a)=(1) already exists.\",,,,,\"INSERT INTO t VALUES (1, E'a\\\\b\"\"c\"\"\n"
		"second\tline \"\"quoted\"\", with comma');\",,"
		"\"_bt_check_unique, nbtinsert.c:664\",\"app,\"\"q\"\" bitville-1\","
		"\"client backend\",,1676748163692227981\n",
		"ERROR\ntime: 2026-11-21 02:44:20.622 UTC\npid: 2437\nuser: postgres\n"
		"dbname: postgres\napplication_name: app,\"q\" bitville-1\n"
		"remote_host: [local]\nsession_id: 6b010584.985\nline_num: 10\nps: INSERT\n"
		"session_start: 2026-11-21 02:44:20 UTC\nvxid: 3/39\ntxid: 738\nstate_code: 23505\n"
		"message: duplicate key value violates unique constraint \"t_pkey\"\n"
		"detail: Key (a)=(1) already exists.\n"
		"statement: INSERT INTO t VALUES (1, E'a\\\\b\"c\"\n"
		"second\tline \"quoted\", with comma');\nfunc_name: _bt_check_unique\n"
		"file_name: nbtinsert.c\nfile_line_num: 664\nbackend_type: client backend\n"
		"query_id: 1676748163692227981\n\n" },
	{ "an internal query with its position and context",
		"2026-11-21 02:44:20.626 UTC,\"postgres\",\"postgres\",2437,\"[local]\","
		"6b010584.985,16,\"DO\",2026-11-21 02:44:20 UTC,3/42,0,ERROR,42703,"
		"\"column \"\"nosuch\"\" does not exist\",,,\"SELECT nosuch\n FROM \"\"t\"\"\",8,"
		"\"PL/pgSQL function inline_code_block line 1 at EXECUTE\","
		"\"DO $$ BEGIN EXECUTE 'SELECT nosuch\n FROM \"\"t\"\"'; END $$;\",,"
		"\"errorMissingColumn, parse_relation.c:3665\",\"\",\"client backend\",,"
		"-7707197769808358889\n",
		"ERROR\ntime: 2026-11-21 02:44:20.626 UTC\npid: 2437\nuser: postgres\n"
		"dbname: postgres\napplication_name: \nremote_host: [local]\n"
		"session_id: 6b010584.985\nline_num: 16\nps: DO\n"
		"session_start: 2026-11-21 02:44:20 UTC\nvxid: 3/42\nstate_code: 42703\n"
		"message: column \"nosuch\" does not exist\n"
		"internal_query: SELECT nosuch\n FROM \"t\"\ninternal_position: 8\n"
		"context: PL/pgSQL function inline_code_block line 1 at EXECUTE\n"
		"statement: DO $$ BEGIN EXECUTE 'SELECT nosuch\n FROM \"t\"'; END $$;\n"
		"func_name: errorMissingColumn\nfile_name: parse_relation.c\n"
		"file_line_num: 3665\nbackend_type: client backend\n"
		"query_id: -7707197769808358889\n\n" },
	{ "detail and hint, both of lines; a user with newline, comma and quotes",
		"2026-11-21 02:44:20.628 UTC,\"ro\nle,\"\"x\"\"\",\"postgres\",2437,\"[local]\","
		"6b010584.985,20,\"SELECT\",2026-11-21 02:44:20 UTC,3/44,0,ERROR,P0001,\"msg \"\"x\"\"\n"
		"l2\",\"det,\"\"d\"\"\",\"hint\nh2\",,,\"PL/pgSQL function f() line 1 at RAISE\","
		"\"SELECT f();\",,\"exec_stmt_raise, pl_exec.c:3891\",\"psql\","
		"\"client backend\",,-2077129944782189749\n",
		"ERROR\ntime: 2026-11-21 02:44:20.628 UTC\npid: 2437\nuser: ro\nle,\"x\"\n"
		"dbname: postgres\napplication_name: psql\nremote_host: [local]\n"
		"session_id: 6b010584.985\nline_num: 20\nps: SELECT\n"
		"session_start: 2026-11-21 02:44:20 UTC\nvxid: 3/44\nstate_code: P0001\n"
		"message: msg \"x\"\nl2\ndetail: det,\"d\"\nhint: hint\nh2\n"
		"context: PL/pgSQL function f() line 1 at RAISE\nstatement: SELECT f();\n"
		"func_name: exec_stmt_raise\nfile_name: pl_exec.c\nfile_line_num: 3891\n"
		"backend_type: client backend\nquery_id: -2077129944782189749\n\n" },
	{ "an IPv6 address, a cursor position, no verbosity, bytes that are no UTF-8",
		"2026-11-21 02:49:33.913 UTC,\"postgres\",\"postgres\",3772,\"fd00::2:50562\","
		"6b0106bd.ebc,4,\"SELECT\",2026-11-21 02:49:33 UTC,3/2,0,ERROR,42703,"
		"\"caf\xe9 \xff\xfe\x01\b\f\x1f\x7f\",,,,,,\"select nosuch\",8,,\"\","
		"\"client backend\",,0\n",
		"ERROR\ntime: 2026-11-21 02:49:33.913 UTC\npid: 3772\nuser: postgres\n"
		"dbname: postgres\napplication_name: \nremote_host: fd00::2\nremote_port: 50562\n"
		"session_id: 6b0106bd.ebc\nline_num: 4\nps: SELECT\n"
		"session_start: 2026-11-21 02:49:33 UTC\nvxid: 3/2\nstate_code: 42703\n"
		"message: caf\xe9 \xff\xfe\x01\b\f\x1f\x7f\nstatement: select nosuch\n"
		"cursor_position: 8\nbackend_type: client backend\n\n" },
	{ "23 columns", HEAD "\"m\",,,,,,,,,\"a\"\n",
		"LOG\ntime: " T "\npid: 12\nuser: u\ndbname: d\napplication_name: a\n"
		"remote_host: [local]\nsession_id: 6b010584.985\nline_num: 3\nps: idle\n"
		"session_start: " S "\nvxid: 3/36\nstate_code: 00000\nmessage: m\n\n" },
	{ "24 columns, no application name", HEAD "\"m\",,,,,,,,,,\"b\"\n",
		HEAD_IS "message: m\nbackend_type: b\n\n" },
	{ "26 columns", HEAD "\"m\",,,,,,,,,,\"b\",7,-1\n",
		HEAD_IS "message: m\nbackend_type: b\nleader_pid: 7\nquery_id: -1\n\n" },
	{ "more than 26 columns, with anything in them",
		HEAD "\"m\",,,,,,,,,,,,0,\"x\"\"\n\",y,,\"\"\n" HEAD
		     "\"n\",,,,,,,,,,,,0,\n",
		HEAD_IS "message: m\n\n" HEAD_IS "message: n\n\n" },
	{ "more than 26 columns, most of them empty",
		HEAD "\"m\",,,,,,,,,,,,,,,,,\"x\"\n" HEAD "\"n\",,,,,,,,,,,,,,,,,,,\n",
		HEAD_IS "message: m\n\n" HEAD_IS "message: n\n\n" },
	{ "an empty message, and none", HEAD "\"\",,,,,,,,,\n" HEAD ",,,,,,,,,\n",
		HEAD_IS "message: \n\n" HEAD_IS "\n" },
	{ "locations",
		HEAD "\"\",,,,,,,,\"a, b, c.c:7\",\n" HEAD "\"\",,,,,,,,\"c.c:7\",\n" HEAD
		     "\"\",,,,,,,,\"c.c\",\n" HEAD "\"\",,,,,,,,\"c.c:\",\n",
		HEAD_IS
		"message: \nfunc_name: a, b\nfile_name: c.c\nfile_line_num: 7\n\n" HEAD_IS
		"message: \nfile_name: c.c\nfile_line_num: 7\n\n" HEAD_IS
		"message: \nfunc_name: c.c\n\n" HEAD_IS
		"message: \nfunc_name: c.c:\n\n" },
	{ "a translated severity, and one that nobody knows",
		T ",,,12,,1.2,3,," S ",,0,FEHLER,00000,\"m\",,,,,,,,,\n" T
		  ",,,12,,1.2,3,," S ",,0,ODD,00000,\"m\",,,,,,,,,\n",
		"ERROR\nlevel_text: FEHLER\ntime: " T
		"\npid: 12\nsession_id: 1.2\nline_num: 3\nsession_start: " S
		"\nstate_code: 00000\nmessage: m\n\n"
		"UNPARSED\nlevel_text: ODD\ntime: " T
		"\npid: 12\nsession_id: 1.2\nline_num: 3\nsession_start: " S
		"\nstate_code: 00000\nmessage: m\n\n" },
	{ "a record within a text",
		HEAD "\"" T ",\"\"u\"\",,1,,\n" T ",,,12,,1.2,3,," S
		     ",,0,LOG,00000,\"\"m\"\",,,,,,,,,\n\",,,,,,,,,\n",
		HEAD_IS "message: " T ",\"u\",,1,,\n" T ",,,12,,1.2,3,," S
			",,0,LOG,00000,\"m\",,,,,,,,,\n\n\n" },
	{ "an unfinished line of text", HEAD "\"m\n\n\nn\",\"d\"\"\no\",\"h",
		"finished " HEAD_IS
		"message: m\n\n\nn\ndetail: d\"\no\nhint: h\ncut: 1\n\n" },
	{ "an unfinished number", HEAD "\"m\",,,,1",
		"finished " HEAD_IS "message: m\ncut: 1\n\n" },
	{ "an unfinished name", HEAD "\"m\",,,,,,,,,\"app",
		"finished " HEAD_IS "message: m\ncut: 1\n\n" },
	{ "a name with its quote but no newline", HEAD "\"m\",,,,,,,,,,\"b\"",
		"finished " HEAD_IS "message: m\nbackend_type: b\ncut: 1\n\n" },
	{ "unfinished before the message", HEAD, "finished broken: " HEAD "\n\n" },
	{ "unfinished after what is broken", HEAD "\"m\",\"d\"x",
		"finished broken: " HEAD "\"m\",\"d\"x\n\n" },
};

static void records_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(records); i++) {
		char *is = run(records[i].log, strlen(records[i].log), RUN_WHOLE, 1);

		check_string(records[i].when, is, records[i].want);
		free(is);
		for (uint64_t seed = 1; seed <= 30; seed++) {
			is = run(records[i].log, strlen(records[i].log), RUN_FED, seed);
			check_string(records[i].when, is, records[i].want);
			free(is);
		}
	}
}

static void pieces_change_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(records); i++) {
		for (uint64_t seed = 1; seed <= 300; seed++) {
			char *is = run(records[i].log, strlen(records[i].log),
				RUN_ANYWHERE, seed);

			check_string(records[i].when, is, records[i].want);
			free(is);
		}
	}
}

#define HEAD_COMMA T ",,,12,,1.2,3,," S ",,0,LOG,00000,\",\",,,,,,,,,\n"

/* Each behind HEAD, one line; the next record is read again. */
static const struct {
	const char *when, *line;
} broken[] = {
	{ "22 columns", "\"m\",,,,,,,," },
	{ "one column", "\"m\"" },
	{ "text behind a quote", "\"m\"x,,,,,,,,,,,,0" },
	{ "a blank behind a quote", "\"m\" ,,,,,,,,,,,,0" },
	{ "a quote within plain text", "m\"\",,,,,,,,,,,,0" },
	{ "a text without quotes", "m,,,,,,,,,,,,0" },
	{ "a number in quotes", "\"m\",,,,\"1\",,,,,,,,0" },
	{ "a number that is none", "\"m\",,,,1x,,,,,,,,0" },
	{ "a query id that is none", "\"m\",,,,,,,,,,,,-" },
	{ "the next record behind it",
		"\"m\",,,,,,,,,,,,02026-11-21 02:44:20.516 UTC,,,12" },
	{ "text behind a quote at the end", "\"m\",,,,,,,,,\"a\"b" },
};

static const struct {
	const char *when, *head;
	bool starts;
} broken_heads[] = {
	{ "a time that is none",
		"2026-11-21x02:44:20.516 UTC,,,12,,1.2,3,," S ",,0,LOG,00000,", false },
	{ "a pid that is none", T ",,,x,,1.2,3,," S ",,0,LOG,00000,", false },
	{ "no pid", T ",,,,,1.2,3,," S ",,0,LOG,00000,", true },
	{ "a pid of 19 digits", T ",,,1000000000000000000,,1.2,3,," S ",,0,LOG,00000,",
		true },
	{ "no time", ",,,12,,1.2,3,," S ",,0,LOG,00000,", false },
	{ "a session that is none", T ",,,12,,1.x,3,," S ",,0,LOG,00000,", false },
	{ "a session without a dot", T ",,,12,,12,3,," S ",,0,LOG,00000,", false },
	{ "a session's start that is none", T ",,,12,,1.2,3,,2026,,0,LOG,00000,", false },
	{ "no severity", T ",,,12,,1.2,3,," S ",,0,,00000,", true },
	{ "a severity in quotes", T ",,,12,,1.2,3,," S ",,0,\"LOG\",00000,", true },
	{ "a quote in a severity", T ",,,12,,1.2,3,," S ",,0,L\"G,00000,", true },
	{ "a state of four", T ",,,12,,1.2,3,," S ",,0,LOG,0000,", true },
	{ "a transaction that is none", T ",,,12,,1.2,3,," S ",,x,LOG,00000,", true },
};

static void check_broken(const char *when, const char *line)
{
	struct csvlog *csv = csvlog_new();
	struct line_piece piece = { line, strlen(line), true, true };
	struct entry entry;
	uint64_t cut = 9;
	struct slice text;

	assert_non_null(csv);
	check(when, csvlog_take(csv, &piece, &entry) == RECORD_BROKEN);
	check(when, !csvlog_is_open(csv));
	text = csvlog_raw(csv, &cut);
	check(when, text.len == piece.len && memcmp(text.s, line, text.len) == 0);
	check(when, cut == 0);
	piece.s = HEAD "\"m\",,,,,,,,,";
	piece.len = strlen(piece.s);
	check(when, csvlog_take(csv, &piece, &entry) == RECORD_ENTRY);
	csvlog_free(csv);
}

static void what_is_no_record_is_kept_as_it_is(void **state)
{
	char line[1024];

	(void)state;
	for (size_t i = 0; i < COUNT(broken); i++) {
		snprintf(line, sizeof(line), "%s%s", HEAD, broken[i].line);
		check_broken(broken[i].when, line);
	}
	for (size_t i = 0; i < COUNT(broken_heads); i++) {
		snprintf(line, sizeof(line), "%s\"m\",,,,,,,,,", broken_heads[i].head);
		if (broken_heads[i].starts)
			check_broken(broken_heads[i].when, line);
		else
			check(broken_heads[i].when, !csvlog_starts(line, strlen(line)));
	}
}

static const struct {
	const char *when, *log, *want;
} torn[] = {
	{ "within a text, before a record",
		HEAD "\"SELECT 'a\n" HEAD "\"m\",,,,,,,,,\n" HEAD "\"n\",,,,,,,,,\n",
		"torn: " HEAD "\"SELECT 'a\n\n" HEAD_IS "message: m\n\n" HEAD_IS
		"message: n\n\n" },
	{ "and lines without quotes between them",
		HEAD "\"SELECT 'a\nb\n\n" HEAD "\"m\n,o\",,,,,,,,,\n",
		"torn: " HEAD "\"SELECT 'a\nb\n\n\n" HEAD_IS "message: m\n,o\n\n" },
	{ "a name over two lines and no pid behind it",
		T ",\"u\nv\",,1x,,1.2,3,," S ",,0,LOG,00000,\"m\",,,,,,,,,\n",
		"broken: " T ",\"u\nv\",,1x,,1.2,3,," S
		",,0,LOG,00000,\"m\",,,,,,,,,\n\n" },
	{ "a name over two lines and no session behind it",
		T ",\"u\nv\",,1,,12,3,," S ",,0,LOG,00000,\"m\",,,,,,,,,\n",
		"broken: " T ",\"u\nv\",,1,,12,3,," S
		",,0,LOG,00000,\"m\",,,,,,,,,\n\n" },
	{ "before a line that begins no record",
		HEAD "\"SELECT 'a\nx \"y\"\n" HEAD "\"m\",,,,,,,,,\n",
		"broken: " HEAD "\"SELECT 'a\nx \"y\"\n\n" HEAD_IS "message: m\n\n" },
	{ "the next record in the same line",
		HEAD "\"SELECT 'a" HEAD "\"m\",,,,,,,,,\n" HEAD "\"n\",,,,,,,,,\n",
		"broken: " HEAD "\"SELECT 'a" HEAD "\"m\",,,,,,,,,\n\n" HEAD_IS
		"message: n\n\n" },
	{ "twice", HEAD "\"a\n" HEAD "\"b\n" HEAD "\"c\",,,,,,,,,\n",
		"torn: " HEAD "\"a\n\ntorn: " HEAD "\"b\n\n" HEAD_IS "message: c\n\n" },
	{ "within the last columns", HEAD "\"m\",,,,,,,,,\"app\n" HEAD "\"n\",,,,,,,,,\n",
		"torn: " HEAD "\"m\",,,,,,,,,\"app\n\n" HEAD_IS "message: n\n\n" },
	{ "before a record that shows it to nobody",
		HEAD "\"a\n" HEAD_COMMA HEAD "\"m\",,,,,,,,,\n",
		"torn: " HEAD "\"a\n" HEAD_COMMA "\n" HEAD_IS "message: m\n\n" },
};

static void a_torn_record_does_not_take_the_next_ones(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(torn); i++) {
		for (uint64_t seed = 0; seed <= 100; seed++) {
			char *is = run(torn[i].log, strlen(torn[i].log),
				seed ? RUN_AS_LINES : RUN_WHOLE, seed);

			check_string(torn[i].when, is, torn[i].want);
			free(is);
		}
	}
}

static const struct {
	const char *line;
	bool starts;
} starts[] = {
	{ HEAD "\"m\"", true },
	{ T ",,,12,,1.2,3,," S ",", true },
	{ T ",,,12,,1.2,3,," S, false },
	{ T ",,,12,,1.2,3,," S "9,", false },
	{ T ",,,12,,1.2,3,,,", true },
	{ T ",\"a\"\"b,c\",\"\",12,,1.2,3,," S ",", true },
	{ T ",\"ro", true },
	{ T ",\"ro\"\"", true },
	{ T ",\"u\",\"d", true },
	{ T ",\"u\"", false },
	{ T ",\"u\"x", false },
	{ T ",u,d,12,,1.2,3,," S ",", false },
	{ T ",,,x,,1.2,3,," S ",", false },
	{ T ",,,\"12\",,1.2,3,," S ",", false },
	{ T ",,,\"12", false },
	{ T ",,,12,,1.2,x,," S ",", false },
	{ T ",,,12,,1-2,3,," S ",", false },
	{ T ",,,12,,.2,3,," S ",", false },
	{ T ",,,12,,1.,3,," S ",", false },
	{ T " [12] LOG:  m", false },
	{ T, false },
	{ T ",", false },
	{ "2026-11-21 02:44:20.516,,,12,,1.2,3,," S ",", false },
	{ "", false },
	{ "x", false },
	{ "{\"timestamp\":\"" T "\"}", false },
};

static void the_beginning_of_a_record_is_known(void **state)
{
	char line[1024];

	(void)state;
	for (size_t i = 0; i < COUNT(starts); i++) {
		check(starts[i].line,
			starts_as_plain(starts[i].line, strlen(starts[i].line)) ==
				starts[i].starts);
		for (int more = 0; more < 64; more++) {
			snprintf(line, sizeof(line), "%s%.*s", starts[i].line, more,
				S "," S "," S "," S);
			starts_as_plain(line, strlen(line));
		}
	}
}

static void check_ways(const char *when, const char *log, size_t len)
{
	char *whole = run(log, len, RUN_WHOLE, 1), *cut = run(log, len, RUN_ANYWHERE, 7);

	if (!strstr(whole, "torn: ") && !strstr(cut, "torn: "))
		check_string(when, cut, whole);
	free(cut);
	cut = run(log, len, RUN_FED, len);
	check_string(when, cut, whole);
	free(whole);
	free(cut);
}

/* The columns of a record, each with what its text is made longer by. */
static const struct {
	const char *before, *more, *behind;
} parts[] = {
	{ "2026-11-21 02:44:20.516 U", "T", "," },
	{ "2026-11-21 02:44:20.", "1", " UTC," },
	{ "\"", "u", "\"," },
	{ "\"", "d", "\"," },
	{ "1", "2", "," },
	{ "\"", "h", ":5432\"," },
	{ "6b010584.9", "9", "," },
	{ "6", "b", ".985," },
	{ "3", "3", "," },
	{ "\"", "p", "\"," },
	{ "2026-11-21 02:44:20 U", "T", "," },
	{ "3/", "3", "," },
	{ "7", "3", "," },
	{ "LO", "G", "," },
	{ "0000", "0", "," },
	{ "\"m", "m", "\"," },
	{ "\"d\"\"", "d", "\"\"\",,," },
	{ "1", "1", "," },
	{ "\"", "c", "\"," },
	{ "\"", "s", "\",," },
	{ "\"f, ", "f", ".c:1\"," },
	{ "\"", "a", "\"," },
	{ "\"", "b", "\",," },
	{ "-1", "1", "\n" },
};

/* Of the two parts that make one column, one. */
static void add_parts(struct buf *log, size_t longer, size_t times)
{
	for (size_t i = 0; i < COUNT(parts); i++) {
		size_t n = i == longer ? times : i == 13 || i == 14;

		if (i == (longer == 1 ? 0U : 1U) || i == (longer == 7 ? 6U : 7U))
			continue;
		buf_adds(log, parts[i].before);
		for (; n > 0; n--)
			buf_adds(log, parts[i].more);
		buf_adds(log, parts[i].behind);
	}
}

static void columns_are_read_whatever_their_length(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(parts); i++) {
		for (size_t times = 0; times < 140; times++) {
			struct buf log;

			buf_init(&log, 1 << 20);
			add_parts(&log, i, times);
			add_parts(&log, 0, 1);
			check_ways(parts[i].before, log.data, log.len);
			buf_release(&log);
		}
	}
}

static void what_is_not_usual_is_read_however_it_comes(void **state)
{
	static const char bytes[] = "\",x0.-\n";
	struct buf log;
	char *is;

	(void)state;
	buf_init(&log, 1 << 20);
	add_parts(&log, 0, 1);
	add_parts(&log, 4, 5);
	is = run(log.data, log.len, RUN_WHOLE, 1);
	assert_memory_equal(is, "LOG\ntime: ", 10);
	assert_non_null(strstr(is, "\n\nLOG\ntime: "));
	free(is);
	for (size_t at = 0; at < log.len; at++) {
		for (size_t i = 0; i < sizeof(bytes) - 1; i++) {
			char was = log.data[at];

			log.data[at] = bytes[i];
			check_ways(log.data, log.data, log.len);
			log.data[at] = was;
		}
		starts_as_plain(log.data, at);
	}
	buf_release(&log);
}

static const struct {
	const char *host, *name, *port;
} hosts[] = {
	{ "::1:5432", "::1", "5432" },
	{ "[local]", "[local]", NULL },
	{ "h", "h", NULL },
	{ "1", "1", NULL },
	{ "1:", "1:", NULL },
	{ ":1", "", "1" },
	{ "a:1x", "a:1x", NULL },
	{ "10.1.2.3", "10.1.2.3", NULL },
	{ "10.1.2.34:5432", "10.1.2.34", "5432" },
	{ "10.1.2.34:54321", "10.1.2.34", "54321" },
	{ "10.1.2.134:54321", "10.1.2.134", "54321" },
	{ "10.1.12.134:54321", "10.1.12.134", "54321" },
	{ "255.255.255.255:65535", "255.255.255.255", "65535" },
	{ "h:12345678901234", "h", "12345678901234" },
	{ "h:123456789012345", "h", "123456789012345" },
	{ "h:1234567890123456", "h", "1234567890123456" },
	{ "h:12345678901234567", "h", "12345678901234567" },
	{ "1234567890123456", "1234567890123456", NULL },
	{ "12345678901234567", "12345678901234567", NULL },
	{ "h123456789012345678", "h123456789012345678", NULL },
};

static void check_slice(const char *when, struct slice is, const char *want)
{
	check(when, !is.s == !want);
	if (want)
		check(when, is.len == strlen(want) && memcmp(is.s, want, is.len) == 0);
}

static void take_one(struct csvlog *csv, const char *line, struct entry *ret_entry)
{
	struct line_piece piece = { line, strlen(line), true, true };

	check(line, csvlog_starts(piece.s, piece.len));
	check(line, csvlog_take(csv, &piece, ret_entry) == RECORD_ENTRY);
	check(line, plain_known(ret_entry));
}

static void a_host_is_parted_from_its_port(void **state)
{
	struct csvlog *csv = csvlog_new();
	struct entry entry;
	char line[1024];

	(void)state;
	for (size_t i = 0; i < COUNT(hosts); i++) {
		snprintf(line, sizeof(line),
			T ",,,12,\"%s\",1.2,3,," S ",,0,LOG,00000,,,,,,,,,,",
			hosts[i].host);
		take_one(csv, line, &entry);
		check_slice(hosts[i].host, entry.text[ENTRY_REMOTE_HOST], hosts[i].name);
		check_slice(hosts[i].host, entry.text[ENTRY_REMOTE_PORT], hosts[i].port);
	}
	csvlog_free(csv);
}

static void pids_are_read(void **state)
{
	struct csvlog *csv = csvlog_new();
	const char *digits = "908172635445362718";
	struct entry entry;
	char line[1024];

	(void)state;
	for (int i = 1; i <= 18; i++) {
		snprintf(line, sizeof(line),
			T ",,,%.*s,,1.2,3,," S ",,0,LOG,00000,,,,,,,,,,", i, digits);
		take_one(csv, line, &entry);
		check(line, entry.pid == strtoll(strstr(line, ",,,") + 3, NULL, 10));
	}
	csvlog_free(csv);
}

static void a_severity_is_the_whole_word(void **state)
{
	static const struct {
		const char *word;
		enum level level;
		bool shown;
	} words[] = {
		{ "LOG", LEVEL_LOG, false },
		{ "LO", LEVEL_UNPARSED, true },
		{ "LOGS", LEVEL_UNPARSED, true },
		{ "LAG", LEVEL_UNPARSED, true },
		{ "DEBUG", LEVEL_DEBUG, false },
		{ "INFO", LEVEL_INFO, false },
		{ "PROTOKOLL", LEVEL_UNPARSED, true },
		{ "FATAL", LEVEL_FATAL, false },
	};
	struct csvlog *csv = csvlog_new();
	struct entry entry;
	char line[1024];

	(void)state;
	for (size_t i = 0; i < COUNT(words); i++) {
		snprintf(line, sizeof(line), T ",,,1,,1.2,3,," S ",,0,%s,00000,,,,,,,,,,",
			words[i].word);
		take_one(csv, line, &entry);
		check(line, entry.level == words[i].level);
		check_slice(
			line, entry.level_text, words[i].shown ? words[i].word : NULL);
	}
	csvlog_free(csv);
}

static void add_field(struct buf *log, char c, size_t len)
{
	buf_addc(log, '"');
	for (size_t i = 0; i < len; i++)
		buf_adds(log, c == '"' ? "\"\"" : (char[]){ c, '\0' });
	buf_addc(log, '"');
}

static void later_columns_are_never_lost(void **state)
{
	enum { LONG = 300000 };
	struct csvlog *csv = csvlog_new();
	struct line_piece piece = { .begins = true, .ends = true };
	size_t kept = 0, lens[] = { ENTRY_MESSAGE, ENTRY_DETAIL, ENTRY_HINT,
		ENTRY_INTERNAL_QUERY, ENTRY_CONTEXT, ENTRY_STATEMENT };
	struct entry entry;
	struct buf log;

	(void)state;
	buf_init(&log, 8 << 20);
	buf_adds(&log, HEAD);
	for (int i = 0; i < 4; i++, buf_addc(&log, ','))
		add_field(&log, i % 2 ? 'x' : '"', LONG);
	buf_addc(&log, ',');
	add_field(&log, 'y', LONG);
	buf_addc(&log, ',');
	add_field(&log, 'z', LONG);
	buf_adds(&log, ",,,\"app\",\"b\",7,5");
	piece.s = log.data;
	piece.len = log.len;
	assert_int_equal(csvlog_take(csv, &piece, &entry), RECORD_ENTRY);
	for (size_t i = 0; i < COUNT(lens); i++) {
		assert_true(entry.text[lens[i]].len >= RECORD_LONG_BYTES);
		kept += entry.text[lens[i]].len;
	}
	assert_true(kept < ENTRY_KEEP_BYTES && kept > ENTRY_KEEP_BYTES * 3 / 4);
	assert_true(entry.cut_bytes == 6 * LONG - kept);
	assert_memory_equal(entry.text[ENTRY_APPLICATION_NAME].s, "app", 3);
	assert_memory_equal(entry.text[ENTRY_QUERY_ID].s, "5", 1);
	csvlog_free(csv);
	buf_release(&log);
}

static void a_long_name_is_cut(void **state)
{
	struct csvlog *csv = csvlog_new();
	struct line_piece piece = { .begins = true, .ends = true };
	struct entry entry;
	struct buf log;

	(void)state;
	buf_init(&log, 1 << 20);
	buf_adds(&log, HEAD "\"m\",,,,,,,,,");
	add_field(&log, 'n', RECORD_SHORT_BYTES + 7);
	piece.s = log.data;
	piece.len = log.len;
	assert_int_equal(csvlog_take(csv, &piece, &entry), RECORD_ENTRY);
	assert_int_equal(entry.text[ENTRY_APPLICATION_NAME].len, RECORD_SHORT_BYTES);
	assert_int_equal(entry.cut_bytes, 7);
	csvlog_free(csv);
	buf_release(&log);
}

static void a_long_record_is_cut_the_same_however_it_comes(void **state)
{
	struct buf log;
	char *want;

	(void)state;
	buf_init(&log, 8 << 20);
	buf_adds(&log, HEAD);
	for (int i = 0; i < 3; i++, buf_addc(&log, ','))
		add_field(&log, i % 2 ? '\n' : '"', 150000 + 77777 * i);
	buf_adds(&log, ",,,,,,\"app\",\"b\",7,5\n" HEAD "\"m\" x,\"");
	for (int i = 0; i < 90000; i++)
		buf_addc(&log, 'r');
	buf_addc(&log, '\n');
	want = run(log.data, log.len, RUN_WHOLE, 1);
	assert_non_null(strstr(want, "cut: "));
	assert_non_null(strstr(want, "application_name: app\n"));
	assert_non_null(strstr(want, "broken: "));
	for (uint64_t seed = 1; seed <= 5; seed++) {
		char *is = run(log.data, log.len, RUN_AS_LINES, seed);

		assert_string_equal(is, want);
		free(is);
	}
	free(want);
	buf_release(&log);
}

/* What the first line has of a record is kept in one of two ways. */
static void a_first_line_is_kept_whatever_its_length(void **state)
{
	(void)state;
	for (size_t i = 0; i < 20; i++) {
		size_t len = 550 + i / 2 * 50;
		struct buf log;

		buf_init(&log, 8 << 20);
		buf_adds(&log, T ",");
		add_field(&log, 'u', len);
		buf_addc(&log, ',');
		add_field(&log, 'd', len / 2);
		buf_adds(&log, ",12,,1.2,3,," S ",,0,LOG,00000,");
		buf_adds(&log, i % 2 ? "\"m\nn\"," : "\"m\",");
		add_field(&log, '\n', 230000);
		buf_adds(&log, ",\"h\nh\",,,,,,,\"app\",\"b\",7,5\n");
		check_ways("a long first line", log.data, log.len);
		buf_release(&log);
	}
}

static void a_record_of_more_than_the_server_can_make_ends(void **state)
{
	struct csvlog *csv = csvlog_new();
	struct line_piece piece = { .begins = true, .ends = true };
	enum record_result result = RECORD_MORE;
	char *line = malloc(LINE_PIECE_BYTES);
	struct entry entry;
	uint64_t cut, lines = 0;
	struct slice text;

	(void)state;
	memset(line, 'x', LINE_PIECE_BYTES);
	piece.s = HEAD "\"m";
	piece.len = strlen(piece.s);
	assert_int_equal(csvlog_take(csv, &piece, &entry), RECORD_MORE);
	piece.s = line;
	for (piece.len = LINE_PIECE_BYTES; result == RECORD_MORE && lines < 20000;
		lines++)
		result = csvlog_take(csv, &piece, &entry);
	assert_int_equal(result, RECORD_BROKEN);
	assert_int_equal(lines, ((size_t)1 << 30) / (LINE_PIECE_BYTES + 1) + 1);
	text = csvlog_raw(csv, &cut);
	assert_int_equal(text.len, RECORD_RAW_BYTES);
	assert_int_equal(
		text.len + cut, strlen(HEAD "\"m") + lines * (LINE_PIECE_BYTES + 1));
	free(line);
	csvlog_free(csv);
}

static void the_rest_of_a_line_is_no_record(void **state)
{
	struct csvlog *csv = csvlog_new();
	struct line_piece piece = { "rest", 4, false, false };
	struct entry entry;
	uint64_t cut;

	(void)state;
	assert_int_equal(csvlog_finish(csv, &entry), RECORD_MORE);
	assert_int_equal(csvlog_take(csv, &piece, &entry), RECORD_MORE);
	assert_true(csvlog_is_open(csv));
	piece.ends = true;
	assert_int_equal(csvlog_take(csv, &piece, &entry), RECORD_BROKEN);
	assert_int_equal(csvlog_raw(csv, &cut).len, 8);
	csvlog_free(csv);
	csvlog_free(NULL);
}

/* A writer of its own: fields from a few awkward bytes, as the server quotes them. */
static void add_random(
	struct buf *log, struct buf *want, const char *name, uint64_t *seed)
{
	static const char bytes[] = "ab\"\",\n\\\t \xff\xc3\xa9'";
	size_t len = run_random(seed) % 30;

	if (run_random(seed) % 3 == 0)
		return;
	buf_adds(want, name);
	buf_adds(want, ": ");
	buf_addc(log, '"');
	for (size_t i = 0; i < len; i++) {
		char c = bytes[run_random(seed) % (sizeof(bytes) - 1)];

		buf_addc(want, c);
		buf_addc(log, c);
		if (c == '"')
			buf_addc(log, c);
	}
	buf_addc(want, '\n');
	buf_addc(log, '"');
}

static void add_record(struct buf *log, struct buf *want, uint64_t *seed)
{
	static const char *const names[] = { "message", "detail", "hint",
		"internal_query", NULL, "context", "statement" };

	buf_adds(log, HEAD);
	buf_adds(want, HEAD_IS);
	for (size_t i = 0; i < COUNT(names); i++, buf_addc(log, ','))
		if (names[i])
			add_random(log, want, names[i], seed);
	buf_adds(log, ",,,");
	add_random(log, want, "backend_type", seed);
	buf_adds(log, ",,0\n");
	buf_addc(want, '\n');
}

static void what_is_written_is_read_back(void **state)
{
	uint64_t seed = 88172645463325252;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		struct buf log, want;
		char *is;

		buf_init(&log, 1 << 20);
		buf_init(&want, 1 << 20);
		for (int n = 0; n < 3; n++)
			add_record(&log, &want, &seed);
		is = run(log.data, log.len, i % 2 ? RUN_ANYWHERE : RUN_WHOLE,
			run_random(&seed));
		check_string(log.data, is, want.data);
		free(is);
		buf_release(&log);
		buf_release(&want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_are_read),
		cmocka_unit_test(pieces_change_nothing),
		cmocka_unit_test(what_is_no_record_is_kept_as_it_is),
		cmocka_unit_test(a_torn_record_does_not_take_the_next_ones),
		cmocka_unit_test(the_beginning_of_a_record_is_known),
		cmocka_unit_test(columns_are_read_whatever_their_length),
		cmocka_unit_test(what_is_not_usual_is_read_however_it_comes),
		cmocka_unit_test(a_host_is_parted_from_its_port),
		cmocka_unit_test(pids_are_read),
		cmocka_unit_test(a_severity_is_the_whole_word),
		cmocka_unit_test(later_columns_are_never_lost),
		cmocka_unit_test(a_long_name_is_cut),
		cmocka_unit_test(a_long_record_is_cut_the_same_however_it_comes),
		cmocka_unit_test(a_first_line_is_kept_whatever_its_length),
		cmocka_unit_test(a_record_of_more_than_the_server_can_make_ends),
		cmocka_unit_test(the_rest_of_a_line_is_no_record),
		cmocka_unit_test(what_is_written_is_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
