/* links: logtail/logtail.a */
/* entry_write(): whatever an entry's texts, one JSON object of bounded size comes out, without the
 * password. */
#include "fuzz.h"

#include <stdbool.h>

#include "json_check.h"
#include "logtail/entry_json.h"
#include "logtail/text_hints.h"
#include "password_mask.h"

#define PLANTED " PASSWORD 'M4RK3R'"
#define REPEATED_MAX_BYTES ((size_t)50 << 10)
#define AROUND_MAX_BYTES ((size_t)64 << 10) /* names, time, level_text */

struct input {
	const uint8_t *data;
	size_t len;
	bool repeat; /* the next text, until it is a long one */
};

static unsigned take_byte(struct input *input)
{
	if (input->len == 0)
		return 0;
	input->len--;
	return *input->data++;
}

/* A text of its own allocation, so that a byte too many would be seen. */
static struct slice take_text(struct input *input)
{
	unsigned how = take_byte(input);
	size_t len = take_byte(input) + (how & 1 ? 256 * take_byte(input) : 0), at = 0,
	       split, plant = how & 2 ? strlen(PLANTED) : 0, times = 1;
	char *text;

	if (len > input->len)
		len = input->len;
	if (input->repeat && len > 0)
		times = REPEATED_MAX_BYTES / len;
	input->repeat = false;
	split = len ? how % (len + 1) : 0;
	text = malloc(times * len + plant + 1);
	memcpy(text + at, input->data, split);
	at += split;
	memcpy(text + at, PLANTED, plant);
	at += plant;
	memcpy(text + at, input->data + split, len - split);
	at += len - split;
	for (; times > 1; times--, at += len)
		memcpy(text + at, input->data, len);
	input->data += len;
	input->len -= len;
	return (struct slice){ text, at };
}

static void write_entry(enum redact_mode mode, const struct entry *entry)
{
	static struct event_table *events;
	static struct log_clock clock;
	struct entry_writer writer;
	struct entry_facts facts;
	struct err err;
	struct buf out;

	if (!events) {
		events = event_table_new();
		must(events && log_clock_init(&clock, "UTC", &err) == 0);
	}
	entry_writer_init(&writer, mode, &clock, events);
	buf_init(&out, 8 << 20);
	entry_write(&writer, entry, &out, &facts);
	must(!out.failed);
	must(json_check_object(out.data, out.len, NULL) == NULL);
	must(out.len <= ENTRY_TEXT_MAX_BYTES + AROUND_MAX_BYTES);
	if (memmem(out.data, out.len, "4RK3", 4)) {
		fprintf(stderr, "mode %d: %s\n", (int)mode, out.data);
		must(!"the password");
	}
	buf_release(&out);
	entry_writer_release(&writer);
}

static bool changes(const struct buf *out, const uint8_t *data, size_t len)
{
	return out->len != len || (len > 0 && memcmp(out->data, data, len) != 0);
}

/* What a mask would change, or a search find, a hint has been given for. */
static void check_hints(const uint8_t *data, size_t len)
{
	const char *s = (const char *)data;
	unsigned hints = text_hints(s, len);
	char id[CORRELATION_ID_LEN + 1];
	struct buf out;

	buf_init(&out, 1 << 20);
	redact_sql(REDACT_NONE, s, len, &out);
	must(hints & HINT_PASSWORD || !changes(&out, data, len));
	for (int cut = 0; cut < 2; cut++) {
		buf_clear(&out);
		password_mask(s, len, cut, &out);
		must(hints & HINT_PASSWORD || !changes(&out, data, len));
	}
	must(hints & HINT_CORRELATION || !correlation_id_find(s, len, id));
	buf_release(&out);
}

/* Where a password is searched for. */
static bool is_masked(enum entry_text which)
{
	return which == ENTRY_APPLICATION_NAME || which == ENTRY_MESSAGE ||
	       which == ENTRY_DETAIL || which == ENTRY_HINT ||
	       which == ENTRY_INTERNAL_QUERY || which == ENTRY_CONTEXT ||
	       which == ENTRY_STATEMENT;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct input input = { data, len, false };
	unsigned flags = take_byte(&input);
	struct entry entry = { .level = take_byte(&input) % LEVELS };

	check_hints(data, len);
	if (memmem(data, len, "4RK3", 4))
		return 0;
	input.repeat = flags > 0xf0;
	entry.continued = flags & 1;
	entry.suspect = flags & 2;
	entry.cut_bytes = flags & 4;
	entry.pid = flags & 8 ? 123 : 0;
	while (input.len > 2) {
		enum entry_text which = take_byte(&input) % (ENTRY_TEXTS + 2);

		if (which < ENTRY_TEXTS && entry.text[which].s)
			continue;
		if (which < ENTRY_TEXTS && !is_masked(which) && input.len > 0 &&
			*input.data & 2)
			continue;
		if (which >= ENTRY_TEXTS && (entry.time.s || input.data[0] & 6))
			continue;
		if (which < ENTRY_TEXTS)
			entry.text[which] = take_text(&input);
		else
			entry.time = take_text(&input);
	}
	for (enum redact_mode mode = REDACT_NONE; mode <= REDACT_STATEMENTS; mode++)
		write_entry(mode, &entry);
	for (size_t i = 0; i < ENTRY_TEXTS; i++)
		free((char *)entry.text[i].s);
	free((char *)entry.time.s);
	return 0;
}
