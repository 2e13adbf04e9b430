/* links: logtail/logtail.a */
#include "unit.h"

#include "logtail/jsonlog.h"
#include "logtail/jsonlog_text.h"
#include "logtail/record.h"
#include "record_run.h"

/* Is what the entry says of its texts true? */
static void check_known(const struct entry *entry)
{
	uint32_t known = UINT32_C(1) << ENTRY_MESSAGE;
	size_t len = 0;

	if (!entry->known)
		return;
	for (int i = 0; i < ENTRY_TEXTS; i++) {
		known |= (uint32_t)(entry->text[i].len > 0) << i;
		len += entry->text[i].len;
	}
	assert_int_equal(entry->known, known);
	assert_true(entry->len >= len);
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

static const struct run_format format = { LINE_PIECE_BYTES, NULL, take, finish, is_open,
	raw, feed };

/* The caller frees it. */
static char *run(const char *log, size_t len, enum run_cuts cuts, uint64_t seed)
{
	struct jsonlog *json = jsonlog_new();
	struct buf out;

	assert_non_null(json);
	buf_init(&out, 8 << 20);
	buf_adds(&out, "");
	run_log(&format, json, log, len, cuts, seed, &out);
	jsonlog_free(json);
	assert_false(out.failed);
	return buf_take(&out);
}

#define HEAD "{\"timestamp\":\"T\",\"error_severity\":\"LOG\",\"message\":\"m\""
#define HEAD_IS "LOG\ntime: T\npid: 0\n"
#define MESSAGE(text) \
	"{\"timestamp\":\"T\",\"error_severity\":\"LOG\",\"message\":\"" text "\"}\n"
#define MESSAGE_IS(text) HEAD_IS "message: " text "\n\n"

/* The first ones were written by PostgreSQL 15. */
static const struct {
	const char *when, *log, *want;
} lines[] = {
	{ "a key with two values",
		HEAD ",\"user\":\"a\",\"user\":\"b\",\"hint\":\"h\"}\n",
		HEAD_IS "user: a\nmessage: m\nhint: h\n\n" },
	{ "a key that differs behind its sixteenth character",
		HEAD ",\"internal_positiox\":1,\"internal_position\":2}\n",
		HEAD_IS "message: m\ninternal_position: 2\n\n" },
	{ "numbers below zero", HEAD ",\"unknown\":-1,\"query_id\":-12}\n",
		HEAD_IS "message: m\nquery_id: -12\n\n" },
	{ "a connection, IPv6",
		"{\"timestamp\":\"2026-11-21 02:49:33.902 UTC\",\"pid\":3772,\"remote_host\":"
		"\"fd00::2\",\"remote_port\":50562,\"session_id\":\"6b0106bd.ebc\",\"line_num\":1,"
		"\"ps\":\"\",\"session_start\":\"2026-11-21 02:49:33 UTC\",\"txid\":0,"
		"\"error_severity\":\"LOG\",\"message\":\"connection received: host=fd00::2 "
		"port=50562\",\"func_name\":\"BackendInitialize\",\"file_name\":\"postmaster.c\","
		"\"file_line_num\":4411,\"backend_type\":\"not initialized\",\"query_id\":0}\n",
		"LOG\ntime: 2026-11-21 02:49:33.902 UTC\npid: 3772\nremote_host: fd00::2\n"
		"remote_port: 50562\nsession_id: 6b0106bd.ebc\nline_num: 1\nps: \n"
		"session_start: 2026-11-21 02:49:33 UTC\n"
		"message: connection received: host=fd00::2 port=50562\n"
		"func_name: BackendInitialize\nfile_name: postmaster.c\nfile_line_num: 4411\n"
		"backend_type: not initialized\n\n" },
	{ "an error with most there is",
		"{\"timestamp\":\"2026-11-21 02:44:20.633 UTC\",\"user\":\"postgres\",\"dbname\":"
		"\"postgres\",\"pid\":2437,\"remote_host\":\"[local]\",\"session_id\":"
		"\"6b010584.985\",\"line_num\":32,\"ps\":\"SELECT\",\"session_start\":"
		"\"2026-11-21 02:44:20 UTC\",\"vxid\":\"3/50\",\"txid\":738,\"error_severity\":"
		"\"ERROR\",\"state_code\":\"P0001\",\"message\":\"msg \\\"x\\\"\\nl2\",\"detail\":"
		"\"det,\\\"d\\\"\",\"hint\":\"hint\\nh2\",\"context\":\"PL/pgSQL function f() line 1 "
		"at RAISE\",\"statement\":\"SELECT f();\",\"func_name\":\"exec_stmt_raise\","
		"\"file_name\":\"pl_exec.c\",\"file_line_num\":3891,\"application_name\":"
		"\"app,\\\"q\\\" bitville-1\",\"backend_type\":\"client backend\",\"query_id\":"
		"-2077129944782189749}\n",
		"ERROR\ntime: 2026-11-21 02:44:20.633 UTC\npid: 2437\nuser: postgres\n"
		"dbname: postgres\napplication_name: app,\"q\" bitville-1\n"
		"remote_host: [local]\nsession_id: 6b010584.985\nline_num: 32\nps: SELECT\n"
		"session_start: 2026-11-21 02:44:20 UTC\nvxid: 3/50\ntxid: 738\n"
		"state_code: P0001\nmessage: msg \"x\"\nl2\ndetail: det,\"d\"\nhint: hint\nh2\n"
		"context: PL/pgSQL function f() line 1 at RAISE\nstatement: SELECT f();\n"
		"func_name: exec_stmt_raise\nfile_name: pl_exec.c\nfile_line_num: 3891\n"
		"backend_type: client backend\nquery_id: -2077129944782189749\n\n" },
	{ "bytes that are no UTF-8, controls, a delete",
		"{\"timestamp\":\"2026-11-21 02:49:34.042 UTC\",\"user\":\"postgres\",\"dbname\":"
		"\"postgres\",\"pid\":3779,\"remote_host\":\"[local]\",\"session_id\":"
		"\"6b0106be.ec3\",\"line_num\":4,\"ps\":\"SELECT\",\"session_start\":"
		"\"2026-11-21 02:49:34 UTC\",\"vxid\":\"3/11\",\"txid\":0,\"error_severity\":"
		"\"ERROR\",\"state_code\":\"42703\",\"message\":\"column \\\"nosuch\\\" does not "
		"exist\",\"statement\":\"SELECT '\xff\xfe caf\xe9 "
		"\xc3\xa9\\u0001\\b\\f\\u001f\x7f', nosuch;\",\"cursor_position\":27,"
		"\"application_name\":\"app?\",\"backend_type\":\"client backend\",\"query_id\":0}"
		"\n",
		"ERROR\ntime: 2026-11-21 02:49:34.042 UTC\npid: 3779\nuser: postgres\n"
		"dbname: postgres\napplication_name: app?\nremote_host: [local]\n"
		"session_id: 6b0106be.ec3\nline_num: 4\nps: SELECT\n"
		"session_start: 2026-11-21 02:49:34 UTC\nvxid: 3/11\nstate_code: 42703\n"
		"message: column \"nosuch\" does not exist\n"
		"statement: SELECT '\xff\xfe caf\xe9 \xc3\xa9\x01\b\f\x1f\x7f', nosuch;\n"
		"cursor_position: 27\nbackend_type: client backend\n\n" },
	{ "keys that this server did not use",
		HEAD ",\"internal_query\":\"i\",\"internal_position\":3,\"leader_pid\":9,"
		     "\"backtrace\":\"a\\n\\tb\"}\n",
		HEAD_IS "message: m\ninternal_query: i\ninternal_position: 3\n"
			"backtrace: a\n\tb\nleader_pid: 9\n\n" },
	{ "every escape", MESSAGE("\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20AC"),
		MESSAGE_IS("\"\\/\b\f\n\r\tA\xc3\xa9\xe2\x82\xac") },
	{ "surrogates", MESSAGE("\\ud83d\\ude00"), MESSAGE_IS("\xf0\x9f\x98\x80") },
	{ "the first and the last of them", MESSAGE("\\ud800\\udc00\\udbff\\udfff"),
		MESSAGE_IS("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf") },
	{ "a high one alone",
		MESSAGE("\\ud83d") MESSAGE("\\ud83dx") MESSAGE("\\ud83d\\n"),
		MESSAGE_IS("\xef\xbf\xbd") MESSAGE_IS("\xef\xbf\xbdx")
			MESSAGE_IS("\xef\xbf\xbd\n") },
	{ "two high ones", MESSAGE("\\ud83d\\ud83d\\ude00"),
		MESSAGE_IS("\xef\xbf\xbd\xf0\x9f\x98\x80") },
	{ "a low one alone", MESSAGE("a\\ude00b"),
		MESSAGE_IS("a\xef\xbf\xbd"
			   "b") },
	{ "NUL and what is next to it",
		MESSAGE("\\u0000\\u0001\\u007f\\u0080\\u07ff\\u0800\\uffff"),
		MESSAGE_IS(
			"\xef\xbf\xbd\x01\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf") },
	{ "controls as they are", MESSAGE("a\t\x01\r"), MESSAGE_IS("a\t\x01\r") },
	{ "blanks between",
		" { \"timestamp\" : \"T\"\t,\r\"error_severity\": \"LOG\" , \"message\" :\"m\" , "
		"\"pid\" : 5 } \r\n",
		"LOG\ntime: T\npid: 5\nmessage: m\n\n" },
	{ "another order, escapes in a key",
		"{\"mess\\u0061ge\":\"m\",\"query_id\":1,\"error_severity\":\"LOG\",\"user\":\"u\","
		"\"timestamp\":\"T\"}\n",
		HEAD_IS "user: u\nmessage: m\nquery_id: 1\n\n" },
	{ "unknown keys, whatever their value",
		HEAD
		",\"a\":{\"message\":\"x\",\"b\":[1,{\"hint\":\"y\"},[],{},\"\\\"\"]},\"c\":[],"
		"\"d\":{\"x\":0,\"hint\":\"y\",\"z\":0},\"e\":null,\"f\":-1.5E+7,\"\":true,\"messag\":\"z\",\"messagex\":1,"
		"\"0123456789012345678901234567890123456789\":"
		"1234567890123456789012345678901234567890,\"hint\":\"h\"}\n",
		HEAD_IS "message: m\nhint: h\n\n" },
	{ "the first of two",
		HEAD ",\"hint\":\"a\",\"hint\":\"b\",\"detail\":null,"
		     "\"detail\":\"c\",\"context\":\"d\",\"context\":{}}\n",
		HEAD_IS "message: m\nhint: a\ncontext: d\n\n" },
	{ "values of another kind",
		HEAD
		",\"user\":5,\"line_num\":\"7\",\"hint\":true,\"detail\":[1],\"ps\":false,"
		"\"context\":{\"a\":1},\"statement\":null,\"txid\":null,\"query_id\":\"0\"}\n",
		HEAD_IS "user: 5\nline_num: 7\nps: false\nmessage: m\nhint: true\n\n" },
	{ "a translated severity, and one that nobody knows",
		"{\"timestamp\":\"T\",\"error_severity\":\"FEHLER\",\"message\":\"\"}\n"
		"{\"timestamp\":\"T\",\"error_severity\":\"ODD\",\"message\":\"m\"}\n",
		"ERROR\nlevel_text: FEHLER\ntime: T\npid: 0\nmessage: \n\n"
		"UNPARSED\nlevel_text: ODD\ntime: T\npid: 0\nmessage: m\n\n" },
	{ "a number longer than any",
		HEAD ",\"line_num\":-123456789012345678901234567890123}\n",
		HEAD_IS
		"line_num: -1234567890123456789012345678901\nmessage: m\ncut: 2\n\n" },
	{ "the same without a sign, before another key",
		HEAD ",\"line_num\":123456789012345678901234567890123,\"ps\":\"x\"}\n",
		HEAD_IS "line_num: 12345678901234567890123456789012\nps: x\nmessage: m\n"
			"cut: 1\n\n" },
	{ "an unfinished text", HEAD ",\"hint\":\"h\\u00e9\\ud83d",
		"finished " HEAD_IS
		"message: m\nhint: h\xc3\xa9\xef\xbf\xbd\ncut: 1\n\n" },
	{ "an unfinished escape", HEAD ",\"hint\":\"h\\u00e",
		"finished " HEAD_IS "message: m\nhint: h\ncut: 1\n\n" },
	{ "an unfinished name", HEAD ",\"user\":\"h",
		"finished " HEAD_IS "message: m\ncut: 1\n\n" },
	{ "an unfinished number", HEAD ",\"line_num\":1",
		"finished " HEAD_IS "message: m\ncut: 1\n\n" },
	{ "an unfinished key", HEAD ",\"hin",
		"finished " HEAD_IS "message: m\ncut: 1\n\n" },
	{ "no newline", HEAD "}", "finished " HEAD_IS "message: m\ncut: 1\n\n" },
	{ "unfinished before the message",
		"{\"timestamp\":\"T\",\"error_severity\":\"LOG\"",
		"finished broken: {\"timestamp\":\"T\",\"error_severity\":\"LOG\"\n\n" },
	{ "unfinished after what is broken", HEAD "x,",
		"finished broken: " HEAD "x,\n\n" },
};

static void lines_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		char *is = run(lines[i].log, strlen(lines[i].log), RUN_WHOLE, 1);

		check_string(lines[i].when, is, lines[i].want);
		free(is);
		for (uint64_t seed = 1; seed <= 30; seed++) {
			is = run(lines[i].log, strlen(lines[i].log), RUN_FED, seed);
			check_string(lines[i].when, is, lines[i].want);
			free(is);
		}
	}
}

