#include "entry_draft.h"

#include <string.h>

#include "entry_time.h"
#include "json_escape.h"
#include "json_write.h"
#include "text_hints.h"

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

/* Texts that come from outside: what they may hold is looked for while they are written. */
#define BIT(text) (UINT32_C(1) << ENTRY_##text)
#define HINTED                                                            \
	(BIT(APPLICATION_NAME) | BIT(MESSAGE) | BIT(DETAIL) | BIT(HINT) | \
		BIT(INTERNAL_QUERY) | BIT(CONTEXT) | BIT(STATEMENT))

static void put_end(struct pen *pen, bool cut)
{
	if (cut)
		PEN_PUT(pen, JSON_TRUNCATED);
	PEN_PUT(pen, "\"");
}

static void put_digits(struct pen *pen, struct slice text)
{
	if (text.len <= CHARS16 && pen_room(pen, CHARS16))
		pen_sure_short(pen, text.s, text.len);
	else
		pen_put(pen, text.s, text.len);
}

static void put_number(struct pen *pen, struct slice text, bool cut)
{
	if (!cut && json_is_number(text.s, text.len)) {
		put_digits(pen, text);
		return;
	}
	PEN_PUT(pen, "\"");
	pen_text(pen, text);
	put_end(pen, cut);
}

static void put_time(struct pen *pen, const struct iso_time *time, struct slice text)
{
	if (!time) {
		pen_text(pen, text);
	} else if (pen_room(pen, sizeof(time->text))) {
		memcpy(pen->at, time->text, sizeof(time->text));
		pen->at += time->len;
	}
}

static struct entry_shown put_shown(struct entry_draft *draft, struct slice text)
{
	struct pen *pen = &draft->pen;
	struct entry_shown shown = { text, pen_offset(pen), 0 };

	if ((size_t)(pen->end - pen->at) >= JSON_TEXT_ROOM(text.len)) {
		pen->at = text_hints_put(pen->at, text.s, text.len, &draft->maybe);
	} else {
		pen_text_tight(pen, text);
		draft->maybe = true;
	}
	shown.len = pen_offset(pen) - shown.at;
	return shown;
}

