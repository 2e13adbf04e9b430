/* links: logtail/logtail.a */
#include "unit.h"

#include "event_cases.h"
#include "logtail/event.h"
#include "logtail/event_table.h"

static struct event_table *table;

static struct slice slice_of(const char *s)
{
	return (struct slice){ s, s ? strlen(s) : 0 };
}

static struct entry entry_of(const struct event_case *c)
{
	struct entry entry = { .level = c->level };

	entry.text[ENTRY_MESSAGE] = slice_of(c->message);
	entry.text[ENTRY_DETAIL] = slice_of(c->detail);
	entry.text[ENTRY_CONTEXT] = slice_of(c->context);
	return entry;
}

/* As event_cases.h has it. */
static const char *told(const struct event *event)
{
	static char text[4096];
	size_t len = (size_t)snprintf(text, sizeof(text), "%s", event->name);

	for (size_t i = 0; i < event->count && len < sizeof(text); i++) {
		const struct event_value *value = &event->values[i];

		len += (size_t)snprintf(text + len, sizeof(text) - len, "|%c %s=%.*s",
			"intsplo"[value->kind], value -> name, (int)value -> text.len,
			value->text.s);
	}
	return text;
}

static void messages_have_their_class_and_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(event_cases); i++) {
		const struct event_case *c = &event_cases[i];
		struct entry entry = entry_of(c);
		struct event event;

		event_find(table, &entry, &event);
		check_string(c->message, told(&event), c->want);
	}
}

static void redaction_learns_where_sql_begins(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(event_cases); i++) {
		const struct event_case *c = &event_cases[i];
		struct entry entry = entry_of(c);
		struct event event;

		event_find(table, &entry, &event);
		check(c->message, event.opaque == c->opaque);
		if (c->sql)
			check(c->message, strncmp(c->message + event.sql_at, c->sql,
						  strlen(c->sql)) == 0);
		else
			check(c->message, event.sql_at == strlen(c->message));
	}
}

/* Close to a class, but of none. */
static const struct event_case near[] = {
	{ LEVEL_LOG, "" },
	{ LEVEL_LOG, "d" },
	{ LEVEL_ERROR, "duration: 0.1 ms" },
	{ LEVEL_ERROR, "duration: 0.1 ms  statement: select 1" },
	{ LEVEL_LOG, "duration:0.1 ms" },
	{ LEVEL_LOG, "duration: ms" },
	{ LEVEL_LOG, "duration: . ms  statement: select 1" },
	{ LEVEL_LOG, "duration: .5 ms  statement: select 1" },
	{ LEVEL_LOG, "duration: 5. ms  statement: select 1" },
	{ LEVEL_LOG, "duration: 1.2.3 ms  statement: select 1" },
	{ LEVEL_LOG, "duration: 0.1 ms statement: select 1" },
	{ LEVEL_LOG, "duration: 0.1 ms  " },
	{ LEVEL_LOG, "duration: 0.1 ms  something: select 1" },
	{ LEVEL_LOG, "duration: 0.1 ms  shutting down" },
	{ LEVEL_LOG, "duration: 0.1 ms  duration: 0.2 ms  statement: select "
		     "1" },
	{ LEVEL_LOG, "duration: 0.1 ms and more" },
	{ LEVEL_LOG, "duration: 1234567890123.123 ms  statement: select 1" },
	{ LEVEL_LOG, "duration: 12345678901234567 ms  statement: select 1" },
	{ LEVEL_LOG, "duration: 1..2 ms  statement: select 1" },
	{ LEVEL_LOG, "duration: -1 ms  statement: select 1" },
	{ LEVEL_LOG, "execute <unnamed>; select 1" },
	{ LEVEL_LOG, "connection received: Host=a" },
	{ LEVEL_LOG, "checkpoint complete: wrotE 1" },
	{ LEVEL_LOG, "sta" },
	{ LEVEL_LOG, "par" },
	{ LEVEL_ERROR, "canceling statement due To user request" },
	{ LEVEL_ERROR, "could not obtain lock on row in relatiom \"x\"" },
	{ LEVEL_ERROR, "current transaction is aborted, commands ignored until end of "
		       "transactioN block" },
	{ LEVEL_LOG, "Statement: select 1" },
	{ LEVEL_LOG, "parse error: something" },
	{ LEVEL_LOG, "bind failed: something" },
	{ LEVEL_LOG, "process x still waiting for ShareLock on transaction "
		     "746 after 200.122 ms" },
	{ LEVEL_LOG, "process 1 still waiting for ShareLock on transaction "
		     "746 after 200.122" },
	{ LEVEL_LOG, "process 1 still waiting for ShareLock" },
	{ LEVEL_WARNING, "deadlock detected" },
	{ LEVEL_ERROR, "deadlock detected while reading" },
	{ LEVEL_LOG, "checkpoint complete: wrote x buffers" },
	{ LEVEL_LOG, "checkpoint complete" },
	{ LEVEL_LOG, "received slow shutdown request" },
	{ LEVEL_LOG, "shutting down logger" },
	{ LEVEL_LOG, "logger shutting down" },
	{ LEVEL_NOTICE, "relation \"x\" does not exist, skipping" },
	{ LEVEL_NOTICE, "role \"x\" does not exist" },
	{ LEVEL_ERROR, "relation \"x\" does not exist, skipping" },
	{ LEVEL_ERROR, "relation \"x\" does not exist at character x" },
	{ LEVEL_LOG, "temporary file: path \"x\", size 12kB" },
	{ LEVEL_LOG, "connection received: host=a port=x at" },
	{ LEVEL_LOG, "connection received" },
	{ LEVEL_LOG, "terminating any other active server processes now" },
	{ LEVEL_LOG, "background worker (PID 3) exited with exit code 1" },
	{ LEVEL_LOG, "other process (PID 3) exited with exit code 1" },
	{ LEVEL_ERROR, "password authentication failed for user x" },
	{ LEVEL_LOG, "password authentication failed for user \"x\"" },
	{ LEVEL_UNPARSED, "duration: 0.1 ms  statement: select 1",
		.detail = "parameters: $1 = '1'" },
	{ LEVEL_ERROR, "syntax error" },
	{ LEVEL_LOG, "x", .detail = "Parameters are: $1 = '1'" },
	{ LEVEL_LOG, "x", .context = "some portal with parameters: $1 = '1'" },
	{ LEVEL_LOG, "x", .context = "portal \"\" with parameters" },
	{ LEVEL_LOG, "x", .context = "a portal \"x\" with parameters: $1" },
};

