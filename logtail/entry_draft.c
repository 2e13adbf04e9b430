#include "entry_draft.h"

#include <string.h>

#include "entry_time.h"
#include "json_escape.h"
#include "json_write.h"
#include "text_hints.h"

#define KEY_SIZE 24
/* What stands around the texts, at most: of each its key, its quotes, the mark of its cut and what a
 * copy of constant size writes behind it. */
#define AROUND_BYTES ((ENTRY_TEXTS + EVENT_VALUES_MAX) * (2 * EVENT_KEY_SIZE) + 1024)

enum member_kind {
	MEMBER_TEXT,
	MEMBER_HINTED, /* from outside: what it may hold is looked for while it is written */
	MEMBER_NUMBER,
	MEMBER_TIME
};

struct member {
	char key[KEY_SIZE]; /* with a comma before it; a text's with the opening quote */
	size_t key_len;
	enum member_kind kind;
};

#define QUOTED(name, kind)                                               \
	{                                                                \
		",\"" name "\":\"", sizeof(",\"" name "\":\"") - 1, kind \
	}
#define TEXT(name) QUOTED(name, MEMBER_TEXT)
#define HINTED(name) QUOTED(name, MEMBER_HINTED)
#define TIME(name) QUOTED(name, MEMBER_TIME)
#define NUMBER(name)                                                          \
	{                                                                     \
		",\"" name "\":", sizeof(",\"" name "\":") - 1, MEMBER_NUMBER \
	}
static const struct member members[ENTRY_TEXTS] = {
	[ENTRY_USER] = TEXT("user"),
	[ENTRY_DATABASE] = TEXT("database"),
	[ENTRY_APPLICATION_NAME] = HINTED("application_name"),
	[ENTRY_REMOTE_HOST] = TEXT("remote_host"),
	[ENTRY_REMOTE_PORT] = NUMBER("remote_port"),
	[ENTRY_SESSION_ID] = TEXT("session_id"),
	[ENTRY_LINE_NUM] = NUMBER("line_num"),
	[ENTRY_PS] = TEXT("ps"),
	[ENTRY_SESSION_START] = TIME("session_start"),
	[ENTRY_VXID] = TEXT("vxid"),
	[ENTRY_TXID] = NUMBER("txid"),
	[ENTRY_STATE_CODE] = TEXT("state_code"),
	[ENTRY_MESSAGE] = HINTED("message"),
	[ENTRY_DETAIL] = HINTED("detail"),
	[ENTRY_HINT] = HINTED("hint"),
	[ENTRY_INTERNAL_QUERY] = HINTED("internal_query"),
	[ENTRY_INTERNAL_POSITION] = NUMBER("internal_position"),
	[ENTRY_CONTEXT] = HINTED("context"),
	[ENTRY_STATEMENT] = HINTED("statement"),
	[ENTRY_CURSOR_POSITION] = NUMBER("cursor_position"),
	[ENTRY_FUNC_NAME] = TEXT("func_name"),
	[ENTRY_FILE_NAME] = TEXT("file_name"),
	[ENTRY_FILE_LINE_NUM] = NUMBER("file_line_num"),
	[ENTRY_BACKTRACE] = TEXT("backtrace"),
	[ENTRY_BACKEND_TYPE] = TEXT("backend_type"),
	[ENTRY_LEADER_PID] = NUMBER("leader_pid"),
	[ENTRY_QUERY_ID] = TEXT("query_id"),
};

/* All of what follows has room at `at` for the most it may write, and some bytes more. */
#define PUT(at, literal) \
	((char *)memcpy(at, literal, sizeof(literal) - 1) + sizeof(literal) - 1)

static char *put_end(char *at, bool cut)
{
	if (cut)
		at = PUT(at, JSON_TRUNCATED);
	*at = '"';
	return at + 1;
}