static void put_member(struct entry_draft *draft, int i)
{
	const struct member *member = &members[i];
	struct slice text = draft->entry->text[i];
	bool cut = draft->cuts->texts >> i & 1;
	struct pen *pen = &draft->pen;

	if (!pen_room(pen, KEY_SIZE))
		return;
	memcpy(pen->at, member->key, KEY_SIZE);
	pen->at += member->key_len;
	if (member->kind == MEMBER_NUMBER) {
		put_number(pen, text, cut);
		return;
	}
	if (i == ENTRY_MESSAGE)
		draft->message = put_shown(draft, text);
	else if (i == ENTRY_DETAIL)
		draft->detail = put_shown(draft, text);
	else if (HINTED >> i & 1)
		put_shown(draft, text);
	else if (member->kind == MEMBER_TIME)
		put_time(pen, entry_session_start(&draft->writer->times, text), text);
	else
		pen_text(pen, text);
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

/* How many bytes the end of a text has become, from `text` on; 0: it is not known. */
static size_t shown_len(const struct entry_shown *shown, struct slice text)
{
	size_t before = (size_t)(text.s - shown->text.s);

	if (shown->len ==
		shown->text.len) /* as it was; but text may begin within a character */
		return ((unsigned char)*text.s & 0xc0) != 0x80 ? text.len : 0;
	return json_is_plain(shown->text.s, before) ? shown->len - before : 0;
}

/* Copies what stands in out already: a statement is the end of its message. */
static bool put_copy(struct pen *pen, struct slice text, const struct entry_shown *shown)
{
	size_t len;

	if (text.len == 0 || text.len > shown->text.len ||
		text.s + text.len != shown->text.s + shown->text.len)
		return false;
	len = shown_len(shown, text);
	if (len > 0 && pen_room(pen, len)) {
		memcpy(pen->at, pen->out->data + shown->at + shown->len - len, len);
		pen->at += len;
	}
	return len > 0;
}

static void put_key(struct pen *pen, const struct event_value *value)
{
	if (value->key && pen_room(pen, EVENT_KEY_SIZE)) {
		memcpy(pen->at, value->key->text, EVENT_KEY_SIZE);
		pen->at += value->key->len;
	} else {
		PEN_PUT(pen, ",\"");
		pen_put(pen, value->name, strlen(value->name));
		PEN_PUT(pen, "\":");
	}
}

/* Of digits, as an event has them, only zeros before them make no number. */
static bool is_number(struct slice digits)
{
	size_t at = digits.s[0] == '-';

	return digits.s[at] != '0' || digits.len == at + 1 || digits.s[at + 1] == '.';
}

static void put_value(struct entry_draft *draft, size_t i)
{
	const struct event_value *value = &draft->event->values[i];
	bool cut = draft->cuts->values >> i & 1;
	struct pen *pen = &draft->pen;

	put_key(pen, value);
	switch (value->kind) {
	case EVENT_INT:
	case EVENT_NUMBER:
		if (!cut && is_number(value->text)) {
			put_digits(pen, value->text);
			return;
		}
		break;
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
	if (!put_copy(pen, value->text, &draft->message) &&
		!put_copy(pen, value->text, &draft->detail))
		pen_text(pen, value->text);
	put_end(pen, cut);
}

#define LEVEL(name)                                                              \
	{                                                                        \
		",\"level\":\"" name "\"", sizeof(",\"level\":\"" name "\"") - 1 \
	}

static const struct {
	char text[KEY_SIZE];
	size_t len;
} levels[LEVELS] = {
	[LEVEL_DEBUG] = LEVEL("DEBUG"),
	[LEVEL_LOG] = LEVEL("LOG"),
	[LEVEL_INFO] = LEVEL("INFO"),
	[LEVEL_NOTICE] = LEVEL("NOTICE"),
	[LEVEL_WARNING] = LEVEL("WARNING"),
	[LEVEL_ERROR] = LEVEL("ERROR"),
	[LEVEL_FATAL] = LEVEL("FATAL"),
	[LEVEL_PANIC] = LEVEL("PANIC"),
	[LEVEL_UNPARSED] = LEVEL("UNPARSED"),
	[LEVEL_GAP] = LEVEL("GAP"),
};

static void put_head(struct entry_draft *draft, int64_t *ret_wall_us)
{
	const struct entry *entry = draft->entry;
	struct pen *pen = &draft->pen;

	PEN_PUT(pen, "{\"timestamp\":");
	if (entry->time.len > 0) {
		const struct iso_time *time =
			entry_time(&draft->writer->times, entry->time);

		*ret_wall_us = time ? time->wall_us : 0;
		PEN_PUT(pen, "\"");
		put_time(pen, time, entry->time);
		PEN_PUT(pen, "\",\"pid\":");
	} else {
		PEN_PUT(pen, "null,\"pid\":");
	}
	if (entry->pid > 0)
		pen_uint(pen, (uint64_t)entry->pid);
	else
		PEN_PUT(pen, "null");
	if (!pen_room(pen, KEY_SIZE))
		return;
	memcpy(pen->at, levels[entry->level].text, KEY_SIZE);
	pen->at += levels[entry->level].len;
	if (entry->level_text.len > 0) {
		PEN_PUT(pen, ",\"level_text\":\"");
		pen_text(pen, entry->level_text);
		PEN_PUT(pen, "\"");
	}
}

static void put_event(struct entry_draft *draft)
{
	const struct event *event = draft->event;
	struct pen *pen = &draft->pen;

	if (*event->name && pen_room(pen, EVENT_KEY_SIZE)) {
		memcpy(pen->at, event->key->text, EVENT_KEY_SIZE);
		pen->at += event->key->len;
	}
	for (size_t i = 0; i < event->count; i++)
		if (event->values[i].text.s)
			put_value(draft, i);
}

void entry_draft_rest(struct entry_draft *draft, const struct entry_facts *facts)
{
	uint64_t cut_bytes = draft->cuts->bytes + draft->entry->cut_bytes;
	struct pen *pen = &draft->pen;

	if (facts->has_id) {
		PEN_PUT(pen, ",\"correlation_id\":\"");
		pen_put(pen, facts->correlation_id, CORRELATION_ID_LEN);
		PEN_PUT(pen, "\"");
	}
	put_event(draft);
	if (draft->entry->continued)
		PEN_PUT(pen, ",\"continued\":true");
	if (draft->entry->suspect)
		PEN_PUT(pen, ",\"suspect\":true");
	if (cut_bytes > 0) {
		PEN_PUT(pen, ",\"cut_bytes\":");
		pen_uint(pen, cut_bytes);
	}
	PEN_PUT(pen, "}");
}

void entry_draft_texts(struct entry_draft *draft, struct buf *out, int64_t *ret_wall_us)
{
	*ret_wall_us = 0;
	pen_take(&draft->pen, out);
	put_head(draft, ret_wall_us);
	for (uint32_t known = draft->known; known > 0; known &= known - 1)
		put_member(draft, __builtin_ctz(known));
}