static void pieces_change_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		for (uint64_t seed = 1; seed <= 300; seed++) {
			char *is = run(
				lines[i].log, strlen(lines[i].log), RUN_ANYWHERE, seed);

			check_string(lines[i].when, is, lines[i].want);
			free(is);
		}
	}
}

static const char *const broken[] = {
	"",
	"{}",
	"[]",
	"x",
	"\"timestamp\"",
	HEAD,
	HEAD ",",
	HEAD ",}",
	HEAD "]",
	HEAD "}}",
	HEAD "} x",
	HEAD "}" HEAD "}",
	HEAD ",\"hint\"}",
	HEAD ",\"hint\":}",
	HEAD ",\"hint\":,\"a\":1}",
	HEAD ",\"hint\" \"h\"}",
	HEAD ",\"hint\":\"h\"\"a\":1}",
	HEAD ",\"hint\":\"h\"",
	HEAD ",\"hint\":\"h}",
	HEAD ",\"hint\":\"\\x\"}",
	HEAD ",\"hint\":\"\\u00g0\"}",
	HEAD ",\"hint\":\"\\u00\"}",
	HEAD ",\"hint\":\"a text that has an escape\\n, but not its end}",
	HEAD ",\"hint\":\"a text that ends in the beginning of an escape\\",
	HEAD
	",\"hint\":\"a text without its end, of some more bytes than a tail has: it is read where it stands}",
	HEAD
	",\"hint\":\"a text that has an escape\\n, but not its end, of some more bytes than a tail has}",
	HEAD
	",\"hint\":\"a text that ends in the beginning of an escape, but not soon: not soon enough \\",
	HEAD ",\"a\":\"b\\}",
	HEAD ",\"line_num\":}",
	HEAD ",\"line_num\":1 1}",
	HEAD ",hint:1}",
	HEAD ",\"a\":nul}",
	HEAD ",\"a\":nulls}",
	HEAD ",\"a\":yes}",
	HEAD ",\"a\":+1}",
	HEAD ",\"a\":N}",
	HEAD ",\"hint\":nul}",
	HEAD ",\"a\":[1}",
	HEAD ",\"a\":{]}",
	HEAD ",\"a\":[1,]}",
	HEAD ",\"a\":{\"b\"}}",
	HEAD ",\"pid\":\"x\"}",
	HEAD ",\"pid\":-1}",
	HEAD ",\"pid\":1.5}",
	HEAD ",\"pid\":\"\"}",
	"{\"error_severity\":\"LOG\",\"message\":\"m\"}",
	"{\"timestamp\":\"\",\"error_severity\":\"LOG\",\"message\":\"m\"}",
	"{\"timestamp\":\"T\",\"message\":\"m\"}",
	"{\"timestamp\":\"T\",\"error_severity\":\"LOG\"}",
	"{\"timestamp\":\"T\",\"error_severity\":\"LOG\",\"message\":null}",
	"{\"timestamp\":\"T\",\"error_severity\":\"LOG\",\"message\":{}}",
	"{\"timestamp\":\"T\",\"error_severity\":\"LOG\",\"message\":\"m{\"timestamp\":\"T\"}",
};