static char *put_text(char *at, struct slice text)
{
	chars16 bytes;

	if (text.len > CHARS16)
		return json_put_text(at, text.s, text.len);
	bytes = chars16_load_part(text.s, text.len);
	if (json_special_bits(bytes) & ((UINT32_C(1) << text.len) - 1))
		return json_put_text(at, text.s, text.len);
	memcpy(at, &bytes, CHARS16);
	return at + text.len;
}

/* Digits without a zero before them. */
static inline bool is_plain_number(chars16 bytes, size_t len)
{
	uint32_t digits = chars16_bits((bytes >= '0') & (bytes <= '9'));

	return len > 0 && (~digits & ((UINT32_C(1) << len) - 1)) == 0 &&
	       (bytes[0] != '0' || len == 1);
}

static char *put_number(char *at, struct slice text, bool cut)
{
	chars16 bytes;

	if (!cut && text.len <= CHARS16) {
		bytes = chars16_load_part(text.s, text.len);
		if (is_plain_number(bytes, text.len)) {
			memcpy(at, &bytes, CHARS16);
			return at + text.len;
		}
	}
	if (!cut && json_is_number(text.s, text.len)) {
		memcpy(at, text.s, text.len);
		return at + text.len;
	}
	*at = '"';
	return put_end(put_text(at + 1, text), cut);
}

static char *put_time(char *at, const struct iso_time *time, struct slice text)
{
	if (!time)
		return put_text(at, text);
	memcpy(at, time->text, sizeof(time->text));
	return at + time->len;
}

static char *put_hinted(struct entry_draft *draft, char *at, size_t i)
{
	struct entry_shown shown = { draft->entry->text[i], at, 0 };

	at = text_hints_put(at, shown.text.s, shown.text.len, &draft->maybe);
	shown.len = (size_t)(at - shown.at);
	if (i == ENTRY_MESSAGE)
		draft->message = shown;
	else if (i == ENTRY_DETAIL)
		draft->detail = shown;
	return at;
}

