#include "entry_json.h"

#include <string.h>

#include "entry_hints.h"
#include "entry_limit.h"
#include "entry_redact.h"
#include "json_write.h"
#include "pen.h"
#include "text_hints.h"

/* An entry's texts twice (its event's are among them), redacted: a mask may be longer than what it
 * stands for. */
#define SCRATCH_MAX_BYTES (8 * ENTRY_KEEP_BYTES)

#define KEY_SIZE 24

enum member_kind { MEMBER_TEXT, MEMBER_NUMBER, MEMBER_TIME };

struct member {
	char key[KEY_SIZE]; /* with a comma before it; a text's with the opening quote */
	size_t key_len;
	enum member_kind kind;
};

#define TEXT(name)                                                              \
	{                                                                       \
		",\"" name "\":\"", sizeof(",\"" name "\":\"") - 1, MEMBER_TEXT \
	}
#define NUMBER(name)                                                          \
	{                                                                     \
		",\"" name "\":", sizeof(",\"" name "\":") - 1, MEMBER_NUMBER \
	}
#define TIME(name)                                                              \
	{                                                                       \
		",\"" name "\":\"", sizeof(",\"" name "\":\"") - 1, MEMBER_TIME \
	}

static const struct member members[ENTRY_TEXTS] = {
	[ENTRY_USER] = TEXT("user"),
	[ENTRY_DATABASE] = TEXT("database"),
	[ENTRY_APPLICATION_NAME] = TEXT("application_name"),
	[ENTRY_REMOTE_HOST] = TEXT("remote_host"),
	[ENTRY_REMOTE_PORT] = NUMBER("remote_port"),
	[ENTRY_SESSION_ID] = TEXT("session_id"),
	[ENTRY_LINE_NUM] = NUMBER("line_num"),
	[ENTRY_PS] = TEXT("ps"),
	[ENTRY_SESSION_START] = TIME("session_start"),
	[ENTRY_VXID] = TEXT("vxid"),
	[ENTRY_TXID] = NUMBER("txid"),
	[ENTRY_STATE_CODE] = TEXT("state_code"),
	[ENTRY_MESSAGE] = TEXT("message"),
	[ENTRY_DETAIL] = TEXT("detail"),
	[ENTRY_HINT] = TEXT("hint"),
	[ENTRY_INTERNAL_QUERY] = TEXT("internal_query"),
	[ENTRY_INTERNAL_POSITION] = NUMBER("internal_position"),
	[ENTRY_CONTEXT] = TEXT("context"),
	[ENTRY_STATEMENT] = TEXT("statement"),
	[ENTRY_CURSOR_POSITION] = NUMBER("cursor_position"),
	[ENTRY_FUNC_NAME] = TEXT("func_name"),
	[ENTRY_FILE_NAME] = TEXT("file_name"),
	[ENTRY_FILE_LINE_NUM] = NUMBER("file_line_num"),
	[ENTRY_BACKTRACE] = TEXT("backtrace"),
	[ENTRY_BACKEND_TYPE] = TEXT("backend_type"),
	[ENTRY_LEADER_PID] = NUMBER("leader_pid"),
	[ENTRY_QUERY_ID] = TEXT("query_id"),
};

void entry_writer_init(struct entry_writer *writer, enum redact_mode redact,
	struct log_clock *clock, const struct event_table *events)
{
	*writer = (struct entry_writer){
		.redact = redact, .clock = clock, .events = events
	};
	buf_init(&writer->scratch, SCRATCH_MAX_BYTES);
	buf_init(&writer->draft, SCRATCH_MAX_BYTES);
}

void entry_writer_release(struct entry_writer *writer)
{
	if (!writer)
		return;
	buf_release(&writer->scratch);
	buf_release(&writer->draft);
}

static void put_end(struct pen *pen, bool cut)
{
	if (cut)
		PEN_PUT(pen, JSON_TRUNCATED);
	PEN_PUT(pen, "\"");
}

static void put_number(struct pen *pen, struct slice text, bool cut)
{
	if (!cut && json_is_number(text.s, text.len)) {
		pen_put(pen, text.s, text.len);
		return;
	}
	PEN_PUT(pen, "\"");
	pen_text(pen, text);
	put_end(pen, cut);
}