/* As it is, and behind so much that it is no short line. */
#define LONG_HEAD \
	HEAD ",\"context\":\"this is, with the rest, more than the tail of a line\""

static void check_broken(const char *line)
{
	char log[1024], want[1024];

	snprintf(log, sizeof(log), "%s\n" HEAD "}\n", line);
	snprintf(want, sizeof(want), "broken: %s\n\n" HEAD_IS "message: m\n\n", line);
	for (uint64_t seed = 0; seed < 50; seed++) {
		char *is = run(log, strlen(log), seed ? RUN_ANYWHERE : RUN_WHOLE, seed);

		check_string(line, is, want);
		free(is);
	}
}

static void what_is_no_entry_is_kept_as_it_is(void **state)
{
	char line[512];

	(void)state;
	for (size_t i = 0; i < COUNT(broken); i++) {
		check_broken(broken[i]);
		if (strncmp(broken[i], HEAD, strlen(HEAD)) != 0)
			continue;
		snprintf(line, sizeof(line), LONG_HEAD "%s", broken[i] + strlen(HEAD));
		check_broken(line);
	}
}

static void nesting_is_bounded(void **state)
{
	char line[256] = HEAD ",\"a\":";
	const unsigned inner = JSONLOG_DEPTH_MAX - 1;

	(void)state;
	for (unsigned depth = inner; depth <= inner + 1; depth++) {
		size_t at = strlen(HEAD ",\"a\":");
		char *is;

		memset(line + at, '[', depth);
		memset(line + at + depth, ']', depth);
		strcpy(line + at + depth * 2, "}\n");
		is = run(line, strlen(line), RUN_WHOLE, 1);
		assert_int_equal(strncmp(is, "broken", 6) == 0, depth > inner);
		free(is);
	}
}