static char *put_member(struct entry_draft *draft, char *at, size_t i)
{
	const struct member *member = &members[i];
	struct slice text = draft->entry->text[i];
	bool cut = draft->cuts->texts >> i & 1;

	memcpy(at, member->key, KEY_SIZE);
	at += member->key_len;
	switch (member->kind) {
	case MEMBER_NUMBER:
		return put_number(at, text, cut);
	case MEMBER_HINTED:
		at = put_hinted(draft, at, i);
		break;
	case MEMBER_TIME:
		at = put_time(at, entry_session_start(&draft->writer->times, text), text);
		break;
	default:
		at = put_text(at, text);
	}
	return put_end(at, cut);
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

/* Where what stands there already can be copied to `at`, its length: a statement is the end of its
 * message. Else 0. */
static size_t put_copy(char *at, struct slice text, const struct entry_shown *shown)
{
	size_t len;

	if (text.len == 0 || text.len > shown->text.len ||
		text.s + text.len != shown->text.s + shown->text.len)
		return 0;
	len = shown_len(shown, text);
	memcpy(at, shown->at + shown->len - len, len);
	return len;
}

static char *put_event_key(char *at, const struct event_value *value)
{
	size_t len;

	if (value->key) {
		memcpy(at, value->key->text, EVENT_KEY_SIZE);
		return at + value->key->len;
	}
	at = PUT(at, ",\"");
	len = strlen(value->name);
	memcpy(at, value->name, len);
	return PUT(at + len, "\":");
}

/* Of digits, as an event has them, only zeros before them make no number. */
static bool is_number(struct slice digits)
{
	size_t at = digits.s[0] == '-';

	return digits.s[at] != '0' || digits.len == at + 1 || digits.s[at + 1] == '.';
}

static char *put_digits(char *at, struct slice text)
{
	chars16 bytes;

	if (text.len <= CHARS16) {
		bytes = chars16_load_part(text.s, text.len);
		memcpy(at, &bytes, CHARS16);
	} else {
		memcpy(at, text.s, text.len);
	}
	return at + text.len;
}

static char *put_value(struct entry_draft *draft, char *at, size_t i)
{
	const struct event_value *value = &draft->event->values[i];
	bool cut = draft->cuts->values >> i & 1;
	size_t copied;

	at = put_event_key(at, value);
	switch (value->kind) {
	case EVENT_INT:
	case EVENT_NUMBER:
		if (!cut && is_number(value->text))
			return put_digits(at, value->text);
		break;
	case EVENT_INT_LIST:
		if (!cut && is_int_list(value->text)) {
			*at++ = '[';
			memcpy(at, value->text.s, value->text.len);
			at += value->text.len;
			*at = ']';
			return at + 1;
		}
		break;
	default:
		break;
	}
	*at++ = '"';
	copied = put_copy(at, value->text, &draft->message);
	if (copied == 0)
		copied = put_copy(at, value->text, &draft->detail);
	at = copied > 0 ? at + copied : put_text(at, value->text);
	return put_end(at, cut);
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

static char *put_head(struct entry_draft *draft, char *at, int64_t *ret_wall_us)
{
	const struct entry *entry = draft->entry;

	if (entry->time.len > 0) {
		const struct iso_time *time =
			entry_time(&draft->writer->times, entry->time);

		*ret_wall_us = time ? time->wall_us : 0;
		at = PUT(at, "{\"timestamp\":\"");
		at = put_time(at, time, entry->time);
		at = PUT(at, "\",\"pid\":");
	} else {
		at = PUT(at, "{\"timestamp\":null,\"pid\":");
	}
	at = entry->pid > 0 ? json_put_uint(at, (uint64_t)entry->pid) : PUT(at, "null");
	memcpy(at, levels[entry->level].text, KEY_SIZE);
	at += levels[entry->level].len;
	if (entry->level_text.len > 0) {
		at = PUT(at, ",\"level_text\":\"");
		at = put_end(put_text(at, entry->level_text), false);
	}
	return at;
}

size_t entry_draft_room(const struct entry *entry, size_t len, const struct event *event)
{
	size_t texts = len + entry->time.len + entry->level_text.len;

	for (size_t i = 0; i < event->count; i++)
		texts += event->values[i].text.len;
	return JSON_TEXT_ROOM(texts) + AROUND_BYTES;
}

static __attribute__((noinline)) char *put_members(
	struct entry_draft *draft, char *at, uint32_t known)
{
	for (; known > 0; known &= known - 1)
		at = put_member(draft, at, (size_t)__builtin_ctz(known));
	return at;
}

char *entry_draft_texts(struct entry_draft *draft, char *at, int64_t *ret_wall_us)
{
	*ret_wall_us = 0;
	at = put_head(draft, at, ret_wall_us);
	return put_members(draft, at, draft->known & ~ENTRY_LAST_TEXTS);
}

char *entry_draft_rest(
	struct entry_draft *draft, char *at, const struct entry_facts *facts)
{
	uint64_t cut_bytes = draft->cuts->bytes + draft->entry->cut_bytes;
	const struct event *event = draft->event;

	if (facts->has_id) {
		at = PUT(at, ",\"correlation_id\":\"");
		memcpy(at, facts->correlation_id, CORRELATION_ID_LEN);
		at = put_end(at + CORRELATION_ID_LEN, false);
	}
	if (*event->name) {
		memcpy(at, event->key->text, EVENT_KEY_SIZE);
		at += event->key->len;
	}
	for (size_t i = 0; i < event->count; i++)
		if (event->values[i].text.s)
			at = put_value(draft, at, i);
	at = put_members(draft, at, draft->known & ENTRY_LAST_TEXTS);
	if (draft->entry->continued)
		at = PUT(at, ",\"continued\":true");
	if (draft->entry->suspect)
		at = PUT(at, ",\"suspect\":true");
	if (cut_bytes > 0) {
		at = PUT(at, ",\"cut_bytes\":");
		at = json_put_uint(at, cut_bytes);
	}
	*at = '}';
	return at + 1;
}
