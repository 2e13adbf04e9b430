#include "jsonlog_key.h"

#include <string.h>

#define MEMBER(before, its_name, its_text, ...)                           \
	{                                                                 \
		.member = before, .member_len = sizeof(before) - 1,       \
		.member_bits = (UINT32_C(1) << (sizeof(before) - 1)) - 1, \
		.name_len = sizeof(its_name) - 1, .text = its_text,       \
		.text_bit = UINT32_C(1) << (its_text), __VA_ARGS__        \
	}
#define FIRST(name, text) MEMBER("{\"" name "\":\"", name, text)
#define STRING(name, text) MEMBER(",\"" name "\":\"", name, text)
#define LONG(name, text) MEMBER(",\"" name "\":\"", name, text, .is_long = true)
#define NUMBER(name, text) MEMBER(",\"" name "\":", name, text, .is_number = true)
const struct jsonlog_key jsonlog_keys[JSONLOG_KEYS] = {
	FIRST("timestamp", JSONLOG_TIMESTAMP),
	STRING("user", ENTRY_USER),
	STRING("dbname", ENTRY_DATABASE),
	NUMBER("pid", JSONLOG_PID),
	STRING("remote_host", ENTRY_REMOTE_HOST),
	NUMBER("remote_port", ENTRY_REMOTE_PORT),
	STRING("session_id", ENTRY_SESSION_ID),
	NUMBER("line_num", ENTRY_LINE_NUM),
	STRING("ps", ENTRY_PS),
	STRING("session_start", ENTRY_SESSION_START),
	STRING("vxid", ENTRY_VXID),
	NUMBER("txid", ENTRY_TXID),
	STRING("error_severity", JSONLOG_SEVERITY),
	STRING("state_code", ENTRY_STATE_CODE),
	LONG("message", ENTRY_MESSAGE),
	LONG("detail", ENTRY_DETAIL),
	LONG("hint", ENTRY_HINT),
	LONG("internal_query", ENTRY_INTERNAL_QUERY),
	NUMBER("internal_position", ENTRY_INTERNAL_POSITION),
	LONG("context", ENTRY_CONTEXT),
	LONG("statement", ENTRY_STATEMENT),
	NUMBER("cursor_position", ENTRY_CURSOR_POSITION),
	STRING("func_name", ENTRY_FUNC_NAME),
	STRING("file_name", ENTRY_FILE_NAME),
	NUMBER("file_line_num", ENTRY_FILE_LINE_NUM),
	STRING("application_name", ENTRY_APPLICATION_NAME),
	STRING("backend_type", ENTRY_BACKEND_TYPE),
	NUMBER("leader_pid", ENTRY_LEADER_PID),
	NUMBER("query_id", ENTRY_QUERY_ID),
	LONG("backtrace", ENTRY_BACKTRACE),
};
#undef NUMBER
#undef LONG
#undef STRING
#undef FIRST
#undef MEMBER

int jsonlog_key_find(const char *name, size_t len, const char *end, int *next)
{
	uint32_t mask = len < CHARS16 ? (1U << len) - 1 : (1U << CHARS16) - 1;
	const struct jsonlog_key *key = &jsonlog_keys[*next];
	chars16 first = end - name >= CHARS16
				? chars16_load(name)
				: chars16_load_part(name, (size_t)(end - name));

	for (int i = 0; i < JSONLOG_KEYS; i++, key++) {
		if (key == &jsonlog_keys[JSONLOG_KEYS])
			key = jsonlog_keys;
		if (key->name_len != len ||
			(chars16_bits(
				 chars16_load(key->member + JSONLOG_KEY_NAME) == first) &
				mask) != mask ||
			(len > CHARS16 &&
				memcmp(key->member + JSONLOG_KEY_NAME, name, len) != 0))
			continue;
		*next = (int)(key - jsonlog_keys) + 1;
		return *next - 1;
	}
	return JSONLOG_KEY_UNKNOWN;
}

/* Nearly all are. */
static bool is_log(struct slice severity)
{
	return severity.len == 3 && memcmp(severity.s, "LOG", 3) == 0;
}

bool jsonlog_key_entry(const struct slice texts[JSONLOG_TEXTS],
	const struct record *record, struct entry *ret_entry)
{
	struct slice time = texts[JSONLOG_TIMESTAMP], severity = texts[JSONLOG_SEVERITY];
	int64_t pid = 0;

	if (time.len == 0 || severity.len == 0 || !texts[ENTRY_MESSAGE].s ||
		(texts[JSONLOG_PID].s && !record_read_pid(texts[JSONLOG_PID], &pid)))
		return false;
#pragma GCC unroll 32
	for (int i = 0; i < ENTRY_TEXTS; i++)
		ret_entry->text[i] = texts[i];
	ret_entry->known = 0;
	ret_entry->time = time;
	ret_entry->pid = pid;
	if (is_log(severity)) {
		ret_entry->level = LEVEL_LOG;
		ret_entry->level_text = (struct slice){ 0 };
	} else {
		record_set_level(ret_entry, severity);
	}
	record_drop_zero(&ret_entry->text[ENTRY_TXID]);
	record_drop_zero(&ret_entry->text[ENTRY_QUERY_ID]);
	ret_entry->cut_bytes = record->cut_bytes;
	ret_entry->continued = ret_entry->suspect = false;
	return true;
}