static void what_only_looks_alike_is_of_no_class(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(near); i++) {
		struct entry entry = entry_of(&near[i]);
		struct event event;

		event_find(table, &entry, &event);
		check_string(near[i].message, told(&event), "");
		check(near[i].message, event.sql_at == strlen(near[i].message));
	}
}

static void durations_of_any_length_are_read(void **state)
{
	static const char *const numbers[] = { "1", "12345678901234", "123456789012345",
		"1234567890123456", "1.2", "1.234567890123", "1.2345678901234",
		"12345678901.234", "123456789012.345", "1234567890123.45" };

	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++) {
		char message[80], want[80];
		struct event_case c = { LEVEL_LOG, message };
		struct entry entry;
		struct event event;

		snprintf(message, sizeof(message), "duration: %s ms  bind a: b",
			numbers[i]);
		snprintf(want, sizeof(want),
			"bind|t prepared=a|s statement=b|"
			"n duration_ms=%s",
			numbers[i]);
		entry = entry_of(&c);
		event_find(table, &entry, &event);
		check_string(message, told(&event), want);
	}
}

static void a_line_told_twice_counts_once(void **state)
{
	static const struct event_case c = { LEVEL_LOG,
		"automatic analyze of table \"a\"\ndelay time: 1.5 ms\n"
		"I/O timings: read: 2 ms, write: 3 ms\ndelay time: 4 ms\n"
		"I/O timings: read: 5 ms, write: 6 ms" };
	struct entry entry = entry_of(&c);
	struct event event;

	(void)state;
	event_find(table, &entry, &event);
	check_string("twice", told(&event),
		"autoanalyze|t relation=a|n delay_ms=1.5|n io_read_ms=2|n io_write_ms=3");
}

static void an_entry_without_texts_is_of_no_class(void **state)
{
	(void)state;
	for (enum level level = 0; level < LEVELS; level++) {
		struct entry entry = { .level = level };
		struct event event;

		event_find(table, &entry, &event);
		check_string("nothing", told(&event), "");
		check("nothing", event.sql_at == 0);
	}
}