static void the_beginning_of_a_line_is_known(void **state)
{
	(void)state;
	assert_true(jsonlog_starts("{\"timestamp\":\"2026", 18));
	assert_true(jsonlog_starts("{\"timestamp\":\"", 14));
	assert_false(jsonlog_starts("{\"timestamp\":\"", 13));
	assert_false(jsonlog_starts("{\"timestamp\":1,\"\"", 17));
	assert_false(jsonlog_starts("", 0));
}

static void a_long_name_is_cut(void **state)
{
	static const char *const escapes[] = { "", "\\n" };

	(void)state;
	for (size_t i = 0; i < COUNT(escapes); i++) {
		struct jsonlog *json = jsonlog_new();
		struct line_piece piece = { .begins = true, .ends = true };
		struct entry entry;
		char line[2048];

		assert_non_null(json);
		piece.len = (size_t)snprintf(line, sizeof(line),
			HEAD ",\"user\":\"%s%01030d\",\"ps\":\"p\"}", escapes[i], 0);
		piece.s = line;
		assert_int_equal(jsonlog_take(json, &piece, &entry), RECORD_ENTRY);
		assert_int_equal(entry.text[ENTRY_USER].len, RECORD_SHORT_BYTES);
		assert_int_equal(entry.cut_bytes,
			1030 + strlen(escapes[i]) / 2 - RECORD_SHORT_BYTES);
		assert_int_equal(entry.text[ENTRY_PS].len, 1);
		jsonlog_free(json);
	}
}

