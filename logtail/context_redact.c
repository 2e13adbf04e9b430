#include "context_redact.h"

#include <ctype.h>
#include <string.h>

#include "prose_redact.h"
#include "text_hints.h"

static bool starts(const char *s, size_t len, const char *with)
{
	size_t n = strlen(with);

	return len >= n && memcmp(s, with, n) == 0;
}

static size_t find(const char *s, size_t len, const char *what)
{
	const char *at = memmem(s, len, what, strlen(what));

	return at ? (size_t)(at - s) : len;
}

static size_t line_end(const char *s, size_t len)
{
	const char *end = len > 0 ? memchr(s, '\n', len) : NULL;

	return end ? (size_t)(end - s) + 1 : len;
}

/* "Process 123: " of a deadlock's report: its length, or 0. */
static size_t process_head(const char *s, size_t len)
{
	size_t at = strlen("Process ");

	if (!starts(s, len, "Process "))
		return 0;
	while (at < len && isdigit((unsigned char)s[at]))
		at++;
	return starts(s + at, len - at, ": ") ? at + 2 : 0;
}

/* Lines up to the next that begins a process's statement. */
static size_t process_end(const char *s, size_t len)
{
	size_t at = line_end(s, len);

	while (at < len && process_head(s + at, len - at) == 0)
		at += line_end(s + at, len - at);
	return at;
}

static void redact_processes(struct text_redact *how, const char *s, size_t len)
{
	size_t at = process_head(s, len) > 0 ? 0 : process_end(s, len);

	text_redact_prose(how, s, at);
	while (at < len) {
		size_t end = at + process_end(s + at, len - at), last = end;
		size_t head = process_head(s + at, len - at);

		if (end < len)
			last--; /* the newline */
		buf_add(how->out, s + at, head);
		text_redact_sql(how, s + at + head, last - at - head);
		buf_add(how->out, s + last, end - last);
		at = end;
	}
}

/* Where the values of a row begin, after a bracket; len: there is no row. */
static size_t row_at(const char *s, size_t len)
{
	size_t at = find(s, len, ")=("), bracket;

	if (at < len && starts(s, len, "Key ("))
		return at + 3;
	if (starts(s, len, "("))
		return 1;
	bracket = find(s, len, " (");
	return bracket < len ? bracket + 2 : len;
}

/* From the first bracket to the last: what a value holds can't be told from what follows it. */
static void redact_row(struct text_redact *how, const char *s, size_t len, size_t row)
{
	const char *last = how->cut ? NULL : memrchr(s + row, ')', len - row);
	size_t end = last ? (size_t)(last - s) : len;

	text_redact_prose(how, s, row);
	buf_adds(how->out, PROSE_MASK);
	text_redact_prose(how, s + end, len - end);
}

/* "Key (name, password)=(": the columns. */
static bool is_password_key(const char *s, size_t len)
{
	return starts(s, len, "Key (") && (text_hints(s, len) & HINT_PASSWORD);
}

void detail_redact(struct text_redact *how, const char *s, size_t len)
{
	static const char running[] = "Failed process was running: ";
	size_t parameters = find(s, len, "$1 = "), row = row_at(s, len);

	if (process_head(s, len) > 0 || process_end(s, len) < len) {
		redact_processes(how, s, len);
	} else if (starts(s, len, running)) {
		buf_adds(how->out, running);
		text_redact_sql(how, s + strlen(running), len - strlen(running));
	} else if (parameters < prose_sql_at(s, len)) {
		text_redact_prose(how, s, parameters);
		text_redact_parameters(how, s + parameters, len - parameters);
	} else if (row < len && (how->strict || is_password_key(s, row))) {
		redact_row(how, s, len, row);
	} else {
		text_redact_mixed(how, s, len);
	}
}

enum part {
	PART_PROSE,
	PART_SQL,
	PART_QUOTED_SQL, /* to the part's last quote */
	PART_PARAMETERS,
	PART_DATA
};

/* How a part of CONTEXT begins. It goes on to the next line that begins one. */
static const struct {
	const char *start;
	enum part part;
} parts[] = {
	{ "SQL statement \"", PART_QUOTED_SQL },
	{ "SQL expression \"", PART_QUOTED_SQL },
	{ "PL/pgSQL expression \"", PART_QUOTED_SQL },
	{ "PL/pgSQL assignment \"", PART_QUOTED_SQL },
	{ "remote SQL command: ", PART_SQL },
	{ "Remote SQL command: ", PART_SQL },
	{ "JSON data, line ", PART_DATA },
	{ "unnamed portal ", PART_PARAMETERS },
	{ "portal \"", PART_PARAMETERS },
	{ "extended query with parameters: ", PART_PARAMETERS },
	{ "COPY ", PART_PROSE },
	{ "PL/", PART_PROSE },
	{ "SQL function ", PART_PROSE },
	{ "while ", PART_PROSE },
	{ "automatic ", PART_PROSE },
	{ "parallel worker", PART_PROSE },
	{ "processing remote data ", PART_PROSE },
	{ "slot \"", PART_PROSE },
};

#define PARTS (sizeof(parts) / sizeof(parts[0]))

static size_t part_of(const char *s, size_t len)
{
	for (size_t i = 0; i < PARTS; i++)
		if (starts(s, len, parts[i].start))
			return i;
	return PARTS;
}

static void redact_quoted_sql(
	struct text_redact *how, const char *s, size_t len, size_t head)
{
	size_t end = len > head && s[len - 1] == '"' ? len - 1 : len;

	buf_add(how->out, s, head);
	text_redact_sql(how, s + head, end - head);
	buf_add(how->out, s + end, len - end);
}

static void redact_bound(struct text_redact *how, const char *s, size_t len)
{
	size_t at = find(s, len, "$");

	text_redact_prose(how, s, at);
	text_redact_parameters(how, s + at, len - at);
}

static void redact_data(struct text_redact *how, const char *s, size_t len)
{
	size_t at = how->strict ? find(s, len, ":") : len;

	text_redact_prose(how, s, at);
	if (at < len)
		buf_adds(how->out, ": " PROSE_MASK);
}

static void redact_part(struct text_redact *how, const char *s, size_t len)
{
	size_t i = part_of(s, len);

	switch (i < PARTS ? parts[i].part : PART_PROSE) {
	case PART_SQL:
		buf_adds(how->out, parts[i].start);
		text_redact_sql(
			how, s + strlen(parts[i].start), len - strlen(parts[i].start));
		break;
	case PART_QUOTED_SQL:
		redact_quoted_sql(how, s, len, strlen(parts[i].start));
		break;
	case PART_PARAMETERS:
		redact_bound(how, s, len);
		break;
	case PART_DATA:
		redact_data(how, s, len);
		break;
	default:
		text_redact_mixed(how, s, len);
	}
}

void context_redact(struct text_redact *how, const char *s, size_t len)
{
	size_t at = 0;

	while (at < len) {
		size_t end = at + line_end(s + at, len - at), last;

		while (end < len && part_of(s + end, len - end) == PARTS)
			end += line_end(s + end, len - end);
		last = end < len ? end - 1 : end; /* without the newline */
		redact_part(how, s + at, last - at);
		buf_add(how->out, s + last, end - last);
		at = end;
	}
}
