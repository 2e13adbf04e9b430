#include "jsonlog_key.h"

#include <string.h>

#include "chars16.h"

#define KEY(name, ...)                              \
	{                                           \
		name, sizeof(name) - 1, __VA_ARGS__ \
	}
/* As the server has them, in its order. */
const struct jsonlog_key jsonlog_keys[JSONLOG_KEYS] = {
	KEY("timestamp", JSONLOG_TIMESTAMP),
	KEY("user", ENTRY_USER),
	KEY("dbname", ENTRY_DATABASE),
	KEY("pid", JSONLOG_PID),
	KEY("remote_host", ENTRY_REMOTE_HOST),
	KEY("remote_port", ENTRY_REMOTE_PORT),
	KEY("session_id", ENTRY_SESSION_ID),
	KEY("line_num", ENTRY_LINE_NUM),
	KEY("ps", ENTRY_PS),
	KEY("session_start", ENTRY_SESSION_START),
	KEY("vxid", ENTRY_VXID),
	KEY("txid", ENTRY_TXID),
	KEY("error_severity", JSONLOG_SEVERITY),
	KEY("state_code", ENTRY_STATE_CODE),
	KEY("message", ENTRY_MESSAGE, true),
	KEY("detail", ENTRY_DETAIL, true),
	KEY("hint", ENTRY_HINT, true),
	KEY("internal_query", ENTRY_INTERNAL_QUERY, true),
	KEY("internal_position", ENTRY_INTERNAL_POSITION),
	KEY("context", ENTRY_CONTEXT, true),
	KEY("statement", ENTRY_STATEMENT, true),
	KEY("cursor_position", ENTRY_CURSOR_POSITION),
	KEY("func_name", ENTRY_FUNC_NAME),
	KEY("file_name", ENTRY_FILE_NAME),
	KEY("file_line_num", ENTRY_FILE_LINE_NUM),
	KEY("application_name", ENTRY_APPLICATION_NAME),
	KEY("backend_type", ENTRY_BACKEND_TYPE),
	KEY("leader_pid", ENTRY_LEADER_PID),
	KEY("query_id", ENTRY_QUERY_ID),
	KEY("backtrace", ENTRY_BACKTRACE, true),
};
#undef KEY

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
		if (key->len != len ||
			(chars16_bits(chars16_load(key->name) == first) & mask) != mask ||
			(len > CHARS16 && memcmp(key->name, name, len) != 0))
			continue;
		*next = (int)(key - jsonlog_keys) + 1;
		return *next - 1;
	}
	return JSONLOG_KEY_UNKNOWN;
}

bool jsonlog_key_entry(const struct slice texts[JSONLOG_TEXTS],
	const struct record *record, struct entry *ret_entry)
{
	int64_t pid = 0;

	if (texts[JSONLOG_TIMESTAMP].len == 0 || texts[JSONLOG_SEVERITY].len == 0 ||
		!texts[ENTRY_MESSAGE].s ||
		(texts[JSONLOG_PID].s && !record_read_pid(texts[JSONLOG_PID], &pid)))
		return false;
	memcpy(ret_entry->text, texts, sizeof(ret_entry->text));
	ret_entry->known = 0;
	ret_entry->time = texts[JSONLOG_TIMESTAMP];
	ret_entry->pid = pid;
	record_set_level(ret_entry, texts[JSONLOG_SEVERITY]);
	record_drop_zero(&ret_entry->text[ENTRY_TXID]);
	record_drop_zero(&ret_entry->text[ENTRY_QUERY_ID]);
	ret_entry->cut_bytes = record->cut_bytes;
	ret_entry->continued = ret_entry->suspect = false;
	return true;
}