static void later_values_are_never_lost(void **state)
{
	static const char *const long_keys[] = { "message", "detail", "hint",
		"internal_query", "context", "statement", "backtrace", "unknown" };
	enum { LONG = 300000 };
	struct jsonlog *json = jsonlog_new();
	struct line_piece piece = { .begins = true, .ends = true };
	struct entry entry;
	size_t kept = 0;
	struct buf log;

	(void)state;
	buf_init(&log, 8 << 20);
	buf_adds(&log, "{\"timestamp\":\"T\",\"error_severity\":\"LOG\"");
	for (size_t i = 0; i < COUNT(long_keys); i++) {
		buf_addf(&log, ",\"%s\":\"", long_keys[i]);
		for (int n = 0; n < LONG; n++)
			buf_adds(&log, i % 2 ? "x" : "\\n");
		buf_addc(&log, '"');
	}
	buf_addf(&log, ",\"user\":\"%01030d\"", 0);
	buf_adds(&log, ",\"application_name\":\"app\",\"query_id\":5}");
	piece.s = log.data;
	piece.len = log.len;
	assert_int_equal(jsonlog_take(json, &piece, &entry), RECORD_ENTRY);
	for (int i = ENTRY_MESSAGE; i <= ENTRY_BACKTRACE; i++) {
		if (!entry.text[i].s)
			continue;
		assert_true(entry.text[i].len >= RECORD_LONG_BYTES);
		kept += entry.text[i].len;
	}
	assert_true(kept < ENTRY_KEEP_BYTES && kept > ENTRY_KEEP_BYTES * 3 / 4);
	assert_true(entry.cut_bytes == 7 * LONG - kept + 1030 - RECORD_SHORT_BYTES);
	assert_int_equal(entry.text[ENTRY_USER].len, RECORD_SHORT_BYTES);
	assert_memory_equal(entry.text[ENTRY_APPLICATION_NAME].s, "app", 3);
	assert_memory_equal(entry.text[ENTRY_QUERY_ID].s, "5", 1);
	jsonlog_free(json);
	buf_release(&log);
}