/* A copy with nothing around it, so that the sanitizer sees a byte too many. */
static struct slice copy_of(struct slice text, size_t len)
{
	struct slice copy = { malloc(len ? len : 1), len };

	assert_non_null(copy.s);
	if (len > 0)
		memcpy((char *)copy.s, text.s, len);
	return copy;
}

static bool is_inside(struct slice part, struct slice text)
{
	return part.s >= text.s && part.s + part.len <= text.s + text.len;
}

static void check_values(
	const char *when, const struct entry *entry, const struct event *event)
{
	const struct slice made = { event->made, event->made_len };

	check(when, event->sql_at <= entry->text[ENTRY_MESSAGE].len);
	for (size_t i = 0; i < event->count; i++) {
		struct slice text = event->values[i].text;

		check(when, text.len > 0);
		check(when, is_inside(text, entry->text[ENTRY_MESSAGE]) ||
				    is_inside(text, entry->text[ENTRY_DETAIL]) ||
				    is_inside(text, entry->text[ENTRY_CONTEXT]) ||
				    is_inside(text, made));
		for (size_t other = 0; other < i; other++)
			check(when, strcmp(event->values[i].name,
					    event->values[other].name) != 0);
	}
}

static void a_cut_text_gives_values_inside_it(void **state)
{
	static const enum entry_text texts[] = { ENTRY_MESSAGE, ENTRY_DETAIL,
		ENTRY_CONTEXT };

	(void)state;
	for (size_t i = 0; i < COUNT(event_cases) * COUNT(texts); i++) {
		const struct event_case *c = &event_cases[i / COUNT(texts)];
		enum entry_text text = texts[i % COUNT(texts)];
		struct entry entry = entry_of(c);
		struct slice whole = entry.text[text];

		for (size_t len = 0; whole.s && len <= whole.len; len++) {
			struct event event;

			entry.text[text] = copy_of(whole, len);
			event_find(table, &entry, &event);
			check_values(c->message, &entry, &event);
			free((char *)entry.text[text].s);
		}
	}
}

static void a_deadlock_of_many_names_all_that_fit(void **state)
{
	char detail[4096] = "";
	size_t len = 0;
	struct event_case c = { LEVEL_ERROR, "deadlock detected", detail };
	struct entry entry;
	struct event event;

	(void)state;
	for (int i = 0; i < 60; i++)
		len += (size_t)snprintf(detail + len, sizeof(detail) - len,
			"Process %d waits for L on t; blocked by process 1.\n",
			1000000 + i);
	/* Would fit, but others are missing before it. */
	len += (size_t)snprintf(detail + len, sizeof(detail) - len,
		"Process 1 waits for L on t; blocked by process 2.\n");
	for (int i = 0; i < 5; i++)
		len += (size_t)snprintf(detail + len, sizeof(detail) - len,
			"%sProcess %d: SELECT %d", i ? "\n" : "", 1000000 + i, i);
	entry = entry_of(&c);
	event_find(table, &entry, &event);
	check_values("many", &entry, &event);
	/* "1000000, 1000001, …": whole numbers, as many as there is room for. */
	assert_string_equal(event.values[0].name, "deadlock_pids");
	assert_int_equal(event.values[0].text.len, (EVENT_MADE_BYTES + 2) / 9 * 9 - 2);
	assert_string_equal(event.values[4].name, "deadlock_sql_4");
	assert_memory_equal(event.values[4].text.s, "SELECT 3", 8);
	assert_memory_equal(event.values[1].text.s, "SELECT 0", event.values[1].text.len);
}

static void sql_like_a_report_stays_the_sql_it_is(void **state)
{
	static const struct event_case c = { LEVEL_ERROR, "deadlock detected",
		"Process 1 waits for A on x; blocked by process 2.\n"
		"Process 2 waits for B on y; blocked by process 1.\n"
		"Process 1: SELECT '\nProcess 3: SELECT'\nProcess 2: SELECT 2" };
	struct entry entry = entry_of(&c);
	struct event event;

	(void)state;
	event_find(table, &entry, &event);
	check_string("two", told(&event),
		"deadlock|l deadlock_pids=1, 2|s deadlock_sql_1=SELECT '\nProcess 3: SELECT'"
		"|s deadlock_sql_2=SELECT 2|i lock_pid=1|t lock_mode=A|t lock_object=x"
		"|i blocked_by_pid=2");
}

