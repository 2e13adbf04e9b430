#include "entry_json.h"

#include <string.h>

#include "entry_draft.h"
#include "entry_hints.h"
#include "entry_limit.h"
#include "entry_redact.h"
#include "pen.h"
#include "text_hints.h"

/* An entry's texts twice (its event's are among them), redacted: a mask may be longer than what it
 * stands for. */
#define SCRATCH_MAX_BYTES (8 * ENTRY_KEEP_BYTES)

void entry_writer_init(struct entry_writer *writer, enum redact_mode redact,
	struct log_clock *clock, const struct event_table *events)
{
	*writer = (struct entry_writer){
		.redact = redact, .events = events, .times = { .clock = clock }
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

static void drop_statement(struct event *event)
{
	size_t kept = 0;

	for (size_t i = 0; i < event->count; i++)
		if (strcmp(event->values[i].name, "statement") != 0)
			event->values[kept++] = event->values[i];
	event->count = kept;
}

/* As it is, unless it turns out to hold a password: then out is as it was. */
static bool write_plain(
	struct entry_draft *draft, struct buf *out, struct entry_facts *facts)
{
	size_t start = out->len;

	entry_draft_texts(draft, out, &facts->wall_us);
	if (draft->maybe &&
		(entry_hints(draft->entry, draft->known, facts) & HINT_PASSWORD)) {
		pen_leave(&draft->pen);
		out->len = start;
		if (out->data)
			out->data[start] = '\0';
		return false;
	}
	entry_draft_rest(draft, facts);
	pen_leave(&draft->pen);
	return true;
}

/* Redacts event, too. */
static void write_checked(struct entry_draft *draft, struct buf *out, struct event *event,
	bool password, struct entry_facts *facts)
{
	struct entry_writer *writer = draft->writer;
	struct entry own = *draft->entry;
	struct entry_cuts cuts;

	if (password || writer->redact != REDACT_NONE) {
		entry_redact(
			writer->redact, &own, event, &writer->draft, &writer->scratch);
		out->failed |= writer->scratch.failed;
		if (out->failed)
			return;
	}
	entry_limit(&own, event, &cuts);
	draft->entry = &own;
	draft->cuts = &cuts;
	entry_draft_texts(draft, out, &facts->wall_us);
	entry_draft_rest(draft, facts);
	pen_leave(&draft->pen);
}

void entry_write(struct entry_writer *writer, const struct entry *entry, struct buf *out,
	struct entry_facts *ret_facts)
{
	static const struct entry_cuts no_cuts;
	struct entry_draft draft = { .writer = writer, .entry = entry, .cuts = &no_cuts };
	struct event event;
	bool password;
	size_t len;

	if (entry->known) {
		draft.known = entry->known;
		len = entry->len;
	} else {
		draft.known = entry_known(entry, &len);
	}
	draft.event = &event;
	*ret_facts = (struct entry_facts){ 0 };
	event_find(writer->events, entry, &event);
	if (entry->text[ENTRY_STATEMENT].len > 0)
		drop_statement(&event);
	if (writer->redact != REDACT_NONE || entry_needs_limit(entry, &event, len)) {
		password = entry_hints(entry, draft.known, ret_facts) & HINT_PASSWORD;
		write_checked(&draft, out, &event, password, ret_facts);
	} else if (!write_plain(&draft, out, ret_facts)) {
		write_checked(&draft, out, &event, true, ret_facts);
	}
}