static void a_long_line_is_cut_the_same_however_it_comes(void **state)
{
	struct buf log;
	char *want;

	(void)state;
	buf_init(&log, 8 << 20);
	buf_adds(&log, HEAD ",\"hint\":\"");
	for (int i = 0; i < 100000; i++)
		buf_adds(&log, "\\ud83d\\ude00\xff");
	buf_adds(&log, "\",\"detail\":\"d\"}\n" HEAD "x");
	for (int i = 0; i < 90000; i++)
		buf_addc(&log, 'r');
	buf_addc(&log, '\n');
	want = run(log.data, log.len, RUN_WHOLE, 1);
	assert_non_null(strstr(want, "cut: "));
	assert_non_null(strstr(want, "detail: d\n"));
	assert_non_null(strstr(want, "broken: "));
	for (uint64_t seed = 1; seed <= 5; seed++) {
		char *is = run(log.data, log.len, RUN_AS_LINES, seed);

		assert_string_equal(is, want);
		free(is);
	}
	free(want);
	buf_release(&log);
}

static void the_rest_of_a_line_is_no_object(void **state)
{
	struct jsonlog *json = jsonlog_new();
	struct line_piece piece = { HEAD "}", strlen(HEAD "}"), false, false };
	struct entry entry;
	uint64_t cut;

	(void)state;
	assert_int_equal(jsonlog_finish(json, &entry), RECORD_MORE);
	assert_int_equal(jsonlog_take(json, &piece, &entry), RECORD_MORE);
	assert_true(jsonlog_is_open(json));
	piece.ends = true;
	assert_int_equal(jsonlog_take(json, &piece, &entry), RECORD_BROKEN);
	assert_int_equal(jsonlog_raw(json, &cut).len, 2 * piece.len);
	jsonlog_free(json);
	jsonlog_free(NULL);
}