static void the_parameters_of_a_portal_are_a_line_of_their_own(void **state)
{
	static const struct {
		const char *context, *want;
	} cases[] = {
		{ "unnamed portal with parameters: $1 = '1'", "|p parameters=$1 = '1'" },
		{ "a\nunnamed portal with parameters: $1", "|p parameters=$1" },
		{ "x with parameters: y\nportal \"a\" with parameters: $1",
			"|p parameters=$1" },
		{ "x with parameters: portal \"a\" with parameters: $1", "" },
		{ "an unnamed portal with parameters: $1", "" },
		{ "unnamed portal with parameters: ", "" },
		{ "unnamed portals with parameters: $1", "" },
		{ "portal \"a\nb with parameters: c with parameters: $1", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct event_case c = { LEVEL_LOG, "x", .context = cases[i].context };
		struct entry entry = entry_of(&c);
		struct event event;

		event_find(table, &entry, &event);
		check_string(cases[i].context, told(&event), cases[i].want);
	}
}

static const struct event_class *class_at(size_t i)
{
	return i < event_class_count ? &event_classes[i]
				     : &event_error_classes[i - event_class_count];
}

static bool has_case(const char *name)
{
	for (size_t i = 0; i < COUNT(event_cases); i++) {
		const char *want = event_cases[i].want;

		if (strcspn(want, "|") == strlen(name) &&
			strncmp(want, name, strlen(name)) == 0)
			return true;
	}
	return false;
}

static void every_class_is_described_and_has_a_case(void **state)
{
	size_t count = event_class_count + event_error_class_count;

	(void)state;
	for (size_t i = 0; i < count; i++) {
		const struct event_class *class = class_at(i);

		check(class->name, *class->what && class->levels && class->message[0]);
		check(class->name, has_case(class->name));
		for (size_t other = 0; other < i; other++)
			check(class->name,
				strcmp(class->name, class_at(other)->name) != 0);
	}
}

/* What entry_json.h writes of every entry. */
static const char *const own[] = { "timestamp", "pid", "level", "level_text", "user",
	"database", "application_name", "remote_host", "remote_port", "session_id",
	"line_num", "ps", "session_start", "vxid", "txid", "state_code", "message",
	"detail", "hint", "internal_query", "internal_position", "context",
	"cursor_position", "func_name", "file_name", "file_line_num", "backtrace",
	"backend_type", "leader_pid", "query_id", "correlation_id", "event", "continued",
	"suspect", "cut_bytes" };

static void check_names(const char *class, const char *const *patterns)
{
	char key[80];

	for (; patterns && *patterns; patterns++)
		for (size_t i = 0; i < COUNT(own) * 3; i++) {
			snprintf(key, sizeof(key), "{%s%c", own[i / 3], ":=}"[i % 3]);
			check(class, !strstr(*patterns, key));
		}
}

static void no_value_has_the_name_of_a_member_of_the_entry(void **state)
{
	(void)state;
	check_names("any", event_any_detail);
	for (size_t i = 0; i < event_class_count + event_error_class_count; i++) {
		check_names(class_at(i)->name, class_at(i)->message);
		check_names(class_at(i)->name, class_at(i)->lines);
		check_names(class_at(i)->name, class_at(i)->detail);
	}
}

static int make_table(void **state)
{
	(void)state;
	table = event_table_new();
	return table ? 0 : -1;
}

static int free_table(void **state)
{
	(void)state;
	event_table_free(table);
	event_table_free(NULL);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_have_their_class_and_values),
		cmocka_unit_test(redaction_learns_where_sql_begins),
		cmocka_unit_test(what_only_looks_alike_is_of_no_class),
		cmocka_unit_test(durations_of_any_length_are_read),
		cmocka_unit_test(a_line_told_twice_counts_once),
		cmocka_unit_test(an_entry_without_texts_is_of_no_class),
		cmocka_unit_test(a_cut_text_gives_values_inside_it),
		cmocka_unit_test(a_deadlock_of_many_names_all_that_fit),
		cmocka_unit_test(sql_like_a_report_stays_the_sql_it_is),
		cmocka_unit_test(the_parameters_of_a_portal_are_a_line_of_their_own),
		cmocka_unit_test(every_class_is_described_and_has_a_case),
		cmocka_unit_test(no_value_has_the_name_of_a_member_of_the_entry),
	};

	return cmocka_run_group_tests(tests, make_table, free_table);
}