static void put_time(struct pen *pen, struct entry_writer *writer, struct slice time,
	int64_t *ret_wall_us)
{
	char iso[LOG_TIME_TEXT_SIZE];
	size_t len;

	if (log_time_read(writer->clock, time.s, time.len, iso, &len, ret_wall_us))
		pen_put(pen, iso, len);
	else
		pen_text(pen, time);
}

/* Where a session's start is kept: by its "HH:MM:SS". */
static struct session_start *start_of(struct entry_writer *writer, struct slice time)
{
	uint64_t clock;

	memcpy(&clock, time.s + 11, sizeof(clock));
	return &writer->starts[clock * UINT64_C(0x9e3779b97f4a7c15) >> 58];
}

static void put_session_start(
	struct pen *pen, struct entry_writer *writer, struct slice time)
{
	struct session_start *start;
	struct log_clock clock;
	int64_t wall_us;

	if (time.len < 19 || time.len > sizeof(start->text)) {
		pen_text(pen, time);
		return;
	}
	start = start_of(writer, time);
	if (start->len != time.len || memcmp(start->text, time.s, time.len) != 0) {
		start->len = 0;
		clock = *writer->clock; /* which keeps its minute */
		if (!log_time_read(&clock, time.s, time.len, start->iso, &start->iso_len,
			    &wall_us)) {
			pen_text(pen, time);
			return;
		}
		memcpy(start->text, time.s, time.len);
		start->len = time.len;
	}
	pen_put(pen, start->iso, start->iso_len);
}

static void put_member(struct pen *pen, struct entry_writer *writer,
	const struct member *member, struct slice text, bool cut)
{
	if (!pen_room(pen, KEY_SIZE))
		return;
	memcpy(pen->at, member->key, KEY_SIZE);
	pen->at += member->key_len;
	switch (member->kind) {
	case MEMBER_NUMBER:
		put_number(pen, text, cut);
		return;
	case MEMBER_TIME:
		put_session_start(pen, writer, text);
		break;
	default:
		pen_text(pen, text);
	}
	put_end(pen, cut);
}

static bool is_int_list(struct slice text)
{
	size_t at = 0, n;

	do {
		while (at < text.len && text.s[at] == ' ')
			at++;
		for (n = at; n < text.len && text.s[n] >= '0' && text.s[n] <= '9'; n++)
			;
		if (!json_is_number(text.s + at, n - at))
			return false;
		at = n + 1;
	} while (n < text.len && text.s[n] == ',');
	return n == text.len;
}

/* A message that went out as it is: the statement at its end needs no second look. */
struct verbatim {
	struct slice message; /* empty where it was changed */
	size_t end;           /* in out */
};

static void remember(struct verbatim *verbatim, const struct pen *pen,
	struct slice message, size_t start)
{
	size_t end = pen_offset(pen);

	/* The key, the text and its closing quote. What is escaped or replaced gets no shorter. */
	if (end == start + members[ENTRY_MESSAGE].key_len + message.len + 1)
		*verbatim = (struct verbatim){ message, end - 1 };
}

static void put_text_of(
	struct pen *pen, struct slice text, const struct verbatim *verbatim)
{
	const struct slice *message = &verbatim->message;
	bool at_end = text.len > 0 && text.len <= message->len &&
		      text.s + text.len == message->s + message->len;

	/* It must not begin within a character: that may have been replaced. */
	if (at_end && ((unsigned char)*text.s & 0xc0) != 0x80 &&
		pen_room(pen, text.len)) {
		memcpy(pen->at, pen->out->data + verbatim->end - text.len, text.len);
		pen->at += text.len;
	} else {
		pen_text(pen, text);
	}
}

static void put_value(struct pen *pen, const struct event_value *value, bool cut,
	const struct verbatim *verbatim)
{
	PEN_PUT(pen, ",\"");
	pen_put(pen, value->name, strlen(value->name));
	PEN_PUT(pen, "\":");
	switch (value->kind) {
	case EVENT_INT:
	case EVENT_NUMBER:
		put_number(pen, value->text, cut);
		return;
	case EVENT_INT_LIST:
		if (!cut && is_int_list(value->text)) {
			PEN_PUT(pen, "[");
			pen_put(pen, value->text.s, value->text.len);
			PEN_PUT(pen, "]");
			return;
		}
		break;
	default:
		break;
	}
	PEN_PUT(pen, "\"");
	put_text_of(pen, value->text, verbatim);
	put_end(pen, cut);
}

