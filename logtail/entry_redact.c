#include "entry_redact.h"

#include <ctype.h>
#include <string.h>

#include "context_redact.h"
#include "password_mask.h"
#include "prose_redact.h"
#include "text_hints.h"
#include "text_redact.h"

#define SLICES (ENTRY_TEXTS + EVENT_VALUES_MAX)

/* A password's word, and after it a parameter: PASSWORD $1, (u, password) VALUES ($1, $2). */
static bool binds_password(const char *s, size_t len)
{
	size_t at = 0;

	while (at < len && !(tolower((unsigned char)s[at]) == 'p' &&
				   (text_hints(s + at, len - at < 5 ? len - at : 5) &
					   HINT_PASSWORD)))
		at++;
	for (; at + 1 < len; at++)
		if (s[at] == '$' && isdigit((unsigned char)s[at + 1]))
			return true;
	return false;
}

/* Does redaction take a password out of this SQL, or are its parameters one? */
static bool holds_password(const char *s, size_t len, struct buf *draft)
{
	if (!s || !(text_hints(s, len) & HINT_PASSWORD))
		return false;
	buf_clear(draft);
	redact_sql(REDACT_NONE, s, len, draft);
	return draft->failed || draft->len != len || memcmp(draft->data, s, len) != 0 ||
	       binds_password(s, len);
}

/* Where the message's SQL or data begins: where its class says, or where it seems to. */
static size_t sql_at(const struct entry *entry, const struct event *event)
{
	struct slice message = entry->text[ENTRY_MESSAGE];

	return *event->name ? event->sql_at : prose_sql_at(message.s, message.len);
}

static bool entry_holds_password(
	const struct entry *entry, const struct event *event, struct buf *draft)
{
	static const enum entry_text sql[] = { ENTRY_STATEMENT, ENTRY_INTERNAL_QUERY,
		ENTRY_CONTEXT };
	struct slice message = entry->text[ENTRY_MESSAGE];
	size_t at = sql_at(entry, event);

	for (size_t i = 0; i < sizeof(sql) / sizeof(sql[0]); i++)
		if (holds_password(entry->text[sql[i]].s, entry->text[sql[i]].len, draft))
			return true;
	return at < message.len &&
	       holds_password(message.s + at, message.len - at, draft);
}

/* Prose goes on behind a value in quotes. */
static bool is_quoted(struct slice text, size_t at)
{
	return (at < text.len && text.s[at] == '"') || (at > 0 && text.s[at - 1] == '"');
}

static void redact_message(
	struct text_redact *how, const struct entry *entry, const struct event *event)
{
	struct slice text = entry->text[ENTRY_MESSAGE];
	size_t at = sql_at(entry, event);

	if (how->mode != REDACT_NONE && entry->continued) {
		buf_adds(how->out, PROSE_MASK); /* it may begin within a literal */
	} else if (entry->continued || entry->level == LEVEL_UNPARSED) {
		text_redact_unknown(how, text.s, text.len);
	} else if (event->opaque && is_quoted(text, at)) {
		text_redact_prose(how, text.s, text.len);
	} else {
		text_redact_prose(how, text.s, at);
		if (event->opaque)
			text_redact_opaque(how, text.s + at, text.len - at);
		else
			text_redact_sql(how, text.s + at, text.len - at);
	}
}

static void redact_text(struct text_redact *how, const struct entry *entry,
	const struct event *event, enum entry_text which)
{
	struct slice text = entry->text[which];

	switch (which) {
	case ENTRY_APPLICATION_NAME:
		password_mask(text.s, text.len, how->cut, how->out);
		break;
	case ENTRY_MESSAGE:
		redact_message(how, entry, event);
		break;
	case ENTRY_DETAIL:
		detail_redact(how, text.s, text.len);
		break;
	case ENTRY_HINT:
		text_redact_mixed(how, text.s, text.len);
		break;
	case ENTRY_CONTEXT:
		context_redact(how, text.s, text.len);
		break;
	case ENTRY_INTERNAL_QUERY:
	case ENTRY_STATEMENT:
		text_redact_sql(how, text.s, text.len);
		break;
	default:
		buf_add(how->out, text.s, text.len);
	}
}

static bool is_in(const struct buf *buf, size_t at, size_t len, const char *s, size_t n)
{
	return n == 0 || memmem(buf->data + at, len, s, n);
}

/*
 * Prose or an identifier, taken from a text without what stood around it: it is shown where that text,
 * redacted, still has it. The redacted texts are the first `shown` bytes of out.
 */
static void redact_piece(struct text_redact *how, struct slice value, size_t shown)
{
	size_t before = how->out->len, len;

	text_redact_prose(how, value.s, value.len);
	len = how->out->len - before;
	if (how->out->failed || is_in(how->out, 0, shown, how->out->data + before, len))
		return;
	how->out->len = before;
	buf_adds(how->out, PROSE_MASK);
}

static void redact_value(
	struct text_redact *how, const struct event_value *value, size_t shown)
{
	switch (value->kind) {
	case EVENT_SQL:
		text_redact_sql(how, value->text.s, value->text.len);
		break;
	case EVENT_PARAMETERS:
		text_redact_parameters(how, value->text.s, value->text.len);
		break;
	case EVENT_OPAQUE:
		text_redact_opaque(how, value->text.s, value->text.len);
		break;
	case EVENT_TEXT:
		redact_piece(how, value->text, shown);
		break;
	default:
		buf_add(how->out, value->text.s, value->text.len);
	}
}

void entry_redact(enum redact_mode mode, struct entry *entry, struct event *event,
	struct buf *draft, struct buf *texts)
{
	size_t ends[SLICES], start = 0, shown;
	struct text_redact how = {
		.mode = mode,
		.cut = entry->cut_bytes > 0,
		.draft = draft,
		.out = texts,
	};

	buf_clear(texts);
	buf_clear(draft);
	if (!buf_reserve(draft, 0) ||
		!buf_reserve(texts, 0)) { /* so that they have data */
		texts->failed = true;
		return;
	}
	how.strict = mode != REDACT_NONE || entry_holds_password(entry, event, draft);
	for (size_t i = 0; i < ENTRY_TEXTS; i++) {
		if (entry->text[i].len > 0)
			redact_text(&how, entry, event, (enum entry_text)i);
		ends[i] = texts->len;
	}
	shown = texts->len;
	for (size_t i = 0; i < event->count; i++) {
		redact_value(&how, &event->values[i], shown);
		ends[ENTRY_TEXTS + i] = texts->len;
	}
	/* Only now the texts stay where they are. */
	for (size_t i = 0; i < ENTRY_TEXTS + event->count && !texts->failed; i++) {
		struct slice *slice = i < ENTRY_TEXTS
					      ? &entry->text[i]
					      : &event->values[i - ENTRY_TEXTS].text;

		if (slice->s)
			*slice = (struct slice){ texts->data + start, ends[i] - start };
		start = ends[i];
	}
}