/* Was the line's entry made at once, not piece by piece? */
static bool is_read_at_once(struct jsonlog *json, const char *line, size_t len)
{
	struct line_piece piece = { .s = line, .len = len, .begins = true, .ends = true };
	struct entry entry;

	assert_int_equal(jsonlog_take(json, &piece, &entry), RECORD_ENTRY);
	check_known(&entry);
	return entry.known;
}

#define SERVER                                                                                    \
	"{\"timestamp\":\"2026-11-21 02:49:33.902 UTC\",\"pid\":3772,\"line_num\":1,\"ps\":\"\"," \
	"\"txid\":0,\"error_severity\":\"LOG\",\"message\":\"m\""

static const struct {
	const char *line;
	bool at_once;
} simple[] = {
	{ SERVER "}", true },
	{ SERVER ",\"query_id\":0}", true },
	{ SERVER ",\"query_id\":-2077129944782189749}", true },
	{ SERVER ",\"query_id\":12345678901234567890123456789012}", true },
	{ SERVER ",\"query_id\":123456789012345678901234567890123}", false },
	{ SERVER ",\"detail\":\"\",\"application_name\":\"\",\"query_id\":5}", true },
	{ SERVER ",\"detail\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}", true },
	{ SERVER ",\"detail\":\"\\u0041\"}", false },
	{ SERVER ",\"query_id\":5,\"hint\":\"another order\",\"vxid\":\"\"}", true },
	{ SERVER ",\"new\":\"a\",\"hint\":\"h\",\"newer\":-5,\"query_id\":5}", true },
	{ SERVER ",\"new\":\"a\\n\"}", false },
	{ SERVER ",\"new\":null}", false },
	{ SERVER ",\"query_id\":\"5\"}", false },
	{ SERVER ",\"user\":5}", false },
	{ SERVER ",\"hint\":\"a\",\"hint\":\"b\"}", false },
	{ SERVER ", \"hint\":\"a\"}", false },
	{ SERVER " }", false },
	{ SERVER "} ", false },
};

static void what_the_server_writes_is_read_at_once(void **state)
{
	struct jsonlog *json = jsonlog_new();

	(void)state;
	assert_non_null(json);
	for (size_t i = 0; i < COUNT(simple); i++) {
		size_t len = strlen(simple[i].line);

		if (is_read_at_once(json, simple[i].line, len) != simple[i].at_once)
			fail_msg("%s", simple[i].line);
	}
	jsonlog_free(json);
}

/* What stands around a text: another one may begin behind it, in the line's last bytes or before. */
static const struct {
	const char *before, *behind;
} places[] = {
	{ "{\"timestamp\":\"T\",\"error_severity\":\"LOG\",\"message\":\"", "\"}" },
	{ "{\"timestamp\":\"T\",\"error_severity\":\"LOG\",\"message\":\"",
		"\",\"application_name\":\"PostgreSQL JDBC Driver\",\"query_id\":-1}" },
	{ "{\"timestamp\":\"T\",\"error_severity\":\"LOG\",\"message\":\"",
		"\",\"query_id\":1234567890123456789}" },
	{ "{\"timestamp\":\"T\",\"error_severity\":\"LOG\",\"message\":\"",
		"\",\"unknown\":\"a text of unknown meaning\",\"x\":-12345678901234567}" },
	{ "{\"timestamp\":\"T\",\"error_severity\":\"LOG\",\"message\":\"\","
	  "\"application_name\":\"",
		"\"}" },
	{ "{\"timestamp\":\"T\",\"user\":\"",
		"\",\"error_severity\":\"LOG\",\"message\":\"m\\n\",\"context\":\"c\"}" },
	{ "{\"timestamp\":\"T\",\"error_severity\":\"LOG\",\"message\":\"m\",\"pid\":9,"
	  "\"backtrace\":\"",
		"\"}" },
};

/* At once, and cut. */
static void check_line(struct jsonlog *json, const char *line, size_t len, uint64_t seed)
{
	char *whole = run(line, len, RUN_WHOLE, 1),
	     *cut = run(line, len, RUN_ANYWHERE, seed),
	     *fed = run(line, len, RUN_FED, seed);

	check_string(line, whole, cut);
	check_string(line, whole, fed);
	free(fed);
	if (len > JSONLOG_TAIL)
		assert_true(is_read_at_once(json, line, len - 1));
	free(whole);
	free(cut);
}