static void put_head(struct pen *pen, struct entry_writer *writer,
	const struct entry *entry, int64_t *ret_wall_us)
{
	PEN_PUT(pen, "{\"timestamp\":");
	if (entry->time.len > 0) {
		PEN_PUT(pen, "\"");
		put_time(pen, writer, entry->time, ret_wall_us);
		PEN_PUT(pen, "\",\"pid\":");
	} else {
		PEN_PUT(pen, "null,\"pid\":");
	}
	if (entry->pid > 0)
		pen_uint(pen, (uint64_t)entry->pid);
	else
		PEN_PUT(pen, "null");
	PEN_PUT(pen, ",\"level\":\"");
	pen_put(pen, level_names[entry->level], strlen(level_names[entry->level]));
	PEN_PUT(pen, "\"");
	if (entry->level_text.len > 0) {
		PEN_PUT(pen, ",\"level_text\":\"");
		pen_text(pen, entry->level_text);
		PEN_PUT(pen, "\"");
	}
}

static void put_event(struct pen *pen, const struct event *event,
	const struct entry_cuts *cuts, const struct verbatim *verbatim)
{
	if (*event->name) {
		PEN_PUT(pen, ",\"event\":\"");
		pen_put(pen, event->name, strlen(event->name));
		PEN_PUT(pen, "\"");
	}
	for (size_t i = 0; i < event->count; i++)
		if (event->values[i].text.s)
			put_value(
				pen, &event->values[i], cuts->values >> i & 1, verbatim);
}

static void put_entry(struct pen *pen, struct entry_writer *writer,
	const struct entry *entry, uint32_t known, const struct event *event,
	const struct entry_cuts *cuts, struct entry_facts *facts)
{
	struct verbatim verbatim = { 0 };

	put_head(pen, writer, entry, &facts->wall_us);
	for (; known > 0; known &= known - 1) {
		int i = __builtin_ctz(known);
		size_t start = pen_offset(pen);

		put_member(
			pen, writer, &members[i], entry->text[i], cuts->texts >> i & 1);
		if (i == ENTRY_MESSAGE)
			remember(&verbatim, pen, entry->text[i], start);
	}
	if (facts->has_id) {
		PEN_PUT(pen, ",\"correlation_id\":\"");
		pen_put(pen, facts->correlation_id, CORRELATION_ID_LEN);
		PEN_PUT(pen, "\"");
	}
	put_event(pen, event, cuts, &verbatim);
	if (entry->continued)
		PEN_PUT(pen, ",\"continued\":true");
	if (entry->suspect)
		PEN_PUT(pen, ",\"suspect\":true");
	if (cuts->bytes + entry->cut_bytes > 0) {
		PEN_PUT(pen, ",\"cut_bytes\":");
		pen_uint(pen, cuts->bytes + entry->cut_bytes);
	}
	PEN_PUT(pen, "}");
}

static void drop_statement(struct event *event)
{
	size_t kept = 0;

	for (size_t i = 0; i < event->count; i++)
		if (strcmp(event->values[i].name, "statement") != 0)
			event->values[kept++] = event->values[i];
	event->count = kept;
}

void entry_write(struct entry_writer *writer, const struct entry *entry, struct buf *out,
	struct entry_facts *ret_facts)
{
	struct entry_cuts cuts = { 0 };
	struct entry own;
	struct event event;
	struct pen pen;
	uint32_t known;
	size_t len;
	bool redact;

	known = entry_known(entry, &len);
	ret_facts->wall_us = 0;
	ret_facts->has_id = false;
	event_find(writer->events, entry, &event);
	if (entry->text[ENTRY_STATEMENT].len > 0)
		drop_statement(&event);
	redact = (entry_hints(entry, known, ret_facts) & HINT_PASSWORD) ||
		 writer->redact != REDACT_NONE;
	if (redact || entry_needs_limit(entry, &event, len)) {
		own = *entry;
		if (redact)
			entry_redact(writer->redact, &own, &event, &writer->draft,
				&writer->scratch);
		out->failed |= redact && writer->scratch.failed;
		if (out->failed)
			return;
		entry_limit(&own, &event, &cuts);
		entry = &own;
	}
	pen_take(&pen, out);
	put_entry(&pen, writer, entry, known, &event, &cuts, ret_facts);
	pen_leave(&pen);
}
