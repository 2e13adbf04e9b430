#include "event_more.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "event_pattern.h"
#include "json_write.h"

static struct slice rest_of(struct slice text, const char *at)
{
	return (struct slice){ at, (size_t)(text.s + text.len - at) };
}

static bool begins(struct slice text, const char *with)
{
	size_t len = strlen(with);

	return text.len >= len && memcmp(text.s, with, len) == 0;
}

static const char *find(struct slice text, const char *what)
{
	return memmem(text.s, text.len, what, strlen(what));
}

/* The start of the plan's first line: auto_explain always tells costs. */
static const char *plan_tree(struct slice plan)
{
	const char *cost = find(plan, "  (cost="), *line;

	if (!cost)
		return NULL;
	line = memrchr(plan.s, '\n', (size_t)(cost - plan.s));
	return line ? line + 1 : NULL;
}

/* "Query Text: SQL\n", from PostgreSQL 16 on "Query Parameters: …\n", then the tree. */
static void add_query(struct slice plan, struct event *event)
{
	static const char query[] = "Query Text: ", parameters[] = "\nQuery Parameters: ";
	const char *sql = plan.s + sizeof(query) - 1, *tree = plan_tree(plan), *values;

	if (!tree)
		return;
	values = find((struct slice){ sql, (size_t)(tree - sql) }, parameters);
	event_add(event, "statement", EVENT_SQL, sql,
		(size_t)((values ? values : tree - 1) - sql));
	if (!values)
		return;
	values += sizeof(parameters) - 1;
	event_add(event, "parameters", EVENT_PARAMETERS, values,
		(size_t)(tree - 1 - values));
}

void event_more_plan(const struct entry *entry, struct event *event)
{
	const struct slice *message = &entry->text[ENTRY_MESSAGE];
	const char *line = memchr(message->s, '\n', message->len);
	struct slice plan;
	bool text;

	if (!line)
		return;
	plan = rest_of(*message, line + 1);
	/* YAML's query is in double quotes; JSON and XML begin otherwise. */
	text = begins(plan, "Query Text: ") && !begins(plan, "Query Text: \"");
	if (text)
		add_query(plan, event);
	event_add(event, "plan", text ? EVENT_SQL : EVENT_OPAQUE, plan.s, plan.len);
}

#define DEADLOCK_SQL 4

static const char *const deadlock_sql[DEADLOCK_SQL] = { "deadlock_sql_1",
	"deadlock_sql_2", "deadlock_sql_3", "deadlock_sql_4" };

/* The process of "Process 123 waits for …"; empty when the text begins otherwise. */
static struct slice waiter(struct slice text)
{
	struct slice pid = { NULL, 0 };
	size_t at = strlen("Process ");

	if (!begins(text, "Process "))
		return pid;
	pid.s = text.s + at;
	while (at < text.len && text.s[at] >= '0' && text.s[at] <= '9')
		at++;
	if (begins(rest_of(text, text.s + at), " waits for "))
		pid.len = (size_t)(text.s + at - pid.s);
	return pid;
}

static bool make(struct event *event, const char *s, size_t len)
{
	if (len > sizeof(event->made) - event->made_len)
		return false;
	memcpy(event->made + event->made_len, s, len);
	event->made_len += len;
	return true;
}

/* Reads the lines of those who wait; returns how many, and what follows them. */
static size_t read_waiters(struct slice text, struct slice ret_pids[DEADLOCK_SQL],
	struct event *event, struct slice *ret_rest)
{
	size_t count = 0, start = event->made_len;
	bool room = true;

	for (;;) {
		struct slice pid = waiter(text);
		const char *line;

		if (pid.len == 0)
			break;
		if (count < DEADLOCK_SQL)
			ret_pids[count] = pid;
		room = room && pid.len + 2 <= sizeof(event->made) - event->made_len;
		if (room && (count == 0 || make(event, ", ", 2)))
			make(event, pid.s, pid.len);
		count++;
		line = memchr(text.s, '\n', text.len);
		text = rest_of(text, line ? line + 1 : text.s + text.len);
	}
	event_add(event, "deadlock_pids", EVENT_INT_LIST, event->made + start,
		event->made_len - start);
	*ret_rest = text;
	return count < DEADLOCK_SQL ? count : DEADLOCK_SQL;
}

/* Where "Process 123: SQL" of this process begins in text: at its start, or in a later
 * line. */
static const char *report_of(struct slice text, struct slice pid, const char **ret_sql)
{
	char head[40];
	const char *at;

	if (pid.len > 20)
		return NULL;
	snprintf(head, sizeof(head), "\nProcess %.*s: ", (int)pid.len, pid.s);
	at = begins(text, head + 1) ? text.s : find(text, head);
	if (at)
		*ret_sql = at + strlen(head) - (at == text.s ? 1 : 0);
	return at;
}

void event_more_deadlock(const struct entry *entry, struct event *event)
{
	struct slice pids[DEADLOCK_SQL], text = entry->text[ENTRY_DETAIL];
	const char *sql = NULL;
	size_t count;

	if (!text.s)
		return;
	count = read_waiters(text, pids, event, &text);
	/* The reports stand in the same order; what is between two of them is the first one's SQL. */
	for (size_t i = 0; i < count && report_of(text, pids[i], &sql); i++) {
		const char *next, *unused;

		text = rest_of(text, sql);
		next = i + 1 < count ? report_of(text, pids[i + 1], &unused) : NULL;
		event_add(event, deadlock_sql[i], EVENT_SQL, sql,
			(size_t)((next ? next : text.s + text.len) - sql));
	}
}

/* Up to `most` digits and the sign behind them; false where they are not. */
static bool read_part(struct slice *text, unsigned most, char sign, unsigned *ret_value)
{
	unsigned value = 0, n = 0;

	for (; n < most && n < text->len && text->s[n] >= '0' && text->s[n] <= '9'; n++)
		value = value * 10 + (unsigned)(text->s[n] - '0');
	if (n == 0 || (n < text->len ? text->s[n] : '\0') != sign)
		return false;
	n += sign != '\0';
	*text = (struct slice){ text->s + n, text->len - n };
	*ret_value = value;
	return true;
}

void event_more_session_ms(const struct entry *entry, struct event *event)
{
	struct slice text = { NULL, 0 };
	unsigned hours, minutes, seconds, ms;
	char made[JSON_UINT_ROOM];
	size_t len;

	(void)entry;
	for (size_t i = 0; i < event->count; i++)
		if (strcmp(event->values[i].name, "session_time") == 0)
			text = event->values[i].text;
	if (!read_part(&text, 9, ':', &hours) || !read_part(&text, 2, ':', &minutes) ||
		!read_part(&text, 2, '.', &seconds) || !read_part(&text, 3, '\0', &ms) ||
		text.len > 0)
		return;
	len = (size_t)(json_put_uint(made,
			       ((hours * UINT64_C(60) + minutes) * 60 + seconds) * 1000 +
				       ms) -
		       made);
	if (make(event, made, len))
		event_add(event, "session_ms", EVENT_INT,
			event->made + event->made_len - len, len);
}