static void a_text_of_any_length_is_read_the_same(void **state)
{
	static const char *const escapes[] = { "", "\\n", "\\\\\\\"" };
	enum { LONGEST = 70 };
	char filler[LONGEST];
	struct jsonlog *json = jsonlog_new();
	char line[512];

	(void)state;
	assert_non_null(json);
	memset(filler, ',', sizeof(filler));
	for (size_t p = 0; p < COUNT(places); p++) {
		for (int len = 0; len <= LONGEST; len++) {
			for (int at = 0; at <= len; at += 1 + at / 20) {
				const char *escape = escapes[(size_t)at % COUNT(escapes)];
				int n = snprintf(line, sizeof(line), "%s%.*s%s%.*s%s\n",
					places[p].before, at, filler, escape, len - at,
					filler, places[p].behind);

				check_line(json, line, (size_t)n, (uint64_t)(len + 1));
			}
		}
	}
	jsonlog_free(json);
}

/* A writer of its own: awkward characters, each in one of the ways that JSON has. */
static void add_random(
	struct buf *log, struct buf *want, const char *name, uint64_t *seed)
{
	static const struct {
		const char *is, *written[3];
	} chars[] = {
		{ "a", { "a", "a", "\\u0061" } },
		{ "\"", { "\\\"", "\\u0022", "\\\"" } },
		{ "\\", { "\\\\", "\\u005c", "\\u005C" } },
		{ "/", { "/", "\\/", "/" } },
		{ "\n", { "\\n", "\\u000a", "\\u000A" } },
		{ "\xff", { "\xff", "\xff", "\xff" } },
		{ "\xe2\x82\xac", { "\xe2\x82\xac", "\\u20ac", "\\u20AC" } },
		{ "\xf0\x9f\x98\x80",
			{ "\xf0\x9f\x98\x80", "\\ud83d\\ude00", "\\uD83D\\uDE00" } },
		{ ",}", { ",}", ",}", "\\u002c}" } },
	};
	size_t count = run_random(seed) % 30;

	if (run_random(seed) % 3 == 0)
		return;
	buf_addf(want, "%s: ", name);
	buf_addf(log, ",\"%s\":\"", name);
	for (size_t i = 0; i < count; i++) {
		size_t which = run_random(seed) % COUNT(chars);

		buf_adds(want, chars[which].is);
		buf_adds(log, chars[which].written[run_random(seed) % 3]);
	}
	buf_addc(want, '\n');
	buf_addc(log, '"');
}

static void add_line(struct buf *log, struct buf *want, uint64_t *seed)
{
	static const char *const names[] = { "detail", "hint", "internal_query",
		"context", "statement", "func_name", "file_name", "backtrace",
		"backend_type" };

	buf_adds(log, HEAD);
	buf_adds(want, HEAD_IS "message: m\n");
	for (size_t i = 0; i < COUNT(names); i++)
		add_random(log, want, names[i], seed);
	buf_adds(log, ",\"query_id\":0}\n");
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
			add_line(&log, &want, &seed);
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
		cmocka_unit_test(lines_are_read),
		cmocka_unit_test(pieces_change_nothing),
		cmocka_unit_test(what_is_no_entry_is_kept_as_it_is),
		cmocka_unit_test(nesting_is_bounded),
		cmocka_unit_test(the_beginning_of_a_line_is_known),
		cmocka_unit_test(a_long_name_is_cut),
		cmocka_unit_test(later_values_are_never_lost),
		cmocka_unit_test(a_long_line_is_cut_the_same_however_it_comes),
		cmocka_unit_test(the_rest_of_a_line_is_no_object),
		cmocka_unit_test(what_the_server_writes_is_read_at_once),
		cmocka_unit_test(a_text_of_any_length_is_read_the_same),
		cmocka_unit_test(what_is_written_is_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
