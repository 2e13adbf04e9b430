/* json_text(): whatever the bytes, JSON comes out, of no more characters than asked for. */
#include "fuzz.h"

#include "json_check.h"
#include "json_read.h"
#include "json_write.h"
#include "utf8.h"

static void write_object(
	struct json *json, const char *text, size_t len, size_t max_chars)
{
	json_object(json);
	json_key(json, "text");
	json_text(json, text, len, max_chars);
	json_end(json);
}

/* With room, without, and measured: the same bytes. */
static void check_raw(const char *text, size_t len, size_t max_bytes)
{
	char *room = malloc(JSON_TEXT_ROOM(len));
	size_t raw = (size_t)(json_put_text(room, text, len) - room), prefix;
	struct buf tight;

	must(json_text_bytes(text, len) == raw);
	buf_init(&tight, raw);
	json_add_text(&tight, text, len);
	must(!tight.failed && tight.len == raw);
	must(raw == 0 || memcmp(tight.data, room, raw) == 0);
	prefix = json_text_prefix(text, len, max_bytes);
	must(prefix <= len && json_text_bytes(text, prefix) <= max_bytes);
	buf_release(&tight);
	free(room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	size_t max_chars = len > 0 && data[0] < 128 ? data[0] : JSON_NO_LIMIT;
	const char *text = (const char *)data;
	size_t chars = utf8_count(text, len), cut = strlen(JSON_TRUNCATED);
	struct json_node *root;
	struct json json;
	struct buf buf;
	const char *back;

	buf_init(&buf, 1 << 20);
	json_begin(&json, &buf);
	write_object(&json, text, len, max_chars);
	must(!buf.failed);
	must(json_check_object(buf.data, buf.len, NULL) == NULL);
	root = json_read(buf.data, buf.len);
	must(root);
	back = json_get_string(root, "text", NULL);
	must(back);
	must(utf8_count(back, strlen(back)) ==
		(chars <= max_chars ? chars : max_chars + cut));
	json_read_release(root);
	buf_release(&buf);
	check_raw(text, len, max_chars);
	return 0;
}
