#include "entry_json.h"

#include <string.h>

#include "entry_draft.h"
#include "entry_hints.h"
#include "entry_limit.h"
#include "entry_redact.h"
#include "text_hints.h"

/* An entry's texts twice (its event's are among them), redacted: a mask may be longer than what it
 * stands for. */
#define SCRATCH_MAX_BYTES (8 * ENTRY_KEEP_BYTES)
/* What an entry's texts, limited, may become as JSON. */
#define ASIDE_MAX_BYTES (6 * ENTRY_TEXT_MAX_BYTES + ((size_t)64 << 10))

void entry_writer_init(struct entry_writer *writer, enum redact_mode redact,
	struct log_clock *clock, const struct event_table *events)
{
	*writer = (struct entry_writer){
		.redact = redact, .events = events, .times = { .clock = clock }
	};
	buf_init(&writer->scratch, SCRATCH_MAX_BYTES);
	buf_init(&writer->draft, SCRATCH_MAX_BYTES);
	buf_init(&writer->aside, ASIDE_MAX_BYTES);
}

void entry_writer_release(struct entry_writer *writer)
{
	if (!writer)
		return;
	buf_release(&writer->scratch);
	buf_release(&writer->draft);
	buf_release(&writer->aside);
}

static void drop_statement(struct event *event)
{
	size_t kept = 0;

	for (size_t i = 0; i < event->count; i++)
		if (strcmp(event->values[i].name, "statement") != 0)
			event->values[kept++] = event->values[i];
	event->count = kept;
}

/*
 * Where so much can be written: behind out's text if it has the room, which it nearly always has, else
 * aside. NULL: no memory.
 */
static char *open_room(struct entry_writer *writer, struct buf *out, size_t room)
{
	struct buf *aside = &writer->aside;

	if (out->failed)
		return NULL;
	if (out->data && room < out->size - out->len)
		return out->data + out->len;
	buf_clear(aside);
	if (buf_reserve(aside, room))
		return aside->data;
	out->failed = true;
	return NULL;
}

/* start: of open_room(). */
static void close_room(
	struct entry_writer *writer, struct buf *out, const char *start, const char *end)
{
	if (start == writer->aside.data) {
		buf_add(out, start, (size_t)(end - start));
		return;
	}
	out->len += (size_t)(end - start);
	out->data[out->len] = '\0';
}

/* As it is. False: it turns out to hold a password. */
static bool write_plain(struct entry_draft *draft, struct buf *out, size_t room,
	struct entry_facts *facts)
{
	char *start = open_room(draft->writer, out, room), *at;

	if (!start)
		return true;
	at = entry_draft_texts(draft, start, &facts->wall_us);
	if (draft->maybe &&
		(entry_hints(draft->entry, draft->known, facts) & HINT_PASSWORD))
		return false;
	at = entry_draft_rest(draft, at, facts);
	close_room(draft->writer, out, start, at);
	return true;
}

/* Redacts event, too. */
static void write_checked(const struct entry_draft *plain, struct buf *out,
	struct event *event, bool password, struct entry_facts *facts)
{
	struct entry_writer *writer = plain->writer;
	struct entry own = *plain->entry;
	struct entry_cuts cuts;
	struct entry_draft draft = *plain;
	size_t len;
	char *start, *at;

	if (password || writer->redact != REDACT_NONE) {
		entry_redact(
			writer->redact, &own, event, &writer->draft, &writer->scratch);
		out->failed |= writer->scratch.failed;
	}
	entry_limit(&own, event, &cuts);
	draft.entry = &own;
	draft.cuts = &cuts;
	entry_known(&own, &len);
	start = open_room(writer, out, entry_draft_room(&own, len, event));
	if (!start)
		return;
	at = entry_draft_texts(&draft, start, &facts->wall_us);
	at = entry_draft_rest(&draft, at, facts);
	close_room(writer, out, start, at);
}

void entry_write(struct entry_writer *writer, const struct entry *entry, struct buf *out,
	struct entry_facts *ret_facts)
{
	static const struct entry_cuts no_cuts;
	struct entry_draft draft = { .writer = writer, .entry = entry, .cuts = &no_cuts };
	size_t len = entry->len;
	struct event event;
	bool password;

	draft.known = entry->known ? entry->known : entry_known(entry, &len);
	draft.event = &event;
	*ret_facts = (struct entry_facts){ 0 };
	event_find(writer->events, entry, &event);
	if (entry->text[ENTRY_STATEMENT].len > 0)
		drop_statement(&event);
	if (writer->redact != REDACT_NONE || entry_needs_limit(entry, &event, len)) {
		password = entry_hints(entry, draft.known, ret_facts) & HINT_PASSWORD;
		write_checked(&draft, out, &event, password, ret_facts);
	} else if (!write_plain(&draft, out, entry_draft_room(entry, len, &event),
			   ret_facts)) {
		write_checked(&draft, out, &event, true, ret_facts);
	}
}
